"""From the catalogue to beats, and back."""

import numpy as np
import pandas as pd
import pytest

from ricercar import grid
from ricercar.errors import ParameterError
from ricercar.gan import scores
from ricercar.gan.material import SHORTEST, WINDOW, prepare, to_white_keys


def whole(material, rows):
    """Pieces as arrays padded to the longest."""
    longest = int(material.pieces["beats"].iloc[rows].max())
    shape = (len(rows), longest, material.vocabulary.slots, material.vocabulary.voices)
    tokens, sounding = np.ones(shape, int), np.zeros(shape, int)
    for at, row in enumerate(rows):
        a, b = material.first[row : row + 2]
        tokens[at, : b - a], sounding[at, : b - a] = material.tokens[a:b], material.sounding[a:b]
    return tokens, sounding


def test_tables_to_beats_to_tables_is_the_same_music(catalogue, material):
    pieces, notes = catalogue
    rows = np.arange(len(material.pieces))
    asked = material.conditions(rows)
    back = -material.pieces["transposition"].to_numpy()
    ids = material.pieces["piece"].tolist()
    found, found_notes = scores.as_tables(asked, *whole(material, rows), back, ids)
    pd.testing.assert_frame_equal(found_notes.astype({"piece": "object"}), notes, check_dtype=False)
    for column in ("meter", "key", "quarters", "pickup", "parts", "style"):
        assert found[column].tolist() == pieces[column].tolist(), column


def test_tables_to_tokens_are_the_tokens_of_the_material(catalogue, material):
    rows = np.arange(len(material.pieces))
    back = -material.pieces["transposition"].to_numpy()
    found = scores.from_tables(material.conditions(rows), *catalogue, back)
    used = np.arange(6) < material.conditions(rows).slots[:, None]
    expected = whole(material, rows)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(
            np.where(used[:, None, :, None], mine, 0),
            np.where(used[:, None, :, None], theirs, 0),
        )


def test_cells_by_hand():
    notes = pd.DataFrame(
        [("a", 0, 0, 480, 62), ("a", 0, 480, 240, 62), ("a", 0, 960, 3360 + 480 * 7, 74)],
        columns=["piece", "part", "onset", "duration", "pitch"],
    )
    pieces = pd.DataFrame(
        {"piece": ["a"], "group": "a", "style": "air", "meter": "2/2", "parts": 1}
    ).assign(quarters=16.0, pickup=480, key="D major")
    made = prepare(pieces, notes, voices=1, styles=["air"], min_pieces=1)
    v = made.vocabulary
    assert (v.lowest, v.highest, v.slots) == (60, 72, 4)
    assert made.pieces[["transposition", "pickup", "beats"]].values.tolist() == [[-2, 4, 20]]
    assert made.tokens[:4, :, 0].tolist() == [[1] * 4] * 3 + [[2, 0, 0, 0]]  # rests, the pickup
    assert made.tokens[4:6, :, 0].tolist() == [[2, 0, 1, 1], [14, 0, 0, 0]]
    assert made.sounding[4:6, :, 0].tolist() == [[1, 1, 0, 0], [13] * 4]
    assert made.tokens[-1, :, 0].tolist() == [1, 1, 1, 1]  # the last bar is filled with rests


def test_unused_slots_hold_what_sounds(material):
    quarter = np.repeat(
        material.conditions(np.arange(len(material.pieces))).slots == 4,
        np.diff(material.first),
    )
    assert material.vocabulary.slots == 6 and quarter.any() and not quarter.all()
    assert (material.tokens[quarter, 4:] == 0).all()
    np.testing.assert_array_equal(
        material.sounding[quarter, 4:], np.repeat(material.sounding[quarter, 3:4], 2, axis=1)
    )


def test_windows_begin_with_bars_and_cover_every_piece(material):
    piece, start = material.window.T
    length = material.pieces["beats"].to_numpy()[piece]
    assert (start % material.per_bar == 0).all() and (length >= SHORTEST).all()
    last = pd.Series(start).groupby(piece).max()
    assert (last + WINDOW >= material.pieces["beats"].loc[last.index]).all()


def test_a_long_piece_has_a_window_for_each_bar():
    length = 4 * 12 * 480
    notes = pd.DataFrame({"piece": "a", "part": 0, "onset": np.arange(0, length, 480)})
    notes = notes.assign(duration=480, pitch=60)
    pieces = pd.DataFrame({"piece": ["a"], "group": "a", "style": "air", "meter": "4/4"})
    pieces = pieces.assign(quarters=48.0, pickup=0, key="C major", parts=1)
    made = prepare(pieces, notes, voices=1, styles=["air"], min_pieces=1)
    assert made.window.tolist() == [[0, 0], [0, 4], [0, 8], [0, 12], [0, 16]]


