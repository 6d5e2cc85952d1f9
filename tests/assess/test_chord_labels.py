"""Given chord labels read, laid beside ours, and how often ours are right.

The last tests use labels by others: those in music21, and those of Nottingham and POP909
where the environment variable ``RICERCAR_SHARED_DATA`` names a folder with them, or they lie in
``../shared/data`` beside the checkout.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ricercar import workspace
from ricercar.assess import abc_chords, chord_gold, chord_labels, chord_sources, romantext
from ricercar.catalogue.midi import write_midi
from ricercar.errors import ParameterError
from ricercar.features import chords


def labels(*rows, key="C major"):
    """Labels of a piece "a", one (onset, duration, root, quality) each."""
    table = pd.DataFrame(rows, columns=["onset", "duration", "root", "quality"])
    return table.assign(piece="a", key=key)


def value(given, found, level):
    table = chord_labels.recall(chord_labels.compare(given, found)).set_index("level")
    return table["value"].get(level)


GIVEN = labels((0, 960, 0, "maj"), (960, 480, 7, "7"), (1440, 480, 2, "dim"))


def test_labels_agree_with_themselves():
    table = chord_labels.recall(chord_labels.compare(GIVEN, GIVEN))
    assert table["level"].tolist() == list(chord_labels.LEVELS)
    assert (table["value"] == 1).all()
    assert (table["n"] == 1).all()


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("root", (480 + 480 + 480) / 1920),  # wrong: C for half of its time
        ("major or minor", (480 + 480) / 1440),  # the diminished chord is not asked
        ("seventh", 480 / 1440),  # the seventh is missing, too
        ("exact", (480 + 480) / 1920),
        ("key", 1.0),
        ("numeral", (480 + 480 + 480) / 1920),
    ],
)
def test_recall_by_hand(level, expected):
    found = labels(
        (0, 480, 0, "maj"), (480, 480, 9, "min"), (960, 480, 7, "maj"), (1440, 960, 2, "dim")
    )
    assert value(GIVEN, found, level) == pytest.approx(expected)


def test_another_key_spoils_the_numeral_alone():
    found = GIVEN.assign(key="G major")
    assert value(GIVEN, found, "exact") == 1
    assert value(GIVEN, found, "key") == value(GIVEN, found, "numeral") == 0


def test_time_that_one_of_the_two_leaves_out_is_not_counted():
    given = GIVEN[GIVEN["onset"] != 960]
    compared = chord_labels.compare(given, GIVEN[GIVEN["onset"] > 0])
    assert compared["duration"].tolist() == [480]


def test_no_chord_is_a_label_too():
    given = labels((0, 480, -1, "N"), (480, 480, 0, "maj"))
    assert value(given, given, "major or minor") == 1
    assert value(given, labels((0, 960, 0, "maj")), "root") == pytest.approx(1 / 2)


def test_what_has_no_name_here_is_asked_nowhere():
    given = labels((0, 480, -1, "other"), key="")
    assert chord_labels.recall(chord_labels.compare(given, GIVEN)).empty


def test_pieces_keep_apart():
    given = pd.concat([GIVEN, GIVEN.assign(piece="b")])
    found = pd.concat([GIVEN, GIVEN.assign(piece="b", root=1)])
    table = chord_labels.recall(chord_labels.compare(given, found)).set_index("level")
    assert table.loc["root", ["value", "low", "high", "n"]].tolist() == [0.5, 0.0, 1.0, 2]


ANALYSIS = """Composer: Nobody
Time Signature: 3/4
m0 b3 G: V
m1 I b2 V6 b3 V6/5
Note: a note
m1var1 vi
m2 I || b3.5 viio6
m3 = m1
Time Signature: 2/4
m4 e: i b2 V7/iv
m6 iv"""


def test_an_analysis():
    table = romantext.read(ANALYSIS, pickup=480, end=480 + 3 * 1440 + 3 * 960)
    expected = [
        (0, 2, "maj", 7),
        (480, 7, "maj", 7),
        (960, 2, "maj", 7),
        (1440, 2, "7", 7),
        (1920, 7, "maj", 7),
        (3120, 6, "dim", 7),
        (3360, 7, "maj", 7),
        (3840, 2, "maj", 7),
        (4320, 2, "7", 7),
        (4800, 4, "min", 16),
        (5280, 4, "7", 16),
        (6720, 9, "min", 16),
    ]
    assert table[["onset", "root", "quality", "key"]].to_numpy().tolist() == [
        list(row) for row in expected
    ]
    assert (table["onset"] + table["duration"]).iloc[-1] == 7680
    assert table["duration"].iloc[-2] == 1440  # a measure without a chord keeps the last one


@pytest.mark.parametrize(
    ("figure", "key", "expected"),
    [
        ("ii/o6/5", "d", (4, "hdim7")),
        ("vii/o7/V", "C", (6, "hdim7")),
        ("bII6", "c", (1, "maj")),
        ("V[no3]", "C", (7, "other")),
        ("nonsense", "C", (-1, "other")),
    ],
)
def test_figures(figure, key, expected):
    assert romantext.resolve(figure, key) == expected


@pytest.mark.parametrize(
    ("body", "onsets", "symbols"),
    [
        ('"C"c2|"G"g2', [0, 480], [(0, "C"), (480, "G")]),
        ('|:"C"c2:|"G"g2|]', [0, 480, 960], [(0, "C"), (480, "C"), (960, "G")]),
        (
            '"C"c2|[1"F"f2:|[2"G"g2||"C"c2|]',
            [0, 480, 960, 1440, 1920],
            [(0, "C"), (480, "F"), (960, "C"), (1440, "G"), (1920, "C")],
        ),
        ('"C"c>d "G"(3efg', [0, 360, 480, 640, 800], [(0, "C"), (480, "G")]),
        ('"C"c2-|c2 z2 "G"[ceg]2', [0, 1440], [(0, "C"), (1440, "G")]),
        ('"C"{g}c2("(E7)")"G"g2', [0, 480], [(0, "C"), (480, "G")]),
        ("P:A\nc2|\nP:B\ng2|", [0, 480], []),
    ],
)
def test_symbols_of_a_tune(body, onsets, symbols):
    found = abc_chords.played(f"X:1\nM:2/4\nL:1/8\nK:C\n{body}")
    assert found[:2] == (onsets, symbols)


def test_parts_are_played_in_their_order():
    tune = 'X:1\nY:ABA\nM:2/4\nL:1/8\nK:C\nP:A\n"C"c4|\nP:B\n"G"g4|'
    assert abc_chords.played(tune)[1] == [(0, "C"), (960, "G"), (1920, "C")]


TUNE = 'X: 1\nT:One\nM:2/4\nL:1/8\nK:C\nc2|:"C"c2 e2|"G7"d2 B2:|"C"c2|]'


@pytest.fixture
def folder(tmp_path):
    """A set of each kind, of one piece, in the folders that they come in."""
    (tmp_path / "nottingham" / "ABC_cleaned").mkdir(parents=True)
    (tmp_path / "nottingham" / "MIDI").mkdir()
    (tmp_path / "nottingham" / "ABC_cleaned" / "reels.abc").write_text(TUNE)
    pitches = [72, 72, 76, 74, 71, 72, 76, 74, 71, 72]
    melody = np.array([(480 + 480 * n, 480, pitch) for n, pitch in enumerate(pitches)])
    chord = {"C": (48, 52, 55), "G7": (43, 47, 50, 53)}
    bars = [(960 + 960 * n, name) for n, name in enumerate(["C", "G7", "C", "G7", "C"])]
    below = np.array([(onset, 960, pitch) for onset, name in bars for pitch in chord[name]])
    midi = write_midi([melody, below], meters=[(0, (2, 4))])
    (tmp_path / "nottingham" / "MIDI" / "reels1.mid").write_bytes(midi)
    song = tmp_path / "pop909" / "POP909" / "002"
    song.mkdir(parents=True)
    tenth = np.array([(n * 480 + 48, 480, p) for n in range(8) for p in (60, 64, 67)])
    (song / "002.mid").write_bytes(write_midi([tenth], tempo=60.0))
    beats = [f"{n + 0.1} {1.0 - n % 2} {float(n % 4 == 1)}" for n in range(9)]
    (song / "beat_midi.txt").write_text("\n".join(beats))
    (song / "chord_midi.txt").write_text("0.1\t4.1\tC:maj\n4.1\t8.1\tA:min/b3\n")
    return tmp_path


def test_a_tune_of_nottingham(folder):
    gold = chord_gold.load("nottingham", folder)
    assert gold.pieces["meter"].tolist() == ["2/4"]
    assert gold.labels["onset"].tolist() == [960, 1920, 2880, 3840, 4800]
    assert gold.labels["quality"].tolist() == ["maj", "7", "maj", "7", "maj"]
    table = chord_labels.accuracy(["nottingham"], folder)
    ours = table[table["data"] == "nottingham"].set_index("level")["value"]
    told = table[table["data"] == "nottingham, majority"].set_index("level")["value"]
    assert ours["exact"] == 1
    assert told["exact"] == pytest.approx(2400 / 4320)


def test_a_tune_whose_files_differ_is_left_out_and_counted(folder):
    file = folder / "nottingham" / "ABC_cleaned" / "reels.abc"
    file.write_text(TUNE.replace("d2 B2", "d4") + "\n\n" + TUNE.replace("X: 1", "X: 2"))
    gold = chord_gold.load("nottingham", folder)
    assert gold.left_out == {"melodies of ABC and MIDI differ": 1}
    assert gold.labels.empty
    second = chord_gold.load("nottingham", folder, for_tuning=True)
    assert second.left_out == {"no MIDI file": 1}
    assert chord_labels.accuracy(["nottingham"], folder).empty


def test_a_song_of_pop909_stands_on_its_beats(folder):
    gold = chord_gold.load("pop909", folder)
    assert gold.notes["onset"].unique().tolist() == list(range(0, 8 * 480, 480))
    assert gold.pieces[["meter", "pickup"]].iloc[0].tolist() == ["4/4", 480]
    assert gold.labels[["onset", "duration", "root", "quality"]].to_numpy().tolist() == [
        [0, 1920, 0, "maj"],
        [1920, 1920, 9, "min"],
    ]


def test_tuning_pieces_are_not_measured(folder):
    assert len(chord_gold.load("pop909", folder).pieces) == 1
    assert chord_gold.load("pop909", folder, for_tuning=True).pieces.empty
    (folder / "pop909" / "POP909" / "002").rename(folder / "pop909" / "POP909" / "001")
    assert chord_gold.load("pop909", folder).pieces.empty
    gold = chord_gold.load("pop909", folder, for_tuning=True)
    assert gold.left_out == {"no MIDI, beat or chord file": 1}  # they bear the other number


def test_a_set_that_is_not_there(tmp_path):
    assert chord_labels.accuracy(["pop909"], tmp_path).empty
    with pytest.raises(ParameterError, match="name the folder"):
        chord_gold.load("pop909", tmp_path)
    with pytest.raises(ParameterError, match="known: bach"):
        chord_labels.accuracy(["jazz"])


def test_an_analysis_in_another_key_is_found_by_its_chords():
    table = pd.DataFrame(
        {"onset": [0, 480], "duration": 480, "root": [0, 7], "quality": ["maj", "7"]}
    )
    pitches = [(0, 62), (0, 66), (0, 69), (480, 69), (480, 61), (480, 64), (480, 67)]
    notes = np.array([[0, onset, 480, pitch] for onset, pitch in pitches])
    fits = chord_sources.fit(notes, table)
    assert fits.argmax() == 2
    assert fits[2] == 1


def test_chorales_are_labelled_as_their_analysts_do():
    gold = chord_gold.load("bach")
    assert len(gold.pieces) >= 12
    found = chords.label(gold.pieces, gold.notes)
    table = chord_labels.recall(chord_labels.compare(gold.labels, found)).set_index("level")
    told = chord_labels.recall(
        chord_labels.compare(gold.labels, chord_labels.majority(gold.labels))
    ).set_index("level")
    assert table.loc["root", "low"] > 0.8
    assert table.loc["major or minor", "low"] > 0.8
    assert table.loc["exact", "low"] > 0.7
    assert (table["value"] > told["value"]).all()


@pytest.mark.parametrize(("data", "least"), [("nottingham", 0.9), ("pop909", 0.8)])
def test_accompaniments_are_labelled_as_given(data, least):
    named = os.environ.get("RICERCAR_SHARED_DATA")
    folder = Path(named) if named else workspace.project().parent / "shared" / "data"
    if not (folder / data).is_dir():
        pytest.skip(f"{data} is not in {folder}: set RICERCAR_SHARED_DATA to where data sets lie")
    table = chord_labels.accuracy([data], folder, pieces=15).set_index(["data", "level"])
    assert table.loc[(data, "major or minor"), "value"] > least
    assert (
        table.loc[(data, "major or minor"), "low"]
        > (table.loc[(f"{data}, majority", "major or minor"), "high"])
    )
