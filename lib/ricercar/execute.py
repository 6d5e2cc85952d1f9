"""Run one notebook with papermill, safely.

``python -m ricercar.execute`` is ``ricercar run``, see :mod:`ricercar.command_run`.

Goal: either the executed notebook and everything that it writes appear under their
final names, complete and recorded, or nothing changes and the failed notebook can be
read under ``reports/<run>/failed/``.

Conventions
-----------
While the notebook runs, its artefacts collect in ``data/<run>/.staging/<notebook>/``
(see :class:`ricercar.workspace.Step`). One execution of a notebook in a run at a
time: a lock that dies with its process guards it.
"""

import datetime
import fcntl
import logging
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ricercar import graph, parameters, record, workspace
from ricercar.errors import NotebookError, ParameterError


def resolve(notebook: str) -> graph.Notebook:
    """The notebook that a name, a number or a path means.

    Examples
    --------
    >>> resolve("3").name
    '03-style-classification'

    Raises
    ------
    ParameterError
        If there is none.
    """
    stem = Path(notebook).name.removesuffix(".ipynb")
    number = stem.zfill(2) + "-"
    for name, known in graph.NOTEBOOKS.items():
        if name == stem or (stem.isdigit() and name.startswith(number)):
            return known
    raise ParameterError(f"there is no notebook {notebook!r}; known: {', '.join(graph.NOTEBOOKS)}")


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the kernel, and put back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _only_execution(run: str, notebook: str) -> Iterator[None]:
    """Hold the lock of a notebook in a run; refuse when another process holds it."""
    folder = workspace.data_folder(run) / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / notebook).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotebookError(
                f"{notebook} is already being executed in run {run!r}: wait for it, "
                "or choose another run"
            ) from None
        yield


class _Progress:
    """Prints which notebook, which section of it, and the time since it started."""

    def __init__(self, notebook: str) -> None:
        self.notebook = notebook
        self.started = time.monotonic()

    def say(self, what: str) -> None:
        elapsed = int(time.monotonic() - self.started)
        print(f"[{self.notebook:<27} {elapsed // 60:2d}:{elapsed % 60:02d}] {what}", flush=True)


def _section_starts(cells: list[Any]) -> dict[int, str]:
    """Index of the first code cell of each ``##`` section, with the section's heading."""
    starts, heading = {}, None
    for index, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                if line.startswith("## "):
                    heading = line.removeprefix("## ").strip()
        elif heading:
            starts[index], heading = heading, None
    return starts


def _register_engine(progress: _Progress) -> None:
    """A papermill engine that reports sections as their first cell starts."""
    from papermill.engines import NBClientEngine, papermill_engines

    class SectionEngine(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, **options):  # type: ignore[no-untyped-def]
            starts = _section_starts(nb_man.nb.cells)
            begin = nb_man.cell_start

            def cell_start(cell: Any, cell_index: int, **more: Any) -> None:
                if cell_index in starts:
                    progress.say(starts[cell_index])
                begin(cell, cell_index, **more)

            nb_man.cell_start = cell_start
            return super().execute_managed_notebook(nb_man, kernel_name, **options)

    papermill_engines.register("ricercar", SectionEngine)


def _run_papermill(source: Path, target: Path, values: dict[str, Any], progress: _Progress) -> None:
    """Execute a notebook file."""
    import papermill
    from jupyter_client.manager import AsyncKernelManager

    logging.getLogger("papermill").setLevel(logging.ERROR)
    _register_engine(progress)
    with tempfile.TemporaryDirectory(prefix="ricercar-") as sockets:

        class LocalKernelManager(AsyncKernelManager):
            """Kernels on sockets of their own: no ports to collide on or to reach from outside."""

            transport = "ipc"
            ip = f"{sockets}/kernel"

        papermill.execute_notebook(
            # papermill formats paths, so a brace in one must be doubled
            *(str(path).replace("{", "{{").replace("}", "}}") for path in (source, target)),
            parameters=values,
            engine_name="ricercar",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            start_timeout=120,
            kernel_manager_class=LocalKernelManager,
            # a kernel that is told to stop says so as an error; failures of cells come back here
            extra_arguments=["--log-level=CRITICAL"],
        )


