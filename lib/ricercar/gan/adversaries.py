"""The networks at work: one step of each stage, in chunks.

Goal: all that TensorFlow does in a training. :mod:`.training` decides when.

Conventions
-----------
* A step of stage 1 (*compress*) moves encoder and decoder; a step of stage 2
  (*adversarial*) moves the discriminator once, then the generator once, then the running
  average (EMA) of the generator, which is what composes in the end.
* Codes are standardised: mean 0, standard deviation 1 for each number of a frame.
* Nothing here keeps a random state: every draw has its seed as an argument.
"""

from typing import Any

import numpy as np

from ricercar.gan import losses, networks
from ricercar.gan.backend import keras, tf
from ricercar.gan.material import Material
from ricercar.gan.recipe import Recipe
from ricercar.gan.sampling import Generator

#: what a chunk of each stage reports, mean over its steps
COMPRESS = ("loss_rebuilt", "divergence")
ADVERSARIAL = ("loss_d", "loss_g", "r1", "told_real", "told_made")


class Adversaries:
    """The networks and optimisers of a training: all of its state but the step number."""

    def __init__(self, material: Material, recipe: Recipe) -> None:
        # layers are named by a count over the process; from 0, equal networks are equal files
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(recipe.seed)
        self.material, self.recipe = material, recipe
        _, steps, voices = material.tokens.shape
        pitches = material.highest - material.lowest + 1
        styles = len(material.forms)
        r = recipe
        sizes = {"frames": steps // networks.FRAME, "code": r.code}
        sizes |= {"width": r.width, "local": r.local, "depth": r.depth}
        self.encoder = networks.encoder(pitches, steps, voices, r.code, r.coder_width)
        self.decoder = networks.decoder(pitches, steps, voices, r.code, r.coder_width)
        self.generator = networks.generator(r.latent, styles, **sizes)
        self.average = keras.models.clone_model(self.generator)
        self.average.set_weights(self.generator.get_weights())
        self.discriminator = networks.discriminator(styles, **sizes)

        def adam(variables: list[Any], rate: float, steps: int, beta_1: float) -> Any:
            falling = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.05)
            optimiser = keras.optimizers.Adam(falling, beta_1=beta_1, beta_2=0.99)
            optimiser.build(variables)
            return optimiser

        self.coder = self.encoder.trainable_variables + self.decoder.trainable_variables
        self.coder_adam = adam(self.coder, r.compress_rate, r.compress_steps, 0.9)
        self.generator_adam = adam(
            self.generator.trainable_variables, r.rate, r.adversarial_steps, 0.0
        )
        self.discriminator_adam = adam(
            self.discriminator.trainable_variables, r.rate, r.adversarial_steps, 0.0
        )
        self.tokens = tf.constant(material.tokens)
        self.onset = tf.constant(material.onset)
        self.condition = tf.constant(np.eye(styles, dtype=np.float32)[material.style])
        self.codes: tuple[Any, Any] | None = None
        self.mean = self.sd = np.zeros(r.code, np.float32)
        self.compress_chunk = tf.function(self._compress_chunk)
        self.adversarial_chunk = tf.function(self._adversarial_chunk)

    def variables(self) -> list[Any]:
        """Everything that changes in training, in a fixed order."""
        owners = (
            self.encoder,
            self.decoder,
            self.generator,
            self.average,
            self.discriminator,
            self.coder_adam,
            self.generator_adam,
            self.discriminator_adam,
        )
        return [variable for owner in owners for variable in owner.variables]

    # stage 1

    def _compress_step(self, rows: Any, seed: Any) -> Any:
        tokens = tf.cast(tf.gather(self.tokens, rows), tf.int32)
        onset = tf.cast(tf.gather(self.onset, rows), tf.float32)
        cells = networks.FRAME * tokens.shape[-1]
        with tf.GradientTape() as tape:
            mean, log_sd = tf.split(self.encoder([tokens, onset], training=True), 2, axis=-1)
            noise = tf.random.stateless_normal(tf.shape(mean), seed)
            logits = self.decoder(mean + tf.exp(log_sd) * noise, training=True)
            rebuilt = losses.reconstruction_loss(tokens, onset, logits)
            spread = losses.divergence(mean, log_sd) / cells
            loss = rebuilt + self.recipe.kl * spread
        self.coder_adam.apply(tape.gradient(loss, self.coder), self.coder)
        return tf.stack([rebuilt, spread])

    def _compress_chunk(self, rows: Any, seeds: Any) -> Any:
        total = tf.zeros(2)
        for i in tf.range(self.recipe.chunk):
            total += self._compress_step(rows[i], seeds[i])
        return total / self.recipe.chunk

    def encode(self) -> None:
        """Codes of the whole material, standardised by those that are learnt from."""
        size, found = 256, []
        for start in range(0, len(self.material.tokens), size):
            tokens = tf.cast(self.tokens[start : start + size], tf.int32)
            onset = tf.cast(self.onset[start : start + size], tf.float32)
            found.append(self.encoder([tokens, onset], training=False).numpy())
        mean, log_sd = np.split(np.concatenate(found), 2, axis=-1)
        learnt = mean[~self.material.held_out]
        self.mean, self.sd = learnt.mean(axis=(0, 1)), learnt.std(axis=(0, 1)) + 1e-6
        self.codes = (
            tf.constant((mean - self.mean) / self.sd),
            tf.constant(np.exp(log_sd) / self.sd),
        )

    # stage 2

    def _adversarial_step(self, rows: Any, seed: Any, keep: Any) -> Any:
        r = self.recipe
        assert self.codes is not None, "encode() comes before stage 2"
        mean, sd = self.codes
        style = tf.gather(self.condition, rows)
        real = tf.gather(mean, rows)
        real += tf.gather(sd, rows) * tf.random.stateless_normal(tf.shape(real), seed)
        z = tf.random.stateless_normal((r.batch, r.latent), seed + 1)
        made = self.generator([z, style], training=True)
        weights = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            with tf.GradientTape() as inner:
                inner.watch(real)
                real_logit = self.discriminator([real, style], training=True)
            penalty = losses.r1_penalty(inner.gradient(real_logit, real))
            made_logit = self.discriminator([made, style], training=True)
            loss_d = losses.discriminator_loss(real_logit, made_logit)
            total = loss_d + r.gamma / 2 * penalty
        self.discriminator_adam.apply(tape.gradient(total, weights), weights)

        z = tf.random.stateless_normal((r.batch, r.latent), seed + 2)
        weights = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            made = self.generator([z, style], training=True)
            loss_g = losses.generator_loss(self.discriminator([made, style], training=True))
        self.generator_adam.apply(tape.gradient(loss_g, weights), weights)
        for averaged, now in zip(self.average.weights, self.generator.weights, strict=True):
            averaged.assign(keep * averaged + (1 - keep) * now)
        told_real = tf.reduce_mean(tf.cast(real_logit > 0, tf.float32))
        told_made = tf.reduce_mean(tf.cast(made_logit < 0, tf.float32))
        return tf.stack([loss_d, loss_g, penalty, told_real, told_made])

    def _adversarial_chunk(self, rows: Any, seeds: Any, keep: Any) -> Any:
        total = tf.zeros(5)
        for i in tf.range(self.recipe.chunk):
            total += self._adversarial_step(rows[i], seeds[i], keep)
        return total / self.recipe.chunk

    def finished(self, weights: list[np.ndarray]) -> Generator:
        """A generator of its own from weights of the averaged one."""
        now = self.average.get_weights()
        self.average.set_weights(weights)
        model = networks.composer(self.average, self.decoder, self.mean, self.sd)
        self.average.set_weights(now)
        m = self.material
        held_out = sorted(set(m.piece[m.held_out].tolist()))
        return Generator(model, m.forms, self.recipe.latent, m.lowest, held_out)
