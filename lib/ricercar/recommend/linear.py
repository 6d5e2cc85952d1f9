r"""A linear model of pieces on pieces, solved in closed form.

Conventions
-----------
Learns from the liked pieces as a 0/1 matrix X (weight above 0). The weights B have a
zero diagonal: no piece may speak for itself.

Sources
-------
H. Steck, "Embarrassingly shallow autoencoders for sparse data" (EASE), WWW 2019:
:math:`P = (X^\top X + \lambda I)^{-1}`, :math:`B_{ij} = -P_{ij} / P_{jj}`,
:math:`B_{jj} = 0`, scores :math:`X B`.
"""

import numpy as np
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend.base import Recommender, one_thread


def liked(matrix: sp.csr_array) -> sp.csr_array:
    """1 where the weight is above 0, nothing elsewhere.

    Examples
    --------
    >>> liked(sp.csr_array([[2.5, -1.0, 0.0]])).toarray().tolist()
    [[1.0, 0.0, 0.0]]
    """
    ones = matrix.copy()
    ones.data = (ones.data > 0).astype(np.float64)
    ones.eliminate_zeros()
    return ones


def closed_form(gram: np.ndarray, penalty: float) -> np.ndarray:
    """The weights B that rebuild each column from the others with the least squared error.

    Parameters
    ----------
    gram : numpy.ndarray, shape (pieces, pieces)
        X'X; overwritten.
    penalty : float
        On the squares of the weights, above 0.

    Returns
    -------
    numpy.ndarray, shape (pieces, pieces)
        Column j holds the weights that rebuild column j; the diagonal is 0.

    Examples
    --------
    >>> closed_form(np.array([[2.0, 1.0], [1.0, 1.0]]), penalty=1.0).round(3).tolist()
    [[0.0, 0.333], [0.5, 0.0]]
    """
    import scipy.linalg

    gram[np.diag_indices_from(gram)] += penalty
    with one_thread():
        factor = scipy.linalg.cholesky(gram, lower=True, overwrite_a=True)
        inverse, _ = scipy.linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices_from(weights)] = 0.0
    return weights


class Ease(Recommender):
    """EASE: the best linear weights of pieces on pieces, with a ridge penalty.

    Memory grows with the square of the number of pieces (8 bytes each).

    Parameters
    ----------
    penalty : float
        lambda, above 0; more means that weights are spread and small.
    """

    def __init__(self, penalty: float = 100.0) -> None:
        if not penalty > 0:
            raise ParameterError(f"penalty must be above 0, got {penalty}")
        self.penalty = penalty

    def _train(self, matrix: sp.csr_array) -> None:
        self._liked = liked(matrix)
        self._weights = closed_form((self._liked.T @ self._liked).toarray(), self.penalty)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return self._liked[rows] @ self._weights

    def _parts(self, row: int, item: int) -> np.ndarray:
        return self._liked[[row]].toarray()[0] * self._weights[:, item]
