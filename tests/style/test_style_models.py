"""Models of style and the choice of their settings."""

import numpy as np
import pytest

from ricercar import style
from ricercar.errors import ParameterError
from ricercar.style import models


def test_unknown_models_and_settings_are_refused():
    with pytest.raises(ParameterError, match="known: majority class"):
        style.create("oracle")
    with pytest.raises(ParameterError, match="no setting 'C = 7'"):
        style.create("logistic regression", setting="C = 7")


@pytest.mark.parametrize("model", style.MODELS)
def test_the_middle_setting_is_taken_unless_one_is_named(model):
    labels = list(style.SETTINGS[model])
    middle = style.create(model, setting=labels[len(labels) // 2])
    assert style.create(model).get_params().keys() == middle.get_params().keys()
    assert str(style.create(model)) == str(middle)


def test_the_log_loss_weighs_styles():
    told = np.array([[0.5, 0.5], [0.5, 0.5], [0.25, 0.75]])
    # two reels at log 2, one jig at log 4
    loss = models.balanced_log_loss(told, np.array(["reel", "reel", "jig"]), ["jig", "reel"])
    assert loss == pytest.approx((np.log(2) + np.log(4)) / 2)
    # a style that was held impossible costs much, but not everything
    loss = models.balanced_log_loss(np.array([[0.0, 1.0]]), np.array(["jig"]), ["jig", "reel"])
    assert loss == pytest.approx(-np.log(models.LEAST))


def test_a_style_that_a_model_never_met_has_probability_0():
    wide = models.aligned(np.array([[0.3, 0.7]]), ["jig", "waltz"], ["jig", "reel", "waltz"])
    assert wide.tolist() == [[0.3, 0.0, 0.7]]


def test_noise_asks_for_a_strong_penalty_and_a_clear_difference_for_a_weak_one(world, columns):
    def chosen(**kind):
        pieces, table = world(n=60, **kind)
        names = columns
        values = models.feature_values(table, pieces["piece"], names)
        kinds, group = (pieces[c].to_numpy(object) for c in ("style", "group"))
        setting = models.choose("logistic regression", values, kinds, group)
        return models.SETTINGS["logistic regression"][setting]["C"]

    assert chosen(separable=False) < chosen(separable=True)


def test_settings_are_chosen_without_parting_a_group():
    # every piece of noise four times: only where copies are parted, boosting looks good
    rng = np.random.default_rng(0)
    values = np.repeat(rng.normal(size=(16, 6)), 4, axis=0)
    kinds = np.repeat(np.array(["jig", "reel"] * 8, dtype=object), 4)
    copies = np.repeat([f"g{k}" for k in range(16)], 4).astype(object)
    apart = np.array([f"g{k}" for k in range(64)], dtype=object)
    boosted = "gradient boosting"
    assert models.choose(boosted, values, kinds, copies) == "10 rounds"
    assert models.choose(boosted, values, kinds, apart) == "30 rounds"


def test_shorter_boosting_is_the_beginning_of_a_longer_one(world, columns):
    pieces, table = world(n=40, names=("jig", "march", "reel"))
    values = models.feature_values(table, pieces["piece"], columns)
    kinds = pieces["style"].to_numpy(object)
    told = {
        label: found
        for label, found, _ in models._answers("gradient boosting", values, kinds, values, 5)
    }
    assert list(told) == list(style.SETTINGS["gradient boosting"])
    for label, found in told.items():
        alone = style.train("gradient boosting", values, kinds, 5, label).predict_proba(values)
        np.testing.assert_allclose(found, alone)


@pytest.mark.parametrize("names", [("jig", "reel"), ("jig", "march", "reel")])
def test_sharpness_changes_how_sure_an_answer_is_and_not_the_answer(world, columns, names):
    pieces, table = world(n=42, names=names, noise=20.0)
    values = models.feature_values(table, pieces["piece"], columns)
    kinds, model = pieces["style"].to_numpy(object), "logistic regression"
    told = {label: found for label, found, _ in models._answers(model, values, kinds, values, 5)}
    assert list(told) == list(style.SETTINGS[model])
    blunt, sharp = (told[f"C = 0.01, sharpness {times}"] for times in ("1", "2"))
    np.testing.assert_array_equal(blunt.argmax(axis=1), sharp.argmax(axis=1))
    assert (sharp.max(axis=1) > blunt.max(axis=1)).all()
    alone = style.train(model, values, kinds, 5, "C = 0.01, sharpness 2").predict_proba(values)
    np.testing.assert_allclose(alone, sharp)


def test_a_single_group_leaves_nothing_to_choose_by(world, columns):
    pieces, table = world(n=20)
    values = models.feature_values(table, pieces["piece"], columns)
    kinds = pieces["style"].to_numpy(object)
    one = np.full(len(kinds), "g", dtype=object)
    assert models.choose("logistic regression", values, kinds, one) is None
    assert models.choose("majority class", values, kinds, one) is None
