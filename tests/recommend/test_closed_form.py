"""Linear weights in closed form: both ways of holding them against dense linear algebra."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.errors import ParameterError
from ricercar.recommend import closed_form
from ricercar.recommend.closed_form import ByColumns, ByRows


def dense(x: np.ndarray, penalty: float) -> np.ndarray:
    """The weights as the docstring of the module has them."""
    p = np.linalg.inv(x.T @ x + penalty * np.eye(x.shape[1]))
    return np.eye(x.shape[1]) - p / np.diag(p)


@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    below=st.integers(0, 3),
    penalty=st.floats(0.1, 100),
    seed=st.integers(0, 999),
)
@settings(max_examples=60, deadline=None)
def test_by_rows_and_by_columns_are_the_formula(rows, columns, below, penalty, seed):
    rng = np.random.default_rng(seed)
    x = (rng.random((rows, columns)) < 0.4) * rng.normal(size=(rows, columns))
    under = rng.normal(size=(below, columns))
    weights = dense(np.concatenate([x, under]), penalty)
    np.testing.assert_array_equal(np.abs(np.diag(weights)) < 1e-12, True)
    some = rng.integers(0, rows, 4)
    pieces = rng.integers(0, columns, 3)
    for way in (ByRows, ByColumns):
        held = way(sp.csr_array(x), penalty, under)
        np.testing.assert_allclose(held.rebuilt(some), x[some] @ weights, atol=1e-8)
        np.testing.assert_allclose(held.out_of(pieces), weights[pieces], atol=1e-8)
        np.testing.assert_allclose(held.into(0), weights[:, 0], atol=1e-8)


def test_no_column_speaks_for_itself_whatever_rounding_leaves():
    x = sp.csr_array((np.random.default_rng(1).random((4, 30)) < 0.3).astype(np.float32))
    held = ByRows(x, 0.5, np.zeros((0, 30), np.float32))
    assert not np.diag(held.out_of(np.arange(30))).any()
    assert not any(held.into(column)[column] for column in range(30))


@pytest.mark.parametrize(
    ("rows", "below", "way"), [(5, 0, ByRows), (5, 2, ByColumns), (9, 0, ByColumns)]
)
def test_the_smaller_side_is_held(rows, below, way):
    x = sp.csr_array(np.eye(rows, 7))
    assert type(closed_form.solved(x, 1.0, np.ones((below, 7)))) is way


@pytest.mark.parametrize("way", [ByRows, ByColumns])
def test_single_precision_stays_single_and_is_good_to_four_digits(way):
    rng = np.random.default_rng(3)
    x = sp.csr_array((rng.random((40, 50)) < 0.2).astype(float))
    none = np.zeros((0, 50))
    double = way(x, 10.0, none).rebuilt(np.arange(40))
    single = way(x.astype(np.float32), 10.0, none.astype(np.float32)).rebuilt(np.arange(40))
    assert single.dtype == np.float32 and double.dtype == np.float64
    assert np.abs(double - single).max() < 1e-4 * np.abs(double).max()


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_inverse_is_worked_out_in_the_memory_of_its_matrix(order):
    x = np.random.default_rng(4).normal(size=(300, 280))  # more than one block of columns
    gram = np.array(x.T @ x, order=order)
    expected = np.linalg.inv(gram + 2.0 * np.eye(280))
    found = closed_form.inverse(gram, 2.0)
    assert np.shares_memory(found, gram)
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_a_penalty_below_the_precision_is_refused():
    with pytest.raises(ParameterError, match="1e-30 is too small"):
        closed_form.solved(sp.csr_array(np.ones((3, 3))), 1e-30)
