r"""Distances within a set against distances between two sets: overlap area and divergence.

Goal: the relative half of Yang and Lerch's evaluation. If made music is like real music,
then a made piece is as far from a real one as two pieces of one set are from each other.

Conventions
-----------
* The distance of two pieces in a feature is Euclidean, over all numbers of the feature.
  *Intra* distances are those of every two pieces of a set, each pair once; *inter*
  distances those of every real with every made piece. Pieces without the feature are left
  out; stretches of one piece (column ``group``) are not compared with each other.
* Densities are Gaussian kernel estimates with Scott's bandwidth, both on ONE grid that
  reaches five bandwidths beyond all distances.
* *Overlap area* is :math:`\int \min(p, q)`, 1 for the same density and 0 for disjoint ones.
  *KLD* is :math:`\int p \ln(p / q)` in nats, p the intra and q the inter density; what lies
  below :data:`FLOOR` of the highest density is raised to it, so that KLD is finite.
* A set of copies of one piece has small intra distances: read the means, too.
* A resample holds some pieces twice and so is a little less like the other set: an interval
  is the resamples' spread about their own mean, moved to the value that was measured.

Sources
-------
L.-C. Yang and A. Lerch, "On the evaluation of generative models in music", Neural Computing
and Applications 32 (2020). Code: RichardYang40148/mgeval, ``mgeval/utils.py``.
"""

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.integrate import trapezoid
from scipy.signal import fftconvolve
from scipy.spatial.distance import cdist
from scipy.stats import entropy

from ricercar.assess import bootstrap, mgeval
from ricercar.assess.reference import groups_of

#: smallest density that KLD reads, as a share of the highest
FLOOR = 1e-14
#: points of the grid in the narrower bandwidth
_FINE = 8

#: measure -> (what it says, unit), in the order of :func:`evaluate`
MEASURES: dict[str, tuple[str, str]] = {
    "intra_real": ("mean distance of two real pieces", "the feature's own"),
    "intra_made": ("mean distance of two made pieces", "the feature's own"),
    "inter": ("mean distance of a real and a made piece", "the feature's own"),
    "overlap_real": ("overlap of the distances of real pieces with those between", "share"),
    "overlap_made": ("overlap of the distances of made pieces with those between", "share"),
    "kld_real": ("divergence of the distances between from those of real pieces", "nats"),
    "kld_made": ("divergence of the distances between from those of made pieces", "nats"),
    "kld_real_as_published": ("the same, each density on a grid of its own", "nats"),
    "kld_made_as_published": ("the same, each density on a grid of its own", "nats"),
}


def _bandwidth(sample: np.ndarray) -> float:
    """Scott's bandwidth of a sample on a line; NaN without spread."""
    if len(sample) < 2:
        return np.nan
    wide = float(sample.std(ddof=1) * len(sample) ** -0.2)
    return wide if wide > 1e-9 * max(1.0, float(np.abs(sample).max())) else np.nan


def _binned(sample: np.ndarray, grid: np.ndarray) -> sparse.csr_array:
    """How each distance is shared between its two neighbours on the grid, (sample, grid)."""
    place = (sample - grid[0]) / (grid[1] - grid[0])
    left = np.clip(place.astype(np.int64), 0, len(grid) - 2)
    share = place - left
    rows = np.tile(np.arange(len(sample)), 2)
    values, columns = np.concatenate([1 - share, share]), np.concatenate([left, left + 1])
    return sparse.csr_array((values, (rows, columns)), shape=(len(sample), len(grid)))


