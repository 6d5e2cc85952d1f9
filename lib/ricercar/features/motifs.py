"""Motifs: short runs of intervals and of lengthening or shortening notes.

Goal: count what recurs in a melody the way words are counted in a text.

Conventions
-----------
* A *step* goes from one note to the next. It is known by its diatonic interval (unison,
  second, ... octave or more, up or down; major and minor alike, tritone apart) and by
  whether the time to the next onset is shorter, equal or longer than the time before.
  A motif (an m-type) is a run of 1 to :data:`LONGEST` steps.
* The last note has no next onset; its duration stands in for it.

Sources
-------
D. Müllensiefen, *FANTASTIC: Feature ANalysis Technology Accessing STatistics*, Goldsmiths
2009 (classes of interval and of ratio, lengths of the m-types).
"""

from typing import TYPE_CHECKING

import numpy as np

from ricercar.features import ragged

if TYPE_CHECKING:
    from ricercar.features.score import Line

LONGEST = 5
#: diatonic class of an interval of 0 to 12 semitones; 9 is the tritone
DIATONIC = np.array([1, 2, 2, 3, 3, 4, 9, 5, 6, 6, 7, 7, 8])
SHORTER, LONGER = 0.8118987, 1.4945858  # ratios of times that bound "equal"


def diatonic(interval: np.ndarray) -> np.ndarray:
    """Diatonic class of intervals, negative for falling ones.

    Examples
    --------
    >>> diatonic(np.array([0, 1, 2, -4, 6, 19]))
    array([ 1,  2,  2, -3,  9,  8])
    """
    kind = DIATONIC[np.minimum(np.abs(interval), 12)]
    return np.where(interval < 0, -kind, kind)


def steps(line: "Line") -> tuple[np.ndarray, np.ndarray]:
    """Piece and class of every step of each melody.

    Parameters
    ----------
    line : ricercar.features.score.Line

    Returns
    -------
    piece : numpy.ndarray of int, shape (steps,)
    step : numpy.ndarray of int
        0 to 56: 3 x (diatonic class + 9) + 0 (shorter), 1 (equal) or 2 (longer).
    """
    first = ragged.runs(line.piece, 2)
    last = np.diff(line.piece, append=-1) != 0
    time = np.append(np.diff(line.onset), 0)
    time = np.where(last, line.duration, time)
    ratio = time[first + 1] / time[first]
    rhythm = (ratio >= SHORTER).astype(np.int64) + (ratio > LONGER)
    interval = diatonic(line.pitch[first + 1] - line.pitch[first])
    return line.piece[first], 3 * (interval + 9) + rhythm


def counts(line: "Line") -> list[tuple[np.ndarray, np.ndarray]]:
    """How often each motif occurs.

    Parameters
    ----------
    line : ricercar.features.score.Line

    Returns
    -------
    list of (piece, count)
        For motifs of 1, 2, ... :data:`LONGEST` steps, as from
        :func:`ricercar.features.ragged.distinct`.

    Examples
    --------
    Three equal notes up a scale: one step, twice.

    >>> from ricercar.features.score import Line
    >>> onset = np.array([0, 480, 960])
    >>> line = Line(np.zeros(3, int), onset, np.full(3, 480), np.array([60, 62, 64]))
    >>> counts(line)[0]
    (array([0]), array([2.]))
    """
    piece, step = steps(line)
    found = []
    code = np.zeros(len(piece), dtype=np.int64)
    for length in range(1, LONGEST + 1):
        first = ragged.runs(piece, length)
        code = code[: len(piece) - length + 1] * 57 + step[length - 1 :]
        found.append(ragged.distinct(piece[first], code[first]))
    return found
