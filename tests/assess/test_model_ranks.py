"""Models compared: effect sizes, average ranks, groups, gaps and what is said of them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from ricercar.assess import (
    comparison,
    effects,
    group_gaps,
    leading,
    listener_groups,
    model_ranks,
    verdicts,
)
from ricercar.assess.ranking import Evaluation
from ricercar.errors import ParameterError


def made(values, metric="hit@10", lists=None, pieces=4, cutoffs=(10,)):
    """An evaluation with given figures."""
    count = len(values)
    listed = np.full((count, max(cutoffs)), -1) if lists is None else np.array(lists)
    metrics = pd.DataFrame({metric: np.array(values, dtype=float)})
    cold = np.zeros(count, dtype=bool)
    return Evaluation(np.arange(count), cold, metrics, listed, pieces, 0, 0, tuple(cutoffs))


def four_models(listeners=300, seed=0):
    """Two good models that hardly differ, a middling one, and a bad one."""
    rng = np.random.default_rng(seed)
    base = rng.normal(size=listeners)
    good, fine, middling = base + 0.3 * rng.normal(size=(3, listeners))
    return {
        "bad": made(base - 1),
        "good": made(good + 0.5),
        "fine": made(fine + 0.5),
        "so-so": made(middling),
    }


def test_standardised_difference_by_hand():
    value, low, high = effects.standardised_difference([3, 5, 1, 7], [1, 1, 1, 1], n=500)
    difference = np.array([2, 4, 0, 6])
    assert value == pytest.approx(3 / np.sqrt(((difference - 3) ** 2).sum() / 3))
    assert low <= value <= high
    assert effects.standardised_difference([1, 2], [1, 2])[0] == 0
    assert effects.standardised_difference([0.1, 0.3], [0.2, 0.4])[0] == -np.inf
    assert np.isnan(effects.standardised_difference([1], [2])).all()


def test_the_interval_of_d_z_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    held = 0
    for seed in range(150):
        a = rng.normal(0.5, 1, 60)  # true d_z is 0.5
        _, low, high = effects.standardised_difference(a, np.zeros(60), n=300, seed=seed)
        held += low <= 0.5 <= high
    assert 0.87 <= held / 150 <= 0.99


@settings(max_examples=50, deadline=None)
@given(
    hnp.arrays(float, st.integers(1, 12), elements=st.integers(0, 4).map(float)),
    hnp.arrays(float, st.integers(1, 12), elements=st.integers(0, 4).map(float)),
)
def test_cliffs_delta_is_the_mean_sign_over_all_pairs(a, b):
    signs = np.sign(a[:, None] - b[None, :])
    assert effects.cliffs_delta(a, b) == pytest.approx(signs.mean(), abs=1e-12)
    assert effects.cliffs_delta(b, a) == pytest.approx(-signs.mean(), abs=1e-12)


def test_effects_leave_out_what_is_not_known():
    a, b = [1.0, np.nan, 3.0, 0.0], [0.0, 1.0, np.nan, 0.0]
    assert effects.superiority(a, b)["superiority"] == 0.75
    assert np.isnan(effects.superiority([np.nan], [1.0])["better"])
    assert np.isnan(effects.cliffs_delta([np.nan], [1.0]))
    assert effects.cliffs_delta(a, [np.nan, 2.0]) == pytest.approx((1 - 2) / 3)


def test_a_model_alone_is_compared_with_nobody():
    one = {"a": made([0.1, 0.2])}
    assert comparison.compare(one, ["a"], ["hit@10"]).empty
    assert list(effects.pairs(one, ["a", "a"], ["hit@10"])) == []


def test_the_table_of_effects_has_the_rows_of_the_comparison():
    models = four_models()
    table = effects.table(models, ["bad", "good"], ["hit@10"], n=100)
    tested = comparison.compare(models, ["bad", "good"], ["hit@10"], n=100)
    assert table[["model", "reference"]].equals(tested[["model", "reference"]])
    row = table.set_index(["model", "reference"]).loc[("good", "bad")]
    assert row["d_z"] > 0.8 and row["better"] > 0.9
    assert row[["better", "equal", "worse"]].sum() == pytest.approx(1)


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(float, st.tuples(st.integers(2, 15), st.integers(3, 6)),
                  elements=st.integers(0, 5).map(float)))  # fmt: skip
def test_friedman_is_that_of_scipy(values):
    statistic, p = model_ranks.friedman(model_ranks.listener_ranks(values))
    if (values == values[:, :1]).all():
        assert (statistic, p) == (0.0, 1.0)
        return
    theirs = stats.friedmanchisquare(*values.T)
    assert statistic == pytest.approx(theirs.statistic, abs=1e-9)
    assert p == pytest.approx(theirs.pvalue, abs=1e-9)


def test_nemenyi_distances_have_the_published_quantiles():
    """q at 5 % from Demsar's table 5(a)."""
    for models, q in {2: 1.960, 3: 2.343, 5: 2.728, 10: 3.164}.items():
        scale = np.sqrt(models * (models + 1) / (6 * 30))
        assert model_ranks.nemenyi_distance(models, 30) == pytest.approx(q * scale, abs=1e-3)


