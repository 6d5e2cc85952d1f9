r"""The recipe *grid*: generator and discriminator play on the grid itself.

The direct way, as in MuseGAN: the generator gives, for every cell and voice, logits of a
rest or a pitch and of an onset; a one-hot draw goes to the discriminator. The draw is
Gumbel's, :math:`\arg\max_k (\ell_k + g_k)`, and its gradient that of the softmax at the
same place (*straight through*).

Sources: H.-W. Dong et al., "MuseGAN" (2018); H.-W. Dong, Y.-H. Yang, "Convolutional
generative adversarial networks with binary neurons" (2018); E. Jang, S. Gu, B. Poole,
"Categorical reparameterization with Gumbel-softmax" (2017).
"""

from typing import Any

import numpy as np

from ricercar.gan import losses, penalties
from ricercar.gan.adversaries import Discriminator, Generator
from ricercar.gan.augment import augment
from ricercar.gan.backend import tf
from ricercar.gan.composer import Composer
from ricercar.gan.material import WINDOW, Material
from ricercar.gan.plan import Plan
from ricercar.gan.recipes.base import Recipe, Stage, adam, average, generator_weights


class Grid(Recipe):
    """Generator, its running average, discriminator."""

    def __init__(self, material: Material, plan: Plan) -> None:
        super().__init__(material, plan)
        v, p = self.vocabulary, plan
        out = v.slots * v.voices * (v.pitches + 2)
        self.generator = Generator(p.channels, p.latent, out)
        self.averaged = Generator(p.channels, p.latent, out)
        self.loss = losses.by_name(p.loss)
        self.discriminator = Discriminator(p.channels, v.features, self.loss.spectral, p.seed)
        z, noise = tf.zeros((1, p.latent)), tf.zeros((1, WINDOW, p.latent // 4))
        places = tf.zeros((1, WINDOW, v.features))
        for network in (self.generator, self.averaged):
            self.discriminator(network(z, noise, places), places)
        self.averaged.set_weights(self.generator.get_weights())
        betas = self.loss.betas
        made, judge = self.generator.trainable_variables, self.discriminator.trainable_variables
        self.make_adam = adam(made, p.rate, p.play_steps, betas)
        self.judge_adam = adam(judge, p.rate, p.play_steps, betas)
        reports = ("loss_d", "loss_g", "penalty", "told_real", "told_made", "spread")
        self.stages = (Stage("play", p.play_steps, reports, self._play),)

    def variables(self) -> list[Any]:
        """Everything that changes in training."""
        owners = (
            self.generator,
            self.averaged,
            self.discriminator,
            self.make_adam,
            self.judge_adam,
        )
        return [variable for owner in owners for variable in owner.variables]

    def _shape(self, batch: Any) -> tuple[Any, ...]:
        v = self.vocabulary
        return (batch, WINDOW * v.slots, v.voices, v.pitches + 2)

    def _real(self, batch: dict[str, Any]) -> Any:
        """Music as it is drawn: rest and pitches one-hot, then the onset."""
        sounding, tokens = batch["sounding"], batch["tokens"]
        heard = tf.one_hot(sounding, self.vocabulary.pitches + 1)
        return tf.concat([heard, tf.cast(tokens > 1, tf.float32)[..., None]], -1)

    def _made(self, generator: Any, seeds: list[Any], batch: dict[str, Any]) -> Any:
        """A one-hot draw with the gradient of the probabilities."""
        places, latent = batch["places"], self.plan.latent
        n = tf.shape(places)[0]
        z = tf.random.stateless_normal((n, latent), seeds[0])
        noise = tf.random.stateless_normal((n, WINDOW, latent // 4), seeds[1])
        logits = tf.reshape(tf.cast(generator(z, noise, places), tf.float32), self._shape(n))
        chance = tf.random.stateless_uniform(tf.shape(logits), seeds[2], 1e-7, 1 - 1e-7)
        pitch, onset = logits[..., :-1], logits[..., -1]
        warm = tf.nn.softmax(pitch - tf.math.log(-tf.math.log(chance[..., :-1])))
        drawn = tf.one_hot(tf.argmax(warm, -1), warm.shape[-1])
        swayed = tf.sigmoid(onset + tf.math.log(chance[..., -1] / (1 - chance[..., -1])))
        begun = tf.round(swayed) * (1 - drawn[..., 0])
        heard = warm + tf.stop_gradient(drawn - warm)
        begins = swayed + tf.stop_gradient(begun - swayed)
        whole = tf.concat([heard, begins[..., None]], -1)
        return whole * batch["used"][..., None, None]

    def _play(self, batch: dict[str, Any], seed: Any, number: Any) -> Any:
        p, places, v = self.plan, batch["places"], self.vocabulary
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 8))
        bars = tf.gather(tf.constant(self.material.per_bar), batch["row"])

        def judge(x: Any) -> Any:
            if p.augment:
                names = ("transpose", "roll")
                x = augment(x, p.augment, seeds[6], names, pitches=v.pitches, bar=bars * v.slots)
            flat = tf.reshape(x, (tf.shape(x)[0], WINDOW, -1))
            size = v.slots * v.voices * (v.pitches + 2)
            return self.discriminator(
                tf.ensure_shape(flat, (None, WINDOW, size)), places, training=True
            )

        real = self._real(batch) * batch["used"][..., None, None]
        made = self._made(self.generator, seeds[:3], batch)
        weights = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            told, told_made, penalty = penalties.logits_and_penalty(
                self.loss.penalties, judge, real, made, p.penalty, seeds[7]
            )
            loss_d = self.loss.discriminator(told, told_made)
            total = loss_d + penalty
        self.judge_adam.apply(tape.gradient(total, weights), weights)

        weights = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            made = self._made(self.generator, seeds[3:6], batch)
            loss_g = self.loss.generator(tf.stop_gradient(told), judge(made))
        gradient = tape.gradient(loss_g, weights)
        if self.loss.critic_steps > 1:
            turn = tf.cast(number % self.loss.critic_steps == 0, tf.float32)
            gradient = [turn * g for g in gradient]
        self.make_adam.apply(gradient, weights)
        average(self.averaged.variables, self.generator.variables, p.ema, number)
        right, right_made = self.loss.told_apart(told, told_made)
        spread = tf.reduce_mean(tf.math.reduce_std(made, axis=0))
        return tf.stack([loss_d, loss_g, penalty, right, right_made, spread])

    def _watch(self, stage: str, batch: dict[str, Any]) -> list[tuple[str, Any]]:
        """The share of real music that the discriminator tells rightly."""
        seeds = tf.unstack(tf.random.experimental.stateless_split([self.plan.seed, 5], 3))
        told = []
        for x in (self._real(batch), self._made(self.generator, seeds, batch)):
            flat = x * batch["used"][..., None, None]
            flat = tf.reshape(flat, (tf.shape(x)[0], WINDOW, -1))
            told.append(self.discriminator(flat, batch["places"]))
        return [("told_real", self.loss.told_apart(*told)[0])]

    def composing(self) -> list[np.ndarray]:
        """Weights of the averaged generator."""
        return [np.array(weight) for weight in self.averaged.weights]

    def composer(self, weights: list[np.ndarray]) -> Composer:
        """The averaged generator as arrays."""
        now = self.averaged.get_weights()
        self.averaged.set_weights(weights)
        arrays = {f"generator.{k}": array for k, array in generator_weights(self.averaged).items()}
        self.averaged.set_weights(now)
        return Composer("grid", self.vocabulary, arrays, self.plan.temperature)
