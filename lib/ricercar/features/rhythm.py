"""Features of rhythm that need no meter: note values, their contrast and order, rests.

Conventions
-----------
* The rhythm is that of the melody (:mod:`ricercar.features.score`). Durations are
  compared with note values to within 1/48 of a quarter (:data:`TOLERANCE`).
* Times are in quarters: nothing depends on the tempo.
* An *inter-onset interval* (IOI) is the time from one onset to the next, rests included.

Sources
-------
E. Grabe and E. L. Low, "Durational variability in speech and the rhythm class
hypothesis", 2002, and A. D. Patel and J. R. Daniele, *Cognition* 87, 2003 (nPVI);
C. McKay, *Automatic Music Classification with jMIR*, thesis, McGill 2010 (jSymbolic);
M. S. Cuthbert, C. Ariza and L. Friedland, "Feature extraction and machine learning on
symbolic music using the music21 toolkit", ISMIR 2011 (QL); D. Müllensiefen, *FANTASTIC*,
Goldsmiths 2009 (transitions of durations).
"""

import numpy as np

from ricercar.features import ragged
from ricercar.features.registry import feature
from ricercar.features.score import Score
from ricercar.tables import TICKS_PER_QUARTER

TOLERANCE = 10
_JMIR = "McKay 2010"
_MUSIC21 = "Cuthbert et al. 2011"
_FANTASTIC = "Müllensiefen 2009"
_TWO = ("notes", "intervals")


def _span(score: Score) -> np.ndarray:
    """Ticks from the first onset to the end of the last note of each melody."""
    line = score.melody
    begin, _ = ragged.extremes(line.piece, score.n, line.onset)
    return ragged.extremes(line.piece, score.n, line.onset + line.duration)[1] - begin


def _value_share(score: Score, *quarters: float) -> np.ndarray:
    """Share of notes whose duration is one of the values given in quarters."""
    line = score.melody
    near = np.zeros(len(line.duration), dtype=bool)
    for value in quarters:
        near |= np.abs(line.duration - value * TICKS_PER_QUARTER) <= TOLERANCE
    return ragged.mean(line.piece, score.n, near)


def _steps(score: Score) -> np.ndarray:
    """Durations in 1/24 of a quarter, rounded."""
    return np.rint(score.melody.duration / 20).astype(np.int64)


@feature("notes per quarter", 0, 480, source=_JMIR)
def note_density(score: Score) -> np.ndarray:
    """Number of notes per quarter from the first onset to the last end."""
    quarters = _span(score) / TICKS_PER_QUARTER
    return ragged.ratio(ragged.total(score.melody.piece, score.n), quarters)


@feature("quarters", 0, np.inf, source=f"{_JMIR}, R17")
def mean_duration(score: Score) -> np.ndarray:
    """Mean duration of the notes."""
    line = score.melody
    return ragged.mean(line.piece, score.n, line.duration) / TICKS_PER_QUARTER


@feature("ratio", 0, np.inf, source=f"after {_JMIR}, R18")
def duration_variation(score: Score) -> np.ndarray:
    """Standard deviation of the durations over their mean."""
    line = score.melody
    mean = ragged.mean(line.piece, score.n, line.duration)
    return ragged.ratio(ragged.spread(line.piece, score.n, line.duration), mean)


@feature("quarters", 0, np.inf, source=f"{_JMIR}, R20 Minimum Note Duration")
def shortest_duration(score: Score) -> np.ndarray:
    """Duration of the shortest note."""
    line = score.melody
    return ragged.extremes(line.piece, score.n, line.duration)[0] / TICKS_PER_QUARTER


@feature("quarters", 0, np.inf, source=f"{_JMIR}, R19 Maximum Note Duration")
def longest_duration(score: Score) -> np.ndarray:
    """Duration of the longest note."""
    line = score.melody
    return ragged.extremes(line.piece, score.n, line.duration)[1] / TICKS_PER_QUARTER


@feature("durations", 1, np.inf, source=f"{_MUSIC21}, QL1")
def distinct_durations(score: Score) -> np.ndarray:
    """Number of different durations, rounded to 1/24 of a quarter."""
    owner, _ = ragged.distinct(score.melody.piece, _steps(score))
    variety = ragged.total(owner, score.n)
    return np.where(variety > 0, variety, np.nan)