@pytest.mark.parametrize("test", model_ranks.TESTS)
def test_models_that_hardly_differ_form_a_group(test):
    found = model_ranks.standing(four_models(), "hit@10", test, n=200)
    assert set(found.ranks["model"][:2]) == {"good", "fine"}
    assert found.ranks["model"][2:].tolist() == ["so-so", "bad"]
    assert [set(group) for group in found.groups] == [{"good", "fine"}]
    assert found.p < 1e-6 and found.listeners == 300
    assert found.ranks["rank"].sum() == pytest.approx(1 + 2 + 3 + 4)
    assert (found.ranks["low"] <= found.ranks["rank"]).all()
    assert len(found.pairs) == 6 and (found.pairs["p_holm"] >= found.pairs["p"]).all()


def test_groups_overlap_but_none_is_part_of_another():
    names = list("abcde")
    apart = pd.DataFrame(False, index=names, columns=names)
    for one, two in ("ac", "ad", "ae", "be", "bd"):
        apart.loc[one, two] = apart.loc[two, one] = True
    assert model_ranks.groups_of(names, apart) == (("a", "b"), ("b", "c"), ("c", "d", "e"))
    apart[:] = True
    assert model_ranks.groups_of(names, apart) == ()
    apart[:] = False
    assert model_ranks.groups_of(names, apart) == (tuple(names),)


def test_two_models_and_copies_can_be_ranked():
    one = made([0.1, 0.2, 0.3, np.nan])
    found = model_ranks.standing({"a": one, "b": one}, "hit@10", n=20)
    assert found.groups == (("a", "b"),) and np.isnan(found.p) and found.listeners == 3
    assert found.ranks["rank"].tolist() == [1.5, 1.5]


def test_what_cannot_be_ranked_is_refused():
    one = made([0.1, 0.2])
    with pytest.raises(ParameterError, match="two or more"):
        model_ranks.standing({"a": one}, "hit@10")
    with pytest.raises(ParameterError, match="known: wilcoxon"):
        model_ranks.standing({"a": one, "b": one}, "hit@10", "t")
    with pytest.raises(ParameterError, match="different listeners"):
        model_ranks.standing({"a": one, "b": made([0.1])}, "hit@10")
    with pytest.raises(ParameterError, match="no listener"):
        model_ranks.standing({"a": one, "b": made([np.nan, np.nan])}, "hit@10")


def test_the_verdict_names_what_is_real_and_what_is_not():
    models = four_models()
    said = verdicts.of_comparison(comparison.compare(models, ["so-so"], ["hit@10"], n=200))
    assert {sentence.split(" is ")[0] for sentence in said[:2]} == {"good", "fine"}
    assert said[2].startswith("bad is really worse than so-so in hit@10: by ")
    copy = comparison.compare({"a": models["bad"], "b": models["bad"]}, ["a"], ["hit@10"], n=50)
    assert verdicts.of_comparison(copy) == ["b cannot be told apart from a in hit@10."]


def test_the_verdict_of_a_standing_has_a_sentence_for_each_case():
    text = " ".join(verdicts.of_standing(model_ranks.standing(four_models(), "hit@10", n=50)))
    assert "the 4 models differ in hit@10 (Friedman, p < 0.001)" in text
    assert "really different from so-so and bad; from " in text
    one = made([0.1, 0.2, 0.3])
    alike = model_ranks.standing({"a": one, "b": one, "c": one}, "hit@10", n=50)
    assert verdicts.of_standing(alike) == [
        "Over 3 listeners the 3 models cannot be told apart as a whole in hit@10 "
        "(Friedman, p = 1.000).",
        "a has the best average rank, 2.00.",
        "From b and c it cannot be told apart.",
        "Not told apart: a, b and c.",
    ]
    two = model_ranks.standing({k: four_models()[k] for k in ("good", "bad")}, "hit@10", n=50)
    assert verdicts.of_standing(two)[1:] == [
        "It is really different from bad.",
        "Every two models are really different.",
    ]


