r"""Lists re-ranked by groups of pieces: a listener's mix of styles, head and tail.

Conventions
-----------
* ``items``, ``scores``, ``strength`` and what comes back: as in
  :mod:`ricercar.recommend.rerank`.
* ``groups``, shape (pieces, groups): to which styles (or head and tail) a piece
  belongs, not negative; rows are scaled to the sum 1, a row of zeros is in no group.

Sources
-------
H. Steck, "Calibrated recommendations", RecSys 2018. H. Abdollahpouri, R. Burke,
B. Mobasher, "Managing popularity bias in recommender systems with personalized
re-ranking", FLAIRS 2019 (after xQuAD of R. Santos, C. Macdonald, I. Ounis, WWW 2010).
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.errors import ParameterError
from ricercar.recommend.rerank import Gain, greedy, relevance, reordered

#: share of the listener's own mix that is blended into a list's, so that the logarithm exists
BLEND = 0.01


def shares(rows: np.ndarray) -> np.ndarray:
    """Rows scaled to the sum 1; rows of zeros stay zeros.

    Examples
    --------
    >>> shares(np.array([[1.0, 3.0], [0.0, 0.0]])).tolist()
    [[0.25, 0.75], [0.0, 0.0]]
    """
    total = rows.sum(axis=-1, keepdims=True)
    return np.divide(rows, total, out=np.zeros(rows.shape), where=total > 0)


def tastes(train: sp.csr_array, rows: np.ndarray, groups: ArrayLike) -> np.ndarray:
    """The mix of groups in what listeners like, by weight.

    Parameters
    ----------
    train : scipy.sparse.csr_array, shape (listeners, pieces)
        Weights above 0 count.
    rows : numpy.ndarray of int, shape (n,)
        -1 for a listener never seen.
    groups : array_like, shape (pieces, groups)

    Returns
    -------
    numpy.ndarray, shape (n, groups)
        Rows with the sum 1; zeros for who likes nothing.

    Examples
    --------
    >>> weights = sp.csr_array([[3.0, 1.0, -2.0]])
    >>> tastes(weights, np.array([0, -1]), [[1, 0], [0, 1], [0, 1]]).tolist()
    [[0.75, 0.25], [0.0, 0.0]]
    """
    liked = sp.csr_array(train[np.maximum(rows, 0)].maximum(0))
    found = shares(liked @ shares(np.asarray(groups, dtype=np.float64)))
    found[rows < 0] = 0.0
    return found


def mix(lists: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The share of each group in a list, shape (listeners, groups).

    Examples
    --------
    >>> mix(np.array([[0, 1, 1, -1]]), np.array([[1.0, 0.0], [0.5, 0.5]])).round(3).tolist()
    [[0.667, 0.333]]
    """
    known = np.vstack([shares(groups), np.zeros(groups.shape[1])])
    return shares(known[lists].sum(axis=1))


def divergence(wanted: np.ndarray, found: np.ndarray) -> np.ndarray:
    r"""How far a list's mix is from a listener's, :math:`\sum_g p_g \ln(p_g / \tilde q_g)`.

    With :math:`\tilde q = (1 - \beta)\,q + \beta\,p` and :math:`\beta` = :data:`BLEND`.

    Parameters
    ----------
    wanted, found : numpy.ndarray, shape (..., groups)
        p and q, each with the sum 1, or all 0.

    Returns
    -------
    numpy.ndarray, shape (...)
        Nats, at least 0; 0 for a listener without a mix.

    Examples
    --------
    >>> divergence(np.array([0.5, 0.5]), np.array([0.5, 0.5])).item()
    0.0
    >>> divergence(np.array([0.5, 0.5]), np.array([1.0, 0.0])).round(3).item()
    1.959
    """
    blended = (1 - BLEND) * found + BLEND * wanted
    ratio = np.divide(wanted, blended, out=np.ones_like(blended), where=wanted > 0)
    return (wanted * np.log(ratio)).sum(axis=-1)


