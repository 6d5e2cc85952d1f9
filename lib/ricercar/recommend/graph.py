r"""Graph filtering: taste as a signal on the graph of listeners and pieces.

Goal: what graph convolution does for recommendation, without training: a linear filter
over the pieces, in closed form.

Conventions
-----------
* Learns from the liked pieces as a 0/1 matrix R (weight above 0). With the numbers of
  likes of listeners and pieces on the diagonals of :math:`D_U, D_I`, the normalised
  matrix is :math:`\tilde R = D_U^{-1/2} R D_I^{-1/2}`; a listener or piece without likes
  has a row or column of zeros.
* :math:`\bar V` holds the right singular vectors of :math:`\tilde R` for its k largest
  singular values, as columns. Values below 1e-9 of the largest are counted as 0 and left
  out, so k may exceed the rank.
* Similar pieces are those for which hearing one speaks most, by its row of the filter.
* The filter is applied in its factors: nothing of the size pieces x pieces is held.

Sources
-------
Y. Shen et al., "How powerful is graph convolution for recommendation?", CIKM 2021
(GF-CF): a linear filter :math:`\tilde R^\top \tilde R` plus alpha times an ideal
low-pass filter.
"""

import numpy as np
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend.base import Recommender
from ricercar.recommend.blocks import one_thread
from ricercar.recommend.weights import liked

#: up to so many listeners or pieces, the smaller number of both, eigenvectors are found densely
_DENSE = 1500

#: singular values below this share of the largest are 0 but for rounding
_ZERO = 1e-9


def normalised(liked: sp.csr_array) -> sp.csr_array:
    r"""A 0/1 matrix with each entry divided by the root of its row's and its column's sum.

    Examples
    --------
    >>> normalised(sp.csr_array([[1.0, 1.0], [0.0, 1.0]])).toarray().round(3).tolist()
    [[0.707, 0.5], [0.0, 0.707]]
    """
    rows, columns = (powers(np.asarray(liked.sum(axis=axis)).ravel(), -0.5) for axis in (1, 0))
    return sp.csr_array(sp.diags_array(rows) @ liked @ sp.diags_array(columns))


def powers(counts: np.ndarray, exponent: float) -> np.ndarray:
    """Counts to a power; 0 stays 0, whatever the exponent.

    Examples
    --------
    >>> powers(np.array([4.0, 0.0]), -0.5).tolist()
    [0.5, 0.0]
    """
    result = np.zeros(len(counts))
    np.power(counts, exponent, out=result, where=counts > 0)
    return result


def right_singular(matrix: sp.csr_array, rank: int) -> np.ndarray:
    """Right singular vectors of the largest singular values, the same at every call.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array, shape (rows, columns)
    rank : int
        How many, at least 1; the matrix may have fewer.

    Returns
    -------
    numpy.ndarray, shape (columns, at most rank)
        Orthonormal columns, that of the largest singular value first.

    Examples
    --------
    >>> abs(right_singular(sp.csr_array([[3.0, 0.0], [0.0, 4.0]]), 1)).round(12).tolist()
    [[0.0], [1.0]]
    """
    wide = matrix.shape[0] < matrix.shape[1]
    tall = sp.csr_array(matrix.T) if wide else matrix  # the smaller number is that of columns
    small = tall.shape[1]
    with one_thread():
        if small <= max(_DENSE, rank):
            squares, vectors = np.linalg.eigh((tall.T @ tall).toarray())
        else:
            squares, vectors = _largest(tall, rank)
        order = np.argsort(-squares, kind="stable")[:rank]
        order = order[squares[order] > max(float(squares.max()), 0.0) * _ZERO]
        vectors = vectors[:, order]
        if wide:
            vectors = (tall @ vectors) / np.sqrt(squares[order])
    return vectors


def _largest(tall: sp.csr_array, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """The largest eigenvalues of a matrix's Gram matrix and their vectors, by ARPACK."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    small, transposed = tall.shape[1], sp.csr_array(tall.T)
    gram = LinearOperator((small, small), matvec=lambda x: transposed @ (tall @ x), dtype=float)
    start = np.random.default_rng(0).uniform(0.5, 1.5, size=small)
    return eigsh(gram, k=rank, which="LM", v0=start, ncv=min(small, 2 * rank + 20))


class GraphFilter(Recommender):
    r"""GF-CF: a linear graph filter plus an ideal low-pass filter, without training.

    .. math:: s_u = r_u \left(\tilde R^\top \tilde R
        + \alpha\, D_I^{-1/2} \bar V \bar V^\top D_I^{1/2}\right)

    Parameters
    ----------
    factors : int
        k, the number of singular vectors that the low-pass filter lets through.
    alpha : float
        Weight of the low-pass filter; 0 leaves it out.

    Examples
    --------
    >>> weights = sp.csr_array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    >>> GraphFilter(alpha=0.0).fit(weights).scores([0]).round(3).tolist()
    [[0.854, 0.854, 0.354]]
    """

    def __init__(self, factors: int = 256, alpha: float = 0.3) -> None:
        if factors < 1:
            raise ParameterError(f"factors must be at least 1, got {factors}")
        if not alpha >= 0:
            raise ParameterError(f"alpha must not be negative, got {alpha}")
        self.factors, self.alpha = factors, alpha

    def _train(self, matrix: sp.csr_array) -> None:
        self._liked = liked(matrix)
        self._graph = normalised(self._liked)
        self._back = sp.csr_array(self._graph.T)
        counts = np.asarray(self._liked.sum(axis=0)).ravel()
        if self.alpha:
            passed = right_singular(self._graph, self.factors)
            self._in = powers(counts, -0.5)[:, None] * passed
            self._out = self.alpha * (powers(counts, 0.5)[:, None] * passed).T

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return self._filtered(self._liked[rows])

    def _similar(self, items: np.ndarray) -> np.ndarray:
        one = sp.csr_array(
            (np.ones(len(items)), items, np.arange(len(items) + 1)),
            shape=(len(items), self.shape[1]),
        )
        return self._filtered(one)

    def _filtered(self, signals: sp.csr_array) -> np.ndarray:
        scores = ((signals @ self._back) @ self._graph).toarray()
        if self.alpha:
            scores += (signals @ self._in) @ self._out
        return scores

    def _parts(self, row: int, item: int) -> np.ndarray:
        weights = self._back @ self._graph[:, [item]].toarray()[:, 0]
        if self.alpha:
            weights += self._in @ self._out[:, item]
        return self._liked[[row]].toarray()[0] * weights
