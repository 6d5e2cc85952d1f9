"""ABC tunes read by hand: what the standard says, and what old files leave open."""

import pytest

from ricercar.catalogue import formats
from ricercar.catalogue.abc_fields import key_field
from ricercar.catalogue.reading import Reading
from ricercar.catalogue.sources import tunes_of
from ricercar.errors import ReadError


def abc(body: str, header: str = "M:4/4\nL:1/8\nK:C", repeats: str = "written") -> Reading:
    return formats.read(f"X:1\n{header}\n{body}\n".encode(), "abc", repeats)


def pitches(found: Reading) -> list[int]:
    return found.notes[:, 3].tolist()


def rows(found: Reading) -> list[tuple[int, ...]]:
    return [tuple(row[1:]) for row in found.notes.tolist()]


def test_inline_fields_change_key_meter_and_unit():
    found = abc("c4 f4|[K:D][M:3/4]f6|[L:1/16]f4 f8|\nK:Bb\nb12|", "M:4/4\nL:1/8\nK:C")
    assert pitches(found) == [72, 77, 78, 78, 78, 82]
    assert found.notes[:, 2].tolist() == [960, 960, 1440, 480, 960, 1440]
    assert (found.meter, found.meter_changes) == ("4/4", "1920 3/4")
    assert found.key_changes == "1920 D major; 4800 Bb major"


def test_decorations_and_slurs_hide_no_note_and_no_dotting():
    # a fermata (H), an accent by annotation, a turn, and slurs that part the broken rhythm
    found = abc('Hc2 ">"d2 ~e2 (f>g)|(a>)b .c2 !trill!d2 (e<f)|')
    first, second = [480, 480, 480, 360, 120], [360, 120, 480, 480, 120, 360]
    assert [d for _, d, _ in rows(found)] == first + second


def test_broken_rhythm_doubled_and_over_a_chord():
    found = abc("c>>d e<<f [ce]>g|")
    assert found.notes[:, 2].tolist() == [420, 60, 60, 420, 360, 360, 120]


def test_tuplets_with_all_their_numbers():
    # five in the time of two (simple time), three in four (3:4:3), four in three
    found = abc("(5ccccc c2 (3:4:3ccc|")
    assert found.notes[:5, 2].tolist() == [96] * 5
    assert found.notes[6:, 2].tolist() == [320] * 3
    assert abc("(4cccc|", "M:6/8\nL:1/8\nK:C").notes[:, 2].tolist() == [180] * 4


def test_chords_with_ties_and_their_own_lengths():
    # the upper note is tied on, the lower is struck again
    found = abc("[Ec-]4 [Ec]4|[CE]2[C2E2]4|")
    assert rows(found) == [
        (0, 960, 64),
        (0, 1920, 72),
        (960, 960, 64),
        (1920, 480, 60),
        (1920, 480, 64),
        (2400, 1920, 60),
        (2400, 1920, 64),
    ]


def test_a_tied_note_keeps_its_accidental_over_the_bar_line():
    assert rows(abc("^f8-|f4 f4|")) == [(0, 2880, 78), (2880, 960, 77)]


def test_an_overlay_sounds_together_with_its_bar():
    assert rows(abc("c4 d4 & E8|e8|")) == [
        (0, 960, 72),
        (0, 1920, 64),
        (960, 960, 74),
        (1920, 1920, 76),
    ]


def test_voices_inline_and_by_line_with_names_and_octaves():
    header = 'M:2/4\nL:1/8\nV:T name="Tenor" clef=treble-8\nV:B name="Bass"\nK:C'
    found = abc("[V:B]C4|D4|\n[V:T]c4|d4|", header)
    assert found.part_names == ("Tenor", "Bass")
    assert found.notes.tolist() == [
        [0, 0, 960, 60],
        [0, 960, 960, 62],
        [1, 0, 960, 60],
        [1, 960, 960, 62],
    ]


