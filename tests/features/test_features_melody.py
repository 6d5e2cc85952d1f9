"""Features of pitches and intervals against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from ricercar import features
from ricercar.features.score import Score


def tune(pitches, durations=None):
    """A piece of one line from pitches and durations in ticks."""
    durations = np.full(len(pitches), 480) if durations is None else np.array(durations)
    onset = np.concatenate(([0], np.cumsum(durations)[:-1]))
    notes = pd.DataFrame(
        {"piece": "a", "part": 0, "onset": onset, "duration": durations, "pitch": pitches}
    )
    return pd.DataFrame({"piece": ["a"], "meter": ["4/4"], "pickup": [0]}), notes


# C D E G C' E' D' C': intervals 2 2 3 5 4 -2 -2
RISING = [60, 62, 64, 67, 72, 76, 74, 72]

# every size of interval from 0 to 12 once, up and down in turn
EVERY_INTERVAL = [60, 60, 61, 59, 62, 57, 63, 56, 64, 55, 65, 54, 66, 62]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pitch_range", 16),
        ("mean_pitch", 547 / 8),
        ("pitch_variety", 7),
        ("common_pitches", 7),
        ("most_common_pitch_share", 2 / 8),
        ("top_pitches_ratio", 1 / 2),
        ("mean_interval", 20 / 7),
        ("interval_spread", np.sqrt((4 + 4 + 9 + 25 + 16 + 4 + 4) / 7 - (12 / 7) ** 2)),
        ("largest_interval", 5),
        # sizes 2 (four times), 3, 4 and 5
        ("most_common_interval", 2),
        ("most_common_interval_share", 4 / 7),
        ("top_intervals_ratio", 1 / 4),
        ("common_intervals", 4),
        ("repeated_share", 0),
        ("step_share", 4 / 7),
        ("third_share", 2 / 7),
        ("fourth_share", 1 / 7),
        ("leap_share", 1 / 7),
        ("wide_leap_share", 0),
    ],
)
def test_rising_phrase(measure, name, expected):
    assert measure(f"melody.{name}", RISING) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "intervals"),
    [
        ("repeated_share", 1),
        ("semitone_share", 1),
        ("step_share", 2),
        ("third_share", 2),
        ("fourth_share", 1),
        ("tritone_share", 1),
        ("fifth_share", 1),
        ("sixth_share", 2),
        ("seventh_share", 2),
        ("octave_share", 1),
        ("leap_share", 8),
        ("wide_leap_share", 5),
        ("most_common_interval_share", 1),
    ],
)
def test_each_interval_is_counted_where_it_belongs(measure, name, intervals):
    assert measure(f"melody.{name}", EVERY_INTERVAL) == pytest.approx(intervals / 13)


def test_rare_sizes_are_not_common_and_the_smallest_of_several_wins(measure):
    # 1/13 is less than 9 %
    assert measure("melody.common_intervals", EVERY_INTERVAL) == 0
    assert measure("melody.most_common_interval", EVERY_INTERVAL) == 0
    assert measure("melody.top_intervals_ratio", EVERY_INTERVAL) == 1
    assert measure("melody.top_intervals_ratio", [60, 62, 64]) == 0


def test_tessitura_is_the_middle_four_fifths(measure):
    # quantiles of 60..70 at .1 and .9 are 61 and 69
    assert measure("melody.tessitura", list(range(60, 71))) == pytest.approx(8)


def test_pitch_is_weighted_by_duration(measure):
    assert measure("melody.mean_pitch", [60, 64], [1440, 480]) == pytest.approx(61)
    assert measure("melody.pitch_spread", [60, 64], [480, 480]) == pytest.approx(2)


def test_one_note_has_pitches_but_no_intervals(measure):
    assert measure("melody.pitch_variety", [60]) == 1
    assert measure("melody.top_pitches_ratio", [60]) == 0
    for name, known in features.REGISTRY.items():
        if "intervals" in known.needs:
            assert np.isnan(measure(name, [60])), name


def test_melody_is_the_top_of_the_first_part():
    pieces, notes = tune([60, 62, 64])
    double_stop = pd.DataFrame(
        {"piece": "a", "part": 0, "onset": [480], "duration": [480], "pitch": [72]}
    )
    above = double_stop.assign(part=1, pitch=90)
    score = Score(pieces, pd.concat([notes, double_stop, above]))
    assert score.melody.pitch.tolist() == [60, 72, 64]


def test_a_held_note_ends_where_the_next_begins():
    pieces, notes = tune([60, 62], [960, 480])
    notes.loc[1, "onset"] = 480
    assert Score(pieces, notes).melody.duration.tolist() == [480, 480]


def test_of_two_notes_alike_the_longer_comes_first():
    pieces, notes = tune([60, 60], [480, 960])
    notes["onset"] = 0
    assert Score(pieces, notes).duration.tolist() == [960, 480]


def test_pieces_do_not_leak_into_each_other():
    one = tune(RISING)
    two = tune([72, 71])
    pieces = pd.concat([one[0], two[0].assign(piece="b")], ignore_index=True)
    notes = pd.concat([two[1].assign(piece="b"), one[1]], ignore_index=True)
    both = features.extract(pieces, notes).drop(columns="piece").to_numpy()
    alone = [features.extract(*part).drop(columns="piece").to_numpy()[0] for part in (one, two)]
    np.testing.assert_allclose(both, alone)
