"""The two adversaries: a generator of something for each beat, and a discriminator of it.

Goal: one pair of networks for every recipe; what they make and judge are codes or music on
the grid, beat by beat.

The networks
------------
Convolutions over beats with residual connections and no normalisation, as in N. Huang et
al., "The GAN is dead; long live the GAN! A modern GAN baseline" (2024). Noise for the whole
piece scales the channels of every block (as in StyleGAN), noise for each beat enters once.
The generator knows length only from the places of its beats, so it makes pieces of any
length. The discriminator judges every beat among its neighbours (patches: P. Isola et al.,
2017) and the whole window, and adds the product of what it saw with the condition (T.
Miyato, M. Koyama, "cGANs with projection discriminator", 2018).

Conventions
-----------
* ``z`` (batch, latent), ``noise`` (batch, beats, latent // 4), standard normal; ``places``
  (batch, beats, features), see :meth:`.conditions.Conditions.places`.
"""

from typing import Any

from ricercar.gan.backend import keras, tf
from ricercar.gan.leading import GENERATOR_DILATIONS
from ricercar.gan.material import WINDOW
from ricercar.gan.penalties import SpectralNormalization

_SMALL = 0.02


def _small() -> Any:
    return keras.initializers.RandomNormal(stddev=_SMALL)


class Generator(keras.layers.Layer):
    """Noise and places to ``out`` numbers for each beat.

    Parameters
    ----------
    channels, latent, out : int
    """

    def __init__(self, channels: int, latent: int, out: int) -> None:
        super().__init__(name="generator")
        dense, conv = keras.layers.Dense, keras.layers.Conv1D
        self.latent = latent
        self.plan = dense(channels, activation="gelu")
        self.whole = dense(channels, use_bias=False)
        self.beat = dense(channels, use_bias=False)
        self.place = dense(channels)
        self.scale = [dense(channels, bias_initializer="ones") for _ in GENERATOR_DILATIONS]
        self.wide = [
            conv(channels, 3, padding="same", dilation_rate=far) for far in GENERATOR_DILATIONS
        ]
        self.near = [
            conv(channels, 3, padding="same", kernel_initializer=_small())
            for _ in GENERATOR_DILATIONS
        ]
        self.out = dense(out, dtype="float32")

    def call(self, z: Any, noise: Any, places: Any) -> Any:
        """Shape (batch, beats, out)."""
        plan = self.plan(z)
        x = self.whole(plan)[:, None] + self.beat(noise) + self.place(places)
        for scale, wide, near in zip(self.scale, self.wide, self.near, strict=True):
            y = wide(tf.nn.gelu(x)) * scale(plan)[:, None]
            x += near(tf.nn.gelu(y))
        return self.out(tf.nn.gelu(x))


class Discriminator(keras.layers.Layer):
    """What was made, and places, to a logit.

    Parameters
    ----------
    channels, features : int
        Features of a place.
    spectral : bool
        Normalise every weight by its largest singular value.
    seed : int
        Of the normalisation.
    """

    def __init__(self, channels: int, features: int, spectral: bool = False, seed: int = 0) -> None:
        super().__init__(name="discriminator")

        def norm(layer: Any) -> Any:
            return SpectralNormalization(layer, seed=seed) if spectral else layer

        def conv(far: int = 1) -> Any:
            return norm(keras.layers.Conv1D(channels, 3, padding="same", dilation_rate=far))

        def dense(units: int, **more: Any) -> Any:
            return norm(keras.layers.Dense(units, **more))

        self.features = features
        self.enter = dense(channels)
        self.pairs = [(conv(far), conv()) for far in (1, 2)]
        self.patch = dense(channels, activation="gelu")
        self.half = [(conv(), conv()) for _ in range(3)]
        self.whole = dense(channels, activation="gelu")
        self.project = dense(channels, use_bias=False)
        self.heads = [keras.layers.Dense(1, dtype="float32") for _ in range(2)]

    def call(self, x: Any, places: Any, training: bool = False) -> Any:
        """Shape (batch, 1)."""
        x = self.enter(tf.concat([x, tf.cast(places, x.dtype)], -1), training=training)
        for first, second in self.pairs:
            y = tf.nn.gelu(first(tf.nn.gelu(x), training=training))
            x += second(y, training=training)
        patch = tf.reduce_mean(self.patch(tf.nn.gelu(x), training=training), axis=1)
        for first, second in self.half:
            x = (x[:, ::2] + x[:, 1::2]) / 2
            y = tf.nn.gelu(first(tf.nn.gelu(x), training=training))
            x += second(y, training=training)
        flat = tf.reshape(x, (tf.shape(x)[0], (WINDOW // 8) * x.shape[-1]))
        whole = self.whole(flat, training=training)
        asked = self.project(tf.reduce_mean(places, axis=1), training=training)
        match = tf.reduce_sum(tf.cast(asked * whole, "float32"), axis=1, keepdims=True)
        scaled = match / float(whole.shape[-1]) ** 0.5
        return self.heads[0](patch) + self.heads[1](whole) + scaled
