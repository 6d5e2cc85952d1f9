"""Tables of a log's rows to pairs of codes, several tables at a time.

Conventions
-----------
* A pair is one 64-bit number, see :mod:`ricercar.listening.pair_counts`.
* Weights are whole numbers: plays, or, of rows that age, units of :data:`UNIT`.
* A row that cannot be taken is counted under the first reason that holds.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from ricercar.errors import ReadError
from ricercar.listening import log_batches
from ricercar.listening.log_fields import counts
from ricercar.listening.log_times import AHEAD, EARLIEST, LATEST, times
from ricercar.listening.pair_counts import FAULTS, Names

T = TypeVar("T")

#: a weight of 1 in whole units
UNIT = 2**40
_NO_TIME = np.iinfo(np.int64).min


def in_parallel(
    work: Callable[[pa.Table], T], tables: Iterable[Callable[[], pa.Table]], threads: int
) -> Iterator[T]:
    """What the work makes of each table, a few tables at a time."""
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[T]] = deque()
        for table in tables:
            ahead.append(pool.submit(_done, work, table))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _done(work: Callable[[pa.Table], T], table: Callable[[], pa.Table]) -> T:
    return work(table())


def _micro(column: pa.ChunkedArray) -> np.ndarray:
    """Times as microseconds since 1970, :data:`_NO_TIME` where there is none or none in range."""
    if pa.types.is_timestamp(column.type):
        whole = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64())
        micro = whole.fill_null(_NO_TIME).to_numpy()
    else:
        time, _, _ = times(column.to_pandas(), None, "UTC")
        micro = time.astype("int64").where(time.notna(), _NO_TIME).to_numpy()
    outside = (micro < EARLIEST.value // 1000) | (micro >= LATEST.value // 1000)
    return np.where(outside, _NO_TIME, micro)


def _plays(column: pa.ChunkedArray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """How many plays each row stands for, and where which fault holds."""
    given = column.to_pandas().astype(object)
    count, faults = counts(given, pd.Series("play", given.index))
    bad = np.unique(faults.code[faults.code > 0])
    return count.to_numpy(), {
        faults.names(np.flatnonzero(faults.code == code)[:1])[0]: faults.code == code
        for code in bad
    }


def last(
    paths: list[Path],
    wanted: dict[str, str],
    limit: int,
    threads: int,
    header: Sequence[str] | None,
) -> pd.Timestamp:
    """The latest time in a log that is not in the future; :class:`ReadError` if it has none."""
    present = (pd.Timestamp.now("UTC") + AHEAD).value // 1000

    def latest_of(table: pa.Table) -> int:
        micro = _micro(table["time"])
        return int(micro[micro <= present].max(initial=_NO_TIME))

    with log_batches.read(paths, wanted, limit // 2, threads, header) as batches:
        latest = max(in_parallel(latest_of, batches.tables, threads), default=_NO_TIME)
    if latest == _NO_TIME:
        raise ReadError(f"{paths[0]}: has no time in column {wanted['time']!r}")
    return pd.Timestamp(latest, unit="us", tz="UTC")


class Coder:
    """Makes pairs of codes out of tables and counts what it cannot take; threads may share it.

    Parameters
    ----------
    least : mapping of str to float
        Rows with less in a column are left out.
    half_life_days : float or None
        Age at which a row counts half.
    now : Timestamp or None
        From which age is counted; later rows are refused.
    """

    def __init__(
        self, least: Mapping[str, float], half_life_days: float | None, now: pd.Timestamp | None
    ) -> None:
        self.listeners, self.pieces = Names(), Names()
        self.refused: Counter[str] = Counter()
        self.rows = self.left_out = 0
        self._least = least
        self._half_life = half_life_days
        self._now = None if now is None else now.value // 1000
        self._lock = threading.Lock()

    def pairs(self, table: pa.Table) -> tuple[np.ndarray, np.ndarray | None]:
        """Pairs of a table's rows: sorted, or in any order and with their weights.

        Parameters
        ----------
        table : pyarrow.Table
            Columns ``listener``, ``piece``, and as they are there ``time``, ``count`` and
            ``least:<column>``.

        Returns
        -------
        pairs : ndarray of int64
        weights : ndarray of int64 or None
            Plays, or units of age; None: each row counts 1.
        """
        refused: Counter[str] = Counter()
        kept = np.ones(len(table), dtype=bool)

        def refuse(holds: np.ndarray, reason: str) -> None:
            if number := int((kept & holds).sum()):
                refused[reason] += number
                kept[holds] = False

        codes = {}
        for field, names in (("listener", self.listeners), ("piece", self.pieces)):
            codes[field] = names.codes(table[field])
            if codes[field].min(initial=0) < 0:
                for code, fault in FAULTS.items():
                    refuse(codes[field] == code, f"{field} {fault}")
        if "time" in table.column_names:
            micro = _micro(table["time"])
            refuse(micro == _NO_TIME, "time is empty, no time, or not of 1990 to 2099")
            if self._now is not None:
                refuse(micro > self._now, "time is later than now")
        plays = None
        if "count" in table.column_names:
            plays, faults = _plays(table["count"])
            for fault, holds in faults.items():
                refuse(holds, f"count {fault}")
        left_out = 0
        for column, lowest in self._least.items():
            value = pd.to_numeric(table[f"least:{column}"].to_pandas(), errors="coerce").to_numpy()
            refuse(np.isnan(value), f"{column} is not a number")
            below = kept & (value < lowest)
            left_out += int(below.sum())
            kept &= ~below
        pairs = codes["listener"].astype(np.int64)
        pairs <<= 32
        pairs |= codes["piece"]
        if not kept.all():
            pairs = pairs[kept]
        with self._lock:
            self.rows += len(table)
            self.left_out += left_out
            self.refused += refused
        if plays is not None:
            return pairs, plays[kept].astype(np.int64)
        if self._half_life is None or self._now is None:
            pairs.sort()
            return pairs, None
        days = (self._now - micro[kept]) / 86_400e6
        return pairs, np.rint(np.exp2(-days / self._half_life) * UNIT).astype(np.int64)
