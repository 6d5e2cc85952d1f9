r"""The loop: recommend, listen to the response, update, recommend again.

Goal: see what a recommender does to its listeners, its catalogue and itself when it learns
from what it has caused, round after round.

Conventions
-----------
A *round* (from 1) is a week in which every listener is offered ``n`` pieces that they have
not met. The response is simulated (:func:`ricercar.listening.responses.respond`) from true
tastes, which no recommender sees (of real listeners they are assumed, see
:mod:`ricercar.listening.source`); its events join the log from which profile and model are
made anew for the next round. An *arm* is a recommender of :data:`ARMS`; all arms start from
the same log and the same tastes, and their responses are drawn with the same seeds. The arm
``hybrid_new`` is ``hybrid`` with one place of each list, in its middle, kept for the new piece
that matches the listener's profile best: what nobody has heard needs a door to come in by.

What is measured is in :mod:`ricercar.assess.rounds`.

Sources
-------
Chaney, Stewart and Engelhardt, *How algorithmic confounding in recommendation systems
increases homogeneity and decreases utility*, RecSys 2018.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import sparse

from ricercar import profiles, recommend
from ricercar.assess.ranking import diversity
from ricercar.assess.rounds import (
    Loop,
    correlation,
    history,
    mean_over,
    play_rate,
    reception,
    taste_distance,
)
from ricercar.errors import ParameterError
from ricercar.listening import simulate, tastes
from ricercar.listening.matrix import met
from ricercar.listening.timed import require_times
from ricercar.recommend.ranks import best

__all__ = ["ARMS", "Loop", "admitted", "history", "reception", "run"]

ARMS = ("random", "most_popular", "user_knn", "content", "hybrid", "hybrid_new")
_WEEK = pd.Timedelta(days=7)


def run(
    arm: str,
    events: pd.DataFrame,
    pieces: pd.DataFrame,
    features_table: pd.DataFrame,
    true_tastes: pd.DataFrame,
    *,
    reference: pd.DataFrame | None = None,
    new: Iterable[str] = (),
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
    new : iterable of str
        Ids of the new pieces among ``pieces``, for the arm ``hybrid_new``.
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
        For an unknown arm, rounds or n below 1, or a log without true tastes or times.
    """
    if rounds < 1 or n < 1:
        raise ParameterError(f"rounds ({rounds}) and n ({n}) must be at least 1")
    if true_tastes.empty:
        raise ParameterError(
            "there are no true tastes: the response can be simulated for simulated listeners only "
            "(notebook 01 makes them)"
        )
    require_times(events, "the loop", "its rounds follow the last event")
    reference = features_table if reference is None else reference
    vectors = _vectors(pieces, features_table, reference)
    model = _model(arm, vectors, neighbours)
    listeners = pd.Index(sorted(true_tastes["listener"].unique()), name="listener")
    names = pieces["piece"].to_numpy(str)
    is_new = np.isin(names, list(new))
    known = met(events, listeners, names)
    reach = np.asarray((known > 0).mean(axis=0)).ravel()
    begin, log, taste = events["time"].max(), events, true_tastes
    offers, feedback, measures = [], [], []
    for number in range(1, rounds + 1):
        now = begin + number * _WEEK
        truth = simulate.preference(taste, pieces, features_table, reference).loc[listeners]
        found = profiles.evidence(
            log,
            features_table,
            pieces,
            half_life_days=half_life_days,
            now=now,
            listeners=listeners,
            reference=reference,
        )
        profile = profiles.build(found)
        matched = profiles.match(profile, features_table, pieces, reference=reference).to_numpy()
        lists = _lists(model, found.matrix, known, n, np.random.default_rng([seed, number]))
        if arm == "hybrid_new":
            lists = _with_new(lists, matched, known, is_new)
        offered = _offers(lists, listeners, names, truth.to_numpy())
        heard = simulate.respond(
            taste, offered, pieces, features_table, now, seed * 1000 + number, reference=reference
        )
        measured = pd.DataFrame(
            {
                "listener": listeners,
                "round": number,
                "preference": mean_over(lists, truth.to_numpy()),
                "play_rate": play_rate(heard, offered, listeners),
                "diversity": diversity(lists, vectors),
                "popularity": mean_over(lists, np.broadcast_to(reach / reach.mean(), truth.shape)),
                "understanding": correlation(matched, truth.to_numpy()),
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
    parts = [recommend.create("user_knn", neighbours=neighbours)]
    parts.append(recommend.create("content", features=vectors))
    return recommend.create("hybrid", models=parts)


def _lists(
    model: recommend.Recommender | None,
    weights: sparse.csr_array,
    known: sparse.csr_array,
    n: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Columns offered to each listener, best first; -1 where nothing new is left."""
    if model is not None:
        return model.fit(weights).recommend(np.arange(weights.shape[0]), n, exclude=known)[0]
    scores = rng.random(weights.shape)
    scores[known.nonzero()] = -np.inf
    return best(scores, n)[0]


def _with_new(
    lists: np.ndarray, matched: np.ndarray, known: sparse.csr_array, is_new: np.ndarray
) -> np.ndarray:
    """Lists whose middle place goes to the best-matching new piece, where one is left."""
    scores = np.where(is_new, matched, -np.inf)
    scores[known.nonzero()] = -np.inf
    np.put_along_axis(scores, np.maximum(lists, 0), -np.inf, axis=1)
    choice = scores.argmax(axis=1)
    free = np.isfinite(scores.max(axis=1)) & (lists[:, -1] >= 0)
    free &= ~is_new[lists].any(axis=1)
    middle = lists.shape[1] // 2
    mixed = lists.copy()
    mixed[free, middle + 1 :] = lists[free, middle:-1]
    mixed[free, middle] = choice[free]
    return mixed


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
