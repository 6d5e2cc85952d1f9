"""Judging a set of pieces: one scorecard, the same code for real, made and random music.

Goal: a row of figures per set that can be read side by side, each with an interval
over pieces. How far a set lies from real music is in :mod:`.distance`.

Conventions
-----------
* A set is a ``pieces`` table and a ``notes`` table; its row in any result follows
  the order of ``pieces``. Notes of pieces that are not in the set are left out.
* Measures of voices come from frames on a grid of sixteenths (:mod:`.voices`);
  measures of notes from the notes themselves, over all parts of a piece.
* A measure that a piece cannot have (parallels in a tune of one voice) is NaN for
  the piece and never 0. A set's figure is ``sum(top) / sum(bottom)`` over its
  pieces: for counts this pools the chances, for measures of a whole piece
  (entropy, scale consistency, ...) it is the mean.
* Always read a row whole, and beside the null sets (:mod:`.null`): random notes
  make few parallel fifths.

Sources
-------
Pitch-class entropy and scale consistency: O. Mogren, "C-RNN-GAN" (2016) and S.-L.
Wu and Y.-H. Yang, "The Jazz Transformer on the front line" (ISMIR 2020), as in
MusPy.
"""

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap, voices
from ricercar.assess.null import (
    excerpts,
    matched_excerpts,
    random_notes,
    shuffle_notes,
    shuffle_voices,
)
from ricercar.assess.voices import numbered
from ricercar.tables import TICKS_PER_QUARTER

__all__ = [
    "MAJOR",
    "MEASURES",
    "SCALES",
    "chances",
    "entropy",
    "excerpts",
    "histogram",
    "matched_excerpts",
    "per_piece",
    "random_notes",
    "scorecard",
    "shuffle_notes",
    "shuffle_voices",
]

#: measure -> (what it says, unit), in the order of every table
MEASURES: dict[str, tuple[str, str]] = {
    "parallel_fifths": ("voice pairs keeping a fifth in joint motion", "per 1,000 joint motions"),
    "parallel_octaves": ("voice pairs keeping an octave or unison", "per 1,000 joint motions"),
    "triad": ("frames of three or more voices within one triad", "%"),
    "dissonance": ("sounding voice pairs that are dissonant", "%"),
    "crossing": ("neighbouring voices in the wrong order", "%"),
    "pitch_class_entropy": ("entropy of the pitch classes of a piece", "bits"),
    "scale_consistency": ("notes within the best-fitting major scale", "share"),
    "note_density": ("note onsets in a quarter, over all voices", "per quarter"),
    "mean_interval": ("mean absolute melodic interval within a voice", "semitones"),
    "note_value_entropy": ("entropy of the note values of a piece", "bits"),
}

#: steps of the major scale above its root
MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])
#: row r holds a 1 for each pitch class of the major scale on r
SCALES = np.zeros((12, 12))
for _root in range(12):
    SCALES[_root, (_root + MAJOR) % 12] = 1


def histogram(number: np.ndarray, bins: np.ndarray, count: int, size: int) -> np.ndarray:
    """Counts per piece and bin, shape (count, size).

    Examples
    --------
    >>> histogram(np.array([0, 0, 1]), np.array([2, 2, 0]), 2, 3).tolist()
    [[0.0, 0.0, 2.0], [1.0, 0.0, 0.0]]
    """
    flat = np.bincount(number * size + bins, minlength=count * size)
    return flat.reshape(count, size).astype(float)


def entropy(counts: np.ndarray) -> np.ndarray:
    """Shannon entropy of each row of counts, in bits; NaN for an empty row.

    Examples
    --------
    >>> entropy(np.array([[1, 1, 0, 0], [5, 0, 0, 0], [0, 0, 0, 0]])).tolist()
    [1.0, 0.0, nan]
    """
    total = counts.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = counts / total
        bits = np.where(share > 0, share * np.log2(share), 0.0)
    return np.where(total[:, 0] > 0, np.abs(bits.sum(axis=1)), np.nan)


