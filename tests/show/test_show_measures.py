import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from ricercar.errors import ParameterError
from ricercar.show import measures

TABLE = pd.DataFrame(
    {
        "set": ["real", "made", "real", "made"],
        "metric": ["triad", "triad", "crossing", "crossing"],
        "value": [64.0, 50.0, 1.0, np.nan],
        "low": [60.0, 45.0, np.nan, np.nan],
        "high": [68.0, 55.0, np.nan, np.nan],
    }
)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_each_measure_has_a_panel_and_each_known_set_a_dot():
    fig = measures.intervals(TABLE, by="set")
    assert [axes.get_title(loc="left") or axes.get_title() for axes in fig.axes] == [
        "triad",
        "crossing",
    ]
    dots = [[line for line in axes.lines if line.get_marker() == "o"] for axes in fig.axes]
    assert [len(found) for found in dots] == [2, 1]
    assert dots[0][0].get_xdata()[0] == 64.0
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == ["real", "made"]


def test_titles_choose_and_order_the_measures():
    fig = measures.intervals(TABLE, by="set", titles={"crossing": "Crossing", "absent": "?"})
    assert len(fig.axes) == 1


def test_a_set_keeps_its_colour_from_picture_to_picture():
    def hues(fig):
        return [line.get_color() for line in fig.axes[0].lines if line.get_marker() == "o"]

    names = [f"set {number}" for number in range(8)]
    both = TABLE.assign(metric="triad", set=names[:4])
    every = hues(measures.intervals(both, by="set", order=names))
    assert len(set(hues(measures.intervals(both.assign(value=1.0), "set", order=names)))) == 4
    alone = measures.intervals(both[both["set"] == "set 2"], by="set", order=names)
    assert hues(alone) == [every[2]]


def test_nothing_to_show_is_said():
    with pytest.raises(ParameterError, match="every value is missing"):
        measures.intervals(TABLE.assign(value=np.nan), by="set")
