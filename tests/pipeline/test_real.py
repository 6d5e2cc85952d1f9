"""The real notebooks through the real pipeline, on a handful of tunes; killed once on the way."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ricercar import graph

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).with_name("small.yaml")


def start(home):
    words = [sys.executable, "-m", "ricercar.pipeline", "--run", "small", "--config", str(CONFIG)]
    environment = {**os.environ, "RICERCAR_HOME": str(home), "RICERCAR_KEY_FILE": str(home / "key")}
    return subprocess.Popen(
        words,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A run that was killed while 04 trained, then completed; beside it a damaged import."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "data" / "import"
    folder.mkdir(parents=True)
    (folder / "corrupt.mid").write_bytes(b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\x40\0\x90")
    (folder / "broken.musicxml").write_text("<score-partwise><part><measure>")
    first = start(home)
    training = home / "data/small/checkpoints/04-gan-training"
    deadline = time.monotonic() + 300
    while not training.exists() and time.monotonic() < deadline and first.poll() is None:
        time.sleep(0.2)
    time.sleep(2)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    assert not (home / "data/small/generator.npz").exists()
    second = start(home)
    out, err = second.communicate(timeout=900)
    assert second.returncode == 0, out + err
    return home


def test_every_artefact_and_report_is_there(home):
    for notebook in graph.NOTEBOOKS.values():
        assert (home / "reports/small" / f"{notebook.name}.html").is_file()
        for artefact in notebook.writes:
            assert (home / "data/small" / artefact).exists()
    assert not list((home / "data/small").glob(".part-*"))


def test_every_notebook_left_figures_with_value_interval_and_cases(home):
    metrics = json.loads((home / "reports/small/metrics.json").read_text())
    assert {name.split(".")[0] for name in metrics} == set(graph.NOTEBOOKS)
    for name, figure in metrics.items():
        assert set(figure) - {"of"} == {"value", "low", "high", "n"}, name
        if figure["low"] is not None:
            assert figure["low"] <= figure["value"] <= figure["high"], name


def test_every_notebook_has_a_headline_in_the_index(home):
    index = (home / "reports/small/index.html").read_text()
    for name in graph.NOTEBOOKS:
        assert f'href="{name}.html"' in index
        assert (home / "reports/small/headlines" / f"{name}.json").is_file()
    assert "not run yet" not in index


def test_reports_refer_to_nothing_outside_themselves(home):
    for path in (home / "reports/small").glob("*.html"):
        page = path.read_text()
        outside = re.findall(r"""(?:src|href|action|data)=["'](?:https?:)?//[^"']*""", page)
        outside += re.findall(r"""@import|url\(["']?(?:https?:)?//""", page)
        assert not outside, f"{path.name}: {outside[:3]}"


def test_broken_files_are_listed_and_stop_nothing(home):
    page = (home / "reports/small/01-data-collection.html").read_text()
    assert "corrupt.mid" in page and "broken.musicxml" in page


def test_inputs_are_what_earlier_notebooks_wrote(home):
    run = json.loads((home / "reports/small/run.json").read_text())
    written = {k: v for record in run.values() for k, v in record["outputs"].items()}
    for name, record in run.items():
        assert record["seed"] == 3
        for artefact, digest in record["inputs"].items():
            assert digest == written[artefact], (name, artefact)
