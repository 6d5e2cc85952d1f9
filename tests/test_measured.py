"""Measurements are kept whole, read back, and accounted for in words."""

import json

import pandas as pd
import pytest

from ricercar import measured, workspace
from ricercar.errors import ReadError

MACHINE = {
    "processor": "Example 9000",
    "cores": 2,
    "memory_gib": 7.6,
    "system": "Linux x86_64",
    "python": "3.12.1",
}


def measurement(what="reading", size="full", date="2026-05-01T10:00:00+00:00", value=31.0):
    row = ("reading MIDI", "muspy", value, "times faster", 28.0, 33.5, 300, "at least 30", "yes")
    return measured.Measurement(
        what=what,
        question="How fast?",
        size=size,
        date=date,
        seconds=12.5,
        code="0" * 64,
        machine=MACHINE,
        versions={"muspy": "0.5.0"},
        tables={"Milliseconds": pd.DataFrame({"reader": ["muspy"], "median": [float("nan")]})},
        figures=pd.DataFrame([row], columns=[*measured.FIGURES]),
        remarks=("music21 was left out.",),
    )


def test_a_measurement_is_read_as_it_was_written(tmp_path):
    before = measurement()
    after = measured.read(measured.write(before, tmp_path))
    pd.testing.assert_frame_equal(after.figures, before.figures)
    assert after.tables["Milliseconds"]["median"].isna().all()
    plain = ("what", "question", "size", "date", "seconds", "code", "machine", "versions")
    assert all(getattr(after, name) == getattr(before, name) for name in (*plain, "remarks"))


def test_figures_come_in_the_order_of_the_questions(tmp_path):
    measured.write(measurement("style", value=0.1), tmp_path)
    measured.write(measurement("reading", value=31.0), tmp_path)
    assert list(measured.load(tmp_path)) == ["reading", "style"]
    assert measured.figures(folder=tmp_path)["value"].tolist() == [31.0, 0.1]
    assert measured.figures("style", folder=tmp_path)["value"].tolist() == [0.1]
    assert measured.figures("growth", folder=tmp_path).columns.tolist() == [*measured.FIGURES]


def test_a_measurement_without_figures_does_not_change_the_numbers_of_others(tmp_path):
    measured.write(measurement(), tmp_path)
    empty = measured.Measurement(
        **{**vars(measurement("style")), "figures": pd.DataFrame(columns=[*measured.FIGURES])}
    )
    measured.write(empty, tmp_path)
    assert measured.figures(folder=tmp_path)["n"].dtype == "int64"


def test_the_account_names_day_machine_trials_and_what_is_missing(tmp_path):
    assert measured.account(folder=tmp_path).startswith("Nothing has been measured here")
    measured.write(measurement("reading"), tmp_path)
    measured.write(measurement("shared", "small", "2026-05-03T10:00:00+00:00"), tmp_path)
    assert measured.account("reading", folder=tmp_path) == (
        "Measured 2026-05-01 by make bench on "
        "Example 9000 (2 cores, 8 GiB, Linux x86_64, Python 3.12.1)."
    )
    told = measured.account("reading", "shared", "style", folder=tmp_path)
    assert "Measured 2026-05-01 to 2026-05-03" in told
    assert "Trials with few cases, not results: shared." in told
    assert told.endswith("Not measured yet: style.")


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"tables": 3}', "not JSON"])
def test_a_damaged_measurement_is_named(tmp_path, damage):
    path = tmp_path / "reading.json"
    path.write_text(damage)
    with pytest.raises(ReadError, match=r"reading\.json is not a measurement"):
        measured.load(tmp_path)


def test_a_field_too_many_or_too_few_is_refused(tmp_path):
    path = measured.write(measurement(), tmp_path)
    content = json.loads(path.read_text())
    del content["machine"]
    path.write_text(json.dumps(content))
    with pytest.raises(ReadError, match="machine"):
        measured.read(path)


def test_the_results_that_the_project_keeps_can_be_read():
    folder = workspace.project() / "benchmarks" / "results"
    known = measured.load()
    stray = {path.stem for path in folder.glob("*.json")} - set(measured.ORDER)
    assert not stray
    assert all(one.size == "full" and len(one.tables) for one in known.values())
