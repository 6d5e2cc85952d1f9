r"""Marginals of a listening log: how much, how unequal, how often again.

Goal: a few curves and numbers by which logs of any size can be compared, a simulated one with
a real one above all.

Conventions
-----------
* A log is a matrix of play counts, listeners by items. Listeners and items without a play do
  not count.
* Every curve is a share in [0, 1] over a grid ``at``, the same for every log:

  ==========  =========================================================================
  marginal    value at ``at``
  ==========  =========================================================================
  activity    share of the plays made by the busiest fraction ``at`` of the listeners
  popularity  share of the plays that go to the most played fraction ``at`` of the items
  reach       share of the pairs (distinct listener and item) that belong to the fraction
              ``at`` of the items with the most listeners
  pair        share of the pairs with at most ``at`` plays
  held        share of a listener's plays that go to their ``at`` most played items,
              mean over listeners
  ==========  =========================================================================

  The first three are Lorenz curves, read from the top: they have no unit, so catalogues and
  crowds of different size can be laid upon each other. The last two depend on how much a
  listener plays, so every log is first *thinned*: each play is kept with the same probability,
  such that :data:`THINNED` plays per listener are left on average. That is rarefaction, as
  ecologists do before they compare the species in samples of unequal size.
* Numbers stand under ``at`` = 0: ``gini of activity``, ``gini of popularity``, ``gini of
  reach`` (0 even, 1 all with one) and ``repeat share``, plays per pair after thinning: a mean,
  in which the few pairs with very many plays weigh most.
* Last.fm knows far more artists than a catalogue here has pieces, and a share of few items
  cannot be large where no listener hears an item's share more than once: logs are compared over
  the same number of items, those with the most listeners. For Last.fm-2k that is the log of a
  service that offers these artists only.
* Last.fm's lists end after a listener's :data:`TOP` most played artists, a selection by the
  very thing that is measured: what is rarely played by a listener is missing, so pairs are
  fewer and repeats more than in a whole history. Every log is cut likewise before it is
  measured; a short log loses little by the cut, and the remaining difference is stated where
  the comparison is shown.

Sources
-------
M. O. Lorenz, "Methods of measuring the concentration of wealth" (1905); C. Gini (1912).
Rarefaction: S. H. Hurlbert, "The nonconcept of species diversity", *Ecology* 52 (1971).
"""

import numpy as np
import pandas as pd
from scipy import sparse

from ricercar.assess.comparison import exposure
from ricercar.errors import ParameterError

#: items that are kept of each listener, as Last.fm-2k does
TOP = 50
#: mean plays per listener to which logs are thinned
THINNED = 50.0
_FRACTIONS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75)
#: grid of each curve
GRIDS: dict[str, tuple[float, ...]] = {
    "activity": _FRACTIONS,
    "popularity": _FRACTIONS,
    "reach": _FRACTIONS,
    "pair": (1, 2, 3, 5, 10, 20, 50),
    "held": (1, 2, 3, 5, 10, 20, 50),
}
_COLUMNS = ["marginal", "at", "value"]


def measured(
    counts: sparse.csr_array,
    items: int | None = None,
    top: int = TOP,
    per_listener: float = THINNED,
    seed: int = 0,
) -> pd.DataFrame:
    """All marginals of a log.

    Parameters
    ----------
    counts : scipy.sparse.csr_array, shape (listeners, items)
        Plays, whole numbers.
    items : int, optional
        How many items, those with the most listeners; by default all.
    top : int
        Items kept of each listener, before ``items`` are chosen.
    per_listener : float
        Mean plays per listener after thinning. A log with fewer stays as it is.
    seed : int
        Of the thinning.

    Returns
    -------
    DataFrame
        Columns ``marginal``, ``at``, ``value``.

    Raises
    ------
    ParameterError
        If the log has no play.

    Examples
    --------
    >>> table = measured(sparse.csr_array([[3, 1, 0], [0, 4, 0]]), seed=1)
    >>> float(table.set_index("marginal").loc["repeat share", "value"].round(3))
    2.667
    """
    counts = most_played(counts, top)
    if items is not None:
        counts = most_reached(counts, items)
    activity = counts.sum(axis=1)
    if not activity.any():
        raise ParameterError("the log has no plays: nothing can be measured")
    amounts = {
        "activity": activity[activity > 0],
        "popularity": _positive(counts.sum(axis=0)),
        "reach": _positive((counts > 0).sum(axis=0)),
    }
    thin = thinned(counts, per_listener, seed)
    curves = {name: lorenz(amount, GRIDS[name]) for name, amount in amounts.items()}
    curves["pair"] = (thin.data[:, None] <= np.array(GRIDS["pair"])).mean(axis=0)
    curves["held"] = held(thin, np.array(GRIDS["held"], dtype=int))
    numbers = {f"gini of {name}": float(exposure(amount)[1]) for name, amount in amounts.items()}
    numbers["repeat share"] = repeat_share(thin)
    rows = [
        (name, float(at), float(value))
        for name, curve in curves.items()
        for at, value in zip(GRIDS[name], curve, strict=True)
    ]
    rows += [(name, 0.0, value) for name, value in numbers.items()]
    return pd.DataFrame(rows, columns=_COLUMNS)


