"""A map holds every piece at its place, and its name."""

import re

import numpy as np
import pandas as pd
import pytest

from ricercar.errors import TableError
from ricercar.show import layout, maps


def places(*rows):
    return pd.DataFrame(rows, columns=["axis 1", "axis 2"])


def circles(svg):
    found = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="3.2"><title>([^<]*)<', svg)
    return [(float(x), float(y), name) for x, y, name in found]


def test_every_piece_is_a_point_with_its_name_in_every_panel():
    two = places((0, 0), (1, 5), (2, 10))
    svg = maps.points_svg({"a": two, "b": -two}, ["reel", "jig", "reel"], ["x", "y", "z"])
    assert sorted(name for *_, name in circles(svg)) == ["x", "x", "y", "y", "z", "z"]
    left = {name: (x, y) for x, y, name in circles(svg) if x < maps.PANEL}
    right = {name: (x, y) for x, y, name in circles(svg) if x > maps.PANEL}
    assert left["x"][0] < left["y"][0] < left["z"][0]
    # upward is up
    assert left["x"][1] > left["y"][1] > left["z"][1]
    assert right["x"][0] > right["z"][0]
    assert all(0 < x < 2 * maps.PANEL and 26 < y < 26 + maps.PANEL for x, y, _ in circles(svg))


def test_hostile_names_stay_text():
    name = '<script>alert("x")</script>'
    svg = maps.points_svg({name: places((0, 0))}, [name], [name])
    assert "<script" not in svg
    assert svg.count("&lt;script&gt;") == 3
    assert layout.closed(svg) == svg


def test_equal_places_lie_in_the_middle():
    svg = maps.points_svg({"a": places((3, 3), (3, 3))}, ["reel", "reel"], ["x", "y"])
    (x, y, _), other = circles(svg)
    assert (x, y) == other[:2]
    assert np.isclose(x, maps.PANEL / 2, atol=5)


def test_the_most_frequent_style_lies_below_the_others():
    svg = maps.points_svg(
        {"a": places((0, 0), (1, 1), (2, 2))}, ["jig", "reel", "reel"], ["x", "y", "z"]
    )
    assert [name for *_, name in circles(svg)] == ["y", "z", "x"]


def test_lengths_must_match():
    with pytest.raises(TableError, match="one style, one name and one place"):
        maps.points_svg({"a": places((0, 0))}, ["reel", "jig"], ["x"])
    with pytest.raises(TableError, match="one style"):
        maps.points_svg({"a": places()}, [], [])
