"""Features of melodic contour: how the melody goes on, its arcs and the shape of its phrases.

Conventions
-----------
* Melody and intervals are those of :mod:`ricercar.features.melody`; a *moving* interval
  is one other than a repetition. A *leap* is 5 semitones or more, a *step* 1 or 2.
* *Turning points* are the notes at which the direction changes, and the first and the
  last moving note; between them lie the *arcs*.
* Phrases are those of :mod:`ricercar.features.phrases`.

Sources
-------
C. McKay, *Automatic Music Classification with jMIR*, thesis, McGill 2010 (jSymbolic);
E. Narmour, *The Analysis and Cognition of Basic Melodic Structures*, Chicago 1990 (gap-fill;
registral return as in E. G. Schellenberg, *Cognition* 58, 1996); P. von Hippel and D. Huron,
"Why do skips precede reversals?", *Music Perception* 18, 2000; D. Huron, "The melodic arch in
Western folksongs", *Computing in Musicology* 10, 1996 (classes of contour); T. Eerola and
P. Toiviainen, *MIDI Toolbox*, 2004; D. Müllensiefen, *FANTASTIC: Feature ANalysis Technology
Accessing STatistics*, Goldsmiths 2009 (interpolated contour); Z. Eitan, *Highpoints*,
Pennsylvania 1997.
"""

from functools import partial

import numpy as np

from ricercar.features import ragged
from ricercar.features.registry import feature
from ricercar.features.score import Score
from ricercar.tables import TICKS_PER_QUARTER

_JMIR = "McKay 2010"
_HURON = "Huron 1996"
_FANTASTIC = "Müllensiefen 2009"

melodic = partial(feature, family="melody", needs=("notes", "intervals"))


@melodic("share", source=f"{_JMIR}, M17 Direction of Motion", empty="every note repeats the first")
def ascending_share(score: Score) -> np.ndarray:
    """Share of the melodic intervals other than repetitions that go up."""
    piece, size = score.intervals
    moving = size != 0
    return ragged.mean(piece[moving], score.n, size[moving] > 0)


@melodic("semitones", -127, 127, empty="the melody moves in one direction only")
def ascent_excess(score: Score) -> np.ndarray:
    """Mean size of the rising intervals less that of the falling ones."""
    piece, size = score.intervals
    up, down = size > 0, size < 0
    rise = ragged.mean(piece[up], score.n, size[up])
    return rise - ragged.mean(piece[down], score.n, -size[down])


@melodic("share", source=_JMIR, empty="fewer than two moving intervals")
def turn_share(score: Score) -> np.ndarray:
    """Share of pairs of successive moving intervals that change direction."""
    piece, size = score.intervals
    piece, size = piece[size != 0], size[size != 0]
    first = ragged.runs(piece, 2)
    return ragged.mean(piece[first], score.n, size[first] * size[first + 1] < 0)


