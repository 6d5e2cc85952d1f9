"""Shrinkage by hand, and worlds in which the true taste is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from ricercar import profiles, tables
from ricercar.errors import ParameterError
from ricercar.profiles import covering, uncertainty
from ricercar.profiles.building import Evidence

MU, TAU, S = np.array([0.5, 0.0, -1.0]), np.array([0.8, 0.2, 0.0]), np.array([1.0, 2.0, 0.5])


def world(counts, seed=0):
    """Listeners with pieces of their own around their true taste."""
    rng = np.random.default_rng(seed)
    counts = np.asarray(counts)
    true = MU + TAU * rng.normal(size=(len(counts), 3))
    row = np.repeat(np.arange(len(counts)), counts)
    z = true[row] + S * rng.normal(size=(len(row), 3))
    matrix = sparse.csr_array(
        (np.ones(len(row)), (row, np.arange(len(row)))), shape=(len(counts), len(row))
    )
    style = rng.random((len(row), 1)) < 0.3
    return true, Evidence(
        matrix,
        pd.Index([f"l{i:03d}" for i in range(len(counts))]),
        counts,
        pd.DataFrame(z, columns=["melody.a", "melody.b", "rhythm.c"]),
        np.hstack([style, ~style]).astype(float),
        ["jig", "reel"],
    )


def test_equal_evidence_is_drawn_in_as_by_hand():
    _, found = world(np.full(40, 5))
    made = profiles.estimate(found)
    z = found.z.to_numpy().reshape(40, 5, 3)
    mean = z.mean(axis=1)
    noise = z.var(axis=1, ddof=1).mean(axis=0) / 5
    between = np.maximum(mean.var(axis=0, ddof=1) - noise, 0)
    kept = between / (between + noise)
    np.testing.assert_allclose(made.kept, np.tile(kept, (40, 1)))
    by_hand = kept * mean + (1 - kept) * mean.mean(axis=0)
    np.testing.assert_allclose(made.profiles[found.z.columns], by_hand)
    np.testing.assert_allclose(made.population["between"], np.sqrt(between))


def test_intervals_cover_the_truth_at_every_length_of_history():
    counts = np.tile([1, 2, 4, 8, 16, 40], 150)
    true, found = world(counts)
    made = profiles.estimate(found)
    low, high = profiles.bounds(made.profiles, made.errors)
    names = list(found.z.columns)
    inside = (low[names].to_numpy() <= true) & (true <= high[names].to_numpy())
    # 450 cases each: .95 has a standard error of .010
    for count in np.unique(counts):
        assert inside[counts == count].mean() == pytest.approx(0.95, abs=0.035), count
    np.testing.assert_allclose(made.population["mean"], MU, atol=0.1)
    np.testing.assert_allclose(made.population["between"], TAU, atol=0.1)
    np.testing.assert_allclose(made.population["within"], S, atol=0.05)


def test_drawn_in_is_nearer_to_the_truth_than_the_mean_or_the_population():
    true, found = world(np.tile([1, 3, 9], 60))
    near = profiles.estimate(found).profiles[found.z.columns].to_numpy()
    raw = found.means()[0]
    error = ((near - true) ** 2).mean()
    assert error < ((raw - true) ** 2).mean() and error < ((MU - true) ** 2).mean()


def test_errors_shrink_with_evidence_and_the_cold_have_the_populations():
    counts = np.r_[0, np.tile([1, 4, 16, 64], 25)]
    _, found = world(counts)
    made = profiles.estimate(found)
    error = made.errors[found.z.columns]
    by_count = error.groupby(counts).mean()
    assert (by_count["melody.a"].diff().dropna() < 0).all()
    cold = made.profiles.iloc[0]
    np.testing.assert_allclose(cold[found.z.columns].to_list(), made.population["mean"])
    assert made.kept[0].max() == 0 and cold["events"] == 0
    assert error.loc[0, "melody.a"] == pytest.approx(
        made.population.loc["melody.a", "between"], rel=0.05
    )
    assert made.errors["evidence"].tolist() == counts.tolist()
    share = made.profiles[["style.jig", "style.reel"]]
    np.testing.assert_allclose(share.sum(axis=1), 1)
    assert cold["style.jig"] == pytest.approx(found.means()[1][1:, 0].mean())
    tables.validate("profile_errors", made.errors)


def test_shares_of_styles_are_drawn_in_and_covered():
    rng = np.random.default_rng(1)
    counts, n = np.full(300, 6), 300
    true = rng.dirichlet([2.0, 4.0], size=n)
    _, found = world(counts)
    row = np.repeat(np.arange(n), counts)
    jig = rng.random(len(row)) < true[row, 0]
    found = Evidence(
        found.matrix,
        found.listeners,
        counts,
        found.z,
        np.c_[jig, ~jig].astype(float),
        ["jig", "reel"],
    )
    made = profiles.estimate(found)
    low, high = profiles.bounds(made.profiles, made.errors)
    inside = (low["style.jig"].to_numpy() <= true[:, 0]) & (
        true[:, 0] <= high["style.jig"].to_numpy()
    )
    assert inside.mean() == pytest.approx(0.95, abs=0.03)
    assert low["style.jig"].min() >= 0 and high["style.jig"].max() <= 1
    raw = found.means()[1][:, 0]
    assert ((made.profiles["style.jig"] - true[:, 0]) ** 2).mean() < (
        (raw - true[:, 0]) ** 2
    ).mean()


def test_without_shrinkage_and_with_few_listeners_the_profile_is_the_mean():
    pieces = pd.DataFrame({"piece": list("abcd"), "style": ["reel", "reel", "jig", "jig"]})
    table = pieces[["piece"]].assign(**{"melody.mean_pitch": [1.0, 2.0, 3.0, 5.0]})
    rows = [("k", "a", "play"), ("k", "b", "favourite"), ("l", "d", "skip"), ("l", "c", "play")]
    events = pd.DataFrame(rows, columns=["listener", "piece", "kind"]).assign(value=0.5)
    few = profiles.evidence(events, table, pieces, listeners=["cold", "k", "l"])
    for shrunken in (True, False):
        made = profiles.estimate(few, shrunken)
        pd.testing.assert_frame_equal(made.profiles, profiles.build(few))
    _, found = world(np.tile([1, 3, 9], 20))
    raw = profiles.estimate(found, shrunken=False)
    np.testing.assert_allclose(raw.profiles[found.z.columns], found.means()[0])


def test_a_listener_whose_events_weigh_nothing_is_as_good_as_new():
    _, found = world(np.tile([0, 2, 4], 10))
    assert np.isfinite(profiles.estimate(found).errors.iloc[:, 1:]).all(axis=None)
    none = Evidence(
        found.matrix * 0, found.listeners, found.counts, found.z, found.one_hot, ["jig", "reel"]
    )
    made = profiles.estimate(none)
    assert np.isfinite(made.profiles.iloc[:, 1:].to_numpy(float)).all()
    assert (made.profiles["melody.a"] == 0).all() and (made.errors["evidence"] == 0).all()


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=20), st.floats(0.1, 10))
def test_effective_pieces_lie_between_one_and_all_and_know_no_unit(weights, unit):
    row = np.array([weights])
    n = uncertainty.effective(sparse.csr_array(row))[0]
    assert 1 - 1e-9 <= n <= len(weights) + 1e-9
    assert uncertainty.effective(sparse.csr_array(unit * row))[0] == pytest.approx(n)


def test_half_of_the_pieces_tells_the_other_half():
    _, found = world(np.tile([8, 16, 32], 60))
    told = covering.coverage(found, seed=3)
    assert len(told) > 150
    assert told["covered"].mean() == pytest.approx(0.95, abs=0.025)
    assert covering.coverage(found, seed=3, level=0.5)["covered"].mean() == pytest.approx(
        0.5, abs=0.05
    )
    assert told["error"].mean() < told["raw_error"].mean()
    assert told["error"].mean() < told["population_error"].mean()


def test_bounds_refuse_what_does_not_fit():
    _, found = world([1, 2])
    made = profiles.estimate(found)
    with pytest.raises(ParameterError, match="level is 95"):
        profiles.bounds(made.profiles, made.errors, 95)
    with pytest.raises(ParameterError, match="same listeners"):
        profiles.bounds(made.profiles, made.errors[::-1])
