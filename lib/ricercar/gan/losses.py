r"""The losses of the two adversaries, by name, and those of the autoencoder.

Goal: one training step for every adversarial loss in use, so that they can be compared.

Conventions
-----------
* Every function returns a scalar, the mean over the batch.
* A discriminator gives one *logit* :math:`\ell` per example, shape (batch, 1), higher for
  what looks real; in mixed precision its last layer is float32. Where a loss is one of
  probabilities, :math:`D = \sigma(\ell)`, so

  .. math:: -\log D = \log(1 + e^{-\ell}) = \mathrm{softplus}(-\ell), \qquad
            -\log(1 - D) = \mathrm{softplus}(\ell),

  which neither overflows nor loses digits. Elsewhere the discriminator is a *critic* and
  :math:`\ell` is its score.
* ``x`` is real music, ``G(z)`` made music. Both losses are to be made small.
* A loss says what belongs to its method (see :class:`Loss`); a recipe may ask for
  something else. Penalties are those of :mod:`.penalties`.

Sources
-------
With each loss. Variational autoencoder: D. Kingma, M. Welling, "Auto-encoding variational
Bayes" (2014). How published implementations differ: M. Lucic et al., "Are GANs created
equal?" (2018).
"""

import inspect
from typing import Any, ClassVar

from ricercar.errors import ParameterError
from ricercar.gan.backend import tf


class Loss:
    """A pair of losses, and what belongs to the method.

    Attributes
    ----------
    name : str
    boundary : float or None
        Logit at which real and made are equally likely: above it, an example is told to be
        real. None where only differences of logits mean something.
    paired : bool
        Whether the generator's loss needs the logits of real music as well.
    penalties : tuple of str
        Names in :data:`ricercar.gan.penalties.PENALTIES`.
    gamma : float
        Their weight.
    spectral : bool
        Whether the discriminator's layers are spectrally normalised.
    critic_steps : int
        Steps of the discriminator for each step of the generator.
    betas : tuple of float
        Of Adam.
    """

    name: ClassVar[str]
    boundary: ClassVar[float | None] = 0.0
    paired: ClassVar[bool] = False
    penalties: ClassVar[tuple[str, ...]] = ("r1",)
    gamma: ClassVar[float] = 1.0
    spectral: ClassVar[bool] = False
    critic_steps: ClassVar[int] = 1
    betas: ClassVar[tuple[float, float]] = (0.0, 0.99)

    def discriminator(self, real: Any, made: Any) -> Any:
        """Loss of the discriminator from the logits of real and of made music."""
        raise NotImplementedError

    def generator(self, real: Any, made: Any) -> Any:
        """Loss of the generator; ``real`` may be None unless the loss is :attr:`paired`."""
        raise NotImplementedError

    @property
    def formula(self) -> str:
        """The losses in LaTeX, as the docstring has them, mean over a batch understood."""
        told = inspect.getdoc(type(self)) or ""
        return " ".join(told.partition(".. math::")[2].partition("\n\n")[0].split())

    def told_apart(self, real: Any, made: Any) -> tuple[Any, Any]:
        """Share of real and of made examples that the discriminator tells rightly.

        Parameters
        ----------
        real, made : tensor, shape (batch, 1)

        Returns
        -------
        told_real, told_made : scalar tensors in [0, 1]
            Where the loss has no :attr:`boundary`, both are the share of pairs whose real
            logit is the higher one.

        Examples
        --------
        >>> real, made = tf.constant([[2.0], [-1.0]]), tf.constant([[-3.0], [-2.0]])
        >>> [float(share) for share in LOSSES["hinge"].told_apart(real, made)]
        [0.5, 1.0]
        >>> [float(share) for share in LOSSES["wgan_gp"].told_apart(real, made)]
        [1.0, 1.0]
        """
        if self.boundary is None:
            right = (_difference(real, made) > 0,) * 2
        else:
            right = real > self.boundary, made < self.boundary
        told_real, told_made = (tf.reduce_mean(tf.cast(each, tf.float32)) for each in right)
        return told_real, told_made


class NonSaturating(Loss):
    r"""The generator makes music look real, rather than less made. The default.

    .. math:: L_D = -\log D(x) - \log(1 - D(G(z))), \qquad L_G = -\log D(G(z))

    I. Goodfellow et al., "Generative adversarial nets" (2014), section 3; with R1: L.
    Mescheder, A. Geiger, S. Nowozin, "Which training methods for GANs do actually
    converge?" (2018).
    """

    name = "non_saturating"

    def discriminator(self, real: Any, made: Any) -> Any:
        return tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(made))

    def generator(self, real: Any, made: Any) -> Any:
        return tf.reduce_mean(tf.nn.softplus(-made))


class Minimax(NonSaturating):
    r"""The game as it was first written: what one gains, the other loses.

    .. math:: L_D = -\log D(x) - \log(1 - D(G(z))), \qquad L_G = \log(1 - D(G(z)))

    The generator's gradient vanishes (saturates) where it is found out. I. Goodfellow et
    al., "Generative adversarial nets" (2014), equation 1.
    """

    name = "minimax"

    def generator(self, real: Any, made: Any) -> Any:
        return -tf.reduce_mean(tf.nn.softplus(made))


