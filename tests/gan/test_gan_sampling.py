"""Composing, and the generator on disk."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ricercar import tables
from ricercar.errors import MissingArtefactError, ParameterError, ReadError
from ricercar.gan import sampling, training
from ricercar.gan.conditions import draw


@pytest.fixture(scope="module")
def generator(trained):
    return sampling.Generator([trained.composer()], ["tiny/hymn-1"])


@pytest.fixture(scope="module")
def on_grid(material, tiny_plan):
    return training.train(material, tiny_plan("grid", play_steps=1)).composer()


@pytest.fixture
def stored(generator, tmp_path):
    paths = tmp_path / "generator.npz", tmp_path / "generator.json"
    sampling.save(generator, *paths)
    return paths


def conditions(composer, n):
    """What hymns are like."""
    return draw(composer.vocabulary, ["hymn"] * n, np.random.default_rng(0))[0]


def test_pieces_are_valid_and_as_long_as_they_say(generator):
    pieces, notes = generator.sample(["hymn", "dance"] * 8, seed=4, prefix="try")
    tables.validate("composed_pieces", pieces)
    tables.validate("composed_notes", notes)
    assert pieces["piece"].iloc[0] == "ricercar/try-0001"
    assert pieces["style"].tolist() == ["hymn", "dance"] * 8
    assert set(pieces["parts"]) == {2}
    ends = (notes["onset"] + notes["duration"]).groupby(notes["piece"]).max()
    length = pieces.set_index("piece")["quarters"] * 480
    assert (ends <= length.loc[ends.index]).all()
    meter = pieces.groupby("style")["meter"].unique().map(list).to_dict()
    assert meter == {"hymn": ["4/4"], "dance": ["6/8"]}
    assert set(pieces["licence_class"]) == {"own"}


def test_same_seed_same_pieces_other_seed_others(generator):
    one, other = generator.sample(["hymn"] * 5, seed=1), generator.sample(["hymn"] * 5, seed=2)
    again = generator.sample(["hymn"] * 5, seed=1)
    assert one[0].equals(again[0]) and one[1].equals(again[1])
    assert one[0]["sha256"].tolist() != other[0]["sha256"].tolist()


def test_names_and_certain_probabilities_are_the_same(generator):
    certain = np.array([[0.0, 2.0], [5.0, 0.0]])  # any scale
    by_name, by_share = generator.sample(["hymn", "dance"], 1), generator.sample(certain, 1)
    assert by_name[1].equals(by_share[1])


def test_a_mixture_is_composed_as_one(generator):
    pieces, notes = generator.sample(np.array([[0.4, 0.6], [0.6, 0.4]]), seed=1)
    assert pieces["style"].tolist() == ["hymn", "dance"]
    pure = generator.sample(["hymn", "dance"], seed=1)[1]
    assert not notes.equals(pure)


def test_wishes_are_met(generator):
    pieces, notes = generator.sample(["hymn"] * 6, 3, bars=5, meter="6/8", key="F# minor")
    assert set(pieces["meter"]) == {"6/8"} and set(pieces["key"]) == {"F# minor"}
    assert (pieces["quarters"] - pieces["pickup"] / 480).tolist() == [15.0] * 6
    only = generator.sample(["hymn"] * 4, 3, mode="minor")[0]
    assert only["key"].str.endswith("minor").all()
    assert set(notes["piece"]) <= set(pieces["piece"])


def test_a_key_transposes_every_note(generator):
    c_pieces, c = generator.sample(["hymn"] * 6, 3, key="C major")
    d_pieces, d = generator.sample(["hymn"] * 6, 3, key="D major")
    assert (d["pitch"] - c["pitch"]).unique().tolist() == [2]
    assert c.drop(columns="pitch").equals(d.drop(columns="pitch"))
    assert set(c_pieces["key"]) == {"C major"} and set(d_pieces["key"]) == {"D major"}


@pytest.mark.parametrize(("key", "shift"), [("C minor", 3), ("E- minor", -6), ("F minor", -4)])
def test_the_white_keys_are_moved_to_the_key(key, shift, generator):
    """The tonic of a minor piece is A on the white keys; no piece moves by more than a tritone."""
    white = generator.sample(["dance"] * 3, 3, key="A minor")[1]
    found = generator.sample(["dance"] * 3, 3, key=key)[1]
    assert (found["pitch"] - white["pitch"]).unique().tolist() == [shift]


def test_several_composers_share_the_styles_and_keep_the_order(generator):
    (one,) = generator.composers
    told = one.vocabulary
    renamed = replace(
        told,
        styles=("air", "jig"),
        usual={"air": told.usual["dance"], "jig": told.usual["hymn"]},
    )
    both = sampling.Generator([one, replace(one, vocabulary=renamed)])
    assert both.styles == ["dance", "hymn", "air", "jig"]
    names = ["jig", "hymn", "air", "hymn"]
    pieces, notes = both.sample(names, seed=1)
    assert pieces["style"].tolist() == names
    assert pieces["piece"].str[-1].tolist() == ["1", "2", "3", "4"]
    assert notes["piece"].drop_duplicates().isin(pieces["piece"]).all()
    mixed = both.sample(np.array([[0.3, 0.3, 0.4, 0.0]]), seed=1)[0]
    assert mixed["style"].isin(["dance", "hymn"]).all()  # most of it is theirs


def test_nothing_asked_nothing_composed(generator):
    pieces, notes = generator.sample([], seed=1)
    assert len(pieces) == len(notes) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ["polka"],
        "hymn",
        np.ones((2, 3)),
        np.array([[-1.0, 2.0]]),
        np.zeros((1, 2)),
        np.array([[np.nan, 1.0]]),
    ],
)
def test_impossible_styles_are_refused(generator, wrong):
    with pytest.raises(ParameterError):
        generator.sample(wrong, seed=1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"bars": 0},
        {"meter": "7/8"},
        {"key": "what"},
        {"mode": "locrian"},
        {"temperature": 0.0},
        {"top_p": 1.5},
    ],
)
def test_impossible_wishes_are_refused(generator, wrong):
    with pytest.raises(ParameterError):
        generator.sample(["hymn"], 1, **wrong)


def test_cold_music_is_sure_of_itself(generator):
    cold = [generator.sample(["hymn"] * 2, 1, temperature=1e-3)[1] for _ in range(2)]
    assert cold[0].equals(cold[1])
    (one,) = generator.composers
    asked = conditions(one, 2)
    noise = one.noise(2, int(asked.beats.max()), np.random.default_rng(1))
    sure = [
        one.compose(asked, np.random.default_rng(seed), 1e-4, noise=noise)[0] for seed in (1, 2)
    ]
    assert (sure[0] == sure[1]).mean() > 0.98  # but for ties of an untrained network


@pytest.mark.parametrize("recipe", ["latent", "grid"])
def test_what_is_given_is_kept(recipe, generator, on_grid):
    one = on_grid if recipe == "grid" else generator.composers[0]
    asked = conditions(one, 3)
    given = one.compose(asked, np.random.default_rng(1))[0]
    given[..., 0] = -1
    made = one.compose(asked, np.random.default_rng(2), given=given)[0]
    inside = (np.arange(given.shape[1]) < asked.beats[:, None])[..., None]
    used = (np.arange(6) < asked.slots[:, None])[:, None]
    counts = inside & used
    np.testing.assert_array_equal(made[..., 1][counts], given[..., 1][counts])


def test_the_grid_composes_valid_music(on_grid):
    pieces, notes = sampling.Generator([on_grid]).sample(["hymn", "dance"] * 2, seed=1)
    assert len(pieces) == 4 and len(notes)


def test_a_stored_generator_composes_the_same(generator, stored):
    loaded = sampling.load(*stored)
    assert loaded.styles == generator.styles == ["dance", "hymn"]
    assert loaded.held_out == generator.held_out
    for a, b in zip(generator.sample(["hymn"] * 3, 3), loaded.sample(["hymn"] * 3, 3), strict=True):
        assert a.equals(b)


def test_equal_weights_are_equal_bytes(material, generator, stored, tmp_path, tiny_plan):
    again = training.train(material, tiny_plan()).composer()
    paths = tmp_path / "again.npz", tmp_path / "again.json"
    sampling.save(sampling.Generator([again], ["tiny/hymn-1"]), *paths)
    for path, other in zip(paths, stored, strict=True):
        assert path.read_bytes() == other.read_bytes()


def test_half_precision_is_smaller_and_still_composes(generator, stored, tmp_path):
    paths = tmp_path / "half.npz", tmp_path / "half.json"
    sampling.save(generator, *paths, exact=False)
    assert paths[0].stat().st_size < 0.8 * stored[0].stat().st_size
    assert len(sampling.load(*paths).sample(["hymn"], 1)[0]) == 1


def test_damaged_files_are_refused_with_their_name(stored, tmp_path):
    arrays, description = stored
    broken = tmp_path / "broken.npz"
    for damaged in (arrays.read_bytes()[:-200], b"", b"PK\3\4 no archive"):
        broken.write_bytes(damaged)
        with pytest.raises(ReadError, match=r"broken\.npz"):
            sampling.load(broken, description)
    description.write_text("{}")
    with pytest.raises(ReadError, match=r"generator\.json"):
        sampling.load(arrays, description)
    with pytest.raises(ReadError):
        sampling.load(arrays, tmp_path / "none.json")


def test_arrays_and_description_must_belong_together(stored):
    told = json.loads(stored[1].read_text())
    told["composers"] *= 2
    stored[1].write_text(json.dumps(told))
    with pytest.raises(ReadError, match="composer 1 has no arrays"):
        sampling.load(*stored)


def test_another_format_is_refused(stored):
    told = json.loads(stored[1].read_text()) | {"format": 1}
    stored[1].write_text(json.dumps(told))
    with pytest.raises(ReadError, match="format 1"):
        sampling.load(*stored)


def test_the_pretrained_generator_or_the_runs_own(generator, stored, monkeypatch):
    monkeypatch.setattr(sampling, "pretrained", lambda: generator)
    assert sampling.choose("pretrained", *stored) is generator
    assert sampling.choose("run", *stored) is not generator
    with pytest.raises(ParameterError, match="both"):
        sampling.choose("both", *stored)

    def none():
        raise MissingArtefactError("none")

    monkeypatch.setattr(sampling, "pretrained", none)
    assert sampling.choose("pretrained", *stored).styles == generator.styles
