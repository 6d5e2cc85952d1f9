"""Harmony features against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from ricercar import features
from ricercar.features import harmony
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
    return getattr(harmony, name)(Score(PIECES, notes)).item()


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
