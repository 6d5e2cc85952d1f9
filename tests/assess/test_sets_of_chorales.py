"""The tests of sets on published chorales: real ones pass, machine-written ones do not."""

import os
from pathlib import Path

import pytest

from ricercar import workspace
from ricercar.assess import chorale_split, diversity, frechet, null, set_pair, two_sample
from ricercar.assess.measured_set import MeasuredSet
from ricercar.style import embedding


def shared_file(*parts: str) -> Path:
    named = os.environ.get("RICERCAR_SHARED_DATA")
    folder = Path(named) if named else workspace.project().parent / "shared" / "data"
    path = folder.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"{path} is not there: set RICERCAR_SHARED_DATA to the folder of public data")
    return path


@pytest.fixture(scope="module")
def sets():
    known = chorale_split.read_frames(shared_file("jsb-chorales", "Jsb16thSeparated.json"))
    fakes = chorale_split.read_frames(shared_file("js-fakes", "js-fakes-16th.json"))
    real = {name: known[name] for name in ("train", "test")}
    return real | {"fakes": fakes["all"], "shuffled": null.shuffle_voices(*known["train"])}


@pytest.fixture(scope="module")
def measured(sets):
    return {name: MeasuredSet.of(one) for name, one in sets.items()}


@pytest.fixture(scope="module")
def described(measured):
    return {name: one.table for name, one in measured.items()}


def test_neighbours(described):
    found = {
        name: two_sample.nearest_neighbour(described["train"], described[name], n=99)
        for name in ("test", "fakes", "shuffled")
    }
    assert found["test"].low < 0.5 < found["test"].high and found["test"].p > 0.05
    assert found["fakes"].accuracy == pytest.approx(0.69, abs=0.03)
    assert found["fakes"].p == found["shuffled"].p == 0.01
    assert found["shuffled"].accuracy > 0.995


def test_a_classifier_is_harder_to_fool(described):
    test = two_sample.classifier(described["train"], described["test"], n=0)
    fakes = two_sample.classifier(described["train"], described["fakes"], n=0)
    assert test.low < 0.5 < test.high and fakes.low > 0.85


def test_what_gives_machine_written_chorales_away(described):
    found = set_pair.telling(described["train"], described["fakes"], n=99).set_index("column")
    top = found.head(10)
    assert {"melody.exact_repetition", "parallel_fifths", "parallel_octaves"} <= set(top.index)
    assert (top["p"] == 0.01).all()
    assert top.loc["melody.exact_repetition", "difference"] < -1 < 1
    assert top.loc["parallel_octaves", "low"] > 0.5
    held = set_pair.telling(described["train"], described["test"], n=99)
    assert held["p"].min() > 0.05


def test_variety(measured):
    rows = {
        name: diversity.evaluate(measured["train"], measured[name], n=50, thinned=3).set_index(
            "metric"
        )["value"]
        for name in ("test", "fakes", "shuffled")
    }
    assert rows["test"]["coverage"] > 0.95 > 0.8 > rows["fakes"]["coverage"]
    assert rows["test"]["recall"] > rows["fakes"]["recall"]
    assert rows["shuffled"]["precision"] < 0.05 and rows["shuffled"]["coverage"] < 0.05
    assert all(one["duplicates"] == 0 for one in rows.values())


def test_the_kept_embedder_hears_voices_that_do_not_fit(sets):
    if not embedding.available():
        pytest.skip("the package holds no embedder: python -m ricercar.style.embedding_training")
    model = embedding.kept()
    points = {name: model.embed(*one) for name, one in sets.items()}
    far = {
        name: frechet.compare(points["train"], points[name], n=50).set_index("metric")
        for name in ("test", "shuffled")
    }
    test = far["test"].loc["frechet_corrected"]
    assert test["low"] < 0 < test["high"]
    assert far["shuffled"].loc["frechet_corrected", "low"] > 0.5
