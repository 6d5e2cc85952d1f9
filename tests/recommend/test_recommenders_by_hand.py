"""Scores worked out by hand, from the definitions."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ricercar import recommend
from ricercar.errors import ParameterError
from ricercar.recommend.ranks import best

WEIGHTS = np.array(
    [
        [5.0, 3.0, 0.0, 1.0],
        [4.0, 0.0, 0.0, 1.0],
        [1.0, 1.0, 0.0, 5.0],
        [0.0, 1.0, 5.0, 4.0],
    ]
)


def cosine(a, b):
    return a @ b / np.sqrt((a @ a) * (b @ b))


def test_user_neighbours_add_rating_times_similarity_over_the_nearest():
    similarity = np.array([cosine(WEIGHTS[0], other) for other in WEIGHTS])
    nearest = [1, 2]  # .861, .423; listener 3 has .184
    expected = sum(similarity[v] * WEIGHTS[v] for v in nearest)
    scores = recommend.create("user_knn", neighbours=2).fit(sp.csr_array(WEIGHTS)).scores([0])
    np.testing.assert_allclose(scores[0], expected, rtol=1e-12)


def test_item_neighbours_are_those_of_the_offered_piece():
    similarity = np.array([[cosine(a, b) for b in WEIGHTS.T] for a in WEIGHTS.T])
    np.fill_diagonal(similarity, -1)
    model = recommend.create("item_knn", neighbours=1).fit(sp.csr_array(WEIGHTS))
    nearest = similarity.argmax(axis=1)
    expected = WEIGHTS[0, nearest] * similarity[np.arange(4), nearest]
    np.testing.assert_allclose(model.scores([0])[0], expected, rtol=1e-12)
    for item in range(4):
        assert sum(part for _, part in model.because(0, item)) == pytest.approx(expected[item])


def test_negatively_similar_listeners_are_no_neighbours():
    weights = sp.csr_array([[1.0, 0.0, 0.0], [-1.0, 3.0, 0.0], [1.0, 0.0, 2.0]])
    scores = recommend.create("user_knn").fit(weights).scores([0])[0]
    assert scores[1] == 0
    assert scores[2] > 0


def test_ease_is_the_closed_form():
    x = (WEIGHTS > 0).astype(float)
    inverse = np.linalg.inv(x.T @ x + 2.0 * np.eye(4))
    weights = np.eye(4) - inverse / np.diag(inverse)
    scores = recommend.create("ease", penalty=2.0).fit(sp.csr_array(WEIGHTS)).scores(range(4))
    np.testing.assert_allclose(scores, x @ weights, rtol=1e-9, atol=1e-12)


def test_ease_weights_minimise_the_penalised_error_with_a_zero_diagonal():
    model = recommend.create("ease", penalty=2.0).fit(sp.csr_array(WEIGHTS))
    x = (WEIGHTS > 0).astype(float)
    best = model._weights.out_of(np.arange(4))

    def loss(weights):
        return ((x - x @ weights) ** 2).sum() + 2.0 * (weights**2).sum()

    rng = np.random.default_rng(0)
    for _ in range(50):
        step = rng.normal(scale=1e-3, size=(4, 4))
        np.fill_diagonal(step, 0)
        assert loss(best + step) > loss(best)


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_least_squares_converge_to_the_least_error(exponent):
    """At the minimum each listener's vector solves its own weighted ridge regression."""
    model = recommend.create(
        "als",
        factors=2,
        regularisation=0.5,
        alpha=3.0,
        iterations=400,
        seed=3,
        exponent=exponent,
    ).fit(sp.csr_array(WEIGHTS))
    liked = (WEIGHTS > 0).astype(float)
    confidence = np.where(WEIGHTS > 0, 3.0 * np.maximum(WEIGHTS, 0) ** exponent, 1.0)
    for u in range(4):
        y = model._pieces
        left = y.T @ (confidence[u][:, None] * y) + 0.5 * np.eye(2)
        right = y.T @ (confidence[u] * liked[u])
        np.testing.assert_allclose(np.linalg.solve(left, right), model._listeners[u], atol=1e-3)


