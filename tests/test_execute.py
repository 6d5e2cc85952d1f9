"""Executing a notebook: all or nothing, with every refusal in words."""

import json
import threading
import time

import nbformat
import pandas as pd
import pytest

from ricercar import execute, graph, workspace
from ricercar.errors import MissingArtefactError, NotebookError, ParameterError

NAME = "11-privacy"
INPUTS = graph.NOTEBOOKS[NAME].reads
PARAMETERS = 'run: str = "quick"  # run\nseed: int = 1  # seed\nloss: float = 0.5  # loss\n'
PARAMETERS += 'log: str = ""  # log'
WRITE = """import pandas as pd
from ricercar import workspace
step = workspace.open_step("11-privacy", run)
row = {"check": "k", "value": loss, "low": None, "high": None, "n": seed, "verdict": "ok"}
step.save_table("privacy_audit", pd.DataFrame([row]))
with step.writing("profiles_export.enc") as path:
    path.write_bytes(b"secret")
step.metric("loss", loss, n=1)
step.fact("split", "random")"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one notebook whose inputs are there; returns a way to write its cells."""
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    monkeypatch.setattr(workspace, "project", lambda: tmp_path)
    (tmp_path / "notebooks").mkdir()
    data = tmp_path / "data" / "t"
    data.mkdir(parents=True)
    for name in INPUTS:
        pd.DataFrame({"listener": ["a"]}).to_parquet(data / name)

    def write(*cells):
        parameters = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
        heading = nbformat.v4.new_markdown_cell("## Audit the profiles")
        code = [nbformat.v4.new_code_cell(cell) for cell in cells]
        notebook = nbformat.v4.new_notebook(cells=[parameters, heading, *code])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, tmp_path / "notebooks" / f"{NAME}.ipynb")
        return tmp_path

    return write


def files(folder):
    return sorted(
        str(p.relative_to(folder))
        for p in folder.rglob("*")
        if p.is_file() and ".locks" not in p.parts
    )


def test_success_publishes_artefacts_report_and_record(project, capsys):
    root = project(WRITE)
    path = execute.execute("11", "t", {"loss": "1e-4"})
    assert path == root / "reports" / "t" / f"{NAME}.ipynb" and path.is_file()
    assert pd.read_parquet(root / "data/t/privacy_audit.parquet").value[0] == 1e-4
    record = json.loads((root / "reports/t/run.json").read_text())[NAME]
    assert record["parameters"] == {"run": "t", "seed": 1, "loss": 1e-4, "log": ""}
    assert record["seed"] == 1
    assert set(record["inputs"]) == set(INPUTS)
    assert record["outside"] == {} and record["facts"] == {"split": "random"}
    export = root / "data/t/profiles_export.enc"
    assert record["outputs"]["profiles_export.enc"] == workspace.digest(export)
    assert {"commit", "dirty", "started", "duration_s", "packages"} <= set(record)
    assert record["packages"]["numpy"]
    metrics = json.loads((root / "reports/t/metrics.json").read_text())
    assert metrics == {f"{NAME}.loss": {"value": 1e-4, "low": None, "high": None, "n": 1}}
    assert "Audit the profiles" in capsys.readouterr().out
    assert not (root / "data/t/.staging" / NAME).exists()


def test_failure_keeps_the_notebook_and_publishes_nothing(project):
    root = project(WRITE, "1 / 0")
    with pytest.raises(
        NotebookError, match=r"cell In \[4\] \(1 / 0\)\s+ZeroDivisionError"
    ) as error:
        execute.execute(NAME, "t")
    failed = root / "reports/t/failed" / f"{NAME}.ipynb"
    assert str(failed) in str(error.value) and failed.is_file()
    assert files(root / "reports") == [f"t/failed/{NAME}.ipynb"]
    assert files(root / "data") == sorted(f"t/{name}" for name in INPUTS)
    project(WRITE)
    execute.execute(NAME, "t")
    assert not failed.exists()


def test_the_line_that_failed_is_named(project):
    project(WRITE, "x = 1\nfor divisor in (1, 0):\n    x / divisor")
    with pytest.raises(NotebookError, match=r"cell In \[4\] \(x / divisor\)\s+ZeroDivision"):
        execute.execute(NAME, "t")
    project("def of(x):\n    return 1 / x", "x = 0\nof(x)\nx = 2")  # not the line inside
    with pytest.raises(NotebookError, match=r"cell In \[4\] \(of\(x\)\)"):
        execute.execute(NAME, "t")
    project("x = 1\nx = = 2")
    with pytest.raises(NotebookError, match=r"cell In \[3\] \(x = = 2\)\s+SyntaxError"):
        execute.execute(NAME, "t")


