"""Features of rhythm in the meter and by the bar, by hand and against slow reckoning."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.features import metrical, registry
from ricercar.features.score import Score

# quarter, two eighths, dotted quarter, eighth, half; in 4/4 onsets 0 480 720 960 1680 and 0
MIXED = [480, 240, 240, 720, 240, 960]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bar_length", 4),
        ("pickup_length", 0),
        ("triple_meter", 0),
        ("compound_meter", 0),
        ("changes_of_meter", 0),
        ("notes_per_bar", 4),
        ("downbeat_attack_share", 1),
        # five notes, then one
        ("bar_density_variation", 2 / 3),
        ("bar_repetition", 0),
        # one bar strikes at 0 16 24 32 56 of 64, the other at 0
        ("groove_consistency", 1 - 4 / 64),
        ("on_beat_share", 4 / 6),
        ("downbeat_share", 2 / 6),
        ("offbeat_share", 2 / 6),
        ("syncopation", 0),
        ("lhl_syncopation", 0),
        ("syncopated_share", 0),
        # depths 0 2 3 1 3 0
        ("metrical_depth", 9 / 6),
        ("metrical_entropy", -(4 * np.log2(2 / 6) + 2 * np.log2(1 / 6)) / 6),
        ("agogic_accent", np.corrcoef(MIXED, [0, -2, -3, -1, -3, 0])[0, 1]),
        ("position_entropy", -(2 * np.log2(2 / 6) + 4 * np.log2(1 / 6)) / 6),
        ("compound_share", 0),
        ("snap_share", 0),
        # only the two eighths fill a beat
        ("swing_ratio", 1),
        ("long_short_share", 0),
    ],
)
def test_mixed_values(measure, name, expected):
    assert measure(f"rhythm.{name}", durations=MIXED) == pytest.approx(expected)


def test_bars_with_the_same_rhythm_repeat(measure):
    assert measure("rhythm.bar_repetition", durations=[480, 480, 960] * 4) == pytest.approx(3 / 4)
    assert measure("rhythm.groove_consistency", durations=[480, 480, 960] * 4) == 1
    assert measure("rhythm.bar_density_variation", durations=[480, 480, 960] * 4) == 0
    assert np.isnan(measure("rhythm.groove_consistency", durations=[480]))


def test_compound_meter_divides_beats_by_three(measure):
    jig = [240] * 6
    assert measure("rhythm.compound_share", durations=jig, meter="6/8") == 1
    assert measure("rhythm.compound_share", durations=jig, meter="4/4") == 0
    assert measure("rhythm.on_beat_share", durations=jig, meter="6/8") == pytest.approx(2 / 6)
    # depths 0 2 2 1 2 2
    assert measure("rhythm.metrical_depth", durations=jig, meter="6/8") == pytest.approx(9 / 6)


@pytest.mark.parametrize(
    ("meter", "triple", "compound"),
    [("3/4", 1, 0), ("3/8", 1, 0), ("9/8", 0, 1), ("6/8", 0, 1), ("2/2", 0, 0), ("6/4", 0, 1)],
)
def test_kinds_of_meter(measure, meter, triple, compound):
    assert measure("rhythm.triple_meter", durations=MIXED, meter=meter) == triple
    assert measure("rhythm.compound_meter", durations=MIXED, meter=meter) == compound


def test_only_bars_of_another_length_are_a_change(measure):
    name = "rhythm.changes_of_meter"
    assert measure(name, durations=MIXED, meter_changes="1920 3/4") == 1
    assert measure(name, durations=MIXED, meter_changes="1920 4/4") == 0


def test_triplets_lie_one_below_the_beat(measure):
    # depths 0 3 3, though a triplet's thirds are on no level of 4/4
    assert measure("rhythm.metrical_depth", durations=[160] * 3) == pytest.approx(2)
    assert measure("rhythm.compound_share", durations=[160] * 3) == 1


@pytest.mark.parametrize(
    ("bar", "beat", "expected"),
    [
        (1440, 480, [1440, 480, 240, 120, 60]),  # 3/4
        (2880, 720, [2880, 1440, 720, 240, 120, 60]),  # 12/8
        (2400, 480, [2400, 480, 240, 120, 60]),  # 5/4
        (1920, 960, [1920, 960, 480, 240, 120]),  # 2/2
    ],
)
def test_levels_of_meters(bar, beat, expected):
    assert metrical.levels(bar, beat) == pytest.approx(expected)


def test_snap_is_short_on_the_beat(measure):
    assert measure("rhythm.snap_share", durations=[120, 360, 480]) == pytest.approx(1 / 2)
    assert measure("rhythm.snap_share", durations=[360, 120, 480]) == 0


def test_swing_is_the_ratio_of_the_two_notes_of_a_beat(measure):
    assert measure("rhythm.swing_ratio", durations=[320, 160] * 2) == pytest.approx(2)
    mixed = [360, 120, 240, 240]
    assert measure("rhythm.swing_ratio", durations=mixed) == pytest.approx(np.sqrt(3))
    assert measure("rhythm.long_short_share", durations=mixed) == pytest.approx(1 / 2)
    assert np.isnan(measure("rhythm.swing_ratio", durations=[480] * 4))


def test_syncopation_holds_over_the_beat(measure):
    # eighth, quarter, eighth: the quarter begins between beats and lasts past the next
    held = [240, 480, 240]
    assert measure("rhythm.syncopation", durations=held) == pytest.approx(1 / 3)
    assert measure("rhythm.syncopated_share", durations=held) == pytest.approx(1 / 3)
    assert measure("rhythm.lhl_syncopation", durations=held) == pytest.approx(1 / 3)


def test_the_bar_line_is_the_strongest_place_to_hold_over(measure):
    # three and a half beats, then an eighth (depth 3) that is held over the bar line (0)
    anticipated = [480, 480, 480, 240, 720]
    assert measure("rhythm.lhl_syncopation", durations=anticipated) == pytest.approx(3 / 5)
    # silent over it instead of held is the same
    rest = {"durations": [480, 480, 480, 240, 240, 480], "onsets": [0, 480, 960, 1440, 1680, 2400]}
    assert measure("rhythm.lhl_syncopation", **rest) == pytest.approx(3 / 6)


def test_pickup_shifts_the_bar_line(measure):
    upbeat = {"durations": [480] * 5, "pickup": 480}
    assert measure("rhythm.downbeat_share", **upbeat) == pytest.approx(1 / 5)
    assert measure("rhythm.pickup_length", **upbeat) == 1
    assert measure("rhythm.downbeat_attack_share", **upbeat) == 1
    assert np.isnan(measure("rhythm.downbeat_attack_share", durations=[480], pickup=480))


def test_a_bar_whose_first_beat_is_silent(measure):
    late = {"durations": [1920, 480, 480], "onsets": [0, 2400, 3840]}
    assert measure("rhythm.downbeat_attack_share", **late) == pytest.approx(2 / 3)


NAMES = ["on_beat_share", "bar_length", "syncopation", "bar_repetition", "lhl_syncopation"]
NAMES += ["groove_consistency", "triple_meter", "compound_meter", "changes_of_meter"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("meter", [None, "free", "0/4", "4/0"])
def test_without_a_meter_its_features_are_missing(measure, name, meter):
    assert np.isnan(measure(f"rhythm.{name}", durations=MIXED, meter=meter))


ODD_METER = st.sampled_from(["4/4", "6/8", "5/8", "9/8", "7/4", "2/2", "1/64", "5/7"])
VALUES = st.lists(
    st.sampled_from([60, 120, 160, 240, 360, 480, 720, 1920]), min_size=1, max_size=25
)


def score_of(values, meter, gaps=0):
    duration = np.array(values)
    onset = np.cumsum(duration + gaps) - duration - gaps
    notes = pd.DataFrame({"piece": "a", "part": 0, "onset": onset, "duration": duration})
    pieces = pd.DataFrame({"piece": ["a"], "meter": [meter], "pickup": [0]})
    return Score(pieces, notes.assign(pitch=60))


@settings(max_examples=60, deadline=None)
@given(VALUES, ODD_METER)
def test_depths_agree_with_counting_places(values, meter):
    score = score_of(values, meter)
    place = score.metrical
    periods = metrical.levels(place.bar[0], place.beat[0])

    def depth_of(tick):
        in_bar = tick - np.floor(tick / periods[0]) * periods[0]
        on = [level for level, period in enumerate(periods) if in_bar % period == 0]
        third = in_bar % place.beat[0] * 3 % place.beat[0] == 0
        return min([*on, *([len(periods) - 3] if third else []), len(periods)])

    depth, _ = score.depths
    assert depth.tolist() == [depth_of(onset) for onset in score.melody.onset]


@settings(max_examples=60, deadline=None)
@given(VALUES, st.sampled_from(["4/4", "6/8", "3/4", "2/2"]))
def test_what_is_held_over_agrees_with_walking_there(values, meter):
    score = score_of(values, meter)
    place = score.metrical
    periods = metrical.levels(place.bar[0], place.beat[0])
    for row, passed in enumerate(score.depths[1]):
        begin = score.melody.onset[row]
        inner = range(begin + 1, begin + int(place.until[row]))
        least = min(
            (level for tick in inner for level, p in enumerate(periods) if tick % p == 0),
            default=len(periods),
        )
        assert passed == least


@settings(max_examples=60, deadline=None)
@given(VALUES, st.sampled_from([0, 480, 3000]), st.sampled_from(["4/4", "6/8", "3/4"]))
def test_groove_agrees_with_comparing_bar_by_bar(values, gaps, meter):
    score = score_of(values, meter, gaps)
    bar = score.bar[0]
    bars = int(score.melody.onset[-1] // bar) + 1
    struck = np.zeros((bars, 64), dtype=bool)
    struck[
        (score.melody.onset // bar).astype(int), (score.melody.onset % bar * 64 // bar).astype(int)
    ] = True
    value = registry.REGISTRY["rhythm.groove_consistency"].measure(score)[0]
    if bars == 1:
        assert np.isnan(value)
    else:
        assert value == pytest.approx(1 - (struck[1:] ^ struck[:-1]).sum(axis=1).mean() / 64)
