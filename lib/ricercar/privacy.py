"""Privacy of listeners: pseudonyms, coarse times, crowds to hide in.

Goal: say what a listening log gives away about a listener, protect it, and measure
what the protection costs. Keys and encrypted files are in :mod:`ricercar.vault`.

Conventions
-----------
* Tables have the schemas ``listeners`` and ``events``; times are UTC.
* A *quasi-identifier* is a column that an outsider may know (age band, region, days of
  first and last activity). Listeners with equal quasi-identifiers are a *class*; a missing
  value is a value of its own. The data are *k-anonymous* if no class is smaller than k.
* A *known event* is "listened to this piece at this (coarsened) time".
* Shares lie in 0..1.

Sources
-------
Sweeney, *k-anonymity: a model for protecting privacy*, IJUFKS 10, 2002; Samarati,
*Protecting respondents' identities in microdata release*, TKDE 13, 2001;
Machanavajjhala et al., *l-diversity*, TKDD 1, 2007; de Montjoye et al., *Unique in the
crowd: the privacy bounds of human mobility*, Scientific Reports 3, 2013. HMAC: RFC 2104.
"""

import hashlib
import hmac
from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError

#: units of time, from fine to coarse; "all" tells nothing
UNITS = ("exact", "hour", "day", "week", "month", "quarter", "all")
#: what a listener's class is made of
QUASI_IDENTIFIERS = ("age_band", "region", "first", "last")


def pseudonyms(ids: pd.Series, key: bytes, purpose: str = "listener") -> pd.Series:
    """Keyed pseudonyms: the same for the same id and key, unguessable without the key.

    The first 80 bits of HMAC-SHA-256 over purpose and id. Unlike a plain hash, nobody
    without the key can try out a list of names.

    Parameters
    ----------
    ids : pandas.Series of str
    key : bytes
        At least 16 bytes, see :func:`ricercar.vault.load_key`.
    purpose : str
        Two purposes give one listener two pseudonyms that cannot be linked.

    Returns
    -------
    pandas.Series of str
        ``L-`` and 20 hexadecimal digits; same index.

    Raises
    ------
    ParameterError
        If the key is too short.

    Examples
    --------
    >>> pseudonyms(pd.Series(["anna", "ben", "anna"]), bytes(32)).tolist()
    ['L-6b1cb55e18d2dda8b713', 'L-9a05d553730d4407a5d5', 'L-6b1cb55e18d2dda8b713']
    """
    if len(key) < 16:
        raise ParameterError(f"the pseudonym key has {len(key)} bytes, at least 16 are needed")
    mark = purpose.encode() + b"\0"
    new = {
        name: "L-" + hmac.new(key, mark + str(name).encode(), hashlib.sha256).hexdigest()[:20]
        for name in ids.dropna().unique()
    }
    if len(set(new.values())) < len(new):
        raise ParameterError("two ids have the same pseudonym: use another key")
    return ids.map(new).astype("str")


