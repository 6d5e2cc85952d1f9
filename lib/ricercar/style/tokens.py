"""Pieces as tokens on the grid: what a network reads.

Conventions
-----------
* A piece is :data:`VOICES` parts on a grid of sixteenths, a *token* in each cell:
  :data:`REST`, :data:`HELD`, or where a note begins its pitch in semitones from the median
  pitch of the piece's first part. So a transposed piece is the same piece, and neither the
  time signature nor the bar lines are seen. Voices beyond the fourth are not seen.
* An *excerpt* is :data:`STEPS` steps; a shorter piece ends in rests.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ricercar import grid
from ricercar.errors import TableError

VOICES, STEPS = 4, 256
REST, HELD = 0, 1
#: semitones from the median pitch that have a token of their own; beyond, the nearest one's
LOW, HIGH = -30, 18
TOKENS = 2 + HIGH - LOW + 1


def tokens(pieces: pd.DataFrame, notes: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Lay pieces on the grid, transposed to a common height.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        As in :mod:`ricercar.tables`.

    Returns
    -------
    tokens : numpy.ndarray of int8, shape (pieces, steps of the longest, VOICES)
        0 to :data:`TOKENS` less one; at least :data:`STEPS` steps, rests at the end.
    length : numpy.ndarray of int, shape (pieces,)
        Steps of each piece, at least :data:`STEPS`.

    Raises
    ------
    TableError
        If a piece has no notes.

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 240], "duration": [240, 120],
    ...                       "pitch": [60, 62]})
    >>> token, _ = tokens(pd.DataFrame({"piece": ["a"], "quarters": [1.0]}), notes)
    >>> [int(t) for t in token[0, :4, 0]]  # the median is 61: one below, held, one above, rest
    [31, 1, 33, 0]
    """
    silent = ~pieces["piece"].isin(notes["piece"])
    if silent.any():
        raise TableError(f"piece {pieces.loc[silent, 'piece'].iloc[0]!r} has no notes")
    laid = grid.to_grid(notes, pieces, grid.SIXTEENTH, VOICES)
    index = np.repeat(np.arange(len(pieces)), laid.steps)
    melody = pd.Series(np.where(laid.onset[:, 0], laid.pitch[:, 0], np.nan))
    highest = pd.Series(np.where(laid.onset.any(axis=1), laid.pitch.max(axis=1), np.nan))
    # the first part may be silent: then the highest pitches; all four may: then middle C
    centre, above = (found.groupby(index).median() for found in (melody, highest))
    height = np.floor(centre.fillna(above).fillna(60).to_numpy()).astype(int)[index][:, None]
    struck = np.clip(laid.pitch - height, LOW, HIGH) - LOW + 2
    cell = np.where(laid.pitch == grid.REST, REST, np.where(laid.onset, struck, HELD))
    token = np.zeros((len(pieces), max(STEPS, int(laid.steps.max())), VOICES), np.int8)
    token[index, np.arange(len(index)) - laid.first[index]] = cell
    return token, np.maximum(laid.steps, STEPS)


def excerpts(token: np.ndarray, start: Sequence[int] | np.ndarray) -> np.ndarray:
    """One excerpt of each piece, from the step given.

    Parameters
    ----------
    token : numpy.ndarray, shape (pieces, steps, VOICES)
    start : numpy.ndarray of int, shape (pieces,)

    Returns
    -------
    numpy.ndarray, shape (pieces, STEPS, VOICES)
    """
    place = np.asarray(start)[:, None] + np.arange(STEPS)
    return token[np.arange(len(token))[:, None], place]
