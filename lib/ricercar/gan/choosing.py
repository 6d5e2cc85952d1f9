"""Choosing with given chance: a token from logits, candidates by their weights.

Conventions
-----------
Chance comes as uniform numbers, so that equal numbers choose alike.
"""

import numpy as np


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities from logits, shape (n, tokens)."""
    log_p = logits - logits.max(axis=1, keepdims=True)
    return log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))


def choose(
    log_p: np.ndarray, row: np.ndarray, uniform: np.ndarray, temperature: float, top_p: float
) -> np.ndarray:
    """A token for each uniform number, of the distribution in a row of log-probabilities.

    Parameters
    ----------
    log_p : numpy.ndarray of float, shape (n, tokens)
    row : numpy.ndarray of int, shape (draws,)
        Which distribution each draw is from.
    uniform : numpy.ndarray of float, shape (draws,)
        In [0, 1).
    temperature, top_p : float
        See :mod:`.writing`.

    Returns
    -------
    numpy.ndarray of int64, shape (draws,)

    Examples
    --------
    >>> log_p, row = np.log(np.array([[0.2, 0.5, 0.3]])), np.array([0, 0])
    >>> choose(log_p, row, np.array([0.1, 0.75]), 1.0, 0.7).tolist()
    [1, 2]
    >>> choose(log_p, row, np.array([0.1, 0.75]), 1.0, 0.4).tolist()
    [1, 1]
    """
    cooled = log_p / temperature
    p = np.exp(cooled - cooled.max(axis=1, keepdims=True)).astype(np.float64)
    p /= p.sum(axis=1, keepdims=True)
    if top_p < 1:
        order_ = np.argsort(-p, axis=1, kind="stable")
        ranked = np.take_along_axis(p, order_, axis=1)
        kept = np.cumsum(ranked, axis=1) - ranked < top_p
        np.put_along_axis(p, order_, np.where(kept, ranked, 0), axis=1)
        p /= p.sum(axis=1, keepdims=True)
    reached = np.cumsum(p, axis=1)
    return (reached[row] <= (uniform * reached[row, -1])[:, None]).sum(axis=1)


def drawn_anew(log_weight: np.ndarray, uniform: np.ndarray, count: int | None = None) -> np.ndarray:
    """Candidates in proportion to their weights, by systematic resampling.

    Parameters
    ----------
    log_weight : numpy.ndarray of float, shape (n, candidates)
    uniform : numpy.ndarray of float, shape (n,)
        In [0, 1).
    count : int, optional
        How many to draw; as many as there are if left out.

    Returns
    -------
    numpy.ndarray of int64, shape (n, count)

    Examples
    --------
    >>> drawn_anew(np.log(np.array([[5.0, 1.0, 2.0]])), np.array([0.5]), 4).tolist()
    [[0, 0, 1, 2]]
    """
    reached = np.cumsum(np.exp(log_weight - log_weight.max(axis=1, keepdims=True)), axis=1)
    count = log_weight.shape[1] if count is None else count
    mark = (uniform[:, None] + np.arange(count)) / count * reached[:, -1:]
    return (reached[:, None] <= mark[:, :, None]).sum(axis=2)
