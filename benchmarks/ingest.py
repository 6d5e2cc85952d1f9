"""A large listening log into a count matrix, against pandas.

Conventions
-----------
* The log is synthetic: listeners with log-normal activity, each with a library of
  :data:`LIBRARY` pieces out of a Zipf-Mandelbrot law, out of which a Zipf law draws the plays, so
  that most plays are repeats. It is Parquet with a row group per million events, ids as text.
* Each side runs in a process of its own, in turns; seconds are those of its work, without the
  start of Python and without imports. Memory is that of the whole process at its highest.
* pandas: ``read_parquet`` of the two columns, ``groupby().size()``, the groups' codes into a
  sparse matrix. Both sides give the same matrix, which is checked by a digest.
"""

import hashlib
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks import machine
from benchmarks.setting import Findings, Setting

QUESTION = "How fast does a log of 20,000,000 events become a matrix, and in how much memory?"

SIDES = ("ours", "pandas")
IN_CHUNK = 1_000_000
LIBRARY = 200
MEMORY_LIMIT = "2GB"
ROUNDS = 7


def run(setting: Setting) -> Findings:
    """Measure."""
    found = Findings(versions=machine.versions("duckdb", "pyarrow", "scipy"))
    events = setting.pick(1_000_000, 20_000_000)
    listeners = setting.pick(5_000, 50_000)
    place = setting.work / "ingest"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    path = place / "log.parquet"
    rows = []
    try:
        write_log(path, events, listeners, pieces=2 * listeners)
        for turn in range(setting.pick(1, ROUNDS)):
            for side in SIDES if turn % 2 == 0 else SIDES[::-1]:
                outcome, result = machine.isolated(
                    f"benchmarks.ingest:{side}",
                    900.0,
                    path=str(path),
                    threads=setting.workers,
                )
                row = {"side": side, "peak GiB": outcome.peak_gib, "ended": outcome.ended, **result}
                rows.append(row)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    table = pd.DataFrame(rows)
    found.tables[f"{events:,} events"] = table.drop(columns="digest", errors="ignore")
    if (table["ended"] != "well").any():
        found.remarks.append("A side did not end well: no figures.")
        return found
    _figures(table, f"{events:,} events into a matrix", found)
    return found


def _figures(table: pd.DataFrame, work: str, found: Findings) -> None:
    middle = table.groupby("side")[["seconds", "processor seconds", "peak GiB"]].median()
    most = table.groupby("side")["peak GiB"].max()
    n = len(table) // 2
    for side, name in zip(SIDES, ("", "pandas"), strict=True):
        found.figure(f"{work}, time", name, middle.loc[side, "seconds"], "s", n=n)
        found.figure(
            f"{work}, processor time", name, middle.loc[side, "processor seconds"], "s", n=n
        )
    found.figure(f"{work}, peak memory", "", most["ours"], "GiB", n=n, at_most=4)
    found.figure(f"{work}, peak memory", "pandas", most["pandas"], "GiB", n=n)
    for column in ("seconds", "processor seconds"):
        ratio = middle.loc["pandas", column] / middle.loc["ours", column]
        target = 5.0 if column == "seconds" else None
        name = f"{work}, by {column}"
        found.figure(name, "pandas", ratio, "times faster", n=n, at_least=target)
    same = float(table["digest"].nunique() == 1)
    found.figure(f"{work}, the same matrix", "pandas", same, "share", at_least=1)


def write_log(path: Path, events: int, listeners: int, pieces: int, seed: int = 0) -> None:
    """Write a synthetic log in chunks."""
    import pyarrow as pa
    from pyarrow import parquet

    rng = np.random.default_rng(seed)
    active = np.cumsum(np.exp(rng.normal(0, 1.2, listeners)))
    popular = np.cumsum((np.arange(pieces) + 10.0) ** -0.9)
    library = _drawn(popular, rng.random((listeners, LIBRARY))).astype(np.int32)
    liked = np.cumsum((np.arange(LIBRARY) + 2.0) ** -0.8)
    names = [
        pa.array([f"{what}{k:06d}" for k in rng.permutation(count)])
        for what, count in (("listener-", listeners), ("piece/", pieces))
    ]
    writer = None
    for start in range(0, events, IN_CHUNK):
        count = min(IN_CHUNK, events - start)
        who = _drawn(active, rng.random(count))
        what = library[who, _drawn(liked, rng.random(count))]
        when = 1_700_000_000_000_000 + np.sort(rng.integers(0, 864_000 * 10**6, count))
        table = pa.table(
            {
                "listener": names[0].take(pa.array(who)),
                "piece": names[1].take(pa.array(what)),
                "time": pa.array(when + start * 864_000, pa.timestamp("us", "UTC")),
            }
        )
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def _drawn(cumulated: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Places in proportion to weights."""
    return np.searchsorted(cumulated, uniform * cumulated[-1], side="right")


def ours(path: str, threads: int) -> dict[str, Any]:
    """Count with :mod:`ricercar.listening.aggregate`."""
    from ricercar.listening import aggregate

    start, busy = time.perf_counter(), time.process_time()
    made = aggregate.counts(path, memory_limit=MEMORY_LIMIT, threads=threads).interactions
    return _told(start, busy, made.matrix, made.listeners, made.pieces)


def pandas(path: str, threads: int) -> dict[str, Any]:
    """Count with pandas, which has no threads of its own to set."""
    from scipy import sparse

    start, busy = time.perf_counter(), time.process_time()
    frame = pd.read_parquet(path, columns=["listener", "piece"])
    size = frame.groupby(["listener", "piece"], sort=True).size()
    shape = tuple(len(level) for level in size.index.levels)
    matrix = sparse.csr_array((size.to_numpy(float), tuple(size.index.codes)), shape=shape)
    return _told(start, busy, matrix, *size.index.levels)


def _told(start: float, busy: float, matrix: Any, *names: pd.Index) -> dict[str, Any]:
    """Times until now, and what came out."""
    seconds, processor = time.perf_counter() - start, time.process_time() - busy
    sha = hashlib.sha256("\n".join([*names[0], *names[1]]).encode())
    matrix.sort_indices()
    for part in (matrix.data, matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64)):
        sha.update(part.tobytes())
    return {
        "seconds": seconds,
        "processor seconds": processor,
        "pairs": int(matrix.nnz),
        "digest": sha.hexdigest(),
    }
