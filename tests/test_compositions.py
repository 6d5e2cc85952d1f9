"""Files of composed pieces are read back note for note by another reader."""

import numpy as np
import pandas as pd
import pytest

from ricercar import compositions

pytest.importorskip("ricercar.catalogue.export")


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


def test_a_changed_note_is_noticed(tmp_path):
    pieces, notes = made()
    compositions.write(pieces, notes, tmp_path)
    notes.loc[3, "pitch"] += 1
    checked = compositions.read_back(pieces, notes, tmp_path)
    assert checked["equal"].tolist() == [False, False, True, True]
