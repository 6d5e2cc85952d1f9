r"""Fréchet distance between sets of pieces, in the space of a trained network.

Goal: the figure that other fields report for their generators (FID of images, FAD of
sound), without its best-known fault: small sets look far away.

Conventions
-----------
* Sets are embeddings, shape (pieces, dimensions), from :mod:`ricercar.style.embedding`.
* :math:`d^2 = \lVert \mu_r - \mu_m \rVert^2 + \mathrm{tr}(\Sigma_r + \Sigma_m - 2
  (\Sigma_r \Sigma_m)^{1/2})`, the squared Fréchet (Wasserstein-2) distance of two normal
  distributions. :func:`evaluate` gives it in units of :math:`\mathrm{tr}\,\Sigma_r`: 1 is as
  far as a real piece lies from the real mean.
* *Bias*: means and covariances of :math:`n` pieces make :math:`d^2` too large by about
  :math:`c / n`, with a :math:`c` that depends on the set, so sets of different sizes
  cannot be compared, and two halves of one set are far from 0. :func:`extrapolated` takes
  the bias out to first order, :math:`2 d^2(n) - d^2(n / 2)`; it scatters about 0 for
  sets that are alike, so it may be negative. A set needs several times as many pieces as
  dimensions.
* Intervals are 95 %, over the groups of both sets. A resample holds some pieces twice and
  so lies farther away than the set itself: bounds are the resamples' spread about
  their own mean, moved to the value that was measured.

Sources
-------
D. C. Dowson and B. V. Landau, "The Fréchet distance between multivariate normal
distributions", *J. Multivariate Analysis* 12, 1982; M. Heusel et al., "GANs trained by a
two time-scale update rule", NeurIPS 2017 (FID); M. J. Chong and D. Forsyth, "Effectively
unbiased FID and Inception Score and where to find them", CVPR 2020 (the bias, and
extrapolation to infinitely many); A. Gui et al., "Adapting Fréchet audio distance for
generative music evaluation", ICASSP 2024.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ricercar.assess import bootstrap
from ricercar.assess.reference import groups_of
from ricercar.errors import ParameterError
from ricercar.style.embedding import Embedder, kept

#: metric -> (what it says, unit)
MEASURES: dict[str, tuple[str, str]] = {
    "frechet": ("Fréchet distance to real music, as usual", "variances of real music"),
    "frechet_corrected": ("the same without the bias of few pieces", "variances of real music"),
}

#: ways to halve both sets, over which the extrapolation takes the mean
HALVINGS = 20


def _root(covariance: np.ndarray) -> np.ndarray:
    """Symmetric square root of covariances, shape (..., dimensions, dimensions)."""
    values, vectors = np.linalg.eigh(covariance)
    lengths = np.sqrt(np.maximum(values, 0.0))
    root: np.ndarray = (vectors * lengths[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    return root


def _moments(points: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and unbiased covariances of points that count so many times, one per row."""
    total = times.sum(axis=1, keepdims=True)
    mean = times @ points / total
    # one matrix product for all rows: products of every two dimensions
    both = (points[:, :, None] * points[:, None, :]).reshape(len(points), -1)
    square = (times @ both / total).reshape(len(times), points.shape[1], points.shape[1])
    spread = square - mean[:, :, None] * mean[:, None, :]
    return mean, spread * (total / np.maximum(total - 1, 1))[:, :, None]


def _distances(
    real: np.ndarray, made: np.ndarray, times_real: np.ndarray, times_made: np.ndarray
) -> np.ndarray:
    """Squared distances of resampled sets, shape (resamples,); NaN where one has no two pieces."""
    known = (times_real.sum(axis=1) > 1) & (times_made.sum(axis=1) > 1)
    squared = np.full(len(known), np.nan)
    times_real, times_made = times_real[known], times_made[known]
    (mean_r, spread_r), (mean_m, spread_m) = _moments(real, times_real), _moments(made, times_made)
    # tr (S_r S_m)^(1/2) is the sum of the singular values of S_r^(1/2) S_m^(1/2)
    shared = np.linalg.svd(_root(spread_r) @ _root(spread_m), compute_uv=False).sum(axis=-1)
    traces = np.trace(spread_r + spread_m, axis1=-2, axis2=-1)
    squared[known] = ((mean_r - mean_m) ** 2).sum(axis=1) + traces - 2 * shared
    return squared


