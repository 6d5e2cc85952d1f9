"""Reach, overlap, modes and duplicates on points and tunes whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.assess import diversity, manifold, null
from ricercar.assess.measured_set import MeasuredSet
from ricercar.errors import ParameterError


def cloud(n, seed, dimensions=3, shift=0.0):
    return np.random.default_rng(seed).normal(size=(n, dimensions)) + shift


def slow_overlap(real, made, k, k_density):
    """The definitions, one point at a time."""

    def radius(points, i, k):
        return sorted(np.linalg.norm(points[i] - p) for p in np.delete(points, i, axis=0))[k - 1]

    def hit(points, i, k, point):
        return np.linalg.norm(points[i] - point) <= radius(points, i, k) * (1 + 1e-12)

    n, m = range(len(real)), range(len(made))
    precision = [any(hit(real, i, k, made[j]) for i in n) for j in m]
    recall = [any(hit(made, j, k, real[i]) for j in m) for i in n]
    density = [sum(hit(real, i, k_density, made[j]) for i in n) / k_density for j in m]
    coverage = [any(hit(real, i, k_density, made[j]) for j in m) for i in n]
    return precision, recall, density, coverage


@given(st.integers(0, 1000), st.integers(1, 3), st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_overlap_is_as_defined(seed, k, k_density):
    real, made = cloud(9, seed), cloud(7, seed + 1, shift=0.7)
    found = manifold.overlap(real, made, k=k, k_density=k_density)
    precision, recall, density, coverage = slow_overlap(real, made, k, k_density)
    assert found.precision.tolist() == precision and found.recall.tolist() == recall
    assert found.coverage.tolist() == coverage
    np.testing.assert_allclose(found.density, density)


def test_a_set_reaches_all_of_itself_and_nothing_far_away():
    real = cloud(50, 0)
    same = manifold.overlap(real, real)
    assert same.precision.all() and same.recall.all() and same.coverage.all()
    far = manifold.overlap(real, cloud(50, 1, shift=100.0))
    for share in (far.precision, far.density, far.recall, far.coverage):
        assert not share.any()


def test_like_sets_have_density_one_and_the_expected_coverage():
    drawn = [manifold.overlap(cloud(120, s), cloud(120, 1000 + s)) for s in range(20)]
    assert np.mean([one.density.mean() for one in drawn]) == pytest.approx(1, abs=0.06)
    expected = manifold.expected_coverage(120, 120)
    assert np.mean([one.coverage.mean() for one in drawn]) == pytest.approx(expected, abs=0.015)


def test_one_good_piece_again_and_again_is_precise_and_covers_nothing():
    real = cloud(100, 0)
    made = np.zeros((100, 3)) + 1e-3 * cloud(100, 1)
    found = manifold.overlap(real, made)
    assert found.precision.mean() == 1 and found.recall.mean() < 0.05
    assert found.coverage.mean() < 0.35


def test_an_excerpt_does_not_reach_only_to_its_neighbour():
    points = np.array([[0.0], [0.1], [5.0], [5.1]])
    assert manifold.reach(points, 1, ["a", "a", "b", "b"]).round(1).tolist() == [5, 4.9, 4.9, 5]
    with pytest.raises(ParameterError, match="k = 3 with 2 other pieces"):
        manifold.reach(points, 3, ["a", "a", "b", "b"])


def test_modes_count_what_is_reached_and_what_is_no_music():
    centres = np.array([[0.0, 0], [50, 0], [0, 50], [50, 50]])
    real = np.repeat(centres, 25, axis=0) + cloud(100, 0, 2)
    half = np.repeat(centres[:2], 30, axis=0) + 0.1 * cloud(60, 1, 2)
    found = diversity.modes(real, np.concatenate([half, [[25.0, 25.0]]]), clusters=4)
    assert found.reached == 0.5 and found.unlike == 1 and found.outside == 1
    assert sorted(found.real.tolist()) == [25] * 4 and sorted(found.made.tolist()) == [0, 0, 30, 30]
    alike = diversity.modes(real, np.repeat(centres, 10, axis=0) + 0.5 * cloud(40, 2, 2), 4)
    assert alike.reached == 1 and alike.unlike == 0
    assert diversity.modes(real, real, 4).outside == 0
    with pytest.raises(ParameterError, match="200 clusters of 100"):
        diversity.modes(real, real, clusters=200)


def test_modes_of_like_sets_are_unlike_by_chance_only():
    shares = [diversity.modes(cloud(200, s), cloud(200, 500 + s), 10).unlike for s in range(8)]
    assert np.mean(shares) < 0.15


def set_of(*tunes):
    rows = [
        (f"p{number}", 0, 240 * place, 240, pitch)
        for number, tune in enumerate(tunes)
        for place, pitch in enumerate(tune)
    ]
    notes = pd.DataFrame(rows, columns=["piece", "part", "onset", "duration", "pitch"])
    return pd.DataFrame({"piece": [f"p{n}" for n in range(len(tunes))]}), notes


def test_duplicates_are_the_same_notes_in_any_order_and_key():
    pieces, notes = set_of([60, 62, 64], [60, 62, 64], [62, 64, 66], [64, 62, 60], [])
    mixed = notes.sample(frac=1, random_state=0)
    for table in (notes, mixed):
        found = diversity.duplicates(pieces, table)
        assert found[:4].tolist() == [0, 1, 1, 0] and np.isnan(found[4])
        assert diversity.duplicates(pieces, table, False)[:4].tolist() == [0, 1, 0, 0]
    longer = notes.assign(duration=notes["duration"].where(notes["piece"] != "p1", 480))
    assert diversity.duplicates(pieces, longer)[1] == 0


def walks(n, seed, repeat=1):
    rng = np.random.default_rng(seed)
    scale = np.array([p for p in range(55, 85) if p % 12 in (0, 2, 4, 5, 7, 9, 11)])
    steps = rng.integers(-2, 3, (n, 24)).cumsum(axis=1)
    tunes = scale[np.clip(8 + steps, 0, len(scale) - 1)]
    pieces, notes = set_of(*np.repeat(tunes, repeat, axis=0))
    return pieces.assign(quarters=12.0), notes


def test_every_measure_of_a_set():
    real = MeasuredSet.of(walks(40, 0))
    rows = {
        "real": walks(30, 1),
        "one tune": walks(1, 2, repeat=30),
        "random": null.random_notes(*walks(30, 1)),
    }
    rows = {name: MeasuredSet.of(made) for name, made in rows.items()}
    value = {
        name: diversity.evaluate(real, made, n=50, thinned=3).set_index("metric")
        for name, made in rows.items()
    }
    for table in value.values():
        assert list(table.index) == list(diversity.MEASURES) and (table["n"] == 30).all()
    figure = {name: table["value"] for name, table in value.items()}
    assert figure["real"]["duplicates"] == 0
    assert figure["one tune"]["duplicates"] == pytest.approx(29 / 30)
    assert figure["one tune"]["pairwise_distance"] == 0
    assert figure["one tune"]["coverage"] < 0.5 < figure["real"]["coverage"]
    assert figure["random"]["precision"] == 0 and figure["random"]["modes_reached"] == 0
    assert figure["random"]["pairwise_distance"] > figure["real"]["pairwise_distance"]
    row = value["real"].loc["precision"]
    assert row["low"] <= row["value"] <= row["high"]
    again = diversity.evaluate(real, rows["real"], n=50, thinned=3).set_index("metric")
    pd.testing.assert_frame_equal(again, value["real"])
