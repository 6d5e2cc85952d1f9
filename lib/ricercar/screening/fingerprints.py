"""Melodies of every part, and the fingerprints that a copy keeps.

Goal: turn a notes table into arrays on which copies can be looked up, whatever
key, octave or note values they are written in.

Conventions
-----------
* A *melody* is one part of one piece, its highest note where several begin together.
* Melodies lie end to end in flat arrays; melody ``m`` is ``start[m]:start[m + 1]``.
* An *interval* is in semitones, from the note before; clipped to -24..24.
* The *inter-onset interval* (IOI) is the time to the next onset, for the last note its
  duration; it is kept as log2 of quarters, so that a change of note values is a shift.
* A *fingerprint* is ``n`` consecutive intervals read as digits in base 49: the same for
  every transposition and for every tempo or note value. It says nothing of the rhythm,
  which the alignment looks at.

Sources
-------
Interval n-grams for melodic retrieval: Downie, *Evaluating a simple approach to music
information retrieval*, PhD thesis, 1999; Uitdenbogerd and Zobel, *Melodic matching
techniques for large music databases*, ACM Multimedia 1999. Expectation of the next
interval: Conklin and Witten, *Multiple viewpoint systems for music prediction*, 1995.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError, TableError
from ricercar.tables import TICKS_PER_QUARTER

#: largest interval told apart, in semitones
WIDEST = 24
#: number of different intervals, the base of a fingerprint
BASE = 2 * WIDEST + 1
#: most intervals in a fingerprint (49 ** 11 still fits 63 bits)
LONGEST = 11


@dataclass(frozen=True)
class Melodies:
    """Melodies of a set of pieces, laid end to end.

    Attributes
    ----------
    piece, work : ndarray of str, shape (pieces,)
        Ids, and the work that each piece is a version of.
    melody_piece : ndarray of int64, shape (melodies,)
        Position in ``piece``; melodies are sorted by it.
    melody_part : ndarray of int64, shape (melodies,)
    start : ndarray of int64, shape (melodies + 1,)
    pitch : ndarray of int16, shape (notes,)
        MIDI numbers.
    onset : ndarray of int64, shape (notes,)
        Ticks.
    ioi : ndarray of float32, shape (notes,)
        log2 of quarters to the next onset.
    """

    piece: np.ndarray
    work: np.ndarray
    melody_piece: np.ndarray
    melody_part: np.ndarray
    start: np.ndarray
    pitch: np.ndarray
    onset: np.ndarray
    ioi: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Number of notes of each melody."""
        return np.diff(self.start)

    @property
    def melody_of_note(self) -> np.ndarray:
        """The melody that each note belongs to."""
        return np.repeat(np.arange(len(self.melody_piece)), self.lengths)

    def take(self, pieces: Iterable[int]) -> "Melodies":
        """The melodies of some pieces, in the order given.

        Parameters
        ----------
        pieces : iterable of int
            Positions in ``piece``, each at most once.
        """
        chosen = np.asarray(list(pieces), dtype=np.int64)
        first = np.searchsorted(self.melody_piece, chosen, side="left")
        count = np.searchsorted(self.melody_piece, chosen, side="right") - first
        melodies = ranges(first, count)
        notes = ranges(self.start[melodies], self.lengths[melodies])
        return Melodies(
            piece=self.piece[chosen],
            work=self.work[chosen],
            melody_piece=np.repeat(np.arange(len(chosen)), count),
            melody_part=self.melody_part[melodies],
            start=np.concatenate([[0], np.cumsum(self.lengths[melodies])]),
            pitch=self.pitch[notes],
            onset=self.onset[notes],
            ioi=self.ioi[notes],
        )


