"""Pulse, windows and phrases, by hand and against slow reckoning."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.features import pulse
from ricercar.features.score import Line

QUARTERS = [480] * 9
WALTZ = [960, 480] * 6
MIXED = [480, 240, 240, 720, 240, 960]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pulse_clarity", 1),
        ("pulse_period", 1),
        # 1 at the six lags of whole quarters, 0 at the four others
        ("pulse_contrast", 1 - 6 / 10),
        ("ternary_pulse", (0 + 1 - 1 - 1) / 2),
        ("tatum", 1),
        ("tatum_occupancy", 1),
        # nine onsets in windows of four, four and one
        ("density_variation", np.std([4, 4, 1]) / 3),
        ("peak_density", 1),
        ("phrase_length", 9),
        ("phrase_notes", 9),
        ("final_lengthening", 1),
    ],
)
def test_nine_quarters(measure, name, expected):
    assert measure(f"rhythm.{name}", durations=QUARTERS) == pytest.approx(expected)


def test_a_waltz_goes_in_threes(measure):
    assert measure("rhythm.pulse_period", durations=WALTZ) == 3
    assert measure("rhythm.pulse_clarity", durations=WALTZ) == pytest.approx(1)
    # weights 2 and 1; at lag 1 five short ones meet long ones, at lag 2 six long ones short ones
    one, two = (
        5 * 2 / np.sqrt((6 * 4 + 5) * (5 * 4 + 6)),
        6 * 2 / np.sqrt((6 * 4 + 5) * (6 + 5 * 4)),
    )
    assert measure("rhythm.ternary_pulse", durations=WALTZ) == pytest.approx((1 - one - two) / 2)


def test_the_tatum_divides_every_interval(measure):
    assert measure("rhythm.tatum", durations=[480, 240, 240]) == pytest.approx(1 / 2)
    # onsets 0, 480, 720 on the tatums 0 to 3
    assert measure("rhythm.tatum_occupancy", durations=[480, 240, 240]) == pytest.approx(3 / 4)
    assert measure("rhythm.tatum", durations=[160] * 3 + [240, 240]) == pytest.approx(1 / 6)
    assert np.isnan(measure("rhythm.tatum", durations=[5, 5]))


def test_onsets_are_counted_from_the_first(measure):
    later = np.cumsum(MIXED) - MIXED + 100_000
    for onsets in (None, later):
        # five in the first four quarters, one in the next
        variation = measure("rhythm.density_variation", durations=MIXED, onsets=onsets)
        assert variation == pytest.approx(2 / 3)
        peak = measure("rhythm.peak_density", durations=MIXED, onsets=onsets)
        assert peak == pytest.approx(5 / 4)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("phrase_length", 3.5),
        ("phrase_notes", 4),
        ("phrase_variation", 0.5 / 3.5),
        ("phrase_balance", 0),
        # a half after eighths, twice
        ("final_lengthening", 4),
    ],
)
def test_two_phrases_of_three_and_four_quarters(measure, name, expected):
    durations = [240, 240, 960, 240, 240, 240, 240, 960]
    assert measure(f"rhythm.{name}", durations=durations) == pytest.approx(expected)


def test_equal_phrases_balance(measure):
    durations = [240, 240, 960] * 4
    assert measure("rhythm.phrase_balance", durations=durations) == 1
    assert measure("rhythm.phrase_variation", durations=durations) == 0
    for name in ("phrase_balance", "phrase_variation"):
        assert np.isnan(measure(f"rhythm.{name}", durations=QUARTERS))


def test_a_melody_shorter_than_every_lag_has_no_pulse(measure):
    for name in ("pulse_clarity", "pulse_period", "pulse_contrast", "ternary_pulse"):
        assert np.isnan(measure(f"rhythm.{name}", durations=[120, 120]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([40, 80, 120, 240, 480, 720, 960]), min_size=1, max_size=30))
def test_self_similarity_agrees_with_shifting_a_grid(values):
    duration = np.array(values)
    onset = np.cumsum(duration) - duration
    zeros = np.zeros(len(duration), dtype=int)
    found = pulse.self_similarity(Line(zeros, onset, duration, zeros), 1)[0]
    grid = np.zeros(onset[-1] // 40 + 1)
    grid[onset // 40] = duration
    for lag, value in zip(pulse.LAGS, found, strict=True):
        shift = int(lag * 12)
        if shift >= len(grid):
            assert np.isnan(value)
        else:
            a, b = grid[:-shift], grid[shift:]
            assert value == pytest.approx(a @ b / np.sqrt((a @ a) * (b @ b)))
