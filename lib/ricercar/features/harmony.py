"""Features of what sounds at one moment: intervals between voices, triads, consonance.

Conventions
-----------
* All harmony features are NaN for pieces of one voice (:mod:`ricercar.features.score` says
  what a voice is and from when on a piece counts as polyphonic).
* Shares of time count slices by their duration. Interval classes are the absolute
  distance of two pitches modulo 12.

Sources
-------
W. Piston, *Harmony*, 1941, and common textbook voice leading (consonance); C. McKay,
*Automatic Music Classification with jMIR*, thesis, McGill 2010 (vertical intervals);
D. Huron, "Interval-class content in equally tempered pitch-class sets", Music Perception
11, 1994 (consonance of interval classes).
"""

import numpy as np

from ricercar.features import ragged
from ricercar.features.registry import feature
from ricercar.features.score import Score
from ricercar.features.voices import Slices
from ricercar.tables import TICKS_PER_QUARTER

VOICES = ("notes", "voices")  # what a piece must have for any harmony to be measured
_JMIR = "McKay 2010"
_TEXTBOOK = "textbook voice leading"
_HURON = np.array([0.0, -1.428, -0.582, 0.594, 0.386, 1.240, -0.453])


def sets(*tones: int) -> list[int]:
    """A set of pitch classes on each of the twelve roots, as whole numbers, bit 0 for C.

    Examples
    --------
    >>> sets(0, 4, 7)[0] == 2**0 + 2**4 + 2**7
    True
    """
    return [sum(1 << (root + tone) % 12 for tone in tones) for root in range(12)]


MAJOR, MINOR = sets(0, 4, 7), sets(0, 3, 7)


def mean_of_slices(score: Score, value: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Mean of a value over the slices ``where`` something holds, weighted by duration."""
    slices = score.slices
    return ragged.mean(slices.piece[where], score.n, value[where], slices.duration[where])


def sounding(slices: Slices) -> np.ndarray:
    """Number of sounding voices of each slice."""
    return (slices.pitch >= 0).sum(axis=1)


def pitch_class_sets(slices: Slices) -> np.ndarray:
    """Set of sounding pitch classes of each slice, bit 0 for C."""
    bits = np.where(slices.pitch >= 0, 1 << (slices.pitch.astype(int) % 12), 0)
    return np.bitwise_or.reduce(bits, axis=1)


def _interval_share(score: Score, *classes: int) -> np.ndarray:
    """Share of the time of sounding pairs of voices at the interval classes given."""
    ticks = score.vertical_intervals
    return ragged.ratio(ticks[:, list(classes)].sum(axis=1), ticks.sum(axis=1))


@feature(
    "share",
    source="share of triadic frames, as used for generated chorales",
    needs=VOICES,
    empty="never three voices at once",
)
def triad_share(score: Score) -> np.ndarray:
    """Share of the time with three or more sounding voices in which all their pitch classes lie
    within one major or minor triad.
    """
    chord = pitch_class_sets(score.slices)
    within = np.zeros(4096, dtype=bool)
    for triad in (*MAJOR, *MINOR):
        within |= (np.arange(4096) & ~triad) == 0
    return mean_of_slices(score, within[chord], sounding(score.slices) >= 3)


@feature("share", needs=VOICES, empty="no complete major or minor triad")
def major_triad_share(score: Score) -> np.ndarray:
    """Share of major among the time of complete major and minor triads."""
    chord = pitch_class_sets(score.slices)
    major = np.isin(chord, MAJOR)
    return mean_of_slices(score, major, major | np.isin(chord, MINOR))


@feature("share", source=_TEXTBOOK, needs=VOICES)
def dissonance(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at interval class 1, 2, 6, 10 or 11."""
    return _interval_share(score, 1, 2, 6, 10, 11)


@feature("index", -1.428, 1.24, source="Huron 1994", needs=VOICES, empty="unisons and octaves only")
def consonance(score: Score) -> np.ndarray:
    """Mean consonance, by Huron's index of interval classes 1 to 6 (inversions are one class),
    of the time of sounding pairs of voices other than unisons and octaves.
    """
    ticks = score.vertical_intervals
    folded = ticks[:, 1:7].copy()
    folded[:, :5] += ticks[:, :6:-1]
    return ragged.ratio(folded @ _HURON[1:], folded.sum(axis=1))


@feature("share", source=_JMIR, needs=VOICES)
def unison_octave_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at the unison or octave."""
    return _interval_share(score, 0)


@feature("share", source=_JMIR, needs=VOICES)
def second_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at a second or ninth."""
    return _interval_share(score, 1, 2)


@feature("share", source=_JMIR, needs=VOICES)
def third_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at a third or tenth."""
    return _interval_share(score, 3, 4)


@feature("share", source=_JMIR, needs=VOICES)
def fourth_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at a perfect fourth."""
    return _interval_share(score, 5)


@feature("share", source=_JMIR, needs=VOICES)
def tritone_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at a tritone."""
    return _interval_share(score, 6)


@feature("share", source=_JMIR, needs=VOICES)
def fifth_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at a perfect fifth."""
    return _interval_share(score, 7)


@feature("share", source=_JMIR, needs=VOICES)
def sixth_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at a sixth."""
    return _interval_share(score, 8, 9)


@feature("share", source=_JMIR, needs=VOICES)
def seventh_share(score: Score) -> np.ndarray:
    """Share of the time of sounding pairs of voices at a seventh."""
    return _interval_share(score, 10, 11)


@feature("per quarter", 0, 480, source=_JMIR, needs=VOICES)
def chord_changes(score: Score) -> np.ndarray:
    """Changes of the set of sounding pitch classes per quarter."""
    slices = score.slices
    chord = pitch_class_sets(slices)
    changed = (np.diff(chord) != 0) & (np.diff(slices.piece) == 0)
    quarters = ragged.total(slices.piece, score.n, slices.duration) / TICKS_PER_QUARTER
    return ragged.ratio(ragged.total(slices.piece[1:][changed], score.n), quarters)


@feature("bits", 0, 12, source="Shannon 1948", needs=VOICES)
def chord_entropy(score: Score) -> np.ndarray:
    """Entropy of the sets of sounding pitch classes, each counted when it comes in."""
    slices = score.slices
    chord = pitch_class_sets(slices)
    new = (np.diff(chord, prepend=-1) != 0) | (np.diff(slices.piece, prepend=-1) != 0)
    return ragged.entropy(slices.piece[new], score.n, chord[new])
