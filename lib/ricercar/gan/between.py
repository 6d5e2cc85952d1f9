r"""From one composed piece to another in equal steps.

Goal: pieces between two pieces, or one piece in styles between two styles.

What a seed decides is known, so it can be moved from one piece to the other: the noise
along the great circle,

.. math:: z_t = \frac{\sin((1 - t)\,\omega)\,z_0 + \sin(t\,\omega)\,z_1}{\sin\omega},

the styles along the straight line, and the chance of the decoder's draws as noise, too: a
uniform :math:`u` is :math:`\Phi(x)` of a normal :math:`x`, and
:math:`u_t = \Phi(\cos(t\pi/2)\,x_0 + \sin(t\pi/2)\,x_1)`.

Conventions
-----------
* The first and the last piece are those of :meth:`.sampling.Generator.sample` with one style
  and the same wishes. Where they agree in seed or style, so do all between.
* Meter, mode, key and length are those of the nearer end.

Sources
-------
T. White, "Sampling generative networks" (2016).
"""

import copy
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from ricercar.errors import ParameterError
from ricercar.gan import asking, scores
from ricercar.gan.composer import Composer
from ricercar.gan.conditions import Conditions, draw


def slerp(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Arrays between two along a great circle.

    Parameters
    ----------
    a, b : numpy.ndarray, of one shape
    t : numpy.ndarray, shape (n,)
        0 is ``a``, 1 is ``b``.

    Returns
    -------
    numpy.ndarray of float32, shape (n, *a.shape)

    Examples
    --------
    >>> slerp(np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.0, 0.5])).round(3).tolist()
    [[1.0, 0.0], [0.7070000171661377, 0.7070000171661377]]
    """
    t = np.asarray(t, float).reshape(-1, *[1] * a.ndim)
    size = np.linalg.norm(a) * np.linalg.norm(b)
    angle = np.arccos(np.clip((a * b).sum() / size, -1, 1)) if size > 0 else 0.0
    if np.sin(angle) < 1e-6:
        return ((1 - t) * a + t * b).astype(np.float32)
    return ((np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)).astype(
        np.float32
    )


class Chance:
    """Draws between those of two generators of random numbers, a row for each step.

    Parameters
    ----------
    a, b : numpy.random.Generator
        Are copied.
    t : numpy.ndarray, shape (n,)
    """

    def __init__(self, a: np.random.Generator, b: np.random.Generator, t: np.ndarray) -> None:
        self.sides = copy.deepcopy(a), copy.deepcopy(b)
        self.t = np.asarray(t, float)[:, None]

    def random(self, size: int | tuple[int, ...]) -> np.ndarray:
        """Uniform numbers; the first axis of ``size`` is a multiple of the steps."""
        count = int(np.prod(size)) // len(self.t)
        a, b = (side.random(count) for side in self.sides)
        mixed = np.cos(self.t * np.pi / 2) * ndtri(a) + np.sin(self.t * np.pi / 2) * ndtri(b)
        found = np.where(a == b, a, ndtr(mixed))
        return np.where(self.t == 0, a, np.where(self.t == 1, b, found)).reshape(size)

    def uniform(self, low: float, high: float, size: int | tuple[int, ...]) -> np.ndarray:
        """Numbers from ``low`` to ``high``."""
        return low + (high - low) * self.random(size)


def interpolate(
    composer: Composer,
    number: int,
    styles: np.ndarray,
    seeds: tuple[int, int],
    steps: int,
    prefix: str = "between",
    bars: int | None = None,
    meter: str | None = None,
    key: str | None = None,
    mode: str | None = None,
    strength: float = 1.0,
    temperature: float | None = None,
    top_p: float | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pieces from one to another.

    Parameters
    ----------
    composer : Composer
    number : int
        Of the composer in its generator: part of the seed.
    styles : numpy.ndarray of float, shape (2, styles)
        Of the first piece and of the last.
    seeds : tuple of int
        Likewise.
    steps : int
        Pieces, both ends included, 2 to 64.
    prefix, bars, meter, key, mode, strength, temperature, top_p
        As of :meth:`.sampling.Generator.sample`.

    Returns
    -------
    pieces, notes : pandas.DataFrame

    Raises
    ------
    ParameterError
        If something was not learnt.
    """
    if not 2 <= steps <= 64:
        raise ParameterError(f"steps is {steps}, must be 2 to 64")
    ends: list[
        tuple[Conditions, np.ndarray, tuple[np.ndarray, np.ndarray], np.random.Generator]
    ] = []
    for style, seed in zip(styles, seeds, strict=True):
        asking.check(seed, bars, strength, temperature, top_p)
        rng = np.random.default_rng([seed, number])
        wanted = draw(composer.vocabulary, style[None], rng, bars, meter, key, mode)
        ends.append((*wanted, composer.noise(1, int(wanted[0].beats[0]), rng), rng))
    t = np.arange(steps) / (steps - 1)
    shares = (1 - t[:, None]) * ends[0][0].style + t[:, None] * ends[1][0].style
    found = []
    for side, rows in enumerate((np.flatnonzero(t < 0.5), np.flatnonzero(t >= 0.5))):
        if not len(rows):
            continue
        asked, moved, noise, _ = ends[side]
        same = np.zeros(len(rows), int)
        mine = replace(asked.take(same), style=shares[rows].astype(np.float32))
        length = noise[1].shape[1]
        (z_a, own_a), (z_b, own_b) = ((end[2][0][0], end[2][1][0]) for end in ends)
        between = (
            slerp(z_a, z_b, t[rows]),
            slerp(_fitted(own_a, length), _fitted(own_b, length), t[rows]),
        )
        chance = cast(np.random.Generator, Chance(ends[0][3], ends[1][3], t[rows]))
        told = asking.lean(mine, strength)
        rests = asking.upbeats(mine)
        tokens, sounding = composer.compose(told, chance, temperature, top_p, rests, between)
        ids = [f"ricercar/{prefix}-{row + 1:04d}" for row in rows]
        found.append(scores.as_tables(mine, tokens, sounding, moved[same], ids))
    pieces, notes = (pd.concat(both, ignore_index=True) for both in zip(*found, strict=True))
    return pieces, notes


def _fitted(noise: np.ndarray, length: int) -> np.ndarray:
    """Noise of beats for another length: cut, or begun again."""
    return noise[np.arange(length) % len(noise)]
