import numpy as np
import pandas as pd
import pytest

from ricercar import meter


@pytest.mark.parametrize(
    ("name", "bar", "beat"),
    [
        ("3/4", 1440, 480),
        ("9/8", 2160, 720),
        ("2/2", 1920, 960),
        ("3/8", 720, 240),
        ("6/4", 2880, 1440),
    ],
)
def test_lengths(name, bar, beat):
    assert meter.lengths(name) == (bar, beat)


@pytest.mark.parametrize("name", [None, "free", "0/4", "4/0", "", float("nan"), "4/4/4"])
def test_an_unknown_meter_has_no_length(name):
    assert np.isnan(meter.lengths(name)).all()


def test_bars_follow_the_meter():
    names = pd.Series(["2/2", "9/8", None, "?"])
    assert meter.bar_ticks(names).tolist() == [1920, 2160, 1920, 1920]


def test_changes_come_back_as_written():
    changes = [(5760, "3/4"), (9600, "4/4")]
    assert meter.read_changes(meter.write_changes(changes)) == changes
    assert meter.write_changes([]) is None
    assert meter.read_changes(meter.write_changes([(0, "F# minor")])) == [(0, "F# minor")]


PIECES = pd.DataFrame(
    {
        "meter": ["4/4", None, "3/4", "2/4"],
        "pickup": [480, 0, 0, 0],
        # the first changes in the middle of its second bar, which counts as a bar
        "meter_changes": ["3360 6/8; 4800 3/4", None, None, "960 3/8"],
    }
)


def test_place_with_a_pickup_and_changes():
    bars = meter.bars(PIECES)
    tick = np.array([0, 480, 2400, 3360, 4080, 4800, 6240])
    number, position, bar, beat = bars.place(np.zeros(len(tick), int), tick)
    assert number.tolist() == [-1, 0, 1, 2, 2, 3, 4]
    assert position.tolist() == [1440, 0, 0, 0, 720, 0, 0]
    assert bar.tolist() == [1920, 1920, 1920, 1440, 1440, 1440, 1440]
    assert beat.tolist() == [480, 480, 480, 720, 720, 480, 480]


def test_place_keeps_pieces_apart():
    bars = meter.bars(PIECES)
    number, position, bar, _ = bars.place(np.array([2, 3, 3, 0]), np.array([1500, 960, 1700, 480]))
    assert number.tolist() == [1, 1, 2, 0]
    assert position.tolist() == [60, 0, 20, 0]
    assert bar.tolist() == [1440, 720, 720, 1920]


def test_without_changes_the_column_may_be_missing():
    bars = meter.bars(PIECES.drop(columns="meter_changes"))
    number, *_ = bars.place(np.array([0, 3]), np.array([2400, 1700]))
    assert number.tolist() == [1, 1]
    empty = meter.bars(PIECES.head(0))
    assert [len(part) for part in empty.place(np.zeros(0, int), np.zeros(0, int))] == [0] * 4


def test_bar_start_counts_as_place_does():
    bars = meter.bars(PIECES)
    changes = PIECES["meter_changes"][0]
    ticks = [meter.bar_start(number, "4/4", 480, changes) for number in range(6)]
    number, position, *_ = bars.place(np.zeros(6, int), np.array(ticks))
    assert number.tolist() == list(range(6))
    assert position.tolist() == [0] * 6
