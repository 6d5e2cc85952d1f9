r"""Linear weights that rebuild each column of a matrix from the others, in closed form.

Goal: EASE and its kin on whatever side of the table is smaller.

Conventions
-----------
* X, shape (rows, columns): a row per listener (or feature), a column per piece. The weights
  minimise :math:`\|X - XW\|^2 + \lambda \|W\|^2` under :math:`W_{jj} = 0`.
* *By columns*: with :math:`P = (X^\top X + \lambda I)^{-1}`,
  :math:`W_{ij} = \delta_{ij} - P_{ij} / P_{jj}`. Holds columns x columns numbers.
* *By rows*: with :math:`K = (X X^\top + \lambda I)^{-1}`, the identity
  :math:`P = (I - X^\top K X) / \lambda` gives the same weights without P. With
  :math:`e_j = \lambda P_{jj} = 1 - (X^\top K X)_{jj}`,

  .. math:: W_{ij} = \delta_{ij} + \frac{(X^\top K X)_{ij} - \delta_{ij}}{e_j}, \qquad
            (XW)_{uj} = X_{uj} - \lambda \frac{(K X)_{uj}}{e_j}

  Holds rows x rows numbers. :func:`solved` takes the smaller table of the two.

Sources
-------
H. Steck, "Embarrassingly shallow autoencoders for sparse data" (EASE), WWW 2019. The second
form is the identity of Woodbury (M. Woodbury, "Inverting modified matrices", 1950) put into it.
"""

from typing import Protocol

import numpy as np
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend.blocks import each, one_thread, slices

#: columns that are worked on at a time
_TOGETHER = 256


class Weights(Protocol):
    """What is asked of the weights W, in the precision of X."""

    def rebuilt(self, rows: np.ndarray) -> np.ndarray:
        """XW for some rows of X, shape (len(rows), columns)."""
        ...

    def out_of(self, columns: np.ndarray) -> np.ndarray:
        """Some rows of W: what a column adds to every other, shape (len(columns), columns)."""
        ...

    def into(self, column: int) -> np.ndarray:
        """A column of W: what every column adds to this one, shape (columns,)."""
        ...


def solved(x: sp.csr_array, penalty: float, below: np.ndarray | None = None) -> Weights:
    """The weights W of a matrix, held by rows or by columns, whichever are fewer.

    Parameters
    ----------
    x : scipy.sparse.csr_array, shape (rows, columns)
        In single or double precision, which is that of the work.
    penalty : float
        lambda, above 0.
    below : numpy.ndarray, shape (more rows, columns), optional
        Dense rows of X that stand below the sparse ones.

    Returns
    -------
    Weights

    Raises
    ------
    ParameterError
        If the penalty is too small for the precision.

    Examples
    --------
    >>> x = sp.csr_array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    >>> solved(x, penalty=1.0).rebuilt(np.array([0])).round(3).tolist()
    [[0.4, 0.5, 0.2]]
    """
    under = np.zeros((0, x.shape[1]), x.dtype) if below is None else below
    return (ByRows if x.shape[0] + len(under) < x.shape[1] else ByColumns)(x, penalty, under)


class ByColumns:
    """Weights held as a table columns x columns; parameters as :func:`solved` has them."""

    def __init__(self, x: sp.csr_array, penalty: float, below: np.ndarray) -> None:
        self.x = x
        gram = (x.T @ x).toarray()
        if len(below):
            with one_thread():
                gram += below.T @ below
        weights = inverse(gram, penalty)
        weights /= -np.diag(weights).copy()
        weights[np.diag_indices_from(weights)] = 0.0
        self.weights = weights

    def rebuilt(self, rows: np.ndarray) -> np.ndarray:
        """Rows of XW."""
        return self.x[rows] @ self.weights

    def out_of(self, columns: np.ndarray) -> np.ndarray:
        """Rows of W."""
        return self.weights[columns]

    def into(self, column: int) -> np.ndarray:
        """A column of W."""
        return self.weights[:, column].copy()