def test_what_is_given_instead_of_the_runs_data_is_recorded(project, monkeypatch):
    writes = graph.NOTEBOOKS[NAME].writes
    other = graph.Notebook(NAME, "Q", INPUTS, writes, instead={"log": INPUTS[:1]})
    monkeypatch.setitem(graph.NOTEBOOKS, NAME, other)
    opened = 'workspace.Step(workspace.graph.NOTEBOOKS["11-privacy"], run)'
    root = project(WRITE.replace('workspace.open_step("11-privacy", run)', opened))
    (root / "data/t" / INPUTS[1]).unlink()
    with pytest.raises(MissingArtefactError, match="or name a log to use instead of the run's"):
        execute.execute(NAME, "t")
    (root / "mine.csv").write_text("a")
    execute.execute(NAME, "t", {"log": "mine.csv"})
    record = json.loads((root / "reports/t/run.json").read_text())[NAME]
    assert set(record["inputs"]) == {INPUTS[0]}
    sha256 = workspace.digest(root / "mine.csv")
    assert record["outside"] == {"log": {"path": "mine.csv", "sha256": sha256}}


def test_failure_leaves_the_artefacts_of_an_earlier_success(project):
    root = project(WRITE)
    execute.execute(NAME, "t", {"loss": 0.25})
    project(WRITE, "raise ValueError('{braces} and <tags>')")
    with pytest.raises(NotebookError, match="braces"):
        execute.execute(NAME, "t", {"loss": 0.75})
    assert pd.read_parquet(root / "data/t/privacy_audit.parquet").value[0] == 0.25


def test_a_kernel_that_dies_is_reported(project):
    root = project("import os\nos._exit(7)")
    with pytest.raises(NotebookError, match="11-privacy was stopped"):
        execute.execute(NAME, "t")
    assert (root / "reports/t/failed" / f"{NAME}.ipynb").is_file()


def test_an_artefact_that_was_promised_but_not_written_is_a_failure(project):
    project("pass")
    with pytest.raises(NotebookError, match="without writing privacy_audit.parquet"):
        execute.execute(NAME, "t")


def test_bad_parameters_are_refused_before_anything_runs(project, capsys):
    root = project(WRITE)
    assert execute.main([NAME, "--run", "t", "-p", "lossss", "x"]) == 2
    message = capsys.readouterr().err
    assert "no parameter 'lossss' (did you mean 'loss'?)" in message
    assert "seed: int = 1" in message
    assert execute.main([NAME, "--run", "t", "-p", "loss", "high"]) == 2
    assert "parameter 'loss' must be float, not 'high'" in capsys.readouterr().err
    assert execute.main([NAME, "--run", "t", "-p", "run", "u"]) == 2
    assert execute.main(["12", "--run", "t"]) == 2
    assert execute.main([NAME, "--run", "../t"]) == 2
    assert not (root / "reports").exists()


def test_parameter_file_and_command_line_join(project, tmp_path):
    root = project(WRITE)
    file = tmp_path / "p.yaml"
    file.write_text("seed: 5\n11-privacy:\n  loss: 0.125\n01-data-collection:\n  other: 1\n")
    assert execute.main([NAME, "--run", "t", "-f", str(file), "-p", "seed", "6"]) == 0
    row = pd.read_parquet(root / "data/t/privacy_audit.parquet").iloc[0]
    assert (row["value"], row["n"]) == (0.125, 6)


def test_missing_input_is_refused_before_anything_runs(project):
    root = project(WRITE)
    (root / "data/t/profiles.parquet").unlink()
    with pytest.raises(MissingArtefactError, match="run 06-profile-construction first"):
        execute.execute(NAME, "t")


def test_the_command_writes_the_page_and_says_where(project, capsys):
    root = project(WRITE)
    assert execute.main([NAME, "--run", "t", "--no-page"]) == 0
    assert not list((root / "reports/t").glob("*.html"))
    assert execute.main([NAME, "--run", "t"]) == 0
    page = root / "reports/t" / f"{NAME}.html"
    assert f"report: {page}" in capsys.readouterr().out
    assert "Audit the profiles" in page.read_text() and page.with_name("index.html").is_file()


def test_two_executions_of_one_notebook_exclude_each_other(project):
    root = project(f"import time\ntime.sleep(8)\n{WRITE}")
    first = threading.Thread(target=execute.execute, args=(NAME, "t"))
    first.start()
    staging = root / "data/t/.staging" / NAME
    deadline = time.monotonic() + 60
    while not staging.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    with pytest.raises(NotebookError, match="already being executed"):
        execute.execute(NAME, "t")
    first.join()
    assert (root / "data/t/privacy_audit.parquet").is_file()


def test_parameters_are_checked_against_a_notebook_without_the_cell(project):
    root = project(WRITE)
    path = root / "notebooks" / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].metadata.tags = []
    nbformat.write(notebook, path)
    with pytest.raises(ParameterError, match="0 cells tagged 'parameters'"):
        execute.execute(NAME, "t")
