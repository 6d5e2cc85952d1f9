r"""How alike two listeners, or two pieces, are: sparse similarities of rows.

Conventions
-----------
* A row is a listener or a piece, a column what it is described by: for listeners the
  pieces, for pieces the listeners. Weights that are not stored are 0.
* With rows a and b, :math:`|a|` the length of a row, :math:`n_a` the number of its
  weights above 0, :math:`n_{ab}` the number of columns where both are above 0, and s the
  shrinkage, which makes similarities small that rest on little:

  =================== ======================================================================
  cosine              :math:`a \cdot b \,/\, (|a|^{2\alpha} |b|^{2(1-\alpha)} + s)`
  pearson             the same of rows less the mean of their stored weights
  adjusted_cosine     the same of columns less the mean of their stored weights
  jaccard             :math:`n_{ab} \,/\, (n_a + n_b - n_{ab} + s)`
  dice                :math:`2 n_{ab} \,/\, (n_a + n_b + s)`
  =================== ======================================================================

* alpha is 1/2 for the usual, symmetric cosine. Towards 1 the row that is asked about is
  divided by its length more, and the others by theirs less, so that long rows gain.
* The centred ones need weights that differ: a centred 0/1 matrix is all zeros.
* Only similarities above 0 are stored, and none of a row with itself.

Sources
-------
F. Aiolli, "Efficient top-N recommendation for very large scale binary rated datasets",
RecSys 2013 (alpha). J. Herlocker et al., "An algorithmic framework for performing
collaborative filtering", SIGIR 1999 (Pearson). B. Sarwar et al., "Item-based
collaborative filtering recommendation algorithms", WWW 2001 (adjusted cosine). R. Bell,
Y. Koren, "Improved neighborhood-based collaborative filtering", KDD Cup 2007 (shrinkage).
"""

import numpy as np
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend.weights import lengths, liked, product, unit_rows

#: names of the similarities, the usual one first
SIMILARITIES = ("cosine", "pearson", "adjusted_cosine", "jaccard", "dice")


def check(similarity: str, shrink: float, alpha: float) -> None:
    """Refuse parameters outside their range.

    Raises
    ------
    ParameterError
        If the similarity is unknown, shrink negative or alpha outside 0..1.
    """
    if similarity not in SIMILARITIES:
        raise ParameterError(
            f"there is no similarity {similarity!r}; known: {', '.join(SIMILARITIES)}"
        )
    if not shrink >= 0:
        raise ParameterError(f"shrink must not be negative, got {shrink}")
    if not 0 <= alpha <= 1:
        raise ParameterError(f"alpha must lie in 0..1, got {alpha}")


def centred_rows(matrix: sp.csr_array) -> sp.csr_array:
    """Stored weights less the mean of the stored weights in their row.

    Examples
    --------
    >>> centred_rows(sp.csr_array([[1.0, 3.0, 0.0], [2.0, 2.0, 2.0]])).toarray().tolist()
    [[-1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    centred = matrix.copy()
    counts = np.diff(matrix.indptr)
    means = np.asarray(matrix.sum(axis=1)).ravel() / np.maximum(counts, 1)
    centred.data = centred.data - np.repeat(means, counts)
    centred.eliminate_zeros()
    return centred


class Similarity:
    """One similarity of all rows of a matrix with each other, worked out when asked.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array, shape (all, columns)
    similarity : str
        One of :data:`SIMILARITIES`.
    shrink : float
        s, 0 or more.
    alpha : float
        For the cosines, 0 to 1.

    Examples
    --------
    >>> weights = sp.csr_array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 2.0]])
    >>> Similarity(weights, "jaccard")(np.array([1])).toarray().round(3).tolist()
    [[0.333, 0.0, 0.5]]
    """

    def __init__(
        self, matrix: sp.csr_array, similarity: str, shrink: float = 0.0, alpha: float = 0.5
    ) -> None:
        self._kind, self._shrink = similarity, shrink
        if similarity in ("jaccard", "dice"):
            self._left = self._right = liked(matrix)
            self._counts = np.diff(self._left.indptr).astype(np.float64)
        else:
            if similarity == "pearson":
                matrix = centred_rows(matrix)
            if similarity == "adjusted_cosine":
                matrix = sp.csr_array(centred_rows(sp.csr_array(matrix.T)).T)
            self._left = self._right = unit_rows(matrix)
            norms = lengths(matrix)
            self._own, self._other = norms ** (2 * alpha), norms ** (2 - 2 * alpha)
            if alpha != 0.5:
                self._left = _scaled(self._left, norms ** (1 - 2 * alpha))
                self._right = _scaled(self._right, norms ** (2 * alpha - 1))
        self._columns = sp.csr_array(self._right.T)

    def __call__(self, rows: np.ndarray) -> sp.csr_array:
        """Similarities of some rows with all rows.

        Parameters
        ----------
        rows : numpy.ndarray of int, shape (n,)

        Returns
        -------
        scipy.sparse.csr_array, shape (n, all)
        """
        found = product(self._left[rows], self._columns)
        own = np.repeat(rows.astype(found.indices.dtype), np.diff(found.indptr))
        if self._kind in ("jaccard", "dice"):
            both = self._counts[own] + self._counts[found.indices] + self._shrink
            if self._kind == "jaccard":
                found.data /= both - found.data
            else:
                found.data *= 2.0 / both
        elif self._shrink:
            size = self._own[own] * self._other[found.indices]
            found.data *= size / (size + self._shrink)
        found.data[np.flatnonzero(own == found.indices)] = 0.0
        np.maximum(found.data, 0.0, out=found.data)
        found.eliminate_zeros()
        return found

    def parts(self, row: int, near: sp.csr_array, weights: np.ndarray) -> np.ndarray:
        """What each column adds to a weighted sum of similarities.

        Parameters
        ----------
        row : int
        near : scipy.sparse.csr_array, shape (1, all)
            Similarities of that row, some of those that a call gives.
        weights : numpy.ndarray, shape (stored entries of near,)

        Returns
        -------
        numpy.ndarray, shape (columns,)
            Adds up to ``near.data @ weights``: a similarity is a sum over columns.
        """
        others = self._right[near.indices]
        own = self._left[[row]].toarray()[0]
        scale = np.divide(near.data, others @ own) * weights
        return own * (scale @ others)


def _scaled(matrix: sp.csr_array, factors: np.ndarray) -> sp.csr_array:
    """Rows multiplied by factors; those of empty rows do not matter."""
    scaled = matrix.copy()
    scaled.data *= np.repeat(factors, np.diff(matrix.indptr))
    return scaled
