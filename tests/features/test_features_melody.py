"""Melody features against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from ricercar import features
from ricercar.features import melody
from ricercar.features.score import Score


def tune(pitches, durations=None, meter="4/4", part=0):
    """A piece of one line from pitches and durations in ticks."""
    durations = np.full(len(pitches), 480) if durations is None else np.array(durations)
    onset = np.concatenate(([0], np.cumsum(durations)[:-1]))
    notes = pd.DataFrame(
        {"piece": "a", "part": part, "onset": onset, "duration": durations, "pitch": pitches}
    )
    return pd.DataFrame({"piece": ["a"], "meter": [meter], "pickup": [0]}), notes


def measure(name, *args, **kwargs):
    return getattr(melody, name)(Score(*tune(*args, **kwargs))).item()


# C D E G C' E' D' C': intervals 2 2 3 5 4 -2 -2
RISING = [60, 62, 64, 67, 72, 76, 74, 72]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pitch_range", 16),
        ("mean_pitch", 547 / 8),
        ("mean_interval", 20 / 7),
        ("interval_spread", np.sqrt((4 + 4 + 9 + 25 + 16 + 4 + 4) / 7 - (12 / 7) ** 2)),
        ("repeated_share", 0),
        ("step_share", 4 / 7),
        ("third_share", 2 / 7),
        ("leap_share", 1 / 7),
        ("wide_leap_share", 0),
        ("ascending_share", 5 / 7),
        ("turn_share", 1 / 6),
        ("arpeggio_share", 2 / 6),
        ("gap_fill", 0),
        # counts of C D E G: 3 2 2 1
        ("pitch_class_entropy", -(3 * np.log2(3 / 8) + 4 * np.log2(2 / 8) + np.log2(1 / 8)) / 8),
        ("scale_consistency", 1),
        # intervals 2 2 3 5 4 -2 -2: shares 2/7, 1/7, 1/7, 1/7, 2/7
        ("interval_entropy", -(4 * np.log2(2 / 7) + 3 * np.log2(1 / 7)) / 7),
        ("chromaticism", 0),
        ("tonic_share", 3 / 8),
        ("dominant_share", 1 / 8),
        ("ends_on_tonic", 1),
        # thirds of the eight notes: 0-2, 3-5, 6-7
        ("contour_arch", (67 + 72 + 76) / 3 - (60 + 62 + 64 + 74 + 72) / 5),
        ("repetition", 0),
        ("pattern_entropy", 1),
    ],
)
def test_rising_phrase(name, expected):
    assert measure(name, RISING) == pytest.approx(expected)


def test_a_leap_followed_by_a_step_back_is_filled():
    assert measure("gap_fill", [60, 67, 65, 72, 74]) == pytest.approx(1 / 2)


def test_tessitura_is_the_middle_four_fifths():
    # quantiles of 60..70 at .1 and .9 are 61 and 69
    assert measure("tessitura", list(range(60, 71))) == pytest.approx(8)


def test_pitch_is_weighted_by_duration():
    assert measure("mean_pitch", [60, 64], [1440, 480]) == pytest.approx(61)
    assert measure("pitch_spread", [60, 64], [480, 480]) == pytest.approx(2)


def test_contour_slope_follows_direction():
    assert measure("contour_slope", [60, 62, 64]) == pytest.approx(1)
    assert measure("contour_slope", [64, 62, 60]) == pytest.approx(-1)
    assert np.isnan(measure("contour_slope", [60, 60, 60]))


def test_a_phrase_that_comes_back_transposed_repeats():
    # intervals 2 2 1 2 | 5 | 2 2 1 2: six runs of four, of which the last repeats the first
    phrase = [60, 62, 64, 65, 67]
    assert measure("repetition", [*phrase, *(pitch + 12 for pitch in phrase)]) == pytest.approx(
        1 / 6
    )


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("mode", [0, 1])
def test_each_key_is_found_in_its_own_profile(tonic, mode):
    profile = (melody.MAJOR_PROFILE, melody.MINOR_PROFILE)[mode]
    durations = np.rint(np.roll(profile, tonic) * 100).astype(int)
    score = Score(*tune(np.arange(60, 72), durations))
    found, minor = melody.keys(score)
    assert found.item() == tonic
    assert bool(minor.item()) == bool(mode)
    assert melody.key_clarity(score).item() == pytest.approx(1)
    assert np.sign(melody.majorness(score).item()) == (-1 if mode else 1)


def test_a_melody_in_minor_may_raise_sixth_and_seventh():
    # A minor with F sharp and G sharp: nothing foreign; C sharp is
    pitches = [57, 60, 64, 57, 59, 60, 62, 64, 66, 68, 69, 64, 60, 57]
    assert measure("chromaticism", pitches) == 0
    assert measure("chromaticism", [*pitches, 61]) == pytest.approx(1 / 15)


def test_flat_seventh_and_final_of_a_modal_tune():
    # G mixolydian without F sharp, long tonic and dominant
    pitches = [67, 71, 74, 67, 65, 67, 71, 74, 67, 69]
    assert measure("flat_seventh_share", pitches) == pytest.approx(1 / 10)
    assert measure("ends_on_tonic", pitches) == 0


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


def test_pieces_do_not_leak_into_each_other():
    one = tune(RISING)
    two = tune([72, 71])
    pieces = pd.concat([one[0], two[0].assign(piece="b")], ignore_index=True)
    notes = pd.concat([two[1].assign(piece="b"), one[1]], ignore_index=True)
    both = features.extract(pieces, notes).drop(columns="piece").to_numpy()
    alone = [features.extract(*part).drop(columns="piece").to_numpy()[0] for part in (one, two)]
    np.testing.assert_allclose(both, alone)
