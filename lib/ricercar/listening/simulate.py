r"""Simulated listeners whose true tastes are known.

Goal: a listening log with the regularities of real ones (popularity with a long tail,
few very active and many occasional listeners, sessions, replays, skips), made by a model
that is written down, so that what a method infers can be compared with what is true.
Nothing made here may be shown without the word *simulated*.

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
standard deviation :data:`SPREAD` over the catalogue. What a listener comes to hear depends on
popularity, a Zipf-Mandelbrot law over a random order of the pieces, and on taste:

.. math:: P(p \mid l) \propto (r_p + q)^{-\zeta} \; e^{\beta u_{lp}}

The number of hearings is log-normal. A hearing ends in a *skip* with probability
:math:`0.55\,(1 - \text{preference})^{1.5}`, else in a *play*; the fraction heard grows with
preference; favourites and ratings (1 to 5) are given now and then, once per piece.

Conventions
-----------
* ``true_tastes`` has the axes ``style:<style>`` and ``feature:<column of features>``.
* Preferences are in [0, 1]; a feature that is missing counts as average (z = 0).
* Times are UTC; the log covers the year that ends at :data:`END`.
* ``value`` of an event: fraction heard (play, skip), 1 (favourite), 1 to 5 (rating).

Sources
-------
Zipf popularity and log-normal activity: Celma, *Music Recommendation and Discovery*, 2010.
A list is looked at less and less far down: Joachims et al., SIGIR 2005; with geometric patience:
Moffat and Zobel, "Rank-biased precision", ACM TOIS 27 (2008).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError, TableError
from ricercar.listening.matrix import product
from ricercar.listening.tastes import axes, coordinates, preference, probability

__all__ = ["Simulated", "is_simulated", "listeners", "preference", "respond"]

END = pd.Timestamp("2026-01-01", tz="UTC")
DAYS = 365
#: standard deviation of utility u over listeners and pieces; sigma, one's own part in taste
SPREAD = 1.3
OWN = 0.75
#: exponent and offset of popularity, and weight of taste, in what a listener comes to hear
ZIPF = 0.9
ZIPF_OFFSET = 5.0
TASTE = 1.0
_AGE_BANDS = ("18-29", "30-44", "45-64", "65+")
_AGE_SHARES = (0.34, 0.30, 0.24, 0.12)
_REGIONS = ("north", "east", "south", "west")
_SESSION_HEARINGS = 8
_SECONDS_PER_QUARTER = 0.6
_EVENT_COLUMNS = ["listener", "piece", "time", "kind", "value"]


@dataclass(frozen=True)
class Simulated:
    """A simulated population: tables ``listeners``, ``events`` and ``true_tastes``."""

    listeners: pd.DataFrame
    events: pd.DataFrame
    true_tastes: pd.DataFrame


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
    weights = _weights(tasted, x, circle, circles, rng)
    tastes = pd.DataFrame(
        {
            "listener": np.repeat(names, len(tasted)),
            "axis": np.tile(np.array(tasted), n_listeners),
            "weight": weights.ravel().round(6),
        }
    )
    utility = product(weights.round(6), x.T)
    counts = _activity(n_listeners, n_events, cold_share, rng)
    rows, columns = _hearings(utility, counts, rng)
    kind, value, favourite, rating = _hear(probability(utility[rows, columns]), rng)
    seconds = pieces["quarters"].to_numpy(float)[columns] * _SECONDS_PER_QUARTER * value + 4
    time = _times(rows, seconds, n_listeners, rng)
    piece_names = pieces["piece"].to_numpy(str)[columns]
    events = _events(names[rows], piece_names, time, kind, value, favourite, rating)
    return Simulated(table, events, tastes)


def is_simulated(table: pd.DataFrame) -> bool:
    """Whether a table's listeners were made here; figures from them are then labelled so.

    Examples
    --------
    >>> is_simulated(pd.DataFrame({"listener": ["listener-001", "listener-002"]}))
    True
    """
    return bool(table["listener"].str.fullmatch(r"listener-\d+").all())


def respond(
    true_tastes: pd.DataFrame,
    offered: pd.DataFrame,
    pieces: pd.DataFrame,
    features_table: pd.DataFrame,
    time: pd.Timestamp,
    seed: int,
    *,
    reference: pd.DataFrame | None = None,
    patience: float = 0.9,
) -> pd.DataFrame:
    r"""What simulated listeners do with the lists that they are offered.

    The piece at rank :math:`r` is looked at with probability ``patience`` :sup:`r-1`; a piece
    that is looked at is heard, and ends in the same events as any hearing.

    Parameters
    ----------
    true_tastes : DataFrame
    offered : DataFrame
        Columns ``listener``, ``piece``, ``rank`` (from 1).
    pieces, features_table, reference
        As in :func:`preference`; every offered piece must be among ``pieces``.
    time : Timestamp
        When the lists are offered (UTC); hearings follow one another from there.
    seed : int
    patience : float
        In (0, 1].

    Returns
    -------
    DataFrame
        Table ``events``.
    """
    if not 0 < patience <= 1:
        raise ParameterError(f"patience is {patience}: it must be above 0 and at most 1")
    offered = offered.sort_values(["listener", "rank"], kind="stable")
    liking = preference(true_tastes, pieces, features_table, reference)
    row = liking.index.get_indexer(pd.Index(offered["listener"]))
    column = liking.columns.get_indexer(pd.Index(offered["piece"]))
    if (row < 0).any() or (column < 0).any():
        first = offered[(row < 0) | (column < 0)].iloc[0]
        raise TableError(
            f"offered {first['piece']!r} to {first['listener']!r}: the listener must be in "
            "true_tastes and the piece in pieces"
        )
    rng = np.random.default_rng(seed)
    seen = rng.random(len(offered)) < patience ** (offered["rank"].to_numpy() - 1)
    row, column = row[seen], column[seen]
    kind, value, favourite, rating = _hear(liking.to_numpy()[row, column], rng)
    quarters = pieces["quarters"].to_numpy(float)[column]
    seconds = quarters * _SECONDS_PER_QUARTER * value + 4
    elapsed = pd.Series(seconds).groupby(row).cumsum().to_numpy()
    when = pd.Timestamp(time) + pd.to_timedelta(np.round(elapsed), unit="s")
    heard = offered[seen]
    return _events(
        heard["listener"].to_numpy(str),
        heard["piece"].to_numpy(str),
        when,
        kind,
        value,
        favourite,
        rating,
    )


# listening


def _weights(
    tasted: list[str],
    x: np.ndarray,
    circle: np.ndarray,
    circles: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Weights (listeners, axes): the circle's, one's own, scaled to :data:`SPREAD`."""
    n_axes = x.shape[1]
    styles = np.array([axis.startswith("style:") for axis in tasted])
    size = np.where(styles, 1.0, 0.5)
    centres = rng.normal(size=(circles, n_axes)) * size
    weights = centres[circle] + OWN * rng.normal(size=(len(circle), n_axes)) * size
    weights[:, styles] -= weights[:, styles].mean(axis=1, keepdims=True)
    spread = np.sqrt(np.mean(product(weights, (x - x.mean(axis=0)).T) ** 2))
    return weights * (SPREAD / spread if spread > 0 else 1.0)


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


