"""What is asked for, and what is drawn where nothing is asked."""

import json

import numpy as np
import pytest

from ricercar.errors import ParameterError
from ricercar.gan import beats
from ricercar.gan.conditions import FAR, Conditions, Vocabulary, draw, probabilities

VOCABULARY = Vocabulary(
    styles=("air", "jig"),
    meters=("3/4", "6/8"),
    modes=("dorian", "major"),
    voices=1,
    slots=6,
    lowest=60,
    highest=72,
    usual={
        "air": [("3/4", "major", 24, False, 0, 3), ("3/4", "dorian", 27, True, -2, 1)],
        "jig": [("6/8", "major", 32, False, 5, 1)],
    },
)


def test_a_vocabulary_survives_json():
    told = json.loads(json.dumps(VOCABULARY.describe()))
    assert Vocabulary.read(told) == VOCABULARY


def test_places_count_beats_bars_since_the_beginning_and_until_the_end():
    asked = Conditions.of(VOCABULARY, ["air"], ["3/4"], ["major"], np.array([9]), [True])
    places = asked.places(np.array([[0, 3, 8, 9]]))[0]
    assert places.shape == (4, VOCABULARY.features)
    most = beats.MOST_BEATS
    assert places[:, :most].argmax(axis=1).tolist() == [0, 0, 2, 0]
    since = places[:, most : most + FAR + 1].argmax(axis=1)
    assert since.tolist() == [0, 1, 2, 3]  # the bar of a pickup is number 0, the first whole one 1
    until = places[:, most + FAR + 1 : most + 2 * FAR + 3].argmax(axis=1) - 1
    assert until.tolist() == [2, 1, 0, -1]
    assert places[:, most + 2 * FAR + 3 :].tolist() == [[1, 0, 0, 1, 1, 0]] * 4


def test_far_is_far_and_counts_no_more():
    asked = Conditions.of(VOCABULARY, ["air"], ["3/4"], ["major"], np.array([300]), [False])
    one, other = asked.places(np.array([[120, 150]]))[0]
    np.testing.assert_array_equal(one, other)


def test_what_is_asked_is_given_and_the_rest_is_usual():
    rng = np.random.default_rng(1)
    asked, moved = draw(VOCABULARY, ["air"] * 400, rng)
    major = asked.mode == 1
    assert major.mean() == pytest.approx(0.75, abs=0.07)
    assert set(asked.beats[major]) == {24} and set(asked.beats[~major]) == {27}
    assert (asked.pickup == ~major).all()
    assert set(moved[major]) == {0} and set(moved[~major]) == {2}
    asked, moved = draw(VOCABULARY, ["air", "jig"], rng, bars=5, meter="6/8", key="E dorian")
    assert asked.beats.tolist() == [10 + 2 * asked.pickup[0], 10]
    assert set(asked.meter) == {1} and set(asked.mode) == {0} and moved.tolist() == [2, 2]


def test_bars_do_not_count_the_pickup():
    asked, _ = draw(VOCABULARY, ["air"] * 50, np.random.default_rng(1), bars=8)
    assert asked.beats.tolist() == (24 + 3 * asked.pickup).tolist()
    assert asked.pickup.any() and not asked.pickup.all()


@pytest.mark.parametrize(
    "wish",
    [
        {"meter": "5/4"},
        {"mode": "lydian"},
        {"key": "X major"},
        {"key": "C phrygian"},
        {"bars": 1},
    ],
)
def test_what_was_not_learnt_is_refused(wish):
    with pytest.raises(ParameterError):
        draw(VOCABULARY, ["air"], np.random.default_rng(0), **wish)


def test_probabilities_are_scaled_and_names_certain():
    shares = probabilities(VOCABULARY, np.array([[1.0, 3.0]]))
    assert shares.tolist() == [[0.25, 0.75]]
    assert probabilities(VOCABULARY, ["jig"]).tolist() == [[0.0, 1.0]]
    assert probabilities(VOCABULARY, []).shape == (0, 2)
