"""Statistics of groups of unequal size, one value per piece, without loops over pieces.

Conventions
-----------
* ``piece`` is an integer array that says to which piece (0 .. n-1) each value belongs;
  ``n`` is the number of pieces. Values need no order unless a function says so.
* Every function returns a float array of length ``n``; NaN for pieces without values.
"""

import numpy as np
from numpy.typing import ArrayLike


def total(piece: np.ndarray, n: int, weight: np.ndarray | None = None) -> np.ndarray:
    """Sum of the weights (or count of the values) of each piece; 0 for none.

    Examples
    --------
    >>> total(np.array([0, 0, 2]), 3)
    array([2., 0., 1.])
    """
    return np.bincount(piece, weights=weight, minlength=n).astype(float)


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> np.ndarray:
    """Quotient, NaN where the denominator is 0.

    Examples
    --------
    >>> ratio(np.array([1.0, 1.0]), np.array([2.0, 0.0]))
    array([0.5, nan])
    """
    below = np.asarray(denominator, dtype=float)
    out = np.full(len(below), np.nan)
    return np.divide(np.asarray(numerator), below, out=out, where=below != 0)


def mean(
    piece: np.ndarray, n: int, value: np.ndarray, weight: np.ndarray | None = None
) -> np.ndarray:
    """Mean, optionally weighted, of each piece's values.

    A boolean ``value`` gives the share of cases in which it is true.

    Examples
    --------
    >>> mean(np.array([0, 0, 2]), 3, np.array([1.0, 2.0, 5.0]))
    array([1.5, nan, 5. ])
    """
    weighted = value.astype(float) if weight is None else value * weight.astype(float)
    return ratio(total(piece, n, weighted), total(piece, n, weight))


def spread(
    piece: np.ndarray, n: int, value: np.ndarray, weight: np.ndarray | None = None
) -> np.ndarray:
    """Standard deviation (population form) of each piece's values."""
    centred = value - mean(piece, n, value, weight)[piece]
    return np.sqrt(mean(piece, n, centred**2, weight))


