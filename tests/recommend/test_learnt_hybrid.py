import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar import recommend
from ricercar.errors import ParameterError
from ricercar.recommend import hybrid


class Told(recommend.Recommender):
    """Gives the scores that it is told, whatever it learns from."""

    def __init__(self, told):
        self.told = told

    def _train(self, matrix):
        self.learnt = [*getattr(self, "learnt", []), matrix.toarray()]

    def _scores(self, rows):
        return self.told[rows].copy()


def world(listeners=40, pieces=30):
    """Taste in numbers, and who has heard what because of it."""
    rng = np.random.default_rng(1)
    taste = rng.normal(size=(listeners, pieces))
    train = (taste + rng.normal(size=taste.shape) > 0.8).astype(float)
    return sp.csr_array(train), taste, rng


def test_a_method_that_knows_gets_the_weight_and_one_that_guesses_none():
    train, taste, rng = world()
    knows, guesses, contrary = Told(taste), Told(rng.normal(size=taste.shape)), Told(-taste)
    model = recommend.create("learnt_hybrid", models=[guesses, knows, contrary]).fit(train)
    assert model.weights_[1] > 0.8 and model.weights_[2] == 0
    assert model.weights_.sum() == pytest.approx(1, abs=1e-12)
    alone = model.evidence_["alone"]
    assert alone[0] == pytest.approx(0.5, abs=0.1) and alone[1] > 0.75
    assert alone[1] + alone[2] == pytest.approx(1)  # what one orders rightly the other does not
    assert model.learnt_from_["listeners"] == 40
    z = [hybrid._standardised(m.told) for m in (guesses, knows)]
    expected = model.weights_[0] * z[0] + model.weights_[1] * z[1]
    np.testing.assert_allclose(model.scores(range(40)), expected, atol=1e-12)
    said = model.describe()
    assert "40 listeners" in said and "Told 0% (alone right in " in said


def test_two_that_know_different_halves_are_better_together():
    train, taste, rng = world()
    halves = [Told(taste + rng.normal(size=taste.shape)) for _ in range(2)]
    model = recommend.create("learnt_hybrid", models=halves).fit(train)
    assert (model.weights_ > 0.3).all()


def test_weights_are_the_minimum_of_the_stated_loss():
    """An independent solver finds no better point."""
    from scipy.optimize import differential_evolution

    rng = np.random.default_rng(2)
    ahead = rng.normal(size=(200, 2)) + [0.8, 0.2]
    each = rng.random(200)
    each /= each.sum()

    def loss(a):
        return each @ np.log1p(np.exp(-ahead @ a)) + 0.05 * (a @ a)

    best = differential_evolution(loss, [(0, 10)] * 2, seed=0, tol=1e-12).x
    np.testing.assert_allclose(hybrid._learn(ahead, each, 0.1), best / best.sum(), atol=1e-4)


def test_methods_learn_from_the_rest_then_from_everything():
    train, taste, _ = world()
    part = Told(taste)
    recommend.create("learnt_hybrid", models=[part], share=0.5, seed=3).fit(train)
    first, last = part.learnt
    assert np.array_equal(last, train.toarray())
    assert ((first == 0) | (first == last)).all()
    kept, liked = (first > 0).sum(axis=1), (last > 0).sum(axis=1)
    assert np.array_equal(liked - kept, np.rint(0.5 * liked))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 0.99))
def test_what_is_held_out_was_liked_and_everybody_keeps_a_liked_piece(seed, share):
    rng = np.random.default_rng(seed)
    matrix = sp.csr_array(rng.integers(-1, 3, (6, 8)) * (rng.random((6, 8)) < 0.5) * 1.0)
    rest, held = hybrid.held_out(matrix, share, rng)
    assert np.array_equal((rest + held).toarray(), matrix.toarray())
    assert (held.data > 0).all() and not rest.multiply(held).nnz
    liked, gone = ((m.toarray() > 0).sum(axis=1) for m in (matrix, held))
    assert (gone[liked >= 2] >= 1).all() and (gone[liked >= 1] < liked[liked >= 1]).all()
    listener, better, worse = hybrid._pairs(matrix, held, 3, rng)
    dense = matrix.toarray()
    assert (held.toarray()[listener, better] > 0).all() and not dense[listener, worse].any()


def test_only_so_many_listeners_teach(monkeypatch):
    monkeypatch.setattr(hybrid, "TEACHERS", 7)
    train, taste, _ = world()
    model = recommend.create("learnt_hybrid", models=[Told(taste), Told(-taste)]).fit(train)
    assert model.learnt_from_["listeners"] == 7 and model.weights_[0] == 1


def test_the_seed_decides_what_is_held_out():
    train, taste, rng = world()
    noisy = [taste + rng.normal(size=taste.shape) for _ in range(2)]

    def weights(seed):
        models = [Told(told) for told in noisy]
        return recommend.create("learnt_hybrid", models=models, seed=seed).fit(train).weights_

    assert np.array_equal(weights(4), weights(4)) and not np.array_equal(weights(4), weights(5))


def test_without_anything_to_hold_out_the_weights_are_equal():
    parts = [recommend.create("most_popular"), recommend.create("item_knn")]
    model = recommend.create("learnt_hybrid", models=parts)
    with pytest.raises(ParameterError, match="learnt nothing"):
        model.describe()
    model.fit(sp.csr_array(np.eye(3)))
    assert model.weights_.tolist() == [0.5, 0.5]
    assert model.describe().startswith("Nobody likes two pieces")
