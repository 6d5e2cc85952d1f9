"""Splits: every event in exactly one part, and an audit that finds what leaks."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.errors import ParameterError
from ricercar.listening import splits

START = pd.Timestamp("2026-01-01", tz="UTC")


def log(*rows):
    """Events from (listener, piece, day)."""
    listener, piece, day = zip(*rows, strict=True)
    time = [START + pd.Timedelta(days=d) for d in day]
    return pd.DataFrame(
        {"listener": listener, "piece": piece, "time": time, "kind": "play", "value": 1.0}
    )


#: three listeners, four pieces, eight days
SMALL = log(
    ("k", "a", 0),
    ("l", "a", 1),
    ("k", "b", 2),
    ("l", "b", 3),
    ("k", "a", 4),
    ("m", "c", 5),
    ("l", "c", 6),
    ("k", "d", 7),
)


def days(part):
    return (part["time"] - START).dt.days.tolist()


def split(events, name, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", splits.LeakageWarning)
        return splits.by_name(events, name, **options)


def test_the_last_events_of_each_listener():
    train, test = splits.leave_last(SMALL)
    assert days(test) == [6, 7]  # m has one event, which stays in training
    train, test = splits.leave_last(SMALL, 2)
    assert days(test) == [3, 4, 6, 7]
    assert days(train) == [0, 1, 2, 5]
    with pytest.raises(ParameterError, match="at least 1"):
        splits.leave_last(SMALL, 0)
    with pytest.raises(ParameterError, match="0 in test"):
        splits.leave_last(SMALL, 4)


def test_of_events_at_one_time_the_last_is_held_out():
    events = log(("k", "a", 0), ("k", "b", 0))
    assert splits.leave_last(events)[1]["piece"].tolist() == ["b"]


def test_a_random_split_warns_with_its_reason():
    with pytest.warns(splits.LeakageWarning, match="see the future: .* later than the first"):
        splits.at_random(SMALL, 0.25, seed=1)


def test_new_listeners_are_known_by_their_first_events_only():
    train, test = splits.new_listeners(SMALL, 0.3, seed=0)
    assert not set(train["listener"]) & set(test["listener"])
    assert test["listener"].nunique() == 1
    train, test = splits.new_listeners(SMALL, 0.6, history=1, seed=0)
    assert set(test["listener"]) == {"k", "l"}  # m has nothing beyond its first event
    assert days(train) == [0, 1, 5]
    with pytest.raises(ParameterError, match="only 2 of 3 can be"):
        splits.new_listeners(SMALL, 0.9, history=1)
    with pytest.raises(ParameterError, match="negative"):
        splits.new_listeners(SMALL, history=-1)


def test_new_pieces_have_not_been_heard():
    train, test = splits.new_pieces(SMALL, 0.5, seed=3)
    assert test["piece"].nunique() == 2
    assert not set(train["piece"]) & set(test["piece"])


def test_the_audit_by_hand():
    train, test = splits.leave_last(SMALL, 2)
    table = splits.audit(train, test).set_index("check")
    assert table["count"].to_dict() == {
        "events in train": 4,
        "events in test": 4,
        "leaking events": 1,  # m on day 5, the test part begins on day 3
        "listeners in train": 3,
        "listeners in test": 2,
        "cold listeners in test": 0,
        "pieces in train": 3,
        "cold pieces in test": 1,  # d
        "pairs in test": 4,
        "new pairs in test": 3,
        "pairs in train and test": 1,  # k and a
        "events leaking to their own listener": 0,
        "events in test of cold listeners": 0,
        "events in test of cold pieces": 1,
    }
    share = table["share"].dropna()
    assert share["leaking events"] == share["cold pieces in test"] == 0.25
    assert share["pairs in train and test"] == 0.25


def test_the_audit_finds_what_leaks_to_a_listener():
    train, test = SMALL.iloc[[0, 4, 5]], SMALL.iloc[[2, 6, 7]]
    count = splits.audit(train, test).set_index("check")["count"]
    assert count["events leaking to their own listener"] == 1  # k on day 4, tested on day 2
    assert count["leaking events"] == 2
    assert count["cold listeners in test"] == 1  # l
    assert count["events in test of cold listeners"] == 1


OPTIONS = {
    "temporal": {"test_share": 0.3},
    "leave_last": {"n": 1},
    "random": {"test_share": 0.3},
    "new_listeners": {"test_share": 0.3, "history": 1},
    "new_pieces": {"test_share": 0.3},
}

events = st.lists(
    st.tuples(st.sampled_from("klmno"), st.sampled_from("abcde"), st.integers(0, 9)),
    min_size=1,
    max_size=40,
).map(lambda rows: log(*rows))


@pytest.mark.parametrize("name", splits.SPLITS)
@settings(max_examples=30, deadline=None)
@given(events=events, seed=st.integers(0, 5))
def test_every_event_is_in_exactly_one_part(name, events, seed):
    events = events.assign(value=np.arange(len(events), dtype=float))  # tells events apart
    try:
        train, test = split(events, name, seed=seed, **OPTIONS[name])
    except ParameterError:
        return
    assert sorted([*train["value"], *test["value"]]) == events["value"].tolist()
    assert len(train) and len(test)
    assert train["time"].is_monotonic_increasing and test["time"].is_monotonic_increasing
    again = split(events, name, seed=seed, **OPTIONS[name])
    pd.testing.assert_frame_equal(train, again[0])
    count = splits.audit(train, test).set_index("check")["count"]
    assert count["new pairs in test"] + count["pairs in train and test"] == count["pairs in test"]
    if name == "temporal":
        assert count["leaking events"] == 0 == count["events leaking to their own listener"]
        assert train["time"].max() < test["time"].min()
    elif name == "leave_last":
        assert count["events leaking to their own listener"] == 0
        assert test["listener"].is_unique and count["cold listeners in test"] == 0
    elif name == "random":
        assert len(test) == round(len(events) * 0.3)
    elif name == "new_listeners":
        shown = train[train["listener"].isin(test["listener"])]
        assert (shown["listener"].value_counts() == 1).all()
        assert count["events leaking to their own listener"] == 0
    else:
        assert count["cold pieces in test"] == test["piece"].nunique()


@pytest.mark.parametrize("name", ["random", "new_listeners", "new_pieces"])
def test_what_is_drawn_depends_on_the_seed_and_not_on_the_order_of_rows(name):
    rng = np.random.default_rng(0)
    rows = zip(rng.integers(0, 30, 300), rng.integers(0, 30, 300), range(300), strict=True)
    events = log(*((f"u{u}", f"p{p}", d) for u, p, d in rows))
    first = split(events, name, seed=1)[1]
    shuffled = events.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(first, split(shuffled, name, seed=1)[1])
    assert not first.equals(split(events, name, seed=2)[1])


def test_wrong_names_and_options():
    with pytest.raises(ParameterError, match="no split 'middle'; known: temporal"):
        splits.by_name(SMALL, "middle")
    with pytest.raises(ParameterError, match="no option 'history'; known: test_share"):
        splits.by_name(SMALL, "temporal", history=1)
    for name in set(splits.SPLITS) - {"leave_last"}:
        with pytest.raises(ParameterError, match="above 0 and below 1"):
            split(SMALL, name, test_share=1.0)
        with pytest.raises(ParameterError):
            split(SMALL.iloc[:0], name)