def _failing_line(error: Any) -> str:
    """The line of a cell in which its error arose; the first one where that is not told."""
    lines = error.source.splitlines()
    trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback or []))
    told = re.search(rf"^ *Cell In ?\[{error.exec_count}\], line (\d+)", trace, re.MULTILINE)
    at = int(told[1]) if told else 1
    return lines[at - 1].strip() if at <= len(lines) else ""


def _describe_failure(name: str, failed: Path, error: Exception) -> str:
    """The message for a notebook that failed: cell, error, path."""
    from papermill.exceptions import PapermillExecutionError

    if isinstance(error, PapermillExecutionError):
        what = f"{name} failed in cell In [{error.exec_count}] ({_failing_line(error)})\n"
        what += f"  {error.ename}: {error.evalue}"
    else:
        what = f"{name} was stopped: {type(error).__name__}: {str(error).strip()}"
    return what + (f"\n  the failed notebook: {failed}" if failed.is_file() else "")


def _publish(notebook: graph.Notebook, run: str, staging: Path) -> None:
    """Move artefacts, then reports, to their final names."""
    missing = [name for name in notebook.writes if not (staging / "data" / name).exists()]
    if missing:
        raise NotebookError(f"{notebook.name} ended without writing {', '.join(missing)}")
    for name in notebook.writes:
        workspace.replace(staging / "data" / name, workspace.data_folder(run) / name)
    reports = staging / "reports"
    for path in sorted(p for p in reports.rglob("*") if p.is_file()):
        workspace.replace(path, workspace.reports_folder(run) / path.relative_to(reports))


def execute(notebook: str, run: str, given: Mapping[str, Any] | None = None) -> Path:
    """Execute a notebook in a run.

    Parameters
    ----------
    notebook : str
        Name, number or path of the notebook.
    run : str
        Name of the run; its folders are made where they are missing.
    given : mapping, optional
        Parameters other than ``run``.

    Returns
    -------
    pathlib.Path
        The executed notebook, ``reports/<run>/<notebook>.ipynb``.

    Raises
    ------
    ParameterError
        Before anything runs, for an unknown notebook or parameter or a mistyped value.
    MissingArtefactError
        Before anything runs, if an input is not there.
    NotebookError
        If a cell failed; the message names the cell, the error and the failed notebook.
    """
    known = resolve(notebook)
    source = workspace.project() / "notebooks" / f"{known.name}.ipynb"
    declared = parameters.of_notebook(source)
    values = parameters.check(known.name, declared, {**(given or {}), "run": run})
    reports = workspace.reports_folder(run)
    failed = reports / "failed" / f"{known.name}.ipynb"
    with _only_execution(run, known.name):
        workspace.open_step(known.name, run, values)
        staging = workspace.data_folder(run) / ".staging" / known.name
        shutil.rmtree(staging, ignore_errors=True)
        (staging / "reports").mkdir(parents=True)
        (staging / "data").mkdir()
        target = staging / "reports" / f"{known.name}.ipynb"
        begun = datetime.datetime.now(datetime.UTC)
        progress = _Progress(known.name)
        progress.say("start")
        inputs = record.digests(known.looks_at(values), workspace.data_folder(run))
        outside = record.outside(values)
        kernel = {
            "RICERCAR_HOME": str(workspace.home()),
            "RICERCAR_STAGING": str(staging),
            "RICERCAR_BATCH": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONHASHSEED": "0",
        }
        try:
            with _environment(kernel):
                _run_papermill(source, target, values, progress)
            outside = {**outside, **record.data_sets(values)}
            _publish(known, run, staging)
        except BaseException as error:
            if target.is_file():
                workspace.replace(target, failed)
            shutil.rmtree(staging, ignore_errors=True)
            if not isinstance(error, Exception):
                progress.say("interrupted")
                raise
            raise NotebookError(_describe_failure(known.name, failed, error)) from error
        shutil.rmtree(staging, ignore_errors=True)
        failed.unlink(missing_ok=True)
        record.write(known, run, values, inputs, begun, outside)
        executed = reports / f"{known.name}.ipynb"
        progress.say(f"done, {executed.relative_to(workspace.home())}")
    return executed


def main(arguments: list[str] | None = None) -> int:
    """The command ``ricercar run``; returns the exit status."""
    from ricercar import command

    return command.main(["run", *(sys.argv[1:] if arguments is None else arguments)])


if __name__ == "__main__":
    sys.exit(main())
