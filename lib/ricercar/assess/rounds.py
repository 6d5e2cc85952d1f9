"""What a round of recommendations did: pure functions over lists, responses and tastes.

Conventions
-----------
* Lists are arrays of piece columns, a row per listener, best first, -1 after the end.
* A figure per listener is NaN where it is not defined, never 0.
"""

import numpy as np
import pandas as pd

from ricercar.assess.comparison import exposure
from ricercar.listening.matrix import met


def mean_over(lists: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mean of a value over each list; NaN for an empty list.

    Parameters
    ----------
    lists : ndarray of int, shape (listeners, n)
        Columns of ``values``; -1 where the list has ended.
    values : ndarray, shape (listeners, pieces)

    Examples
    --------
    >>> mean_over(np.array([[0, 2], [1, -1]]), np.array([[1.0, 2, 3], [4, 5, 6]])).tolist()
    [2.0, 5.0]
    """
    there = lists >= 0
    picked = np.take_along_axis(values, np.maximum(lists, 0), axis=1) * there
    length = there.sum(axis=1)
    return np.divide(picked.sum(axis=1), length, out=np.full(len(lists), np.nan), where=length > 0)


def play_rate(heard: pd.DataFrame, offered: pd.DataFrame, listeners: pd.Index) -> np.ndarray:
    """Plays over offers; NaN where nothing was offered.

    Parameters
    ----------
    heard : DataFrame
        Table ``events``: the response.
    offered : DataFrame
        Column ``listener``, a row for each piece offered.
    listeners : Index
        Whose rates, in this order.
    """
    plays = heard.loc[heard["kind"] == "play", "listener"].value_counts()
    given = offered["listener"].value_counts().reindex(listeners)
    return (plays.reindex(listeners, fill_value=0) / given).to_numpy(float)


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson correlation row by row; NaN where a row is constant.

    Examples
    --------
    >>> rows = np.array([[1.0, 2, 3], [1, 1, 1]])
    >>> correlation(rows, 2 * rows).round(6).tolist()
    [1.0, nan]
    """
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    length = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.divide((a * b).sum(axis=1), length, out=np.full(len(a), np.nan), where=length > 1e-12)


def taste_distance(taste: pd.DataFrame, listeners: pd.Index) -> np.ndarray:
    """Euclidean distance of each listener's taste from the mean taste.

    Examples
    --------
    >>> tastes = pd.DataFrame({"listener": ["k", "l"], "axis": "style:jig", "weight": [0.0, 2.0]})
    >>> taste_distance(tastes, pd.Index(["k", "l"])).tolist()
    [1.0, 1.0]
    """
    wide = taste.pivot(index="listener", columns="axis", values="weight").fillna(0.0)
    values = wide.loc[listeners].to_numpy()
    return np.linalg.norm(values - values.mean(axis=0), axis=1)


def exposure_interval(
    offers: pd.DataFrame, catalogue: tuple[str, ...], seed: int, resamples: int
) -> dict[str, tuple[float, float, float]]:
    """Coverage and Gini coefficient of one round's lists, with intervals over listeners.

    The interval is the resampled spread put around the figure: resampled listeners are fewer
    different ones, so that the resampled mean itself is biased.

    Parameters
    ----------
    offers : DataFrame
        Columns ``listener``, ``piece``, and those of table ``events`` that ``met`` reads.
    catalogue : tuple of str
    seed, resamples : int

    Returns
    -------
    dict
        ``coverage`` and ``gini``: value, low, high, all in [0, 1].
    """
    counts = met(offers, sorted(offers["listener"].unique()), catalogue)
    value = np.stack(exposure(counts.sum(axis=0)))
    rng = np.random.default_rng(seed)
    owners = counts.shape[0]
    times = rng.multinomial(owners, np.full(owners, 1 / owners), resamples).astype(float)
    drawn = np.stack(exposure((counts.T @ times.T).T))
    around = drawn - drawn.mean(axis=1, keepdims=True) + value[:, None]
    low, high = np.clip(np.quantile(around, [0.025, 0.975], axis=1), 0, 1)
    return {
        name: (float(value[i]), float(low[i]), float(high[i]))
        for i, name in enumerate(("coverage", "gini"))
    }
