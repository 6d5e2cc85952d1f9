"""Pictures of groups hold what they are given."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from ricercar.show import contrasts


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "style": ["reel", "jig"] * 10,
            "rhythm.npvi": rng.random(20),
            "melody.gap_fill": rng.random(20),
        }
    )


def test_one_panel_per_feature(table):
    names = ["rhythm.npvi", "melody.gap_fill"] * 2
    fig = contrasts.boxes(table, names, dict.fromkeys(names, "unit"))
    titles = [ax.get_title(loc="left") for ax in fig.axes if ax.get_visible()]
    assert titles == names


def test_the_first_of_a_ranking_stands_on_top():
    ranking = pd.DataFrame(
        {
            "feature": ["rhythm.npvi", "melody.gap_fill", "harmony.crossing"],
            "value": [0.9, 0.5, 0.1],
            "low": [0.8, 0.4, np.nan],
            "high": [0.95, 0.6, np.nan],
        }
    )
    (ax,) = contrasts.ranked({"": ranking}, "feature", "share", top=2).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "melody.gap_fill",
        "rhythm.npvi",
    ]
    assert [bar.get_width() for bar in ax.patches] == [0.5, 0.9]


def test_bars_for_every_arm_and_model():
    scores = pd.DataFrame(
        [(arm, model, 0.6, 0.5, 0.7) for arm in "ab" for model in "xyz"],
        columns=["arm", "model", "value", "low", "high"],
    )
    (ax,) = contrasts.scores(scores, 0.5).axes
    assert len(ax.patches) == 6


def test_weights_show_the_strongest_of_each_axis():
    loadings = pd.DataFrame(
        {"axis 1": [0.9, 0.1, -0.95], "axis 2": [0.2, 0.8, 0.1]},
        index=["rhythm.a", "melody.b", "harmony.c"],
    )
    left, right = contrasts.weights(loadings, top=2).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["harmony.c", "rhythm.a"]
    assert [label.get_text() for label in right.get_yticklabels()] == ["rhythm.a", "melody.b"]


def test_dots_show_every_piece(table):
    distances = pd.DataFrame(
        {"piece": [str(k) for k in range(20)], "label": table["style"], "distance": 1.0}
    )
    (ax,) = contrasts.spread(distances, ["3"]).axes
    assert len(ax.collections[-1].get_offsets()) == 1


def test_confusions_are_per_cent_of_the_row():
    counts = pd.DataFrame([[3, 1], [0, 2]], index=["jig", "reel"], columns=["jig", "reel"])
    (ax,) = contrasts.confusions({"all": counts}).axes
    assert [text.get_text() for text in ax.texts] == ["75", "25", "0", "100"]


def test_profiles_name_their_columns():
    ax = contrasts.profile(pd.DataFrame({"a": [0.0, 1.0], "b": [-1.0, 0.0]})).axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b"]


def test_profiles_write_no_minus_before_a_zero():
    ax = contrasts.profile(pd.DataFrame({"a": [-0.04]})).axes[0]
    assert [text.get_text() for text in ax.texts] == ["0.0"]
