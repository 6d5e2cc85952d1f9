"""Time and memory as listeners, pieces and events grow, and where one machine ends.

Conventions
-----------
* Logs are synthetic, see :mod:`benchmarks.ingest`: log-normal activity, Zipf-Mandelbrot
  popularity. Along an axis one number grows and the others are held: see :data:`AXES`.
* Steps: ``ingest`` (log to matrix), then for every model ``learn``, ``list`` (20 pieces for
  every listener with something in the test part, a tenth of the pairs) and ``evaluate``
  (every metric of these lists). Ingesting is a process of its own, and so is each model; its
  seconds leave out the start and the reading, its peak memory is that of the whole process.
* A process that takes longer than the limit or wants more than :data:`SHARE` of the memory is
  ended, and larger ones are not tried.
* Growth is a power law: least squares of logarithms over the :data:`LAST` largest sizes, memory
  less what a process needs for nothing. What it says beyond the largest size is *computed*, and
  its column says so; nothing computed is a measurement. Where the largest size took less than
  :data:`TOLD` GiB more than nothing, or less than as many seconds, growth cannot be told.
"""

import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import scipy.sparse as sp
from benchmarks import ingest, machine, recommend_speed
from benchmarks.setting import Findings, Setting

from ricercar import recommend
from ricercar.assess import ranking
from ricercar.listening import aggregate

QUESTION = "How do time and memory grow with listeners, pieces and events, and where do they end?"

MODELS: dict[str, dict[str, Any]] = {
    "most_popular": {},
    "item_knn": {},
    "als": {"factors": 64},
    "gf_cf": {},
    "ease": {"single": True},
}
#: of the machine's memory, for one process
SHARE = 0.75
#: largest sizes that a power law is fitted to
LAST = 3
#: seconds that are still worth waiting for
PATIENCE = 3600.0
#: GiB, and seconds, below which noise hides growth
TOLD = 0.1
#: beyond so many the power law is not asked
FARTHEST = 1e10


@dataclass(frozen=True)
class Axis:
    """What grows, and what is held."""

    name: str
    sizes: tuple[int, ...]
    trial: tuple[int, ...]
    held: str
    models: tuple[str, ...] = tuple(MODELS)

    def world(self, size: int) -> tuple[int, int, int]:
        """Listeners, pieces and events."""
        if self.name == "listeners":
            return size, 10_000, 20 * size
        if self.name == "pieces":
            return 10_000, size, 500_000
        return 20_000, 20_000, size


AXES = (
    Axis(
        "listeners",
        (1000, 10_000, 100_000, 1_000_000),
        (300, 1500),
        "10,000 pieces, 20 events a listener",
    ),
    Axis(
        "pieces",
        (1000, 3000, 10_000, 100_000),
        (300, 1000),
        "10,000 listeners, 500,000 events",
    ),
    Axis(
        "events",
        (100_000, 1_000_000, 10_000_000),
        (10_000, 100_000),
        "20,000 listeners, 20,000 pieces",
        models=(),
    ),
)

#: what goes on where one machine ends; "not here" is what would have to be built
TAKES_OVER = {
    "ingest": "DuckDB spills what it reads to disk; the different pairs must fit into half of "
    "memory_limit, 40 bytes each; beyond: least_per_listener and least_per_piece, not here: "
    "a matrix in shards of listeners",
    "most_popular": "counts of shards add up, not here",
    "item_knn": "fewer neighbours; gf_cf does not hold pieces x pieces either; "
    "listing by shards of listeners",
    "als": "implicit on a GPU, not here; listing by shards of listeners",
    "gf_cf": "fewer factors; listing by shards of listeners",
    "ease": "memory grows with the square of the listeners or of the pieces, whichever are "
    "fewer: slim or item_knn, whose weights are sparse, or gf_cf",
}


