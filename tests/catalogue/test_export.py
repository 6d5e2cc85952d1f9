"""Notes leave as files and come back unchanged."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.catalogue import export, midi, reading, signs, spelling
from ricercar.errors import ParameterError

COLUMNS = ["part", "onset", "duration", "pitch"]


def table(rows: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(sorted(rows), columns=COLUMNS).astype("int64")
    frame.insert(0, "piece", pd.Series(["piece"] * len(frame), dtype="str"))
    return frame


@st.composite
def music(draw, grid: list[int]):
    """One to three parts; within a part no pitch is struck while it sounds."""
    rows = []
    for part in range(draw(st.integers(1, 3))):
        free: dict[int, int] = {}
        now = 0
        for _ in range(draw(st.integers(1, 12))):
            now += draw(st.sampled_from([0, *grid]))
            pitch = draw(st.integers(0, 127))
            duration = draw(st.sampled_from(grid))
            if free.get(pitch, 0) <= now:
                rows.append((part, now, duration, pitch))
                free[pitch] = now + duration
    return table(rows)


ANY_TICKS = [1, 7, 80, 120, 160, 240, 333, 360, 480, 700, 960, 1920, 5000]
NOTATED = [60, 80, 120, 160, 240, 320, 360, 480, 720, 960, 1440, 1920]


@settings(max_examples=60, deadline=None)
@given(notes=music(ANY_TICKS))
def test_midi_round_trip(notes):
    parts = [rows[COLUMNS[1:]].to_numpy() for _, rows in notes.groupby("part")]
    found = reading.read(midi.write_midi(parts, (3, 4), 90), "midi")
    assert found.notes.tolist() == notes[COLUMNS].to_numpy().tolist()
    assert found.meter == "3/4"


@settings(max_examples=25, deadline=None)
@given(
    notes=music(NOTATED),
    meter=st.sampled_from(["4/4", "3/4", "6/8", "2/2", "5/8"]),
    key=st.sampled_from([None, "C major", "F# minor", "Eb major", "A dorian", "Cb major"]),
    pickup=st.sampled_from([0, 240, 480]),
)
def test_musicxml_round_trip(notes, meter, key, pickup):
    text = export.to_musicxml(notes, title="A <title> & more", meter=meter, key=key, pickup=pickup)
    found = reading.read(text.encode(), "musicxml")
    assert found.notes.tolist() == notes[COLUMNS].to_numpy().tolist()
    assert found.meter == meter
    assert found.title == "A <title> & more"
    assert found.key == (key or "")


def test_musicxml_round_trip_of_lengths_without_a_sign():
    notes = table([(0, 0, 7, 60), (0, 7, 333, 61), (0, 700, 1901, 60), (0, 2700, 1, 72)])
    found = reading.read(export.to_musicxml(notes).encode(), "musicxml")
    assert found.notes.tolist() == notes[COLUMNS].to_numpy().tolist()


def test_files_read_back(tmp_path):
    notes = table([(0, 0, 480, 60), (0, 480, 480, 60), (1, 0, 960, 48)])
    export.to_midi(notes, tmp_path / "a.mid", "2/4", 120)
    export.to_musicxml(notes, tmp_path / "a.musicxml", meter="2/4")
    for name in ("a.mid", "a.musicxml"):
        pd.testing.assert_frame_equal(export.read_back(tmp_path / name), notes)


def test_export_is_the_same_every_time(tmp_path):
    notes = table([(0, 0, 480, 60), (0, 480, 480, 64)])
    export.to_midi(notes, tmp_path / "a.mid")
    export.to_midi(notes, tmp_path / "b.mid")
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    assert export.to_musicxml(notes) == export.to_musicxml(notes)


def test_a_note_across_the_bar_is_tied_and_a_pickup_comes_first():
    notes = table([(0, 0, 480, 60), (0, 480, 3840, 62)])
    text = export.to_musicxml(notes, meter="4/4", pickup=480)
    assert text.count('<tie type="start"') == text.count('<tie type="stop"') == 1
    assert '<measure number="0" implicit="yes">' in text
    assert text.count("<measure ") == 3


def test_missing_meter_and_key_are_allowed():
    text = export.to_musicxml(table([(0, 0, 480, 60)]), meter=float("nan"), key=float("nan"))
    assert "<beats>4</beats>" in text and "<fifths>" not in text


@pytest.mark.parametrize(
    ("key", "pitch", "expected"),
    [
        ("D major", 66, ("F", 1, None)),
        ("D major", 65, ("F", 0, "natural")),
        ("A minor", 68, ("G", 1, "sharp")),
        ("Bb major", 70, ("B", -1, None)),
        ("Bb major", 66, ("F", 1, "sharp")),
        ("Eb major", 68, ("A", -1, None)),
        ("Cb major", 71, ("C", -1, None)),
        ("C# major", 60, ("B", 1, None)),
    ],
)
def test_spelling(key, pitch, expected):
    step, alter, octave, mark = spelling.Spelling(key).spell(pitch)
    assert (step, alter, mark) == expected
    natural = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[step]
    assert 12 * (octave + 1) + natural + alter == pitch


@pytest.mark.parametrize("key", ["H major", "C", "C lydian-ish", ""])
def test_unknown_keys_are_refused(key):
    with pytest.raises(ParameterError, match="not understood"):
        spelling.key_signature(key)


@pytest.mark.parametrize("meter", ["4", "0/4", "4/3", "a/b", "4/128"])
def test_unknown_meters_are_refused(meter):
    with pytest.raises(ParameterError, match="meter"):
        export.parse_meter(meter)


def test_notes_of_two_pieces_or_none_are_refused(tmp_path):
    two = pd.concat([table([(0, 0, 1, 1)]), table([(0, 0, 1, 1)]).assign(piece="b")])
    with pytest.raises(ParameterError, match="2 pieces"):
        export.to_musicxml(two)
    with pytest.raises(ParameterError, match="no notes"):
        export.to_midi(two.iloc[:0], tmp_path / "a.mid")
    with pytest.raises(ParameterError, match="tempo"):
        export.to_midi(two.iloc[:1], tmp_path / "a.mid", tempo=0)


def test_lengths_sum_to_the_whole():
    for ticks in range(1, 2000, 13):
        assert sum(signs.lengths(ticks)) == ticks


def test_drum_tracks_and_odd_resolutions():
    from symusic import Note, Score, TimeSignature, Track

    score = Score(96)
    drums, flute = Track("kit", 0, True), Track("flute", 73, False)
    drums.notes.append(Note(0, 96, 36, 80))
    flute.notes.append(Note(0, 32, 60, 80))
    flute.notes.append(Note(32, 31, 61, 80))
    score.tracks.append(drums)
    score.tracks.append(flute)
    score.time_signatures.append(TimeSignature(0, 6, 8))
    found = reading.read(bytes(score.dumps_midi()), "midi")
    assert found.notes.tolist() == [[0, 0, 160, 60], [0, 160, 155, 61]]
    assert found.counts == {"unpitched": 1, "rounded": 0}
    assert found.meter == "6/8"


def test_midi_channel_ten_is_never_written():
    import numpy as np

    parts = [np.array([[0, 480, 40 + part]]) for part in range(12)]
    found = reading.read(midi.write_midi(parts), "midi")
    assert found.parts == 12 and found.counts["unpitched"] == 0
