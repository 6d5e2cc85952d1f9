"""The means of measuring: times, intervals, watched processes, synthetic music, the runner."""

import os
import re
import sys
import time
import types
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from benchmarks import __main__ as runner
from benchmarks import gowalla, gowalla_search, machine, material, setting, timing
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from ricercar import measured, recommend, tables
from ricercar.catalogue import formats

ROOT = Path(__file__).resolve().parents[1]


def test_speed_up_is_the_ratio_of_sums_over_the_cases_that_both_did():
    found = timing.faster([1.0, 1.0, 2.0, np.nan], [10.0, 30.0, np.nan, 5.0])
    assert (found["value"], found["n"]) == (20.0, 2)
    assert 10.0 <= found["low"] <= 20.0 <= found["high"] <= 30.0
    assert timing.faster([2.0], [1.0])["value"] == 0.5
    assert np.isnan(timing.faster([2.0], [1.0])["low"])
    assert timing.faster([np.nan], [1.0])["n"] == 0


def test_spread_is_in_milliseconds_and_leaves_out_what_failed():
    assert timing.spread([0.001, 0.004, 0.002, np.nan]) == {
        "median": 2.0,
        "min": 1.0,
        "max": 4.0,
        "n": 3,
    }
    assert timing.spread([np.nan])["n"] == 0


def test_works_are_timed_in_turns_and_a_failure_is_no_time():
    def fails(case):
        if case == "b":
            raise ValueError("cannot")
        return 1

    seconds, counted = timing.in_turns(
        ["a", "b"], {"slow": lambda case: time.sleep(0.02), "fails": fails}, rounds=3
    )
    assert (seconds["slow"] >= 0.02).all() and seconds["slow"].max() < 0.5
    assert seconds["fails"].notna().tolist() == [True, False]
    assert counted.loc["a", "fails"] == 1 and counted.loc["b", "fails"] == "ValueError: cannot"


def test_memory_of_a_process_and_its_child_is_seen():
    child = "held = bytearray(150 * 2**20); import time; time.sleep(1)"
    code = (
        "import subprocess, sys; held = bytearray(150 * 2**20)\n"
        f"subprocess.run([sys.executable, '-c', {child!r}]); print('done')"
    )
    outcome = machine.watch([sys.executable, "-c", code], interval=0.05)
    assert (outcome.ended, outcome.said) == ("well", "done")
    assert 0.29 < outcome.peak_gib < 0.5


@pytest.mark.parametrize(
    ("limits", "ended"), [({"stop": lambda: True}, "stopped"), ({"longest": 0.3}, "too long")]
)
def test_a_process_is_killed_with_its_children(tmp_path, limits, ended):
    child = "import time; time.sleep(60)"
    code = (
        "import subprocess, sys\n"
        f"one = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(one.pid)); one.wait()"
    )

    def stop():
        return (tmp_path / "pid").is_file() and limits.get("stop", lambda: False)()

    outcome = machine.watch(
        [sys.executable, "-c", code], limits.get("longest", 30.0), stop, interval=0.05
    )
    assert outcome.ended == ended
    if (tmp_path / "pid").is_file():
        pid = int((tmp_path / "pid").read_text())
        for _ in range(50):
            if not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie":
                break
            time.sleep(0.1)
        else:
            pytest.fail("the child lives on")


def test_a_function_is_called_in_a_process_of_its_own():
    outcome, result = machine.isolated("benchmarks.machine:describe")
    assert (outcome.ended, result) == ("well", machine.describe())
    outcome, result = machine.isolated("benchmarks.machine:describe", no=1)
    assert (outcome.ended, result) == ("failed", {})
    assert "TypeError" in outcome.said


def test_one_processor_is_given_and_taken_back():
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("this system does not hold a process on a processor")
    before = os.sched_getaffinity(0)
    with machine.one_processor() as numbers:
        assert os.sched_getaffinity(0) == set(numbers) and len(numbers) == 1
    assert os.sched_getaffinity(0) == before


def test_synthetic_pieces_are_valid_and_every_tenth_is_a_version():
    pieces, notes = material.synthetic(20)
    tables.validate("pieces", pieces)
    tables.validate("notes", notes)
    pitch = notes["pitch"].to_numpy().reshape(20, material.NOTES)
    onset = notes["onset"].to_numpy().reshape(20, material.NOTES)
    steps = np.diff(pitch, axis=1)
    alike = (steps[9] == steps[0]).mean()
    assert 0.6 < alike < 1.0 and (onset[9] == onset[0]).all()
    assert (steps[8] == steps[0]).mean() < 0.5
    pd.testing.assert_frame_equal(material.synthetic(20)[1], notes)
    ends = notes["onset"] + notes["duration"]
    assert ends.max() / tables.TICKS_PER_QUARTER == pieces["quarters"].iloc[0]


def test_synthetic_files_hold_the_synthetic_notes(tmp_path):
    material.synthetic_folder(tmp_path, 3)
    _, notes = material.synthetic(3)
    files = sorted(tmp_path.rglob("*.mid"))
    read = np.concatenate([formats.read(file.read_bytes(), "midi").notes for file in files])
    assert (read == notes[["part", "onset", "duration", "pitch"]].to_numpy()).all()


