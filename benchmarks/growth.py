"""Time and memory as the catalogue grows, with synthetic pieces.

Conventions
-----------
* Steps: ``tables`` (check, write and read pieces and notes), ``features`` (all of them),
  ``works`` (versions by title and equal melody) and ``groups`` (works that sound alike, too;
  here nothing is a version of anything yet).
* Every step runs in a process of its own, which reads the tables from disk; its time leaves
  out the start and the reading, its peak memory is that of the whole process.
* A step that takes longer than the limit is ended, and larger ones are not tried.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
from benchmarks import machine, material
from benchmarks.setting import Findings, Setting

from ricercar import features, tables
from ricercar.catalogue import groups, works

QUESTION = "How do time and memory grow with the catalogue?"

STEPS = ("tables", "features", "works", "groups")


def run(setting: Setting) -> Findings:
    """Measure."""
    found, rows = Findings(), []
    sizes = setting.pick((100, 1000), (100, 1000, 10_000, 100_000))
    longest = setting.pick(60.0, 420.0)
    too_long: set[str] = set()
    with tempfile.TemporaryDirectory(dir=setting.work) as name:
        folder = Path(name)
        for size in sizes:
            pieces, notes = material.synthetic(size)
            pieces.to_parquet(folder / "pieces.parquet")
            notes.to_parquet(folder / "notes.parquet")
            counted = len(notes)
            del pieces, notes
            for step in STEPS:
                if step in too_long:
                    continue
                outcome, result = machine.isolated(
                    "benchmarks.growth:work", longest, step=step, folder=name
                )
                row = {"step": step, "pieces": size, "notes": counted}
                row |= {"seconds": result.get("seconds", float("nan"))}
                row |= {"ms per piece": 1000 * row["seconds"] / size}
                rows.append({**row, "peak GiB": outcome.peak_gib, "ended": outcome.ended})
                if outcome.ended != "well":
                    too_long.add(step)
                    said = outcome.said.splitlines()[-1:] or [""]
                    found.remarks.append(
                        f"{step}, {size:,} pieces: {outcome.ended} after "
                        f"{outcome.seconds:.0f} s. {said[0]}".strip()
                    )
    table = pd.DataFrame(rows)
    found.tables["Time and peak memory of each step, in a process of its own"] = table
    _figures(table, found)
    return found


def _figures(table: pd.DataFrame, found: Findings) -> None:
    """Cost of the largest catalogue, and how much more a piece costs than at a tenth of it."""
    done = table[table["ended"] == "well"]
    for step in STEPS:
        mine = done[done["step"] == step].sort_values("pieces")
        if len(mine) < 2:
            continue
        last, before = mine.iloc[-1], mine.iloc[-2]
        work = f"{step}, {last['pieces']:,} pieces"
        found.figure(work, "", last["seconds"], "s")
        found.figure(f"{work}, peak memory", "", last["peak GiB"], "GiB")
        ratio = last["ms per piece"] / before["ms per piece"]
        found.figure(work, f"{before['pieces']:,} pieces", ratio, "times the time per piece")


def work(step: str, folder: str) -> dict[str, Any]:
    """Do one step; gives its seconds."""
    place = Path(folder)
    _do(step, place, *material.synthetic(20))  # imports and first-call work are not counted
    pieces = pd.read_parquet(place / "pieces.parquet")
    notes = pd.read_parquet(place / "notes.parquet")
    start = time.perf_counter()
    _do(step, place, pieces, notes)
    return {"seconds": time.perf_counter() - start}


def _do(step: str, folder: Path, pieces: pd.DataFrame, notes: pd.DataFrame) -> None:
    if step == "tables":
        for name, table in {"pieces": pieces, "notes": notes}.items():
            target = folder / f"again-{name}.parquet"
            tables.validate(name, table).to_parquet(target, index=False, compression="zstd")
            tables.validate(name, pd.read_parquet(target))
    elif step == "features":
        features.extract(pieces, notes)
    elif step == "works":
        works.versions(pieces, notes, [""] * len(pieces))
    elif step == "groups":
        groups.join(pieces, groups.related(pieces, notes))
