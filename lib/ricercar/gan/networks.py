"""The networks: an autoencoder of short excerpts, and two adversaries on its codes.

Conventions
-----------
* ``tokens`` (batch, steps, voices) int: 0 rest, 1 + pitch - lowest otherwise;
  ``onset`` (batch, steps, voices) float 0 or 1.
* A *code* has shape (frames, code): one vector for each frame of ``FRAME`` steps.
* ``logits`` (batch, steps, voices, pitches + 2): rest, pitches, and last the onset.
* A condition is a probability per style, shape (batch, styles): it enters linearly,
  so a mixture of styles is a mixture of their vectors.
* Only layers that come with Keras, so a stored network loads in safe mode.

Why codes: on a processor a GAN over the grid itself is far too slow, while an
autoencoder is quick to train and leaves the adversaries a small, smooth space. The idea
is that of J. Zhao et al., "Adversarially regularized autoencoders" (2018).
"""

from typing import Any

import numpy as np

from ricercar.gan.backend import keras

FRAME = 4


def encoder(pitches: int, steps: int, voices: int, code: int, width: int) -> Any:
    """Music to the mean and the log standard deviation of its code.

    Parameters
    ----------
    pitches : int
        Size of the pitch range.
    steps, voices : int
        Size of the grid; ``steps`` a multiple of :data:`FRAME`.
    code : int
        Numbers per frame.
    width : int
        Channels.

    Returns
    -------
    keras.Model
        (tokens, onset) -> (batch, frames, 2 * code).

    Examples
    --------
    >>> encoder(12, 8, 2, code=3, width=8).output_shape
    (None, 2, 6)
    """
    layers = keras.layers
    tokens = keras.Input((steps, voices), dtype="int32", name="tokens")
    onset = keras.Input((steps, voices), name="onset")
    heard = layers.Embedding(pitches + 1, 12)(tokens)
    heard = layers.Concatenate()([heard, layers.Reshape((steps, voices, 1))(onset)])
    frames = layers.Reshape((steps // FRAME, FRAME * voices * 13))(heard)
    x = layers.Dense(width, activation="gelu")(frames)
    x = layers.Add()([x, layers.Conv1D(width, 3, padding="same", activation="gelu")(x)])
    return keras.Model([tokens, onset], layers.Dense(2 * code)(x), name="encoder")


def decoder(pitches: int, steps: int, voices: int, code: int, width: int, depth: int = 2) -> Any:
    """A code to logits over the grid.

    Returns
    -------
    keras.Model
        (batch, frames, code) -> (batch, steps, voices, pitches + 2).

    Examples
    --------
    >>> decoder(12, 8, 2, code=3, width=8).output_shape
    (None, 8, 2, 14)
    """
    layers = keras.layers
    codes = keras.Input((steps // FRAME, code), name="code")
    x = layers.Dense(width)(codes)
    for _ in range(depth):
        x = _with_neighbours(x, width)
    x = layers.Activation("gelu")(x)
    x = layers.Dense(FRAME * voices * (pitches + 2))(x)
    return keras.Model(codes, layers.Reshape((steps, voices, pitches + 2))(x), name="decoder")


def generator(
    latent: int, styles: int, frames: int, code: int, width: int, local: int, depth: int
) -> Any:
    """Noise ``z`` and a condition to a standardised code.

    Dense layers plan the excerpt as a whole; a convolution, the same for all frames,
    then fits each frame to its neighbours. The first weights are drawn so that a code
    has a standard deviation near 1 before training, as real codes have.

    Parameters
    ----------
    latent, styles, frames, code : int
        Sizes of ``z``, of the condition, and of the result.
    width, depth : int
        Units and number of the dense layers.
    local : int
        Channels of the convolution.

    Returns
    -------
    keras.Model
        (z (batch, latent), style (batch, styles)) -> (batch, frames, code).

    Examples
    --------
    >>> generator(8, 3, frames=4, code=5, width=16, local=8, depth=2).output_shape
    (None, 4, 5)
    """
    layers = keras.layers
    z = keras.Input((latent,), name="z")
    style = keras.Input((styles,), name="style")
    x = layers.Concatenate()([z, layers.Dense(32, use_bias=False)(style)])
    for _ in range(depth):
        x = layers.Dense(width, activation="gelu", kernel_initializer="he_normal")(x)
    x = layers.Dense(frames * local, kernel_initializer="he_normal")(x)
    x = _with_neighbours(layers.Reshape((frames, local))(x), local)
    x = layers.Dense(code, kernel_initializer="he_normal")(layers.Activation("gelu")(x))
    return keras.Model([z, style], x, name="generator")


def discriminator(styles: int, frames: int, code: int, width: int, local: int, depth: int) -> Any:
    """A standardised code and a condition to the logit of being real.

    The logit is a sum of two: dense layers judge the excerpt as a whole, convolutions
    judge every frame among its neighbours, and the mean counts (patches: P. Isola et al.,
    "Image-to-image translation with conditional adversarial networks", 2017). In both
    the condition enters at the beginning and again in the last product (T. Miyato,
    M. Koyama, "cGANs with projection discriminator", 2018).

    Returns
    -------
    keras.Model
        (code (batch, frames, code), style (batch, styles)) -> (batch, 1).

    Examples
    --------
    >>> discriminator(3, frames=4, code=5, width=16, local=8, depth=2).output_shape
    (None, 1)
    """
    layers = keras.layers
    codes = keras.Input((frames, code), name="code")
    style = keras.Input((styles,), name="style")
    whole = layers.Concatenate()([layers.Flatten()(codes), layers.Dense(32, use_bias=False)(style)])
    for _ in range(depth):
        whole = layers.Dense(width, activation="gelu")(whole)

    told = layers.Reshape((1, local))(layers.Dense(local)(style))
    frame = layers.Add()([layers.Conv1D(local, 3, padding="same")(codes), told])
    frame = layers.Activation("gelu")(_with_neighbours(layers.Activation("gelu")(frame), local))
    frame = layers.GlobalAveragePooling1D()(layers.Dense(local, activation="gelu")(frame))

    logits = []
    for x in (whole, frame):
        logits.append(layers.Dense(1)(x))
        logits.append(layers.Dot(1)([x, layers.Dense(x.shape[-1], use_bias=False)(style)]))
    return keras.Model([codes, style], layers.Add()(logits), name="discriminator")


def _with_neighbours(x: Any, channels: int) -> Any:
    """Add to each frame what follows from it and the frames beside it."""
    layers = keras.layers
    beside = layers.Conv1D(channels, 3, padding="same", activation="gelu")(x)
    return layers.Add()([x, layers.Dense(channels)(beside)])


def composer(generator: Any, decoder: Any, mean: np.ndarray, sd: np.ndarray) -> Any:
    """Generator and decoder in one: noise and a condition to logits over the grid.

    Parameters
    ----------
    generator, decoder : keras.Model
    mean, sd : numpy.ndarray, shape (code,)
        Of the real codes; a standardised code ``x`` becomes ``mean + sd * x``.

    Returns
    -------
    keras.Model
        (z, style) -> (batch, steps, voices, pitches + 2). It owns copies of the networks.
    """
    copies = [keras.models.clone_model(network) for network in (generator, decoder)]
    for copy, network in zip(copies, (generator, decoder), strict=True):
        copy.set_weights(network.get_weights())
    z = keras.Input(generator.input_shape[0][1:], name="z")
    style = keras.Input(generator.input_shape[1][1:], name="style")
    real = keras.layers.Normalization(
        mean=mean.tolist(), variance=np.square(sd).tolist(), invert=True, name="code"
    )
    return keras.Model([z, style], copies[1](real(copies[0]([z, style]))), name="composer")
