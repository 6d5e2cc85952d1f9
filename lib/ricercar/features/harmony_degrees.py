"""Features of what chords do in their key: degrees, modulation, cadences.

Conventions
-----------
* Chord and key of each beat are those of :mod:`ricercar.features.chords`; the degree of a
  chord is the distance of its root from the tonic of the key at that moment.
* A phrase ends with the last note of a phrase of the melody
  (:mod:`ricercar.features.phrases`). Its cadence is read off the chord of the beat in which
  that note begins and the last chord before with another root.
* Dominants are major chords on the fifth degree, with or without seventh, and diminished
  ones on the leading tone.

Sources
-------
W. Piston, *Harmony*, 1941 (degrees, cadences); D. Huron, *Sweet Anticipation*, 2006 (shares
of degrees as a description of style).
"""

import numpy as np

from ricercar.features import chords, ragged
from ricercar.features.chord_templates import NAMES, scales, tones
from ricercar.features.harmony import VOICES
from ricercar.features.harmony_chords import share_of_time
from ricercar.features.registry import feature
from ricercar.features.score import Score
from ricercar.tables import TICKS_PER_QUARTER

_PISTON = "Piston 1941"
_MAJOR = [NAMES.index(name) for name in ("maj", "7", "maj7")]
_DIMINISHED = [NAMES.index(name) for name in ("dim", "hdim7", "dim7")]


def _degree(score: Score) -> np.ndarray:
    """Semitones of each beat's root above the tonic."""
    found = chords.of_beats(score)
    return (found.root - found.key) % 12


def _by_mode(score: Score, major: int, minor: int) -> np.ndarray:
    """Share of the time with a chord whose root lies so far above the tonic."""
    wanted = np.where(chords.of_beats(score).key >= 12, minor, major)
    return share_of_time(score, _degree(score) == wanted)


@feature("share", needs=VOICES, family="harmony", source=_PISTON)
def tonic_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a chord on the first degree."""
    return _by_mode(score, 0, 0)


@feature("share", needs=VOICES, family="harmony", source=_PISTON)
def supertonic_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a chord on the second degree."""
    return _by_mode(score, 2, 2)


@feature("share", needs=VOICES, family="harmony", source=_PISTON)
def mediant_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a chord on the third degree."""
    return _by_mode(score, 4, 3)


@feature("share", needs=VOICES, family="harmony", source=_PISTON)
def subdominant_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a chord on the fourth degree."""
    return _by_mode(score, 5, 5)


@feature("share", needs=VOICES, family="harmony", source=_PISTON)
def dominant_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a chord on the fifth degree."""
    return _by_mode(score, 7, 7)


@feature("share", needs=VOICES, family="harmony", source=_PISTON)
def submediant_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a chord on the sixth degree."""
    return _by_mode(score, 9, 8)


@feature("share", needs=VOICES, family="harmony", source=_PISTON)
def leading_tone_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a chord on the leading tone, a semitone below the tonic."""
    return _by_mode(score, 11, 11)


@feature("share", needs=VOICES, family="harmony", source=_PISTON)
def subtonic_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a chord a whole tone below the tonic: the sound of the modes."""
    return _by_mode(score, 10, 10)


@feature("share", needs=VOICES, family="harmony", source=_PISTON)
def diatonic_chord_share(score: Score) -> np.ndarray:
    """Share of the time with chords whose tones all lie in the scale of the key, in minor with
    either seventh degree.
    """
    return share_of_time(score, _diatonic(chords.of_beats(score)))


def _diatonic(found: chords.Chords) -> np.ndarray:
    members = tones()[np.maximum(found.quality, 0) * 12 + np.maximum(found.root, 0)]
    return (members * (1 - scales()[found.key])).sum(axis=1) == 0


@feature("share", needs=VOICES, family="harmony", source=_PISTON)
def applied_dominant_share(score: Score) -> np.ndarray:
    """Share of the time with major or dominant seventh chords that do not lie in the scale: most
    are dominants of another degree.
    """
    found = chords.of_beats(score)
    return share_of_time(score, np.isin(found.quality, _MAJOR) & ~_diatonic(found))


@feature("share", needs=VOICES, family="harmony")
def minor_key_share(score: Score) -> np.ndarray:
    """Share of the time in minor keys."""
    return share_of_time(score, chords.of_beats(score).key >= 12)


