r"""MusPy's measures of a piece, over whole tables: pitch, harmony, empty time, drums, groove.

Goal: the figures that papers report with MusPy, with the same definitions.

Conventions
-----------
* A measure takes ``pieces`` and ``notes`` and gives one number per piece, in the order of
  ``pieces``; NaN where a piece cannot have it. Only the counts of used pitches are 0 for
  a piece without notes.
* Measures of pitch are over the notes of all parts and never over drums. Measures of
  time (empty beats and measures, groove) are in :mod:`.muspy_rhythm`, over notes and drums
  together: give them both tables joined, as :func:`evaluate` does.
* Notes sound over the half-open span from onset to onset + duration, in ticks; a piece
  lasts from tick 0 to the end of its last note. A beat is a quarter.
* ``…_as_published`` is what MusPy computes, to the last digit; without the suffix is the
  definition that MusPy and its sources state. Where both agree there is only one.

Sources
-------
H.-W. Dong, K. Chen, J. McAuley, T. Berg-Kirkpatrick, "MusPy: a toolkit for symbolic music
generation" (ISMIR 2020); code: salu133445/muspy, ``muspy/metrics/metrics.py`` (0.5.0).
Scale consistency: O. Mogren, "C-RNN-GAN" (2016). Pitch-class entropy, groove: S.-L. Wu and
Y.-H. Yang, "The Jazz Transformer on the front line" (ISMIR 2020), who compare every two
bars, where MusPy compares neighbours.
"""

import numpy as np
import pandas as pd

from ricercar.assess import muspy_rhythm
from ricercar.assess.bars import merged
from ricercar.assess.music import MAJOR, SCALES, entropy, histogram
from ricercar.assess.muspy_rhythm import lengths, numbers, rate
from ricercar.errors import ParameterError

#: measure -> (what it says, unit), in the order of :func:`evaluate`
MEASURES: dict[str, tuple[str, str]] = {
    "pitch_range": ("highest minus lowest pitch", "semitones"),
    "n_pitches_used": ("different pitches", "pitches"),
    "n_pitch_classes_used": ("different pitch classes", "pitch classes"),
    "polyphony": ("pitches sounding together, where any sounds", "pitches"),
    "polyphony_rate": ("time with two or more pitches", "share"),
    "polyphony_rate_as_published": ("time with three or more pitches", "share"),
    "scale_consistency": ("notes within the best-fitting scale", "share"),
    "pitch_entropy": ("entropy of the pitches", "bits"),
    "pitch_class_entropy": ("entropy of the pitch classes", "bits"),
    "empty_beat_rate": ("beats in which nothing sounds", "share"),
    "empty_beat_rate_as_published": ("the same, ends of notes counted as sounding", "share"),
    "empty_measure_rate": ("whole bars in which nothing sounds", "share"),
    "empty_measure_rate_as_published": ("the same, measures of equal length from tick 0", "share"),
    "drum_pattern_consistency": ("drum notes in the better of two patterns", "share"),
    "groove_consistency": ("likeness of the onsets of neighbouring whole bars", "share"),
    "groove_consistency_as_published": ("the same, measures of equal length from tick 0", "share"),
}

#: steps of the natural minor scale above its root
MINOR = np.array([0, 2, 3, 5, 7, 8, 10])


def _pitches(pieces: pd.DataFrame, notes: pd.DataFrame, modulus: int) -> np.ndarray:
    """Notes of each pitch modulo ``modulus``, shape (pieces, modulus)."""
    number, ours = numbers(pieces, notes)
    return histogram(number, ours["pitch"].to_numpy() % modulus, len(pieces), modulus)


def pitch_range(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Highest minus lowest pitch, in semitones (MusPy gives 0 where there is no note).

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "pitch": [60, 67, 64]})
    >>> pitch_range(pd.DataFrame({"piece": ["a", "b"]}), notes)
    array([ 7., nan])
    """
    used = _pitches(pieces, notes, 128) > 0
    highest = 127 - used[:, ::-1].argmax(axis=1)
    return np.where(used.any(axis=1), highest - used.argmax(axis=1), np.nan)


def n_pitches_used(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Number of different pitches."""
    return (_pitches(pieces, notes, 128) > 0).sum(axis=1).astype(float)


