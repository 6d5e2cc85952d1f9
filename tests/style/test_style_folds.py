"""Who takes part in a test of styles, and in which fold."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar import style
from ricercar.errors import ParameterError


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=30, max_size=60), st.integers(0, 5))
def test_variants_of_a_tune_share_a_fold(group, seed):
    pieces = pd.DataFrame({"group": [f"g{number}" for number in group]})
    pieces["piece"] = [f"p{number}" for number in range(len(group))]
    pieces["style"] = ["jig" if number % 2 else "reel" for number in group]
    if style.eligible(pieces, 2, 5)["kept"].sum() < 2:
        return
    dealt = style.assign_folds(pieces, folds=2, min_pieces=5, seed=seed)
    assert (dealt.groupby("group")["fold"].nunique() == 1).all()
    assert set(dealt["piece"]) == set(pieces["piece"])


def test_each_fold_has_a_share_of_each_style(world):
    pieces, _ = world()
    pieces["group"] = [f"g{number // 4}" for number in range(len(pieces))]
    dealt = style.assign_folds(pieces, folds=4, min_pieces=10)
    assert sorted(dealt["fold"].unique()) == [0, 1, 2, 3]
    assert (pd.crosstab(dealt["style"], dealt["fold"]) > 0).all(axis=None)


def test_small_and_unknown_styles_are_left_out_with_a_reason(world):
    pieces, _ = world()
    extra = pd.DataFrame(
        {
            "piece": ["x", "y", *[f"z{k}" for k in range(12)]],
            "style": ["air", "other", *["march"] * 12],
            "group": ["x", "y", *["one"] * 12],
        }
    )
    table = style.eligible(pd.concat([pieces, extra]), folds=4, min_pieces=10).set_index("style")
    assert table["reason"].to_dict() == {
        "air": "fewer than 10 pieces",
        "jig": "",
        "march": "fewer than 4 groups",
        "other": "style unknown",
        "reel": "",
    }
    assert table.index[table["kept"]].tolist() == ["jig", "reel"]


def test_one_style_or_a_tiny_catalogue_cannot_be_tested(world):
    pieces, _ = world()
    with pytest.raises(ParameterError, match=r"1 style.*two are needed: collect more"):
        style.assign_folds(pieces[pieces["style"] == "jig"], folds=4, min_pieces=10)
    with pytest.raises(ParameterError, match=r"0 style.*lower min_pieces"):
        style.assign_folds(pieces.head(4))
    with pytest.raises(ParameterError, match=r"0 style"):
        style.assign_folds(pieces.head(0))


def test_collections_become_folds():
    rows = [
        (f"{style_}{home}{k}", style_, f"{style_}{home}{k}", home)
        for style_, homes in (("jig", "pq"), ("reel", "pqr"), ("air", "p"))
        for home in homes
        for k in range(3)
    ]
    pieces = pd.DataFrame(rows, columns=["piece", "style", "group", "collection"])
    dealt = style.assign_collections(pieces, min_pieces=3)
    assert sorted(dealt["style"].unique()) == ["jig", "reel"]
    assert dealt.set_index("piece").loc[["jigp0", "jigq0", "reelr0"], "fold"].tolist() == [0, 1, 2]
    # a tune that stands in two collections would be known: it goes, and jigs in q are too few then
    pieces.loc[pieces["piece"].isin(["jigp0", "jigq0"]), "group"] = "shared"
    assert style.assign_collections(pieces, min_pieces=3).empty
    left = style.assign_collections(pieces, min_pieces=2)
    assert not left["piece"].isin(["jigp0", "jigq0"]).any()


def test_one_collection_leaves_nothing_to_ask(world):
    pieces, _ = world()
    assert style.assign_collections(pieces.assign(collection="mine"), min_pieces=3).empty
