"""Errors of predicted ratings, worked by hand and beside scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from ricercar.assess import ratings
from ricercar.errors import ParameterError


def test_every_figure_by_hand():
    true, guess = [5, 1, 3, 4], [4, 3, 3, np.nan]
    table = ratings.summary(true, guess, ["a", "a", "b", "b"], n=200).set_index("metric")
    assert table.loc["rmse", "value"] == pytest.approx(np.sqrt((1 + 4 + 0) / 3))
    assert table.loc["mae", "value"] == pytest.approx(1)
    assert table.loc["rmse_listener", "value"] == pytest.approx(np.sqrt(2.5) / 2)
    assert table.loc["mae_listener", "value"] == pytest.approx(0.75)
    assert table.loc[["ratings_evaluated", "ratings_unpredicted"], "value"].tolist() == [3, 1]
    assert (table["n"] == 2).all()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(1, 5), st.floats(-1, 7), st.integers(0, 3)), min_size=1, max_size=30
    )
)
def test_the_pooled_figures_are_those_of_scikit_learn(rows):
    true, guess, who = (np.array(column) for column in zip(*rows, strict=True))
    table = ratings.summary(true, guess, who, n=20).set_index("metric")
    rmse = metrics.root_mean_squared_error(true, guess)
    assert table.loc["rmse", "value"] == pytest.approx(rmse, abs=1e-9)
    assert table.loc["mae", "value"] == pytest.approx(metrics.mean_absolute_error(true, guess))


def test_intervals_hold_the_value_and_need_two_listeners():
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(40), 10)
    true = rng.integers(1, 6, 400)
    table = ratings.summary(true, true + rng.normal(size=400), who, n=300).set_index("metric")
    measured = table.iloc[:4]
    assert ((measured["low"] < measured["value"]) & (measured["value"] < measured["high"])).all()
    assert table.loc["rmse", "low"] < 1 < table.loc["rmse", "high"]
    one = ratings.summary(true[:10], true[:10] + 1.0, who[:10], n=20).set_index("metric")
    assert one.loc["rmse", "value"] == 1 and one.iloc[:4][["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize(("true", "guess"), [([], []), ([3], [np.nan])])
def test_without_a_prediction_every_figure_is_undefined(true, guess):
    table = ratings.summary(true, guess, ["a"] * len(true), n=20).set_index("metric")
    assert table.iloc[:4][["value", "low", "high"]].isna().all(axis=None)
    assert table.loc["ratings_evaluated", "value"] == 0
    assert table.loc["ratings_unpredicted", "value"] == len(true)


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(ParameterError, match="one length"):
        ratings.summary([1, 2], [1], ["a"])
    with pytest.raises(ParameterError, match="given rating"):
        ratings.summary([np.nan], [1], ["a"])
    with pytest.raises(ParameterError, match="converge"):
        ratings.summary([1], [np.inf], ["a"])
