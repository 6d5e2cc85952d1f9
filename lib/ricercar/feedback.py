r"""The loop: recommend, listen to the response, update, recommend again.

Goal: see what a recommender does to its listeners, its catalogue and itself when it learns
from what it has caused, round after round.

Conventions
-----------
A *round* (from 1) is a week in which every listener is offered ``n`` pieces that they have
not met. The response is simulated (:func:`ricercar.listening.simulate.respond`) from true
tastes, which no recommender sees; its events join the log from which profile and model are
made anew for the next round. An *arm* is a recommender of :data:`ARMS`; all arms start from
the same log and the same tastes, and their responses are drawn with the same seeds.

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
Chaney, Stewart and Engelhardt, *How algorithmic confounding in recommendation systems
increases homogeneity and decreases utility*, RecSys 2018. Gini and coverage: Ge, Delgado and
Jannach, RecSys 2010.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar import profiles, recommend
from ricercar.assess import bootstrap
from ricercar.assess.ranking import diversity
from ricercar.assess.rounds import (
    correlation,
    exposure_interval,
    mean_over,
    play_rate,
    taste_distance,
)
from ricercar.errors import ParameterError
from ricercar.listening import simulate, tastes
from ricercar.listening.matrix import interactions, met
from ricercar.recommend.ranks import best

ARMS = ("random", "most_popular", "user_knn", "content", "hybrid")
MEASURES = (
    "preference",
    "play_rate",
    "diversity",
    "popularity",
    "understanding",
    "taste_distance",
)
_WEEK = pd.Timedelta(days=7)


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


def run(
    arm: str,
    events: pd.DataFrame,
    pieces: pd.DataFrame,
    features_table: pd.DataFrame,
    true_tastes: pd.DataFrame,
    *,
    reference: pd.DataFrame | None = None,
    rounds: int = 5,
    n: int = 10,
    drift: float = 0.0,
    half_life_days: float | None = None,
    neighbours: int = 50,
    seed: int = 0,
) -> Loop:
    """Run the loop with one arm.

    Parameters
    ----------
    arm : str
        One of :data:`ARMS`.
    events : DataFrame
        Table ``events``: the log before the loop.
    pieces, features_table : DataFrame
        The catalogue, with new pieces that nobody has heard if there are any.
    true_tastes : DataFrame
        Table ``true_tastes``; its listeners take part.
    reference : DataFrame, optional
        Table ``features`` that standardises; by default ``features_table``.
    rounds, n : int
        Rounds, and pieces offered to a listener in each.
    drift : float
        How much tastes move toward what is played, see
        :func:`ricercar.listening.tastes.drifted`.
    half_life_days : float, optional
        Decay of events in profile and model.
    neighbours : int
        Of ``user_knn`` and within ``hybrid``.
    seed : int

    Returns
    -------
    Loop

    Raises
    ------
    ParameterError
        For an unknown arm, or rounds or n below 1.
    """
    if rounds < 1 or n < 1:
        raise ParameterError(f"rounds ({rounds}) and n ({n}) must be at least 1")
    reference = features_table if reference is None else reference
    vectors = _vectors(pieces, features_table, reference)
    model = _model(arm, vectors, neighbours)
    listeners = pd.Index(sorted(true_tastes["listener"].unique()), name="listener")
    names = pieces["piece"].to_numpy(str)
    known = met(events, listeners, names)
    reach = np.asarray((known > 0).mean(axis=0)).ravel()
    begin, log, taste = events["time"].max(), events, true_tastes
    offers, feedback, measures = [], [], []
    for number in range(1, rounds + 1):
        now = begin + number * _WEEK
        truth = simulate.preference(taste, pieces, features_table, reference).loc[listeners]
        weights = interactions(
            log, half_life_days=half_life_days, now=now, listeners=listeners, pieces=names
        ).matrix
        lists = _lists(model, weights, known, n, np.random.default_rng([seed, number]))
        offered = _offers(lists, listeners, names, truth.to_numpy())
        heard = simulate.respond(
            taste, offered, pieces, features_table, now, seed * 1000 + number, reference=reference
        )
        profile = profiles.build(
            log,
            features_table,
            pieces,
            half_life_days=half_life_days,
            now=now,
            listeners=listeners,
            reference=reference,
        )
        matched = profiles.match(profile, features_table, pieces, reference=reference)
        measured = pd.DataFrame(
            {
                "listener": listeners,
                "round": number,
                "preference": mean_over(lists, truth.to_numpy()),
                "play_rate": play_rate(heard, offered, listeners),
                "diversity": diversity(lists, vectors),
                "popularity": mean_over(lists, np.broadcast_to(reach / reach.mean(), truth.shape)),
                "understanding": correlation(matched.to_numpy(), truth.to_numpy()),
                "taste_distance": taste_distance(taste, listeners),
            }
        )
        measures.append(measured)
        offers.append(offered.assign(round=number))
        feedback.append(heard.assign(round=number))
        log = pd.concat([log, heard], ignore_index=True)
        known = known + met(offered, listeners, names)
        if drift:
            taste = tastes.drifted(taste, heard, pieces, features_table, drift, reference)
    return Loop(
        arm,
        pd.concat(offers, ignore_index=True),
        pd.concat(feedback, ignore_index=True),
        pd.concat(measures, ignore_index=True),
        tuple(names),
    )


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
            for measure, interval in exposure_interval(
                offers, loop.catalogue, seed, resamples
            ).items():
                count = offers["listener"].nunique()
                rows.append((loop.arm, number, measure, *interval, count))
    columns = ["arm", "round", "measure", "value", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns)


def admitted(new_pieces: pd.DataFrame, evidence: pd.DataFrame) -> pd.DataFrame:
    """The new pieces that may enter the catalogue: screened, and clear.

    Parameters
    ----------
    new_pieces : DataFrame
        Table ``pieces``.
    evidence : DataFrame
        Table ``evidence`` of all of them, from :func:`ricercar.screening.screen`.

    Returns
    -------
    DataFrame
        Rows of ``new_pieces``.

    Raises
    ------
    ParameterError
        If a piece has not been screened.

    Examples
    --------
    >>> new = pd.DataFrame({"piece": ["a", "b"]})
    >>> evidence = pd.DataFrame({"query": ["a", "b"], "verdict": ["clear", "copy"]})
    >>> admitted(new, evidence)["piece"].tolist()
    ['a']
    """
    missing = sorted(set(new_pieces["piece"]) - set(evidence["query"]))
    if missing:
        raise ParameterError(f"{missing[0]!r} has not been screened: screen all new pieces first")
    found = set(evidence.loc[evidence["verdict"] != "clear", "query"])
    return new_pieces[~new_pieces["piece"].isin(found)].reset_index(drop=True)


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
        Rows ``composed`` and ``catalogue``: ``pieces``, ``offered``, ``per_piece`` (offers per
        piece), ``preference``, ``played`` (share of the offers), ``favourites``.
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
        count = counts.reindex(index=[group], columns=["play", "favourite"], fill_value=0).iloc[0]
        rows.append(
            {
                "arm": loop.arm,
                "pieces from": group,
                "pieces": size,
                "offered": len(offered),
                "per_piece": len(offered) / size if size else np.nan,
                "preference": offered["preference"].mean(),
                "played": count["play"] / len(offered) if len(offered) else np.nan,
                "favourites": int(count["favourite"]),
            }
        )
    return pd.DataFrame(rows)


# one round


def _vectors(
    pieces: pd.DataFrame, features_table: pd.DataFrame, reference: pd.DataFrame
) -> np.ndarray:
    """Pieces as vectors of standardised features and weighted, centred styles."""
    z, one_hot, _ = profiles.described(features_table, pieces, reference)
    styled = profiles.STYLE_WEIGHT * (one_hot - one_hot.mean(axis=0))
    return np.hstack([np.clip(z.to_numpy(), -3, 3), styled])


def _model(arm: str, vectors: np.ndarray, neighbours: int) -> recommend.Recommender | None:
    """The recommender of an arm; None for random."""
    if arm not in ARMS:
        raise ParameterError(f"there is no arm {arm!r}; known: {', '.join(ARMS)}")
    if arm == "random":
        return None
    if arm == "most_popular":
        return recommend.create(arm)
    if arm == "user_knn":
        return recommend.create(arm, neighbours=neighbours)
    if arm == "content":
        return recommend.create(arm, features=vectors)
    parts = [_model("user_knn", vectors, neighbours), _model("content", vectors, neighbours)]
    return recommend.create("hybrid", models=parts)


def _lists(
    model: recommend.Recommender | None,
    weights: np.ndarray,
    known: np.ndarray,
    n: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Columns offered to each listener, best first; -1 where nothing new is left."""
    if model is not None:
        return model.fit(weights).recommend(np.arange(weights.shape[0]), n, exclude=known)[0]
    scores = rng.random(weights.shape)
    scores[known.nonzero()] = -np.inf
    return best(scores, n)[0]


def _offers(
    lists: np.ndarray, listeners: pd.Index, names: np.ndarray, truth: np.ndarray
) -> pd.DataFrame:
    """Lists as rows."""
    row, place = np.nonzero(lists >= 0)
    column = lists[row, place]
    return pd.DataFrame(
        {
            "listener": listeners.to_numpy(str)[row],
            "piece": names[column],
            "rank": place + 1,
            "preference": truth[row, column],
        }
    )
