r"""Is a made set as varied as real music, and does it reach all of it?

Goal: what a mean cannot say. A generator that writes one good piece over and over has
perfect means; one that writes anything at all has perfect variety.

Conventions
-----------
* Pieces are points: embeddings (:mod:`.frechet`) or rows of features, in standard deviations
  of the real set (:func:`ricercar.assess.set_pair.join`); distances Euclidean.
* Recall and coverage grow with the number of points: sets have to be of one size.
  :func:`evaluate` thins the larger one, several times, and takes the mean.
* Intervals are 95 %, over the groups whose share is taken, with the balls held as they are.

Sources
-------
E. Richardson and Y. Weiss, "On GANs and GMMs", NeurIPS 2018 (clusters of real points, and
how many hold another share of made ones). Precision, recall, density and coverage:
:mod:`.manifold`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ricercar.assess import bootstrap
from ricercar.assess.distributions import variety
from ricercar.assess.manifold import distances, overlap
from ricercar.assess.measured_set import MeasuredSet
from ricercar.assess.set_pair import join
from ricercar.assess.voices import numbered
from ricercar.errors import ParameterError

#: metric -> (what it says, unit)
MEASURES: dict[str, tuple[str, str]] = {
    "pairwise_distance": ("mean distance between two pieces of the set", "standard deviations"),
    "precision": ("made pieces within reach of a real one", "share"),
    "recall": ("real pieces within reach of a made one", "share"),
    "density": ("real pieces within whose reach a made one lies; 1 as for real ones", "ratio"),
    "coverage": ("real pieces that have a made one within their own reach", "share"),
    "modes_reached": ("clusters of real pieces with a made one inside", "share"),
    "modes_unlike": ("clusters that hold another share of made than of real pieces", "share"),
    "duplicates": ("pieces that equal an earlier one of the set, whatever the key", "share"),
}

#: a figure with its 95 % interval
Figure = tuple[float, float, float]


@dataclass(frozen=True)
class Modes:
    """Clusters of real pieces, and what a made set has of them.

    Attributes
    ----------
    real, made : numpy.ndarray of int, shape (clusters,)
        Pieces in each cluster.
    outside : int
        Made pieces farther from the nearest centre than any real piece of its cluster.
    """

    real: np.ndarray
    made: np.ndarray
    outside: int

    @property
    def reached(self) -> float:
        """Share of the clusters with a made piece inside."""
        return float((self.made > 0).mean())

    @property
    def unlike(self) -> float:
        """Share of the clusters whose shares differ (two-proportion z-test, 5 %): NDB / K.

        0.05 is expected of two samples of one distribution.
        """
        total = np.array([self.real.sum(), self.made.sum() + self.outside], dtype=float)
        share = self.real / total[0], self.made / total[1]
        pooled = (self.real + self.made) / total.sum()
        error = np.sqrt(pooled * (1 - pooled) * (1 / total).sum())
        return float((np.abs(share[0] - share[1]) > 1.96 * error).mean())


def modes(
    real: np.ndarray,
    made: np.ndarray,
    clusters: int | None = None,
    groups: ArrayLike | None = None,
    seed: int = 0,
) -> Modes:
    """Which clusters of real pieces a made set reaches.

    Real pieces are clustered by k-means. A made piece is in the cluster of the nearest
    centre, unless it is farther away from it than every real piece of the cluster: so
    pieces that are unlike any music do not count as variety.

    Parameters
    ----------
    real, made : numpy.ndarray, shape (pieces, dimensions)
    clusters : int, optional
        One for every ten real groups if left out, at least 2 and at most 50.
    groups : array_like, optional
        Groups of the real pieces.
    seed : int

    Returns
    -------
    Modes

    Examples
    --------
    >>> real = np.array([[0.0], [0.2], [9.0], [9.2], [20.0], [20.2]])
    >>> found = modes(real, np.array([[0.1], [0.1], [5.0]]), clusters=3)
    >>> round(found.reached, 2), found.outside
    (0.33, 1)
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    if clusters is None:
        size = len(real) if groups is None else len(set(np.asarray(groups).tolist()))
        clusters = int(np.clip(size // 10, 2, 50))
    if not 1 <= clusters <= len(real):
        raise ParameterError(f"{clusters} clusters of {len(real)} real pieces: give fewer clusters")
    with threadpool_limits(1):
        fitted = KMeans(clusters, n_init=4, random_state=seed).fit(real)
    far = [distances(points, fitted.cluster_centers_) for points in (real, made)]
    nearest = [distance.argmin(axis=1) for distance in far]
    away = [distance.min(axis=1) for distance in far]
    radius = np.zeros(clusters)
    np.maximum.at(radius, nearest[0], away[0])
    inside = away[1] <= radius[nearest[1]] * (1 + 1e-9)
    counts = [np.bincount(one, minlength=clusters) for one in (nearest[0], nearest[1][inside])]
    return Modes(counts[0], counts[1], int((~inside).sum()))


def duplicates(pieces: pd.DataFrame, notes: pd.DataFrame, transposed: bool = True) -> np.ndarray:
    """Which pieces equal an earlier one of the set, note for note.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        A set of pieces.
    transposed : bool
        Whether the same notes in another key are the same.

    Returns
    -------
    numpy.ndarray, shape (pieces,)
        1 for a duplicate, 0 for none, NaN for a piece without notes.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b", "c"]})
    >>> notes = pd.DataFrame({"piece": list("aabbcc"), "part": 0, "onset": [0, 480] * 3,
    ...                       "duration": 480, "pitch": [60, 62, 65, 67, 60, 63]})
    >>> duplicates(pieces, notes).tolist(), duplicates(pieces, notes, False).tolist()
    ([0.0, 1.0, 0.0], [0.0, 0.0, 0.0])
    """
    number, ordered = numbered(pieces, notes)
    lowest = np.full(len(pieces), 127)
    np.minimum.at(lowest, number, ordered["pitch"].to_numpy())
    pitch = ordered["pitch"] - (lowest[number] if transposed else 0)
    plain = ordered[["part", "onset", "duration"]].assign(pitch=pitch).astype("int64")
    hashed = pd.util.hash_pandas_object(plain, index=False).to_numpy()
    # the sum of hashes does not depend on the order of notes, and wraps round
    content = np.zeros(len(pieces), dtype=np.uint64)
    np.add.at(content, number, hashed)
    count = np.bincount(number, minlength=len(pieces))
    again = pd.DataFrame({"content": content, "count": count}).duplicated().to_numpy()
    return np.where(count > 0, again.astype(float), np.nan)


def _mean(values: np.ndarray, groups: np.ndarray, n: int, seed: int) -> Figure:
    """Mean over pieces with an interval over groups."""
    count = pd.factorize(pd.Series(groups))[0]
    top, bottom = np.bincount(count, np.nan_to_num(values)), np.bincount(count, ~np.isnan(values))
    value, low, high = bootstrap.ratio(top, bottom, n=n, seed=seed)
    return (float(value[0]), float(low[0]), float(high[0]))


def evaluate(
    real: MeasuredSet, made: MeasuredSet, seed: int = 0, n: int = 500, thinned: int = 10
) -> pd.DataFrame:
    """Every measure of variety, as rows of a scorecard.

    Parameters
    ----------
    real, made : MeasuredSet
        Pieces of equal length.
    seed, n : int
        Seed and number of resamples.
    thinned : int
        How often the larger set is thinned to the size of the smaller one; the interval is
        the mean of their bounds.

    Returns
    -------
    pandas.DataFrame
        Columns metric (:data:`MEASURES`), value, low, high and n (made pieces). Compare
        with the rows of held-out real pieces.

    Raises
    ------
    ParameterError
        If a set has too few groups for the balls.
    """
    owner = real.groups.to_numpy(), made.groups.to_numpy()
    pair = join(real.table, made.table, owner, by_real=True)
    points = [pair.z[~pair.made], pair.z[pair.made]]
    size = min(len(points[0]), len(points[1]))
    rng = np.random.default_rng(seed)
    found: dict[str, list[Figure]] = {name: [] for name in MEASURES}
    for _ in range(thinned if len(points[0]) != len(points[1]) else 1):
        rows = [np.sort(rng.permutation(len(one))[:size]) for one in points]
        a, b = points[0][rows[0]], points[1][rows[1]]
        groups = owner[0][rows[0]], owner[1][rows[1]]
        sides = overlap(a, b, groups)
        for name in ("precision", "density"):
            found[name].append(_mean(getattr(sides, name), groups[1], n, seed))
        for name in ("recall", "coverage"):
            found[name].append(_mean(getattr(sides, name), groups[0], n, seed))
        seen = modes(a, b, groups=groups[0], seed=seed)
        found["modes_reached"].append((seen.reached, np.nan, np.nan))
        found["modes_unlike"].append((seen.unlike, np.nan, np.nan))
    found["pairwise_distance"] = [variety(points[1], pd.Series(owner[1]), seed, n)]
    found["duplicates"] = [_mean(duplicates(*made.tables), owner[1], n, seed)]
    table = pd.DataFrame(
        [np.mean(found[name], axis=0) for name in MEASURES], columns=["value", "low", "high"]
    )
    table.insert(0, "metric", list(MEASURES))
    return table.assign(n=len(points[1]))
