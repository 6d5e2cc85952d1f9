"""Reading one's own listening log: CSV, TSV, JSON lines or Parquet.

Goal: every row of the file ends either in ``events`` or in ``refused``, with the row, the
column and the reason, and a report says how many of each. A file that cannot be read at all is
an error.

Conventions
-----------
* The format follows the file's suffix: ``.csv``, ``.tsv``, ``.jsonl`` or ``.ndjson``,
  ``.parquet``. What a row is, and the encodings: :mod:`ricercar.listening.log_text`; times and
  the other fields: :mod:`ricercar.listening.log_fields`; what is told of them:
  :mod:`ricercar.listening.log_report`.
* ``row`` is the line in a text file (the header is line 1), else the row counted from 1.
* Times may be absent from a log altogether: ``time`` is then NaT in every event
  (:mod:`ricercar.listening.timed`) and the report says so. A column that is there must have a
  time in every row. Nothing is heard in the future: a time more than a day after the present is
  refused.
* ``value``: fraction heard in [0, 1] for play and skip, 1 for favourite, 1 to 5 for rating.
  A row that stands for several plays (``count``) has the sum of their fractions: 12 plays in
  full are 12.
* A row refused for several reasons is listed once, with the first in the order of
  :data:`FIELDS`; a row that says the same as an earlier one is refused. Only where a log has
  neither times nor counts is a repeated play or skip one more hearing, and counted as such.
"""

import difflib
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.listening import log_fields, log_rows, log_times
from ricercar.listening.log_report import ImportedLog
from ricercar.listening.log_rows import SUFFIXES, Rows
from ricercar.listening.log_text import NOT_TEXT
from ricercar.listening.timed import no_times
from ricercar.tables import EVENT_KINDS

__all__ = ["FIELDS", "SUFFIXES", "ImportedLog", "check_options", "read_log"]

FIELDS = ("listener", "piece", "time", "kind", "value")
_COLUMNS = (*FIELDS, "count")
_REQUIRED = ("listener", "piece")
_MAPPINGS = ("kinds", "scale")
_REFUSED = ("file", "row", "column", "reason", "fault")


def read_log(
    path: str | Path,
    columns: Mapping[str, str] | None = None,
    *,
    kind: str = "play",
    kinds: Mapping[str, str] | None = None,
    scale: Mapping[str, float] | None = None,
    time_format: str | None = None,
    timezone: str = "UTC",
    encoding: str | None = None,
    quote: str = '"',
    delimiter: str = "",
    now: str | pd.Timestamp | None = None,
) -> ImportedLog:
    """Read a listening log.

    Parameters
    ----------
    path : str or Path
    columns : mapping of str to str, optional
        Column of the file for each of ``listener``, ``piece``, ``time``, ``kind``, ``value``
        and ``count`` (of plays); a field that is not named has a column of its own name. A
        column that is named must be there; of the others, all but the first two may be absent.
    kind : str
        Kind of all events where the file has no column for it.
    kinds : mapping of str to str, optional
        The file's words for the kinds: ``{"like": "favourite"}``. Without regard to case.
    scale : mapping of str to float, optional
        Factor that brings a kind's values to the conventions: ``{"rating": 0.5}`` for ten stars.
    time_format : str, optional
        As for ``strptime``, where times are neither ISO 8601 nor numbers.
    timezone : str
        Zone of times that name none. Of an hour that the clocks there go through twice, the first
        is taken, and counted; one that they leave out is refused.
    encoding : str, optional
        Of a text file that is neither UTF-8 nor begins with a byte order mark: ``cp1252``.
    quote : str
        Quotation mark of CSV and TSV; empty where quotation marks are plain letters.
    delimiter : str
        Character between the fields of a table in text, whatever its suffix: ``";"``. Empty: as
        the suffix says, or what the header shows, which the report then tells.
    now : str or Timestamp, optional
        The present, in UTC unless it has a zone; None: what the clock says.

    Returns
    -------
    ImportedLog

    Raises
    ------
    ParameterError
        For an unknown field, kind, time zone or encoding, or a delimiter or a present that cannot
        be one.
    ReadError
        If the file is not there, has an unknown suffix, lacks a column or has it twice.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "log.csv"
    >>> _ = path.write_text("user,track,when\\nu1,a,2026-01-01T10:00:00Z\\nu1,,1767261600\\n")
    >>> log = read_log(path, {"listener": "user", "piece": "track", "time": "when"})
    >>> log.events[["piece", "kind", "value"]].to_numpy().tolist()
    [['a', 'play', 1.0]]
    >>> log.refused[["row", "column", "reason"]].to_numpy().tolist()
    [[3, 'track', 'is empty']]

    Play counts without times:

    >>> _ = path.write_text("user,track,plays\\nu1,a,12\\n")
    >>> log = read_log(path, {"listener": "user", "piece": "track", "count": "plays"})
    >>> log.events["value"].tolist(), log.timed
    ([12.0], False)
    """
    path = Path(path)
    wanted = _wanted(columns or {})
    words = {word: word for word in EVENT_KINDS} | {
        word.strip().lower(): meant for word, meant in (kinds or {}).items()
    }
    for meant in (kind, *words.values(), *(scale or {})):
        if meant not in EVENT_KINDS:
            raise ParameterError(f"unknown kind {meant!r}; known: {', '.join(EVENT_KINDS)}")

    required = tuple(f for f in wanted if f in _REQUIRED or f in (columns or {}))
    read = log_rows.read(path, wanted, required, encoding, quote, delimiter)
    raw = read.fields
    events, faults = pd.DataFrame(index=raw.index), {}
    twice = np.zeros(len(raw), dtype=bool)
    for field in ("listener", "piece"):
        events[field], faults[field] = log_fields.ids(raw[field])
    timed, counted = (wanted[field] in read.columns for field in ("time", "count"))
    if timed:
        events["time"], faults["time"], twice = log_times.times(
            raw["time"], time_format, timezone, _present(now)
        )
    else:
        events["time"] = no_times(raw.index)
    events["kind"], faults["kind"] = log_fields.kinds(raw["kind"], kind, words)
    events["value"], faults["value"] = log_fields.values(raw["value"], events["kind"], scale or {})
    count, faults["count"] = log_fields.counts(raw["count"], events["kind"])
    events["value"] *= count

    good, parts = np.ones(len(raw), dtype=bool), [read.broken]
    for field, fault in faults.items():
        at = np.flatnonzero(good & (fault.code != 0))
        parts.append(_refused(raw, at, wanted[field], fault.reasons(at), fault.names(at)))
        good[at] = False
    repeated = events[good].duplicated().to_numpy()
    if not timed and not counted:
        hearings = events.loc[good, "kind"].isin(["play", "skip"]).to_numpy()
        repeated = repeated & ~hearings
    again = np.flatnonzero(good)[repeated]
    repeats = ["repeats an earlier row"] * len(again)
    parts.append(_refused(raw, again, "", repeats, repeats))
    good[again] = False
    refused = pd.concat(parts).sort_values("row", kind="stable", ignore_index=True)
    refused.insert(0, "file", str(path))
    kept = events[good].sort_values(["time", "listener", "piece", "kind"], kind="stable")
    return ImportedLog(
        kept[list(FIELDS)].reset_index(drop=True),
        refused[list(_REFUSED)],
        len(raw) + len(read.broken),
        read.columns,
        int((twice & good).sum()),
        _remarks(read, encoding, faults.get("time"), time_format, events[good]),
    )