def coarsen(times: pd.Series, unit: str) -> pd.Series:
    """Times rounded down to the start of their hour, day, week (Monday), month or quarter.

    Parameters
    ----------
    times : pandas.Series of datetime, UTC
    unit : str
        One of :data:`UNITS`.

    Examples
    --------
    >>> coarsen(pd.Series(pd.to_datetime(["2025-03-06 21:15"], utc=True)), "week").iloc[0]
    Timestamp('2025-03-03 00:00:00+0000', tz='UTC')
    """
    if unit not in UNITS:
        raise ParameterError(f"unit {unit!r}: choose from {', '.join(UNITS)}")
    if unit == "exact":
        return times
    if unit == "all":
        return pd.Series(times.min().floor("D"), index=times.index, dtype=times.dtype)
    if unit in ("hour", "day"):
        return times.dt.floor({"hour": "h", "day": "D"}[unit])
    day = times.dt.floor("D")
    if unit == "week":
        return day - pd.to_timedelta(day.dt.dayofweek, unit="D")
    month = day.dt.month if unit == "month" else 3 * ((day.dt.month - 1) // 3) + 1
    start = pd.to_datetime(pd.DataFrame({"year": day.dt.year, "month": month, "day": 1}), utc=True)
    return start.astype(times.dtype)


def quasi_identifiers(listeners: pd.DataFrame, events: pd.DataFrame, unit: str) -> pd.DataFrame:
    """What an outsider may know of each listener.

    Parameters
    ----------
    listeners, events : pandas.DataFrame
    unit : str
        Coarseness of first and last activity, one of :data:`UNITS`.

    Returns
    -------
    pandas.DataFrame
        ``listener``, ``age_band``, ``region``, ``first``, ``last``; a row per listener
        (NaT without events).
    """
    span = events.groupby("listener")["time"].agg(["min", "max"])
    frame = listeners[["listener", "age_band", "region"]].copy()
    for name, end in (("first", "min"), ("last", "max")):
        times = frame["listener"].map(span[end])
        frame[name] = coarsen(times, unit)
    return frame


def class_sizes(frame: pd.DataFrame, columns: Sequence[str] = QUASI_IDENTIFIERS) -> pd.Series:
    """Number of rows that look like each row in some columns.

    Returns
    -------
    pandas.Series of int
        Same index; without columns, all rows look alike.

    Examples
    --------
    >>> class_sizes(pd.DataFrame({"region": ["east", "east", None]}), ["region"]).tolist()
    [2, 2, 1]
    """
    if not columns:
        return pd.Series(len(frame), index=frame.index)
    groups = frame.groupby(list(columns), dropna=False, sort=False)
    return groups[columns[0]].transform("size").astype(int)


def l_diversity(
    frame: pd.DataFrame, sensitive: str, columns: Sequence[str] = QUASI_IDENTIFIERS
) -> pd.Series:
    """Number of different sensitive values in the class of each row.

    Even in a large class a listener has no secret if all in it share the sensitive value.
    Without columns all rows are one class.

    Examples
    --------
    >>> frame = pd.DataFrame({"region": ["east", "east", "west"], "taste": ["jig", "reel", "jig"]})
    >>> l_diversity(frame, "taste", ["region"]).tolist()
    [2, 2, 1]
    """
    if not columns:
        return pd.Series(frame[sensitive].nunique(), index=frame.index)
    groups = frame.groupby(list(columns), dropna=False, sort=False)
    return groups[sensitive].transform("nunique").astype(int)


def generalisations(
    listeners: pd.DataFrame,
    events: pd.DataFrame,
    k: int = 5,
    units: Sequence[str] = ("day", "week", "month", "quarter", "all"),
) -> pd.DataFrame:
    """Every way to publish the quasi-identifiers, and what must be suppressed for k-anonymity.

    Each of age band and region is published or not, and times of activity are as coarse as
    one of ``units``; the listeners whose class is smaller than ``k`` are left out.

    Parameters
    ----------
    listeners, events : pandas.DataFrame
    k : int
        At least 1.

    Returns
    -------
    pandas.DataFrame
        ``age_band`` and ``region`` (published?), ``activity`` (unit), ``suppressed`` (share of
        listeners), ``classes`` (classes left) and ``bits``: what the published columns still
        tell of a listener, :math:`-\\sum_c p_c \\log_2 p_c` over the classes left, in bits.
        Those that suppress at most 5 % come first, by bits; the others by what they suppress.
    """
    if k < 1:
        raise ParameterError(f"k is {k}: a class has at least 1 listener")
    # what a log does not know of anybody can't be published
    ways = [
        (True, False) if listeners[name].notna().any() else (False,)
        for name in ("age_band", "region")
    ]
    rows = []
    for unit in units:
        frame = quasi_identifiers(listeners, events, unit)
        for age, region in product(*ways):
            columns = ["age_band"] * age + ["region"] * region
            columns += ["first", "last"] * (unit != "all")
            size = class_sizes(frame, columns)
            kept = size[size >= k]
            share = kept / max(len(kept), 1)
            rows.append(
                {
                    "age_band": age,
                    "region": region,
                    "activity": unit,
                    "suppressed": 1 - len(kept) / max(len(frame), 1),
                    "classes": round(float((1 / kept).sum())),
                    "bits": float(abs(np.log2(share).mean())) if len(kept) else 0.0,
                }
            )
    table = pd.DataFrame(rows)
    excess = table["suppressed"].where(table["suppressed"] > 0.05, 0.0)
    order = np.lexsort((-table["bits"], excess))
    return table.iloc[order].reset_index(drop=True)


def uniqueness(
    events: pd.DataFrame,
    known: Sequence[int] = (1, 2, 3, 4),
    unit: str = "exact",
    seed: int = 0,
) -> pd.DataFrame:
    """Which listeners a few known events single out.

    For each listener, some of their events (piece and coarsened time) are drawn; the
    listener is singled out if nobody else has all of them.

    Parameters
    ----------
    events : pandas.DataFrame
    known : sequence of int
        Numbers of known events.
    unit : str
        Coarseness of the time that is known; "all" for the piece alone.
    seed : int
        The draw; a listener's first event is drawn first, so more is known of the same.

    Returns
    -------
    pandas.DataFrame
        ``known``, ``listener``, ``others`` (other listeners who have the same events) for
        each listener with at least that many different events.

    Examples
    --------
    >>> events = pd.DataFrame({"listener": ["a", "a", "b"], "piece": ["x", "y", "x"],
    ...     "time": pd.to_datetime(["2025-01-01"] * 3, utc=True)})
    >>> uniqueness(events, known=[2], unit="all").values.tolist()
    [[2, 'a', 0]]
    """
    if events.empty:
        return pd.DataFrame({"known": [], "listener": [], "others": []})
    person, people = pd.factorize(events["listener"], sort=True)
    piece, pieces = pd.factorize(events["piece"], sort=True)
    moment, _ = pd.factorize(coarsen(events["time"], unit), sort=True)
    item = np.unique(moment.astype(np.int64) * len(pieces) + piece, return_inverse=True)[1]
    person, item = np.divmod(np.unique(person * (item.max() + 1) + item), item.max() + 1)
    by_item = np.argsort(item, kind="stable")
    holders, first = person[by_item], np.searchsorted(item[by_item], np.arange(item.max() + 2))
    drawn = np.random.default_rng(seed).random(len(person))
    order = np.lexsort((drawn, person))
    place = np.arange(len(person)) - np.searchsorted(person, np.arange(len(people)))[person]
    parts = []
    for count in known:
        enough = np.bincount(person, minlength=len(people)) >= count
        mine = order[(place < count) & enough[person]]
        start, size = first[item[mine]], first[item[mine] + 1] - first[item[mine]]
        at = np.arange(size.sum()) + np.repeat(start - np.cumsum(size) + size, size)
        meeting = np.repeat(person[mine], size) * len(people) + holders[at]
        pair, times = np.unique(meeting, return_counts=True)
        same = np.bincount(pair[times == count] // len(people), minlength=len(people))
        parts.append(
            pd.DataFrame({"known": count, "listener": people[enough], "others": same[enough] - 1})
        )
    return pd.concat(parts, ignore_index=True)


def cosines(before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    """How far the vector of each listener has turned.

    Parameters
    ----------
    before, after : pandas.DataFrame
        A row per listener (the index), the same columns; numbers only.

    Returns
    -------
    pandas.Series
        Cosine, -1..1, of the listeners in both; NaN where a vector is zero throughout.

    Examples
    --------
    >>> one = pd.DataFrame({"x": [1.0], "y": [1.0]}, index=["a"])
    >>> cosines(one, one.assign(y=0.0)).round(3).tolist()
    [0.707]
    """
    both = before.index.intersection(after.index)
    one, two = before.loc[both].to_numpy(float), after.loc[both, before.columns].to_numpy(float)
    size = np.sqrt((one**2).sum(axis=1) * (two**2).sum(axis=1))
    product_sum = (one * two).sum(axis=1)
    return pd.Series(np.where(size > 0, product_sum / np.where(size > 0, size, 1), np.nan), both)


def audit(checks: Sequence[tuple[str, tuple[float, float, float], int, float]]) -> pd.DataFrame:
    """The table ``privacy_audit`` from what was measured.

    Parameters
    ----------
    checks : sequence of (check, (value, low, high), n, limit)
        The verdict is "ok" up to the limit and "risk" above; "measured" if the limit is NaN.

    Examples
    --------
    >>> audit([("in a class below 5", (0.2, 0.1, 0.3), 50, 0.05)])["verdict"].tolist()
    ['risk']
    """
    rows = []
    for check, (value, low, high), n, limit in checks:
        verdict = "measured" if np.isnan(limit) else "ok" if value <= limit else "risk"
        rows.append((check, value, low, high, n, verdict))
    return pd.DataFrame(rows, columns=["check", "value", "low", "high", "n", "verdict"])
