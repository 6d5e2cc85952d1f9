"""Run the notebooks with their default parameters and keep the results that tests compare.

``make record [ARGS="01 02"]``. The output of cells tagged ``keep_output`` is written
into the notebooks; every other cell is stripped. Look at the difference before you
commit it: these are the project's expected figures.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat

from ricercar import execute, graph


def keep(source: Path, executed: Path) -> None:
    """Copy result cells from an executed notebook into its source, and strip the rest."""
    notebook = nbformat.read(source, as_version=4)
    done = {cell.id: cell for cell in nbformat.read(executed, as_version=4).cells}
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        if cell.cell_type != "code":
            continue
        kept = "keep_output" in cell.metadata.get("tags", [])
        cell.outputs = (
            [o for o in done[cell.id].outputs if o.get("name") != "stderr"] if kept else []
        )
        cell.execution_count = done[cell.id].execution_count if kept else None
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.write(notebook, source)


def main(wanted: list[str]) -> None:
    """Record the wanted notebooks, all where none is named."""
    names = [execute.resolve(name).name for name in wanted] or list(graph.NOTEBOOKS)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("RICERCAR_HOME", folder)
        for name in names:
            keep(Path("notebooks") / f"{name}.ipynb", execute.execute(name, "quick"))


if __name__ == "__main__":
    main(sys.argv[1:])
