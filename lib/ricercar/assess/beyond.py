r"""What a list offers beyond being right: news, variety, surprise, fame, repeats.

Conventions
-----------
* A list holds piece columns, best first, -1 where it ran short; a row per listener. The
  matrices beside it have the same listeners in the same order.
* Figures are per listener, NaN where they are not defined, never 0.
* A piece's *popularity* is the number of listeners who liked it in training.

======================  ================================================================
``novelty@k``           mean self-information :math:`-\log_2((c_i + 1) / (L + 1))` of the
                        listed pieces, bits; c of L listeners liked piece i in training
``diversity@k``         mean of 1 - cosine over all pairs of listed pieces' features
``serendipity@k``       number of listed pieces that are relevant and not *expected*, / k:
                        at most ``precision@k``. Expected are the k most popular pieces
                        that may be listed for this listener, equal ones by column
``popularity_lift@k``   :math:`\bar c_{list} / \bar c_{profile} - 1`: mean popularity of the
                        listed pieces against that of the pieces that the listener liked
                        in training; 0 keeps the listener's level, 1 doubles it
``repeat_share@k``      share of the listed pieces that were heard in training
======================  ================================================================

Sources
-------
Novelty, diversity: P. Castells, N. Hurley, S. Vargas, "Novelty and diversity in recommender
systems", 2015. Serendipity, unexpected beside a primitive model and useful: M. Ge, C.
Delgado-Battenfeld, D. Jannach, "Beyond accuracy", RecSys 2010; over the length of the list
as in D. Kotkov, S. Wang, J. Veijalainen, "A survey of serendipity in recommender systems",
Knowledge-Based Systems 111 (2016), where Ge et al. divide by the unexpected pieces.
Popularity lift: H. Abdollahpouri et al., "The connection between popularity bias,
calibration, and fairness in recommendation", RecSys 2020, of a group: :func:`group_lift`.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.assess import bootstrap


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Quotients, NaN where the divisor is not above 0."""
    undefined = np.full(len(top), np.nan)
    return np.divide(top, bottom, out=undefined, where=np.asarray(bottom) > 0)


def inside(lists: np.ndarray, matrix: sp.csr_array) -> np.ndarray:
    """Which listed pieces the listener's row of a matrix holds.

    Parameters
    ----------
    lists : numpy.ndarray of int, shape (listeners, k)
    matrix : scipy.sparse.csr_array, shape (listeners, pieces)
        Without stored zeros.

    Returns
    -------
    numpy.ndarray of bool, shape (listeners, k)

    Examples
    --------
    >>> inside(np.array([[2, 0, -1]]), sp.csr_array([[1, 0, 0]])).tolist()
    [[False, True, False]]
    """
    pieces = matrix.shape[1]
    owner = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    stored = np.append(np.sort(owner * pieces + matrix.indices), np.iinfo(np.int64).max)
    asked = np.arange(len(lists), dtype=np.int64)[:, None] * pieces + lists
    return (stored[np.searchsorted(stored, asked)] == asked) & (lists >= 0)


def novelty(lists: np.ndarray, likes: np.ndarray, listeners: int) -> np.ndarray:
    """Mean self-information of each list, bits; NaN for an empty list.

    Parameters
    ----------
    lists : numpy.ndarray of int, shape (listeners, k)
    likes : numpy.ndarray, shape (pieces,)
        Listeners who liked each piece in training.
    listeners : int
        Listeners in training.

    Examples
    --------
    >>> novelty(np.array([[0, 1]]), np.array([3, 0]), 3).tolist()
    [1.0]
    """
    bits = np.append(-np.log2((likes + 1) / (listeners + 1)), 0.0)
    length = (lists >= 0).sum(axis=1)
    total = bits[lists].sum(axis=1)
    return np.divide(total, length, out=np.full(len(lists), np.nan), where=length > 0)


