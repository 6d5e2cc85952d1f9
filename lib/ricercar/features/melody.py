"""Features of the melody: its pitches and its intervals.

Conventions
-----------
* The melody is the highest line of the first part (:mod:`ricercar.features.score`).
* Intervals are in semitones between consecutive notes, rests passed over.
* Shares of notes and of intervals count them. *Common* pitches and intervals are those
  that make up at least 9 % of all, as in jSymbolic.
* Where jSymbolic has the feature, its number stands in the source ("M11").

Sources
-------
C. McKay, *Automatic Music Classification with jMIR*, thesis, McGill 2010 (jSymbolic).
"""

import numpy as np

from ricercar.features import ragged
from ricercar.features.registry import feature
from ricercar.features.score import Score

_JMIR = "McKay 2010"
_COMMON = 0.09


@feature("semitones", 0, 127, source=f"{_JMIR}, P10 Range")
def pitch_range(score: Score) -> np.ndarray:
    """Highest minus lowest pitch."""
    line = score.melody
    lowest, highest = ragged.extremes(line.piece, score.n, line.pitch)
    return highest - lowest


@feature("MIDI pitch", 0, 127, source=_JMIR)
def mean_pitch(score: Score) -> np.ndarray:
    """Mean pitch, weighted by duration."""
    line = score.melody
    return ragged.mean(line.piece, score.n, line.pitch, line.duration)


@feature("semitones", 0, 64, source=_JMIR)
def pitch_spread(score: Score) -> np.ndarray:
    """Standard deviation of the pitch, weighted by duration."""
    line = score.melody
    return ragged.spread(line.piece, score.n, line.pitch, line.duration)


@feature("semitones", 0, 127)
def tessitura(score: Score) -> np.ndarray:
    """Width of the band of pitches in which the middle 80 % of the notes lie."""
    line = score.melody
    low, high = (ragged.quantile(line.piece, score.n, line.pitch, q) for q in (0.1, 0.9))
    return high - low


@feature("pitches", 0, 128, source=f"{_JMIR}, P8 Pitch Variety")
def pitch_variety(score: Score) -> np.ndarray:
    """Number of different pitches."""
    line = score.melody
    return _variety(line.piece, line.pitch, score.n)


@feature("pitches", 0, 11, source=f"{_JMIR}, P7 Number of Common Pitches")
def common_pitches(score: Score) -> np.ndarray:
    """Number of pitches that each make up at least 9 % of the notes."""
    line = score.melody
    return _common(line.piece, line.pitch, score.n)


@feature("share", source=f"{_JMIR}, P1 Most Common Pitch Prevalence")
def most_common_pitch_share(score: Score) -> np.ndarray:
    """Share of the notes on the most common pitch."""
    line = score.melody
    return _top_two(line.piece, line.pitch, score.n)[0]


@feature("ratio", source=f"{_JMIR}, P3 Relative Strength of Top Pitches")
def top_pitches_ratio(score: Score) -> np.ndarray:
    """How often the second most common pitch comes for each time of the most common one."""
    line = score.melody
    first, second = _top_two(line.piece, line.pitch, score.n)
    return ragged.ratio(second, first)


def _variety(piece: np.ndarray, symbol: np.ndarray, n: int) -> np.ndarray:
    """Number of different symbols of each piece, NaN for none."""
    owner, _ = ragged.distinct(piece, symbol)
    variety = ragged.total(owner, n)
    return np.where(variety > 0, variety, np.nan)


def _common(piece: np.ndarray, symbol: np.ndarray, n: int) -> np.ndarray:
    """Number of symbols that make up at least 9 % of each piece's, NaN for a piece of none."""
    owner, count = ragged.distinct(piece, symbol)
    size = ragged.total(piece, n)
    common = count >= _COMMON * size[owner]
    return np.where(size > 0, ragged.total(owner[common], n), np.nan)


