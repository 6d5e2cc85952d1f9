"""Rows of a log file, before anybody asks what they mean.

Goal: every row of the file comes back once, as its fields or as the reason why it has none,
and no row hides another.

Conventions
-----------
* A row of CSV, TSV and JSON lines is a line that is not empty; the header is line 1.
* Quotation marks, rows over several lines, and encodings: :mod:`ricercar.listening.log_text`.
* The file is read as a whole; a log larger than memory goes through
  :mod:`ricercar.listening.aggregate`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError, ReadError
from ricercar.listening.log_text import (
    Broken,
    delimited,
    delimiter_of,
    encoding_of,
    header,
    is_damaged,
    json_lines,
    lines_of,
)

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_RENAME = "name the right one in columns (in a notebook: log_columns)"


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
    delimiter : str
        What was found between the fields, where it is not what the suffix says; else empty.
    """

    fields: pd.DataFrame
    broken: pd.DataFrame
    columns: tuple[str, ...]
    delimiter: str = ""


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
        the suffix says, or as the header shows (:func:`ricercar.listening.log_text.delimiter_of`).

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
            "(in a notebook: in log_options)"
        )
    if not path.is_file():
        raise ReadError(f"{path}: there is no such file")
    if suffix == ".parquet" and not delimiter:
        return _parquet(path, wanted, required)
    lines = lines_of(path, encoding)
    columns: dict[str, None] = {}
    other = ""
    if usual := delimiter or _DELIMITERS.get(suffix, ""):
        asked = [wanted[field] for field in required]
        if not delimiter:
            delimiter = delimiter_of(lines[0], usual, quote, asked)
            other = delimiter if delimiter != usual else ""
        present = header(path, lines[0], delimiter, quote)
        _require(path, wanted, required, present, _advice(path, present, asked, encoding))
        columns |= dict.fromkeys(present)
        found = delimited(lines, present, list(wanted.values()), delimiter, quote)
    else:
        found = json_lines(lines, list(wanted.values()), columns)
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
    return Rows(fields.assign(row=places), _broken(broken_places, broken), tuple(columns), other)


def _advice(path: Path, present: list[str], asked: list[str], encoding: str | None) -> str:
    """What to do about a header that lacks a column."""
    if encoding is None and is_damaged("".join(present)):
        return (
            "the header has bytes that are not UTF-8: name the encoding of the file, such as "
            f"encoding: {encoding_of(path, asked)} (in a notebook: in log_options)"
        )
    if len(present) == 1:
        return (
            f"{_RENAME}. If these are several columns, say what stands between them: "
            'delimiter: "/" (in a notebook: in log_options)'
        )
    return _RENAME


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
    path: Path,
    wanted: Mapping[str, str],
    required: tuple[str, ...],
    present: list[str],
    advice: str = _RENAME,
) -> None:
    """Raise if a column that cannot be done without is absent, or one is there twice."""
    for field in required:
        if wanted[field] not in present:
            raise ReadError(
                f"{path}: has no column {wanted[field]!r} for {field}; it has "
                f"{', '.join(repr(name[:60]) for name in present[:20])}: {advice}"
            )
    for field, column in wanted.items():
        if present.count(column) > 1:
            raise ReadError(
                f"{path}: has the column {column!r} for {field} {present.count(column)} times: "
                "rename all but one"
            )


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
