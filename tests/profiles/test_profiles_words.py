"""Provenance that adds up, and phrases that fit."""

import numpy as np
import pandas as pd
import pytest

from ricercar import explanation, profiles, tables
from ricercar.errors import ParameterError, TableError
from ricercar.profiles import phrases, provenance

DENSITY, MAJOR = "rhythm.note_density", "melody.majorness"
PIECES = pd.DataFrame({"piece": list("abcdefgh"), "style": ["reel"] * 4 + ["jig"] * 4})
TABLE = PIECES[["piece"]].assign(
    **{DENSITY: [1.0, 1, 3, 3, 1, 1, 3, 3], MAJOR: [0.0, 1, 0, 1, 0, 1, 0, 1]}
)


def log(rows):
    events = pd.DataFrame(rows, columns=["listener", "piece", "kind", "value"])
    time = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(len(events)), unit="D")
    return events.assign(time=time)


def crowd(seed=0):
    """l00 likes fast reels in minor keys (c); the others play at random."""
    rng = np.random.default_rng(seed)
    rows = [("l00", "c", "play", 1.0)] * 9 + [("l00", "e", "play", 1.0), ("l00", "b", "skip", 0.1)]
    for i in range(1, 25):
        rows += [(f"l{i:02d}", piece, "play", 1.0) for piece in rng.choice(list("abcdefgh"), 12)]
    return log([*rows, ("few", "c", "play", 1.0)])


def test_shares_add_up_for_every_listener():
    events = log(
        [
            ("l", "a", "play", 0.5),
            ("k", "b", "play", 1.0),
            ("l", "d", "skip", 0.5),
            ("z", "a", "rating", 3.0),
        ]
    )
    told = provenance.shares(events)
    assert told["weight"].tolist() == [0.5, 1.0, -0.5, 0.0]
    assert told["share"].tolist() == [0.5, 1.0, 0.5, 0.0]
    tables.validate("profile_events", told)


def test_contributions_add_up_to_the_profile():
    events = log([("l", "a", "play", 0.5), ("l", "d", "favourite", 1.0), ("k", "b", "play", 1.0)])
    weighed = provenance.shares(events, half_life_days=30)
    parts = provenance.contributions(weighed, "l")
    assert parts["share"].sum() == pytest.approx(1)
    assert parts["kind"].tolist() == ["favourite", "play"]
    assert parts["age_days"].tolist() == [1, 2]
    z = profiles.described(TABLE, PIECES)[0].set_index(PIECES["piece"])[DENSITY]
    by_hand = (parts["weight"] * z.loc[parts["piece"]].to_numpy()).sum() / parts["weight"].sum()
    found = profiles.evidence(events, TABLE, PIECES, half_life_days=30)
    made = profiles.build(found).set_index("listener")
    assert made.loc["l", DENSITY] == pytest.approx(by_hand)
    with pytest.raises(ParameterError, match="no events of 'nobody'"):
        provenance.contributions(weighed, "nobody")


@pytest.mark.parametrize("shrunken", [True, False])
def test_parts_of_events_and_of_the_population_make_each_feature(shrunken):
    events = pd.concat([crowd(), log([("l01", "gone", "play", 1.0)])], ignore_index=True)
    names = [MAJOR, DENSITY]
    weighed = provenance.shares(events, half_life_days=50)
    found = profiles.evidence(events, TABLE, PIECES, half_life_days=50)
    made = profiles.estimate(found, shrunken)
    parts = provenance.parts(weighed, "l00", names, PIECES, found, made)
    row = made.profiles.set_index("listener").loc["l00", names]
    np.testing.assert_allclose(parts[names].sum().to_numpy(), row.to_numpy(float))
    assert parts["kind"].iloc[-1] == provenance.POPULATION and len(parts) == 12
    assert (parts[names].iloc[-1] != 0).any() == shrunken
    with pytest.raises(TableError, match="lack the column 'melody.x'"):
        provenance.parts(weighed, "l00", ["melody.x"], PIECES, found, made)
    with pytest.raises(ParameterError, match="no events of 'nobody'"):
        provenance.parts(weighed, "nobody", names, PIECES, found, made)


def test_the_phrase_is_what_was_planted_and_its_figures_are_counted():
    found = profiles.evidence(crowd(), TABLE, PIECES)
    told = phrases.describe(found)
    assert told["few"] is None and told["l00"].words == "fast reels in minor keys"
    assert told["l00"].fits(found).nonzero()[0].tolist() == [2]
    row = phrases.support(told, found).set_index("listener").loc["l00"]
    assert row["share"] == pytest.approx(0.9) and row["above"] > 0.95
    others = crowd().query("listener != 'l00'")
    by_hand = others["piece"].eq("c").groupby(others["listener"]).mean().mean()
    assert row["usual"] == pytest.approx(by_hand)
    said = phrases.sentence(pd.concat([pd.Series({"listener": "l00"}), row]))
    assert said.startswith("l00 likes fast reels in minor keys more than ")
    assert ": they are 90 % of what this listener liked, and on average " in said
    everybody = {"listener": "l", "words": "smooth music", "share": 1.0, "usual": 0.2, "above": 1.0}
    said = phrases.sentence(pd.Series(everybody))
    assert said.startswith("l likes smooth music more than anyone else does: it is 100 % of what")


