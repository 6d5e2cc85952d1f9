"""Simulated listeners: reproducible, valid, with the regularities that are promised."""

import numpy as np
import pandas as pd
import pytest

from ricercar import tables
from ricercar.errors import ParameterError, TableError
from ricercar.listening import simulate, tastes

FEATURES = ["rhythm.note_density", "melody.majorness", "melody.leap_share", "melody.mean_pitch"]


def catalogue(n=120, seed=0):
    rng = np.random.default_rng(seed)
    names = [f"p{i:03d}" for i in range(n)]
    pieces = pd.DataFrame(
        {
            "piece": names,
            "style": rng.choice(["reel", "jig", "chorale"], n),
            "quarters": rng.uniform(30, 90, n),
        }
    )
    values = pd.DataFrame(rng.normal(size=(n, len(FEATURES))), columns=FEATURES)
    return pieces, pd.concat([pieces[["piece"]], values], axis=1)


@pytest.fixture(scope="module")
def world():
    pieces, table = catalogue()
    return pieces, table, simulate.listeners(pieces, table, 150, 12_000, seed=3)


def test_tables_are_valid_and_speak_of_the_catalogue_only(world):
    pieces, _, made = world
    for name in ("listeners", "events", "true_tastes"):
        tables.validate(name, getattr(made, name))
    assert set(made.events["piece"]) <= set(pieces["piece"])
    assert set(made.events["listener"]) <= set(made.listeners["listener"])
    assert set(made.true_tastes["listener"]) == set(made.listeners["listener"])
    assert simulate.is_simulated(made.listeners)


def test_the_same_seed_gives_the_same_log_and_another_seed_another(world):
    pieces, table, made = world
    again = simulate.listeners(pieces, table, 150, 12_000, seed=3)
    for name in ("listeners", "events", "true_tastes"):
        pd.testing.assert_frame_equal(getattr(made, name), getattr(again, name))
    other = simulate.listeners(pieces, table, 150, 12_000, seed=4)
    assert not other.events.equals(made.events)


def test_size_time_and_values_are_as_asked(world):
    events = world[2].events
    assert abs(len(events) - 12_000) < 1_000
    assert events["time"].between(simulate.END - pd.Timedelta(days=365), simulate.END).all()
    assert events["time"].is_monotonic_increasing
    values = events.groupby("kind")["value"].agg(["min", "max"])
    assert set(values.index) == {"play", "skip", "favourite", "rating"}
    assert values.loc["play", "min"] > 0 and values.loc[["play", "skip"], "max"].max() <= 1
    assert values.loc["favourite"].tolist() == [1, 1]
    assert set(events.loc[events["kind"] == "rating", "value"]) <= {1, 2, 3, 4, 5}


def test_favourites_and_ratings_come_once_per_piece_and_after_a_hearing(world):
    events = world[2].events
    given = events[events["kind"].isin(["favourite", "rating"])]
    assert not given.duplicated(["listener", "piece", "kind"]).any()
    heard = events[events["kind"].isin(["play", "skip"])]
    first = heard.groupby(["listener", "piece"])["time"].min()
    when = first.loc[pd.MultiIndex.from_frame(given[["listener", "piece"]])].to_numpy()
    assert (given["time"].to_numpy() > when).all()


def test_popularity_and_activity_have_long_tails_and_some_listeners_are_cold(world):
    _, _, made = world
    plays = made.events["piece"].value_counts()
    assert plays.head(12).sum() > 2.5 * 0.1 * plays.sum()  # a tenth of the pieces
    activity = made.events["listener"].value_counts()
    assert activity.mean() > 1.2 * activity.median()
    assert len(activity) <= 150


def test_what_is_liked_is_played_and_what_is_not_is_skipped(world):
    pieces, table, made = world
    liking = simulate.preference(made.true_tastes, pieces, table).stack().rename("liking")
    joined = made.events.join(liking, on=["listener", "piece"])
    means = joined.groupby("kind")["liking"].mean()
    assert means["favourite"] > means["play"] > means["skip"]
    assert means["play"] > liking.mean()  # taste steers exposure
    rated = joined[joined["kind"] == "rating"]
    assert np.corrcoef(rated["value"], rated["liking"])[0, 1] > 0.5


