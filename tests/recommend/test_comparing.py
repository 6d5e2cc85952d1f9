"""What a comparison of recommenders is made of: who takes part, ratings, prices of re-ranking."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from ricercar import recommend
from ricercar.assess import ranking
from ricercar.errors import ParameterError
from ricercar.recommend import choosing, formulas, rating_trial, starts, trade_offs
from ricercar.recommend.ratings import MODELS


def test_all_methods_take_part_where_everything_is_known():
    assert choosing.taking_part([], (500, 900), True) == (list(recommend.models()), [])


def test_without_features_whoever_needs_them_is_left_out_and_named():
    names, reasons = choosing.taking_part([], (500, 900), False)
    gone = set(recommend.models()) - set(names)
    assert gone == {"content", "augmented_linear", "cold_items"}
    assert len(reasons) == 1 and all(name in reasons[0] for name in gone)


def test_large_tables_are_left_out_unless_asked_for():
    names, reasons = choosing.taking_part([], (30_000, 40_000), False)
    assert not set(names) & {"ease", "graph_ease"} and "20 GiB" in reasons[1]
    assert choosing.taking_part([], (900, 40_000), False)[0] != names  # the fewer count
    assert choosing.taking_part(["ease"], (30_000, 30_000), False) == (["most_popular", "ease"], [])


def test_unknown_names_and_lonely_methods_are_refused():
    with pytest.raises(ParameterError, match="no recommender 'svd'"):
        choosing.taking_part(["svd"], (9, 9), True)
    with pytest.raises(ParameterError, match="needs two methods"):
        choosing.taking_part(["content"], (9, 9), False)


@pytest.fixture(scope="module")
def rated():
    """Two camps of listeners who love and hate the same pieces; a tenth is held out."""
    rng = np.random.default_rng(0)
    camp, kind = rng.integers(0, 2, 60), rng.integers(0, 2, 30)
    stars = np.where(camp[:, None] == kind, 5.0, 1.0)
    seen = rng.random(stars.shape)
    return sp.csr_array(stars * (seen < 0.7)), sp.csr_array(stars * (seen > 0.9))


def test_predictors_of_ratings_that_see_likeness_beat_the_one_that_does_not(rated):
    table = rating_trial.compared(*rated, n=200).set_index("model")
    assert list(table.index) == list(MODELS)
    assert table.loc["user_knn", "real"] and table.loc["user_knn", "gain"] > 0.5
    assert (table["rmse_low"] <= table["rmse"]).all() and (table["mae"] <= table["rmse"]).all()
    assert table.loc["biased_mean", ["gain", "low", "high", "p", "p_holm", "real"]].isna().all()
    said = rating_trial.verdict(table.reset_index())
    assert "Really better than biased_mean: user_knn, item_knn and factors." in said


def test_errors_of_ratings_are_those_of_the_predictions(rated):
    train, test = rated
    entries = test.tocoo()
    predicted = MODELS["factors"]().fit(train).predict(entries.row, entries.col)
    table = rating_trial.compared(train, test, n=50).set_index("model")
    wanted = np.sqrt(np.mean((predicted - entries.data) ** 2))
    assert table.loc["factors", "rmse"] == pytest.approx(wanted, abs=1e-12)


def test_without_ratings_there_is_nothing_to_compare(rated):
    with pytest.raises(ParameterError, match="0 to predict"):
        rating_trial.compared(rated[0], sp.csr_array(rated[1].shape))


def test_a_worse_predictor_is_named():
    table = pd.DataFrame(
        {"model": ["biased_mean", "factors"], "rmse": [1.0, 1.2], "gain": [None, -0.2]}
    ).assign(real=[None, True])
    assert rating_trial.verdict(table).endswith("Really worse: factors.")


@pytest.fixture(scope="module")
def curves():
    rng = np.random.default_rng(4)
    taste = rng.random((40, 60)) < np.linspace(0.6, 0.05, 60)
    first = taste & (rng.random(taste.shape) < 0.6)
    train, test = (sp.csr_array(part.astype(float)) for part in (first, taste & ~first))
    model = recommend.create("ease").fit(train)
    features, styles = rng.normal(size=(60, 4)), rng.choice(["reel", "jig", "air"], 60)
    table = trade_offs.curves(
        model, train, test, "ndcg_min@5", features, styles, (0.0, 0.3, 0.9), n=50
    )
    own = ranking.evaluate(model, train, test, [5], features, styles)
    return table, own


def test_strength_nought_is_the_models_own_list(curves):
    table, own = curves
    start = table[table["strength"] == 0]
    assert start["rule"].tolist() == list(trade_offs.AIMS)
    for row in start.itertuples():
        assert row.accuracy == pytest.approx(own.metrics["ndcg_min@5"].mean(), abs=1e-12)
        assert row.value == pytest.approx(own.metrics[row.aim].mean(), abs=1e-12)


def test_every_rule_moves_its_aim_the_right_way(curves):
    for name, rows in curves[0].groupby("rule"):
        sign = 1 if trade_offs.AIMS[name][1] else -1
        assert sign * (rows["value"].iloc[-1] - rows["value"].iloc[0]) > 0.01, name


def test_what_is_kept_and_gained_is_paired_with_the_models_own_lists(curves):
    table, own = curves
    start = table[table["strength"] == 0]
    assert (start[["kept", "kept_low", "kept_high"]] == 1).all(axis=None)
    assert (start[["gain", "gain_low", "gain_high"]] == 0).all(axis=None)
    for row in table.itertuples():
        assert row.kept == pytest.approx(row.accuracy / own.metrics["ndcg_min@5"].mean())
        assert row.kept_low <= row.kept <= row.kept_high and row.gain_low <= row.gain_high
        sign = 1 if trade_offs.AIMS[row.rule][1] else -1
        assert row.gain == pytest.approx(sign * (row.value - own.metrics[row.aim].mean()))


def test_prices_keep_the_accuracy_that_they_promise(curves):
    table = curves[0]
    assert table["n"].min() >= 20
    cheap = trade_offs.prices(table, kept=0.0)
    assert len(cheap) == 3 and all("at strength 0.9;" in text for text in cheap)
    dear = trade_offs.prices(table, kept=2.0)
    assert len(dear) == 3 and all("at no strength" in text for text in dear)
    same = table.assign(gain_low=0.0)
    assert all("surely gains nothing" in text for text in trade_offs.prices(same, kept=0.0))


def test_the_price_of_few_listeners_is_not_told(curves):
    few = curves[0].assign(n=19)
    assert trade_offs.prices(few) == ["19 listeners are too few to say what re-ranking costs."]


def test_a_strength_behind_one_that_is_not_sure_is_not_taken(curves):
    table = curves[0]
    broken = table.assign(kept_low=table["strength"].map({0.0: 1.0, 0.3: 0.5, 0.9: 0.99}))
    assert all("at no strength" in text for text in trade_offs.prices(broken))


def test_the_choice_is_that_of_the_validation_part():
    tried = pd.DataFrame({"model": [*"aabbc"], "value": [0.1, 0.3, 0.4, 0.0, 0.3]})
    assert choosing.by_validation(tried) == ["b", "a", "c"]
    assert choosing.by_validation(tried, ["c", "a"]) == ["a", "c"]


def test_what_a_formula_needs_is_told_where_it_stands():
    everything = list(recommend.models())
    assert list(formulas.SCORES) == everything
    assert {name for needing in formulas.TERMS.values() for name in needing} <= {*everything}
    assert len(formulas.table(["als", "bpr"]).splitlines()) == 4
    assert "mult_vae" in formulas.terms(["mult_vae"]) and not formulas.terms(["most_popular"])


def test_other_starts_are_trained_and_those_that_change_nothing_are_not():
    rng = np.random.default_rng(3)
    train = sp.csr_array((rng.random((30, 20)) < 0.3).astype(float))
    test = sp.csr_array((rng.random((30, 20)) < 0.2).astype(float))
    parameters = {"ease": {}, "als": {"factors": 2, "iterations": 1}, "most_popular": {}}
    values = pd.Series({"ease": 0.5, "als": 0.4, "most_popular": 0.1})
    spread = starts.measured(values, parameters, train, test, "hit@5", 3, seed=7)
    assert spread["model"].tolist() == ["als"] and spread["seed 7"].tolist() == [0.4]
    model = recommend.create("als", factors=2, iterations=1, seed=9).fit(train)
    wanted = ranking.evaluate(model, train, test, [5]).metrics["hit@5"].mean()
    assert spread.loc[0, "seed 9"] == pytest.approx(wanted)
    assert starts.measured(values, {"ease": {}}, train, test, "hit@5").empty


def test_orders_that_a_start_turns_round_are_named():
    values = pd.Series({"a": 0.30, "als": 0.28, "bpr": 0.27, "z": 0.10})
    spread = pd.DataFrame(
        [("als", 0.28, 0.26), ("bpr", 0.27, 0.29)], columns=["model", "seed 1", "seed 2"]
    )
    tested = pd.DataFrame({"model": ["als", "z"], "reference": ["bpr", "a"], "real": [True, True]})
    said = starts.verdict(values, spread, tested)
    assert said[1] == (
        "The order of these pairs depends on the start, and so means nothing: als and bpr."
    )
    assert "called als and bpr really different" in said[2]
    calm = starts.verdict(values, spread.iloc[:1], tested)
    assert "als and bpr" in calm[1]
    far = spread.assign(**{"seed 2": [0.281, 0.275]})
    assert starts.verdict(values, far, tested)[1:] == [
        "No order of two methods depends on the start."
    ]
    assert "started once" in starts.verdict(values, spread.iloc[:, :2], tested)[0]
    assert "No method starts" in starts.verdict(values, pd.DataFrame(), tested)[0]


def test_rules_that_need_unknown_things_are_not_offered():
    assert list(trade_offs.rules(None, None)) == ["popularity"]
    assert list(trade_offs.rules(np.eye(2), None)) == ["diversity (MMR)", "popularity"]


def test_listeners_without_a_past_have_no_styles_to_keep_to():
    train = sp.csr_array([[1.0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]])
    test = sp.csr_array([[0.0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]])
    model = recommend.create("most_popular").fit(train)
    table = trade_offs.curves(model, train, test, "hit@2", None, [*"aabb"], (0.0, 0.5), n=20)
    assert set(table["rule"]) == {"popularity"}
