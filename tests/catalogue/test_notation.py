"""Readings worked out by hand, for each notated format."""

import numpy as np
import pytest

from ricercar.catalogue import reading
from ricercar.catalogue.corpus import COLLECTIONS
from ricercar.errors import ReadError


def abc(body: str, header: str = "M:4/4\nL:1/8\nK:C") -> reading.Reading:
    return reading.read(f"X:1\nT:Test, The\n{header}\n{body}\n".encode(), "abc")


def rows(found: reading.Reading) -> list[tuple[int, ...]]:
    return [tuple(row[1:]) for row in found.notes.tolist()]


def musicxml(measures: str, attributes: str = "", part_list: str = "") -> bytes:
    return f"""<?xml version="1.0"?>
<score-partwise version="4.0"><part-list>{
        part_list or '<score-part id="P1"><part-name>Flute</part-name></score-part>'
    }</part-list>
<part id="P1"><measure number="1"><attributes><divisions>6</divisions>{attributes}
<time><beats>2</beats><beat-type>4</beat-type></time></attributes>{measures}</part>
</score-partwise>""".encode()


def note(step: str, duration: int, more: str = "", octave: int = 4, before: str = "") -> str:
    pitch = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
    return f"<note>{before}{pitch}<duration>{duration}</duration>{more}</note>"


def test_abc_ties_join_equal_pitches_only():
    # c2-|c2 is one note across the bar line; d-e is the transcriber's slur: two notes
    found = abc("z6 c2-|c2 d-e z4|]")
    assert rows(found) == [(1440, 960, 72), (2400, 240, 74), (2640, 240, 76)]


def test_abc_triplets_are_exact_and_leave_no_gap():
    found = abc("(3ccc (3c/c/c/ c d4|]")
    assert [onset for onset, _, _ in rows(found)] == [0, 160, 320, 480, 560, 640, 720, 960]
    assert [d for _, d, _ in rows(found)] == [160, 160, 160, 80, 80, 80, 240, 960]
    assert found.counts["rounded"] == 0


def test_abc_grace_notes_are_left_out_and_counted():
    found = abc("{de}c4 {g}c4|]")
    assert rows(found) == [(0, 960, 72), (960, 960, 72)]
    assert found.counts["grace"] == 3


def test_abc_accidentals_hold_until_the_end_of_the_bar():
    # the second f is sharp, in both octaves; the third, in the next bar, is natural
    found = abc("^f2 f2 F2 =f2|f8|]")
    assert [pitch for _, _, pitch in rows(found)] == [78, 78, 66, 77, 77]


def test_abc_pickup_meter_key_title():
    found = abc("GA|BdB G2A|B6|]", "M:6/8\nL:1/8\nK:Gmix\nC:Trad.")
    assert (found.pickup, found.meter, found.key) == (480, "6/8", "G mixolydian")
    assert (found.title, found.composer) == ("Test, The", "Trad.")
    # F is natural in G mixolydian
    assert rows(abc("F8|]", "M:4/4\nL:1/8\nK:Gmix")) == [(0, 1920, 65)]


def test_abc_without_pickup_and_dotted_rhythm():
    found = abc("c>d e<f c4|c8|]")
    assert found.pickup == 0
    assert [d for _, d, _ in rows(found)] == [360, 120, 120, 360, 960, 1920]


def test_abc_without_length_or_meter_counts_eighths():
    assert rows(reading.read(b"X:1\nK:C\ncd2|", "abc")) == [(0, 240, 72), (240, 480, 74)]


def test_abc_two_voices_are_two_parts():
    found = abc("V:1\nc8|d8|]\nV:2\nC8|D8|]", "M:4/4\nL:1/8\nK:C")
    assert found.parts == 2
    assert found.notes[:, 0].tolist() == [0, 0, 1, 1]


def test_musicxml_tie_grace_tuplet_chord():
    body = (
        note("C", 6, '<tie type="start"/>')
        + note("E", 6, "", before="")
        + "</measure><measure number='2'>"
        + "<note><grace/><pitch><step>D</step><octave>5</octave></pitch></note>"
        + note("E", 2, "", 5)
        + note("F", 2, "", 5)
        + note("G", 2, "", 5)
        + note("C", 6, "")
        + note("E", 6, "", before="<chord/>")
        + "</measure>"
    )
    found = reading.read(musicxml(body), "musicxml")
    assert rows(found) == [
        (0, 480, 60),
        (480, 480, 64),
        (960, 160, 76),
        (1120, 160, 77),
        (1280, 160, 79),
        (1440, 480, 60),
        (1440, 480, 64),
    ]
    assert found.counts["grace"] == 1


def test_musicxml_tie_over_the_bar_is_one_note():
    body = (
        note("C", 6)
        + note("D", 6, '<tie type="start"/>')
        + "</measure><measure number='2'>"
        + note("D", 12, '<tie type="stop"/>')
        + "</measure>"
    )
    assert rows(reading.read(musicxml(body), "musicxml")) == [(0, 480, 60), (480, 1440, 62)]


def test_musicxml_transposing_instrument_sounds_where_it_sounds():
    clarinet = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    found = reading.read(musicxml(note("C", 12) + "</measure>", clarinet), "musicxml")
    assert rows(found) == [(0, 960, 58)]


def test_musicxml_pickup_and_signature_without_mode():
    # one sharp, ending on E: read as E minor
    body = note("B", 6) + "</measure><measure number='2'>" + note("E", 12) + "</measure>"
    found = reading.read(musicxml(body, "<key><fifths>1</fifths></key>"), "musicxml")
    assert (found.pickup, found.key, found.meter) == (480, "E minor", "2/4")


