r"""Bach or mock? The grading function of Fang et al. for four-voice chorales.

Goal: one number per chorale that says how far it lies from Bach's, and which feature says so.

Conventions
-----------
* Each feature is a histogram of the chorale, and its grade the Wasserstein distance
  :math:`\sum_i |F_i - B_i|` between the cumulative shares of the chorale and of Bach's
  chorales in the same mode. The grade is the sum over the features: 0 is the mean chorale,
  **lower is better**, and a real chorale is never 0: compare with held-out ones.
* Categories stand on a line in the order of their frequency in Bach, one step apart, and
  what Bach never writes stands behind them, the more often it is used the farther away.
  Lengths of repeated sequences stand where they are, in quarters.
* Counts are those of :mod:`.grading_counts`, on a grid of sixteenths. A piece whose four voices do
  not all sound has no grade (NaN).
* The reference must be chorales other than the graded ones, else they look too good.

Departures from the published code (``Grader/`` of asdfang/constraint-transformer-bach)
----------------------------------------------------------------------------------------
* ``parallel_errors``: published is the distance between the shares of octaves and fifths
  among the errors, times the error rate over Bach's rate; so errors in Bach's own proportion
  cost nothing, however many. Here it is the ratio of the rates. Both are given.
* ``repeated_sequences``: the published search works on sixteenths and drops a sequence that
  is part of a longer one by chance of order, too; here a sequence is two notes or rests or
  more, of equal pitch and length, and counts where it is maximal
  (:func:`.grading_counts.repeats`). In quarters Bach's median is the published one (1.42
  beside 1.29); the published code counts in sixteenths.
* Pitches are not spelled, so degrees and intervals are counted in semitones, beyond two
  octaves together. There are no fermatas, so parallels after them count too.
* The key is found with the same profiles (Aarden's), the mode decides the reference.

Sources
-------
A. Fang, A. Liu, P. Seetharaman and B. Pardo, "Bach or mock? A grading function for chorales
in the style of J. S. Bach", ICML Workshop on Machine Learning for Media Discovery (2020),
arXiv:2006.13329.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.assess import voices
from ricercar.assess.grading_counts import FEATURES, histograms
from ricercar.errors import TableError
from ricercar.tables import TICKS_PER_QUARTER

#: measure -> (what it says, unit)
MEASURES: dict[str, tuple[str, str]] = {
    "pitch": ("scale degrees and rests", "ranks"),
    "rhythm": ("note values", "ranks"),
    "parallel_errors": ("parallel fifths and octaves a note", "times Bach's rate"),
    "harmonic_quality": ("qualities of the chords", "ranks"),
    "soprano_intervals": ("melodic intervals of the soprano", "ranks"),
    "alto_intervals": ("melodic intervals of the alto", "ranks"),
    "tenor_intervals": ("melodic intervals of the tenor", "ranks"),
    "bass_intervals": ("melodic intervals of the bass", "ranks"),
    "repeated_sequences": ("lengths of what is repeated within a voice", "quarters"),
    "grade": ("distance from Bach's chorales, all features", "sum"),
    "parallel_errors_as_published": ("parallels, by the published formula", "ranks"),
    "grade_as_published": ("sum with the published parallels", "sum"),
}


@dataclass(frozen=True)
class Reference:
    """Bach's chorales, or others, as shares.

    Attributes
    ----------
    shares : dict of str to numpy.ndarray, shape (2, bins)
        For major and minor; rhythm, parallels and repeats do not ask for the mode.
    error_rate : float
        Parallel errors a note.
    """

    shares: dict[str, np.ndarray]
    error_rate: float


def reference(pieces: pd.DataFrame, notes: pd.DataFrame) -> Reference:
    """Measure the chorales that others are graded against.

    Raises
    ------
    TableError
        If no piece has four voices.
    """
    found = histograms(pieces, notes)
    if not found.whole.any():
        raise TableError("the reference of the grading function needs chorales of four voices")
    shares = {}
    for name, counts in found.counts.items():
        both = counts[found.whole].sum(axis=0)
        modes = [counts[found.whole & (found.minor == mode)].sum(axis=0) for mode in (False, True)]
        if name in ("rhythm", "parallel_errors", "repeated_sequences"):
            modes = [both, both]
        # where a mode has no piece, all pieces stand for it
        rows = np.stack([mode if mode.sum() else both for mode in modes])
        shares[name] = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1)
    errors = found.counts["parallel_errors"][found.whole].sum()
    return Reference(shares, float(errors / found.notes[found.whole].sum()))


def ranked_distance(counts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Wasserstein distance of histograms from shares, with categories in order of their share.

    Parameters
    ----------
    counts : numpy.ndarray, shape (pieces, bins)
    shares : numpy.ndarray, shape (bins,)
        Categories with share 0 stand behind the others, for each piece in ascending order of
        its own counts.

    Returns
    -------
    numpy.ndarray, shape (pieces,)
        In ranks; NaN for an empty histogram.

    Examples
    --------
    >>> ranked_distance(np.array([[0, 4, 0], [2, 5, 3]]), np.array([0.2, 0.5, 0.3])).round(6)
    array([0.7, 0. ])
    """
    order = np.argsort(-shares, kind="stable")
    known = int((shares > 0).sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        mine = (counts / counts.sum(axis=1, keepdims=True))[:, order]
    strange = np.where(mine[:, known:] > 0, mine[:, known:], np.inf)
    strange = np.sort(strange, axis=1)
    mine[:, known:] = np.where(np.isinf(strange), 0.0, strange)
    distance = np.abs(mine.cumsum(axis=1) - shares[order].cumsum()).sum(axis=1)
    return np.where(counts.sum(axis=1) > 0, distance, np.nan)


def length_distance(counts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Wasserstein distance of histograms from shares, with bin i standing at i.

    An empty histogram (nothing is repeated) counts as length 0.

    Examples
    --------
    >>> length_distance(np.array([[0, 0, 3], [0, 0, 0]]), np.array([0.0, 1.0, 0.0])).tolist()
    [1.0, 1.0]
    """
    filled = np.array(counts, dtype=float)
    filled[:, 0] += filled.sum(axis=1) == 0
    mine = filled / filled.sum(axis=1, keepdims=True)
    if not shares.sum():
        shares = np.eye(1, len(shares))[0]
    return np.abs(mine.cumsum(axis=1) - shares.cumsum()).sum(axis=1)


def evaluate(pieces: pd.DataFrame, notes: pd.DataFrame, bach: Reference) -> pd.DataFrame:
    """Grade chorales.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        Chorales to grade.
    bach : Reference
        From :func:`reference`, of other chorales.

    Returns
    -------
    pandas.DataFrame
        Column piece, then :data:`MEASURES`; NaN for a piece without four voices, and for
        parallels (and the sum) where the reference has none.
    """
    found = histograms(pieces, notes)
    table = pd.DataFrame({"piece": pieces["piece"].to_numpy()})
    for name in MEASURES:
        if name in FEATURES or name.endswith("errors_as_published"):
            counts = found.counts[name.removesuffix("_as_published")]
            by_mode = bach.shares[name.removesuffix("_as_published")]
            measure = length_distance if name == "repeated_sequences" else ranked_distance
            far = [measure(counts, shares) for shares in by_mode]
            table[name] = np.where(found.minor, far[1], far[0])
    table["repeated_sequences"] /= TICKS_PER_QUARTER // voices.STEP
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = found.counts["parallel_errors"].sum(axis=1) / found.notes
        ratio = rate / (bach.error_rate or np.nan)
    table["parallel_errors"] = ratio
    none = ratio == 0
    published = table["parallel_errors_as_published"].to_numpy() * ratio
    table["parallel_errors_as_published"] = np.where(none, 0.0, published)
    features = table[list(FEATURES)].sum(axis=1, skipna=False)
    table["grade"] = features + table["parallel_errors"]
    table["grade_as_published"] = features + table["parallel_errors_as_published"]
    table = table[["piece", *MEASURES]]
    table.loc[~found.whole, list(MEASURES)] = np.nan
    return table
