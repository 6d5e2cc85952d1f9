r"""Simulated listeners whose true tastes are known.

Goal: a listening log with the regularities of real ones (popularity with a long tail,
few very active and many occasional listeners, sessions, lists whose upper places are looked at
more, repeats, skips, tastes that move), made by a model that is written down, so that what a
method infers can be compared with what is true. Nothing made here may be shown without the word
*simulated*.

The model
---------
Listener :math:`l` belongs to one of a few circles :math:`c(l)` and has a weight on each axis
:math:`a`, where an axis is a style (indicator) or a feature (standardised, :math:`z`, cut off
at :math:`\pm 3`):

.. math::
    w_{la} = s\,(\mu_{c(l)a} + \sigma\,\varepsilon_{la}), \qquad
    u_{lp} = \sum_a w_{la}\,x_{pa}, \qquad
    \text{preference}_{lp} = \frac{1}{1 + e^{-(u_{lp} + b)}}

with :math:`\mu` and :math:`\varepsilon` normal and :math:`s` such that :math:`u` has the
standard deviation :data:`SPREAD` over the catalogue. These are the tastes at the beginning;
what is put before the listeners, what they hear, and how their tastes move from there on is
told in :mod:`ricercar.listening.hearings`, and what events a hearing leaves in
:mod:`ricercar.listening.responses`.

Conventions
-----------
* ``true_tastes`` has the axes ``style:<style>`` and ``feature:<column of features>``. The truth
  is in tables of its own; ``listeners`` and ``events``, which models see, hold nothing of it.
* Preferences are in [0, 1]; a feature that is missing counts as average (z = 0).
* Times are UTC; the log covers the year that ends at :data:`END`.
* ``value`` of an event: fraction heard (play, skip), 1 (favourite), 1 to 5 (rating).
* How close such a log comes to a real one is measured by :mod:`ricercar.listening.marginals`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.listening import hearings, responses
from ricercar.listening.habits import Habits, examination
from ricercar.listening.hearings import DAYS, Heard
from ricercar.listening.matrix import product
from ricercar.listening.responses import respond
from ricercar.listening.tastes import axes, coordinates, preference

__all__ = ["Habits", "Simulated", "is_simulated", "listeners", "preference", "respond"]

END = pd.Timestamp("2026-01-01", tz="UTC")
#: standard deviation of utility u over listeners and pieces; sigma, one's own part in taste
SPREAD = 1.3
OWN = 0.75
_AGE_BANDS = ("18-29", "30-44", "45-64", "65+")
_AGE_SHARES = (0.34, 0.30, 0.24, 0.12)
_REGIONS = ("north", "east", "south", "west")
#: events per hearing: favourites and ratings come on top
_EVENTS_PER_HEARING = 1.12
_BEGIN = END - pd.Timedelta(days=DAYS)


@dataclass(frozen=True)
class Simulated:
    """A simulated population.

    Attributes
    ----------
    listeners, events : DataFrame
        Tables of these names: what models may see.
    true_tastes, first_tastes : DataFrame
        Tables ``true_tastes``: at the end of the log, and at its beginning.
    exposures : DataFrame
        What was put up, for the study of its bias, a row for each piece on a shelf:
        ``listener``, ``session`` (counted from 0 over all listeners), ``time`` (when the session
        begins), ``rank`` (from 1), ``piece``, ``propensity`` (true probability that this rank is
        looked at) and ``heard`` (whether it was, and so led to a play or a skip). Returns to
        earlier plays need no shelf and are not here.
    """

    listeners: pd.DataFrame
    events: pd.DataFrame
    true_tastes: pd.DataFrame
    first_tastes: pd.DataFrame
    exposures: pd.DataFrame


def listeners(
    pieces: pd.DataFrame,
    features_table: pd.DataFrame,
    n_listeners: int = 400,
    n_events: int = 40_000,
    seed: int = 0,
    *,
    circles: int = 8,
    n_features: int = 8,
    cold_share: float = 0.02,
    habits: Habits | None = None,
) -> Simulated:
    """Simulate listeners and a year of their listening.

    Parameters
    ----------
    pieces : DataFrame
        Table ``pieces``: the catalogue that is listened to.
    features_table : DataFrame
        Table ``features`` of the same pieces.
    n_listeners : int
        At least 1.
    n_events : int
        About how many events to make, all kinds together.
    seed : int
    circles : int
        Groups of listeners with related tastes.
    n_features : int
        How many features tastes are about, see :func:`ricercar.listening.tastes.axes`.
    cold_share : float
        Share of listeners who have signed up and never listened.
    habits : Habits, optional
        How they listen; by default as fitted to a real log.

    Returns
    -------
    Simulated

    Raises
    ------
    ParameterError
        If a number is out of range.
    TableError
        If a piece has no row in ``features_table``.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b"], "style": ["reel", "jig"], "quarters": 64.0})
    >>> table = pd.DataFrame({"piece": ["a", "b"], "melody.pitch_range": [7.0, 12.0]})
    >>> made = listeners(pieces, table, n_listeners=5, n_events=100, seed=1)
    >>> sorted(made.true_tastes["axis"].unique())
    ['feature:melody.pitch_range', 'style:jig', 'style:reel']
    """
    if n_listeners < 1 or n_events < 1 or circles < 1 or n_features < 0:
        raise ParameterError(
            f"n_listeners ({n_listeners}), n_events ({n_events}) and circles ({circles}) must be "
            f"at least 1, n_features ({n_features}) at least 0"
        )
    if not 0 <= cold_share < 1:
        raise ParameterError(f"cold_share is {cold_share}: it must be at least 0 and below 1")
    rng = np.random.default_rng(seed)
    names = np.array([f"listener-{i:0{len(str(n_listeners))}d}" for i in range(1, n_listeners + 1)])
    circle = rng.choice(circles, size=n_listeners, p=rng.dirichlet(np.full(circles, 4.0)))
    table = _listener_table(names, circle, circles, rng)

    tasted = axes(pieces, features_table, n_features)
    x = coordinates(tasted, pieces, features_table, features_table)
    weights, step = _weights(tasted, x, circle, circles, rng)
    weights = weights.round(6)
    habits = habits or Habits()
    cold = rng.random(n_listeners) < cold_share
    counts = hearings.sessions(n_listeners, n_events / _EVENTS_PER_HEARING, cold, habits, rng)
    day = _session_days(counts, rng)
    heard = hearings.hear(weights, step, x, counts, day, habits, rng)
    owner = np.repeat(names, counts)
    piece_names = pieces["piece"].to_numpy(str)
    events = responses.of_hearings(
        owner[heard.session],
        piece_names[heard.piece],
        pieces["quarters"].to_numpy(float)[heard.piece],
        heard.session,
        (_BEGIN, day[heard.session] * 86_400),
        heard.liking,
        heard.skipped,
        rng,
    )
    return Simulated(
        table,
        events,
        _tastes(names, tasted, heard.weights),
        _tastes(names, tasted, weights),
        _exposures(owner, day, piece_names, heard, habits.patience),
    )


def is_simulated(table: pd.DataFrame) -> bool:
    """Whether a table's listeners were made here; figures from them are then labelled so.

    Examples
    --------
    >>> is_simulated(pd.DataFrame({"listener": ["listener-001", "listener-002"]}))
    True
    """
    return bool(table["listener"].str.fullmatch(r"listener-\d+").all())


def _weights(
    tasted: list[str],
    x: np.ndarray,
    circle: np.ndarray,
    circles: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (listeners, axes): the circle's, one's own, scaled to :data:`SPREAD`.

    Also the deviation of one's own part (axes,), on the same scale.
    """
    n_axes = x.shape[1]
    styles = np.array([axis.startswith("style:") for axis in tasted])
    size = np.where(styles, 1.0, 0.5)
    centres = rng.normal(size=(circles, n_axes)) * size
    weights = centres[circle] + OWN * rng.normal(size=(len(circle), n_axes)) * size
    weights[:, styles] -= weights[:, styles].mean(axis=1, keepdims=True)
    spread = np.sqrt(np.mean(product(weights, (x - x.mean(axis=0)).T) ** 2))
    scale = SPREAD / spread if spread > 0 else 1.0
    return weights * scale, OWN * size * scale


