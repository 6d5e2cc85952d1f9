"""Features of the sets of pitch classes that sound together.

Conventions
-----------
* A *simultaneity* is the set of pitch classes of a slice (:mod:`ricercar.features.score`) in
  which something sounds. Shares count slices, however long, as music21 does.

Sources
-------
M. S. Cuthbert, C. Ariza and L. Friedland, "Feature extraction and machine learning on
symbolic music using the music21 toolkit", ISMIR 2011 (CS1 to CS10); A. Forte, *The
Structure of Atonal Music*, Yale 1973 (set classes).
"""

from functools import cache

import numpy as np

from ricercar.features import ragged
from ricercar.features.harmony import MAJOR, MINOR, VOICES, pitch_class_sets, sets
from ricercar.features.registry import feature
from ricercar.features.score import Score

_MUSIC21 = "Cuthbert et al. 2011"


def _simultaneities(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """Piece and set of pitch classes of each simultaneity."""
    chord = pitch_class_sets(score.slices)
    return score.slices.piece[chord > 0], chord[chord > 0]


@cache
def _set_classes() -> np.ndarray:
    """Number of the set class (under transposition and inversion) of each of 4096 sets."""
    forms = np.arange(4096)
    mirrored = np.sum([((forms >> tone) & 1) << (-tone % 12) for tone in range(12)], axis=0)
    turned = [
        ((form << step) | (form >> (12 - step))) & 4095
        for form in (forms, mirrored)
        for step in range(12)
    ]
    return np.min(turned, axis=0)


def _variety(score: Score, symbol: np.ndarray, piece: np.ndarray) -> np.ndarray:
    """Number of different symbols of each piece."""
    owner, _ = ragged.distinct(piece, symbol)
    count = ragged.total(owner, score.n)
    return np.where(count > 0, count, np.nan)


def _commonest(score: Score, symbol: np.ndarray, piece: np.ndarray) -> np.ndarray:
    """Share of the commonest symbol of each piece."""
    owner, count = ragged.distinct(piece, symbol)
    most = np.zeros(score.n)
    np.maximum.at(most, owner, count)
    return ragged.ratio(most, ragged.total(piece, score.n))


@feature("sets", 1, 4095, source=f"{_MUSIC21} (CS1)", needs=VOICES, family="harmony")
def distinct_simultaneities(score: Score) -> np.ndarray:
    """Number of different sets of pitch classes that sound together."""
    piece, chord = _simultaneities(score)
    return _variety(score, chord, piece)


@feature("set classes", 1, 223, source=f"{_MUSIC21} (CS2)", needs=VOICES, family="harmony")
def distinct_set_classes(score: Score) -> np.ndarray:
    """Number of different set classes (under transposition and inversion) that sound together."""
    piece, chord = _simultaneities(score)
    return _variety(score, _set_classes()[chord], piece)


@feature("share", source=f"{_MUSIC21} (CS3)", needs=VOICES, family="harmony")
def commonest_simultaneity_share(score: Score) -> np.ndarray:
    """Share of the simultaneities that are the commonest set of pitch classes."""
    piece, chord = _simultaneities(score)
    return _commonest(score, chord, piece)


@feature("share", source=f"{_MUSIC21} (CS4)", needs=VOICES, family="harmony")
def commonest_set_class_share(score: Score) -> np.ndarray:
    """Share of the simultaneities that belong to the commonest set class."""
    piece, chord = _simultaneities(score)
    return _commonest(score, _set_classes()[chord], piece)


def _simultaneity_share(score: Score, *kinds: list[int]) -> np.ndarray:
    """Share of the simultaneities that are one of the sets."""
    piece, chord = _simultaneities(score)
    return ragged.mean(piece, score.n, np.isin(chord, [s for kind in kinds for s in kind]))


@feature("share", source=f"{_MUSIC21} (CS5)", needs=VOICES, family="harmony")
def major_simultaneity_share(score: Score) -> np.ndarray:
    """Share of the simultaneities that are a major triad, with or without its fifth."""
    return _simultaneity_share(score, MAJOR, sets(0, 4))


@feature("share", source=f"{_MUSIC21} (CS6)", needs=VOICES, family="harmony")
def minor_simultaneity_share(score: Score) -> np.ndarray:
    """Share of the simultaneities that are a minor triad, with or without its fifth."""
    return _simultaneity_share(score, MINOR, sets(0, 3))


@feature("share", source=f"{_MUSIC21} (CS7)", needs=VOICES, family="harmony")
def dominant_seventh_simultaneity_share(score: Score) -> np.ndarray:
    """Share of the simultaneities that are a complete dominant seventh chord."""
    return _simultaneity_share(score, sets(0, 4, 7, 10))


@feature("share", source=f"{_MUSIC21} (CS8)", needs=VOICES, family="harmony")
def diminished_simultaneity_share(score: Score) -> np.ndarray:
    """Share of the simultaneities that are a diminished triad."""
    return _simultaneity_share(score, sets(0, 3, 6))


@feature("share", source=f"{_MUSIC21} (CS9)", needs=VOICES, family="harmony")
def triad_simultaneity_share(score: Score) -> np.ndarray:
    """Share of the simultaneities that are a complete triad of any kind."""
    return _simultaneity_share(score, MAJOR, MINOR, sets(0, 3, 6), sets(0, 4, 8))


@feature("share", source=f"{_MUSIC21} (CS10)", needs=VOICES, family="harmony")
def diminished_seventh_simultaneity_share(score: Score) -> np.ndarray:
    """Share of the simultaneities that are a diminished seventh chord."""
    return _simultaneity_share(score, sets(0, 3, 6, 9))
