"""The published chorale grid gives the figures that the project states as its targets."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ricercar import workspace
from ricercar.assess import music

STATED = {
    "train": (0.67, 0.61, 64.9, 10.0, 0.79, 3.029, 0.925),
    "test": (0.91, 0.36, 64.1, 10.3, 0.67, 3.026, 0.930),
    "fakes": (4.92, 5.05, 63.8, 10.2, 0.38, 3.038, 0.928),
}
COLUMNS = list(music.MEASURES)[:7]
HALF_DIGIT = np.array([0.0051, 0.0051, 0.051, 0.051, 0.0051, 0.00051, 0.00051])


def shared_file(*parts: str) -> Path:
    named = os.environ.get("RICERCAR_SHARED_DATA")
    folder = Path(named) if named else workspace.project().parent / "shared" / "data"
    path = folder.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"{path} is not there: set RICERCAR_SHARED_DATA to the folder of public data")
    return path


def tables(frames_of_pieces, name):
    """Pieces and notes of a JSON grid; a held pitch is one note (the grid cannot tell)."""
    rows = []
    for number, frames in enumerate(frames_of_pieces):
        grid = np.array([[-1 if p is None or p != p else p for p in f] for f in frames])
        for part, pitch in enumerate(grid.T):
            start = np.flatnonzero(np.diff(pitch, prepend=-2))
            length = np.diff(start, append=len(pitch))
            kept = pitch[start] >= 0
            rows.append(
                pd.DataFrame(
                    {
                        "piece": f"{name}/{number}",
                        "part": part,
                        "onset": start[kept] * 120,
                        "duration": length[kept] * 120,
                        "pitch": pitch[start][kept],
                    }
                )
            )
    notes = pd.concat(rows, ignore_index=True)
    return pd.DataFrame({"piece": notes["piece"].unique()}), notes


def chorales(split):
    path = shared_file("jsb-chorales", "Jsb16thSeparated.json")
    return tables(json.loads(path.read_text())[split], split)


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_chorale_rows_are_reproduced(split):
    card = music.scorecard(*chorales(split)).set_index("metric").loc[COLUMNS]
    assert (np.abs(card["value"].to_numpy() - np.array(STATED[split])) <= HALF_DIGIT).all(), card


def test_the_interval_of_test_parallels_is_reproduced():
    card = music.scorecard(*chorales("test"), seed=3).set_index("metric")
    stated = {"parallel_fifths": (0.34, 1.62), "parallel_octaves": (0.12, 0.67)}
    for metric, (low, high) in stated.items():
        assert card.loc[metric, "low"] == pytest.approx(low, abs=0.12)
        assert card.loc[metric, "high"] == pytest.approx(high, abs=0.12)


def test_the_row_of_machine_written_chorales_is_reproduced():
    path = shared_file("js-fakes", "js-fakes-16th.json")
    pieces, notes = tables(json.loads(path.read_text()), "fakes")
    card = music.scorecard(pieces, notes).set_index("metric").loc[COLUMNS]
    assert (np.abs(card["value"].to_numpy() - np.array(STATED["fakes"])) <= HALF_DIGIT).all(), card


def test_null_sets_are_as_far_from_music_as_stated():
    pieces, notes = chorales("test")
    shuffled = music.scorecard(*music.shuffle_voices(pieces, notes, 1)).set_index("metric")["value"]
    random = music.scorecard(*music.random_notes(pieces, notes, 1)).set_index("metric")["value"]
    assert shuffled["parallel_fifths"] == pytest.approx(17.0, abs=4)
    assert shuffled["triad"] == pytest.approx(10.5, abs=2)
    assert shuffled["dissonance"] == pytest.approx(37.9, abs=2)
    assert random["triad"] == pytest.approx(6.8, abs=1)
    assert random["dissonance"] == pytest.approx(41.4, abs=1)
    assert random["scale_consistency"] == pytest.approx(0.634, abs=0.02)
