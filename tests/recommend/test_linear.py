"""SLIM is at its minimum; EASE in single precision is EASE."""

import numpy as np
import pytest
import scipy.sparse as sp

from ricercar import recommend
from ricercar.recommend import linear

TASTE = (np.random.default_rng(5).random((60, 25)) < 0.3).astype(float)


@pytest.mark.parametrize(("l1", "l2"), [(0.5, 1.0), (2.0, 0.0), (0.0, 10.0)])
def test_slim_meets_the_conditions_of_a_minimum(l1, l2):
    model = recommend.create("slim", l1=l1, l2=l2, neighbours=25).fit(sp.csr_array(TASTE))
    weights = model._weights.toarray()
    slope = TASTE.T @ (TASTE @ weights - TASTE) + l2 * weights + l1
    np.fill_diagonal(slope, 0.0)
    assert (weights >= 0).all() and not np.diag(weights).any() and weights.any()
    assert abs(slope[weights > 0]).max() < 1e-3
    assert slope[weights == 0].min() > -1e-3
    np.testing.assert_allclose(model.scores(range(60)), TASTE @ weights, atol=1e-12)


def test_slim_is_scikit_learns_elastic_net():
    from sklearn.linear_model import ElasticNet

    l1, l2 = 1.5, 3.0
    model = recommend.create("slim", l1=l1, l2=l2, neighbours=25).fit(sp.csr_array(TASTE))
    for item in (0, 7, 24):
        others = TASTE.copy()
        others[:, item] = 0.0
        net = ElasticNet(
            alpha=(l1 + l2) / 60, l1_ratio=l1 / (l1 + l2), fit_intercept=False, positive=True,
            tol=1e-12, max_iter=100_000,
        ).fit(others, TASTE[:, item])  # fmt: skip
        np.testing.assert_allclose(model._weights[:, [item]].toarray()[:, 0], net.coef_, atol=1e-5)


def test_slim_learns_from_the_nearest_pieces_only(monkeypatch):
    monkeypatch.setattr(linear, "_TOGETHER", 7)
    monkeypatch.setattr(linear, "_LOOKED_UP", 3)
    model = recommend.create("slim", l1=0.1, l2=1.0, neighbours=4).fit(sp.csr_array(TASTE))
    weights = model._weights.toarray()
    lengths = np.linalg.norm(TASTE, axis=0)
    cosine = TASTE.T @ TASTE / lengths[:, None] / lengths
    np.fill_diagonal(cosine, 0.0)
    for item in range(25):
        near = np.argsort(-cosine[:, item], kind="stable")[:4]
        assert set(np.flatnonzero(weights[:, item])) <= set(near)
        slope = TASTE[:, near].T @ (TASTE @ weights[:, item] - TASTE[:, item])
        slope += weights[near, item] + 0.1
        assert abs(slope[weights[near, item] > 0]).max() < 1e-3
        assert (slope > -1e-3).all()


def test_ease_in_single_precision_ranks_as_in_double():
    train = sp.csr_array(TASTE)
    double, single = (recommend.create("ease", single=some).fit(train) for some in (False, True))
    assert single._weights.rebuilt(np.array([0])).dtype == np.float32
    assert single.scores([0]).dtype == np.float64
    np.testing.assert_allclose(single.scores(range(60)), double.scores(range(60)), atol=1e-5)