def _check(real: np.ndarray, made: np.ndarray) -> None:
    """Raise if the sets cannot be compared."""
    for name, one in (("real", real), ("made", made)):
        if one.ndim != 2 or len(one) < 2:
            raise ParameterError(
                f"embeddings of the {name} set have shape {one.shape}: give two pieces or more, "
                "a row for each"
            )
        if not np.isfinite(one).all():
            raise ParameterError(f"embeddings of the {name} set are not all finite numbers")
    if real.shape[1] != made.shape[1]:
        raise ParameterError(
            f"embeddings of {real.shape[1]} and {made.shape[1]} numbers: use one embedder for both"
        )


def frechet_distance(real: np.ndarray, made: np.ndarray) -> float:
    """Squared Fréchet distance between normal distributions fitted to two sets.

    Parameters
    ----------
    real, made : numpy.ndarray, shape (pieces, dimensions)

    Returns
    -------
    float
        0 or more, in the square of the embeddings' unit.

    Raises
    ------
    ParameterError
        If a set has fewer than two pieces, the dimensions differ, or a number is missing.

    Examples
    --------
    >>> real = np.array([[0.0], [2.0]])
    >>> round(frechet_distance(real, real + 3), 9)  # means 3 apart
    9.0
    >>> round(frechet_distance(real, 3 * real - 2), 9)  # standard deviations 1 and 3, times 2
    8.0
    """
    real, made = np.asarray(real, float), np.asarray(made, float)
    _check(real, made)
    once = np.ones((1, len(real))), np.ones((1, len(made)))
    return max(float(_distances(real, made, *once)[0]), 0.0)


