"""Weight matrices and their rows: checked, counted, scaled to length 1.

Goal: what every recommender does with its input, before it learns.

Conventions
-----------
``matrix`` is sparse, listeners x pieces or the other way round; a weight above 0 is a like.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from scipy.sparse._sparsetools import csr_matmat  # what scipy's own product calls

from ricercar.errors import ParameterError


def interactions(matrix: Any) -> sp.csr_array:
    """A clean copy of a weight matrix: CSR, double precision, sorted, without zeros.

    Its index arrays hold 32-bit numbers where these suffice, which is half the memory to go
    through in every product.

    Raises
    ------
    ParameterError
        If it is not two-dimensional or a weight is not finite.
    """
    clean = sp.csr_array(matrix, dtype=np.float64, copy=True)
    if clean.ndim != 2:
        raise ParameterError(f"a weight matrix has two dimensions, not {clean.ndim}")
    clean.sum_duplicates()
    if not np.isfinite(clean.data).all():
        raise ParameterError("the weight matrix holds NaN or infinite weights: drop those events")
    clean.eliminate_zeros()
    if max(*clean.shape, clean.nnz) <= np.iinfo(np.int32).max:
        clean.indices, clean.indptr = (
            some.astype(np.int32, copy=False) for some in (clean.indices, clean.indptr)
        )
    return clean


def popularity(matrix: sp.csr_array) -> np.ndarray:
    """How many listeners like each piece (weight above 0).

    Examples
    --------
    >>> popularity(sp.csr_array([[2.0, 1.0, 0.0], [1.0, -1.0, 0.0]])).tolist()
    [2.0, 1.0, 0.0]
    """
    liked = matrix.indices[matrix.data > 0]
    return np.bincount(liked, minlength=matrix.shape[1]).astype(np.float64)


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


def lengths(matrix: sp.csr_array) -> np.ndarray:
    """Euclidean lengths of the rows.

    Examples
    --------
    >>> lengths(sp.csr_array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [5.0, 0.0]
    """
    return np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())


def unit_rows(matrix: sp.csr_array) -> sp.csr_array:
    """Rows scaled to length 1; empty rows stay empty.

    Examples
    --------
    >>> unit_rows(sp.csr_array([[3.0, 4.0], [0.0, 0.0]])).toarray().round(3).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    norms = lengths(matrix)
    inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    return sp.csr_array(sp.diags_array(inverse) @ matrix)


def product(left: sp.csr_array, right: sp.csr_array) -> sp.csr_array:
    """The product of two sparse matrices, columns in no order, as scipy's but faster.

    scipy goes through the whole product twice, the first time to count its entries. Here
    there is room for as many as there could be, and only what is used takes up memory.

    Parameters
    ----------
    left : scipy.sparse.csr_array, shape (rows, inner)
    right : scipy.sparse.csr_array, shape (inner, columns)

    Examples
    --------
    >>> half = sp.csr_array([[0.5, 0.0], [1.0, 2.0]])
    >>> product(half, half).toarray().tolist()
    [[0.25, 0.0], [2.5, 4.0]]
    """
    (rows, _), (_, columns) = left.shape, right.shape
    terms = np.concatenate([[0], np.cumsum(np.diff(right.indptr)[left.indices], dtype=np.int64)])
    room = int(np.minimum(np.diff(terms[left.indptr]), columns).sum())
    places = (left.indptr, left.indices, right.indptr, right.indices)
    if room > np.iinfo(np.int32).max or any(some.dtype != np.int32 for some in places):
        return sp.csr_array(left @ right)
    data = np.empty(room, dtype=np.result_type(left.data, right.data))
    indices, indptr = np.empty(room, dtype=np.int32), np.empty(rows + 1, dtype=np.int32)
    csr_matmat(
        rows,
        columns,
        *(left.indptr, left.indices, left.data),
        *(right.indptr, right.indices, right.data),
        *(indptr, indices, data),
    )
    used = indptr[-1]
    return sp.csr_array((data[:used], indices[:used], indptr), shape=(rows, columns))


def cosines(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Cosines of some rows with all rows; 0 with a row of zeros.

    Examples
    --------
    >>> cosines(np.array([[1.0, 0.0], [2.0, 2.0], [0.0, 0.0]]), np.array([0])).round(3).tolist()
    [[1.0, 0.707, 0.0]]
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return unit[rows] @ unit.T


def numbers(given: ArrayLike, lowest: int, highest: int, what: str, kind: str) -> np.ndarray:
    """Row or column numbers, checked.

    Examples
    --------
    >>> numbers(3, 0, 4, "pieces", "column")
    array([3])

    Raises
    ------
    ParameterError
        If they are not whole numbers from ``lowest`` to ``highest``.
    """
    checked = np.atleast_1d(np.asarray(given))
    if checked.size == 0:
        return np.zeros(0, dtype=np.intp)
    if checked.ndim != 1 or not np.issubdtype(checked.dtype, np.integer):
        raise ParameterError(f"{what} are given as a list of {kind} numbers")
    if checked.min() < lowest or checked.max() > highest:
        wrong = checked[(checked < lowest) | (checked > highest)]
        raise ParameterError(f"{kind} numbers must lie in {lowest}..{highest}, got {wrong[0]}")
    return checked.astype(np.intp)
