"""One contract for every recommender, over a tiny world whose right answer is obvious."""

import functools
import warnings

import numpy as np
import pytest
import scipy.sparse as sp

from ricercar import recommend
from ricercar.errors import ParameterError

HALF = 20  # listeners, and pieces, on each side of the world
COLD = 2 * HALF  # a listener who heard nothing
SIDE = np.repeat([0, 1], HALF)


def world() -> sp.csr_array:
    """Two camps: each likes its own half of the pieces, and listener u has not met piece u.

    Piece 0 is liked by three listeners more, who like nothing else: it is the most popular.
    """
    weights = (SIDE[:, None] == SIDE[None, :]).astype(float)
    np.fill_diagonal(weights, 0)
    fans = np.zeros((3, 2 * HALF))
    fans[:, 0] = 1.0
    return sp.csr_array(np.vstack([weights, np.zeros((1, 2 * HALF)), fans]))


def features() -> np.ndarray:
    """Pieces of the two halves point in opposite directions, with a little of their own."""
    own = np.random.default_rng(0).normal(scale=0.1, size=(2 * HALF, 3))
    return np.column_stack([2.0 * SIDE - 1, own])


def make(name: str) -> recommend.Recommender:
    parameters = {
        "user_knn": {"neighbours": 10},
        "item_knn": {"neighbours": 10},
        "als": {"factors": 4},
        "bpr": {"factors": 4, "iterations": 200},
        "ease": {"penalty": 10.0},
        "mult_vae": {"hidden": 16, "latent": 4, "epochs": 60, "batch": 20, "learning_rate": 0.02},
        "content": {"features": features()},
        "augmented_linear": {"features": features(), "penalty": 10.0},
        "cold_items": {"features": features()},
    }
    if name in ("hybrid", "learnt_hybrid"):
        return recommend.create(name, models=[make("ease"), make("content")])
    if name == "cold_items":
        parameters[name]["model"] = make("ease")
    return recommend.create(name, **parameters.get(name, {}))


@functools.cache
def trained(name: str) -> recommend.Recommender:
    """A model trained on the world, shared by tests that only ask."""
    return make(name).fit(world())


every_model = pytest.mark.parametrize("name", list(recommend.models()))
every_personal_model = pytest.mark.parametrize(
    "name", [name for name in recommend.models() if name != "most_popular"]
)


@every_personal_model
def test_the_piece_missing_from_ones_own_camp_comes_first(name):
    train = world()
    items, _ = trained(name).recommend(np.arange(2 * HALF), n=1, exclude=train)
    assert items[:, 0].tolist() == list(range(2 * HALF))


@every_personal_model
def test_own_camp_before_the_other(name):
    scores = trained(name).scores(np.arange(2 * HALF))
    own = SIDE[:, None] == SIDE[None, :]
    assert np.all(
        np.where(own, scores, np.inf).min(axis=1) > np.where(own, -np.inf, scores).max(axis=1)
    )


@every_model
def test_scores_are_finite_and_shaped_listeners_by_pieces(name):
    model = trained(name)
    scores = model.scores([3, COLD, -1])
    assert scores.shape == (3, 2 * HALF) == (3, model.shape[1])
    assert np.isfinite(scores).all()
    assert model.scores([]).shape == (0, 2 * HALF)


@every_model
def test_cold_and_unknown_listeners_get_the_most_popular(name):
    train = world()
    model = trained(name)
    popular = np.argsort(-train.toarray().sum(axis=0), kind="stable")[:5]
    items, scores = model.recommend([COLD, -1], n=5, exclude=train)
    assert items.tolist() == [popular.tolist()] * 2
    assert scores[0, 0] == 22.0  # 19 of the camp and 3 fans
    assert model.is_cold([0, COLD, -1]).tolist() == [False, True, True]


@every_model
def test_a_listener_with_dislikes_only_is_cold(name):
    train = world().tolil()
    train[COLD, 0] = -1.0
    model = make(name).fit(train.tocsr())
    assert model.is_cold([COLD]).tolist() == [True]
    assert model.recommend([COLD], n=2 * HALF, exclude=train)[0][0, 0] != 0


@every_model
def test_seen_pieces_are_never_offered_and_short_lists_are_filled(name):
    train = world()
    items, scores = trained(name).recommend(np.arange(4), n=1000, exclude=train)
    assert items.shape == (4, 2 * HALF)  # n is larger than the catalogue
    for row in range(4):
        unseen = np.flatnonzero(train[[row]].toarray()[0] == 0)
        assert sorted(items[row, : len(unseen)]) == unseen.tolist()
        assert (items[row, len(unseen) :] == -1).all()
        assert np.isnan(scores[row, len(unseen) :]).all()


@every_model
def test_lists_follow_the_scores_with_ties_to_the_lower_column(name):
    model = trained(name)
    rows = [0, 25, COLD]
    items, values = model.recommend(rows, n=2 * HALF)
    scores = model.scores(rows)
    assert np.array_equal(items, np.argsort(-scores, axis=1, kind="stable"))
    assert np.array_equal(values, np.take_along_axis(scores, items, axis=1))


