"""The graph of notebooks as Snakemake runs it, with stand-in notebooks that take no time."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from ricercar import graph

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = """from ricercar import workspace
step = workspace.open_step("{name}", run)
for artefact in step.notebook.writes:
    with step.writing(artefact) as path:
        (path / "x" if path.is_dir() else path).write_text(str(level))
step.metric("level", level)
step.headline(f"The level is {{level}}.")
"""


def stand_in(name, more=""):
    source = 'run: str = "quick"  # run\nseed: int = 1  # seed\nlevel: int = 1  # level'
    cells = [
        nbformat.v4.new_markdown_cell(f"# {name}"),
        nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_markdown_cell("## Write the artefacts"),
        nbformat.v4.new_code_cell(more + STAND_IN.format(name=name)),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    return notebook


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A checkout with stand-in notebooks, run once; the run has a name that looks like a number."""
    root = tmp_path_factory.mktemp("project with space")
    shutil.copy(ROOT / "Snakefile", root)
    shutil.copytree(ROOT / "lib", root / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "notebooks").mkdir()
    (root / "config").mkdir()
    for name in graph.NOTEBOOKS:
        nbformat.write(stand_in(name), root / "notebooks" / f"{name}.ipynb")
    (root / "config" / "7.yaml").write_text("seed: 1\n")
    done = make(root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def start(root, **options):
    words = [sys.executable, "-m", "ricercar.pipeline", "--run", "7", "--cores", "2"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RICERCAR_")}
    environment["PYTHONPATH"] = str(root / "lib")
    return subprocess.Popen(
        words,
        cwd=root,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def make(root):
    process = start(root)
    out, err = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def ran(done):
    """Names of the notebooks that an invocation executed to their end."""
    ended = [line for line in done.stdout.splitlines() if "] done, " in line]
    return [n for n in graph.NOTEBOOKS if any(line.startswith(f"[{n} ") for line in ended)]


def test_everything_is_there_and_the_index_is_named(project):
    reports = project / "reports" / "7"
    assert {p.stem for p in reports.glob("*.html")} == {*graph.NOTEBOOKS, "index"}
    metrics = json.loads((reports / "metrics.json").read_text())
    assert {f"{n}.level" for n in graph.NOTEBOOKS} == set(metrics)
    assert set(json.loads((reports / "run.json").read_text())) == set(graph.NOTEBOOKS)


def test_a_second_call_does_nothing_and_says_where_the_index_is(project):
    begun = time.monotonic()
    done = make(project)
    assert done.returncode == 0
    assert ran(done) == []
    assert str(project / "reports" / "7" / "index.html") in done.stdout
    assert time.monotonic() - begun < 30


def test_a_changed_parameter_runs_its_notebook_and_what_follows(project):
    (project / "config" / "7.yaml").write_text("seed: 1\n06-profile-construction:\n  level: 2\n")
    done = make(project)
    assert ran(done)[0] == "06-profile-construction"
    assert "07-collaborative-filtering" not in ran(done)
    assert "11-privacy" in ran(done)
    assert (project / "data/7/profiles.parquet").read_text() == "2"


def test_a_changed_notebook_runs_again(project):
    path = project / "notebooks" / "11-privacy.ipynb"
    nbformat.write(stand_in("11-privacy", "from ricercar import progress\n"), path)
    assert ran(make(project)) == ["11-privacy"]


def test_a_changed_module_runs_the_notebooks_that_reach_it(project):
    module = project / "lib" / "ricercar" / "progress.py"
    module.write_text(module.read_text() + "\n# changed\n")
    assert ran(make(project)) == ["11-privacy"]


def test_a_deleted_artefact_is_made_again(project):
    (project / "data/7/profiles_export.enc").unlink()
    assert "11-privacy" in ran(make(project))


def test_a_mistyped_parameter_stops_before_anything_runs(project):
    config = project / "config" / "7.yaml"
    before = config.read_text()
    config.write_text("seed: 1\n11-privacy:\n  levle: 2\n")
    done = make(project)
    config.write_text(before)
    assert done.returncode != 0
    assert "no parameter 'levle' (did you mean 'level'?)" in done.stdout + done.stderr
    assert ran(done) == []


def test_a_failed_notebook_is_named_and_kept_and_the_next_call_goes_on(project):
    path = project / "notebooks" / "11-privacy.ipynb"
    good = path.read_text()
    nbformat.write(stand_in("11-privacy", "raise ValueError('no good')\n"), path)
    done = make(project)
    assert done.returncode != 0
    assert "no good" in done.stderr and "failed/11-privacy.ipynb" in done.stderr
    assert "Calling the same command again" in done.stderr
    path.write_text(good)
    assert make(project).returncode == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_run_is_completed_by_the_next(project, how):
    """End the whole process group in the middle of 04; nothing half-written stays."""
    path = project / "notebooks" / "04-gan-training.ipynb"
    begun = project / f"begun-{how.name}"
    # longer than the kernel is given to end by itself, the first time only
    slow = f"import pathlib, time\nbegun = pathlib.Path({str(begun)!r})\n"
    slow += "if not begun.exists():\n    begun.touch()\n    time.sleep(50)\n"
    nbformat.write(stand_in("04-gan-training", slow), path)
    process = start(project, start_new_session=True)
    deadline = time.monotonic() + 120
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert begun.exists()
    os.killpg(process.pid, how)
    process.communicate(timeout=180)
    assert not (project / "data/7/generator.npz").exists()
    done = make(project)
    assert done.returncode == 0, done.stderr
    assert "04-gan-training" in ran(done)
    assert (project / "data/7/generator.npz").read_text() == "1"
    assert not list((project / "data/7").glob(".part-*"))
    assert not (project / "data/7/.staging/04-gan-training").exists()
