"""The machine that measures: what it is, and processes under watch.

Conventions
-----------
* Memory of a process is that of the whole tree below it. Pages that several processes
  share count once (proportional set size, Linux); elsewhere they count in each of them.
* A watched process leads a group of its own, so that killing it kills its workers, too.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from ricercar import workspace

GIB = 2**30


def describe() -> dict[str, Any]:
    """Processor, cores, memory, system and Python of this machine."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_gib": round(psutil.virtual_memory().total / GIB, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.is_file():
        for line in listed.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return " ".join(line.split(":", 1)[1].split())
    return platform.processor() or platform.machine()


def versions(*packages: str) -> dict[str, str]:
    """Installed versions of packages; those that are not installed are left out."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@contextmanager
def one_processor() -> Iterator[list[int]]:
    """Keep this process on one processor, where the system can; gives that processor's number.

    Packages that spread their work are then compared with packages that do not.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield []
        return
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {max(before)})
        yield [max(before)]
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True)
class Outcome:
    """How a watched process ended.

    Attributes
    ----------
    seconds : float
    peak_gib : float
        Most memory of it and its children at one time.
    ended : str
        ``well``, ``stopped``, ``too long`` or ``failed``.
    said : str
        The end of what it printed.
    """

    seconds: float
    peak_gib: float
    ended: str
    said: str


def watch(
    command: list[str],
    longest: float = 3600.0,
    stop: Callable[[], bool] = lambda: False,
    interval: float = 0.2,
) -> Outcome:
    """Run a command, look at its memory every ``interval`` seconds, and end it in time.

    Parameters
    ----------
    command : list of str
    longest : float
        Seconds after which it is killed.
    stop : callable
        Asked at every look; the process is killed when it says so.
    interval : float
    """
    with tempfile.TemporaryFile() as printed:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdout=printed,
            stderr=subprocess.STDOUT,
            cwd=workspace.project(),
            start_new_session=True,
        )
        peak, ended = 0.0, ""
        try:
            while process.poll() is None:
                peak = max(peak, _memory(process.pid))
                if stop():
                    ended = "stopped"
                elif time.perf_counter() - start > longest:
                    ended = "too long"
                if ended:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    break
                time.sleep(interval)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        seconds = time.perf_counter() - start
        printed.seek(0)
        said = printed.read()[-2000:].decode("utf-8", "replace").strip()
    return Outcome(seconds, peak / GIB, ended or ("failed" if process.returncode else "well"), said)


def _memory(pid: int) -> float:
    """Bytes in use by a process and all processes below it."""
    total = 0.0
    try:
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return total
    for process in tree:
        try:
            used = process.memory_full_info()
            total += getattr(used, "pss", 0) or used.rss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def isolated(
    function: str,
    longest: float = 3600.0,
    stop: Callable[[], bool] = lambda: False,
    **arguments: Any,
) -> tuple[Outcome, dict[str, Any]]:
    """Call a function in a process of its own, under watch.

    Parameters
    ----------
    function : str
        ``benchmarks.growth:features``; it takes and returns what JSON can hold.
    longest, stop
        As in :func:`watch`.
    **arguments
        Of the function.

    Returns
    -------
    outcome : Outcome
    result : dict
        What the function returned, empty if it did not end well.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "result.json"
        command = [sys.executable, "-m", "benchmarks.isolated", function, json.dumps(arguments)]
        outcome = watch([*command, str(target)], longest, stop)
        done = outcome.ended == "well" and target.is_file()
        return outcome, json.loads(target.read_text("utf-8")) if done else {}