def diversity(lists: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Mean distance (1 - cosine) over the pairs within each list; NaN below two pieces.

    Parameters
    ----------
    lists : numpy.ndarray of int, shape (listeners, k)
    features : numpy.ndarray, shape (pieces, features)
        Standardised; a row of zeros is at distance 1 from everything.

    Examples
    --------
    >>> diversity(np.array([[0, 1], [0, 2]]), np.array([[1.0, 0], [2, 0], [0, 1]])).tolist()
    [0.0, 1.0]
    """
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit = np.divide(features, lengths, out=np.zeros(features.shape), where=lengths > 0)
    directions = np.vstack([unit, np.zeros(features.shape[1])])
    size = (lists >= 0).sum(axis=1)
    pairs = size * (size - 1) / 2
    total = np.zeros((len(lists), features.shape[1]))
    own = np.zeros(len(lists))
    norms = (directions**2).sum(axis=1)
    for column in lists.T:
        total += directions[column]
        own += norms[column]
    cosines = ((total**2).sum(axis=1) - own) / 2
    return np.divide(pairs - cosines, pairs, out=np.full(len(lists), np.nan), where=pairs > 0)


def expected(
    lists: np.ndarray, popularity: np.ndarray, k: int, heard: sp.csr_array | None = None
) -> np.ndarray:
    """Which listed pieces the most popular list of length k holds as well.

    Parameters
    ----------
    lists : numpy.ndarray of int, shape (listeners, depth)
    popularity : numpy.ndarray, shape (pieces,)
    k : int
    heard : scipy.sparse.csr_array, shape (listeners, pieces), optional
        What neither list may hold; the lists do not hold it.

    Returns
    -------
    numpy.ndarray of bool, shape (listeners, depth)

    Examples
    --------
    >>> heard = sp.csr_array([[1, 0, 0], [0, 0, 0]])
    >>> expected(np.array([[1, 2], [1, 2]]), np.array([9, 5, 1]), 1, heard).tolist()
    [[True, False], [False, False]]
    """
    place = np.empty(len(popularity) + 1, dtype=np.int64)
    place[np.argsort(-np.asarray(popularity), kind="stable")] = np.arange(len(popularity))
    place[-1] = len(popularity)
    reach = np.full(len(lists), k, dtype=np.int64)
    if heard is not None:
        # a heard piece with fewer than k unheard ones before it makes room for one more
        counts = np.diff(heard.indptr)
        owner = np.repeat(np.arange(len(counts)), counts)
        sorted_places = place[heard.indices][np.lexsort((place[heard.indices], owner))]
        before = np.arange(heard.nnz) - np.repeat(heard.indptr[:-1], counts)
        reach += np.bincount(owner[sorted_places - before < k], minlength=len(counts))
    return (place[lists] < reach[:, None]) & (lists >= 0)


def serendipity(hits: np.ndarray, expected: np.ndarray, k: int) -> np.ndarray:
    """Relevant and unexpected pieces of each list, over k.

    Parameters
    ----------
    hits, expected : numpy.ndarray of bool, shape (listeners, k or less)
        Of the same lists, see :func:`.ranking.hits` and :func:`expected`.
    k : int

    Examples
    --------
    >>> serendipity(np.array([[True, True]]), np.array([[True, False]]), 2).tolist()
    [0.5]
    """
    return (hits & ~expected).sum(axis=1) / k


def list_popularity(lists: np.ndarray, popularity: np.ndarray) -> np.ndarray:
    """Mean popularity of each list; NaN for an empty one.

    Examples
    --------
    >>> list_popularity(np.array([[0, 1], [1, -1]]), np.array([3, 1])).tolist()
    [2.0, 1.0]
    """
    padded = np.append(np.asarray(popularity, dtype=float), 0.0)
    return _ratio(padded[lists].sum(axis=1), (lists >= 0).sum(axis=1))


def profile_popularity(liked: sp.csr_array, popularity: np.ndarray) -> np.ndarray:
    """Mean popularity of what each listener liked; NaN for a cold listener.

    Parameters
    ----------
    liked : scipy.sparse.csr_array, shape (listeners, pieces)
        Ones.

    Examples
    --------
    >>> profile_popularity(sp.csr_array([[1, 1], [0, 0]]), np.array([3, 1])).tolist()
    [2.0, nan]
    """
    total = liked @ np.asarray(popularity, dtype=float)
    return _ratio(total, np.diff(liked.indptr))


def lift(offered: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """How much more popular the offer is than what the listener likes, relatively.

    Parameters
    ----------
    offered, usual : numpy.ndarray, shape (listeners,)
        From :func:`list_popularity` and :func:`profile_popularity`.

    Examples
    --------
    >>> lift(np.array([3.0, 1.0]), np.array([2.0, np.nan])).tolist()
    [0.5, nan]
    """
    return _ratio(offered, usual) - 1


def group_lift(
    offered: ArrayLike, usual: ArrayLike, n: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """Popularity lift of a group of listeners, with a 95 % bootstrap interval over them.

    The ratio of the group's means, as published; the mean of the listeners' own lifts is
    ruled by those who like rare pieces.

    Parameters
    ----------
    offered, usual : array_like, shape (listeners,)
        Mean popularity of list and profile; a listener without either is left out.
    n, seed : int
        Resamples, and their seed.

    Returns
    -------
    value, low, high : float
        NaN without a listener; NaN bounds with fewer than two.

    Examples
    --------
    >>> group_lift([30.0, 3.0], [20.0, 2.0])
    (0.5, 0.5, 0.5)
    """
    above, below = np.asarray(offered, dtype=float), np.asarray(usual, dtype=float)
    known = ~(np.isnan(above) | np.isnan(below))
    value, low, high = bootstrap.ratio(above[known], below[known], n, seed)
    return float(value[0]) - 1, float(low[0]) - 1, float(high[0]) - 1


def repeat_share(lists: np.ndarray, heard: sp.csr_array) -> np.ndarray:
    """Share of each list that the listener has heard before; NaN for an empty one.

    Parameters
    ----------
    lists : numpy.ndarray of int, shape (listeners, k)
        Made without leaving out what was heard.
    heard : scipy.sparse.csr_array, shape (listeners, pieces)

    Examples
    --------
    >>> repeat_share(np.array([[0, 1]]), sp.csr_array([[0, 1, 1]])).tolist()
    [0.5]
    """
    return _ratio(inside(lists, heard).sum(axis=1), (lists >= 0).sum(axis=1))


def repeats_in_test(train: Any, test: Any) -> np.ndarray:
    """Share of what each listener plays in the test period that is heard again.

    Parameters
    ----------
    train : scipy sparse, shape (listeners, pieces)
        Any weight but 0 counts as heard.
    test : scipy sparse, same shape
        Plays, or weights; those above 0 count, by their size.

    Returns
    -------
    numpy.ndarray, shape (listeners,)
        NaN for a listener who plays nothing.

    Examples
    --------
    >>> repeats_in_test(sp.csr_array([[1, 0], [1, 0]]), sp.csr_array([[3, 1], [0, 0]])).tolist()
    [0.75, nan]
    """
    played = sp.csr_array(test, dtype=np.float64).maximum(0)
    known = sp.csr_array(train) != 0
    return _ratio(played.multiply(known).sum(axis=1), played.sum(axis=1))
