"""The stored model: what it says of itself, what is refused, what it makes of pieces."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ricercar import style, tables
from ricercar.errors import ParameterError, ReadError, TableError


@pytest.mark.parametrize("styles", [("jig", "reel"), ("jig", "march", "reel")])
@pytest.mark.parametrize("name", style.MODELS)
def test_a_model_survives_the_file(tmp_path, world, columns, name, styles):
    pieces, table = world(n=30, names=styles)
    model = style.fit(pieces, table, name, columns=columns)
    style.save(model, tmp_path / "model.skops", pieces)
    again = style.load(tmp_path / "model.skops", columns)
    probability = style.predict_proba(again, table)
    assert tuple(probability.columns) == styles
    assert probability.index.tolist() == pieces["piece"].tolist()
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    pd.testing.assert_frame_equal(probability, style.predict_proba(model, table))


@pytest.mark.parametrize("name", style.MODELS)
def test_equal_models_give_equal_bytes(tmp_path, world, columns, name):
    pieces, table = world(n=30)
    for number in range(2):
        model = style.fit(pieces, table, name, columns=columns)
        style.save(model, tmp_path / f"{number}.skops", pieces.iloc[:: 1 - 2 * number])
    first, second = ((tmp_path / f"{number}.skops").read_bytes() for number in range(2))
    assert first == second


def test_the_file_says_what_it_was_trained_on(tmp_path, world, columns):
    pieces, table = world(n=30)
    path = tmp_path / "model.skops"
    style.save(style.fit(pieces, table, columns=columns), path, pieces)
    told = style.about(path)
    assert (told["styles"], told["features"], told["pieces"]) == (["jig", "reel"], columns, 30)
    digest = style.trained_on(path)
    assert len(digest) == 64
    style.save(style.fit(pieces, table, columns=columns), path, pieces.assign(sha256="1" * 64))
    assert style.trained_on(path) != digest
    with pytest.raises(TableError, match="sha256"):
        style.save(style.fit(pieces, table, columns=columns), path, pieces.drop(columns="sha256"))


def test_another_set_of_features_is_refused(tmp_path, world, columns):
    pieces, table = world(n=30)
    path = tmp_path / "model.skops"
    fewer = [*columns[3:], "melody.gone"]
    model = style.fit(pieces, table.assign(**{"melody.gone": 1.0}), columns=fewer)
    style.save(model, path, pieces)
    with pytest.raises(ReadError, match="run 03-style-classification again"):
        style.load(path)  # the whole set is expected unless another is named
    with pytest.raises(ReadError, match=r"1 that are no more \(melody.gone\); 3 that it does not"):
        style.load(path, columns)
    assert style.load(path, columns=fewer).classes_.tolist() == ["jig", "reel"]
    with pytest.raises(ReadError, match="same in another order"):
        style.load(path, columns=fewer[::-1])


def test_probabilities_do_not_depend_on_the_other_pieces(world, columns):
    pieces, table = world()
    model = style.fit(pieces, table, columns=columns)
    alone = style.predict_proba(model, table.iloc[[5]])
    pd.testing.assert_frame_equal(alone, style.predict_proba(model, table).iloc[[5]])


def test_no_pieces_have_no_probabilities(world, columns):
    pieces, table = world()
    nothing = style.predict_proba(style.fit(pieces, table, columns=columns), table.head(0))
    assert nothing.shape == (0, 2) and list(nothing.columns) == ["jig", "reel"]


def test_every_piece_has_probabilities_and_none_by_a_model_that_learnt_from_it(
    tested, world, columns
):
    dealt, table, predictions = tested
    chosen = predictions[
        (predictions["arm"] == "all features") & (predictions["model"] == "logistic regression")
    ]
    _, more = world(n=2, seed=9)
    more["piece"] = ["new", "version"]
    whole = pd.concat([more, table], ignore_index=True)
    pieces = whole[["piece"]].assign(group=whole["piece"])
    pieces.loc[1, "group"] = "p007"  # a version of a piece of the test, in another style
    model = style.fit(dealt, table, columns=columns)
    result = style.probabilities(pieces, whole, chosen, model)
    assert result["piece"].tolist() == pieces["piece"].tolist()
    assert result.loc[result["seen"], "piece"].tolist() == ["version"]
    assert tables.validate("style_probabilities", result) is not None
    held_out = chosen.set_index("piece")["p.jig"]
    by_piece = result.set_index("piece")["jig"]
    assert by_piece[held_out.index].tolist() == held_out.tolist()
    assert by_piece["new"] == style.predict_proba(model, more).loc["new", "jig"]


def test_a_style_cannot_be_called_like_a_column(world, columns):
    pieces, table = world(names=("seen", "reel"))
    dealt = style.assign_folds(pieces, folds=2, min_pieces=10)
    arms = {"all features": columns}
    found = style.cross_validate(dealt, table, arms, ["majority class"])
    with pytest.raises(ParameterError, match="rename it"):
        style.probabilities(pieces, table, found, style.fit(dealt, table, columns=columns))


def test_other_files_are_refused(tmp_path):
    import skops.io

    def store(content, name="model.skops"):
        path = tmp_path / name
        skops.io.dump(content, path)
        told = {"styles": [], "features": [], "pieces": 0, "trained_on": ""}
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("about.json", json.dumps(told))
        return path

    (tmp_path / "text.skops").write_text("not a model")
    for path in (tmp_path / "text.skops", tmp_path / "absent.skops"):
        with pytest.raises(ReadError, match="not a readable style model"):
            style.load(path)
    skops.io.dump([1, 2], tmp_path / "bare.skops")
    with pytest.raises(ReadError, match=r"about\.json"):
        style.load(tmp_path / "bare.skops")
    with pytest.raises(ReadError, match="types that a style model does not have"):
        style.load(store(Path), columns=[])
    with pytest.raises(ReadError, match="holds a list"):
        style.load(store([1, 2]), columns=[])


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
