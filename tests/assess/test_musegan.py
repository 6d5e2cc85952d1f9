"""MuseGAN's measures: hand-worked, against plain piano rolls, and on the published chorales."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ricercar import workspace
from ricercar.assess import musegan, tonal

TRACKS = 4


def one(rows, **more):
    """A piece of (part, onset, duration, pitch) rows, in ticks."""
    notes = pd.DataFrame(rows, columns=["part", "onset", "duration", "pitch"])
    notes.insert(0, "piece", "a")
    return pd.DataFrame({"piece": ["a"], **more}), notes


def random_set(seed, count=6, size=50, grid=20, longest=120):
    rng = np.random.default_rng(seed)
    n = count * size
    notes = pd.DataFrame(
        {
            "piece": np.repeat([f"p{i}" for i in range(count)], size),
            "part": rng.integers(0, TRACKS, n),
            "onset": rng.integers(0, 300, n) * grid,
            "duration": rng.choice([1, 2, 3, 24, longest], n) * grid,
            "pitch": rng.integers(20, 112, n),
        }
    )
    return pd.DataFrame({"piece": [f"p{i}" for i in range(count)]}), notes


def rolls(pieces, notes):
    """Binary piano rolls of whole bars, (bars, 96 steps, 84 pitches, tracks), for each piece."""
    for piece in pieces["piece"]:
        mine = notes[notes["piece"] == piece]
        whole = int((mine["onset"] + mine["duration"]).max() // 1920)
        roll = np.zeros((whole * 96 + 400, 128, TRACKS), bool)
        for row in mine.itertuples():
            roll[row.onset // 20 : (row.onset + row.duration) // 20, row.pitch, row.part] = True
        yield roll[: whole * 96].reshape(whole, 96, 128, TRACKS)


def mean(values):
    values = np.asarray(values, float)
    return values[~np.isnan(values)].mean() if (~np.isnan(values)).any() else np.nan


def runs(line):
    """Lengths of the runs of True."""
    edge = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(int), [0]])))
    return edge[1::2] - edge[::2]


def test_published_measures_equal_those_of_a_plain_piano_roll():
    pieces, notes = random_set(0)
    used = musegan.used_pitch_classes_as_published(pieces, notes)
    right = musegan.used_pitch_classes(pieces, notes)
    qualified = musegan.qualified_notes_as_published(pieces, notes)
    empty = musegan.empty_bars_as_published(pieces, notes)
    for row, roll in enumerate(rolls(pieces, notes)):
        for track in range(TRACKS):
            groups, classes, short = [], [], []
            for bar in roll[..., track]:
                folded = bar[:, 24:108].reshape(96, 12, 7).any(axis=(0, 2)).sum()
                octaves = len(set(np.flatnonzero(bar.any(axis=0)) % 12))
                groups.append(folded or np.nan)
                classes.append(octaves or np.nan)
                held = np.concatenate([runs(line) for line in bar.T])
                short.append(100 * (held >= 2).mean() if len(held) else np.nan)
            assert used[row, track] == pytest.approx(mean(groups), nan_ok=True)
            assert right[row, track] == pytest.approx(mean(classes), nan_ok=True)
            assert qualified[row, track] == pytest.approx(mean(short), nan_ok=True)
            silent = np.isnan(classes).mean()
            assert empty[row, track] == pytest.approx(100 * (1 - silent))


def test_tonal_distances_equal_those_of_a_plain_piano_roll():
    pieces, notes = random_set(1, size=120, longest=200)
    # a piano roll holds a pitch once
    notes = notes.drop_duplicates(["piece", "part", "pitch"])
    # every piece ends on a bar line
    last = pd.DataFrame({"piece": pieces["piece"], "part": 3, "onset": 0, "pitch": 120})
    notes = pd.concat([notes, last.assign(duration=8 * 1920)], ignore_index=True)
    right = tonal.tonal_distance(pieces, notes)
    published = tonal.tonal_distance_as_published(pieces, notes)
    angle = np.outer([7 / 6, 3 / 2, 2 / 3], np.arange(12)) * np.pi
    space = np.concatenate([np.sin(angle), np.cos(angle)]) * np.tile([1, 1, 0.5], 2)[:, None]
    for row, roll in enumerate(rolls(pieces, notes)):
        beats = roll.reshape(len(roll), 4, 24, 128, TRACKS).sum(axis=2)
        octave = np.zeros((len(roll), 4, 12, TRACKS))
        for pitch in range(128):
            octave[:, :, pitch % 12] += beats[:, :, pitch]
        seven = beats[:, :, 24:108].reshape(len(roll), 4, 12, 7, TRACKS).sum(axis=3)
        found = []
        for chroma in (octave, seven):
            with np.errstate(invalid="ignore"):
                points = np.einsum("dc,bqct->bqdt", space, chroma / chroma.sum(2, keepdims=True))
            found.append(np.linalg.norm(points[..., 0] - points[..., 2], axis=2))
        assert published[row, 1] == pytest.approx(mean(found[1].mean(axis=1)))
        assert right[row, 1] == pytest.approx(mean(found[0]))


def test_a_bar_is_empty_only_for_the_track_that_is_silent():
    pieces, notes = one([(0, 0, 5760, 72), (1, 1920, 1920, 48)])
    assert musegan.empty_bars(pieces, notes, 3)[0, :2] == pytest.approx([0, 200 / 3])
    assert np.isnan(musegan.empty_bars(pieces, notes, 3)[0, 2])
    assert musegan.empty_bars_as_published(pieces, notes, 2)[0] == pytest.approx([100, 100 / 3])


def test_bars_begin_after_the_pickup_and_are_whole():
    rows = [(0, 0, 480, 61), (0, 480, 1920, 60), (0, 2400, 480, 62)]
    pieces, notes = one(rows, meter=["4/4"], pickup=[480])
    assert musegan.used_pitch_classes(pieces, notes, 1)[0, 0] == 1
    assert musegan.classes_per_bar(pieces, notes, 1)[0].tolist() == [[1]]
    # with the piece said to last two bars, the second one is whole
    longer = pieces.assign(quarters=9.0)
    assert musegan.classes_per_bar(longer, notes, 1)[0].tolist() == [[1], [1]]


def test_bars_follow_changes_of_meter():
    pieces, notes = one(
        [(0, 0, 1440, 60), (0, 1440, 960, 62), (0, 2400, 960, 64)],
        meter=["3/4"],
        pickup=[0],
        meter_changes=["1440 2/4"],
    )
    assert musegan.classes_per_bar(pieces, notes, 1)[0].tolist() == [[1], [1], [1]]


def test_a_qualified_note_has_three_steps_in_the_paper_and_two_in_the_code():
    pieces, notes = one([(0, 0, 60, 60), (0, 480, 40, 60), (0, 960, 20, 60), (0, 1440, 480, 60)])
    assert musegan.qualified_notes(pieces, notes, 1)[0, 0] == 50
    assert musegan.qualified_notes_as_published(pieces, notes, 1)[0, 0] == 75


def test_the_code_cuts_notes_at_bar_lines_and_joins_repeated_ones():
    # 20 ticks before and 60 after the bar line; two short notes that touch
    pieces, notes = one(
        [(0, 1900, 80, 60), (0, 2400, 20, 65), (0, 2420, 20, 65), (0, 3360, 480, 62)]
    )
    assert musegan.qualified_notes(pieces, notes, 1)[0, 0] == 50
    assert musegan.qualified_notes_as_published(pieces, notes, 1)[0, 0] == (0 + 100) / 2


def test_drum_pattern_by_hand():
    # a sixteenth, one step late, two steps late, between
    pieces, drums = one([(0, 0, 10, 36), (0, 140, 10, 36), (0, 280, 10, 36), (0, 420, 10, 36)])
    assert musegan.drum_pattern(pieces, drums)[0] == 25
    assert musegan.drum_pattern_as_published(pieces, drums)[0] == pytest.approx(100 * 1.6 / 4)
    late = drums.assign(onset=np.arange(4) * 480 + 40)
    assert musegan.drum_pattern(pieces, late)[0] == 0
    assert musegan.drum_pattern_as_published(pieces, late)[0] == 100
    assert np.isnan(musegan.drum_pattern(pieces.assign(meter="6/8"), drums)[0])


def test_tonal_distance_by_hand():
    # C against C is 0; C E G against G: the mean of three points
    pieces, notes = one([(0, 0, 1920, 72), (1, 0, 1920, 48)])
    assert tonal.tonal_distance(pieces, notes, 2)[0, 0] == pytest.approx(0)
    near = one([(0, 0, 1920, 67), (1, 0, 1920, 60)])
    far = one([(0, 0, 1920, 66), (1, 0, 1920, 60)])
    fifth = np.sqrt((2 * np.sin(np.pi / 12)) ** 2 + 2 + 0.75)
    assert tonal.tonal_distance(*near, 2)[0, 0] == pytest.approx(fifth)
    assert tonal.tonal_distance(*far, 2)[0, 0] == pytest.approx(np.sqrt(8))


def test_a_silent_quarter_takes_the_whole_bar_out_as_published():
    rows = [(0, 0, 3840, 72), (1, 0, 1440, 54), (1, 1920, 1920, 48)]
    pieces, notes = one(rows)
    assert tonal.tonal_distance(pieces, notes, 2)[0, 0] == pytest.approx(3 * np.sqrt(8) / 7)
    published = tonal.tonal_distance_as_published(pieces, notes, 2)[0, 0]
    groups = one([(0, 0, 1920, 72), (1, 0, 1920, 48)])
    assert published == tonal.tonal_distance_as_published(*groups, 2)[0, 0]


def test_transposition_by_an_octave_changes_only_what_is_as_published():
    pieces, notes = random_set(3)
    table = musegan.evaluate(pieces, notes)
    other = musegan.evaluate(pieces, notes.assign(pitch=notes["pitch"] + 12))
    right = [name for name in musegan.MEASURES if not name.endswith("as_published")]
    pd.testing.assert_frame_equal(table[right], other[right])


def test_missing_is_not_a_number():
    pieces, notes = one([(0, 0, 480, 60)])
    pieces = pd.concat([pieces, pieces.assign(piece="silent")])
    table = musegan.evaluate(pieces, notes)
    assert list(table.columns) == ["piece", *musegan.MEASURES]
    assert table.iloc[1, 1:].isna().all()
    assert table.loc[0, "qualified_notes"] == 100
    assert table.iloc[0].drop(["piece", "qualified_notes"]).isna().all()
    assert len(musegan.evaluate(pieces.iloc[:0], notes.iloc[:0])) == 0


def test_used_pitch_classes_of_the_published_chorales():
    """Mean over all whole bars of the 77 chorales, soprano to bass."""
    named = os.environ.get("RICERCAR_SHARED_DATA")
    folder = Path(named) if named else workspace.project().parent / "shared" / "data"
    path = folder / "jsb-chorales" / "Jsb16thSeparated.json"
    if not path.is_file():
        pytest.skip(f"{path} is not there: set RICERCAR_SHARED_DATA to the folder of public data")
    rows = []
    for number, frames in enumerate(json.loads(path.read_text())["test"]):
        grid = np.array([[-1 if p is None or p != p else p for p in f] for f in frames], int)
        for part, pitch in enumerate(grid.T):
            start = np.flatnonzero(np.diff(pitch, prepend=-2))
            length = np.diff(start, append=len(pitch))
            sounds = pitch[start] >= 0
            columns = (start[sounds] * 120, length[sounds] * 120, pitch[start][sounds])
            rows += [(f"{number}", part, *row) for row in zip(*columns, strict=True)]
    notes = pd.DataFrame(rows, columns=["piece", "part", "onset", "duration", "pitch"])
    pieces = pd.DataFrame({"piece": notes["piece"].unique()})
    stated = {False: (3.06, 3.12, 3.34, 3.92), True: (1.56, 1.59, 1.64, 1.99)}
    for as_published, figures in stated.items():
        used, _ = musegan.classes_per_bar(pieces, notes, as_published=as_published)
        assert len(used) == 1165
        assert used.mean(axis=0) == pytest.approx(figures, abs=0.0051)
