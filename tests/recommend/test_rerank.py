"""Re-ranking by hand, its extremes, and what it promises whatever the lists are."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar import recommend
from ricercar.assess import calibration, ranking
from ricercar.errors import ParameterError
from ricercar.recommend import rerank, rerank_groups, reranked
from ricercar.recommend.ranks import best

PIECES, LISTENERS = 12, 5


@st.composite
def asked(draw):
    """Lists of a model, some of them short, with styles, mixes, features and popularity."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    scores = rng.integers(0, draw(st.sampled_from([2, 1000])), (LISTENERS, PIECES)).astype(float)
    scores[rng.random(scores.shape) < draw(st.sampled_from([0.0, 0.5, 1.0]))] = -np.inf
    items, values = best(scores, draw(st.integers(1, PIECES)))
    return {
        "items": items,
        "scores": values,
        "n": draw(st.integers(0, PIECES)),
        "strength": draw(st.sampled_from([0.0, 0.2, 0.7, 1.0])),
        "features": rng.normal(size=(PIECES, 3)) * rng.integers(0, 2, (PIECES, 1)),
        "groups": rng.integers(0, 3, (PIECES, 3)).astype(float),
        "wanted": rng.integers(0, 3, (LISTENERS, 3)).astype(float),
        "popularity": rng.integers(0, 9, PIECES).astype(float),
    }


def every(case, strength=None):
    """The four re-ranked lists of a case."""
    first = case["items"], case["scores"], case["n"]
    by = case["strength"] if strength is None else strength
    groups = case["groups"], case["wanted"], by
    return {
        "mmr": rerank.mmr(*first, case["features"], by),
        "less_popular": rerank.less_popular(*first, case["popularity"], by),
        "calibrated": rerank_groups.calibrated(*first, *groups),
        "xquad": rerank_groups.xquad(*first, *groups),
    }


@settings(max_examples=80, deadline=None)
@given(asked())
def test_lists_hold_the_best_offers_once_each_with_their_own_scores(case):
    items, scores, n = case["items"], case["scores"], case["n"]
    for name, (found, values) in every(case).items():
        assert found.shape == values.shape == (LISTENERS, min(n, items.shape[1])), name
        assert np.array_equal(np.isnan(values), found < 0), name
        for row in range(LISTENERS):
            offered = dict(zip(items[row].tolist(), scores[row].tolist(), strict=True))
            kept = found[row][found[row] >= 0].tolist()
            assert len(kept) == len(set(kept)) == min(n, (items[row] >= 0).sum()), name
            assert found[row, : len(kept)].tolist() == kept, name  # the gaps come last
            assert [offered[item] for item in kept] == values[row, : len(kept)].tolist(), name


@settings(max_examples=40, deadline=None)
@given(asked())
def test_strength_0_is_the_models_own_list(case):
    for name, (found, values) in every(case, strength=0.0).items():
        n = found.shape[1]
        assert np.array_equal(found, case["items"][:, :n]), name
        assert np.array_equal(values, case["scores"][:, :n], equal_nan=True), name


@settings(max_examples=80, deadline=None)
@given(asked())
def test_what_is_promised_beyond_accuracy(case):
    found, n = every(case), min(case["n"], case["items"].shape[1])
    before = case["items"][:, :n]
    share = calibration.shares(case["groups"])
    p = calibration.normalised(case["wanted"], empty=0.0)
    far = [
        calibration.divergence(p, calibration.list_mix(lists, share, empty=0.0))
        for lists in (before, found["calibrated"][0])
    ]
    assert (far[1] <= far[0] + 1e-12).all()
    novel = [
        np.nan_to_num(ranking.novelty(lists, case["popularity"], 9))
        for lists in (before, found["less_popular"][0])
    ]
    assert (novel[1] >= novel[0] - 1e-12).all()


