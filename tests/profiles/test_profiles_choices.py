"""Weights of features by hand, and a world in which one choice is right."""

import numpy as np
import pandas as pd
import pytest

from ricercar import profiles
from ricercar.errors import ParameterError
from ricercar.profiles import choices

PIECES = pd.DataFrame({"piece": [f"p{i:02d}" for i in range(40)], "style": "reel"})
PITCH, DENSITY = "melody.mean_pitch", "rhythm.note_density"
_RNG = np.random.default_rng(0)
TABLE = PIECES[["piece"]].assign(
    **{PITCH: np.repeat([0.0, 1.0], 20), DENSITY: _RNG.permutation(np.repeat([0.0, 1.0], 20))}
)
BEGIN = pd.Timestamp("2026-01-01", tz="UTC")


def turncoats(n=30):
    """Listeners who like low pieces for 60 days, then high ones, or the other way round."""
    rng, rows = np.random.default_rng(1), []
    for listener in range(n):
        for day in range(0, 140, 4):
            high = (day >= 60) ^ (listener % 2)
            piece = rng.integers(20, 40) if high else rng.integers(0, 20)
            rows.append((f"l{listener:02d}", f"p{piece:02d}", BEGIN + pd.Timedelta(days=day)))
    return pd.DataFrame(rows, columns=["listener", "piece", "time"]).assign(kind="play", value=1.0)


def before_the_turn():
    events = turncoats()
    return events[events["time"] < BEGIN + pd.Timedelta(days=60)]


def test_match_weighs_features_as_by_hand():
    made = pd.DataFrame(
        {"listener": ["l"], "events": 1, "style.reel": 1.0, PITCH: 0.5, DENSITY: -1.0}
    )
    weight = pd.DataFrame({PITCH: [4.0], DENSITY: [1.0]}, index=["l"])
    found = profiles.match(made, TABLE, PIECES, feature_weights=weight, style_weight=0.0)
    x = profiles.described(TABLE, PIECES)[0].loc[0, [PITCH, DENSITY]].to_numpy()
    p = np.array([0.5, -1.0])
    by_hand = (4 * p[0] * x[0] + p[1] * x[1]) / np.sqrt(
        (4 * p[0] ** 2 + p[1] ** 2) * (4 * x[0] ** 2 + x[1] ** 2)
    )
    assert found.iloc[0, 0] == pytest.approx(by_hand)
    with pytest.raises(ParameterError, match="below 0"):
        profiles.match(made, TABLE, PIECES, feature_weights=-weight)
    with pytest.raises(ParameterError, match="centre"):
        profiles.match(made, TABLE, PIECES, centre=1.5)


def test_equal_weights_are_no_weights():
    events = turncoats(6)
    found = profiles.evidence(events, TABLE, PIECES)
    made = profiles.build(found)
    weight = profiles.feature_weights("equal", found)
    np.testing.assert_allclose(
        profiles.match(made, TABLE, PIECES, feature_weights=weight),
        profiles.match(made, TABLE, PIECES),
    )


def test_the_cold_are_offered_what_the_population_likes_where_its_mean_is_left_in():
    early = before_the_turn()
    low = early[early["listener"].isin(["l00", "l02", "l04"])]
    listeners = ["cold", "l00", "l02", "l04"]
    made = profiles.build(profiles.evidence(low, TABLE, PIECES, listeners=listeners))
    assert (profiles.match(made, TABLE, PIECES, centre=1.0).loc["cold"] == 0).all()
    cold = profiles.match(made, TABLE, PIECES).loc["cold"]
    assert cold[:20].min() > cold[20:].max()


def test_what_separates_listeners_weighs_more():
    found = profiles.evidence(before_the_turn(), TABLE, PIECES)
    for name in profiles.WEIGHTINGS:
        weight = profiles.feature_weights(name, found)
        np.testing.assert_allclose(weight.mean(axis=1), 1)
        assert weight.to_numpy().min() >= 0
    assert (profiles.feature_weights("separating", found)[PITCH] > 1.5).all()
    assert (profiles.feature_weights("personal", found)[PITCH] > 1).mean() > 0.8
    with pytest.raises(ParameterError, match="'best'.*known: equal"):
        profiles.feature_weights("best", found)


def test_features_that_do_not_vary_weigh_nothing():
    table = TABLE.assign(**{"rhythm.npvi": 3.0})
    found = profiles.evidence(before_the_turn(), table, PIECES)
    for name in ("separating", "personal", "unrepeated"):
        assert (profiles.feature_weights(name, found)["rhythm.npvi"] == 0).all()


def test_popularity_is_added_as_by_hand_and_is_all_that_the_cold_get():
    events = turncoats(6)
    made = profiles.build(
        profiles.evidence(events, TABLE, PIECES, listeners=["cold", "l00", "l01"])
    )
    matches = profiles.match(made, TABLE, PIECES)
    heard = events.groupby("piece")["listener"].nunique().reindex(PIECES["piece"]).fillna(0)
    together = profiles.with_popularity(matches, events, 0.3)
    common = 0.3 * np.log2(1 + heard.to_numpy())
    np.testing.assert_allclose(together.loc[["l00", "l01"]], matches.loc[["l00", "l01"]] + common)
    np.testing.assert_allclose(together.loc["cold"], common)
    assert profiles.with_popularity(matches, events, 0.0).equals(matches)
    with pytest.raises(ParameterError, match="weight of popularity is -1"):
        profiles.with_popularity(matches, events, -1)


def test_every_choice_is_changed_alone_and_never_to_what_it_is():
    base = choices.Choices({"play": 1.0, "skip": -1.0}, half_life_days=90.0)
    others = choices.alternatives(base)
    assert ("half-life", "90 days") not in [row[:2] for row in others]
    assert len({row[:2] for row in others}) == len(others)
    for _, _, changed in others:
        differs = [name for name in vars(base) if getattr(changed, name) != getattr(base, name)]
        assert len(differs) == 1


def test_the_right_choice_is_found_measured_and_settled():
    events = turncoats()
    moment = BEGIN + pd.Timedelta(days=120)
    train, later = events[events["time"] < moment], events[events["time"] >= moment]
    base = choices.Choices(shrunken=False, style_weight=1.0)
    others = choices.alternatives(base)
    table = choices.compare(base, others, train, later, TABLE, PIECES, seed=1)
    row = table.set_index(["choice", "setting"])
    forgets = row.loc[("half-life", "30 days")]
    assert table.loc[0, "choice"] == "as built" and np.isnan(table.loc[0, "difference"])
    assert forgets["low"] > 0 and forgets["p"] < 0.05
    assert forgets["AUC"] - table.loc[0, "AUC"] == pytest.approx(forgets["difference"])
    nothing = row.loc[("events weigh", "no skips")]  # there are none
    assert nothing["difference"] == 0 and nothing["p"] == 1
    settled = choices.settle(base, others, table)
    assert settled.half_life_days == 30 and settled.weights == base.weights
    assert choices.settle(base, others, table.assign(low=-1.0)) == base
    assert choices.settle(base, others, table.assign(p=0.9)) == settled  # p is not asked
