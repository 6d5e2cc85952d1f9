"""The index: which piece has which fingerprint where, as sorted arrays.

Goal: find, in milliseconds, the few melodies of a catalogue that a query may have
been copied from.

Conventions
-----------
* Postings are sorted by fingerprint, then melody, then position; the fingerprints that
  occur are in ``keys``, and those of ``keys[i]`` are ``postings[first[i]:first[i + 1]]``.
* A shared fingerprint is a vote for (melody of the query, melody of the catalogue,
  transposition, change of note values). Votes for the same four agree with each other.
* A vote weighs the fingerprint's inverse document frequency, ``log2((melodies + 1) /
  melodies that have it)``, so scales and repeated notes count for little.

Sources
-------
Inverse document frequency: Sparck Jones, *A statistical interpretation of term
specificity*, Journal of Documentation 28, 1972. Votes that agree on an offset: Wang,
*An industrial-strength audio search algorithm*, ISMIR 2003.
"""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from ricercar.errors import ReadError
from ricercar.screening import fingerprints
from ricercar.screening.fingerprints import Melodies

#: intervals in a fingerprint
LENGTH = 5
#: a fingerprint that so few melodies have is never too common
FEW = 50
#: version of the stored form
FORMAT = 1


@dataclass(frozen=True)
class Index:
    """Fingerprints of a catalogue.

    Attributes
    ----------
    melodies : Melodies
        What is indexed; the alignment reads it too.
    keys : ndarray of int64, shape (different fingerprints,)
        Ascending.
    first : ndarray of int64, shape (different fingerprints + 1,)
    postings : ndarray of int64, shape (fingerprints,)
        The note that the fingerprint begins with, a position in ``melodies.pitch``.
    weight : ndarray of float32, shape (different fingerprints,)
        Inverse document frequency, bits.
    surprisal : ndarray of float32, shape (49, 49)
        The catalogue's model of intervals.
    n : int
        Intervals in a fingerprint.
    """

    melodies: Melodies
    keys: np.ndarray
    first: np.ndarray
    postings: np.ndarray
    weight: np.ndarray
    surprisal: np.ndarray
    n: int

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The index as plain arrays, for :meth:`ricercar.workspace.Step.save_arrays`."""
        arrays = {f"melodies_{f.name}": getattr(self.melodies, f.name) for f in fields(Melodies)}
        own = ("keys", "first", "postings", "weight", "surprisal")
        arrays |= {name: getattr(self, name) for name in own}
        return arrays | {"n": np.int64(self.n), "format": np.int64(FORMAT)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "Index":
        """The index from what :meth:`to_arrays` gave.

        Raises
        ------
        ReadError
            If the arrays are not an index of this format.
        """
        try:
            if int(arrays["format"]) != FORMAT:
                raise ReadError(
                    f"screening index of format {int(arrays['format'])}, this version reads "
                    f"{FORMAT}: run 10-copyright-screening again"
                )
            melodies = Melodies(**{f.name: arrays[f"melodies_{f.name}"] for f in fields(Melodies)})
            own = ("keys", "first", "postings", "weight", "surprisal")
            return cls(melodies, **{name: arrays[name] for name in own}, n=int(arrays["n"]))
        except KeyError as error:
            raise ReadError(f"not a screening index: array {error} is missing") from None


def build(pieces: pd.DataFrame, notes: pd.DataFrame, n: int = LENGTH) -> Index:
    """Index a catalogue.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        Schemas of the same names (of ``pieces``: ``piece`` and ``work``).
    n : int
        Intervals in a fingerprint, 1..11. Shorter ones survive more edits and are more
        often shared by chance.

    Returns
    -------
    Index

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": range(6), "duration": 1,
    ...                       "pitch": [60, 62, 64, 65, 67, 72]})
    >>> index = build(pd.DataFrame({"piece": ["a"]}), notes, n=3)
    >>> len(index.keys), index.postings  # the rising fourth has the largest number
    (3, array([2, 1, 0]))
    """
    found = fingerprints.melodies(pieces, notes)
    values, where = fingerprints.fingerprints(found, n)
    melody = found.melody_of_note[where]
    order = np.argsort(values, kind="stable")  # notes ascend already, so melodies do too
    values, where, melody = values[order], where[order], melody[order]
    keys, first = np.unique(values, return_index=True)
    new = np.concatenate([[True], (np.diff(values) != 0) | (np.diff(melody) != 0)])[: len(values)]
    holders = np.add.reduceat(new.astype(np.int64), first) if len(first) else first
    weight = np.log2((len(found.melody_piece) + 1) / np.maximum(holders, 1))
    return Index(
        melodies=found,
        keys=keys,
        first=np.concatenate([first, [len(values)]]).astype(np.int64),
        postings=where,
        weight=weight.astype(np.float32),
        surprisal=fingerprints.interval_surprisal(found),
        n=n,
    )


def _hits(
    index: Index, query: Melodies, common: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs (note of the query, note of the catalogue) that begin a shared fingerprint."""
    values, where = fingerprints.fingerprints(query, index.n)
    place = np.searchsorted(index.keys, values)
    place = np.minimum(place, max(len(index.keys) - 1, 0))
    if not len(index.keys) or not len(values):
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, np.zeros(0, dtype=np.float32)
    holders = (len(index.melodies.melody_piece) + 1) * np.exp2(-index.weight[place])
    limit = max(common * len(index.melodies.melody_piece), FEW)
    known = (index.keys[place] == values) & (holders <= limit)
    place, where = place[known], where[known]
    count = index.first[place + 1] - index.first[place]
    note = index.postings[fingerprints.ranges(index.first[place], count)]
    return np.repeat(where, count), note, np.repeat(index.weight[place], count)


