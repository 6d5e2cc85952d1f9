"""Features of rhythm: note values, contrast of durations, place in the bar.

Conventions
-----------
* The rhythm is that of the melody (:mod:`ricercar.features.score`). Durations are
  compared with note values to within 1/48 of a quarter (:data:`TOLERANCE`).
* Positions are counted from the bar line, which the pickup shifts. Beats follow
  :mod:`ricercar.meter`, changes of meter included. Without a notated meter, features that
  need one are NaN.

Sources
-------
E. Grabe and E. L. Low, "Durational variability in speech and the rhythm class
hypothesis", 2002, and A. D. Patel and J. R. Daniele, *Cognition* 87, 2003 (nPVI);
C. McKay, *Automatic Music Classification with jMIR*, thesis, McGill 2010.
"""

import numpy as np

from ricercar.features import ragged
from ricercar.features.registry import feature
from ricercar.features.score import Line, Score
from ricercar.tables import TICKS_PER_QUARTER

TOLERANCE = 10
_JMIR = "McKay 2010"


def _span(score: Score) -> np.ndarray:
    """Ticks from the first onset to the end of the last note of each melody."""
    line = score.melody
    begin = ragged.quantile(line.piece, score.n, line.onset, 0.0)
    return ragged.quantile(line.piece, score.n, line.onset + line.duration, 1.0) - begin


def _value_share(score: Score, *quarters: float) -> np.ndarray:
    """Share of notes whose duration is one of the values given in quarters."""
    line = score.melody
    values = np.array(quarters) * TICKS_PER_QUARTER
    near = (np.abs(line.duration[:, None] - values) <= TOLERANCE).any(axis=1)
    return ragged.mean(line.piece, score.n, near)


@feature("notes per quarter", 0, 480, source=_JMIR)
def note_density(score: Score) -> np.ndarray:
    """Number of notes per quarter from the first onset to the last end."""
    quarters = _span(score) / TICKS_PER_QUARTER
    return ragged.ratio(ragged.total(score.melody.piece, score.n), quarters)


@feature("quarters", 0, np.inf, source=_JMIR)
def mean_duration(score: Score) -> np.ndarray:
    """Mean duration of the notes."""
    line = score.melody
    return ragged.mean(line.piece, score.n, line.duration) / TICKS_PER_QUARTER


@feature("ratio", 0, np.inf)
def duration_variation(score: Score) -> np.ndarray:
    """Standard deviation of the durations over their mean."""
    line = score.melody
    mean = ragged.mean(line.piece, score.n, line.duration)
    return ragged.ratio(ragged.spread(line.piece, score.n, line.duration), mean)


@feature("index", 0, 200, source="Grabe & Low 2002; Patel & Daniele 2003")
def npvi(score: Score) -> np.ndarray:
    """Normalised pairwise variability of durations: mean of 100 |a - b| / ((a + b) / 2) over
    successive notes a, b.
    """
    line = score.melody
    first = ragged.runs(line.piece, 2)
    a, b = line.duration[first], line.duration[first + 1]
    return ragged.mean(line.piece[first], score.n, 200 * np.abs(a - b) / (a + b))


@feature("bits", 0, 16, source=_JMIR)
def duration_entropy(score: Score) -> np.ndarray:
    """Entropy of the durations, rounded to 1/24 of a quarter."""
    line = score.melody
    return ragged.entropy(line.piece, score.n, np.rint(line.duration / 20).astype(int))


@feature("share", source="Shannon 1948; normalised by the entropy of runs that never recur")
def pattern_entropy(score: Score) -> np.ndarray:
    """Entropy of runs of three durations over the largest that so many runs can have."""
    line = score.melody
    first = ragged.runs(line.piece, 3)
    size = np.minimum(np.rint(line.duration / 20).astype(np.int64), 999)
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


@feature("share")
def dotted_pair_share(score: Score) -> np.ndarray:
    """Share of pairs of successive notes of which one is three times as long as the other."""
    line = score.melody
    first = ragged.runs(line.piece, 2)
    a, b = line.duration[first], line.duration[first + 1]
    dotted = np.abs(np.maximum(a, b) - 3 * np.minimum(a, b)) <= TOLERANCE
    return ragged.mean(line.piece[first], score.n, dotted)


@feature("share", source=_JMIR)
def rest_share(score: Score) -> np.ndarray:
    """Share of the time from first onset to last end in which the melody is silent."""
    line = score.melody
    sounding = ragged.total(line.piece, score.n, line.duration)
    return np.clip(1 - ragged.ratio(sounding, _span(score)), 0, 1)