def test_activity_groups_are_about_equally_large():
    train = sp.csr_array(np.tri(10, 12, dtype=int))  # listener i heard i + 1 pieces
    groups = listener_groups.by_activity(train)
    assert groups.tolist() == ["light"] * 3 + ["medium"] * 4 + ["heavy"] * 3
    assert groups.cat.ordered and groups.cat.categories.tolist() == ["light", "medium", "heavy"]
    ranges = listener_groups.activity_ranges(train, groups)
    assert ranges == {"light": "1 to 3", "medium": "4 to 7", "heavy": "8 to 10"}
    with pytest.raises(ParameterError, match="2 listeners cannot form 3"):
        listener_groups.by_activity(sp.csr_array((2, 3)))


def test_head_and_tail_by_the_likes_that_they_gather():
    likes = [1, 5, 0, 2, 2]  # in order 5 2 2 1 0: the tail's 20 % of 10 begin after 8
    train = sp.csr_array([[int(row < count) for count in likes] for row in range(5)])
    parts = listener_groups.by_popularity(train)
    assert parts.tolist() == ["tail", "head", "tail", "middle", "middle"]
    wide = listener_groups.by_popularity(train, head=0.6, tail=0.4)
    assert wide.tolist() == ["tail", "head", "tail", "head", "tail"]
    assert listener_groups.by_popularity(sp.csr_array((2, 2))).tolist() == ["tail", "tail"]
    with pytest.raises(ParameterError, match="at most 1"):
        listener_groups.by_popularity(train, head=0.9, tail=0.2)


def test_recall_of_the_parts_by_hand():
    train, test = sp.csr_array((2, 4)), sp.csr_array([[1, 1, 0, 1], [0, 0, 1, 0]])
    parts = pd.Series(["head", "head", "tail", "tail"])
    lists = [[0, 3, 2, 1], [0, 1, 2, 3]]
    found = listener_groups.recall_by_part(
        {"m": made([0, 0], lists=lists, cutoffs=(4,))}, train, test, parts, 2, n=50
    ).set_index("part")
    assert found.loc["head", ["value", "n", "relevant", "listed"]].tolist() == [0.5, 1, 2, 0.75]
    assert found.loc["tail", ["value", "n", "relevant", "listed"]].tolist() == [0.5, 2, 2, 0.25]
    with pytest.raises(ParameterError, match="longer lists"):
        listener_groups.recall_by_part({"m": made([0, 0])}, train, test, parts, 20)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=3, max_size=40))
def test_listeners_who_heard_equally_many_are_in_one_group(heard):
    train = sp.csr_array(np.arange(7) < np.array(heard)[:, None]).astype(int)
    groups = listener_groups.by_activity(train)
    by_count = groups.cat.codes.groupby(np.array(heard)).agg(["min", "max"])
    assert (by_count["min"] == by_count["max"]).all()
    assert by_count["min"].is_monotonic_increasing


def test_why_listeners_have_nothing_relevant_by_hand():
    train = sp.csr_array([[0, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0]])
    test = sp.csr_array([[0, 0, 0], [0, 0, 0], [1, -1, 0], [1, 1, 0], [0, 0, -1]])
    reasons = listener_groups.skipped(train, test)
    assert list(reasons.values()) == [1, 1, 2]
    assert verdicts.of_skipped(reasons, 5).startswith("4 of 5 listeners are skipped: 1 are in")
    assert verdicts.of_skipped(dict.fromkeys(reasons, 0), 5) == "No listener is skipped."


def test_the_gap_is_the_last_group_less_the_first():
    rng = np.random.default_rng(0)
    groups = pd.Series(np.repeat(["x", "y", "z"], 100))
    fair = made(rng.normal(size=300))
    unfair = made(rng.normal(size=300) - np.repeat([0, 9, 3], 100))
    table = group_gaps.gaps({"fair": fair, "unfair": unfair}, groups, "hit@10", n=300)
    table = table.set_index("model", drop=False)
    assert table.loc["unfair", ["more", "less"]].tolist() == ["z", "x"]
    means = unfair.metrics["hit@10"].groupby(groups).mean()
    assert table.loc["unfair", "gap"] == pytest.approx(means["z"] - means["x"])
    assert table.loc["unfair", "low"] < -3 < table.loc["unfair", "high"] < 0
    assert table.loc["unfair", "real"] and not table.loc["fair", "real"]
    assert table.loc["fair", "low"] < 0 < table.loc["fair", "high"]
    assert "z listeners really worse than x ones" in verdicts.of_gap(table.loc["unfair"], "hit@10")
    assert verdicts.of_gap(table.loc["fair"], "hit@10").startswith("Whether fair serves z")
    one = group_gaps.gaps({"m": fair}, pd.Series(["x"] * 300), "hit@10")
    assert np.isnan(one.loc[0, "gap"]) and one.loc[0, "n"] == 300
    assert (
        verdicts.of_gap(one.loc[0], "hit@10") == "All listeners are in one group, so m has no gap."
    )