def ranges(first: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Several ranges of whole numbers, one after the other.

    Examples
    --------
    >>> ranges(np.array([5, 20]), np.array([2, 3]))
    array([ 5,  6, 20, 21, 22])
    """
    total = int(count.sum())
    shift = np.repeat(first - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    return np.arange(total) + shift


def melodies(pieces: pd.DataFrame, notes: pd.DataFrame) -> Melodies:
    """The melody of every part of every piece.

    Parameters
    ----------
    pieces : pandas.DataFrame
        With ``piece`` and, where versions of a piece are known, ``work``.
    notes : pandas.DataFrame
        Schema ``notes``; in any order.

    Returns
    -------
    Melodies
        Pieces in the order of ``pieces``; a piece without notes has no melody.

    Raises
    ------
    TableError
        If a note belongs to no piece of ``pieces``.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480, 480],
    ...                       "duration": [480, 960, 960], "pitch": [60, 64, 55]})
    >>> found = melodies(pieces, notes)
    >>> found.pitch, found.ioi
    (array([60, 64], dtype=int16), array([0., 1.], dtype=float32))
    """
    ids = pd.Index(pieces["piece"])
    piece = ids.get_indexer(pd.Index(notes["piece"])).astype(np.int64)
    if (piece < 0).any():
        stray = notes["piece"].iloc[int(np.argmax(piece < 0))]
        raise TableError(f"notes of piece {stray!r} have no row in the pieces table")
    part, onset, pitch, duration = (
        notes[column].to_numpy(np.int64) for column in ("part", "onset", "pitch", "duration")
    )
    order = np.lexsort((-pitch, onset, part, piece))
    piece, part, onset, pitch, duration = (
        array[order] for array in (piece, part, onset, pitch, duration)
    )
    same_part = (np.diff(piece) == 0) & (np.diff(part) == 0)
    top = np.concatenate([[True], ~(same_part & (np.diff(onset) == 0))])[: len(piece)]
    piece, part, onset, pitch, duration = (
        array[top] for array in (piece, part, onset, pitch, duration)
    )
    follows = (np.diff(piece) == 0) & (np.diff(part) == 0)
    ticks = duration.copy()
    ticks[:-1] = np.where(follows, np.diff(onset), duration[:-1])
    first = np.flatnonzero(np.concatenate([[True], ~follows])[: len(piece)])
    work = pieces["work"] if "work" in pieces else pieces["piece"]
    return Melodies(
        piece=np.asarray(pieces["piece"].tolist(), dtype=np.str_),
        work=np.asarray(work.tolist(), dtype=np.str_),
        melody_piece=piece[first],
        melody_part=part[first],
        start=np.concatenate([first, [len(piece)]]).astype(np.int64),
        pitch=pitch.astype(np.int16),
        onset=onset,
        ioi=np.log2(np.maximum(ticks, 1) / TICKS_PER_QUARTER).astype(np.float32),
    )


def backwards(found: Melodies) -> Melodies:
    """Every melody from its last note to its first: music of the same notes, copied nowhere.

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480, 720],
    ...                       "duration": [480, 240, 960], "pitch": [60, 62, 64]})
    >>> turned = backwards(melodies(pd.DataFrame({"piece": ["a"]}), notes))
    >>> turned.pitch, turned.onset
    (array([64, 62, 60], dtype=int16), array([  0, 240, 720]))
    """
    melody = found.melody_of_note
    order = (found.start[:-1] + found.start[1:] - 1)[melody] - np.arange(len(melody))
    last = found.start[1:] - 1
    ioi = found.ioi[np.maximum(order - 1, 0)]
    ioi[last] = found.ioi[last]
    return replace(
        found,
        pitch=found.pitch[order],
        onset=found.onset[last][melody] - found.onset[order],
        ioi=ioi,
    )


def intervals(found: Melodies) -> np.ndarray:
    """Semitones from the note before, 0 at the first note of each melody.

    Returns
    -------
    ndarray of int64, shape (notes,)
        Clipped to -24..24.
    """
    steps = np.diff(found.pitch.astype(np.int64), prepend=0)
    steps[found.start[:-1][found.lengths > 0]] = 0
    return np.clip(steps, -WIDEST, WIDEST)


def fingerprints(found: Melodies, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Every run of ``n`` consecutive intervals as one number.

    Parameters
    ----------
    found : Melodies
    n : int
        Intervals in a fingerprint, 1..11; it spans ``n + 1`` notes.

    Returns
    -------
    values : ndarray of int64, shape (fingerprints,)
    first : ndarray of int64, shape (fingerprints,)
        The note that each fingerprint begins with.

    Examples
    --------
    A melody and its transposition have the same fingerprints:

    >>> notes = pd.DataFrame({"piece": ["a"] * 3 + ["b"] * 3, "part": 0,
    ...     "onset": [0, 1, 2] * 2, "duration": 1, "pitch": [60, 62, 64, 67, 69, 71]})
    >>> values, first = fingerprints(melodies(pd.DataFrame({"piece": ["a", "b"]}), notes), 2)
    >>> bool(values[0] == values[1]), first
    (True, array([0, 3]))
    """
    if not 1 <= n <= LONGEST:
        raise ParameterError(f"a fingerprint of {n} intervals: n must be 1 to {LONGEST}")
    steps = intervals(found) + WIDEST
    last = np.repeat(found.start[1:], found.lengths)
    count = max(len(steps) - n, 0)
    first = np.arange(count)[np.arange(count) + n < last[:count]]
    values = np.zeros(len(first), dtype=np.int64)
    for offset in range(1, n + 1):
        values = values * BASE + steps[first + offset]
    return values, first


def interval_surprisal(found: Melodies, prior: float = 4.0) -> np.ndarray:
    """How many bits each interval tells, given the interval before it.

    A first-order model of the melodies with Witten-Bell-like smoothing towards the plain
    frequencies, which are themselves smoothed towards the uniform distribution:

    .. math:: h(j \\mid i) = -\\log_2 \\frac{c_{ij} + a\\, p_j}{c_i + a}

    Parameters
    ----------
    found : Melodies
    prior : float
        Weight ``a`` of the smoothing, in intervals.

    Returns
    -------
    ndarray of float32, shape (49, 49)
        Bits; rows are the interval before, columns the interval.
    """
    steps = intervals(found) + WIDEST
    melody = found.melody_of_note
    inside = np.diff(melody, prepend=-1) == 0
    plain = np.bincount(steps[inside], minlength=BASE) + prior / BASE
    plain = plain / plain.sum()
    both = inside[1:] & inside[:-1]
    pairs = steps[:-1][both] * BASE + steps[1:][both]
    counts = np.bincount(pairs, minlength=BASE * BASE).reshape(BASE, BASE)
    share = (counts + prior * plain) / (counts.sum(axis=1, keepdims=True) + prior)
    return (-np.log2(share)).astype(np.float32)


def note_surprisal(found: Melodies, model: np.ndarray) -> np.ndarray:
    """Bits told by each note of some melodies under a model of intervals.

    Parameters
    ----------
    found : Melodies
    model : ndarray, shape (49, 49)
        From :func:`interval_surprisal`.

    Returns
    -------
    ndarray of float32, shape (notes,)
        The first note of a melody tells 0 bits: any key may begin anywhere.
    """
    steps = intervals(found) + WIDEST
    before = np.concatenate([[WIDEST], steps[:-1]])[: len(steps)]
    bits = model[before, steps].astype(np.float32)
    bits[found.start[:-1][found.lengths > 0]] = 0.0
    return bits
