r"""Numbers that change while a training runs.

Goal: learning rates and weights of penalties that follow the step, by name; and a
probability of augmentation that follows what the discriminator does.

Conventions
-----------
* A schedule is called with the step, from 0, and gives a float32 scalar; it works inside a
  compiled step as well as outside, and depends on nothing else, so that a resumed training
  needs only its step.
* It rises linearly during ``warm_up`` steps to ``first``, which it has at step ``warm_up``;
  then it goes to ``last``, which it has from step ``steps`` on. With
  :math:`u = (\text{step} - \text{warm\_up}) / (\text{steps} - \text{warm\_up})` in [0, 1]

  .. math:: \text{last} + (\text{first} - \text{last})\, f(u)

  where :math:`f` is 1 (*constant*), :math:`1 - u` (*linear*) or
  :math:`(1 + \cos \pi u) / 2` (*cosine*).

Sources
-------
Cosine: I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts"
(2017). Warm-up: P. Goyal et al., "Accurate, large minibatch SGD" (2017). A falling weight
of the gradient penalties: N. Huang et al., "The GAN is dead; long live the GAN! A modern
GAN baseline" (R3GAN, 2024). Adaptive augmentation: T. Karras et al., "Training generative
adversarial networks with limited data" (2020), section 3 (as in ``training_loop.py`` of
NVlabs/stylegan2-ada-pytorch, where ``p`` has no upper bound).
"""

import math
from collections.abc import Callable
from typing import Any

from ricercar.errors import ParameterError
from ricercar.gan.backend import keras, tf
from ricercar.gan.losses import Loss

#: above it, augmentations begin to leak into what is made (Karras et al., section 2.2)
HIGHEST = 0.8

#: name -> the share f(u) of the way back to the first value, u in [0, 1]
COURSES: dict[str, Callable[[Any], Any]] = {
    "constant": tf.ones_like,
    "linear": lambda u: 1 - u,
    "cosine": lambda u: (1 + tf.cos(math.pi * u)) / 2,
}


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """One number over the steps of a training; Keras' optimisers take it as a rate.

    Parameters
    ----------
    name : str
        One of :data:`COURSES`.
    first : float
        Value after the warm-up.
    last : float, optional
        Value from step ``steps`` on; ``first`` if it is not given. May be the larger one.
    steps : int, optional
        Length of the course, the warm-up included; a constant one needs none.
    warm_up : int
        Steps before ``first`` is reached.

    Raises
    ------
    ParameterError
        If there is no such course; if a constant one has a ``last``; if there are no steps
        or ``warm_up`` is not below them; if a value is negative or not finite.

    Examples
    --------
    >>> falls = Schedule("linear", 4.0, 0.0, steps=8, warm_up=3)
    >>> [round(float(falls(step)), 2) for step in (0, 1, 2, 3, 4, 8, 9)]
    [1.0, 2.0, 3.0, 4.0, 3.2, 0.0, 0.0]
    """

    def __init__(
        self,
        name: str,
        first: float,
        last: float | None = None,
        steps: int | None = None,
        warm_up: int = 0,
    ) -> None:
        if name not in COURSES:
            raise ParameterError(f"there is no schedule {name!r}; there are: {', '.join(COURSES)}")
        if name == "constant" and last not in (None, first):
            raise ParameterError(f"a constant schedule stays at {first}: leave out last ({last})")
        if steps is None:
            if name != "constant":
                raise ParameterError(f"a {name} schedule needs the number of steps")
            steps = warm_up + 1
        if not 0 <= warm_up < steps:
            raise ParameterError(f"warm_up ({warm_up}) must lie in [0, steps), steps is {steps}")
        self.name, self.first = name, float(first)
        self.last = self.first if last is None else float(last)
        self.steps, self.warm_up = steps, warm_up
        for value in (self.first, self.last):
            if not (math.isfinite(value) and value >= 0):
                raise ParameterError(f"a schedule goes from {first} to {last}: finite, >= 0")

    def __call__(self, step: Any) -> Any:
        """The value at a step.

        Parameters
        ----------
        step : int or scalar tensor

        Returns
        -------
        scalar tensor of float32
        """
        now = tf.cast(step, tf.float32)
        share = tf.clip_by_value((now - self.warm_up) / (self.steps - self.warm_up), 0.0, 1.0)
        value = self.last + (self.first - self.last) * COURSES[self.name](share)
        return value * tf.minimum(1.0, (now + 1) / (self.warm_up + 1))

    def get_config(self) -> dict[str, Any]:
        """The parameters, as plain JSON types."""
        return {
            "name": self.name,
            "first": self.first,
            "last": self.last,
            "steps": self.steps,
            "warm_up": self.warm_up,
        }


