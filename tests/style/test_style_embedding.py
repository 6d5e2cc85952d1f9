"""The embedder: NumPy against Keras, what it must not hear, and a training one can follow."""

import numpy as np
import pandas as pd
import pytest

from ricercar.errors import MissingArtefactError, ParameterError, ReadError, TableError
from ricercar.style import embedding, embedding_training
from ricercar.style.tokens import REST, STEPS, TOKENS, VOICES


def song(piece, pitches, length=240, part=0):
    onset = np.arange(len(pitches)) * length
    notes = {"part": part, "onset": onset, "duration": length, "pitch": pitches}
    return pd.DataFrame({"piece": piece, **notes})


def table_of(notes, **columns):
    end = (notes["onset"] + notes["duration"]).groupby(notes["piece"]).max()
    parts = notes.groupby("piece")["part"].nunique()
    pieces = pd.DataFrame({"piece": end.index, "quarters": end.to_numpy() / 480})
    return pieces.assign(parts=parts.to_numpy(), group=pieces["piece"], sha256="0" * 64, **columns)


def drawn(seed=0, width=4, dimensions=5):
    """An embedder with random weights."""
    rng = np.random.default_rng(seed)
    shapes = {
        "table": (TOKENS, 6),
        "kernel_1": (12, 6 * VOICES, width),
        "bias_1": (width,),
        "kernel_2": (8, width, 2 * width),
        "bias_2": (2 * width,),
        "centre": (4 * width,),
        "axes": (4 * width, dimensions),
    }
    arrays = {n: rng.normal(size=s).astype(np.float32) / 3 for n, s in shapes.items()}
    return embedding.Embedder(arrays, {"seed": seed})


@pytest.fixture(scope="module")
def songs():
    rng = np.random.default_rng(0)
    notes = pd.concat(
        [song(f"p{n}", 60 + rng.integers(0, 12, size)) for n, size in enumerate((20, 128, 300))]
    )
    return table_of(notes), notes


def test_numpy_computes_what_keras_computes():
    from ricercar.gan.backend import keras
    from ricercar.style import network

    reader = network.Reader(3, network.Recipe(width=4), seed=1)
    names = ("table", "kernel_1", "bias_1", "kernel_2", "bias_2")
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=one.shape) / 3 for one in reader.model.get_weights()]
    reader.model.set_weights(weights)
    arrays = dict(zip(names, reader.model.get_weights()[: len(names)], strict=True))
    token = rng.integers(0, TOKENS, (5, STEPS, VOICES))
    last = [one for one in reader.model.layers if one.__class__.__name__ == "Conv1D"][-1]
    inner = keras.Model(reader.model.input, last.output)
    np.testing.assert_allclose(
        embedding.activations(arrays, token), inner(token, training=False).numpy(), atol=2e-5
    )


def test_held_notes_sound_on_and_rests_stay(songs):
    notes = pd.concat([song("a", [60, 60, 64]), song("a", [48], length=480, part=1)])
    pieces = table_of(notes)
    token, _ = embedding.sounding(pieces, notes)
    upper, lower = token[0, :8, 0], token[0, :8, 1]
    assert (upper[:4] == upper[0]).all() and upper[4] == upper[5] == upper[0] + 4
    assert (lower[:4] == upper[0] - 12).all() and (lower[4:] == REST).all()
    assert (upper[6:] == REST).all() and (token != 1).all()


def test_key_order_and_repeated_notes_make_no_difference(songs):
    pieces, notes = songs
    model = drawn()
    values = model.embed(pieces, notes)
    assert values.shape == (3, 5) and np.isfinite(values).all()
    higher = model.embed(pieces, notes.assign(pitch=notes["pitch"] + 5))
    np.testing.assert_allclose(higher, values, atol=1e-6)
    turned = model.embed(pieces.iloc[::-1], notes.sample(frac=1, random_state=0))
    np.testing.assert_allclose(turned[::-1], values, atol=1e-5)
    halves = pd.concat(
        [
            notes.assign(duration=120),
            notes.assign(onset=notes["onset"] + 120, duration=120),
        ]
    )
    np.testing.assert_allclose(model.embed(pieces, halves), values, atol=1e-6)


def test_the_silence_after_a_short_piece_is_not_heard(songs):
    pieces, notes = songs
    first = pieces["piece"] == "p0"
    alone = drawn().embed(pieces[first], notes[notes["piece"] == "p0"])
    longer = drawn().embed(pieces[first].assign(quarters=200.0), notes[notes["piece"] == "p0"])
    beside = drawn().embed(pieces, notes)[:1]
    np.testing.assert_allclose(alone, beside, atol=1e-5)
    assert np.isfinite(longer).all()


