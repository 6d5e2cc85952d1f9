"""Every notebook keeps the form that readers and tools rely on."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
import yaml

from ricercar import graph, parameters

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = list(graph.NOTEBOOKS)


def tags(cell):
    return cell.metadata.get("tags", [])


def load(name):
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)


def code_cells(name):
    return [cell for cell in load(name).cells if cell.cell_type == "code"]


def test_the_folder_holds_the_declared_notebooks_and_no_others():
    assert sorted(p.stem for p in (ROOT / "notebooks").glob("*.ipynb")) == sorted(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_is_a_valid_notebook_with_unique_cell_ids(name):
    notebook = load(name)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_parameters_are_declared_once_and_seen_by_papermill(name):
    declared = parameters.of_notebook(ROOT / "notebooks" / f"{name}.ipynb")
    assert list(declared)[:2] == ["run", "seed"]
    assert all(p.help for p in declared.values()), "every parameter has a help text"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_begins_with_a_question_and_ends_with_what_was_learnt(name):
    cells = load(name).cells
    assert cells[0].cell_type == "markdown" and re.match(rf"# {name[:2]} \S", cells[0].source)
    headings = re.findall(r"^## (.+)$", "\n".join(c.source for c in cells), re.MULTILINE)
    assert headings[-1] == "What we learned"
    last = max(i for i, c in enumerate(cells) if "## What we learned" in c.source)
    assert any("show.markdown(" in c.source for c in cells[last:])
    assert any("step.headline(" in c.source for c in cells[last:])
    assert any("step.metric(" in c.source for c in cells)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_table_of_files_is_the_graphs(name):
    first = "\n".join(c.source for c in load(name).cells[:3] if c.cell_type == "markdown")
    notebook = graph.NOTEBOOKS[name]
    table = "\n".join(line for line in first.splitlines() if line.startswith("|"))
    listed = set(re.findall(r"`([^`]+)`", table))
    assert listed == {*notebook.reads, *notebook.writes}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_cells_are_short_and_define_nothing(name):
    for cell in code_cells(name):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= (24 if "parameters" in tags(cell) else 20), cell.source
        tree = ast.parse(cell.source)
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        assert not any(isinstance(node, kinds) for node in ast.walk(tree)), cell.source


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_imports_stand_in_one_cell(name):
    importing = [
        cell
        for cell in code_cells(name)
        if any(
            isinstance(n, (ast.Import, ast.ImportFrom)) for n in ast.walk(ast.parse(cell.source))
        )
    ]
    assert len(importing) == 1


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_result_cells_hold_what_nbval_compares_and_no_other_cell_keeps_output(name):
    checked = [c for c in code_cells(name) if "nbval-check-output" in tags(c)]
    assert 1 <= len(checked) <= 3
    for cell in code_cells(name):
        if "nbval-check-output" in tags(cell):
            assert "keep_output" in tags(cell)
            assert cell.execution_count, "nbval compares only cells with a count: make record"
            text = "".join(o.text for o in cell.outputs if o.get("name") == "stdout")
            assert re.search(r"\d|True|False", text)
            assert all(o.output_type == "stream" for o in cell.outputs)
        else:
            assert not cell.outputs


def test_quick_configuration_lists_every_parameter_at_its_default():
    config = yaml.safe_load((ROOT / "config" / "quick.yaml").read_text())
    for name in NOTEBOOKS:
        declared = parameters.of_notebook(ROOT / "notebooks" / f"{name}.ipynb")
        given = parameters.check(name, declared, parameters.for_notebook(config, name))
        assert given == {p.name: p.default for p in declared.values()}
        assert set(config[name] or {}) | {"run", "seed"} == set(declared)


RUNS = [p for p in sorted((ROOT / "config").glob("*.yaml")) if not p.stem.startswith("sweep-")]


@pytest.mark.parametrize("path", RUNS, ids=lambda p: p.stem)
def test_configurations_name_known_parameters_only(path):
    config = parameters.read_file(path)
    for name in NOTEBOOKS:
        declared = parameters.of_notebook(ROOT / "notebooks" / f"{name}.ipynb")
        parameters.check(name, declared, parameters.for_notebook(config, name))
