"""How sure we are of a figure: bootstrap intervals, paired differences, tests.

Goal: one definition of "95 % interval" and of "the difference is real" for the
whole project, vectorised over resamples.

Conventions
-----------
* The *units* (pieces, listeners) are drawn with replacement; everything that
  belongs to a unit moves with it. Axis 0 of every input is the unit.
* An interval is the percentile interval of the resampled statistic (Efron 1979).
* NaN marks a unit for which the figure is not defined: it is left out, never
  counted as 0. With fewer than two units the bounds are NaN.
* Same seed, same interval. ``n`` is the number of resamples.

Sources
-------
B. Efron, "Bootstrap methods: another look at the jackknife", Annals of
Statistics 7 (1979). R. A. Fisher's sign-flip randomisation test for pairs.
S. Holm, "A simple sequentially rejective multiple test procedure",
Scandinavian Journal of Statistics 6 (1979).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ricercar.errors import ParameterError

#: about how many resampled numbers are held in memory at a time
_BLOCK = 4_000_000


def _bounds(resampled: np.ndarray, level: float) -> np.ndarray:
    """Percentile bounds along axis 0, shape (2, ...); NaN resamples are left out."""
    tails = [(1 - level) / 2, (1 + level) / 2]
    undefined = np.isnan(resampled).all(axis=0)
    bounds = np.nanquantile(np.where(undefined, 0.0, resampled), tails, axis=0)
    return np.where(undefined, np.nan, bounds)


def paired(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Differences a - b of the pairs in which both are known.

    Raises
    ------
    ParameterError
        If the lists differ in length.

    Examples
    --------
    >>> paired([1.0, 2.0, np.nan], [0.5, 2.0, 1.0]).tolist()
    [0.5, 0.0]
    """
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.shape != second.shape or first.ndim != 1:
        raise ParameterError(
            f"pairs need two lists of equal length, got shapes {first.shape} and {second.shape}"
        )
    difference = first - second
    return difference[~np.isnan(difference)]


def times(groups: ArrayLike, n: int, seed: int = 0) -> np.ndarray:
    """How often each row stands in each resample, when rows of one group are drawn together.

    Parameters
    ----------
    groups : array_like, shape (rows,)
        The unit that each row belongs to.
    n : int
        Resamples.
    seed : int

    Returns
    -------
    numpy.ndarray of int64, shape (n, rows)

    Examples
    --------
    >>> drawn = times(["a", "a", "b"], 100)
    >>> bool((drawn[:, 0] == drawn[:, 1]).all()), set((drawn[:, 0] + drawn[:, 2]).tolist())
    (True, {2})
    """
    labels = pd.factorize(pd.Series(groups))[0]
    count = int(labels.max(initial=-1)) + 1
    if not count:
        return np.zeros((n, 0), dtype=np.int64)
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), n)
    return drawn[:, labels]


