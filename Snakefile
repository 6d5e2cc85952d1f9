"""The notebooks as a graph of files: `make reports` runs what is missing or out of date.

Rules are made from ricercar.graph. A notebook runs again when one of its input
artefacts, its own parameters, the notebook itself or a module of lib/ that it reaches
through its imports has changed. Paths are relative to the folder that holds data/ and
reports/ (snakemake --directory).
"""

import json
import os
import sys
from pathlib import Path

import nbformat

PROJECT = Path(workflow.basedir)
sys.path.insert(0, str(PROJECT / "lib"))

from ricercar import graph, parameters, record, workspace

RUN = workspace.check_run(str(config["run"]))
CONFIG = str(config["parameters"])
PARAMETERS = parameters.read_file(Path(CONFIG))
DATA, REPORTS = f"data/{RUN}", f"reports/{RUN}"

# Jobs find data/ and reports/ below the working directory, like Snakemake itself.
os.environ["RICERCAR_HOME"] = os.getcwd()


def code_of(name):
    """The notebook, the modules of lib/ that it uses, and the measurements that it may show."""
    path = PROJECT / "notebooks" / f"{name}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    modules = graph.modules_used([source], PROJECT / "lib")
    shows = PROJECT / "lib/ricercar/measured.py" in modules
    results = sorted((PROJECT / "benchmarks/results").glob("*.*")) if shows else []
    return [path, *modules, *results]


def values_of(name):
    """The notebook's parameters in this run, checked before anything starts."""
    known = parameters.of_notebook(PROJECT / "notebooks" / f"{name}.ipynb")
    given = parameters.for_notebook(PARAMETERS, name)
    return parameters.check(name, known, {**given, "run": RUN})


def files_from_outside(values):
    """Files of the user's own that a notebook's parameters point to."""
    found = []
    for place in record.places(values).values():
        found += [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
    return found


def artefact(name):
    path = f"{DATA}/{name}"
    return path if Path(name).suffix else directory(path)


SHOW = graph.modules_used(["import ricercar.show.page, ricercar.record"], PROJECT / "lib")
TEMPLATES = sorted((PROJECT / "lib/ricercar/show/templates").glob("*"))


rule all:
    input:
        f"{REPORTS}/index.html",
        # named, so that a deleted artefact that no other notebook reads is made again
        [f"{DATA}/{name}" for notebook in graph.NOTEBOOKS.values() for name in notebook.writes],


for notebook in graph.NOTEBOOKS.values():
    values = values_of(notebook.name)

    rule:
        name: notebook.key
        input:
            artefacts=[f"{DATA}/{name}" for name in notebook.looks_at(values)],
            code=code_of(notebook.name),
            outside=files_from_outside(values),
        output:
            [artefact(name) for name in notebook.writes],
            executed=f"{REPORTS}/{notebook.name}.ipynb",
        params:
            name=notebook.name,
            values=json.dumps(values, sort_keys=True),
        threads: notebook.threads
        priority: notebook.threads
        shell:
            "{sys.executable:q} -m ricercar.execute {params.name} --run {RUN} -f {CONFIG:q}"
            " --no-page"

    rule:
        name: f"report_{notebook.key}"
        input:
            executed=f"{REPORTS}/{notebook.name}.ipynb",
            code=SHOW + TEMPLATES,
        output:
            f"{REPORTS}/{notebook.name}.html",
        shell:
            "{sys.executable:q} -m ricercar.show.page export {input.executed:q} {output:q}"


rule index:
    input:
        reports=[f"{REPORTS}/{name}.html" for name in graph.NOTEBOOKS],
        code=SHOW + TEMPLATES,
    output:
        f"{REPORTS}/index.html",
        f"{REPORTS}/metrics.json",
        f"{REPORTS}/run.json",
    shell:
        "{sys.executable:q} -m ricercar.record {RUN}"
        " && {sys.executable:q} -m ricercar.show.page index {RUN}"
