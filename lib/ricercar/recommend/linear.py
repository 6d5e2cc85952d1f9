r"""A linear model of pieces on pieces, solved in closed form.

Conventions
-----------
Learns from the liked pieces as a 0/1 matrix X (weight above 0). The weights B have a
zero diagonal: no piece may speak for itself. Similar pieces are those for which hearing
one speaks most, by its row of B.

Sources
-------
H. Steck, "Embarrassingly shallow autoencoders for sparse data" (EASE), WWW 2019:
:math:`P = (X^\top X + \lambda I)^{-1}`, :math:`B_{ij} = -P_{ij} / P_{jj}`,
:math:`B_{jj} = 0`, scores :math:`X B`.
"""

import numpy as np
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend.base import Recommender, liked, one_thread


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
        import scipy.linalg

        self._liked = liked(matrix)
        gram = (self._liked.T @ self._liked).toarray()
        gram[np.diag_indices_from(gram)] += self.penalty
        with one_thread():
            factor = scipy.linalg.cholesky(gram, lower=True, overwrite_a=True)
            inverse, _ = scipy.linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        weights = inverse / -np.diag(inverse)
        weights[np.diag_indices_from(weights)] = 0.0
        self._weights = weights

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return self._liked[rows] @ self._weights

    def _similar(self, items: np.ndarray) -> np.ndarray:
        return self._weights[items]

    def _parts(self, row: int, item: int) -> np.ndarray:
        return self._liked[[row]].toarray()[0] * self._weights[:, item]
