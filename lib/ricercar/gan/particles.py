r"""Composing around what is given, with its future in mind: a particle filter.

Goal: what is composed prepares what is given later, though the decoder sees the past only.

A piece is composed many times at once. Each *particle* has noise of its own, so a plan of
its own. In each cell :math:`i` it is weighted by how likely it has made what is given,
:math:`g_i`, and by the critic's logit :math:`r`, both over the candidates :math:`c` that it
drew for what is left open:

.. math:: w_i = \frac1C \sum_c p(g_i \mid x_{<i}, c, z)\, e^{r(x_{i-1}, c)}

When the weights of a piece have become too unequal at the end of a beat,

.. math:: \left(\sum_k w_k\right)^2 \Big/ \sum_k w_k^2 < K / 2,

its particles are drawn anew in proportion to them: those that made the given music unlikely
are given up, others go on several times. In the end one particle is drawn.

Conventions
-----------
* With infinitely many particles the piece is a draw of the decoder's distribution of the
  music that is left open given all that is given, tilted by the critic.
* Temperature and ``top_p`` hold for what is composed; what is given counts at temperature 1.

Sources
-------
N. Gordon, D. Salmond, A. Smith, "Novel approach to nonlinear/non-Gaussian Bayesian state
estimation" (1993); effective sample size and when to draw anew: A. Doucet, A. Johansen, "A
tutorial on particle filtering and smoothing" (2009); weights from several candidates: C.
Naesseth, F. Lindsten, T. Schön, "Nested sequential Monte Carlo methods" (2015); with
networks that write from left to right: A. Lew et al., "Sequential Monte Carlo steering of
large language models using probabilistic programs" (2023).
"""

import numpy as np

from ricercar.errors import ParameterError
from ricercar.gan.choosing import drawn_anew
from ricercar.gan.composer import Composer
from ricercar.gan.conditions import Conditions

#: particles of a piece, and most particles that are at work at once
PARTICLES, AT_ONCE = 32, 1024


def follow(
    composer: Composer,
    asked: Conditions,
    given: np.ndarray,
    rng: np.random.Generator,
    temperature: float | None = None,
    top_p: float | None = None,
    particles: int = PARTICLES,
) -> tuple[np.ndarray, np.ndarray]:
    """Compose around what is given.

    Parameters
    ----------
    composer : Composer
        One with a decoder.
    asked : Conditions
    given : numpy.ndarray of int, shape (n, beats, slots, voices)
        -1 where to compose.
    rng : numpy.random.Generator
    temperature, top_p : float, optional
        See :meth:`.writing.Writer.write`.
    particles : int
        Of each piece, 1 or more; 1 looks nowhere ahead.

    Returns
    -------
    tokens, sounding : numpy.ndarray of int64, shape (n, beats, slots, voices)

    Raises
    ------
    ParameterError
        If the composer has no decoder.
    """
    at_once = max(1, AT_ONCE // particles)
    chosen = (
        composer.temperature if temperature is None else temperature,
        composer.top_p if top_p is None else top_p,
    )
    tokens, sounding = np.ones_like(given), np.zeros_like(given)
    for start in range(0, len(asked), at_once):
        rows = np.arange(start, min(start + at_once, len(asked)))
        tokens[rows], sounding[rows] = _follow(
            composer, asked.take(rows), given[rows], rng, *chosen, particles
        )
    beyond = np.arange(given.shape[1]) >= asked.beats[:, None]
    tokens[beyond], sounding[beyond] = 1, 0
    return tokens, sounding


def _follow(
    composer: Composer,
    asked: Conditions,
    given: np.ndarray,
    rng: np.random.Generator,
    temperature: float,
    top_p: float,
    particles: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Some pieces, with all their particles at once."""
    writer, critic = composer.writer(), composer.critic()
    if writer is None:
        raise ParameterError(f"the recipe {composer.recipe!r} does not compose beat by beat")
    n, length = given.shape[:2]
    row = np.repeat(np.arange(n), particles)
    many = asked.take(row)
    places = many.places(np.broadcast_to(np.arange(length), (len(row), length)))
    context = composer.context(places, composer.noise(len(row), length, rng))
    passage = writer.begin(many.bar)
    heard = np.zeros((2, len(row), *given.shape[1:]), np.int64)
    log_weight = np.zeros((n, particles))
    for now in range(length):
        (heard[0, :, now], heard[1, :, now]), _, told = writer.write_beat(
            passage,
            context[:, now],
            many.slots,
            given[row, now],
            rng,
            temperature,
            top_p,
            critic,
            composer.candidates,
        )
        log_weight += np.where(now < many.beats, told, 0).reshape(n, particles)
        uneven = effective_size(log_weight) < particles / 2
        if now == length - 1 or not uneven.any():
            continue
        kept = np.where(
            uneven[:, None], drawn_anew(log_weight, rng.random((n,))), np.arange(particles)
        )
        log_weight[uneven] = 0
        kept = (np.arange(n)[:, None] * particles + kept).ravel()
        passage, heard, context = passage.take(kept), heard[:, kept], context[kept]
    last = drawn_anew(log_weight, rng.random((n,)), 1)[:, 0] + np.arange(n) * particles
    return heard[0, last], heard[1, last]


def effective_size(log_weight: np.ndarray) -> np.ndarray:
    """How many equally weighted particles would be worth as much.

    Parameters
    ----------
    log_weight : numpy.ndarray of float, shape (n, particles)

    Returns
    -------
    numpy.ndarray of float64, shape (n,)

    Examples
    --------
    >>> effective_size(np.log(np.array([[1.0, 1.0], [3.0, 1.0]]))).round(3).tolist()
    [2.0, 1.6]
    """
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    return weight.sum(axis=1) ** 2 / (weight**2).sum(axis=1)
