"""Ranking metrics worked by hand, models side by side, and a published row reproduced."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from ricercar import recommend, workspace
from ricercar.assess import (
    accuracy,
    comparison,
    effects,
    group_gaps,
    model_ranks,
    ranking,
)
from ricercar.errors import ParameterError
from ricercar.recommend.ranks import best


class Fixed:
    """A model that always gives the same scores."""

    def __init__(self, scores):
        self.given = np.array(scores, dtype=float)

    def recommend(self, rows, n=10, exclude=None):
        scores = self.given[rows]
        if exclude is not None:
            scores[np.asarray(exclude.todense())[rows] != 0] = -np.inf
        return best(scores, n)


def shared_data() -> Path:
    named = os.environ.get("RICERCAR_SHARED_DATA")
    return Path(named) if named else workspace.project().parent / "shared" / "data"


def test_every_accuracy_metric_by_hand():
    hits = np.array([[1, 0, 1, 0], [0, 0, 0, 1]], dtype=bool)
    table = ranking.accuracy(hits, np.array([5, 1]), [3])
    dcg = 1 + 1 / np.log2(4)
    ideal = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    expected = {
        "recall_n@3": 2 / 5,
        "recall_min@3": 2 / 3,
        "precision@3": 2 / 3,
        "hit@3": 1.0,
        "rr@3": 1.0,
        "ap_n@3": (1 + 2 / 3) / 5,
        "ap_min@3": (1 + 2 / 3) / 3,
        "ndcg_min@3": dcg / ideal,
        "ndcg_retrieved@3": dcg / (1 + 1 / np.log2(3)),
        "ndcg_full@3": dcg / ideal,
    }
    assert table.iloc[0].to_dict() == pytest.approx(expected)
    assert (table.iloc[1] == 0).all()  # its only hit comes after the cutoff


def test_the_variants_differ_where_fewer_than_k_pieces_are_relevant():
    row = ranking.accuracy(np.array([[False, True, False]]), np.array([2]), [3]).iloc[0]
    dcg = 1 / np.log2(3)
    assert row["ndcg_min@3"] == pytest.approx(dcg / (1 + 1 / np.log2(3)))
    assert row["ndcg_retrieved@3"] == pytest.approx(dcg)
    assert row["ndcg_full@3"] == pytest.approx(dcg / (1 + 1 / np.log2(3) + 1 / 2))
    assert row["recall_n@3"] == row["recall_min@3"] == 1 / 2
    assert row["ap_n@3"] == row["ap_min@3"] == 1 / 4


def test_blocks_of_listeners_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    hits, n = rng.random((50, 20)) < 0.1, rng.integers(0, 30, 50)
    whole = ranking.accuracy(hits, n, [5, 20])
    monkeypatch.setattr(accuracy, "_BLOCK", 7)
    pd.testing.assert_frame_equal(ranking.accuracy(hits, n, [5, 20]), whole, check_exact=True)


def test_a_perfect_list_scores_one_and_an_empty_one_zero():
    table = ranking.accuracy(np.array([[True, True], [False, False]]), np.array([2, 2]), [2])
    assert (table.iloc[0] == 1).all()
    assert (table.iloc[1] == 0).all()


def test_nothing_relevant_is_undefined_not_zero():
    assert ranking.accuracy(np.array([[False]]), np.array([0]), [1, 5]).isna().all(axis=None)


def test_listeners_are_counted_as_evaluated_skipped_and_cold_and_repeats_are_left_out():
    train = sp.csr_array([[1, 0, 0, 0], [0, 0, 0, 0], [1, -1, 0, 0], [0, 1, 0, 0]])
    test = sp.csr_array([[1, 1, 0, 0], [0, 0, 1, 0], [1, 1, -1, 0], [0, 0, 0, 0]])
    result = ranking.evaluate(Fixed(np.zeros((4, 4))), train, test, [1, 2])
    assert result.listeners.tolist() == [0, 1]
    assert result.cold.tolist() == [False, True]
    assert (result.skipped, result.repeats) == (2, 3)
    assert result.lists.tolist() == [[1, 2], [0, 1]]  # ties: lower column first, seen left out
    table = comparison.summary(result, n=50).set_index("metric")
    assert table.loc["hit@1", ["value", "n"]].tolist() == [0.5, 2]
    counts = ["listeners_evaluated", "listeners_skipped", "listeners_cold", "repeats_left_out"]
    assert table.loc[counts, "value"].tolist() == [2, 2, 1, 3]
    assert table.loc["coverage@2", "value"] == 0.75


def evaluations(seed=0, listeners=200, gain=1.5):
    """A model that knows something, one that knows nothing, and a copy of the latter."""
    rng = np.random.default_rng(seed)
    test = sp.csr_array((rng.random((listeners, 50)) < 0.1).astype(float))
    train = sp.csr_array((listeners, 50))
    noise = rng.normal(size=(listeners, 50))
    scores = {"knows": noise + gain * test.toarray(), "guesses": noise, "also": noise}
    return {name: ranking.evaluate(Fixed(s), train, test, [10]) for name, s in scores.items()}


def test_only_the_real_difference_is_called_real():
    made = evaluations()
    assert comparison.best(made, "recall_n@10") == "knows"
    assert comparison.best(made, "recall_n@10", among=["also", "guesses"]) == "also"
    table = comparison.compare(made, ["guesses"], ["recall_n@10"], n=200).set_index("model")
    assert table["real"].to_dict() == {"knows": True, "also": False}
    assert table.loc["knows", "low"] > 0
    assert table.loc["also", ["difference", "low", "high"]].tolist() == [0, 0, 0]
    assert (table["p_holm"] >= table["p"]).all()


def test_two_references_meet_once_and_share_one_correction():
    made = evaluations()
    table = comparison.compare(made, ["guesses", "knows", "guesses"], ["recall_n@10"], n=200)
    pairs = list(zip(table["model"], table["reference"], strict=True))
    assert pairs == [("knows", "guesses"), ("also", "guesses"), ("also", "knows")]
    alone = comparison.compare(made, ["guesses"], ["recall_n@10"], n=200)
    assert (
        table.loc[0, "p"] == alone.loc[0, "p"] and table.loc[0, "p_holm"] > alone.loc[0, "p_holm"]
    )


def test_groups_are_measured_apart():
    made = evaluations()
    groups = pd.Series(pd.Categorical(["few", "many"] * 100, ["many", "few"]))
    table = comparison.by_group(made, groups, "hit@10", n=50)
    assert table["group"].tolist() == ["many", "few"] * 3
    whole = made["knows"].metrics["hit@10"].mean()
    parts = table[table["model"] == "knows"]
    assert np.average(parts["value"], weights=parts["n"]) == pytest.approx(whole)


def test_the_interval_of_coverage_holds_the_value_and_is_repeatable():
    made = evaluations()["guesses"]
    one, two = (comparison.summary(made, n=100, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    held = one.dropna(subset=["low"])
    assert held["metric"].str.startswith("gini").any()
    assert ((held["low"] <= held["value"]) & (held["value"] <= held["high"])).all()


def test_comparisons_need_the_same_listeners_and_a_known_reference():
    made = evaluations() | {"fewer": evaluations(listeners=100)["knows"]}
    with pytest.raises(ParameterError, match="different listeners"):
        comparison.compare(made, ["knows"], ["hit@10"], n=10)
    with pytest.raises(ParameterError, match="known"):
        comparison.compare(made, ["nobody"], ["hit@10"])
    with pytest.raises(ParameterError, match="no model 'nobody'; known: knows, guesses"):
        comparison.best(made, "hit@10", among=["nobody"])


def test_metrics_that_were_not_measured_are_answered_with_those_that_were():
    made = evaluations()
    groups = pd.Series(["a", "b"] * 100)
    asked = [
        lambda: comparison.compare(made, ["guesses"], ["ndcg@10"]),
        lambda: comparison.best(made, "ndcg@10"),
        lambda: comparison.by_group(made, groups, "ndcg@10"),
        lambda: effects.table(made, ["guesses"], ["ndcg@10"]),
        lambda: group_gaps.gaps(made, groups, "ndcg@10"),
        lambda: model_ranks.standing(made, "ndcg@10"),
    ]
    for ask in asked:
        with pytest.raises(ParameterError, match="no metric 'ndcg@10'; measured: .*ndcg_min@10"):
            ask()
    table = pd.DataFrame({"model": ["a"], "metric": "hit@10", "value": 1, "low": 1, "high": 1})
    with pytest.raises(ParameterError, match="measured: hit@10"):
        comparison.side_by_side(table, ["ndcg@10"])


def test_dense_matrices_are_evaluated_like_sparse_ones():
    train, test = np.array([[1, 1, 0], [0, 1, 1]]), np.array([[0, 0, 1], [1, 0, 0]])
    sparse, dense = (
        ranking.evaluate(recommend.create("item_knn").fit(kind(train)), kind(train), kind(test))
        for kind in (sp.csr_array, np.asarray)
    )
    pd.testing.assert_frame_equal(sparse.metrics, dense.metrics)


def test_repeats_may_be_allowed():
    train = sp.csr_array([[1, 0, -1], [0, 0, 0]])
    test = sp.csr_array([[1, 0, 1], [0, 0, 0]])
    model = Fixed([[3, 2, 1], [0, 0, 0]])
    again = ranking.evaluate(model, train, test, [1, 3], repeats=True)
    row = again.metrics.iloc[0]
    assert again.lists.tolist() == [[0, 1, 2]] and again.repeats == 0
    assert (row["recall_n@1"], row["recall_n@3"], row["repeat_share@3"]) == (0.5, 1.0, 2 / 3)
    with pytest.raises(ParameterError, match="anything new"):
        ranking.evaluate(model, train, test, [1])


def test_what_lies_beyond_accuracy_is_measured_for_the_listeners_of_the_lists():
    train = sp.csr_array([[1, 1, 0, 0], [2, 0, 0, 0], [0, 1, 0, 0]])
    test = sp.csr_array([[0, 0, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]])
    scores = [[0, 0, 0, 0], [0, 0, 2, 3], [1, 0, 0, 0]]
    styles = ["reel", "jig", "reel", "reel"]
    result = ranking.evaluate(Fixed(scores), train, test, [1], styles=styles)
    # listener 1 gets piece 3 (liked by none), where piece 1 is the most popular unheard one;
    # listener 2 gets piece 0 (liked by 2), which is the most popular one
    assert result.lists.tolist() == [[3], [0]]
    assert result.metrics["serendipity@1"].tolist() == [1.0, 0.0]
    assert result.metrics["popularity_lift@1"].tolist() == [-1.0, 0.0]
    assert result.metrics["style_js@1"].tolist() == [0.0, 1.0]
    assert result.metrics["style_kl@1"].round(2).tolist() == [0.0, 6.64]


def test_what_cannot_be_evaluated_is_refused():
    matrix = sp.csr_array(np.ones((2, 3)))
    with pytest.raises(ParameterError, match="cutoffs"):
        ranking.evaluate(Fixed(np.zeros((2, 3))), matrix, matrix, [0])
    with pytest.raises(ParameterError, match="anything new"):
        ranking.evaluate(Fixed(np.zeros((2, 3))), matrix, matrix, [1])
    with pytest.raises(ParameterError, match="align"):
        ranking.evaluate(Fixed(np.zeros((2, 3))), matrix, sp.csr_array((2, 4)), [1])


def read_lists(path: Path, shape: tuple[int, int]) -> sp.csr_array:
    """A line per listener: its number, then the numbers of what it met."""
    lines = path.read_text("utf-8").splitlines()
    lengths = np.array([line.count(" ") for line in lines])  # some lists are empty
    numbers = np.array(" ".join(lines).split(), dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(lengths + 1)[:-1]])
    rows = np.repeat(numbers[first], lengths)
    return sp.csr_array((np.ones(len(rows)), (rows, np.delete(numbers, first))), shape=shape)


@pytest.mark.slow
def test_most_popular_on_gowalla_gives_the_published_figures():
    folder = shared_data() / "gowalla"
    if not (folder / "train.txt").is_file():
        pytest.skip(
            f"the Gowalla data are not at {folder}: put train.txt and test.txt of the LightGCN "
            "split there, or name the folder above it in RICERCAR_SHARED_DATA"
        )
    train, test = (read_lists(folder / f"{part}.txt", (29858, 40981)) for part in ("train", "test"))
    assert (train.nnz, test.nnz) == (810128, 217242)
    model = recommend.create("most_popular").fit(train)
    means = ranking.evaluate(model, train, test, [20]).metrics.mean()
    assert round(means["recall_n@20"], 4) == 0.0416
    assert round(means["ndcg_min@20"], 4) == 0.0317
