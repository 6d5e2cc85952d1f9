"""mgeval's features by hand, and against brute force over random music."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import entropy as scipy_entropy
from scipy.stats import gaussian_kde

from ricercar.assess import mgeval, set_distances


def one(rows, **more):
    """A piece of (part, onset, duration, pitch) rows, in quarters."""
    notes = pd.DataFrame(rows, columns=["part", "onset", "duration", "pitch"])
    notes[["onset", "duration"]] = (notes[["onset", "duration"]] * 480).astype(int)
    notes.insert(0, "piece", "a")
    return pd.DataFrame({"piece": ["a"], **more}), notes


def melodies(count, seed, scale=1.0, low=60):
    """Random melodies of a part; ``scale`` widens their steps."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        length = rng.integers(20, 40)
        pitch = low + np.rint(np.cumsum(rng.normal(0, scale, length))).astype(int)
        duration = rng.choice([240, 480, 960], length)
        rows.append(
            pd.DataFrame(
                {
                    "piece": f"p{number}",
                    "part": 0,
                    "onset": np.cumsum(duration) - duration,
                    "duration": duration,
                    "pitch": np.clip(pitch, 0, 127),
                }
            )
        )
    notes = pd.concat(rows, ignore_index=True)
    return pd.DataFrame({"piece": notes["piece"].unique()}), notes


def test_features_of_a_small_piece_by_hand():
    pieces, notes = one([(0, 0, 2, 60), (0, 2, 2, 64), (0, 4, 1, 62), (0, 5, 3, 74), (1, 0, 8, 50)])
    table = mgeval.evaluate(pieces, notes).iloc[0]
    assert table["total_used_pitch"] == 5
    assert table["note_count"] == 5
    assert table["used_pitch_per_bar"] == (3 + 2) / 2
    assert table["notes_per_bar"] == 5 / 2
    assert table["pitch_range"] == 24
    assert table["average_pitch_interval"] == pytest.approx((4 + 2 + 12) / 3)
    assert table["average_inter_onset_interval"] == pytest.approx(5 / 3)
    shares = np.zeros(12)
    shares[[0, 4, 2]] = 2 / 16, 2 / 16, (1 + 3 + 8) / 16
    assert mgeval.pitch_class_histogram(pieces, notes)[0] == pytest.approx(shares)
    steps = np.argwhere(mgeval.pitch_class_transitions(pieces, notes)[0])
    assert steps.tolist() == [[0, 4], [2, 2], [4, 2]]
    lengths = mgeval.note_length_histogram(pieces, notes)[0]
    # halves, a quarter, a dotted half; the nearest of all to two bars is one bar
    assert dict(zip(mgeval.LENGTHS[lengths > 0], lengths[lengths > 0], strict=True)) == {
        96: 0.2,
        48: 0.4,
        24: 0.2,
        72: 0.2,
    }
    moves = np.argwhere(mgeval.note_length_transitions(pieces, notes)[0])
    assert [tuple(mgeval.LENGTHS[pair]) for pair in moves] == [(48, 48), (48, 24), (24, 72)]


def test_bar_features_leave_pickup_and_unfinished_bar_out():
    pieces, notes = one([(0, 0, 1, 55), (0, 1, 3, 60), (0, 4, 1, 62)], meter=["3/4"], pickup=[480])
    assert mgeval.notes_per_bar(pieces, notes)[0] == 1
    assert mgeval.used_pitch_per_bar(pieces, notes)[0] == 1
    assert mgeval.note_count(pieces, notes)[0] == 3


def test_note_lengths_are_relative_to_the_bar():
    rows = [(0, 0, 1.5, 60), (0, 1.5, 3, 60)]
    pieces, notes = one(rows, meter=["6/8"])
    found = mgeval.note_length_histogram(pieces, notes)[0]
    assert mgeval.LENGTHS[found > 0].tolist() == [96, 48]


def test_the_published_bar_is_two_quarters_over_four():
    pieces, notes = one([(0, 0, 1, 60), (0, 1, 2, 60)], meter=["3/4"])
    published = mgeval.note_length_histogram_as_published(pieces, notes)[0]
    assert mgeval.LENGTHS[published > 0].tolist() == [96, 48]
    # log2(8) is 3: three eighths, half a bar of 6/8
    pieces = pieces.assign(meter="6/8")
    published = mgeval.note_length_histogram_as_published(pieces, notes)[0]
    assert mgeval.LENGTHS[published > 0].tolist() == [96, 72]


def test_a_piece_without_notes_has_counts_of_nought_and_nothing_else():
    pieces, notes = one([(0, 0, 4, 60)])
    pieces = pd.concat([pieces, pieces.assign(piece="silent")])
    silent = mgeval.evaluate(pieces, notes).iloc[1, 1:].astype(float)
    assert silent.dropna().to_dict() == {"total_used_pitch": 0, "note_count": 0}
    for name, values in mgeval.features(pieces, notes).items():
        assert values.shape == (2, int(np.prod(mgeval.FEATURES[name])))
    assert np.isnan(mgeval.pitch_class_histogram(pieces, notes)[1]).all()


