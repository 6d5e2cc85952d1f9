"""Voices within a part: chords, held tones, legato, and what comes of them in the slices."""

import numpy as np
import pandas as pd
import pytest

from ricercar import features
from ricercar.features import held
from ricercar.features.score import MAX_VOICES, Score


def score(*notes):
    """Score of one piece in 4/4 with notes (part, onset, duration, pitch)."""
    pieces = pd.DataFrame({"piece": ["a"], "meter": ["4/4"], "pickup": [0]})
    table = pd.DataFrame(notes, columns=["part", "onset", "duration", "pitch"])
    return Score(pieces, table.assign(piece="a"))


def voices(*notes):
    """Voice of each note (part, onset, duration, pitch), of sorted notes."""
    part, onset, duration, pitch = np.array(notes).T
    return held.voices(part, onset, duration, pitch, MAX_VOICES).tolist()


HELD_BASS = [(0, 0, 960, 72), (0, 0, 1920, 48), (0, 480, 480, 76), (0, 960, 960, 74)]


def test_chords_are_numbered_from_the_top():
    assert voices((0, 0, 480, 67), (0, 0, 480, 60), (0, 480, 480, 65)) == [0, 1, 0]


def test_a_bass_held_below_two_notes_is_the_second_voice():
    assert voices((0, 0, 480, 72), (0, 0, 960, 48), (0, 480, 480, 74)) == [0, 1, 0]


def test_a_bass_that_begins_alone_leaves_room_for_what_comes_in_above():
    assert voices((0, 0, 1920, 48), (0, 480, 480, 64), (0, 960, 480, 65)) == [1, 0, 0]


def test_a_melody_held_over_a_moving_bass_stays_the_first():
    assert voices((0, 0, 960, 79), (0, 0, 480, 48), (0, 480, 480, 50)) == [0, 1, 1]


def test_three_voices_of_different_lengths():
    notes = [(0, 0, 1920, 76), (0, 0, 960, 72), (0, 0, 480, 60)]
    notes += [(0, 480, 480, 59), (0, 960, 960, 71), (0, 960, 480, 57)]
    assert voices(*notes) == [0, 1, 2, 2, 1, 2]


def test_stretches_and_parts_do_not_disturb_each_other():
    chord = [(1, 0, 480, 64), (1, 0, 480, 60), (1, 480, 480, 62)]
    assert voices((0, 0, 960, 48), (0, 480, 480, 72), (0, 960, 480, 50), *chord) == [1, 0, 0] + [
        0,
        1,
        0,
    ]


@pytest.mark.parametrize(("beyond", "expected"), [(60, [0, 0]), (61, [1, 0])])
def test_a_note_slurred_into_the_next_is_not_held(beyond, expected):
    assert voices((0, 0, 480 + beyond, 60), (0, 480, 480, 62)) == expected


def test_what_fits_in_no_voice_is_left_out():
    notes = [(0, 20 * number, 4000, 40 + number) for number in range(MAX_VOICES + 2)]
    found = voices(*notes)
    assert sorted(found) == [*range(MAX_VOICES), MAX_VOICES, MAX_VOICES]
    assert found[:2] == [MAX_VOICES, MAX_VOICES]  # the lowest pitches
    assert score(*notes).slices.pitch.shape[1] == MAX_VOICES


def test_a_held_tone_sounds_in_every_slice():
    slices = score(*sorted(HELD_BASS, key=lambda note: note[1])).slices
    assert slices.duration.tolist() == [480, 480, 960]
    sounding = [sorted(int(p) for p in row if p >= 0) for row in slices.pitch]
    assert sounding == [[48, 72], [48, 72, 76], [48, 74]]
    assert slices.attack.sum() == 4


def test_a_part_means_the_same_as_its_voices_written_apart():
    together = [(0, 0, 480, 72), (0, 0, 1920, 48), (0, 480, 480, 74), (0, 960, 960, 76)]
    apart = [(int(pitch == 48), *rest, pitch) for _, *rest, pitch in together]
    one, two = score(*together).slices, score(*apart).slices
    for column in ("piece", "duration", "pitch", "attack"):
        assert np.array_equal(getattr(one, column), getattr(two, column))


def test_harmony_of_a_piano_bar_by_hand():
    """A C held for a bar under C E D: octave, third, second; 960 + 480 + 480 ticks."""
    notes = [(0, 0, 1920, 48), (0, 0, 960, 72), (0, 960, 480, 76), (0, 1440, 480, 74)]
    table = pd.DataFrame(notes, columns=["part", "onset", "duration", "pitch"]).assign(piece="a")
    row = features.extract(
        pd.DataFrame({"piece": ["a"], "meter": ["4/4"], "pickup": [0]}), table
    ).iloc[0]
    assert row["harmony.unison_octave_share"] == pytest.approx(0.5)
    assert row["harmony.third_share"] == row["harmony.second_share"] == pytest.approx(0.25)
    assert row["harmony.solo_share"] == 0
    assert row["harmony.oblique_share"] == 1
