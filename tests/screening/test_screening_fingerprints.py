"""Melodies and fingerprints: hand-worked values and what a copy keeps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.errors import ParameterError, TableError
from ricercar.screening import fingerprints as fp


def one_part(pitches, ticks=480, piece="a", part=0):
    count = len(pitches)
    return pd.DataFrame(
        {
            "piece": piece,
            "part": part,
            "onset": np.arange(count) * ticks,
            "duration": ticks,
            "pitch": pitches,
        }
    )


A = pd.DataFrame({"piece": ["a"]})


def test_melodies_take_the_highest_note_of_each_part_in_any_row_order():
    notes = pd.concat(
        [one_part([72, 74, 76]), one_part([60, 59], part=1), one_part([48, 50, 79])]
    ).sample(frac=1, random_state=0)
    found = fp.melodies(A, notes)
    assert found.melody_part.tolist() == [0, 1]
    assert found.pitch.tolist() == [72, 74, 79, 60, 59]
    assert found.start.tolist() == [0, 3, 5]


def test_the_last_note_is_as_long_as_it_sounds_and_the_others_until_the_next():
    notes = pd.DataFrame(
        {"piece": "a", "part": 0, "onset": [0, 960], "duration": [240, 1920], "pitch": [60, 61]}
    )
    assert fp.melodies(A, notes).ioi.tolist() == [1.0, 2.0]


def test_a_piece_without_notes_has_no_melody_and_a_stray_note_is_refused():
    pieces = pd.DataFrame({"piece": ["empty", "a"]})
    found = fp.melodies(pieces, one_part([60, 62]))
    assert found.melody_piece.tolist() == [1]
    assert len(fp.melodies(pieces, one_part([]).astype("int64")).pitch) == 0
    with pytest.raises(TableError, match="'b'"):
        fp.melodies(pieces, one_part([60], piece="b"))


def test_a_fingerprint_is_its_intervals_in_base_49():
    values, first = fp.fingerprints(fp.melodies(A, one_part([60, 62, 59, 59])), 2)
    up2, down3, same = 26, 21, 24
    assert values.tolist() == [up2 * 49 + down3, down3 * 49 + same]
    assert first.tolist() == [0, 1]


def test_no_fingerprint_spans_two_melodies():
    pieces = pd.DataFrame({"piece": ["a", "b"]})
    notes = pd.concat([one_part([60, 62, 64]), one_part([70, 72, 74], piece="b")])
    _, first = fp.fingerprints(fp.melodies(pieces, notes), 2)
    assert first.tolist() == [0, 3]
    with pytest.raises(ParameterError, match="1 to 11"):
        fp.fingerprints(fp.melodies(A, one_part([60, 62])), 12)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(40, 80), min_size=3, max_size=20), st.integers(-20, 20), st.integers(1, 4)
)
def test_transposing_and_rescaling_keep_every_fingerprint(pitches, semitones, factor):
    notes = one_part(pitches)
    changed = notes.assign(
        pitch=notes["pitch"] + semitones,
        onset=notes["onset"] * factor,
        duration=notes["duration"] * factor,
    )
    one, _ = fp.fingerprints(fp.melodies(A, notes), 2)
    two, _ = fp.fingerprints(fp.melodies(A, changed), 2)
    assert one.tolist() == two.tolist()


def test_take_gives_the_melodies_of_the_pieces_asked_for():
    pieces = pd.DataFrame({"piece": ["a", "b", "c"]})
    notes = pd.concat([one_part([60 + i, 62 + i], piece=p) for i, p in enumerate("abc")])
    found = fp.melodies(pieces, notes).take([2, 0])
    assert found.piece.tolist() == ["c", "a"]
    assert found.pitch.tolist() == [62, 64, 60, 62]
    assert found.melody_piece.tolist() == [0, 1]


def test_surprisal_is_a_distribution_and_the_common_tells_less():
    found = fp.melodies(A, one_part([60, 62, 64, 62, 60, 62, 64, 62, 60, 67]))
    model = fp.interval_surprisal(found)
    assert np.allclose(np.exp2(-model.astype(float)).sum(axis=1), 1.0, atol=1e-4)
    up2 = fp.WIDEST + 2
    assert model[up2, up2] < model[up2, fp.WIDEST + 9]
    assert fp.note_surprisal(found, model)[0] == 0


def test_backwards_twice_is_the_same_music():
    found = fp.melodies(A, pd.concat([one_part([60, 62, 67]), one_part([50, 48], part=1)]))
    turned = fp.backwards(found)
    assert turned.pitch.tolist() == [67, 62, 60, 48, 50]
    again = fp.backwards(turned)
    assert again.pitch.tolist() == found.pitch.tolist()
    assert again.onset.tolist() == found.onset.tolist()
    assert again.ioi.tolist() == found.ioi.tolist()


def test_backwards_the_note_before_last_decides_the_first_length():
    notes = one_part([60, 62, 64]).assign(onset=[0, 480, 1440], duration=[480, 960, 1920])
    assert fp.backwards(fp.melodies(A, notes)).ioi.tolist() == [1.0, 0.0, 2.0]
