"""The key at every moment, and chords named in it.

Goal: follow the key of a piece from segment to segment, and write roots, keys and Roman
numerals as musicians do.

Conventions
-----------
* A key is a number: its tonic (0 for C) plus 12 for minor.
* The key is found by a hidden Markov model: a segment's pitch classes are explained by a
  key profile, its chord by what it does in the key (:data:`FUNCTIONS`), and every change of
  key has a price. That price and the weights of the chords were chosen on the tuning
  pieces of :mod:`ricercar.assess.chord_gold`.

Sources
-------
D. Temperley, *The Cognition of Basic Musical Structures*, 2001 (key profiles with a price
for modulation); J. Albrecht and D. Shanahan, "The use of large corpora to train a new type
of key-finding algorithm", Music Perception 31, 2013 (the profiles).
"""

from functools import cache

import numpy as np

from ricercar.features import viterbi
from ricercar.tables import TICKS_PER_QUARTER

#: shares of the pitch classes in pieces of major and minor keys, tonic first
MAJOR_PROFILE = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR_PROFILE = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)

MODULATION_PRICE = 3.0  # in units of the log-likelihood of a quarter of sound
LONGEST = 2.0  # quarters: longer segments say no more about the chord's function

_TONIC, _DOMINANT, _LEADING, _PREDOMINANT, _OTHER, _RARE = 0.5, 0.6, 1.2, 0.4, 0.2, 0.1
_DIMINISHED = ("dim", "hdim7", "dim7")
#: mode -> (semitones above the tonic, quality) -> how much a quarter of that chord speaks for
#: the key; other chords say nothing
FUNCTIONS: dict[str, dict[tuple[int, str], float]] = {
    "major": {
        **{(0, quality): _TONIC for quality in ("maj", "maj7")},
        **{(7, quality): _DOMINANT for quality in ("maj", "maj7")},
        (7, "7"): _LEADING,
        **{(11, quality): _LEADING for quality in _DIMINISHED},
        **{(5, quality): _PREDOMINANT for quality in ("maj", "maj7")},
        **{(2, quality): _PREDOMINANT for quality in ("min", "min7")},
        **{(9, quality): _OTHER for quality in ("min", "min7")},
        **{(4, quality): _RARE for quality in ("min", "min7")},
    },
    "minor": {
        **{(0, quality): _TONIC for quality in ("min", "min7")},
        **{(7, quality): _DOMINANT for quality in ("maj", "maj7")},
        (7, "7"): _LEADING,
        **{(11, quality): _LEADING for quality in _DIMINISHED},
        **{(5, quality): _PREDOMINANT for quality in ("min", "min7")},
        **{(2, quality): _PREDOMINANT for quality in _DIMINISHED},
        **{(8, quality): _OTHER for quality in ("maj", "maj7")},
        **{(3, quality): _RARE for quality in ("maj", "maj7")},
        **{(10, quality): _RARE for quality in ("maj", "maj7", "7")},
        **{(7, quality): _RARE for quality in ("min", "min7")},
    },
}

_STEPS = "FCGDAEB"
_MAJOR_DEGREES = ["I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII"]
_MINOR_DEGREES = ["I", "bII", "II", "III", "#III", "IV", "#IV", "V", "VI", "#VI", "VII", "VII"]


@cache
def _log_profiles() -> np.ndarray:
    """Log-probability of each pitch class in each key, shape (12, 24)."""
    rows = []
    for profile in (MAJOR_PROFILE, MINOR_PROFILE):
        share = np.array(profile) / np.sum(profile)
        rows += [np.roll(np.log(share), tonic) for tonic in range(12)]
    return np.array(rows).T


def fifths(key: np.ndarray) -> np.ndarray:
    """Signature of keys: sharps, or flats below 0, between -6 and 6.

    Examples
    --------
    >>> fifths(np.array([7, 12 + 9, 12 + 0]))
    array([ 1,  0, -3])
    """
    major = np.where(key >= 12, key + 3, key) % 12
    return (7 * major + 5) % 12 - 5


