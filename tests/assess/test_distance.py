"""The distance to real music: against scipy, and intervals that hold."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wasserstein_distance

from ricercar.assess import distance


def test_distance_grows_from_itself_over_real_to_far():
    rng = np.random.default_rng(0)
    real = pd.DataFrame(rng.normal(size=(60, 2)), columns=["triad", "crossing"])
    half = distance.distance(real.iloc[::2], real.iloc[1::2])
    far = distance.distance(real, real + 3)
    assert distance.distance(real, real) == 0 and 0 < half < far


def test_distance_of_a_set_that_does_not_vary():
    real = pd.DataFrame({"piece": ["a", "b"], "crossing": [0.0, 0.0]})
    assert distance.distance(real, real) == 0
    assert distance.distance(real, real.assign(crossing=[1.0, 3.0])) > 0
    assert np.isnan(distance.distance(real, real.assign(crossing=np.nan)))


def test_distance_is_the_wasserstein_distance_in_standard_deviations():
    rng = np.random.default_rng(0)
    real = pd.DataFrame({"piece": range(40), "triad": rng.normal(size=40)})
    made = pd.DataFrame({"piece": range(25), "triad": rng.normal(1, 2, size=25).round(1)})
    expected = wasserstein_distance(real["triad"], made["triad"]) / real["triad"].std(ddof=0)
    assert distance.distance(real, made) == pytest.approx(expected)
    twice = distance.distances(real, made.iloc[:2], np.array([[2, 0], [1, 1]]))
    assert twice[0] == pytest.approx(distance.distance(real, made.iloc[:1]))
    assert twice[1] == pytest.approx(distance.distance(real, made.iloc[:2]))


def normal(rng, mean, size=40, **columns):
    return pd.DataFrame({"triad": rng.normal(mean, size=size), **columns})


def test_the_interval_holds_the_value():
    rng = np.random.default_rng(1)
    real, made = normal(rng, 0), normal(rng, 0)
    value, low, high = distance.interval(real, made, pd.Series(range(40)))
    assert value == distance.distance(real, made) and low < value < high
    groups = pd.Series(np.arange(40) // 10)
    wider = distance.interval(real, made, groups)
    assert wider[0] == value
    assert np.isnan(distance.interval(real, made.assign(triad=np.nan), groups)).all()


def test_by_style_says_which_set_is_nearer():
    rng = np.random.default_rng(2)
    style = ["jig"] * 20 + ["reel"] * 20
    real, far, near = (normal(rng, mean, style=style) for mean in (0, 2, 1))
    found = distance.by_style(real, {"far": far, "near": near}, seed=3)
    table = found.table()
    assert list(table.columns) == ["far", "near"] and list(table.index) == ["jig", "reel"]
    jigs = slice(0, 20)
    assert table.loc["jig", "far"] == pytest.approx(distance.distance(real[jigs], far[jigs]))
    assert found.mean("near")[0] == pytest.approx(table["near"].mean())
    value, low, high = found.nearer("near", than="far")
    assert 0 < low < value < high
    assert found.nearer("near", than="near") == (0.0, 0.0, 0.0)
    assert found.nearer("far", than="near")[0] == pytest.approx(-value)


def test_by_style_leaves_out_what_a_style_does_not_have():
    real = pd.DataFrame({"style": ["a", "a", "b"], "triad": [1.0, 2.0, np.nan], "pace": [1, 2, 3]})
    made = real[real["style"] == "a"]
    found = distance.by_style(real, {"made": made}, n=20)
    assert found.table()["made"].isna().tolist() == [False, True]
    assert found.mean("made")[0] == 0.0
    assert np.isnan(
        distance.by_style(real, {"none": real.assign(triad=np.nan, pace=np.nan)}, 5).mean("none")
    ).all()
