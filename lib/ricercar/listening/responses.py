"""What simulated listeners do with what they hear, and with lists that they are offered.

Goal: one rule from a hearing to its events, whether a simulated year led to it or an offered
list.

Conventions
-----------
* A hearing is a play or a skip. The fraction heard grows with preference; favourites and ratings
  (1 to 5) are given now and then, once per listener and piece.
* Within a session hearings follow one another in the order in which they are given.
* ``value`` of an event: fraction heard (play, skip), 1 (favourite), 1 to 5 (rating).
"""

import numpy as np
import pandas as pd

from ricercar.errors import TableError
from ricercar.listening.habits import examination, skipping
from ricercar.listening.tastes import preference

_SECONDS_PER_QUARTER = 0.6
_EVENT_COLUMNS = ["listener", "piece", "time", "kind", "value"]


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
        As in :func:`ricercar.listening.tastes.preference`; all that is offered is in ``pieces``.
    time : Timestamp
        When the lists are offered (UTC); hearings follow one another from there.
    seed : int
    patience : float
        In (0, 1].

    Returns
    -------
    DataFrame
        Table ``events``.

    Raises
    ------
    TableError
        If a listener has no tastes, or a piece is not in ``pieces``.
    """
    looked_at = examination(offered["rank"].to_numpy(), patience)
    offered = offered.assign(chance=looked_at).sort_values(["listener", "rank"], kind="stable")
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
    seen = rng.random(len(offered)) < offered["chance"].to_numpy()
    row, column = row[seen], column[seen]
    likes = liking.to_numpy()[row, column]
    skipped = rng.random(len(likes)) < skipping(likes)
    heard = offered[seen]
    return of_hearings(
        heard["listener"].to_numpy(str),
        heard["piece"].to_numpy(str),
        pieces["quarters"].to_numpy(float)[column],
        row,
        (pd.Timestamp(time), np.zeros(len(likes))),
        likes,
        skipped,
        rng,
    )


def of_hearings(
    listener: np.ndarray,
    piece: np.ndarray,
    quarters: np.ndarray,
    session: np.ndarray,
    begin: tuple[pd.Timestamp, np.ndarray],
    liking: np.ndarray,
    skipped: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Events of hearings.

    Parameters
    ----------
    listener, piece : ndarray of str, shape (hearings,)
    quarters : ndarray, shape (hearings,)
        Length of the piece in quarter notes.
    session : ndarray of int, shape (hearings,)
        Hearings with the same number follow one another.
    begin : Timestamp and ndarray, shape (hearings,)
        When the session of each hearing begins: a moment, and seconds after it.
    liking : ndarray, shape (hearings,)
        True preference, in [0, 1].
    skipped : ndarray of bool, shape (hearings,)
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
        Table ``events``, sorted by time.

    Examples
    --------
    >>> one = np.array(["l"]), np.array(["a"]), np.array([64.0]), np.array([0])
    >>> begin = pd.Timestamp("2026-01-01", tz="UTC"), np.zeros(1)
    >>> rng = np.random.default_rng(0)
    >>> of_hearings(*one, begin, np.zeros(1), np.array([True]), rng)["kind"].tolist()
    ['skip']
    """
    kind, value, favourite, rating = _outcome(liking, skipped, rng)
    seconds = quarters * _SECONDS_PER_QUARTER * value + 4
    elapsed = pd.Series(seconds).groupby(session).cumsum().to_numpy()
    start, after_it = begin
    time = start + pd.to_timedelta(np.round(after_it + elapsed), unit="s")
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


def _outcome(
    liking: np.ndarray, skipped: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Outcome of hearings: kind, fraction heard, favourite or not, rating (NaN: none)."""
    n = len(liking)
    heard = np.where(skipped, rng.beta(1.2, 6, n), np.maximum(rng.beta(1 + 5 * liking, 1.2), 0.05))
    kind = np.where(skipped, "skip", "play")
    favourite = ~skipped & (rng.random(n) < 0.25 * liking**2)
    stars = np.clip(np.round(1 + 4 * liking + rng.normal(0, 0.7, n)), 1, 5)
    rating = np.where(rng.random(n) < 0.08, stars, np.nan)
    return kind, heard.round(3), favourite, rating