def test_a_sample_is_spread_over_the_list():
    assert material.spread_over(range(10), 5) == [0, 2, 4, 6, 8]
    assert material.spread_over(range(3), 5) == [0, 1, 2]


def test_a_piece_of_the_corpus_is_found_from_its_source():
    stream = material.music21_stream("music21 corpus: airdsAirs/book1.abc, line 50")
    assert len(stream.recurse().notes) > 20
    with pytest.raises(ValueError, match="not a piece of the music21 corpus"):
        material.music21_stream("import folder: a.mid")


def test_without_their_environment_other_packages_are_left_out_with_a_reason(tmp_path):
    answer = setting.Setting("small", peers=tmp_path / "python").peer("read_muspy", [], [])
    assert "not installed" in answer["missing"]


def test_what_a_peer_fails_on_is_told(tmp_path):
    answer = setting.Setting("small", peers=Path(sys.executable)).peer("no such task", [], [])
    assert answer["missing"].startswith("it failed: KeyError")


@pytest.fixture()
def home(tmp_path, monkeypatch):
    """A benchmark that counts its calls, and a home of its own."""
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    module = types.ModuleType("benchmarks.reading")
    module.QUESTION, module.calls = "How?", []

    def run(asked):
        module.calls.append(asked.size)
        if len(module.calls) > 8:
            raise OSError("no space")
        found = setting.Findings(tables={"Times": pd.DataFrame({"n": [1]})})
        found.figure("work", "muspy", 31.0, "times faster", at_least=30)
        found.figure("work", "symusic", 4.0, "s", at_most=3)
        found.figure("work", "", 4.0, "s")
        found.figure("work", "nothing", 0.1, "more", -0.1, 0.3, 9, surely_above=0)
        found.figure("work", "music21", 999.0, "times faster", at_least=1000)
        return found

    module.run = run
    monkeypatch.setitem(sys.modules, "benchmarks.reading", module)
    monkeypatch.setattr(runner, "code_digest", lambda: "1" * 64)
    return module


def test_a_measurement_is_made_once_for_the_same_code(home, capsys, monkeypatch):
    assert runner.main(["reading", "--size", "small"]) == 0
    assert runner.main(["reading", "--size", "small"]) == 0
    assert home.calls == ["small"]
    assert capsys.readouterr().out.count("## How?") == 2
    runner.main(["reading", "--size", "small", "--again"])
    monkeypatch.setattr(runner, "code_digest", lambda: "2" * 64)
    runner.main(["reading", "--size", "small"])
    assert len(home.calls) == 3


def test_targets_are_judged(home):
    runner.main(["reading", "--size", "small"])
    found = measured.read(setting.Setting("small").work / "measured" / "reading.json")
    assert found.figures["target"].tolist() == [
        "at least 30",
        "at most 3",
        "",
        "surely above 0",
        "at least 1,000",
    ]
    assert found.figures["reached"].tolist() == ["yes", "no", "", "no", "no"]


def test_a_trial_is_not_kept_among_the_results(home, monkeypatch, tmp_path):
    monkeypatch.setattr(runner.workspace, "project", lambda: tmp_path)
    runner.main(["reading", "--size", "small"])
    assert not (tmp_path / "benchmarks" / "results").exists()
    runner.main(["reading"])
    assert measured.load(tmp_path / "benchmarks" / "results")["reading"].size == "full"


def test_what_fails_is_named_and_does_not_stop_the_others(home, capsys):
    home.calls += ["small"] * 8
    assert runner.main(["reading", "--size", "small"]) == 1
    assert "## reading: not measured: OSError: no space" in capsys.readouterr().err


def test_an_unknown_name_is_refused(capsys):
    with pytest.raises(SystemExit):
        runner.main(["readings"])
    assert "there is no readings; known: reading, shared" in capsys.readouterr().err


def test_every_question_has_a_module_and_its_place():
    assert tuple(runner.MODULES) == measured.ORDER
    missing = [m for m in runner.MODULES.values() if not (ROOT / f"benchmarks/{m}.py").is_file()]
    assert not missing


def test_the_lock_of_the_other_packages_is_complete_and_names_no_address():
    lock = (ROOT / "benchmarks" / "requirements.lock").read_text()
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock.strip())
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in lock and "--index" not in lock and "--find-links" not in lock
    pinned = {canonicalize_name(n): v for n, v in re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", lock)}
    lines = (ROOT / "benchmarks" / "requirements.in").read_text().splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert wanted
    for one in wanted:
        assert Version(pinned[canonicalize_name(one.name)]) in one.specifier


@pytest.mark.parametrize("method", ["bpr", "slim"])
def test_rows_for_gowalla_are_the_best_on_the_part_held_out(method):
    rows = {row.model: row.parameters for row in gowalla.ROWS}
    assert rows[method] == gowalla_search.best_baseline(method)
    assert (method, rows[method]) in gowalla_search.sets("baselines")


def test_the_sets_for_gowalla_are_those_of_graph_ease():
    method, first = gowalla_search.sets("search")[0]
    recommend.create(method, **first)
    assert {**gowalla_search.best(), "single": True} in [
        s for _, s in gowalla_search.sets("search")
    ]
