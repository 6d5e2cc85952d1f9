"""Profiles by hand, and a tiny world in which the right profile is obvious."""

import numpy as np
import pandas as pd
import pytest

from ricercar import explanation, profiles, tables
from ricercar.errors import ParameterError, TableError

PITCH, DENSITY = "melody.mean_pitch", "rhythm.note_density"
PIECES = pd.DataFrame({"piece": ["a", "b", "c", "d"], "style": ["reel", "reel", "jig", "jig"]})
TABLE = PIECES[["piece"]].assign(**{PITCH: [1.0, 1, 3, 3], DENSITY: [1.0, 3, 1, 3]})  # z is +-1


def log(rows):
    events = pd.DataFrame(rows, columns=["listener", "piece", "kind", "value"])
    return events.assign(time=pd.Timestamp("2026-01-01", tz="UTC"))


def built(events, *choices, **others):
    return profiles.build(profiles.evidence(events, TABLE, PIECES, *choices, **others))


def test_the_formula_by_hand():
    events = log([("l", "a", "play", 1.0), ("l", "b", "favourite", 1.0), ("l", "c", "skip", 0.0)])
    made = built(events, {"play": 1, "favourite": 3, "skip": -1})
    row = made.iloc[0]
    # w = (1, 3, -1), sum of |w| = 5
    assert row[PITCH] == pytest.approx((1 * -1 + 3 * -1 - 1 * 1) / 5)
    assert row[DENSITY] == pytest.approx((1 * -1 + 3 * 1 - 1 * -1) / 5)
    assert row["style.reel"] == 1 and row["style.jig"] == 0 and row["events"] == 3
    tables.validate("profiles", made)


def test_low_ratings_turn_the_profile_away():
    made = built(log([("l", "c", "rating", 1.0)]))
    assert made.loc[0, PITCH] == -1
    assert made.loc[0, ["style.jig", "style.reel"]].sum() == pytest.approx(1)


def test_old_events_fade():
    events = log([("l", "a", "play", 1.0), ("l", "c", "play", 1.0)])
    events.loc[0, "time"] -= pd.Timedelta(days=10)
    made = built(events, half_life_days=10)
    assert made.loc[0, PITCH] == pytest.approx((-0.5 + 1) / 1.5)
    assert made.loc[0, "style.jig"] == pytest.approx(1 / 1.5)


def test_listeners_without_events_have_the_mean_profile_and_match_everything_alike():
    events = log([("k", "a", "play", 1.0), ("l", "d", "play", 1.0), ("k", "gone", "play", 1.0)])
    made = built(events, listeners=["cold", "k", "l"]).set_index("listener")
    assert made["events"].tolist() == [0, 1, 1]
    numbers = made.drop(columns="events")
    np.testing.assert_allclose(numbers.loc["cold"], numbers.loc[["k", "l"]].mean())
    matched = profiles.match(made.reset_index(), TABLE, PIECES)
    assert (matched.loc["cold"] == 0).all()
    assert matched.loc["k"].idxmax() == "a" and matched.loc["l"].idxmax() == "d"


def test_without_any_event_the_catalogue_itself_is_the_mean():
    made = built(log([]), listeners=["x"])
    assert made.loc[0, ["style.jig", "style.reel"]].tolist() == [0.5, 0.5]
    assert made.loc[0, PITCH] == 0


def test_match_is_a_cosine_and_knows_new_pieces():
    events = log([("k", "a", "play", 1.0), ("l", "d", "play", 1.0), ("l", "b", "play", 0.3)])
    made = built(events)
    matched = profiles.match(made, TABLE, PIECES)
    assert matched.to_numpy().min() >= -1 and matched.to_numpy().max() <= 1
    assert matched.columns.tolist() == PIECES["piece"].tolist()
    new = pd.DataFrame({"piece": ["new"], "style": ["jig"]})
    described = new[["piece"]].assign(**{PITCH: 3.0, DENSITY: 3.0})  # as d
    found = profiles.match(made, described, new, reference=TABLE)
    np.testing.assert_allclose(found["new"], matched["d"])
    alone = profiles.match(made[:1], described, new, reference=TABLE, population=made)
    np.testing.assert_allclose(alone.to_numpy(), found[:1].to_numpy())


