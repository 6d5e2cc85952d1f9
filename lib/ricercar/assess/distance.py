r"""How far a set of pieces lies from real music: one number, measure by measure or style by style.

Conventions
-----------
* For a measure :math:`c` the gap is the Wasserstein distance between its values over the
  real and over the made pieces, in standard deviations of the real ones (of both together
  where the real ones do not vary): :math:`W_1(R_c, M_c) / \sigma_c`. The distance is the mean
  over the measures that both sets have.
* 0 is the same set; two samples of real pieces are a little above 0, so compare with the
  distance between two sets of real pieces.
* A measure that real pieces hardly ever have (parallel fifths) has a small
  :math:`\sigma_c`, so a set that often has it is very far away.
* Intervals are 95 %, over the made pieces only. A resample holds some pieces twice and so
  lies a little farther away than the set itself: the interval is the resamples' spread
  about their own mean, moved to the value that was measured.

Sources
-------
L. N. Vaserstein, "Markov processes over denumerable products of spaces" (1969).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap


def _wasserstein(truth: np.ndarray, other: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Wasserstein distances of two samples on a line, one for each row of ``times``.

    ``times``, shape (resamples, others), says how often each of ``other`` counts.

    Examples
    --------
    >>> _wasserstein(np.array([0.0, 1.0]), np.array([2.0, 5.0]), np.array([[1, 1], [2, 0]]))
    array([3. , 1.5])
    """
    order = np.argsort(other, kind="stable")
    points = np.sort(np.concatenate([truth, other]))
    below = np.searchsorted(np.sort(truth), points[:-1], side="right") / len(truth)
    reached = np.concatenate([np.zeros((len(times), 1)), times[:, order].cumsum(axis=1)], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        reached = reached / reached[:, -1:]
    made = reached[:, np.searchsorted(other[order], points[:-1], side="right")]
    return np.abs(made - below) @ np.diff(points)


def gaps(real: pd.DataFrame, made: pd.DataFrame, times: np.ndarray) -> dict[str, np.ndarray]:
    """The gap of each measure, for resamples of the made set.

    Parameters
    ----------
    real, made : pandas.DataFrame
        Results of :func:`ricercar.assess.music.per_piece`; columns piece and style are not
        looked at.
    times : numpy.ndarray of int, shape (resamples, made pieces)
        How often each made piece stands in a resample.

    Returns
    -------
    dict of str to numpy.ndarray, shape (resamples,)
        The measures that both sets have; NaN for a resample without a piece that has it.
    """
    found = {}
    for name in (c for c in real.columns if c in made.columns and c not in ("piece", "style")):
        truth, other = real[name].to_numpy(float), made[name].to_numpy(float)
        known = ~np.isnan(other)
        truth, other = truth[~np.isnan(truth)], other[known]
        if len(truth) and len(other):
            spread = truth.std() or np.concatenate([truth, other]).std() or 1.0
            found[name] = _wasserstein(truth, other, times[:, known]) / spread
    return found


def distances(real: pd.DataFrame, made: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    """Mean of :func:`gaps` over the measures, shape (resamples,); NaN without a measure."""
    found = gaps(real, made, times)
    if not found:
        return np.full(len(times), np.nan)
    return pd.DataFrame(found).mean(axis=1).to_numpy()


def distance(real: pd.DataFrame, made: pd.DataFrame) -> float:
    """How far a set lies from real music, in standard deviations of real pieces.

    Parameters
    ----------
    real, made : pandas.DataFrame
        Results of :func:`ricercar.assess.music.per_piece`.

    Returns
    -------
    float
        NaN if the sets share no measure.

    Examples
    --------
    >>> real = pd.DataFrame({"piece": ["a", "b"], "triad": [60.0, 62.0]})
    >>> distance(real, real), distance(real, real.assign(triad=[63.0, 65.0]))
    (0.0, 3.0)
    """
    return float(distances(real, made, np.ones((1, len(made)), dtype=int))[0])


def _moved(value: float, resampled: np.ndarray) -> tuple[float, float, float]:
    """Value and 95 % bounds: the spread of the resamples, moved to the value."""
    known = resampled[~np.isnan(resampled)]
    if len(known) < 2 or np.isnan(value):
        return (value, np.nan, np.nan)
    low, high = np.quantile(known, [0.025, 0.975]) - known.mean()
    return (value, float(value + low), float(value + high))


def interval(
    real: pd.DataFrame, made: pd.DataFrame, groups: pd.Series, n: int = 500, seed: int = 0
) -> tuple[float, float, float]:
    """The distance with its interval.

    Parameters
    ----------
    real, made : pandas.DataFrame
        Results of :func:`ricercar.assess.music.per_piece`.
    groups : pandas.Series
        For each made piece what is drawn together with it.
    n, seed : int
        Number and seed of the resamples.

    Returns
    -------
    value, low, high : float
    """
    times = bootstrap.times(groups, n, seed)
    return _moved(distance(real, made), distances(real, made, times))


@dataclass(frozen=True)
class ByStyle:
    """Distances to real music of several sets, style by style.

    Attributes
    ----------
    gap : pandas.DataFrame, index (set, style), a column for each measure
        NaN where a style has no such measure.
    resampled : pandas.DataFrame, shape (resamples, sets)
        Mean over the styles of the distance, for each resample.
    """

    gap: pd.DataFrame
    resampled: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Distances, a row for each style, a column for each set."""
        return self.gap.mean(axis=1).unstack("set")[list(self.resampled.columns)]

    def mean(self, name: str) -> tuple[float, float, float]:
        """Mean distance of a set over the styles, with its interval."""
        return _moved(float(self.table()[name].mean()), self.resampled[name].to_numpy())

    def nearer(self, name: str, than: str) -> tuple[float, float, float]:
        """How much nearer to real music a set is than another, with its interval.

        The two have to hold, row by row, pieces that belong together: a resample takes the
        same rows of both.
        """
        mean = self.table().mean()
        both = (self.resampled[than] - self.resampled[name]).to_numpy()
        return _moved(float(mean[than] - mean[name]), both)


def by_style(
    real: pd.DataFrame, sets: Mapping[str, pd.DataFrame], n: int = 500, seed: int = 0
) -> ByStyle:
    """Distances of several sets to real music of the same style.

    Parameters
    ----------
    real : pandas.DataFrame
        A result of :func:`ricercar.assess.music.per_piece`, with the column style.
    sets : mapping of str to pandas.DataFrame
        The same for each set. Sets with as many pieces of a style are resampled alike.
    n, seed : int
        Number and seed of the resamples, over pieces within a style.

    Returns
    -------
    ByStyle

    Examples
    --------
    >>> real = pd.DataFrame({"style": ["jig"] * 4, "triad": [60.0, 61.0, 62.0, 63.0]})
    >>> found = by_style(real, {"far": real.assign(triad=90.0), "near": real})
    >>> low, high = found.nearer("near", than="far")[1:]
    >>> float(found.table().loc["jig", "near"]), 0 < low < high
    (0.0, True)
    """
    styles = sorted(set(real["style"]))
    rows: dict[tuple[str, str], pd.Series] = {}
    resampled = {}
    for name, made in sets.items():
        drawn = []
        for style in styles:
            truth, mine = real[real["style"] == style], made[made["style"] == style]
            times = bootstrap.times(pd.Series(range(len(mine))), n, seed)
            as_it_is = np.ones((1, len(mine)), dtype=times.dtype)
            found = pd.DataFrame(gaps(truth, mine, np.concatenate([as_it_is, times])))
            rows[name, style] = found.head(1).mean()
            drawn.append(found.mean(axis=1).to_numpy()[1:] if len(found) else np.full(n, np.nan))
        resampled[name] = pd.DataFrame(drawn).mean()
    gap = pd.DataFrame(rows.values(), pd.MultiIndex.from_tuples(rows, names=["set", "style"]))
    return ByStyle(gap, pd.DataFrame(resampled))