def test_musicxml_title_names_the_work_and_the_song():
    work = b"<work><work-title>Six Songs</work-title></work>"
    song = b"<movement-title>The Lark</movement-title>"
    score = musicxml(note("C", 12) + "</measure>")
    for titles, title in ((work + song, "Six Songs: The Lark"), (song, "The Lark")):
        found = reading.read(score.replace(b"<part-list>", titles + b"<part-list>"), "musicxml")
        assert found.title == title


def test_an_additive_meter_is_its_sum():
    score = musicxml(note("C", 12) + "</measure>").replace(
        b"<beats>2</beats>", b"<beats>3+2</beats>"
    )
    found = reading.read(score.replace(b"<beat-type>4<", b"<beat-type>8<"), "musicxml")
    assert found.meter == "5/8"


@pytest.mark.parametrize(
    ("meter", "key", "kept"),
    [
        ("6/8", "Bb major", ("6/8", "Bb major")),
        ("4/3", "C", ("", "")),
        ("100/4", "C hypodorian", ("", "")),
    ],
)
def test_meters_and_keys_that_no_exporter_writes_are_unknown(meter, key, kept):
    found = reading.arrange([np.array([[0, 480, 60]])], [""], meter=meter, key=key)
    assert (found.meter, found.key) == kept


def test_musicxml_unpitched_notes_are_counted():
    drum = (
        "<note><unpitched><display-step>E</display-step><display-octave>4</display-octave>"
        "</unpitched><duration>6</duration></note>"
    )
    found = reading.read(musicxml(note("C", 6) + drum + "</measure>"), "musicxml")
    assert rows(found) == [(0, 480, 60)]
    assert found.counts["unpitched"] == 1


def test_kern_top_spine_last_is_part_zero():
    text = (
        "!!!OTL: A piece\n!!!COM: Somebody\n**kern\t**kern\n*k[b-]\t*k[b-]\n*d:\t*d:\n"
        "*M3/4\t*M3/4\n=1-\t=1-\n2D\t[2f\n4A\t4f]\n=2\t=2\n2.DD\t6a\n.\t6b-\n.\t6cc\n.\t4dd\n"
        "==\t==\n*-\t*-\n"
    )
    found = reading.read(text.encode(), "kern")
    assert found.notes[found.notes[:, 0] == 0, 1:].tolist() == [
        [0, 1440, 65],
        [1440, 320, 69],
        [1760, 320, 70],
        [2080, 320, 72],
        [2400, 480, 74],
    ]
    assert found.notes[found.notes[:, 0] == 1, 3].tolist() == [50, 57, 38]
    assert (found.title, found.composer, found.key) == ("A piece", "Somebody", "D minor")


@pytest.mark.parametrize(
    ("data", "format", "reason"),
    [
        (b"X:1\nT:no key\nabc|", "abc", "no K: line"),
        (b"X:1\nK:C\nz4|z4|", "abc", "no notes"),
        (b"hello", "kern", "kern"),
        (b"<score-partwise><part-list>", "musicxml", "not well-formed"),
        (b"<html></html>", "musicxml", "<html>"),
        (b"<score-timewise/>", "musicxml", "score-timewise"),
        (b"PK\x03\x04rubbish", "mxl", "archive"),
        (b"MThd", "midi", "header"),
        (b"", "midi", "MThd"),
        (b"anything", "tablature", "unknown format"),
    ],
)
def test_what_cannot_be_read_says_why(data, format, reason):
    with pytest.raises(ReadError, match=reason):
        reading.read(data, format)


def test_entities_are_refused():
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE score-partwise [<!ENTITY a "aaaa">'
        b'<!ENTITY b "&a;&a;&a;">]><score-partwise>&b;</score-partwise>'
    )
    with pytest.raises(ReadError, match="entities"):
        reading.read(bomb, "musicxml")


def test_reading_equals_music21_own_reading_of_the_corpus():
    """Notes equal those of music21 itself, ties joined by its stripTies."""
    from music21 import converter

    bach, ryan = (COLLECTIONS[name] for name in ("bach", "ryan"))
    chosen = [s for s in bach.pieces(bach) if s.piece == "bach/bwv269"]
    chosen += list(ryan.pieces(ryan))[::400]
    assert len(chosen) == 4
    for source in chosen:
        text = source.data if source.format == "abc" else None
        score = (
            converter.parse("%abc-2.1\n" + text.decode(), format="abc", storePickle=False)
            if text
            else converter.parse(
                bach.path / source.source.split("/")[-1], forceSource=True, storePickle=False
            )
        )
        expected = {
            (part, round(n.offset * 480), round(n.quarterLength * 480), pitch.midi)
            for part, stream in enumerate(score.parts)
            for n in stream.stripTies().flatten().notes
            if not n.duration.isGrace and "ChordSymbol" not in n.classes
            for pitch in n.pitches
        }
        found = reading.read(source.data, source.format)
        assert {tuple(row) for row in found.notes.tolist()} == expected, source.piece


def test_rounded_notes_leave_no_gap():
    onset, duration, rounded = reading.to_ticks(
        [i * 2 / 7 for i in range(7)], [2 / 7 for _ in range(7)]
    )
    assert np.array_equal(onset[1:], (onset + duration)[:-1])
    assert onset[-1] + duration[-1] == 960
    assert rounded == 7
