"""A log of any size as a stream of tables.

Conventions
-----------
* All files of a log have one format. Parquet is read group by group; text by DuckDB, within a
  limit of memory, its temporary files in a folder that is removed.
* A row of text is a line that is not empty, in UTF-8. Quotation marks and what stands between
  fields are read as in :mod:`ricercar.listening.log_text`, but no row goes over several lines.
* Columns of text come as strings. A row that is broken as a whole is counted by its reason.
"""

import csv
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from ricercar import workspace
from ricercar.errors import MissingArtefactError, ReadError
from ricercar.listening.log_text import delimiter_of
from ricercar.listening.log_text import header as header_of

BATCH = 1_000_000
_JSON = (".jsonl", ".ndjson", ".json", ".listens")
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
SUFFIXES = (".parquet", *_DELIMITERS, *_JSON)
_BROKEN = {
    "MISSING COLUMNS": "has another number of fields than the header",
    "TOO MANY COLUMNS": "has a control character",
    "INVALID ENCODING": "has bytes that are not UTF-8",
    "LINE SIZE OVER MAXIMUM": "is a line that is too long",
}


@dataclass
class Batches:
    """A stream of tables.

    Attributes
    ----------
    tables : iterator of callables
        Each gives a table with the columns that were asked for; they may be called in threads.
    broken : Counter
        Rows that are no rows, by reason; complete when all tables were read.
    """

    tables: Iterator[Callable[[], pa.Table]]
    broken: Counter[str] = field(default_factory=Counter)


