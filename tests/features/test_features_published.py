"""What others define the same has the same value, and what differs has a reason."""

import numpy as np
import pandas as pd
import pytest

from ricercar.features import REGISTRY, published


def part(piece, number, cells):
    frame = pd.DataFrame(cells, columns=["onset", "duration", "pitch"])
    return frame.assign(piece=piece, part=number)


#: what hardly a piece of the corpus has: two octaves at a leap and a change of meter; as many
#: long notes as short ones; notes nearly as long as others; a part that divides; chords far
#: from the key, which are D flat major, E flat minor, D flat seventh and C diminished
MADE_UP = pd.DataFrame(
    {
        "piece": ["wide", "even", "nearly", "divided", "far"],
        "key": "C major",
        "meter": "4/4",
        "meter_changes": ["1920 3/4", "", "", "", ""],
        "pickup": 0,
    }
)
FAR = [(61, 65, 68), (63, 66, 70), (61, 65, 68, 71), (60, 63, 66)]
MADE_UP_NOTES = pd.concat(
    [
        part("wide", 0, [(0, 480, 50), (480, 480, 74), (960, 960, 72), (1920, 960, 60)]),
        part("even", 0, [(0, 480, 60), (480, 480, 62), (960, 960, 64), (1920, 960, 65)]),
        part("nearly", 0, [(0, 480, 60), (480, 482, 62), (962, 480, 64)]),
        part("divided", 0, [(0, 480, 72), (0, 480, 76), (480, 480, 74)]),
        part("divided", 1, [(0, 480, 60), (480, 480, 62)]),
        *(
            part("far", voice, [(480 * k, 480, chord[-1 - voice]) for k, chord in enumerate(FAR)])
            for voice in range(3)
        ),
        part("far", 3, [(480 * k, 480, chord[0] - 12) for k, chord in enumerate(FAR)]),
    ]
)


@pytest.fixture(scope="module")
def compared(real):
    pieces, notes = real
    return published.compare(pd.concat([pieces, MADE_UP]), pd.concat([notes, MADE_UP_NOTES]))


@pytest.mark.parametrize("entry", published.PUBLISHED, ids=lambda entry: entry.feature)
def test_the_values_agree_or_the_difference_is_explained(entry, compared):
    rows = compared[compared["feature"] == entry.feature]
    assert len(rows) >= (3 if entry.on == "score" else 10)
    assert rows["theirs"].notna().any(), "music21 refuses every piece"
    if entry.difference:
        assert not rows["agree"].all(), "the reason is out of date: the values agree"
    else:
        assert rows["agree"].all(), rows[~rows["agree"]].to_string()


def test_scores_with_a_divided_part_are_left_out(compared):
    on = published.listed().set_index("feature")["on"]
    measured = compared[compared["piece"] == "divided"]["feature"].map(on)
    assert set(measured) == {"melody"}


def test_each_feature_is_listed_once_and_known():
    listed = published.listed()
    assert listed["feature"].is_unique
    assert set(listed["feature"]) <= set(REGISTRY)
    assert listed["identifier"].str.fullmatch(r"[A-Z]{1,2}\d+(, [A-Z]{1,2}\d+)*").all()


def test_a_difference_that_nobody_listed_shows(real, monkeypatch):
    pieces, notes = real
    two = pieces.head(2)
    wrong = published.Published("melody.pitch_range", ("jSymbolic.PrimaryRegisterFeature",))
    monkeypatch.setattr(published, "PUBLISHED", (wrong,))
    found = published.agreement(published.compare(two, notes)).iloc[0]
    assert (found["n"], found["agree"]) == (2, 0)
    assert found["largest"] > 10


def test_a_piece_without_melody_and_one_that_music21_refuses(monkeypatch):
    pieces = pd.DataFrame({"piece": ["none", "one"], "meter": [None, "4/4"], "pickup": 0})
    notes = pd.DataFrame({"piece": ["one"], "part": 0, "onset": 0, "duration": 480, "pitch": 60})
    found = published.compare(pieces, notes)
    assert set(found["piece"]) == {"one"}
    refused = published.Published("melody.pitch_range", ("jSymbolic.StepwiseMotionFeature",))
    monkeypatch.setattr(published, "PUBLISHED", (refused,))
    row = published.compare(pieces, notes).iloc[0]
    assert np.isnan(row["theirs"])
    assert not row["agree"]
