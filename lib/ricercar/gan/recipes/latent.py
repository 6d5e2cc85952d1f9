r"""The recipe *latent*: learn to write music from a code, then play for the code.

Stage 1, *write*: an encoder tells each beat in a few numbers, a decoder writes the music
from them cell by cell and voice by voice (:mod:`ricercar.gan.decoder`). Both minimise

.. math:: -\log p(\mathrm{music} \mid x, \mathrm{places})
   + \kappa \sum_j \left[\tfrac12(\mu_j^2 + \sigma_j^2 - 1) - \log \sigma_j\right]

per beat, with :math:`x = \mu + \sigma\epsilon`. So the code holds what the past cannot
tell, where the harmony goes, and the decoder holds the rules of writing.

Stage 2, *play*: generator and discriminator play for the codes of real music.

Sources: D. Kingma, M. Welling, "Auto-encoding variational Bayes" (2014); J. Zhao et al.,
"Adversarially regularized autoencoders" (2018).
"""

from typing import Any

import numpy as np

from ricercar.gan import losses
from ricercar.gan.augment import roll
from ricercar.gan.backend import tf
from ricercar.gan.composer import Composer
from ricercar.gan.decoder import Decoder, Encoder
from ricercar.gan.material import WINDOW, Material
from ricercar.gan.plan import Plan
from ricercar.gan.recipes.base import Stage, adam
from ricercar.gan.recipes.playing import REPORTS, Playing
from ricercar.gan.writing import weights_of


class Latent(Playing):
    """Encoder and decoder, then adversaries for the codes."""

    def __init__(self, material: Material, plan: Plan) -> None:
        super().__init__(material, plan)
        v, p = self.vocabulary, plan
        size = (v.pitches, v.voices, v.slots)
        self.encoder = Encoder(*size, p.code, p.width)
        self.decoder = Decoder(*size, p.width, p.dropout, p.forget)
        self._adversaries(p.code)
        self._first_weights()
        self.writers = self.encoder.trainable_variables + self.decoder.trainable_variables
        self.write_adam = adam(
            self.writers, p.write_rate, p.write_steps, (0.9, 0.99), p.decay, clip=1.0
        )
        self.mean = tf.Variable(tf.zeros(p.code), trainable=False)
        self.sd = tf.Variable(tf.ones(p.code), trainable=False)
        self.codes: tuple[Any, Any] | None = None
        self.stages = (
            Stage("write", p.write_steps, ("loss_rebuilt", "divergence"), self._write),
            Stage("play", p.play_steps, REPORTS, self._play, self._encode),
        )

    def _first_weights(self) -> None:
        v = self.vocabulary
        tokens = tf.zeros((1, WINDOW * v.slots, v.voices), tf.int32)
        places = tf.zeros((1, WINDOW, v.features))
        mean, _ = self.encoder(tokens, tokens, places)
        self.decoder(tokens, tokens, tf.concat([places, mean], -1), tf.ones(1, tf.int32))

    def variables(self) -> list[Any]:
        """Everything that changes in training."""
        owners = (
            self.encoder,
            self.decoder,
            self.generator,
            self.averaged,
            self.discriminator,
            self.write_adam,
            self.make_adam,
            self.judge_adam,
        )
        found = [variable for owner in owners for variable in owner.variables]
        return [*found, self.mean, self.sd]

    # stage 1

    def _write(self, batch: dict[str, Any], seed: Any, number: Any) -> Any:
        with tf.GradientTape() as tape:
            mean, log_sd = self.encoder(batch["tokens"], batch["sounding"], batch["places"])
            code = mean + tf.exp(log_sd) * tf.random.stateless_normal(tf.shape(mean), seed)
            context = tf.concat([batch["places"], code], -1)
            logits = self.decoder(
                batch["tokens"], batch["sounding"], context, batch["bar"], seed=seed
            )
            rebuilt = losses.written(batch["tokens"], logits, batch["used"]) / WINDOW
            spread = losses.divergence(mean, log_sd)
            loss = rebuilt + self.plan.kl * spread
        self.write_adam.apply(tape.gradient(loss, self.writers), self.writers)
        return tf.stack([rebuilt, spread])

    def _encode(self) -> None:
        """Codes of everything that is learnt from, as they are distributed there."""
        found = []
        rows = np.arange(len(self.material.window))
        for start in range(0, len(rows), 256):
            tokens, sounding, places = self.material.cut(rows[start : start + 256])
            shape = (len(tokens), -1, self.vocabulary.voices)
            told = self.encoder(tokens.reshape(shape), sounding.reshape(shape), places)
            found.append([np.asarray(array) for array in told])
        mean, log_sd = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        learnt = self.material.rows("train")
        variance = mean[learnt].var(axis=(0, 1)) + np.exp(2 * log_sd[learnt]).mean(axis=(0, 1))
        self.mean.assign(mean[learnt].mean(axis=(0, 1)))
        self.sd.assign(np.sqrt(variance))
        self.codes = (
            tf.constant((mean - self.mean.numpy()) / self.sd.numpy()),
            tf.constant(np.exp(log_sd) / self.sd.numpy()),
        )

    # stage 2

    def _play(self, batch: dict[str, Any], seed: Any, number: Any) -> Any:
        assert self.codes is not None, "the stage begins with _encode"
        p, places = self.plan, batch["places"]
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 8))
        mean, sd = (tf.gather(array, batch["row"]) for array in self.codes)
        real = mean + sd * tf.random.stateless_normal(tf.shape(mean), seeds[0])
        bars = tf.gather(tf.constant(self.material.per_bar), batch["row"])

        def judge(x: Any) -> Any:
            if p.augment:
                x = roll(x, p.augment, seeds[1], bar=bars)
            return self.discriminator(x, places, training=True)

        def made(draw: int) -> Any:
            return self._generate(seeds[2 + 3 * draw : 4 + 3 * draw], places)

        return self._step(real, made, judge, seeds[4], number)

    def _watch(self, stage: str, batch: dict[str, Any]) -> list[tuple[str, Any]]:
        """Cost of the music from its code, or the share that the discriminator tells rightly."""
        if stage == "write":
            mean, _ = self.encoder(batch["tokens"], batch["sounding"], batch["places"])
            context = tf.concat([batch["places"], mean], -1)
            logits = self.decoder(batch["tokens"], batch["sounding"], context, batch["bar"])
            return [("cost", losses.written(batch["tokens"], logits, batch["used"]) / WINDOW)]
        assert self.codes is not None, "the stage begins with _encode"
        seeds = tf.unstack(tf.random.experimental.stateless_split([self.plan.seed, 5], 3))
        made = self._generate(seeds[:2], batch["places"])
        mean, sd = (tf.gather(array, batch["row"]) for array in self.codes)
        real = mean + sd * tf.random.stateless_normal(tf.shape(mean), seeds[2])
        told = [self.discriminator(x, batch["places"]) for x in (real, made)]
        return [("told_real", self.loss.told_apart(*told)[0])]

    def composer(self, weights: list[np.ndarray]) -> Composer:
        """Averaged generator, encoder and decoder as arrays."""
        arrays = {f"decoder.{k}": array for k, array in weights_of(self.decoder).items()}
        arrays |= self._generator_arrays(weights)
        arrays |= {"code.mean": self.mean.numpy(), "code.sd": self.sd.numpy()}
        p = self.plan
        chosen = (p.temperature, p.top_p, p.candidates, p.strength)
        return Composer("latent", self.vocabulary, arrays, *chosen)
