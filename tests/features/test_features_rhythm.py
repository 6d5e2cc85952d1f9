"""Rhythm features against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from ricercar.features import rhythm
from ricercar.features.score import Score


def measure(name, durations, meter="4/4", pickup=0, onsets=None):
    durations = np.array(durations)
    onsets = np.concatenate(([0], np.cumsum(durations)[:-1])) if onsets is None else onsets
    notes = pd.DataFrame(
        {"piece": "a", "part": 0, "onset": onsets, "duration": durations, "pitch": 60}
    )
    pieces = pd.DataFrame({"piece": ["a"], "meter": [meter], "pickup": [pickup]})
    return getattr(rhythm, name)(Score(pieces, notes)).item()


# quarter, two eighths, dotted quarter, eighth, half: 480 240 240 720 240 960, six quarters
MIXED = [480, 240, 240, 720, 240, 960]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("note_density", 1),
        ("mean_duration", 1),
        ("duration_variation", np.std(MIXED) / 480),
        # pairs 480-240, 240-240, 240-720, 720-240, 240-960
        ("npvi", 100 * (240 / 360 + 0 + 480 / 480 + 480 / 480 + 720 / 600) / 5),
        ("duration_entropy", -(3 * np.log2(1 / 6) + 3 * np.log2(3 / 6)) / 6),
        ("pattern_entropy", 1),
        ("sixteenth_share", 0),
        ("eighth_share", 3 / 6),
        ("quarter_share", 1 / 6),
        ("long_share", 1 / 6),
        ("dotted_share", 1 / 6),
        ("triplet_share", 0),
        ("dotted_pair_share", 2 / 5),
        ("rest_share", 0),
        ("bar_length", 4),
        ("notes_per_bar", 4),
        # onsets 0 480 720 960 1680 1920: five on a quarter but 720 and 1680
        ("on_beat_share", 4 / 6),
        ("downbeat_share", 2 / 6),
        ("syncopation", 0),
        # 0, 480, 720, 960, 1680, 0
        ("position_entropy", -(2 * np.log2(2 / 6) + 4 * np.log2(1 / 6)) / 6),
        ("bar_repetition", 0),
        ("pickup_length", 0),
        ("compound_share", 0),
        ("snap_share", 0),
    ],
)
def test_mixed_values(name, expected):
    assert measure(name, MIXED) == pytest.approx(expected)


def test_equal_notes_have_no_contrast():
    assert measure("npvi", [240] * 8) == 0
    assert measure("duration_entropy", [240] * 8) == 0
    assert measure("pattern_entropy", [240] * 8) == 0


def test_bars_with_the_same_rhythm_repeat_even_at_other_pitches():
    assert measure("bar_repetition", [480, 480, 960] * 4) == pytest.approx(3 / 4)


def test_compound_meter_divides_beats_by_three():
    jig = [240] * 6
    assert measure("compound_share", jig, meter="6/8") == 1
    assert measure("compound_share", jig, meter="4/4") == 0
    assert measure("on_beat_share", jig, meter="6/8") == pytest.approx(2 / 6)


def test_triplets_are_told_from_plain_values():
    assert measure("triplet_share", [160, 160, 160, 480]) == pytest.approx(3 / 4)
    assert measure("compound_share", [160, 160, 160, 480]) == 1


def test_snap_is_short_on_the_beat():
    assert measure("snap_share", [120, 360, 480]) == pytest.approx(1 / 2)
    assert measure("snap_share", [360, 120, 480]) == 0
    assert measure("dotted_pair_share", [360, 120, 480]) == pytest.approx(1 / 2)


def test_syncopation_holds_over_the_beat():
    # eighth, quarter, eighth: the quarter begins between beats and lasts past the next
    assert measure("syncopation", [240, 480, 240]) == pytest.approx(1 / 3)


def test_pickup_shifts_the_bar_line():
    assert measure("downbeat_share", [480, 480, 480, 480, 480], pickup=480) == pytest.approx(1 / 5)
    assert measure("pickup_length", [480] * 5, pickup=480) == 1


def test_rests_are_silence_between_notes():
    assert measure("rest_share", [480, 480], onsets=[0, 1440]) == pytest.approx(1 / 2)


@pytest.mark.parametrize("name", ["on_beat_share", "bar_length", "syncopation", "bar_repetition"])
@pytest.mark.parametrize("meter", [None, "free", "0/4", "4/0"])
def test_without_a_meter_its_features_are_missing(name, meter):
    assert np.isnan(measure(name, MIXED, meter=meter))
