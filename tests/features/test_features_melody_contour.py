"""Features of melodic contour and of phrases against values worked out by hand."""

import numpy as np
import pytest

from ricercar.features import phrases
from ricercar.features.score import Line

# C D E G C' E' D' C': intervals 2 2 3 5 4 -2 -2
RISING = [60, 62, 64, 67, 72, 76, 74, 72]
# C D E D C D E C C, the example of jSymbolic's arcs: 2 2 -2 -2 2 2 -4 0
ARCS = [60, 62, 64, 62, 60, 62, 64, 60, 60]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ascending_share", 5 / 7),
        ("ascent_excess", 16 / 5 - 2),
        ("turn_share", 1 / 6),
        ("arc_length", 7),
        ("arc_size", 16),
        # up 16 semitones in 5 quarters, down 4 in 2
        ("contour_gradient", (16 + 4) / 7),
        ("gradient_spread", np.sqrt((5 * 3.2**2 + 2 * 2**2) / 7 - (12 / 7) ** 2)),
        ("arpeggio_share", 2 / 6),
        ("gap_fill", 0),
        ("registral_return", 0),
        # steps 2 (then 2), 2 (then 3), -2 (then -2)
        ("step_inertia", 2 / 3),
        # thirds of the eight notes: 0-2, 3-5, 6-7
        ("contour_arch", (67 + 72 + 76) / 3 - (60 + 62 + 64 + 74 + 72) / 5),
        ("peak_place", 5 / 7),
        ("ending_height", 12 / 16),
    ],
)
def test_rising_phrase(measure, name, expected):
    assert measure(f"melody.{name}", RISING) == pytest.approx(expected)


def test_arcs_lie_between_changes_of_direction(measure):
    # seven moving intervals, three changes; 4, 4 and 4 semitones before the last of them
    assert measure("melody.arc_length", ARCS) == pytest.approx(7 / 3)
    assert measure("melody.arc_size", ARCS) == pytest.approx(4)
    for name in ("arc_length", "arc_size"):
        assert np.isnan(measure(f"melody.{name}", [60, 62, 62, 64]))


def test_a_repeated_note_at_the_turn_takes_no_part_in_the_gradient(measure):
    # up 2 in one quarter, one quarter on the spot, down 2 in one quarter
    assert measure("melody.contour_gradient", [60, 62, 62, 60]) == pytest.approx(2)
    assert measure("melody.gradient_spread", [60, 62, 62, 60]) == pytest.approx(2)
    assert np.isnan(measure("melody.contour_gradient", [60, 60]))


def test_a_leap_followed_by_a_step_back_is_filled(measure):
    assert measure("melody.gap_fill", [60, 67, 65, 72, 74]) == pytest.approx(1 / 2)


def test_a_leap_there_and_back_returns(measure):
    # 7 then -7, -7 then 5, 5 then -1: the last stays 4 semitones away
    assert measure("melody.registral_return", [60, 67, 60, 65, 64]) == pytest.approx(2 / 3)


def test_contour_slope_follows_direction(measure):
    assert measure("melody.contour_slope", [60, 62, 64]) == pytest.approx(1)
    assert measure("melody.contour_slope", [64, 62, 60]) == pytest.approx(-1)
    assert np.isnan(measure("melody.contour_slope", [60, 60, 60]))


def test_pitches_resemble_their_neighbours_or_their_opposites(measure):
    assert measure("melody.pitch_autocorrelation", [60, 62, 64, 66]) == pytest.approx(1)
    assert measure("melody.pitch_autocorrelation", [60, 62, 60, 62]) == pytest.approx(-1)


# four phrases that end on a long note: up, down, arch, bowl
PHRASES = [60, 62, 64, 64, 62, 60, 60, 64, 60, 64, 60, 64]


@pytest.mark.parametrize("name", ["rising", "falling", "arch", "bowl"])
def test_each_phrase_has_its_contour(measure, name):
    assert measure(f"melody.{name}_share", PHRASES, [240, 240, 960] * 4) == pytest.approx(1 / 4)


def test_a_level_phrase_has_no_contour(measure):
    assert measure("melody.arch_share", [60, 60, 60]) == 0
    assert np.isnan(measure("melody.arch_share", [60, 62]))


def line(durations, rests=()):
    """A line of one pitch; ``rests`` are places after which a quarter's rest comes."""
    durations = np.array(durations)
    gaps = np.isin(np.arange(len(durations)), rests) * 480
    onset = np.cumsum(durations + gaps) - durations - gaps
    zeros = np.zeros(len(durations), dtype=int)
    return Line(zeros, onset, durations, zeros + 60)


def test_boundary_strength_is_that_of_the_model():
    # times 240 240 960 240: only the change 240-960 counts, 720/1200 on either side of the
    # long one: raw strengths 0, 240 x .6, 960 x 1.2, 240 x .6, over the largest and by .5
    _, strength = phrases.strengths(line([240, 240, 960, 240, 240]))
    np.testing.assert_allclose(strength, [0, 0.5 * 144 / 1152, 0.5, 0.5 * 144 / 1152])


def test_a_rest_parts_phrases():
    assert phrases.number(line([480] * 6, rests=[2])).tolist() == [0, 0, 0, 1, 1, 1]


def test_without_a_boundary_a_melody_is_one_phrase():
    assert phrases.number(line([480] * 6)).tolist() == [0] * 6
    assert phrases.number(line([])).tolist() == []
