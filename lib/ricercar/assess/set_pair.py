"""Two sets of pieces side by side: what is seen of each piece, and what sets them apart.

Goal: one matrix for every test of a made set against a real one
(:mod:`.two_sample`, :mod:`.diversity`), and a list of what gives a made set away.

Conventions
-----------
* A set is the table of :func:`.measured_set.described`: a row per piece, columns that a
  person can read. Compare sets of pieces of equal length
  (:func:`ricercar.assess.null.matched_excerpts`): entropy and repetition depend on it.
* Columns that fewer than half of the pieces of either set have, and columns that do not
  vary, are left out; the rest is standardised over both sets together, a missing value
  counting as the mean. So the matrix does not depend on which piece is in which set, as a
  permutation test asks.
* Pieces of one ``group`` (excerpts or versions of a piece) are drawn together and keep one
  label when labels are permuted. Groups of the real and of the made set are different
  ones, whatever their names.

Sources
-------
P. Westfall and S. Young, *Resampling-based multiple testing* (1993): the largest of all
differences, for p-values that hold for all columns at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ricercar.assess import bootstrap
from ricercar.errors import ParameterError, TableError

_LABELS = ("piece", "style", "group")

#: groups of the real and of the made pieces
Groups = tuple[ArrayLike, ArrayLike]


@dataclass(frozen=True)
class SetPair:
    """Two sets as one matrix, the real pieces first.

    Attributes
    ----------
    z : numpy.ndarray, shape (pieces of both, columns)
        Standardised over both sets, without NaN.
    made : numpy.ndarray of bool, shape (pieces of both,)
    group : numpy.ndarray of int, shape (pieces of both,)
        0, 1, ...; no group stands in both sets.
    names : list of str
        The columns of ``z``.
    """

    z: np.ndarray
    made: np.ndarray
    group: np.ndarray
    names: list[str]

    @property
    def groups(self) -> tuple[int, int]:
        """Number of groups of the real and of the made set."""
        real, made = (len(np.unique(self.group[side])) for side in (~self.made, self.made))
        return real, made

    def permuted(self, n: int, seed: int) -> np.ndarray:
        """Labels (made or not) dealt anew to whole groups, shape (n, pieces of both)."""
        kind = np.zeros(self.group.max() + 1, dtype=bool)
        kind[self.group] = self.made
        dealt = np.random.default_rng(seed).permuted(np.tile(kind, (n, 1)), axis=1)
        return dealt[:, self.group]

    def drawn(self, n: int, seed: int) -> np.ndarray:
        """How often each piece stands in each resample, shape (n, pieces of both).

        Whole groups are drawn, as many from either set as it has.
        """
        real = bootstrap.times(self.group[~self.made], n, seed)
        made = bootstrap.times(self.group[self.made], n, seed + 1)
        return np.concatenate([real, made], axis=1)

    def halved(self, n: int, seed: int) -> np.ndarray:
        """Random halves: half of the groups of either set, shape (n, pieces of both)."""
        rng = np.random.default_rng(seed)
        side = np.zeros((n, self.group.max() + 1), dtype=bool)
        for kind in (self.made, ~self.made):
            names = np.unique(self.group[kind])
            half = np.tile(np.arange(len(names)) < (len(names) + 1) // 2, (n, 1))
            side[:, names] = rng.permuted(half, axis=1)
        return side[:, self.group]

    def mean(self, value: np.ndarray, n: int, seed: int) -> tuple[float, float, float]:
        """Mean of a figure of each piece, both sets weighing the same, with its interval."""
        sides = (self.made, ~self.made)
        known = float(np.mean([value[side].mean() for side in sides]))
        if n < 2 or min(self.groups) < 2:
            return (known, np.nan, np.nan)
        times = self.drawn(n, seed)
        halves = [(times[:, side] @ value[side]) / times[:, side].sum(axis=1) for side in sides]
        low, high = np.quantile(np.mean(halves, axis=0), [0.025, 0.975])
        return (known, float(low), float(high))


def join(
    real: pd.DataFrame,
    made: pd.DataFrame,
    groups: Groups | None = None,
    columns: Sequence[str] | None = None,
    by_real: bool = False,
) -> SetPair:
    """Two sets as one matrix.

    Parameters
    ----------
    real, made : pandas.DataFrame
        Results of :func:`.measured_set.described`, or of any other measures; columns piece,
        style and group are not looked at.
    groups : tuple of two array_like, optional
        Group of each piece of either set; every piece is its own if left out.
    columns : sequence of str, optional
        All that both have if left out.
    by_real : bool
        Standardise by the real set alone, so that figures of several made sets can be
        compared; columns that do not vary in it are left out.

    Returns
    -------
    SetPair

    Raises
    ------
    ParameterError
        If a set has fewer than two pieces, or groups do not fit.
    TableError
        If a column is missing, or there is nothing to compare by.

    Examples
    --------
    >>> real = pd.DataFrame({"piece": ["a", "b"], "triad": [60.0, 62.0], "crossing": np.nan})
    >>> pair = join(real, real.assign(triad=[58.0, 60.0]))
    >>> pair.names, pair.z[:, 0].round(2).tolist(), pair.made.tolist()
    (['triad'], [0.0, 1.41, -1.41, 0.0], [False, False, True, True])
    """
    shared = [c for c in real.columns if c in made.columns and c not in _LABELS]
    names = shared if columns is None else list(columns)
    if missing := sorted(set(names) - set(shared)):
        raise TableError(f"columns {missing[:5]} do not stand in both sets: describe both alike")
    if min(len(real), len(made)) < 2:
        raise ParameterError(
            f"{len(real)} real and {len(made)} made pieces: give two of each or more to compare"
        )
    tables = [one[names].to_numpy(float) for one in (real, made)]
    known = np.all([(~np.isnan(one)).mean(axis=0) >= 0.5 for one in tables], axis=0)
    values = np.concatenate(tables)[:, known]
    model = values[: len(real)] if by_real else values
    mean, spread = np.nanmean(model, axis=0), np.nanstd(model, axis=0)
    kept = spread > 1e-9 * np.maximum(1.0, np.abs(mean))
    if not kept.any():
        raise TableError(
            "no column varies and is known for half of each set: there is nothing to compare by"
        )
    z = np.nan_to_num((values[:, kept] - mean[kept]) / spread[kept])
    owner = groups or (np.arange(len(real)), np.arange(len(made)))
    codes = []
    for name, table, group in zip(("real", "made"), (real, made), owner, strict=True):
        code, _ = pd.factorize(pd.Series(np.asarray(group)))
        if len(code) != len(table) or (code < 0).any():
            raise ParameterError(
                f"{len(code)} groups for {len(table)} {name} pieces, {(code < 0).sum()} of them "
                "empty: give the group of each piece"
            )
        codes.append(code)
    return SetPair(
        z=z,
        made=np.arange(len(values)) >= len(real),
        group=np.concatenate([codes[0], codes[1] + codes[0].max() + 1]),
        names=list(np.array(names, dtype=object)[np.flatnonzero(known)[kept]]),
    )


def telling(
    real: pd.DataFrame,
    made: pd.DataFrame,
    groups: Groups | None = None,
    columns: Sequence[str] | None = None,
    n: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Which columns tell the sets apart: what is wrong with the made one.

    Parameters
    ----------
    real, made, groups, columns
        As in :func:`join`.
    n, seed : int
        Number of resamples and of permutations; seed.

    Returns
    -------
    pandas.DataFrame
        A row per column, the most telling first: ``column``; ``real`` and ``made``, the
        means in its own unit; ``difference``, :math:`(\bar m - \bar r) / \sigma` with
        :math:`\sigma` the root mean of both sets' variances, and its interval ``low``,
        ``high``; ``higher``, the chance that a made piece has the higher value of two (ties
        count half; 0.5 where none is); ``p``, the share of permuted labellings in which
        *any* column differs as much, so that p holds for all columns at once.

    Examples
    --------
    >>> real = pd.DataFrame({"triad": np.arange(20.0), "crossing": np.arange(20.0) % 3})
    >>> found = telling(real, real.assign(triad=np.arange(20.0) + 30))
    >>> found[["column", "real", "made", "higher", "p"]].values.tolist()
    [['triad', 9.5, 39.5, 1.0, 0.001], ['crossing', 0.95, 0.95, 0.5, 1.0]]
    """
    from scipy.stats import rankdata

    pair = join(real, made, groups, columns)
    label, count = pair.made, int(pair.made.sum())

    def gap(times: np.ndarray, kind: np.ndarray) -> np.ndarray:
        """Standardised differences, shape (rows of times, columns)."""
        moments = []
        for side in (kind, ~kind):
            weight = times * side
            share = weight / weight.sum(axis=1, keepdims=True)
            mean = share @ pair.z
            moments.append((mean, np.maximum(share @ pair.z**2 - mean**2, 0.0)))
        spread = np.sqrt((moments[0][1] + moments[1][1]) / 2)
        floor = np.where(spread > 1e-9, spread, 1e-9)
        difference: np.ndarray = (moments[0][0] - moments[1][0]) / floor
        return difference

    once = np.ones((1, len(label)))
    difference = gap(once, label)[0]
    low, high = np.quantile(gap(pair.drawn(n, seed), label), [0.025, 0.975], axis=0)
    largest = np.abs(gap(np.ones((n, len(label))), pair.permuted(n, seed))).max(axis=1)
    beyond = (largest[:, None] >= np.abs(difference) - 1e-12).sum(axis=0)
    rank = rankdata(pair.z, axis=0)[label].sum(axis=0)
    table = pd.DataFrame(
        {
            "column": pair.names,
            "real": real[pair.names].mean().to_numpy(),
            "made": made[pair.names].mean().to_numpy(),
            "difference": difference,
            "low": low,
            "high": high,
            "higher": (rank - count * (count + 1) / 2) / (count * (len(label) - count)),
            "p": (beyond + 1) / (n + 1),
        }
    )
    order = np.argsort(-np.abs(table["higher"] - 0.5), kind="stable")
    return table.iloc[order].reset_index(drop=True)
