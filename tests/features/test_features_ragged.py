"""Statistics of groups against direct computation."""

import numpy as np
import pytest

from ricercar.features import ragged


def test_counts_hold_symbols_of_any_size():
    rng = np.random.default_rng(0)
    piece, symbol = rng.integers(0, 4, 200), rng.integers(-3, 3, 200)
    for scale in (1, 2**61):  # narrow enough to be packed with the piece, and not
        owner, kind, count = ragged.counts(piece, symbol * scale)
        expected = [
            (int(k), int(s) * scale, float(((piece == k) & (symbol == s)).sum()))
            for k in range(4)
            for s in np.unique(symbol[piece == k])
        ]
        assert list(zip(owner.tolist(), kind.tolist(), count.tolist(), strict=True)) == expected


def test_extremes_agree_with_numpy():
    rng = np.random.default_rng(1)
    piece, value = np.sort(rng.integers(0, 5, 60)), rng.normal(size=60)
    least, greatest = ragged.extremes(piece, 6, value)
    for k in range(5):
        assert least[k] == value[piece == k].min()
        assert greatest[k] == value[piece == k].max()
    assert np.isnan(least[5])
    assert np.isnan(greatest[5])


def test_conditional_entropy_is_that_of_the_table_of_pairs():
    rng = np.random.default_rng(2)
    before, after = rng.integers(-2, 3, 80), rng.integers(0, 4, 80)
    expected = 0.0
    for symbol in np.unique(before):
        share = np.unique(after[before == symbol], return_counts=True)[1] / (before == symbol).sum()
        expected -= (before == symbol).mean() * (share * np.log2(share)).sum()
    found = ragged.conditional_entropy(np.zeros(80, dtype=int), 1, before, after)
    assert found.item() == pytest.approx(expected)


def test_sets_recur_whatever_stood_between_and_only_within_a_piece():
    piece = np.array([0, 0, 0, 1, 1, 1])
    group = np.array([0, 1, 3, 3, 4, 5])
    rows = np.array([7, 8, 7, 7, 8, 9])
    np.testing.assert_allclose(ragged.recurring_sets(piece, 3, group, rows), [1 / 3, 0, np.nan])


def test_groups_of_nothing():
    none = np.zeros(0, dtype=int)
    assert ragged.starts(none).tolist() == ragged.ends(none).tolist() == []
    assert [part.tolist() for part in ragged.place(none)] == [[], []]
    assert np.isnan(ragged.recurring_sets(none, 2, none, none)).all()
    assert np.isnan(ragged.extremes(none, 2, none)).all()
