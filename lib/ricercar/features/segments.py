"""Beats and their parts as stretches of time, and what sounds in each.

Goal: the harmony of a piece in a row of numbers per beat, for all pieces at once.

Conventions
-----------
* The grid follows the bars (:mod:`ricercar.meter`), changes of meter included; without a
  meter it is quarters from the beginning. It covers the piece from tick 0 to its last end
  without a gap, so that the first and last stretch may be short.
* A *division* is the first division of the beat: its half, or a third of it in compound
  meters.
* Where fewer than half of the notes begin on a sixteenth or a triplet of the written grid (a
  performance recorded against a clock), the grid is moved to where most notes begin within
  a quarter. (Found with 36 MIDI files of POP909, whose roots are then right for 90 % of the
  time instead of 83 %.)
* Only polyphonic pieces (:mod:`ricercar.features.score`) have segments.
"""

from dataclasses import dataclass

import numpy as np

from ricercar.errors import ParameterError
from ricercar.features import ragged
from ricercar.features.score import Score
from ricercar.tables import TICKS_PER_QUARTER

UNITS = ("bar", "beat", "division")
WRITTEN_SHARE = 0.5  # of the notes that begin on sixteenths or triplets, in written music
FINEST = 10  # ticks


@dataclass(frozen=True)
class Segments:
    """Stretches of time, sorted by piece and time, without gaps.

    Attributes
    ----------
    piece : numpy.ndarray of int, shape (segments,)
        Number of the piece, as in :class:`ricercar.features.score.Score`.
    onset, duration : numpy.ndarray of int
        Ticks.
    level : numpy.ndarray of int
        Place in the bar: 0 its beginning, 1 its middle, 2 another beat, 3 a division.
        Without a meter every quarter is 2.
    """

    piece: np.ndarray
    onset: np.ndarray
    duration: np.ndarray
    level: np.ndarray


def segments(score: Score, unit: str = "beat") -> Segments:
    """Cut the polyphonic pieces into bars, beats or divisions of the beat.

    Raises
    ------
    ParameterError
        If ``unit`` is none of :data:`UNITS`.
    """
    if unit not in UNITS:
        raise ParameterError(f"unit is {unit!r}; it must be one of {', '.join(UNITS)}")
    bars = score.bars
    beat = np.where(np.isnan(bars.beat), TICKS_PER_QUARTER, bars.beat)
    bar = np.where(np.isnan(bars.bar), beat, bars.bar)
    compound = np.log2(beat / TICKS_PER_QUARTER) % 1 > 1e-9
    step = {"bar": bar, "beat": beat, "division": beat / np.where(compound, 3, 2)}[unit]
    final = np.zeros(score.n, dtype=np.int64)
    np.maximum.at(final, score.piece, score.onset + score.duration)
    polyphonic = np.zeros(score.n, dtype=bool)
    polyphonic[score.slices.piece] = True
    start = bars.start + phases(score)[bars.piece]
    follows = np.append(np.diff(bars.piece) == 0, False)[: len(bars.piece)]
    end = np.where(follows, np.append(start[1:], 0)[: len(follows)], final[bars.piece])
    end = np.minimum(end, final[bars.piece])
    begin = start.astype(float)
    begin[bars.first] -= np.ceil(begin[bars.first] / step[bars.first]) * step[bars.first]
    count = np.maximum(np.ceil((end - begin) / step), 0) * polyphonic[bars.piece]
    count = count.astype(np.int64)
    row = np.repeat(np.arange(len(count)), count)
    passed = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    onset = begin[row] + passed * step[row]
    stop = np.minimum(np.rint(onset + step[row]), end[row]).astype(np.int64)
    place = np.mod(onset - start[row], bar[row])
    even = np.mod(bar[row] / beat[row], 2) == 0
    level = np.select(
        [
            np.isnan(bars.bar[row]) & (np.mod(place, beat[row]) == 0),
            place == 0,
            even & (place == bar[row] / 2),
            np.mod(place, beat[row]) == 0,
        ],
        [2, 0, 1, 2],
        3,
    )
    onset = np.maximum(np.rint(onset), 0).astype(np.int64)
    kept = stop > onset
    return Segments(
        bars.piece[row][kept], onset[kept], (stop - onset)[kept], level[kept].astype(np.int64)
    )


