"""Events with times and without.

Goal: what needs times says so and what to do instead; nothing takes a made-up time for one.

Conventions
-----------
* A log has times for all its events or for none. Without them ``time`` is NaT in every row.
* A run's table ``events`` always has times: notebook 01 lets no other log in. Logs and public
  data without times are compared in notebook 07, which does not keep their events.
"""

import pandas as pd

from ricercar.errors import ParameterError


def no_times(index: pd.Index) -> pd.Series:
    """Missing times.

    Parameters
    ----------
    index : pandas.Index

    Returns
    -------
    Series of datetime64[us, UTC], all NaT

    Examples
    --------
    >>> no_times(pd.RangeIndex(2)).isna().tolist()
    [True, True]
    """
    return pd.Series(pd.NaT, index, dtype=pd.DatetimeTZDtype("us", "UTC"))


def has_times(events: pd.DataFrame) -> bool:
    """Whether every event has a time; a table without events lacks none.

    Examples
    --------
    >>> has_times(pd.DataFrame({"time": no_times(pd.RangeIndex(1))}))
    False
    """
    return not events["time"].isna().any()


def require_times(events: pd.DataFrame, what: str, instead: str) -> None:
    """Refuse to go on with events that have no times.

    Parameters
    ----------
    events : DataFrame
        Table ``events``.
    what : str
        What needs them.
    instead : str
        What to do about it.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> events = pd.DataFrame({"time": no_times(pd.RangeIndex(1))})
    >>> require_times(events, "a half-life", "set half_life_days to None")
    Traceback (most recent call last):
    ricercar.errors.ParameterError: a half-life needs times, which 1 of 1 events do not have: set
    half_life_days to None
    """
    if missing := int(events["time"].isna().sum()):
        raise ParameterError(
            f"{what} needs times, which {missing:,} of {len(events):,} events do not have: "
            f"{instead}"
        )
