"""Composing together: what is given stays, and the way between two pieces has its ends."""

import numpy as np
import pandas as pd
import pytest

from ricercar import tables
from ricercar.errors import MissingArtefactError, ParameterError
from ricercar.gan import asking, between, given, interplay, sampling
from ricercar.gan.conditions import Conditions

COLUMNS = ["part", "onset", "duration", "pitch"]


@pytest.fixture(scope="module")
def generator(untrained):
    return untrained()


def hymn(voices: int = 4, quarters: int = 16, pickup: int = 0, key: str | None = "D major"):
    """A hymn in quarters, with a triplet in the second full bar and a tie over the third line."""
    rows = []
    for part in range(voices):
        top = 74 - 7 * part
        onsets = [t for t in range(0, quarters * 480, 480) if t != pickup + 7 * 480]
        rows += [(part, t, 480, top + (t // 480) % 3) for t in onsets]
    rows += [(0, pickup + 7 * 480 + 160 * i, 160, 74 + i) for i in range(3)]
    rows += [(part, pickup + 7 * 480, 960, 74 - 7 * part) for part in range(1, voices)]
    notes = pd.DataFrame(rows, columns=COLUMNS).drop_duplicates(["part", "onset"], keep="last")
    notes = notes[~((notes["part"] > 0) & (notes["onset"] == pickup + 8 * 480))]
    notes.insert(0, "piece", "mine")
    piece = {"piece": "mine", "title": "Mine", "meter": "4/4", "key": key, "pickup": pickup}
    piece |= {"quarters": float(quarters), "style": "hymn", "licence": "CC-BY-4.0"}
    return pd.DataFrame([piece]), notes.sort_values(COLUMNS, ignore_index=True)


def sorted_notes(notes: pd.DataFrame) -> list[list[int]]:
    return notes.sort_values(COLUMNS)[COLUMNS].to_numpy().tolist()


@pytest.mark.parametrize("recipe", ["latent", "reference", "grid"])
@pytest.mark.parametrize("pickup", [0, 480, 80])
def test_given_bars_stay_and_the_rest_is_new(untrained, recipe, pickup):
    pieces, notes = hymn(pickup=pickup)
    made, new = untrained(recipe).continue_(
        pieces, notes, bars=6, seed=3, keep=2, versions=2, draws=2, rounds=2
    )
    tables.validate("composed_pieces", made)
    line = pickup + 2 * 1920
    kept = sorted_notes(notes[notes["onset"] < line])
    for piece in made["piece"]:
        mine = new[new["piece"] == piece]
        assert sorted_notes(mine[mine["onset"] < line]) == kept
        # the alto's long note lasts beyond the line, nothing is composed into it
        alto = mine[(mine["part"] == 1) & (mine["onset"] >= line)]
        assert alto.empty or alto["onset"].min() >= line + 480
        end = (mine["onset"] + mine["duration"]).max()
        assert line + 1920 < end <= pickup + 6 * 1920
    assert made["pickup"].tolist() == [pickup] * 2
    assert made["quarters"].tolist() == [(pickup + 6 * 1920) / 480] * 2
    assert made["licence"].tolist() == ["CC-BY-4.0"] * 2
    first, second = (new.loc[new["piece"] == piece, COLUMNS].to_numpy() for piece in made["piece"])
    assert first.shape != second.shape or (first != second).any()


@pytest.mark.parametrize("voices", [(0,), (3,), (0, 3)])
@pytest.mark.parametrize("pickup", [0, 480])
def test_given_voices_stay_and_the_others_are_new(generator, voices, pickup):
    pieces, notes = hymn(pickup=pickup, quarters=18)
    made, new = generator.accompany(pieces, notes, seed=1, voices=voices, draws=2, rounds=1)
    own, kept = new["part"].isin(voices), notes["part"].isin(voices)
    assert sorted_notes(new[own]) == sorted_notes(notes[kept])
    assert set(new["part"]) == {0, 1, 2, 3}
    assert sorted_notes(new[~own]) != sorted_notes(notes[~kept])
    assert made["quarters"].tolist() == [18.0]
    assert (new["onset"] + new["duration"]).max() <= 18 * 480


def test_a_melody_alone_is_enough_and_its_key_may_be_unknown(generator):
    pieces, notes = hymn(voices=1, key=None)
    bare = pieces[["piece", "quarters"]]
    made, new = generator.accompany(bare, notes, seed=1, meter="4/4", draws=1, rounds=1)
    assert made["key"].iloc[0].split()[1] in {"major", "minor"}
    told, _ = generator.accompany(
        bare, notes, seed=1, meter="4/4", key="B minor", draws=1, rounds=1
    )
    assert told["key"].tolist() == ["B minor"]
    assert sorted_notes(new[new["part"] == 0]) == sorted_notes(notes)


def test_a_tune_is_continued_by_the_family_of_one_voice(generator):
    pieces, notes = hymn(voices=1)
    pieces = pieces.assign(meter="2/2", style="reel")
    made, new = generator.continue_(pieces, notes, bars=5, seed=1, keep=1, draws=2, rounds=1)
    assert made["style"].tolist() == ["reel"] and set(new["part"]) == {0}


def test_the_same_seed_the_same_music(generator):
    pieces, notes = hymn()
    for compose in (
        lambda seed: generator.continue_(pieces, notes, 6, seed, keep=2, draws=2, rounds=2),
        lambda seed: generator.accompany(pieces, notes, seed, draws=2, rounds=2),
        lambda seed: generator.interpolate(["jig", "reel"], (seed, 2), 3),
    ):
        one, again, other = compose(1), compose(1), compose(5)
        assert one[0].equals(again[0]) and one[1].equals(again[1])
        assert one[0]["sha256"].tolist() != other[0]["sha256"].tolist()


@pytest.mark.parametrize("recipe", ["latent", "grid"])
def test_noise_that_is_looked_for_makes_the_given_likelier(untrained, recipe):
    composer = untrained(recipe).composers[0]
    laid = given.lay(composer.vocabulary, np.ones((1, 1), np.float32), *hymn(), bars=8, keep=4)
    told = []
    for draws, rounds in ((1, 1), (24, 1), (24, 3)):
        rng = np.random.default_rng(0)
        asked, tokens = laid.asked, laid.tokens
        noise = interplay.fitting_noise(composer, asked, tokens, rng, laid.until, draws, rounds)
        assert noise[0].shape == (1, 8) and noise[1].shape == (1, 32, 2)
        found = interplay.likelihood(composer, asked, tokens, noise, rng, laid.until)
        told.append(found[0])
    assert told[0] < told[1] < told[2] < 0


def test_a_held_note_is_struck_again_only_where_composing_begins():
    own = np.array([[5, -1, -1, -1], [-1, 4, -1, 0]]).T.reshape(1, 1, 4, 2)
    tokens = np.array([[5, 0, 0, 1], [1, 4, 0, 0]]).T.reshape(1, 1, 4, 2)
    sounding = np.array([[4, 4, 4, 0], [0, 3, 3, 3]]).T.reshape(1, 1, 4, 2)
    found = given.strike_again(own, tokens, sounding)
    assert found[0, 0].T.tolist() == [[5, 5, 0, 1], [1, 4, 4, 0]]


# strength


def test_strength_0_is_the_mean_style_and_1_what_was_asked(generator):
    vocabulary = generator.composers[1].vocabulary
    mean = asking.mean_style(vocabulary)
    np.testing.assert_allclose(mean, [2 / 6, 4 / 6])  # roots of 4 and 16 pieces
    wishes = {"beats": np.array([8]), "pickup": np.array([False])}
    asked = Conditions.of(vocabulary, ["jig"], ["6/8"], ["major"], **wishes)
    assert asking.lean(asked, 1.0) is asked
    np.testing.assert_allclose(asking.lean(asked, 0.0).style, [mean])
    np.testing.assert_allclose(asking.lean(asked, 2.0).style, [2 * np.array([1, 0]) - mean])
    form = {"bars": 4, "meter": "2/2", "key": "C major"}
    by_none = [generator.sample([style], 1, strength=0.0, **form) for style in ("jig", "reel")]
    plain = generator.sample(np.array([[0.0, *mean]]), 1, **form)
    for one in by_none[1:]:  # the jig is never in 2/2: another piece decides on its pickup
        assert one[1].equals(plain[1])
    assert by_none[0][0]["style"].tolist() == ["jig"]


# interpolation


@pytest.mark.parametrize("recipe", ["latent", "reference", "grid"])
def test_interpolation_ends_in_the_two_pieces(untrained, recipe):
    generator = untrained(recipe)
    made, new = generator.interpolate(["reel", "jig"], seeds=(4, 9), steps=4, prefix="x")
    for style, seed, row in (("reel", 4, 0), ("jig", 9, 3)):
        piece, notes = generator.sample([style], seed, prefix="x")
        mine = new[new["piece"] == f"ricercar/x-000{row + 1}"]
        assert sorted_notes(mine) == sorted_notes(notes)
        assert made["sha256"].iloc[row] == piece["sha256"].iloc[0]
        assert made["key"].iloc[row] == piece["key"].iloc[0]
    assert made["style"].tolist() == ["reel", "reel", "jig", "jig"]


def test_equal_ends_have_nothing_else_between(generator):
    made, _ = generator.interpolate(["jig", "jig"], seeds=(4, 4), steps=3)
    assert made["sha256"].nunique() == 1


def test_chance_between_stays_uniform():
    a, b = np.random.default_rng(0), np.random.default_rng(1)
    chance = between.Chance(a, b, np.array([0.0, 0.4, 1.0]))
    drawn = chance.random((3, 20000))
    np.testing.assert_array_equal(drawn[[0, 2]], [a.random(20000), b.random(20000)])
    np.testing.assert_allclose(np.quantile(drawn[1], [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.02)


# what cannot be asked


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"meter": "7/8"}, "7/8"),
        ({"key": "H major"}, "H major"),
        ({"mode": "dorian"}, "dorian"),
        ({"bars": 65}, "2 to 64"),
        ({"bars": 1}, "2 to 64"),
        ({"strength": -0.1}, "strength"),
        ({"strength": 9.0}, "strength"),
        ({"temperature": 0.0}, "temperature"),
        ({"top_p": 1.1}, "top_p"),
        ({"seed": -1}, "seed"),
    ],
)
def test_wishes_out_of_range_are_refused(generator, wishes, words):
    with pytest.raises(ParameterError, match=words):
        generator.sample(["hymn"], **{"seed": 1, **wishes})


@pytest.mark.parametrize(
    ("change", "wishes", "words"),
    [
        ({"meter": "5/4"}, {}, "5/4"),
        ({"meter": None}, {}, "meter is unknown"),
        ({"key": "D dorian"}, {}, "dorian was not learnt"),
        ({"meter_changes": "3840 3/4"}, {}, "changes its meter"),
        ({}, {"keep": 5}, "4 complete bars"),
        ({}, {"keep": 0}, "cannot be kept"),
        ({}, {"bars": 2, "keep": 2}, "more than the 2"),
        ({}, {"bars": 65}, "64"),
        ({}, {"style": ["polka"]}, "polka"),
        ({}, {"style": ["reel"]}, "4 voice"),
        ({}, {"style": ["hymn", "hymn"]}, "2 styles for 1"),
        ({}, {"versions": 0}, "versions"),
        ({}, {"draws": 0}, "draws"),
        ({}, {"key": "x"}, "'x' is none"),
    ],
)
def test_music_that_cannot_be_continued_is_refused(generator, change, wishes, words):
    pieces, notes = hymn()
    with pytest.raises(ParameterError, match=words):
        generator.continue_(pieces.assign(**change), notes, **{"bars": 6, "seed": 1, **wishes})


def test_voices_that_cannot_be_accompanied_are_refused(generator):
    pieces, notes = hymn()
    with pytest.raises(ParameterError, match="leaves the range"):
        generator.accompany(pieces, notes.assign(pitch=notes["pitch"] + 24), seed=1)
    with pytest.raises(ParameterError, match="has no notes"):
        generator.accompany(pieces, notes[:0], seed=1)
    with pytest.raises(ParameterError, match="has no voice"):
        generator.accompany(pieces, notes[notes["part"] == 0], seed=1, voices=(0, 2))
    with pytest.raises(ParameterError, match="leave one to compose"):
        generator.accompany(pieces, notes, seed=1, voices=(0, 1, 2, 3))
    with pytest.raises(ParameterError, match="several voices"):
        generator.accompany(pieces, notes, seed=1, style=["jig"])


def test_ends_of_two_families_have_nothing_between(generator):
    with pytest.raises(ParameterError, match="one family"):
        generator.interpolate(["hymn", "jig"], (1, 2))
    with pytest.raises(ParameterError, match="two styles"):
        generator.interpolate(["jig"], (1, 2))
    with pytest.raises(ParameterError, match="steps"):
        generator.interpolate(["jig", "reel"], (1, 2), steps=1)


def test_a_missing_pretrained_generator_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(sampling.resources, "files", lambda _: tmp_path)
    with pytest.raises(MissingArtefactError, match=r"generator\.npz"):
        sampling.pretrained()
