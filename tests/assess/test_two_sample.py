"""Sets that are alike, apart, copied and uneven, with accuracies worked by hand."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.assess import null, set_pair, two_sample
from ricercar.assess.measured_set import MeasuredSet
from ricercar.errors import ParameterError, TableError


def points(*values):
    return pd.DataFrame({"x": np.array(values, dtype=float)})


def noise(n, seed, shift=0.0, columns=4):
    values = np.random.default_rng(seed).normal(size=(n, columns))
    values[:, 0] += shift
    return pd.DataFrame(values, columns=[f"c{i}" for i in range(columns)])


def thinned(real, made):
    """Mean accuracy over every way to thin the larger set, one by one."""
    larger, smaller = sorted((np.asarray(real), np.asarray(made)), key=len, reverse=True)
    found = []
    for rows in combinations(range(len(larger)), len(smaller)):
        value = np.concatenate([larger[list(rows)], smaller])
        kind = np.arange(len(value)) < len(rows)
        far = np.abs(value[:, None] - value[None, :])
        np.fill_diagonal(far, np.inf)
        found.append((kind[far.argmin(axis=1)] == kind).mean())
    return np.mean(found)


def test_accuracy_by_hand():
    # 0 and 1 are neighbours, 5 is nearest to 4.5, and 4.5 to 5
    assert two_sample.nearest_neighbour(points(0, 1, 5), points(4.5, 9, 9.5), n=0).accuracy == (
        pytest.approx(4 / 6)
    )


@given(
    st.lists(st.integers(0, 10_000), min_size=7, max_size=10, unique=True),
    st.integers(2, 5),
)
@settings(max_examples=20, deadline=None)
def test_uneven_sets_are_thinned_in_every_way(values, size):
    # distinct distances: a tie has no nearest neighbour
    value = np.array(values) + np.sqrt(np.arange(len(values)) + 2) / 10
    real, made = value[size:], value[:size]
    found = two_sample.nearest_neighbour(points(*real), points(*made), n=0).accuracy
    assert found == pytest.approx(thinned(real, made))
    turned = two_sample.nearest_neighbour(points(*made), points(*real), n=0).accuracy
    assert turned == pytest.approx(found)


def test_alike_apart_and_copied():
    real = noise(60, 0)
    alike = two_sample.nearest_neighbour(real, noise(60, 1), n=199)
    assert alike.low < 0.5 < alike.high and alike.p > 0.05
    apart = two_sample.nearest_neighbour(real, noise(40, 1) + 20, n=199)
    assert apart.accuracy == 1 and apart.p == pytest.approx(1 / 200)
    assert (apart.real, apart.made) == (60, 40)
    copied = two_sample.nearest_neighbour(real, real + 1e-6, n=199)
    assert copied.accuracy < 0.1 and copied.p == 1


def test_p_values_of_like_sets_are_uniform():
    p = [
        two_sample.nearest_neighbour(noise(16, 2 * s), noise(16, 2 * s + 1), n=39, seed=s).p
        for s in range(60)
    ]
    assert 0.35 < np.mean(p) < 0.7 and np.mean(np.array(p) <= 0.1) < 0.2


def excerpts_of_pieces(seed):
    """Two sets of 12 pieces from one source, four excerpts of each."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(24, 3))
    return [
        pd.DataFrame(np.repeat(half, 4, axis=0) + 0.01 * rng.normal(size=(48, 3)))
        for half in (centres[:12], centres[12:])
    ]


def test_excerpts_of_one_piece_do_not_give_a_set_away():
    group = np.repeat(np.arange(12), 4)
    pairs = [excerpts_of_pieces(seed) for seed in range(16)]
    assert two_sample.nearest_neighbour(*pairs[0], n=99).p == pytest.approx(0.01)
    p = [two_sample.nearest_neighbour(*one, groups=(group, group), n=39).p for one in pairs]
    assert np.mean(p) > 0.3 and np.mean(np.array(p) <= 0.1) < 0.35


def test_a_piece_is_not_recognised_by_its_other_excerpts():
    group = np.repeat(np.arange(12), 4)
    sets = excerpts_of_pieces(1)
    options = {"model": "gradient boosting", "n": 0}
    assert two_sample.classifier(*sets, **options).accuracy > 0.9
    assert two_sample.classifier(*sets, groups=(group, group), **options).accuracy < 0.75


def test_the_interval_is_as_wide_as_the_figure_scatters():
    answers = [
        two_sample.nearest_neighbour(
            noise(40, 2 * s, shift=1.0, columns=2), noise(30, 2 * s + 1, columns=2), n=2, seed=s
        )
        for s in range(30)
    ]
    mean = np.mean([one.accuracy for one in answers])
    assert np.mean([one.low <= mean <= one.high for one in answers]) >= 0.85
    width = np.mean([one.high - one.low for one in answers])
    assert width < 2 * 2 * 1.96 * np.std([one.accuracy for one in answers])


def test_permuted_labels_keep_groups_and_their_number():
    pair = set_pair.join(noise(6, 0), noise(4, 1), (list("aabbcc"), list("aabb")))
    labels = pair.permuted(50, 0)
    assert (labels.sum(axis=1) == 4).all() and len(np.unique(labels, axis=0)) > 5
    for number in range(5):
        assert (np.ptp(labels[:, pair.group == number].astype(int), axis=1) == 0).all()


