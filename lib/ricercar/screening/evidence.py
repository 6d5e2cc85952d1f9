"""Evidence: the best match of each piece, and how sure one can be of it.

Goal: from candidates and alignments to a table that names piece, passage, transposition
and score, and a verdict whose false-alarm rate has been measured.

Conventions
-----------
* The score of two pieces is the best over their pairs of melodies, bits; 0 where the
  index found nothing in common.
* The verdict is "copy" at or above the upper threshold, "similar" at or above the lower,
  "clear" below. Both thresholds are quantiles of the scores between *unrelated real
  pieces* (of different groups): the lower is passed by one such **pair** in 1,000, the
  upper by the best match of one such **piece** in 50 against the whole catalogue.
* Unrelated means: not known to be versions of each other. A version that nobody has
  marked counts as a false alarm here, so the thresholds err on the high side.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.screening import alignment
from ricercar.screening.alignment import Pairs, Sequences
from ricercar.screening.fingerprints import Melodies
from ricercar.screening.index import Index, candidates

VERDICTS = ("clear", "similar", "copy")


@dataclass(frozen=True)
class Calibration:
    """Thresholds, and what stands behind them.

    Attributes
    ----------
    similar, copy : float
        Bits. ``copy`` is never below ``similar``.
    pairs : int
        Unrelated pairs of real pieces that were scored.
    queries : int
        Pieces that were looked up.
    scores : ndarray of float64
        The positive scores of those pairs, descending; all others are 0.
    best : ndarray of float64, shape (queries,)
        The best score of each piece.
    """

    similar: float
    copy: float
    pairs: int
    queries: int
    scores: np.ndarray
    best: np.ndarray

    def false_alarms(self, threshold: float) -> float:
        """Share of unrelated pairs that score at least ``threshold``."""
        return float((self.scores >= threshold).sum() / max(self.pairs, 1))

    def verdict(self, score: np.ndarray) -> np.ndarray:
        """"copy", "similar" or "clear" for each score.

        Examples
        --------
        >>> known = Calibration(30.0, 50.0, 1000, 10, np.zeros(0), np.zeros(10))
        >>> known.verdict(np.array([10.0, 30.0, 70.0])).tolist()
        ['clear', 'similar', 'copy']
        """
        level = (score >= self.similar).astype(int) + (score >= self.copy)
        return np.array(VERDICTS)[level]


def match(
    index: Index,
    query: Melodies,
    k: int = 20,
    skip_same_group: bool = False,
) -> pd.DataFrame:
    """Align every query with its candidates.

    Parameters
    ----------
    index : Index
    query : Melodies
    k : int
        Candidates for each piece.
    skip_same_group : bool
        Leave out pieces of the query's own group.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`ricercar.screening.index.candidates` and ``score`` (bits),
        one row for each pair of pieces: the best of their pairs of melodies. Sorted by
        query, then score downward.
    """
    table = candidates(index, query, k=k, skip_same_group=skip_same_group)
    queries = Sequences.of(query, index.surprisal)
    targets = Sequences.of(index.melodies, index.surprisal)
    table["score"] = alignment.scores(queries, targets, _pairs(table))
    table = table.sort_values(
        ["query", "score", "votes", "piece"],
        ascending=[True, False, False, True],
        kind="stable",
        ignore_index=True,
    )
    return table.drop_duplicates(["query", "piece"], ignore_index=True)


def _pairs(table: pd.DataFrame) -> Pairs:
    return Pairs(
        table["query_melody"].to_numpy(np.int64),
        table["melody"].to_numpy(np.int64),
        table["transposition"].to_numpy(np.int64),
        table["scale"].to_numpy(np.float64),
    )


def calibrate(
    index: Index,
    queries: int = 150,
    per_pair: float = 1e-3,
    per_piece: float = 0.02,
    k: int = 20,
    seed: int = 0,
) -> Calibration:
    """Set the thresholds from scores between unrelated real pieces.

    A sample of the catalogue is looked up in the catalogue, each piece's own group left
    out: what is found is chance, idiom and formula.

    Parameters
    ----------
    index : Index
    queries : int
        Pieces of the sample; all of them if the catalogue has fewer.
    per_pair : float
        False alarms that "similar" may raise, per unrelated pair.
    per_piece : float
        Share of unrelated pieces for which "copy" may be said.
    k : int
        Candidates for each piece, as in :func:`match`.
    seed : int

    Returns
    -------
    Calibration

    Raises
    ------
    ParameterError
        If fewer than two groups are there to be compared.
    """
    found = index.melodies
    _, group, size = np.unique(found.group, return_inverse=True, return_counts=True)
    if len(size) < 2:
        raise ParameterError("calibration needs pieces of at least two groups")
    order = np.random.default_rng(seed).permutation(len(found.piece))
    chosen = np.sort(order[:queries])
    table = match(index, found.take(chosen), k=k, skip_same_group=True)
    pairs = int((len(found.piece) - size[group[chosen]]).sum())
    best = np.zeros(len(chosen))
    np.maximum.at(best, table["query"].to_numpy(), table["score"].to_numpy())
    scores = np.sort(table["score"].to_numpy())[::-1]
    similar = _threshold(scores, int(per_pair * pairs))
    copy = _threshold(np.sort(best)[::-1], int(per_piece * len(best)))
    return Calibration(similar, max(similar, copy), pairs, len(chosen), scores, best)


def _threshold(descending: np.ndarray, allowed: int) -> float:
    """A score that at most ``allowed`` of the values reach."""
    if allowed >= len(descending):
        return 1.0
    return float(np.nextafter(max(descending[allowed], 1.0), np.inf))


def passages(
    index: Index,
    query: Melodies,
    table: pd.DataFrame,
    calibration: Calibration,
) -> pd.DataFrame:
    """Trace the passage of each match.

    Parameters
    ----------
    index : Index
    query : Melodies
    table : pandas.DataFrame
        Rows of :func:`match`.
    calibration : Calibration

    Returns
    -------
    pandas.DataFrame
        The columns of the schema ``evidence`` and ``query_part``, ``match_part``,
        ``query_end``, ``match_end`` (ticks, where the passage's last note begins).
    """
    target = index.melodies
    traced = alignment.passages(
        Sequences.of(query, index.surprisal),
        Sequences.of(target, index.surprisal),
        _pairs(table),
    )
    mine, theirs = table["query_melody"].to_numpy(), table["melody"].to_numpy()

    def tick(found: Melodies, melody: np.ndarray, note: np.ndarray) -> np.ndarray:
        return np.where(note < 0, 0, found.onset[found.start[melody] + np.maximum(note, 0)])

    return pd.DataFrame(
        {
            "query": query.piece[table["query"].to_numpy()],
            "match": target.piece[table["piece"].to_numpy()],
            "query_onset": tick(query, mine, traced["query_first"]),
            "match_onset": tick(target, theirs, traced["target_first"]),
            "notes": traced["notes"],
            "transposition": table["transposition"].to_numpy(),
            "score": traced["score"],
            "verdict": calibration.verdict(traced["score"]),
            "query_part": query.melody_part[mine],
            "match_part": target.melody_part[theirs],
            "query_end": tick(query, mine, traced["query_last"]),
            "match_end": tick(target, theirs, traced["target_last"]),
        }
    )
