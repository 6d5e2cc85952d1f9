"""Reading one's own listening log: CSV, TSV, JSON lines or Parquet.

Goal: every row of the file ends either in ``events`` or in ``refused``, with the row, the
column and the reason. A file that cannot be read at all is an error.

Conventions
-----------
* The format follows the file's suffix: ``.csv``, ``.tsv``, ``.jsonl`` or ``.ndjson``,
  ``.parquet``. Text is UTF-8; CSV and TSV have a header.
* ``row`` is the line in a text file (the header is line 1), else the row counted from 1.
* Times are ISO 8601, or a number since 1970 whose size tells the unit (seconds, milli-, micro-
  or nanoseconds), or follow a given format. A time without a zone is in ``timezone``.
* ``value``: fraction heard in [0, 1] for play and skip, 1 for favourite, 1 to 5 for rating.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError, ReadError
from ricercar.tables import EVENT_KINDS

FIELDS = ("listener", "piece", "time", "kind", "value")
SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
#: value of an event whose log does not give one
_DEFAULT_VALUE = {"play": 1.0, "favourite": 1.0, "skip": 0.0}
_LOWEST = {"play": 0.0, "favourite": 1.0, "rating": 1.0, "skip": 0.0}
_HIGHEST = {"play": 1.0, "favourite": 1.0, "rating": 5.0, "skip": 1.0}
_EARLIEST = pd.Timestamp("1990-01-01", tz="UTC")
_LATEST = pd.Timestamp("2100-01-01", tz="UTC")
_LONGEST_ID = 200


@dataclass(frozen=True)
class ImportedLog:
    """What a log gave.

    Attributes
    ----------
    events : DataFrame
        Table ``events``, sorted by time.
    refused : DataFrame
        Columns ``file``, ``row``, ``column`` (of the file; empty where the row as a whole is
        meant) and ``reason``, one row for each refused row of the file.
    """

    events: pd.DataFrame
    refused: pd.DataFrame


def read_log(
    path: str | Path,
    columns: Mapping[str, str] | None = None,
    *,
    kind: str = "play",
    kinds: Mapping[str, str] | None = None,
    scale: Mapping[str, float] | None = None,
    time_format: str | None = None,
    timezone: str = "UTC",
) -> ImportedLog:
    """Read a listening log.

    Parameters
    ----------
    path : str or Path
    columns : mapping of str to str, optional
        Column of the file for each of ``listener``, ``piece``, ``time``, ``kind`` and
        ``value``; a field that is not named has a column of its own name. ``kind`` and
        ``value`` may be absent from the file.
    kind : str
        Kind of all events where the file has no column for it.
    kinds : mapping of str to str, optional
        The file's words for the kinds: ``{"like": "favourite"}``. Without regard to case.
    scale : mapping of str to float, optional
        Factor that brings a kind's values to the conventions: ``{"rating": 0.5}`` for ten stars.
    time_format : str, optional
        As for ``strptime``, where times are neither ISO 8601 nor numbers.
    timezone : str
        Zone of times that name none.

    Returns
    -------
    ImportedLog

    Raises
    ------
    ParameterError
        For an unknown field or kind.
    ReadError
        If the file is not there, has an unknown suffix or lacks a column.

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
    """
    path = Path(path)
    wanted = _wanted(columns or {})
    words = {word: word for word in EVENT_KINDS} | {
        word.strip().lower(): meant for word, meant in (kinds or {}).items()
    }
    for meant in (kind, *words.values(), *(scale or {})):
        if meant not in EVENT_KINDS:
            raise ParameterError(f"unknown kind {meant!r}; known: {', '.join(EVENT_KINDS)}")
    if path.suffix.lower() not in SUFFIXES:
        raise ReadError(f"{path}: unknown kind of log; known suffixes: {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise ReadError(f"{path}: there is no such file")

    raw, broken = _read(path, wanted)
    reasons: list[tuple[pd.Series, str]] = []  # reason per row (empty: fine), and field
    events = pd.DataFrame(index=raw.index)
    for field in ("listener", "piece"):
        events[field] = _text(raw[field])
        reasons.append((_id_faults(events[field]), field))
    events["time"], faults = _times(raw["time"], time_format, timezone)
    reasons.append((faults, "time"))
    events["kind"], faults = _kinds(raw["kind"], kind, words)
    reasons.append((faults, "kind"))
    events["value"], faults = _values(raw["value"], events["kind"], scale or {})
    reasons.append((faults, "value"))

    reason, column = pd.Series("", raw.index), pd.Series("", raw.index)
    for faults, field in reasons:
        first = (reason == "") & (faults != "")
        reason[first], column[first] = faults[first], wanted[field]
    again = (reason == "") & events[reason == ""].duplicated().reindex(raw.index, fill_value=False)
    reason[again] = "repeats an earlier row"
    refused = pd.DataFrame({"row": raw["row"], "column": column, "reason": reason})[reason != ""]
    refused = pd.concat([refused, broken]).sort_values("row", kind="stable", ignore_index=True)
    refused.insert(0, "file", str(path))
    kept = events[reason == ""].sort_values(["time", "listener", "piece", "kind"], kind="stable")
    kept["time"] = kept["time"].astype(pd.DatetimeTZDtype("us", "UTC"))
    return ImportedLog(kept[list(FIELDS)].reset_index(drop=True), refused.astype({"row": "int64"}))


def _wanted(columns: Mapping[str, str]) -> dict[str, str]:
    """Column of the file for each field."""
    unknown = sorted(set(columns) - set(FIELDS))
    if unknown:
        raise ParameterError(f"columns names {unknown[0]!r}; known fields: {', '.join(FIELDS)}")
    return {field: columns.get(field, field) for field in FIELDS}


# reading rows


def _read(path: Path, wanted: dict[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Raw fields with their row (None: no such column), and the rows that are broken as a whole."""
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        try:
            table = pd.read_parquet(path)
        except (OSError, ValueError, TypeError) as error:
            raise ReadError(f"{path}: is not a readable Parquet file: {error}") from error
        _require(path, wanted, list(table.columns))
        raw = pd.DataFrame(
            {field: table.get(column) for field, column in wanted.items()},
            index=table.index,
        ).reset_index(drop=True)
        raw["row"] = np.arange(1, len(raw) + 1)
        return raw, _broken([])
    read = _delimited if suffix in (".csv", ".tsv") else _json_lines
    rows: list[list[object]] = []
    broken: list[tuple[int, str]] = []
    for number, fields in read(path, wanted):
        if isinstance(fields, str):
            broken.append((number, fields))
        elif not _is_text(fields):
            broken.append((number, "is not UTF-8"))
        else:
            rows.append([*fields, number])
    raw = pd.DataFrame(rows, columns=[*FIELDS, "row"], dtype=object)
    return raw, _broken(broken)


