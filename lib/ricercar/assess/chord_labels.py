"""How often our chord labels are those that others have given.

Goal: for each set of labelled pieces the share of the time in which a label is right, by
how much of the label must be right, beside what always giving one answer would reach.

Conventions
-----------
* The figure is the weighted chord symbol recall: time with equal labels over time in which
  the given label belongs to the level's vocabulary, summed over pieces. The interval is a
  bootstrap over pieces, 95 %.
* *Majority* is told, for each piece, the given chord and the given key that hold for the
  longest time there, and always answers with these.
* Only pieces that were not used for choosing the labeller's numbers are counted
  (:func:`ricercar.assess.chord_gold.tuning`).

Sources
-------
C. Raffel et al., "mir_eval: a transparent implementation of common MIR metrics", ISMIR
2014 (levels root, majmin, sevenths; on 20 songs of POP909 majmin and sevenths equal its
own to rounding); C. Harte, *Towards Automatic Extraction of Harmony Information from Music
Signals*, thesis, Queen Mary 2010 (weighted recall).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap, chord_gold
from ricercar.features import chords
from ricercar.features.chord_templates import QUALITIES

#: level -> what must be right, and where it is asked
LEVELS = {
    "root": "the root, or that there is no chord",
    "major or minor": "root and triad, where that is major, minor or no chord (majmin)",
    "seventh": "the whole chord, where it is maj, min, 7, maj7, min7 or no chord (sevenths)",
    "exact": "the whole chord, where it is one of the labeller's own vocabulary",
    "key": "tonic and mode of the key at that moment",
    "numeral": "key, root and triad",
}

_TRIAD = {
    "maj": "maj",
    "7": "maj",
    "maj7": "maj",
    "min": "min",
    "min7": "min",
    "dim": "dim",
    "hdim7": "dim",
    "dim7": "dim",
    "aug": "aug",
    "sus4": "sus4",
    "sus2": "sus2",
    "N": "N",
}
_SEVENTHS = ("maj", "min", "7", "maj7", "min7", "N")


def compare(given: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Lay two labellings of the same pieces beside each other.

    Parameters
    ----------
    given, found : pandas.DataFrame
        Columns piece, onset, duration (ticks), root, quality, key ("G major", "" for
        unknown); labels of a piece do not overlap.

    Returns
    -------
    pandas.DataFrame
        One row per stretch of time that both label: piece, duration and, for each of
        :data:`LEVELS`, 1.0 where it is right, 0.0 where it is wrong, NaN where it is not
        asked.

    Examples
    --------
    >>> given = pd.DataFrame({"piece": ["a"], "onset": [0], "duration": [960], "root": [7],
    ...                       "quality": ["7"], "key": "C major"})
    >>> found = pd.DataFrame({"piece": ["a", "a"], "onset": [0, 480], "duration": [480, 480],
    ...                       "root": [7, 11], "quality": ["maj", "dim"], "key": "C major"})
    >>> compare(given, found)[["duration", "root", "major or minor", "exact", "numeral"]]
       duration  root  major or minor  exact  numeral
    0       480   1.0             1.0    0.0      1.0
    1       480   0.0             0.0    0.0      0.0
    """
    names = pd.Index(pd.unique(given["piece"]))
    found = found[found["piece"].isin(names)]
    ends = [table["onset"] + table["duration"] for table in (given, found)]
    span = int(max([1, *(int(end.max()) + 1 for end in ends if len(end))]))
    sides = []
    for table, end in zip((given, found), ends, strict=True):
        start = names.get_indexer(pd.Index(table["piece"])) * span
        order = np.argsort(start + table["onset"].to_numpy(np.int64), kind="stable")
        begin = (start + table["onset"].to_numpy(np.int64))[order]
        sides.append((table.iloc[order], begin, (start + end.to_numpy(np.int64))[order]))
    moments = np.unique(np.concatenate([edge for _, begin, end in sides for edge in (begin, end)]))
    middle, length = moments[:-1], np.diff(moments)
    rows, inside = [], np.ones(len(middle), dtype=bool)
    for _, begin, end in sides:
        row = np.searchsorted(begin, middle, side="right") - 1
        inside &= (row >= 0) & (middle < end[np.maximum(row, 0)])
        rows.append(row)
    first, second = (
        side[0].iloc[row[inside]].reset_index(drop=True)
        for side, row in zip(sides, rows, strict=True)
    )
    out = pd.DataFrame({"piece": first["piece"], "duration": length[inside]})
    return pd.concat([out, _right(first, second)], axis=1)


