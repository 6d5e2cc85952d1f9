"""Nested cross-validation on tiny worlds, and the audit of leaks."""

import numpy as np
import pandas as pd
import pytest

from ricercar import style
from ricercar.errors import TableError


def test_a_clear_difference_is_found(tested):
    scores = style.scores(tested[2]).set_index(["arm", "model"])["value"]
    for model in ("logistic regression", "gradient boosting"):
        assert scores["all features", model] > 0.9
    assert scores["all features", "majority class"] == 0.5


def test_an_arm_sees_only_its_columns(tested):
    row = style.scores(tested[2]).query("arm == 'melody only' and model == 'logistic regression'")
    assert 0.2 < row["value"].item() < 0.8


def test_every_piece_is_predicted_once_per_arm_and_model(tested):
    dealt, _, predictions = tested
    cells = predictions.groupby(["arm", "model"])["piece"]
    assert (cells.nunique() == len(dealt)).all()
    assert (cells.size() == len(dealt)).all()
    np.testing.assert_allclose(predictions[["p.jig", "p.reel"]].sum(axis=1), 1)
    most = np.where(predictions["p.jig"] >= predictions["p.reel"], "jig", "reel")
    assert (predictions["predicted"] == most).all()


def test_settings_are_counted_over_folds(tested):
    table = style.settings(tested[2])
    assert (table.groupby(["arm", "model"])["folds"].sum() == 3).all()
    assert set(table["model"]) == {"logistic regression", "gradient boosting"}


def test_what_is_held_out_does_not_choose_the_setting(tested, arms):
    dealt, table, predictions = tested
    # other labels in the fold must change neither its setting nor its probabilities
    columns = ["setting", "p.jig", "p.reel"]
    chosen = (predictions["arm"] == "all features") & (predictions["model"] != "majority class")
    before = predictions[chosen & (predictions["fold"] == 0)].reset_index(drop=True)
    flipped = dealt.copy()
    held_out = flipped["fold"] == 0
    flipped.loc[held_out, "style"] = np.where(dealt.loc[held_out, "style"] == "jig", "reel", "jig")
    one = {"all features": arms["all features"]}
    after = style.cross_validate(flipped, table, one, style.MODELS[1:], seed=3)
    after = after[after["fold"] == 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(before[columns], after[columns])


def test_without_a_difference_the_interval_holds_chance(world, arms):
    pieces, table = world(n=60, separable=False)
    dealt = style.assign_folds(pieces, folds=3, min_pieces=10)
    predictions = style.cross_validate(dealt, table, arms, ["logistic regression"])
    row = style.scores(predictions).iloc[0]
    assert row["low"] < 0.5 < row["high"]
    assert row["low"] <= row["value"] <= row["high"]


def test_copies_across_groups_would_be_recognised_but_grouped_ones_are_not(world):
    # each piece of noise twice: grouped, no fold sees the twin of what it is asked about
    pieces, _ = world(n=30)
    noise = [f"noise {number}" for number in range(40)]
    values = np.random.default_rng(1).normal(size=(30, len(noise)))
    table = pd.concat([pieces[["piece"]], pd.DataFrame(values, columns=noise)], axis=1)
    pieces = pd.concat([pieces, pieces.assign(piece=pieces["piece"] + "x")], ignore_index=True)
    table = pd.concat([table, table.assign(piece=table["piece"] + "x")], ignore_index=True)
    dealt = style.assign_folds(pieces, folds=3, min_pieces=10)
    arms = {"noise": noise}
    honest = style.cross_validate(dealt, table, arms, ["logistic regression"])
    audit = style.leak_audit(dealt, table, honest, arms).set_index("pieces")
    assert audit.index.tolist() == ["all pieces", "with a version"]
    row = audit.loc["with a version"]
    assert row["n"] == 60
    assert row["ungrouped"] > 0.65
    assert row["value"] == pytest.approx(row["ungrouped"] - row["grouped"])
    assert row["low"] > 0.1


def test_without_versions_there_is_nothing_to_leak(world, arms):
    pieces, table = world(n=40)
    dealt = style.assign_folds(pieces, folds=2, min_pieces=10)
    honest = style.cross_validate(dealt, table, arms, ["logistic regression"])
    honest = honest[honest["arm"] == "all features"]
    audit = style.leak_audit(dealt, table, honest, arms)
    assert audit["pieces"].tolist() == ["all pieces"]
    assert audit["value"].item() == 0  # the same folds


def test_same_seed_same_result_whatever_the_workers(tested, arms):
    dealt, table, predictions = tested
    one = {"melody only": arms["melody only"]}
    again = style.cross_validate(dealt, table, one, seed=3, workers=2)
    before = predictions[predictions["arm"] == "melody only"].reset_index(drop=True)
    pd.testing.assert_frame_equal(before, again)
    relied = {"melody": one["melody only"], "first": one["melody only"][:1]}
    found = [
        style.importance(dealt, table, relied, seen=relied["melody"], repeats=1, workers=workers)
        for workers in (1, 2)
    ]
    pd.testing.assert_frame_equal(*found)


def test_a_foreign_table_is_tested_on_the_same_folds(tested, world, telling):
    dealt, table, predictions = tested
    foreign = table[["piece"]].assign(**{"jSymbolic M1": table[telling], "nothing": 0.0})
    arms = {"foreign": ["jSymbolic M1", "nothing"]}
    theirs = style.cross_validate(dealt, foreign, arms, ["logistic regression"])
    ours = predictions[
        (predictions["arm"] == "all features") & (predictions["model"] == "logistic regression")
    ]
    tests = style.mcnemar(pd.concat([ours, theirs]))
    assert len(tests) == 1 and 0 < tests["p"].item() <= 1
    assert style.scores(theirs)["value"].item() > 0.9


def test_missing_features_are_named(tested, arms, telling):
    dealt, table, _ = tested
    with pytest.raises(TableError, match=f"lacks {telling}"):
        style.cross_validate(dealt, table.drop(columns=telling), arms)
    with pytest.raises(TableError, match="no row for 'p000'"):
        style.cross_validate(dealt, table[table["piece"] != "p000"], arms)
    with pytest.raises(TableError, match="lacks"):
        style.cross_validate(dealt, table)
    infinite = table.copy()
    infinite.loc[5, telling] = np.inf
    with pytest.raises(TableError, match=f"{telling} is infinite"):
        style.cross_validate(dealt, infinite, arms)


@pytest.mark.parametrize("missing", ["harmony.", "rhythm.", "melody."])
def test_a_family_may_be_missing_altogether(world, arms, missing):
    pieces, table = world(n=40)
    table[[name for name in table if name.startswith(missing)]] = np.nan
    dealt = style.assign_folds(pieces, folds=2, min_pieces=10)
    one = {"all features": arms["all features"]}
    predictions = style.cross_validate(dealt, table, one)
    assert predictions["p.jig"].between(0, 1).all()
