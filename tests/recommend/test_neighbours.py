"""Similarities, neighbourhoods and the lists made from sparse scores."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ricercar import recommend
from ricercar.recommend import ranks
from ricercar.recommend.ranks import best, best_stored, strongest
from ricercar.recommend.similarities import SIMILARITIES, Similarity
from ricercar.recommend.weights import interactions, product

RATINGS = np.array(
    [
        [5.0, 3.0, 0.0, 1.0],
        [4.0, 0.0, 0.0, 1.0],
        [1.0, 1.0, 0.0, 5.0],
        [0.0, 1.0, 5.0, 4.0],
    ]
)


def by_hand(a, b, kind, shrink, alpha, means):
    """One similarity from its definition; means are those of the columns' stored weights."""
    if kind in ("jaccard", "dice"):
        both = ((a > 0) & (b > 0)).sum()
        total = (a > 0).sum() + (b > 0).sum()
        return both / (total - both + shrink) if kind == "jaccard" else 2 * both / (total + shrink)
    if kind == "pearson":
        a, b = (np.where(x != 0, x - x[x != 0].mean(), 0.0) for x in (a, b))
    if kind == "adjusted_cosine":
        a, b = (np.where(x != 0, x - means, 0.0) for x in (a, b))
    size = np.linalg.norm(a) ** (2 * alpha) * np.linalg.norm(b) ** (2 - 2 * alpha)
    return a @ b / (size + shrink)


@pytest.mark.parametrize("kind", SIMILARITIES)
@pytest.mark.parametrize(("shrink", "alpha"), [(0.0, 0.5), (2.0, 0.5), (0.0, 0.8), (3.0, 0.2)])
def test_similarities_are_as_defined(kind, shrink, alpha):
    means = RATINGS.sum(axis=0) / (RATINGS != 0).sum(axis=0)
    found = Similarity(sp.csr_array(RATINGS), kind, shrink, alpha)(np.arange(4)).toarray()
    for i, a in enumerate(RATINGS):
        for j, b in enumerate(RATINGS):
            expected = 0.0 if i == j else max(by_hand(a, b, kind, shrink, alpha, means), 0.0)
            assert found[i, j] == pytest.approx(expected, abs=1e-12)


def test_pearson_and_jaccard_worked_out():
    weights = sp.csr_array([[1.0, 3.0, 0.0], [2.0, 4.0, 0.0], [3.0, 1.0, 0.0], [0.0, 0.0, 2.0]])
    pearson = Similarity(weights, "pearson")(np.array([0])).toarray()[0]
    assert pearson == pytest.approx([0.0, 1.0, 0.0, 0.0])  # -1 with the third is none
    jaccard = Similarity(weights, "jaccard", shrink=2.0)(np.array([0])).toarray()[0]
    assert jaccard == pytest.approx([0.0, 0.5, 0.5, 0.0])


@pytest.mark.parametrize("kind", SIMILARITIES)
def test_user_neighbours_sum_and_give_reasons_whatever_the_similarity(kind):
    means = RATINGS.sum(axis=0) / (RATINGS != 0).sum(axis=0)
    like = [by_hand(RATINGS[0], b, kind, 1.0, 0.5, means) for b in RATINGS[1:]]
    near = 1 + np.argsort(-np.maximum(like, 0.0), kind="stable")[:2]
    expected = sum(max(like[v - 1], 0.0) * RATINGS[v] for v in near)
    model = recommend.create("user_knn", neighbours=2, similarity=kind, shrink=1.0)
    model.fit(sp.csr_array(RATINGS))
    np.testing.assert_allclose(model.scores([0])[0], expected, atol=1e-12)
    for item in range(4):
        assert model._parts(0, item).sum() == pytest.approx(expected[item])


