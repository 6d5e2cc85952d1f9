"""Style models on tiny worlds whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from ricercar import features, style
from ricercar.errors import ParameterError, ReadError, TableError

COLUMNS = style.ARMS["all features"]


def world(n=40, separable=True, seed=0):
    """Pieces of two styles; where separable, only reels have contrasting durations."""
    rng = np.random.default_rng(seed)
    kinds = np.array(["jig", "reel"] * (n // 2))
    table = pd.DataFrame(rng.normal(size=(n, len(COLUMNS))), columns=COLUMNS)
    table[features.families["harmony"]] = np.nan
    if separable:
        table["rhythm.npvi"] = np.where(kinds == "reel", 30.0, 0.0) + rng.normal(size=n)
    names = [f"p{number:03d}" for number in range(n)]
    table.insert(0, "piece", names)
    pieces = pd.DataFrame({"piece": names, "style": kinds, "group": names})
    return pieces, table


@pytest.fixture(scope="module")
def tested():
    pieces, table = world(n=120)
    dealt = style.assign_folds(pieces, folds=4, min_pieces=10, seed=3)
    return dealt, table, style.cross_validate(dealt, table, seed=3)


def test_a_clear_difference_is_found(tested):
    scores = style.scores(tested[2]).set_index(["arm", "model"])["value"]
    for model in ("logistic regression", "gradient boosting"):
        assert scores["all features", model] > 0.9
        assert scores["without meter", model] > 0.9
    assert scores["all features", "majority class"] == 0.5


def test_an_arm_sees_only_its_columns(tested):
    row = style.scores(tested[2]).query("arm == 'pitches only' and model == 'logistic regression'")
    assert 0.2 < row["value"].item() < 0.8


def test_every_piece_is_predicted_once_per_arm_and_model(tested):
    dealt, _, predictions = tested
    cells = predictions.groupby(["arm", "model"])["piece"]
    assert (cells.nunique() == len(dealt)).all()
    assert (cells.size() == len(dealt)).all()


def test_without_a_difference_the_interval_holds_chance():
    pieces, table = world(n=60, separable=False)
    dealt = style.assign_folds(pieces, folds=5, min_pieces=10)
    predictions = style.cross_validate(dealt, table, models=["logistic regression"])
    row = style.scores(predictions).query("arm == 'all features'").iloc[0]
    assert row["low"] < 0.5 < row["high"]
    assert row["low"] <= row["value"] <= row["high"]


def test_variants_of_a_tune_share_a_fold():
    pieces, _ = world()
    pieces["group"] = [f"g{number // 4}" for number in range(len(pieces))]
    dealt = style.assign_folds(pieces, folds=4, min_pieces=10)
    assert (dealt.groupby("group")["fold"].nunique() == 1).all()
    assert sorted(dealt["fold"].unique()) == [0, 1, 2, 3]


def test_copies_across_groups_would_be_recognised_but_grouped_ones_are_not():
    # each piece of noise twice: grouped, no fold sees the twin of what it is asked about
    pieces, table = world(n=30, separable=False, seed=1)
    pieces = pd.concat([pieces, pieces.assign(piece=pieces["piece"] + "x")], ignore_index=True)
    table = pd.concat([table, table.assign(piece=table["piece"] + "x")], ignore_index=True)
    apart = pieces.assign(group=pieces["piece"])
    arms = {"all": COLUMNS}
    found = {}
    for name, chosen in (("grouped", pieces), ("apart", apart)):
        dealt = style.assign_folds(chosen, folds=5, min_pieces=10)
        predictions = style.cross_validate(dealt, table, arms, ["logistic regression"])
        found[name] = style.scores(predictions)["value"].item()
    assert found["apart"] > 0.8
    assert found["grouped"] < found["apart"] - 0.15


def test_small_and_unknown_styles_are_left_out_with_a_reason():
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


def test_one_style_cannot_be_tested():
    pieces, _ = world()
    with pytest.raises(ParameterError, match="two are needed"):
        style.assign_folds(pieces[pieces["style"] == "jig"], folds=4, min_pieces=10)


def test_balanced_accuracy_weighs_styles_not_pieces():
    predictions = pd.DataFrame(
        {
            "arm": "a",
            "model": "m",
            "piece": [str(k) for k in range(10)],
            "group": [str(k) for k in range(10)],
            "style": ["jig"] * 8 + ["reel"] * 2,
            "predicted": ["jig"] * 9 + ["reel"],
        }
    )
    assert style.scores(predictions)["value"].item() == pytest.approx((1 + 0.5) / 2)
    recalls = style.scores(predictions, by_style=True).set_index("style")["value"]
    assert recalls.to_dict() == {"jig": 1.0, "reel": 0.5}
    table = style.confusion(predictions, "a", "m")
    assert table.loc["reel", "jig"] == 1
    assert table.to_numpy().sum() == 10


def test_mcnemar_counts_the_pieces_on_which_models_disagree():
    pieces = [str(k) for k in range(8)]
    frames = [
        pd.DataFrame({"arm": "a", "model": model, "piece": pieces, "style": "jig", "predicted": p})
        for model, p in (("one", ["jig"] * 8), ("two", ["jig"] * 2 + ["reel"] * 6))
    ]
    # six of six disagreements go one way: 2 / 2**6
    assert style.mcnemar(pd.concat(frames), "a", "one", "two") == pytest.approx(2 / 64)
    assert (
        style.mcnemar(pd.concat([frames[0], frames[0].assign(model="two")]), "a", "one", "two") == 1
    )


def test_the_telling_feature_is_found(tested):
    dealt, table, _ = tested
    singly = {column: [column] for column in COLUMNS}
    result = style.importance(dealt, table, singly, seed=1)
    assert result.loc[0, "name"] == "rhythm.npvi"
    assert result.loc[0, "low"] > 0.1
    assert result.loc[1, "value"] < 0.1
    families = style.importance(dealt, table, features.families, seed=1).set_index("name")["value"]
    assert families.idxmax() == "rhythm"
    assert families["harmony"] == 0


def test_same_seed_same_result(tested):
    dealt, table, predictions = tested
    again = style.cross_validate(dealt, table, seed=3)
    pd.testing.assert_frame_equal(predictions, again)


def test_missing_features_are_named(tested):
    dealt, table, _ = tested
    with pytest.raises(TableError, match=r"lacks rhythm\.npvi"):
        style.cross_validate(dealt, table.drop(columns="rhythm.npvi"))
    with pytest.raises(TableError, match="no row for 'p000'"):
        style.cross_validate(dealt, table[table["piece"] != "p000"])


@pytest.mark.parametrize("name", style.MODELS)
def test_a_model_survives_the_file(tmp_path, name):
    pieces, table = world()
    model = style.fit(pieces, table, name)
    style.save(model, tmp_path / "model.skops")
    again = style.load(tmp_path / "model.skops")
    probability = style.predict_proba(again, table)
    assert probability.columns.tolist() == ["jig", "reel"]
    assert probability.index.tolist() == pieces["piece"].tolist()
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    pd.testing.assert_frame_equal(probability, style.predict_proba(model, table))


@pytest.mark.parametrize("name", style.MODELS)
def test_equal_models_give_equal_bytes(tmp_path, name):
    pieces, table = world()
    models = [style.fit(pieces, table, name) for _ in range(2)]
    for number, model in enumerate(models):
        style.save(model, tmp_path / f"{number}.skops")
    first, second = ((tmp_path / f"{number}.skops").read_bytes() for number in range(2))
    assert first == second


def test_probabilities_do_not_depend_on_the_other_pieces():
    pieces, table = world()
    model = style.fit(pieces, table)
    alone = style.predict_proba(model, table.iloc[[5]])
    pd.testing.assert_frame_equal(alone, style.predict_proba(model, table).iloc[[5]])


def test_no_pieces_have_no_probabilities():
    pieces, table = world()
    nothing = style.predict_proba(style.fit(pieces, table), table.head(0))
    assert nothing.shape == (0, 2) and list(nothing.columns) == ["jig", "reel"]


def test_other_files_are_refused(tmp_path):
    import skops.io

    (tmp_path / "text.skops").write_text("not a model")
    with pytest.raises(ReadError, match="not a readable style model"):
        style.load(tmp_path / "text.skops")
    with pytest.raises(ReadError, match="not a readable style model"):
        style.load(tmp_path / "absent.skops")
    skops.io.dump(pd.Series([1]).sum, tmp_path / "strange.skops")
    with pytest.raises(ReadError):
        style.load(tmp_path / "strange.skops")
    skops.io.dump([1, 2], tmp_path / "list.skops")
    with pytest.raises(ReadError, match="not a readable style model"):
        style.load(tmp_path / "list.skops")


def test_unknown_models_are_refused():
    with pytest.raises(ParameterError, match="known: majority class"):
        style.create("oracle")


def test_centroids_are_means_in_the_features_own_units():
    pieces = pd.DataFrame({"piece": ["a", "b", "c"], "style": ["reel", "reel", "jig"]})
    table = pd.DataFrame(
        {
            "piece": ["c", "b", "a"],
            "rhythm.npvi": [9.0, 4.0, 2.0],
            "harmony.crossing": [np.nan, np.nan, 0.5],
        }
    )
    result = style.centroids(pieces, table).set_index("style")
    assert result["pieces"].to_dict() == {"jig": 1, "reel": 2}
    assert result["rhythm.npvi"].to_dict() == {"jig": 9.0, "reel": 3.0}
    assert np.isnan(result.loc["jig", "harmony.crossing"])
    assert result.loc["reel", "harmony.crossing"] == 0.5


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
