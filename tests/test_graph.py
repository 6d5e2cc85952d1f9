import ast
import subprocess
import sys
from pathlib import Path

from ricercar import graph, tables

LIB = Path(__file__).resolve().parents[1] / "lib"


def test_what_a_notebook_reads_an_earlier_one_writes():
    written = set()
    for notebook in graph.NOTEBOOKS.values():
        assert set(notebook.reads) <= written, notebook.name
        assert not set(notebook.writes) & written, notebook.name
        written |= set(notebook.writes)


def test_only_the_default_needs_the_runs_listening():
    notebook = graph.NOTEBOOKS["07-collaborative-filtering"]
    assert notebook.needs({"dataset": "", "log": ""}) == notebook.reads
    assert notebook.looks_at({"dataset": "", "log": ""}) == notebook.reads
    assert notebook.needs({"log": "x.csv"}) == notebook.needs({"dataset": "gowalla"}) == ()
    assert notebook.looks_at({"log": "x.csv"}) == ("pieces.parquet", "features.parquet")
    assert notebook.looks_at({"dataset": "gowalla"}) == ()
    others = [n for n in graph.NOTEBOOKS.values() if n is not notebook]
    assert all(n.needs({"dataset": "gowalla", "log": "x.csv"}) == n.reads for n in others)


def test_every_table_has_a_schema():
    names = {n for notebook in graph.NOTEBOOKS.values() for n in notebook.writes}
    assert {n.removesuffix(".parquet") for n in names if n.endswith(".parquet")} == set(
        tables.COLUMNS
    )


def test_modules_used_follows_imports(tmp_path):
    package = tmp_path / "ricercar"
    (package / "deep").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text("def f():\n    from ricercar.deep import inner\n")
    (package / "b.py").write_text("")
    (package / "deep" / "__init__.py").write_text("")
    (package / "deep" / "inner.py").write_text("from . import other\n")
    (package / "deep" / "other.py").write_text("import numpy\n")
    found = graph.modules_used(["from ricercar import a"], tmp_path)
    assert [str(p.relative_to(package)) for p in found] == [
        "__init__.py",
        "a.py",
        "deep/__init__.py",
        "deep/inner.py",
        "deep/other.py",
    ]


def imports_of(path):
    return {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }


def test_dependencies_point_one_way():
    for path in sorted((LIB / "ricercar").rglob("*.py")):
        room = path.relative_to(LIB / "ricercar").parts[0].removesuffix(".py")
        names = imports_of(path)
        if room not in ("show", "command", "command_compose", "command_run"):  # write pages, sound
            assert not any(n.startswith("ricercar.show") for n in names), path
        if room in ("assess", "recommend"):
            composing = [n for n in names if n.startswith("ricercar.gan")]
            assert all(n.startswith("ricercar.gan.backend") for n in composing), path
        if room != "gan":
            heavy = [n for n in names if n.split(".")[0] in ("tensorflow", "keras")]
            assert not heavy, path


def test_importing_the_package_loads_neither_tensorflow_nor_music21():
    modules = [
        ".".join(path.relative_to(LIB).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((LIB / "ricercar").rglob("*.py"))
        if "gan" not in path.parts
        and path.stem != "__main__"
        and path.parts[-2:] != ("style", "network.py")  # the other one that may
    ]
    code = f"import sys, importlib\nfor m in {modules}: importlib.import_module(m)\n"
    code += "print(sorted({'tensorflow', 'keras', 'music21', 'verovio'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