class Adaptive:
    r"""The probability of augmentation, raised while the discriminator overfits, else lowered.

    .. math:: r_t = E[\operatorname{sign}(\ell(x) - b)], \qquad
              p \leftarrow \operatorname{clip}(p + \operatorname{sign}(r_t - \text{target})
              \cdot \text{pace}, 0, \text{highest})

    where :math:`b` is the loss's boundary. :math:`r_t` is 0 where real music is told at random,
    and 1 where all that was learnt from is known to be real. A loss that only compares logits
    has no boundary; there it is :math:`E[\operatorname{sign}(\ell(x) - \ell(G(z)))]`, over the
    pairs of the batch, which also rises while the generator is merely bad.

    Parameters
    ----------
    loss : Loss
    target : float
        Of :math:`r_t`; Karras et al. use .6.
    span : int
        Examples in which ``p`` can go from 0 to 1. Karras et al. take 500,000 for a training
        of millions; a short training needs a shorter one.
    every : int
        Steps from one change to the next; :math:`r_t` is the mean over them.
    highest : float

    Attributes
    ----------
    p : tf.Variable
        The probability, 0 at first.
    variables : list of tf.Variable
        All of its state, for a checkpoint.

    Raises
    ------
    ParameterError
        If a number is outside its range.

    Examples
    --------
    >>> from ricercar.gan.losses import LOSSES
    >>> control = Adaptive(LOSSES["hinge"], span=100, every=1)
    >>> control.update(tf.fill((10, 1), 2.0), tf.fill((10, 1), -2.0))  # all of them told
    >>> round(float(control.p), 6)
    0.1
    """

    def __init__(
        self,
        loss: Loss,
        target: float = 0.6,
        span: int = 100_000,
        every: int = 4,
        highest: float = HIGHEST,
    ) -> None:
        if not (-1 < target < 1 and span >= 1 and every >= 1 and 0 <= highest <= 1):
            raise ParameterError(
                f"target {target} must lie in (-1, 1), span {span} and every {every} be positive, "
                f"highest {highest} lie in [0, 1]"
            )
        self.loss, self.target, self.span = loss, target, span
        self.every, self.highest = every, highest
        self.p = tf.Variable(0.0, trainable=False, name="augment_p")
        self.told = tf.Variable(0.0, trainable=False, name="augment_told")
        self.seen = tf.Variable(0.0, trainable=False, name="augment_seen")
        self.steps = tf.Variable(0.0, trainable=False, name="augment_steps")
        self.variables = [self.p, self.told, self.seen, self.steps]

    def update(self, real: Any, made: Any) -> None:
        """Take note of a step of the discriminator.

        Parameters
        ----------
        real, made : tensor, shape (batch, 1)
            Logits of augmented music. ``made`` may be None where the loss has a boundary.
        """
        boundary = self.loss.boundary
        told = tf.sign(real - (made if boundary is None else boundary))
        self.told.assign_add(tf.reduce_sum(tf.cast(told, tf.float32)))
        self.seen.assign_add(tf.cast(tf.size(real), tf.float32))
        self.steps.assign_add(1.0)
        due = tf.cast(self.steps >= self.every, tf.float32)
        overfitting = self.told / tf.maximum(self.seen, 1.0)
        change = tf.sign(overfitting - self.target) * self.seen / float(self.span)
        self.p.assign(tf.clip_by_value(self.p + due * change, 0.0, self.highest))
        for number in (self.told, self.seen, self.steps):
            number.assign(number * (1 - due))


def overfitting(learnt: Any, held_out: Any, made: Any) -> Any:
    r"""How far held-out real music is from what was learnt, on the way to made music.

    .. math:: r_v = \frac{E[\ell(x_\text{learnt})] - E[\ell(x_\text{held out})]}
                        {E[\ell(x_\text{learnt})] - E[\ell(G(z))]}

    0: no overfitting; 1: held-out music is taken for made. For every loss, as it depends on
    differences only. Karras et al. (2020), equation 1.

    Parameters
    ----------
    learnt, held_out, made : tensor, shape (n, 1)
        Logits.

    Returns
    -------
    scalar tensor
        NaN where real and made music have the same mean.

    Examples
    --------
    >>> float(overfitting(tf.constant([[4.0]]), tf.constant([[3.0]]), tf.constant([[0.0]])))
    0.25
    """
    far, near, other = (tf.reduce_mean(logits) for logits in (learnt, held_out, made))
    return tf.where(far == other, float("nan"), (far - near) / (far - other))