def _note_measures(number: np.ndarray, notes: pd.DataFrame, count: int) -> dict[str, np.ndarray]:
    """Measures of whole pieces, NaN where a piece has none."""
    pitch, part = notes["pitch"].to_numpy(), notes["part"].to_numpy()
    onset, duration = notes["onset"].to_numpy(), notes["duration"].to_numpy()
    classes = histogram(number, pitch % 12, count, 12)
    values, value = np.unique(duration, return_inverse=True)
    size = np.bincount(number, minlength=count).astype(float)
    end = np.zeros(count)
    np.maximum.at(end, number, onset + duration)
    follows = (number[1:] == number[:-1]) & (part[1:] == part[:-1])
    steps = np.abs(np.diff(pitch))[follows]
    after = number[1:][follows]
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "pitch_class_entropy": entropy(classes),
            "scale_consistency": (classes @ SCALES.T).max(axis=1) / size,
            "note_density": size / (end / TICKS_PER_QUARTER),
            "mean_interval": np.bincount(after, weights=steps, minlength=count)
            / np.bincount(after, minlength=count),
            "note_value_entropy": entropy(histogram(number, value, count, len(values))),
        }


def chances(pieces: pd.DataFrame, notes: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Top and bottom of every measure, whose ratio is the figure.

    Returns
    -------
    top, bottom : numpy.ndarray, shape (pieces, measures)
        Columns in the order of :data:`MEASURES`; bottom 0 where a piece has no such
        measure.
    """
    number, ordered = numbered(pieces, notes)
    count = len(pieces)
    grid, owner = voices.frames(number, ordered, count)
    top, bottom = np.zeros((count, len(MEASURES))), np.zeros((count, len(MEASURES)))
    column = {name: position for position, name in enumerate(MEASURES)}
    for name, pair in voices.counts(grid, owner, count).items():
        top[:, column[name]] = pair[:, 0] * voices.MEASURES[name]
        bottom[:, column[name]] = pair[:, 1]
    for name, values in _note_measures(number, ordered, count).items():
        top[:, column[name]] = np.nan_to_num(values)
        bottom[:, column[name]] = ~np.isnan(values)
    return top, bottom


def per_piece(pieces: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """Every measure of every piece.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        A set of pieces, see :mod:`ricercar.tables`.

    Returns
    -------
    pandas.DataFrame
        Column piece, then :data:`MEASURES`; NaN where a piece has no such measure.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["scale"]})
    >>> notes = pd.DataFrame({"piece": "scale", "part": 0, "onset": np.arange(8) * 480,
    ...                       "duration": 480, "pitch": [60, 62, 64, 65, 67, 69, 71, 72]})
    >>> row = per_piece(pieces, notes).iloc[0]
    >>> row[["scale_consistency", "note_density", "pitch_class_entropy"]].astype(float).tolist()
    [1.0, 1.0, 2.75]
    >>> bool(np.isnan(row["parallel_fifths"]))
    True
    """
    top, bottom = chances(pieces, notes)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = pd.DataFrame(top / bottom, columns=list(MEASURES))
    table.insert(0, "piece", pieces["piece"].to_numpy())
    return table


def scorecard(
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    seed: int = 0,
    n: int = 1000,
    by: str = "piece",
) -> pd.DataFrame:
    """One figure per measure for a set of pieces, with a bootstrap interval.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        A set of pieces.
    seed : int
        Seed of the resampling.
    n : int
        Resamples.
    by : str
        Column of ``pieces`` whose values are drawn together: ``"group"`` for several
        excerpts or variants of one piece, which are not independent.

    Returns
    -------
    pandas.DataFrame
        Columns metric, value, low, high (95 %) and n, the number of units that have the
        measure; rows in the order of :data:`MEASURES`, units in :data:`MEASURES`.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b"]})
    >>> notes = pd.DataFrame({"piece": ["a", "a", "b"], "part": [0, 1, 0], "onset": 0,
    ...                       "duration": 480, "pitch": [61, 60, 62]})
    >>> card = scorecard(pieces, notes).set_index("metric")
    >>> card.loc["dissonance", ["value", "n"]].tolist()
    [100.0, 1.0]
    """
    top, bottom = chances(pieces, notes)
    codes, units = pd.factorize(pieces[by])
    above, below = (np.zeros((len(units), len(MEASURES))) for _ in range(2))
    np.add.at(above, codes, top)
    np.add.at(below, codes, bottom)
    value, low, high = bootstrap.ratio(above, below, n=n, seed=seed)
    return pd.DataFrame(
        {
            "metric": list(MEASURES),
            "value": value,
            "low": low,
            "high": high,
            "n": (below > 0).sum(axis=0),
        }
    )
