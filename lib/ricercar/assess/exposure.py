r"""Who is listed how often: pieces, and the composers or collections that they belong to.

Conventions
-----------
* ``coverage@k`` is the share of all pieces that stand in anybody's list, ``gini@k`` the
  Gini coefficient of how often each piece is listed (0 is even, 1 is one piece only). Both
  belong to the whole set of lists.
* A resample of listeners holds some lists twice and others not at all, so it covers less
  and is less even than the lists themselves: an interval is the resamples' spread about
  their own mean, moved to the value that was measured, within 0..1.
* A *collection* (or artist, composer: any label of a piece) has a *catalogue share*, its
  share of the pieces, and a *list share*, its share of the places of all lists. Exposure is
  the second over the first: 1 is proportional.

Sources
-------
Coverage: Ge, Delgado-Battenfeld, Jannach, "Beyond accuracy", RecSys 2010. Gini coefficient
of offers: Fleder, Hosanagar, Management Science 55 (2009). Exposure of the providers of
what is listed: R. Burke, "Multisided fairness for recommendation", 2017; A. Ferraro, X.
Serra, C. Bauer, "What is fair? Exploring the artists' perspective", INTERACT 2021.
"""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.assess import bootstrap
from ricercar.errors import ParameterError

#: figures of a whole set of lists
FIGURES = ("coverage", "gini")


