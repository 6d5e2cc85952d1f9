"""Evidence: the best match of each piece, and how sure one can be of it.

Goal: from candidates and alignments to a table that names piece, passage, transposition
and score, and a verdict whose false-alarm rate has been measured.

Conventions
-----------
* The score of two pieces is the best over their pairs of melodies, bits; 0 where the
  index found nothing in common.
* The verdict is "copy" at or above the upper threshold, "similar" at or above the lower,
  "clear" below.
* The lower threshold is reached by one **pair** in 1,000 of *unrelated real pieces* (of
  different works). Unrelated means: not known to be versions of each other. A version
  that nobody has marked counts as a false alarm, so this threshold errs on the high side.
* The upper threshold is about a whole **search**, the best match of a piece in the whole
  catalogue. There unmarked versions would set it, so it comes from *decoys*: the same
  pieces played backwards, which nobody has copied. To their best scores a Gumbel
  distribution, the law of such maxima, is fitted; by it one decoy in 1,000 reaches the
  threshold (an extrapolation beyond the decoys that there are).
  Formulas that only run forwards (cadences) are missing in decoys; therefore the upper
  threshold is never below the lower.

Sources
-------
Gumbel law of local alignment scores: Karlin and Altschul, PNAS 87, 1990. Decoys: Elias and
Gygi, *Target-decoy search strategy*, Nature Methods 4, 2007.
"""

