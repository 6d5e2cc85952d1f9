"""Events to weights and matrices, by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.errors import ParameterError
from ricercar.listening import matrix, splits

DAY = pd.Timestamp("2026-01-01", tz="UTC")


def log(rows):
    events = pd.DataFrame(rows, columns=["listener", "piece", "day", "kind", "value"])
    events["time"] = DAY + pd.to_timedelta(events.pop("day"), unit="D")
    return events


EVENTS = log(
    [
        ("k", "a", 0, "play", 1.0),
        ("k", "a", 10, "favourite", 1.0),
        ("k", "b", 10, "rating", 1.0),
        ("l", "b", 5, "skip", 0.25),
        ("l", "c", 10, "rating", 3.0),
    ]
)


def test_weights_by_hand():
    weights = {"play": 1.0, "favourite": 3.0, "rating": 2.0, "skip": -1.0}
    made = matrix.interactions(EVENTS, weights)
    assert made.listeners.tolist() == ["k", "l"] and made.pieces.tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(made.matrix.toarray(), [[4, -2, 0], [0, -0.75, 0]])
    assert made.matrix.nnz == 3  # three stars say nothing and are not stored


def test_half_life_halves():
    made = matrix.interactions(EVENTS, {"play": 1.0, "skip": -1.0}, half_life_days=5)
    np.testing.assert_allclose(made.matrix.toarray(), [[0.25, 0, 0], [0, -0.375, 0]])


def test_now_moves_the_ages():
    now = DAY + pd.Timedelta(days=20)
    weight = matrix.event_weights(EVENTS, half_life_days=10, now=now)
    assert weight[0] == pytest.approx(0.25)
    with pytest.raises(ParameterError, match="later than now"):
        matrix.event_weights(EVENTS, half_life_days=10, now=DAY)


def test_given_names_fix_rows_and_columns_and_others_are_left_out():
    made = matrix.interactions(EVENTS, listeners=["x", "k"], pieces=["c", "a"])
    np.testing.assert_allclose(made.matrix.toarray(), [[0, 0], [0, 4]])


def test_met_counts_every_kind():
    assert matrix.met(EVENTS, ["k", "l"], ["a", "b", "c"]).toarray().tolist() == [
        [2, 1, 0],
        [0, 1, 1],
    ]


def test_no_events_make_an_empty_matrix():
    made = matrix.interactions(EVENTS.iloc[:0], pieces=["a"], half_life_days=3)
    assert made.matrix.shape == (0, 1)


@pytest.mark.parametrize("wrong", [{"weights": {"like": 1.0}}, {"half_life_days": 0}])
def test_wrong_parameters_are_refused(wrong):
    with pytest.raises(ParameterError):
        matrix.event_weights(EVENTS, **wrong)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 9), min_size=2, max_size=40), st.floats(0.05, 0.95))
def test_a_temporal_split_loses_nothing_and_never_looks_ahead(days, share):
    events = log([("l", f"p{i}", day, "play", 1.0) for i, day in enumerate(days)])
    try:
        train, test = splits.temporal(events, share)
    except ParameterError:
        return
    assert sorted([*train["piece"], *test["piece"]]) == sorted(events["piece"])
    assert len(train) and len(test)
    assert train["time"].max() < test["time"].min()
    audit = splits.audit(train, test).set_index("check")["count"]
    assert audit["leaking events"] == 0


def test_the_share_is_met_without_ties_and_audit_counts():
    events = log([("k", "a", day, "play", 1.0) for day in range(8)])
    late = log([("k", "a", 8, "play", 1.0), ("new", "b", 9, "play", 1.0)])
    train, test = splits.temporal(pd.concat([late, events]), 0.2)
    assert (len(train), len(test)) == (8, 2)
    audit = splits.audit(train, test).set_index("check")["count"]
    assert audit["cold listeners in test"] == 1 and audit["cold pieces in test"] == 1
    assert audit["new pairs in test"] == 1 and audit["pairs in test"] == 2


@pytest.mark.parametrize("share", [0, 1, 0.01])
def test_impossible_splits_are_refused(share):
    events = log([("k", "a", day, "play", 1.0) for day in range(5)])
    with pytest.raises(ParameterError):
        splits.temporal(events, share)