def test_a_piece_without_notes_is_named(songs):
    pieces, notes = songs
    with pytest.raises(TableError, match="'p1' has no notes"):
        drawn().embed(pieces, notes[notes["piece"] != "p1"])


def test_kept_as_plain_arrays_and_read_again(tmp_path, songs):
    model = drawn()
    for name in ("a.npz", "b.npz"):
        model.save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = embedding.load(tmp_path / "a.npz")
    assert again.about == model.about and again.dimensions == 5
    np.testing.assert_array_equal(again.embed(*songs), model.embed(*songs))


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    with pytest.raises(ReadError, match="not a readable embedder"):
        embedding.load(path)
    path.write_bytes(b"PK no")
    with pytest.raises(ReadError, match="not a readable embedder"):
        embedding.load(path)
    broken = drawn()
    broken.arrays["axes"] = broken.arrays["axes"][1:]
    broken.save(path)
    with pytest.raises(ReadError, match="do not fit"):
        embedding.load(path)
    np.savez(path, table=np.array([{}], dtype=object))
    with pytest.raises(ReadError, match="not a readable embedder"):
        embedding.load(path)


def test_a_package_without_embedder_says_what_to_do(monkeypatch):
    monkeypatch.setattr(embedding, "KEPT", "nothing.npz")
    assert not embedding.available()
    with pytest.raises(MissingArtefactError, match="embedding_training"):
        embedding.kept()


def test_spoilt_copies_keep_their_group_and_are_not_the_piece():
    rng = np.random.default_rng(0)
    tunes = [song(f"t{n}", 60 + rng.integers(0, 12, 40)) for n in range(4)]
    chorales = [
        song(f"c{n}", 60 - 12 * part + rng.integers(0, 5, 20), 480, part)
        for n in range(4)
        for part in range(2)
    ]
    notes = pd.concat([*tunes, *chorales], ignore_index=True)
    pieces = table_of(notes)
    pieces["style"] = pieces["piece"].str[0].map({"t": "jig", "c": "chorale"})
    everything, sounding = embedding_training.spoilt(pieces, notes, seed=1)
    labels = ["chorale", "jig", "notes blurred", "notes shuffled", "voices blurred"]
    labels.append("voices shuffled")
    assert everything["label"].value_counts().to_dict() == dict.fromkeys(labels, 4)
    assert everything["piece"].is_unique
    assert set(sounding["piece"]) == set(everything["piece"])
    assert (everything["piece"].str.split(" ").str[0] == everything["group"]).all()
    shuffled = sounding[sounding["piece"] == "t1 (notes shuffled)"]["pitch"]
    assert sorted(shuffled) == sorted(tunes[1]["pitch"])
    assert shuffled.tolist() != tunes[1]["pitch"].tolist()
    blurred = sounding[sounding["piece"] == "t1 (notes blurred)"]["pitch"].to_numpy()
    assert 0 < np.abs(blurred - tunes[1]["pitch"]).max() <= 2


def test_what_is_held_out_does_not_depend_on_the_rest():
    pieces = pd.DataFrame({"group": [f"g{n}" for n in range(50)]})
    whole = embedding_training.learnt(pieces)
    part = embedding_training.learnt(pieces.iloc[10:20])
    assert (whole[10:20] == part).all() and 0 < whole.sum() < 50


def test_a_training_hears_what_is_spoilt():
    rng = np.random.default_rng(0)
    rows = []
    for number in range(40):
        length = 240 if number % 2 else 120
        # steps of one semitone: a shuffled copy leaps
        rows.append(song(f"p{number:02d}", 60 + rng.integers(-1, 2, 60).cumsum() % 12, length))
    notes = pd.concat(rows, ignore_index=True)
    pieces = table_of(notes, style=["jig", "reel"] * 20)
    model = embedding_training.train(
        pieces, notes, seed=1, dimensions=6, min_pieces=10, epochs=10, width=8
    )
    assert model.dimensions == 6 and model.about["pieces"] == 40
    assert model.about["labels"] == {
        "jig": 20,
        "notes blurred": 40,
        "notes shuffled": 40,
        "reel": 20,
    }
    values = model.embed(pieces, notes)
    jig = (pieces["style"] == "jig").to_numpy()
    centres = values[jig].mean(axis=0), values[~jig].mean(axis=0)
    far = [np.linalg.norm(values - centre, axis=1) for centre in centres]
    assert ((far[0] < far[1]) == jig).mean() > 0.8
    with pytest.raises(ParameterError, match="no style has 30 pieces"):
        embedding_training.train(pieces, notes, min_pieces=30)
    with pytest.raises(ParameterError, match="99 dimensions"):
        embedding_training.train(pieces, notes, dimensions=99, width=8)
