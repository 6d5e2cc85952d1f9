"""The command ``ricercar run``: one notebook in batch, with its report.

``ricercar run NOTEBOOK [--run NAME] [-p NAME VALUE] [-f FILE.yaml]``

Goal: a question is answered by one notebook, without the pipeline: the executed notebook, its
artefacts and its page are there, or nothing has changed.

Conventions
-----------
* Parameters come from the files, in their order, then from ``-p``; values of ``-p`` are YAML
  where the parameter is no text (:func:`ricercar.parameters.coerce`).
* The page is that of the pipeline, which calls this command with ``--no-page`` and makes
  the pages itself.
"""

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

from ricercar.errors import ParameterError

WORDS = "execute a notebook and write its report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    add = parser.add_argument
    add("notebook", help="name, number or path: 07-collaborative-filtering, 7")
    add("--run", default="quick", help="name of the run (default: quick)")
    add(
        "-p",
        dest="pairs",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="set a parameter, the value as YAML: -p budget 3 -p models '[ease, item_knn]' "
        "-p log_columns '{listener: user, piece: track}'; may be repeated",
    )
    add(
        "-f",
        dest="files",
        action="append",
        default=[],
        metavar="FILE.yaml",
        help="file of parameters, as in config/; may be repeated",
    )
    add("--no-page", action="store_true", help="leave out the HTML report")


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Parameters
    ----------
    given : argparse.Namespace

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    ParameterError
        If a notebook, a parameter or a value is wrong; before anything runs.
    NotebookError
        If the notebook failed.
    """
    from ricercar import execute, parameters

    # a batch system ends a job with SIGTERM: shut the kernel down, leave nothing half-done
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    name = execute.resolve(given.notebook).name
    values: dict[str, Any] = {}
    for file in given.files:
        values.update(parameters.for_notebook(parameters.read_file(Path(file)), name))
    values.update(dict(given.pairs))
    if values.pop("run", given.run) != given.run:
        raise ParameterError("name the run with --run, not as a parameter")
    executed = execute.execute(name, given.run, values)
    if not given.no_page:
        from ricercar.show import page

        html = page.export(executed, executed.with_suffix(".html"))
        page.index(given.run)
        print(f"report: {html}")
    return 0
