"""The record of a run: what ran with what, and every figure that came out.

Goal: ``reports/<run>/run.json`` says for each notebook its parameters, the digests of
what it read and wrote, versions, commit and times; ``reports/<run>/metrics.json`` is
one flat file of figures, ``"<notebook>.<metric>": {value, low, high, n}``.

Both are put together from one file per notebook, so that notebooks running side by
side never write to the same file.
"""

import datetime
import importlib.metadata
import json
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ricercar import graph, workspace


def digests(artefacts: Iterable[str], folder: Path) -> dict[str, str]:
    """SHA-256 of each artefact in a folder."""
    return {name: workspace.digest(folder / name) for name in artefacts}


def versions() -> dict[str, str]:
    """Versions of Python and of every package that Ricercar depends on."""
    found = {"python": platform.python_version()}
    for requirement in sorted(importlib.metadata.requires("ricercar") or []):
        if "extra ==" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0]
        found[name] = importlib.metadata.version(name)
    return found


def commit() -> tuple[str | None, bool | None]:
    """The commit of the checkout and whether files differ from it; None outside git."""

    def git(*words: str) -> str:
        root = workspace.project()
        return subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain"))
    except (OSError, subprocess.CalledProcessError):
        return None, None


def write(
    notebook: graph.Notebook,
    run: str,
    values: Mapping[str, Any],
    inputs: Mapping[str, str],
    begun: datetime.datetime,
) -> None:
    """Record a finished execution and bring the run's joint files up to date.

    Parameters
    ----------
    notebook : ricercar.graph.Notebook
    run : str
    values : mapping
        All parameters, defaults included.
    inputs : mapping of str to str
        Digests of what the notebook read, taken before it started.
    begun : datetime.datetime
        With a time zone.
    """
    revision, dirty = commit()
    ended = datetime.datetime.now(datetime.UTC)
    source = workspace.project() / "notebooks" / f"{notebook.name}.ipynb"
    content = {
        "parameters": dict(values),
        "seed": values.get("seed"),
        "inputs": dict(inputs),
        "outputs": digests(notebook.writes, workspace.data_folder(run)),
        "notebook_sha256": workspace.digest(source),
        "commit": revision,
        "dirty": dirty,
        "started": begun.isoformat(timespec="seconds"),
        "duration_s": round((ended - begun).total_seconds(), 1),
        "platform": platform.platform(),
        "packages": versions(),
    }
    folder = workspace.reports_folder(run)
    workspace.write_json(folder / "records" / f"{notebook.name}.json", content)
    collect(run)


def _parts(folder: Path) -> dict[str, Any]:
    """The per-notebook JSON files of a folder, in the notebooks' order."""
    return {
        name: json.loads((folder / f"{name}.json").read_text("utf-8"))
        for name in graph.NOTEBOOKS
        if (folder / f"{name}.json").is_file()
    }


def collect(run: str) -> None:
    """Write ``run.json`` and ``metrics.json`` from what each notebook left."""
    folder = workspace.reports_folder(run)
    workspace.write_json(folder / "run.json", _parts(folder / "records"))
    metrics = {
        f"{notebook}.{name}": figure
        for notebook, figures in _parts(folder / "metrics").items()
        for name, figure in figures.items()
    }
    workspace.write_json(folder / "metrics.json", metrics)


if __name__ == "__main__":
    collect(sys.argv[1])
