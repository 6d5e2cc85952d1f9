"""Which works sound so alike that they must not be parted.

Goal: a label that keeps versions of a tune together even where no title, hymn or equal
melody tells that they are versions, so that a split by group does not put a tune into
the training half and its twin into the test half.

Conventions
-----------
* Works are joined when a melody of one and a melody of the other have a passage in
  common (:mod:`ricercar.screening`) that scores at least :data:`LEAST_BITS` bits and at
  least :data:`LEAST_SHARE` of what the shorter of the two melodies scores against itself;
  and so on along chains. A group is named by its first id in order.
* Only top parts that are melodies are compared (:func:`ricercar.catalogue.works.leading`):
  accompaniments are made of formulas, by which whole collections would hang together.
* The thresholds come from the default collections (4,543 entries in 3,790 works), with sight
  of these figures. Played backwards, when a tune can have been taken from no other, 77 pairs
  reach a share of 0.20 (1,123 forwards), 25 one of 0.25 (of 786), 6 one of 0.30 (of 612),
  none one of 0.35 (of 498). Chains grow as the share falls: the largest group has 6 works at
  0.30, 18 at 0.25, 52 at 0.20. By eye, pairs at 0.2 share a formula of their dance, pairs at 0.3
  a strain; versions that share less than that are not joined.
* Candidates share runs of :data:`RUN` intervals that few melodies have: as much as
  :data:`LEAST_RUNS` runs that no other melody has. Each piece meets its ten best ones.
"""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar import workspace
from ricercar.catalogue import works

LEAST_BITS = 60.0
LEAST_SHARE = 0.3
CANDIDATES = 10
RUN = 6
LEAST_RUNS = 3

#: pieces that are looked up at a time, which bounds the memory
_AT_A_TIME = 1_000
_COLUMNS = ["piece", "other", "score", "share"]
_SCREENING = ("alignment", "fingerprints", "index")


def related(pieces: pd.DataFrame, notes: pd.DataFrame, cache: Path | None = None) -> pd.DataFrame:
    """Pairs of pieces of different works that sound alike.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        Schemas of the same names (of ``pieces``: ``piece`` and ``work``).
    cache : Path, optional
        A folder where the result is kept, named by the digest of what it depends on.

    Returns
    -------
    pandas.DataFrame
        ``piece``, ``other`` (ids, the first in order first), ``score`` (bits), ``share``
        (of the shorter melody's own score, 0 to about 1); the highest share first.
    """
    path = cache / f"{_digest(pieces, notes)}.parquet" if cache else None
    if path and path.is_file():
        try:
            return pd.read_parquet(path)[_COLUMNS]
        except (OSError, ValueError, KeyError):
            pass  # damaged: found anew and written over
    found = _related(pieces, notes)
    if path:
        with workspace.writing(path) as target:
            found.to_parquet(target, index=False)
    return found


def _related(pieces: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    from ricercar.screening import alignment, index
    from ricercar.screening.alignment import Pairs, Sequences

    known = index.build(pieces[["piece", "work"]], works.leading(notes), RUN)
    melodies = known.melodies
    targets = Sequences.of(melodies, known.surprisal)
    bits = np.concatenate([[0.0], np.cumsum(targets.bits + alignment.SAME_LENGTH)])
    whole = bits[melodies.start[1:]] - bits[melodies.start[:-1]]
    least_votes = LEAST_RUNS * np.log2(len(melodies.melody_piece) + 1)
    rows = []
    for start in range(0, len(melodies.piece), _AT_A_TIME):
        chosen = np.arange(start, min(start + _AT_A_TIME, len(melodies.piece)))
        query = melodies.take(chosen)
        table = index.candidates(
            known, query, k=CANDIDATES, skip_same_work=True, common=0.0, ways=1
        )
        table = table[table["votes"] >= least_votes]
        columns = ("query_melody", "melody", "transposition", "scale")
        pairs = Pairs(*(table[column].to_numpy() for column in columns))
        score = alignment.scores(Sequences.of(query, known.surprisal), targets, pairs)
        mine = pairs.query + np.searchsorted(melodies.melody_piece, start)
        share = score / np.maximum(np.minimum(whole[mine], whole[pairs.target]), 1.0)
        table = table.assign(one=table["query"] + start, score=score, share=share)
        near = table[(score >= LEAST_BITS) & (share >= LEAST_SHARE)]
        rows.append(near[["one", "piece", "score", "share"]].to_numpy())
    values = np.concatenate(rows) if rows else np.zeros((0, 4))
    ends = np.sort(values[:, :2].astype(np.int64), axis=1)
    names = np.asarray(pieces["piece"].tolist(), dtype=object)
    found = pd.DataFrame(
        {
            "piece": pd.Series(names[ends[:, 0]], dtype="str"),
            "other": pd.Series(names[ends[:, 1]], dtype="str"),
            "score": values[:, 2],
            "share": values[:, 3],
        }
    )
    found = found.sort_values(["share", "piece", "other"], ascending=[False, True, True])
    return found.drop_duplicates(["piece", "other"], ignore_index=True)


def join(pieces: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """The group of every piece: works joined by pairs that sound alike.

    Parameters
    ----------
    pieces : pandas.DataFrame
        With ``piece`` and ``work``.
    pairs : pandas.DataFrame
        From :func:`related`.

    Returns
    -------
    pandas.Series
        Named ``group``, aligned with ``pieces``.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b", "c"], "work": ["a", "a", "c"]})
    >>> join(pieces, pd.DataFrame({"piece": ["b"], "other": ["c"]})).tolist()
    ['a', 'a', 'a']
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    work, names = pd.factorize(pieces["work"])
    place = pd.Index(pieces["piece"])
    ends = [work[place.get_indexer(pd.Index(pairs[side]))] for side in ("piece", "other")]
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_matrix((ones, ends), shape=(len(names), len(names)))
    _, label = connected_components(graph, directed=False)
    return pieces["piece"].groupby(label[work]).transform("min").rename("group")


def _digest(pieces: pd.DataFrame, notes: pd.DataFrame) -> str:
    """What the result depends on: ids, works, notes, and the modules that compare them."""
    sha = hashlib.sha256()
    for column in ("piece", "work"):
        sha.update("\n".join(pieces[column]).encode())
    counts = notes.groupby("piece", sort=False).size()
    sha.update(counts.to_numpy(np.int64).tobytes())
    for column in ("part", "onset", "duration", "pitch"):
        sha.update(np.ascontiguousarray(notes[column].to_numpy(np.int32)).tobytes())
    folder = Path(__file__).parent
    modules = [folder.parent / "screening" / f"{name}.py" for name in _SCREENING]
    for module in (Path(__file__), folder / "works.py", *modules):
        sha.update(module.read_bytes())
    return sha.hexdigest()[:16]
