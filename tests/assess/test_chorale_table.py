"""Every fixed row of the chorale table is reproduced from the published grids, column by column.

The rows of train, test and the machine-written chorales are stated to the digit; voices
shuffled across chorales and random notes depend on the draw and are checked within its reach.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ricercar import workspace
from ricercar.assess import chorale_split, music, originality, two_sample

COLUMNS = list(music.MEASURES)[:7]
ROWS = {
    "train": (0.67, 0.61, 64.9, 10.0, 0.79, 3.029, 0.925),
    "test": (0.91, 0.36, 64.1, 10.3, 0.67, 3.026, 0.930),
    "fakes": (4.92, 5.05, 63.8, 10.2, 0.38, 3.038, 0.928),
    "shuffled": (17.0, 16.1, 10.5, 37.9, 7.8, 3.277, 0.818),
    "random": (3.16, 3.79, 6.8, 41.4, 23.7, 3.541, 0.634),
}
HALF_DIGIT = np.array([0.0051, 0.0051, 0.051, 0.051, 0.0051, 0.00051, 0.00051])
OF_THE_DRAW = {
    "shuffled": np.array([4, 4, 1.5, 1.5, 2, 0.03, 0.02]),
    "random": np.array([0.8, 0.8, 0.6, 1, 4, 0.02, 0.01]),
}


def shared_file(*parts: str) -> Path:
    named = os.environ.get("RICERCAR_SHARED_DATA")
    folder = Path(named) if named else workspace.project().parent / "shared" / "data"
    path = folder.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"{path} is not there: set RICERCAR_SHARED_DATA to the folder of public data")
    return path


@pytest.fixture(scope="module")
def sets():
    found = chorale_split.read_frames(shared_file("jsb-chorales", "Jsb16thSeparated.json"))
    found["fakes"] = chorale_split.read_frames(shared_file("js-fakes", "js-fakes-16th.json"))["all"]
    everything = tuple(
        pd.concat([found[split][table] for split in ("train", "valid", "test")], ignore_index=True)
        for table in (0, 1)
    )
    found["shuffled"] = music.shuffle_voices(*everything, 1)
    found["random"] = music.random_notes(*everything, 1)
    return found


@pytest.mark.parametrize("name", ROWS)
def test_parallels_chords_and_keys(sets, name):
    card = music.scorecard(*sets[name], n=10).set_index("metric").loc[COLUMNS, "value"].to_numpy()
    reach = OF_THE_DRAW.get(name, HALF_DIGIT)
    off = np.abs(card - np.array(ROWS[name])) > reach
    assert not off.any(), dict(zip(COLUMNS, card, strict=True))


@pytest.mark.parametrize(
    ("name", "stated"),
    [("valid", 5.4), ("test", 3.1), ("fakes", 13.1), ("shuffled", 0.0), ("random", 0.0)],
)
def test_copied_windows(sets, name, stated):
    value, low, high, _ = originality.copied(sets["train"], sets[name])
    assert value == pytest.approx(stated, abs=0.051)
    assert low <= value <= high


@pytest.mark.parametrize(("name", "low", "high"), [("test", 0.4, 0.58), ("fakes", 0.6, 0.8)])
def test_nearest_neighbours_tell_sets_apart_as_stated(sets, name, low, high):
    real = music.per_piece(*sets["train"])
    found = two_sample.nearest_neighbour(real, music.per_piece(*sets[name]), n=0)
    assert low < found.accuracy < high


def test_nonsense_is_told_apart_without_error(sets):
    real = music.per_piece(*sets["train"])
    for name in ("shuffled", "random"):
        found = two_sample.nearest_neighbour(real, music.per_piece(*sets[name]), n=0)
        assert found.accuracy > 0.97


def test_originality_of_held_out_bach_is_the_yardstick(sets):
    held_out = originality.evaluate(*sets["test"], sets["train"])
    fakes = (sets["fakes"][0][:100], sets["fakes"][1])
    made = originality.evaluate(*fakes, sets["train"])
    for length in originality.LENGTHS:
        assert made[f"copied_{length}"].mean() > 1.5 * held_out[f"copied_{length}"].mean()
    assert originality.beyond(made["longest_copied"].to_numpy(), held_out["longest_copied"]) > 0.1
    # hymn tunes of held-out chorales stand in train, too, in other harmonisations
    assert held_out["nearest_similarity"].median() > 0.3
