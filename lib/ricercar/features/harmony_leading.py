"""Features of voice leading: how voices move against each other.

Conventions
-----------
* Two voices move from one slice to the next when both sound in both; counts go over all
  pairs of voices (:mod:`ricercar.features.voices`).
* The *bass* is the lowest sounding pitch; its intervals are those between different
  successive pitches, rests passed over.

Sources
-------
W. Piston, *Counterpoint*, 1947; K. Jeppesen, *Counterpoint*, 1931 (motion, hidden fifths,
suspensions); C. McKay, *Automatic Music Classification with jMIR*, thesis, McGill 2010.
"""

import numpy as np

from ricercar.features import ragged
from ricercar.features.harmony import VOICES
from ricercar.features.registry import feature
from ricercar.features.score import Score
from ricercar.features.voices import Slices, outer
from ricercar.tables import TICKS_PER_QUARTER

_TEXTBOOK = "textbook voice leading"
_NO_JOINT = "no two voices ever move at once"
_NO_BASS = "the bass never moves"


def _per_thousand(score: Score, kind: str) -> np.ndarray:
    """A kind of motion per 1,000 moves of two voices at once."""
    moves = score.motions
    return 1000 * ragged.ratio(moves[kind], moves["both_move"])


@feature(
    "per 1000 pairs", 0, 1000, source=_TEXTBOOK, needs=VOICES, empty=_NO_JOINT, family="harmony"
)
def parallel_fifths(score: Score) -> np.ndarray:
    """Parallel fifths per 1,000 moves of two voices at once: same direction, uncrossed,
    interval 7 modulo 12 before and after.
    """
    return _per_thousand(score, "parallel_fifths")


@feature(
    "per 1000 pairs", 0, 1000, source=_TEXTBOOK, needs=VOICES, empty=_NO_JOINT, family="harmony"
)
def parallel_octaves(score: Score) -> np.ndarray:
    """Parallel octaves and unisons per 1,000 moves of two voices at once: same direction,
    uncrossed, interval 0 modulo 12 before and after.
    """
    return _per_thousand(score, "parallel_octaves")


@feature(
    "per 1000 pairs", 0, 1000, source=_TEXTBOOK, needs=VOICES, empty=_NO_JOINT, family="harmony"
)
def hidden_fifths(score: Score) -> np.ndarray:
    """Hidden fifths per 1,000 moves of two voices at once: same direction, uncrossed, into
    interval 7 modulo 12 from another, the upper voice by more than a step.
    """
    return _per_thousand(score, "hidden_fifths")


@feature(
    "per 1000 pairs", 0, 1000, source=_TEXTBOOK, needs=VOICES, empty=_NO_JOINT, family="harmony"
)
def hidden_octaves(score: Score) -> np.ndarray:
    """Hidden octaves per 1,000 moves of two voices at once: same direction, uncrossed, into
    interval 0 modulo 12 from another, the upper voice by more than a step.
    """
    return _per_thousand(score, "hidden_octaves")


@feature("share", source=_TEXTBOOK, needs=VOICES, empty=_NO_JOINT, family="harmony")
def contrary_share(score: Score) -> np.ndarray:
    """Share of the moves of two voices at once that go in opposite directions."""
    moves = score.motions
    return ragged.ratio(moves["contrary"], moves["both_move"])


@feature("share", source=_TEXTBOOK, needs=VOICES, empty=_NO_JOINT, family="harmony")
def parallel_share(score: Score) -> np.ndarray:
    """Share of the moves of two voices at once that go in one direction and keep their interval
    to within a semitone (parallel thirds of both kinds).
    """
    moves = score.motions
    return ragged.ratio(moves["parallel"], moves["both_move"])


@feature("share", source=_TEXTBOOK, needs=VOICES, empty=_NO_JOINT, family="harmony")
def similar_share(score: Score) -> np.ndarray:
    """Share of the moves of two voices at once that go in one direction without being parallel."""
    moves = score.motions
    same = moves["both_move"] - moves["contrary"] - moves["parallel"]
    return ragged.ratio(same, moves["both_move"])


@feature("share", source=_TEXTBOOK, needs=VOICES, empty="no voice ever moves", family="harmony")
def oblique_share(score: Score) -> np.ndarray:
    """Share of the moves of a pair of sounding voices in which only one changes pitch."""
    moves = score.motions
    return ragged.ratio(moves["one_moves"], moves["one_moves"] + moves["both_move"])