def _is_text(fields: list[object]) -> bool:
    """Whether all characters can be written as UTF-8."""
    try:
        "".join(map(str, fields)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _broken(rows: list[tuple[int, str]]) -> pd.DataFrame:
    """Rows refused as a whole."""
    table = pd.DataFrame(rows, columns=["row", "reason"])
    return table.assign(column="")[["row", "column", "reason"]]


def _require(path: Path, wanted: dict[str, str], present: list[str]) -> None:
    """Raise if a column that cannot be done without is absent."""
    for field in ("listener", "piece", "time"):
        if wanted[field] not in present:
            raise ReadError(
                f"{path}: has no column {wanted[field]!r} for {field}; it has "
                f"{', '.join(map(repr, present[:20]))}: name the right one in columns "
                "(in notebook 01: log_columns)"
            )


def _delimited(path: Path, wanted: dict[str, str]) -> Iterator[tuple[int, list[object] | str]]:
    """Rows of a CSV or TSV file: fields, or the reason why there are none."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        try:
            header = next(reader, [])
        except csv.Error as error:
            raise ReadError(f"{path}: the header cannot be read: {error}") from error
        _require(path, wanted, header)
        place = [header.index(c) if c in header else None for c in wanted.values()]
        while True:
            first = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield first, f"cannot be read: {error}"
                continue
            if not row:
                continue
            if len(row) != len(header):
                lines = "" if reader.line_num == first else f" (up to line {reader.line_num})"
                yield first, f"has {len(row)} fields{lines}, the header {len(header)}"
            else:
                yield first, [None if i is None else row[i] for i in place]


def _json_lines(path: Path, wanted: dict[str, str]) -> Iterator[tuple[int, list[object] | str]]:
    """Rows of a JSON lines file: fields, or the reason why there are none."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, f"is not JSON: {str(error)[:80]}"
                continue
            if not isinstance(row, dict):
                yield number, "is not a JSON object"
            elif any(isinstance(row.get(c), (dict, list)) for c in wanted.values()):
                yield number, "has an object or a list where one value is expected"
            else:
                yield number, [row.get(c) for c in wanted.values()]


# fields


def _text(values: pd.Series) -> pd.Series:
    """Values as stripped text, missing as empty."""
    return values.astype(object).where(values.notna(), "").map(str).str.strip()


def _faults(values: pd.Series, *cases: tuple[pd.Series, str]) -> pd.Series:
    """Reason per row; the first case that holds. ``{}`` in a reason is the row's value."""
    reason = np.full(len(values), "", dtype=object)
    for holds, text in cases:
        at = np.flatnonzero((reason == "") & holds.to_numpy(bool))
        reason[at] = [text.replace("{}", repr(str(values.iloc[i])[:40])) for i in at]
    return pd.Series(reason, values.index, dtype=object)


def _id_faults(ids: pd.Series) -> pd.Series:
    """Why an id cannot be taken."""
    return _faults(
        ids,
        (ids == "", "is empty"),
        (ids.str.len() > _LONGEST_ID, f"is longer than {_LONGEST_ID} characters"),
        (ids.str.contains(r"[\x00-\x1f\x7f]", regex=True), "has a control character: {}"),
    )


def _times(
    values: pd.Series, time_format: str | None, timezone: str
) -> tuple[pd.Series, pd.Series]:
    """Times in UTC (NaT where there is none), and why not."""
    text = _text(values)
    number = pd.to_numeric(text, errors="coerce").astype(float)
    number = number.where(np.isfinite(number))
    if time_format is not None or pd.api.types.is_datetime64_any_dtype(values.dtype):
        number[:] = np.nan
    size = number.abs()
    unit = np.select([size < 1e11, size < 1e14, size < 1e17], [1e6, 1e3, 1.0], 1e-3)
    micro = (number * unit).where(size < 1e20)
    time = pd.to_datetime(micro.round(), unit="us", utc=True, errors="coerce")
    words = number.isna() & (text != "")
    zoned = text.str.contains(r"[T ].*(?:Z|[+-]\d\d(?::?\d\d)?)$", regex=True, case=False)
    if time_format is not None:
        zoned[:] = "%z" in time_format
    parsed = pd.to_datetime(text[words], format=time_format or "ISO8601", utc=True, errors="coerce")
    local = parsed[~zoned].dt.tz_localize(None)
    try:
        local = local.dt.tz_localize(timezone, ambiguous="NaT", nonexistent="NaT")
    except (KeyError, ValueError) as error:
        raise ParameterError(f"timezone {timezone!r} is not known: try Europe/Rome") from error
    time = time.astype(pd.DatetimeTZDtype("us", "UTC"))
    time[parsed.index] = parsed.astype(time.dtype)
    time[local.index] = local.dt.tz_convert("UTC").astype(time.dtype)
    faults = _faults(
        text,
        (text == "", "is empty"),
        (time.isna(), "{} is not a time"),
        (time < _EARLIEST, "{} is before 1990"),
        (time >= _LATEST, "{} is after 2099"),
    )
    return time, faults


def _kinds(
    values: pd.Series, default: str, words: Mapping[str, str]
) -> tuple[pd.Series, pd.Series]:
    """Kinds, and why not."""
    text = _text(values).str.lower()
    meant = text.map(words).where(text != "", default)
    known = ", ".join(sorted(words))
    return meant, _faults(text, (meant.isna(), "{} is not a kind; known: " + known))


def _values(
    values: pd.Series, kind: pd.Series, scale: Mapping[str, float]
) -> tuple[pd.Series, pd.Series]:
    """Values by the conventions, and why not."""
    text = _text(values)
    factor, default, low, high = (
        np.array([table.get(name, absent) for name in kind], dtype=float)
        for table, absent in (
            (scale, 1.0),
            (_DEFAULT_VALUE, np.nan),
            (_LOWEST, np.nan),
            (_HIGHEST, np.nan),
        )
    )
    value = pd.to_numeric(text, errors="coerce").astype(float) * factor
    value = value.where(text != "", default)
    faults = _faults(
        text,
        (kind.isna(), ""),
        (value.isna() & (text == ""), "is empty"),
        (value.isna(), "{} is not a number"),
        ((value < low - 1e-9) | (value > high + 1e-9), "{} is out of range for its kind"),
    )
    return value, faults
