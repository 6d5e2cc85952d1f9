"""How meters lie on beats, and keys on the white keys."""

import pytest

from ricercar.gan import beats
from ricercar.gan.beats import Layout


@pytest.mark.parametrize(
    ("meter", "expected"),
    [
        ("4/4", Layout(120, 4, 4)),
        ("3/4", Layout(120, 4, 3)),
        ("2/2", Layout(120, 4, 4)),
        ("2/4", Layout(60, 4, 4)),  # short bars are laid out twice as fine
        ("3/8", Layout(60, 4, 3)),
        ("6/8", Layout(120, 6, 2)),
        ("12/8", Layout(120, 6, 4)),
        ("3/2", Layout(120, 4, 6)),
    ],
)
def test_meters_that_fit(meter, expected):
    assert beats.layout(meter) == expected
    assert expected.cells == expected.slots * expected.beats


@pytest.mark.parametrize("meter", ["5/16", "8/2", None, "", "nonsense", float("nan")])
def test_meters_that_do_not_fit(meter):
    assert beats.layout(meter) is None


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("C major", (0, "major")),
        ("b- minor", (10, "minor")),
        ("F## lydian", (7, "lydian")),
        ("Cb major", (11, "major")),
        ("H major", None),
        ("C sharp", None),
        ("C", None),
        ("", None),
        (7, None),
    ],
)
def test_tonics(key, expected):
    assert beats.tonic(key) == expected
