r"""What rounds of recommendation did: to accuracy, variety and the listeners.

Goal: one definition of each measure of :mod:`ricercar.feedback`, with its interval.

Conventions
-----------
* Lists are arrays of piece columns, a row per listener, best first, -1 after the end.
* A figure per listener is NaN where it is not defined, never 0.

Measures per listener and round, of the list offered (:data:`MEASURES`):

* ``preference``: mean true preference, in [0, 1]; ``play_rate``: share of the list played.
* ``diversity``: mean of 1 - cosine over the pairs of the list.
* ``popularity``: mean share of listeners who had met the pieces before the loop began, over
  the mean of that share over the catalogue: 1 is what chance offers.
* ``understanding``: correlation over the catalogue of profile match and true preference.
* ``taste_distance``: distance of a listener's true taste from the mean taste; it shrinks
  when listeners become alike.

and of all lists of a round together: ``coverage`` (share of the catalogue that is offered to
anyone) and ``gini`` (inequality of how often pieces are offered, 0 to 1).

Sources
-------
Coverage: Ge, Delgado-Battenfeld and Jannach, *Beyond accuracy*, RecSys 2010. Gini coefficient of
offers: Fleder and Hosanagar, Management Science 55 (2009).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap
from ricercar.assess.comparison import exposure_interval
from ricercar.listening.matrix import met

MEASURES = (
    "preference",
    "play_rate",
    "diversity",
    "popularity",
    "understanding",
    "taste_distance",
)


@dataclass(frozen=True)
class Loop:
    """What one arm did.

    Attributes
    ----------
    arm : str
    offers : DataFrame
        Columns ``listener``, ``piece``, ``rank``, ``round`` and ``preference`` (true).
    feedback : DataFrame
        Table ``feedback``: events with their round.
    measures : DataFrame
        Columns ``listener``, ``round`` and :data:`MEASURES`.
    catalogue : tuple of str
        The pieces that could be offered.
    """

    arm: str
    offers: pd.DataFrame
    feedback: pd.DataFrame
    measures: pd.DataFrame
    catalogue: tuple[str, ...]


def history(loops: Iterable[Loop], seed: int = 0, resamples: int = 500) -> pd.DataFrame:
    """Measures of all arms and rounds, with bootstrap intervals over listeners.

    Returns
    -------
    DataFrame
        Table ``loop_history``.
    """
    rows = []
    for loop in loops:
        for number, per_listener in loop.measures.groupby("round"):
            for measure in MEASURES:
                values = per_listener[measure].to_numpy()
                interval = bootstrap.interval(values, n=resamples, seed=seed)
                rows.append((loop.arm, number, measure, *interval, int(np.isfinite(values).sum())))
            offers = loop.offers[loop.offers["round"] == number]
            owners = sorted(offers["listener"].unique())
            listed = met(offers, owners, loop.catalogue)
            for measure, interval in exposure_interval(listed, resamples, seed).items():
                rows.append((loop.arm, number, measure, *interval, len(owners)))
    columns = ["arm", "round", "measure", "value", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def reception(loop: Loop, new: Iterable[str]) -> pd.DataFrame:
    """How new pieces did beside the others that the same arm offered.

    Parameters
    ----------
    loop : Loop
    new : iterable of str
        Ids of the new pieces.

    Returns
    -------
    DataFrame
        Rows ``composed`` and ``catalogue``: ``pieces``, ``offered``, ``per piece`` (offers per
        piece), ``preference``, ``played`` (share of those looked into that were played and not
        skipped), ``favourites``.
    """
    fresh = set(new)
    groups = np.where(loop.offers["piece"].isin(fresh), "composed", "catalogue")
    events = loop.feedback.drop_duplicates(["listener", "piece", "kind", "round"])
    kinds = events.assign(group=np.where(events["piece"].isin(fresh), "composed", "catalogue"))
    counts = kinds.groupby(["group", "kind"]).size().unstack(fill_value=0)
    sizes = {"composed": len(fresh), "catalogue": len(loop.catalogue) - len(fresh)}
    rows = []
    for group, size in sizes.items():
        offered = loop.offers[groups == group]
        count = counts.reindex(
            index=[group], columns=["play", "skip", "favourite"], fill_value=0
        ).iloc[0]
        heard = int(count["play"] + count["skip"])
        rows.append(
            {
                "arm": loop.arm,
                "pieces from": group,
                "pieces": size,
                "offered": len(offered),
                "per piece": len(offered) / size if size else np.nan,
                "preference": offered["preference"].mean(),
                "played": count["play"] / heard if heard else np.nan,
                "favourites": int(count["favourite"]),
            }
        )
    return pd.DataFrame(rows)


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
