"""MusicXML read by hand: what sounds, in which bar, and what is silent."""

import numpy as np
import pytest

from ricercar.catalogue import formats, reading
from ricercar.errors import ReadError


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
    found = formats.read(musicxml(body), "musicxml")
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
    assert rows(formats.read(musicxml(body), "musicxml")) == [(0, 480, 60), (480, 1440, 62)]


def test_musicxml_transposing_instrument_sounds_where_it_sounds():
    clarinet = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    found = formats.read(musicxml(note("C", 12) + "</measure>", clarinet), "musicxml")
    assert rows(found) == [(0, 960, 58)]


def test_musicxml_pickup_and_signature_without_mode():
    # one sharp, ending on E: read as E minor
    body = note("B", 6) + "</measure><measure number='2'>" + note("E", 12) + "</measure>"
    found = formats.read(musicxml(body, "<key><fifths>1</fifths></key>"), "musicxml")
    assert (found.pickup, found.key, found.meter) == (480, "E minor", "2/4")


def test_musicxml_title_names_the_work_and_the_song():
    work = b"<work><work-title>Six Songs</work-title></work>"
    song = b"<movement-title>The Lark</movement-title>"
    score = musicxml(note("C", 12) + "</measure>")
    for titles, title in ((work + song, "Six Songs: The Lark"), (song, "The Lark")):
        found = formats.read(score.replace(b"<part-list>", titles + b"<part-list>"), "musicxml")
        assert found.title == title


def test_an_additive_meter_is_its_sum():
    score = musicxml(note("C", 12) + "</measure>").replace(
        b"<beats>2</beats>", b"<beats>3+2</beats>"
    )
    found = formats.read(score.replace(b"<beat-type>4<", b"<beat-type>8<"), "musicxml")
    assert found.meter == "5/8"


def test_musicxml_unpitched_notes_are_counted():
    drum = (
        "<note><unpitched><display-step>E</display-step><display-octave>4</display-octave>"
        "</unpitched><duration>6</duration></note>"
    )
    found = formats.read(musicxml(note("C", 6) + drum + "</measure>"), "musicxml")
    assert rows(found) == [(0, 480, 60)]
    assert found.counts["unpitched"] == 1


def test_rounded_notes_leave_no_gap():
    measures = "".join(note("C", 6).replace(">6<", f">{n}<") for n in (1, 2, 3, 1))
    found = formats.read(
        musicxml(measures + "</measure>").replace(b"<divisions>6", b"<divisions>7"), "musicxml"
    )
    onset, duration = found.notes[:, 1], found.notes[:, 2]
    assert np.array_equal(onset[1:], (onset + duration)[:-1])
    assert onset[-1] + duration[-1] == 480
    assert found.counts["rounded"] == 4


def test_musicxml_endings_and_words_are_played():
    forward = '<barline location="left"><repeat direction="forward"/></barline>'
    ending = '<barline><ending number="{n}" type="start"/></barline>'
    close = '<barline><ending number="1" type="stop"/><repeat direction="backward"/></barline>'
    fine = "<direction><direction-type><words>Fine</words></direction-type></direction>"
    capo = "<direction><direction-type><words>D.C. al Fine</words></direction-type></direction>"
    body = (
        forward + note("C", 12) + fine + "</measure><measure number='2'>"
        + ending.format(n=1) + note("D", 12) + close + "</measure><measure number='3'>"
        + ending.format(n=2) + note("E", 12) + capo + "</measure>"
    )  # fmt: skip
    written = formats.read(musicxml(body), "musicxml")
    played = formats.read(musicxml(body), "musicxml", "played")
    assert written.notes[:, 3].tolist() == [60, 62, 64]
    assert played.notes[:, 3].tolist() == [60, 62, 60, 64, 60]
    assert played.counts["repeats"] == 2


def test_musicxml_changes_short_bars_and_a_parted_bar():
    time = "<attributes><time><beats>3</beats><beat-type>4</beat-type></time></attributes>"
    key = "<attributes><key><fifths>-1</fifths><mode>minor</mode></key></attributes>"
    lengths = [(12, ""), (6, ""), (12, key), (18, time), (6, ""), (12, ""), (18, "")]
    body = "</measure><measure>".join(more + note("C", length) for length, more in lengths)
    found = formats.read(musicxml(body + "</measure>"), "musicxml")
    # the second bar is short; the fifth and sixth together are one of 3/4
    assert found.meter_changes == "1440 2/4; 2400 3/4"
    assert (found.key, found.key_changes) == ("D minor", "")


def test_musicxml_voices_staves_and_a_rest_in_all_parts():
    two = "<staves>2</staves>"
    body = (
        note("C", 12, "<voice>1</voice><staff>1</staff>", 5)
        + "<backup><duration>12</duration></backup><forward><duration>6</duration></forward>"
        + note("E", 6, "<voice>2</voice><staff>1</staff>")
        + "<backup><duration>12</duration></backup>"
        + note("C", 12, "<voice>3</voice><staff>2</staff>", 3)
        + "</measure><measure></measure><measure>"
        + note("G", 12, "<staff>1</staff>")
        + "</measure>"
    )
    found = formats.read(musicxml(body, two), "musicxml")
    assert found.notes.tolist() == [
        [0, 0, 960, 72],
        [0, 480, 480, 64],
        [0, 1920, 960, 67],
        [1, 0, 960, 48],
    ]
    assert found.part_names == ("Flute", "Flute")


def test_musicxml_drums_keep_their_instrument_and_cues_are_silent():
    listed = (
        '<score-part id="P1"><part-name>Kit</part-name><score-instrument id="I1"/>'
        '<midi-instrument id="I1"><midi-unpitched>37</midi-unpitched></midi-instrument>'
        "</score-part>"
    )
    drum = "<note><unpitched/><duration>6</duration><instrument id='{}'/></note>"
    body = note("C", 6) + drum.format("I1") + drum.format("I9") + note("D", 6, before="<cue/>")
    found = formats.read(musicxml(body + "</measure>", "", listed), "musicxml")
    assert found.drums.tolist() == [[0, 480, 480, 36]]
    assert rows(found) == [(0, 480, 60)]
    assert (found.counts["unpitched"], found.counts["cue"]) == (1, 1)


def test_musicxml_key_of_a_transposing_top_part_is_that_which_sounds():
    clarinet = (
        "<key><fifths>2</fifths><mode>major</mode></key>"
        "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    )
    found = formats.read(musicxml(note("D", 12) + "</measure>", clarinet), "musicxml")
    assert (found.key, rows(found)) == ("C major", [(0, 960, 60)])


def test_a_fault_in_musicxml_names_part_and_measure():
    body = note("C", 6) + "</measure><measure number='7'>" + note("H", 6) + "</measure>"
    with pytest.raises(ReadError, match="part 1, measure 7"):
        formats.read(musicxml(body), "musicxml")
