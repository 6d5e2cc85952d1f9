"""The real music that a made set is laid beside: what could be learnt from, what was held out.

Goal: the same rows in every scorecard: train, valid, test, JS Fakes where they are there.

Conventions
-----------
* A *family* is what can be compared: pieces of one voice (``tunes``), pieces of two voices
  or more (``several voices``). Drums are no voice.
* Bach's chorales are parted by the standard split (:mod:`.chorale_split`). Of a run with a
  generator, what the generator held out is valid (by the standard split) or test and all
  else is train. Other pieces are parted by a digest of their group: of ten groups one is
  valid and one is test, the same ones for ever.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar import datasets
from ricercar.assess.chorale_split import SPLITS, read_frames, split_of
from ricercar.errors import ParameterError, RicercarError

#: pieces and notes
Tables = tuple[pd.DataFrame, pd.DataFrame]

TUNES, VOICES = "tunes", "several voices"
FAMILIES = (VOICES, TUNES)
#: share of the style chorale that makes a reference Bach's chorales
_MOSTLY = 0.8


@dataclass(frozen=True)
class Reference:
    """Real music of one family.

    Attributes
    ----------
    name : str
        What it is, for the reader.
    train, valid, test : (pieces, notes)
    fakes : (pieces, notes), optional
        The JS Fake Chorales.
    chorales : bool
        Whether the targets for chorales hold.
    """

    name: str
    train: Tables
    valid: Tables
    test: Tables
    fakes: Tables | None = None
    chorales: bool = False

    @property
    def everything(self) -> Tables:
        """All real pieces."""
        parts = (self.train, self.valid, self.test)
        return (
            pd.concat([one[0] for one in parts], ignore_index=True),
            pd.concat([one[1] for one in parts], ignore_index=True),
        )


def chosen(tables: Tables, rows: np.ndarray) -> Tables:
    """The pieces of a boolean mask or of row numbers, with their notes."""
    pieces = tables[0].loc[rows] if rows.dtype == bool else tables[0].iloc[rows]
    pieces = pieces.reset_index(drop=True)
    notes = tables[1]
    return pieces, notes[notes["piece"].isin(pieces["piece"])].reset_index(drop=True)


def groups_of(pieces: pd.DataFrame) -> pd.Series:
    """What is drawn together: the column group, or every piece for itself."""
    return pieces["group"] if "group" in pieces.columns else pieces["piece"]


def voices_of(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Number of parts of each piece that have a note.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b"]})
    >>> voices_of(pieces, pd.DataFrame({"piece": ["a", "a"], "part": [0, 5]})).tolist()
    [2, 0]
    """
    parts = notes[["piece", "part"]].drop_duplicates()["piece"].value_counts()
    return parts.reindex(pieces["piece"]).fillna(0).to_numpy(int)


def family_of(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """The family of each piece, ``""`` for one without notes.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b"]})
    >>> notes = pd.DataFrame({"piece": ["a", "a", "b"], "part": [0, 1, 0]})
    >>> family_of(pieces, notes).tolist()
    ['several voices', 'tunes']
    """
    count = voices_of(pieces, notes)
    return np.select([count == 0, count == 1], ["", TUNES], VOICES)


def parts_of(pieces: pd.DataFrame, held_out: Collection[str] | None = None) -> np.ndarray:
    """Part of each piece: train, valid or test.

    Parameters
    ----------
    pieces : pandas.DataFrame
        Column group, where it stands, is never parted, save by a standard split.
    held_out : collection of str, optional
        Pieces that a generator was not trained on; all others are train.

    Examples
    --------
    >>> parts_of(pd.DataFrame({"piece": ["bach/bwv393", "own/a"]}), held_out=["own/a"]).tolist()
    ['train', 'test']
    >>> parts_of(pd.DataFrame({"piece": ["bach/bwv393"]})).tolist()
    ['test']
    """
    standard = split_of(pieces)
    if held_out is not None:
        out = pieces["piece"].isin(list(held_out)).to_numpy()
        return np.where(out, np.where(standard == "valid", "valid", "test"), "train")
    names = groups_of(pieces)
    last = {name: hashlib.sha256(str(name).encode()).digest()[0] % 10 for name in set(names)}
    digit = names.map(last).to_numpy()
    dealt = np.select([digit == 0, digit == 1], ["valid", "test"], "train")
    return np.where(standard != "", standard, dealt)


def js_fakes() -> Tables | None:
    """The JS Fake Chorales, where their file is (:mod:`ricercar.datasets`); None elsewhere."""
    try:
        folder = datasets.fetch("js-fakes")
        return read_frames(folder / next(iter(datasets.dataset("js-fakes").files)))["all"]
    except RicercarError:
        return None


def references(
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    name: str,
    held_out: Collection[str] | None = None,
    fakes: Tables | None = None,
) -> dict[str, Reference]:
    """The reference of each family that a catalogue has enough pieces for.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        Real music.
    name : str
        What it is.
    held_out : collection of str, optional
        See :func:`parts_of`.
    fakes : (pieces, notes), optional
        Laid beside pieces of several voices.

    Returns
    -------
    dict of str to Reference
        By family; a family with fewer than two pieces in train has none. Where most
        pieces of several voices are chorales, only those are taken.

    Raises
    ------
    ParameterError
        If no family has a reference.
    """
    family, part = family_of(pieces, notes), parts_of(pieces, held_out)
    chorale = np.asarray(pieces["style"] == "chorale") if "style" in pieces else family == ""
    found = {}
    for one in FAMILIES:
        mine = family == one
        chorales = bool(mine.any() and chorale[mine].mean() >= _MOSTLY)
        if chorales:
            mine &= chorale
        sides = [chosen((pieces, notes), mine & (part == side)) for side in SPLITS]
        if len(sides[0][0]) < 2:
            continue
        beside = fakes if one == VOICES and chorales else None
        found[one] = Reference(name, sides[0], sides[1], sides[2], beside, chorales)
    if not found:
        raise ParameterError(
            f"{name} holds {len(pieces)} pieces, too few to compare with: two of one family "
            "have to be there to learn from"
        )
    return found
