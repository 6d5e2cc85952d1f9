"""The loop in a tiny world: what every arm must do, and what tells them apart."""

import numpy as np
import pandas as pd
import pytest

from ricercar import feedback, tables
from ricercar.assess import rounds
from ricercar.errors import ParameterError
from ricercar.listening import simulate

FEATURES = ["rhythm.note_density", "melody.majorness", "melody.leap_share"]
NEW = ["n0", "n1", "n2"]


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(1)
    names = [f"p{i:02d}" for i in range(80)] + NEW
    pieces = pd.DataFrame(
        {"piece": names, "style": rng.choice(["reel", "jig"], len(names)), "quarters": 50.0}
    )
    values = pd.DataFrame(rng.normal(size=(len(names), 3)), columns=FEATURES)
    table = pd.concat([pieces[["piece"]], values], axis=1)
    old = ~pieces["piece"].isin(NEW)
    made = simulate.listeners(pieces[old], table[old], 60, 2_500, seed=2, n_features=3)
    return pieces, table, made


@pytest.fixture(scope="module")
def loops(world):
    pieces, table, made = world
    return {
        arm: feedback.run(
            arm, made.events, pieces, table, made.true_tastes, new=NEW, rounds=3, n=5, seed=4
        )
        for arm in feedback.ARMS
    }


@pytest.mark.parametrize("arm", feedback.ARMS)
def test_nobody_is_offered_what_they_have_met(world, loops, arm):
    offers = loops[arm].offers
    assert not offers.duplicated(["listener", "piece"]).any()
    assert not offers.duplicated(["listener", "round", "rank"]).any()
    before = world[2].events[["listener", "piece"]].drop_duplicates()
    assert offers.merge(before, on=["listener", "piece"]).empty
    assert offers["rank"].between(1, 5).all() and set(offers["round"]) == {1, 2, 3}


@pytest.mark.parametrize("arm", feedback.ARMS)
def test_feedback_comes_from_offers_and_later_than_the_log(world, loops, arm):
    loop = loops[arm]
    tables.validate("feedback", loop.feedback)
    offered = loop.offers[["listener", "piece", "round"]]
    assert len(loop.feedback.merge(offered)) == len(loop.feedback)
    assert loop.feedback["time"].min() > world[2].events["time"].max()


def test_a_seed_fixes_everything(world, loops):
    pieces, table, made = world
    again = feedback.run(
        "hybrid_new", made.events, pieces, table, made.true_tastes, new=NEW, rounds=3, n=5, seed=4
    )
    pd.testing.assert_frame_equal(again.feedback, loops["hybrid_new"].feedback)
    pd.testing.assert_frame_equal(again.measures, loops["hybrid_new"].measures)


def test_arms_that_know_the_listener_beat_chance_and_popularity_covers_least(loops):
    history = feedback.history(loops.values(), resamples=100)
    tables.validate("loop_history", history)
    assert (history["low"] <= history["value"] + 1e-9).all()
    assert (history["high"] >= history["value"] - 1e-9).all()
    last = history[history["round"] == 3].pivot(index="arm", columns="measure", values="value")
    assert last.loc["content", "preference"] > last.loc["random", "preference"] + 0.1
    assert last.loc["hybrid", "preference"] > last.loc["random", "preference"] + 0.1
    assert last["coverage"].idxmin() == "most_popular"
    assert last["gini"].idxmin() == "random"


def test_new_pieces_come_in_by_content_and_by_the_kept_place_only(loops):
    offered = {
        arm: feedback.reception(loop, NEW).set_index("pieces from") for arm, loop in loops.items()
    }
    first_round = loops["hybrid_new"].offers.query("round == 1 and piece in @NEW")
    assert (first_round["rank"] == 3).mean() > 0.9 and first_round["listener"].nunique() == 60
    unheard = offered["user_knn"].loc["composed", "offered"]
    assert unheard < 0.1 * offered["hybrid_new"].loc["composed", "offered"]
    assert offered["content"].loc["composed", "offered"] > 0
    assert offered["random"]["offered"].sum() == len(loops["random"].offers)


def test_drift_makes_tastes_move(world):
    pieces, table, made = world
    moved = feedback.run(
        "content", made.events, pieces, table, made.true_tastes, rounds=3, n=5, drift=0.2, seed=4
    )
    distance = moved.measures.groupby("round")["taste_distance"].mean()
    assert distance[3] > distance[1] * 1.01


def test_short_catalogues_give_short_lists(world):
    pieces, table, made = world
    few = pieces["piece"].isin([*NEW, "p00"])
    loop = feedback.run(
        "random", made.events, pieces[few], table[few], made.true_tastes, rounds=2, n=3, seed=1
    )
    per_listener = loop.offers.groupby("listener").size()
    assert per_listener.max() <= 4
    feedback.history([loop], resamples=20)


@pytest.mark.parametrize("wrong", [{"arm": "oracle"}, {"rounds": 0}, {"n": 0}])
def test_wrong_parameters_are_refused(world, wrong):
    pieces, table, made = world
    given = {"arm": "random"} | wrong
    with pytest.raises(ParameterError):
        feedback.run(
            events=made.events,
            pieces=pieces,
            features_table=table,
            true_tastes=made.true_tastes,
            **given,
        )


def test_a_real_log_has_no_loop(world):
    pieces, table, made = world
    with pytest.raises(ParameterError, match="simulated listeners only"):
        feedback.run("random", made.events, pieces, table, made.true_tastes[:0])


def test_only_screened_and_clear_pieces_are_admitted():
    new = pd.DataFrame({"piece": ["a", "b", "c"]})
    evidence = pd.DataFrame(
        {"query": ["a", "a", "b", "c"], "verdict": ["clear", "similar", "clear", "copy"]}
    )
    assert feedback.admitted(new, evidence)["piece"].tolist() == ["b"]
    with pytest.raises(ParameterError, match="'c' has not been screened"):
        feedback.admitted(new, evidence[:3])


def test_play_rate_and_exposure_by_hand():
    offers = pd.DataFrame(
        {"listener": ["k", "k", "l", "l"], "piece": ["a", "b", "a", "b"], "rank": [1, 2, 1, 2]}
    )
    heard = pd.DataFrame({"listener": ["k", "k"], "kind": ["play", "skip"]})
    rate = rounds.play_rate(heard, offers, pd.Index(["k", "l", "m"]))
    np.testing.assert_array_equal(rate, [0.5, 0, np.nan])
    measured = pd.DataFrame(
        {"listener": ["k", "l"], "round": 1} | dict.fromkeys(rounds.MEASURES, 0.0)
    )
    loop = rounds.Loop("arm", offers.assign(round=1), heard, measured, ("a", "b", "c", "d"))
    found = rounds.history([loop], resamples=50).set_index("measure")
    assert found.loc["coverage", "value"] == 0.5 and found.loc["gini", "value"] == 0.5
    assert found.loc["coverage", "low"] <= 0.5 <= found.loc["coverage", "high"]
    assert found.loc["coverage", "n"] == 2