import math
import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.screening import alignment
from ricercar.screening.alignment import Pairs, Sequences
from ricercar.screening.fingerprints import Melodies, backwards
from ricercar.screening.index import Index, candidates
from ricercar.tables import TICKS_PER_QUARTER

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
    best, decoys : ndarray of float64, shape (queries,)
        The best score of each piece, and of each piece played backwards.
    sample : ndarray of int64, shape (queries,)
        Which pieces of the catalogue were looked up.
    matches : pandas.DataFrame
        What :func:`match` found for them.
    """

    similar: float
    copy: float
    pairs: int
    queries: int
    scores: np.ndarray
    best: np.ndarray
    decoys: np.ndarray
    sample: np.ndarray
    matches: pd.DataFrame

    def false_alarms(self, threshold: float) -> float:
        """Share of unrelated pairs that score at least ``threshold``."""
        return float((self.scores >= threshold).sum() / max(self.pairs, 1))

    def verdict(self, score: np.ndarray) -> np.ndarray:
        """ "copy", "similar" or "clear" for each score.

        Examples
        --------
        >>> known = Calibration(30.0, 50.0, 1000, 10, *[np.zeros(0)] * 4, pd.DataFrame())
        >>> known.verdict(np.array([10.0, 30.0, 70.0])).tolist()
        ['clear', 'similar', 'copy']
        """
        level = (score >= self.similar).astype(int) + (score >= self.copy)
        return np.array(VERDICTS)[level]


def match(
    index: Index,
    query: Melodies,
    k: int = 20,
    skip_same_work: bool = False,
) -> pd.DataFrame:
    """Align every query with its candidates.

    Parameters
    ----------
    index : Index
    query : Melodies
    k : int
        Candidates for each piece.
    skip_same_work : bool
        Leave out pieces of the query's own work.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`ricercar.screening.index.candidates` and ``score`` (bits),
        one row for each pair of pieces: the best of their pairs of melodies. Sorted by
        query, then score downward.
    """
    table = candidates(index, query, k=k, skip_same_work=skip_same_work)
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
    per_search: float = 1e-3,
    k: int = 20,
    seed: int = 0,
) -> Calibration:
    """Set the thresholds from scores between unrelated real pieces.

    A sample of the catalogue is looked up in the catalogue, forwards and backwards, each
    piece's own work left out: what is found is chance, idiom and formula.

    Parameters
    ----------
    index : Index
    queries : int
        Pieces of the sample; all of them if the catalogue has fewer.
    per_pair : float
        False alarms that "similar" may raise, per unrelated pair.
    per_search : float
        Share of decoys whose best match may reach "copy".
    k : int
        Candidates for each piece, as in :func:`match`.
    seed : int

    Returns
    -------
    Calibration

    Raises
    ------
    ParameterError
        If fewer than two works are there to be compared.
    """
    found = index.melodies
    _, work, size = np.unique(found.work, return_inverse=True, return_counts=True)
    if len(size) < 2:
        raise ParameterError("calibration needs pieces of at least two works")
    order = np.random.default_rng(seed).permutation(len(found.piece))
    chosen = np.sort(order[:queries])
    sample = found.take(chosen)
    table = match(index, sample, k=k, skip_same_work=True)
    turned = match(index, backwards(sample), k=k, skip_same_work=True)
    pairs = int((len(found.piece) - size[work[chosen]]).sum())
    scores = np.sort(table["score"].to_numpy())[::-1]
    decoys = _best(turned, len(chosen))
    similar = _threshold(scores, int(per_pair * pairs))
    copy = max(similar, gumbel_quantile(decoys, per_search))
    best = _best(table, len(chosen))
    return Calibration(similar, copy, pairs, len(chosen), scores, best, decoys, chosen, table)


def _best(table: pd.DataFrame, queries: int) -> np.ndarray:
    """The best score of each query, 0 where nothing was found."""
    best = np.zeros(queries)
    np.maximum.at(best, table["query"].to_numpy(), table["score"].to_numpy())
    return best


def _threshold(descending: np.ndarray, allowed: int) -> float:
    """A score above 0 that at most ``allowed`` of the values reach."""
    if allowed >= len(descending):
        return 1.0
    return float(np.nextafter(max(descending[allowed], 1.0), np.inf))


def gumbel_quantile(values: np.ndarray, tail: float) -> float:
    """The value that a share ``tail`` of a Gumbel distribution fitted by moments exceeds.

    Parameters
    ----------
    values : ndarray
        Maxima, at least two.
    tail : float
        0..1.

    Examples
    --------
    >>> round(gumbel_quantile(np.array([10.0, 20.0, 30.0]), 0.01), 2)
    45.61
    """
    spread = float(np.std(values)) * math.sqrt(6) / math.pi
    place = float(np.mean(values)) - np.euler_gamma * spread
    return place - spread * math.log(-math.log1p(-tail))


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


def excerpt(
    pieces: pd.DataFrame, notes: pd.DataFrame, found: pd.Series, side: str
) -> tuple[pd.DataFrame, str]:
    """The bars of one part in which a passage lies, to be shown.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        Where the piece of this side is.
    found : pandas.Series
        A row of :func:`passages`.
    side : str
        "query" or "match".

    Returns
    -------
    notes : pandas.DataFrame
        From the start of the bar in which the passage begins; onsets counted from there.
    meter : str
        The piece's, 4/4 where it is unknown.
    """
    piece, first, last = found[side], found[f"{side}_onset"], found[f"{side}_end"]
    row = pieces[pieces["piece"] == piece].iloc[0]
    meter = row["meter"] if re.fullmatch(r"[1-9]\d*/[1-9]\d*", str(row["meter"])) else "4/4"
    bar = int(4 * TICKS_PER_QUARTER * Fraction(meter))
    pickup = int(row["pickup"])
    start = max(pickup + (first - pickup) // bar * bar, 0)
    mine = notes[(notes["piece"] == piece) & (notes["part"] == found[f"{side}_part"])]
    inside = mine[(mine["onset"] >= start) & (mine["onset"] <= last)]
    return inside.assign(onset=inside["onset"] - start, part=0), meter


def share_interval(hits: int, cases: int) -> tuple[float, float, float]:
    """A share and its 95 % interval (Wilson 1927), which is not empty at 0 or at 1.

    Returns
    -------
    value, low, high : float
        NaN without cases.

    Examples
    --------
    >>> [round(x, 3) for x in share_interval(50, 50)]
    [1.0, 0.929, 1.0]
    """
    if cases == 0:
        return (math.nan, math.nan, math.nan)
    share, z = hits / cases, 1.959964
    middle = (share + z * z / (2 * cases)) / (1 + z * z / cases)
    half = z * math.sqrt(share * (1 - share) / cases + (z / (2 * cases)) ** 2)
    half /= 1 + z * z / cases
    # at 0 and at 1 the bound is exact; rounding would miss it
    return (share, 0.0 if hits == 0 else middle - half, 1.0 if hits == cases else middle + half)
