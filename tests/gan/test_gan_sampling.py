"""Composing, and the generator on disk."""

import json
import zipfile

import numpy as np
import pytest

from ricercar import grid, tables
from ricercar.errors import ParameterError, ReadError
from ricercar.gan import files, sampling


@pytest.fixture(scope="module")
def generator(trained):
    return trained.generator()


@pytest.fixture
def stored(generator, tmp_path):
    network, description = tmp_path / "generator.keras", tmp_path / "generator.json"
    files.save(generator.model, network)
    description.write_text(json.dumps(generator.describe()))
    return network, description


def test_pieces_are_valid_and_have_the_parts_of_their_style(generator):
    pieces, notes = generator.sample(["hymn", "dance"] * 20, seed=4, prefix="try")
    tables.validate("composed_pieces", pieces)
    tables.validate("composed_notes", notes)
    assert pieces["piece"].iloc[0] == "ricercar/try-0001"
    assert pieces["style"].tolist() == ["hymn", "dance"] * 20
    parts = notes.groupby("piece")["part"].nunique()
    assert (parts.loc[pieces["piece"]].to_numpy() == pieces["parts"].to_numpy()).all()
    assert pieces["parts"].tolist() == [2, 1] * 20
    ends = (notes["onset"] + notes["duration"]).groupby(notes["piece"]).max()
    assert (ends.loc[pieces["piece"]].to_numpy() <= pieces["quarters"].to_numpy() * 480).all()
    assert set(pieces["meter"]) == {"4/4", "2/4"} and set(pieces["licence_class"]) == {"own"}


def test_same_seed_same_pieces_other_seed_others(generator):
    one, other = generator.sample(["hymn"] * 9, seed=1), generator.sample(["hymn"] * 9, seed=2)
    again = generator.sample(["hymn"] * 9, seed=1)
    assert one[0].equals(again[0]) and one[1].equals(again[1])
    assert one[0]["sha256"].tolist() != other[0]["sha256"].tolist()


def test_names_and_certain_probabilities_are_the_same(generator):
    certain = np.array([[0.0, 2.0], [5.0, 0.0]])  # any scale
    by_name, by_share = generator.sample(["hymn", "dance"], 1), generator.sample(certain, 1)
    assert by_name[1].equals(by_share[1])


def test_a_mixture_takes_the_form_of_its_likeliest_style(generator):
    pieces, _ = generator.sample(np.array([[0.4, 0.6], [0.6, 0.4]]), seed=1)
    assert pieces["style"].tolist() == ["hymn", "dance"]


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
def test_impossible_conditions_are_refused(generator, wrong):
    with pytest.raises(ParameterError):
        generator.sample(wrong, seed=1)


def test_a_stored_generator_composes_the_same(generator, stored):
    loaded = sampling.load(*stored)
    assert loaded.styles == generator.styles == ["dance", "hymn"]
    assert loaded.held_out == generator.held_out
    for a, b in zip(generator.sample(["hymn"] * 5, 3), loaded.sample(["hymn"] * 5, 3), strict=True):
        assert a.equals(b)


def test_equal_weights_are_equal_bytes(generator, trained_again, stored, tmp_path):
    again = tmp_path / "again.keras"
    files.save(generator.model, again)
    assert again.read_bytes() == stored[0].read_bytes()
    retrained = tmp_path / "retrained.keras"
    files.save(trained_again.generator().model, retrained)
    assert retrained.read_bytes() == stored[0].read_bytes()


def test_a_stored_network_needs_no_code_of_its_own(stored):
    with zipfile.ZipFile(stored[0]) as archive:
        config = archive.read("config.json").decode()
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"date_saved" not in archive.read("metadata.json")
    assert "Lambda" not in config and "ricercar" not in config


def test_damaged_files_are_refused_with_their_name(stored, tmp_path):
    network, description = stored
    broken = tmp_path / "broken.keras"
    broken.write_bytes(network.read_bytes()[:-200])
    with pytest.raises(ReadError, match=r"broken\.keras"):
        sampling.load(broken, description)
    description.write_text("{}")
    with pytest.raises(ReadError, match=r"generator\.json"):
        sampling.load(network, description)
    with pytest.raises(ReadError):
        sampling.load(network, tmp_path / "none.json")


def test_network_and_description_must_belong_together(stored):
    told = json.loads(stored[1].read_text())
    stored[1].write_text(json.dumps(told | {"latent": told["latent"] + 1}))
    with pytest.raises(ReadError, match="belong together"):
        sampling.load(*stored)


def logits_of(pitch: np.ndarray, onset: np.ndarray, lowest: int, size: int) -> np.ndarray:
    """Logits that are certain of a given music."""
    classes = np.where(pitch == grid.REST, 0, pitch - lowest + 1)
    logits = np.full((*pitch.shape, size + 2), -20.0)
    np.put_along_axis(logits, classes[..., None], 20.0, axis=-1)
    logits[..., -1] = np.where(onset, 20.0, -20.0)
    return logits


def test_decoding_certain_logits_gives_back_the_music(material):
    rows = material.sample(10, seed=1, held_out=False)
    size = material.highest - material.lowest + 1
    pitch, onset = material.pitch[rows], material.onset[rows]
    voices = np.array([form.voices for form in material.forms])[material.style[rows]]
    found = sampling.decode(logits_of(pitch, onset, material.lowest, size), material.lowest, voices)
    np.testing.assert_array_equal(found[0], pitch)
    np.testing.assert_array_equal(found[1], onset)


def test_a_voice_that_would_be_silent_sounds_and_others_do_not():
    logits = np.zeros((1, 4, 3, 4))
    logits[..., 0] = 50.0  # rests everywhere
    logits[..., 2] = 1.0
    pitch, onset = sampling.decode(logits, 60, np.array([2]))
    assert pitch[0].tolist() == [[61, 61, -1]] * 4
    assert onset[0].sum() == 2
