"""The axis of ranks shows every model, its rank, and a bar per group."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from ricercar.assess.model_ranks import Standing
from ricercar.show import model_points, model_ranks


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def standing(groups):
    ranks = pd.DataFrame(
        {
            "model": ["a", "b", "c", "d"],
            "rank": [1.5, 2.0, 3.0, 3.5],
            "low": [1.4, 1.9, 2.9, np.nan],
            "high": [1.6, 2.1, 3.1, np.nan],
            "value": [0.4, 0.3, 0.2, 0.1],
        }
    )
    return Standing("hit@10", ranks, 9.0, 0.01, pd.DataFrame(), groups, 50)


def test_a_row_for_every_model_and_a_bar_for_every_group():
    (ax,) = model_ranks.rank_axis(standing((("a", "b"), ("b", "c", "d")))).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c", "d"]
    assert ax.yaxis_inverted()
    bars = [line for line in ax.lines if line.get_gid() == "group"]
    spans = [[round(float(y)) for y in bar.get_ydata()] for bar in bars]
    assert spans == [[0, 1], [1, 3]]
    assert bars[0].get_xdata()[0] < bars[1].get_xdata()[0]
    assert "hit@10, 50 listeners" in ax.get_xlabel()


def test_without_groups_there_are_no_bars():
    (ax,) = model_ranks.rank_axis(standing(())).axes
    assert not [line for line in ax.lines if line.get_gid() == "group"]
    points = [line for line in ax.lines if line.get_marker() == "o"]
    assert [point.get_xdata()[0] for point in points] == [1.5, 2.0, 3.0, 3.5]


def test_a_method_has_the_colour_that_it_has_in_all_pictures():
    some = standing(())
    some.ranks["model"] = ["ease", "als", "item_knn", "most_popular"]
    (ax,) = model_ranks.rank_axis(some).axes
    shown = [line.get_color() for line in ax.lines if line.get_marker() == "o"]
    assert shown == [model_points.colour(model) for model in some.ranks["model"]]