def phases(score: Score) -> np.ndarray:
    """How far the beats of performances lie behind the written ones.

    Returns
    -------
    numpy.ndarray of int, shape (pieces,)
        Ticks, to within :data:`FINEST`; 0 where the notes follow the written grid.

    Examples
    --------
    >>> import pandas as pd
    >>> pieces = pd.DataFrame({"piece": ["a"], "meter": ["4/4"], "pickup": [0]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [53, 533, 775, 1013],
    ...                       "duration": 240, "pitch": 60})
    >>> phases(Score(pieces, notes))
    array([55])
    """
    since = score.onset - score.bars.start[score.bars.first][score.piece]
    written = (since % (TICKS_PER_QUARTER // 4) == 0) | (since % (TICKS_PER_QUARTER // 3) == 0)
    performed = ragged.mean(score.piece, score.n, written) < WRITTEN_SHARE
    bins = TICKS_PER_QUARTER // FINEST
    cell = score.piece * bins + since % TICKS_PER_QUARTER // FINEST
    count = np.bincount(cell, minlength=score.n * bins).reshape(score.n, bins)
    near = 2 * count + np.roll(count, 1, axis=1) + np.roll(count, -1, axis=1)
    return np.where(performed, near.argmax(axis=1) * FINEST + FINEST // 2, 0)


@dataclass(frozen=True)
class Sounding:
    """What sounds in each segment.

    Attributes
    ----------
    weight : numpy.ndarray, shape (segments, 12)
        Ticks of sound per pitch class, over all notes.
    at_start : numpy.ndarray, shape (segments, 12)
        The same, of what sounds as the segment begins.
    bass : numpy.ndarray of int, shape (segments,)
        Lowest pitch that sounds as the segment begins, -1 for none.
    lowest : numpy.ndarray of int
        Lowest pitch of the whole segment, -1 for none.
    """

    weight: np.ndarray
    at_start: np.ndarray
    bass: np.ndarray
    lowest: np.ndarray


def sounding(score: Score, grid: Segments) -> Sounding:
    """Collect what sounds in each segment, over all notes of all parts.

    Examples
    --------
    >>> import pandas as pd
    >>> pieces = pd.DataFrame({"piece": ["a"], "meter": ["4/4"], "pickup": [0]})
    >>> notes = pd.DataFrame({"piece": "a", "part": [0, 1, 1], "onset": [0, 0, 480],
    ...                       "duration": [960, 480, 480], "pitch": [67, 48, 52]})
    >>> score = Score(pieces, notes)
    >>> found = sounding(score, segments(score))
    >>> found.bass, found.weight[1, [4, 7]]
    (array([48, 52]), array([480., 480.]))
    """
    count = len(grid.piece)
    ends = score.onset + score.duration
    span = int(ends.max(initial=0)) + 1
    keys = grid.piece * span + grid.onset
    first = np.searchsorted(keys, score.piece * span + score.onset, side="right") - 1
    last = np.searchsorted(keys, score.piece * span + ends, side="left")
    known = np.isin(score.piece, grid.piece)
    length = np.where(known, last - first, 0)
    note = np.repeat(np.arange(len(length)), length)
    place = np.repeat(first - np.cumsum(length) + length, length) + np.arange(length.sum())
    begin = np.maximum(score.onset[note], grid.onset[place])
    overlap = np.minimum(ends[note], grid.onset[place] + grid.duration[place]) - begin
    at_start = begin == grid.onset[place]
    pitch = score.pitch[note]
    cell = place * 12 + pitch % 12
    weight = np.bincount(cell, overlap, count * 12).reshape(count, 12)
    early = np.bincount(cell[at_start], overlap[at_start], count * 12).reshape(count, 12)
    lowest = np.full(count, 128)
    np.minimum.at(lowest, place, pitch)
    bass = np.full(count, 128)
    np.minimum.at(bass, place[at_start], pitch[at_start])
    return Sounding(
        weight, early, np.where(bass < 128, bass, -1), np.where(lowest < 128, lowest, -1)
    )