@contextmanager
def read(
    paths: Sequence[Path],
    wanted: Mapping[str, str],
    limit: int,
    threads: int,
    names: Sequence[str] | None = None,
) -> Iterator[Batches]:
    """Read a log.

    Parameters
    ----------
    paths : sequence of Path
    wanted : mapping of str to str
        Column of the files for each column of the tables.
    limit : int
        Bytes that DuckDB may use.
    threads : int
    names : sequence of str, optional
        Columns of a CSV or TSV without a header, in which quotation marks are letters, too.

    Raises
    ------
    ReadError
        If a file is not there, has an unknown suffix or lacks a column.
    """
    suffixes = {path.suffix.lower() for path in paths}
    if len(suffixes) != 1 or not suffixes <= set(SUFFIXES):
        raise ReadError(
            f"a log is of one kind of file, {', '.join(SUFFIXES)}: {', '.join(sorted(suffixes))}"
        )
    for path in paths:
        if not path.is_file():
            raise ReadError(f"{path}: there is no such file")
    (suffix,) = suffixes
    if suffix == ".parquet":
        rows = min(max(limit // (200 * threads), 100_000), 2 * BATCH)
        yield Batches(_parquet(paths, wanted, rows))
        return
    with _database(limit, threads) as database:
        batches = Batches(iter(()))
        if suffix in _JSON:
            batches.tables = _json_lines(database, paths, wanted, batches.broken)
        else:
            batches.tables = _delimited(database, paths, wanted, names, batches.broken)
        yield batches


def _require(path: Path, wanted: Mapping[str, str], present: Sequence[str]) -> None:
    """Raise if a column is not there once."""
    for target, column in wanted.items():
        if list(present).count(column) != 1:
            raise ReadError(
                f"{path}: has {list(present).count(column)} columns {column!r} for {target}; it "
                f"has {', '.join(map(repr, present[:20]))}: name the right one in columns"
            )


# Parquet


def _parquet(
    paths: Sequence[Path], wanted: Mapping[str, str], rows: int
) -> Iterator[Callable[[], pa.Table]]:
    """Tables of about so many rows each, strings as codes into their dictionaries."""
    columns = list(dict.fromkeys(wanted.values()))
    for path in paths:
        try:
            with parquet.ParquetFile(path) as file:
                schema, meta = file.schema_arrow, file.metadata
        except (OSError, pa.ArrowException) as error:
            raise ReadError(f"{path}: is not a readable Parquet file: {error}") from error
        _require(path, wanted, schema.names)
        texts = [c for c in columns if pa.types.is_string(schema.field(c).type)]
        sizes = [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
        if max(sizes, default=0) > 2 * rows:
            with parquet.ParquetFile(path, read_dictionary=texts, memory_map=True) as file:
                for batch in file.iter_batches(rows, columns=columns):
                    yield partial(_chosen, pa.Table.from_batches([batch]), wanted)
            continue
        for _, groups in groupby(range(len(sizes)), (np.cumsum(sizes) // rows).__getitem__):
            yield partial(_groups, path, list(groups), wanted, texts)


def _groups(path: Path, groups: list[int], wanted: Mapping[str, str], texts: list[str]) -> pa.Table:
    """The rows of some groups of a file."""
    columns = list(dict.fromkeys(wanted.values()))
    try:
        with parquet.ParquetFile(path, read_dictionary=texts, memory_map=True) as file:
            table = file.read_row_groups(groups, columns=columns, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise ReadError(f"{path}: is not a readable Parquet file: {error}") from error
    return _chosen(table, wanted)


def _chosen(table: pa.Table, wanted: Mapping[str, str]) -> pa.Table:
    return pa.table({target: table[column] for target, column in wanted.items()})


# text, through DuckDB


@contextmanager
def _database(limit: int, threads: int) -> Iterator[Any]:
    """A database in memory that spills into a folder of the workspace."""
    import duckdb

    try:
        parent = workspace.cache_folder("aggregate")
    except MissingArtefactError:  # used as a package, outside a checkout
        parent = Path(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{max(limit, 64_000_000)}B",
            "threads": str(threads),
            "temp_directory": folder,
            "preserve_insertion_order": "false",
        }
        with duckdb.connect(config=settings) as database:
            try:
                yield database
            except duckdb.Error as error:
                raise ReadError(f"the log cannot be read: {error}") from error


def _quoted(text: str) -> str:
    """A string of SQL."""
    return "'" + text.replace("'", "''") + "'"


def _same(table: pa.Table) -> pa.Table:
    return table


def _stream(database: Any, query: str) -> Iterator[pa.Table]:
    for batch in database.sql(query).to_arrow_reader(BATCH):
        yield pa.Table.from_batches([batch])


def _json_lines(
    database: Any, paths: Sequence[Path], wanted: Mapping[str, str], broken: Counter[str]
) -> Iterator[Callable[[], pa.Table]]:
    """Fields of JSON objects; a line that is no object has none."""
    fields = []
    for target, column in wanted.items():
        place = "$" + "".join(f'."{name}"' for name in column.split("."))
        fields.append(f'json ->> {_quoted(place)} AS "{target}"')
    for path in paths:
        source = f"read_json_objects({_quoted(str(path))}, format='newline_delimited', "
        source += "ignore_errors=true)"
        query = f"SELECT {', '.join(fields)}, json IS NULL AS broken FROM {source}"
        for table in _stream(database, query):
            if lost := pc.sum(table["broken"]).as_py():
                broken["is not JSON"] += lost
                table = table.filter(pc.invert(table["broken"]))
            yield partial(_same, table)


def _delimited(
    database: Any,
    paths: Sequence[Path],
    wanted: Mapping[str, str],
    names: Sequence[str] | None,
    broken: Counter[str],
) -> Iterator[Callable[[], pa.Table]]:
    """Fields of lines; DuckDB cuts them up, and those with quotation marks are parsed here.

    Read as CSV by DuckDB, a quotation mark that is not closed would hide the rest of the file.
    """
    quote = "" if names is not None else '"'
    for path in paths:
        delimiter, header = _DELIMITERS[path.suffix.lower()], list(names or ())
        if names is None:
            delimiter, header = _header(path, delimiter, list(wanted.values()))
        _require(path, wanted, header)
        fields = [
            f'CASE WHEN plain THEN parts[{header.index(column) + 1}] END AS "{target}"'
            for target, column in wanted.items()
        ]
        plain = f"len(parts) = {len(header)}" + (" AND NOT contains(line, '\"')" if quote else "")
        source = (
            f"read_csv({_quoted(str(path))}, columns={{'line': 'VARCHAR'}}, delim='\\x1f', "
            f"quote='', escape='', header=false, skip={0 if names is not None else 1}, "
            "auto_detect=false, store_rejects=true, rejects_limit=0, strict_mode=false)"
        )
        query = (
            f"SELECT {', '.join(fields)}, CASE WHEN NOT plain THEN line END AS line FROM ("
            f"SELECT line, string_split(line, {_quoted(delimiter)}) AS parts, {plain} AS plain "
            f"FROM {source} WHERE line IS NOT NULL AND line <> '')"
        )
        for table in _stream(database, query):
            yield partial(_same, _mended(table, header, wanted, delimiter, quote, broken))
        found = "SELECT error_type, count(DISTINCT (file_id, line)) FROM reject_errors GROUP BY 1"
        for kind, rows in database.execute(found).fetchall():
            broken[_BROKEN.get(str(kind), f"cannot be read: {str(kind).lower()}")] += rows
        database.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")


def _header(path: Path, usual: str, asked: Sequence[str]) -> tuple[str, list[str]]:
    """What stands between the columns, and their names."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        line = file.readline(1_000_000)
    line = line.rstrip("\r\n")
    delimiter = delimiter_of(line, usual, '"', asked)
    return delimiter, header_of(path, line, delimiter, '"')


def _mended(
    table: pa.Table,
    header: list[str],
    wanted: Mapping[str, str],
    delimiter: str,
    quote: str,
    broken: Counter[str],
) -> pa.Table:
    """The rows that are plain, and those that a look at their quotation marks gives."""
    lines = table["line"]
    plain = table.filter(lines.is_null()).drop_columns("line")
    places = [header.index(column) for column in wanted.values()]
    rows = []
    for line in lines.drop_null().to_pylist():
        try:
            row = (
                line.split(delimiter)
                if not quote
                else next(csv.reader([line], delimiter=delimiter, strict=True), [])
            )
        except csv.Error:
            broken["has quotation marks that are not in order"] += 1
            continue
        if len(row) != len(header):
            broken["has another number of fields than the header"] += 1
        else:
            rows.append([row[place] for place in places])
    if not rows:
        return plain
    found = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.concat_tables([plain, pa.table(found, names=list(wanted))])