def test_densities_are_those_of_scipy():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, 300), rng.normal(1, 3, 200)
    grid, p, q = set_distances.densities((a, b))
    assert p[0] == pytest.approx(gaussian_kde(a)(grid), abs=2e-3 * p.max())
    assert q[0] == pytest.approx(gaussian_kde(b)(grid), abs=2e-3 * q.max())
    weights = rng.integers(0, 3, 300)
    _, drawn, _ = set_distances.densities((a, b), (weights[None], np.ones((1, 200))))
    wide = gaussian_kde(a).factor * a.std(ddof=1)
    kernels = np.exp(-0.5 * ((grid[:, None] - a) / wide) ** 2) @ weights
    right = kernels / (wide * np.sqrt(2 * np.pi) * weights.sum())
    assert drawn[0] == pytest.approx(right, abs=2e-3 * p.max())


def test_overlap_and_divergence_of_normal_samples_are_those_of_theory():
    # quantiles of N(0, 1) and N(1, 1): overlap 2 Phi(-1/2), divergence 1/2
    from scipy.stats import norm

    a = norm.ppf((np.arange(20000) + 0.5) / 20000)
    assert set_distances.overlap_area(a, a + 1) == pytest.approx(2 * norm.cdf(-0.5), abs=0.01)
    assert set_distances.kld(a, a + 1) == pytest.approx(0.5, abs=0.02)


def test_the_published_divergence_does_not_see_where_a_sample_lies():
    rng = np.random.default_rng(1)
    a = rng.gamma(3, 1, 400)
    assert set_distances.kld_as_published(a, a + 50) == pytest.approx(0, abs=1e-6)
    assert set_distances.kld(a, a + 50) > 5
    assert set_distances.overlap_area(a, a + 50) == pytest.approx(0, abs=1e-6)
    assert set_distances.overlap_area(a, a) == pytest.approx(1)
    assert set_distances.kld(a, a) == pytest.approx(0, abs=1e-9)


def test_the_published_divergence_is_the_formula_of_mgeval():
    rng = np.random.default_rng(2)
    a, b = rng.gamma(3, 1, 300), rng.normal(5, 2, 500)
    own = [gaussian_kde(s)(np.linspace(s.min(), s.max(), 1000)) for s in (a, b)]
    assert set_distances.kld_as_published(a, b) == pytest.approx(scipy_entropy(*own), rel=2e-3)


def test_without_spread_there_is_no_density():
    assert np.isnan(set_distances.kld(np.ones(5), np.arange(5)))
    assert np.isnan(set_distances.overlap_area(np.arange(5), np.ones(5)))
    assert np.isnan(set_distances.kld_as_published(np.ones(5), np.arange(5)))


def figures(real, made, **options):
    table = set_distances.evaluate(real, made, **options)
    return table.set_index(["feature", "metric"])


def test_like_sets_overlap_and_unlike_sets_do_not():
    real, alike = melodies(40, 0), melodies(40, 1)
    unlike = melodies(40, 2, scale=6.0)
    near, far = figures(real, alike, n=40), figures(real, unlike, n=40)
    feature = "average_pitch_interval"
    assert near.loc[(feature, "overlap_real"), "value"] > 0.9
    assert far.loc[(feature, "overlap_real"), "value"] < 0.2
    assert far.loc[(feature, "kld_real"), "value"] > 5 * near.loc[(feature, "kld_real"), "value"]
    assert set(near.index.get_level_values("metric")) == set(set_distances.MEASURES)
    bounded = near[~near.index.get_level_values("metric").str.endswith("published")]
    assert (bounded["low"] <= bounded["value"]).all() and (bounded["n"] == 40).all()
    assert (bounded["value"] <= bounded["high"]).all()
    pd.testing.assert_frame_equal(near, figures(real, alike, n=40))


def test_mean_distances_by_hand():
    pieces = pd.DataFrame({"piece": ["a", "b"]})
    notes = pd.DataFrame({"piece": ["a", "b"], "part": 0, "onset": 0, "duration": 1920})
    real = pieces, notes.assign(pitch=[60, 64])
    two_notes = pd.concat([notes.assign(pitch=60), notes.assign(pitch=[63, 67], part=1)])
    found = figures(real, (pieces, two_notes), n=2)["value"]
    assert found["pitch_range", "intra_real"] == 0
    assert found["pitch_range", "intra_made"] == 4
    assert found["pitch_range", "inter"] == (3 + 7) / 2
    assert np.isnan(found["pitch_range", "overlap_real"])


def test_stretches_of_one_piece_are_not_compared():
    pieces, notes = melodies(12, 3)
    doubled = pd.concat([notes, notes.assign(piece="again " + notes["piece"])])
    groups = pd.concat([pieces, pieces.assign(piece="again " + pieces["piece"])])
    groups["group"] = pieces["piece"].to_list() * 2
    single = figures((pieces, notes), (pieces, notes), n=2)["value"]
    double = figures((groups, doubled), (groups, doubled), n=2)["value"]
    assert double["note_count", "intra_real"] == pytest.approx(single["note_count", "intra_real"])
