"""Times of a log: what was written, as moments in UTC, with the faults of each row.

Goal: whole columns at once; a time that cannot be taken says why, and none is guessed.

Conventions
-----------
* Times are ISO 8601, or a number since 1970 whose size tells the unit (seconds, milli-, micro-
  or nanoseconds), or follow a given format. A time without a zone is in ``timezone``; in an hour
  that the clocks there go through twice it is taken as the first of the two, and counted.
* A time more than :data:`AHEAD` after the present, where that is given, is refused.
"""

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.listening.log_fields import Faults, text

EARLIEST = pd.Timestamp("1990-01-01", tz="UTC")
LATEST = pd.Timestamp("2100-01-01", tz="UTC")
#: how far after the present a time may lie: for clocks that are fast, and zones that are not named
AHEAD = pd.Timedelta(days=1)
#: fault of what cannot be read as a time
NO_TIME = "is not a time"
#: formats that are proposed where a time is in none that is known
_FORMATS = (
    *(
        f"{day}{clock}"
        for clock in (" %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S", "")
        for day in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%y")
    ),
    *("%d %b %Y %H:%M", "%d %b %Y, %H:%M", "%m/%d/%Y %I:%M %p", "%a %b %d %H:%M:%S %z %Y"),
)
_ZONED = r"[T ].*(?:Z|[+-]\d\d(?::?\d\d)?)$"


def times(
    values: pd.Series,
    time_format: str | None,
    timezone: str,
    now: pd.Timestamp | None = None,
) -> tuple[pd.Series, Faults, np.ndarray]:
    """Times in UTC; NaT where there is none.

    Parameters
    ----------
    values : Series
    time_format : str or None
        As for ``strptime``; None: ISO 8601 or numbers.
    timezone : str
        Zone of times that name none.
    now : Timestamp, optional
        Times more than :data:`AHEAD` after it are refused.

    Returns
    -------
    time : Series of datetime64[us, UTC]
    faults : Faults
    twice : ndarray of bool
        Where the clocks went through the hour twice and the first was taken.

    Raises
    ------
    ParameterError
        For an unknown time zone.

    Examples
    --------
    >>> given = pd.Series(["2025-10-26 02:06", "2025-03-30 02:57", "2099-12-24"])
    >>> time, faults, twice = times(given, None, "Europe/Berlin", pd.Timestamp("2026-01-01T00Z"))
    >>> str(time[0]), twice.tolist()
    ('2025-10-26 00:06:00+00:00', [True, False, False])
    >>> for reason in faults.reasons(np.array([1, 2])):
    ...     print(reason)
    '2025-03-30 02:57' does not exist in Europe/Berlin: the clocks go forward
    '2099-12-24' lies in the future
    """
    try:
        pd.Timestamp(0, tz="UTC").tz_convert(timezone)
    except (KeyError, ValueError) as error:
        raise ParameterError(f"timezone {timezone!r} is not known: try Europe/Rome") from error
    words = text(values)
    time = pd.Series(pd.NaT, values.index, dtype=pd.DatetimeTZDtype("us", "UTC"))
    number = pd.Series(np.nan, values.index)
    if time_format is None and not pd.api.types.is_datetime64_any_dtype(values.dtype):
        number = pd.to_numeric(words, errors="coerce").astype(float)
    numeric = np.isfinite(number.to_numpy(float))
    if numeric.any():
        size = number.abs().fillna(0)
        unit = np.select([size < 1e11, size < 1e14, size < 1e17], [1e6, 1e3, 1.0], 1e-3)
        micro = (number * unit).where(size < 1e20)[numeric]
        found = pd.to_datetime(micro.round(), unit="us", utc=True, errors="coerce")
        time[numeric] = found.astype(time.dtype)
    spelt = ~numeric & (words != "").to_numpy()
    twice, never = np.zeros((2, len(words)), dtype=bool)
    if spelt.any():
        found, twice[spelt], never[spelt] = _spelt(words[spelt], time_format, timezone)
        time[spelt] = found.astype(time.dtype)
    faults = Faults(words)
    faults.add(words == "", "is empty")
    faults.add(never, f"does not exist in {timezone}: the clocks go forward", quoted=True)
    faults.add(time.isna(), NO_TIME, quoted=True)
    faults.add(time < EARLIEST, "is before 1990", quoted=True)
    faults.add(time >= LATEST, "lies in the future", quoted=True)
    if now is not None:
        faults.add(time > now + AHEAD, "lies in the future", quoted=True)
    return time, faults, twice


def _spelt(
    words: pd.Series, time_format: str | None, timezone: str
) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """Times that are written as text, and where the clocks show them twice or never."""
    if time_format is None:
        zoned = words.str.contains(_ZONED, regex=True, case=False).to_numpy(bool)
    else:
        zoned = np.full(len(words), "%z" in time_format)
    time = pd.to_datetime(words, format=time_format or "ISO8601", utc=True, errors="coerce")
    shown = time[~zoned].dt.tz_localize(None)
    first, second = (
        shown.dt.tz_localize(
            timezone, ambiguous=np.full(len(shown), earlier), nonexistent="NaT"
        ).dt.tz_convert("UTC")
        for earlier in (True, False)
    )
    twice, never = np.zeros((2, len(words)), dtype=bool)
    twice[~zoned] = first.notna() & (first != second)
    never[~zoned] = first.isna() & shown.notna()
    time[~zoned] = first.astype(time.dtype)
    return time, twice, never


def no_time_at_all(faults: Faults, time_format: str | None) -> list[str]:
    """A sentence with an example, the format in use and what to write, if any row has no time.

    Examples
    --------
    >>> _, faults, _ = times(pd.Series(["24.12.2025 18:30"]), None, "UTC")
    >>> no_time_at_all(faults, None)  # doctest: +NORMALIZE_WHITESPACE
    ["No time could be read: '24.12.2025 18:30' is not ISO 8601 (2026-01-31T18:30), nor a number
    since 1970. Write time_format: '%d.%m.%Y %H:%M' (in a notebook: in log_options)."]
    """
    words = faults.texts(NO_TIME)
    if not len(words):
        return []
    in_use = (
        "is not ISO 8601 (2026-01-31T18:30), nor a number since 1970"
        if time_format is None
        else f"is not of the format in use, {time_format!r}"
    )
    proposed = formats_of(words.drop_duplicates()[:1000])
    write = " or ".join(map(repr, proposed)) or "as for strptime, such as '%d.%m.%Y %H:%M'"
    return [
        f"No time could be read: {words.iloc[0][:40]!r} {in_use}. Write time_format: {write} "
        "(in a notebook: in log_options)."
    ]


def formats_of(words: pd.Series) -> list[str]:
    """Formats that read each of some times.

    Parameters
    ----------
    words : Series of str

    Returns
    -------
    list of str
        As for ``strptime``: none, one, or several where the times do not tell days from months.

    Examples
    --------
    >>> formats_of(pd.Series(["24.12.2025 18:30"]))
    ['%d.%m.%Y %H:%M']
    >>> formats_of(pd.Series(["3/4/2025"]))
    ['%d/%m/%Y', '%m/%d/%Y']
    """
    return [
        known
        for known in _FORMATS
        if len(words) and pd.to_datetime(words, format=known, errors="coerce").notna().all()
    ]