def test_a_cut_begins_what_sounds_and_rests_beyond_the_end(material):
    rows = np.arange(len(material.window))
    tokens, sounding, places = material.cut(rows)
    assert tokens.shape == (len(rows), WINDOW, 6, 2)
    assert places.shape == (len(rows), WINDOW, material.vocabulary.features)
    opening = sounding[:, 0, 0]
    np.testing.assert_array_equal(tokens[:, 0, 0], np.where(opening > 0, opening + 1, 1))
    piece, start = material.window.T
    beyond = start[:, None] + np.arange(WINDOW) >= np.diff(material.first)[piece][:, None]
    assert beyond.any()
    assert (tokens[beyond] == 1).all() and (sounding[beyond] == 0).all()


def test_tokens_say_what_sounds(material):
    """Held or begun: reading the tokens in order gives what is heard."""
    for row in range(len(material.pieces)):
        a, b = material.first[row : row + 2]
        tokens = material.tokens[a:b].reshape(-1, 2).astype(int)
        now = np.zeros(2, int)
        for token, heard in zip(tokens, material.sounding[a:b].reshape(-1, 2), strict=True):
            now = np.where(token == 0, now, token - 1)
            np.testing.assert_array_equal(now, heard)


def test_groups_are_in_one_part_and_every_style_in_each(catalogue):
    pieces, notes = catalogue
    pieces = pieces.assign(group=[f"g{i // 4}" for i in range(len(pieces))])
    made = prepare(pieces, notes, voices=2, min_pieces=2, held_out=0.3, seed=1)
    assert made.pieces.groupby("group")["part"].nunique().max() == 1
    assert set(made.pieces["part"]) == {"train", "valid", "test"}


def test_chorales_go_where_the_standard_split_says(catalogue):
    pieces, notes = catalogue
    named = {"tiny/hymn-0": "bach/bwv393", "tiny/hymn-1": "bach/bwv255"}
    pieces, notes = pieces.replace({"piece": named}), notes.replace({"piece": named})
    from ricercar.assess import chorale_split

    known = dict(zip(named.values(), chorale_split.split_of(pieces[:3:2]), strict=True))
    assert known["bach/bwv393"] == "test"
    for seed in range(3):
        made = prepare(pieces, notes, voices=2, min_pieces=2, seed=seed).pieces.set_index("piece")
        for piece, part in known.items():
            assert not part or made.loc[piece, "part"] == part


def test_same_seed_same_digest_other_seed_another(catalogue, material):
    again = prepare(*catalogue, voices=2, min_pieces=2, seed=3)
    other = prepare(*catalogue, voices=2, min_pieces=2, seed=4)
    assert material.digest() == again.digest() != other.digest()


@pytest.mark.parametrize(("key", "shift"), [(0, 0), (2, -2), (5, -5), (6, -6), (7, 5), (11, 1)])
def test_without_a_key_a_scale_goes_to_the_white_keys(key, shift):
    scale = [60 + key + step for step in (0, 2, 4, 5, 7, 9, 11)]
    notes = pd.DataFrame(
        {"piece": "a", "part": 0, "onset": np.arange(7) * 120, "duration": 120, "pitch": scale}
    )
    pieces = pd.DataFrame({"piece": ["a", "silent"], "quarters": [2.0, 1.0], "key": None})
    found, mode = to_white_keys(pieces, grid.to_grid(notes, pieces))
    assert found.tolist() == [shift, 0] and mode[0] == "major"


@pytest.mark.parametrize(("key", "shift"), [("G dorian", -5), ("F# minor", 3), ("D major", -2)])
def test_a_known_key_decides(key, shift):
    notes = pd.DataFrame({"piece": ["a"], "part": 0, "onset": 0, "duration": 120, "pitch": 61})
    pieces = pd.DataFrame({"piece": ["a"], "quarters": [2.0], "key": [key]})
    found, mode = to_white_keys(pieces, grid.to_grid(notes, pieces))
    assert (found[0], mode[0]) == (shift, key.split()[1])


@pytest.mark.parametrize("wrong", [{"styles": ["polka"]}, {"min_pieces": 99}, {"held_out": 0.5}])
def test_material_refuses_what_cannot_be_learnt(catalogue, wrong):
    with pytest.raises(ParameterError):
        prepare(*catalogue, **({"min_pieces": 2, "voices": 2} | wrong))


def test_what_does_not_fit_is_left_out(catalogue):
    pieces, notes = catalogue
    pieces = pieces.assign(meter_changes=None)
    pieces.loc[0, "meter"] = None
    pieces.loc[1, "meter_changes"] = "480 3/4"
    pieces.loc[2, "parts"] = 3
    made = prepare(pieces, notes, voices=2, min_pieces=2)
    assert not set(pieces["piece"][:3]) & set(made.pieces["piece"])
    assert len(made.pieces) == len(pieces) - 3


def test_a_style_with_too_few_pieces_is_left_out_or_named(catalogue):
    pieces, notes = catalogue
    few = pieces[(pieces["style"] == "hymn") | (pieces.index < 4)].reset_index(drop=True)
    made = prepare(few, notes, voices=2, min_pieces=5)
    assert made.vocabulary.styles == ("hymn",) and list(made.left_out) == ["dance"]
    assert made.summary()["style"].tolist() == ["hymn"]
    with pytest.raises(ParameterError, match="dance: 2 pieces"):
        prepare(few, notes, styles=["dance", "hymn"], voices=2, min_pieces=5)