def test_a_listener_whose_events_weigh_nothing_matches_everything_alike():
    rng = np.random.default_rng(0)
    heard = [(f"l{i}", piece, "play", rng.random()) for i in range(7) for piece in "abcd"]
    made = built(log([*heard, ("m", "a", "rating", 3.0)]))
    matched = profiles.match(made, TABLE, PIECES, centre=1.0)
    assert made.set_index("listener").loc["m", "events"] == 1
    assert (matched.loc["m"] == 0).all() and (matched.loc["l0"] != 0).any()


def test_one_listener_alone_is_matched_without_a_population():
    made = built(log([("l", "a", "play", 1.0)]))
    assert profiles.match(made, TABLE, PIECES).loc["l"].idxmax() == "a"


def test_a_style_that_profiles_do_not_know_counts_for_nobody():
    made = built(log([("k", "a", "play", 1.0), ("l", "d", "play", 1.0)]))
    new = pd.DataFrame({"piece": ["n"], "style": ["polka"]})
    described = new[["piece"]].assign(**{PITCH: 2.0, DENSITY: 2.0})
    assert np.isfinite(profiles.match(made, described, new, reference=TABLE).to_numpy()).all()


def test_what_does_not_fit_together_is_refused():
    made = built(log([("l", "a", "play", 1.0)]))
    with pytest.raises(TableError, match="no row in features"):
        profiles.match(made, TABLE[:2], PIECES)
    with pytest.raises(TableError, match="lack the column"):
        profiles.match(made, TABLE.drop(columns=PITCH), PIECES)


def test_held_out_by_hand():
    train = log([("k", "a", "play", 1.0), ("m", "a", "skip", 0.1)])
    test = log([("k", "b", "play", 1.0), ("k", "a", "play", 1.0), ("m", "c", "skip", 0.1)])
    scores = pd.DataFrame([[9.0, 2, 1, 3]] * 2, index=["k", "m"], columns=list("abcd"))
    found = profiles.held_out(scores, train, test)
    # of b, c, d (a is known), b was liked: above c, below d; m liked nothing new
    assert found["listener"].tolist() == ["k"]
    assert found.loc[0, "auc"] == 0.5 and found.loc[0, "rank"] == pytest.approx(0.5)
    ties = profiles.held_out(scores * 0, train, test)
    assert ties.loc[0, "auc"] == 0.5


def test_percentiles_and_words():
    rng = np.random.default_rng(0)
    n = 50
    made = pd.DataFrame(
        {
            "listener": [f"l{i:02d}" for i in range(n)],
            "events": 20,
            "style.jig": 0.25,
            "style.reel": 0.75,
            DENSITY: np.arange(n) / n,
            PITCH: rng.normal(scale=1e-3, size=n),
        }
    )
    made.loc[0, "events"] = 3
    place = explanation.percentiles(made)
    assert place.loc["l49", DENSITY] == 1
    words = explanation.explain(made, "l45", n=1)
    assert "fast (more than 91 % of listeners do)" in words
    assert "75 % reel and 25 % jig" in words
    assert "slow (" in explanation.explain(made, "l01", n=1)
    assert "too few" in explanation.explain(made, "l00")
    with pytest.raises(ParameterError, match="nobody"):
        explanation.explain(made, "nobody")


def test_somebody_alone_is_compared_with_nobody():
    made = built(log([("l", "a", "play", 1.0)] * 9))
    assert explanation.percentiles(made).isna().all(axis=None)
    assert explanation.explain(made, "l") == "l: what they liked is 100 % reel and 0 % jig."
