"""The passages of the training set that lie nearest to a made piece.

Goal: what a listener wants to see who asks whether a piece was copied: from which piece, in
which bars, how alike.

Conventions
-----------
* Passages are found by :mod:`ricercar.screening`, which looks at one voice at a time, at any
  transposition and any note values, and bears with ornaments.
* ``similarity`` is the score of the shared passage over the score of the whole voice with
  itself: 1 is the same melody from beginning to end. ``score`` is the evidence in bits.
* Two settings of one hymn are near each other without being copied: read the figures beside
  those of held-out human pieces.

Sources
-------
See :mod:`ricercar.screening.alignment` and :mod:`ricercar.screening.index`.
"""

import numpy as np
import pandas as pd

from ricercar import meter
from ricercar.errors import ParameterError
from ricercar.screening import alignment, evidence, fingerprints, index


def nearest(
    train: tuple[pd.DataFrame, pd.DataFrame],
    made: tuple[pd.DataFrame, pd.DataFrame],
    n: int = 3,
    k: int = 10,
) -> pd.DataFrame:
    """The nearest passages of the training set for every piece, in any key and note values.

    Parameters
    ----------
    train, made : (pieces, notes)
    n : int
        Passages for each piece, each of another training piece.
    k : int
        Candidates aligned for each piece, at least n.

    Returns
    -------
    pandas.DataFrame
        In the order of the made pieces, the nearest first: piece, match, similarity (0..1),
        score (bits), notes (of equal pitch), transposition (semitones from the match to the
        piece), ``part``, ``match_part``, ``first_bar``, ``last_bar``, ``match_first_bar``,
        ``match_last_bar`` (1 is the first complete bar, 0 an upbeat; bars of 4/4 where no
        meter is known). A piece that shares nothing has no row.

    Examples
    --------
    >>> from ricercar.screening import planted
    >>> pieces, notes = planted.random_tunes(30, seed=1)
    >>> copies = planted.transposed(pieces[:1], notes[notes.piece == "tune-0"], 3)
    >>> found = nearest((pieces, notes), copies, n=1)
    >>> found[["match", "transposition", "similarity"]].values.tolist()
    [['tune-0', 3, 1.0]]
    """
    if not 1 <= n <= k:
        raise ParameterError(f"{n} passages of {k} candidates: n must be 1 to k")
    known = index.build(train[0], _within(*train))
    query = fingerprints.melodies(made[0], _within(*made))
    table = evidence.match(known, query, k=k)
    table = table[table.groupby("query").cumcount() < n].reset_index(drop=True)
    none = np.zeros(0)
    unjudged = evidence.Calibration(
        np.inf, np.inf, 0, 0, none, none, none, none.astype(int), pd.DataFrame()
    )
    found = evidence.passages(known, query, table, unjudged)
    mine = alignment.Sequences.of(query, known.surprisal)
    whole = np.add.reduceat(mine.bits, query.start[:-1]) if len(query.pitch) else mine.bits
    whole = whole + alignment.SAME_LENGTH * query.lengths
    result = pd.DataFrame(
        {
            "piece": found["query"],
            "match": found["match"],
            "similarity": np.minimum(found["score"] / whole[table["query_melody"]], 1.0),
            "score": found["score"],
            "notes": found["notes"],
            "transposition": found["transposition"],
            "part": found["query_part"],
            "match_part": found["match_part"],
        }
    )
    for name, tables, side, prefix in (
        ("piece", made, "query", ""),
        ("match", train, "match", "match_"),
    ):
        for edge, tick in (("first", "onset"), ("last", "end")):
            result[f"{prefix}{edge}_bar"] = _bars(tables[0], result[name], found[f"{side}_{tick}"])
    return result


def _within(pieces: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """The notes of the set alone."""
    return notes[notes["piece"].isin(pieces["piece"])]


def _bars(pieces: pd.DataFrame, piece: pd.Series, tick: pd.Series) -> np.ndarray:
    """Number of the bar in which each tick of a piece lies, 1 for the first complete one."""
    columns = {"meter": None, "pickup": 0, "meter_changes": None}
    table = pieces.assign(**{name: pieces.get(name, value) for name, value in columns.items()})
    known = table["meter"].map(lambda name: not np.isnan(meter.lengths(name)[0]))
    table["meter"] = table["meter"].where(known, "4/4")
    row = pd.Index(pieces["piece"]).get_indexer(piece)
    return meter.bars(table).place(row, tick.to_numpy(np.int64))[0] + 1