def check_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Further arguments of :func:`read_log` by name, refused where there are no such ones.

    Parameters
    ----------
    given : mapping
        ``kind``, ``kinds``, ``scale``, ``time_format``, ``timezone``, ``encoding``, ...

    Returns
    -------
    dict

    Raises
    ------
    ParameterError
        Naming the known options, or the type that the value of one must have.

    Examples
    --------
    >>> check_options({"time_formats": "%d.%m.%Y"})
    Traceback (most recent call last):
    ricercar.errors.ParameterError: log_options has no option 'time_formats' (did you mean
    'time_format'?); known: delimiter, encoding, kind, kinds, now, quote, scale, time_format,
    timezone
    """
    known = sorted(set(inspect.signature(read_log).parameters) - {"path", "columns"})
    for name, value in given.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            raise ParameterError(
                f"log_options has no option {name!r}{hint}; known: {', '.join(known)}"
            )
        kind, words = (Mapping, "a dictionary") if name in _MAPPINGS else (str, "text")
        if not isinstance(value, kind):
            raise ParameterError(f"{name} of log_options must be {words}, not {value!r}")
    return dict(given)


def _present(now: str | pd.Timestamp | None) -> pd.Timestamp:
    """The present, in UTC."""
    if now is None:
        return pd.Timestamp.now("UTC")
    try:
        return pd.to_datetime(now, utc=True)
    except (ValueError, TypeError) as error:
        raise ParameterError(f"now {now!r} is not a time: try '2026-12-31'") from error


def _remarks(
    read: Rows,
    encoding: str | None,
    faults: log_fields.Faults | None,
    time_format: str | None,
    events: pd.DataFrame,
) -> tuple[str, ...]:
    """What was found out about the file, and what to try."""
    found = []
    if read.delimiter:
        found.append(f"The header shows that fields are separated by {read.delimiter!r}.")
    lost = int((read.broken["fault"] == NOT_TEXT).sum())
    if lost and encoding is None:
        found.append(
            f"Rows with bytes that are not UTF-8: {lost:,}. If the log comes from Excel or an old "
            "program, name its encoding, such as encoding: cp1252 (in a notebook: in log_options)."
        )
    if faults is not None and events.empty:
        found += log_times.no_time_at_all(faults, time_format)
    return tuple(found)


def _refused(
    raw: pd.DataFrame, at: np.ndarray, column: str, reasons: list[str], names: list[str]
) -> pd.DataFrame:
    """Rows of the table of refused rows."""
    return pd.DataFrame(
        {
            "row": raw["row"].to_numpy("int64")[at],
            "column": column,
            "reason": pd.Series(reasons, dtype=object),
            "fault": pd.Series(names, dtype=object),
        }
    )


def _wanted(columns: Mapping[str, str]) -> dict[str, str]:
    """Column of the file for each field."""
    unknown = sorted(set(columns) - set(_COLUMNS))
    if unknown:
        raise ParameterError(f"columns names {unknown[0]!r}; known fields: {', '.join(_COLUMNS)}")
    return {field: columns.get(field, field) for field in _COLUMNS}