def _activity(
    n_listeners: int, n_events: int, cold_share: float, rng: np.random.Generator
) -> np.ndarray:
    """Hearings per listener: log-normal, with some listeners at none."""
    drawn = rng.lognormal(sigma=0.95, size=n_listeners)
    drawn[rng.random(n_listeners) < cold_share] = 0
    hearings = n_events / 1.15  # favourites and ratings come on top
    return np.round(drawn * hearings / max(drawn.sum(), 1e-12)).astype(int)


def _hearings(
    utility: np.ndarray, counts: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Row (listener) and column (piece) of each hearing, listeners in order."""
    popularity = -ZIPF * np.log(1 + ZIPF_OFFSET + rng.permutation(utility.shape[1]))
    rows = np.repeat(np.arange(len(counts)), counts)
    draws = rng.random(len(rows))
    columns = np.empty(len(rows), dtype=np.int64)
    first = 0
    for begin in range(0, len(counts), 1024):
        block = popularity + TASTE * utility[begin : begin + 1024]
        share = np.exp(block - block.max(axis=1, keepdims=True)).cumsum(axis=1)
        share /= share[:, -1:]
        last = first + int(counts[begin : begin + 1024].sum())
        local = rows[first:last] - begin
        shelf = (share + np.arange(len(share))[:, None]).ravel()
        found = np.searchsorted(shelf, draws[first:last] + local, side="right")
        columns[first:last] = np.minimum(found - local * share.shape[1], share.shape[1] - 1)
        first = last
    return rows, columns


def _hear(
    liking: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Outcome of hearings: kind, fraction heard, favourite or not, rating (NaN: none)."""
    n = len(liking)
    skipped = rng.random(n) < 0.55 * (1 - liking) ** 1.5
    heard = np.where(skipped, rng.beta(1.2, 6, n), np.maximum(rng.beta(1 + 5 * liking, 1.2), 0.05))
    kind = np.where(skipped, "skip", "play")
    favourite = ~skipped & (rng.random(n) < 0.25 * liking**2)
    stars = np.clip(np.round(1 + 4 * liking + rng.normal(0, 0.7, n)), 1, 5)
    rating = np.where(rng.random(n) < 0.08, stars, np.nan)
    return kind, heard.round(3), favourite, rating


def _times(
    rows: np.ndarray, seconds: np.ndarray, n_listeners: int, rng: np.random.Generator
) -> pd.DatetimeIndex:
    """When each hearing ended: sessions, mostly in the evening, since the listener joined."""
    joined = np.where(rng.random(n_listeners) < 0.65, 0.0, rng.random(n_listeners) * 0.9) * DAYS
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    new_session = (place == 0) | (rng.random(len(rows)) < 1 / _SESSION_HEARINGS)
    session = new_session.cumsum() - 1
    owner = rows[new_session]
    day = np.floor(joined[owner] + rng.random(len(owner)) * (DAYS - 1 - joined[owner]))
    hour = np.where(
        rng.random(len(owner)) < 0.7,
        rng.normal(19.5, 2, len(owner)),
        rng.normal(9, 2.5, len(owner)),
    )
    start = np.sort(owner * (DAYS + 1.0) + day) - owner * (DAYS + 1.0)
    start = start * 86_400 + np.clip(hour, 0, 23) * 3_600
    elapsed = pd.Series(seconds).groupby(session).cumsum().to_numpy()
    begin = END - pd.Timedelta(days=DAYS)
    return begin + pd.to_timedelta(np.round(start[session] + elapsed), unit="s")


def _events(
    listener: np.ndarray,
    piece: np.ndarray,
    time: pd.DatetimeIndex,
    kind: np.ndarray,
    value: np.ndarray,
    favourite: np.ndarray,
    rating: np.ndarray,
) -> pd.DataFrame:
    """Events of hearings, the first favourite and rating of a piece each, sorted by time."""
    heard = pd.DataFrame(
        {"listener": listener, "piece": piece, "time": time, "kind": kind, "value": value}
    )
    heard["time"] = heard["time"].astype(pd.DatetimeTZDtype("us", "UTC"))
    heard["kind"] = heard["kind"].astype("str")
    once = ["listener", "piece"]
    after = heard["time"] + pd.Timedelta(seconds=2)
    loved = heard.assign(time=after, kind="favourite", value=1.0)[favourite]
    rated = heard.assign(time=after, kind="rating", value=rating)[~np.isnan(rating)]
    given = [
        frame.sort_values("time", kind="stable").drop_duplicates(once) for frame in (loved, rated)
    ]
    together = pd.concat([heard, *given], ignore_index=True)
    order = ["time", "listener", "piece", "kind"]
    return together.sort_values(order, kind="stable", ignore_index=True)[_EVENT_COLUMNS]
