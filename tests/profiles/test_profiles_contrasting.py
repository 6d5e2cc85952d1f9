"""Orders compared listener by listener, and the sentence that follows."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ricercar.profiles import contrasting


def outcomes(n=60):
    """Popularity differs between listeners far more than the profile's gain over it."""
    rng = np.random.default_rng(3)
    popular = rng.uniform(0.3, 0.9, n)
    names = [f"l{i:02d}" for i in range(n)]
    auc = {
        "popularity": popular,
        "profile": popular + rng.normal(0.02, 0.02, n),
        "stranger": popular - rng.normal(0.02, 0.02, n),
        "noise": popular + rng.normal(0, 0.02, n) * np.tile([-1, 1], n // 2),
    }
    return {name: pd.DataFrame({"listener": names, "auc": value}) for name, value in auc.items()}


def test_pairs_are_of_listeners_and_verdicts_after_correction():
    outcome = outcomes()
    pairs = [(name, "popularity") for name in ("profile", "stranger", "noise")]
    table = contrasting.contrast(outcome, [*pairs, pairs[0], ("noise", "noise")], seed=1)
    assert table.index.tolist() == pairs
    assert table["verdict"].tolist() == ["better", "worse", "not told apart"]
    gain = outcome["profile"]["auc"] - outcome["popularity"]["auc"]
    assert table["difference"].iloc[0] == pytest.approx(gain.mean())
    t = stats.t.interval(0.95, len(gain) - 1, gain.mean(), stats.sem(gain))
    np.testing.assert_allclose(table[["low", "high"]].iloc[0].astype(float), t, atol=2e-3)
    alone = contrasting.contrast(outcome, pairs[2:], seed=1)
    assert table["p"].iloc[0] == pytest.approx(3 / 10_000) and alone["p"].iloc[0] > 0.05


def test_the_order_of_listeners_does_not_matter():
    outcome = outcomes()
    turned = {**outcome, "profile": outcome["profile"].iloc[::-1].reset_index(drop=True)}
    pair = [("popularity", "profile")]
    expected = contrasting.contrast(outcome, pair, seed=2)
    pd.testing.assert_frame_equal(contrasting.contrast(turned, pair, seed=2), expected)


def test_nobody_is_not_told_apart():
    empty = pd.DataFrame({"listener": pd.Series(dtype=str), "auc": pd.Series(dtype=float)})
    table = contrasting.contrast({"a": empty, "b": empty}, [("a", "b")])
    assert table["n"].tolist() == [0] and table["verdict"].tolist() == ["not told apart"]


def test_sentences_follow_the_verdict():
    said = [
        contrasting.sentence(row)
        for _, row in contrasting.contrast(
            outcomes(), [("profile", "popularity"), ("noise", "popularity")], seed=1
        ).iterrows()
    ]
    assert said[0].startswith("profile does better than popularity (AUC +0.02")
    assert "p < 0.001" in said[0] and said[0].endswith("n = 60)")
    assert said[1].startswith("noise cannot be told apart from popularity (AUC ")