def run(setting: Setting) -> Findings:
    """Measure."""
    found = Findings(versions=machine.versions("duckdb", "scipy", "implicit"))
    longest = setting.pick(60.0, 120.0)
    rows: list[dict[str, Any]] = []
    for axis in AXES:
        stopped: set[str] = set()
        for size in setting.pick(axis.trial, axis.sizes):
            with tempfile.TemporaryDirectory(dir=setting.work) as folder:
                rows += _at(axis, size, folder, stopped, longest, setting.workers, found)
    table = pd.DataFrame(rows)
    for axis in AXES:
        mine = table[table["axis"] == axis.name].drop(columns="axis").dropna(axis=1, how="all")
        found.tables[f"Measured: growth with {axis.name} ({axis.held})"] = mine
    ends = _ends(table, psutil.virtual_memory().total / machine.GIB)
    found.tables["Where one machine ends: computed from the power laws above"] = ends
    over = ends.groupby("step", sort=False).size().index
    takes = pd.DataFrame({"step": over, "what takes over": [TAKES_OVER[step] for step in over]})
    found.tables["What takes over"] = takes
    _figures(ends, found)
    found.remarks += [
        "Blocks of listeners are worked on by threads of one process. A trained model can be "
        "sent to other processes or machines (joblib, with its Dask backend) and asked for "
        "lists of a shard of the listeners: lists do not depend on each other. Evaluation "
        "itself does not do so.",
    ]
    return found


def _at(
    axis: Axis,
    size: int,
    folder: str,
    stopped: set[str],
    longest: float,
    threads: int,
    found: Findings,
) -> list[dict[str, Any]]:
    """All steps at one size, each in a process of its own."""
    listeners, pieces, events = axis.world(size)
    if "ingest" in stopped:
        return []
    written, _ = machine.isolated(
        "benchmarks.listening_growth:write",
        900.0,
        folder=folder,
        events=events,
        listeners=listeners,
        pieces=pieces,
    )
    if written.ended != "well":
        stopped.add("ingest")
        found.remarks.append(
            f"{axis.name} {size:,}: the log was not written: {written.said[-200:]}"
        )
        return []
    rows = []
    for step in ("ingest", *axis.models):
        if step in stopped:
            continue
        arguments: dict[str, Any] = {"folder": folder}
        if step == "ingest":
            arguments["threads"] = threads
        else:
            arguments["model"] = step
        name = "ingested" if step == "ingest" else "learnt"
        outcome, told = machine.isolated(
            f"benchmarks.listening_growth:{name}", longest, **arguments
        )
        row = {"axis": axis.name, "step": step, axis.name: size, **told}
        rows.append({**row, "peak GiB": outcome.peak_gib, "ended": outcome.ended})
        if outcome.ended != "well":
            stopped.add(step)
            said = outcome.said.splitlines()[-1:] or [""]
            found.remarks.append(
                f"{step}, {size:,} {axis.name}: {outcome.ended} after {outcome.seconds:.0f} s "
                f"and {outcome.peak_gib:.1f} GiB. {said[0][:150]}".strip()
            )
    return rows


def write(folder: str, events: int, listeners: int, pieces: int) -> dict[str, Any]:
    """Write the log."""
    ingest.write_log(Path(folder) / "log.parquet", events, listeners, pieces)
    return {}


def ingested(folder: str, threads: int) -> dict[str, Any]:
    """Make the matrix, and keep it in two parts for the models."""
    _bounded()
    start, busy = time.perf_counter(), time.process_time()
    made = aggregate.counts(
        str(Path(folder) / "log.parquet"), memory_limit="8GB", threads=threads
    ).interactions.matrix
    ended, done = time.perf_counter(), time.process_time()
    entries = sp.coo_array(made)
    test = np.random.default_rng(0).random(entries.nnz) < 0.1
    for part, at in (("train", ~test), ("test", test)):
        matrix = sp.csr_array(
            (entries.data[at], (entries.row[at], entries.col[at])), shape=made.shape
        )
        sp.save_npz(Path(folder) / f"{part}.npz", matrix, compressed=False)
    return {"seconds": ended - start, "processor s": done - busy, "pairs": int(entries.nnz)}