@pytest.mark.parametrize("model", list(two_sample.CLASSIFIERS))
def test_a_classifier_sees_what_differs(model):
    real, made = noise(80, 0), noise(50, 1, shift=4.0)
    found = two_sample.classifier(real, made, model=model, n=0)
    assert found.accuracy > 0.9 and found.low > 0.8 and np.isnan(found.p)
    alike = two_sample.classifier(real, noise(50, 1), model=model, n=0)
    assert alike.low < 0.5 < alike.high


def test_the_classifier_has_a_p_value():
    real = noise(40, 0)
    apart = two_sample.classifier(real, noise(40, 1, shift=3.0), folds=3, n=9)
    assert apart.p == pytest.approx(0.1)
    assert two_sample.classifier(real, noise(40, 1), folds=3, n=9).p > 0.1


def test_same_seed_same_answer():
    sets = noise(30, 0), noise(30, 1, shift=1.0)
    for test in (two_sample.nearest_neighbour, two_sample.classifier):
        assert test(*sets, n=3, seed=3) == test(*sets, n=3, seed=3)


def test_telling_names_what_is_wrong():
    real, made = noise(60, 0), noise(60, 1)
    made["c2"] += 2.0
    found = set_pair.telling(real, made, n=199)
    assert found["column"].iloc[0] == "c2"
    top = found.iloc[0]
    assert top["low"] < top["difference"] < top["high"] and 1.5 < top["difference"] < 2.7
    assert top["p"] == pytest.approx(1 / 200) and (found["p"].iloc[1:] > 0.05).all()
    assert top["higher"] == pytest.approx(
        (made["c2"].to_numpy()[:, None] > real["c2"].to_numpy()).mean()
    )


def test_missing_values_count_as_the_mean_and_rare_columns_are_left_out():
    real = pd.DataFrame({"a": [1.0, 3.0, np.nan], "rare": [np.nan, np.nan, 1.0], "same": 1.0})
    made = pd.DataFrame({"a": [1.0, 3.0, 2.0], "rare": [1.0, 2.0, 3.0], "same": 1.0})
    pair = set_pair.join(real, made)
    assert pair.names == ["a"] and pair.z[2, 0] == 0 and np.isfinite(pair.z).all()


def test_standardised_by_the_real_set_alone():
    real, made = points(0, 2), points(100, 102)
    assert set_pair.join(real, made, by_real=True).z[:, 0].tolist() == [-1, 1, 99, 101]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: set_pair.join(points(1), points(1, 2)), ParameterError, "1 real and 2 made"),
        (lambda: set_pair.join(points(1, 1), points(1, 1)), TableError, "nothing to compare"),
        (
            lambda: set_pair.join(points(1, 2), points(1, 2), columns=["y"]),
            TableError,
            r"\['y'\] do not stand in both",
        ),
        (
            lambda: set_pair.join(points(1, 2), points(1, 2), (["a"], ["a", "b"])),
            ParameterError,
            "1 groups for 2 real pieces",
        ),
        (
            lambda: two_sample.classifier(points(1, 2), points(1, 2), model="oracle"),
            ParameterError,
            "no classifier 'oracle'",
        ),
        (
            lambda: two_sample.classifier(points(1, 2, 3), points(1, 2)),
            ParameterError,
            "5 folds of 2 groups",
        ),
    ],
)
def test_what_cannot_be_compared_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def tunes(n, seed):
    """Tunes of 24 notes that walk by step in C major."""
    rng = np.random.default_rng(seed)
    scale = np.array([p for p in range(55, 85) if p % 12 in (0, 2, 4, 5, 7, 9, 11)])
    walk = np.clip(8 + rng.integers(-1, 2, (n, 24)).cumsum(axis=1), 0, len(scale) - 1)
    ids = [f"t{seed}/{i}" for i in range(n)]
    notes = pd.DataFrame(
        {
            "piece": np.repeat(ids, 24),
            "part": 0,
            "onset": np.tile(np.arange(24) * 240, n),
            "duration": 240,
            "pitch": scale[walk].ravel(),
        }
    )
    return pd.DataFrame({"piece": ids, "quarters": 12.0}), notes


def test_both_tests_of_tunes_of_one_voice():
    real, made = tunes(24, 0), tunes(20, 1)
    sets = [MeasuredSet.of(one) for one in (real, made, null.random_notes(*made))]
    found = two_sample.evaluate(sets[0], sets[1], n=99, trainings=1).set_index("metric")
    assert list(found.index) == list(two_sample.MEASURES)
    assert found.loc["neighbour_p", "value"] > 0.05 and (found["n"] == 20).all()
    spoilt = two_sample.evaluate(sets[0], sets[2], n=99, trainings=1)
    value = spoilt.set_index("metric")["value"]
    assert value["neighbour_accuracy"] > 0.95 and value["classifier_accuracy"] > 0.95
    assert value["neighbour_p"] == pytest.approx(0.01)


def test_few_pieces_have_no_classifier():
    few = [MeasuredSet.of(tunes(3, seed)) for seed in (0, 1)]
    found = two_sample.evaluate(*few, n=9).set_index("metric")["value"]
    assert np.isnan(found["classifier_accuracy"]) and 0 <= found["neighbour_accuracy"] <= 1