@every_model
def test_the_same_seed_gives_the_same_scores(name):
    rows = np.arange(COLD + 1)
    assert np.array_equal(
        make(name).fit(world()).scores(rows), make(name).fit(world()).scores(rows)
    )


@every_model
def test_training_again_forgets_what_was_before(name):
    rows = np.arange(COLD + 1)
    other = sp.csr_array(world().toarray()[:, ::-1])
    model = make(name).fit(other)
    model.fit(world())
    assert np.array_equal(model.scores(rows), make(name).fit(world()).scores(rows))


@every_model
def test_the_order_of_listeners_asked_for_does_not_matter(name):
    model = trained(name)
    rows = np.array([5, COLD, 30, 5])
    one_by_one = np.vstack([model.scores([row]) for row in rows])
    scores = model.scores(rows)
    rounding = 1e-12 if scores.dtype == np.float64 else 1e-6
    np.testing.assert_allclose(scores, one_by_one, rtol=rounding, atol=rounding)


@every_model
def test_neither_input_is_changed(name):
    train = world()
    before = train.toarray()
    model = make(name).fit(train)
    model.scores([0])[:] = 0  # a fresh array: writing to it is harmless
    model.recommend([0], exclude=train)
    assert np.array_equal(train.toarray(), before)
    assert model.scores([0]).any()


@every_model
def test_a_world_without_listening_is_answered_with_popularity(name):
    empty = sp.csr_array((3, 2 * HALF))
    items, scores = make(name).fit(empty).recommend([0, -1], n=2)
    assert items.tolist() == [[0, 1], [0, 1]]
    assert (scores == 0).all()
    assert (make(name).fit(empty).similar_items([1], n=2)[0] == -1).all()


@every_model
def test_nothing_is_printed_or_warned(name, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make(name).fit(world()).recommend([0, 1])
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


@pytest.mark.parametrize(
    "name",
    [
        *("user_knn", "item_knn", "als", "ease", "slim", "gf_cf", "graph_ease", "content"),
        *("augmented_linear", "hybrid", "learnt_hybrid"),
    ],
)
def test_reasons_are_heard_pieces_whose_parts_add_up_to_the_score(name):
    rng = np.random.default_rng(1)
    train = sp.csr_array(world().toarray() * rng.uniform(0.5, 3, size=(2 * HALF + 4, 2 * HALF)))
    model = make(name)
    if name == "als":
        model.iterations = 200  # exact once it has converged
    model.fit(train)
    heard = train[[0]].toarray()[0] > 0
    scores = model.scores([0])[0]
    sums = np.zeros(2 * HALF)
    for item in range(2 * HALF):
        assert not model._parts(0, item)[~heard].any()
        sums[item] = model._parts(0, item).sum()
    shift = sums - scores  # a hybrid's score is shifted by the mean of each method's scores
    np.testing.assert_allclose(shift, shift.mean() if "hybrid" in name else 0.0, atol=1e-4)
    reasons = model.because(0, 0, n=2)
    assert [part for _, part in reasons] == sorted((p for _, p in reasons), reverse=True)
    assert all(heard[piece] and SIDE[piece] == 0 for piece, _ in reasons) and len(reasons) == 2
    assert model.because(COLD, 0) == model.because(-1, 0) == []


@every_model
def test_similar_pieces_come_from_the_same_camp(name):
    items, values = trained(name).similar_items(np.arange(2 * HALF), n=5)
    assert items.shape == values.shape == (2 * HALF, 5)
    assert np.array_equal(SIDE[items], np.repeat(SIDE[:, None], 5, axis=1))
    assert (items != np.arange(2 * HALF)[:, None]).all()
    assert (np.diff(values, axis=1) <= 0).all() and (values > 0).all()


@every_model
def test_similar_pieces_run_out_before_the_list_and_never_repeat(name):
    model = trained(name)
    items, values = model.similar_items([3], n=1000)
    known = items[0][items[0] >= 0]
    assert items.shape == (1, 2 * HALF)
    assert 5 <= len(known) == len(set(known)) < 2 * HALF and 3 not in known
    assert (items[0, len(known) :] == -1).all() and np.isnan(values[0, len(known) :]).all()
    assert np.isfinite(values[0, : len(known)]).all()
    assert model.similar_items([], n=4)[0].shape == (0, 4)
    assert model.similar_items([1], n=0)[0].shape == (1, 0)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, model in recommend.models().items()
        if not {"features", "model", "models"} & set(model.parameters())
    ],
)
def test_a_piece_that_nobody_heard_is_similar_to_none(name):
    train = world().toarray()
    train[:, 7] = 0.0
    items, values = make(name).fit(sp.csr_array(train)).similar_items([7, 3], n=2 * HALF)
    assert (items[0] == -1).all() and np.isnan(values[0]).all()
    assert 7 not in items[1]


