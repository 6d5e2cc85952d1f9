"""The most likely sequence of states, for many pieces at a time.

Goal: smooth a labelling (chords, keys) by asking a price for every change.

Conventions
-----------
* ``fit`` says how well each state explains each segment: larger is better, any scale
  (log-likelihoods are one).
* Sequences of different pieces are decoded apart. Equal sums go to the state with the
  smaller number.

Sources
-------
A. J. Viterbi, "Error bounds for convolutional codes", IEEE Transactions on Information
Theory 13, 1967.
"""

import numpy as np

_BLOCK = 8_000_000  # cells of the table of ways back that are held at a time


def decode(piece: np.ndarray, fit: np.ndarray, price: np.ndarray) -> np.ndarray:
    """Sequence of states with the largest sum of fits less the price of its changes.

    Parameters
    ----------
    piece : numpy.ndarray of int, shape (segments,)
        Sorted.
    fit : numpy.ndarray, shape (segments, states)
    price : numpy.ndarray, shape (segments,)
        Price of coming into this segment with another state than the one before.

    Returns
    -------
    numpy.ndarray of int, shape (segments,)

    Examples
    --------
    One doubtful segment among others does not change the state:

    >>> fit = np.array([[1.0, 0.0], [0.4, 0.6], [1.0, 0.0]])
    >>> decode(np.zeros(3, int), fit, np.full(3, 0.5))
    array([0, 0, 0])
    >>> decode(np.zeros(3, int), fit, np.full(3, 0.05))
    array([0, 1, 0])
    """
    state = np.zeros(len(piece), dtype=np.int64)
    if not len(piece):
        return state
    begin = np.flatnonzero(np.diff(piece, prepend=-1))
    length = np.diff(np.append(begin, len(piece)))
    order = np.argsort(-length, kind="stable")
    done = 0
    while done < len(order):
        longest = length[order[done]]
        rows = max(1, _BLOCK // (longest * fit.shape[1]))
        batch = order[done : done + rows]
        _decode_batch(begin[batch], length[batch], fit, price, state)
        done += len(batch)
    return state


def _decode_batch(
    begin: np.ndarray,
    length: np.ndarray,
    fit: np.ndarray,
    price: np.ndarray,
    state: np.ndarray,
) -> None:
    """Decode the pieces that begin at ``begin``, longest first, into ``state``."""
    steps, states = int(length[0]), fit.shape[1]
    back = np.zeros((steps, len(begin), states), dtype=np.int16)
    best = fit[begin].astype(float)
    same = np.arange(states)
    for step in range(1, steps):
        live = int((length > step).sum())  # the longest come first
        rows = begin[:live] + step
        before, cost = best[:live], price[rows][:, None]
        leader = before.argmax(axis=1)[:, None]
        changed = np.take_along_axis(before, leader, axis=1) - cost
        stays = before >= changed
        back[step, :live] = np.where(stays, same, leader)
        best[:live] = np.where(stays, before, changed) + fit[rows]
    now = best.argmax(axis=1)
    for step in range(steps - 1, -1, -1):
        live = int((length > step).sum())
        state[begin[:live] + step] = now[:live]
        now[:live] = back[step, np.arange(live), now[:live]]