def test_blocks_of_listeners_do_not_change_the_lists(monkeypatch):
    rng = np.random.default_rng(0)
    items, scores = best(rng.random((LISTENERS, PIECES)), 10)
    case = {"items": items, "scores": scores, "n": 4, "strength": 0.5}
    case |= {"features": rng.normal(size=(PIECES, 3)), "popularity": rng.random(PIECES)}
    case |= {"groups": rng.random((PIECES, 3)), "wanted": rng.random((LISTENERS, 3))}
    whole = every(case)
    monkeypatch.setattr("ricercar.recommend.blocks.BLOCK", 1)
    for name, (found, _) in every(case).items():
        assert np.array_equal(found, whole[name][0]), name
        assert not np.array_equal(found, items[:, :4]), name


def test_mmr_by_hand():
    """Piece 1 is nearly piece 0; piece 2 stands at a right angle, piece 3 is opposite."""
    items, scores = np.array([[0, 1, 2, 3]]), np.array([[10.0, 9.0, 5.0, 0.0]])
    features = [[1.0, 0.0], [3.0, 4.0], [0.0, 2.0], [-1.0, 0.0]]

    def order(strength, n=4):
        return rerank.mmr(items, scores, n, features, strength)[0][0].tolist()

    # relevance 1, .9, .5, 0; cosines with piece 0: .6, 0, -1; of 1 with 2: .8, with 3: -.6
    assert order(0.5) == [0, 3, 2, 1]  # 2nd: .45-.3, .25-0, 0+.5; 3rd: .45-.3, .25-0
    assert order(0.2) == [0, 1, 2, 3]  # 2nd: .72-.12, .4-0, 0+.2; 3rd: .4-.16, 0+.12
    assert order(1.0, n=2) == [0, 3]  # the first place has nothing to be unlike


def test_calibrated_by_hand():
    """Half reels, half jigs are liked; the model offers reels first."""
    items, scores = np.array([[0, 1, 2, 3]]), np.array([[4.0, 3.0, 2.0, 1.0]])
    styles, wanted = np.array([[1, 0], [1, 0], [0, 1], [0, 1]]), [[3.0, 3.0]]
    found, values = rerank_groups.calibrated(items, scores, 2, styles, wanted, 0.5)
    # alone every piece is as far from the mix, so the best comes first; then the best jig:
    # 1/3 - 0 against 2/3 - 1.959
    assert (found.tolist(), values.tolist()) == ([[0, 2]], [[4.0, 2.0]])
    # at .1 the 1/3 of relevance is worth more: .3 against .196
    assert rerank_groups.calibrated(items, scores, 2, styles, wanted, 0.1)[0].tolist() == [[0, 1]]
    assert rerank_groups.calibrated(items, scores, 2, styles, [[0, 0]], 1.0)[0].tolist() == [[0, 1]]


def test_styles_may_be_labels():
    items, scores = np.array([[0, 1, 2, 3]]), np.array([[4.0, 3.0, 2.0, 1.0]])
    labels, wanted = ["jig", None, "jig", "reel"], [[1.0, 1.0]]
    table = [[1, 0], [0, 0], [1, 0], [0, 1]]
    for rule in (rerank_groups.calibrated, rerank_groups.xquad):
        found = rule(items, scores, 3, labels, wanted, 0.7)[0].tolist()
        assert found == rule(items, scores, 3, table, wanted, 0.7)[0].tolist() != [[0, 1, 2]]


def test_xquad_by_hand():
    """Three quarters of what is liked is in the tail; after one tail piece the head is due."""
    items, scores = np.array([[0, 1, 2, 3]]), np.array([[4.0, 3.0, 2.0, 1.0]])
    tail = rerank_groups.head_and_tail(np.array([5, 4, 1, 0]), 0.9)
    assert tail.tolist() == [[1, 0], [1, 0], [0, 1], [0, 1]]
    found, _ = rerank_groups.xquad(items, scores, 4, tail, [[0.25, 0.75]], 0.9)
    # 1st: .1+.225, .067+.225, .033+.675, 0+.675; 2nd: .1+.225, ..., 0 (the tail is covered);
    # 3rd: q = (1/2, 1/2): .067+.1125 against 0+.3375
    assert found.tolist() == [[2, 0, 3, 1]]


