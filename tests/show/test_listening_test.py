"""The blind test: neutral, equal, balanced, and judged by its key."""

import json

import pandas as pd
import pytest
import soundfile

from ricercar.errors import ParameterError
from ricercar.show import listening_test


def tunes(prefix, count=3, pitch=60):
    ids = [f"{prefix}-{number}" for number in range(count)]
    notes = [
        {"piece": one, "part": 0, "onset": at * 480, "duration": 480, "pitch": pitch + at + n}
        for n, one in enumerate(ids)
        for at in range(3)
    ]
    return pd.DataFrame({"piece": ids}), pd.DataFrame(notes)


def test_sheet_and_sounds_tell_nothing_and_the_key_tells_all(tmp_path):
    key = listening_test.write(tmp_path, tunes("made"), tunes("real"), 4, 2, tempo=200, seed=3)
    sounds = sorted(path.name for path in tmp_path.glob("*.ogg"))
    assert sounds == [f"excerpt-{n:02d}.ogg" for n in (1, 2, 3, 4)]
    lengths = {soundfile.info(tmp_path / name).frames for name in sounds}
    assert len(lengths) == 1
    sheet = (tmp_path / "index.html").read_text("utf-8")
    assert "made-" not in sheet and "real-" not in sheet and "//" not in sheet.split("<body>")[1]
    assert sheet.count("<audio") == 4
    origins = [one["origin"] for one in key["excerpts"].values()]
    assert sorted(origins) == ["made", "made", "real", "real"]
    assert json.loads(json.dumps(key)) == key


def test_fewer_pieces_make_a_smaller_test_that_stays_balanced():
    drawn = listening_test.draw(tunes("made", 1), tunes("real", 9), 12, 2)
    assert sorted(drawn["origin"]) == ["made", "real"]
    with pytest.raises(ParameterError, match="shorter excerpts"):
        listening_test.draw(tunes("made"), tunes("real"), 4, 99)
    with pytest.raises(ParameterError, match="even"):
        listening_test.draw(tunes("made"), tunes("real"), 3, 2)


def test_judging_by_hand():
    names = [f"excerpt-{n:02d}" for n in range(1, 5)]
    key = {"excerpts": {n: {"origin": o} for n, o in zip(names, ["made", "real"] * 2, strict=True)}}
    right = dict(zip(names, ["machine", "person"] * 2, strict=True))
    told = listening_test.judge(right, key)
    assert told["accuracy"] == 1 and told["p"] == pytest.approx(1 / 16) and told["low"] < 0.6
    with pytest.raises(ParameterError, match="excerpt-09"):
        listening_test.judge({"excerpt-09": "machine"}, key)