def _tastes(names: np.ndarray, tasted: list[str], weights: np.ndarray) -> pd.DataFrame:
    """Table ``true_tastes`` of weights (listeners, axes)."""
    return pd.DataFrame(
        {
            "listener": np.repeat(names, len(tasted)),
            "axis": np.tile(np.array(tasted), len(names)),
            "weight": weights.ravel().round(6),
        }
    )


def _listener_table(
    names: np.ndarray, circle: np.ndarray, circles: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Group attributes: age at random, region related to the circle."""
    age = rng.choice(len(_AGE_BANDS), size=len(names), p=_AGE_SHARES)
    shares = rng.dirichlet(np.full(len(_REGIONS), 2.0), size=circles).cumsum(axis=1)
    region = (rng.random(len(names))[:, None] > shares[circle]).sum(axis=1)
    region = np.minimum(region, len(_REGIONS) - 1)
    return pd.DataFrame(
        {
            "listener": names,
            "age_band": np.array(_AGE_BANDS)[age],
            "region": np.array(_REGIONS)[region],
        }
    )


def _session_days(counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """When sessions begin, in days: mostly in the evening, since the listener joined."""
    joined = np.where(rng.random(len(counts)) < 0.65, 0.0, rng.random(len(counts)) * 0.9) * DAYS
    owner = np.repeat(np.arange(len(counts)), counts)
    day = np.floor(joined[owner] + rng.random(len(owner)) * (DAYS - 1 - joined[owner]))
    evening = rng.random(len(owner)) < 0.7
    hour = np.where(evening, rng.normal(19.5, 2, len(owner)), rng.normal(9, 2.5, len(owner)))
    day += np.clip(hour, 0, 23) / 24
    return day[np.lexsort([day, owner])]


def _exposures(
    owner: np.ndarray, day: np.ndarray, piece_names: np.ndarray, heard: Heard, patience: float
) -> pd.DataFrame:
    """What stood on the shelves, see :class:`Simulated`."""
    session, place = np.nonzero(heard.shown >= 0)
    return pd.DataFrame(
        {
            "listener": owner[session],
            "session": session,
            "time": _BEGIN + pd.to_timedelta(np.round(day[session] * 86_400), unit="s"),
            "rank": place + 1,
            "piece": piece_names[heard.shown[session, place]],
            "propensity": examination(place + 1, patience),
            "heard": heard.looked[session, place],
        }
    )
