import numpy as np
import pandas as pd
import scipy.sparse as sp

from ricercar import recommend, tables
from ricercar.recommend import lists

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