def densities(
    samples: tuple[np.ndarray, np.ndarray], weights: tuple[np.ndarray, np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Kernel densities of two samples on one grid.

    Parameters
    ----------
    samples : two numpy.ndarray, shape (a,) and (b,)
    weights : two numpy.ndarray, shape (resamples, a) and (resamples, b), optional
        How often each value counts. Bandwidths are those of the samples as they are.

    Returns
    -------
    grid : numpy.ndarray, shape (points,)
    p, q : numpy.ndarray, shape (resamples, points)
        One row without ``weights``. None if a sample has no spread, and so no density.

    Examples
    --------
    >>> grid, p, q = densities((np.arange(5.0), np.arange(9.0)))
    >>> trapezoid(p, grid).round(3), trapezoid(q, grid).round(3)
    (array([1.]), array([1.]))
    """
    wide = [_bandwidth(sample) for sample in samples]
    if np.isnan(wide).any():
        return None
    step, reach = min(wide) / _FINE, 5 * max(wide)
    low = min(float(sample.min()) for sample in samples) - reach
    high = max(float(sample.max()) for sample in samples) + reach
    grid = low + step * np.arange(int(np.ceil((high - low) / step)) + 1)
    found = []
    for place, (sample, width) in enumerate(zip(samples, wide, strict=True)):
        times = np.ones((1, len(sample))) if weights is None else weights[place]
        counts = np.asarray((_binned(sample, grid).T @ times.T).T)
        size = int(np.ceil(8 * width / step))
        kernel = np.exp(-0.5 * (np.arange(-size, size + 1) * step / width) ** 2)
        smooth = np.maximum(fftconvolve(counts, kernel[None], mode="full", axes=1), 0.0)
        smooth = smooth[:, size : size + len(grid)]
        with np.errstate(invalid="ignore"):
            found.append(smooth / trapezoid(smooth, grid, axis=1)[:, None])
    return grid, found[0], found[1]


def _overlap(grid: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return trapezoid(np.minimum(p, q), grid, axis=-1)


def _divergence(grid: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    floor = FLOOR * np.maximum(p.max(axis=-1), q.max(axis=-1))[..., None]
    return trapezoid(p * np.log(np.maximum(p, floor) / np.maximum(q, floor)), grid, axis=-1)


def overlap_area(a: np.ndarray, b: np.ndarray) -> float:
    """Area under both densities, 0 to 1; NaN if a sample has no spread.

    mgeval integrates from the smallest to the largest value only and so loses the tails:
    its overlap of a sample with itself is below 1.

    Examples
    --------
    >>> five = np.arange(5.0)
    >>> round(overlap_area(five, five), 9), round(overlap_area(five, five + 99), 9)
    (1.0, 0.0)
    """
    found = densities((np.asarray(a, float), np.asarray(b, float)))
    return float("nan") if found is None else float(_overlap(*found)[0])


def kld(a: np.ndarray, b: np.ndarray) -> float:
    """Kullback-Leibler divergence of the density of ``b`` from that of ``a``, in nats.

    NaN if a sample has no spread.

    Examples
    --------
    >>> round(kld(np.arange(5.0), np.arange(5.0)), 9), kld(np.arange(5.0), np.arange(5.0) + 3) > 1
    (0.0, True)
    """
    found = densities((np.asarray(a, float), np.asarray(b, float)))
    return float("nan") if found is None else float(_divergence(*found)[0])


def kld_as_published(a: np.ndarray, b: np.ndarray, points: int = 1000) -> float:
    """The divergence as mgeval computes it: each density at points of its own.

    The i-th of 1,000 points between the ends of ``a`` is compared with the i-th between the
    ends of ``b``, each list divided by its sum: samples that differ only in place or scale
    have divergence 0. NaN if a sample has no spread.

    Examples
    --------
    >>> round(abs(kld_as_published(np.arange(5.0), 40 + 3 * np.arange(5.0))), 6)
    0.0
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    if np.isnan(_bandwidth(a)) or np.isnan(_bandwidth(b)):
        return float("nan")
    return float(entropy(*(_between_its_ends(sample, points) for sample in (a, b))))


def _between_its_ends(sample: np.ndarray, points: int) -> np.ndarray:
    """Kernel density at so many points from the smallest to the largest value, not scaled.

    Values are shared between points a sixteenth of the bandwidth apart first, or tens of
    thousands of distances would take seconds.
    """
    wide, low, high = _bandwidth(sample), sample.min(), sample.max()
    grid = low + wide / 16 * np.arange(int(np.ceil((high - low) / wide * 16)) + 2)
    counts = np.asarray(_binned(sample, grid).sum(axis=0))
    grid, counts = grid[counts > 0], counts[counts > 0]
    asked = np.linspace(low, high, points)
    return np.exp(-0.5 * ((asked[:, None] - grid) / wide) ** 2) @ counts


def _pairs(values: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distances of every two rows of different groups, and the two rows."""
    one, other = np.triu_indices(len(values), 1)
    kept = groups[one] != groups[other]
    one, other = one[kept], other[kept]
    return cdist(values, values)[one, other], one, other


def _row(figures: np.ndarray, highest: float = np.inf) -> tuple[float, float, float]:
    """The first figure, and the spread of the others about their mean, moved to it."""
    value, resampled = float(figures[0]), figures[1:][~np.isnan(figures[1:])]
    if len(resampled) < 2 or np.isnan(value):
        return value, np.nan, np.nan
    low, high = value + np.quantile(resampled, [0.025, 0.975]) - resampled.mean()
    return value, max(float(low), 0.0), min(float(high), highest)


def _of_feature(
    truth: np.ndarray, other: np.ndarray, groups: list[np.ndarray], drawn: list[np.ndarray]
) -> dict[str, tuple[float, float, float]]:
    """Every measure of one feature with its bounds; row 0 of ``drawn`` is the sets as they are."""
    inter = cdist(truth, other).ravel()
    between = np.einsum("ri,rj->rij", drawn[0], drawn[1]).reshape(len(drawn[0]), -1)
    found: dict[str, tuple[float, float, float]] = {}
    for side, values in (("real", truth), ("made", other)):
        place = int(side == "made")
        intra, one, two = _pairs(values, groups[place])
        within = drawn[place][:, one] * drawn[place][:, two]
        undefined = np.full(len(within), np.nan)
        measured = {"overlap": undefined, "kld": undefined, "intra": undefined}
        if len(intra):
            with np.errstate(invalid="ignore"):
                measured["intra"] = within @ intra / within.sum(axis=1)
        estimated = densities((intra, inter), (within, between))
        if estimated is not None:
            measured["overlap"], measured["kld"] = _overlap(*estimated), _divergence(*estimated)
        for name, figures in measured.items():
            found[f"{name}_{side}"] = _row(figures, 1.0 if name == "overlap" else np.inf)
        published = np.array([kld_as_published(intra, inter)])
        found[f"kld_{side}_as_published"] = _row(published)
    mean = between @ inter / between.sum(axis=1)
    found["inter"] = _row(mean)
    return found


def evaluate(
    real: tuple[pd.DataFrame, pd.DataFrame],
    made: tuple[pd.DataFrame, pd.DataFrame],
    n: int = 100,
    seed: int = 0,
    limit: int = 200,
) -> pd.DataFrame:
    """Every measure of every feature, for a made set against a real one.

    Parameters
    ----------
    real, made : tuple of pieces and notes
        Column ``group`` of pieces says what is drawn together; every piece without it.
    n, seed : int
        Resamples, over the groups of both sets, and seed.
    limit : int
        Larger sets are thinned at random to so many pieces: distances grow with the square.

    Returns
    -------
    pandas.DataFrame
        Columns feature (see :data:`ricercar.assess.mgeval.FEATURES`), metric (see
        :data:`MEASURES`), value, low, high (95 %; none for what is as published) and n, the
        made pieces compared. NaN where all distances of a kind are equal.
    """
    rng = np.random.default_rng(seed)
    sides = []
    for pieces, notes in (real, made):
        chosen = np.sort(rng.permutation(len(pieces))[:limit])
        sides.append((pieces.iloc[chosen], notes))
    values = [mgeval.features(*side) for side in sides]
    rows = []
    for name in mgeval.FEATURES:
        parts, groups, drawn = [], [], []
        for place, (pieces, _) in enumerate(sides):
            known = ~np.isnan(values[place][name]).any(axis=1)
            codes = pd.factorize(groups_of(pieces)[known])[0]
            parts.append(values[place][name][known])
            groups.append(codes)
            times = bootstrap.times(codes, n, seed + place)
            drawn.append(np.concatenate([np.ones((1, len(codes))), times]))
        if not len(parts[0]) or not len(parts[1]):
            found = dict.fromkeys(MEASURES, (np.nan, np.nan, np.nan))
        else:
            found = _of_feature(parts[0], parts[1], groups, drawn)
        rows += [(name, metric, *found[metric], len(parts[1])) for metric in MEASURES]
    return pd.DataFrame(rows, columns=["feature", "metric", "value", "low", "high", "n"])
