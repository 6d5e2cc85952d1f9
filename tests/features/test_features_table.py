"""The features table as a whole: order, transposition, standardising."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar import features, tables
from ricercar.errors import TableError
from ricercar.features import ragged

NOTE = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.integers(0, 3),
    st.integers(0, 40).map(lambda x: 60 * x),
    st.sampled_from([60, 80, 120, 160, 240, 360, 480, 720, 1920]),
    st.integers(0, 127),
)


def frame(cells):
    return pd.DataFrame(cells, columns=["piece", "part", "onset", "duration", "pitch"])


def catalogue(meters=("4/4", "6/8", None)):
    return pd.DataFrame(
        {"piece": ["a", "b", "c"], "meter": pd.Series(meters, dtype="str"), "pickup": [0, 240, 0]}
    )


@settings(max_examples=12, deadline=None)
@given(st.lists(NOTE, min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_the_notes_does_not_matter(cells, random):
    notes = frame(sorted(set(cells)))
    shuffled = notes.sample(frac=1, random_state=random.randrange(1000))
    pd.testing.assert_frame_equal(
        features.extract(catalogue(), notes), features.extract(catalogue(), shuffled)
    )


@settings(max_examples=15, deadline=None)
@given(st.lists(NOTE, min_size=1, max_size=30), st.integers(-5, 5))
def test_transposition_changes_only_the_height(cells, shift):
    notes = frame([(*cell[:4], cell[4] % 100 + 10) for cell in cells])
    before = features.extract(catalogue(), notes).drop(columns=["piece", "melody.mean_pitch"])
    moved = notes.assign(pitch=notes["pitch"] + shift)
    after = features.extract(catalogue(), moved).drop(columns=["piece", "melody.mean_pitch"])
    pd.testing.assert_frame_equal(before, after, atol=1e-6)


def test_the_table_is_valid_and_in_the_order_of_the_pieces():
    pieces = catalogue().iloc[::-1]
    table = features.extract(pieces, frame([("b", 0, 0, 480, 60), ("unknown", 0, 0, 480, 61)]))
    assert table["piece"].tolist() == ["c", "b", "a"]
    assert tables.validate("features", table).shape == (3, 1 + len(features.describe()))
    assert table.loc[1, "melody.pitch_range"] == 0
    of_notes = [name for name, known in features.REGISTRY.items() if "notes" in known.needs]
    assert table.loc[[0, 2], of_notes].isna().all(axis=None)
    assert table.loc[[0, 2], "rhythm.bar_length"].isna().tolist() == [True, False]


def test_no_pieces_give_no_rows():
    assert len(features.extract(catalogue().head(0), frame([]))) == 0


def test_a_catalogue_measured_in_blocks_has_the_same_values(real, monkeypatch):
    pieces, notes = real
    pieces = pieces.sample(frac=1, random_state=1)
    whole = features.extract(pieces, notes.sample(frac=1, random_state=2))
    monkeypatch.setattr(features, "BLOCK", 4)
    pd.testing.assert_frame_equal(whole, features.extract(pieces, notes), atol=1e-12)
    with pytest.raises(TableError, match="more than once"):
        features.extract(pd.concat([pieces, pieces]), notes)


def test_a_piece_named_twice_is_refused():
    with pytest.raises(TableError, match="'a' more than once"):
        features.extract(pd.concat([catalogue(), catalogue()]), frame([]))


def test_every_feature_is_described():
    described = features.describe()
    assert len(described) >= 120
    assert described.groupby("family").size().ge([40, 48, 42]).all()
    assert described["feature"].is_unique
    assert (described["definition"].str.len() > 10).all()
    assert not described["definition"].str.contains("Unit:").any()
    assert set(described["family"]) == {"melody", "rhythm", "harmony"}
    assert set(features.meter_free) < set(described["feature"])
    assert "rhythm.bar_length" not in features.meter_free


def test_standardised_features_have_mean_0_and_deviation_1():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"piece": list("abcd"), "melody.gap_fill": rng.random(4)})
    z = features.standardise(table)["melody.gap_fill"]
    assert z.mean() == pytest.approx(0)
    assert z.std(ddof=0) == pytest.approx(1)


def test_standardising_by_another_table():
    reference = pd.DataFrame(
        {"melody.gap_fill": [0.0, 2.0, np.nan], "rhythm.npvi": [5.0, 5.0, 5.0]}
    )
    table = pd.DataFrame({"piece": ["x"], "melody.gap_fill": [3.0], "rhythm.npvi": [7.0]})
    z = features.standardise(table, reference)
    assert z.columns.tolist() == table.columns.tolist()
    assert z["melody.gap_fill"].item() == pytest.approx(2)
    assert z["rhythm.npvi"].item() == 0
    with pytest.raises(TableError, match=r"lacks rhythm\.npvi"):
        features.standardise(table, reference[["melody.gap_fill"]])


def test_quantile_agrees_with_numpy():
    rng = np.random.default_rng(1)
    piece, value = rng.integers(0, 5, 200), rng.normal(size=200)
    for q in (0, 0.1, 0.5, 0.9, 1):
        expected = [np.quantile(value[piece == k], q) for k in range(5)]
        np.testing.assert_allclose(ragged.quantile(piece, 5, value, q), expected)


def test_entropy_and_correlation_agree_with_direct_computation():
    rng = np.random.default_rng(2)
    piece, symbol, other = rng.integers(0, 3, 90), rng.integers(-4, 4, 90), rng.normal(size=90)
    for k in range(3):
        _, count = np.unique(symbol[piece == k], return_counts=True)
        share = count / count.sum()
        assert ragged.entropy(piece, 3, symbol)[k] == pytest.approx(-(share * np.log2(share)).sum())
        expected = np.corrcoef(symbol[piece == k], other[piece == k])[0, 1]
        assert ragged.correlation(piece, 3, symbol, other)[k] == pytest.approx(expected)
