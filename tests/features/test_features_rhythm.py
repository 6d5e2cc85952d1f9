"""Features of note values, pairs of notes and rests against values worked out by hand."""

import numpy as np
import pytest

# quarter, two eighths, dotted quarter, eighth, half: 480 240 240 720 240 960, six quarters
MIXED = [480, 240, 240, 720, 240, 960]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("note_density", 1),
        ("mean_duration", 1),
        ("duration_variation", np.std(MIXED) / 480),
        ("shortest_duration", 1 / 2),
        ("longest_duration", 2),
        ("distinct_durations", 4),
        ("most_common_duration", 1 / 2),
        ("most_common_duration_share", 3 / 6),
        # pairs 480-240, 240-240, 240-720, 720-240, 240-960
        ("npvi", 100 * (240 / 360 + 0 + 480 / 480 + 480 / 480 + 720 / 600) / 5),
        ("duration_entropy", -(3 * np.log2(1 / 6) + 3 * np.log2(3 / 6)) / 6),
        # after an eighth (three of five times) come 240, 720 and 960
        ("duration_conditional_entropy", 3 / 5 * np.log2(3)),
        ("pattern_entropy", 1),
        ("sixteenth_share", 0),
        ("eighth_share", 3 / 6),
        ("quarter_share", 1 / 6),
        ("half_share", 1 / 6),
        ("long_share", 1 / 6),
        ("dotted_share", 1 / 6),
        ("triplet_share", 0),
        ("equal_pair_share", 1 / 5),
        ("double_pair_share", 1 / 5),
        ("dotted_pair_share", 2 / 5),
        # onsets 0 480 720 960 1680 1920: times between 480 240 240 720 240
        ("mean_ioi", 4 / 5),
        ("ioi_variation", 192 / 384),
        ("rest_share", 0),
        ("rest_frequency", 0),
        ("longest_rest", 0),
    ],
)
def test_mixed_values(measure, name, expected):
    assert measure(f"rhythm.{name}", durations=MIXED) == pytest.approx(expected)


def test_equal_notes_have_no_contrast(measure):
    eighths = [240] * 8
    for name in ("npvi", "duration_entropy", "pattern_entropy", "duration_conditional_entropy"):
        assert measure(f"rhythm.{name}", durations=eighths) == 0
    assert measure("rhythm.equal_pair_share", durations=eighths) == 1
    assert np.isnan(measure("rhythm.duration_trend", durations=eighths))


def test_the_shortest_of_several_common_durations_is_named(measure):
    assert measure("rhythm.most_common_duration", durations=[960, 480, 960, 480]) == 1


def test_notes_may_become_longer(measure):
    assert measure("rhythm.duration_trend", durations=[240, 480]) == pytest.approx(1)
    assert measure("rhythm.duration_trend", durations=[480, 240]) == pytest.approx(-1)


def test_triplets_are_told_from_plain_values(measure):
    triplet = [160, 160, 160, 480]
    assert measure("rhythm.triplet_share", durations=triplet) == pytest.approx(3 / 4)
    assert measure("rhythm.double_pair_share", durations=[320, 160]) == 1


def test_rests_are_silence_between_notes(measure):
    rests = {"durations": [480, 480, 480], "onsets": [0, 1440, 1920]}
    # two of the five quarters, after one of the two notes but the last
    assert measure("rhythm.rest_share", **rests) == pytest.approx(2 / 5)
    assert measure("rhythm.rest_frequency", **rests) == pytest.approx(1 / 2)
    assert measure("rhythm.longest_rest", **rests) == 2
    assert measure("rhythm.mean_ioi", **rests) == 2
