"""The best-scored pieces of many listeners at once, with a stated tie rule.

Goal: an exact top n over dense blocks of scores, fast enough for full ranking.

Conventions
-----------
* Order: descending score; among equal scores the lower column comes first.
* A score of minus infinity means "never offer this"; it is never returned.
* Lists that run short are filled up with piece -1 and score NaN.
"""

import numpy as np

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
