"""Chords, keys and what is measured on them, against values worked out by hand."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.errors import ParameterError
from ricercar.features import chords, tonality, viterbi
from ricercar.features.harmony_tension import centroids
from ricercar.features.registry import REGISTRY
from ricercar.features.score import Score
from ricercar.features.segments import segments, sounding

COLUMNS = ["piece", "part", "onset", "duration", "pitch"]


def piece(*rows, meter="4/4", pickup=0, length=480):
    """A piece of chords, one row of pitches each, highest part first."""
    cells = [
        ("a", part, number * length, length, pitch)
        for number, row in enumerate(rows)
        for part, pitch in enumerate(row)
    ]
    pieces = pd.DataFrame({"piece": ["a"], "meter": [meter], "pickup": [pickup]})
    return pieces, pd.DataFrame(cells, columns=COLUMNS)


def measure(name, *rows, phrases=None, **how):
    score = Score(*piece(*rows, **how))
    if phrases is not None:
        score.__dict__["phrases"] = np.array(phrases)
    return REGISTRY[f"harmony.{name}"].measure(score).item()


ONE, IV, V7, V, VI = (
    (72, 67, 64, 48),
    (72, 69, 65, 53),
    (74, 71, 65, 55),
    (74, 71, 67, 55),
    (72, 69, 64, 57),
)
ONE6 = (72, 67, 60, 52)
D7, DIM, AUG = (72, 69, 66, 50), (74, 71, 65, 62), (72, 68, 64, 48)


def test_labels_of_a_progression():
    table = chords.label(*piece(ONE, IV, V7, ONE6))
    assert table["label"].tolist() == ["C:maj", "F:maj", "G:7", "C:maj/3"]
    assert table["numeral"].tolist() == ["I", "IV", "V7", "I"]
    assert set(table["key"]) == {"C major"}
    assert table["bass"].tolist() == [0, 5, 7, 4]
    assert table["onset"].tolist() == [0, 480, 960, 1440]


@pytest.mark.parametrize("up", range(1, 12))
def test_labels_move_with_the_music(up):
    pieces, notes = piece(ONE, IV, V7, ONE6, VI, D7, V, ONE)
    there = chords.label(pieces, notes)
    moved = chords.label(pieces, notes.assign(pitch=notes["pitch"] + up))
    assert moved["root"].tolist() == ((there["root"] + up) % 12).tolist()
    for column in ("quality", "numeral"):
        assert moved[column].tolist() == there[column].tolist()


@pytest.mark.parametrize(
    ("chord", "quality"),
    [(ONE, "maj"), (VI, "min"), (V7, "7"), (DIM, "dim"), (AUG, "aug"), ((72, 67, 65, 48), "sus4")],
)
def test_qualities(chord, quality):
    table = chords.label(*piece(chord, chord, chord, chord))
    assert set(table["quality"]) == {quality}


def test_a_minor_key_and_its_numerals():
    table = chords.label(*piece(VI, (74, 69, 65, 50), (71, 68, 64, 52), VI))
    assert set(table["key"]) == {"A minor"}
    assert table["numeral"].tolist() == ["i", "iv", "V", "i"]
    assert table["label"].tolist() == ["A:min", "D:min", "E:maj", "A:min"]


def test_an_arpeggio_is_one_chord_and_a_passing_note_is_none():
    pieces = pd.DataFrame({"piece": ["a"], "meter": ["4/4"], "pickup": [0]})
    notes = [("a", 1, n * 240, 240, pitch) for n, pitch in enumerate([48, 55, 64, 55] * 2)]
    notes += [("a", 0, 0, 720, 72), ("a", 0, 720, 240, 74), ("a", 0, 960, 960, 72)]
    table = chords.label(pieces, pd.DataFrame(notes, columns=COLUMNS))
    assert table["label"].tolist() == ["C:maj", "C:maj/3"] * 2


def test_silence_is_no_chord():
    pieces, notes = piece(ONE, ONE, ONE, ONE)
    table = chords.label(pieces, notes[notes["onset"] != 480])
    assert table["label"].tolist() == ["C:maj", "N", "C:maj", "C:maj"]
    assert table["numeral"].tolist() == ["I", "", "I", "I"]
    assert table["root"].tolist() == [0, -1, 0, 0]


def test_a_melody_has_no_chords():
    table = chords.label(*piece((60,), (64,), (67,)))
    assert table.empty
    assert "numeral" in table.columns
    assert np.isnan(measure("major_chord_share", (60,), (64,), (67,)))


def test_no_pieces_no_chords():
    pieces, notes = piece(ONE)
    assert chords.label(pieces.iloc[:0], notes).empty


def test_unknown_unit():
    with pytest.raises(ParameterError, match="one of bar, beat, division"):
        chords.label(*piece(ONE), unit="minute")


@pytest.mark.parametrize(
    ("unit", "onsets", "levels"),
    [
        ("bar", [0, 240, 1680], [0, 0, 0]),
        ("beat", [0, 240, 960, 1680], [1, 0, 1, 0]),
        ("division", [0, 240, 480, 720, 960, 1200, 1440, 1680], [3, 0, 3, 3, 1, 3, 3, 0]),
    ],
)
def test_the_grid_follows_a_compound_meter_with_a_pickup(unit, onsets, levels):
    pieces, notes = piece(ONE, ONE, ONE, ONE, meter="6/8", pickup=240)
    grid = segments(Score(pieces, notes), unit)
    assert grid.onset.tolist() == onsets
    assert (grid.onset + grid.duration)[-1] == 1920
    if unit != "bar":
        assert grid.level.tolist() == levels


def test_the_grid_follows_changes_of_meter():
    pieces, notes = piece(*[ONE] * 8)
    pieces["meter_changes"] = "1440 2/4"
    grid = segments(Score(pieces, notes), "bar")
    assert grid.onset.tolist() == [0, 1440, 2400, 3360]
    assert grid.duration.tolist() == [1440, 960, 960, 480]


def test_without_a_meter_the_grid_is_quarters():
    pieces, notes = piece(ONE, IV, V7, ONE, meter=None)
    grid = segments(Score(pieces, notes))
    assert grid.onset.tolist() == [0, 480, 960, 1440]
    assert set(grid.level.tolist()) == {2}
    assert np.isnan(measure("change_on_downbeat", ONE, IV, V7, ONE, meter=None))


def test_the_grid_follows_a_performance_that_lies_beside_the_written_beats():
    pieces, notes = piece(ONE, IV, V7, ONE)
    notes["onset"] += 205
    table = chords.label(pieces, notes)
    assert table["onset"].tolist() == [0, 205, 685, 1165, 1645]
    assert table["label"].tolist() == ["N", "C:maj", "F:maj", "G:7", "C:maj"]
    triplets = notes.assign(onset=notes["onset"] - 205 + 160)
    assert chords.label(pieces, triplets)["onset"].tolist()[:3] == [0, 480, 960]


def test_what_sounds_in_a_beat():
    pieces, notes = piece((67, 48))
    late = pd.DataFrame([("a", 1, 240, 240, 36)], columns=COLUMNS)
    score = Score(pieces, pd.concat([notes, late]))
    found = sounding(score, segments(score))
    assert found.bass.tolist() == [48]
    assert found.lowest.tolist() == [36]
    assert found.weight[0, [0, 7]].tolist() == [720, 480]
    assert found.at_start[0, [0, 7]].tolist() == [480, 480]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(0, 10_000))
def test_decoding_finds_the_best_of_all_sequences(steps, seed):
    rng = np.random.default_rng(seed)
    fit, price = rng.normal(size=(2 * steps, 3)), rng.random(2 * steps)
    found = viterbi.decode(np.repeat([0, 1], steps), fit, price)

    def value(states, rows):
        moves = sum(price[rows[i]] for i in range(1, steps) if states[i] != states[i - 1])
        return sum(fit[row, state] for row, state in zip(rows, states, strict=True)) - moves

    for first in (0, steps):
        rows = list(range(first, first + steps))
        best = max(itertools.product(range(3), repeat=steps), key=lambda s: value(s, rows))
        assert value(found[rows], rows) == pytest.approx(value(best, rows))


def test_decoding_keeps_pieces_of_different_length_apart():
    fit = np.array([[1.0, 0], [0, 1], [0, 1], [1, 0], [0, 1]])
    found = viterbi.decode(np.array([0, 1, 1, 1, 4]), fit, np.full(5, 9.0))
    assert found.tolist() == [0, 1, 1, 1, 1]


def test_spelling_follows_the_key():
    flat, sharp = tonality.key_number("bb"), tonality.key_number("E")
    assert tonality.spelled(np.array([6, 8]), np.array([flat, sharp])).tolist() == ["Gb", "G#"]
    every = tonality.key_names(np.arange(24)).tolist()
    assert len(set(every)) == 24
    assert all(tonality.key_number(_tonic(name)) == n for n, name in enumerate(every))


def _tonic(name):
    tonic, mode = name.split()
    return tonic.lower() if mode == "minor" else tonic


PLAIN = (ONE, IV, V7, ONE)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("major_chord_share", 1),
        ("minor_chord_share", 0),
        ("diminished_chord_share", 0),
        ("augmented_chord_share", 0),
        ("suspended_chord_share", 0),
        ("dominant_seventh_chord_share", 1 / 4),
        ("seventh_chord_share", 1 / 4),
        ("root_position_share", 1),
        ("first_inversion_share", 0),
        ("second_inversion_share", 0),
        ("non_chord_tones", 0),
        ("harmonic_rhythm", 3 / 4),
        ("harmonic_rhythm_variation", 0),
        ("change_on_downbeat", 0),
        ("distinct_chords", 3),
        ("chord_label_entropy", 1.5),
        ("chord_transition_entropy", 0),
        ("falling_fifth_share", 2 / 3),
        ("rising_fifth_share", 0),
        ("root_third_share", 0),
        ("root_second_share", 1 / 3),
        ("tonic_chord_share", 1 / 2),
        ("subdominant_chord_share", 1 / 4),
        ("dominant_chord_share", 1 / 4),
        ("supertonic_chord_share", 0),
        ("mediant_chord_share", 0),
        ("submediant_chord_share", 0),
        ("leading_tone_chord_share", 0),
        ("subtonic_chord_share", 0),
        ("diatonic_chord_share", 1),
        ("applied_dominant_share", 0),
        ("minor_key_share", 0),
        ("modulations", 0),
        ("home_key_share", 1),
    ],
)
def test_features_of_a_progression(name, expected):
    assert measure(name, *PLAIN) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        ("first_inversion_share", (ONE, IV, V7, ONE6), 1 / 4),
        ("second_inversion_share", (ONE, (72, 67, 64, 55), V7, ONE), 1 / 4),
        ("submediant_chord_share", (ONE, IV, V7, VI, IV, V7, ONE, ONE), 1 / 8),
        ("minor_chord_share", (ONE, IV, V7, VI, IV, V7, ONE, ONE), 1 / 8),
        ("root_third_share", (ONE, VI, IV, V7, ONE), 2 / 4),
        ("rising_fifth_share", (ONE, V7, ONE), 1 / 2),
        ("diminished_chord_share", (ONE, IV, DIM, ONE), 1 / 4),
        ("leading_tone_chord_share", (ONE, IV, DIM, ONE), 1 / 4),
        ("augmented_chord_share", (AUG, AUG), 1),
        ("applied_dominant_share", (ONE, IV, V7, ONE, D7, V, IV, V7, ONE, IV, V7, ONE), 1 / 12),
        ("diatonic_chord_share", (ONE, IV, V7, ONE, D7, V, IV, V7, ONE, IV, V7, ONE), 11 / 12),
        ("change_on_downbeat", (ONE, ONE, ONE, ONE, V7, V7, ONE, ONE), 1 / 2),
        ("harmonic_rhythm_variation", (ONE, V7, ONE, ONE, ONE, V7), 1 / 2),
        ("supertonic_chord_share", (ONE, (74, 69, 65, 50), V7, ONE), 1 / 4),
        ("mediant_chord_share", (ONE, IV, V7, ONE, (71, 67, 64, 52), IV, V7, ONE), 1 / 8),
        ("suspended_chord_share", ((72, 67, 65, 48),) * 2, 1),
        ("minor_key_share", (VI, (74, 69, 65, 50), (71, 68, 64, 52), VI), 1),
    ],
)
def test_further_progressions(name, rows, expected):
    assert measure(name, *rows) == pytest.approx(expected)


CONTEXT = (ONE, IV, V7, ONE, IV, V7, ONE)


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("authentic_cadence_share", (V7, ONE)),
        ("authentic_cadence_share", (DIM, ONE)),
        ("plagal_cadence_share", (IV, ONE)),
        ("deceptive_cadence_share", (V7, VI)),
        ("half_cadence_share", (IV, V)),
    ],
)
def test_cadences(name, ending):
    rows = (*CONTEXT, *ending)
    kinds = ("authentic", "plagal", "deceptive", "half")
    for kind in (f"{kind}_cadence_share" for kind in kinds):
        share = measure(kind, *rows, phrases=[0] * len(rows))
        assert share == (1.0 if kind == name else 0.0), kind


def test_cadences_of_two_phrases():
    rows = (*CONTEXT, V, *CONTEXT)
    phrases = [0] * 8 + [1] * 7
    assert measure("half_cadence_share", *rows, phrases=phrases) == 1 / 2
    assert measure("authentic_cadence_share", *rows, phrases=phrases) == 1 / 2


def test_a_modulation_to_the_dominant():
    d7, g, c = D7, V, (72, 67, 64, 60)
    there = (g, c, d7, g) * 4
    pieces = (*PLAIN, *PLAIN, *PLAIN, *there)
    table = chords.label(*piece(*pieces))
    assert table["key"].iloc[0] == "C major"
    assert table["key"].iloc[-1] == "G major"
    assert measure("modulations", *pieces) == pytest.approx(100 / len(pieces))


def test_non_chord_tones_are_counted_by_time():
    pieces, notes = piece(ONE, ONE, ONE, ONE)
    more = pd.DataFrame([("a", 0, 1680, 240, 74)], columns=COLUMNS)
    notes.loc[(notes["onset"] == 1440) & (notes["part"] == 0), "duration"] = 240
    score = Score(pieces, pd.concat([notes, more]))
    found = REGISTRY["harmony.non_chord_tones"].measure(score).item()
    assert found == pytest.approx(240 / (16 * 480))


def test_tonal_distance_of_a_fifth():
    # 30 degrees on the circle of fifths, 90 on that of minor thirds, 120 on that of major ones
    fifth = np.sqrt(
        (2 * np.sin(np.pi / 12)) ** 2 + np.sqrt(2) ** 2 + (2 * 0.5 * np.sin(np.pi / 3)) ** 2
    )
    points = centroids(np.eye(12)[[0, 7]])
    assert np.sqrt(((points[1] - points[0]) ** 2).sum()) == pytest.approx(fifth)
    octaves = ((72, 60), (67, 55))
    assert measure("tonal_movement", *octaves) == pytest.approx(fifth)
    assert measure("tonal_spread", *octaves) == pytest.approx(fifth / 2)


def test_the_tonic_triad_is_without_strain():
    tonic, fourth = (67, 64, 60), (69, 65, 60)
    assert measure("tonal_strain", tonic, tonic) == pytest.approx(0)
    triads = np.zeros((2, 12))
    triads[0, [0, 4, 7]] = triads[1, [5, 9, 0]] = 1
    home, away = centroids(triads)
    expected = np.sqrt(((home - away) ** 2).sum()) / 8
    assert measure("tonal_strain", *[tonic] * 7, fourth) == pytest.approx(expected)
