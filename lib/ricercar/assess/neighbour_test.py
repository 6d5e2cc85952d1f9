r"""Leave-one-out nearest-neighbour accuracy: whose neighbour is the nearest piece?

Conventions
-----------
* Sets, columns, standardisation and groups are those of :mod:`.set_pair`; what accuracy, p
  and interval mean is said in :mod:`.two_sample`.
* Pieces of one group are not each other's neighbour.
* The larger set is thinned to the size of the smaller one. The accuracy is the mean over all
  ways to do so: with :math:`k` of the :math:`M` pieces of the larger set nearer than the
  nearest one of the :math:`m` of the smaller, none of the :math:`k` is kept with chance
  :math:`\binom{M - k}{m} / \binom{M}{m}`.

Sources
-------
D. Lopez-Paz and M. Oquab, "Revisiting classifier two-sample tests", ICLR 2017; Q. Xu et
al., "An empirical study on evaluation metrics of generative adversarial networks",
arXiv:1806.07755, 2018 (leave-one-out 1-NN accuracy of generators); J. Shao and C. F. J. Wu,
"A general theory for jackknife variance estimation", *Annals of Statistics* 17, 1989
(halves).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.assess import music
from ricercar.assess.set_pair import Groups, join

#: random halves of both sets that the interval of the neighbour test comes from
HALVES = 200


@dataclass(frozen=True)
class Answer:
    """How well two sets are told apart.

    Attributes
    ----------
    accuracy, low, high : float
        In [0, 1], with its interval; 0.5 is indistinguishable.
    p : float
        In (0, 1]; NaN where no permutation was asked for.
    real, made : int
        Pieces of each set.
    """

    accuracy: float
    low: float
    high: float
    p: float
    real: int
    made: int


def neighbour_columns(*sets: pd.DataFrame) -> list[str]:
    """Columns for the neighbour test, which has no means to pass over what says nothing.

    The measures of the scorecard, and how voices sound together (family harmony) where the
    sets have several voices; the family melody where not; all columns of other tables than
    those of :func:`.measured_set.described`.

    Examples
    --------
    >>> tune = pd.DataFrame({"dissonance": [np.nan], "harmony.voice_count": [1.0],
    ...                      "melody.step_share": [0.5], "rhythm.npvi": [20.0]})
    >>> neighbour_columns(tune)
    ['dissonance', 'melody.step_share']
    """
    shared = [c for c in sets[0].columns if all(c in one.columns for one in sets)]
    if "dissonance" not in shared:
        return [c for c in shared if c not in ("piece", "style", "group")]
    voices = all(one["dissonance"].notna().mean() >= 0.5 for one in sets)
    family = "harmony." if voices else "melody."
    return [c for c in shared if c in music.MEASURES or c.startswith(family)]


def p_value(accuracy: float, null: np.ndarray) -> float:
    """Share of permuted labellings with at least the accuracy, the true one counted."""
    beyond = np.count_nonzero(null >= accuracy - 1e-12)
    return float((beyond + 1) / (len(null) + 1)) if len(null) else float("nan")


def _none_kept(total: np.ndarray, kept: np.ndarray, nearer: np.ndarray) -> np.ndarray:
    """Chance that none of ``nearer`` is among ``kept`` drawn from ``total``."""
    from scipy.special import gammaln

    def log_ways(n: np.ndarray, k: np.ndarray) -> np.ndarray:
        return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)

    possible = nearer <= total - kept
    rest = np.where(possible, total - nearer, kept)
    return np.where(possible, np.exp(log_ways(rest, kept) - log_ways(total, kept)), 0.0)


def _neighbour_accuracy(order: np.ndarray, made: np.ndarray, kept: np.ndarray) -> float:
    """Accuracy of the nearest neighbour, among the pieces that are kept.

    The larger set is thinned to the size of the smaller one; the accuracy is the mean over
    all ways to do so, worked out, not drawn. ``order`` holds the other pieces from near to
    far.
    """
    larger = made if 2 * (made & kept).sum() >= kept.sum() else ~made
    total = (larger & kept).sum()
    size = kept.sum() - total
    other = order[kept]
    there = kept[other]
    first = there & ~larger[other]
    until = np.where(first.any(axis=1), first.argmax(axis=1), other.shape[1])
    # pieces of the larger set that are nearer than the first one of the smaller set
    nearer = until
    if not kept.all():
        nearer = (there & (np.arange(other.shape[1]) < until[:, None])).sum(axis=1)
    own = larger[kept].astype(int)  # a piece of the larger set is there itself
    alone = _none_kept(total - own, size - own, nearer)
    side = larger[kept]
    return float((1 - alone[side].mean() + alone[~side].mean()) / 2)


def nearest_neighbour(
    real: pd.DataFrame,
    made: pd.DataFrame,
    groups: Groups | None = None,
    columns: Sequence[str] | None = None,
    n: int = 999,
    seed: int = 0,
) -> Answer:
    r"""Leave-one-out nearest-neighbour accuracy between two sets of equal size.

    :math:`a = \frac12\left(\overline{[y_{nn(x)} = r]}_{x \in R} +
    \overline{[y_{nn(x)} = m]}_{x \in M}\right)`, Euclidean distance. Of sets of unequal
    size the larger is thinned to the size of the smaller; the accuracy is the mean over all
    ways to thin it.

    Parameters
    ----------
    real, made : pandas.DataFrame
        Results of :func:`.measured_set.described`.
    groups : tuple of two array_like, optional
        Group of each piece of either set; every piece is its own if left out.
    columns : sequence of str, optional
        :func:`neighbour_columns` if left out.
    n, seed : int
        Number of permutations (neither p nor interval with 0); seed.

    Returns
    -------
    Answer

    Raises
    ------
    ParameterError
        If a set has fewer than two pieces, or groups do not fit.
    TableError
        If there is nothing to compare by.

    Examples
    --------
    >>> real = pd.DataFrame({"triad": np.arange(20.0)})
    >>> apart = nearest_neighbour(real, real + 100)
    >>> apart.accuracy, apart.p <= 0.001
    (1.0, True)
    >>> nearest_neighbour(real, real).accuracy  # every piece is copied
    0.0
    """
    pair = join(real, made, groups, columns or neighbour_columns(real, made))
    squares = (pair.z**2).sum(axis=1)
    far = squares[:, None] + squares[None, :] - 2 * pair.z @ pair.z.T
    own = pair.group[:, None] == pair.group[None, :]
    far[own] = np.inf
    order = np.argsort(far, axis=1, kind="stable")[:, : len(far) - own.sum(axis=1).max()]
    every = np.ones(len(far), dtype=bool)
    accuracy = _neighbour_accuracy(order, pair.made, every)
    null = np.array([_neighbour_accuracy(order, one, every) for one in pair.permuted(n, seed)])
    low = high = float("nan")
    if n > 1 and min(pair.groups) > 3:
        halves = [_neighbour_accuracy(order, pair.made, half) for half in pair.halved(HALVES, seed)]
        bounds = accuracy + np.quantile(halves, [0.025, 0.975]) - np.mean(halves)
        low, high = (float(bound) for bound in np.clip(bounds, 0.0, 1.0))
    return Answer(accuracy, low, high, p_value(accuracy, null), len(real), len(made))