@pytest.mark.parametrize(("correction", "slope"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_popularity_comes_back_into_bayesian_ranking(correction, slope):
    """Where all are of one taste, ln p is ln popularity, and without correction nothing is learnt.

    That is p / q with negatives from q, the popularity; the slope of scores against its logarithm.
    """
    rng = np.random.default_rng(0)
    chance = np.geomspace(0.02, 0.3, 12)
    likes = sp.csr_array((rng.random((3000, 12)) < chance).astype(float))
    model = recommend.create(
        "bpr", factors=1, regularisation=1e-3, iterations=30, popularity_correction=correction
    ).fit(likes)
    warm = np.flatnonzero(~model.is_cold(np.arange(3000)))
    popularity = np.asarray(likes.sum(axis=0)).ravel()
    measured = np.polyfit(np.log(popularity), model.scores(warm).mean(axis=0), 1)[0]
    assert measured == pytest.approx(slope, abs=0.15)


def test_content_is_the_cosine_with_the_weighted_mean():
    features = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0], [0.0, 0.0]])
    weights = np.array([[2.0, 1.0, -1.0, 0.0]])
    model = recommend.create("content", features=features).fit(sp.csr_array(weights))
    profile = (2 * features[0] + 1 * features[1] - 1 * features[2]) / 4
    expected = [cosine(profile, f) for f in features[:3]] + [0.0]
    np.testing.assert_allclose(model.scores([0])[0], expected, atol=1e-12)
    parts = model.reasons(0, 0, n=2)
    assert parts == [(0, pytest.approx(expected[0]))]


def test_weights_of_features_count_so_many_times_in_the_cosine():
    features = np.array([[1.0, 0.5], [0.2, 2.0], [-1.0, 1.0]])
    weights = np.array([[2.0, 1.0, -1.0]])
    twice = np.column_stack([features, features[:, 0]])  # weight 2 is a feature given twice
    scores, expected = (
        recommend.create("content", features=given, feature_weights=by).fit(weights).scores([0])
        for given, by in ((features, [2.0, 1.0]), (twice, None))
    )
    np.testing.assert_allclose(scores, expected, atol=1e-12)
    only = recommend.create("content", features=features, feature_weights=[0.0, 1.0]).fit(weights)
    np.testing.assert_allclose(only.scores([0])[0], 1.0)  # one feature left, all above 0
    with pytest.raises(ParameterError, match="shape"):
        recommend.create("content", features=features, feature_weights=[1.0])
    with pytest.raises(ParameterError, match="not negative"):
        recommend.create("content", features=features, feature_weights=[1.0, -1.0])


def test_content_needs_a_row_of_features_per_piece():
    model = recommend.create("content", features=np.eye(3))
    with pytest.raises(ParameterError, match="3 rows of features for 4 pieces"):
        model.fit(sp.csr_array(WEIGHTS))


def test_hybrid_adds_standardised_scores():
    popular = recommend.create("most_popular")
    ease = recommend.create("ease")
    model = recommend.create("hybrid", models=[popular, ease], weights=[1, 3])
    model.fit(sp.csr_array(WEIGHTS))
    parts = [m.scores([1])[0] for m in (popular, ease)]
    z = [(p - p.mean()) / p.std() for p in parts]
    np.testing.assert_allclose(model.scores([1])[0], z[0] + 3 * z[1], rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(
        float,
        st.tuples(st.integers(1, 5), st.integers(1, 400)),
        elements=st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 2.0]),
        fill=st.just(0.0),
    ),
    st.integers(0, 12),
)
def test_best_is_a_stable_sort(scores, n):
    items, values = best(scores, n)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :n]
    sorted_scores = np.take_along_axis(scores, order, axis=1)
    gone = np.isneginf(sorted_scores)
    assert np.array_equal(items, np.where(gone, -1, order))
    assert np.array_equal(values, np.where(gone, np.nan, sorted_scores), equal_nan=True)


def test_best_refuses_scores_that_are_not_numbers():
    with pytest.raises(ParameterError, match="not a number"):
        best(np.array([[1.0, np.nan, 0.0]]), 1)


def test_least_squares_do_not_depend_on_the_number_of_cores(monkeypatch):
    rng = np.random.default_rng(0)
    matrix = sp.csr_array((rng.random((300, 80)) < 0.1).astype(float))
    rows = np.arange(300)
    found = []
    for cores in (1, 3):
        monkeypatch.setattr("ricercar.recommend.factorisation.cpu_count", lambda n=cores: n)
        found.append(recommend.create("als", factors=8).fit(matrix).scores(rows))
    assert np.array_equal(*found)