def local_keys(
    piece: np.ndarray,
    duration: np.ndarray,
    weight: np.ndarray,
    function: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Key of each segment.

    Parameters
    ----------
    piece : numpy.ndarray of int, shape (segments,)
        Sorted.
    duration : numpy.ndarray of int
        Ticks.
    weight : numpy.ndarray, shape (segments, 12)
        Ticks of sound per pitch class.
    function : numpy.ndarray, shape (segments, 24), optional
        How much the segment's chord speaks for each key (:data:`FUNCTIONS`).

    Returns
    -------
    numpy.ndarray of int, shape (segments,)

    Examples
    --------
    >>> chord = np.zeros((2, 12))
    >>> chord[0, [7, 11, 2, 5]] = chord[1, [0, 4, 7]] = 480
    >>> key_names(local_keys(np.zeros(2, int), np.array([480, 480]), chord)).tolist()
    ['C major', 'C major']
    """
    total = weight.sum(axis=1)
    share = weight / np.where(total > 0, total, 1)[:, None]
    quarters = (duration / TICKS_PER_QUARTER)[:, None]
    fit = share * quarters @ _log_profiles() + function * np.minimum(quarters, LONGEST)
    return viterbi.decode(piece, fit, np.full(len(total), MODULATION_PRICE))


@cache
def _names() -> np.ndarray:
    """How each pitch class is written in each key, shape (24, 12)."""
    out = np.empty((24, 12), dtype=object)
    for key in range(24):
        lowest = int(fifths(np.array([key]))[0]) - 3
        for pitch in range(12):
            place = lowest + (7 * pitch - lowest) % 12
            marks = (place + 1) // 7
            out[key, pitch] = _STEPS[(place + 1) % 7] + ("#" * marks if marks > 0 else "b" * -marks)
    return out


def spelled(pitch_class: np.ndarray, key: np.ndarray) -> np.ndarray:
    """Names of pitch classes in their keys, of object type; "" below 0.

    Examples
    --------
    >>> spelled(np.array([6, 6]), np.array([7, 12 + 10])).tolist()
    ['F#', 'Gb']
    """
    names = _names()[np.where(key < 0, 0, key), pitch_class % 12]
    return np.where(pitch_class >= 0, names, "")


def key_names(key: np.ndarray) -> np.ndarray:
    """``"G major"``, of object type; "" for unknown keys.

    Examples
    --------
    >>> key_names(np.array([7, 12 + 10, -1])).tolist()
    ['G major', 'Bb minor', '']
    """
    known = np.array(
        [f"{_names()[key, key % 12]} {'minor' if key >= 12 else 'major'}" for key in range(24)]
        + [""],
        dtype=object,
    )
    return known[key]


def key_number(name: str) -> int:
    """Number of a key from its tonic, upper case for major: ``"g"``, ``"Bb"``, ``"f#"``.

    Examples
    --------
    >>> key_number("Bb"), key_number("f#")
    (10, 18)
    """
    place = _STEPS.index(name[0].upper()) - 1
    place += 7 * (name.count("#") - name[1:].count("b") - name.count("-"))
    return 7 * place % 12 + 12 * name[0].islower()


@cache
def _degrees() -> np.ndarray:
    """Degree of each interval above the tonic, shape (2, 12): major, minor."""
    return np.array([_MAJOR_DEGREES, _MINOR_DEGREES], dtype=object)


def numerals(
    root: np.ndarray, minor_third: np.ndarray, suffix: np.ndarray, key: np.ndarray
) -> np.ndarray:
    """Roman numerals of chords in their keys, of object type; "" where there is no chord.

    Upper case for chords with a major third, lower case with a minor one. In minor keys III,
    VI and VII are the degrees of the natural scale; the diminished chord on the leading tone
    is viio, as usual.

    Parameters
    ----------
    root : numpy.ndarray of int
        Pitch class, -1 for no chord.
    minor_third : numpy.ndarray of bool
    suffix : numpy.ndarray of str
        What follows the degree: ``"7"``, ``"o"``.
    key : numpy.ndarray of int

    Examples
    --------
    >>> g = np.array([7, 7])
    >>> numerals(np.array([2, 9]), np.array([False, True]), np.array(["7", ""], object), g)
    array(['V7', 'ii'], dtype=object)
    """
    minor = (key >= 12).astype(int)
    degree = _degrees()[minor, (root - key) % 12]
    lower = np.array([[d.lower() for d in row] for row in _degrees()], dtype=object)
    degree = np.where(minor_third, lower[minor, (root - key) % 12], degree)
    return np.where((root >= 0) & (key >= 0), degree + suffix, "")