@every_model
def test_equally_similar_pieces_are_listed_by_column(name):
    model = trained(name)
    items, values = model.similar_items(np.arange(2 * HALF), n=2 * HALF)
    tied = (values[:, 1:] == values[:, :-1]) & (items[:, 1:] >= 0)
    assert (items[:, 1:] > items[:, :-1])[tied].all()


@every_model
def test_similar_pieces_of_unknown_pieces_are_refused(name):
    model = make(name)
    with pytest.raises(ParameterError, match="not trained"):
        model.similar_items([0])
    model.fit(world())
    for items in ([2 * HALF], [-1], [0.5], [[0]]):
        with pytest.raises(ParameterError, match="column"):
            model.similar_items(items)
    with pytest.raises(ParameterError, match="n must be"):
        model.similar_items([0], n=-1)


@every_model
def test_reasons_for_unknown_listeners_and_pieces_are_refused(name):
    with pytest.raises(ParameterError, match="not trained"):
        make(name).because(0, 0)
    model = trained(name)
    for item in (2 * HALF, -1, 0.5, [0]):
        with pytest.raises(ParameterError, match="column"):
            model.because(0, item)
        with pytest.raises(ParameterError, match="column"):
            model.likes(item)
    for row in (1000, -2, [0]):
        with pytest.raises(ParameterError, match="row"):
            model.because(row, 0)
    with pytest.raises(ParameterError, match="n must be"):
        model.because(0, 0, n=-1)
    assert model.because(-1, 0) == []


@every_model
def test_a_dense_matrix_teaches_the_same(name):
    dense = make(name).fit(world().toarray())
    assert np.array_equal(dense.scores([0, HALF]), trained(name).scores([0, HALF]))


@every_model
def test_what_cannot_be_answered_is_refused(name):
    model = make(name)
    with pytest.raises(ParameterError, match="not trained"):
        model.scores([0])
    model.fit(world())
    for rows in ([1000], [-2], [0.5], [[0]]):
        with pytest.raises(ParameterError, match="row"):
            model.scores(rows)
    with pytest.raises(ParameterError, match="shape"):
        model.recommend([0], exclude=sp.csr_array((2, 2)))
    with pytest.raises(ParameterError, match="n must be"):
        model.recommend([0], n=-1)
    with pytest.raises(ParameterError, match="NaN"):
        model.fit(sp.csr_array(np.full((2, 2), np.nan)))


@every_model
def test_blocks_do_not_change_the_answer(name, monkeypatch):
    train = world()
    whole = trained(name).recommend(np.arange(COLD), exclude=train)[0]
    monkeypatch.setattr("ricercar.recommend.blocks.BLOCK", 7 * HALF)
    assert np.array_equal(make(name).fit(train).recommend(np.arange(COLD), exclude=train)[0], whole)


def test_create_names_what_is_unknown_or_missing():
    with pytest.raises(ParameterError, match="known: most_popular"):
        recommend.create("popular")
    with pytest.raises(ParameterError, match="takes no neighbors"):
        recommend.create("user_knn", neighbors=3)
    with pytest.raises(ParameterError, match="needs features"):
        recommend.create("content")


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("user_knn", {"neighbours": 0}),
        ("user_knn", {"similarity": "euclid"}),
        ("user_knn", {"shrink": -1.0}),
        ("item_knn", {"alpha": 1.5}),
        ("item_knn", {"weighting": "product"}),
        ("slim", {"l1": -1.0}),
        ("slim", {"neighbours": 0}),
        ("mult_vae", {"latent": 0}),
        ("mult_vae", {"dropout": 1.0}),
        ("mult_vae", {"beta": -1.0}),
        ("mult_vae", {"learning_rate": 0.0}),
        ("gf_cf", {"factors": 0}),
        ("gf_cf", {"alpha": -0.1}),
        ("graph_ease", {"penalty": 0.0}),
        ("graph_ease", {"listener_exponent": 1.5}),
        ("graph_ease", {"piece_exponent": -0.1}),
        ("graph_ease", {"factors": 0}),
        ("graph_ease", {"beta": -0.1}),
        ("ease", {"penalty": 0.0}),
        ("als", {"factors": 0}),
        ("als", {"alpha": 0.0}),
        ("bpr", {"regularisation": -1.0}),
        ("bpr", {"popularity_correction": -0.5}),
        ("content", {"features": [[np.nan]]}),
        ("hybrid", {"models": []}),
        ("hybrid", {"models": [1], "weights": [1, 2]}),
        ("cold_items", {"model": 1, "features": [[1.0]], "neighbours": 0}),
        ("learnt_hybrid", {"models": []}),
        ("learnt_hybrid", {"models": [1], "share": 1.0}),
        ("learnt_hybrid", {"models": [1], "negatives": 0}),
        ("learnt_hybrid", {"models": [1], "penalty": 0.0}),
    ],
)
def test_parameters_outside_their_range_are_refused(name, parameters):
    with pytest.raises(ParameterError):
        recommend.create(name, **parameters)
