"""The same notes twice: found after transposition, and made one entry.

Goal: a piece that two sources hold, perhaps in two keys, is in the catalogue once, under
the best label that any of them gives, and names all of them.

Conventions
-----------
* The same notes: every note of every part at the same time and of the same length, all
  pitches moved by the same interval, and the same drums. Time runs from the first note.
  Note values that are all doubled are another notation: such pieces are versions of
  one work (:mod:`ricercar.catalogue.works`), not duplicates.
* Fewer than :data:`LEAST_NOTES` notes say nothing.
* Another meter is no other piece: the entry keeps its own, and whoever has none stays
  without, for where the bars of the other begin need not fit.
* The entry that stays is the one whose licence allows most, then whose style is known
  best (:data:`BEST_KNOWN`), then whose id comes first. Title, composer and style come
  from the best-known of the others where it has none. ``source`` names all, joined by
  ``"; also "``.
"""

import hashlib

import numpy as np
import pandas as pd

from ricercar.tables import LICENCE_CLASSES

LEAST_NOTES = 4

#: where a style is known from, the most trustworthy first
BEST_KNOWN = (
    "table",
    "rhythm field",
    "section",
    "folder",
    "file",
    "parts",
    "collection",
    "title",
    "unknown",
)
#: between the sources of one entry
ALSO = "; also "


def digests(lengths: np.ndarray, notes: np.ndarray, drums: list[bytes] | None = None) -> list[str]:
    """A digest of each piece that does not change when the piece is transposed.

    Parameters
    ----------
    lengths : ndarray of int, shape (pieces,)
        Notes of each piece.
    notes : ndarray of int, shape (notes, 4)
        Part, onset, duration, pitch; sorted within each piece.
    drums : list of bytes, optional
        What each piece's drums are told apart by.

    Returns
    -------
    list of str
        Empty for pieces with fewer than :data:`LEAST_NOTES` notes.

    Examples
    --------
    >>> tune = np.array([[0, 480 * i, 480, 60 + i] for i in range(4)])
    >>> one, other = digests(np.array([4, 4]), np.vstack([tune, tune + [0, 0, 0, 5]]))
    >>> one == other != ""
    True
    """
    if not len(lengths):
        return []
    starts = np.cumsum(lengths) - lengths
    free = notes.astype(np.int32)
    free[:, 3] -= np.repeat(free[starts, 3], lengths)
    free[:, 1] -= np.repeat(np.minimum.reduceat(free[:, 1], starts), lengths)
    found = []
    for place, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        sha = hashlib.blake2b(free[start : start + length].tobytes(), digest_size=16)
        sha.update(drums[place] if drums else b"")
        found.append(sha.hexdigest() if length >= LEAST_NOTES else "")
    return found


def merge(pieces: pd.DataFrame, digest: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row for each set of pieces that have the same notes.

    Parameters
    ----------
    pieces : pandas.DataFrame
        The columns of ``pieces`` up to and with ``source``; further ones are kept.
    digest : list of str
        Of each piece, from :func:`digests`.

    Returns
    -------
    pieces : pandas.DataFrame
        The rows that stay, in the same order and with their index.
    merged : pandas.DataFrame
        ``piece``, ``title`` (of the entry), ``also`` (the id that went into it), ``source``
        (of that one), ``style`` (that it had there); a row for each row that went.
    """
    columns = ["piece", "title", "also", "source", "style"]
    given = pd.Series(digest, index=pieces.index, dtype=object)
    twice = given[(given != "") & given.duplicated(keep=False)]
    rows = pieces.loc[twice.index].assign(
        _notes=twice,
        _licence=pd.Categorical(pieces.loc[twice.index, "licence_class"], _OPENEST).codes,
        _label=pd.Categorical(pieces.loc[twice.index, "style_from"], BEST_KNOWN).codes,
    )
    rows = rows.sort_values(["_notes", "_licence", "_label", "piece"])
    gone = rows["_notes"].duplicated()
    stays = rows[~gone]
    best = rows.sort_values(["_notes", "_label", "piece"]).set_index("_notes")
    kept = pieces.drop(index=rows.index[gone])
    known = best[~best.index.duplicated()].reindex(stays["_notes"])
    for column in ("style", "style_from"):
        kept.loc[stays.index, column] = known[column].to_numpy()
    for column in {"title", "composer", "work"} & set(pieces.columns):
        said = best[column].replace("", None).groupby(level=0).first().reindex(stays["_notes"])
        mine = stays[column].replace("", None)
        filled = mine.fillna(pd.Series(said.to_numpy(), index=mine.index))
        kept.loc[stays.index, column] = filled.where(filled.notna(), stays[column]).to_numpy()
    named = rows.groupby("_notes")["source"].agg(ALSO.join).reindex(stays["_notes"])
    kept.loc[stays.index, "source"] = named.to_numpy()
    entry = kept.loc[stays.index].set_axis(stays["_notes"]).reindex(rows.loc[gone, "_notes"])
    merged = pd.DataFrame(
        {
            "piece": entry["piece"].to_numpy(),
            "title": entry["title"].to_numpy(),
            "also": rows.loc[gone, "piece"].to_numpy(),
            "source": rows.loc[gone, "source"].to_numpy(),
            "style": rows.loc[gone, "style"].to_numpy(),
        },
        columns=columns,
    )
    return kept, merged.sort_values(["piece", "also"], ignore_index=True)


#: licence classes, the one that allows most first
_OPENEST = [c for c in ("open", "own", "non-commercial", "restricted") if c in LICENCE_CLASSES]
