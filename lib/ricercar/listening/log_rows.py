"""Rows of a log file, before anybody asks what they mean.

Goal: every row of the file comes back once, as its fields or as the reason why it has none,
and no row hides another.

Conventions
-----------
* A row of CSV, TSV and JSON lines is a line that is not empty; the header is line 1.
* CSV: a quoted field may go over several lines (at most :data:`MOST_LINES`) if these make one
  well-formed row and none of the lines in between would be a row by itself. Otherwise the line
  that opens the quotation is refused alone and reading goes on *at the next line*: a forgotten
  quotation mark costs one row.
* Text is UTF-8, or UTF-16 or UTF-32 where the file begins with such a mark, or what
  ``encoding`` says. A row with bytes that are not of the encoding is refused.
* The file is read as a whole; a log larger than memory goes through
  :mod:`ricercar.listening.aggregate`.

Source: the form of CSV is that of RFC 4180.
"""

import codecs
import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError, ReadError

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
#: lines that one row of a CSV file may take
MOST_LINES = 20
LONGEST_LINE = 1_000_000
#: byte order marks; the longer ones first, as they begin like the shorter ones
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_LOST = "\ufffd"  # what decoding puts where bytes are not text


@dataclass(frozen=True)
class Broken:
    """Why a line is no row: the fault as such, and with what is special to this line."""

    fault: str
    reason: str


@dataclass(frozen=True)
class Rows:
    """The rows of a file.

    Attributes
    ----------
    fields : DataFrame
        A column per field that was asked for (None: the file has no such column), as the file
        has them, and ``row``.
    broken : DataFrame
        Columns ``row``, ``column`` (empty), ``reason`` and ``fault``: rows without fields.
    columns : tuple of str
        All columns of the file; of JSON lines, those of any of its objects.
    """

    fields: pd.DataFrame
    broken: pd.DataFrame
    columns: tuple[str, ...]


def read(
    path: Path,
    wanted: Mapping[str, str],
    required: tuple[str, ...],
    encoding: str | None = None,
    quote: str = '"',
    delimiter: str = "",
) -> Rows:
    """Read a log's rows.

    Parameters
    ----------
    path : Path
        Its suffix, of :data:`SUFFIXES`, says the format.
    wanted : mapping of str to str
        Column of the file for each field.
    required : tuple of str
        Fields whose column has to be there.
    encoding : str, optional
        Of a text file that is neither UTF-8 nor has a mark: ``latin-1``, ``cp1252``, ...
    quote : str
        Quotation mark of CSV and TSV; empty: there are none.
    delimiter : str
        Character between the fields; the file is then read as CSV whatever its suffix. Empty: as
        the suffix says.

    Returns
    -------
    Rows

    Raises
    ------
    ParameterError
        For an unknown encoding, or a delimiter that cannot be one.
    ReadError
        If the file is not there, has an unknown suffix, lacks a column or has it twice.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "log.csv"
    >>> _ = path.write_text('who,what\\nu,"a\\nu,b\\n')
    >>> rows = read(path, {"listener": "who", "piece": "what"}, ("piece",))
    >>> rows.fields.to_numpy().tolist()
    [['u', 'b', 3]]
    >>> rows.broken[["row", "reason"]].to_numpy().tolist()
    [[2, 'has a quotation mark that is not closed']]
    """
    suffix = path.suffix.lower()
    if delimiter and (len(delimiter) != 1 or delimiter in "\r\n" or delimiter == quote):
        raise ParameterError(f"delimiter {delimiter!r} is not one character between fields")
    if not delimiter and suffix not in SUFFIXES:
        raise ReadError(
            f"{path}: unknown kind of log; known suffixes: {', '.join(SUFFIXES)}. If it is a "
            "table in text, say what stands between its fields: delimiter, for example '\\t' "
            "(in the notebooks: in log_options)"
        )
    if not path.is_file():
        raise ReadError(f"{path}: there is no such file")
    if suffix == ".parquet" and not delimiter:
        return _parquet(path, wanted, required)
    lines = _lines(path, encoding)
    columns: dict[str, None] = {}
    if delimiter := delimiter or _DELIMITERS.get(suffix, ""):
        header = _header(path, lines[0], delimiter, quote)
        _require(path, wanted, required, header)
        columns |= dict.fromkeys(header)
        found = _delimited(lines, header, list(wanted.values()), delimiter, quote)
    else:
        found = _json_lines(lines, list(wanted.values()), columns)
    rows: list[tuple[object, ...]] = []
    places: list[int] = []
    broken: list[Broken] = []
    broken_places: list[int] = []
    for place, row in found:
        if isinstance(row, Broken):
            broken.append(row)
            broken_places.append(place)
        else:
            rows.append(row)
            places.append(place)
    if columns:  # of JSON lines known only now; a file without any row lacks none
        _require(path, wanted, required, list(columns))
    values = list(zip(*rows, strict=True)) or [()] * len(wanted)
    fields = pd.DataFrame(dict(zip(wanted, map(_as_objects, values), strict=True)))
    return Rows(fields.assign(row=places), _broken(broken_places, broken), tuple(columns))


