"""A chord for every beat: root, quality, bass, key and Roman numeral.

Goal: name what sounds, well enough that shares of chords and their progressions mean
something; how well is measured in :mod:`ricercar.assess.chord_labels`.

Conventions
-----------
* Each segment is compared with the templates of all chords
  (:mod:`ricercar.features.chord_templates`). A hidden Markov model smooths: a change of
  chord has a price (:data:`PRICES`). Keys are found before, from the pitch classes, and
  again after, from pitch classes and chords.
* Labels follow Harte's syntax with the third as default bass: ``"F#:min7"``,
  ``"C:maj/3"``; ``"N"`` is silence.
* Pieces in which hardly ever two voices sound have no chords.

Sources
-------
C. Harte, M. Sandler, S. Abdallah and
E. Gómez, "Symbolic representation of musical chords", ISMIR 2005.
"""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from ricercar.features import chord_templates, tonality, viterbi
from ricercar.features.chord_templates import NAMES, QUALITIES
from ricercar.features.score import Score
from ricercar.features.segments import Segments, Sounding, segments, sounding

NO_CHORD = "N"
#: price of a change of chord by the level of :class:`~ricercar.features.segments.Segments`
PRICES = np.array([0.3, 0.4, 0.3, 0.8])

#: quality -> what follows the degree in a Roman numeral
_SUFFIX = {
    "maj": "",
    "min": "",
    "dim": "o",
    "aug": "+",
    "7": "7",
    "maj7": "M7",
    "min7": "7",
    "hdim7": "ø7",
    "dim7": "o7",
    "sus4": "sus4",
    "sus2": "sus2",
}


@dataclass(frozen=True)
class Chords:
    """Chords of all pieces, segment by segment.

    Attributes
    ----------
    grid : Segments
        When.
    sound : Sounding
        What sounds.
    root : numpy.ndarray of int, shape (segments,)
        Pitch class, -1 for silence.
    quality : numpy.ndarray of int
        Place in :data:`NAMES`, -1 for silence.
    bass : numpy.ndarray of int
        Pitch class of the lowest pitch as the segment begins, -1 for none.
    key : numpy.ndarray of int
        As in :mod:`ricercar.features.tonality`.
    """

    grid: Segments
    sound: Sounding
    root: np.ndarray
    quality: np.ndarray
    bass: np.ndarray
    key: np.ndarray


_FOUND: WeakKeyDictionary[Score, Chords] = WeakKeyDictionary()


def of_beats(score: Score) -> Chords:
    """Chords of each beat, worked out once for a score."""
    if score not in _FOUND:
        _FOUND[score] = find(score)
    return _FOUND[score]


def find(score: Score, unit: str = "beat") -> Chords:
    """Chord and key of each segment of the polyphonic pieces.

    Parameters
    ----------
    score : Score
    unit : str
        ``"bar"``, ``"beat"`` or ``"division"`` (:mod:`ricercar.features.segments`).
    """
    grid = segments(score, unit)
    sound = sounding(score, grid)
    weight = chord_templates.accented(sound)
    key = tonality.local_keys(grid.piece, grid.duration, weight)
    fit = chord_templates.fit(sound, key)
    silent = sound.lowest < 0
    fit[silent] = 0
    state = viterbi.decode(grid.piece, fit, PRICES[grid.level])
    root, quality = (np.where(silent, -1, part) for part in (state % 12, state // 12))
    bass = np.where(sound.bass >= 0, sound.bass % 12, -1)
    speaks = np.where(silent[:, None], 0, chord_templates.functions()[state])
    key = tonality.local_keys(grid.piece, grid.duration, weight, speaks)
    return Chords(grid, sound, root, quality, bass, key)


def label(pieces: pd.DataFrame, notes: pd.DataFrame, unit: str = "beat") -> pd.DataFrame:
    """Name the chord of every beat.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        As in :mod:`ricercar.tables`.
    unit : str
        ``"bar"``, ``"beat"`` or ``"division"`` (half of a beat, or a third of a compound one).

    Returns
    -------
    pandas.DataFrame
        Columns piece, onset and duration (ticks), root (pitch class, -1 for silence), quality
        (of :data:`QUALITIES`, or "N"), bass (pitch class, -1 for none), label
        (``"D:7/3"``), key (``"G major"``) and numeral (``"V7"``); pieces in which
        hardly ever two voices sound have no rows.

    Raises
    ------
    ParameterError
        If ``unit`` is none of these.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"], "meter": ["2/4"], "pickup": [0]})
    >>> notes = pd.DataFrame({"piece": "a", "part": [0, 1, 2] * 2, "onset": [0] * 3 + [480] * 3,
    ...                       "duration": 480, "pitch": [72, 67, 52, 71, 65, 43]})
    >>> label(pieces, notes)[["onset", "label", "numeral"]]
       onset    label numeral
    0      0  C:maj/3       I
    1    480      G:7      V7
    """
    found = find(Score(pieces, notes), unit)
    names = np.array([*NAMES, NO_CHORD], dtype=object)
    key, root, quality = found.key, found.root, found.quality
    minor = np.isin(names[quality], ("min", "dim", "min7", "hdim7", "dim7"))
    suffix = np.array([*(_SUFFIX[name] for name in NAMES), ""], dtype=object)[quality]
    spelled = tonality.spelled(root, key)
    inversion = np.array(["", "", "/3", "/5", "/7"], dtype=object)[inversions(found) + 1]
    label = np.where(root >= 0, spelled + ":" + names[quality] + inversion, NO_CHORD)
    return pd.DataFrame(
        {
            "piece": pieces["piece"].to_numpy()[found.grid.piece],
            "onset": found.grid.onset,
            "duration": found.grid.duration,
            "root": root,
            "quality": names[quality],
            "bass": found.bass,
            "label": label,
            "key": tonality.key_names(key),
            "numeral": tonality.numerals(root, minor, suffix, key),
        }
    )


def inversions(found: Chords) -> np.ndarray:
    """Inversion of each chord.

    Returns
    -------
    numpy.ndarray of int, shape (segments,)
        0 where the root is the bass, 1 to 3 for the third, fifth and seventh; -1 where the bass
        is no tone of the chord.
    """
    above = (found.bass - found.root) % 12
    members = np.full((len(NAMES) + 1, 12), -1)
    for number, name in enumerate(NAMES):
        members[number, [0, *QUALITIES[name]]] = np.arange(len(QUALITIES[name]) + 1)
    return np.where((found.bass >= 0) & (found.root >= 0), members[found.quality, above], -1)
