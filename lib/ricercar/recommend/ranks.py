"""The best-scored pieces of many listeners at once, with a stated tie rule.

Goal: an exact top n over dense blocks of scores, fast enough for full ranking, and over
sparse ones, where only what is stored counts.

Conventions
-----------
* Order: descending score; among equal scores the lower column comes first.
* A score of minus infinity means "never offer this"; it is never returned.
* Lists that run short are filled up with piece -1 and score NaN.
"""

import numpy as np
import scipy.sparse as sp

from ricercar.errors import ParameterError

#: scores per segment whose maximum is looked at before the scores themselves
_SEGMENT = 64


def best(scores: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The ``n`` best columns of every row.

    A row has at least n scores that reach the n-th largest of its segments' maxima. That
    bound takes one fast pass; then only segments that reach it are looked into, and few
    candidates are left to sort.

    Parameters
    ----------
    scores : numpy.ndarray, shape (rows, columns), floating point
    n : int
        How many; more than there are columns means all of them.

    Returns
    -------
    items : numpy.ndarray of int, shape (rows, min(n, columns))
        Columns, best first; -1 where a row has nothing left.
    values : numpy.ndarray, same shape
        Their scores; NaN where there is no item.

    Raises
    ------
    ParameterError
        If n is negative or a score is NaN.

    Examples
    --------
    >>> items, values = best(np.array([[1.0, 3.0, 3.0, -np.inf]]), 4)
    >>> items.tolist()
    [[1, 2, 0, -1]]
    """
    if n < 0:
        raise ParameterError(f"cannot list {n} pieces: n must be 0 or more")
    rows, columns = scores.shape
    n = min(n, columns)
    items = np.full((rows, n), -1, dtype=np.int64)
    values = np.full((rows, n), np.nan)
    if rows == 0 or n == 0:
        return items, values
    row, column = _candidates(scores, n)
    score = scores[row, column]
    order = np.lexsort((column, -score, row))
    row, column, score = row[order], column[order], score[order]
    place = np.arange(len(row)) - np.searchsorted(row, np.arange(rows))[row]
    kept = place < n
    items[row[kept], place[kept]] = column[kept]
    values[row[kept], place[kept]] = score[kept]
    return items, values


def _candidates(scores: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of finite scores, among them the n best of every row."""
    rows, columns = scores.shape
    width = columns // _SEGMENT
    if width < 2 * n:
        row, column = np.nonzero(scores >= _bound(scores, n))
        return row, column
    # a segment is every width-th column: maxima of whole stretches of memory are fast
    whole = width * _SEGMENT
    peaks = scores[:, :whole].reshape(rows, _SEGMENT, width).max(axis=1)
    bound = _bound(np.concatenate([peaks, scores[:, whole:]], axis=1), n)
    row, segment = np.nonzero(peaks >= bound)
    inside = segment[:, None] + width * np.arange(_SEGMENT)
    which, place = np.nonzero(scores[row[:, None], inside] >= bound[row])
    rest_row, rest = np.nonzero(scores[:, whole:] >= bound)
    found = np.concatenate([row[which], rest_row])
    return found, np.concatenate([inside[which, place], rest + whole])


def _bound(scores: np.ndarray, n: int) -> np.ndarray:
    """The n-th largest of each row, finite, shape (rows, 1)."""
    place = scores.shape[1] - n
    bound = np.partition(scores, place, axis=1)[:, [place]]
    if np.isnan(scores.max(axis=1)).any():
        raise ParameterError("a score is not a number: the model did not converge")
    return np.maximum(bound, np.finfo(scores.dtype).min)


def strongest(matrix: sp.csr_array, n: int, above: float = -np.inf) -> sp.csr_array:
    """The ``n`` largest stored entries of every row, among equal ones those of lower columns.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array
        Without NaN.
    n : int
        At least 1.
    above : float
        Only entries larger than this.

    Returns
    -------
    scipy.sparse.csr_array, same shape
        At most n entries a row, columns ascending.

    Examples
    --------
    >>> strongest(sp.csr_array([[1.0, 3.0, 2.0, 2.0]]), 2).toarray().tolist()
    [[0.0, 3.0, 2.0, 0.0]]
    """
    data, counts = matrix.data, np.diff(matrix.indptr)
    number = data.dtype.type
    bound = np.full(len(counts), np.nextafter(number(above), number(np.inf)))
    for row in np.flatnonzero(counts > n):
        entries = data[matrix.indptr[row] : matrix.indptr[row + 1]].copy()
        entries.partition(len(entries) - n)
        bound[row] = max(bound[row], entries[len(entries) - n])
    kept = np.flatnonzero(data >= np.repeat(bound, counts))
    column, value = matrix.indices[kept], data[kept]
    ends = np.searchsorted(kept, matrix.indptr).astype(matrix.indptr.dtype)
    surplus = np.diff(ends) - n
    if (surplus > 0).any():  # equal entries at the bound: those of the highest columns go
        place = np.repeat(np.arange(len(counts), dtype=np.int32), np.diff(ends))
        last = np.flatnonzero((value == bound[place]) & (surplus[place] > 0))
        last = last[np.lexsort((-column[last], place[last]))]
        nth = np.arange(len(last)) - np.searchsorted(place[last], place[last])
        gone = last[nth < surplus[place[last]]]
        column, value = np.delete(column, gone), np.delete(value, gone)
        ends[1:] -= np.cumsum(np.maximum(surplus, 0), dtype=ends.dtype)
    found = sp.csr_array((value, column, ends), shape=matrix.shape)
    found.sort_indices()
    return found


def best_stored(
    scores: sp.csr_array, n: int, above: float = -np.inf
) -> tuple[np.ndarray, np.ndarray]:
    """As :func:`best`, but only stored scores can be listed.

    Parameters
    ----------
    scores : scipy.sparse.csr_array, shape (rows, columns)
        Without NaN.
    n : int
        At least 1.
    above : float
        Only scores larger than this.

    Examples
    --------
    >>> best_stored(sp.csr_array([[1.0, 0.0, 3.0, 3.0]]), 4)[0].tolist()
    [[2, 3, 0, -1]]
    """
    kept = strongest(scores, n, above)
    rows, columns = kept.shape
    counts = np.diff(kept.indptr)
    inside = np.arange(min(n, columns)) < counts[:, None]
    values = np.full(inside.shape, -np.inf)
    items = np.full(inside.shape, -1, dtype=np.int64)
    values[inside], items[inside] = kept.data, kept.indices
    order = np.argsort(-values, axis=1, kind="stable")
    values, items = (np.take_along_axis(some, order, axis=1) for some in (values, items))
    values[items < 0] = np.nan
    return items, values


def with_hidden(weights: sp.csr_array) -> sp.csr_array:
    """Weights with one more input per piece: that it is hidden, worth minus infinity.

    To add that within the product is cheaper than to look hidden pieces up in what comes out.

    Examples
    --------
    >>> with_hidden(sp.csr_array([[0.5, 0.0]])).toarray().tolist()
    [[0.5, 0.0], [-inf, 0.0], [0.0, -inf]]
    """
    never = sp.diags_array(np.full(weights.shape[1], -np.inf))
    return sp.csr_array(sp.vstack([weights, never], format="csr"))


def hide(scores: np.ndarray, rows: np.ndarray, hidden: sp.csr_array) -> None:
    """Set the scores of hidden pieces to minus infinity, in place.

    Parameters
    ----------
    scores : numpy.ndarray, shape (len(rows), pieces)
    rows : numpy.ndarray of int
        Listeners; nothing is hidden from -1, one never seen.
    hidden : scipy.sparse.csr_array, shape (listeners, pieces)
        Without stored zeros.

    Examples
    --------
    >>> scores = np.array([[1.0, 2.0], [1.0, 2.0]])
    >>> hide(scores, np.array([0, -1]), sp.csr_array([[0.0, 3.0]]))
    >>> scores.tolist()
    [[1.0, -inf], [1.0, 2.0]]
    """
    known = np.flatnonzero(rows >= 0)
    picked = hidden[rows[known]]
    scores[np.repeat(known, np.diff(picked.indptr)), picked.indices] = -np.inf
