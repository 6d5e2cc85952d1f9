"""The whole default catalogue: collected and described the first time, and from the cache.

Conventions
-----------
* Each time in a process of its own; seconds are those of collecting and of describing, the
  start of the interpreter and the imports left out; peak memory is that of the process and
  its workers.
"""

import shutil
import time
from pathlib import Path
from typing import Any

import pandas as pd
from benchmarks import machine
from benchmarks.setting import Findings, Setting

from ricercar import catalogue
from ricercar.features import cached

QUESTION = "How long does the whole default catalogue take, the first time and cached?"

#: seconds that may pass, collecting and describing together
FIRST, CACHED = 300.0, 5.0

TIMES = ("first time", "cached", "cached, again", "cached, a third time")


def run(setting: Setting) -> Findings:
    """Measure."""
    found, rows = Findings(versions=machine.versions("music21", "symusic")), []
    cache = setting.work / "whole catalogue"
    shutil.rmtree(cache, ignore_errors=True)
    arguments = {"cache": str(cache), "workers": setting.workers, "small": setting.size == "small"}
    try:
        for name in TIMES:
            outcome, result = machine.isolated("benchmarks.whole_catalogue:work", **arguments)
            if not result:
                found.remarks.append(f"{name}: {outcome.ended}. {outcome.said[-300:]}")
                break
            total = result["collected"] + result["described"]
            rows.append({"time": name, **result, "seconds": total, "peak GiB": outcome.peak_gib})
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    table = pd.DataFrame(rows)
    found.tables["Seconds to collect and to describe the default collections"] = table
    if len(table):
        n = int(table.loc[0, "pieces"])
        work = "default catalogue collected and described"
        found.figure(f"{work}, first time", "", table.loc[0, "seconds"], "s", n=n, at_most=FIRST)
        again = table["seconds"].iloc[1:]
        if len(again):
            found.figure(f"{work}, cached", "", again.median(), "s", n=n, at_most=CACHED)
    return found


def work(cache: str, workers: int, small: bool) -> dict[str, Any]:
    """Collect and describe; gives the seconds of both."""
    collections = ("ryan",) if small else ("bach", "ryan", "oneill", "aird")
    start = time.perf_counter()
    read = catalogue.collect(collections, workers=workers, cache=Path(cache))
    middle = time.perf_counter()
    kept = Path(cache) / "features"
    kept.mkdir(exist_ok=True)
    table = cached.extract(read.pieces, read.notes, kept)
    end = time.perf_counter()
    return {
        "pieces": len(read.pieces),
        "notes": len(read.notes),
        "features": table.shape[1] - 1,
        "from the cache": read.cached,
        "collected": middle - start,
        "described": end - middle,
    }
