"""The best of wide rows, where only some segments are looked into, are those of a full sort."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.errors import ParameterError
from ricercar.recommend.ranks import best


def sorted_fully(scores, n):
    items = np.full((len(scores), n), -1)
    for row, given_scores in enumerate(scores):
        order = np.lexsort((np.arange(len(given_scores)), -given_scores))
        offered = [column for column in order if given_scores[column] > -np.inf][:n]
        items[row, : len(offered)] = offered
    return items


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 4),
    st.integers(1, 800),
    st.integers(1, 6),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from([1, 3, 1000]),
    st.sampled_from([0.0, 0.5, 0.99]),
)
def test_the_best_are_those_of_a_full_sort(seed, rows, columns, n, kind, levels, hidden):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, (rows, columns)).astype(kind)
    scores[rng.random(scores.shape) < hidden] = -np.inf
    items, values = best(scores, n)
    expected = sorted_fully(scores, min(n, columns))
    assert np.array_equal(items, expected)
    listed = items >= 0
    picked = np.take_along_axis(scores, np.maximum(items, 0), axis=1)
    assert np.array_equal(values[listed], picked[listed]) and np.isnan(values[~listed]).all()


def test_a_score_that_is_no_number_is_found_anywhere_in_a_wide_row():
    for column in (0, 500, 999):
        scores = np.zeros((2, 1000))
        scores[1, column] = np.nan
        with pytest.raises(ParameterError, match="not a number"):
            best(scores, 2)
