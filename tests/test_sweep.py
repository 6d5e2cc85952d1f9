"""A sweep: its file, what is done and what not, and the comparison."""

import json

import pytest

from ricercar import sweep, workspace
from ricercar.errors import ParameterError

FILE = """
from: "quick"
notebook: "04"
vary: {recipe: ["latent", "grid"], seed: [1, 2]}
also: [{recipe: "reference", loss: ["hinge"], seed: [3]}]
same: {write_steps: 25}
compare: ["distance_after"]
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A project with a sweep's file, and its home."""
    project = tmp_path / "project"
    (project / "config").mkdir(parents=True)
    (project / "notebooks").symlink_to(workspace.project() / "notebooks")
    (project / "config" / "sweep-some.yaml").write_text(FILE)
    monkeypatch.setattr(workspace, "project", lambda: project)
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    return tmp_path


def executed(made, case, value):
    """Leave what a case leaves."""
    reports = made.home / "reports" / made.run_of(case)
    told = {"distance_after": {"value": value}}
    workspace.write_json(reports / "metrics" / "04-gan-training.json", told)
    workspace.write_json(reports / "case.json", case)


def test_the_cases_are_all_combinations_and_what_is_added(home):
    made = sweep.read("some")
    assert made.varied == ["recipe", "loss", "seed"]
    runs = [made.run_of(case) for case in made.cases]
    assert runs == ["latent-1", "latent-2", "grid-1", "grid-2", "reference-hinge-3"]
    assert all(case["write_steps"] == 25 for case in made.cases)


@pytest.mark.parametrize(
    "wrong",
    [
        "vary: {}",
        FILE + "\nmore: 1",
        FILE.replace("write_steps", "wriet_steps"),
        "[",
        "notebook: 4",
    ],
)
def test_a_senseless_file_is_refused(home, wrong):
    (workspace.project() / "config" / "sweep-some.yaml").write_text(wrong)
    with pytest.raises(ParameterError):
        sweep.read("some")


def test_the_projects_own_sweep_can_be_read(monkeypatch):
    made = sweep.read("losses")
    assert len(made.cases) == 2 * 6 * 3 + 3
    assert len({made.run_of(case) for case in made.cases}) == len(made.cases)


def test_what_is_done_is_compared_with_intervals_over_seeds(home):
    made = sweep.read("some")
    assert sweep.shown("some") is None
    for case, value in zip(made.cases, (1.0, 3.0, 5.0), strict=False):
        executed(made, case, value)
    table = sweep._write(made).set_index("recipe")
    assert table.loc["latent", ["value", "low", "high", "n"]].tolist() == [2.0, 1.0, 3.0, 2]
    assert table.loc["grid", ["value", "n"]].tolist() == [5.0, 1]
    shown = sweep.shown("some")
    assert shown["recipe"].tolist() == ["latent", "grid"]
    assert shown["distance after"].iloc[0] == "2 [1, 3]" and shown["seeds"].tolist() == [
        "2 of 2",
        "1 of 1",
    ]


def test_a_case_that_failed_is_counted(home):
    made = sweep.read("some")
    executed(made, made.cases[0], 1.0)
    for case in (made.cases[1], made.cases[4]):
        workspace.write_json(made.home / "reports" / made.run_of(case) / "failed.json", case)
    table = sweep._write(made).set_index("recipe")
    assert table.loc["latent", ["value", "n", "tried"]].tolist() == [1.0, 1, 2]
    assert table.loc["reference", ["n", "tried"]].tolist() == [0, 1]
    shown = sweep.shown("some")
    assert shown["seeds"].tolist() == ["1 of 2", "0 of 1"]
    assert shown["distance after"].tolist() == ["1", "–"]


def test_what_the_checkout_keeps_is_shown_where_no_sweep_was_called(home, monkeypatch):
    kept = workspace.project() / "benchmarks" / "results" / "sweep-some.csv"
    kept.parent.mkdir(parents=True)
    kept.write_text("recipe,metric,value,low,high,n,tried\ngrid,distance_after,2,1,3,3,3\n")
    assert sweep.shown("some")["distance after"].tolist() == ["2 [1, 3]"]
    made = sweep.read("some")
    executed(made, made.cases[0], 9.0)
    sweep._write(made)
    assert sweep.shown("some")["recipe"].tolist() == ["latent"]


def test_only_what_is_missing_or_has_changed_is_done(home, monkeypatch, capsys):
    made = sweep.read("some")
    executed(made, made.cases[0], 1.0)
    executed(made, {**made.cases[1], "write_steps": 50}, 1.0)
    done = []

    def do(one, case):
        done.append(one.run_of(case))
        executed(one, case, 2.0)
        return case["seed"] != 3

    monkeypatch.setattr(sweep, "do", do)
    assert sweep.main(["some"]) == 1
    assert done == ["latent-2", "grid-1", "grid-2", "reference-hinge-3"]
    assert "failed: reference-hinge-3" in capsys.readouterr().err
    assert sweep.main(["some"]) == 0 and len(done) == 4
    assert json.loads((made.home / "reports/grid-1/case.json").read_text()) == made.cases[2]


def test_a_case_needs_the_artefacts_of_the_run(home):
    made = sweep.read("some")
    with pytest.raises(ParameterError, match="make reports RUN=quick"):
        sweep.do(made, made.cases[0])


def test_an_unknown_sweep_is_an_error(home, capsys):
    assert sweep.main(["none"]) == 2
    assert "cannot be read" in capsys.readouterr().err
