import json

import numpy as np
import pandas as pd
import pytest

from ricercar import tables, workspace
from ricercar.errors import MissingArtefactError, ParameterError, TableError


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    monkeypatch.delenv("RICERCAR_STAGING", raising=False)
    return tmp_path


@pytest.fixture
def listening(home):
    """The inputs of notebook 11, those that no test reads empty."""
    folder = home / "data" / "t"
    folder.mkdir(parents=True)
    listeners = pd.DataFrame({"listener": ["a"], "age_band": ["20-29"], "region": [None]})
    listeners.to_parquet(folder / "listeners.parquet")
    for other in ("pieces", "features"):
        (folder / f"{other}.parquet").touch()
    event = {"listener": "a", "piece": "p", "kind": "play", "value": 1.0}
    event["time"] = pd.Timestamp("2026-01-01", tz="UTC")
    pd.DataFrame([event]).to_parquet(folder / "events.parquet")
    pd.DataFrame({"listener": ["a"], "events": [1], "style.reel": [1.0]}).to_parquet(
        folder / "profiles.parquet"
    )
    return workspace.open_step("11-privacy", "t")


def audit(value=1.0):
    row = {"check": "k", "value": value, "low": None, "high": None, "n": 1, "verdict": "ok"}
    return pd.DataFrame([row])


def test_missing_input_names_the_notebook_to_run(home):
    with pytest.raises(MissingArtefactError, match="run 01-data-collection first"):
        workspace.open_step("02-feature-extraction", "t")


@pytest.mark.parametrize("run", ["", "../x", ".hidden", "a/b", "a b", 3])
def test_a_run_must_be_able_to_name_a_folder(run):
    with pytest.raises(ParameterError, match="cannot name a folder"):
        workspace.check_run(run)


def test_what_stands_in_for_the_runs_data_needs_none_of_it(home):
    name = "07-collaborative-filtering"
    with pytest.raises(MissingArtefactError, match="or name a dataset or log to use instead"):
        workspace.open_step(name, "t")
    assert workspace.open_step(name, "t", {"dataset": "gowalla"}).tables() == {}
    step = workspace.open_step(name, "t", {"dataset": "", "log": "mine.csv"})
    assert step.tables() == {}
    folder = home / "data" / "t"
    folder.mkdir(parents=True)
    pd.DataFrame({"piece": ["a"], "melody.range": [7.0]}).to_parquet(folder / "features.parquet")
    (folder / "events.parquet").touch()  # of the run, so not looked at
    assert list(step.tables()) == ["features"]


def test_table_round_trip_keeps_types(listening):
    saved = listening.save_table("privacy_audit", audit())
    pd.testing.assert_frame_equal(listening.table("privacy_audit"), saved)


def test_an_invalid_table_leaves_the_older_one(listening):
    listening.save_table("privacy_audit", audit(1.0))
    with pytest.raises(TableError, match="privacy_audit.*not valid"):
        listening.save_table("privacy_audit", audit().drop(columns="verdict"))
    assert listening.table("privacy_audit").value[0] == 1.0


def test_a_failed_write_leaves_nothing(listening, home):
    before = sorted((home / "data" / "t").iterdir())
    with pytest.raises(RuntimeError), listening.writing("profiles_export.enc") as path:
        path.write_bytes(b"half")
        raise RuntimeError
    assert sorted((home / "data" / "t").iterdir()) == before


def test_undeclared_artefacts_are_refused_both_ways(listening):
    with pytest.raises(ParameterError, match="does not declare"):
        listening.table("notes")
    with pytest.raises(ParameterError, match="does not declare that it writes"):
        listening.save_table("profiles", listening.table("profiles"))


def test_staging_hides_artefacts_until_they_are_published(listening, home, monkeypatch):
    monkeypatch.setenv("RICERCAR_STAGING", str(home / "staging"))
    listening.save_table("privacy_audit", audit(2.0))
    listening.metric("k", 5)
    assert not (home / "data" / "t" / "privacy_audit.parquet").exists()
    assert not (home / "reports" / "t").exists()
    assert listening.table("privacy_audit").value[0] == 2.0