def exposure(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coverage and Gini coefficient from how often each piece is listed.

    Parameters
    ----------
    counts : numpy.ndarray, shape (..., pieces)

    Returns
    -------
    coverage, gini : numpy.ndarray, shape (...)
        Both in 0..1; 0 where nothing is listed at all.

    Examples
    --------
    >>> coverage, gini = exposure(np.array([2, 2, 0, 0]))
    >>> float(coverage), float(gini)
    (0.5, 0.5)
    """
    ordered = np.sort(np.asarray(counts, dtype=float), axis=-1)
    pieces = ordered.shape[-1]
    place = 2 * np.arange(1, pieces + 1) - pieces - 1
    total = np.maximum(ordered.sum(axis=-1), 1)
    return (ordered > 0).mean(axis=-1), (ordered * place).sum(axis=-1) / (pieces * total)


def exposure_interval(
    listed: sp.csr_array, n: int = 1000, seed: int = 0
) -> dict[str, tuple[float, float, float]]:
    """Coverage and Gini coefficient of a set of lists, with intervals over its listeners.

    Parameters
    ----------
    listed : scipy.sparse.csr_array, shape (listeners, pieces)
        1 where a piece stands in a listener's list.
    n : int
        Resamples.
    seed : int

    Returns
    -------
    dict
        ``coverage`` and ``gini``: value, low, high, all in 0..1.

    Examples
    --------
    >>> exposure_interval(sp.csr_array([[1, 0], [1, 0]]))["coverage"]
    (0.5, 0.5, 0.5)
    """
    values, moved = resampled_exposure(listed, n, seed)
    low, high = np.clip(np.quantile(moved, [0.025, 0.975], axis=1), 0, 1)
    return {
        name: (float(values[i]), float(low[i]), float(high[i])) for i, name in enumerate(FIGURES)
    }


def resampled_exposure(
    listed: sp.csr_array, n: int = 1000, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Coverage and Gini coefficient of a set of lists, and of resamples of its listeners.

    Parameters
    ----------
    listed : scipy.sparse.csr_array, shape (listeners, pieces)
    n, seed : int
        Resamples, and their seed: the same listeners are drawn for any lists of as many.

    Returns
    -------
    values : numpy.ndarray, shape (2,)
        In the order of :data:`FIGURES`.
    moved : numpy.ndarray, shape (2, n)
        The resamples' figures, moved so that their mean is the value.

    Examples
    --------
    >>> values, moved = resampled_exposure(sp.csr_array([[1, 0], [0, 1]]), 50)
    >>> values.tolist(), moved.shape, moved.mean(axis=1).round(9).tolist()
    ([1.0, 0.0], (2, 50), [1.0, 0.0])
    """
    rng = np.random.default_rng(seed)
    owners = listed.shape[0]
    share = np.full(owners, 1 / owners)
    step = max(1, 4_000_000 // max(listed.shape))
    resampled = []
    for start in range(0, n, step):
        times = rng.multinomial(owners, share, min(step, n - start)).astype(float)
        resampled.append(np.stack(exposure((listed.T @ times.T).T)))
    values = np.stack(exposure(listed.sum(axis=0)))
    spread = np.concatenate(resampled, axis=1)
    return values, spread - spread.mean(axis=1, keepdims=True) + values[:, None]


def listed(lists: np.ndarray, pieces: int) -> sp.csr_array:
    """Lists as a matrix of ones.

    Parameters
    ----------
    lists : numpy.ndarray of int, shape (listeners, k)
        -1 where a list ran short.
    pieces : int
        In the catalogue.

    Returns
    -------
    scipy.sparse.csr_array, shape (listeners, pieces)

    Examples
    --------
    >>> listed(np.array([[2, 0], [1, -1]]), 3).toarray().tolist()
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    rows, places = np.nonzero(lists >= 0)
    ones = np.ones(len(rows))
    return sp.csr_array((ones, (rows, lists[rows, places])), shape=(len(lists), pieces))


def by_collection(
    lists: np.ndarray, collections: ArrayLike, n: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """How much of all lists each collection gets.

    Parameters
    ----------
    lists : numpy.ndarray of int, shape (listeners, k)
    collections : array_like, shape (pieces,)
        The collection, artist or composer of each piece; missing is a collection of its own,
        ``"unknown"``.
    n, seed : int
        Resamples of listeners, and their seed.

    Returns
    -------
    pandas.DataFrame
        Columns collection, pieces, catalogue_share, places, list_share, low, high (95 %
        interval of list_share), exposure; the largest list share first, equal ones by name.

    Raises
    ------
    ParameterError
        If a listed piece has no label.

    Examples
    --------
    >>> table = by_collection(np.array([[0, 1], [0, 2]]), ["ryan", "ryan", "bach", "bach"])
    >>> table[["collection", "places", "list_share", "exposure"]].to_numpy().tolist()
    [['ryan', 3, 0.75, 1.5], ['bach', 1, 0.25, 0.5]]
    """
    labels = pd.Series(np.asarray(collections, dtype=object)).fillna("unknown")
    if lists.size and lists.max() >= len(labels):
        raise ParameterError(
            f"piece {lists.max()} is listed, but only {len(labels)} pieces have a collection"
        )
    code, names = pd.factorize(labels, sort=True)
    pieces = np.bincount(code, minlength=len(names))
    member = np.zeros((len(code), len(names)))
    member[np.arange(len(code)), code] = 1
    own = listed(lists, len(code)) @ member
    every = np.repeat(own.sum(axis=1, keepdims=True), len(names), axis=1)
    share, low, high = bootstrap.ratio(own, every, n, seed)
    catalogue = pieces / len(code)
    table = pd.DataFrame(
        {
            "collection": names,
            "pieces": pieces,
            "catalogue_share": catalogue,
            "places": own.sum(axis=0).astype(int),
            "list_share": share,
            "low": low,
            "high": high,
            "exposure": share / catalogue,
        }
    )
    return table.sort_values("list_share", ascending=False, kind="stable", ignore_index=True)


def collection_gini(table: pd.DataFrame) -> dict[str, float]:
    """Inequality among collections, in the lists and beside the catalogue.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`by_collection`.

    Returns
    -------
    dict
        ``lists``: Gini coefficient of places over collections; ``catalogue``: that of
        pieces; ``relative``: that of places over *pieces* if each piece got the mean of its
        collection, 0 where every collection gets what its size gives it. All in 0..1.

    Examples
    --------
    >>> table = by_collection(np.array([[0, 1], [2, 3]]), ["ryan", "ryan", "ryan", "bach"])
    >>> collection_gini(table)
    {'lists': 0.25, 'catalogue': 0.25, 'relative': 0.0}
    """
    rising = table.sort_values("exposure", kind="stable")
    size, got = rising["catalogue_share"].to_numpy(), rising["list_share"].to_numpy()
    reached = np.cumsum(got)
    relative = 1 - float((size * (2 * reached - got)).sum())
    return {
        "lists": float(exposure(table["places"].to_numpy())[1]),
        "catalogue": float(exposure(table["pieces"].to_numpy())[1]),
        "relative": max(0.0, relative),
    }