def n_pitch_classes_used(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Number of different pitch classes, 0 to 12."""
    return (_pitches(pieces, notes, 12) > 0).sum(axis=1).astype(float)


def pitch_entropy(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    r"""Entropy of the pitches, :math:`-\sum_p P(p) \log_2 P(p)`, in bits."""
    return entropy(_pitches(pieces, notes, 128))


def pitch_class_entropy(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Entropy of the pitch classes, in bits, 0 to 3.585."""
    return entropy(_pitches(pieces, notes, 12))


def pitch_in_scale_rate(
    pieces: pd.DataFrame, notes: pd.DataFrame, root: int, mode: str
) -> np.ndarray:
    """Share of notes within a scale.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
    root : int
        Pitch class of the root, 0 is C.
    mode : {"major", "minor"}
        Minor is natural minor.

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "pitch": [60, 63, 64, 67]})
    >>> pitch_in_scale_rate(pd.DataFrame({"piece": ["a"]}), notes, 0, "minor")
    array([0.75])
    """
    if mode not in ("major", "minor") or root not in range(12):
        raise ParameterError(
            f"there is no scale on {root!r} in {mode!r}: give a root from 0 to 11 and "
            "'major' or 'minor'"
        )
    classes = _pitches(pieces, notes, 12)
    scale = (root + (MAJOR if mode == "major" else MINOR)) % 12
    return rate(classes[:, scale].sum(axis=1), classes.sum(axis=1))


def scale_consistency(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Largest share of notes within one major or natural minor scale.

    Every natural minor scale has the notes of a major one, so twelve scales are tried.
    """
    classes = _pitches(pieces, notes, 12)
    return rate((classes @ SCALES.T).max(axis=1, initial=0.0), classes.sum(axis=1))


def _sounding(pieces: pd.DataFrame, notes: pd.DataFrame, at_least: int) -> tuple[np.ndarray, ...]:
    """Ticks with ``at_least`` pitches and pitches times ticks, per piece."""
    number, ours = numbers(pieces, notes)
    onset = ours["onset"].to_numpy(np.int64)
    owner = number * 128 + ours["pitch"].to_numpy(np.int64)
    owner, begin, end = merged(owner, onset, onset + ours["duration"].to_numpy(np.int64))
    piece = np.tile(owner // 128, 2)
    tick = np.concatenate([begin, end])
    change = np.repeat([1, -1], len(owner))
    order = np.lexsort((tick, piece))
    piece, tick, change = piece[order], tick[order], change[order]
    together = np.cumsum(change)[:-1]
    lasts = np.where(piece[1:] == piece[:-1], np.diff(tick), 0)
    return tuple(
        np.bincount(piece[:-1], weights=weight, minlength=len(pieces))
        for weight in (lasts * (together >= at_least), lasts * together)
    )


def polyphony(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Mean number of different pitches sounding, over the time in which any sounds.

    Two parts on one pitch count once.

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "onset": [0, 0, 960], "duration": [480, 240, 480],
    ...                       "pitch": [60, 64, 62]})
    >>> polyphony(pd.DataFrame({"piece": ["a"]}), notes)
    array([1.25])
    """
    some, pitches = _sounding(pieces, notes, 1)
    return rate(pitches, some)


def polyphony_rate(
    pieces: pd.DataFrame, notes: pd.DataFrame, threshold: int = 2, length: np.ndarray | None = None
) -> np.ndarray:
    """Share of a piece's time in which ``threshold`` or more pitches sound.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
    threshold : int
        2 is "multiple pitches", as MusPy and MuseGAN describe it.
    length : numpy.ndarray, shape (pieces,), optional
        Ticks that each piece lasts, if drums go on after the last note.
    """
    return rate(
        _sounding(pieces, notes, threshold)[0],
        lengths(pieces, notes) if length is None else length,
    )


def polyphony_rate_as_published(
    pieces: pd.DataFrame, notes: pd.DataFrame, threshold: int = 2, length: np.ndarray | None = None
) -> np.ndarray:
    """The rate with *more* than ``threshold`` pitches: MusPy's default 2 asks for three."""
    return polyphony_rate(pieces, notes, threshold + 1, length)


def evaluate(
    pieces: pd.DataFrame, notes: pd.DataFrame, drums: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Every measure of every piece.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        A set of pieces, see :mod:`ricercar.tables`.
    drums : pandas.DataFrame, optional
        Drum notes, a table like ``notes``.

    Returns
    -------
    pandas.DataFrame
        Column piece, then :data:`MEASURES`.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": np.arange(8) * 480,
    ...                       "duration": 480, "pitch": [60, 62, 64, 65, 67, 69, 71, 72]})
    >>> row = evaluate(pieces, notes).iloc[0]
    >>> row[["pitch_range", "polyphony", "pitch_entropy"]].astype(float).tolist()
    [12.0, 1.0, 3.0]
    """
    struck = notes.iloc[:0] if drums is None else drums
    both = notes if drums is None else pd.concat([notes, drums], ignore_index=True)
    length = lengths(pieces, both)
    table = {"piece": pieces["piece"].to_numpy()}
    for measure in _OF_PITCH:
        table[measure.__name__] = measure(pieces, notes)
    for timed in (polyphony_rate, polyphony_rate_as_published):
        table[timed.__name__] = timed(pieces, notes, length=length)
    for measure in _OF_TIME:
        table[measure.__name__] = measure(pieces, both)
    table["drum_pattern_consistency"] = muspy_rhythm.drum_pattern_consistency(pieces, struck)
    return pd.DataFrame(table)[["piece", *MEASURES]]


_OF_PITCH = (
    pitch_range,
    n_pitches_used,
    n_pitch_classes_used,
    polyphony,
    scale_consistency,
    pitch_entropy,
    pitch_class_entropy,
)
_OF_TIME = (
    muspy_rhythm.empty_beat_rate,
    muspy_rhythm.empty_beat_rate_as_published,
    muspy_rhythm.empty_measure_rate,
    muspy_rhythm.empty_measure_rate_as_published,
    muspy_rhythm.groove_consistency,
    muspy_rhythm.groove_consistency_as_published,
)
