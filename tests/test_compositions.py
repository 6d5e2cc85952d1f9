"""Files of composed pieces are read back note for note by another reader."""

import numpy as np
import pandas as pd
import pytest

from ricercar import compositions
from ricercar.catalogue import formats


def made(seed=0):
    """A chorale with ties over bars, rests and repeated notes, and a tune in 6/8."""
    rng = np.random.default_rng(seed)
    rows = []
    for part, base in enumerate((72, 64, 55, 43)):
        onset = 0
        while onset < 16 * 480:
            length = int(rng.choice([120, 240, 360, 480, 960, 1440]))
            length = min(length, 16 * 480 - onset)
            if rng.random() > 0.15:
                rows.append(
                    ("ricercar/x-0001", part, onset, length, base + int(rng.integers(-4, 5)))
                )
            onset += length
    rows += [("ricercar/x-0002", 0, 240 * i, 240, 67 + i % 5) for i in range(24)]
    notes = pd.DataFrame(rows, columns=["piece", "part", "onset", "duration", "pitch"])
    pieces = pd.DataFrame(
        {
            "piece": ["ricercar/x-0001", "ricercar/x-0002"],
            "title": ["Chorale <1>", "Jig & more"],
            "meter": ["4/4", "6/8"],
            "key": ["G major", None],
            "pickup": 0,
        }
    )
    return pieces, notes


def test_files_are_read_back_equal(tmp_path):
    pieces, notes = made()
    assert compositions.write(pieces, notes, tmp_path) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ricercar-x-0001.mid",
        "ricercar-x-0001.musicxml",
        "ricercar-x-0002.mid",
        "ricercar-x-0002.musicxml",
    ]
    checked = compositions.read_back(pieces, notes, tmp_path)
    assert checked["equal"].all(), checked


def test_the_shortest_notes_are_where_they_were(tmp_path):
    pieces, notes = made()
    notes[["onset", "duration"]] //= 2  # 32nd notes and shorter dotted ones
    compositions.write(pieces, notes, tmp_path)
    assert compositions.read_back(pieces, notes, tmp_path)["equal"].all()


def test_a_natural_that_is_tied_over_bars_is_read_as_one_note(tmp_path):
    pieces, notes = made()
    notes = pd.DataFrame(
        [("ricercar/x-0001", 0, 0, 1200, 60), ("ricercar/x-0001", 0, 1200, 1440, 76)],
        columns=notes.columns,
    )
    pieces = pieces.head(1).assign(meter="3/4", key="Bb major", pickup=240)
    compositions.write(pieces, notes, tmp_path)
    assert "<accidental>natural" in (tmp_path / "ricercar-x-0001.musicxml").read_text("utf-8")
    assert compositions.read_back(pieces, notes, tmp_path)["equal"].all()


def test_a_changed_note_is_noticed(tmp_path):
    pieces, notes = made()
    compositions.write(pieces, notes, tmp_path)
    notes.loc[3, "pitch"] += 1
    checked = compositions.read_back(pieces, notes, tmp_path)
    assert checked["equal"].tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("meter", "key", "pickup"),
    [("4/4", "G major", 480), ("6/8", "E minor", 240), ("3/4", "Bb major", 120), ("9/8", None, 0)],
)
@pytest.mark.parametrize("suffix", compositions.FORMATS.values())
def test_meter_key_and_pickup_come_back_through_the_projects_own_reader(
    tmp_path, suffix, meter, key, pickup
):
    pieces, notes = made()
    pieces = pieces.assign(meter=meter, key=key, pickup=pickup)
    compositions.write(pieces, notes, tmp_path)
    path = tmp_path / f"ricercar-x-0001{suffix}"
    found = formats.read(path.read_bytes(), formats.format_of(path.name))
    assert (found.meter, found.key, found.pickup) == (meter, key or "", pickup)
    assert not found.meter_changes and not found.key_changes
    assert compositions.read_back(pieces, notes, tmp_path)["equal"].all()


@pytest.mark.parametrize(
    ("pickup", "first", "changes"), [(960, "1/2", "960 3/4"), (100, "3/4", "")]
)
def test_a_pickup_that_midi_cannot_carry_leaves_the_notes_where_they_were(
    tmp_path, pickup, first, changes
):
    pieces, notes = made()
    pieces = pieces.assign(meter="3/4", pickup=pickup)
    compositions.write(pieces, notes, tmp_path)
    found = formats.read((tmp_path / "ricercar-x-0002.mid").read_bytes(), "midi")
    assert (found.meter, found.meter_changes, found.pickup) == (first, changes, 0)
    assert compositions.read_back(pieces, notes, tmp_path)["equal"].all()
