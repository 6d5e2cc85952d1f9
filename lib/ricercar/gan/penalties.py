r"""What keeps a discriminator smooth: gradient penalties and spectral normalisation.

Goal: each regulariser by itself, over any discriminator, so that a training step adds up
the ones that its recipe names.

Conventions
-----------
* A *critic* is a callable from music to one logit per example, shape (batch,) or
  (batch, 1), its condition already inside. Music is one tensor (batch, ...) or a list of
  tensors with one batch size; the gradient of a list is one long vector per example.
* Logits of an example must not depend on the other examples (no batch normalisation):
  the gradient of the summed logits is then the gradient of each.
* A penalty is a scalar, the mean over the batch. With augmentation inside the critic it is
  a penalty on the slope along the music before augmentation, as in T. Karras et al. (2020).
* Penalties are weighted with :math:`\gamma/2` (R1, R2) or :math:`\gamma` (the gradient
  penalty, where it is written :math:`\lambda`).

Sources
-------
R1, R2: L. Mescheder, A. Geiger, S. Nowozin, "Which training methods for GANs do actually
converge?" (2018), equations 9 and 10. Gradient penalty: I. Gulrajani et al., "Improved
training of Wasserstein GANs" (2017), equation 3. Spectral normalisation: T. Miyato et al.,
"Spectral normalization for generative adversarial networks" (2018).
"""

from collections.abc import Callable, Sequence
from typing import Any

from ricercar.errors import ParameterError
from ricercar.gan.backend import keras, tf

#: added under the root, where the gradient of a norm of 0 would be NaN
EPSILON = 1e-12

Critic = Callable[[Any], Any]


def logits_and_slope(critic: Critic, x: Any) -> tuple[Any, Any]:
    r"""Logits, and the squared norm of their gradient, in one pass.

    Parameters
    ----------
    critic : callable
    x : tensor, or list of tensors, shape (batch, ...)

    Returns
    -------
    logits : tensor
        As the critic gave them.
    slope : tensor of float32, shape (batch,)
        :math:`\lVert \nabla_x \ell(x) \rVert^2`, over everything in ``x``; can itself be
        derived by the critic's weights.

    Examples
    --------
    >>> logits, slope = logits_and_slope(lambda x: 3 * x[:, 0] - 4 * x[:, 1], tf.zeros((2, 2)))
    >>> slope.numpy().tolist()
    [25.0, 25.0]
    """
    parts = list(x) if isinstance(x, list | tuple) else [x]
    with tf.GradientTape() as tape:
        tape.watch(parts)
        logits = critic(parts if isinstance(x, list | tuple) else parts[0])
    # in float32: a gradient in half precision overflows when it is squared
    gradients = tape.gradient(logits, parts, unconnected_gradients="zero")
    squares = [tf.square(tf.cast(gradient, tf.float32)) for gradient in gradients]
    summed = [tf.reduce_sum(tf.reshape(each, (tf.shape(each)[0], -1)), axis=1) for each in squares]
    return logits, tf.add_n(summed)


def between(real: Any, made: Any, seed: Any) -> Any:
    r"""Music on the straight line from each made example to a real one.

    .. math:: \hat x = \varepsilon x + (1 - \varepsilon) G(z), \qquad \varepsilon \sim U[0, 1]

    Parameters
    ----------
    real, made : tensor, or list of tensors, shape (batch, ...)
    seed : tensor of int, shape (2,)

    Returns
    -------
    As ``real``; one :math:`\varepsilon` per example, the same in every tensor of a list.

    Examples
    --------
    >>> x = between(tf.ones((2, 3)), tf.zeros((2, 3)), (1, 2)).numpy()
    >>> bool((x == x[:, :1]).all()), bool(0 < x.min() and x.max() < 1), bool(x[0, 0] != x[1, 0])
    (True, True, True)
    """
    first = real[0] if isinstance(real, list | tuple) else real
    share = tf.random.stateless_uniform((tf.shape(first)[0],), seed)

    def mix(a: Any, b: Any) -> Any:
        each = tf.cast(tf.reshape(share, (-1,) + (1,) * (len(a.shape) - 1)), a.dtype)
        return each * a + (1 - each) * b

    if isinstance(real, list | tuple):
        return [mix(a, b) for a, b in zip(real, made, strict=True)]
    return mix(real, made)


