"""Notes leave as files and come back unchanged."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.catalogue import export, formats, midi, signs, spelling
from ricercar.errors import ParameterError
from ricercar.meter import lengths, read_changes, write_changes

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


METERS = ["4/4", "3/4", "6/8", "2/2", "5/8"]
KEYS = ["C major", "F# minor", "Eb major", "Cb major", "D minor"]


@st.composite
def frames(draw, keys: list[str]):
    """Meter, key, pickup and changes of meter and key, on bar lines, as ``pieces`` has them."""
    meter, key = draw(st.sampled_from(METERS)), draw(st.sampled_from(keys))
    pickup = draw(st.sampled_from([0, 240, 480]))
    tick, now, last = pickup, meter, key
    meters, key_changes = [], []
    for _ in range(draw(st.integers(0, 3))):
        tick += int(lengths(now)[0]) * draw(st.integers(1, 3))
        if draw(st.booleans()):
            changed = draw(st.sampled_from([m for m in METERS if m != now]))
            meters.append((tick, changed))
            now = changed
        else:
            last = draw(st.sampled_from([k for k in keys if k != last]))
            key_changes.append((tick, last))
    return {
        "meter": meter,
        "key": key,
        "pickup": pickup,
        "meter_changes": write_changes(meters),
        "key_changes": write_changes(key_changes),
    }


def within(changes: str | None, end: int) -> str:
    """The changes before the music ends: a file has no bars behind it."""
    return write_changes([c for c in read_changes(changes) if c[0] < end]) or ""


@settings(max_examples=60, deadline=None)
@given(notes=music(ANY_TICKS), frame=frames(KEYS))
def test_midi_round_trip(tmp_path_factory, notes, frame):
    path = export.to_midi(notes, tmp_path_factory.mktemp("out") / "a.mid", tempo=90, **frame)
    found = formats.read(path.read_bytes(), "midi")
    assert found.notes.tolist() == notes[COLUMNS].to_numpy().tolist()
    assert found.key == frame["key"] and found.key_changes == (frame["key_changes"] or "")
    assert (found.meter, found.pickup) == (frame["meter"], frame["pickup"])
    assert found.meter_changes == (frame["meter_changes"] or "")


@settings(max_examples=40, deadline=None)
@given(notes=music(NOTATED), frame=frames([*KEYS, "A dorian", "G mixolydian"]))
def test_musicxml_round_trip(notes, frame):
    text = export.to_musicxml(notes, title="A <title> & more", **frame)
    found = formats.read(text.encode(), "musicxml")
    assert found.notes.tolist() == notes[COLUMNS].to_numpy().tolist()
    end = int((notes["onset"] + notes["duration"]).max())
    assert (found.meter, found.key) == (frame["meter"], frame["key"])
    assert found.meter_changes == within(frame["meter_changes"], end)
    assert found.key_changes == within(frame["key_changes"], end)
    if end > frame["pickup"]:
        assert found.pickup == frame["pickup"]
    assert found.title == "A <title> & more"


def test_music21_reads_what_is_written(tmp_path):
    from music21 import converter

    line = [(0, 480 + 160 * i, 160, 60 + i) for i in range(6)]
    line += [(0, 0, 480, 67), (0, 1440, 3360, 64), (0, 4800, 720, 61), (0, 4800, 720, 65)]
    notes = table([*line, *[(1, 480 + 960 * i, 960, 40 + i) for i in range(5)]])
    frame = {"meter": "3/4", "key": "D minor", "pickup": 480}
    changes = {"meter_changes": "1920 2/4; 3840 3/4", "key_changes": "1920 D major"}
    export.to_musicxml(notes, tmp_path / "a.musicxml", **frame, **changes)
    export.to_midi(notes, tmp_path / "a.mid", **frame, **changes)
    for name in ("a.musicxml", "a.mid"):
        score = converter.parse(tmp_path / name, forceSource=True, storePickle=False)
        parts = [part for part in score.parts if part.flatten().notes]
        rows = {
            (place, round(n.offset * 480), round(n.quarterLength * 480), pitch.midi)
            for place, part in enumerate(parts)
            for n in part.stripTies().flatten().notes
            for pitch in n.pitches
        }
        assert rows == set(map(tuple, notes[COLUMNS].to_numpy().tolist()))
    score = converter.parse(tmp_path / "a.musicxml", forceSource=True, storePickle=False)
    found = score.parts[0].flatten().getElementsByClass("TimeSignature")
    assert [(m.offset, m.ratioString) for m in found] == [(0, "3/4"), (4, "2/4"), (8, "3/4")]
    keys = score.parts[0].flatten().getElementsByClass("KeySignature")
    assert [(k.offset, k.sharps) for k in keys] == [(0, -1), (4, 2)]


def test_a_change_cuts_the_bar_and_is_read_back_where_it_stands():
    notes = table([(0, 960 * i, 960, 60 + i) for i in range(6)])
    text = export.to_musicxml(notes, meter="4/4", meter_changes="2880 4/4; 4800 3/4")
    found = formats.read(text.encode(), "musicxml")
    assert (found.meter_changes, found.pickup) == ("2880 4/4; 4800 3/4", 0)
    assert text.count("<time>") == 2  # the same meter is not printed again


@pytest.mark.parametrize("changes", [{"meter_changes": "480 4"}, {"key_changes": "480 H major"}])
def test_changes_that_are_none_are_refused(tmp_path, changes):
    notes = table([(0, 0, 960, 60)])
    with pytest.raises(ParameterError):
        export.to_midi(notes, tmp_path / "a.mid", **changes)
    with pytest.raises(ParameterError):
        export.to_musicxml(notes, **changes)


def test_musicxml_round_trip_of_lengths_without_a_sign():
    notes = table([(0, 0, 7, 60), (0, 7, 333, 61), (0, 700, 1901, 60), (0, 2700, 1, 72)])
    found = formats.read(export.to_musicxml(notes).encode(), "musicxml")
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
    found = formats.read(bytes(score.dumps_midi()), "midi")
    assert found.notes.tolist() == [[0, 0, 160, 60], [0, 160, 155, 61]]
    assert found.drums.tolist() == [[0, 0, 480, 36]]
    assert found.counts == {"rounded": 0}
    assert found.meter == "6/8"


def test_midi_channel_ten_is_never_written():
    import numpy as np

    parts = [np.array([[0, 480, 40 + part]]) for part in range(12)]
    found = formats.read(midi.write_midi(parts), "midi")
    assert found.parts == 12 and not len(found.drums)
