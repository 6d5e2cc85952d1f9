"""How simulated listeners come to hear: positions, popularity, returns, drift, and no leaks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ricercar.errors import ParameterError
from ricercar.listening import fit_simulation, habits, hearings, last_fm, marginals, simulate
from ricercar.listening.habits import Habits

STILL = Habits(walk=0.0, liking=0.0)


@pytest.fixture(scope="module")
def world():
    return fit_simulation.catalogue(200)


@pytest.fixture(scope="module")
def made(world):
    return simulate.listeners(*world, 150, 15_000, seed=3)


def simulated(world, **habits):
    return simulate.listeners(*world, 150, 15_000, seed=3, habits=replace(Habits(), **habits))


def hear(n_sessions, n_pieces=30, n_listeners=40, habits=STILL, weights=0.0, seed=0):
    """Listeners with equal numbers of sessions and one axis of taste, pieces along it."""
    rng = np.random.default_rng(seed)
    counts = np.full(n_listeners, n_sessions)
    day = np.tile(np.linspace(1, 364, n_sessions), n_listeners)
    x = np.linspace(-1, 1, n_pieces)[:, None]
    start = np.full((n_listeners, 1), weights)
    return hearings.hear(start, np.ones(1), x, counts, day, habits, rng)


def test_each_rank_is_looked_at_as_often_as_its_propensity_says(made):
    shown = made.exposures
    by_rank = shown.groupby("rank").agg(
        looks=("heard", "sum"), n=("heard", "size"), propensity=("propensity", "first")
    )
    assert by_rank["propensity"].tolist() == pytest.approx([0.7**k for k in range(10)])
    for row in by_rank.itertuples():
        found = stats.binomtest(int(row.looks), int(row.n), float(row.propensity))
        assert found.pvalue > 1e-4
    # whatever stands there: rank and liking are two factors
    assert habits.examination(np.array([1, 4]), 1.0).tolist() == [1, 1]


def test_what_was_looked_at_is_heard_and_what_is_on_no_shelf_was_played_before(world, made):
    looked = made.exposures[made.exposures["heard"]]
    heard = made.events[made.events["kind"].isin(["play", "skip"])]
    assert len(looked.merge(heard[["listener", "piece"]].drop_duplicates())) == len(looked)
    on_a_shelf = looked[["listener", "piece"]].drop_duplicates()
    assert len(heard.merge(on_a_shelf, on=["listener", "piece"])) == len(heard)
    without = simulated(world, returns=0.0)
    heard = without.events[without.events["kind"].isin(["play", "skip"])]
    assert len(heard) == without.exposures["heard"].sum()


def test_a_shelf_holds_different_pieces_and_no_more_than_there_are():
    shown = hear(20, habits=replace(STILL, shelf=8)).shown
    assert shown.shape == (800, 8)
    ordered = np.sort(shown, axis=1)
    assert (np.diff(ordered, axis=1) > 0)[ordered[:, :-1] >= 0].all()
    few = hear(20, n_pieces=3).shown
    assert few.shape == (800, 3) and few.max() == 2


def test_the_first_place_of_a_shelf_follows_popularity_and_taste():
    how = replace(STILL, popularity=1.0, offset=0.0, taste=1.0)
    shown = hear(500, n_pieces=4, n_listeners=40, habits=how, weights=0.7).shown[:, 0]
    # the order of popularity is the generator's first draw
    rank = 1 + np.random.default_rng(0).permutation(4)
    expected = np.exp(0.7 * np.linspace(-1, 1, 4)) / rank
    expected = expected / expected.sum() * len(shown)
    assert stats.chisquare(np.bincount(shown, minlength=4), expected).pvalue > 1e-4


def test_returns_go_to_pieces_by_how_often_they_were_played():
    # a shelf of one piece in a catalogue of two: every play is of one of them
    how = replace(STILL, shelf=1, patience=1.0, returns=0.0, taste=0.0, popularity=0.0)
    assert np.bincount(hear(50, n_pieces=2, habits=how).session).tolist() == [1] * 2_000
    more = replace(how, returns=4.0)
    found = hear(50, n_pieces=2, habits=more)
    per_session = np.bincount(found.session, minlength=2_000)
    assert per_session.mean() == pytest.approx(5, abs=0.25)
    # rich get richer: listeners end with very unequal shares although shelves are even
    share = {}
    for name, one in (("returning", found), ("not", hear(50, n_pieces=2, habits=how))):
        listener = one.session // 50
        share[name] = np.bincount(listener, one.piece, 40) / np.bincount(listener, minlength=40)
    assert share["returning"].std() > 2 * share["not"].std()


def test_nobody_returns_to_what_they_only_skipped():
    how = replace(STILL, shelf=1, patience=1.0, returns=3.0, taste=0.0)
    found = hear(30, n_pieces=30, habits=how, weights=-3.0)
    for listener in range(40):
        mine = found.session // 30 == listener
        known = set()
        session = -1
        for s, piece, skipped in zip(
            found.session[mine], found.piece[mine], found.skipped[mine], strict=True
        ):
            if s == session:
                assert piece in known
            session = s
            if not skipped:
                known.add(piece)


def test_skips_are_as_frequent_as_the_formula_says():
    found = hear(200, weights=2.0)
    expected = habits.skipping(found.liking)
    deviation = np.sqrt((expected * (1 - expected)).sum())
    assert abs(found.skipped.sum() - expected.sum()) < 4 * deviation


def test_tastes_stand_still_without_drift_and_walk_as_far_as_asked(world):
    still = simulated(world, walk=0.0, liking=0.0)
    pd.testing.assert_frame_equal(still.first_tastes, still.true_tastes)
    walking = hear(7, n_listeners=4_000, habits=replace(STILL, walk=0.3, shelf=2, returns=0.0))
    # a year's walk of 0.3, whatever the sessions: the deviation of 4,000 draws within 4 errors
    assert walking.weights.std() == pytest.approx(0.3, rel=4 / np.sqrt(8_000))


def test_mere_exposure_moves_taste_toward_what_is_played_by_the_logarithm():
    how = replace(STILL, liking=0.1, shelf=1, patience=1.0, returns=0.0, popularity=0.0)
    found = hear(12, n_listeners=30, n_pieces=2, habits=how)
    for listener in (0, 17):
        mine = found.session // 12 == listener
        place, j = found.piece[mine] * 2 - 1, found.session[mine] % 12 + 1
        moved = (0.1 / j * place * ~found.skipped[mine]).sum()
        assert found.weights[listener, 0] == pytest.approx(moved)


def test_a_drifted_taste_is_what_the_last_months_speak_of(world):
    moving = simulated(world, walk=3.0, taste=1.5)
    pieces, table = world
    when = moving.events["time"]
    late, early = when > when.quantile(0.85), when < when.quantile(0.15)
    plays = moving.events["kind"] == "play"
    means = {}
    for name, taste in (("first", moving.first_tastes), ("last", moving.true_tastes)):
        liking = simulate.preference(taste, pieces, table).stack().rename("liking")
        for part, which in (("early", early), ("late", late)):
            part_of_log = moving.events[plays & which]
            means[name, part] = part_of_log.join(liking, on=["listener", "piece"])["liking"].mean()
    assert means["first", "early"] > means["first", "late"]
    assert means["last", "late"] > means["last", "early"]


def test_what_models_see_holds_nothing_of_the_truth(made):
    assert list(made.events.columns) == ["listener", "piece", "time", "kind", "value"]
    assert list(made.listeners.columns) == ["listener", "age_band", "region"]
    numbers = [c for c in made.listeners.columns if made.listeners[c].dtype.kind == "f"]
    assert numbers == []
    assert not {"propensity", "liking", "weight"} & set(made.events.columns)


def test_habits_do_what_they_are_called(world, made):
    def number(log, marginal):
        table = marginals.measured(fit_simulation.plays(log.events))
        return table.loc[table["marginal"] == marginal, "value"].item()

    assert number(simulated(world, activity=0.3), "gini of activity") < 0.6 * number(
        made, "gini of activity"
    )
    assert number(simulated(world, popularity=0.2), "gini of popularity") < 0.85 * number(
        made, "gini of popularity"
    )
    assert number(simulated(world, returns=0.0), "repeat share") < 0.8 * number(
        made, "repeat share"
    )


@pytest.mark.parametrize(
    "wrong",
    [{"patience": 0.0}, {"patience": 1.1}, {"shelf": 0}, {"returns": -1.0}, {"walk": np.nan}],
)
def test_habits_out_of_range_are_refused(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        Habits(**wrong)


def test_the_default_habits_are_close_to_last_fm_and_closer_than_others():
    real = last_fm.kept(fit_simulation.PIECES)
    fitted = fit_simulation.apart(Habits(), real).mean()
    assert fitted < 0.025
    for name, value in (("activity", 0.8), ("popularity", 0.5), ("offset", 0.0), ("returns", 0.5)):
        assert fit_simulation.apart(replace(Habits(), **{name: value}), real).mean() > fitted


def test_a_search_finds_habits_again():
    pieces, table = fit_simulation.catalogue()
    wanted = Habits(activity=0.7, popularity=0.8, offset=10.0, returns=1.5)
    made = simulate.listeners(pieces, table, 150, 12_000, seed=9, habits=wanted)
    real = marginals.measured(fit_simulation.plays(made.events), fit_simulation.PIECES)
    found = fit_simulation.fit(real, 2, 5, seed=1, n_listeners=150, n_events=12_000)
    assert len(found.tried) == 10 and found.distance == found.tried["distance"].min()
    assert found.distance == fit_simulation.apart(found.habits, real, 150, 12_000).mean()
    assert found.distance < fit_simulation.apart(Habits(), real, 150, 12_000).mean()


def test_the_marginals_of_the_data_are_what_the_defaults_were_fitted_to(shared):
    counts = last_fm.counts(shared("hetrec-lastfm"))
    real = marginals.measured(counts, fit_simulation.PIECES)
    assert fit_simulation.apart(Habits(), real).mean() < 0.025
