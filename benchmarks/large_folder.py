"""A large folder of MIDI files: imported, killed in the middle, imported again.

Conventions
-----------
* The files are synthetic tunes (:mod:`benchmarks.material`), a thousand to a subfolder.
* The first import is killed with all its workers when the cache holds about half of what it
  will hold in the end; the second finishes it; the third finds everything in the cache. A
  thousand of the files are imported first, which tells how much that is.
* ``cached`` counts the pieces found in the cache, ``merged`` those with another's notes, which
  make no entry of their own. Seconds are those of the whole process, its
  start included.
* Memory is that of the process and all its workers together, at its highest.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from benchmarks import machine, material
from benchmarks.material import IN_SUBFOLDER
from benchmarks.setting import Findings, Setting

from ricercar import catalogue

QUESTION = "Does a folder of 100,000 files go through, in bounded memory, also when interrupted?"


def run(setting: Setting) -> Findings:
    """Measure."""
    found, rows = Findings(versions=machine.versions("symusic", "pebble")), []
    files = setting.pick(3000, 100_000)
    place = setting.work / "large folder"
    shutil.rmtree(place, ignore_errors=True)
    folder, cache = place / "files", place / "cache"
    try:
        material.synthetic_folder(folder, files)
        few = {"folder": str(folder / "000"), "cache": str(place / "cache of one subfolder")}
        rows.append(_import(f"{IN_SUBFOLDER:,} of the files", setting, few))
        enough = _bytes(Path(few["cache"])) / IN_SUBFOLDER * files / 2
        whole = {"folder": str(folder), "cache": str(cache)}
        rows.append(_import("killed in the middle", setting, whole, lambda: _bytes(cache) > enough))
        rows.append(_import("resumed", setting, whole))
        rows.append(_import("again", setting, whole))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    table = pd.DataFrame(rows)
    for _, row in table[~table["ended"].isin(["well", "stopped"])].iterrows():
        found.remarks.append(f"{row['import']}: {row['ended']}. {row['said'][-300:]}")
    _figures(table.set_index("import"), files, found)
    shown = table.drop(columns=["said", "digest"])
    found.tables["Imports of one folder of MIDI files"] = shown
    return found


def _bytes(folder: Path) -> int:
    """Size of a folder that is being written."""
    total = 0
    for base, _, names in os.walk(folder):  # which passes over folders that are renamed meanwhile
        for name in names:
            if name.endswith(".parquet"):
                with contextlib.suppress(FileNotFoundError):
                    total += (Path(base) / name).stat().st_size
    return total


def _import(
    name: str,
    setting: Setting,
    wanted: dict[str, str],
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """One import in a process of its own."""
    outcome, result = machine.isolated(
        "benchmarks.large_folder:work", 1800.0, stop, workers=setting.workers, **wanted
    )
    columns = ("pieces", "merged", "cached", "refused", "digest")
    return {
        "import": name,
        "seconds": outcome.seconds,
        "peak GiB": outcome.peak_gib,
        **{column: result.get(column) for column in columns},
        "ended": outcome.ended,
        "said": outcome.said,
    }


def _figures(table: pd.DataFrame, files: int, found: Findings) -> None:
    work = f"import of {files:,} MIDI files"
    stopped, resumed, again = (
        table.loc[name] for name in ("killed in the middle", "resumed", "again")
    )
    if stopped["ended"] != "stopped" or resumed["ended"] != "well":
        found.remarks.append("The import was not killed in the middle and finished: no figures.")
        return
    both = stopped["seconds"] + resumed["seconds"]
    found.figure(f"{work}, killed and resumed", "", both, "s")
    peak = max(stopped["peak GiB"], resumed["peak GiB"])
    found.figure(f"{work}, peak memory", "", peak, "GiB")
    found.figure(f"{work}, not lost by the kill", "", resumed["cached"] / files, "share")
    lost = files - resumed["pieces"] - resumed["merged"] - resumed["refused"]
    found.figure(f"{work}, unaccounted for", "", lost, "files", at_most=0)
    if again["ended"] == "well":
        found.figure(f"{work}, from the cache", "", again["seconds"], "s")
        same = float(again["digest"] == resumed["digest"])
        found.figure(f"{work}, the same tables again", "", same, "share", at_least=1)


def work(folder: str, cache: str, workers: int) -> dict[str, Any]:
    """Import the folder; gives what was read and a digest of the tables."""
    read = catalogue.collect([], folder, workers=workers, cache=Path(cache))
    sha = hashlib.sha256()
    for table in (read.pieces, read.notes):
        sha.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return {
        "pieces": len(read.pieces),
        "merged": len(read.merged),
        "cached": read.cached,
        "refused": len(read.quarantine),
        "digest": sha.hexdigest(),
    }
