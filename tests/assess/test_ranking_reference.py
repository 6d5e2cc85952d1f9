"""Ranking metrics equal those of ir_measures, and the published definitions of ranx.

ir_measures knows the metrics over all relevant pieces. The other variants are the same
metrics over a changed set of relevant pieces, so that they are compared with it, too:
with n cut down to min(n, k), with only the retrieved ones, or with some more that nobody
ever lists.
"""

import math

import ir_measures
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ricercar.assess import ranking
from ricercar.errors import ParameterError
from ricercar.recommend.ranks import best

#: ours -> theirs, and the relevant pieces that they are given
NAMES = {
    "recall_n": ("R", "all"),
    "precision": ("P", "all"),
    "hit": ("Success", "all"),
    "rr": ("RR", "all"),
    "ap_n": ("AP", "all"),
    "ndcg_min": ("nDCG", "all"),
    "recall_min": ("R", "at most k"),
    "ap_min": ("AP", "at most k"),
    "ndcg_retrieved": ("nDCG", "retrieved"),
    "ndcg_full": ("nDCG", "k more"),
}


class Fixed:
    """A model that always gives the same scores."""

    def __init__(self, scores):
        self.given = np.array(scores, dtype=float)

    def recommend(self, rows, n=10, exclude=None):
        scores = self.given[rows]
        scores[exclude.toarray()[rows] != 0] = -np.inf
        return best(scores, n)


def relevant_pieces(kind, wanted, listed, k):
    """The set of relevant pieces of a listener that turns a metric into its variant."""
    found = [piece for piece in listed[:k] if piece in wanted]
    missed = [piece for piece in wanted if piece not in found]
    return {
        "all": wanted,
        "at most k": (found + missed)[:k],
        "retrieved": found,
        "k more": [*wanted, *(-10 - extra for extra in range(k))],
    }[kind]


def theirs(name, k, wanted, run, listed):
    """A metric of all listeners from ir_measures; 0 where nothing is relevant."""
    measure, kind = NAMES[name]
    qrels = [
        ir_measures.Qrel(str(u), str(piece), 1)
        for u, pieces in enumerate(wanted)
        for piece in relevant_pieces(kind, pieces, listed[u], k)
    ]
    values = np.zeros(len(wanted))
    if qrels:
        for result in ir_measures.iter_calc(
            [ir_measures.parse_measure(f"{measure}@{k}")], qrels, run
        ):
            values[int(result.query_id)] = result.value
    return values


def assert_equal_to_ir_measures(scores, train, test, cutoffs):
    result = ranking.evaluate(Fixed(scores), train, test, cutoffs)
    new = ranking.relevant(train, test)[0][result.listeners]
    wanted = [new[[u]].indices.tolist() for u in range(new.shape[0])]
    listed = [row[row >= 0].tolist() for row in result.lists]
    run = [
        ir_measures.ScoredDoc(str(u), str(piece), -float(rank))  # ranks, so that nothing ties
        for u, pieces in enumerate(listed)
        for rank, piece in enumerate(pieces)
    ]
    for name in NAMES:
        for k in cutoffs:
            np.testing.assert_allclose(
                result.metrics[f"{name}@{k}"],
                theirs(name, k, wanted, run, listed),
                rtol=0,
                atol=1e-12,
                err_msg=f"{name}@{k}",
            )
    return result


levels = st.sampled_from([-np.inf, -1.0, 0.0, 0.25, 1.0])  # few levels: many ties


def test_every_metric_is_compared():
    assert set(NAMES) == set(ranking.ACCURACY)


@settings(max_examples=30, deadline=None)
@given(st.data(), st.integers(1, 6), st.integers(1, 90), st.sampled_from([(1, 3), (5, 20)]))
def test_equal_to_ir_measures_on_random_and_adversarial_input(data, listeners, pieces, cutoffs):
    shape = (listeners, pieces)
    scores = data.draw(hnp.arrays(float, shape, elements=levels, fill=st.just(0.0)))
    signs = hnp.arrays(np.int8, shape, elements=st.integers(-1, 1), fill=st.just(0))
    train, test = (sp.csr_array(data.draw(signs)) for _ in range(2))
    if ranking.relevant(train, test)[0].nnz == 0:
        with pytest.raises(ParameterError, match="no listener"):
            ranking.evaluate(Fixed(scores), train, test, cutoffs)
        return
    result = assert_equal_to_ir_measures(scores, train, test, cutoffs)
    assert len(result.listeners) + result.skipped == listeners
    cold = ~(train.toarray() > 0).any(axis=1)
    assert np.array_equal(result.cold, cold[result.listeners])
    heard = train.toarray()[result.listeners] != 0
    for row, pieces_of_row in zip(heard, result.lists, strict=True):
        some = pieces_of_row[pieces_of_row >= 0]
        assert not row[some].any() and len(set(some)) == len(some)