def _as_objects(values: tuple[object, ...]) -> np.ndarray:
    """An array of the values as they are; numpy would look for a common type."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _broken(places: list[int], rows: list[Broken]) -> pd.DataFrame:
    """Rows refused as a whole."""
    return pd.DataFrame(
        {
            "row": np.array(places, "int64"),
            "column": "",
            "reason": pd.Series([row.reason for row in rows], dtype=object),
            "fault": pd.Series([row.fault for row in rows], dtype=object),
        }
    )


def _require(
    path: Path, wanted: Mapping[str, str], required: tuple[str, ...], present: list[str]
) -> None:
    """Raise if a column that cannot be done without is absent, or one is there twice."""
    for field in required:
        if wanted[field] not in present:
            raise ReadError(
                f"{path}: has no column {wanted[field]!r} for {field}; it has "
                f"{', '.join(repr(name[:60]) for name in present[:20])}: name the right one in "
                "columns (in the notebooks: log_columns)"
            )
    for field, column in wanted.items():
        if present.count(column) > 1:
            raise ReadError(
                f"{path}: has the column {column!r} for {field} {present.count(column)} times: "
                "rename all but one"
            )


def _lines(path: Path, encoding: str | None) -> list[str]:
    """Lines of a text file, without their ends; what is not text becomes U+FFFD."""
    content = path.read_bytes()
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    try:
        text = content.decode(encoding or marked or "utf-8", errors="replace")
    except (LookupError, UnicodeError) as error:
        raise ParameterError(f"encoding {encoding!r} is not known: try 'latin-1'") from error
    del content
    if "\0" in text[:1000].split("\n", 1)[0]:
        raise ReadError(
            f"{path}: its first line has NUL characters, so it is not UTF-8 text: name its "
            "encoding, for example 'utf-16-le'"
        )
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")


def _checked(row: tuple[object, ...]) -> tuple[object, ...] | Broken:
    """The row, unless some of it is no text."""
    if any(isinstance(value, str) and not _is_text(value) for value in row):
        fault = "has bytes that are not text in the file's encoding"
        return Broken(fault, fault)
    return row


def _is_text(value: str) -> bool:
    """Whether nothing was lost in decoding, and no half of a surrogate pair stands alone."""
    return _LOST not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


# delimited text


def _header(path: Path, line: str, delimiter: str, quote: str) -> list[str]:
    """Names of the columns."""
    try:
        return [name.strip() for name in _fields(line, delimiter, quote)]
    except csv.Error as error:
        raise ReadError(f"{path}: the header cannot be read: {error}") from error


def _delimited(
    lines: list[str], header: list[str], columns: list[str], delimiter: str, quote: str
) -> Iterator[tuple[int, tuple[object, ...] | Broken]]:
    """Line number and fields of each row of a CSV or TSV file."""
    absent = len(header)  # where None is put for a column that is not there
    places = [header.index(name) if name in header else absent for name in columns]
    pick, width = itemgetter(*places), len(header)
    at, damaged = 1, any(_LOST in line for line in lines)
    while at < len(lines):
        line, first = lines[at], at
        at += 1
        if not line:
            continue
        if len(line) > LONGEST_LINE:
            fault = f"is longer than {LONGEST_LINE:,} characters"
            yield first + 1, Broken(fault, f"{fault}: {len(line):,}")
            continue
        if not quote or quote not in line:
            row = line.split(delimiter)
        else:
            try:
                row = _fields(line, delimiter, quote)
            except csv.Error as error:
                open_ended = line.count(quote) % 2 == 1
                joined = _joined(lines, first, width, delimiter, quote) if open_ended else None
                if joined is None:
                    fault = "has a quotation mark that is not closed"
                    yield first + 1, Broken(fault, fault) if open_ended else _unreadable(error)
                    continue
                row, at = joined
        if len(row) != width:
            fault = "has another number of fields than the header"
            yield first + 1, Broken(fault, f"has {len(row)} fields, the header {width}")
            continue
        row.append(None)  # type: ignore[arg-type]
        picked = pick(row)
        yield first + 1, _checked(picked) if damaged else picked


def _unreadable(error: csv.Error) -> Broken:
    fault = "has quotation marks inside a field"
    return Broken(fault, f"{fault}: {error}"[:120])


def _fields(text: str, delimiter: str, quote: str) -> list[str]:
    """Fields of one row; :class:`csv.Error` where its quotation marks are not in order."""
    if not quote:
        return text.split(delimiter)
    return next(csv.reader([text], delimiter=delimiter, quotechar=quote, strict=True), [])


def _joined(
    lines: list[str], first: int, width: int, delimiter: str, quote: str
) -> tuple[list[str], int] | None:
    """A row that goes on over lines, and the line after it; None: it does not."""
    for last in range(first + 1, min(first + MOST_LINES, len(lines))):
        line = lines[last]
        if line.count(quote) % 2:  # the quotation ends here
            text = "\n".join(lines[first : last + 1])
            try:
                row = _fields(text, delimiter, quote) if len(text) <= LONGEST_LINE else []
            except csv.Error:
                return None
            return (row, last + 1) if len(row) == width else None
        try:
            if len(_fields(line, delimiter, quote)) == width:
                return None
        except csv.Error:
            continue
    return None


# JSON and Parquet


def _json_lines(
    lines: list[str], columns: list[str], met: dict[str, None]
) -> Iterator[tuple[int, tuple[object, ...] | Broken]]:
    """Line number and fields of each row of a JSON lines file; ``met`` gets all names."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, Broken("is not JSON", f"is not JSON: {str(error)[:80]}")
            continue
        if not isinstance(row, dict):
            fault = "is not a JSON object"
            yield number, Broken(fault, fault)
            continue
        met.update(dict.fromkeys(row))
        picked = tuple(row.get(column) for column in columns)
        if any(isinstance(value, (dict, list)) for value in picked):
            fault = "has an object or a list where one value is expected"
            yield number, Broken(fault, fault)
        else:
            yield number, _checked(picked) if _LOST in line or "\\u" in line else picked


def _parquet(path: Path, wanted: Mapping[str, str], required: tuple[str, ...]) -> Rows:
    """Fields of each row of a Parquet file, and its number from 1."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            _require(path, wanted, required, schema.names)
            asked = [name for name in dict.fromkeys(wanted.values()) if name in schema.names]
            for name in asked:
                kind = schema.field(name).type
                if pa.types.is_nested(kind) or pa.types.is_binary(kind):
                    raise ReadError(
                        f"{path}: column {name!r} holds {kind} where one value is expected"
                    )
            table = file.read(columns=asked).to_pandas(ignore_metadata=True)
    except (OSError, ValueError, TypeError, pa.ArrowException) as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError(f"{path}: is not a readable Parquet file: {error}") from error
    fields = pd.DataFrame(
        {field: table.get(column) for field, column in wanted.items()}, index=table.index
    )
    fields["row"] = np.arange(1, len(fields) + 1)
    return Rows(fields, _broken([], []), tuple(schema.names))