def learnt(folder: str, model: str) -> dict[str, Any]:
    """Learn, list and evaluate."""
    _bounded()
    train, test = (sp.load_npz(Path(folder) / f"{part}.npz") for part in ("train", "test"))
    made = recommend.create(model, **MODELS[model])
    small = train[:50, :100]
    recommend.create(model, **MODELS[model]).fit(small).recommend([0, 1], 5, exclude=small)
    rows = np.flatnonzero(np.diff(test.indptr) > 0)
    busy, times = time.process_time(), [time.perf_counter()]
    made.fit(train)
    times.append(time.perf_counter())
    lists, _ = made.recommend(rows, recommend_speed.LISTED, exclude=train)
    times.append(time.perf_counter())
    given = recommend_speed.Given(lists, rows, train.shape[0])
    measured = ranking.evaluate(given, train, test, [recommend_speed.LISTED])
    times.append(time.perf_counter())
    learn, listing, evaluate = np.diff(times).tolist()
    return {
        "seconds": times[-1] - times[0],
        "processor s": time.process_time() - busy,
        "pairs": int(train.nnz + test.nnz),
        "learn s": learn,
        "list s": listing,
        "evaluate s": evaluate,
        "listed": len(measured.listeners),
    }


def _bounded() -> None:
    """Let this process fail before the machine runs out of memory."""
    most = int(SHARE * psutil.virtual_memory().total)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def power_law(sizes: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Factor and exponent of the power law through some points, by least squares of logarithms.

    NaN where the last value is below :data:`TOLD`.

    Examples
    --------
    >>> [round(one, 6) for one in power_law(np.array([1.0, 10.0]), np.array([3.0, 300.0]))]
    [3.0, 2.0]
    >>> power_law(np.array([1.0, 10.0]), np.array([0.001, 0.002]))
    (nan, nan)
    """
    if values[-1] < TOLD:
        return float("nan"), float("nan")
    exponent, start = np.polyfit(np.log(sizes), np.log(values), 1)
    return float(np.exp(start)), float(exponent)


def reaches(factor: float, exponent: float, value: float) -> float:
    """The size at which a power law reaches a value; NaN if it hardly grows or that is far off.

    Examples
    --------
    >>> round(reaches(3.0, 2.0, 300.0), 6)
    10.0
    >>> reaches(3.0, 0.01, 300.0)
    nan
    """
    if not exponent >= 0.1:
        return float("nan")
    size = (value / factor) ** (1 / exponent)
    return size if size <= FARTHEST else float("nan")


def _ends(table: pd.DataFrame, memory: float) -> pd.DataFrame:
    """Where each step meets the end of the memory, or of patience, along each axis."""
    rows = []
    done = table[table["ended"] == "well"]
    bare = done["peak GiB"].min() * 0.95  # what any process of these needs
    for axis in AXES:
        for step in ("ingest", *axis.models):
            mine = done[(done["axis"] == axis.name) & (done["step"] == step)]
            if len(mine) < 2:
                continue
            mine = mine.sort_values(axis.name).tail(LAST)
            sizes = mine[axis.name].to_numpy(float)
            longer = power_law(sizes, mine["seconds"].to_numpy(float))
            more = power_law(sizes, mine["peak GiB"].to_numpy(float) - bare)
            full, late = reaches(*more, memory - bare), reaches(*longer, PATIENCE)
            known = [(at, why) for at, why in ((full, "memory"), (late, "an hour")) if at == at]
            rows.append(
                {
                    "axis": axis.name,
                    "step": step,
                    "largest measured": int(sizes[-1]),
                    "seconds there": mine["seconds"].iloc[-1],
                    "GiB there": mine["peak GiB"].iloc[-1],
                    "time grows as size to the": longer[1],
                    "memory grows as size to the": more[1],
                    f"computed: {memory:.0f} GiB full at": full,
                    "computed: an hour at": late,
                    "ends first by": min(known)[1] if known else "neither in sight",
                }
            )
    return pd.DataFrame(rows)


def _figures(ends: pd.DataFrame, found: Findings) -> None:
    """The largest sizes, measured; the ends, computed."""
    columns = [name for name in ends if name.startswith("computed")]
    for row in ends.to_dict("records"):
        work = f"{row['step']}, {row['largest measured']:,} {row['axis']}"
        found.figure(f"{work}, measured", "", row["seconds there"], "s")
        found.figure(f"{work}, peak memory, measured", "", row["GiB there"], "GiB")
        first = min((row[name] for name in columns if row[name] == row[name]), default=np.nan)
        found.figure(
            f"{row['step']}, one machine ends ({row['ends first by']}), computed",
            "",
            first,
            row["axis"],
        )