def test_a_phrase_can_be_held_against_later_events():
    told = phrases.describe(profiles.evidence(crowd(), TABLE, PIECES))
    later = log([("l00", "c", "play", 1.0), ("l00", "a", "play", 1.0), ("l01", "h", "play", 1.0)])
    row = phrases.support(told, profiles.evidence(later, TABLE, PIECES)).set_index("listener")
    assert row.loc["l00", ["share", "usual", "above"]].tolist() == [0.5, 0.0, 1.0]
    assert set(row.index) <= {"l00", "l01"}


def test_nobody_to_tell_apart_from():
    alone = crowd().query("listener == 'l00'")
    told = phrases.describe(profiles.evidence(alone, TABLE, PIECES))
    assert told.tolist() == [None]
    nameless = PIECES.assign(style="other")
    found = profiles.evidence(crowd(), TABLE, nameless)
    assert phrases.describe(found)["l00"].words == "fast music in minor keys"


def test_only_what_is_sure_is_explained():
    names = ["new", "few", *(f"l{i:02d}" for i in range(25))]
    found = profiles.evidence(crowd(), TABLE, PIECES, listeners=names)
    made = profiles.estimate(found, shrunken=False)
    narrow, wide = made.errors.copy(), made.errors.copy()
    narrow[[MAJOR, DENSITY]], wide[[MAJOR, DENSITY]] = 1e-6, 9.0
    sure = explanation.apart(made.profiles, narrow)
    assert not sure.loc["new"].any() and sure.loc["l00", [MAJOR, DENSITY]].all()
    assert "in minor keys" in explanation.explain(made.profiles, "l00", errors=narrow)
    assert "music" not in explanation.explain(made.profiles, "l00", errors=wide)


def test_sure_is_after_correction_and_holds_for_all_that_is_named():
    rng = np.random.default_rng(4)
    names = [f"melody.f{i:03d}" for i in range(200)]
    value = pd.DataFrame(rng.normal(size=(101, 200)), columns=names)  # nobody differs
    value.iloc[0, :3] = 8.0  # but one
    who = pd.DataFrame({"listener": [f"l{i:03d}" for i in range(101)], "events": 9})
    made, errors = pd.concat([who, value], axis=1), pd.concat([who, value * 0 + 1], axis=1)
    sure = explanation.apart(made, errors)
    assert sure.loc["l000"].to_numpy().nonzero()[0].tolist() == [0, 1, 2]
    assert sure.iloc[1:].any(axis=1).mean() < 0.12  # 5 % of listeners, not of features
    plain = profiles.doubt(made, errors, value.median()) < 0.05
    assert plain.iloc[1:].any(axis=1).all()
    low, high = profiles.bounds(made, errors)
    assert plain.equals((low > value.median()) | (high < value.median()))
    with pytest.raises(ParameterError, match="level is 1"):
        explanation.apart(made, errors, level=1)


def test_doubt_of_shares_agrees_with_their_intervals():
    found = profiles.evidence(crowd(), TABLE, PIECES)
    made = profiles.estimate(found)
    median = made.profiles.drop(columns=["listener", "events"]).median()
    low, high = profiles.bounds(made.profiles, made.errors)
    doubts = profiles.doubt(made.profiles, made.errors, median)
    assert ((doubts < 0.05) == ((low > median) | (high < median))).all(axis=None)
    sure_of_nothing = made.profiles.assign(**{"style.jig": 0.0, "style.reel": 1.0})
    doubts = profiles.doubt(sure_of_nothing, made.errors, median)
    assert (doubts[["style.jig", "style.reel"]] == 1).all(axis=None)


def test_the_example_is_ordinary_among_those_of_whom_something_can_be_said():
    made = pd.DataFrame({"listener": list("abcde"), "events": [0, 4, 20, 60, 300]})
    sure = pd.DataFrame(False, index=list("abcde"), columns=[DENSITY, MAJOR, "melody.nameless"])
    assert explanation.example(made, sure) == "d"  # nobody: median activity of all with events
    sure.loc[["c", "d", "e"], "melody.nameless"] = True
    assert explanation.example(made, sure) == "d"
    sure.loc[["a", "b", "c"], [DENSITY, MAJOR]] = True
    assert explanation.example(made, sure) == "c"
    sure.loc["c", MAJOR] = False
    assert explanation.example(made, sure) == "b"
    with pytest.raises(ParameterError, match="no listener has an event"):
        explanation.example(made.assign(events=0), sure)
