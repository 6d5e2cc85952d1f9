"""What voices do against each other: counts on a grid of sixteenths, per piece.

Goal: the counts behind parallels, triads, dissonance and crossing, for a whole
table of notes at a time.

Conventions
-----------
* A *frame* is the instant at every :data:`STEP` ticks (a sixteenth) from the start
  of the piece. A voice sounds the note that has begun and not ended there; of
  several notes in one part the highest; -1 is a rest.
* A *voice* is a part, the highest first; parts from :data:`VOICES` on are left out.
* A voice *moves* between two frames that follow each other when both sound and the
  pitch differs: a repeated note is no motion, nor is an entry after a rest.
* Every measure is a pair of counts per piece, ``top`` out of ``bottom``, so that a
  set's figure is the ratio of the sums.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from ricercar.errors import TableError
from ricercar.tables import TICKS_PER_QUARTER

STEP = TICKS_PER_QUARTER // 4
VOICES = 4

#: measure -> what top is multiplied with
MEASURES = {
    "parallel_fifths": 1000.0,
    "parallel_octaves": 1000.0,
    "triad": 100.0,
    "dissonance": 100.0,
    "crossing": 100.0,
}
_DISSONANT = np.isin(np.arange(12), (1, 2, 6, 10, 11))


def numbered(pieces: pd.DataFrame, notes: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """The notes of a set, ordered by piece, part and onset, and the piece's number of each.

    Returns
    -------
    number : numpy.ndarray of int, shape (notes,)
        Row of ``pieces``.
    notes : pandas.DataFrame

    Raises
    ------
    TableError
        If a piece stands twice in ``pieces``.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["b", "a"]})
    >>> notes = pd.DataFrame({"piece": ["a", "b", "c"], "part": 0, "onset": 0,
    ...                       "duration": 480, "pitch": [60, 62, 64]})
    >>> number, ordered = numbered(pieces, notes)
    >>> number.tolist(), ordered["pitch"].tolist()
    ([0, 1], [62, 60])
    """
    index = pd.Index(pieces["piece"])
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        raise TableError(f"piece {twice!r} stands twice in the table of pieces: give unique ids")
    number = index.get_indexer(notes["piece"])
    order = np.lexsort((notes["pitch"], notes["onset"], notes["part"], number))
    order = order[number[order] >= 0]
    return number[order], notes.iloc[order]


def _triad_sets() -> np.ndarray:
    """For each of the 4,096 sets of pitch classes: does it lie within one triad?"""
    triads = [
        sum(1 << (root + step) % 12 for step in steps)
        for root in range(12)
        for steps in ((0, 4, 7), (0, 3, 7))
    ]
    sets = np.arange(4096)
    return np.any([(sets & ~triad) == 0 for triad in triads], axis=0)


_WITHIN_TRIAD = _triad_sets()


def frames(number: np.ndarray, notes: pd.DataFrame, count: int) -> tuple[np.ndarray, np.ndarray]:
    """All pieces on one long grid.

    Parameters
    ----------
    number : numpy.ndarray, shape (notes,)
        Number of the piece that each note belongs to, 0..count-1.
    notes : pandas.DataFrame
        Columns part, onset, duration and pitch, in ticks and MIDI pitch.
    count : int
        Number of pieces.

    Returns
    -------
    pitch : numpy.ndarray of int16, shape (frames, VOICES)
        The frames of piece 0, then of piece 1, ...; -1 is a rest.
    owner : numpy.ndarray of int, shape (frames,)
        Number of the piece.

    Examples
    --------
    >>> notes = pd.DataFrame({"part": [0, 1], "onset": [0, 120], "duration": [240, 120],
    ...                       "pitch": [72, 60]})
    >>> frames(np.array([0, 0]), notes, 1)[0][:, :2].tolist()
    [[72, -1], [72, 60]]
    """
    part = notes["part"].to_numpy()
    onset, pitch = notes["onset"].to_numpy(), notes["pitch"].to_numpy()
    first = -(-onset // STEP)
    last = -(-(onset + notes["duration"].to_numpy()) // STEP)
    length = np.zeros(count, dtype=np.int64)
    np.maximum.at(length, number, last)
    start = np.concatenate([[0], np.cumsum(length)])
    grid = np.full((start[-1], VOICES), -1, dtype=np.int16)
    heard = np.flatnonzero((part < VOICES) & (last > first))
    heard = heard[np.argsort(pitch[heard], kind="stable")]
    held = (last - first)[heard]
    within = np.arange(held.sum()) - np.repeat(np.cumsum(held) - held, held)
    where = np.repeat((start[:-1][number] + first)[heard], held) + within
    grid[where, np.repeat(part[heard], held)] = np.repeat(pitch[heard], held)
    return grid, np.repeat(np.arange(count), length)


def _sum(flags: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """Number of true flags per piece."""
    return np.bincount(owner[flags], minlength=count).astype(float)


def counts(grid: np.ndarray, owner: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """Top and bottom of every measure of :data:`MEASURES`, per piece.

    *Parallels*: pairs of voices that both move, in the same direction and without
    crossing, a fifth (octave or unison) modulo 12 before and after, out of the pairs in
    which both voices move. *Triad*: frames whose pitch classes lie within one major or
    minor triad, out of the frames with three or more sounding voices. *Dissonance*:
    sounding pairs at 1, 2, 6, 10 or 11 semitones modulo 12. *Crossing*: neighbouring
    sounding voices with the upper one below.

    Parameters
    ----------
    grid : numpy.ndarray of int, shape (frames, voices)
    owner : numpy.ndarray of int, shape (frames,)
        Piece of each frame, ascending.
    count : int
        Number of pieces.

    Returns
    -------
    dict of str to numpy.ndarray, shape (count, 2)
        Columns top and bottom.

    Examples
    --------
    >>> both_up = np.array([[67, 60, -1, -1], [69, 62, -1, -1]])
    >>> counts(both_up, np.array([0, 0]), 1)["parallel_fifths"].tolist()
    [[1.0, 1.0]]
    """
    sounds = grid >= 0
    joined = owner[1:] == owner[:-1]
    earlier, motion = owner[:-1], np.sign(np.diff(grid, axis=0))
    motion[~(sounds[1:] & sounds[:-1] & joined[:, None])] = 0
    found = {name: np.zeros((count, 2)) for name in MEASURES}

    for upper, lower in combinations(range(grid.shape[1]), 2):
        both = sounds[:, upper] & sounds[:, lower]
        interval = grid[:, upper] - grid[:, lower]
        together = (motion[:, upper] != 0) & (motion[:, lower] != 0)
        moved = _sum(together, earlier, count)
        uncrossed = (interval[:-1] >= 0) & (interval[1:] >= 0)
        alike = together & uncrossed & (motion[:, upper] == motion[:, lower])
        for name, size in (("parallel_fifths", 7), ("parallel_octaves", 0)):
            kept = (interval[:-1] % 12 == size) & (interval[1:] % 12 == size)
            found[name] += np.stack([_sum(alike & kept, earlier, count), moved], axis=1)
        pairs = _sum(both, owner, count)
        harsh = both & _DISSONANT[np.abs(interval) % 12]
        found["dissonance"] += np.stack([_sum(harsh, owner, count), pairs], axis=1)
        if lower == upper + 1:
            crossed = _sum(both & (interval < 0), owner, count)
            found["crossing"] += np.stack([crossed, pairs], axis=1)

    classes = np.bitwise_or.reduce(np.where(sounds, 1 << (grid % 12).astype(np.int64), 0), axis=1)
    full = sounds.sum(axis=1) >= 3
    chords = full & _WITHIN_TRIAD[classes]
    found["triad"] = np.stack([_sum(chords, owner, count), _sum(full, owner, count)], axis=1)
    return found