def test_the_tail_raises_novelty_where_it_is_liked():
    rng = np.random.default_rng(3)
    weights = (rng.random((60, 40)) < np.linspace(0.7, 0.02, 40)).astype(float)
    train = sp.csr_array(weights)
    model = recommend.create("item_knn").fit(train)
    rows = np.arange(60)
    before, _ = model.recommend(rows, 5, train)
    for rule in (reranked.by_tail(0.9), reranked.by_popularity(0.5)):
        after, _ = reranked.Reranked(model, rule).recommend(rows, 5, train)
        novelty = [
            ranking.novelty(lists, weights.sum(axis=0), 60).mean() for lists in (before, after)
        ]
        assert novelty[1] > novelty[0] + 0.1


def test_tastes_are_weighted_shares_of_what_is_liked():
    train = sp.csr_array([[3.0, 1.0, -5.0], [0.0, 0.0, -1.0]])
    styles = [[1, 0], [1, 1], [0, 1]]
    found = rerank_groups.tastes(train, np.array([0, 1, -1]), styles)
    assert found.tolist() == [[(3 + 0.5) / 4, 0.5 / 4], [0, 0], [0, 0]]


@pytest.mark.parametrize(
    "rule",
    [
        reranked.by_mmr(np.eye(4)),
        reranked.by_calibration(np.eye(4)),
        reranked.by_popularity(),
        reranked.by_tail(),
    ],
)
def test_a_reranked_model_is_evaluated_and_explained_like_any_other(rule):
    train = sp.csr_array([[1.0, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0]])
    test = sp.csr_array([[0.0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]])
    model = reranked.Reranked(recommend.create("item_knn"), rule).fit(train)
    found = ranking.evaluate(model, train, test, [2], np.eye(4))
    assert found.metrics["recall_n@2"].tolist()[:2] == [1.0, 1.0]
    assert sorted(found.lists[0].tolist()) == [2, 3] and found.lists[1].tolist() == [3, -1]
    trained = recommend.create("item_knn").fit(train)
    assert model.because(0, 2) == trained.because(0, 2) != []
    assert np.array_equal(model.scores([0, -1]), trained.scores([0, -1]))
    again = reranked.Reranked(trained, rule)
    assert np.array_equal(again.recommend([0, 1], 2, train)[0], found.lists[:2])
    assert again.is_cold([0, 2, -1]).tolist() == [False, True, True]
    assert again.recommend([-1], 2)[0].shape == (1, 2)
    assert again.recommend([0], 2, sp.csr_array(np.ones((3, 4))))[0].tolist() == [[-1, -1]]


def test_what_cannot_be_reranked_is_refused():
    items, scores = np.array([[0, 1]]), np.array([[2.0, 1.0]])
    with pytest.raises(ParameterError, match="strength"):
        rerank.mmr(items, scores, 2, np.eye(2), 1.5)
    with pytest.raises(ParameterError, match="n must be"):
        rerank.less_popular(items, scores, -1, [1, 1])
    with pytest.raises(ParameterError, match="scores"):
        rerank.less_popular(items, scores[:, :1], 1, [1, 1])
    with pytest.raises(ParameterError, match="wanted has shape"):
        rerank_groups.calibrated(items, scores, 2, np.eye(2), [[1.0]])
    with pytest.raises(ParameterError, match="wanted must"):
        rerank_groups.calibrated(items, scores, 2, np.eye(2), [[1.0, -1.0]])
    with pytest.raises(ParameterError, match="styles are"):
        rerank_groups.xquad(items, scores, 2, -np.eye(2), [[1.0, 0.0]])
    with pytest.raises(ParameterError, match="head is 2"):
        rerank_groups.head_and_tail(np.ones(2), 2)
    model = recommend.create("most_popular")
    with pytest.raises(ParameterError, match="candidates"):
        reranked.Reranked(model, reranked.by_tail(), candidates=0)
    with pytest.raises(ParameterError, match="not trained"):
        reranked.Reranked(model, reranked.by_tail()).recommend([0])
    with pytest.raises(ParameterError, match="n must be"):
        reranked.Reranked(model, reranked.by_tail()).fit(sp.csr_array([[1.0]])).recommend([0], -1)
