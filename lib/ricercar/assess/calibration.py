r"""Whether lists keep the proportions of a listener's taste in styles.

Goal: one definition for whoever measures lists (:mod:`.ranking`) and for whoever re-orders
them (:mod:`ricercar.recommend.rerank_groups`).

Conventions
-----------
* ``p`` is a listener's *style mix*: the shares of styles in what was liked in training,
  pieces counting by their weight (weights of 0 or less count nothing). ``q`` is the mix of
  the list, every place counting the same.
* Pieces without a style are left out of both. A mix of nothing is NaN, and so is every
  distance from it; asked for zeros instead (``empty``), nothing is 0 from any list, and
  any taste :math:`-\log \alpha` from nothing.
* Both distances are in bits (published ones are often in nats: times :math:`\ln 2`).

===============  =====================================================================
``style_kl@k``   :math:`\sum_g p_g \log_2 (p_g / \tilde q_g)` with
                 :math:`\tilde q = (1 - \alpha) q + \alpha p`, :math:`\alpha = 0.01`, so that
                 a style missing from the list costs much, not infinitely; 0 (same
                 proportions) to :math:`-\log_2 \alpha` = 6.64
``style_js@k``   Jensen-Shannon divergence: mean of the divergences of p and q from their
                 mean; 0 to 1 (nothing in common), symmetric, without a parameter
===============  =====================================================================

Sources
-------
H. Steck, "Calibrated recommendations", RecSys 2018. J. Lin, "Divergence measures based on
the Shannon entropy", IEEE Transactions on Information Theory 37 (1991).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.errors import ParameterError

#: Steck's weight of the listener's own mix in the list's
ALPHA = 0.01


def shares(styles: ArrayLike) -> np.ndarray:
    """How each piece divides among styles.

    Parameters
    ----------
    styles : array_like, shape (pieces,) or (pieces, styles)
        A label per piece (missing where there is none), or numbers of at least 0, scaled to
        add up to 1.

    Returns
    -------
    numpy.ndarray, shape (pieces, styles)
        Rows add up to 1, or are 0 for a piece without a style; labels in sorted order.

    Raises
    ------
    ParameterError
        If a number is negative or not finite.

    Examples
    --------
    >>> shares(["reel", "jig", None]).tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]
    >>> shares([[1, 3], [0, 0]]).tolist()
    [[0.25, 0.75], [0.0, 0.0]]
    """
    if np.ndim(styles) == 1:
        labels = pd.Series(np.asarray(styles, dtype=object))
        return pd.get_dummies(labels, dtype=float).to_numpy()
    weights = np.asarray(styles, dtype=float)
    if weights.ndim != 2 or not np.isfinite(weights).all() or (weights < 0).any():
        raise ParameterError(
            "styles are a label per piece, or a table pieces x styles of numbers of at least 0"
        )
    return normalised(weights, empty=0.0)


def normalised(rows: np.ndarray, empty: float = np.nan) -> np.ndarray:
    """Rows scaled to add up to 1; ``empty`` where there is nothing to scale.

    Examples
    --------
    >>> normalised(np.array([[1.0, 3.0], [0.0, 0.0]]), empty=0.0).tolist()
    [[0.25, 0.75], [0.0, 0.0]]
    """
    total = rows.sum(axis=-1, keepdims=True)
    return np.divide(rows, total, out=np.full(rows.shape, empty), where=total > 0)


def profile_mix(weights: Any, share: np.ndarray, empty: float = np.nan) -> np.ndarray:
    """Style mix of what each listener liked.

    Parameters
    ----------
    weights : scipy sparse, shape (listeners, pieces)
        Of training.
    share : numpy.ndarray, shape (pieces, styles)
        From :func:`shares`.
    empty : float
        What a mix of nothing is.

    Returns
    -------
    numpy.ndarray, shape (listeners, styles)
        ``empty`` for a listener without a liked piece that has a style.

    Examples
    --------
    >>> profile_mix(sp.csr_array([[3, 1], [-1, 0]]), shares(["reel", "jig"])).tolist()
    [[0.25, 0.75], [nan, nan]]
    """
    return normalised(sp.csr_array(weights, dtype=np.float64).maximum(0) @ share, empty)


def list_mix(lists: np.ndarray, share: np.ndarray, empty: float = np.nan) -> np.ndarray:
    """Style mix of each list.

    Parameters
    ----------
    lists : numpy.ndarray of int, shape (listeners, k)
        -1 where a list ran short.
    share : numpy.ndarray, shape (pieces, styles)
    empty : float
        What a mix of nothing is.

    Returns
    -------
    numpy.ndarray, shape (listeners, styles)
        ``empty`` for a list in which nothing has a style.

    Examples
    --------
    >>> list_mix(np.array([[0, 1], [1, -1]]), shares(["reel", "jig"])).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    padded = np.vstack([share, np.zeros(share.shape[1])])
    total = np.zeros((len(lists), share.shape[1]))
    for column in lists.T:
        total += padded[column]
    return normalised(total, empty)


#: np.log2 for bits, np.log for nats
Logarithm = Callable[[np.ndarray], np.ndarray]


def divergence(
    profile: np.ndarray, listed: np.ndarray, alpha: float = ALPHA, log: Logarithm = np.log2
) -> np.ndarray:
    """How far each list's mix is from the profile's (Kullback-Leibler).

    Parameters
    ----------
    profile, listed : numpy.ndarray, shape (..., styles)
        Mixes.
    alpha : float
        In (0, 1).
    log : callable
        Its base sets the unit: bits, or nats with ``np.log``.

    Returns
    -------
    numpy.ndarray, shape (...)
        From 0 to ``-log(alpha)``.

    Raises
    ------
    ParameterError
        If alpha is out of range.

    Examples
    --------
    >>> divergence(np.array([0.5, 0.5]), np.array([0.5, 0.5])).item()
    0.0
    >>> divergence(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])).round(2).tolist()
    [6.64]
    """
    if not 0 < alpha < 1:
        raise ParameterError(f"alpha must lie between 0 and 1, got {alpha}")
    p = np.asarray(profile, dtype=float)
    return _relative_entropy(p, (1 - alpha) * np.asarray(listed, dtype=float) + alpha * p, log)


def _relative_entropy(p: np.ndarray, q: np.ndarray, log: Logarithm = np.log2) -> np.ndarray:
    """Divergence of p from q along the last axis; q is above 0 where p is."""
    quotient = np.divide(p, q, out=np.ones_like(q), where=p > 0)
    return (p * log(quotient)).sum(axis=-1)


def jensen_shannon(profile: np.ndarray, listed: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence of each list's mix and the profile's, bits.

    Parameters
    ----------
    profile, listed : numpy.ndarray, shape (listeners, styles)
        Mixes; NaN where there is none.

    Returns
    -------
    numpy.ndarray, shape (listeners,)
        In 0..1.

    Examples
    --------
    >>> jensen_shannon(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])).tolist()
    [1.0]
    """
    p, q = np.asarray(profile, dtype=float), np.asarray(listed, dtype=float)
    middle = (p + q) / 2
    return (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