def _halved(groups: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """One half of the groups, each row another one, shape (count, rows)."""
    size = int(groups.max()) + 1
    side = rng.permuted(np.tile(np.arange(size) < (size + 1) // 2, (count, 1)), axis=1)
    return side[:, groups]


def _corrected(
    real: np.ndarray,
    made: np.ndarray,
    groups: tuple[np.ndarray, np.ndarray],
    times: tuple[np.ndarray, np.ndarray],
    halvings: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Distances as they are and extrapolated, for resamples, shape (resamples,) each."""
    plain = _distances(real, made, *times)
    half = np.zeros_like(plain)
    for _ in range(halvings):
        first = [_halved(group, len(plain), rng) for group in groups]
        for sides in (first, [~one for one in first]):
            parts = [one * side for one, side in zip(times, sides, strict=True)]
            half += _distances(real, made, parts[0], parts[1]) / (2 * halvings)
    return plain, 2 * plain - half


def extrapolated(
    real: np.ndarray,
    made: np.ndarray,
    groups: tuple[ArrayLike, ArrayLike] | None = None,
    halvings: int = HALVINGS,
    seed: int = 0,
) -> float:
    """Squared Fréchet distance without the bias of small sets, to first order.

    The distance of the sets, doubled, less the mean distance of halves of them: what is
    left when the number of pieces goes to infinity, if the bias is in proportion to 1 / n.

    Parameters
    ----------
    real, made : numpy.ndarray, shape (pieces, dimensions)
    groups : tuple of two array_like, optional
        Group of each piece of either set; a group stays in one half.
    halvings, seed : int
        Ways to halve; seed.

    Returns
    -------
    float
        May be negative; NaN with fewer than four groups in a set.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> real, made = rng.normal(size=(100, 4)), rng.normal(size=(60, 4)) + 1  # 4 apart
    >>> round(frechet_distance(real, made), 1), round(extrapolated(real, made), 1)
    (4.5, 4.3)
    """
    real, made = np.asarray(real, float), np.asarray(made, float)
    _check(real, made)
    codes = _codes(real, made, groups)
    if min(one.max() for one in codes) < 3:
        return float("nan")
    once = np.ones((1, len(real))), np.ones((1, len(made)))
    rng = np.random.default_rng(seed)
    return float(_corrected(real, made, codes, once, halvings, rng)[1][0])


def _codes(
    real: np.ndarray, made: np.ndarray, groups: tuple[ArrayLike, ArrayLike] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Groups as numbers from 0."""
    owner = groups or (np.arange(len(real)), np.arange(len(made)))
    first, second = (pd.factorize(pd.Series(np.asarray(one)))[0] for one in owner)
    if len(first) != len(real) or len(second) != len(made):
        raise ParameterError(
            f"{len(first)} and {len(second)} groups for {len(real)} and {len(made)} pieces: "
            "give the group of each piece"
        )
    return first, second


def _moved(value: float, resampled: np.ndarray) -> tuple[float, float, float]:
    """Value with the spread of its resamples about their own mean."""
    resampled = resampled[~np.isnan(resampled)]
    if len(resampled) < 2 or np.isnan(value):
        return (value, np.nan, np.nan)
    low, high = np.quantile(resampled, [0.025, 0.975]) - resampled.mean()
    return (value, float(value + low), float(value + high))


def compare(
    real: np.ndarray,
    made: np.ndarray,
    groups: tuple[ArrayLike, ArrayLike] | None = None,
    seed: int = 0,
    n: int = 200,
) -> pd.DataFrame:
    """Both distances with their intervals, in variances of the real set.

    Parameters
    ----------
    real, made : numpy.ndarray, shape (pieces, dimensions)
    groups : tuple of two array_like, optional
        Group of each piece of either set.
    seed, n : int
        Seed and number of resamples.

    Returns
    -------
    pandas.DataFrame
        Columns metric (:data:`MEASURES`), value, low, high and n (made pieces); NaN bounds
        with fewer than four groups in a set.
    """
    real, made = np.asarray(real, float), np.asarray(made, float)
    plain, corrected = frechet_distance(real, made), extrapolated(real, made, groups, seed=seed)
    unit = float(real.var(axis=0, ddof=1).sum()) or 1.0
    codes = _codes(real, made, groups)
    drawn: tuple[np.ndarray, np.ndarray] = (np.zeros(0), np.zeros(0))
    if n > 1 and not np.isnan(corrected):
        times = (bootstrap.times(codes[0], n, seed), bootstrap.times(codes[1], n, seed + 1))
        drawn = _corrected(real, made, codes, times, 1, np.random.default_rng(seed + 2))
    rows = [
        ("frechet", *_moved(plain / unit, drawn[0] / unit), len(made)),
        ("frechet_corrected", *_moved(corrected / unit, drawn[1] / unit), len(made)),
    ]
    return pd.DataFrame(rows, columns=["metric", "value", "low", "high", "n"])


def evaluate(
    real: tuple[pd.DataFrame, pd.DataFrame],
    made: tuple[pd.DataFrame, pd.DataFrame],
    embedder: Embedder | None = None,
    seed: int = 0,
    n: int = 200,
) -> pd.DataFrame:
    """Fréchet distance of a made set to a real one, as rows of a scorecard.

    Parameters
    ----------
    real, made : tuple of pieces and notes
        Pieces of equal length; column ``group`` of ``pieces``, where it stands, says what
        belongs together.
    embedder : Embedder, optional
        The one that comes with the package if left out.
    seed, n : int
        Seed and number of resamples.

    Returns
    -------
    pandas.DataFrame
        As from :func:`compare`.
    """
    used = kept() if embedder is None else embedder
    points = [used.embed(*one) for one in (real, made)]
    owner = groups_of(real[0]), groups_of(made[0])
    return compare(points[0], points[1], owner, seed, n)
