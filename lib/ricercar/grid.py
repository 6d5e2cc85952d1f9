"""Notes on a grid: (time, voice) arrays of sounding pitch and onset, and back.

Goal: one function each way between the ``notes`` table and fixed arrays that a
network can read, such that a round trip loses nothing that the grid can hold.

Conventions
-----------
* A *cell* is one voice during one step. A step lasts ``step`` ticks (120 is a
  sixteenth note, :data:`ricercar.tables.TICKS_PER_QUARTER` being 480).
* ``pitch`` is int16, MIDI number of what sounds in the cell, -1 where it rests.
* ``onset`` is bool, True where a note begins. In *canonical* form a note begins
  exactly where ``onset`` is True: never in a rest, and always where the pitch
  changes and in the first step.
* A grid holds one note per voice and step. What it cannot hold is decided so: an
  onset goes to the nearest step, a note lasts at least one step and ends where
  the next one of its part begins, and of two notes that begin in the same cell
  the longer stays, then the higher. Parts beyond the last voice are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.tables import TICKS_PER_QUARTER

REST = -1
SIXTEENTH = TICKS_PER_QUARTER // 4


@dataclass(frozen=True)
class Grid:
    """Many pieces on the grid, one after the other in time.

    Attributes
    ----------
    piece : numpy.ndarray of str, shape (n,)
        Ids, in the order of the pieces table.
    first : numpy.ndarray of int64, shape (n + 1,)
        Piece ``i`` takes the rows ``first[i]`` up to ``first[i + 1]``.
    step : numpy.ndarray of int64, shape (n,)
        Ticks of a step, per piece.
    pitch : numpy.ndarray of int16, shape (steps of all pieces, voices)
    onset : numpy.ndarray of bool, same shape
    """

    piece: np.ndarray
    first: np.ndarray
    step: np.ndarray
    pitch: np.ndarray
    onset: np.ndarray

    @property
    def steps(self) -> np.ndarray:
        """Number of steps of each piece, shape (n,)."""
        return np.diff(self.first)

    def of(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """``pitch`` and ``onset`` of one piece, each of shape (steps, voices)."""
        rows = slice(self.first[index], self.first[index + 1])
        return self.pitch[rows], self.onset[rows]


@dataclass(frozen=True)
class Windows:
    """Excerpts of equal size.

    Attributes
    ----------
    index : numpy.ndarray of int64, shape (n,)
        Row of the pieces table that the excerpt comes from.
    start : numpy.ndarray of int64, shape (n,)
        First step of the excerpt in its piece.
    pitch : numpy.ndarray of int16, shape (n, steps, voices)
    onset : numpy.ndarray of bool, same shape
    """

    index: np.ndarray
    start: np.ndarray
    pitch: np.ndarray
    onset: np.ndarray


def canonical(pitch: np.ndarray, onset: np.ndarray) -> np.ndarray:
    """Onsets in canonical form: where a note begins, and nowhere else.

    Parameters
    ----------
    pitch : numpy.ndarray of int, shape (..., steps, voices)
    onset : numpy.ndarray of bool, same shape

    Returns
    -------
    numpy.ndarray of bool, same shape

    Examples
    --------
    >>> pitch = np.array([[60], [60], [62], [-1]])
    >>> canonical(pitch, np.zeros((4, 1), bool))[:, 0].tolist()
    [True, False, True, False]
    """
    begins = np.array(onset, dtype=bool)
    begins[..., 0, :] = True
    begins[..., 1:, :] |= pitch[..., 1:, :] != pitch[..., :-1, :]
    return begins & (pitch != REST)


def to_grid(
    notes: pd.DataFrame,
    pieces: pd.DataFrame,
    step: int | np.ndarray = SIXTEENTH,
    voices: int = 4,
) -> Grid:
    """Lay the notes of many pieces on the grid.

    Parameters
    ----------
    notes : pandas.DataFrame
        In the schema ``notes``; notes of pieces not in ``pieces`` are left out.
    pieces : pandas.DataFrame
        Columns ``piece`` and ``quarters``; gives order and length.
    step : int or numpy.ndarray of int, shape (n pieces,)
        Ticks of a step.
    voices : int
        Number of voices; part ``v`` goes to voice ``v``.

    Returns
    -------
    Grid

    Raises
    ------
    ParameterError
        If ``step`` or ``voices`` is not positive.

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 240],
    ...                       "duration": [240, 120], "pitch": [60, 60]})
    >>> grid = to_grid(notes, pd.DataFrame({"piece": ["a"], "quarters": [1.0]}), voices=1)
    >>> grid.pitch[:, 0].tolist(), grid.onset[:, 0].tolist()
    ([60, 60, 60, -1], [True, False, True, False])
    """
    steps_of = np.broadcast_to(np.asarray(step, np.int64), (len(pieces),))
    if voices < 1 or (steps_of < 1).any():
        raise ParameterError(f"voices ({voices}) and step ({step}) must be positive")
    ids = pd.Index(pieces["piece"])
    index = ids.get_indexer(notes["piece"])
    part = notes["part"].to_numpy(np.int64)
    kept = (index >= 0) & (part < voices)
    index, part = index[kept], part[kept]
    onset = notes["onset"].to_numpy(np.int64)[kept]
    duration = notes["duration"].to_numpy(np.int64)[kept]
    sounding = notes["pitch"].to_numpy(np.int16)[kept]
    tick = steps_of[index]
    begin = (onset + tick // 2) // tick
    end = np.maximum(begin + 1, (onset + duration + tick // 2) // tick)

    # the last note of each (piece, part, begin) is the longest, then the highest
    order = np.lexsort((sounding, end, begin, part, index))
    index, part, begin, end, sounding = (
        array[order] for array in (index, part, begin, end, sounding)
    )
    same_voice = (index[1:] == index[:-1]) & (part[1:] == part[:-1])
    last = np.append(~(same_voice & (begin[1:] == begin[:-1])), True)[: len(index)]
    index, part, begin, end, sounding = (
        array[last] for array in (index, part, begin, end, sounding)
    )
    same_voice = (index[1:] == index[:-1]) & (part[1:] == part[:-1])
    end[:-1] = np.where(same_voice, np.minimum(end[:-1], begin[1:]), end[:-1])

    ticks = np.round(pieces["quarters"].to_numpy(float) * TICKS_PER_QUARTER).astype(np.int64)
    length = -(-ticks // steps_of)
    np.maximum.at(length, index, end)
    first = np.concatenate([[0], np.cumsum(length)])
    pitch = np.full((first[-1], voices), REST, np.int16)
    begins = np.zeros((first[-1], voices), bool)
    row = first[index] + begin
    begins[row, part] = True
    held = end - begin
    within = np.arange(held.sum()) - np.repeat(np.cumsum(held) - held, held)
    pitch[np.repeat(row, held) + within, np.repeat(part, held)] = np.repeat(sounding, held)
    return Grid(ids.to_numpy(dtype=str), first, np.array(steps_of), pitch, begins)


def to_notes(
    pitch: np.ndarray,
    onset: np.ndarray,
    piece: str | Sequence[str],
    step: int | np.ndarray = SIXTEENTH,
) -> pd.DataFrame:
    """Read the notes off the grid.

    Parameters
    ----------
    pitch : numpy.ndarray of int, shape (steps, voices) or (n, steps, voices)
        -1 for a rest.
    onset : numpy.ndarray of bool, same shape
        A note also begins where the pitch changes.
    piece : str, or sequence of str of length n
        Id of the piece, or of each piece.
    step : int or numpy.ndarray of int, shape (n,)
        Ticks of a step.

    Returns
    -------
    pandas.DataFrame
        In the schema ``notes``, sorted by piece (as given), onset and part.

    Examples
    --------
    >>> to_notes(np.array([[60], [60], [-1]]), np.array([[1], [1], [0]]), "a")
      piece  part  onset  duration  pitch
    0     a     0      0       120     60
    1     a     0    120       120     60
    """
    pitch = np.asarray(pitch)
    if pitch.ndim == 2:
        pitch, onset, piece = pitch[None], np.asarray(onset)[None], [str(piece)]
    n, steps, voices = pitch.shape
    if len(piece) != n or isinstance(piece, str):
        raise ParameterError(f"{n} piece(s) on the grid, but ids {piece!r}")
    begins = canonical(pitch, np.asarray(onset, bool))
    # voice by voice in one line: a note ends where the next cell is a rest or a beginning
    line = np.moveaxis(pitch, 2, 1).reshape(n * voices, steps)
    starts = np.moveaxis(begins, 2, 1).reshape(n * voices, steps)
    stops = np.ones((n * voices, steps + 1), bool)
    stops[:, :steps] = starts | (line == REST)
    row, begin = np.nonzero(starts)
    flat = np.flatnonzero(stops)
    here = row * (steps + 1) + begin
    end = flat[np.searchsorted(flat, here, side="right")] - row * (steps + 1)
    ticks = np.broadcast_to(np.asarray(step, np.int64), (n,))[row // voices]
    frame = pd.DataFrame(
        {
            "piece": pd.array(np.asarray(piece, dtype=object)[row // voices], dtype="str"),
            "part": (row % voices).astype(np.int64),
            "onset": begin * ticks,
            "duration": (end - begin) * ticks,
            "pitch": line[row, begin].astype(np.int64),
        }
    )
    order = np.lexsort((row % voices, begin, row // voices))
    return frame.iloc[order].reset_index(drop=True)


def windows(
    grid: Grid,
    length: np.ndarray,
    hop: np.ndarray,
    first: np.ndarray,
    steps: int,
) -> Windows:
    """Cut every piece into excerpts.

    Parameters
    ----------
    grid : Grid
    length, hop, first : numpy.ndarray of int, shape (n pieces,)
        Steps of an excerpt, from one excerpt to the next, and before the first one
        (an upbeat). Length 0 leaves a piece out.
    steps : int
        Size of the result; what an excerpt does not fill is rest.

    Returns
    -------
    Windows
        Whole excerpts only. A note that is already sounding begins at the cut.

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0], "duration": [480],
    ...                       "pitch": [60]})
    >>> grid = to_grid(notes, pd.DataFrame({"piece": ["a"], "quarters": [1.0]}), voices=1)
    >>> two = np.array([2])
    >>> cut = windows(grid, two, two, np.array([0]), steps=3)
    >>> cut.pitch[..., 0].tolist(), cut.onset[..., 0].astype(int).tolist()
    ([[60, 60, -1], [60, 60, -1]], [[1, 0, 0], [1, 0, 0]])
    """
    if (np.asarray(length) > steps).any() or (np.asarray(hop) < 1).any():
        raise ParameterError(f"an excerpt must fit {steps} steps, and the hop be positive")
    room = grid.steps - first - length
    count = np.where((length > 0) & (room >= 0), room // hop + 1, 0)
    index = np.repeat(np.arange(len(count)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    start = first[index] + nth * hop[index]
    inside = np.arange(steps) < length[index][:, None]
    cells = np.where(inside, (grid.first[index] + start)[:, None] + np.arange(steps), 0)
    pitch = np.where(inside[..., None], grid.pitch[cells], np.int16(REST))
    onset = canonical(pitch, grid.onset[cells] & inside[..., None])
    return Windows(index, start, pitch, onset)