def test_hyphens_behind_grace_notes_and_rests_behind_full_bars_are_nothing():
    assert rows(abc("c4 {d}-c4 Hx|c4 x4|c8|")) == [
        (0, 960, 72),
        (960, 960, 72),
        (1920, 960, 72),
        (3840, 1920, 72),
    ]


def test_rests_of_several_bars_and_spaces():
    assert rows(abc("c8|Z2|y c8|")) == [(0, 1920, 72), (5760, 1920, 72)]


def test_a_short_bar_counts_the_bars_anew_and_a_parted_one_does_not():
    # the second bar has three beats only; then a repeat sign parts a bar after three beats
    found = abc("c8|c6|c8|c6:|c2|c8|", "M:4/4\nL:1/8\nK:C")
    assert found.meter_changes == "3360 4/4"
    assert abc("C2|c8|c6:|c2|c8|").meter_changes == ""
    assert abc("C2|c8|c6:|c2|c8|").pickup == 480


def test_second_endings_and_the_signs_of_old_prints():
    body = "|:c8|1 d8:|2 e8||f8::g8:|"
    assert pitches(abc(body)) == [72, 74, 76, 77, 79]
    played = abc(body, repeats="played")
    assert pitches(played) == [72, 74, 72, 76, 77, 77, 79, 79]
    assert played.counts["repeats"] == abc(body).counts["repeats"] == 3
    assert pitches(abc('c8|d8 "D.C."|', repeats="played")) == [72, 74, 72, 74]


def test_ties_follow_the_music_through_an_ending():
    # c is tied into the first ending, and sounds alone before the second
    found = abc("|:c8-|1 c8:|2 e8||", repeats="played")
    assert rows(found) == [(0, 3840, 72), (3840, 1920, 72), (5760, 1920, 76)]


def test_a_repeat_that_is_never_closed_stays_as_written():
    for body in ("c8::d8|]", "|:c8|d8|]", "c8|2 d8:|"):
        found = abc(body, repeats="played")
        assert found.counts["repeats_unclear"] == 1
        assert pitches(found) == [72, 74]


@pytest.mark.parametrize(
    ("field", "name", "alter"),
    [
        ("Em", "E minor", {"F": 1}),
        ("Bb", "Bb major", {"B": -1, "E": -1}),
        ("F# phrygian", "F# phrygian", {"F": 1, "C": 1}),
        ("D exp ^f _b", "D major", {"F": 1, "B": -1}),
        ("Ador clef=bass", "A dorian", {"F": 1}),
        ("none", None, {}),
        ("", None, {}),
    ],
)
def test_keys(field, name, alter):
    found = key_field(field)
    assert (found.name, found.alter) == (name, alter)


@pytest.mark.parametrize(
    ("body", "reason", "line"),
    [
        ("c2|\n[ceg|", "closing bracket", 6),
        ("c2|\nc2 {gab|", "closing brace", 6),
        ("c0|", "without length", 5),
        ("(0ccc|", "tuplet", 5),
        ("c1/0|", "Fraction", 5),
        ("c99999999999999999|", "length", 5),
    ],
)
def test_faults_are_named_with_their_line(body, reason, line):
    with pytest.raises(ReadError, match=reason) as caught:
        abc(body)
    assert caught.value.line == line


def test_lines_of_a_tune_stay_where_they_are_in_its_file():
    text = "M:4/4\n\nX:1\nK:C\nc|\n\nsome words\n\nX:2\nK:C\n\nc|\n\nwords\nof two lines\n\n[c|\n"
    line, tune = list(tunes_of(text))[1]
    with pytest.raises(ReadError) as caught:
        formats.read(tune.encode(), "abc")
    assert text.splitlines()[line + caught.value.line - 2] == "[c|"


def test_the_rhythm_field_is_the_genre():
    assert abc("c8|", "R:slip jig\nM:9/8\nL:1/8\nK:C").genre == "slip jig"
