"""GF-CF against its formula, and the published figures."""

import numpy as np
import pytest
import scipy.sparse as sp

from ricercar import recommend
from ricercar.recommend import graph


def test_scores_are_the_formula():
    rng = np.random.default_rng(3)
    liked = (rng.random((12, 9)) < 0.4).astype(float)
    liked[:, 4] = 0.0  # a piece without likes
    liked[0, 0] = 1.0
    users, pieces = liked.sum(axis=1), liked.sum(axis=0)
    root = np.sqrt(pieces)
    inverse = np.where(pieces > 0, 1 / np.where(pieces > 0, root, 1.0), 0.0)
    scaled = liked / np.sqrt(np.maximum(users, 1))[:, None] * inverse
    _, _, vectors = np.linalg.svd(scaled)
    low = vectors[:3].T @ vectors[:3]
    expected = liked @ (scaled.T @ scaled + 0.7 * np.diag(inverse) @ low @ np.diag(root))
    model = recommend.create("gf_cf", factors=3, alpha=0.7).fit(sp.csr_array(liked))
    warm = np.flatnonzero(users > 0)
    np.testing.assert_allclose(model.scores(warm), expected[warm], atol=1e-12)


@pytest.mark.parametrize("shape", [(80, 50), (50, 80)])
def test_the_iterative_way_finds_what_the_dense_one_finds(shape, monkeypatch):
    matrix = sp.random_array(shape, density=0.2, rng=np.random.default_rng(0), format="csr")
    dense = graph.right_singular(matrix, 6)
    monkeypatch.setattr(graph, "_DENSE", 0)
    found = graph.right_singular(matrix, 6)
    assert np.array_equal(found, graph.right_singular(matrix, 6))
    np.testing.assert_allclose(found @ found.T, dense @ dense.T, atol=1e-8)
    np.testing.assert_allclose(found.T @ found, np.eye(6), atol=1e-8)


def test_more_factors_than_the_rank_are_the_rank():
    matrix = sp.csr_array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert graph.right_singular(matrix, 256).shape == (3, 2)