def interval(
    values: ArrayLike,
    statistic: Callable[..., Any] = np.mean,
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float, float]:
    """A statistic of the units and its bootstrap interval.

    Parameters
    ----------
    values : array_like, shape (units,)
        One figure per unit; NaN is left out.
    statistic : callable
        Takes an array and ``axis``, like ``np.mean`` or ``np.median``.
    n : int
        Resamples.
    seed : int
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    value, low, high : float
        NaN bounds with fewer than two units; all NaN with none.

    Examples
    --------
    >>> value, low, high = interval([1, 2, 3, 4, 5])
    >>> value, low < value < high
    (3.0, True)
    >>> interval([2, 2, 2])
    (2.0, 2.0, 2.0)
    """
    known = np.asarray(values, dtype=float).ravel()
    known = known[~np.isnan(known)]
    if not len(known):
        return (np.nan, np.nan, np.nan)
    value = float(statistic(known, axis=0))
    if len(known) == 1:
        return (value, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    rows = max(1, _BLOCK // len(known))
    resampled = []
    for start in range(0, n, rows):
        drawn = rng.integers(0, len(known), (min(rows, n - start), len(known)))
        resampled.append(statistic(known[drawn], axis=1))
    low, high = _bounds(np.concatenate(resampled), level)
    return (value, float(low), float(high))


def ratio(
    top: ArrayLike, bottom: ArrayLike, n: int = 1000, seed: int = 0, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ratios of sums over units, ``sum(top) / sum(bottom)``, with intervals.

    This is the right form for "so many per 1,000 chances" when units differ in how
    many chances they offer: a long piece weighs more than a short one.

    Parameters
    ----------
    top, bottom : array_like, shape (units,) or (units, measures)
        Counts; a unit without a chance has ``bottom`` 0.

    Returns
    -------
    value, low, high : numpy.ndarray, shape (measures,)
        NaN where no unit has a chance; NaN bounds where fewer than two have.

    Examples
    --------
    >>> value, low, high = ratio([1, 3], [2, 6])
    >>> float(value[0]), float(low[0]), float(high[0])
    (0.5, 0.5, 0.5)
    """
    above, below = np.asarray(top, dtype=float), np.asarray(bottom, dtype=float)
    if above.ndim == 1:
        above, below = above[:, None], below[:, None]
    units = len(above)
    undefined = np.full(above.shape[1], np.nan)
    if not units:
        return undefined, undefined, undefined
    rng = np.random.default_rng(seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = above.sum(axis=0) / below.sum(axis=0)
        resampled = []
        rows = max(1, _BLOCK // units)
        for start in range(0, n, rows):
            times = rng.multinomial(units, np.full(units, 1 / units), min(rows, n - start))
            resampled.append((times @ above) / (times @ below))
    low, high = _bounds(np.concatenate(resampled), level)
    few = (below > 0).sum(axis=0) < 2
    return value, np.where(few, np.nan, low), np.where(few, np.nan, high)


def paired_difference(
    a: ArrayLike,
    b: ArrayLike,
    statistic: Callable[..., Any] = np.mean,
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float, float]:
    """A statistic of ``a - b`` over the same units, with its bootstrap interval.

    Parameters
    ----------
    a, b : array_like, shape (units,)
        The same units in the same order; a pair with a NaN is left out.

    Returns
    -------
    value, low, high : float

    Raises
    ------
    ParameterError
        If the lists differ in length.

    Examples
    --------
    >>> paired_difference([3, 5, 9], [2, 4, 8])
    (1.0, 1.0, 1.0)
    """
    return interval(paired(a, b), statistic, n, seed, level)


def sign_flip_test(a: ArrayLike, b: ArrayLike, n: int = 9999, seed: int = 0) -> float:
    """Two-sided p-value that the mean of ``a - b`` is 0 (randomisation test for pairs).

    Under the null hypothesis each difference could as well have the other sign; p is
    the share of random sign patterns (the observed one counted) whose mean is at least
    as far from 0.

    Returns
    -------
    float
        In (0, 1]; NaN without a pair.

    Examples
    --------
    >>> sign_flip_test([1, 2, 3], [1, 2, 3])
    1.0
    >>> sign_flip_test(np.arange(20) + 1.0, np.arange(20)) < 0.001
    True
    """
    difference = paired(a, b)
    if not len(difference):
        return float("nan")
    rng = np.random.default_rng(seed)
    observed = abs(difference.sum())
    tolerance = 1e-12 * np.abs(difference).sum()
    rows = max(1, _BLOCK // len(difference))
    beyond = 0
    for start in range(0, n, rows):
        signs = rng.integers(0, 2, (min(rows, n - start), len(difference)), dtype=np.int8) * 2 - 1
        beyond += int((np.abs(signs @ difference) >= observed - tolerance).sum())
    return (beyond + 1) / (n + 1)


def holm(p_values: ArrayLike) -> np.ndarray:
    """p-values corrected for being several (Holm's step-down; family-wise error).

    Parameters
    ----------
    p_values : array_like, shape (tests,)
        NaN stays NaN and is not counted as a test.

    Returns
    -------
    numpy.ndarray, shape (tests,)

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    raw = np.asarray(p_values, dtype=float)
    corrected = np.full(raw.shape, np.nan)
    known = np.flatnonzero(~np.isnan(raw))
    order = known[np.argsort(raw[known], kind="stable")]
    steps = raw[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected
