"""Whole bars, spans cut at them and spans joined."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricercar.assess.bars import cut, lay_out, merged, over_bars
from ricercar.errors import TableError


def note_table(rows):
    return pd.DataFrame(rows, columns=["piece", "part", "onset", "duration", "pitch"])


def test_pickup_and_unfinished_bar_are_not_whole():
    pieces = pd.DataFrame({"piece": ["a", "b"], "meter": ["3/4", None], "pickup": [480, 0]})
    notes = note_table([("a", 0, 0, 480, 60), ("a", 0, 480, 4000, 62), ("b", 0, 0, 1919, 60)])
    laid = lay_out(pieces, notes)
    assert laid.whole.tolist() == [2, 0]
    row, bar = laid.sounding()
    assert row.tolist() == [1, 1] and bar.tolist() == [0, 1]
    assert lay_out(pieces.assign(quarters=[20, 4.0]), notes).whole.tolist() == [6, 1]


def test_an_unknown_meter_is_four_four_and_nothing_is_needed_but_ids():
    pieces = pd.DataFrame({"piece": ["a"]})
    laid = lay_out(pieces, note_table([("a", 0, 1920, 1920, 60), ("other", 0, 0, 9999, 60)]))
    assert laid.whole.tolist() == [2] and laid.sounding()[1].tolist() == [1]
    odd = lay_out(pieces.assign(meter="free"), note_table([("a", 0, 0, 1920, 60)]))
    assert odd.whole.tolist() == [1]


def test_a_piece_may_not_stand_twice():
    with pytest.raises(TableError, match="stands twice"):
        lay_out(pd.DataFrame({"piece": ["a", "a"]}), note_table([("a", 0, 0, 480, 60)]))


spans = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 60), st.integers(1, 20)), max_size=25)


def cells(owner, onset, end):
    return {(o, t) for o, a, b in zip(owner, onset, end, strict=True) for t in range(a, b)}


@given(spans)
def test_joined_spans_sound_where_the_spans_did_and_do_not_touch(rows):
    owner, onset, length = np.array(rows, dtype=int).reshape(-1, 3).T
    found = merged(owner, onset, onset + length)
    assert cells(*found) == cells(owner, onset, onset + length)
    by, begin, end = found
    assert ((by[1:] > by[:-1]) | (begin[1:] > end[:-1])).all()


@given(spans, st.integers(1, 15))
def test_cutting_loses_nothing_and_crosses_no_line(rows, size):
    _, onset, length = np.array(rows, dtype=int).reshape(-1, 3).T
    row, cell, parts = cut(onset, onset + length, size)
    assert np.bincount(row, weights=parts, minlength=len(onset)).tolist() == length.tolist()
    assert ((parts > 0) & (parts <= size)).all() and (cell >= onset[row] // size).all()


def test_means_over_bars_leave_missing_ones_out():
    values = np.array([[1.0, np.nan], [3.0, np.nan], [5.0, 7.0]])
    found = over_bars(values, np.array([0, 0, 2]), 3)
    expected = np.array([[2, np.nan], [np.nan, np.nan], [5, 7]])
    np.testing.assert_array_equal(found, expected)