def _commonest(score: Score) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Piece, its most common duration (the shortest of several, in 1/24 of a quarter), count."""
    owner, kind, count = ragged.counts(score.melody.piece, _steps(score))
    order = np.lexsort((kind, -count, owner))
    first = order[ragged.starts(owner[order])]
    return owner[first], kind[first], count[first]


@feature("quarters", 0, np.inf, source=f"{_MUSIC21}, QL2")
def most_common_duration(score: Score) -> np.ndarray:
    """The most common duration, rounded to 1/24 of a quarter; the shortest of several."""
    piece, kind, _ = _commonest(score)
    out = np.full(score.n, np.nan)
    out[piece] = kind * 20 / TICKS_PER_QUARTER
    return out


@feature("share", source=f"{_MUSIC21}, QL3")
def most_common_duration_share(score: Score) -> np.ndarray:
    """Share of the notes that have the most common duration."""
    piece, _, count = _commonest(score)
    return ragged.ratio(
        ragged.total(piece, score.n, count), ragged.total(score.melody.piece, score.n)
    )


@feature("index", 0, 200, needs=_TWO, source="Grabe & Low 2002; Patel & Daniele 2003")
def npvi(score: Score) -> np.ndarray:
    """Normalised pairwise variability of durations: mean of 100 |a - b| / ((a + b) / 2) over
    successive notes a, b.
    """
    piece, a, b = _pairs(score)
    return ragged.mean(piece, score.n, 200 * np.abs(a - b) / (a + b))


def _pairs(score: Score) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Piece and durations of each two successive notes."""
    line = score.melody
    first = ragged.runs(line.piece, 2)
    return line.piece[first], line.duration[first], line.duration[first + 1]


@feature("bits", 0, 16, source=_JMIR)
def duration_entropy(score: Score) -> np.ndarray:
    """Entropy of the durations, rounded to 1/24 of a quarter."""
    return ragged.entropy(score.melody.piece, score.n, _steps(score))


@feature("bits", 0, 16, needs=_TWO, source="Shannon 1948")
def duration_conditional_entropy(score: Score) -> np.ndarray:
    """Entropy of the next duration (to 1/24 of a quarter) when the present one is known."""
    piece, size = score.melody.piece, _steps(score)
    first = ragged.runs(piece, 2)
    return ragged.conditional_entropy(piece[first], score.n, size[first], size[first + 1])


@feature(
    "share",
    needs=_TWO,
    source="Shannon 1948; normalised by the entropy of runs that never recur",
    empty="fewer than four notes in the melody",
)
def pattern_entropy(score: Score) -> np.ndarray:
    """Entropy of runs of three durations over the largest that so many runs can have."""
    line = score.melody
    first = ragged.runs(line.piece, 3)
    size = np.minimum(_steps(score), 999)
    code = (size[first] * 1000 + size[first + 1]) * 1000 + size[first + 2]
    count = ragged.total(line.piece[first], score.n)
    bits = ragged.entropy(line.piece[first], score.n, code)
    return np.clip(ragged.ratio(bits, np.log2(np.maximum(count, 1))), 0, 1)


