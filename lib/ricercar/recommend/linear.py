r"""Linear models of pieces on pieces.

Conventions
-----------
Learn from the liked pieces as a 0/1 matrix X (weight above 0); scores are X W. The
weights W have a zero diagonal: no piece may speak for itself. Similar pieces are those
for which hearing one speaks most, by its row of W.

Sources
-------
H. Steck, "Embarrassingly shallow autoencoders for sparse data" (EASE), WWW 2019:
:math:`P = (X^\top X + \lambda I)^{-1}`, :math:`W_{ij} = -P_{ij} / P_{jj}`,
:math:`W_{jj} = 0`. X. Ning, G. Karypis, "SLIM: sparse linear methods for top-N recommender
systems", ICDM 2011; coordinate descent as in J. Friedman, T. Hastie, R. Tibshirani,
Journal of Statistical Software 33 (2010), with covariance updates.
"""

import numpy as np
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend import closed_form
from ricercar.recommend.base import Recommender
from ricercar.recommend.blocks import each
from ricercar.recommend.neighbours import nearest
from ricercar.recommend.similarities import Similarity
from ricercar.recommend.weights import liked

#: coordinate descent ends when no weight moves more than this in a sweep, or after so many
_TOLERANCE, _SWEEPS = 1e-6, 500

#: pieces whose weights are learnt at a time, and whose Gram matrices are looked up at a time
_TOGETHER, _LOOKED_UP = 256, 32


class Ease(Recommender):
    """EASE: the best linear weights of pieces on pieces, with a ridge penalty.

    Memory grows with the square of the number of listeners or of pieces, whichever are fewer:
    8 bytes each, or 4 in single precision, with which scores are good to about 4 digits (29,858
    listeners and 40,981 pieces: 3.6 GB).

    Parameters
    ----------
    penalty : float
        lambda, above 0; more means that weights are spread and small.
    single : bool
        Whether to work in single precision.
    """

    def __init__(self, penalty: float = 100.0, single: bool = False) -> None:
        if not penalty > 0:
            raise ParameterError(f"penalty must be above 0, got {penalty}")
        self.penalty, self.single = penalty, single

    def _train(self, matrix: sp.csr_array) -> None:
        self._liked = liked(matrix).astype(np.float32 if self.single else np.float64)
        self._weights = closed_form.solved(self._liked, self.penalty)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return self._weights.rebuilt(rows).astype(np.float64, copy=False)

    def _similar(self, items: np.ndarray) -> np.ndarray:
        return self._weights.out_of(items).astype(np.float64)

    def _parts(self, row: int, item: int) -> np.ndarray:
        return self._liked[[row]].toarray()[0] * self._weights.into(item).astype(np.float64)