def test_item_neighbours_weigh_by_sum_mean_or_about_the_mean():
    near = np.array([[cosine(a, b) for b in RATINGS.T] for a in RATINGS.T])
    np.fill_diagonal(near, 0.0)
    for item in range(4):
        near[item, np.argsort(-near[item])[2:]] = 0.0
    share = near / near.sum(axis=1, keepdims=True)
    means = RATINGS.mean(axis=0)
    expected = {
        "sum": RATINGS @ near.T,
        "mean": RATINGS @ share.T,
        "centred": means + (RATINGS - means) @ share.T,
    }
    for weighting, scores in expected.items():
        model = recommend.create("item_knn", neighbours=2, weighting=weighting)
        found = model.fit(sp.csr_array(RATINGS)).scores(range(4))
        np.testing.assert_allclose(found, scores, rtol=1e-12)
        bias = means - share @ means if weighting == "centred" else np.zeros(4)
        parts = [model._parts(0, item).sum() for item in range(4)]
        np.testing.assert_allclose(parts + bias, scores[0], rtol=1e-12)


def cosine(a, b):
    return a @ b / np.sqrt((a @ a) * (b @ b))


def test_similar_items_are_the_whole_neighbourhood_not_the_one_used_for_scores():
    model = recommend.create("item_knn", neighbours=1).fit(sp.csr_array(RATINGS))
    items, values = model.similar_items([2], n=3)
    assert items.tolist() == [[3, 1, -1]]  # nobody knows both 2 and 0
    assert values[0, 0] == pytest.approx(cosine(RATINGS[:, 2], RATINGS[:, 3]))


sparse_rows = hnp.arrays(
    float,
    st.tuples(st.integers(1, 6), st.integers(1, 60)),
    elements=st.sampled_from([-1.0, 0.0, 0.0, 0.5, 1.0, 2.0]),
)


@settings(max_examples=100, deadline=None)
@given(sparse_rows, st.integers(1, 12))
def test_strongest_keeps_what_a_stable_sort_of_the_stored_entries_keeps(rows, n):
    stored = np.where(rows == 0, -np.inf, rows)
    order = np.argsort(-stored, axis=1, kind="stable")[:, :n]
    expected = np.zeros_like(rows)
    np.put_along_axis(expected, order, np.take_along_axis(rows, order, axis=1), axis=1)
    assert np.array_equal(strongest(sp.csr_array(rows), n).toarray(), expected)
    items, values = best(stored, n)
    found, scores = best_stored(sp.csr_array(rows), n)
    assert np.array_equal(found, items)
    assert np.array_equal(scores, values, equal_nan=True)
    positive, _ = best(np.where(rows > 0, rows, -np.inf), n)
    assert np.array_equal(best_stored(sp.csr_array(rows), n, above=0.0)[0], positive)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["user_knn", "item_knn"]))
def test_lists_from_sparse_scores_are_those_from_dense_ones(seed, name):
    rng = np.random.default_rng(seed)
    train = sp.csr_array((rng.random((30, 200)) < 0.02) * rng.integers(-1, 3, (30, 200)))
    model = recommend.create(name, neighbours=3).fit(train)
    rows = rng.integers(-1, 30, 20)
    items, values = model.recommend(rows, n=5, exclude=train)
    scores = model.scores(rows)
    ranks.hide(scores, rows, interactions(train))
    expected_items, expected_values = best(scores, 5)
    assert np.array_equal(items, expected_items)
    np.testing.assert_allclose(values, expected_values, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.tuples(st.integers(1, 20), st.integers(1, 20), st.integers(1, 20)),
    st.sampled_from([np.int32, np.int64]),
)
def test_the_product_is_that_of_the_dense_matrices(seed, shape, kind):
    rng = np.random.default_rng(seed)
    left, right = (
        sp.csr_array(rng.integers(-2, 3, size) * (rng.random(size) < 0.4) * 1.0)
        for size in (shape[:2], shape[1:])
    )
    left.indices, left.indptr = left.indices.astype(kind), left.indptr.astype(kind)
    assert np.array_equal(product(left, right).toarray(), left.toarray() @ right.toarray())