class LeastSquares(Loss):
    r"""Logits go to 1 for real and to 0 for made; neither loss saturates.

    .. math:: L_D = \tfrac12 (\ell(x) - 1)^2 + \tfrac12 \ell(G(z))^2, \qquad
              L_G = \tfrac12 (\ell(G(z)) - 1)^2

    X. Mao et al., "Least squares generative adversarial networks" (2017), equation 9.
    """

    name = "least_squares"
    boundary = 0.5
    betas = (0.5, 0.999)

    def discriminator(self, real: Any, made: Any) -> Any:
        return (tf.reduce_mean(tf.square(real - 1)) + tf.reduce_mean(tf.square(made))) / 2

    def generator(self, real: Any, made: Any) -> Any:
        return tf.reduce_mean(tf.square(made - 1)) / 2


class WassersteinGP(Loss):
    r"""A critic of slope 1: its loss is minus the Wasserstein-1 distance.

    .. math:: L_D = \ell(G(z)) - \ell(x), \qquad L_G = -\ell(G(z))

    I. Gulrajani et al., "Improved training of Wasserstein GANs" (2017): gradient penalty of
    weight 10, five critic steps. Adam's betas are those of the authors' code and of
    MuseGAN, (.5, .9); the paper's last version has (0, .9).
    """

    name = "wgan_gp"
    boundary = None
    penalties = ("gradient_penalty",)
    gamma = 10.0
    critic_steps = 5
    betas = (0.5, 0.9)

    def discriminator(self, real: Any, made: Any) -> Any:
        return tf.reduce_mean(made) - tf.reduce_mean(real)

    def generator(self, real: Any, made: Any) -> Any:
        return -tf.reduce_mean(made)


class Hinge(Loss):
    r"""The discriminator learns only from what lies inside the margin of a classifier.

    .. math:: L_D = \max(0, 1 - \ell(x)) + \max(0, 1 + \ell(G(z))), \qquad L_G = -\ell(G(z))

    J. Lim, J. Ye, "Geometric GAN" (2017); with spectral normalisation: T. Miyato et al.,
    "Spectral normalization for generative adversarial networks" (2018), equation 17.
    """

    name = "hinge"
    penalties = ()
    gamma = 0.0
    spectral = True
    betas = (0.0, 0.9)

    def discriminator(self, real: Any, made: Any) -> Any:
        return tf.reduce_mean(tf.nn.relu(1 - real)) + tf.reduce_mean(tf.nn.relu(1 + made))

    def generator(self, real: Any, made: Any) -> Any:
        return -tf.reduce_mean(made)


class Relativistic(Loss):
    r"""Each real example is compared with a made one: only the difference counts.

    .. math:: L_D = -\log \sigma(\ell(x) - \ell(G(z))), \qquad
              L_G = -\log \sigma(\ell(G(z)) - \ell(x))

    A. Jolicoeur-Martineau, "The relativistic discriminator" (2018); with R1 and R2: N.
    Huang et al., "The GAN is dead; long live the GAN! A modern GAN baseline" (R3GAN, 2024).
    """

    name = "relativistic"
    boundary = None
    paired = True
    penalties = ("r1", "r2")

    def discriminator(self, real: Any, made: Any) -> Any:
        return tf.reduce_mean(tf.nn.softplus(-_difference(real, made)))

    def generator(self, real: Any, made: Any) -> Any:
        return tf.reduce_mean(tf.nn.softplus(_difference(real, made)))


#: the losses by name; the first is the default
LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        *(NonSaturating(), Minimax(), LeastSquares()),
        *(WassersteinGP(), Hinge(), Relativistic()),
    )
}


def by_name(name: str) -> Loss:
    """The loss of that name.

    Raises
    ------
    ParameterError
        If there is none.

    Examples
    --------
    >>> by_name("wgan_gp").critic_steps
    5
    """
    if name not in LOSSES:
        raise ParameterError(f"there is no loss {name!r}; there are: {', '.join(LOSSES)}")
    return LOSSES[name]


def _difference(real: Any, made: Any) -> Any:
    """Logits pair by pair."""
    # shapes (batch,) and (batch, 1) would silently become all pairs
    if not real.shape.is_compatible_with(made.shape):
        raise ParameterError(f"pairs of logits differ in shape: {real.shape} and {made.shape}")
    return real - made


def written(tokens: Any, logits: Any, used: Any) -> Any:
    r"""What the music costs under a decoder: :math:`-\sum \log p(\mathrm{token})`, in nats.

    Parameters
    ----------
    tokens : tensor of int, shape (batch, cells, voices)
    logits : tensor, shape (batch, cells, voices, pitches + 2)
    used : tensor of float, shape (batch, cells)
        0 where the meter leaves a cell unused.

    Returns
    -------
    tensor
        Sum over cells and voices, mean over the batch.

    Examples
    --------
    >>> tokens, used = tf.zeros((1, 2, 1), tf.int32), tf.constant([[1.0, 0.0]])
    >>> round(float(written(tokens, tf.zeros((1, 2, 1, 4)), used)), 4)  # log 4, once
    1.3863
    """
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(tokens, tf.cast(logits, tf.float32))
    return tf.reduce_mean(tf.reduce_sum(each * used[..., None], axis=(1, 2)))


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
