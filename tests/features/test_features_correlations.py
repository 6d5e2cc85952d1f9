"""Rank correlations agree with pandas; clusters are what rises and falls together."""

import numpy as np
import pandas as pd
import pytest

from ricercar.errors import ParameterError
from ricercar.features import correlations


def table():
    rng = np.random.default_rng(0)
    common, other = rng.normal(size=(2, 60))
    frame = pd.DataFrame(
        {
            "piece": [str(number) for number in range(60)],
            "melody.step_share": common,
            "melody.leap_share": -common + 0.1 * rng.normal(size=60),
            "rhythm.npvi": np.round(other, 1),
            "rhythm.dotted_share": other,
            "harmony.crossing": np.where(np.arange(60) < 25, rng.normal(size=60), np.nan),
            "melody.gap_fill": 0.5,
        }
    )
    frame.loc[20:35, "rhythm.npvi"] = np.nan
    return frame


def test_correlations_are_those_of_pandas():
    ours = correlations.spearman(table())
    theirs = table().drop(columns="piece").corr("spearman", min_periods=correlations.FEWEST)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_too_few_common_pieces_give_no_correlation():
    few = table().assign(**{"harmony.crossing": [1.0] * 3 + [2.0] * 3 + [np.nan] * 54})
    found = correlations.spearman(few)
    assert found["harmony.crossing"].isna().all()
    assert found["melody.gap_fill"].isna().all()


def test_clusters_join_what_goes_together_or_against():
    found = correlations.clusters(table(), 0.6).set_index("feature")
    assert found.loc["melody.step_share", "cluster"] == found.loc["melody.leap_share", "cluster"]
    assert found.loc["rhythm.npvi", "cluster"] == found.loc["rhythm.dotted_share", "cluster"]
    assert found["cluster"].nunique() == 4
    assert found.loc["melody.step_share", "nearest"] > 0.95
    assert np.isnan(found.loc["harmony.crossing", "nearest"])
    # the clusters stand together in the order of the tree
    assert (found["cluster"].diff().fillna(0) >= 0).all()


def test_one_feature_or_none_makes_its_own_cluster():
    assert correlations.clusters(table()[["piece", "rhythm.npvi"]])["cluster"].tolist() == [0]
    assert correlations.clusters(table()[["piece"]]).empty


def test_the_threshold_is_a_correlation():
    with pytest.raises(ParameterError, match="least is 1"):
        correlations.clusters(table(), 1)
