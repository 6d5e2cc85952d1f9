"""Models compared: effect sizes, average ranks, groups, gaps and what is said of them."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from ricercar.assess import comparison, effects, listener_groups, model_ranks, verdicts
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
    assert groups.tolist() == ["light"] * 4 + ["medium"] * 3 + ["heavy"] * 3
    assert groups.cat.ordered and groups.cat.categories.tolist() == ["light", "medium", "heavy"]
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


def test_the_gap_is_between_the_best_and_the_worst_served():
    rng = np.random.default_rng(0)
    groups = pd.Series(np.repeat(["x", "y", "z"], 100))
    fair = made(rng.normal(size=300))
    unfair = made(rng.normal(size=300) + np.repeat([0, 1, 3], 100))
    table = listener_groups.gaps({"fair": fair, "unfair": unfair}, groups, "hit@10", n=300)
    table = table.set_index("model")
    assert table.loc["unfair", ["best", "worst"]].tolist() == ["z", "x"]
    means = unfair.metrics["hit@10"].groupby(groups).mean()
    assert table.loc["unfair", "gap"] == pytest.approx(means["z"] - means["x"])
    assert table.loc["unfair", "low"] < 3 < table.loc["unfair", "high"]
    assert table.loc["unfair", "p"] < 0.01 and table.loc["fair", "p"] > 0.05
    one = listener_groups.gaps({"m": fair}, pd.Series(["x"] * 300), "hit@10")
    assert np.isnan(one.loc[0, "gap"]) and one.loc[0, "n"] == 300
