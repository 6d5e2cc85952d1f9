"""Pieces that nobody has heard, among those that somebody has."""

import numpy as np
import pytest
import scipy.sparse as sp

from ricercar import recommend

SIDE = np.repeat([0, 1], 10)
NEW = np.array([4, 9, 14, 19])  # two of each camp that nobody has heard


def camps(seed=0):
    """Two camps of listeners who like most of their own half of the pieces."""
    rng = np.random.default_rng(seed)
    likes = (SIDE[:, None] == SIDE[None, :]) & (rng.random((20, 20)) < 0.7)
    likes[:, NEW] = False
    features = np.column_stack([2.0 * SIDE - 1, rng.normal(scale=0.3, size=(20, 4))])
    return sp.csr_array(likes.astype(float)), features


def cold_items(name="ease", **parameters):
    train, features = camps()
    model = recommend.create(name, **parameters)
    return recommend.create("cold_items", model=model, features=features).fit(train)


@pytest.mark.parametrize("name", ["ease", "item_knn", "user_knn", "als", "bpr"])
def test_new_pieces_of_ones_own_camp_come_before_those_of_the_other(name):
    small = {"regularisation": 1.0} if name == "als" else {}  # for 20 listeners
    scores = cold_items(name, **small).scores(range(20))
    own = SIDE[:, None] == SIDE[None, :]
    least = np.where(own, scores, np.inf)[:, NEW].min(axis=1)
    assert (least > np.where(own, -np.inf, scores)[:, NEW].max(axis=1)).all()


@pytest.mark.parametrize("name", ["ease", "item_knn", "als"])
def test_warm_pieces_keep_their_scores(name):
    train, _ = camps()
    alone = recommend.create(name).fit(train).scores(range(20))
    warm = np.setdiff1d(np.arange(20), NEW)
    assert np.array_equal(cold_items(name).scores(range(20))[:, warm], alone[:, warm])


def test_new_pieces_stand_among_the_unheard_ones_of_the_camp():
    train, _ = camps()
    heard = train.toarray() > 0
    scores = cold_items().scores(range(20))
    own = SIDE[:, None] == SIDE[None, :]
    least = np.where(own & ~heard, scores, np.inf).min(axis=1)
    assert (least > np.where(own, -np.inf, scores).max(axis=1)).all()
    new = np.isin(np.arange(20), NEW)
    best_new = np.where(own & new, scores, -np.inf).max(axis=1)
    best_old = np.where(own & ~new & ~heard, scores, -np.inf).max(axis=1)
    assert 0.1 < (best_new > best_old).mean() < 0.9


def test_the_rule_by_hand():
    """One listener; popularity scores the warm pieces 4, 2, 1, 1 and two pieces are new."""
    weights = np.zeros((4, 6))
    for piece, count in enumerate([4, 2, 1, 1]):
        weights[:count, piece] = 1.0
    features = np.array([[1.0, 0], [3, 4], [0, 1], [0, 2], [4, 3], [-1, 0]])
    model = recommend.create(
        "cold_items", model=recommend.create("most_popular"), features=features, neighbours=2
    ).fit(sp.csr_array(weights))
    # cosines of the warm: 0-1 .6, 1-2 and 1-3 .8, 2-3 1; so the estimates are
    estimates = np.array([2.0, (0.8 * 1 + 0.8 * 1) / 1.6, (1 + 0.8 * 2) / 1.8, (1 + 0.8 * 2) / 1.8])
    # piece 4: .96 with piece 1, .8 with piece 0
    found = (0.96 * 2 + 0.8 * 4) / 1.76
    scores = np.array([4.0, 2, 1, 1])
    expected = scores.mean() + (found - estimates.mean()) * scores.std() / estimates.std()
    np.testing.assert_allclose(model.scores([0])[0], [4, 2, 1, 1, expected, 1.0], rtol=1e-12)


def test_scores_of_new_pieces_spread_like_those_of_warm_ones():
    """Hide warm pieces: their new scores have the mean and spread of the old."""
    rng = np.random.default_rng(2)
    factors = rng.normal(size=(300, 3))
    liked = (rng.normal(size=(200, 3)) @ factors.T > 1.0).astype(float)
    new = np.arange(150, 300)
    seen = liked.copy()
    seen[:, new] = 0.0
    model = recommend.create("cold_items", model=recommend.create("ease"), features=factors)
    scores = model.fit(sp.csr_array(seen)).scores(range(200))
    warm = liked[:, :150].any(axis=1)
    ratio = scores[warm][:, new].std(axis=1) / scores[warm][:, :150].std(axis=1)
    assert 0.9 < np.median(ratio) < 1.1


def test_reasons_of_a_new_piece_are_those_of_its_neighbours():
    model = cold_items("item_knn")
    heard = model._fitted[[0]].toarray()[0] > 0
    sums = np.array([model._parts(0, item).sum() for item in NEW])
    shift = model.scores([0])[0, NEW] - sums  # up to a constant
    np.testing.assert_allclose(shift, shift[0], atol=1e-12)
    reasons = model.because(0, 4)
    assert reasons and all(heard[piece] and SIDE[piece] == 0 for piece, _ in reasons)


def test_worlds_with_few_warm_pieces_have_an_answer():
    features = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    for model in (recommend.create("most_popular"), recommend.create("ease")):
        alone = recommend.create("cold_items", model=model, features=features)
        alone.fit(sp.csr_array([[1.0, 0.0, 0.0]]))
        scores = alone.scores([0])[0]
        assert np.isfinite(scores).all() and scores[0] == scores[1] == scores[2]


def test_pieces_similar_to_a_new_one_sound_like_it():
    model = cold_items()
    _, features = camps()
    found, values = model.similar_items([4, 0], n=3)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    by_sound = np.argsort(-np.delete(unit @ unit[4], 4), kind="stable")[:3]
    assert found[0].tolist() == np.delete(np.arange(20), 4)[by_sound].tolist()
    plain = recommend.create("ease").fit(camps()[0]).similar_items([0], n=3)
    assert np.array_equal(found[1], plain[0][0]) and np.array_equal(values[1], plain[1][0])