@feature("changes per 100 quarters", 0, 48000, needs=VOICES, family="harmony", source="Piston 1941")
def modulations(score: Score) -> np.ndarray:
    """Changes of key per 100 quarters."""
    grid, key = chords.of_beats(score).grid, chords.of_beats(score).key
    changed = (np.diff(key) != 0) & (np.diff(grid.piece) == 0)
    quarters = ragged.total(grid.piece, score.n, grid.duration) / TICKS_PER_QUARTER
    return 100 * ragged.ratio(ragged.total(grid.piece[1:][changed], score.n), quarters)


@feature("share", needs=VOICES, family="harmony")
def home_key_share(score: Score) -> np.ndarray:
    """Share of the time in the key that holds for the longest time."""
    found = chords.of_beats(score)
    cell = found.grid.piece * 24 + found.key
    ticks = np.bincount(cell, found.grid.duration, score.n * 24).reshape(score.n, 24)
    return ragged.ratio(ticks.max(axis=1), ticks.sum(axis=1))


def cadences(score: Score) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """How the phrases of polyphonic pieces end.

    Returns
    -------
    piece : numpy.ndarray of int, shape (ends,)
        Of each phrase end that has a chord and another before it.
    kinds : dict of str to numpy.ndarray of bool
        ``authentic`` (dominant to tonic), ``plagal`` (fourth degree to tonic), ``deceptive``
        (dominant to sixth degree), ``half`` (a dominant at the end).
    """
    found, line = chords.of_beats(score), score.melody
    grid = found.grid
    last = ragged.ends(score.phrases)
    span = int(max(grid.onset.max(initial=0), line.onset.max(initial=0))) + 1
    keys = grid.piece * span + grid.onset
    at = np.searchsorted(keys, line.piece[last] * span + line.onset[last], side="right") - 1
    known = at >= 0
    known[known] = grid.piece[at[known]] == line.piece[last][known]
    at = at[known]
    new = np.diff(found.root, prepend=-2) != 0
    new |= np.diff(grid.piece, prepend=-1) != 0
    begins = np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))
    before = begins[at] - 1
    known = (before >= 0) & (found.root[at] >= 0)
    at, before = at[known], before[known]
    same = (grid.piece[at] == grid.piece[before]) & (found.root[before] >= 0)
    at, before = at[same], before[same]
    tonic, sixth = found.key[at] % 12, np.where(found.key[at] >= 12, 8, 9)
    end, ahead = (found.root[at] - tonic) % 12, (found.root[before] - tonic) % 12
    diminished = np.isin(found.quality, _DIMINISHED)
    major = np.isin(found.quality, _MAJOR)
    dominant = ((ahead == 7) & major[before]) | ((ahead == 11) & diminished[before])
    kinds = {
        "authentic": dominant & (end == 0),
        "plagal": (ahead == 5) & (end == 0),
        "deceptive": dominant & (end == sixth),
        "half": (end == 7) & major[at],
    }
    return grid.piece[at], kinds


_NO_END = "no phrase ends on a chord after another"


def _cadence_share(score: Score, kind: str) -> np.ndarray:
    piece, kinds = cadences(score)
    return ragged.mean(piece, score.n, kinds[kind])


@feature("share", needs=VOICES, family="harmony", source=_PISTON, empty=_NO_END)
def authentic_cadence_share(score: Score) -> np.ndarray:
    """Share of the phrases that end on the tonic after a dominant."""
    return _cadence_share(score, "authentic")


@feature("share", needs=VOICES, family="harmony", source=_PISTON, empty=_NO_END)
def plagal_cadence_share(score: Score) -> np.ndarray:
    """Share of the phrases that end on the tonic after a chord of the fourth degree."""
    return _cadence_share(score, "plagal")


@feature("share", needs=VOICES, family="harmony", source=_PISTON, empty=_NO_END)
def deceptive_cadence_share(score: Score) -> np.ndarray:
    """Share of the phrases that end on the sixth degree after a dominant."""
    return _cadence_share(score, "deceptive")


@feature("share", needs=VOICES, family="harmony", source=_PISTON, empty=_NO_END)
def half_cadence_share(score: Score) -> np.ndarray:
    """Share of the phrases that end on a major chord of the fifth degree."""
    return _cadence_share(score, "half")