def _arcs(score: Score) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The stretches of each melody that move in one direction.

    Returns
    -------
    piece : numpy.ndarray of int, shape (arcs,)
    moves : numpy.ndarray of int
        Number of moving intervals.
    rise : numpy.ndarray of int
        Signed semitones from the first to the last note.
    ticks : numpy.ndarray of int
        From the onset of the first to the onset of the last note.
    """
    line = score.melody
    before = ragged.runs(line.piece, 2)
    size = line.pitch[before + 1] - line.pitch[before]
    before, size = before[size != 0], size[size != 0]
    piece, up = line.piece[before], size > 0
    start = ragged.starts(piece * 2 + up)
    if not len(start):
        none = np.zeros(0, dtype=np.int64)
        return none, none, none, none
    end = np.append(start[1:], len(piece))
    # an arc reaches from the last onset of the turning note to the first of the next one
    ticks = line.onset[before[end - 1] + 1] - line.onset[before[start]]
    return piece[start], end - start, np.add.reduceat(size, start), ticks


@melodic(
    "intervals",
    0,
    np.inf,
    source=f"{_JMIR}, M18 Duration of Melodic Arcs",
    empty="the melody never changes direction",
)
def arc_length(score: Score) -> np.ndarray:
    """Moving intervals per change of direction."""
    piece, moves, _, _ = _arcs(score)
    turns = np.maximum(ragged.total(piece, score.n) - 1, 0)
    return ragged.ratio(ragged.total(piece, score.n, moves), turns)


@melodic(
    "semitones",
    0,
    127,
    source=f"{_JMIR}, M19 Size of Melodic Arcs",
    empty="the melody never changes direction",
)
def arc_size(score: Score) -> np.ndarray:
    """Mean span of the arcs, the last one, which no change of direction ends, left out."""
    piece, _, rise, _ = _arcs(score)
    ended = ragged.runs(piece, 2)
    return ragged.mean(piece[ended], score.n, np.abs(rise[ended]))


@melodic(
    "semitones per quarter",
    0,
    np.inf,
    source=f"{_FANTASTIC}, int.cont.grad.mean",
    empty="every note repeats the first",
)
def contour_gradient(score: Score) -> np.ndarray:
    """Mean steepness, whatever its direction, of the lines between turning points, weighted by
    their length in time.
    """
    piece, _, rise, ticks = _arcs(score)
    return TICKS_PER_QUARTER * ragged.mean(piece, score.n, np.abs(rise) / ticks, ticks)


@melodic(
    "semitones per quarter",
    0,
    np.inf,
    source=f"{_FANTASTIC}, int.cont.grad.std",
    empty="every note repeats the first",
)
def gradient_spread(score: Score) -> np.ndarray:
    """Standard deviation of the signed steepness of the lines between turning points, weighted
    by their length in time.
    """
    piece, _, rise, ticks = _arcs(score)
    return TICKS_PER_QUARTER * ragged.spread(piece, score.n, rise / ticks, ticks)


@melodic(
    "share",
    empty="fewer than three notes in the melody",
)
def arpeggio_share(score: Score) -> np.ndarray:
    """Share of pairs of successive intervals that are 3 to 5 semitones in one direction."""
    piece, a, b = _pairs(score)
    wide = (np.abs(a) >= 3) & (np.abs(a) <= 5) & (np.abs(b) >= 3) & (np.abs(b) <= 5)
    return ragged.mean(piece, score.n, wide & (a * b > 0))


def _pairs(score: Score) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Piece, first and second of each two successive melodic intervals."""
    piece, size = score.intervals
    first = ragged.runs(piece, 2)
    return piece[first], size[first], size[first + 1]


@melodic(
    "share",
    source="Narmour 1990; von Hippel & Huron 2000",
    empty="no leap before the last interval",
)
def gap_fill(score: Score) -> np.ndarray:
    """Share of leaps (5 semitones or more) that a step in the other direction follows."""
    piece, a, b = _pairs(score)
    leap = np.abs(a) >= 5
    piece, a, b = piece[leap], a[leap], b[leap]
    return ragged.mean(piece, score.n, (np.abs(b) <= 2) & (b * a < 0))


@melodic(
    "share",
    source="Narmour 1990; after Schellenberg 1996",
    empty="no leap before the last interval",
)
def registral_return(score: Score) -> np.ndarray:
    """Share of leaps (5 semitones or more) after which the melody comes back to within 2
    semitones of where they began.
    """
    piece, a, b = _pairs(score)
    leap = np.abs(a) >= 5
    return ragged.mean(piece[leap], score.n, np.abs(a + b)[leap] <= 2)


@melodic(
    "share",
    source="von Hippel & Huron 2000",
    empty="no step before the last interval",
)
def step_inertia(score: Score) -> np.ndarray:
    """Share of steps (1 or 2 semitones) that a step in the same direction follows."""
    piece, a, b = _pairs(score)
    step = (np.abs(a) >= 1) & (np.abs(a) <= 2)
    piece, a, b = piece[step], a[step], b[step]
    return ragged.mean(piece, score.n, (np.abs(b) <= 2) & (a * b > 0))


