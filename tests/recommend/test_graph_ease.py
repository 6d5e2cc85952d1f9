"""EASE on the graph against dense linear algebra, written down as the docstring has it."""

import numpy as np
import pytest
import scipy.sparse as sp

from ricercar import recommend
from ricercar.recommend.graph import powers

RNG = np.random.default_rng(4)
LIKED = (RNG.random((30, 12)) < 0.3).astype(float)
LIKED[:, 3] = 0  # a piece that nobody likes


def test_scores_are_those_of_the_formula():
    a, b, penalty, beta, k = 0.4, 0.2, 2.5, 0.7, 3
    listeners, pieces = LIKED.sum(axis=1), LIKED.sum(axis=0)
    even = np.diag(powers(listeners, -a)) @ LIKED @ np.diag(powers(pieces, -b))
    gram = even.T @ even
    inverse = np.linalg.inv(gram + penalty * np.diag(gram).mean() * np.eye(12))
    weights = np.eye(12) - inverse / np.diag(inverse)
    graph = np.diag(powers(listeners, -0.5)) @ LIKED @ np.diag(powers(pieces, -0.5))
    passed = np.linalg.svd(graph)[2][:k].T
    low = np.diag(powers(pieces, -0.5)) @ passed @ passed.T @ np.diag(powers(pieces, 0.5))
    filtered = np.diag(powers(pieces, -b)) @ weights @ np.diag(powers(pieces, b)) + beta * low
    model = recommend.create(
        "graph_ease",
        penalty=penalty,
        listener_exponent=a,
        piece_exponent=b,
        factors=k,
        beta=beta,
    ).fit(sp.csr_array(LIKED))
    warm = np.flatnonzero(listeners)
    np.testing.assert_allclose(model.scores(warm), LIKED[warm] @ filtered, atol=1e-10)


def test_without_exponents_and_filter_it_is_ease():
    gram = LIKED.T @ LIKED
    plain = recommend.create("ease", penalty=5.0).fit(sp.csr_array(LIKED))
    graph = recommend.create(
        "graph_ease",
        penalty=5.0 / np.diag(gram).mean(),
        listener_exponent=0.0,
        piece_exponent=0.0,
        beta=0.0,
    ).fit(sp.csr_array(LIKED))
    heard = np.flatnonzero(LIKED.sum(axis=0))
    rows = np.flatnonzero(LIKED.sum(axis=1))
    np.testing.assert_allclose(graph.scores(rows)[:, heard], plain.scores(rows)[:, heard])


def test_single_precision_is_good_to_four_digits():
    rows = np.flatnonzero(LIKED.sum(axis=1))
    double, single = (
        recommend.create("graph_ease", single=single).fit(sp.csr_array(LIKED)).scores(rows)
        for single in (False, True)
    )
    assert np.abs(double - single).max() < 1e-4 * np.abs(double).max()
    assert not np.array_equal(double, single)


@pytest.mark.parametrize("exponent", [-0.5, 0.0, 0.3])
def test_a_power_of_zero_stays_zero(exponent):
    assert powers(np.array([0.0, 4.0]), exponent).tolist() == [0.0, 4.0**exponent]
