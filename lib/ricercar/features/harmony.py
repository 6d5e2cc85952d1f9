"""Features of harmony and voice leading, for pieces in which several voices sound.

Conventions
-----------
* All are NaN for pieces of one voice (:mod:`ricercar.features.score` says what a voice
  is and from when on a piece counts as polyphonic).
* Shares of time count slices by their duration. Interval classes are the absolute
  distance of two pitches modulo 12.

Sources
-------
W. Piston, *Harmony*, 1941, and common textbook voice leading (parallels, crossing,
consonance); C. McKay, *Automatic Music Classification with jMIR*, thesis, McGill 2010
(vertical intervals).
"""

import numpy as np

from ricercar.features import ragged
from ricercar.features.registry import feature
from ricercar.features.score import Score
from ricercar.features.voices import Slices
from ricercar.tables import TICKS_PER_QUARTER

_JMIR = "McKay 2010"
_TEXTBOOK = "textbook voice leading"

_MAJOR = [sum(1 << (root + step) % 12 for step in (0, 4, 7)) for root in range(12)]
_MINOR = [sum(1 << (root + step) % 12 for step in (0, 3, 7)) for root in range(12)]


def _mean(score: Score, value: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Mean of a value over the slices ``where`` something holds, weighted by duration."""
    slices = score.slices
    return ragged.mean(slices.piece[where], score.n, value[where], slices.duration[where])


def _sounding(slices: Slices) -> np.ndarray:
    """Number of sounding voices of each slice."""
    return (slices.pitch >= 0).sum(axis=1)


def _chords(slices: Slices) -> np.ndarray:
    """Set of sounding pitch classes of each slice, bit 0 for C."""
    bits = np.where(slices.pitch >= 0, 1 << (slices.pitch.astype(int) % 12), 0)
    return np.bitwise_or.reduce(bits, axis=1)


def _interval_share(score: Score, *classes: int) -> np.ndarray:
    """Share of the time of sounding pairs of voices at the interval classes given."""
    ticks = score.vertical_intervals
    return ragged.ratio(ticks[:, list(classes)].sum(axis=1), ticks.sum(axis=1))


@feature("voices", 2, 12, source=_JMIR)
def voice_count(score: Score) -> np.ndarray:
    """Number of voices that have a note anywhere in the piece (at most 12 are seen)."""
    slices = score.slices
    used = np.zeros((score.n, slices.pitch.shape[1]), dtype=bool)
    row, voice = np.nonzero(slices.pitch >= 0)
    used[slices.piece[row], voice] = True
    count = used.sum(axis=1).astype(float)
    return np.where(count > 0, count, np.nan)


@feature("voices", 0, 12, source=_JMIR)
def sounding_voices(score: Score) -> np.ndarray:
    """Mean number of voices that sound at a time."""
    count = _sounding(score.slices)
    return _mean(score, count, count >= 0)


@feature("share", source="share of triadic frames, as used for generated chorales")
def triad_share(score: Score) -> np.ndarray:
    """Share of the time with three or more sounding voices in which all their pitch classes lie
    within one major or minor triad.
    """
    chord = _chords(score.slices)
    within = np.zeros(4096, dtype=bool)
    sets = np.arange(4096)
    for triad in (*_MAJOR, *_MINOR):
        within |= (sets & ~triad) == 0
    return _mean(score, within[chord], _sounding(score.slices) >= 3)


@feature("share")
def major_triad_share(score: Score) -> np.ndarray:
    """Share of major among the time of complete major and minor triads."""
    chord = _chords(score.slices)
    major = np.isin(chord, _MAJOR)
    return _mean(score, major, major | np.isin(chord, _MINOR))


@feature("share", source=_TEXTBOOK)
def dissonance(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at interval class 1, 2, 6, 10 or 11."""
    return _interval_share(score, 1, 2, 6, 10, 11)


@feature("share", source=_JMIR)
def unison_octave_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at the unison or octave."""
    return _interval_share(score, 0)


@feature("share", source=_JMIR)
def third_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at a third or tenth."""
    return _interval_share(score, 3, 4)


@feature("share", source=_JMIR)
def fourth_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at a perfect fourth."""
    return _interval_share(score, 5)


@feature("share", source=_JMIR)
def fifth_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at a perfect fifth."""
    return _interval_share(score, 7)


@feature("share", source=_JMIR)
def sixth_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at a sixth."""
    return _interval_share(score, 8, 9)


@feature("share", source=_TEXTBOOK)
def crossing(score: Score) -> np.ndarray:
    """Share of the time of neighbouring voices sounding together in which the upper is below
    the lower.
    """
    slices = score.slices
    upper, lower = slices.pitch[:, :-1], slices.pitch[:, 1:]
    row, voice = np.nonzero((upper >= 0) & (lower >= 0))
    below = upper[row, voice] < lower[row, voice]
    return ragged.mean(slices.piece[row], score.n, below, slices.duration[row])


@feature("semitones", 0, 127, source=_TEXTBOOK)
def spacing(score: Score) -> np.ndarray:
    """Mean distance of neighbouring voices sounding together."""
    slices = score.slices
    upper, lower = slices.pitch[:, :-1], slices.pitch[:, 1:]
    row, voice = np.nonzero((upper >= 0) & (lower >= 0))
    distance = np.abs(upper[row, voice].astype(int) - lower[row, voice])
    return ragged.mean(slices.piece[row], score.n, distance, slices.duration[row])


@feature("per 1000 pairs", 0, 1000, source=_TEXTBOOK)
def parallel_fifths(score: Score) -> np.ndarray:
    """Parallel fifths per 1,000 moves of two voices at once: same direction, uncrossed,
    interval 7 modulo 12 before and after.
    """
    moves = score.motions
    return 1000 * ragged.ratio(moves["parallel_fifths"], moves["both_move"])


@feature("per 1000 pairs", 0, 1000, source=_TEXTBOOK)
def parallel_octaves(score: Score) -> np.ndarray:
    """Parallel octaves and unisons per 1,000 moves of two voices at once: same direction,
    uncrossed, interval 0 modulo 12 before and after.
    """
    moves = score.motions
    return 1000 * ragged.ratio(moves["parallel_octaves"], moves["both_move"])


@feature("share", source=_TEXTBOOK)
def contrary_share(score: Score) -> np.ndarray:
    """Share of the moves of two voices at once that go in opposite directions."""
    moves = score.motions
    return ragged.ratio(moves["contrary"], moves["both_move"])


@feature("share", source=_TEXTBOOK)
def oblique_share(score: Score) -> np.ndarray:
    """Share of the moves of a pair of sounding voices in which only one changes pitch."""
    moves = score.motions
    return ragged.ratio(moves["one_moves"], moves["one_moves"] + moves["both_move"])


@feature("share")
def synchrony(score: Score) -> np.ndarray:
    """Mean share of the sounding voices that begin a note together when any does."""
    slices = score.slices
    begin = slices.attack.sum(axis=1)
    rows = begin > 0
    share = begin[rows] / _sounding(slices)[rows]
    return ragged.mean(slices.piece[rows], score.n, share)


@feature("per quarter", 0, 480, source=_JMIR)
def chord_changes(score: Score) -> np.ndarray:
    """Changes of the set of sounding pitch classes per quarter."""
    slices = score.slices
    chord = _chords(slices)
    changed = (np.diff(chord) != 0) & (np.diff(slices.piece) == 0)
    quarters = ragged.total(slices.piece, score.n, slices.duration) / TICKS_PER_QUARTER
    return ragged.ratio(ragged.total(slices.piece[1:][changed], score.n), quarters)


@feature("bits", 0, 12, source="Shannon 1948")
def chord_entropy(score: Score) -> np.ndarray:
    """Entropy of the sets of sounding pitch classes, each counted when it comes in."""
    slices = score.slices
    chord = _chords(slices)
    new = (np.diff(chord, prepend=-1) != 0) | (np.diff(slices.piece, prepend=-1) != 0)
    return ragged.entropy(slices.piece[new], score.n, chord[new])
