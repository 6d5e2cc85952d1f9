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


def distinct(piece: np.ndarray, symbol: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pair off each piece's different symbols.

    Parameters
    ----------
    piece, symbol : numpy.ndarray of int
        ``symbol`` may be any integer.

    Returns
    -------
    piece : numpy.ndarray of int
        One entry for each different symbol of each piece.
    count : numpy.ndarray of float
        How often it occurs there.
    """
    if not len(piece):
        return piece.astype(int), np.zeros(0)
    order = np.lexsort((symbol, piece))
    piece, symbol = piece[order], symbol[order]
    new = np.concatenate(([True], (np.diff(piece) != 0) | (np.diff(symbol) != 0)))
    start = np.flatnonzero(new)
    return piece[start], np.diff(np.append(start, len(piece))).astype(float)


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