@pytest.mark.parametrize(
    ("scores", "train", "test"),
    [
        ([[1.0]], [[0]], [[1]]),  # a catalogue of one piece
        ([[1.0] * 9] * 2, [[0] * 9] * 2, [[1] * 9, [0] * 8 + [1]]),  # all equal, n above k
        ([[-np.inf] * 4], [[0] * 4], [[0, 1, 1, 0]]),  # an empty list
        ([[4, 3, 2, 1]] * 2, [[1, 1, 1, 0], [0] * 4], [[0, 0, 0, 1]] * 2),  # lists shorter than k
        ([[4, 3, 2, 1]], [[0, 0, 0, 0]], [[0, 0, 0, 1]]),  # a hit in the last place only
    ],
)
def test_equal_to_ir_measures_at_the_edges(scores, train, test):
    assert_equal_to_ir_measures(scores, sp.csr_array(train), sp.csr_array(test), (1, 3, 5))


@settings(max_examples=30, deadline=None)
@given(st.data(), st.integers(1, 5), st.integers(1, 30), st.integers(1, 12))
def test_equal_to_ir_measures_on_the_scores_themselves(data, listeners, pieces, k):
    """Of equal scores ir_measures lists the greater id first, for RR@k the lesser one.

    With ids that count down (for RR: up) as columns count up, its order is ours.
    """
    shape = (listeners, pieces)
    scores = data.draw(hnp.arrays(float, shape, elements=levels.filter(np.isfinite)))
    test = data.draw(hnp.arrays(bool, shape))
    if not test.any():
        return
    result = ranking.evaluate(Fixed(scores), sp.csr_array(shape), sp.csr_array(test), [k])
    for name in ("recall_n", "precision", "hit", "rr", "ap_n", "ndcg_min"):
        ids = [f"{piece if name == 'rr' else 999 - piece:03d}" for piece in range(pieces)]
        qrels = [
            ir_measures.Qrel(str(u), ids[piece], 1)
            for u, piece in zip(*test.nonzero(), strict=True)
        ]
        run = [
            ir_measures.ScoredDoc(str(u), ids[piece], float(scores[u, piece]))
            for u, piece in np.ndindex(shape)
        ]
        measure = ir_measures.parse_measure(f"{NAMES[name][0]}@{k}")
        found = {int(r.query_id): r.value for r in ir_measures.iter_calc([measure], qrels, run)}
        expected = [found[u] for u in result.listeners]
        np.testing.assert_allclose(result.metrics[f"{name}@{k}"], expected, rtol=0, atol=1e-12)


def by_the_definitions_of_ranx(listed, wanted, k):
    """Metrics of one list as ranx 0.3.21 defines them; it needs numba and is no dependency.

    Written anew from its formulae, piece by piece. It states no rule for equal scores, so
    lists are compared.
    """
    first = listed[:k]
    found = [piece in wanted for piece in first]
    precisions = [sum(found[: r + 1]) / (r + 1) for r in range(len(found))]
    gain = sum(1 / math.log2(r + 2) for r, hit in enumerate(found) if hit)
    ideal = sum(1 / math.log2(r + 2) for r in range(min(len(wanted), k)))
    return {
        "precision": sum(found) / k,
        "recall_n": sum(found) / len(wanted),
        "hit": float(any(found)),
        "rr": next((1 / (r + 1) for r, hit in enumerate(found) if hit), 0.0),
        "ap_n": sum(p for p, hit in zip(precisions, found, strict=True) if hit) / len(wanted),
        "ndcg_min": gain / ideal,
    }


@settings(max_examples=60, deadline=None)
@given(
    st.permutations(range(25)).flatmap(lambda order: st.just(order[:18])),
    st.sets(st.integers(0, 24), min_size=1),
    st.integers(1, 18),
)
def test_equal_to_the_definitions_of_ranx_where_nothing_ties(listed, wanted, k):
    hits = np.array([[piece in wanted for piece in listed]])
    row = ranking.accuracy(hits, np.array([len(wanted)]), [k]).iloc[0]
    for name, value in by_the_definitions_of_ranx(listed, wanted, k).items():
        assert row[f"{name}@{k}"] == pytest.approx(value, rel=0, abs=1e-12), name


def test_one_ranking_gives_three_figures_in_a_fixed_order():
    rng = np.random.default_rng(0)
    table = ranking.accuracy(rng.random((500, 20)) < 0.1, rng.integers(20, 60, 500), [10, 20])
    for k in (10, 20):
        full, least, retrieved = (
            table[f"ndcg_{kind}@{k}"] for kind in ("full", "min", "retrieved")
        )
        assert (full == least).all()  # every listener has at least k relevant pieces
        assert (least <= retrieved).all() and (least < retrieved).any()
    few = ranking.accuracy(np.array([[True, False]]), np.array([1]), [2]).iloc[0]
    assert few["ndcg_full@2"] < few["ndcg_min@2"] == few["ndcg_retrieved@2"] == 1