def _numbers(names: np.ndarray, among: np.ndarray) -> np.ndarray:
    """The place of each name among others, -1 where it is not there."""
    return pd.Index(among).get_indexer(pd.Index(names))


def _span(found: Melodies, note: np.ndarray, n: int) -> np.ndarray:
    """log2 of the ticks that a fingerprint lasts, from its first onset to its last."""
    return np.log2(np.maximum(found.onset[note + n] - found.onset[note], 1))


def candidates(
    index: Index,
    query: Melodies,
    k: int = 20,
    skip_same_work: bool = False,
    common: float = 0.1,
    ways: int = 2,
) -> pd.DataFrame:
    """Pairs of melodies worth aligning, for all queries at once.

    Parameters
    ----------
    index : Index
    query : Melodies
        Pieces to look up.
    k : int
        Pieces of the catalogue kept for each query, by their votes.
    skip_same_work : bool
        Leave out pieces that are in the query's own work.
    common : float
        Fingerprints that more than this share of the melodies have are not looked at
        (where at least 50 melodies have them).
    ways : int
        Pairs of melodies (with transposition and note values) kept for each pair of pieces.

    Returns
    -------
    pandas.DataFrame
        ``query``, ``piece`` (positions), ``query_melody``, ``melody`` (positions),
        ``transposition`` (semitones from the catalogue's melody to the query's),
        ``scale`` (log2 of query's note values over the catalogue's), ``votes`` (bits);
        sorted by query, then votes downward. A piece never meets itself (the same id).
    """
    mine, theirs, weight = _hits(index, query, common)
    q_melody, c_melody = query.melody_of_note[mine], index.melodies.melody_of_note[theirs]
    q_piece, c_piece = query.melody_piece[q_melody], index.melodies.melody_piece[c_melody]
    allowed = _numbers(query.piece, index.melodies.piece)[q_piece] != c_piece
    if skip_same_work:
        code, own = pd.factorize(index.melodies.work)
        allowed &= _numbers(query.work, own)[q_piece] != code[c_piece]
    mine, theirs, weight = mine[allowed], theirs[allowed], weight[allowed]
    q_melody, c_melody = q_melody[allowed], c_melody[allowed]
    shift = query.pitch[mine].astype(np.int64) - index.melodies.pitch[theirs]
    ratio = _span(query, mine, index.n) - _span(index.melodies, theirs, index.n)
    scale = np.clip(np.rint(2 * ratio), -15, 15).astype(np.int64)  # half octaves of tempo
    # one vote for each fingerprint of the query, however often the melody repeats it
    ballot = ((q_melody * len(index.melodies.melody_piece) + c_melody) * 256 + shift + 128) * 32
    ballot += scale + 16
    order = np.argsort(ballot, kind="stable")  # the query's notes ascend already
    ballot, mine, weight = ballot[order], mine[order], weight[order]
    new = np.concatenate([[True], (np.diff(ballot) != 0) | (np.diff(mine) != 0)])[: len(mine)]
    ballot, weight = ballot[new], weight[new]
    kind, first = np.unique(ballot, return_index=True)
    votes = np.add.reduceat(weight, first) if len(first) else weight
    pair = kind // (256 * 32)
    q_melody, c_melody = np.divmod(pair, max(len(index.melodies.melody_piece), 1))
    table = pd.DataFrame(
        {
            "query": query.melody_piece[q_melody],
            "piece": index.melodies.melody_piece[c_melody],
            "query_melody": q_melody,
            "melody": c_melody,
            "transposition": kind // 32 % 256 - 128,
            "scale": (kind % 32 - 16) / 2.0,
            "votes": votes.astype(np.float64),
        }
    )
    return _best(table, k, ways)


def _best(table: pd.DataFrame, k: int, ways: int) -> pd.DataFrame:
    """The ``ways`` best rows of each pair of pieces, of the ``k`` best pieces of each query."""
    table = table.sort_values(
        ["query", "votes", "piece", "query_melody", "melody", "transposition", "scale"],
        ascending=[True, False, True, True, True, True, True],
        kind="stable",
        ignore_index=True,
    )
    way = table.groupby(["query", "piece"]).cumcount()
    table = table[way < ways]
    leader = way[table.index] == 0
    rank = leader.groupby(table["query"]).cumsum().where(leader)
    rank = rank.groupby([table["query"], table["piece"]]).transform("first")
    return table[rank <= k].reset_index(drop=True)