def test_preference_by_hand():
    pieces = pd.DataFrame({"piece": ["a", "b", "c"], "style": ["reel", "jig", "polka"]})
    table = pieces[["piece"]].assign(**{"melody.mean_pitch": [1.0, 2.0, 3.0]})
    taste = pd.DataFrame(
        {
            "listener": ["l", "l"],
            "axis": ["style:jig", "feature:melody.mean_pitch"],
            "weight": [2.0, 1.0],
        }
    )
    z = 1 / np.sqrt(2 / 3)
    utility = np.array([-z, 2.0, z])  # the style polka is unknown and neutral
    expected = 1 / (1 + np.exp(-(utility + tastes.OFFSET)))
    found = simulate.preference(taste, pieces, table)
    np.testing.assert_allclose(found.loc["l"], expected)
    # a composed piece is standardised by the catalogue, not by itself
    alone = simulate.preference(taste, pieces.iloc[[2]], table.iloc[[2]], reference=table)
    np.testing.assert_allclose(alone.loc["l"], expected[[2]])


def test_missing_features_count_as_average():
    pieces = pd.DataFrame({"piece": ["a", "b", "c"], "style": "reel"})
    table = pieces[["piece"]].assign(**{"melody.mean_pitch": [1.0, np.nan, 3.0]})
    axis = "feature:melody.mean_pitch"
    taste = pd.DataFrame({"listener": ["l"], "axis": [axis], "weight": [5.0]})
    found = simulate.preference(taste, pieces, table)
    assert found.loc["l", "b"] == pytest.approx(1 / (1 + np.exp(-tastes.OFFSET)))


def test_responses_follow_taste_and_rank(world):
    pieces, table, made = world
    liking = simulate.preference(made.true_tastes, pieces, table)
    order = np.argsort(-liking.to_numpy(), axis=1)
    lists = {"best": order[:, :10], "worst": order[:, ::-1][:, :10]}
    plays = {}
    for name, columns in lists.items():
        offered = pd.DataFrame(
            {
                "listener": np.repeat(liking.index, 10),
                "piece": liking.columns.to_numpy()[columns.ravel()],
                "rank": np.tile(np.arange(1, 11), len(liking)),
            }
        )
        events = simulate.respond(made.true_tastes, offered, pieces, table, simulate.END, seed=1)
        tables.validate("events", events)
        assert (events["time"] >= simulate.END).all()
        played = events[events["kind"] == "play"].merge(offered, on=["listener", "piece"])
        plays[name] = len(played)
        at = played["rank"].value_counts()
        assert at[1] > at[10]
    assert plays["best"] > 1.4 * plays["worst"]


def test_responding_to_what_is_not_there_is_refused(world):
    pieces, table, made = world
    offered = pd.DataFrame({"listener": ["listener-001"], "piece": ["nowhere"], "rank": [1]})
    with pytest.raises(TableError, match="nowhere"):
        simulate.respond(made.true_tastes, offered, pieces, table, simulate.END, seed=1)


@pytest.mark.parametrize("wrong", [{"n_listeners": 0}, {"n_events": 0}, {"cold_share": 1.0}])
def test_numbers_out_of_range_are_refused(world, wrong):
    with pytest.raises(ParameterError):
        simulate.listeners(world[0], world[1], **wrong)


def test_tastes_are_about_audible_features_that_are_known():
    pieces, table = catalogue(60)
    table["rhythm.note_density"] = np.nan
    axes = tastes.axes(pieces, table, 2)
    assert axes[-2:] == ["feature:melody.leap_share", "feature:melody.majorness"]
    assert tastes.axes(pieces, table, 0) == ["style:chorale", "style:jig", "style:reel"]


def test_drift_moves_taste_toward_what_was_played_and_nobody_else():
    pieces = pd.DataFrame({"piece": ["a", "b"], "style": ["reel", "jig"]})
    taste = pd.DataFrame(
        {"listener": ["k", "l"] * 2, "axis": ["style:jig"] * 2 + ["style:reel"] * 2, "weight": 0.0}
    )
    events = pd.DataFrame({"listener": ["k", "l"], "piece": ["a", "b"], "kind": ["play", "skip"]})
    moved = tastes.drifted(taste, events, pieces, pieces[["piece"]], 0.1)
    wide = moved.pivot(index="listener", columns="axis", values="weight")
    np.testing.assert_allclose(wide.loc["k"], [-0.05, 0.05])
    np.testing.assert_allclose(wide.loc["l"], [0, 0])
