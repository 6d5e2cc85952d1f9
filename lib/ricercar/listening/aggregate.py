"""From a log that need not fit into memory to counts per listener and piece.

Goal: one pass over files of any size; what is held at one time are a few batches of rows, the
names, and the pairs of listener and piece that occur. Rows that cannot be taken are counted by
reason; :func:`ricercar.listening.imports.read_log` lists them one by one.

Conventions
-----------
* Files are Parquet, CSV, TSV or JSON lines by their suffix, all with the same columns. A column
  of JSON may be inside others: ``track_metadata.artist_name``.
* An entry counts rows, each as 1; or as the plays that a row says it stands for (``count``); or,
  with a half-life :math:`h`, as :math:`2^{-a/h}` for a row that is :math:`a` days older than
  ``now``. Rows that repeat others are counted like these.
* A log need not have times: they are looked at only where their column is named.
* Rows and columns of the matrix are in the order of their names; ids that Parquet stores as
  numbers in the order of these numbers.
* The same bits come out whatever the number of threads and the order of the rows: sums are of
  whole numbers, weights in units of :data:`.log_pairs.UNIT`.

How it works
------------
DuckDB reads text within its share of the memory limit and spills to disk. Parquet keeps a
dictionary of the strings in each group of rows; it is read as codes into that dictionary, so
that a name is looked up once per group and not once per row. Codes of a listener and a piece
make one 64-bit number, and counting is sorting these.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import sparse

from ricercar.errors import ParameterError, ReadError
from ricercar.listening import log_batches
from ricercar.listening.log_pairs import UNIT, Coder, in_parallel, last
from ricercar.listening.matrix import Interactions
from ricercar.listening.pair_counts import Names, PairCounts

_FIELDS = ("listener", "piece", "time", "count")
_SMALLEST = 64_000_000  # what DuckDB cannot do without
_SIZES = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@dataclass(frozen=True)
class Aggregated:
    """Counts per listener and piece.

    Attributes
    ----------
    interactions : Interactions
    rows : int
        Rows of the files.
    refused : DataFrame
        Columns ``reason`` and ``rows``, the most frequent first.
    left_out : int
        Rows below ``least``; they are neither counted nor refused.
    """

    interactions: Interactions
    rows: int
    refused: pd.DataFrame
    left_out: int


def counts(
    files: Path | str | Sequence[Path | str],
    columns: Mapping[str, str] | None = None,
    *,
    memory_limit: str = "2GB",
    threads: int = 2,
    least_per_listener: int = 1,
    least_per_piece: int = 1,
    half_life_days: float | None = None,
    now: pd.Timestamp | None = None,
    least: Mapping[str, float] | None = None,
    header: Sequence[str] | None = None,
) -> Aggregated:
    """Count a log.

    Parameters
    ----------
    files : path or sequence of paths
        All of one format.
    columns : mapping of str to str, optional
        Column of the files for ``listener`` and ``piece``, by default of these names, and for
        ``time`` and ``count`` (of plays), which are looked at only if they are named. Rows whose
        time or count cannot be read are refused; an empty count is 1.
    memory_limit : str
        ``"500MB"``, ``"2GB"``: half for DuckDB, half for pairs, of which each different one
        takes 40 bytes. Python itself and the names come on top.
    threads : int
    least_per_listener, least_per_piece : int
        Listeners who met fewer different pieces, and pieces that fewer listeners met, are left
        out; both are counted once, over the whole log.
    half_life_days : float, optional
        Age at which a row counts half; needs ``time``, and rows that are one play each.
    now : Timestamp, optional
        Age is counted from here, later rows are refused; by default the last row.
    least : mapping of str to float, optional
        Rows with less in a column are left out: ``{"played_ratio_pct": 50}``.
    header : sequence of str, optional
        Columns of CSV or TSV files that have no header and in which quotation marks are letters.

    Returns
    -------
    Aggregated

    Raises
    ------
    ParameterError
        If a parameter is out of range, or the pairs do not fit into the memory limit.
    ReadError
        If a file cannot be read or lacks a column, or nothing is left.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "log.csv"
    >>> _ = path.write_text("listener,piece\\nl,b\\nk,a\\nl,b\\n,a\\n")
    >>> found = counts(path)
    >>> found.interactions.matrix.toarray().tolist()
    [[1.0, 0.0], [0.0, 2.0]]
    >>> found.refused.to_numpy().tolist()
    [['listener is empty', 1]]
    """
    paths = [Path(files)] if isinstance(files, (str, Path)) else [*map(Path, files)]
    wanted = {"listener": "listener", "piece": "piece", **(columns or {})}
    unknown = sorted(set(wanted) - set(_FIELDS))
    if unknown:
        raise ParameterError(f"columns names {unknown[0]!r}; known: {', '.join(_FIELDS)}")
    if half_life_days is not None and not half_life_days > 0:
        raise ParameterError(f"half_life_days is {half_life_days}: it must be positive, or None")
    if half_life_days is not None and "time" not in wanted:
        raise ParameterError(
            "half_life_days needs the column for time in columns; set it to None if the log has "
            "no times"
        )
    if half_life_days is not None and "count" in wanted:
        raise ParameterError(
            "half_life_days needs rows that are one play each: several plays have no one age. Set "
            "it to None or leave count out of columns"
        )
    if min(threads, least_per_listener, least_per_piece) < 1:
        raise ParameterError("threads and the least numbers of rows must be at least 1")
    limit = _bytes(memory_limit)
    wanted |= {f"least:{column}": column for column in least or {}}
    if half_life_days is not None and now is None:
        now = last(paths, {"time": wanted["time"]}, limit, threads, header)

    coder = Coder(least or {}, half_life_days, now)
    pairs = PairCounts(limit // 2, threads)
    with log_batches.read(paths, wanted, limit // 2, threads, header) as batches:
        for found, weights in in_parallel(coder.pairs, batches.tables, threads):
            pairs.add(found, weights)
        coder.rows += batches.broken.total()
        coder.refused += batches.broken
    unit = 1 if half_life_days is None else UNIT
    names = coder.listeners, coder.pieces
    made = _matrix(*pairs.result(), names, unit, (least_per_listener, least_per_piece))
    if not made.matrix.nnz:
        raise ReadError(
            f"{paths[0]}: of {coder.rows:,} rows none is left to be counted; refused: "
            f"{dict(coder.refused)}"
        )
    ordered = sorted(coder.refused.items(), key=lambda item: (-item[1], item[0]))
    table = pd.DataFrame(ordered, columns=["reason", "rows"])
    return Aggregated(made, coder.rows, table, coder.left_out)


def _bytes(memory_limit: str) -> int:
    """Bytes of ``"2GB"``."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]B)\s*", memory_limit.upper())
    if not found or float(found[1]) * _SIZES[found[2]] < 2 * _SMALLEST:
        raise ParameterError(
            f"memory_limit is {memory_limit!r}: it must be a size such as '500MB' or '2GB', and "
            f"at least {2 * _SMALLEST // 10**6}MB"
        )
    return int(float(found[1]) * _SIZES[found[2]])


def _matrix(
    pairs: np.ndarray,
    sums: np.ndarray,
    names: tuple[Names, Names],
    unit: int,
    least: tuple[int, int],
) -> Interactions:
    """Sums with names, those with too few rows left out."""
    kept = np.ones(len(pairs), dtype=bool)
    axes, places = [], []
    for of, code, lowest in zip(names, (pairs >> 32, pairs & (2**32 - 1)), least, strict=True):
        order = of.order()
        order = order[np.bincount(code, minlength=len(order))[order] >= lowest]
        place = np.full(len(of.known), -1, dtype=np.int32)
        place[order] = np.arange(len(order))
        places.append(place[code])
        kept &= places[-1] >= 0
        text = of.known.take(pa.array(order)).cast(pa.string())
        axes.append(pd.Index(pd.array(text, dtype="str")))
    if not kept.all():
        sums, *places = (values[kept] for values in (sums, *places))
    shape = (len(axes[0]), len(axes[1]))
    matrix = sparse.coo_array((sums / unit, tuple(places)), shape=shape).tocsr()
    matrix.sort_indices()
    return Interactions(matrix, axes[0].rename("listener"), axes[1].rename("piece"))
