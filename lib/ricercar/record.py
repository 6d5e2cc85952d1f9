"""The record of a run: what ran with what, and every figure that came out.

Goal: ``reports/<run>/run.json`` says for each notebook its parameters, the digests of
what it read and wrote, versions, commit and times; ``reports/<run>/metrics.json`` is
one flat file of figures, ``"<notebook>.<metric>": {value, low, high, n}``, with ``of``
where the name does not say what a figure is of.

Conventions
-----------
* ``inputs`` and ``outputs`` are artefacts of the run; ``outside`` has the files and data sets
  that parameters name, as given, and is empty where there are none; ``facts`` is what the
  notebook says that it made, such as the split.

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

from ricercar import datasets, graph, workspace

#: parameters that name files of the user's own, and data sets
_FILES = ("import_folder", "labels", "log")
_DATASETS = ("dataset", "import_folder")
_PREFIX = "dataset:"


def digests(artefacts: Iterable[str], folder: Path) -> dict[str, str]:
    """SHA-256 of each artefact that is in a folder."""
    there = (name for name in artefacts if (folder / name).exists())
    return {name: workspace.digest(folder / name) for name in there}


def places(values: Mapping[str, Any]) -> dict[str, Path]:
    """Files and folders of the user's own that parameters name and that are there.

    Parameters
    ----------
    values : mapping
        Parameters of a notebook.

    Returns
    -------
    dict of str to Path
        By parameter; below :func:`ricercar.workspace.home` where the path is not a whole one.
    """
    named = {name: Path(values[name]).expanduser() for name in _FILES if values.get(name)}
    return {name: path for name, path in named.items() if (workspace.home() / path).exists()}


def outside(values: Mapping[str, Any]) -> dict[str, Any]:
    """What parameters name outside the run, with SHA-256, by parameter.

    Parameters
    ----------
    values : mapping
        Parameters of a notebook.

    Returns
    -------
    dict
        ``path`` and ``sha256`` of files and folders.
    """
    return {
        name: {"path": values[name], "sha256": workspace.digest(workspace.home() / path)}
        for name, path in places(values).items()
    }


def data_sets(values: Mapping[str, Any]) -> dict[str, Any]:
    """The data sets that parameters name, with SHA-256, by parameter; they must be there.

    Parameters
    ----------
    values : mapping
        Parameters of a notebook.

    Returns
    -------
    dict
        ``dataset``, its ``files`` and ``sha256`` of all of them.
    """
    found = {}
    for name in _DATASETS:
        given = str(values.get(name) or "")
        if not given or (name != "dataset" and not given.startswith(_PREFIX)):
            continue
        named = given.removeprefix(_PREFIX)
        folder = datasets.fetch(named, values.get("dataset_folder") or None)
        files = datasets.digests(named, folder)
        found[name] = {"dataset": named, "sha256": workspace.digest_of(files), "files": files}
    return found


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
    outside: Mapping[str, Any] | None = None,
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
    outside : mapping, optional
        What it read from outside the run.
    """
    revision, dirty = commit()
    ended = datetime.datetime.now(datetime.UTC)
    source = workspace.project() / "notebooks" / f"{notebook.name}.ipynb"
    folder = workspace.reports_folder(run)
    facts = folder / "facts" / f"{notebook.name}.json"
    content = {
        "parameters": dict(values),
        "seed": values.get("seed"),
        "inputs": dict(inputs),
        "outside": dict(outside or {}),
        "facts": json.loads(facts.read_text("utf-8")) if facts.is_file() else {},
        "outputs": digests(notebook.writes, workspace.data_folder(run)),
        "notebook_sha256": workspace.digest(source),
        "commit": revision,
        "dirty": dirty,
        "started": begun.isoformat(timespec="seconds"),
        "duration_s": round((ended - begun).total_seconds(), 1),
        "platform": platform.platform(),
        "packages": versions(),
    }
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