@feature(
    "per 1000 moves",
    0,
    1000,
    source=_TEXTBOOK,
    needs=VOICES,
    empty="no voice ever moves",
    family="harmony",
)
def overlap(score: Score) -> np.ndarray:
    """Voice overlaps per 1,000 moves of a pair of sounding voices: one moves beyond the pitch
    that the other has just left, without crossing.
    """
    moves = score.motions
    return 1000 * ragged.ratio(moves["overlap"], moves["one_moves"] + moves["both_move"])


@feature("share", needs=VOICES, empty="the outer voices never move at once", family="harmony")
def outer_contrary_share(score: Score) -> np.ndarray:
    """Share of opposite directions among the moves of highest and lowest pitch at once."""
    piece, top, low = outer(score.slices)
    same = piece[1:] == piece[:-1]
    up, down = np.diff(top)[same], np.diff(low)[same]
    both = (up != 0) & (down != 0)
    return ragged.mean(piece[1:][same][both], score.n, (up * down < 0)[both])


@feature(
    "correlation",
    -1,
    1,
    needs=VOICES,
    empty="highest or lowest pitch is constant",
    family="harmony",
)
def outer_correlation(score: Score) -> np.ndarray:
    """Correlation of highest and lowest pitch over the slices in which two voices sound."""
    piece, top, low = outer(score.slices)
    return ragged.correlation(piece, score.n, top, low)


def _bass(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """Piece and size of the intervals of the bass, without repetitions."""
    slices = score.slices
    lowest = np.where(slices.pitch >= 0, slices.pitch.astype(int), 999).min(axis=1, initial=999)
    rows = np.flatnonzero(lowest < 999)
    piece, size = slices.piece[rows], np.diff(lowest[rows])
    moves = (piece[1:] == piece[:-1]) & (size != 0)
    return piece[1:][moves], np.abs(size[moves])


@feature("share", source=_TEXTBOOK, needs=VOICES, empty=_NO_BASS, family="harmony")
def bass_step_share(score: Score) -> np.ndarray:
    """Share of the intervals of the bass that are steps (1 or 2 semitones)."""
    piece, size = _bass(score)
    return ragged.mean(piece, score.n, size <= 2)


@feature("share", source=_TEXTBOOK, needs=VOICES, empty=_NO_BASS, family="harmony")
def bass_fifth_share(score: Score) -> np.ndarray:
    """Share of the intervals of the bass that are perfect fourths or fifths."""
    piece, size = _bass(score)
    return ragged.mean(piece, score.n, (size == 5) | (size == 7))


@feature("share", source=_TEXTBOOK, needs=VOICES, empty=_NO_BASS, family="harmony")
def bass_octave_share(score: Score) -> np.ndarray:
    """Share of the intervals of the bass that are octaves."""
    piece, size = _bass(score)
    return ragged.mean(piece, score.n, size == 12)


@feature("per 100 quarters", 0, 48000, source="Jeppesen 1931", needs=VOICES, family="harmony")
def suspensions(score: Score) -> np.ndarray:
    """Suspensions per 100 quarters: a note held while another voice begins one, so that it comes
    from a consonance above the lowest pitch to a second, fourth, tritone or seventh, and then
    falls by a step.
    """
    slices = score.slices
    count = np.zeros(score.n)
    for voice in range(slices.pitch.shape[1]):
        rows = _suspended(slices, voice)
        count += ragged.total(slices.piece[rows], score.n)
    quarters = ragged.total(slices.piece, score.n, slices.duration) / TICKS_PER_QUARTER
    return 100 * ragged.ratio(count, quarters)


def _suspended(slices: Slices, voice: int) -> np.ndarray:
    """Slices in which a voice holds a note that has become dissonant and then resolves."""
    pitch = slices.pitch.astype(int)
    line, attack = pitch[:, voice], slices.attack[:, voice]
    lowest = np.where(pitch >= 0, pitch, 999).min(axis=1)
    above = (line - lowest) % 12
    dissonant = (line >= 0) & np.isin(above, (1, 2, 5, 6, 10, 11))
    struck = np.asarray(slices.attack.any(axis=1))
    held = np.flatnonzero((line[1:] >= 0) & ~attack[1:] & dissonant[1:] & struck[1:]) + 1
    held = held[~dissonant[held - 1] & (line[held - 1] == line[held])]
    begins = np.append(np.flatnonzero(attack), len(line))
    after = begins[np.searchsorted(begins, held, side="right")]
    inside = after < len(line)
    held, after = held[inside], after[inside]
    falls = np.isin(line[held] - line[after], (1, 2)) & (line[after - 1] == line[held])
    return held[falls & (slices.piece[held] == slices.piece[after])]
