"""Histories that stand still, and histories that turn."""

import numpy as np
import pandas as pd
import pytest

from ricercar.errors import ParameterError
from ricercar.profiles import drift

_RNG = np.random.default_rng(0)
PIECES = pd.DataFrame(
    {"piece": [f"p{i:02d}" for i in range(60)], "style": ["reel", "jig", "air"] * 20}
)
TABLE = PIECES[["piece"]].assign(
    **{name: _RNG.normal(size=60) for name in ("melody.mean_pitch", "rhythm.note_density")}
)


def log(listeners, seed=0, mood=False, turn=0.0, days=20):
    """20 days of 5 events; a mood: one style each day; turn: chance of reels in the second half."""
    rng, rows = np.random.default_rng(seed), []
    for listener in range(listeners):
        for day in range(days):
            piece = rng.integers(0, 60, 5)
            if mood:
                piece = 3 * rng.integers(0, 20, 5) + rng.integers(0, 3)
            piece = np.where((rng.random(5) < turn) & (day >= days // 2), piece - piece % 3, piece)
            begin = pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(days=3 * day, hours=18)
            rows += [
                (f"l{listener:03d}", f"p{p:02d}", begin + pd.Timedelta(minutes=i))
                for i, p in enumerate(piece)
            ]
    frame = pd.DataFrame(rows, columns=["listener", "piece", "time"])
    return frame.assign(kind="play", value=rng.uniform(0.5, 1.0, len(frame)))


@pytest.mark.parametrize("mood", [False, True])
def test_standing_still_is_called_drift_no_more_than_promised(mood):
    told = drift.test(log(200, mood=mood), TABLE, PIECES, permutations=99)
    assert len(told) == 200 and told["days"].eq(20).all()
    # 200 cases: .05 has a standard error of .015, .5 of .035
    assert (told["p"] <= 0.05).mean() == pytest.approx(0.05, abs=0.045)
    assert (told["p"] <= 0.5).mean() == pytest.approx(0.5, abs=0.1)
    assert (told["q"] <= 0.05).mean() <= 0.02


def test_a_turn_is_found():
    told = drift.test(log(20, turn=0.9), TABLE, PIECES)
    assert (told["q"] <= 0.05).all()
    assert (told["drift"] > 0).all() and (told["statistic"] > told["expected"]).all()


def test_the_statistic_is_that_of_a_plain_loop():
    events = log(1, seed=4)
    told = drift.test(events, TABLE, PIECES, windows=4, permutations=1)
    place = drift._places(TABLE, PIECES, drift.STYLE_WEIGHT)
    x = place[PIECES.set_index("piece").index.get_indexer(events["piece"])]
    weight = events["value"].to_numpy()
    mean = weight @ x / weight.sum()
    total = 0.0
    for k in range(4):  # 20 days of 5 events: windows of 25
        inside = slice(25 * k, 25 * (k + 1))
        middle = weight[inside] @ x[inside] / weight[inside].sum()
        total += weight[inside].sum() * ((middle - mean) ** 2).sum()
    assert told.loc[0, "statistic"] == pytest.approx(total / weight.sum())


def test_days_stay_together_and_short_histories_are_not_tested():
    events = log(3, days=drift.LEAST_DAYS - 1)
    assert drift.test(events, TABLE, PIECES).empty
    day = np.repeat(np.arange(6), [3, 1, 2, 5, 1, 1])
    order = drift._orders(day, 20, np.random.default_rng(0))
    assert order[0].tolist() == list(range(13))
    for row in order:
        moved = day[row]
        assert (np.diff(moved) != 0).sum() == 5 and sorted(row) == list(range(13))
        window = drift._windows(moved[None, :], 3)[0]
        assert (np.diff(window) >= 0).all() and window.min() >= 0 and window.max() <= 2
        assert pd.Series(window).groupby(moved).nunique().eq(1).all()


def test_the_course_shows_the_turn_outside_what_chance_does():
    events = log(1, turn=0.9)
    course = drift.course(events, "l000", ["style.reel"], TABLE, PIECES, windows=2)
    first, last = course.iloc[0], course.iloc[1]
    assert first["value"] < first["low"] and last["value"] > last["high"]
    assert first["time"] < last["time"]
    own = events.assign(reel=events["piece"].str[1:].astype(int) % 3 == 0)[:50]
    by_hand = np.average(own["reel"], weights=own["value"])
    assert first["value"] == pytest.approx(by_hand)


def test_what_cannot_be_is_refused():
    events = log(1, days=3)
    with pytest.raises(ParameterError, match=r"windows \(1\)"):
        drift.test(events, TABLE, PIECES, windows=1)
    with pytest.raises(ParameterError, match="fewer days"):
        drift.course(events, "l000", ["style.reel"], TABLE, PIECES, windows=4)
    with pytest.raises(ParameterError, match="'nobody' has fewer"):
        drift.course(events, "nobody", ["style.reel"], TABLE, PIECES)
