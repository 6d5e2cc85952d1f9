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

from ricercar.gan.augment import augment
from ricercar.gan.backend import tf
from ricercar.gan.composer import Composer
from ricercar.gan.material import WINDOW, Material
from ricercar.gan.plan import Plan
from ricercar.gan.recipes.base import Stage
from ricercar.gan.recipes.playing import REPORTS, Playing


class Grid(Playing):
    """Adversaries alone."""

    def __init__(self, material: Material, plan: Plan) -> None:
        super().__init__(material, plan)
        v, p = self.vocabulary, plan
        self._adversaries(v.slots * v.voices * (v.pitches + 2))
        self.stages = (Stage("play", p.play_steps, REPORTS, self._play),)

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

    def _made(self, seeds: list[Any], batch: dict[str, Any]) -> Any:
        """A one-hot draw with the gradient of the probabilities."""
        shape = self._shape(tf.shape(batch["places"])[0])
        made = self._generate(seeds[:2], batch["places"])
        logits = tf.reshape(tf.cast(made, tf.float32), shape)
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

        def made(draw: int) -> Any:
            return self._made(seeds[3 * draw : 3 * draw + 3], batch)

        real = self._real(batch) * batch["used"][..., None, None]
        return self._step(real, made, judge, seeds[7], number)

    def _watch(self, stage: str, batch: dict[str, Any]) -> list[tuple[str, Any]]:
        """The share of real music that the discriminator tells rightly."""
        seeds = tf.unstack(tf.random.experimental.stateless_split([self.plan.seed, 5], 3))
        told = []
        for x in (self._real(batch), self._made(seeds, batch)):
            flat = x * batch["used"][..., None, None]
            flat = tf.reshape(flat, (tf.shape(x)[0], WINDOW, -1))
            told.append(self.discriminator(flat, batch["places"]))
        return [("told_real", self.loss.told_apart(*told)[0])]

    def composer(self, weights: list[np.ndarray]) -> Composer:
        """The averaged generator as arrays."""
        arrays = self._generator_arrays(weights)
        return Composer(
            "grid", self.vocabulary, arrays, self.plan.temperature, strength=self.plan.strength
        )
