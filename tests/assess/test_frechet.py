"""Fréchet distances that are known in closed form, their bias, and a set's own rows."""

import numpy as np
import pandas as pd
import pytest
from scipy import linalg

from ricercar.assess import frechet, null
from ricercar.errors import ParameterError


def normal(n, seed, dimensions=6, shift=0.0):
    scale = np.exp(-np.arange(dimensions) / 3)
    return np.random.default_rng(seed).normal(size=(n, dimensions)) * scale + shift


def exactly(mean, spread):
    """Two hundred points with exactly this mean and covariance."""
    drawn = np.random.default_rng(0).normal(size=(200, len(mean)))
    drawn -= drawn.mean(axis=0)
    white = drawn @ np.linalg.inv(linalg.sqrtm(np.cov(drawn, rowvar=False)))
    return white @ linalg.sqrtm(np.array(spread)) + mean


def test_diagonal_covariances_by_hand():
    # means 3 and 4 apart; standard deviations 1 against 2, 3 against 3
    real, made = exactly([0, 0], [[1, 0], [0, 9]]), exactly([3, 4], [[4, 0], [0, 9]])
    assert frechet.frechet_distance(real, made) == pytest.approx(25 + 1)


def test_covariances_that_do_not_commute():
    a, b = np.array([[2.0, 1], [1, 2]]), np.array([[3.0, -1], [-1, 1]])
    expected = np.trace(a + b - 2 * np.real(linalg.sqrtm(a @ b)))
    found = frechet.frechet_distance(exactly([0, 0], a), exactly([0, 0], b))
    assert found == pytest.approx(expected)


def test_a_set_and_itself_and_its_order():
    real, made = normal(40, 0), normal(30, 1, shift=0.5)
    assert frechet.frechet_distance(real, real) == pytest.approx(0, abs=1e-9)
    assert frechet.frechet_distance(real, made) == pytest.approx(
        frechet.frechet_distance(made, real)
    )
    turn = linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    assert frechet.frechet_distance(real @ turn + 7, made @ turn + 7) == pytest.approx(
        frechet.frechet_distance(real, made)
    )


def test_fewer_pieces_than_dimensions_have_a_distance():
    assert np.isfinite(frechet.frechet_distance(normal(5, 0, 12), normal(4, 1, 12)))


@pytest.mark.parametrize("sizes", [(40, 40), (120, 40)])
def test_small_sets_look_far_away_and_the_correction_brings_them_back(sizes):
    pairs = [(normal(sizes[0], 2 * s), normal(sizes[1], 2 * s + 1)) for s in range(30)]
    plain = np.mean([frechet.frechet_distance(*pair) for pair in pairs])
    corrected = np.mean([frechet.extrapolated(*pair) for pair in pairs])
    assert plain > 0.05 and abs(corrected) < 0.25 * plain


def test_a_true_distance_is_not_corrected_away():
    pairs = [(normal(60, 2 * s), normal(60, 2 * s + 1, shift=1.0)) for s in range(20)]
    assert np.mean([frechet.extrapolated(*pair) for pair in pairs]) == pytest.approx(6, abs=0.3)


def test_intervals_hold_the_true_distance():
    held = 0
    for seed in range(20):
        real, made = normal(80, 2 * seed), normal(60, 2 * seed + 1, shift=0.4)
        row = frechet.compare(real, made, n=60, seed=seed).set_index("metric")
        unit = real.var(axis=0, ddof=1).sum()
        low, high = row.loc["frechet_corrected", ["low", "high"]] * unit
        held += low <= 6 * 0.16 <= high
    assert held >= 17


def test_excerpts_of_a_piece_stay_together():
    pieces, group = normal(20, 0), np.repeat(np.arange(20), 8)
    excerpts = np.repeat(pieces, 8, axis=0) + 0.01 * normal(160, 1)
    other = normal(160, 2)
    width = {}
    for name, owner in (("alone", None), ("grouped", (group, np.arange(160)))):
        row = frechet.compare(excerpts, other, owner, n=60).set_index("metric").loc["frechet"]
        width[name] = row["high"] - row["low"]
    assert width["grouped"] > 1.5 * width["alone"]


def test_few_groups_have_no_correction():
    row = frechet.compare(normal(3, 0), normal(9, 1), n=20).set_index("metric")
    assert np.isnan(row.loc["frechet_corrected", "value"]) and row.loc["frechet", "value"] > 0
    assert row[["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("real", "made", "words"),
    [
        (np.zeros((1, 2)), np.zeros((3, 2)), "the real set have shape"),
        (np.zeros((3, 2)), np.zeros(3), "the made set have shape"),
        (np.zeros((3, 2)), np.zeros((3, 4)), "2 and 4 numbers"),
        (np.zeros((3, 2)), np.full((3, 2), np.nan), "not all finite"),
    ],
)
def test_what_cannot_be_compared_is_named(real, made, words):
    with pytest.raises(ParameterError, match=words):
        frechet.compare(real, made)


class Heights:
    """Stands for an embedder: mean pitch, and its spread, of each piece."""

    def embed(self, pieces, notes):
        by_piece = notes.groupby("piece")["pitch"]
        return np.stack([by_piece.mean()[pieces["piece"]], by_piece.std()[pieces["piece"]]], axis=1)


def test_rows_of_a_scorecard():
    rng = np.random.default_rng(0)
    ids = [f"p{number}" for number in range(24)]
    notes = pd.DataFrame(
        {
            "piece": np.repeat(ids, 8),
            "part": 0,
            "onset": np.tile(np.arange(8) * 480, 24),
            "duration": 480,
            "pitch": rng.integers(60, 73, 192),
        }
    )
    real = pd.DataFrame({"piece": ids, "quarters": 8.0}), notes
    made = real[0], notes.assign(pitch=notes["pitch"] + 12)
    rows = frechet.evaluate(real, made, Heights(), n=40)
    assert rows["metric"].tolist() == list(frechet.MEASURES) and (rows["n"] == 24).all()
    points = Heights().embed(*real)
    assert rows["value"][0] == pytest.approx(144 / points.var(axis=0, ddof=1).sum())
    pd.testing.assert_frame_equal(rows, frechet.evaluate(real, made, Heights(), n=40))


def test_the_kept_embedder_ranks_sets_as_an_ear_would():
    from ricercar.style import embedding

    if not embedding.available():
        pytest.skip("the package holds no embedder: python -m ricercar.style.embedding_training")
    rng = np.random.default_rng(0)
    scale = np.array([p for p in range(55, 85) if p % 12 in (0, 2, 4, 5, 7, 9, 11)])

    def tunes(n):
        walk = np.clip(8 + rng.integers(-1, 2, (n, 128)).cumsum(axis=1), 0, len(scale) - 1)
        ids = [f"t{number}" for number in range(n)]
        notes = {"onset": np.tile(np.arange(128) * 240, n), "pitch": scale[walk].ravel()}
        frame = pd.DataFrame({"piece": np.repeat(ids, 128), "part": 0, "duration": 240, **notes})
        return pd.DataFrame({"piece": ids, "quarters": 64.0}), frame

    real, other = tunes(60), tunes(50)
    found = {
        name: frechet.evaluate(real, made, n=0)["value"][1]
        for name, made in (("alike", other), ("random", null.random_notes(*other)))
    }
    assert abs(found["alike"]) < 0.3 and found["random"] > 5 * abs(found["alike"])
