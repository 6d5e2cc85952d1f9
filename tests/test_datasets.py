"""The registry of downloadable data."""

import hashlib
import os
import re
from pathlib import Path

import pytest

from ricercar import datasets, workspace
from ricercar.errors import MissingArtefactError, ParameterError, ReadError


@pytest.fixture
def tiny(monkeypatch):
    """A data set of one file, ``abc`` in ``a/b.txt``."""
    digest = hashlib.sha256(b"abc").hexdigest()
    monkeypatch.setattr(datasets.Dataset, "files", {"a/b.txt": digest})
    return "incarmusic"


def measuring(name: str) -> Path:
    """The folder of a data set among the data for measuring, which need not be there."""
    named = os.environ.get("RICERCAR_SHARED_DATA")
    parent = Path(named) if named else workspace.project().parent / "shared" / "data"
    return next((f for f in (parent / name, parent / name.replace("-", "_")) if f.is_dir()), parent)


def test_registry_is_complete():
    for name, dataset in datasets.DATASETS.items():
        assert dataset.files or dataset.unchecked, name
        for path, sha256 in dataset.files.items():
            assert re.fullmatch(r"[0-9a-f]{64}", sha256)
            assert not path.startswith("/") and ".." not in path.split("/")
        assert dataset.citation and dataset.licence and dataset.page.startswith("https://")
        # a commit, never a branch, which may move
        assert not dataset.base or re.search(r"/[0-9a-f]{40}/", dataset.base)
        assert not dataset.base or dataset.base.endswith("/")


def test_a_stand_in_is_checked_and_used(tiny, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").write_bytes(b"abc")
    assert datasets.fetch(tiny, tmp_path) == tmp_path
    (tmp_path / "a" / "b.txt").write_bytes(b"abd")
    with pytest.raises(ReadError, match="SHA-256"):
        datasets.fetch(tiny, tmp_path)
    (tmp_path / "a" / "b.txt").unlink()
    with pytest.raises(MissingArtefactError, match="get it from"):
        datasets.fetch(tiny, tmp_path)


def test_the_environment_names_a_parent_folder(tiny, tmp_path, monkeypatch):
    (tmp_path / tiny / "a").mkdir(parents=True)
    (tmp_path / tiny / "a" / "b.txt").write_bytes(b"abc")
    monkeypatch.setenv("RICERCAR_DATASETS", str(tmp_path))
    assert datasets.fetch(tiny) == tmp_path / tiny


def test_a_download_is_checked(tiny, tmp_path, monkeypatch):
    """Served from a folder: pooch reads file addresses as it reads any other."""
    import pooch

    served = {"content": b"abc"}

    def serve(address, output_file, _pooch):
        assert address.endswith("/a/b.txt") and address.startswith("https://")
        with open(output_file, "wb") as file:
            file.write(served["content"])

    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    monkeypatch.setattr(pooch.core, "choose_downloader", lambda *_, **__: serve)
    folder = datasets.fetch(tiny)
    assert (folder / "a" / "b.txt").read_bytes() == b"abc"
    assert folder == tmp_path / "data" / "raw" / tiny
    (folder / "a" / "b.txt").unlink()
    served["content"] = b"changed"
    with pytest.raises(ReadError, match="SHA-256 differs"):
        datasets.fetch(tiny)
    assert not (folder / "a" / "b.txt").exists()


def test_without_a_network_the_error_says_what_to_do(tiny, tmp_path, monkeypatch):
    import pooch

    def unreachable(*_):
        raise OSError("no route to host")

    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    monkeypatch.delenv("RICERCAR_DATASETS", raising=False)
    monkeypatch.setattr(pooch.core, "choose_downloader", lambda *_, **__: unreachable)
    with pytest.raises(MissingArtefactError, match=r"cannot be downloaded.*no route.*put it into"):
        datasets.fetch(tiny)


def test_hyphens_may_be_underscores(monkeypatch, tmp_path):
    digest = hashlib.sha256(b"abc").hexdigest()
    monkeypatch.setattr(datasets.Dataset, "files", {"b.txt": digest})
    (tmp_path / "openscore_lieder").mkdir()
    (tmp_path / "openscore_lieder" / "b.txt").write_bytes(b"abc")
    monkeypatch.setenv("RICERCAR_DATASETS", str(tmp_path))
    assert datasets.fetch("openscore-lieder") == tmp_path / "openscore_lieder"


@pytest.mark.parametrize(
    "name", ["jsb-chorales", "js-fakes", "mtc-ann", "nottingham", "openscore-lieder", "pop909"]
)
def test_the_registry_fits_the_measuring_data(name):
    folder = measuring(name)
    if folder.name not in (name, name.replace("-", "_")):
        pytest.skip(f"{name} is not in {folder}: set RICERCAR_SHARED_DATA to the public data")
    some = sorted(datasets.DATASETS[name].files)[::40]
    for path in some:
        assert workspace.digest(folder / path) == datasets.DATASETS[name].files[path]


def test_files_without_a_digest_have_to_be_there(tmp_path, monkeypatch):
    folder = tmp_path / "lastfm-dataset-1K"
    folder.mkdir()
    monkeypatch.setenv("RICERCAR_DATASETS", str(tmp_path))
    with pytest.raises(MissingArtefactError, match="traname.tsv of data set 'lastfm-1k'"):
        datasets.fetch("lastfm-1k")
    (folder / "userid-timestamp-artid-artname-traid-traname.tsv").touch()
    assert datasets.fetch("lastfm-1k") == folder
    checked = datasets.overview().set_index("dataset")["checked"]
    assert checked["lastfm-1k"].startswith("not") and checked["pop909"] == "by SHA-256"


def test_unknown_names_and_data_without_an_address(tmp_path, monkeypatch):
    with pytest.raises(ParameterError, match="known: jsb-chorales"):
        datasets.fetch("nothing")
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    monkeypatch.delenv("RICERCAR_DATASETS", raising=False)
    with pytest.raises(MissingArtefactError, match="grouplens"):
        datasets.fetch("hetrec-lastfm")
