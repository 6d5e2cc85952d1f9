"""Excerpts to learn from."""

import numpy as np
import pandas as pd
import pytest

from ricercar import grid, tables
from ricercar.errors import ParameterError
from ricercar.gan.forms import SHIFTS, as_tables
from ricercar.gan.material import prepare, to_white_keys


def test_forms_say_how_each_style_is_laid_out(material):
    dance, hymn = material.forms
    laid = [(f.style, f.meter, f.step, f.bar, f.steps, f.voices) for f in (dance, hymn)]
    assert laid == [("dance", "2/4", 60, 16, 16, 1), ("hymn", "4/4", 120, 16, 16, 2)]
    assert sum(hymn.transpositions) == 12


def test_excerpts_hold_the_music_of_their_piece(catalogue, material):
    row = int(np.flatnonzero((material.style == 1) & (material.start == 16))[0])
    notes = catalogue[1][catalogue[1]["piece"] == material.piece[row]]
    bar = notes[(notes["onset"] >= 1920) & (notes["onset"] < 3840)]
    for part in (0, 1):
        truth = bar[bar["part"] == part].sort_values("onset")["pitch"].to_numpy()
        found = material.pitch[row][material.onset[row][:, part], part]
        assert len(set(found - truth)) == 1 and (found - truth)[0] in SHIFTS


def test_tokens_are_rest_or_pitch_in_range(material):
    sounding = material.tokens > 0
    assert material.pitch[sounding].min() == material.lowest
    assert material.pitch[sounding].max() == material.highest
    assert (material.pitch[~sounding] == grid.REST).all()
    assert not (material.onset & ~sounding).any()
    assert not sounding[material.style == 0][..., 1].any()  # a dance has one voice


def test_held_out_groups_share_nothing_with_what_is_learnt(catalogue):
    pieces, notes = catalogue
    pieces = pieces.assign(group=[f"g{i // 4}" for i in range(len(pieces))])
    made = prepare(pieces, notes, min_pieces=2, steps=16, voices=2, held_out=0.3, seed=1)
    group = pieces.set_index("piece")["group"]
    sides = [set(group[made.piece[made.held_out == side]]) for side in (True, False)]
    assert sides[0] and sides[1] and not sides[0] & sides[1]


def test_same_seed_same_digest_other_seed_another(catalogue, material):
    again = prepare(*catalogue, min_pieces=2, steps=16, voices=2, seed=3)
    other = prepare(*catalogue, min_pieces=2, steps=16, voices=2, seed=4)
    assert material.digest() == again.digest() != other.digest()


@pytest.mark.parametrize(("key", "shift"), [(0, 0), (2, -2), (5, -5), (6, -6), (7, 5), (11, 1)])
def test_a_major_scale_goes_to_the_white_keys(key, shift):
    scale = [60 + key + step for step in (0, 2, 4, 5, 7, 9, 11)]
    notes = pd.DataFrame(
        {"piece": "a", "part": 0, "onset": np.arange(7) * 120, "duration": 120, "pitch": scale}
    )
    pieces = pd.DataFrame({"piece": ["a", "silent"], "quarters": [2.0, 1.0]})
    assert to_white_keys(grid.to_grid(notes, pieces)).tolist() == [shift, 0]


def test_excerpts_as_tables_are_valid_and_say_the_same(material):
    rows = material.sample(3, seed=0, held_out=False)
    pieces, notes = material.excerpts(rows)
    tables.validate("composed_pieces", pieces)
    tables.validate("composed_notes", notes)
    assert pieces["style"].value_counts().to_dict() == {"dance": 3, "hymn": 3}
    assert pieces["quarters"].tolist() == [2.0] * 3 + [4.0] * 3
    laid = grid.to_grid(notes, pieces, step=np.array([60] * 3 + [120] * 3), voices=2)
    np.testing.assert_array_equal(laid.pitch.reshape(6, 16, 2), material.pitch[rows])


def test_equal_music_has_an_equal_fingerprint_whatever_its_name(material):
    rows = np.repeat(material.sample(1, seed=0, held_out=False), 2)
    pieces, _ = material.excerpts(rows)
    assert pieces["sha256"].nunique() == 2 and pieces["piece"].nunique() == 4


def test_no_music_is_an_empty_table(material):
    empty = np.zeros((0, 16, 2), int)
    pieces, notes = as_tables(material.forms, empty, empty > 0, empty[:, 0, 0], empty[:, 0, 0], [])
    assert len(pieces) == len(notes) == 0


@pytest.mark.parametrize(
    "wrong", [{"styles": ["polka"]}, {"min_pieces": 99}, {"steps": 8}, {"hop": 0}]
)
def test_material_refuses_what_cannot_be_learnt(catalogue, wrong):
    with pytest.raises(ParameterError):
        prepare(*catalogue, **({"min_pieces": 2, "steps": 16, "voices": 2} | wrong))


def test_pieces_without_a_meter_are_left_out(catalogue):
    pieces, notes = catalogue
    pieces = pieces.assign(meter=pieces["meter"].where(pieces.index != 0, None))
    made = prepare(pieces, notes, min_pieces=2, steps=16, voices=2)
    assert pieces["piece"].iloc[0] not in set(made.piece)
    assert pd.Series(made.piece).nunique() == len(pieces) - 1


def test_a_style_that_cannot_be_learnt_is_left_out_or_named(catalogue):
    """One of which nothing can be held out, and one without a meter."""
    pieces, notes = catalogue
    dance = pieces["style"] == "dance"
    for wrong in (
        pieces.assign(group=pieces["group"].where(~dance, "one dance")),
        pieces.assign(meter=pieces["meter"].where(~dance, None)),
    ):
        material = prepare(wrong, notes, min_pieces=2, steps=16, voices=2)
        assert material.styles == ["hymn"] == material.summary()["style"].tolist()
        assert material.held_out.any() and not material.held_out.all()
        assert list(material.left_out) == ["dance"]
        with pytest.raises(ParameterError, match="dance: no piece"):
            prepare(wrong, notes, styles=["dance", "hymn"], steps=16, voices=2)
