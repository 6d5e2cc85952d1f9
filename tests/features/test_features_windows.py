"""Windows of a few bars: what belongs to which, and that they measure like pieces."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar import features
from ricercar.errors import ParameterError, TableError
from ricercar.features import windows


def one(meter="2/4", pickup=0, changes=None, piece="a"):
    return pd.DataFrame(
        {"piece": [piece], "meter": [meter], "pickup": [pickup], "meter_changes": [changes]}
    )


def quarters(count, piece="a", start=0, duration=480):
    onset = start + 480 * np.arange(count)
    pitch = 60 + np.arange(count) % 12
    return pd.DataFrame(
        {"piece": piece, "part": 0, "onset": onset, "duration": duration, "pitch": pitch}
    )


def test_windows_follow_each_other_and_the_last_is_short():
    found, small, notes = windows.cut(one(), quarters(10), bars=2)
    assert found["first_bar"].tolist() == [0, 2, 4]
    assert found["bars"].tolist() == [2, 2, 1]
    assert found["onset"].tolist() == [0, 1920, 3840]
    assert found["unit"].unique().tolist() == ["bar"]
    assert small["meter"].tolist() == ["2/4"] * 3
    assert notes.groupby("piece").size().tolist() == [4, 4, 2]
    assert notes["onset"].tolist() == [0, 480, 960, 1440] * 2 + [0, 480]


def test_overlapping_windows_end_with_the_piece():
    found, _, notes = windows.cut(one(), quarters(10), bars=2, hop=1)
    assert found["first_bar"].tolist() == [0, 1, 2, 3]
    assert notes.groupby("piece").size().tolist() == [4] * 4


def test_a_hop_longer_than_the_window_leaves_bars_out():
    found, _, notes = windows.cut(one(), quarters(10), bars=1, hop=3)
    assert found["first_bar"].tolist() == [0, 3, 6][: len(found)]
    assert (notes.groupby("piece").size() <= 2).all()
    assert notes["onset"].max() < 960


def test_the_first_window_holds_the_pickup():
    found, small, notes = windows.cut(one(pickup=480), quarters(9), bars=2)
    assert found["onset"].tolist() == [480, 2400]
    assert small["pickup"].tolist() == [480, 0]
    assert notes.groupby("piece").size().tolist() == [5, 4]
    assert notes.loc[notes["piece"] == 1, "onset"].tolist() == [0, 480, 960, 1440]


def test_changes_of_meter_are_followed():
    # two bars of 2/4, then bars of 3/4
    pieces = one(changes="1920 3/4")
    found, small, notes = windows.cut(pieces, quarters(4 + 9), bars=3)
    assert found["onset"].tolist() == [0, 1920 + 1440]
    assert small["meter"].tolist() == ["2/4", "3/4"]
    assert small["meter_changes"].tolist() == ["1920 3/4", None]
    assert notes.groupby("piece").size().tolist() == [7, 6]


def test_a_note_is_cut_where_its_window_ends_and_does_not_sound_in_the_next():
    notes = quarters(1, duration=4800)
    _, _, inside = windows.cut(one(), notes, bars=1)
    assert inside["duration"].tolist() == [960]


def test_without_a_meter_four_quarters_count_as_a_bar():
    found, small, _ = windows.cut(one(meter=None, changes="960 3/4"), quarters(10), bars=1)
    assert found["unit"].tolist() == ["four quarters"] * 3
    assert found["onset"].tolist() == [0, 1920, 3840]
    assert small["meter"].isna().all()
    assert small["meter_changes"].isna().all()


def test_pieces_without_notes_have_no_window_and_unknown_pieces_are_passed_over():
    pieces = pd.concat([one(), one(piece="b")], ignore_index=True)
    notes = pd.concat([quarters(4, "b"), quarters(4, "z")])
    assert windows.windows(pieces, notes, bars=2)["piece"].tolist() == ["b"]
    assert windows.windows(pieces, notes.head(0)).empty


def test_a_window_measures_as_the_same_bars_do_as_a_piece():
    pieces = one(meter="4/4", changes="3840 3/4")
    notes = quarters(8 + 6)
    table = windows.windows(pieces, notes, bars=2)
    names = [name for members in features.families.values() for name in members]
    tail = notes[notes["onset"] >= 3840]
    alone = features.extract(one(meter="3/4"), tail.assign(onset=tail["onset"] - 3840))
    pd.testing.assert_series_equal(table.loc[1, names], alone.loc[0, names], check_names=False)
    whole = windows.windows(pieces, notes, bars=100)
    pd.testing.assert_frame_equal(whole[names], features.extract(pieces, notes)[names])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)), min_size=1, max_size=20),
    st.sampled_from(["3/4", "6/8", "7/8", None]),
    st.sampled_from([0, 240, 480]),
    st.integers(1, 4),
)
def test_windows_side_by_side_hold_every_note_once(cells, meter, pickup, bars):
    notes = pd.DataFrame(cells, columns=["onset", "duration"]) * 120
    notes = notes.assign(piece="a", part=0, pitch=60)
    found, _, inside = windows.cut(one(meter, pickup, "2880 5/8; 4080 2/4"), notes, bars)
    assert len(inside) == len(notes)
    assert (inside["duration"] > 0).all()
    assert (inside["onset"] >= 0).all()
    back = inside["onset"] + np.where(inside["piece"] == 0, 0, found["onset"][inside["piece"]])
    assert sorted(back) == sorted(notes["onset"])


def test_lengths_below_one_and_doubled_pieces_are_refused():
    with pytest.raises(ParameterError, match="windows of 0 bars"):
        windows.windows(one(), quarters(4), bars=0)
    with pytest.raises(ParameterError, match="every 0 bars"):
        windows.windows(one(), quarters(4), hop=0)
    with pytest.raises(TableError, match="'a' more than once"):
        windows.windows(pd.concat([one(), one()]), quarters(4))
