"""Splits of a listening log into what a model may see and what it is tested on.

Goal: a test that could have happened: one moment in time, everything before it for
training, everything after for testing, the same moment for all listeners. A split at random
or per listener lets a model see the future of other listeners.

Source: Meng, McCreadie, Macdonald and Ounis, *Exploring Data Splitting Strategies for the
Evaluation of Recommendation Models*, RecSys 2020.
"""

import pandas as pd

from ricercar.errors import ParameterError


def temporal(events: pd.DataFrame, test_share: float = 0.2) -> tuple[pd.DataFrame, pd.DataFrame]:
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
        If the share is out of range, or either part would be empty.

    Examples
    --------
    >>> events = pd.DataFrame({"time": pd.date_range("2026-01-01", periods=5, tz="UTC")})
    >>> train, test = temporal(events, 0.4)
    >>> len(train), len(test)
    (3, 2)
    """
    if not 0 < test_share < 1:
        raise ParameterError(f"test_share is {test_share}: it must be above 0 and below 1")
    ordered = events.sort_values("time", kind="stable", ignore_index=True)
    place = round(len(ordered) * (1 - test_share))
    if not 0 < place < len(ordered):
        raise ParameterError(f"{len(ordered)} events cannot be split with test_share {test_share}")
    moment = ordered["time"].iloc[place]
    later = ordered["time"] >= moment
    if later.all():
        raise ParameterError(f"all events up to {moment} share one time: they cannot be split")
    return ordered[~later].reset_index(drop=True), ordered[later].reset_index(drop=True)


def audit(train: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """What a split holds, and whether anything leaks from the future.

    Parameters
    ----------
    train, test : DataFrame
        Tables ``events``.

    Returns
    -------
    DataFrame
        Columns ``check`` and ``count``. *leaking events* must be 0; a *new pair* is a listener
        and a piece that meet for the first time in the test part.

    Examples
    --------
    >>> train = pd.DataFrame({"listener": ["l"], "piece": ["a"],
    ...     "time": pd.to_datetime(["2026-01-01"], utc=True)})
    >>> test = train.assign(piece="b", time=train["time"] + pd.Timedelta(days=1))
    >>> audit(train, test).set_index("check")["count"].loc["new pairs in test"].item()
    1
    """
    pairs = test[["listener", "piece"]].drop_duplicates()
    met = pairs.merge(train[["listener", "piece"]].drop_duplicates(), on=["listener", "piece"])
    warm = set(train["listener"])
    tested = set(test["listener"])
    checks = {
        "events in train": len(train),
        "events in test": len(test),
        "leaking events": int((train["time"] >= test["time"].min()).sum()),
        "listeners in train": len(warm),
        "listeners in test": len(tested),
        "cold listeners in test": len(tested - warm),
        "pieces in train": train["piece"].nunique(),
        "cold pieces in test": len(set(test["piece"]) - set(train["piece"])),
        "pairs in test": len(pairs),
        "new pairs in test": len(pairs) - len(met),
    }
    return pd.DataFrame({"check": list(checks), "count": list(checks.values())})
