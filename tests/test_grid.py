"""Notes on the grid and back."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ricercar import grid, tables
from ricercar.errors import ParameterError


def notes_of(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["piece", "part", "onset", "duration", "pitch"])


def pieces_of(**quarters: float) -> pd.DataFrame:
    return pd.DataFrame({"piece": list(quarters), "quarters": list(quarters.values())})


@st.composite
def grids(draw):
    """Some pieces of equal length as (pitch, onset, step)."""
    shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 4)))
    pitch = draw(arrays.arrays(np.int16, shape, elements=st.sampled_from([-1, 0, 60, 61, 127])))
    onset = draw(arrays.arrays(np.bool_, shape))
    return pitch, onset, draw(st.sampled_from([1, 60, 120, 480]))


@settings(max_examples=60, deadline=None)
@given(grids())
def test_round_trip_loses_nothing_that_the_grid_holds(held):
    pitch, onset, step = held
    n, steps, voices = pitch.shape
    ids = [f"p{i}" for i in range(n)]
    notes = grid.to_notes(pitch, onset, ids, step)
    tables.validate("notes", notes)
    pieces = pd.DataFrame({"piece": ids, "quarters": steps * step / 480})
    laid = grid.to_grid(notes, pieces, step=step, voices=voices)
    assert laid.steps.tolist() == [steps] * n
    np.testing.assert_array_equal(laid.pitch.reshape(pitch.shape), pitch)
    np.testing.assert_array_equal(laid.onset.reshape(pitch.shape), grid.canonical(pitch, onset))
    again = grid.to_notes(
        laid.pitch.reshape(pitch.shape), laid.onset.reshape(pitch.shape), ids, step
    )
    pd.testing.assert_frame_equal(again, notes)


def test_canonical_twice_is_canonical_once():
    pitch = np.array([[60, -1], [60, 62], [-1, 62], [61, 64]])
    once = grid.canonical(pitch, np.ones((4, 2), bool))
    assert once.tolist() == [[True, False], [True, True], [False, True], [True, True]]
    np.testing.assert_array_equal(grid.canonical(pitch, once), once)


def test_what_the_grid_cannot_hold_is_decided_as_documented():
    notes = notes_of(
        ("a", 0, 0, 480, 60),  # cut by the next note of its part
        ("a", 0, 240, 120, 62),
        ("a", 0, 250, 240, 64),  # nearest step is 2 too: longer, so it stays
        ("a", 1, 0, 10, 50),  # shorter than a step: lasts one
        ("a", 1, 120, 120, 51),
        ("a", 1, 120, 120, 53),  # as long, and higher: stays
        ("a", 2, 0, 120, 40),  # a part beyond the last voice
        ("b", 0, 0, 120, 99),  # a piece that was not asked for
    )
    laid = grid.to_grid(notes, pieces_of(a=1.25), voices=2)
    assert laid.pitch[:, 0].tolist() == [60, 60, 64, 64, -1]
    assert laid.pitch[:, 1].tolist() == [50, 53, -1, -1, -1]
    assert laid.onset[:, 0].tolist() == [True, False, True, False, False]


def test_pieces_keep_their_order_their_step_and_silence():
    notes = notes_of(("b", 0, 120, 120, 70), ("a", 0, 0, 240, 60))
    pieces = pieces_of(a=0.5, silent=0.5, b=0.5)
    laid = grid.to_grid(notes, pieces, step=np.array([60, 120, 120]), voices=1)
    assert laid.steps.tolist() == [4, 2, 2]
    assert [laid.of(i)[0][:, 0].tolist() for i in range(3)] == [[60] * 4, [-1, -1], [-1, 70]]


def test_a_note_beyond_the_stated_length_makes_the_piece_longer():
    laid = grid.to_grid(notes_of(("a", 0, 480, 480, 60)), pieces_of(a=1.0), voices=1)
    assert laid.steps.tolist() == [8]


def test_no_notes_at_all():
    laid = grid.to_grid(notes_of(), pieces_of(a=0.5), voices=3)
    assert laid.pitch.tolist() == [[-1, -1, -1]] * 2 and not laid.onset.any()
    assert len(grid.to_notes(laid.pitch, laid.onset, "a")) == 0


@pytest.mark.parametrize("wrong", [{"step": 0}, {"voices": 0}])
def test_grid_refuses_an_impossible_size(wrong):
    with pytest.raises(ParameterError):
        grid.to_grid(notes_of(), pieces_of(a=1.0), **wrong)


def test_notes_need_an_id_for_each_piece():
    with pytest.raises(ParameterError, match="2 piece"):
        grid.to_notes(np.zeros((2, 3, 1), int), np.zeros((2, 3, 1)), ["only one"])


def test_windows_are_whole_and_begin_where_they_should():
    # a: upbeat of one step, then 5 steps; b: too short
    pitch = [9, 0, 0, 1, 1, 2]
    notes = pd.concat(
        [
            grid.to_notes(np.array(pitch)[:, None], np.zeros((6, 1)), "a"),
            grid.to_notes(np.array([[5]]), np.zeros((1, 1)), "b"),
        ]
    )
    laid = grid.to_grid(notes, pieces_of(a=1.5, b=0.25), voices=1)
    cut = grid.windows(laid, np.array([3, 3]), np.array([2, 2]), np.array([1, 0]), steps=4)
    assert cut.index.tolist() == [0, 0] and cut.start.tolist() == [1, 3]
    assert cut.pitch[..., 0].tolist() == [[0, 0, 1, -1], [1, 1, 2, -1]]
    assert cut.onset[..., 0].tolist() == [[True, False, True, False]] * 1 + [
        [True, False, True, False]
    ]


def test_a_window_that_cuts_a_note_begins_with_it():
    laid = grid.to_grid(notes_of(("a", 0, 0, 480, 60)), pieces_of(a=1.0), voices=1)
    cut = grid.windows(laid, np.array([2]), np.array([1]), np.array([1]), steps=2)
    assert cut.onset[..., 0].tolist() == [[True, False]] * 2


def test_length_zero_leaves_a_piece_out():
    laid = grid.to_grid(notes_of(("a", 0, 0, 480, 60)), pieces_of(a=1.0), voices=1)
    cut = grid.windows(laid, np.array([0]), np.array([1]), np.array([0]), steps=2)
    assert len(cut.index) == 0
    with pytest.raises(ParameterError):
        grid.windows(laid, np.array([3]), np.array([1]), np.array([0]), steps=2)