def distance(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """How far two logs are apart: the mean over the curves of their mean absolute difference.

    Parameters
    ----------
    one, other : DataFrame
        From :func:`measured`.

    Returns
    -------
    float
        In [0, 1]; 0 where every curve is the same.

    Examples
    --------
    >>> table = measured(sparse.csr_array([[3, 1, 0], [0, 4, 0]]))
    >>> distance(table, table)
    0.0
    """
    return float(distances(one, other).mean())


def distances(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    """Mean absolute difference of each curve, in [0, 1], by marginal."""
    both = one.merge(other, on=["marginal", "at"], suffixes=("_one", "_other"))
    both = both[both["marginal"].isin(GRIDS)]
    apart = (both["value_one"] - both["value_other"]).abs()
    return apart.groupby(both["marginal"]).mean().reindex(list(GRIDS)).rename("distance")


def lorenz(amounts: np.ndarray, at: tuple[float, ...] | np.ndarray) -> np.ndarray:
    """Share of the total that the largest fraction of the holders have.

    Parameters
    ----------
    amounts : ndarray, shape (holders,)
        At least 0, not all 0.
    at : sequence of float
        Fractions of the holders, in [0, 1]; between holders the curve is straight.

    Returns
    -------
    ndarray, shape (fractions,)
        In [0, 1].

    Examples
    --------
    >>> lorenz(np.array([1, 6, 3]), (1 / 3, 0.5, 1)).round(3).tolist()
    [0.6, 0.75, 1.0]
    """
    ordered = np.sort(np.asarray(amounts, dtype=float))[::-1]
    reached = np.concatenate([[0.0], ordered.cumsum()]) / ordered.sum()
    return np.interp(at, np.arange(len(reached)) / len(ordered), reached)


def repeat_share(counts: sparse.csr_array) -> float:
    """Plays per distinct pair of listener and item, at least 1.

    Examples
    --------
    >>> repeat_share(sparse.csr_array([[3, 1, 0], [0, 4, 0]])).__round__(3)
    2.667
    """
    return float(counts.sum() / np.count_nonzero(counts.data))


def held(counts: sparse.csr_array, at: np.ndarray) -> np.ndarray:
    """Share of a listener's plays in their most played items, mean over those who played.

    Parameters
    ----------
    counts : scipy.sparse.csr_array, shape (listeners, items)
    at : ndarray of int
        How many items, at least 1.

    Returns
    -------
    ndarray, shape (len(at),)
        In [0, 1].

    Examples
    --------
    >>> held(sparse.csr_array([[3, 1, 0], [0, 4, 0]]), np.array([1, 2])).tolist()
    [0.875, 1.0]
    """
    row, place, order = _places(counts)
    share = counts.data[order] / counts.sum(axis=1)[row]
    per_place = np.bincount(place, share, minlength=int(at.max())).cumsum()
    return per_place[at - 1] / len(np.unique(row))


def most_played(counts: sparse.csr_array, top: int) -> sparse.csr_array:
    """Each listener's most played items only; of equally played ones the first.

    Examples
    --------
    >>> most_played(sparse.csr_array([[3, 1, 0], [2, 4, 1]]), 1).toarray().tolist()
    [[3, 0, 0], [0, 4, 0]]
    """
    if top < 1:
        raise ParameterError(f"top is {top}: at least one item of each listener must be kept")
    row, place, order = _places(counts)
    kept = place < top
    which = order[kept]
    return sparse.csr_array(
        sparse.coo_array(
            (counts.data[which], (row[kept], counts.indices[which])), shape=counts.shape
        )
    )


def most_reached(counts: sparse.csr_array, items: int) -> sparse.csr_array:
    """The items with the most listeners only; of equal ones the first.

    Examples
    --------
    >>> most_reached(sparse.csr_array([[3, 1, 0], [2, 4, 1]]), 2).toarray().tolist()
    [[3, 1], [2, 4]]
    """
    if items < 1:
        raise ParameterError(f"items is {items}: at least one must be kept")
    reach = (counts > 0).sum(axis=0)
    kept = np.sort(np.argsort(-reach, kind="stable")[:items])
    return sparse.csr_array(counts[:, kept])


def thinned(counts: sparse.csr_array, per_listener: float, seed: int = 0) -> sparse.csr_array:
    """Keep each play with the same probability.

    Parameters
    ----------
    counts : scipy.sparse.csr_array, shape (listeners, items)
        Plays, whole numbers.
    per_listener : float
        Mean plays left per listener who played, more than 0. A log with fewer stays as it is.
    seed : int

    Returns
    -------
    scipy.sparse.csr_array
        Same shape, no stored zeros.

    Examples
    --------
    >>> thinned(sparse.csr_array([[300, 100], [0, 400]]), 40.0).sum(axis=1).tolist()
    [40, 41]
    """
    if not per_listener > 0:
        raise ParameterError(f"per_listener is {per_listener}: it must be more than 0")
    counts = sparse.csr_array(counts)
    players = np.count_nonzero(counts.sum(axis=1))
    keep = min(1.0, per_listener * players / max(counts.sum(), 1))
    drawn = np.random.default_rng(seed).binomial(counts.data.astype(np.int64), keep)
    thin = sparse.csr_array((drawn, counts.indices, counts.indptr), shape=counts.shape, copy=True)
    thin.eliminate_zeros()
    return thin


def _positive(amounts: np.ndarray) -> np.ndarray:
    return amounts[amounts > 0]


def _places(counts: sparse.csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row and place (0: most played) of the entries, and their order, listener by listener."""
    row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    order = np.lexsort([counts.indices, -counts.data, row])
    row = row[order]
    return row, np.arange(len(row)) - counts.indptr[row], order
