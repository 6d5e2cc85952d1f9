"""MusPy's measures: hand-worked, and equal to MusPy's own where that is installed."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ricercar import workspace
from ricercar.assess import muspy_measures, muspy_rhythm
from ricercar.errors import ParameterError, TableError

#: ours -> MusPy's function
SAME = {
    "pitch_range": "pitch_range",
    "n_pitches_used": "n_pitches_used",
    "n_pitch_classes_used": "n_pitch_classes_used",
    "polyphony": "polyphony",
    "polyphony_rate_as_published": "polyphony_rate",
    "scale_consistency": "scale_consistency",
    "pitch_entropy": "pitch_entropy",
    "pitch_class_entropy": "pitch_class_entropy",
    "empty_beat_rate_as_published": "empty_beat_rate",
    "drum_pattern_consistency": "drum_pattern_consistency",
}


def one(rows, meter="4/4", **more):
    """A piece of (part, onset, duration, pitch) rows, in quarters."""
    notes = pd.DataFrame(rows, columns=["part", "onset", "duration", "pitch"])
    notes[["onset", "duration"]] = (notes[["onset", "duration"]] * 480).astype(int)
    notes.insert(0, "piece", "a")
    return pd.DataFrame({"piece": ["a"], "meter": [meter], **more}), notes


def random_set(seed, count=6, size=60, parts=3, grid=60):
    rng = np.random.default_rng(seed)
    n = count * size
    notes = pd.DataFrame(
        {
            "piece": np.repeat([f"p{i}" for i in range(count)], size),
            "part": rng.integers(0, parts, n),
            "onset": rng.integers(0, 160, n) * grid,
            "duration": rng.integers(1, 12, n) * grid,
            "pitch": rng.integers(30, 100, n),
        }
    )
    drums = notes.iloc[::7].assign(part=0, onset=lambda d: d["onset"] // 80 * 80)
    meters = np.resize(["4/4", "3/4", "6/8"], count)
    return pd.DataFrame({"piece": [f"p{i}" for i in range(count)], "meter": meters}), notes, drums


def as_muspy(muspy, notes, drums=None, resolution=480):
    """The same piece as MusPy holds it, a track for each part."""
    tick = 480 // resolution
    tracks = []
    for is_drum, table in ((False, notes), (True, drums)):
        for _, part in table.groupby("part") if table is not None else ():
            columns = (part[c].tolist() for c in ("onset", "pitch", "duration"))
            held = [
                muspy.Note(time=t // tick, pitch=p, duration=d // tick)
                for t, p, d in zip(*columns, strict=True)
            ]
            tracks.append(muspy.Track(is_drum=is_drum, notes=held))
    return muspy.Music(resolution=resolution, tracks=tracks)


def chorale_set(count=6):
    named = os.environ.get("RICERCAR_SHARED_DATA")
    folder = Path(named) if named else workspace.project().parent / "shared" / "data"
    path = folder / "jsb-chorales" / "Jsb16thSeparated.json"
    if not path.is_file():
        pytest.skip(f"{path} is not there: set RICERCAR_SHARED_DATA to the folder of public data")
    rows = []
    for number, frames in enumerate(json.loads(path.read_text())["test"][:count]):
        grid = np.array([[-1 if p is None or p != p else p for p in f] for f in frames], int)
        for part, pitch in enumerate(grid.T):
            start = np.flatnonzero(np.diff(pitch, prepend=-2))
            length = np.diff(start, append=len(pitch))
            rows += [
                (f"p{number}", part, s * 120, n * 120, pitch[s])
                for s, n in zip(start, length, strict=True)
                if pitch[s] >= 0
            ]
    notes = pd.DataFrame(rows, columns=["piece", "part", "onset", "duration", "pitch"])
    return pd.DataFrame({"piece": notes["piece"].unique()}), notes, None


def compare(muspy, pieces, notes, drums):
    ours = muspy_measures.evaluate(pieces, notes, drums).set_index("piece")
    both = notes if drums is None else pd.concat([notes, drums])
    coarse = muspy_rhythm.groove_consistency_as_published(pieces, both, step=20)
    bars = {"4/4": 1920, "3/4": 1440, "6/8": 1440}
    for row, piece in enumerate(pieces["piece"]):
        mine, beaten = (None if t is None else t[t["piece"] == piece] for t in (notes, drums))
        music = as_muspy(muspy, mine, beaten)
        bar = bars[pieces["meter"].iloc[row]] if "meter" in pieces else 1920
        theirs = {name: getattr(muspy, function)(music) for name, function in SAME.items()}
        theirs["empty_measure_rate_as_published"] = muspy.empty_measure_rate(music, bar)
        for name, value in theirs.items():
            assert ours.loc[piece, name] == pytest.approx(value, nan_ok=True, abs=1e-12), name
        small = as_muspy(muspy, mine, beaten, resolution=24)
        groove = muspy.groove_consistency(small, bar // 20)
        assert coarse[row] == pytest.approx(groove, nan_ok=True, abs=1e-12)
        for root, mode in ((0, "major"), (9, "minor"), (4, "minor")):
            rate = muspy_measures.pitch_in_scale_rate(pieces, notes, root, mode)[row]
            assert rate == pytest.approx(muspy.pitch_in_scale_rate(music, root, mode))


@pytest.mark.parametrize("seed", [0, 1])
def test_equal_to_muspy_on_random_music_with_drums(seed):
    compare(pytest.importorskip("muspy"), *random_set(seed))


def test_equal_to_muspy_on_sparse_music():
    compare(pytest.importorskip("muspy"), *random_set(2, size=5, grid=240))


def test_equal_to_muspy_on_chorales():
    compare(pytest.importorskip("muspy"), *chorale_set())


def test_two_voices_are_polyphony_and_muspy_asks_for_three():
    pieces, notes = one([(0, 0, 2, 60), (1, 0, 1, 55), (2, 0, 0.5, 50)])
    assert muspy_measures.polyphony_rate(pieces, notes)[0] == 0.5
    assert muspy_measures.polyphony_rate_as_published(pieces, notes)[0] == 0.25
    assert muspy_measures.polyphony(pieces, notes)[0] == (2 + 1 + 0.5) / 2


def test_a_unison_of_two_parts_is_one_pitch():
    pieces, notes = one([(0, 0, 2, 60), (1, 1, 2, 60)])
    assert muspy_measures.polyphony(pieces, notes)[0] == 1
    assert muspy_measures.polyphony_rate(pieces, notes)[0] == 0


def test_a_note_that_ends_on_a_beat_does_not_fill_the_next():
    pieces, notes = one([(0, 0, 1, 60), (0, 2, 2, 60)])
    assert muspy_rhythm.empty_beat_rate(pieces, notes)[0] == 1 / 4
    # as published beat 1 is filled by an end, and a fifth beat is there
    assert muspy_rhythm.empty_beat_rate_as_published(pieces, notes)[0] == 0


def test_empty_measures_follow_the_pickup():
    pieces, notes = one([(0, 0, 1, 60), (0, 5, 4, 60)], pickup=[480])
    assert muspy_rhythm.empty_measure_rate(pieces, notes)[0] == 1 / 2
    assert muspy_rhythm.empty_measure_rate_as_published(pieces, notes)[0] == 0


def test_equal_bars_have_groove_one_and_the_published_figure_has_not():
    pieces, notes = one([(0, q, 1, 60) for q in range(16)])
    assert muspy_rhythm.groove_consistency(pieces, notes)[0] == 1
    # a fifth, empty measure: one of four comparisons differs in 4 of 96 places
    published = muspy_rhythm.groove_consistency_as_published(pieces, notes)[0]
    assert published == pytest.approx(1 - 4 / 96 / 4)


def test_groove_over_a_change_of_meter_by_hand():
    # 2/4 (one onset in 8 sixteenths), 2/4 (two onsets), 3/4 (onset 0 only of 12)
    pieces, notes = one(
        [(0, 0, 2, 60), (0, 2, 1, 60), (0, 3, 1, 60), (0, 4, 3, 60)],
        meter="2/4",
        pickup=[0],
        meter_changes=["1920 3/4"],
    )
    # bars 0 and 1 differ in one place of 8, bars 1 and 2 in one place of 12
    found = muspy_rhythm.groove_consistency(pieces, notes, step=120)[0]
    assert found == pytest.approx(1 - (1 / 8 + 1 / 12) / 2)


def test_minor_is_natural_minor():
    pieces, notes = one([(0, 0, 1, p) for p in (57, 59, 60, 62, 64, 65, 67, 68)])
    assert muspy_measures.pitch_in_scale_rate(pieces, notes, 9, "minor")[0] == 7 / 8
    with pytest.raises(ParameterError, match="root from 0 to 11"):
        muspy_measures.pitch_in_scale_rate(pieces, notes, 12, "minor")


def test_drum_patterns():
    pieces, notes = one([(0, q, 0.25, 36) for q in (0, 0.25, 0.5, 1 / 3)])
    assert muspy_rhythm.drum_in_pattern_rate(pieces, notes, "duple")[0] == 3 / 4
    assert muspy_rhythm.drum_in_pattern_rate(pieces, notes, "triple")[0] == 2 / 4
    assert muspy_rhythm.drum_pattern_consistency(pieces, notes)[0] == 3 / 4
    with pytest.raises(ParameterError, match="duple"):
        muspy_rhythm.drum_in_pattern_rate(pieces, notes, "quadruple")


def test_a_piece_without_notes_has_nothing_but_its_counts():
    pieces, notes = one([(0, 0, 4, 60)])
    pieces = pd.concat([pieces, pieces.assign(piece="silent")])
    table = muspy_measures.evaluate(pieces, notes)
    assert list(table.columns) == ["piece", *muspy_measures.MEASURES]
    silent = table.iloc[1, 1:].astype(float)
    assert silent.dropna().to_dict() == {"n_pitches_used": 0, "n_pitch_classes_used": 0}
    empty = muspy_measures.evaluate(pieces.iloc[:0], notes.iloc[:0])
    assert len(empty) == 0


def test_transposition_and_order_change_nothing_that_they_should_not():
    pieces, notes, drums = random_set(5)
    one_way = muspy_measures.evaluate(pieces, notes, drums)
    moved = notes.assign(pitch=notes["pitch"] + 5).sample(frac=1, random_state=0)
    other = muspy_measures.evaluate(pieces, moved, drums)
    pd.testing.assert_frame_equal(one_way, other)


def test_a_piece_may_not_stand_twice():
    pieces, notes = one([(0, 0, 4, 60)])
    with pytest.raises(TableError, match="stands twice"):
        muspy_measures.evaluate(pd.concat([pieces, pieces]), notes)