class Slim(Recommender):
    r"""SLIM: sparse weights of pieces on pieces, none negative.

    For each piece j, with :math:`x_j` its column of X,

    .. math:: \min_{w \ge 0,\ w_j = 0}\ \tfrac12 \lVert x_j - X w \rVert^2
        + \tfrac{\lambda_2}{2} \lVert w \rVert^2 + \lambda_1 \sum_i w_i

    where :math:`w_i` may differ from 0 only for the k pieces i with the highest cosine to
    j; with k as large as the catalogue it is the whole problem.

    Parameters
    ----------
    l1 : float
        lambda_1, 0 or more; more means fewer weights.
    l2 : float
        lambda_2, 0 or more; more means that weights are spread and small.
    neighbours : int
        k, at least 1; memory and time grow with its square.

    Examples
    --------
    >>> weights = sp.csr_array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    >>> Slim(l1=0.5, l2=1.0).fit(weights).scores([0]).round(3).tolist()
    [[0.375, 0.5, 0.125]]
    """

    _sparsity = 8

    def __init__(self, l1: float = 1.0, l2: float = 10.0, neighbours: int = 100) -> None:
        if not (l1 >= 0 and l2 >= 0):
            raise ParameterError(f"l1 and l2 must not be negative, got {l1} and {l2}")
        if neighbours < 1:
            raise ParameterError(f"neighbours must be at least 1, got {neighbours}")
        self.l1, self.l2, self.neighbours = l1, l2, neighbours

    def _train(self, matrix: sp.csr_array) -> None:
        self._liked = liked(matrix)
        pieces = matrix.shape[1]
        like = Similarity(sp.csr_array(self._liked.T), "cosine")
        near = self._useful(nearest(like, np.arange(pieces), self.neighbours))
        columns = sp.csc_array(self._liked)
        order = np.argsort(np.diff(near.indptr), kind="stable")  # like sizes together
        starts = range(0, pieces, _TOGETHER)
        parts = (slice(start, start + _TOGETHER) for start in starts)
        found = each(lambda part: self._learnt(near, columns, order[part]), parts)
        stacked = sp.csr_array(sp.vstack(found, format="csr"))
        self._weights = sp.csr_array(stacked[np.argsort(order)].T)

    def _useful(self, near: sp.csr_array) -> sp.csr_array:
        """Without pieces that share at most l1 listeners: nothing is negative, so they get 0."""
        heard = np.sqrt(np.asarray(self._liked.sum(axis=0)).ravel())
        shared = near.data * np.repeat(heard, np.diff(near.indptr)) * heard[near.indices]
        near.data[np.round(shared) <= self.l1] = 0.0
        near.eliminate_zeros()
        return near

    def _learnt(
        self, near: sp.csr_array, columns: sp.csc_array, targets: np.ndarray
    ) -> sp.csr_array:
        """The weights of some pieces, one row each, shape (len(targets), pieces)."""
        chosen = near[targets]
        counts = np.diff(chosen.indptr)
        known = np.arange(max(int(counts.max()), 1)) < counts[:, None]
        others = np.zeros(known.shape, dtype=np.intp)
        others[known] = chosen.indices
        grams, goals = [], []
        for start in range(0, len(targets), _LOOKED_UP):
            some = slice(start, start + _LOOKED_UP)
            asked = np.concatenate([targets[some, None], others[some]], axis=1)
            pieces, place = np.unique(asked, return_inverse=True)
            place = place.reshape(asked.shape)
            inner = columns[:, pieces]
            gram = (inner.T @ inner).toarray()
            grams.append(gram[place[:, 1:, None], place[:, None, 1:]])
            goals.append(gram[place[:, 1:], place[:, :1]])
        goal = np.where(known, np.concatenate(goals), 0.0)  # filled up: nothing to explain
        weights = elastic_net(np.concatenate(grams), goal, self.l1, self.l2)
        kept = weights > 0
        ends = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
        return sp.csr_array((weights[kept], others[kept], ends), shape=chosen.shape)

    def _sparse_weights(self) -> sp.csr_array:
        return self._weights

    def _sparse_inputs(self, rows: np.ndarray) -> sp.csr_array:
        return self._liked[rows]

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return (self._liked[rows] @ self._weights).toarray()

    def _similar(self, items: np.ndarray) -> np.ndarray:
        return self._weights[items].toarray()

    def _parts(self, row: int, item: int) -> np.ndarray:
        return self._liked[[row]].toarray()[0] * self._weights[:, [item]].toarray()[:, 0]


def elastic_net(grams: np.ndarray, goals: np.ndarray, l1: float, l2: float) -> np.ndarray:
    r"""Many small elastic nets with weights of 0 or more, by coordinate descent.

    Each minimises :math:`\tfrac12 w^\top G w - g^\top w + \tfrac{l_2}{2} w^\top w
    + l_1 \sum_i w_i` over :math:`w \ge 0`.

    Parameters
    ----------
    grams : numpy.ndarray, shape (problems, k, k)
        G, symmetric.
    goals : numpy.ndarray, shape (problems, k)
        g; a weight whose goal is 0 or less may stay 0.

    Returns
    -------
    numpy.ndarray, shape (problems, k)

    Examples
    --------
    >>> elastic_net(np.array([[[2.0, 0.0], [0.0, 3.0]]]), np.array([[2.0, 0.5]]), 1.0, 0.0)
    array([[0.5, 0. ]])
    """
    diagonal = np.diagonal(grams, axis1=1, axis2=2)
    scale = np.maximum(diagonal + l2, np.finfo(float).tiny)
    weights, product = np.zeros_like(goals), np.zeros_like(goals)
    for _ in range(_SWEEPS):
        moved = 0.0
        for i in range(goals.shape[1]):
            wanted = goals[:, i] - product[:, i] + diagonal[:, i] * weights[:, i] - l1
            step = np.maximum(wanted, 0.0) / scale[:, i] - weights[:, i]
            if step.any():
                weights[:, i] += step
                product += grams[:, i, :] * step[:, None]
                moved = max(moved, float(abs(step).max()))
        if moved <= _TOLERANCE:
            break
    return weights
