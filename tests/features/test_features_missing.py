"""Every missing value has its reason."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar import features
from ricercar.errors import TableError
from ricercar.features import missing
from ricercar.features.registry import NEEDS, REGISTRY, Feature
from ricercar.features.score import Score

NOTE = st.tuples(
    st.sampled_from(["a", "b", "c"]),
    st.integers(0, 3),
    st.integers(0, 40).map(lambda x: 60 * x),
    st.sampled_from([1, 60, 80, 120, 160, 240, 360, 480, 720, 1920]),
    st.integers(0, 127),
)


def catalogue():
    return pd.DataFrame(
        {
            "piece": ["a", "b", "c"],
            "meter": pd.Series(["4/4", "6/8", None], dtype="str"),
            "meter_changes": pd.Series(["960 3/4; 2400 7/8", None, None], dtype="str"),
            "pickup": [0, 240, 0],
        }
    )


def frame(cells):
    return pd.DataFrame(cells, columns=["piece", "part", "onset", "duration", "pitch"])


def check(pieces, notes):
    """The table's invariants; returns it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = features.extract(pieces, notes)
    fulfilled = missing.met(Score(pieces, notes))
    wrong = []
    for name, known in REGISTRY.items():
        values = table[name]
        wrong += [
            f"{name} without {need}"
            for need in known.needs
            if values[~fulfilled[need]].notna().any()
        ]
        found = values.dropna()
        if not (np.isfinite(found) & found.between(known.low - 1e-9, known.high + 1e-9)).all():
            wrong.append(f"{name} is {found.min()} to {found.max()}")
    assert not wrong
    return table


def test_real_pieces_keep_the_rules(real):
    pieces, notes = real
    table = check(pieces, notes)
    tunes = ~pieces["piece"].str.startswith("bwv")
    assert table.loc[tunes, features.families["harmony"]].isna().all(axis=None)
    assert table.loc[~tunes, "harmony.voice_count"].eq(4).all()
    why = features.reasons(pieces, notes, table)
    harmony = why["feature"].str.startswith("harmony.") & why["piece"].isin(pieces["piece"][tunes])
    assert set(why.loc[harmony, "reason"]) == {NEEDS["voices"]}


@settings(max_examples=20, deadline=None)
@given(st.lists(NOTE, max_size=25))
def test_odd_pieces_keep_the_rules(cells):
    check(catalogue(), frame(cells))


ODD = {
    "nothing": [],
    "one note": [("a", 0, 0, 480, 60)],
    "one chord": [("a", 0, 0, 480, pitch) for pitch in (60, 64, 67)],
    "one pitch": [("a", 0, 480 * k, 480, 60) for k in range(8)],
    "all twelve": [("c", 0, 480 * k, 480, 60 + k) for k in range(12)],
    "the same note twice": [("a", 0, 0, 480, 60)] * 2,
    "two parts that never meet": [("b", k % 2, 240 * k, 240, 60 + k) for k in range(12)],
    "extreme pitches": [("b", 0, 240 * k, 240, 127 * (k % 2)) for k in range(12)],
    "twenty parts": [("c", k, 0, 960, 40 + k) for k in range(20)],
    "a late beginning": [("a", 0, 19200 + 240 * k, 240, 60 + k) for k in range(6)],
}


@pytest.mark.parametrize("cells", ODD.values(), ids=ODD.keys())
def test_named_odd_pieces_keep_the_rules(cells):
    pieces, notes = catalogue(), frame(cells)
    table = check(pieces, notes)
    why = features.reasons(pieces, notes, table)
    assert len(why) == table.drop(columns="piece").isna().sum().sum()
    assert why["reason"].str.len().gt(5).all()


def test_the_first_unmet_need_is_the_reason(monkeypatch):
    known = Feature(
        "melody.step_share", "melody", "share", 0, 1, False, "", "", ("meter", "intervals"),
        "too plain", lambda score: np.full(score.n, np.nan),
    )  # fmt: skip
    monkeypatch.setitem(REGISTRY, "melody.step_share", known)
    notes = frame(
        [("a", 0, 0, 480, 60), ("c", 0, 0, 480, 60)] + [("b", 0, k, 9, 60) for k in (0, 9)]
    )
    table = pd.DataFrame({"piece": ["a", "b", "c"], "melody.step_share": np.nan})
    why = features.reasons(catalogue(), notes, table)
    # in the order of NEEDS, not of the feature
    assert why["reason"].tolist() == [NEEDS["intervals"], "too plain", NEEDS["intervals"]]
    assert why["piece"].tolist() == ["a", "b", "c"]


def test_a_summary_counts_features_pieces_and_values():
    notes = frame([("a", 0, 0, 480, 60)])
    pieces = catalogue().head(2)
    table = features.extract(pieces, notes)[["piece", "melody.step_share", "melody.pitch_range"]]
    short = missing.summary(features.reasons(pieces, notes, table))
    assert short.values.tolist() == [
        ["melody", NEEDS["notes"], 2, 1, 2],
        ["melody", NEEDS["intervals"], 1, 1, 1],
    ]


def test_a_whole_table_has_no_reasons():
    table = pd.DataFrame({"piece": ["a", "b", "c"], "melody.step_share": 0.5})
    why = features.reasons(catalogue(), frame([]), table)
    assert why.empty
    assert missing.summary(why).empty


def test_the_table_of_other_pieces_is_refused():
    table = pd.DataFrame({"piece": ["a", "c", "b"], "melody.step_share": np.nan})
    with pytest.raises(TableError, match="different pieces"):
        features.reasons(catalogue(), frame([]), table)
