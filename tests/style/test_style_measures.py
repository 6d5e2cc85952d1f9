"""Scores, calibration, abstention and tests, against values worked by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar import style
from ricercar.errors import ParameterError


def told(kinds, named, probability=None, group=None, model="m", arm="a"):
    """Predictions of one model; probability is that of each style, jig and reel."""
    ids = [f"p{number:02d}" for number in range(len(kinds))]
    table = pd.DataFrame({"arm": arm, "model": model, "piece": ids, "style": kinds})
    table["group"], table["predicted"] = group or ids, named
    if probability is not None:
        table[["p.jig", "p.reel"]] = probability
    return table


def value(predictions, measure):
    return style.scores(predictions, measure)["value"].item()


def test_balanced_accuracy_weighs_styles_not_pieces():
    predictions = told(["jig"] * 8 + ["reel"] * 2, ["jig"] * 9 + ["reel"])
    assert value(predictions, "balanced accuracy") == pytest.approx((1 + 0.5) / 2)
    recalls = style.recall(predictions).set_index("style")
    assert recalls["value"].to_dict() == {"jig": 1.0, "reel": 0.5}
    assert recalls["n"].to_dict() == {"jig": 8, "reel": 2}
    table = style.confusion(predictions, "a", "m")
    assert table.loc["reel", "jig"] == 1
    assert table.to_numpy().sum() == 10


def test_macro_f1_by_hand():
    # jig: 3 right, 1 reel called jig; reel: 1 right of 2
    predictions = told(["jig"] * 3 + ["reel"] * 2, ["jig"] * 4 + ["reel"])
    assert value(predictions, "macro F1") == pytest.approx((6 / 7 + 2 / 3) / 2)


def test_log_loss_by_hand():
    predictions = told(
        ["jig", "jig", "reel"], ["jig", "reel", "reel"], [[0.5, 0.5], [0.25, 0.75], [0, 1]]
    )
    assert value(predictions, "log loss") == pytest.approx((np.log(2) + np.log(4)) / 2 / 2)


def test_calibration_by_hand():
    # jigs: .9 right, .9 wrong; reels: .6 right, .6 right, each style half the weight
    predictions = told(
        ["jig", "jig", "reel", "reel"],
        ["jig", "reel", "reel", "reel"],
        [[0.9, 0.1], [0.1, 0.9], [0.4, 0.6], [0.4, 0.6]],
    )
    # bin .9: weight 1/2, right 1/2, so off by .4; bin .6: right 1, off by .4
    assert value(predictions, "calibration error") == pytest.approx(0.4)
    table = style.reliability(predictions)
    assert table["confidence"].tolist() == pytest.approx([0.6, 0.9])
    assert table["value"].tolist() == pytest.approx([1.0, 0.5])
    assert table["n"].tolist() == [2, 2]


def test_calibration_of_equal_bins_weighs_styles():
    # one bin: the only jig is right, one of three reels
    predictions = told(["jig", *["reel"] * 3], ["jig", "reel", "jig", "jig"], [[0.7, 0.3]] * 4)
    table = style.reliability(predictions)
    assert table["value"].item() == pytest.approx((1 + 1 / 3) / 2)
    assert value(predictions, "calibration error") == pytest.approx(abs(0.7 - 2 / 3))


def test_a_perfect_classifier():
    kinds = ["jig", "reel"] * 6
    sure = [[1.0, 0.0], [0.0, 1.0]] * 6
    predictions = told(kinds, kinds, sure)
    for measure, best in zip(style.MEASURES, (1, 1, 0, 0), strict=True):
        row = style.scores(predictions, measure).iloc[0]
        assert row["value"] == row["low"] == row["high"] == best
    assert (style.abstention(predictions)["value"] == 1).all()
    again = predictions.assign(model="other")
    tests = style.mcnemar(pd.concat([predictions, again]))
    assert tests[["only first", "only second"]].to_numpy().tolist() == [[0, 0]]
    assert tests["p (Holm)"].item() == 1.0


def test_leaving_out_the_unsure_half():
    predictions = told(
        ["jig", "jig", "reel", "reel"],
        ["jig", "reel", "reel", "jig"],
        [[0.9, 0.1], [0.4, 0.6], [0.1, 0.9], [0.6, 0.4]],
    )
    table = style.abstention(predictions, steps=2)
    assert table["coverage"].tolist() == [0.5, 1.0]
    assert table["threshold"].tolist() == [0.9, 0.6]
    assert table["value"].tolist() == [1.0, 0.5]
    assert table["n"].tolist() == [2, 4]


kinds_and_names = st.lists(
    st.tuples(st.sampled_from(["jig", "reel"]), st.floats(0, 1)), min_size=6, max_size=30
)


@settings(max_examples=15, deadline=None)
@given(kinds_and_names)
def test_answering_everything_is_balanced_accuracy(rows):
    kinds = [kind for kind, _ in rows]
    probability = np.array([[p, 1 - p] for _, p in rows])
    named = np.where(probability[:, 0] >= 0.5, "jig", "reel")
    predictions = told(kinds, named, probability)
    everything = style.abstention(predictions, steps=3, n_bootstrap=20).iloc[-1]
    assert everything["coverage"] == pytest.approx(1)
    assert everything["value"] == pytest.approx(value(predictions, "balanced accuracy"))
    for measure in style.MEASURES:
        row = style.scores(predictions, measure, n_bootstrap=50).iloc[0]
        assert row["low"] <= row["high"]
        assert row["value"] >= 0
    assert value(predictions, "calibration error") <= 1


def test_groups_are_drawn_not_pieces():
    # twenty pieces in two groups, one right and one wrong: a draw is all, half or nothing
    kinds, named = ["jig"] * 20, ["jig"] * 10 + ["reel"] * 10
    few = style.scores(told(kinds, named, group=["a"] * 10 + ["b"] * 10)).iloc[0]
    many = style.scores(told(kinds, named)).iloc[0]
    assert (few["low"], few["high"]) == (0, 1)
    assert 0.2 < many["low"] < many["high"] < 0.8


def test_a_paired_difference_is_sharper_than_two_intervals():
    kinds = ["jig", "reel"] * 20
    first = told(kinds, ["jig"] * 40)
    second = first.assign(predicted=["jig", "reel", *["jig"] * 38])
    gap = style.difference(first, second.sample(frac=1, random_state=0))
    assert gap["value"] == pytest.approx(1 / 40)
    assert 0 <= gap["low"] < gap["high"] < 0.1
    assert (gap["first"], gap["second"]) == (0.5, pytest.approx(0.525))
    with pytest.raises(ParameterError, match="same pieces"):
        style.difference(first, second.head(10))


def test_mcnemar_counts_the_pieces_on_which_models_disagree():
    kinds = ["jig"] * 8
    named = {"one": ["jig"] * 8, "two": ["jig"] * 2 + ["reel"] * 6, "three": ["jig"] * 8}
    frames = [told(kinds, names, model=model) for model, names in named.items()]
    tests = style.mcnemar(pd.concat(frames)).set_index(["first", "second"])
    # six of six disagreements go one way: 2 / 2**6; three tests, two of them as strong
    assert tests.loc[("one", "two"), "p"] == pytest.approx(2 / 64)
    assert tests.loc[("one", "two"), "p (Holm)"] == pytest.approx(6 / 64)
    assert tests.loc[("one", "three"), "p (Holm)"] == 1
    assert tests.loc[("two", "three"), ["only first", "only second"]].tolist() == [0, 6]


def test_mcnemar_compares_models_of_different_arms_on_the_same_pieces_only():
    first, second = told(["jig"] * 4, ["jig"] * 4), told(["jig"] * 4, ["reel"] * 4, arm="b")
    tests = style.mcnemar(pd.concat([first, second]))
    assert tests[["first", "second"]].to_numpy().tolist() == [["m (a)", "m (b)"]]
    with pytest.raises(ParameterError, match="equal pieces"):
        style.mcnemar(pd.concat([first, second.head(3)]))


def test_unknown_measures_are_refused():
    with pytest.raises(ParameterError, match="known: balanced accuracy"):
        style.scores(told(["jig"], ["jig"]), "accuracy")