def calibrated(
    items: np.ndarray,
    scores: np.ndarray,
    n: int,
    groups: ArrayLike,
    wanted: ArrayLike,
    strength: float = 0.5,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Lists whose mix of styles is near the listener's own.

    Builds the list S that makes
    :math:`(1-\lambda) \sum_{i \in S} r_{ui} - \lambda\,\mathrm{KL}(p_u \| \tilde q_S)` large.
    Where the model's first n pieces do better than what was found greedily, they stay:
    so the :func:`divergence` of a list never grows.

    Parameters
    ----------
    items, scores : numpy.ndarray, shape (listeners, candidates)
    n : int
        Places.
    groups : array_like, shape (pieces, groups)
    wanted : array_like, shape (listeners, groups)
        p, the listeners' mixes; a row of zeros leaves that list as it is.
    strength : float

    Returns
    -------
    items, scores : numpy.ndarray, shape (listeners, min(n, candidates))

    Raises
    ------
    ParameterError
        If strength lies outside 0..1, or the arrays do not fit together.

    Examples
    --------
    >>> items, scores = np.array([[0, 1, 2]]), np.array([[3.0, 2.9, 1.0]])
    >>> styles = [[1, 0], [1, 0], [0, 1]]
    >>> calibrated(items, scores, 2, styles, [[0.5, 0.5]])[0].tolist()
    [[0, 2]]
    """
    of_piece, p = _grouped(items, groups, wanted)

    def begin(part: slice) -> Gain:
        theirs, own = of_piece[items[part]], p[part, None]
        total = np.zeros((len(theirs), 1, of_piece.shape[1]))

        def gain(last: np.ndarray | None) -> np.ndarray:
            if last is not None:
                total[:, 0] += theirs[np.arange(len(theirs)), last]
            return -divergence(own, shares(total + theirs))

        return gain

    found = greedy(items, scores, n, strength, begin, of_piece.shape[1])
    first = np.where(items >= 0, np.arange(items.shape[1]), -1)[:, : found.shape[1]]
    value = relevance(scores)

    def worth(places: np.ndarray) -> np.ndarray:
        near = divergence(p, mix(reordered(items, scores, places)[0], of_piece))
        gained = np.where(places >= 0, np.take_along_axis(value, places, axis=1), 0.0)
        return (1 - strength) * gained.sum(axis=1) - strength * near

    better = (worth(found) > worth(first))[:, None]
    return reordered(items, scores, np.where(better, found, first))


def xquad(
    items: np.ndarray,
    scores: np.ndarray,
    n: int,
    groups: ArrayLike,
    wanted: ArrayLike,
    strength: float = 0.5,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Explicit query aspect diversification (xQuAD): cover the groups that a listener wants.

    Takes the candidate with the largest :math:`(1-\lambda)\,r_{ui} + \lambda \sum_g
    p_{ug}\,g_i\,(1 - q_{Sg})` next, where q is the mix of the pieces taken before (the
    smooth form). With :func:`head_and_tail` it is Abdollahpouri's against popularity.

    Parameters
    ----------
    items, scores, n, groups, wanted, strength
        As in :func:`calibrated`.

    Returns
    -------
    items, scores : numpy.ndarray, shape (listeners, min(n, candidates))

    Examples
    --------
    >>> items, scores = np.array([[0, 1, 2]]), np.array([[3.0, 2.9, 1.0]])
    >>> tail = head_and_tail(np.array([9, 8, 1]), 0.8)
    >>> xquad(items, scores, 2, tail, [[0.5, 0.5]], strength=0.9)[0].tolist()
    [[0, 2]]
    """
    of_piece, p = _grouped(items, groups, wanted)

    def begin(part: slice) -> Gain:
        theirs, own = of_piece[items[part]], p[part]
        total = np.zeros(own.shape)

        def gain(last: np.ndarray | None) -> np.ndarray:
            if last is not None:
                total[:] += theirs[np.arange(len(theirs)), last]
            return np.einsum("lmg,lg->lm", theirs, own * (1 - shares(total)))

        return gain

    return reordered(items, scores, greedy(items, scores, n, strength, begin, of_piece.shape[1]))


def head_and_tail(popularity: np.ndarray, head: float = 0.8) -> np.ndarray:
    """Which pieces are in the short head of popularity, and which in the long tail.

    Parameters
    ----------
    popularity : numpy.ndarray, shape (pieces,)
        Listeners who like a piece.
    head : float
        The head are the fewest pieces that have this share of all likes; in 0..1.

    Returns
    -------
    numpy.ndarray, shape (pieces, 2)
        Columns head and tail, 0 or 1.

    Examples
    --------
    >>> head_and_tail(np.array([1, 6, 3]), 0.6).tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """
    if not 0 <= head <= 1:
        raise ParameterError(f"head is {head}: it is a share of the likes, in 0..1")
    order = np.argsort(-popularity, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(popularity[order])[:-1]])
    result = np.zeros((len(popularity), 2))
    in_head = np.zeros(len(popularity), dtype=bool)
    in_head[order] = before < head * popularity.sum()
    result[in_head, 0] = result[~in_head, 1] = 1.0
    return result


def _grouped(
    items: np.ndarray, groups: ArrayLike, wanted: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of groups per piece, and per listener."""
    of_piece, p = np.asarray(groups, dtype=np.float64), np.asarray(wanted, dtype=np.float64)
    for what, table in (("groups", of_piece), ("wanted", p)):
        if table.ndim != 2 or not np.isfinite(table).all() or (table < 0).any():
            raise ParameterError(f"{what} must be a table of numbers that are not negative")
    if p.shape != (len(items), of_piece.shape[1]):
        raise ParameterError(
            f"wanted has shape {p.shape} for {len(items)} listeners and {of_piece.shape[1]} groups"
        )
    return shares(of_piece), shares(p)