def _right(given: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """For each level whether ``found`` is right, row by row; NaN where it is not asked."""
    root = (given["root"] == found["root"]).to_numpy()
    triad, ours = given["quality"].map(_TRIAD), found["quality"].map(_TRIAD)
    same_triad = root & (triad == ours).to_numpy()
    whole = root & (given["quality"] == found["quality"]).to_numpy()
    key = (given["key"] == found["key"]).to_numpy()
    has_root = ((given["root"] >= 0) | (given["quality"] == chords.NO_CHORD)).to_numpy()
    has_key = (given["key"] != "").to_numpy()
    asked = {
        "root": (has_root, root),
        "major or minor": (triad.isin(("maj", "min", "N")).to_numpy(), same_triad),
        "seventh": (given["quality"].isin(_SEVENTHS).to_numpy(), whole),
        "exact": (given["quality"].isin([*QUALITIES, "N"]).to_numpy(), whole),
        "key": (has_key, key),
        "numeral": (has_key & triad.notna().to_numpy() & has_root, key & same_triad),
    }
    columns = {name: np.where(where, right, np.nan) for name, (where, right) in asked.items()}
    return pd.DataFrame(columns, dtype=float)


def recall(compared: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """Weighted chord symbol recall of a comparison, with intervals over pieces.

    Parameters
    ----------
    compared : pandas.DataFrame
        From :func:`compare`.
    seed : int
        Seed of the resampling.

    Returns
    -------
    pandas.DataFrame
        Columns level, value, low, high (95 %), n: pieces in which the level is asked. Levels
        that are asked nowhere have no row.
    """
    levels = list(LEVELS)
    codes, names = pd.factorize(compared["piece"])
    shape = (len(names), len(levels))
    top, bottom = np.zeros(shape), np.zeros(shape)
    right = compared[levels].to_numpy(float)
    ticks = compared["duration"].to_numpy(float)[:, None]
    np.add.at(bottom, codes, ~np.isnan(right) * ticks)
    np.add.at(top, codes, np.nan_to_num(right) * ticks)
    value, low, high = bootstrap.ratio(top, bottom, seed=seed)
    asked = (bottom > 0).sum(axis=0)
    table = pd.DataFrame({"level": levels, "value": value, "low": low, "high": high, "n": asked})
    return table[asked > 0].reset_index(drop=True)


def majority(given: pd.DataFrame) -> pd.DataFrame:
    """The one chord and the one key that hold for the longest time in each piece.

    Examples
    --------
    >>> given = pd.DataFrame({"piece": "a", "onset": [0, 480, 960], "duration": [480, 480, 960],
    ...                       "root": [0, 7, 0], "quality": ["maj", "7", "maj"], "key": "C major"})
    >>> majority(given)
      piece  onset  duration  root quality      key
    0     a      0      1920     0     maj  C major
    """
    rows = []
    for piece, labels in given.groupby("piece", sort=True):
        longest = labels.groupby(["root", "quality"], as_index=False)["duration"].sum()
        chord = longest.loc[longest["duration"].idxmax()]
        key = labels.groupby("key")["duration"].sum().idxmax()
        begin, end = labels["onset"].min(), (labels["onset"] + labels["duration"]).max()
        rows.append((piece, begin, end - begin, chord["root"], chord["quality"], key))
    return pd.DataFrame(rows, columns=["piece", "onset", "duration", "root", "quality", "key"])


def accuracy(
    data: Sequence[str] = ("bach", "nottingham", "pop909"),
    folder: str | Path | None = None,
    pieces: int | None = 60,
    seed: int = 1,
    unit: str = "beat",
) -> pd.DataFrame:
    """How often our labels are the given ones, set by set, beside the majority.

    Parameters
    ----------
    data : sequence of str
        Keys of :data:`ricercar.assess.chord_gold.SETS`. A set whose folder is not there is
        left out.
    folder : path, optional
        Where folders of data lie; without it only sets that come with music21 are used.
    pieces : int, optional
        Look at so many pieces of each set at most; all if None.
    seed : int
        Seed of the sample and the resampling.
    unit : str
        Of the labels, as in :func:`ricercar.features.chords.label`.

    Returns
    -------
    pandas.DataFrame
        Columns data, level, value, low, high (95 %, over pieces), n. Rows of the majority are
        called ``"bach, majority"``.

    Raises
    ------
    ParameterError
        If a set is unknown.
    """
    tables = []
    for name in data:
        if not chord_gold.present(name, folder):
            continue
        gold = chord_gold.load(name, folder, pieces, seed)
        for title, found in (
            (name, chords.label(gold.pieces, gold.notes, unit)),
            (f"{name}, majority", majority(gold.labels)),
        ):
            table = recall(compare(gold.labels, found), seed)
            table.insert(0, "data", title)
            tables.append(table)
    columns = ["data", "level", "value", "low", "high", "n"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
