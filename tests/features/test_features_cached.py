"""A feature table found again is the one that was computed, and only for the same music."""

import pandas as pd
import pytest

from ricercar import features
from ricercar.features import cached

PIECES = pd.DataFrame({"piece": ["a", "b"], "meter": ["4/4", None], "pickup": [0, 0]})
NOTES = pd.DataFrame(
    {
        "piece": ["a"] * 4 + ["b"] * 3,
        "part": 0,
        "onset": [0, 480, 960, 1440, 0, 240, 480],
        "duration": [480] * 4 + [240] * 3,
        "pitch": [60, 62, 64, 65, 70, 67, 70],
    }
)


def test_the_second_time_nothing_is_computed(tmp_path, monkeypatch):
    first = cached.extract(PIECES, NOTES, tmp_path)
    pd.testing.assert_frame_equal(first, features.extract(PIECES, NOTES))
    monkeypatch.setattr(features, "extract", None)
    pd.testing.assert_frame_equal(cached.extract(PIECES, NOTES, tmp_path), first)


@pytest.mark.parametrize(
    ("pieces", "notes"),
    [
        (PIECES.assign(meter=["3/4", None]), NOTES),
        (PIECES.assign(pickup=[0, 240]), NOTES),
        (PIECES, NOTES.assign(pitch=NOTES["pitch"] + 1)),
        (PIECES, NOTES.assign(piece=["a"] * 3 + ["b"] * 4)),
        (PIECES.assign(meter_changes=["960 3/4", None]), NOTES),
    ],
)
def test_other_music_has_another_digest(pieces, notes):
    assert cached.digest(pieces, notes) != cached.digest(PIECES, NOTES)


def test_a_damaged_table_is_computed_anew(tmp_path):
    first = cached.extract(PIECES, NOTES, tmp_path)
    (kept,) = tmp_path.glob("*.parquet")
    kept.write_bytes(b"no table")
    pd.testing.assert_frame_equal(cached.extract(PIECES, NOTES, tmp_path), first)
