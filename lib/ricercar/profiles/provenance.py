r"""Profiles with provenance: which events weigh how much.

Goal: every number of a profile can be taken apart into the events that made it, and the parts
add up to the number.

Conventions
-----------
* With the weight :math:`w_e` of an event (:mod:`ricercar.listening.matrix`) its *share* in the
  profile is :math:`|w_e| / \sum_{e'} |w_{e'}|` over the listener's events.
* Its *part* in feature :math:`f` is
  :math:`(1 - B_{lf})\, w_e z_{if} / \sum_i |w_{li}|`, in standard deviations of the catalogue;
  the population's part is :math:`B_{lf}\, \mu_f` (:mod:`ricercar.profiles.uncertainty`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError, TableError
from ricercar.listening.matrix import event_weights
from ricercar.profiles.building import Evidence
from ricercar.profiles.uncertainty import Estimates

#: stands for the listener's population in the column ``kind`` of :func:`parts`
POPULATION = "population"


def shares(
    events: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    half_life_days: float | None = None,
    now: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """What every event weighs in the profile of its listener.

    Parameters
    ----------
    events, weights, half_life_days, now
        As in :func:`ricercar.listening.matrix.event_weights`.

    Returns
    -------
    DataFrame
        Table ``profile_events``: the events, in their order, with ``weight`` (signed) and
        ``share`` (in [0, 1]; sums to 1 for a listener, or is 0 where nothing has weight).

    Examples
    --------
    >>> events = pd.DataFrame({"listener": "l", "piece": ["a", "b"], "kind": ["play", "favourite"],
    ...     "value": [1.0, 1.0]})
    >>> shares(events)["share"].tolist()
    [0.25, 0.75]
    """
    made = events.reset_index(drop=True)
    weight = event_weights(made, weights, half_life_days, now)
    size = pd.Series(np.abs(weight))
    total = size.groupby(made["listener"]).transform("sum").to_numpy(float)
    share = np.divide(np.abs(weight), total, out=np.zeros(len(made)), where=total > 0)
    return made.assign(weight=weight, share=share)


def contributions(
    weighed: pd.DataFrame, listener: str, now: pd.Timestamp | None = None
) -> pd.DataFrame:
    """What each event of one listener weighs in the profile.

    Parameters
    ----------
    weighed : DataFrame
        From :func:`shares`.
    listener : str
    now : Timestamp, optional
        Age is counted from here; by default the last event of all.

    Returns
    -------
    DataFrame
        The listener's rows and ``age_days``, the heaviest first.

    Raises
    ------
    ParameterError
        If the listener has no events.
    """
    now = weighed["time"].max() if now is None else now
    own = _own(weighed, listener)
    own = own.assign(age_days=(now - own["time"]).dt.total_seconds() / 86_400)
    return own.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def parts(
    weighed: pd.DataFrame,
    listener: str,
    names: Sequence[str],
    pieces: pd.DataFrame,
    found: Evidence,
    made: Estimates,
) -> pd.DataFrame:
    """What each event adds to features of one listener's profile.

    Parameters
    ----------
    weighed : DataFrame
        From :func:`shares`, weighed as for ``found``.
    listener : str
    names : sequence of str
        Features.
    pieces : DataFrame
        Those of ``found``.
    found : Evidence
        From :func:`ricercar.profiles.evidence`.
    made : Estimates
        From :func:`ricercar.profiles.estimate` of ``found``.

    Returns
    -------
    DataFrame
        ``piece``, ``time``, ``kind`` and a column for each of ``names``: one row per event, in
        their order, and a last one of kind :data:`POPULATION`, without piece and time. A column
        sums to the listener's profile.

    Raises
    ------
    ParameterError
        If the listener has no events.
    TableError
        If a feature is not in the table.
    """
    absent = [name for name in names if name not in found.z.columns]
    if absent:
        raise TableError(f"features lack the column {absent[0]!r}")
    own = _own(weighed[weighed["piece"].isin(pieces["piece"])], listener)
    row, columns = found.listeners.get_loc(listener), found.z.columns.get_indexer(pd.Index(names))
    kept = made.kept[row, columns]
    total = float(np.abs(found.matrix[[row]]).sum())
    z = found.z[list(names)].to_numpy()[pd.Index(pieces["piece"]).get_indexer(own["piece"])]
    weight = own["weight"].to_numpy()[:, None]
    part = kept * weight * z / total if total > 0 else np.zeros_like(z)
    population = (1 - kept) * made.population["mean"].to_numpy()[columns]
    table = own[["piece", "time", "kind"]].reset_index(drop=True)
    table = pd.concat([table, pd.DataFrame({"kind": [POPULATION]})], ignore_index=True)
    return table.assign(**dict(zip(names, np.vstack([part, population]).T, strict=True)))


def _own(events: pd.DataFrame, listener: str) -> pd.DataFrame:
    """The events of one listener."""
    own = events[events["listener"] == listener]
    if own.empty:
        raise ParameterError(f"there are no events of {listener!r}: name a listener of the log")
    return own