def test_the_p_of_a_gap_is_that_of_all_divisions():
    groups = pd.Series([*"xxxyyy"])  # too few for an interval, not for a test
    values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]  # 2 of the 20 divisions have a gap as wide
    found = group_gaps.gaps({"m": made(values)}, groups, "hit@10", n=4000)
    assert found.loc[0, "p"] == pytest.approx(0.1, abs=0.02) and np.isnan(found.loc[0, "low"])
    assert "too small to say" in verdicts.of_gap(found.loc[0], "hit@10")


def test_the_leader_is_told_with_those_who_are_level():
    models = four_models()
    found = leading.leading(models, "hit@10", n=200)
    assert {*found["model"][:2]} == {"good", "fine"} and found["model"].iloc[-1] == "bad"
    assert not found["real"].iloc[1] and found["real"].iloc[2:].all()
    first, second = found["model"].iloc[:2]
    assert leading.in_words(found) == f"{first}, not told apart from {second}"
    gap = models[first].metrics["hit@10"].mean() - models["bad"].metrics["hit@10"].mean()
    assert found["behind"].iloc[-1] == pytest.approx(gap)


def test_coverage_is_compared_on_the_same_listeners():
    rng = np.random.default_rng(1)
    narrow, wide = rng.integers(0, 5, (60, 10)), rng.integers(0, 90, (60, 10))
    models = {
        name: made(np.zeros(60), lists=lists, pieces=90)
        for name, lists in {"narrow": narrow, "wide": wide, "copy": wide}.items()
    }
    found = leading.leading(models, "coverage@10", n=300).set_index("model")
    assert found.loc["narrow", "real"] and not found.loc["copy", "real"]
    assert found.loc["copy", ["behind", "low", "high", "p"]].tolist() == [0, 0, 0, 1]
    covered = len(np.unique(wide)) / 90
    assert found.loc["wide", "value"] == pytest.approx(covered)


def test_models_are_called_different_from_the_leader_about_as_often_as_allowed():
    rng = np.random.default_rng(5)
    wrong = 0
    for seed in range(100):  # four equal models: none is really behind
        models = {name: made(rng.normal(size=40)) for name in "abcd"}
        found = leading.leading(models, "hit@10", n=40, seed=seed)
        wrong += found["real"].eq(True).any()
    assert wrong <= 14


def test_where_the_two_tests_disagree_is_said():
    base = np.zeros(200)
    often = base + np.where(np.arange(200) < 160, 0.01, -0.04)  # for more listeners, not on average
    models = {"base": made(base), "often": made(often)}
    tested = comparison.compare(models, ["base"], ["hit@10"], n=200)
    said = verdicts.of_both_tests(tested, model_ranks.standing(models, "hit@10", n=50))
    assert said.startswith("The two tests disagree on 1 of 1 pairs: often and base (ranks apart")
    models = four_models()
    tested = comparison.compare(models, ["bad"], ["hit@10"], n=200)
    said = verdicts.of_both_tests(tested, model_ranks.standing(models, "hit@10", n=50))
    assert said == "The two tests agree on all 3 pairs that both look at."


def test_of_few_cold_listeners_no_figure_is_told():
    def with_cold(count):
        some = made(np.where(np.arange(100) < count, 0.1, 0.3))
        return replace(some, cold=np.arange(100) < count)

    assert verdicts.of_cold("ease", with_cold(0), "hit@10").startswith("No listener")
    few = verdicts.of_cold("ease", with_cold(19), "hit@10")
    assert few == "**Cold listeners** among the 100: 19. So few bear no figure of their own."
    told = verdicts.of_cold("ease", with_cold(20), "hit@10", n=20)
    assert "is 0.100 [0.100, 0.100] for them; ease reaches 0.300 [0.300, 0.300]" in told


def test_a_choice_that_is_not_the_first_in_the_test_is_told():
    models = four_models()
    order = ["good", "fine", "so-so", "bad"]
    tested = comparison.compare(models, ["bad", "so-so"], ["hit@10"], n=200)
    said = verdicts.of_choice("so-so", order, tested)
    assert said == "In the test part good is first, so-so number 3 of 4; they are really different."
    assert verdicts.of_choice("good", order, tested) == "In the test part good is first, too."
    assert verdicts.against("so-so", "bad", tested) == "really better than bad"
    assert verdicts.against("bad", "bad", tested) == "itself a plain baseline"


def test_a_ratio_of_means_is_that_of_the_same_listeners():
    base = np.random.default_rng(2).random(50)
    models = {"ease": made(3 * base), "popular": made(base)}
    assert comparison.times(models, "ease", "popular", "hit@10", 50) == pytest.approx((3, 3, 3))
