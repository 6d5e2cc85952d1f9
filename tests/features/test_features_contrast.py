"""Effect sizes, distances and the map."""

import numpy as np
import pandas as pd
import pytest

from ricercar.errors import TableError
from ricercar.features import contrast


def test_eta_squared_is_the_share_between_groups():
    # group means 1 and 4, grand 2.5: between 4 * 2.25 = 9; total 11
    table = pd.DataFrame({"melody.gap_fill": [0.5, 1.5, 3.0, 5.0]})
    values = table["melody.gap_fill"]
    total = ((values - values.mean()) ** 2).sum()
    row = contrast.eta_squared(table, ["x", "x", "y", "y"]).iloc[0]
    assert row["value"] == pytest.approx(9 / total)
    assert row["n"] == 4
    assert row["groups"] == 2


def test_noise_separates_little_and_signal_much():
    rng = np.random.default_rng(0)
    labels = np.repeat(["x", "y", "z"], 100)
    table = pd.DataFrame(
        {
            "rhythm.npvi": rng.normal(size=300),
            "melody.gap_fill": np.repeat([0.0, 5.0, 9.0], 100) + rng.normal(size=300),
        }
    )
    result = contrast.eta_squared(table, labels).set_index("feature")
    assert result.index[0] == "melody.gap_fill"
    assert result.loc["melody.gap_fill", "low"] > 0.8
    assert result.loc["rhythm.npvi", "value"] < 0.05


def test_a_feature_that_one_group_has_separates_nothing():
    table = pd.DataFrame({"harmony.crossing": [0.1, 0.2, np.nan, np.nan], "rhythm.npvi": 1.0})
    result = contrast.eta_squared(table, ["x", "x", "y", "y"]).set_index("feature")
    assert np.isnan(result.loc["harmony.crossing", "value"])
    assert result.loc["harmony.crossing", "groups"] == 1
    assert np.isnan(result.loc["rhythm.npvi", "value"])


def test_a_group_takes_part_with_enough_pieces_only():
    table = pd.DataFrame({"harmony.crossing": [0.1, 0.2, 0.3, 0.8, 0.9, 1.0, 5.0, 6.0]})
    labels = ["x"] * 3 + ["y"] * 3 + ["z"] * 2
    three = contrast.eta_squared(table, labels).iloc[0]
    two = contrast.eta_squared(table, labels, fewest=3).iloc[0]
    assert (three["groups"], three["n"], two["groups"], two["n"]) == (3, 8, 2, 6)
    without = contrast.eta_squared(table.head(6), labels[:6]).iloc[0]
    assert two["value"] == pytest.approx(without["value"])


def test_distances_are_to_the_own_group():
    table = pd.DataFrame({"piece": list("abcd"), "rhythm.npvi": [0.0, 2.0, 10.0, 10.0]})
    result = contrast.distances(table, ["x", "x", "y", "y"])
    deviation = table["rhythm.npvi"].std(ddof=0)
    np.testing.assert_allclose(result["distance"], np.array([1, 1, 0, 0]) / deviation)


def test_the_first_axis_follows_what_varies_together():
    rng = np.random.default_rng(0)
    common = rng.normal(size=200)
    table = pd.DataFrame(
        {
            "piece": [str(number) for number in range(200)],
            "rhythm.npvi": common + 0.1 * rng.normal(size=200),
            "melody.gap_fill": common + 0.1 * rng.normal(size=200),
            "melody.repetition": rng.normal(size=200),
        }
    )
    places, loadings, share = contrast.principal_axes(table)
    assert loadings["axis 1"].abs().idxmin() == "melody.repetition"
    assert share[0] == pytest.approx(2 / 3, abs=0.03)
    assert abs(np.corrcoef(places["axis 1"], common)[0, 1]) > 0.99


def test_peculiarities_are_measured_within_the_group():
    table = pd.DataFrame(
        {
            "piece": list("abcde"),
            "rhythm.npvi": [0.0, 0.0, 0.0, 8.0, 500.0],
            "melody.gap_fill": [1.0, 2.0, 3.0, 2.0, 900.0],
            "melody.leap_share": 0.5,
            "harmony.crossing": np.nan,
        }
    )
    result = contrast.peculiarities(table, ["x", "x", "x", "x", "y"], "d")
    # mean 2, deviation sqrt(12); gap_fill is at the mean; what is constant or missing is left out
    assert result["feature"].tolist() == ["rhythm.npvi", "melody.gap_fill"]
    np.testing.assert_allclose(result["deviations"], [6 / np.sqrt(12), 0])
    assert result.loc[0, "group_mean"] == 2
    with pytest.raises(TableError, match="0 rows for 'z'"):
        contrast.peculiarities(table, ["x"] * 5, "z")


def test_near_neighbours_stay_near_on_the_map():
    rng = np.random.default_rng(0)
    label = np.repeat([0, 1, 2], 30)
    table = pd.DataFrame(
        {
            "piece": [str(number) for number in range(90)],
            "rhythm.npvi": label * 5 + rng.normal(size=90),
            "melody.gap_fill": (label == 1) * 5 + rng.normal(size=90),
            "harmony.crossing": np.nan,
        }
    )
    places = contrast.neighbour_map(table, perplexity=10, seed=3)
    x = places[["axis 1", "axis 2"]].to_numpy(float)
    distance = ((x[:, None] - x) ** 2).sum(axis=2) + np.where(np.eye(90), np.inf, 0)
    assert (label[distance.argmin(axis=1)] == label).mean() > 0.9
    pd.testing.assert_frame_equal(places, contrast.neighbour_map(table, perplexity=10, seed=3))
    with pytest.raises(TableError, match="a map of 3 pieces"):
        contrast.neighbour_map(table.head(3))


def test_the_nearest_point_is_another_one_even_at_the_same_place():
    places = pd.DataFrame({"axis 1": [1.0, 1.0, 5.0], "axis 2": [2.0, 2.0, 2.0]})
    assert contrast.next_to_own(places, ["x", "y", "z"]).tolist() == [False, False, False]
    assert contrast.next_to_own(places, ["x", "x", "y"]).tolist() == [True, True, False]