@feature("share", source=_JMIR)
def sixteenth_share(score: Score) -> np.ndarray:
    """Share of notes of a sixteenth or less."""
    line = score.melody
    return ragged.mean(line.piece, score.n, line.duration <= TICKS_PER_QUARTER // 4 + TOLERANCE)


@feature("share", source=_JMIR)
def eighth_share(score: Score) -> np.ndarray:
    """Share of plain eighths."""
    return _value_share(score, 1 / 2)


@feature("share", source=_JMIR)
def quarter_share(score: Score) -> np.ndarray:
    """Share of plain quarters."""
    return _value_share(score, 1)


@feature("share", source=_JMIR)
def half_share(score: Score) -> np.ndarray:
    """Share of plain halves."""
    return _value_share(score, 2)


@feature("share", source=_JMIR)
def long_share(score: Score) -> np.ndarray:
    """Share of notes of a half or more."""
    line = score.melody
    return ragged.mean(line.piece, score.n, line.duration >= 2 * TICKS_PER_QUARTER - TOLERANCE)


@feature("share", source=_JMIR)
def dotted_share(score: Score) -> np.ndarray:
    """Share of single-dotted notes, from the dotted sixteenth to the dotted half."""
    return _value_share(score, 3 / 8, 3 / 4, 3 / 2, 3)


@feature("share", source=_JMIR)
def triplet_share(score: Score) -> np.ndarray:
    """Share of notes of a triplet: 1/6, 1/3 or 2/3 of a quarter."""
    return _value_share(score, 1 / 6, 1 / 3, 2 / 3)


def _ratio_share(score: Score, times: int) -> np.ndarray:
    """Share of pairs of successive notes of which one is so many times as long as the other."""
    piece, a, b = _pairs(score)
    alike = np.abs(np.maximum(a, b) - times * np.minimum(a, b)) <= TOLERANCE
    return ragged.mean(piece, score.n, alike)


@feature("share", needs=_TWO, source=f"{_FANTASTIC}, d.eq.trans")
def equal_pair_share(score: Score) -> np.ndarray:
    """Share of pairs of successive notes that are equally long."""
    return _ratio_share(score, 1)


@feature("share", needs=_TWO, source=f"{_FANTASTIC}, d.half.trans")
def double_pair_share(score: Score) -> np.ndarray:
    """Share of pairs of successive notes of which one is twice as long as the other."""
    return _ratio_share(score, 2)


@feature("share", needs=_TWO, source=f"{_FANTASTIC}, d.dot.trans")
def dotted_pair_share(score: Score) -> np.ndarray:
    """Share of pairs of successive notes of which one is three times as long as the other."""
    return _ratio_share(score, 3)


@feature("correlation", -1, 1, needs=_TWO, empty="all notes are equally long")
def duration_trend(score: Score) -> np.ndarray:
    """Correlation of duration with onset: whether the notes become longer."""
    line = score.melody
    return ragged.correlation(line.piece, score.n, line.duration, line.onset)


@feature("quarters", 0, np.inf, needs=_TWO, source=f"after {_JMIR}, R22")
def mean_ioi(score: Score) -> np.ndarray:
    """Mean inter-onset interval."""
    line = score.melody
    first, last = ragged.extremes(line.piece, score.n, line.onset)
    gaps = ragged.total(line.piece, score.n) - 1
    return ragged.ratio(last - first, np.maximum(gaps, 0)) / TICKS_PER_QUARTER


@feature("ratio", 0, np.inf, needs=_TWO, source=f"after {_JMIR}, R23")
def ioi_variation(score: Score) -> np.ndarray:
    """Standard deviation of the inter-onset intervals over their mean."""
    line = score.melody
    first = ragged.runs(line.piece, 2)
    piece, ioi = line.piece[first], line.onset[first + 1] - line.onset[first]
    return ragged.ratio(ragged.spread(piece, score.n, ioi), ragged.mean(piece, score.n, ioi))


@feature("share", source=_JMIR)
def rest_share(score: Score) -> np.ndarray:
    """Share of the time from first onset to last end in which the melody is silent."""
    line = score.melody
    sounding = ragged.total(line.piece, score.n, line.duration)
    return np.clip(1 - ragged.ratio(sounding, _span(score)), 0, 1)


def _rests(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """Piece and ticks of silence between each two successive notes, 0 for none."""
    line = score.melody
    first = ragged.runs(line.piece, 2)
    rest = line.onset[first + 1] - line.onset[first] - line.duration[first]
    return line.piece[first], np.where(rest > TOLERANCE, rest, 0)


@feature("share", needs=_TWO)
def rest_frequency(score: Score) -> np.ndarray:
    """Share of notes but the last that a rest follows."""
    piece, rest = _rests(score)
    return ragged.mean(piece, score.n, rest > 0)


@feature("quarters", 0, np.inf, needs=_TWO)
def longest_rest(score: Score) -> np.ndarray:
    """Length of the longest rest between two notes; 0 where there is none."""
    piece, rest = _rests(score)
    return ragged.extremes(piece, score.n, rest)[1] / TICKS_PER_QUARTER