def correlation(piece: np.ndarray, n: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson correlation of two columns in each piece; NaN where one is constant."""
    a = a - mean(piece, n, a)[piece]
    b = b - mean(piece, n, b)[piece]
    covariance = mean(piece, n, a * b)
    product = np.sqrt(mean(piece, n, a * a) * mean(piece, n, b * b))
    product[product < 1e-9] = 0.0
    return np.clip(ratio(covariance, np.nan_to_num(product)), -1.0, 1.0)


def quantile(piece: np.ndarray, n: int, value: np.ndarray, q: float) -> np.ndarray:
    """Quantile of each piece's values, interpolated linearly.

    Examples
    --------
    >>> quantile(np.array([0, 0, 0, 1]), 3, np.array([3.0, 1.0, 2.0, 7.0]), 0.25)
    array([1.5, 7. , nan])
    """
    ordered = value[np.lexsort((value, piece))].astype(float)
    count = np.bincount(piece, minlength=n)
    first = np.cumsum(count) - count
    present = count > 0
    position = first[present] + q * (count[present] - 1)
    below = np.floor(position).astype(int)
    above = np.ceil(position).astype(int)
    out = np.full(n, np.nan)
    out[present] = ordered[below] + (position - below) * (ordered[above] - ordered[below])
    return out


def counts(piece: np.ndarray, symbol: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often each piece has each of its symbols.

    Parameters
    ----------
    piece, symbol : numpy.ndarray of int
        ``symbol`` may be any integer.

    Returns
    -------
    piece, symbol : numpy.ndarray of int
        One entry for each different symbol of each piece, sorted.
    count : numpy.ndarray of float
        How often it occurs there.

    Examples
    --------
    >>> counts(np.array([0, 0, 0, 1]), np.array([7, 5, 7, 7]))
    (array([0, 0, 1]), array([5, 7, 7]), array([1., 2., 1.]))
    """
    if not len(piece):
        return piece.astype(int), symbol.astype(int), np.zeros(0)
    low, kinds = int(symbol.min()), None
    span = int(symbol.max()) - low + 1
    if span > 2**62 // (int(piece.max()) + 1):  # too wide for one integer to hold both
        kinds, symbol = np.unique(symbol, return_inverse=True)
        low, span = 0, len(kinds)
    key = np.sort(piece.astype(np.int64) * span + (symbol - low))
    start = starts(key)
    owner, code = np.divmod(key[start], span)
    found = code + low if kinds is None else kinds[code]
    return owner, found, np.diff(np.append(start, len(key))).astype(float)


def distinct(piece: np.ndarray, symbol: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Piece and count of :func:`counts`, where the symbols themselves do not matter."""
    owner, _, count = counts(piece, symbol)
    return owner, count


def extremes(piece: np.ndarray, n: int, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest of each piece's values.

    Parameters
    ----------
    piece : numpy.ndarray of int
        Sorted.
    n : int
    value : numpy.ndarray

    Returns
    -------
    least, greatest : numpy.ndarray of float, shape (n,)

    Examples
    --------
    >>> extremes(np.array([0, 0, 2]), 3, np.array([4, 1, 5]))
    (array([ 1., nan,  5.]), array([ 4., nan,  5.]))
    """
    least, greatest = np.full(n, np.nan), np.full(n, np.nan)
    first = starts(piece)
    if len(first):
        least[piece[first]] = np.minimum.reduceat(value, first)
        greatest[piece[first]] = np.maximum.reduceat(value, first)
    return least, greatest


def starts(group: np.ndarray) -> np.ndarray:
    """Index of the first entry of each group.

    Parameters
    ----------
    group : numpy.ndarray of int
        Entries of a group stand together.

    Examples
    --------
    >>> starts(np.array([0, 0, 2, 1]))
    array([0, 2, 3])
    """
    new = np.ones(len(group), dtype=bool)
    new[1:] = group[1:] != group[:-1]
    return np.flatnonzero(new)


def ends(group: np.ndarray) -> np.ndarray:
    """Index of the last entry of each group.

    Examples
    --------
    >>> ends(np.array([0, 0, 2, 1]))
    array([1, 2, 3])
    """
    return np.append(starts(group)[1:], len(group))[: len(group)] - 1


def place(group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each entry stands in its group, and the size of that group.

    Examples
    --------
    >>> place(np.array([0, 0, 2]))
    (array([0, 1, 0]), array([2, 2, 1]))
    """
    first = starts(group)
    size = np.diff(np.append(first, len(group)))
    return np.arange(len(group)) - np.repeat(first, size), np.repeat(size, size)


def conditional_entropy(
    piece: np.ndarray, n: int, before: np.ndarray, after: np.ndarray
) -> np.ndarray:
    """Entropy, in bits, of ``after`` when ``before`` is known.

    Parameters
    ----------
    piece, before, after : numpy.ndarray of int, shape (pairs,)
        Pairs of symbols; ``after`` is not negative.
    n : int

    Examples
    --------
    What comes after 0 is open, after 1 it is certain:

    >>> zero_or_one = np.array([0, 0, 1, 1])
    >>> conditional_entropy(np.zeros(4, int), 1, zero_or_one, np.array([5, 6, 7, 7]))
    array([0.5])
    """
    pair = before.astype(np.int64) * (int(after.max(initial=0)) + 1) + after
    bits = entropy(piece, n, pair) - entropy(piece, n, before)
    return np.maximum(bits, 0.0)


def entropy(piece: np.ndarray, n: int, symbol: np.ndarray) -> np.ndarray:
    """Shannon entropy, in bits, of each piece's distribution of symbols.

    Examples
    --------
    >>> entropy(np.array([0, 0, 1, 1]), 3, np.array([5, 7, 5, 5]))
    array([ 1.,  0., nan])
    """
    owner, count = distinct(piece, symbol)
    size = total(piece, n)
    share = count / size[owner]
    bits = total(owner, n, -share * np.log2(share))
    return np.where(size > 0, np.maximum(bits, 0.0), np.nan)


def runs(piece: np.ndarray, length: int) -> np.ndarray:
    """Where ``length`` consecutive entries belong to one piece.

    Parameters
    ----------
    piece : numpy.ndarray of int
        Sorted.
    length : int

    Returns
    -------
    numpy.ndarray of int
        Indices of the first entry of each such run.

    Examples
    --------
    >>> runs(np.array([0, 0, 0, 1]), 2)
    array([0, 1])
    """
    last = len(piece) - length + 1
    if last <= 0:
        return np.zeros(0, dtype=int)
    return np.flatnonzero(piece[:last] == piece[length - 1 :])


def recurring_sets(
    piece: np.ndarray, n: int, group: np.ndarray, *columns: np.ndarray
) -> np.ndarray:
    """Share of each piece's groups (bars) whose set of rows an earlier group had.

    Parameters
    ----------
    piece, group : numpy.ndarray of int, shape (rows,)
        Sorted; rows of one piece and group make a set.
    n : int
    *columns : numpy.ndarray
        Whole numbers, not negative, that together say what a row is.

    Examples
    --------
    Four groups, of which the third has what the first had and the fourth what the second:

    >>> group = np.array([0, 0, 1, 2, 2, 3])
    >>> recurring_sets(np.zeros(6, int), 1, group, np.array([5, 7, 5, 7, 5, 5]))
    array([0.5])
    """
    if not len(piece):
        return np.full(n, np.nan)
    row = hashed(*columns)
    start = np.flatnonzero((np.diff(piece, prepend=-1) != 0) | (np.diff(group, prepend=0) != 0))
    owner, _ = distinct(piece[start], np.add.reduceat(row, start).view(np.int64))
    return 1 - ratio(total(owner, n), total(piece[start], n))


def hashed(*columns: np.ndarray) -> np.ndarray:
    """One number for each row of whole numbers, not negative: different rows, and sums of
    different rows, hardly ever coincide (the bits are mixed as in splitmix64).

    Examples
    --------
    >>> rows = hashed(np.array([60, 62, 60]), np.array([480, 480, 480]))
    >>> bool(rows[0] == rows[2]), bool(rows[0] == rows[1])
    (True, False)
    """
    row = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        row = row + column.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        row = (row ^ (row >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        row = (row ^ (row >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        row = row ^ (row >> np.uint64(31))
    return row
