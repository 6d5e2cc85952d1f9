r"""Events to a listener-by-piece matrix.

Goal: one number per listener and piece that says how strongly, and in which direction, the
listener's events speak for the piece.

Conventions
-----------
Event :math:`e` of kind :math:`k` with value :math:`v` and age :math:`a` days has the weight

.. math:: w_e = w_k \; g_k(v) \; 2^{-a / h}

with half-life :math:`h` and the strength :math:`g`: fraction heard for a play, 1 for a
favourite, :math:`(v - 3) / 2` for a rating (so that 1 or 2 stars count against the piece),
and the fraction *not* heard for a skip (whose :math:`w_k` is negative). The matrix holds the
sum over a listener's events with a piece. Rows and columns are in sorted order unless an
index is given.

Source: implicit feedback as weights, Hu, Koren and Volinsky, ICDM 2008; exponential decay of
old events, Ding and Li, CIKM 2005.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from ricercar.errors import ParameterError
from ricercar.listening.timed import require_times
from ricercar.tables import EVENT_KINDS

#: weight of a kind of event
WEIGHTS: dict[str, float] = {"play": 1.0, "favourite": 3.0, "rating": 2.0, "skip": -1.0}


@dataclass(frozen=True)
class Interactions:
    """A matrix and the names of its rows and columns.

    Attributes
    ----------
    matrix : scipy.sparse.csr_array
        Shape (listeners, pieces), float64, no stored zeros.
    listeners, pieces : pandas.Index
        Names of rows and columns.
    """

    matrix: sparse.csr_array
    listeners: pd.Index
    pieces: pd.Index


def event_weights(
    events: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    half_life_days: float | None = None,
    now: pd.Timestamp | None = None,
) -> np.ndarray:
    """Weight of each event, signed.

    Parameters
    ----------
    events : DataFrame
        Table ``events``.
    weights : mapping of str to float, optional
        Weight of a kind; kinds that are left out count 0. By default :data:`WEIGHTS`.
    half_life_days : float, optional
        Age at which an event counts half; None: no decay.
    now : Timestamp, optional
        Age is counted from here; by default the last event.

    Returns
    -------
    ndarray, shape (events,)

    Raises
    ------
    ParameterError
        For an unknown kind, a half-life that is not positive, or one of events that have no
        times or are later than ``now``.

    Examples
    --------
    >>> events = pd.DataFrame({"time": pd.to_datetime(["2026-01-01", "2026-01-31"], utc=True),
    ...     "kind": ["play", "rating"], "value": [0.5, 1.0]})
    >>> event_weights(events, half_life_days=30).tolist()
    [0.25, -2.0]
    """
    weights = WEIGHTS if weights is None else weights
    unknown = sorted(set(weights) - set(EVENT_KINDS))
    if unknown:
        raise ParameterError(f"weight of unknown kind {unknown[0]!r}; known: {EVENT_KINDS}")
    if half_life_days is not None and not half_life_days > 0:
        raise ParameterError(f"half_life_days is {half_life_days}: it must be positive, or None")
    value = events["value"].to_numpy(float)
    kind = events["kind"].to_numpy(str)
    strength = np.select(
        [kind == "play", kind == "favourite", kind == "rating", kind == "skip"],
        [value, np.ones(len(value)), (value - 3) / 2, 1 - value],
        0.0,
    )
    per_kind = np.zeros(len(events))
    for name, weight in weights.items():
        per_kind[kind == name] = weight
    result = per_kind * strength
    if half_life_days is not None and len(events):
        require_times(events, "half_life_days", "set it to None, so that no event ages")
        now = events["time"].max() if now is None else now
        age = (now - events["time"]).dt.total_seconds().to_numpy() / 86_400
        if age.min() < 0:
            raise ParameterError(f"events are later than now ({now}): leave them out first")
        result = result * np.exp2(-age / half_life_days)
    return result


def interactions(
    events: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    half_life_days: float | None = None,
    now: pd.Timestamp | None = None,
    *,
    listeners: Iterable[str] | None = None,
    pieces: Iterable[str] | None = None,
) -> Interactions:
    """Sum the weights of events per listener and piece.

    Parameters
    ----------
    events, weights, half_life_days, now
        As in :func:`event_weights`.
    listeners, pieces : iterable of str, optional
        Names and order of the rows and columns, so that matrices of different events line up;
        events of others are left out. By default those that occur, sorted.

    Returns
    -------
    Interactions

    Examples
    --------
    >>> events = pd.DataFrame({"listener": ["l", "l"], "piece": ["b", "b"],
    ...     "kind": ["play", "favourite"], "value": [0.5, 1.0]})
    >>> interactions(events, pieces=["a", "b"]).matrix.toarray().tolist()
    [[0.0, 3.5]]
    """
    row_names = pd.Index(_names(events["listener"], listeners), name="listener", dtype="str")
    column_names = pd.Index(_names(events["piece"], pieces), name="piece", dtype="str")
    row = row_names.get_indexer(pd.Index(events["listener"]))
    column = column_names.get_indexer(pd.Index(events["piece"]))
    known = (row >= 0) & (column >= 0)
    value = event_weights(events, weights, half_life_days, now)[known]
    matrix = sparse.coo_array(
        (value, (row[known], column[known])), shape=(len(row_names), len(column_names))
    ).tocsr()
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return Interactions(matrix, row_names, column_names)


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Matrix product on one thread: the same bits on any number of cores.

    Examples
    --------
    >>> product(np.eye(2), np.array([[1.0], [2.0]])).tolist()
    [[1.0], [2.0]]
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        return a @ b


def met(events: pd.DataFrame, listeners: Iterable[str], pieces: Iterable[str]) -> sparse.csr_array:
    """Which pieces each listener has met, in any kind of event.

    Returns
    -------
    scipy.sparse.csr_array, shape (listeners, pieces)
        Number of events.

    Examples
    --------
    >>> events = pd.DataFrame({"listener": ["l", "l"], "piece": ["b", "b"],
    ...     "kind": ["skip", "rating"], "value": [1.0, 3.0]})
    >>> met(events, ["l"], ["a", "b"]).toarray().tolist()
    [[0.0, 2.0]]
    """
    counted = events.assign(kind="favourite", value=1.0)
    return interactions(counted, {"favourite": 1.0}, listeners=listeners, pieces=pieces).matrix


def _names(present: pd.Series, asked: Iterable[str] | None) -> list[str]:
    """The names asked for, or those that are present, sorted."""
    return sorted(present.unique()) if asked is None else list(asked)
