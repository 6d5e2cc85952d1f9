r"""Lists re-ranked by groups of pieces: a listener's mix of styles, head and tail.

Conventions
-----------
* ``items``, ``scores``, ``strength`` and what comes back: as in
  :mod:`ricercar.recommend.rerank`.
* ``groups``: to which styles (or head and tail) a piece belongs, a label or a row of numbers
  per piece, see :func:`.calibration.shares`; a row of zeros is in no group.
* Mixes of groups and how far they are from each other: :mod:`ricercar.assess.calibration`,
  in nats as published. A mix of nothing is a row of zeros.

Sources
-------
H. Steck, "Calibrated recommendations", RecSys 2018. H. Abdollahpouri, R. Burke,
B. Mobasher, "Managing popularity bias in recommender systems with personalized
re-ranking", FLAIRS 2019 (after xQuAD of R. Santos, C. Macdonald, I. Ounis, WWW 2010).
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.assess import calibration
from ricercar.assess.calibration import normalised
from ricercar.assess.listener_groups import likes_before
from ricercar.errors import ParameterError
from ricercar.recommend.rerank import Gain, greedy, relevance, reordered


def tastes(train: sp.csr_array, rows: np.ndarray, groups: ArrayLike) -> np.ndarray:
    """The mix of groups in what listeners like, by weight.

    Parameters
    ----------
    train : scipy.sparse.csr_array, shape (listeners, pieces)
        Weights above 0 count.
    rows : numpy.ndarray of int, shape (n,)
        -1 for a listener never seen.
    groups : array_like, shape (pieces,) or (pieces, groups)

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
    share = calibration.shares(groups)
    found = calibration.profile_mix(train[np.maximum(rows, 0)], share, empty=0.0)
    found[rows < 0] = 0.0
    return found


def _divergence(wanted: np.ndarray, found: np.ndarray) -> np.ndarray:
    """How far mixes are from what is wanted, nats."""
    return calibration.divergence(wanted, found, log=np.log)


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
    so the :func:`~.calibration.divergence` of a list never grows.

    Parameters
    ----------
    items, scores : numpy.ndarray, shape (listeners, candidates)
    n : int
        Places.
    groups : array_like, shape (pieces,) or (pieces, groups)
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

    def begin(part: slice, theirs: np.ndarray) -> Gain:
        own = p[part, None]
        total = np.zeros(own.shape)

        def gain(taken: np.ndarray | None) -> np.ndarray:
            if taken is not None:
                total[:, 0] += taken
            return -_divergence(own, normalised(total + theirs, empty=0.0))

        return gain

    found = greedy(items, scores, n, strength, of_piece, begin)
    first = np.where(items >= 0, np.arange(items.shape[1]), -1)[:, : found.shape[1]]
    value = relevance(scores)

    def worth(places: np.ndarray) -> np.ndarray:
        lists, _ = reordered(items, scores, places)
        near = _divergence(p, calibration.list_mix(lists, of_piece, empty=0.0))
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

    def begin(part: slice, theirs: np.ndarray) -> Gain:
        own = p[part]
        total = np.zeros(own.shape)

        def gain(taken: np.ndarray | None) -> np.ndarray:
            if taken is not None:
                total[:] += taken
            return np.einsum("lmg,lg->lm", theirs, own * (1 - normalised(total, empty=0.0)))

        return gain

    return reordered(items, scores, greedy(items, scores, n, strength, of_piece, begin))


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
    in_head = likes_before(popularity) < head * popularity.sum()
    return np.column_stack([in_head, ~in_head]).astype(float)


def _grouped(
    items: np.ndarray, groups: ArrayLike, wanted: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of groups per piece, and per listener."""
    of_piece, p = calibration.shares(groups), np.asarray(wanted, dtype=np.float64)
    if p.shape != (len(items), of_piece.shape[1]):
        raise ParameterError(
            f"wanted has shape {p.shape} for {len(items)} listeners and {of_piece.shape[1]} groups"
        )
    if not np.isfinite(p).all() or (p < 0).any():
        raise ParameterError("wanted must be a table of numbers that are not negative")
    return of_piece, normalised(p, empty=0.0)