class ByRows:
    """Weights held through a table rows x rows; parameters as :func:`solved` has them."""

    def __init__(self, x: sp.csr_array, penalty: float, below: np.ndarray) -> None:
        self.x, self.below, self.penalty = x, below, penalty
        self.across = sp.csr_array(x.T)
        rows, total = x.shape[0], x.shape[0] + len(below)
        gram = np.empty((total, total), x.dtype)
        gram[:rows, :rows] = (x @ self.across).toarray()
        with one_thread():
            gram[rows:, :rows] = below @ self.across
            gram[:rows, rows:] = gram[rows:, :rows].T
            gram[rows:, rows:] = below @ below.T
        self.inverse = inverse(gram, penalty)
        self.left = np.zeros(x.shape[1], x.dtype)  # e

        def fill(part: slice) -> None:
            known = np.arange(part.start, min(part.stop, x.shape[1]))
            self.left[part] = 1.0 - self._both(known)[np.arange(len(known)), known]

        each(fill, slices(x.shape[1], _TOGETHER))

    def rebuilt(self, rows: np.ndarray) -> np.ndarray:
        """Rows of XW."""
        found = self._times(self.inverse[rows])
        found *= -self.penalty / self.left
        picked = self.x[rows]
        found[np.repeat(np.arange(len(rows)), np.diff(picked.indptr)), picked.indices] += (
            picked.data
        )
        return found

    def out_of(self, columns: np.ndarray) -> np.ndarray:
        """Rows of W."""
        found = self._both(columns)
        found[np.arange(len(columns)), columns] -= 1.0
        found /= self.left
        found[np.arange(len(columns)), columns] = 0.0  # and not what rounding leaves
        return found

    def into(self, column: int) -> np.ndarray:
        """A column of W."""
        found = self._both(np.array([column]))[0] / self.left[column]
        found[column] = 0.0
        return found

    def _both(self, columns: np.ndarray) -> np.ndarray:
        """Rows of X'KX."""
        rows = self.x.shape[0]
        return self._times(
            self.across[columns] @ self.inverse[:rows]
            + self.below[:, columns].T @ self.inverse[rows:]
        )

    def _times(self, left: np.ndarray) -> np.ndarray:
        """A dense matrix, shape (n, rows), times X."""
        rows = self.x.shape[0]
        found = np.ascontiguousarray((self.across @ np.ascontiguousarray(left[:, :rows].T)).T)
        if len(self.below):
            found += left[:, rows:] @ self.below
        return found


def inverse(gram: np.ndarray, penalty: float) -> np.ndarray:
    """The inverse of a Gram matrix with a penalty on its diagonal, in the memory of the matrix.

    Parameters
    ----------
    gram : numpy.ndarray, shape (n, n)
        Symmetric, no negative eigenvalues, in single or double precision; overwritten.
    penalty : float
        Added to the diagonal, above 0.

    Returns
    -------
    numpy.ndarray, shape (n, n)
        Symmetric, row by row.

    Raises
    ------
    ParameterError
        If the penalty is too small for the precision.

    Examples
    --------
    >>> inverse(np.array([[1.0, 1.0], [1.0, 1.0]]), penalty=1.0).round(3).tolist()
    [[0.667, -0.333], [-0.333, 0.667]]
    """
    from scipy.linalg import lapack

    gram[np.diag_indices_from(gram)] += penalty
    kind = "s" if gram.dtype == np.float32 else "d"
    potrf, potri = getattr(lapack, f"{kind}potrf"), getattr(lapack, f"{kind}potri")
    with one_thread():
        # it is symmetric: of it and its transpose, the one that is worked on in place, because a
        # copy is what a large catalogue has no room for
        column_by_column = gram if gram.flags.f_contiguous else gram.T
        factor, fault = potrf(column_by_column, lower=1, clean=0, overwrite_a=1)
        if fault:
            raise ParameterError(f"a penalty of {penalty} is too small for these pieces: raise it")
        found, _ = potri(factor, lower=1, overwrite_c=1)
    for part in slices(len(found), _TOGETHER):
        found[: part.start, part] = found[part, : part.start].T
        corner = np.tril(found[part, part])
        found[part, part] = corner + np.tril(corner, -1).T
    return found.T
