"""The network's tokens, and a training that can be checked by eye."""

import numpy as np
import pandas as pd
import pytest

from ricercar import style
from ricercar.errors import TableError
from ricercar.style import tokens


def tune(piece, rhythm, pitches, part=0):
    """One part, its notes one after the other."""
    onset = np.concatenate([[0], np.cumsum(rhythm)[:-1]])
    notes = {"part": part, "onset": onset, "duration": rhythm, "pitch": pitches}
    return pd.DataFrame({"piece": piece, **notes})


@pytest.fixture(scope="module")
def catalogue():
    """Jigs in eighths and reels in sixteenths, all of the same kind of melody."""
    rng = np.random.default_rng(0)
    parts = []
    for number in range(24):
        length = 240 if number % 2 else 120
        pitches = 60 + rng.integers(0, 12, 80)
        parts.append(tune(f"p{number:02d}", np.full(80, length), pitches))
    notes = pd.concat(parts, ignore_index=True)
    end = (notes["onset"] + notes["duration"]).groupby(notes["piece"]).max()
    pieces = pd.DataFrame({"piece": end.index, "quarters": end.to_numpy() / 480})
    pieces["style"] = ["reel", "jig"] * 12
    pieces["group"] = pieces["piece"]
    return pieces, notes


def test_a_transposed_piece_is_the_same_piece(catalogue):
    pieces, notes = catalogue
    token, length = tokens.tokens(pieces, notes)
    higher, _ = tokens.tokens(pieces, notes.assign(pitch=notes["pitch"] + 5))
    np.testing.assert_array_equal(token, higher)
    assert token.max() < tokens.TOKENS and token.min() == tokens.REST
    assert length.min() == tokens.STEPS and token.shape[2] == tokens.VOICES


def test_parts_are_heard_relative_to_the_first():
    notes = pd.concat([tune("a", [480], [67]), tune("a", [480], [48], part=3)])
    token, _ = tokens.tokens(pd.DataFrame({"piece": ["a"], "quarters": [1.0]}), notes)
    same = 2 - tokens.LOW
    assert token[0, 0].tolist() == [same, tokens.REST, tokens.REST, same - 19]
    assert token[0, 1].tolist() == [tokens.HELD, tokens.REST, tokens.REST, tokens.HELD]


def test_pieces_without_notes_are_named(catalogue):
    pieces, notes = catalogue
    with pytest.raises(TableError, match="'p03' has no notes"):
        tokens.tokens(pieces, notes[notes["piece"] != "p03"])


def test_excerpts_begin_where_they_are_told(catalogue):
    token, length = tokens.tokens(*catalogue)
    last = tokens.excerpts(token, length - tokens.STEPS)
    assert last.shape == (24, tokens.STEPS, tokens.VOICES)
    np.testing.assert_array_equal(last[1], token[1, length[1] - tokens.STEPS : length[1]])


def test_the_network_learns_a_clear_difference(catalogue):
    from ricercar.style import network

    pieces, notes = catalogue
    token, length = tokens.tokens(pieces, notes)
    kinds, group = (pieces[column].to_numpy(object) for column in ("style", "group"))
    test = np.arange(24) % 3 == 0
    recipe = network.Recipe(width=8, epochs=12, patience=4, batch=8, rate=0.01)
    work = (token, length, kinds, group, test, 1, recipe)
    setting, told = network.one_fold(*work)
    assert (np.array(["jig", "reel"])[told.argmax(axis=1)] == kinds[test]).all()
    np.testing.assert_allclose(told.sum(axis=1), 1)
    assert 1 <= int(setting.removesuffix(" epochs")) <= 12
    # the same again, whatever the labels of what is held out: it is asked about, not learnt from
    flipped = np.where(test, np.where(kinds == "jig", "reel", "jig"), kinds)
    again = network.one_fold(token, length, flipped, *work[3:])
    assert again[0] == setting
    np.testing.assert_array_equal(again[1], told)


def test_predictions_of_the_network_pair_with_those_of_features(catalogue, monkeypatch):
    from ricercar.style import network

    def sure_of_reels(token, length, kinds, group, test, seed):
        assert len(token) == len(length) == len(kinds) == len(group) == 24 and seed == 2
        return "1 epochs", np.tile([0.1, 0.9], (test.sum(), 1))

    monkeypatch.setattr(network, "one_fold", sure_of_reels)
    pieces, notes = catalogue
    dealt = style.assign_folds(pieces, folds=2, min_pieces=4)
    found = style.cross_validate_notes(dealt, pieces, notes, seed=2)
    assert found["piece"].tolist() == dealt["piece"].tolist()
    assert set(found["setting"]) == {"1 epochs"}
    assert (found["predicted"] == "reel").all() and (found["p.reel"] == 0.9).all()
    table = pieces[["piece"]].assign(one=1.0)
    other = style.cross_validate(dealt, table, {"one": ["one"]}, ["majority class"])
    assert len(style.mcnemar(pd.concat([found, other]))) == 1
