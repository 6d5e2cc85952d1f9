import numpy as np
import pytest

from ricercar.assess import bootstrap
from ricercar.errors import ParameterError


def test_interval_of_equal_values_is_a_point():
    assert bootstrap.interval([3.0] * 10) == (3.0, 3.0, 3.0)


def test_missing_units_are_left_out_and_never_counted_as_zero():
    assert bootstrap.interval([4.0, np.nan, 4.0]) == (4.0, 4.0, 4.0)


@pytest.mark.parametrize("values", [[], [np.nan]])
def test_nothing_known_is_nan(values):
    assert np.isnan(bootstrap.interval(values)).all()


def test_one_unit_has_a_value_but_no_interval():
    value, low, high = bootstrap.interval([5.0])
    assert value == 5.0 and np.isnan([low, high]).all()


def test_interval_of_a_mean_agrees_with_theory():
    values = np.random.default_rng(0).normal(size=400)
    value, low, high = bootstrap.interval(values, n=4000)
    half = 1.96 * values.std() / 20
    assert low == pytest.approx(value - half, abs=0.01)
    assert high == pytest.approx(value + half, abs=0.01)


def test_ninety_five_of_a_hundred_intervals_hold_the_truth():
    rng = np.random.default_rng(1)
    held = 0
    for seed in range(200):
        _, low, high = bootstrap.interval(rng.normal(size=50), n=300, seed=seed)
        held += low <= 0 <= high
    assert 0.88 <= held / 200 <= 0.99


def test_same_seed_same_interval_in_blocks_too(monkeypatch):
    values = np.random.default_rng(2).random(100)
    whole = bootstrap.interval(values, seed=5)
    assert whole == bootstrap.interval(values, seed=5)
    assert whole != bootstrap.interval(values, seed=6)
    monkeypatch.setattr(bootstrap, "_BLOCK", 1500)
    in_blocks = bootstrap.interval(values, np.median, n=101, seed=5)
    assert in_blocks[1] <= in_blocks[0] <= in_blocks[2]


def test_ratio_pools_the_chances_of_long_and_short_pieces():
    value, low, high = bootstrap.ratio([1, 0], [1, 99])
    assert value[0] == pytest.approx(0.01)
    assert low[0] == 0 and high[0] == 1


def test_ratio_without_a_chance_is_nan_and_with_one_unit_has_no_bounds():
    value, low, high = bootstrap.ratio([[0, 2], [0, 0]], [[0, 4], [0, 0]])
    assert np.isnan(value[0]) and value[1] == 0.5
    assert np.isnan([low, high]).all()


def test_ratio_of_no_units():
    value, low, high = bootstrap.ratio(np.zeros((0, 3)), np.zeros((0, 3)))
    assert len(value) == 3 and np.isnan([value, low, high]).all()


def test_paired_difference_is_narrower_than_the_spread_of_either_side():
    rng = np.random.default_rng(3)
    level = rng.normal(0, 10, 200)
    value, low, high = bootstrap.paired_difference(level + 1 + rng.normal(0, 0.1, 200), level)
    assert low > 0.9 and high < 1.1 and low < value < high


def test_pairs_of_unequal_length_are_refused():
    with pytest.raises(ParameterError, match="equal length"):
        bootstrap.paired_difference([1, 2], [1])


def test_sign_flips_of_three_pairs_are_those_counted_by_hand():
    # differences 1, 1, 1: of eight sign patterns two are as far from 0
    p = bootstrap.sign_flip_test([1, 1, 1], [0, 0, 0], n=20_000)
    assert p == pytest.approx(0.25, abs=0.01)


def test_sign_flip_test_rejects_a_true_null_at_its_level():
    rng = np.random.default_rng(4)
    p = [bootstrap.sign_flip_test(rng.normal(size=30), np.zeros(30), n=199) for _ in range(200)]
    assert np.mean(np.array(p) <= 0.05) < 0.11


def test_sign_flip_test_without_pairs_is_nan():
    assert np.isnan(bootstrap.sign_flip_test([np.nan], [1.0]))


def test_holm_by_hand():
    assert bootstrap.holm([0.5, 0.001, 0.02]).tolist() == pytest.approx([0.5, 0.003, 0.04])


def test_holm_never_falls_below_an_earlier_step_nor_above_one():
    corrected = bootstrap.holm([0.4, 0.5, np.nan, 0.45])
    assert corrected[[0, 1, 3]].tolist() == [1.0, 1.0, 1.0] and np.isnan(corrected[2])