def _top_two(piece: np.ndarray, symbol: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Shares of each piece's most and second most common symbol, 0 where there is but one."""
    owner, count = ragged.distinct(piece, symbol)
    order = np.lexsort((-count, owner))
    owner, count = owner[order], count[order]
    rank, _ = ragged.place(owner)
    top = np.zeros((2, n))
    for place in (0, 1):
        top[place, owner[rank == place]] = count[rank == place]
    size = ragged.total(piece, n)
    return ragged.ratio(top[0], size), ragged.ratio(top[1], size)


@feature("semitones", 0, 127, needs=("notes", "intervals"), source=f"{_JMIR}, M2")
def mean_interval(score: Score) -> np.ndarray:
    """Mean size of the melodic intervals, whatever their direction."""
    piece, size = score.intervals
    return ragged.mean(piece, score.n, np.abs(size))


@feature("semitones", 0, 127, needs=("notes", "intervals"), source=_JMIR)
def interval_spread(score: Score) -> np.ndarray:
    """Standard deviation of the signed melodic intervals."""
    piece, size = score.intervals
    return ragged.spread(piece, score.n, size)


@feature("semitones", 0, 127, needs=("notes", "intervals"))
def largest_interval(score: Score) -> np.ndarray:
    """Size of the largest melodic interval."""
    piece, size = score.intervals
    return ragged.extremes(piece, score.n, np.abs(size))[1]


@feature("semitones", 0, 127, needs=("notes", "intervals"), source=f"{_JMIR}, M3")
def most_common_interval(score: Score) -> np.ndarray:
    """Size of the most common melodic interval, the smallest of several."""
    piece, size = score.intervals
    owner, kind, count = ragged.counts(piece, np.abs(size))
    order = np.lexsort((kind, -count, owner))
    first = order[ragged.starts(owner[order])]
    out = np.full(score.n, np.nan)
    out[owner[first]] = kind[first]
    return out


@feature("share", needs=("notes", "intervals"), source=f"{_JMIR}, M5")
def most_common_interval_share(score: Score) -> np.ndarray:
    """Share of the melodic intervals that have the most common size."""
    piece, size = score.intervals
    return _top_two(piece, np.abs(size), score.n)[0]


@feature("ratio", needs=("notes", "intervals"), source=f"{_JMIR}, M6")
def top_intervals_ratio(score: Score) -> np.ndarray:
    """How often the second most common size of interval comes for each time of the first."""
    piece, size = score.intervals
    first, second = _top_two(piece, np.abs(size), score.n)
    return ragged.ratio(second, first)


@feature("intervals", 0, 11, needs=("notes", "intervals"), source=f"{_JMIR}, M7")
def common_intervals(score: Score) -> np.ndarray:
    """Number of sizes that each make up at least 9 % of the melodic intervals."""
    piece, size = score.intervals
    return _common(piece, np.abs(size), score.n)


def _interval_share(score: Score, low: int, high: int) -> np.ndarray:
    """Share of melodic intervals of ``low`` to ``high`` semitones."""
    piece, size = score.intervals
    size = np.abs(size)
    return ragged.mean(piece, score.n, (size >= low) & (size <= high))


@feature("share", needs=("notes", "intervals"), source=f"{_JMIR}, M9 Repeated Notes")
def repeated_share(score: Score) -> np.ndarray:
    """Share of melodic intervals that repeat the pitch."""
    return _interval_share(score, 0, 0)


@feature("share", needs=("notes", "intervals"), source=f"{_JMIR}, M10 Chromatic Motion")
def semitone_share(score: Score) -> np.ndarray:
    """Share of melodic intervals of one semitone."""
    return _interval_share(score, 1, 1)


@feature("share", needs=("notes", "intervals"), source=f"{_JMIR}, M11 Stepwise Motion")
def step_share(score: Score) -> np.ndarray:
    """Share of melodic intervals that are steps (1 or 2 semitones)."""
    return _interval_share(score, 1, 2)


@feature("share", needs=("notes", "intervals"), source=f"{_JMIR}, M12 Melodic Thirds")
def third_share(score: Score) -> np.ndarray:
    """Share of melodic intervals that are thirds (3 or 4 semitones)."""
    return _interval_share(score, 3, 4)


@feature("share", needs=("notes", "intervals"))
def fourth_share(score: Score) -> np.ndarray:
    """Share of melodic intervals that are perfect fourths (5 semitones)."""
    return _interval_share(score, 5, 5)


@feature("share", needs=("notes", "intervals"), source=f"{_JMIR}, M14 Melodic Tritones")
def tritone_share(score: Score) -> np.ndarray:
    """Share of melodic intervals that are tritones (6 semitones)."""
    return _interval_share(score, 6, 6)


@feature("share", needs=("notes", "intervals"), source=f"{_JMIR}, M13 Melodic Fifths")
def fifth_share(score: Score) -> np.ndarray:
    """Share of melodic intervals that are perfect fifths (7 semitones)."""
    return _interval_share(score, 7, 7)


@feature("share", needs=("notes", "intervals"))
def sixth_share(score: Score) -> np.ndarray:
    """Share of melodic intervals that are sixths (8 or 9 semitones)."""
    return _interval_share(score, 8, 9)


@feature("share", needs=("notes", "intervals"))
def seventh_share(score: Score) -> np.ndarray:
    """Share of melodic intervals that are sevenths (10 or 11 semitones)."""
    return _interval_share(score, 10, 11)


@feature("share", needs=("notes", "intervals"), source=f"{_JMIR}, M15 Melodic Octaves")
def octave_share(score: Score) -> np.ndarray:
    """Share of melodic intervals that are octaves (12 semitones)."""
    return _interval_share(score, 12, 12)


@feature("share", needs=("notes", "intervals"), source=_JMIR)
def leap_share(score: Score) -> np.ndarray:
    """Share of melodic intervals of a fourth (5 semitones) or more."""
    return _interval_share(score, 5, 127)


@feature("share", needs=("notes", "intervals"))
def wide_leap_share(score: Score) -> np.ndarray:
    """Share of melodic intervals of a minor sixth (8 semitones) or more."""
    return _interval_share(score, 8, 127)