def _metrical(score: Score) -> tuple[Line, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Melody notes in a known meter, their bar, position in bar and in beat, length of the beat."""
    line = score.melody
    rows = np.flatnonzero(~np.isnan(score.bar[line.piece]))
    line = Line(line.piece[rows], line.onset[rows], line.duration[rows], line.pitch[rows])
    number, position, _, beat = score.bars.place(line.piece, line.onset)
    return line, number, position, position % beat, beat


@feature("quarters", 0, np.inf, reveals_meter=True)
def bar_length(score: Score) -> np.ndarray:
    """Length of a bar."""
    return score.bar / TICKS_PER_QUARTER


@feature("quarters", 0, np.inf, reveals_meter=True)
def pickup_length(score: Score) -> np.ndarray:
    """Length of the incomplete bar at the beginning."""
    return np.where(np.isnan(score.bar), np.nan, score.pickup / TICKS_PER_QUARTER)


@feature("notes per bar", 0, np.inf, reveals_meter=True)
def notes_per_bar(score: Score) -> np.ndarray:
    """Number of notes per bar's length of time."""
    return note_density(score) * score.bar / TICKS_PER_QUARTER


@feature("share", reveals_meter=True)
def on_beat_share(score: Score) -> np.ndarray:
    """Share of notes that begin on a beat."""
    line, _, _, in_beat, _ = _metrical(score)
    return ragged.mean(line.piece, score.n, in_beat == 0)


@feature("share", reveals_meter=True)
def downbeat_share(score: Score) -> np.ndarray:
    """Share of notes that begin a bar."""
    line, _, position, _, _ = _metrical(score)
    return ragged.mean(line.piece, score.n, position == 0)


@feature("share", reveals_meter=True)
def syncopation(score: Score) -> np.ndarray:
    """Share of notes that begin between two beats and sound on past the next one."""
    line, _, _, in_beat, beat = _metrical(score)
    beyond = in_beat + line.duration > beat + TOLERANCE
    return ragged.mean(line.piece, score.n, (in_beat > TOLERANCE) & beyond)


@feature("share", reveals_meter=True)
def compound_share(score: Score) -> np.ndarray:
    """Share of the notes between beats that begin at a third or two thirds of the beat."""
    line, _, _, in_beat, beat = _metrical(score)
    between = in_beat > TOLERANCE
    piece, part = line.piece[between], in_beat[between]
    thirds = beat[between, None] * np.array([1 / 3, 2 / 3])
    on_third = (np.abs(part[:, None] - thirds) <= TOLERANCE).any(axis=1)
    return ragged.mean(piece, score.n, on_third)


@feature("share", reveals_meter=True)
def snap_share(score: Score) -> np.ndarray:
    """Share of pairs of successive notes that are Scotch snaps: a short one on the beat, then
    one three times as long.
    """
    line, _, _, in_beat, _ = _metrical(score)
    first = ragged.runs(line.piece, 2)
    a, b = line.duration[first], line.duration[first + 1]
    snap = (np.abs(b - 3 * a) <= TOLERANCE) & (in_beat[first] == 0)
    return ragged.mean(line.piece[first], score.n, snap)


@feature("bits", 0, 16, reveals_meter=True)
def position_entropy(score: Score) -> np.ndarray:
    """Entropy of the positions in the bar at which notes begin, to 1/12 of a quarter."""
    line, _, position, _, _ = _metrical(score)
    return ragged.entropy(line.piece, score.n, np.rint(position / 40).astype(int))


@feature("share", reveals_meter=True)
def bar_repetition(score: Score) -> np.ndarray:
    """Share of bars whose rhythm (onsets and durations) an earlier bar had."""
    line, number, position, _, _ = _metrical(score)
    if not len(line.piece):
        return np.full(score.n, np.nan)
    start = np.flatnonzero(
        (np.diff(line.piece, prepend=-1) != 0) | (np.diff(number, prepend=0) != 0)
    )
    event = np.rint(position / 20).astype(np.uint64) * np.uint64(4096)
    event = event + np.rint(line.duration / 20).astype(np.uint64)
    rhythm = np.add.reduceat(_scatter(event), start).view(np.int64)
    owner, _ = ragged.distinct(line.piece[start], rhythm)
    return 1 - ragged.ratio(ragged.total(owner, score.n), ragged.total(line.piece[start], score.n))


def _scatter(value: np.ndarray) -> np.ndarray:
    """Mix the bits of unsigned integers, so that sums of sets hardly ever coincide (splitmix64)."""
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