@melodic("correlation", -1, 1, empty="every note has the same pitch")
def contour_slope(score: Score) -> np.ndarray:
    """Correlation of pitch with onset: whether the piece as a whole rises or falls."""
    line = score.melody
    return ragged.correlation(line.piece, score.n, line.pitch, line.onset)


@melodic("semitones", -127, 127, source="after Eerola & Toiviainen 2004")
def contour_arch(score: Score) -> np.ndarray:
    """Mean pitch of the middle third of the notes less that of the outer thirds."""
    line = score.melody
    place, size = ragged.place(line.piece)
    inner = 3 * place // np.maximum(size, 1) == 1
    middle = ragged.mean(line.piece[inner], score.n, line.pitch[inner])
    return middle - ragged.mean(line.piece[~inner], score.n, line.pitch[~inner])


@melodic(
    "correlation",
    -1,
    1,
    source="after von Hippel & Huron 2000",
    empty="fewer than three notes, or only one pitch",
)
def pitch_autocorrelation(score: Score) -> np.ndarray:
    """Correlation of the pitches with those of the next notes: high where melodies stay near."""
    line = score.melody
    first = ragged.runs(line.piece, 2)
    return ragged.correlation(line.piece[first], score.n, line.pitch[first], line.pitch[first + 1])


@melodic("share", source="after Eitan 1997")
def peak_place(score: Score) -> np.ndarray:
    """Where the highest note first begins: 0 at the first onset, 1 at the last."""
    line = score.melody
    highest = ragged.extremes(line.piece, score.n, line.pitch)[1]
    first, last = ragged.extremes(line.piece, score.n, line.onset)
    peak = np.flatnonzero(line.pitch == highest[line.piece])
    peak = peak[ragged.starts(line.piece[peak])]
    where = np.full(score.n, np.nan)
    where[line.piece[peak]] = line.onset[peak]
    return ragged.ratio(where - first, last - first)


@melodic("share", empty="every note has the same pitch")
def ending_height(score: Score) -> np.ndarray:
    """Height of the last note in the range of the melody: 0 at the bottom, 1 at the top."""
    line = score.melody
    lowest, highest = ragged.extremes(line.piece, score.n, line.pitch)
    return ragged.ratio(score.finals - lowest, highest - lowest)


def _phrase_shares(score: Score, before: int, after: int) -> np.ndarray:
    """Share of phrases of three notes or more whose mean inner pitch lies above (1) or below
    (-1) the first and in which the last lies above or below that mean.
    """
    line, phrase = score.melody, score.phrases
    first, last = ragged.starts(phrase), ragged.ends(phrase)
    inner = last - first - 1
    whole = np.add.reduceat(line.pitch, first) if len(first) else first
    first, last, whole, inner = (column[inner > 0] for column in (first, last, whole, inner))
    start, end = line.pitch[first], line.pitch[last]
    middle = (whole - start - end) / inner
    alike = (np.sign(middle - start) == before) & (np.sign(end - middle) == after)
    return ragged.mean(line.piece[first], score.n, alike)


_phrasal = partial(melodic, "share", source=_HURON, empty="no phrase of three notes or more")


@_phrasal()
def arch_share(score: Score) -> np.ndarray:
    """Share of phrases that rise and then fall: first note < mean of the inner ones > last."""
    return _phrase_shares(score, 1, -1)


@_phrasal()
def rising_share(score: Score) -> np.ndarray:
    """Share of phrases that rise: first note < mean of the inner ones < last."""
    return _phrase_shares(score, 1, 1)


@_phrasal()
def falling_share(score: Score) -> np.ndarray:
    """Share of phrases that fall: first note > mean of the inner ones > last."""
    return _phrase_shares(score, -1, -1)


@_phrasal()
def bowl_share(score: Score) -> np.ndarray:
    """Share of phrases that fall and then rise: first note > mean of the inner ones < last."""
    return _phrase_shares(score, -1, 1)
