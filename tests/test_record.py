"""What a record says of files and data sets from outside the run."""

import pytest

from ricercar import datasets, record, workspace
from ricercar.errors import ReadError


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    monkeypatch.setenv("RICERCAR_DATASETS", str(tmp_path / "sets"))
    (tmp_path / "mine.csv").write_text("listener,piece")
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "a.abc").write_text("X:1")
    return tmp_path


def test_files_and_folders_that_are_there_are_recorded_as_given(home):
    values = {"log": "mine.csv", "labels": "", "import_folder": "music", "seed": 1}
    assert record.outside(values) == {
        "import_folder": {"path": "music", "sha256": workspace.digest(home / "music")},
        "log": {"path": "mine.csv", "sha256": workspace.digest(home / "mine.csv")},
    }
    assert record.outside({"import_folder": "data/import", "log": "gone.csv"}) == {}
    whole = str(home / "mine.csv")
    assert record.outside({"log": whole})["log"]["path"] == whole


@pytest.mark.parametrize("values", [{"dataset": "gowalla"}, {"import_folder": "dataset:gowalla"}])
def test_a_data_set_is_recorded_with_the_digests_of_its_files(home, monkeypatch, values):
    folder = home / "sets" / "gowalla"
    folder.mkdir(parents=True)
    (folder / "train.txt").write_text("0 1")
    (folder / "README").write_text("no file of the data set")
    files = {"train.txt": workspace.digest(folder / "train.txt")}
    monkeypatch.setattr(datasets.Dataset, "files", files)
    (found,) = record.data_sets(values).values()
    assert found["dataset"] == "gowalla" and found["files"] == files
    assert found["sha256"] == workspace.digest_of(files)
    assert record.data_sets({"dataset": "", "import_folder": "music"}) == {}
    (folder / "train.txt").write_text("0 2")
    with pytest.raises(ReadError, match="SHA-256 differs"):
        record.data_sets(values)


def test_files_without_a_published_digest_are_read_for_it(home):
    folder = home / "sets" / "listenbrainz" / "1"
    folder.mkdir(parents=True)
    (folder / "1.listens").write_text("{}")
    found = record.data_sets({"dataset": "listenbrainz"})["dataset"]
    assert found["files"] == {"1/1.listens": workspace.digest(folder / "1.listens")}
