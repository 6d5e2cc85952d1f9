import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from ricercar import recommend
from ricercar.errors import ParameterError
from ricercar.recommend import tuning


def test_every_method_has_choices_that_it_accepts():
    assert set(tuning.CHOICES) == set(recommend.models())
    extra = {name: {"features": np.eye(3)} for name in ("content", "augmented_linear")}
    for name in ("hybrid", "learnt_hybrid"):
        extra[name] = {"models": [recommend.create("ease"), recommend.create("user_knn")]}
    extra["cold_items"] = {"model": recommend.create("ease"), "features": np.eye(3)}
    for name in tuning.CHOICES:
        for parameters in tuning.tries(name, 1000):
            recommend.create(name, **extra.get(name, {}), **parameters)


@pytest.mark.parametrize("name", list(tuning.CHOICES))
def test_budget_defaults_first_nothing_twice(name):
    drawn = tuning.tries(name, 4, seed=2)
    assert drawn[0] == {}
    assert len(drawn) == (4 if tuning.CHOICES[name] else 1)
    assert drawn == tuning.tries(name, 4, seed=2)
    everything = [str(t) for t in tuning.tries(name, 1000)]
    assert len(set(everything)) == len(everything)


def test_the_better_parameters_are_chosen():
    """Only the nearest neighbour knows; a crowd of others, all alike, mislead."""
    rng = np.random.default_rng(0)
    taste = (rng.random((30, 40)) < 0.3).astype(float)
    train = np.vstack([taste, taste * (rng.random((30, 40)) < 0.7)])
    validation = np.vstack([np.zeros((30, 40)), taste])
    parameters, table = tuning.tune("user_knn", sp.csr_array(train), sp.csr_array(validation), 999)
    values = table.set_index("parameters")["value"]
    assert len(values) == np.prod([len(c) for c in tuning.CHOICES["user_knn"].values()])
    assert parameters["neighbours"] < 20
    assert values.max() == values[", ".join(f"{k}={v}" for k, v in parameters.items())]
    rest = "similarity=cosine, shrink=0.0"
    assert values[f"neighbours=5, {rest}"] > values[f"neighbours=50, {rest}"]


def test_what_cannot_be_tuned_is_refused():
    with pytest.raises(ParameterError, match="known"):
        tuning.tries("svd", 3)
    with pytest.raises(ParameterError, match="at least 1"):
        tuning.tries("ease", 0)


def test_all_methods_get_the_same_budget_and_the_hybrid_joins_the_best():
    rng = np.random.default_rng(0)
    taste = rng.random((30, 20)) < 0.4
    early = taste & (rng.random((30, 20)) < 0.6)
    names = ["hybrid", "most_popular", "bpr", "user_knn", "content"]
    parameters, table = tuning.tune_all(
        names, sp.csr_array(early.astype(float)), sp.csr_array((taste & ~early).astype(float)),
        2, rng.normal(size=(20, 3)), "recall_n@5", seed=4,
    )  # fmt: skip
    assert list(parameters) == names
    tried = table.groupby("model").size().to_dict()
    assert tried == {"hybrid": 2, "most_popular": 1, "bpr": 2, "user_knn": 2, "content": 1}
    assert (table.groupby("model")["chosen"].sum() == 1).all()
    assert parameters["bpr"]["seed"] == 4
    joined = parameters["hybrid"]["models"]
    others = table[table["model"].isin(["most_popular", "bpr", "user_knn"])]
    best = others.loc[others["value"].idxmax(), "model"]
    assert [type(model) for model in joined] == [
        recommend.models()[best],
        recommend.models()["content"],
    ]
    nothing = sp.csr_array((2, 2))
    with pytest.raises(ParameterError, match="hybrid"):
        tuning.tune_all(["hybrid"], nothing, nothing, 1, np.eye(2))
    with pytest.raises(ParameterError, match="content needs features"):
        tuning.tune_all(["content"], nothing, nothing, 1)


def test_without_features_a_hybrid_joins_the_two_best():
    rng = np.random.default_rng(1)
    taste = rng.random((30, 20)) < 0.4
    early = taste & (rng.random((30, 20)) < 0.6)
    parts = sp.csr_array(early.astype(float)), sp.csr_array((taste & ~early).astype(float))
    names = ["hybrid", "most_popular", "ease", "user_knn"]
    parameters, table = tuning.tune_all(names, *parts, 2, None, "recall_n@5")
    best = table[table["model"] != "hybrid"].groupby("model")["value"].max()
    wanted = best.sort_values(ascending=False).index[:2]
    joined = [type(model) for model in parameters["hybrid"]["models"]]
    assert joined == [recommend.models()[name] for name in wanted]
    with pytest.raises(ParameterError, match="name more"):
        tuning.tune_all(["hybrid", "ease"], *parts, 1)


def test_the_account_shows_an_equal_budget():
    rows = [("bpr", f"set {i}", value, i == 1) for i, value in enumerate([0.1, 0.3, 0.2])]
    tried = pd.DataFrame(rows, columns=["model", "parameters", "value", "chosen"])
    told = tuning.account(tried).iloc[0]
    assert told[["tries", "defaults", "best", "chosen"]].tolist() == [3, 0.1, 0.3, "set 1"]
    assert told["of"] == len(tuning.tries("bpr", 1000)) > 3
    few = {name for name in recommend.models() if len(tuning.tries(name, 6)) < 6}
    assert few == {"most_popular", "content"}  # they have nothing to tune


@pytest.mark.parametrize(
    ("name", "chosen", "edge"),
    [
        ("ease", "penalty=10000.0", "penalty"),
        ("ease", "defaults: penalty=100.0", ""),
        ("gf_cf", "factors=16, alpha=0.0", "factors"),  # alpha has nothing below 0
        ("gf_cf", "factors=512, alpha=3.0", "factors, alpha"),
        ("graph_ease", "penalty=3.0, listener_exponent=0.33, factors=32", "factors"),
        ("item_knn", "neighbours=50, similarity=jaccard, weighting=centred", ""),
        ("most_popular", "defaults", ""),
    ],
)
def test_what_lies_at_the_edge_of_its_choices_is_named(name, chosen, edge):
    assert tuning._at_edge(name, chosen) == edge
