"""What lies beyond accuracy: worked by hand, and against slow and plain definitions."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ricercar.assess import beyond, calibration, exposure
from ricercar.errors import ParameterError


def test_novelty_is_mean_self_information():
    lists = np.array([[0, 2], [1, -1], [-1, -1]])
    bits = -np.log2((np.array([7, 3, 0]) + 1) / 8)
    expected = [(bits[0] + bits[2]) / 2, bits[1], np.nan]
    np.testing.assert_allclose(beyond.novelty(lists, np.array([7, 3, 0]), 7), expected)


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(int, (4, 5), elements=st.integers(-1, 7)), st.integers(0, 1000))
def test_diversity_is_the_mean_over_all_pairs(lists, seed):
    features = np.random.default_rng(seed).normal(size=(8, 3))
    features[0] = 0  # at distance 1 from everything
    norms = np.linalg.norm(features, axis=1)
    cosine = features @ features.T / np.where(np.outer(norms, norms) > 0, np.outer(norms, norms), 1)
    for row, value in zip(lists, beyond.diversity(lists, features), strict=True):
        listed = row[row >= 0]
        pairs = [1 - cosine[a, b] for x, a in enumerate(listed) for b in listed[x + 1 :]]
        if pairs:
            assert value == pytest.approx(np.mean(pairs), abs=1e-9)
        else:
            assert np.isnan(value)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(bool, (4, 9)),
    hnp.arrays(int, 9, elements=st.integers(0, 3)),
    st.integers(1, 10),
    st.integers(0, 1000),
)
def test_expected_is_what_the_most_popular_list_holds(heard, popularity, k, seed):
    order = sorted(range(9), key=lambda piece: (-popularity[piece], piece))
    shuffled = np.random.default_rng(seed).permutation(9)
    lists = np.full((4, 9), -1)
    for row in range(4):
        open_to_it = [piece for piece in shuffled if not heard[row, piece]]
        lists[row, : len(open_to_it)] = open_to_it
    found = beyond.expected(lists, popularity, k, sp.csr_array(heard))
    for row in range(4):
        popular = [piece for piece in order if not heard[row, piece]][:k]
        assert found[row].tolist() == [piece in popular for piece in lists[row]]


def test_without_anything_left_out_the_expected_are_the_same_for_all():
    lists = np.array([[0, 1, 2], [2, -1, -1]])
    found = beyond.expected(lists, np.array([1, 5, 5]), 2)
    assert found.tolist() == [[False, True, True], [True, False, False]]


def test_serendipity_counts_hits_that_popularity_would_not_have_listed():
    hits = np.array([[1, 1, 1, 0], [0, 0, 0, 0]], dtype=bool)
    expected = np.array([[1, 0, 0, 0], [0, 1, 0, 0]], dtype=bool)
    assert beyond.serendipity(hits, expected, 4).tolist() == [0.5, 0.0]
    assert beyond.serendipity(hits, np.ones_like(expected), 4).tolist() == [0.0, 0.0]


def test_popularity_lift_by_hand():
    popularity = np.array([10, 4, 1])
    lists = np.array([[0, 1], [2, -1], [0, 1], [-1, -1]])
    liked = sp.csr_array([[1, 1, 0], [1, 1, 0], [0, 0, 0], [1, 0, 0]])
    offered = beyond.list_popularity(lists, popularity)
    usual = beyond.profile_popularity(liked, popularity)
    assert offered[:3].tolist() == [7, 1, 7] and usual[[0, 1, 3]].tolist() == [7, 7, 10]
    np.testing.assert_allclose(beyond.lift(offered, usual), [0, 1 / 7 - 1, np.nan, np.nan])
    value, low, high = beyond.group_lift(offered, usual)
    assert value == pytest.approx(8 / 14 - 1) and low <= value <= high
    assert np.isnan(beyond.group_lift([np.nan], [1.0])).all()


def test_repeats_by_hand():
    heard = sp.csr_array([[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]])
    lists = np.array([[0, 1, 3, -1], [0, 1, 2, 3], [-1, -1, -1, -1]])
    np.testing.assert_allclose(beyond.repeat_share(lists, heard), [1 / 3, 0, np.nan])
    train = sp.csr_array([[2, -1, 0], [0, 0, 1], [1, 0, 0]])
    plays = sp.csr_array([[1, 2, 1], [4, 0, 0], [-3, 0, 0]])
    np.testing.assert_allclose(beyond.repeats_in_test(train, plays), [3 / 4, 0, np.nan])


def test_calibration_by_hand():
    share = calibration.shares(["reel", "reel", "jig", None])
    mix = calibration.profile_mix(sp.csr_array([[2, 1, 1, 9], [0, 0, 0, 1], [0, 0, -1, 0]]), share)
    np.testing.assert_allclose(mix, [[0.25, 0.75], [np.nan] * 2, [np.nan] * 2])  # jig, reel
    listed = calibration.list_mix(np.array([[0, 2, 3], [0, -1, -1], [3, -1, -1]]), share)
    np.testing.assert_allclose(listed, [[0.5, 0.5], [0, 1], [np.nan] * 2])
    profile = np.repeat(mix[:1], 3, axis=0)
    q = 0.99 * 0.5 + 0.01 * np.array([0.25, 0.75])
    one = 0.25 * np.log2(0.25 / q[0]) + 0.75 * np.log2(0.75 / q[1])
    two = 0.25 * np.log2(0.25 / 0.0025) + 0.75 * np.log2(0.75 / 0.9975)
    np.testing.assert_allclose(calibration.divergence(profile, listed), [one, two, np.nan])
    js = (
        0.25 * np.log2(0.25 / 0.375)
        + 0.75 * np.log2(0.75 / 0.625)
        + 0.5 * np.log2(0.5 / 0.375)
        + 0.5 * np.log2(0.5 / 0.625)
    ) / 2
    np.testing.assert_allclose(calibration.jensen_shannon(profile, listed)[[0, 2]], [js, np.nan])


def test_nothing_may_be_zeros_instead_of_nan():
    share = calibration.shares(["reel", "jig", None])
    mix = calibration.profile_mix(sp.csr_array([[3, 1, 0], [0, 0, 2]]), share, empty=0.0)
    listed = calibration.list_mix(np.array([[2, -1], [1, 0]]), share, empty=0.0)
    assert (mix[1] == 0).all() and (listed[0] == 0).all()
    # a taste is as far from a list of nothing as from one that has none of its styles
    far = calibration.divergence(mix, listed)
    np.testing.assert_allclose(far, [-np.log2(calibration.ALPHA), 0.0])
    np.testing.assert_allclose(calibration.divergence(mix, listed, log=np.log), far * np.log(2))


mixes = hnp.arrays(float, (5, 4), elements=st.floats(0, 1)).map(
    lambda a: a + 1e-3 * np.eye(5, 4) + 1e-6
)


@settings(max_examples=40, deadline=None)
@given(mixes, mixes)
def test_both_divergences_are_as_scipy_has_them_and_within_their_range(one, two):
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import entropy

    p, q = (some / some.sum(axis=1, keepdims=True) for some in (one, two))
    js, kl = calibration.jensen_shannon(p, q), calibration.divergence(p, q)
    np.testing.assert_allclose(js, jensenshannon(p, q, base=2, axis=1) ** 2, atol=1e-9)
    np.testing.assert_allclose(kl, entropy(p, 0.99 * q + 0.01 * p, base=2, axis=1), atol=1e-12)
    assert (js <= 1 + 1e-12).all() and (kl <= -np.log2(calibration.ALPHA)).all()
    np.testing.assert_allclose(calibration.divergence(p, p), 0, atol=1e-12)


def test_styles_and_alpha_are_checked():
    with pytest.raises(ParameterError, match="at least 0"):
        calibration.shares([[1, -1]])
    with pytest.raises(ParameterError, match="alpha"):
        calibration.divergence(np.ones((1, 1)), np.ones((1, 1)), alpha=0)


def test_exposure_by_hand():
    coverage, gini = exposure.exposure(np.array([[1, 1, 1, 1], [0, 0, 0, 8], [0, 0, 0, 0]]))
    assert coverage.tolist() == [1.0, 0.25, 0.0]
    assert gini.tolist() == [0.0, 0.75, 0.0]


def test_exposure_of_collections_by_hand():
    lists = np.array([[0, 1, 2], [0, 1, 3], [0, -1, -1]])
    labels = ["bach", "ryan", "ryan", "ryan", None]
    table = exposure.by_collection(lists, labels, n=200).set_index("collection")
    assert table.index.tolist() == ["ryan", "bach", "unknown"]
    assert table["pieces"].tolist() == [3, 1, 1]
    assert table["places"].tolist() == [4, 3, 0]
    np.testing.assert_allclose(table["list_share"], [4 / 7, 3 / 7, 0])
    np.testing.assert_allclose(table["exposure"], [4 / 7 / 0.6, 3 / 7 / 0.2, 0])
    assert (table["low"] <= table["list_share"]).all()
    assert (table["list_share"] <= table["high"]).all()
    gini = exposure.collection_gini(table.reset_index())
    # places 0, 3, 4 of 7; pieces 1, 1, 3 of 5
    assert gini["lists"] == pytest.approx((-2 * 0 + 0 * 3 + 2 * 4) / (3 * 7))
    assert gini["catalogue"] == pytest.approx((-2 * 1 + 0 * 1 + 2 * 3) / (3 * 5))
    # one piece with 0, three with 4/3 each, one with 3 places
    each = np.array([0, 4 / 3, 4 / 3, 4 / 3, 3])
    assert gini["relative"] == pytest.approx(float(exposure.exposure(each)[1]))


def test_pieces_beyond_the_labels_are_refused():
    with pytest.raises(ParameterError, match="only 1 pieces"):
        exposure.by_collection(np.array([[0, 1]]), ["ryan"])
