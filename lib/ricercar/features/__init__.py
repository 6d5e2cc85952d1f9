"""Features of melody, rhythm and harmony, for a whole catalogue at a time.

Goal: one row of numbers per piece that a person can read. Each feature is one
function over arrays of all notes (:mod:`~ricercar.features.melody`,
:mod:`~ricercar.features.rhythm`, :mod:`~ricercar.features.harmony`).

Conventions
-----------
* Columns are ``<family>.<name>``; every column is floating point.
* NaN means that the piece has nothing to measure: harmony in a tune of one voice,
  bars without a meter, intervals in a piece of one note. :func:`reasons` says why.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from ricercar.errors import TableError
from ricercar.features import (  # noqa: F401  (importing registers the features)
    harmony,
    harmony_chords,
    harmony_degrees,
    harmony_leading,
    harmony_sets,
    harmony_tension,
    harmony_texture,
    melody,
    melody_contour,
    melody_degrees,
    melody_key,
    melody_pattern,
    rhythm,
    rhythm_bars,
    rhythm_meter,
    rhythm_pulse,
)
from ricercar.features.missing import reasons
from ricercar.features.registry import REGISTRY
from ricercar.features.score import Score

__all__ = [
    "REGISTRY",
    "describe",
    "extract",
    "families",
    "harmony",
    "melody",
    "meter_free",
    "reasons",
    "rhythm",
    "standardise",
]

#: pieces that are measured at once
BLOCK = 5000

#: family -> columns
families: dict[str, list[str]] = {
    family: [name for name, known in REGISTRY.items() if known.family == family]
    for family in ("melody", "rhythm", "harmony")
}

#: columns from which the notated meter cannot be read
meter_free: list[str] = [
    name for names in families.values() for name in names if not REGISTRY[name].reveals_meter
]


def extract(pieces: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """Compute every feature of every piece.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        As in :mod:`ricercar.tables`. Notes of other pieces are passed over.

    Returns
    -------
    pandas.DataFrame
        One row per piece, in the order of ``pieces``: column ``piece``, then the columns of
        :data:`families`; NaN where there is nothing to measure.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"], "meter": ["4/4"], "pickup": [0]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480, 960],
    ...                       "duration": 480, "pitch": [60, 62, 67]})
    >>> extract(pieces, notes)[["piece", "melody.pitch_range", "melody.step_share"]]
      piece  melody.pitch_range  melody.step_share
    0     a                 7.0                0.5
    """
    names = [name for members in families.values() for name in members]
    values = [
        np.stack([REGISTRY[name].measure(score) for name in names], axis=1)
        for score in _scores(pieces, notes)
    ]
    ids = pieces["piece"].reset_index(drop=True)
    columns = pd.DataFrame(np.concatenate(values).astype(float), index=ids.index, columns=names)
    return pd.concat([ids, columns], axis=1)


def _scores(pieces: pd.DataFrame, notes: pd.DataFrame) -> Iterator[Score]:
    """The pieces as arrays, so many at a time that memory stays bounded."""
    if len(pieces) <= BLOCK:
        yield Score(pieces, notes)
        return
    index = pd.Index(pieces["piece"])
    if not index.is_unique:
        raise TableError(f"table 'pieces' names {index[index.duplicated()][0]!r} more than once")
    owner = index.get_indexer(pd.Index(notes["piece"]))
    order = np.argsort(owner, kind="stable")
    edges = np.searchsorted(owner[order], np.arange(0, len(pieces) + BLOCK, BLOCK))
    for number, (begin, end) in enumerate(pairwise(edges)):
        rows = slice(number * BLOCK, (number + 1) * BLOCK)
        yield Score(pieces.iloc[rows], notes.iloc[order[begin:end]])


def describe() -> pd.DataFrame:
    """List the features.

    Returns
    -------
    pandas.DataFrame
        Columns ``feature``, ``family``, ``unit``, ``low``, ``high``, ``reveals_meter``,
        ``definition``, ``source``.

    Examples
    --------
    >>> describe().loc[0, ["feature", "unit"]].tolist()
    ['melody.pitch_range', 'semitones']
    """
    columns = ["family", "unit", "low", "high", "reveals_meter", "definition", "source"]
    rows = [
        [name, *(getattr(REGISTRY[name], column) for column in columns)]
        for members in families.values()
        for name in members
    ]
    return pd.DataFrame(rows, columns=["feature", *columns])


def standardise(table: pd.DataFrame, reference: pd.DataFrame | None = None) -> pd.DataFrame:
    """Express features in standard deviations from the mean of a reference table.

    Parameters
    ----------
    table : pandas.DataFrame
        Feature columns; others (``piece``, ``style``, ...) are handed through.
    reference : pandas.DataFrame, optional
        Table that gives mean and standard deviation; ``table`` itself if left out.

    Returns
    -------
    pandas.DataFrame
        The same columns. Missing values, and features that do not vary in the reference,
        are 0: the mean.

    Raises
    ------
    TableError
        If the reference lacks a feature of the table.

    Examples
    --------
    >>> table = pd.DataFrame({"piece": ["a", "b", "c"], "melody.gap_fill": [0.0, 1.0, np.nan]})
    >>> standardise(table)["melody.gap_fill"].tolist()
    [-1.0, 1.0, 0.0]
    """
    reference = table if reference is None else reference
    names = [column for column in table.columns if column in REGISTRY]
    missing = [name for name in names if name not in reference.columns]
    if missing:
        raise TableError(
            f"the reference table lacks {', '.join(missing[:5])}: "
            "extract its features with the same version of ricercar.features"
        )
    known = reference[names].to_numpy(float)
    count = np.maximum((~np.isnan(known)).sum(axis=0), 1)
    centre = np.nansum(known, axis=0) / count
    scale = np.sqrt(np.nansum((known - centre) ** 2, axis=0) / count)
    steady = scale <= 1e-12 * np.maximum(1.0, np.abs(centre))
    z = (table[names].to_numpy(float) - centre) / np.where(steady, 1.0, scale)
    out = table.copy()
    out[names] = np.where(np.isnan(z) | steady, 0.0, z)
    return out