def zero_centred(slope: Any) -> Any:
    r"""R1 over real music, R2 over made music: mean of :math:`\lVert \nabla \ell \rVert^2`."""
    return tf.reduce_mean(slope)


def one_centred(slope: Any) -> Any:
    r"""The gradient penalty: mean of :math:`(\sqrt{\lVert\nabla\ell\rVert^2 + \epsilon} - 1)^2`.

    Parameters
    ----------
    slope : tensor, shape (batch,)
        From :func:`logits_and_slope`, over music :func:`between` real and made.
    """
    return tf.reduce_mean(tf.square(tf.sqrt(slope + EPSILON) - 1))


def r1(critic: Critic, real: Any) -> Any:
    r""":math:`R_1 = \lVert \nabla_x \ell(x) \rVert^2` over real music.

    Examples
    --------
    >>> float(r1(lambda x: 2 * x[:, 0], tf.zeros((5, 3))))
    4.0
    """
    return zero_centred(logits_and_slope(critic, real)[1])


def r2(critic: Critic, made: Any) -> Any:
    r""":math:`R_2 = \lVert \nabla_x \ell(G(z)) \rVert^2` over made music.

    Examples
    --------
    >>> float(r2(lambda x: x[:, 0] ** 2, tf.fill((5, 1), 3.0)))  # slope 2 x 3
    36.0
    """
    return zero_centred(logits_and_slope(critic, made)[1])


def gradient_penalty(critic: Critic, real: Any, made: Any, seed: Any) -> Any:
    r""":math:`(\lVert \nabla_{\hat x} \ell(\hat x) \rVert - 1)^2` on lines from made to real.

    Parameters
    ----------
    critic : callable
    real, made : tensor, or list of tensors, shape (batch, ...)
    seed : tensor of int, shape (2,)

    Examples
    --------
    >>> float(gradient_penalty(lambda x: 3 * x[:, 0], tf.ones((4, 1)), tf.zeros((4, 1)), (0, 1)))
    4.0
    """
    return one_centred(logits_and_slope(critic, between(real, made, seed))[1])


#: the penalties by name, and the share of ``gamma`` that each is weighted with
PENALTIES = {"r1": 0.5, "r2": 0.5, "gradient_penalty": 1.0}


def logits_and_penalty(
    names: Sequence[str], critic: Critic, real: Any, made: Any, gamma: Any, seed: Any
) -> tuple[Any, Any, Any]:
    """Logits of real and of made music, and the weighted sum of the penalties named.

    R1 and R2 come from the passes that give the logits, so that they cost no further one.

    Parameters
    ----------
    names : sequence of str
        In :data:`PENALTIES`; none gives a penalty of 0.
    critic : callable
    real, made : tensor, or list of tensors, shape (batch, ...)
    gamma : float or scalar tensor
    seed : tensor of int, shape (2,)

    Returns
    -------
    real_logits, made_logits : tensor
    penalty : scalar tensor of float32

    Raises
    ------
    ParameterError
        If there is no penalty of a name.

    Examples
    --------
    >>> x = tf.zeros((4, 1))
    >>> _, _, penalty = logits_and_penalty(("r1", "r2"), lambda x: 3 * x, x, x, 0.5, (0, 1))
    >>> float(penalty)  # .25 (9 + 9)
    4.5
    """
    wrong = [name for name in names if name not in PENALTIES]
    if wrong:
        raise ParameterError(f"there is no penalty {wrong[0]!r}; there are: {', '.join(PENALTIES)}")
    found, logits = {}, []
    for name, x in (("r1", real), ("r2", made)):
        if name in names:
            told, slope = logits_and_slope(critic, x)
            found[name] = zero_centred(slope)
        else:
            told = critic(x)
        logits.append(told)
    if "gradient_penalty" in names:
        found["gradient_penalty"] = gradient_penalty(critic, real, made, seed)
    total = sum((PENALTIES[name] * found[name] for name in found), tf.zeros(()))
    return logits[0], logits[1], gamma * total


