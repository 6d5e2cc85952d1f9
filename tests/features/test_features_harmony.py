"""Harmony features against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from ricercar import features
from ricercar.features.registry import REGISTRY
from ricercar.features.score import MAX_VOICES, Score

PIECES = pd.DataFrame({"piece": ["a"], "meter": ["4/4"], "pickup": [0]})


def chords(*rows, length=480):
    """Notes from one row of pitches per chord, highest part first; None is a rest."""
    cells = [
        ("a", part, number * length, length, pitch)
        for number, row in enumerate(rows)
        for part, pitch in enumerate(row)
        if pitch is not None
    ]
    return pd.DataFrame(cells, columns=["piece", "part", "onset", "duration", "pitch"])


def measure(name, notes):
    return REGISTRY[f"harmony.{name}"].measure(Score(PIECES, notes)).item()


# C major, then D minor without its fifth and a B (diminished), four voices
PROGRESSION = chords((72, 67, 64, 48), (74, 65, 62, 53), (71, 65, 62, 50))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("voice_count", 4),
        ("sounding_voices", 4),
        ("triad_share", 2 / 3),
        ("major_triad_share", 1),
        # intervals: 5 8 24 3 19 16 | 9 12 21 3 12 9 | 6 9 21 3 15 12
        ("dissonance", 1 / 18),
        ("unison_octave_share", 4 / 18),
        ("fourth_share", 1 / 18),
        ("fifth_share", 1 / 18),
        ("third_share", (2 + 1 + 2) / 18),
        ("sixth_share", (1 + 3 + 2) / 18),
        ("crossing", 0),
        ("spacing", ((72 - 48) + (74 - 53) + (71 - 50)) / 9),
        ("synchrony", 1),
        ("chord_changes", 2 / 3),
        ("chord_entropy", np.log2(3)),
        ("second_share", 0),
        ("tritone_share", 1 / 18),
        ("seventh_share", 0),
        # 9 thirds and sixths of class 3, 2 of class 4, 2 fourths and fifths, 1 tritone
        ("consonance", (9 * 0.594 + 2 * 0.386 + 2 * 1.24 - 0.453) / 14),
        ("distinct_simultaneities", 3),
        ("distinct_set_classes", 3),
        ("commonest_simultaneity_share", 1 / 3),
        ("commonest_set_class_share", 1 / 3),
        ("major_simultaneity_share", 1 / 3),
        ("minor_simultaneity_share", 1 / 3),
        ("diminished_simultaneity_share", 1 / 3),
        ("triad_simultaneity_share", 2 / 3),
        ("dominant_seventh_simultaneity_share", 0),
        ("diminished_seventh_simultaneity_share", 0),
        ("most_voices", 4),
        ("simultaneous_voices", 4),
        ("voices_spread", 0),
        ("rest_share", 0),
        ("solo_share", 0),
        ("sounding_pitch_classes", (3 + 2 + 3) / 3),
        ("outer_distance", (24 + 21 + 21) / 3),
        ("ambitus", 74 - 48),
        ("voice_range", (3 + 2 + 2 + 5) / 4),
        ("independence", 0),
        ("bass_activity", 1),
        ("pedal_share", 0),
        # first all voices move: 3 pairs contrary, outer voices similar, inner ones in thirds;
        # then only the outer voices, in parallel
        ("contrary_share", 3 / 7 + 1 / 7),
        ("parallel_share", 2 / 7),
        ("similar_share", 1 / 7),
        ("oblique_share", 4 / 11),
        ("overlap", 0),
        ("outer_contrary_share", 0),
        ("outer_correlation", np.corrcoef([72, 74, 71], [48, 53, 50])[0, 1]),
        ("bass_step_share", 0),
        ("bass_fifth_share", 1 / 2),
        ("bass_octave_share", 0),
        ("suspensions", 0),
    ],
)
def test_progression(name, expected):
    assert measure(name, PROGRESSION) == pytest.approx(expected)


def test_parallel_fifths_and_octaves():
    fifths = chords((67, 60), (69, 62))
    octaves = chords((72, 60), (74, 62))
    assert measure("parallel_fifths", fifths) == 1000
    assert measure("parallel_octaves", fifths) == 0
    assert measure("parallel_octaves", octaves) == 1000


@pytest.mark.parametrize(
    "notes",
    [
        chords((67, 60), (67, 60)),  # nothing moves
        chords((67, 60), (67, 55)),  # one moves
    ],
)
def test_without_two_moving_voices_there_are_no_parallels_to_count(notes):
    assert np.isnan(measure("parallel_fifths", notes))


def test_contrary_fifths_and_crossed_fifths_are_no_parallels():
    assert measure("parallel_fifths", chords((67, 60), (65, 46))) == 1000  # both down, compound
    assert measure("parallel_fifths", chords((67, 60), (69, 50))) == 0  # contrary
    assert measure("parallel_fifths", chords((60, 67), (62, 69))) == 0  # crossed throughout


def test_motion_shares():
    notes = chords((67, 60), (69, 59), (71, 59), (72, 60))
    assert measure("contrary_share", notes) == pytest.approx(1 / 2)
    assert measure("oblique_share", notes) == pytest.approx(1 / 3)


def test_crossing_counts_neighbours_only():
    assert measure("crossing", chords((60, 64, 55), (64, 60, 55))) == pytest.approx(1 / 4)


def test_shares_are_weighted_by_time():
    long = chords((67, 60), (66, 60), length=960)
    long.loc[long["onset"] == 960, "duration"] = 320
    assert measure("dissonance", long) == pytest.approx(320 / 1280)


def test_triads_need_three_voices():
    assert np.isnan(measure("triad_share", chords((64, 60), (62, 59))))
    assert measure("triad_share", chords((64, 60, 48), (62, 59, 53))) == pytest.approx(1 / 2)


def test_synchrony_falls_when_voices_begin_apart():
    notes = chords((64, 60), (65, 60))
    held = notes[~((notes["part"] == 1) & (notes["onset"] == 480))].copy()
    held.loc[held["part"] == 1, "duration"] = 960
    assert measure("synchrony", held) == pytest.approx((1 + 1 / 2) / 2)


def test_one_voice_has_no_harmony():
    row = features.extract(PIECES, chords((60,), (62,), (64,)))
    assert row[features.families["harmony"]].isna().all(axis=None)


def test_a_tune_with_a_final_double_stop_has_no_harmony():
    notes = chords(*[(60, None)] * 15, (60, 67))
    assert np.isnan(measure("dissonance", notes))


def test_chords_of_one_part_are_voices():
    notes = chords((67, 64, 60), (69, 65, 60)).assign(part=0)
    assert measure("voice_count", notes) == 3
    assert measure("triad_share", notes) == 1


def test_more_voices_than_are_seen():
    notes = chords(tuple(range(90, 90 - 2 * (MAX_VOICES + 3), -2)))
    assert measure("voice_count", notes) == MAX_VOICES


def test_a_rest_breaks_the_motion():
    assert np.isnan(measure("parallel_fifths", chords((67, 60), (None, None), (69, 62))))


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        ("hidden_fifths", ((64, 60), (69, 62)), 1000),
        ("hidden_fifths", ((64, 60), (66, 59)), 0),  # contrary
        ("hidden_fifths", ((68, 60), (69, 62)), 0),  # the upper voice by a step
        ("hidden_octaves", ((67, 59), (72, 60)), 1000),
        ("overlap", ((64, 60), (67, 65)), 1000),
        ("overlap", ((64, 60), (66, 64)), 0),
        ("parallel_share", ((64, 60), (65, 62)), 1),  # a major and a minor third
        ("similar_share", ((64, 60), (69, 62)), 1),
        ("outer_contrary_share", ((72, 64, 60), (71, 64, 62)), 1),
        ("bass_octave_share", ((72, 60), (72, 48)), 1),
        ("bass_step_share", ((72, 60), (72, 60), (72, 62)), 1),
        ("solo_share", ((72, 60), (72, None)), 1 / 2),
        ("rest_share", ((72, 60), (None, None), (72, 60), (72, 60)), 1 / 4),
        ("distinct_set_classes", ((64, 60), (63, 60), (67, 64)), 2),
        ("commonest_set_class_share", ((64, 60), (63, 60), (67, 64)), 2 / 3),
        ("dominant_seventh_simultaneity_share", ((65, 62, 59, 55), (64, 60, 60, 48)), 1 / 2),
        ("diminished_seventh_simultaneity_share", ((68, 65, 62, 59), (69, 64, 60, 57)), 1 / 2),
        ("voices_spread", ((72, 60), (72, None)), 1 / 2),
        ("consonance", ((67, 60),), 1.24),
    ],
)
def test_small_cases(name, rows, expected):
    assert measure(name, chords(*rows)) == pytest.approx(expected)


SUSPENSION = pd.DataFrame(
    [
        ("a", 0, 0, 960, 72),  # prepared over F, a fourth over G, falls to B
        ("a", 0, 960, 480, 71),
        ("a", 1, 0, 480, 53),
        ("a", 1, 480, 960, 55),
    ],
    columns=["piece", "part", "onset", "duration", "pitch"],
)


def test_a_suspension_is_prepared_held_and_resolved():
    assert measure("suspensions", SUSPENSION) == pytest.approx(100 / 3)
    rising = SUSPENSION.replace({"pitch": {71: 74}})
    assert measure("suspensions", rising) == 0
    struck_again = pd.concat([SUSPENSION, SUSPENSION.iloc[:1]]).reset_index(drop=True)
    struck_again.loc[[0, 4], "duration"] = 480
    struck_again.loc[4, "onset"] = 480
    assert measure("suspensions", struck_again) == 0
    consonant = SUSPENSION.replace({"pitch": {55: 57}})
    assert measure("suspensions", consonant) == 0


def test_independent_voices():
    notes = chords((64, 60), (65, 60))
    held = notes[~((notes["part"] == 1) & (notes["onset"] == 480))].copy()
    held.loc[held["part"] == 1, "duration"] = 960
    assert measure("independence", held) == pytest.approx(1 / 2)
    assert measure("bass_activity", held) == pytest.approx(1 / 2)


def test_a_pedal_point_stays_while_the_harmony_moves():
    pedal = chords((64, 48), (65, 48), (67, 48), (64, 48), (65, 53))
    assert measure("pedal_share", pedal) == pytest.approx(4 / 5)
    still = chords((64, 48), (64, 48), (64, 48), (64, 48))
    assert measure("pedal_share", still) == 0


def test_every_harmony_feature_says_that_it_needs_voices():
    for name in features.families["harmony"]:
        assert {"notes", "voices"} <= set(REGISTRY[name].needs), name
