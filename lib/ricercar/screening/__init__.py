"""Screening: does a piece copy another, where, and how sure are we?

Goal: look pieces up in a catalogue by what a copy keeps (the intervals of its melody),
align the candidates, and say with a known rate of false alarms what was found.

The steps are :mod:`~ricercar.screening.fingerprints`, :mod:`~ricercar.screening.index`,
:mod:`~ricercar.screening.alignment` and :mod:`~ricercar.screening.evidence`;
:func:`screen` does them all. :mod:`~ricercar.screening.planted` makes copies to test with.

Conventions
-----------
See the modules; scores are bits, a verdict is "copy", "similar" or "clear".
"""

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.screening import evidence as _evidence
from ricercar.screening import fingerprints as _fingerprints
from ricercar.screening import index as _index
from ricercar.tables import COLUMNS

__all__ = ["screen"]


def screen(
    pieces_q: pd.DataFrame,
    notes_q: pd.DataFrame,
    pieces: pd.DataFrame | None = None,
    notes: pd.DataFrame | None = None,
    index: _index.Index | None = None,
    calibration: _evidence.Calibration | None = None,
    matches: int = 1,
    k: int = 20,
    skip_same_work: bool = False,
    details: bool = False,
    seed: int = 0,
) -> pd.DataFrame:
    """Screen pieces against a catalogue.

    Parameters
    ----------
    pieces_q, notes_q : pandas.DataFrame
        What to screen (schemas ``pieces``, of which ``piece`` and ``work`` are read, and
        ``notes``).
    pieces, notes : pandas.DataFrame, optional
        The catalogue; not needed if ``index`` is given.
    index : ricercar.screening.index.Index, optional
        The catalogue's index, if it has been built before.
    calibration : ricercar.screening.evidence.Calibration, optional
        Thresholds; made from the catalogue if not given.
    matches : int
        Matches told for each piece, the best first.
    k : int
        Candidates aligned for each piece.
    skip_same_work : bool
        Leave out pieces of the query's own work (known versions of it). A piece is never
        matched with itself.
    details : bool
        Add ``query_part``, ``match_part``, ``query_end`` and ``match_end``.
    seed : int
        Of the calibration's sample.

    Returns
    -------
    pandas.DataFrame
        Schema ``evidence``, in the order of ``pieces_q``; a piece that has no candidate
        has one row with ``match`` "" and score 0.

    Examples
    --------
    >>> from ricercar.screening import planted
    >>> pieces, notes = planted.random_tunes(30, seed=1)
    >>> copy_pieces, copy_notes = planted.transposed(pieces[:1], notes[notes.piece == "tune-0"], 3)
    >>> found = screen(copy_pieces, copy_notes, pieces, notes)
    >>> found[["match", "transposition", "verdict"]].values.tolist()
    [['tune-0', 3, 'copy']]
    """
    if index is None:
        if pieces is None or notes is None:
            raise ParameterError("screen needs a catalogue: pieces and notes, or an index of them")
        index = _index.build(pieces, notes)
    if calibration is None:
        calibration = _evidence.calibrate(index, k=k, seed=seed)
    query = _fingerprints.melodies(pieces_q, notes_q)
    table = _evidence.match(index, query, k=k, skip_same_work=skip_same_work)
    table = table[table.groupby("query").cumcount() < matches]
    found = _evidence.passages(index, query, table.reset_index(drop=True), calibration)
    found = pd.concat([found, _nothing_found(query.piece, found)], ignore_index=True)
    order = pd.Index(query.piece).get_indexer(found["query"])
    found = found.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
    return found if details else found[list(COLUMNS["evidence"])]


def _nothing_found(queries: np.ndarray, found: pd.DataFrame) -> pd.DataFrame:
    """Rows for the queries without a candidate."""
    left = queries[~np.isin(queries, found["query"].to_numpy(dtype=np.str_))]
    empty = dict.fromkeys(found.columns, 0) | {"match": "", "score": 0.0, "verdict": "clear"}
    return pd.DataFrame({"query": left, **{n: v for n, v in empty.items() if n != "query"}})