class SpectralNormalization(keras.layers.Wrapper):
    r"""A layer that works with :math:`W / \sigma(W)` in place of its kernel :math:`W`.

    :math:`\sigma` is the largest singular value of the kernel as a matrix (everything before
    the last axis, last axis), by power iteration:
    :math:`v \leftarrow W u / \lVert W u \rVert,\ u \leftarrow W^T v / \lVert W^T v \rVert,\
    \sigma = v^T W u`. The kernel itself stays as the optimiser left it and the gradient goes
    through :math:`\sigma`, as Miyato et al. derive it (equation 12). ``keras.layers``' layer of
    this name writes the normalised kernel over the kernel instead, at each call in training:
    a projection, whose gradient lacks that term and beside which Adam's moments go on as if
    nothing had happened.

    Parameters
    ----------
    layer : keras.layers.Layer
        With a ``kernel`` or ``embeddings`` (Dense, Conv, Embedding).
    power_iterations : int
        At each call in training; ``u`` is kept from call to call.
    seed : int
        Of the first ``u``.

    Examples
    --------
    >>> layer = SpectralNormalization(keras.layers.Dense(1, use_bias=False), seed=1)
    >>> layer.build((None, 2))
    >>> layer.layer.set_weights([tf.constant([[3.0], [4.0]])])
    >>> round(float(layer(tf.constant([[1.0, 0.0]]))[0, 0]), 4)
    0.6
    """

    def __init__(self, layer: Any, power_iterations: int = 1, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(layer, **({"dtype": layer.dtype_policy} | kwargs))
        if power_iterations < 1:
            raise ParameterError(f"power_iterations is {power_iterations}, must be positive")
        self.power_iterations, self.seed = power_iterations, seed

    def build(self, input_shape: Any) -> None:
        """Build the layer inside, and ``u``."""
        super().build(input_shape)
        names = [variable.name for variable in self.layer.trainable_variables]
        found = [name for name in ("kernel", "embeddings") if name in names]
        if not found:
            raise ParameterError(f"{self.layer.name} has no kernel to normalise, but {names}")
        self.normalised = names.index(found[0])
        self.u = self.add_weight(
            shape=(self.layer.trainable_variables[self.normalised].shape[-1],),
            initializer=keras.initializers.RandomNormal(seed=self.seed),
            trainable=False,
            name="u",
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """What the layer makes of its input with the normalised kernel."""
        values = [tf.convert_to_tensor(v.value) for v in self.layer.trainable_variables]
        kernel = values[self.normalised]
        matrix = tf.cast(tf.reshape(kernel, (-1, kernel.shape[-1])), tf.float32)
        constant, u = tf.stop_gradient(matrix), tf.cast(self.u.value, tf.float32)
        for _ in range(self.power_iterations):
            v = tf.math.l2_normalize(tf.linalg.matvec(constant, u))
            u = tf.math.l2_normalize(tf.linalg.matvec(constant, v, transpose_a=True))
        if training:
            self.u.assign(u)
        sigma = tf.reduce_sum(v * tf.linalg.matvec(matrix, u))
        values[self.normalised] = kernel / tf.cast(tf.where(sigma > 0, sigma, 1.0), kernel.dtype)
        others = [variable.value for variable in self.layer.non_trainable_variables]
        result, _ = self.layer.stateless_call(values, others, inputs)
        return result

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Shape of what the layer inside gives."""
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """The parameters, as plain JSON types."""
        own = {"power_iterations": self.power_iterations, "seed": self.seed}
        return super().get_config() | own
