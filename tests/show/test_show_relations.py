"""Pictures of correlations and of windows hold what they are given."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from ricercar.show import relations


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_correlations_stand_in_the_order_of_the_tree():
    names = ["rhythm.npvi", "melody.gap_fill", "harmony.crossing"]
    rho = pd.DataFrame(np.eye(3), index=names, columns=names)
    rho.loc["rhythm.npvi", "harmony.crossing"] = rho.loc["harmony.crossing", "rhythm.npvi"] = 0.9
    clusters = pd.DataFrame({"feature": [names[1], names[0], names[2]], "cluster": [0, 1, 1]})
    ax = relations.correlation_map(rho, clusters).axes[0]
    drawn = np.asarray(ax.images[0].get_array())
    np.testing.assert_array_equal(drawn, [[1, 0, 0], [0, 1, 0.9], [0, 0.9, 1]])
    # a strip of three families and a frame around the cluster of two
    frames = [patch for patch in ax.patches if not patch.get_fill()]
    assert len(ax.patches) == 4
    assert [(frame.get_x(), frame.get_width()) for frame in frames] == [(0.5, 2)]


def windows(starts, bars):
    return pd.DataFrame(
        {"first_bar": starts, "bars": bars, "unit": "bar", "rhythm.npvi": np.arange(len(starts))}
    )


def test_windows_side_by_side_are_steps_and_overlapping_ones_a_line():
    side = relations.courses(windows([0, 4, 8], [4, 4, 2]), ["rhythm.npvi"], {"rhythm.npvi": "i"})
    (steps,) = side.axes[0].patches
    np.testing.assert_array_equal(steps.get_data().edges, [0, 4, 8, 10])
    over = relations.courses(windows([0, 1, 2], [4, 4, 4]), ["rhythm.npvi"], {"rhythm.npvi": "i"})
    (line,) = over.axes[0].lines
    np.testing.assert_array_equal(line.get_xdata(), [2, 3, 4])
