r"""Lists in another order: more diverse, or less popular.

Goal: what accuracy does not ask for, added afterwards to the lists of any model.

Conventions
-----------
* ``items`` and ``scores``, shape (listeners, candidates), are what
  :meth:`~ricercar.recommend.base.Recommender.recommend` gives: best first, -1 and NaN
  where a list ran short. Ask for more candidates than places, for example 100 for 10.
* Relevance :math:`r_{ui}` is the score moved to 0..1 over a listener's candidates, 1 for
  the best; all 0 where the candidates' scores are equal.
* ``strength`` :math:`\lambda` lies in 0..1: 0 is the model's own list, 1 looks at the
  second aim only. Lists are built greedily; of equal candidates the model's better one.
* What comes back has the same form, cut to n places; scores are the model's own, so
  they need not descend any more.

Sources
-------
J. Carbonell, J. Goldstein, "The use of MMR, diversity-based reranking for reordering
documents and producing summaries", SIGIR 1998. Re-ranking by styles, and by head and
tail of popularity: :mod:`ricercar.recommend.rerank_groups`.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ricercar.errors import ParameterError
from ricercar.recommend.blocks import blocks
from ricercar.recommend.content import directions

#: given what describes the pieces that were just taken (None at first): what each candidate adds
Gain = Callable[[np.ndarray | None], np.ndarray]
#: given a block of listeners and what describes their candidates, starts their gain
Begin = Callable[[slice, np.ndarray], Gain]


def relevance(scores: np.ndarray) -> np.ndarray:
    """Scores moved to 0..1 for each listener; 0 where there is no candidate.

    Examples
    --------
    >>> relevance(np.array([[5.0, 4.0, 1.0, np.nan], [2.0, 2.0, 2.0, 2.0]])).tolist()
    [[1.0, 0.75, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    offered = ~np.isnan(scores)
    least = np.min(scores, axis=1, keepdims=True, where=offered, initial=np.inf)
    most = np.max(scores, axis=1, keepdims=True, where=offered, initial=-np.inf)
    result = np.zeros(scores.shape)
    np.divide(scores - least, most - least, out=result, where=offered & (most > least))
    return result


def mmr(
    items: np.ndarray, scores: np.ndarray, n: int, features: ArrayLike, strength: float = 0.3
) -> tuple[np.ndarray, np.ndarray]:
    r"""Maximal marginal relevance: each place to a piece unlike those above it.

    Takes the candidate with the largest
    :math:`(1-\lambda)\,r_{ui} - \lambda \max_{j \in S} \cos(f_i, f_j)` next, where S are
    the pieces taken before; Carbonell and Goldstein's own lambda is :math:`1 - \lambda`.

    Parameters
    ----------
    items, scores : numpy.ndarray, shape (listeners, candidates)
    n : int
        Places.
    features : array_like, shape (pieces, features)
        Standardised; a row of zeros is unlike everything.
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
    >>> features = [[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]
    >>> mmr(items, scores, 2, features, strength=0.6)[0].tolist()
    [[0, 2]]
    """
    towards = directions(np.asarray(features, dtype=np.float64))

    def begin(part: slice, theirs: np.ndarray) -> Gain:
        closest = np.full(theirs.shape[:2], -1.0)

        def gain(taken: np.ndarray | None) -> np.ndarray:
            if taken is None:
                return np.zeros(closest.shape)
            np.maximum(closest, np.einsum("lmf,lf->lm", theirs, taken), out=closest)
            return -closest

        return gain

    return reordered(items, scores, greedy(items, scores, n, strength, towards, begin))


def less_popular(
    items: np.ndarray,
    scores: np.ndarray,
    n: int,
    popularity: ArrayLike,
    strength: float = 0.3,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Pieces that many like move down.

    Orders by :math:`(1-\lambda)\,r_{ui} - \lambda\,b_i`, where b is :math:`\log_2(c_i + 1)`
    for c listeners who like the piece, moved to 0..1 over the listener's candidates. The
    mean self-information of a list (novelty) never falls.

    Parameters
    ----------
    items, scores : numpy.ndarray, shape (listeners, candidates)
    n : int
        Places.
    popularity : array_like, shape (pieces,)
        Listeners who like a piece.
    strength : float

    Returns
    -------
    items, scores : numpy.ndarray, shape (listeners, min(n, candidates))

    Examples
    --------
    >>> items, scores = np.array([[0, 1, 2]]), np.array([[3.0, 2.9, 1.0]])
    >>> less_popular(items, scores, 2, [9, 3, 1], strength=0.4)[0].tolist()
    [[1, 0]]
    """
    n = places(items, scores, n, strength)
    bits = np.where(items >= 0, np.log2(np.asarray(popularity, float)[items] + 1), np.nan)
    value = np.where(items >= 0, (1 - strength) * relevance(scores), -np.inf)
    value -= strength * relevance(bits)
    order = np.argsort(-value, axis=1, kind="stable")[:, :n]
    empty = np.take_along_axis(items, order, axis=1) < 0
    return reordered(items, scores, np.where(empty, -1, order))


def greedy(
    items: np.ndarray,
    scores: np.ndarray,
    n: int,
    strength: float,
    of_piece: np.ndarray,
    begin: Begin,
) -> np.ndarray:
    """Fill place after place with the candidate of the largest value.

    The value is (1 - strength) * relevance + strength * gain.

    Parameters
    ----------
    items, scores : numpy.ndarray, shape (listeners, candidates)
    n : int
        Places.
    strength : float
        0..1.
    of_piece : numpy.ndarray, shape (pieces, width)
        What a gain looks at.
    begin : callable
        Given a block of listeners and the rows of their candidates, shape (listeners in the
        block, candidates, width), starts their gain: finite numbers for the candidates,
        from the rows of the pieces that were just taken.

    Returns
    -------
    numpy.ndarray of int, shape (listeners, min(n, candidates))
        Places among the candidates, in the new order; -1 where nothing is left.
    """
    n = places(items, scores, n, strength)
    taken = np.full((len(items), n), -1)
    for part in blocks(len(items), of_piece.shape[1] * items.shape[1]):
        theirs = of_piece[items[part]]
        gain = begin(part, theirs)
        left = np.where(items[part] >= 0, (1 - strength) * relevance(scores[part]), -np.inf)
        rows = np.arange(len(left))
        just_taken = None
        for place in range(n):
            value = left + strength * gain(just_taken)
            best = value.argmax(axis=1)
            taken[part, place] = np.where(np.isneginf(value[rows, best]), -1, best)
            left[rows, best] = -np.inf
            just_taken = theirs[rows, best]
    return taken


def reordered(
    items: np.ndarray, scores: np.ndarray, taken: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The candidates at the places taken; -1 and NaN where the place is -1.

    Examples
    --------
    >>> items, scores = reordered(np.array([[7, 8]]), np.array([[2.0, 1.0]]), np.array([[1, -1]]))
    >>> items.tolist(), scores.tolist()
    ([[8, -1]], [[1.0, nan]])
    """
    kept = taken >= 0
    return (
        np.where(kept, np.take_along_axis(items, taken, axis=1), -1),
        np.where(kept, np.take_along_axis(scores, taken, axis=1), np.nan),
    )


def places(items: np.ndarray, scores: np.ndarray, n: int, strength: float) -> int:
    """How many places can be filled, after a check of what every re-ranking is given.

    Raises
    ------
    ParameterError
        If strength lies outside 0..1, n is negative, or items and scores do not fit.
    """
    if not 0 <= strength <= 1:
        raise ParameterError(f"strength is {strength}: it must lie in 0..1")
    if n < 0:
        raise ParameterError(f"cannot list {n} pieces: n must be 0 or more")
    if items.ndim != 2 or items.shape != scores.shape:
        raise ParameterError(
            f"items have shape {items.shape}, scores {scores.shape}: give both as recommend does"
        )
    return min(n, items.shape[1])
