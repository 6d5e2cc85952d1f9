"""Templates of chords: what speaks for a chord and what against it.

Goal: one number for every chord in every segment, all at once, as a product of matrices.

Conventions
-----------
* A chord is a number, quality * 12 + root, qualities in the order of :data:`QUALITIES`.
* Sound on the chord's tones counts for it, other sound and missing tones against it; so do
  the bass and the scale of the key.
* The numbers in :data:`WEIGHTS` were chosen by coordinate search on the tuning pieces of
  :mod:`ricercar.assess.chord_gold`, which measures on the others.

Sources
-------
B. Pardo and W. P. Birmingham, "Algorithms for chordal analysis", Computer Music Journal
26, 2002 (templates, missing and foreign tones).
"""

from functools import cache

import numpy as np

from ricercar.features import tonality
from ricercar.features.segments import Sounding

#: quality -> semitones of third, fifth and (if any) seventh above the root
QUALITIES: dict[str, tuple[int, ...]] = {
    "maj": (4, 7),
    "min": (3, 7),
    "dim": (3, 6),
    "aug": (4, 8),
    "7": (4, 7, 10),
    "maj7": (4, 7, 11),
    "min7": (3, 7, 10),
    "hdim7": (3, 6, 10),
    "dim7": (3, 6, 9),
    "sus4": (5, 7),
    "sus2": (2, 7),
}
NAMES = list(QUALITIES)


def quality_of(intervals: list[int]) -> str:
    """Quality of a chord from its semitones above the root, "other" for none.

    Examples
    --------
    >>> quality_of([0, 3, 6, 10]), quality_of([0, 4, 7, 9])
    ('hdim7', 'other')
    """
    found = [name for name, tones in QUALITIES.items() if {0, *tones} == set(intervals)]
    return found[0] if found else "other"


#: how much each kind of evidence counts, in units of the price of a change of chord
WEIGHTS = {
    "root": 0.8,  # share of the sound on each tone of the chord
    "third": 0.4,
    "fifth": 1.3,
    "seventh": 0.8,
    "foreign": -1.5,  # share of the sound outside the chord
    "missing_root": -0.3,  # tones of the chord that do not sound
    "missing_third": -0.3,
    "missing_fifth": -0.3,
    "missing_seventh": -0.5,
    "bass_root": 0.5,  # which tone of the chord is the bass
    "bass_third": 0.25,
    "bass_fifth": -0.25,
    "bass_seventh": -0.1,
    "scale": 0.3,  # share of the chord's tones in the scale of the key
    "accent": 0.5,  # further weight of what sounds as the segment begins
    "first_bass": 0.3,  # weight of the bass at the beginning against the lowest note
    "four_tones": -0.2,  # chords are major and minor triads unless the sound says more
    "diminished": -0.4,
    "augmented": -0.3,
    "suspended": -0.6,  # -1 would be right slightly more often by never naming one
}
PRESENT = 0.1  # share of the sound from which on a tone counts as sounding

_ROLES = ("root", "third", "fifth", "seventh")
_SCALES = {0: (0, 2, 4, 5, 7, 9, 11), 1: (0, 2, 3, 5, 7, 8, 10, 11)}  # both sevenths in minor


def accented(sound: Sounding) -> np.ndarray:
    """Weight of the pitch classes, more for what sounds as the segment begins."""
    return sound.weight + WEIGHTS["accent"] * sound.at_start


def fit(sound: Sounding, key: np.ndarray) -> np.ndarray:
    """How well each chord explains each segment, shape (segments, qualities * 12)."""
    return _evidence(sound, key) @ _templates() + _preferences()


def _evidence(sound: Sounding, key: np.ndarray) -> np.ndarray:
    """Share, presence, bass and scale of the twelve pitch classes, shape (segments, 48)."""
    weight = accented(sound)
    total = weight.sum(axis=1, keepdims=True)
    share = weight / np.where(total > 0, total, 1)
    bass = np.zeros_like(share)
    first = np.where(sound.bass >= 0, sound.bass, sound.lowest)
    rows = np.flatnonzero(sound.lowest >= 0)
    bass[rows, first[rows] % 12] += WEIGHTS["first_bass"]
    bass[rows, sound.lowest[rows] % 12] += 1 - WEIGHTS["first_bass"]
    return np.hstack([share, np.minimum(share / PRESENT, 1), bass, scales()[key]])


@cache
def scales() -> np.ndarray:
    """Which pitch classes lie in the scale of each key, 1 or 0, shape (24, 12)."""
    out = np.zeros((24, 12))
    for key in range(24):
        out[key, [(key + step) % 12 for step in _SCALES[key // 12]]] = 1
    return out


@cache
def tones() -> np.ndarray:
    """Which pitch classes make up each chord, 1 or 0, shape (qualities * 12, 12)."""
    out = np.zeros((len(NAMES) * 12, 12))
    for state in range(len(out)):
        out[state, [(state + tone) % 12 for tone in (0, *QUALITIES[NAMES[state // 12]])]] = 1
    return out


@cache
def _templates() -> np.ndarray:
    """Weight of each piece of evidence for each chord, shape (48, qualities * 12)."""
    out = np.zeros((48, len(NAMES) * 12))
    for number, name in enumerate(NAMES):
        members = (0, *QUALITIES[name])
        for role, tone in zip(_ROLES, members, strict=False):
            for root in range(12):
                pitch, state = (root + tone) % 12, number * 12 + root
                out[pitch, state] = WEIGHTS[role] - WEIGHTS["foreign"]
                out[12 + pitch, state] = -WEIGHTS[f"missing_{role}"]
                out[24 + pitch, state] = WEIGHTS[f"bass_{role}"]
                out[36 + pitch, state] = WEIGHTS["scale"] / len(members)
    return out


@cache
def _preferences() -> np.ndarray:
    """What counts for each chord before anything sounds, shape (qualities * 12,)."""
    out = []
    for name, members in QUALITIES.items():
        value = WEIGHTS["foreign"] + sum(
            WEIGHTS[f"missing_{role}"] for role in _ROLES[: len(members) + 1]
        )
        value += WEIGHTS["four_tones"] * (len(members) == 3)
        value += WEIGHTS["diminished"] * (6 in members)
        value += WEIGHTS["augmented"] * (8 in members)
        value += WEIGHTS["suspended"] * name.startswith("sus")
        out += [value] * 12
    return np.array(out)


@cache
def functions() -> np.ndarray:
    """How much each chord speaks for each key, shape (qualities * 12, 24)."""
    out = np.zeros((len(NAMES) * 12, 24))
    for place, functions in enumerate(tonality.FUNCTIONS.values()):
        for (degree, name), weight in functions.items():
            for tonic in range(12):
                state = NAMES.index(name) * 12 + (tonic + degree) % 12
                out[state, place * 12 + tonic] = weight
    return out
