"""Rating predictions worked out by hand, from the definitions."""

import numpy as np
import pytest
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend import ratings

TABLE = np.array(
    [
        [5.0, 3.0, np.nan, 1.0],
        [4.0, np.nan, np.nan, 1.0],
        [1.0, 1.0, np.nan, 5.0],
        [np.nan, 1.0, 5.0, 4.0],
        [np.nan, np.nan, np.nan, np.nan],
    ]
)


def stored(table):
    row, column = np.nonzero(~np.isnan(table))
    return sp.csr_array((table[row, column], (row, column)), shape=table.shape)


def baseline(table, listener_shrink, item_shrink):
    known = ~np.isnan(table)
    mean = table[known].mean()
    left = np.where(known, table - mean, 0.0)
    item = left.sum(axis=0) / (known.sum(axis=0) + item_shrink)
    listener = (left - known * item).sum(axis=1) / (known.sum(axis=1) + listener_shrink)
    return mean + listener[:, None] + item


everything = pytest.mark.parametrize("name", list(ratings.MODELS))
ROWS, ITEMS = (some.ravel() for some in np.indices(TABLE.shape))


def test_the_biased_mean_is_mean_plus_shrunk_deviations():
    model = ratings.BiasedMean(listener_shrink=2.0, item_shrink=3.0).fit(stored(TABLE))
    expected = np.clip(baseline(TABLE, 2.0, 3.0), 1.0, 5.0)
    np.testing.assert_allclose(model.predict(ROWS, ITEMS).reshape(TABLE.shape), expected)


@pytest.mark.parametrize("by_items", [False, True])
def test_neighbours_add_the_weighted_mean_of_what_the_baseline_leaves(by_items):
    base = baseline(TABLE, 5.0, 5.0)
    left = np.nan_to_num(TABLE - base)
    rated, side = ~np.isnan(TABLE), left
    if by_items:
        rated, side = rated.T, left.T
    expected = base.T.copy() if by_items else base.copy()
    for own in range(len(side)):
        like = np.zeros(len(side))
        for other in range(len(side)):
            size = np.linalg.norm(side[own]) * np.linalg.norm(side[other])
            if own != other:
                like[other] = max(side[own] @ side[other] / (size + 0.5), 0.0)
        for target in range(side.shape[1]):
            order = np.argsort(-like * rated[:, target], kind="stable")[:2]
            weight = like[order] * rated[order, target]
            if weight.sum() > 0:
                expected[own, target] += weight @ side[order, target] / weight.sum()
    expected = np.clip(expected.T if by_items else expected, 1.0, 5.0)
    method = ratings.RatingItemNeighbours if by_items else ratings.RatingUserNeighbours
    found = method(neighbours=2, shrink=0.5).fit(stored(TABLE)).predict(ROWS, ITEMS)
    np.testing.assert_allclose(found.reshape(TABLE.shape), expected, atol=1e-12)
    assert abs(expected - np.clip(base, 1, 5)).max() > 0.1  # the neighbours do say something


def test_factors_are_at_a_minimum():
    model = ratings.RatingFactors(factors=2, regularisation=0.3, iterations=300, seed=1)
    model.fit(stored(TABLE))
    known = ~np.isnan(TABLE)
    left = np.where(known, TABLE - baseline(TABLE, 5.0, 5.0), 0.0)
    x, y = model._x, model._y
    error = known * (x @ y.T - left)
    np.testing.assert_allclose(error @ y + 0.3 * x, 0.0, atol=1e-6)
    np.testing.assert_allclose(error.T @ x + 0.3 * y, 0.0, atol=1e-6)
    assert abs(x).max() > 0.1


@everything
def test_tastes_that_the_baseline_cannot_see_are_found(name):
    """Two camps with opposite ratings; a tenth of them is held out."""
    rng = np.random.default_rng(0)
    camp, kind = rng.integers(0, 2, 40), rng.integers(0, 2, 30)
    table = np.where(camp[:, None] == kind, 5.0, 1.0)
    hidden = rng.random(table.shape) < 0.1
    model = ratings.MODELS[name]().fit(stored(np.where(hidden, np.nan, table)))
    error = abs(model.predict(*np.nonzero(hidden)) - table[hidden]).mean()
    assert error > 1.5 if name == "biased_mean" else error < 0.7


@everything
def test_unknown_listeners_and_pieces_have_the_baseline(name):
    model = ratings.MODELS[name]().fit(stored(TABLE))
    plain = ratings.BiasedMean().fit(stored(TABLE))
    rows, items = [-1, -1, 0, 4, 0], [-1, 0, -1, 0, 3]
    found = model.predict(rows, items)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:4], plain.predict(rows, items)[:4], atol=1e-12)
    assert found[0] == pytest.approx(np.nanmean(TABLE))
    assert model.predict([], []).shape == (0,)


@everything
def test_predictions_stay_within_the_ratings_and_repeat(name):
    train = stored(TABLE)
    found = ratings.MODELS[name]().fit(train).predict(ROWS, ITEMS)
    assert found.min() >= 1.0 and found.max() <= 5.0
    assert np.array_equal(found, ratings.MODELS[name]().fit(train).predict(ROWS, ITEMS))
    one_by_one = [ratings.MODELS[name]().fit(train).predict([u], [i])[0] for u, i in
                  zip(ROWS, ITEMS, strict=True)]  # fmt: skip
    np.testing.assert_allclose(found, one_by_one, atol=1e-12)


@everything
def test_a_rating_of_zero_is_a_rating(name):
    zeros = sp.csr_array((np.array([0.0, 0.0, 1.0]), ([0, 1, 1], [0, 0, 1])), shape=(2, 2))
    model = ratings.MODELS[name](listener_shrink=0.0, item_shrink=0.0).fit(zeros)
    assert model.predict([-1], [0])[0] == pytest.approx(0.0)


@everything
def test_what_cannot_be_answered_is_refused(name):
    model = ratings.MODELS[name]()
    with pytest.raises(ParameterError, match="not trained"):
        model.predict([0], [0])
    with pytest.raises(ParameterError, match="nothing to learn"):
        model.fit(sp.csr_array((3, 3)))
    with pytest.raises(ParameterError, match="NaN"):
        model.fit(sp.csr_array([[np.nan]]))
    with pytest.raises(ParameterError, match="more than one rating"):
        model.fit(sp.coo_array(([1.0, 2.0], ([0, 0], [0, 0])), shape=(1, 1)))
    model.fit(stored(TABLE))
    for rows, items in (([9], [0]), ([0], [9]), ([-2], [0]), ([0.5], [0])):
        with pytest.raises(ParameterError, match="numbers"):
            model.predict(rows, items)
    with pytest.raises(ParameterError, match="pairs"):
        model.predict([0, 1], [0])


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("biased_mean", {"item_shrink": -1.0}),
        ("user_knn", {"neighbours": 0}),
        ("item_knn", {"shrink": -1.0}),
        ("factors", {"factors": 0}),
        ("factors", {"regularisation": 0.0}),
    ],
)
def test_parameters_outside_their_range_are_refused(name, parameters):
    with pytest.raises(ParameterError):
        ratings.MODELS[name](**parameters)
