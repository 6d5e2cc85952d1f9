"""What a split holds, what it lets a model see of the future, and who is new in its test part.

Conventions
-----------
* An event in train *leaks* if it is at or after the first event of the test part: a model that
  served listeners at that moment could not have had it. It leaks *to its own listener* if it is
  later than that listener's first event in the test part.
* Without times nobody knows what leaks, and these checks are left out.
* A listener or piece is *cold* if it is in the test part and not in train.
* A *pair* is a listener and a piece, however often they meet.

Source: Ji, Sun, Zhang and Li, *A Critical Study on Data Leakage in Recommender System Offline
Evaluation*, ACM TOIS 41 (2023).
"""

import numpy as np
import pandas as pd

from ricercar.listening.timed import has_times


def audit(train: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """What a split holds, and whether anything leaks from the future.

    Parameters
    ----------
    train, test : DataFrame
        Tables ``events``.

    Returns
    -------
    DataFrame
        Columns ``check``, ``count`` and ``share`` (of the events, listeners, pieces or pairs in
        the part that the check names; NaN where it is the whole). *Leaking events* are 0 in a
        temporal split; a *new pair* is a listener and a piece that meet for the first time in
        the test part.

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
    warm, known = set(train["listener"]), set(train["piece"])
    tested, pieces = set(test["listener"]), set(test["piece"])
    start = train["listener"].map(test.groupby("listener")["time"].min())
    cold_listeners = int((~test["listener"].isin(warm)).sum())
    cold_pieces = int((~test["piece"].isin(known)).sum())
    checks: dict[str, tuple[int, int | None]] = {
        "events in train": (len(train), None),
        "events in test": (len(test), None),
        "leaking events": (int((train["time"] >= test["time"].min()).sum()), len(train)),
        "listeners in train": (len(warm), None),
        "listeners in test": (len(tested), None),
        "cold listeners in test": (len(tested - warm), len(tested)),
        "pieces in train": (len(known), None),
        "cold pieces in test": (len(pieces - known), len(pieces)),
        "pairs in test": (len(pairs), None),
        "new pairs in test": (len(pairs) - len(met), len(pairs)),
        "pairs in train and test": (len(met), len(pairs)),
        "events leaking to their own listener": (int((train["time"] > start).sum()), len(train)),
        "events in test of cold listeners": (cold_listeners, len(test)),
        "events in test of cold pieces": (cold_pieces, len(test)),
    }
    if not (has_times(train) and has_times(test)):
        checks = {name: found for name, found in checks.items() if "leaking" not in name}
    return pd.DataFrame(
        {
            "check": list(checks),
            "count": [count for count, _ in checks.values()],
            "share": [count / of if of else np.nan for count, of in checks.values()],
        }
    )


def of_lot(train: pd.DataFrame, test: pd.DataFrame) -> str:
    """What is wrong with a random split, in sentences.

    Parameters
    ----------
    train, test : DataFrame
        Tables ``events``.

    Examples
    --------
    >>> train = pd.DataFrame({"time": pd.to_datetime(["2026-01-03"], utc=True)})
    >>> test = pd.DataFrame({"time": pd.to_datetime(["2026-01-02"], utc=True)})
    >>> of_lot(train, test).partition(".")[0]
    'a random split lets a model see the future: 1 of 1 events in train are later than the first
    event in test'
    """
    only = "Its figures compare with published ones only"
    if not (has_times(train) and has_times(test)):
        return (
            f"a random split may let a model see the future; without times no one can tell. {only}."
        )
    leaking = int((train["time"] > test["time"].min()).sum())
    return (
        f"a random split lets a model see the future: {leaking:,} of {len(train):,} events in "
        f"train are later than the first event in test. {only}; use the temporal split for what a "
        "listener would have got."
    )
