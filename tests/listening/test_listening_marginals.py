"""Marginals of a log: values worked out by hand, and what must hold for any log."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from ricercar.errors import ParameterError
from ricercar.listening import last_fm, marginals

LOGS = arrays(int, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 9))
#: 10 plays: listeners made 6 and 4, items got 5, 4, 1 and 0, pairs have 5, 1 and 4
SMALL = sparse.csr_array(np.array([[5, 0, 1, 0], [0, 4, 0, 0]]))


def value(table, marginal, at=0.0):
    return table.loc[(table["marginal"] == marginal) & (table["at"] == at), "value"].item()


def test_a_small_log_by_hand():
    table = marginals.measured(SMALL)
    assert value(table, "activity", 0.5) == pytest.approx(0.6)
    # the largest third of the items has 5 of 10 plays; 0.3 is nine tenths of the way there
    assert value(table, "popularity", 0.3) == pytest.approx(0.45)
    assert value(table, "reach", 0.3) == pytest.approx(0.3)  # one listener each: even
    assert [value(table, "pair", n) for n in (1, 3, 5)] == pytest.approx([1 / 3, 1 / 3, 1])
    assert [value(table, "held", n) for n in (1, 2)] == pytest.approx([(5 / 6 + 1) / 2, 1])
    assert value(table, "repeat share") == pytest.approx(10 / 3)
    assert value(table, "gini of activity") == pytest.approx((6 - 4) / (2 * 10))
    # mean absolute difference over all ordered pairs of 5, 4, 1, over twice the mean
    assert value(table, "gini of popularity") == pytest.approx((2 * (1 + 4 + 3) / 9) / (2 * 10 / 3))
    assert value(table, "gini of reach") == pytest.approx(0)


def test_every_curve_of_an_even_log_is_straight():
    table = marginals.measured(sparse.csr_array(np.ones((40, 20), dtype=int)), per_listener=100)
    for name in ("activity", "popularity", "reach"):
        curve = table[table["marginal"] == name]
        np.testing.assert_allclose(curve["value"], curve["at"])
    assert value(table, "held", 10) == pytest.approx(0.5)
    assert value(table, "repeat share") == 1


@given(LOGS, st.integers(1, 4))
def test_cutting_keeps_the_most_played_of_each_listener_and_nothing_else(log, top):
    cut = marginals.most_played(sparse.csr_array(log), top).toarray()
    for before, after in zip(log, cut, strict=True):
        assert sorted(after[after > 0]) == sorted(before[before > 0])[-top:]
        assert ((after == before) | (after == 0)).all()


@given(LOGS, st.integers(1, 6))
def test_the_most_reached_items_are_kept_whole_and_in_order(log, items):
    kept = marginals.most_reached(sparse.csr_array(log), items).toarray()
    columns = [tuple(column) for column in log.T]
    place = iter(columns)
    assert all(tuple(column) in place for column in kept.T)  # a subsequence
    reach = (log > 0).sum(axis=0)
    assert sorted((kept > 0).sum(axis=0)) == sorted(sorted(reach)[-items:])


@given(LOGS.filter(lambda log: log.any()), st.integers(0, 3))
def test_curves_rise_from_0_to_1_and_do_not_mind_the_order(log, seed):
    # 6 items with at most 9 plays each: nothing is thinned, which would depend on the order
    table = marginals.measured(sparse.csr_array(log), per_listener=54)
    curves = table[table["marginal"].isin(list(marginals.GRIDS))]
    assert curves["value"].between(0, 1 + 1e-12).all()
    assert (curves.groupby("marginal")["value"].diff().dropna() >= -1e-12).all()
    rng = np.random.default_rng(seed)
    mixed = log[rng.permutation(log.shape[0])][:, rng.permutation(log.shape[1])]
    again = marginals.measured(sparse.csr_array(mixed), per_listener=54)
    np.testing.assert_allclose(again["value"], table["value"])
    assert marginals.distance(table, again) == pytest.approx(0, abs=1e-12)


def test_thinning_keeps_the_asked_number_and_the_shares():
    log = sparse.csr_array(np.array([[30_000, 10_000], [0, 40_000]]))
    thin = marginals.thinned(log, 4_000, seed=1).toarray()
    # binomial: three deviations of the largest entry
    np.testing.assert_allclose(thin, [[3_000, 1_000], [0, 4_000]], atol=3 * np.sqrt(4_000 * 0.9))
    assert thin[1, 0] == 0
    np.testing.assert_array_equal(marginals.thinned(log, 1e9).toarray(), log.toarray())
    np.testing.assert_array_equal(marginals.thinned(log, 4_000, seed=1).toarray(), thin)


def test_thinning_is_what_makes_logs_of_unequal_length_comparable():
    rng = np.random.default_rng(0)
    rate = rng.lognormal(sigma=1.5, size=(300, 60))
    short, long = (
        sparse.csr_array(rng.poisson(rate * plays / rate.sum(axis=1, keepdims=True)))
        for plays in (60, 3_000)
    )
    assert marginals.repeat_share(long) > 10 * marginals.repeat_share(short)
    shares = [value(marginals.measured(log, top=60), "repeat share") for log in (short, long)]
    assert shares[0] == pytest.approx(shares[1], rel=0.05)


def test_the_distance_of_two_logs_by_hand():
    one = marginals.measured(SMALL)
    other = one.copy()
    other.loc[other["marginal"] == "pair", "value"] += 0.5
    other.loc[other["marginal"] == "repeat share", "value"] += 100  # no curve: not counted
    assert marginals.distances(one, other)["pair"] == pytest.approx(0.5)
    assert marginals.distance(one, other) == pytest.approx(0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: marginals.measured(sparse.csr_array((2, 2))),
        lambda: marginals.measured(SMALL, items=0),
        lambda: marginals.measured(SMALL, top=0),
        lambda: marginals.thinned(SMALL, 0.0),
        lambda: last_fm.kept(7),
    ],
)
def test_what_cannot_be_measured_is_refused(wrong):
    with pytest.raises(ParameterError):
        wrong()


def test_the_kept_figures_are_whole_and_say_what_is_known_of_last_fm():
    for items in last_fm.SIZES:
        table = last_fm.kept(items)
        assert not table.duplicated(["marginal", "at"]).any()
        for name, grid in marginals.GRIDS.items():
            assert table.loc[table["marginal"] == name, "at"].tolist() == list(grid)
    # the lists end at 50 artists
    assert value(last_fm.kept(17_632), "held", 50) == 1


def test_the_kept_figures_come_from_the_data(shared):
    counts = last_fm.counts(shared("hetrec-lastfm"))
    assert counts.shape == (1_892, 17_632) and counts.nnz == 92_834
    kept = last_fm.reference(counts)
    for items, table in kept.groupby("items"):
        found = table.drop(columns="items").reset_index(drop=True)
        np.testing.assert_allclose(found["value"], last_fm.kept(items)["value"], atol=1e-4)