def test_a_folder_replaces_an_older_one_whole(tmp_path):
    target = tmp_path / "compositions"
    for name in ("old", "new"):
        with workspace.writing(target) as folder:
            (folder / name).write_text(name)
    assert [p.name for p in target.iterdir()] == ["new"]
    assert [p.name for p in tmp_path.iterdir()] == ["compositions"]


def test_digest_of_a_folder_sees_names_and_contents(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    first = workspace.digest(tmp_path / "a")
    (tmp_path / "a" / "x").rename(tmp_path / "a" / "y")
    second = workspace.digest(tmp_path / "a")
    (tmp_path / "a" / "y").write_text("2")
    assert len({first, second, workspace.digest(tmp_path / "a")}) == 3


def test_metrics_keep_value_interval_and_cases(listening, home):
    listening.metric("k", np.float64(0.5), 0.4, float("nan"), np.int64(3))
    listening.metric("other", 1)
    stored = json.loads((home / "reports/t/metrics/11-privacy.json").read_text())
    assert stored["k"] == {"value": 0.5, "low": 0.4, "high": None, "n": 3}
    assert stored["other"]["value"] == 1
    listening.metric("k", 1, of={"method": "ease"})
    stored = json.loads((home / "reports/t/metrics/11-privacy.json").read_text())
    assert stored["k"]["of"] == {"method": "ease"} and "of" not in stored["other"]
    with pytest.raises(ParameterError):
        listening.metric("No spaces", 1)


def test_facts_are_kept_together(listening, home):
    listening.fact("split", "random")
    listening.fact("pieces", np.int64(3))
    stored = json.loads((home / "reports/t/facts/11-privacy.json").read_text())
    assert stored == {"split": "random", "pieces": 3}


def test_a_headline_has_words_and_may_have_a_sound(listening, home):
    listening.headline("One sentence.", sound=b"OggS", heard="A reel.")
    folder = home / "reports/t/headlines"
    stored = json.loads((folder / "11-privacy.json").read_text())
    assert stored == {"sentence": "One sentence.", "alt": "", "heard": "A reel."}
    assert (folder / "11-privacy.ogg").read_bytes() == b"OggS"


def test_object_arrays_are_refused(home, monkeypatch):
    step = workspace.Step(workspace.graph.NOTEBOOKS["10-copyright-screening"], "t")
    with pytest.raises(TableError, match="Python objects"):
        step.save_arrays("screening_index.npz", a=np.array([{}]))
    step.save_arrays("screening_index.npz", a=np.arange(3))
    assert step.arrays("screening_index.npz")["a"].tolist() == [0, 1, 2]


def test_equal_arrays_give_equal_bytes(home):
    step = workspace.Step(workspace.graph.NOTEBOOKS["10-copyright-screening"], "t")
    digests = set()
    for _ in range(2):
        step.save_arrays("screening_index.npz", a=np.arange(100))
        digests.add(workspace.digest(step.path("screening_index.npz")))
    assert len(digests) == 1


def test_notes_outside_midi_are_named():
    good = {"piece": "a", "part": 0, "onset": 0, "duration": 480, "pitch": 60}
    assert len(tables.validate("notes", pd.DataFrame([good]))) == 1
    for change in ({"pitch": 128}, {"duration": 0}, {"onset": -1}, {"part": -1}):
        with pytest.raises(TableError, match=next(iter(change))):
            tables.validate("notes", pd.DataFrame([good | change]))
    with pytest.raises(TableError, match="piece"):
        tables.validate("notes", pd.DataFrame([good]).drop(columns="piece"))
    with pytest.raises(TableError):
        tables.validate("notes", pd.DataFrame([good | {"extra": 1}]))


def test_open_tables_take_float_columns_only():
    frame = pd.DataFrame({"piece": ["a"], "melody.range": [7.0]})
    assert list(tables.validate("features", frame)) == ["piece", "melody.range"]
    with pytest.raises(TableError, match="floating point"):
        tables.validate("features", frame.assign(name="x"))
    with pytest.raises(TableError, match="piece"):
        tables.validate("features", pd.concat([frame, frame]))


def test_empty_tables_are_valid():
    for name in ("notes", "events", "quarantine", "evidence"):
        empty = pd.DataFrame(columns=list(tables.COLUMNS[name]))
        assert tables.validate(name, empty).empty
