"""Splits of a listening log into what a model may see and what it is tested on.

Goal: a test that could have happened: one moment in time, everything before it for
training, everything after for testing, the same moment for all listeners. The other splits
answer other questions, or are there because published figures use them; the audit says what
each of them lets a model see of the future.

==================== =========================================== =========================
split                in the test part                            lets a model see
==================== =========================================== =========================
:func:`temporal`     events from one moment on                   nothing of the future
:func:`leave_last`   each listener's last events                 others' future
:func:`at_random`    events drawn by lot                         everybody's future (warns)
:func:`new_listeners` whole listeners, but their first events     others' future
:func:`new_pieces`   whole pieces                                the future of other pieces
==================== =========================================== =========================

Conventions
-----------
* A split takes the table ``events`` and gives ``train`` and ``test``, each sorted by time;
  every event is in exactly one of them. Events at one time keep their order.
* Events without times (:mod:`ricercar.listening.timed`) cannot be split by :func:`temporal`. For
  the others they are all at one time: first and last is what the table has first and last.
* ``test_share`` is above 0 and below 1. What is drawn by lot depends on ``seed`` and on what is
  in the log, not on the order of its rows.

Sources: Meng, McCreadie, Macdonald and Ounis, *Exploring Data Splitting Strategies for the
Evaluation of Recommendation Models*, RecSys 2020; what leaks through per-listener and random
splits: Ji, Sun, Zhang and Li, *A Critical Study on Data Leakage in Recommender System Offline
Evaluation*, ACM TOIS 41 (2023).
"""

import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.listening.split_audit import audit, of_lot
from ricercar.listening.timed import require_times

__all__ = [
    "SPLITS",
    "LeakageWarning",
    "at_random",
    "audit",
    "by_name",
    "leave_last",
    "new_listeners",
    "new_pieces",
    "temporal",
]

Parts = tuple[pd.DataFrame, pd.DataFrame]


class LeakageWarning(UserWarning):
    """The test part of a split is not what a model would have been asked."""


def temporal(events: pd.DataFrame, test_share: float = 0.2) -> Parts:
    """Split at one moment for everybody.

    Parameters
    ----------
    events : DataFrame
        Table ``events``.
    test_share : float
        Share of events after the moment, above 0 and below 1. Events at the very moment are
        all in the test part, so the share is met as nearly as ties allow.

    Returns
    -------
    train, test : DataFrame
        Sorted by time; every event of ``test`` is later than every event of ``train``.

    Raises
    ------
    ParameterError
        If the share is out of range, an event has no time, or either part would be empty.

    Examples
    --------
    >>> events = pd.DataFrame({"time": pd.date_range("2026-01-01", periods=5, tz="UTC")})
    >>> train, test = temporal(events, 0.4)
    >>> len(train), len(test)
    (3, 2)
    """
    _check_share(test_share)
    require_times(events, "the temporal split", "use split: random, new_listeners or new_pieces")
    ordered = _in_time(events)
    place = round(len(ordered) * (1 - test_share))
    if not 0 < place < len(ordered):
        raise ParameterError(f"{len(ordered)} events cannot be split with test_share {test_share}")
    moment = ordered["time"].iloc[place]
    later = ordered["time"] >= moment
    if later.all():
        raise ParameterError(f"all events up to {moment} share one time: they cannot be split")
    return _parts(ordered, later.to_numpy())


def leave_last(events: pd.DataFrame, n: int = 1) -> Parts:
    """Hold out the last events of each listener.

    Parameters
    ----------
    events : DataFrame
        Table ``events``.
    n : int
        Events per listener, at least 1. Listeners with no more than ``n`` events stay in
        training as a whole.

    Returns
    -------
    train, test : DataFrame
        Of events at the same time the last in the order of the table are held out.

    Raises
    ------
    ParameterError
        If ``n`` is below 1, or no listener has more than ``n`` events.

    Examples
    --------
    >>> events = pd.DataFrame({"listener": ["k", "l", "l", "l"], "piece": ["a", "a", "b", "c"],
    ...     "time": pd.date_range("2026-01-01", periods=4, tz="UTC")})
    >>> leave_last(events)[1]["piece"].tolist()
    ['c']
    """
    if n < 1:
        raise ParameterError(f"n is {n}: at least 1 event of a listener is held out")
    ordered = _in_time(events)
    by_listener = ordered.groupby("listener", sort=False)
    from_the_end = by_listener.cumcount(ascending=False).to_numpy()
    many = by_listener["time"].transform("size").to_numpy() > n
    return _parts(ordered, many & (from_the_end < n))


def at_random(events: pd.DataFrame, test_share: float = 0.2, seed: int = 0) -> Parts:
    """Hold out events drawn by lot. Warns: the model sees what came after the test.

    Parameters
    ----------
    events : DataFrame
        Table ``events``.
    test_share : float
        Share of the events of ``test``, met as nearly as whole events allow.
    seed : int

    Returns
    -------
    train, test : DataFrame

    Raises
    ------
    ParameterError
        If the share is out of range, or either part would be empty.

    Warns
    -----
    LeakageWarning

    Examples
    --------
    >>> events = pd.DataFrame({"listener": "l", "piece": [*"abcde"],
    ...     "time": pd.date_range("2026-01-01", periods=5, tz="UTC")})
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", LeakageWarning)
    ...     train, test = at_random(events, 0.4)
    >>> len(train), len(test)
    (3, 2)
    """
    _check_share(test_share)
    ordered = _in_time(events, ["listener", "piece", "kind", "value"])
    chosen = np.zeros(len(ordered), dtype=bool)
    order = np.random.default_rng(seed).permutation(len(ordered))
    chosen[order[: round(len(ordered) * test_share)]] = True
    parts = _parts(ordered, chosen)
    warnings.warn(of_lot(*parts), LeakageWarning, stacklevel=2)
    return parts


