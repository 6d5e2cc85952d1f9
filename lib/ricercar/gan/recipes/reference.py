"""The recipe *reference*: the decoder alone, for comparison.

The same network as in *latent*, of the same size, writes from places and the past only:
no code, no adversaries. It shows what a GAN adds.
"""

from typing import Any

import numpy as np

from ricercar.gan import losses
from ricercar.gan.backend import tf
from ricercar.gan.composer import Composer
from ricercar.gan.decoder import Decoder
from ricercar.gan.material import WINDOW, Material
from ricercar.gan.plan import Plan
from ricercar.gan.recipes.base import Recipe, Stage, adam
from ricercar.gan.writing import weights_of


class Reference(Recipe):
    """A decoder without a code."""

    def __init__(self, material: Material, plan: Plan) -> None:
        super().__init__(material, plan)
        v, p = self.vocabulary, plan
        self.decoder = Decoder(v.pitches, v.voices, v.slots, p.width, p.dropout, p.forget)
        tokens = tf.zeros((1, WINDOW * v.slots, v.voices), tf.int32)
        self.decoder(tokens, tokens, tf.zeros((1, WINDOW, v.features)), tf.ones(1, tf.int32))
        self.weights = self.decoder.trainable_variables
        self.write_adam = adam(
            self.weights, p.write_rate, p.write_steps, (0.9, 0.99), p.decay, clip=1.0
        )
        self.stages = (Stage("write", p.write_steps, ("loss_rebuilt",), self._write),)

    def variables(self) -> list[Any]:
        """Everything that changes in training."""
        return [*self.decoder.variables, *self.write_adam.variables]

    def _write(self, batch: dict[str, Any], seed: Any, number: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = self.decoder(
                batch["tokens"], batch["sounding"], batch["places"], batch["bar"], seed=seed
            )
            loss = losses.written(batch["tokens"], logits, batch["used"]) / WINDOW
        self.write_adam.apply(tape.gradient(loss, self.weights), self.weights)
        return tf.stack([loss])

    def _watch(self, stage: str, batch: dict[str, Any]) -> list[tuple[str, Any]]:
        """Cost of the music."""
        logits = self.decoder(batch["tokens"], batch["sounding"], batch["places"], batch["bar"])
        return [("cost", losses.written(batch["tokens"], logits, batch["used"]) / WINDOW)]

    def composing(self) -> list[np.ndarray]:
        """Weights of the decoder."""
        return [np.array(weight) for weight in self.decoder.weights]

    def composer(self, weights: list[np.ndarray]) -> Composer:
        """The decoder as arrays."""
        now = self.decoder.get_weights()
        self.decoder.set_weights(weights)
        arrays = {f"decoder.{k}": array for k, array in weights_of(self.decoder).items()}
        self.decoder.set_weights(now)
        p = self.plan
        chosen = (p.temperature, p.top_p, p.candidates, p.strength)
        return Composer("reference", self.vocabulary, arrays, *chosen)
