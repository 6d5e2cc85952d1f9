r"""Whether a profile changes with time, or only seems to.

Goal: a change is called drift where it is larger than what the same events would show in
another order; two handfuls of pieces never have the same mean.

Method
------
The events of a listener, in order, are cut into :math:`K` windows with as equal a number of
events as days allow. With :math:`m_k` the mean of the pieces in window :math:`k` by the weights
of the events, :math:`V_k` the sum of absolute weights there and :math:`m` the mean of all,

.. math:: T = \sum_k V_k \, \lVert m_k - m \rVert^2 \Big/ \sum_k V_k

The null hypothesis is that days can change places: what is heard on one day stays together,
because a session has a mood, and whole days are shuffled. ``p`` is the share of shuffled
histories, the true one counted, with at least its :math:`T`.

Conventions
-----------
* Pieces stand in the leading principal components of features and styles
  (:data:`COMPONENTS`), so that noise in hundreds of features does not drown a change.
* Weights do not decay with age here.
* ``drift`` is :math:`\sqrt{\max(0, T - \bar T_\text{shuffled})}`, in standard deviations of the
  catalogue: how far windows lie from the mean beyond chance.

Sources
-------
Permutation tests: Good, *Permutation, Parametric and Bootstrap Tests of Hypotheses*, 2005.
False discoveries: Benjamini and Hochberg, JRSS B 57 (1995).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from ricercar.errors import ParameterError
from ricercar.listening.matrix import event_weights, product
from ricercar.listening.timed import require_times
from ricercar.profiles.building import STYLE, described
from ricercar.profiles.matching import STYLE_WEIGHT

#: principal components in which change is looked for
COMPONENTS = 10
#: with fewer days of listening nothing is tested
LEAST_DAYS = 8


def test(
    events: pd.DataFrame,
    features_table: pd.DataFrame,
    pieces: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    *,
    windows: int = 4,
    permutations: int = 199,
    seed: int = 0,
    style_weight: float = STYLE_WEIGHT,
) -> pd.DataFrame:
    """Test each listener's history for change.

    Parameters
    ----------
    events, features_table, pieces, weights
        As in :func:`ricercar.profiles.evidence`.
    windows : int
        At least 2.
    permutations : int
        Shuffled histories per listener, at least 1.
    seed : int
    style_weight : float
        As in :func:`ricercar.profiles.match`.

    Returns
    -------
    DataFrame
        One row per listener with at least :data:`LEAST_DAYS` days: ``listener``, ``events``,
        ``days``, ``statistic`` (:math:`T`), ``expected`` (its mean when shuffled), ``drift``,
        ``p`` and ``q`` (the false discovery rate at which this listener would be named).

    Raises
    ------
    ParameterError
        If a number is out of range, or the events have no times.
    """
    if windows < 2 or permutations < 1:
        raise ParameterError(
            f"windows ({windows}) must be at least 2, permutations ({permutations}) at least 1"
        )
    place = _places(features_table, pieces, style_weight)
    rng = np.random.default_rng(seed)
    rows = []
    for listener, weight, day, row in _histories(events, pieces, weights):
        days = day[-1] + 1
        if days < LEAST_DAYS:
            continue
        order = _orders(day, permutations, rng)
        value = _statistics(place[row] * weight[:, None], np.abs(weight), day, order, windows)
        # equal histories differ in the last bits, by the order of the sums
        p = float(np.mean(value >= value[0] * (1 - 1e-9)))
        rows.append([listener, len(row), days, value[0], value[1:].mean(), p])
    names = ["listener", "events", "days", "statistic", "expected", "p"]
    table = pd.DataFrame(rows, columns=names)
    table.insert(5, "drift", np.sqrt(np.maximum(table["statistic"] - table["expected"], 0.0)))
    table["q"] = false_discovery_control(table["p"]) if len(table) else table["p"]
    return table


def course(
    events: pd.DataFrame,
    listener: str,
    names: Sequence[str],
    features_table: pd.DataFrame,
    pieces: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    *,
    windows: int = 4,
    permutations: int = 199,
    seed: int = 0,
) -> pd.DataFrame:
    """One listener's profile from window to window, and what chance would do.

    Parameters
    ----------
    listener : str
    names : sequence of str
        Features, and styles as ``style.<style>``.
    events, features_table, pieces, weights, windows, permutations, seed
        As in :func:`test`.

    Returns
    -------
    DataFrame
        ``window`` (from 0), ``time`` (the middle event's), ``name``, ``value`` (mean of the
        window), and ``low`` and ``high``, between which lie 95 % of shuffled histories.

    Raises
    ------
    ParameterError
        If the listener has fewer days with events than windows, or the events have no times.
    """
    z, one_hot, styles = described(features_table, pieces)
    shown = pd.concat([z, pd.DataFrame(one_hot, columns=[STYLE + s for s in styles])], axis=1)
    own = events[events["listener"] == listener]
    found = list(_histories(own, pieces, weights))
    if not found or found[0][2][-1] + 1 < windows:
        raise ParameterError(f"{listener!r} has fewer days with events than {windows} windows")
    _, weight, day, row = found[0]
    order = _orders(day, permutations, np.random.default_rng(seed))
    value, size = _means(
        shown[list(names)].to_numpy()[row] * weight[:, None], np.abs(weight), day, order, windows
    )
    value = value / np.maximum(size, 1e-12)[:, :, None]
    low, high = np.quantile(value[1:], [0.025, 0.975], axis=0)
    time = own[own["piece"].isin(pieces["piece"])]["time"].sort_values()
    window = _windows(day[None, :], windows)[0]
    middle = time.groupby(window).quantile(0.5, interpolation="nearest").reindex(range(windows))
    count = len(names)
    return pd.DataFrame(
        {
            "window": np.repeat(np.arange(windows), count),
            "time": np.repeat(middle.to_numpy(), count),
            "name": list(names) * windows,
            "value": value[0].ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
        }
    )


def beyond(course: pd.DataFrame) -> pd.Series:
    """How far each feature or style leaves the band of chance, in widths of the band.

    Parameters
    ----------
    course : DataFrame
        From :func:`course`.

    Returns
    -------
    Series
        Index: name, the furthest first; the largest distance over the windows, 0 within.

    Examples
    --------
    >>> band = pd.DataFrame({"name": ["a", "b"], "value": [3.0, 1.0], "low": 0.0, "high": 2.0})
    >>> beyond(band).to_dict()
    {'a': 0.5, 'b': 0.0}
    """
    above, below = course["value"] - course["high"], course["low"] - course["value"]
    out = above.where(above > below, below).clip(lower=0.0)
    width = (course["high"] - course["low"]).clip(lower=1e-9)
    furthest = (out / width).groupby(course["name"]).max()
    return furthest.sort_values(ascending=False, kind="stable")


def _places(features_table: pd.DataFrame, pieces: pd.DataFrame, style_weight: float) -> np.ndarray:
    """Pieces in the leading principal components, shape (pieces, components)."""
    z, one_hot, _ = described(features_table, pieces)
    x = np.hstack([z.to_numpy(), style_weight * one_hot])
    x = x - x.mean(axis=0)
    _, axes = np.linalg.eigh(product(x.T, x))
    return product(x, axes[:, ::-1][:, :COMPONENTS])


def _histories(events: pd.DataFrame, pieces: pd.DataFrame, weights: Mapping[str, float] | None):
    """Per listener, in order of time: name, weights, number of the day, rows of pieces."""
    require_times(events, "drift", "it cannot be looked for in this log")
    known = events[events["piece"].isin(pieces["piece"])]
    known = known.sort_values(["listener", "time"], kind="stable")
    weight = event_weights(known, weights)
    row = pd.Index(pieces["piece"]).get_indexer(pd.Index(known["piece"]))
    date = known["time"].dt.floor("D").to_numpy()
    for listener, at in known.reset_index(drop=True).groupby("listener", sort=True).indices.items():
        day = np.unique(date[at], return_inverse=True)[1]
        yield listener, weight[at], day, row[at]


def _orders(day: np.ndarray, permutations: int, rng: np.random.Generator) -> np.ndarray:
    """Orders of events with whole days shuffled, the true order first: (1 + permutations, n)."""
    rank = rng.random((permutations + 1, day[-1] + 1)).argsort(axis=1).argsort(axis=1)
    rank[0] = np.arange(day[-1] + 1)
    return np.argsort(rank[:, day], axis=1, kind="stable")


def _windows(day: np.ndarray, windows: int) -> np.ndarray:
    """Window of each event, of days in order, shape as ``day``: a day stands where its middle does.

    Examples
    --------
    >>> _windows(np.array([[0, 0, 1, 2, 2, 3]]), 2).tolist()
    [[0, 0, 0, 1, 1, 1]]
    """
    n = day.shape[1]
    place = np.arange(n)
    begins = np.hstack([np.ones((len(day), 1), dtype=bool), day[:, 1:] != day[:, :-1]])
    ends = np.hstack([begins[:, 1:], np.ones((len(day), 1), dtype=bool)])
    first = np.maximum.accumulate(np.where(begins, place, 0), axis=1)
    last = np.minimum.accumulate(np.where(ends, place, n)[:, ::-1], axis=1)[:, ::-1]
    return ((first + last + 1) * windows) // (2 * n)


def _means(
    weighted: np.ndarray, size: np.ndarray, day: np.ndarray, order: np.ndarray, windows: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sums of weighted places (orders, windows, axes) and of sizes (orders, windows)."""
    window = _windows(day[order], windows)
    sums = np.empty((len(order), windows, weighted.shape[1]))
    sizes = np.empty((len(order), windows))
    # the window of each event in its own place, so that a product sums it up
    of_event = np.empty_like(window)
    np.put_along_axis(of_event, order, window, axis=1)
    for k in range(windows):
        inside = (of_event == k).astype(float)
        sums[:, k] = product(inside, weighted)
        sizes[:, k] = inside @ size
    return sums, sizes


def _statistics(
    weighted: np.ndarray, size: np.ndarray, day: np.ndarray, order: np.ndarray, windows: int
) -> np.ndarray:
    """T of each order, shape (orders,)."""
    sums, sizes = _means(weighted, size, day, order, windows)
    total = max(float(size.sum()), 1e-12)
    mean = weighted.sum(axis=0) / total
    away = sums - sizes[:, :, None] * mean
    return ((away**2).sum(axis=2) / np.maximum(sizes, 1e-12)).sum(axis=1) / total
