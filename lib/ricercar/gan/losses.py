r"""The losses of the autoencoder and of the two adversaries.

Conventions
-----------
Every function returns a scalar, the mean over the batch. Discriminator outputs are
*logits* :math:`\ell`, with :math:`D = \sigma(\ell)` the probability of being real, so

.. math:: -\log D = \log(1 + e^{-\ell}) = \mathrm{softplus}(-\ell), \qquad
          -\log(1 - D) = \mathrm{softplus}(\ell),

which neither overflows nor loses digits.

Sources
-------
Non-saturating loss: I. Goodfellow et al., "Generative adversarial nets" (2014).
R1: L. Mescheder, A. Geiger, S. Nowozin, "Which training methods for GANs do actually
converge?" (2018). Variational autoencoder: D. Kingma, M. Welling, "Auto-encoding
variational Bayes" (2014).
"""

from typing import Any

from ricercar.gan.backend import tf


def discriminator_loss(real: Any, made: Any) -> Any:
    r""":math:`L_D = -\log D(x) - \log(1 - D(G(z)))`.

    Parameters
    ----------
    real, made : tensor, shape (batch, 1)
        Logits of real and of made codes.

    Examples
    --------
    >>> round(float(discriminator_loss(tf.zeros((2, 1)), tf.zeros((2, 1)))), 4)  # 2 log 2
    1.3863
    """
    return tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(made))


def generator_loss(made: Any) -> Any:
    r""":math:`L_G = -\log D(G(z))`.

    Examples
    --------
    >>> round(float(generator_loss(tf.zeros((2, 1)))), 4)  # log 2
    0.6931
    """
    return tf.reduce_mean(tf.nn.softplus(-made))


def r1_penalty(gradient: Any) -> Any:
    r""":math:`R_1 = \lVert \nabla_x \ell(x) \rVert^2`, mean over real codes ``x``.

    Parameters
    ----------
    gradient : tensor, shape (batch, ...)
        Gradient of the summed logits with respect to the real codes.

    Examples
    --------
    >>> float(r1_penalty(tf.constant([[3.0, 4.0], [0.0, 1.0]])))  # (25 + 1) / 2
    13.0
    """
    axes = list(range(1, len(gradient.shape)))
    return tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=axes))


def reconstruction_loss(tokens: Any, onset: Any, logits: Any) -> Any:
    r"""Cross-entropy per cell: :math:`-\log p(\text{token}) - \log p(\text{onset})`.

    Parameters
    ----------
    tokens : tensor of int, shape (batch, steps, voices)
    onset : tensor of float, same shape
    logits : tensor, shape (batch, steps, voices, pitches + 2)
        Rest and pitches, and last the onset.
    """
    pitch = tf.nn.sparse_softmax_cross_entropy_with_logits(tokens, logits[..., :-1])
    begins = tf.nn.sigmoid_cross_entropy_with_logits(onset, logits[..., -1])
    return tf.reduce_mean(pitch) + tf.reduce_mean(begins)


def divergence(mean: Any, log_sd: Any) -> Any:
    r"""Kullback-Leibler divergence of :math:`N(\mu, \sigma^2)` from :math:`N(0, 1)`.

    .. math:: \tfrac12 (\mu^2 + \sigma^2 - 1) - \log \sigma

    summed over the last axis, mean over the others.

    Examples
    --------
    >>> float(divergence(tf.constant([[1.0, 1.0]]), tf.zeros((1, 2))))  # 2 x 1/2
    1.0
    """
    each = 0.5 * (tf.square(mean) + tf.exp(2 * log_sd) - 1) - log_sd
    return tf.reduce_mean(tf.reduce_sum(each, axis=-1))