def new_listeners(
    events: pd.DataFrame, test_share: float = 0.2, history: int = 0, seed: int = 0
) -> Parts:
    """Hold out whole listeners, but for what they are known by.

    Parameters
    ----------
    events : DataFrame
        Table ``events``.
    test_share : float
        Share of the listeners that are held out, at least one.
    history : int
        First events of a listener who is held out that the model is shown; 0: it knows nothing
        of them. Listeners with no more events than these cannot be held out.
    seed : int

    Returns
    -------
    train, test : DataFrame

    Raises
    ------
    ParameterError
        If the share is out of range, ``history`` is negative, or either part would be empty.

    Examples
    --------
    >>> events = pd.DataFrame({"listener": [*"kkll"], "piece": [*"abab"],
    ...     "time": pd.date_range("2026-01-01", periods=4, tz="UTC")})
    >>> train, test = new_listeners(events, 0.5, history=1)
    >>> len(train), len(test), test["listener"].nunique()
    (3, 1, 1)
    """
    _check_share(test_share)
    if history < 0:
        raise ParameterError(f"history is {history}: it cannot be negative")
    ordered = _in_time(events)
    count = ordered["listener"].value_counts()
    drawn = _drawn(count.index[count > history], len(count), test_share, seed, "listener")
    place = ordered.groupby("listener", sort=False).cumcount().to_numpy()
    return _parts(ordered, ordered["listener"].isin(drawn).to_numpy() & (place >= history))


def new_pieces(events: pd.DataFrame, test_share: float = 0.2, seed: int = 0) -> Parts:
    """Hold out whole pieces: nobody has heard them in training.

    Parameters
    ----------
    events : DataFrame
        Table ``events``.
    test_share : float
        Share of the pieces that are held out, at least one.
    seed : int

    Returns
    -------
    train, test : DataFrame

    Raises
    ------
    ParameterError
        If the share is out of range, or either part would be empty.

    Examples
    --------
    >>> events = pd.DataFrame({"listener": [*"kkll"], "piece": [*"abab"],
    ...     "time": pd.date_range("2026-01-01", periods=4, tz="UTC")})
    >>> train, test = new_pieces(events, 0.5)
    >>> set(train["piece"]) & set(test["piece"])
    set()
    """
    _check_share(test_share)
    ordered = _in_time(events)
    pieces = pd.Index(ordered["piece"].unique())
    drawn = _drawn(pieces, len(pieces), test_share, seed, "piece")
    return _parts(ordered, ordered["piece"].isin(drawn).to_numpy())


SPLITS: dict[str, Callable[..., Parts]] = {
    "temporal": temporal,
    "leave_last": leave_last,
    "random": at_random,
    "new_listeners": new_listeners,
    "new_pieces": new_pieces,
}


def by_name(events: pd.DataFrame, name: str = "temporal", **options: Any) -> Parts:
    """Split by the name of the split.

    Parameters
    ----------
    events : DataFrame
        Table ``events``.
    name : str
        A key of :data:`SPLITS`.
    **options
        Parameters of the split: ``test_share``, ``n``, ``history``, ``seed``. A ``seed`` is taken
        and not used by splits that draw nothing.

    Returns
    -------
    train, test : DataFrame

    Raises
    ------
    ParameterError
        If there is no such split or option, or the split cannot be made.

    Examples
    --------
    >>> events = pd.DataFrame({"time": pd.date_range("2026-01-01", periods=5, tz="UTC")})
    >>> [len(part) for part in by_name(events, "temporal", test_share=0.4, seed=1)]
    [3, 2]
    """
    if name not in SPLITS:
        raise ParameterError(f"there is no split {name!r}; known: {', '.join(SPLITS)}")
    known = [*inspect.signature(SPLITS[name]).parameters][1:]
    unknown = sorted(set(options) - {*known, "seed"})
    if unknown:
        raise ParameterError(
            f"split {name!r} has no option {unknown[0]!r}; known: {', '.join(known)}"
        )
    return SPLITS[name](events, **{key: options[key] for key in known if key in options})


def _check_share(test_share: float) -> None:
    if not 0 < test_share < 1:
        raise ParameterError(f"test_share is {test_share}: it must be above 0 and below 1")


def _in_time(events: pd.DataFrame, further: Sequence[str] = ()) -> pd.DataFrame:
    """Events by time and, at one time, by further columns that they have, else as they are."""
    keys = ["time", *(column for column in further if column in events.columns)]
    return events.sort_values(keys, kind="stable", ignore_index=True)


def _parts(ordered: pd.DataFrame, tested: np.ndarray) -> Parts:
    """Train and test, neither of them empty."""
    if not len(ordered) or tested.all() or not tested.any():
        raise ParameterError(
            f"{len(ordered)} events cannot be split this way: there would be "
            f"{int((~tested).sum())} in train and {int(tested.sum())} in test"
        )
    return ordered[~tested].reset_index(drop=True), ordered[tested].reset_index(drop=True)


def _drawn(names: pd.Index, total: int, test_share: float, seed: int, what: str) -> np.ndarray:
    """The names that are held out."""
    wanted = max(1, round(total * test_share))
    if wanted > len(names):
        raise ParameterError(
            f"{wanted} {what}s have to be held out, and only {len(names)} of {total} can be: "
            "lower test_share or history"
        )
    return np.random.default_rng(seed).choice(np.sort(names.to_numpy(str)), wanted, replace=False)
