import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from test_recommenders_contract import COLD, HALF, SIDE, features, make, world

from ricercar import recommend, tables
from ricercar.recommend import lists, reranked

HEARD = sp.csr_array([[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
PIECES = pd.DataFrame({"title": ["A", "B", "C", "<D>"], "style": ["reel", "reel", "jig", "air"]})
FEATURES = np.array([[1.0, 0.0], [1.0, 0.2], [1.0, -1.0], [-1.0, 1.0]])


def test_every_listener_gets_a_valid_list_as_long_as_there_are_pieces_left():
    model = recommend.create("item_knn").fit(HEARD)
    table = lists.recommendations(model, "item_knn", ["l", "m", "n"], list("abcd"), 3, HEARD)
    table = tables.validate("recommendations", table)
    found = table.groupby("listener")["piece"].agg("".join).to_dict()
    assert found == {"l": "cd", "m": "d", "n": "abc"}
    assert table.groupby("listener")["rank"].agg(list)["n"] == [1, 2, 3]


def test_reasons_name_heard_pieces_and_liked_features():
    model = recommend.create("item_knn").fit(HEARD)
    content = recommend.create("content", features=FEATURES).fit(HEARD)
    table = lists.explained(model, content, 0, PIECES, ["speed", "range"], 2, HEARD)
    assert table["title"].tolist() == ["C", "<D>"]
    assert table.loc[0, "because you played"] == "A (reel); B (reel)"
    assert table.loc[0, "and because you like"] == "high speed"
    assert table.loc[1, "because you played"] == "(0 listeners like it)"


def test_a_cold_listener_is_told_that_it_is_popular():
    model = recommend.create("ease").fit(HEARD)
    content = recommend.create("content", features=FEATURES).fit(HEARD)
    table = lists.explained(model, content, 2, PIECES, ["speed", "range"], 1, HEARD)
    assert table.iloc[0].tolist() == [1, "A", "reel", "(2 listeners like it)", "–"]


def every_kind(name):
    """A recommender by name, or the reranked form of one."""
    if name == "reranked":
        return reranked.Reranked(make("ease"), reranked.by_popularity())
    return make(name)


every_model = pytest.mark.parametrize("name", [*recommend.models(), "reranked"])
NAMES = ["side", "own a", "own b", "own c"]
WORLD = pd.DataFrame({"title": [f"T{i}" for i in range(2 * HALF)], "style": SIDE.astype(str)})


@every_model
def test_nothing_is_left_for_a_listener_who_has_heard_everything(name):
    train = world().tolil()
    train[[0, COLD]] = 1.0
    train = train.tocsr()
    model = every_kind(name).fit(train)
    content = recommend.create("content", features=features()).fit(train)
    items, scores = model.recommend([0, COLD], 5, train)
    assert (items == -1).all() and np.isnan(scores).all()
    told = lists.explained(model, content, 0, WORLD, NAMES, 5, train)
    assert len(told) == 0 and told.columns[-1] == "and because you like"


@every_model
def test_after_training_on_everything_there_are_empty_lists(name):
    everything = sp.csr_array(np.ones((6, 2 * HALF)))
    model = every_kind(name).fit(everything)
    content = recommend.create("content", features=features()).fit(everything)
    why = lists.Reasons(content, WORLD["title"], NAMES)
    people, pieces = list("abcdef"), list(WORLD["title"])
    table = lists.recommendations(model, name, people, pieces, 5, everything, why)
    assert len(tables.validate("recommendations", table)) == 0


@every_model
def test_every_recommended_piece_carries_a_reason(name):
    train = world()
    model = every_kind(name).fit(train)
    content = recommend.create("content", features=features()).fit(train)
    why = lists.Reasons(content, WORLD["title"], NAMES)
    people = [f"l{row}" for row in range(train.shape[0])]
    table = lists.recommendations(model, name, people, list(WORLD["title"]), 2, train, why)
    table = tables.validate("recommendations", table)
    own = table[(table["listener"] == "l0") & (table["piece"] == "T0")]["reason"]
    if name == "most_popular":
        assert own.str.startswith("because you like low side").all()
    elif len(model.because(0, 0)):
        assert own.str.match(r"because you played T1?\d and T1?\d$").all() and len(own)
    else:
        assert own.str.startswith("because you like low side").all() and len(own)
    cold = table[table["listener"] == f"l{COLD}"]
    assert cold["reason"].tolist() == [
        "because 22 listeners like it",
        "because 19 listeners like it",
    ]
    told = lists.explained(model, content, 0, WORLD, NAMES, 2, train)
    first = told.iloc[0]
    assert first["because you played"] and first["and because you like"].startswith("low side")


def test_where_a_model_has_no_single_pieces_it_says_what_a_piece_sounds_like():
    model = recommend.create("most_popular").fit(HEARD)
    content = recommend.create("content", features=FEATURES).fit(HEARD)
    table = lists.explained(model, content, 0, PIECES, ["speed", "range"], 2, HEARD)
    # the profile is (1, .1): C is (1, -1)
    assert table["because you played"].tolist() == [
        "(sounds like A (reel); B (reel))",
        "(0 listeners like it)",
    ]
    why = lists.Reasons(content, list("ABCD"), ["speed", "range"])
    said = [why.sentence(model, 0, item) for item in (2, 3)]
    assert said == ["because you like high speed", "because you like high range"]


def test_without_styles_and_features_a_list_says_what_it_can():
    model = recommend.create("item_knn").fit(HEARD)
    bare = PIECES.assign(style=None)
    table = lists.explained(model, None, 0, bare, [], 1, HEARD)
    assert list(table.columns) == ["rank", "title", "because you played"]
    assert "(reel)" not in table["because you played"].iloc[0]
    cold = lists.explained(model, None, 2, bare, [], 1, HEARD)
    assert cold["because you played"].tolist() == ["(2 listeners like it)"]
