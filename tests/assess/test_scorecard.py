"""The scorecard on a tiny world: rows, forms, verdicts, and sets that are too small."""

import numpy as np
import pandas as pd
import pytest

from ricercar.assess import reference, scorecard, scorecard_text, set_columns, set_forms
from ricercar.assess.reference import TUNES, VOICES, Reference
from ricercar.errors import ParameterError

SCALE = np.array([0, 2, 4, 5, 7, 9, 11, 12])


def tunes(count, seed, prefix, notes=32, style="reel"):
    """Tunes that walk up and down a scale in eighths."""
    rng = np.random.default_rng(seed)
    ids = [f"{prefix}-{number}" for number in range(count)]
    walks = np.clip(np.cumsum(rng.integers(-1, 2, (count, notes)), axis=1) + 3, 0, 7)
    table = pd.DataFrame(
        {
            "piece": np.repeat(ids, notes),
            "part": 0,
            "onset": np.tile(np.arange(notes) * 240, count),
            "duration": 240,
            "pitch": 62 + SCALE[walks].ravel(),
        }
    )
    return pd.DataFrame({"piece": ids, "style": style, "meter": "2/2", "pickup": 0}), table


def chords(count, seed, prefix, voices=4):
    """Pieces of several voices on the tones of one triad."""
    pieces, notes = tunes(count, seed, prefix, style="chorale")
    rng = np.random.default_rng(seed)
    parts = []
    for part in range(voices):
        tone = 72 - 5 * part + rng.choice([0, 2, 4], len(notes))
        parts.append(notes.assign(part=part, pitch=tone))
    table = pd.concat(parts, ignore_index=True)
    return pieces, table.sort_values(["piece", "part", "onset"], ignore_index=True)


def reference_of(make, chorales=False):
    sides = [
        make(count, seed, name) for count, seed, name in ((24, 1, "a"), (8, 2, "b"), (12, 3, "c"))
    ]
    return Reference("tiny", *sides, chorales=chorales)


@pytest.fixture(scope="module")
def card():
    made = {"walks": tunes(12, 9, "made"), "one": tunes(1, 8, "only")}
    made["short"] = tunes(12, 7, "short", notes=8)
    return scorecard.grade(made, {TUNES: reference_of(tunes)}, n=20, trainings=1, limit=12)


def test_every_row_stands_in_both_forms(card):
    for form in set_forms.FORMS:
        roles = card.rows(TUNES, form)["role"].unique()
        assert set(roles) == {"made", "train", "valid", "test", "shuffled", "random"}
    assert not card.table.duplicated(["family", "form", "set", "table", "metric"]).any()


def test_columns_of_several_voices_are_missing_with_a_reason(card):
    rows = card.rows(TUNES).set_index(["set", "metric"])
    row = rows.loc[("walks", "parallel_fifths")]
    assert np.isnan(row["value"]) and row["note"]
    assert rows.loc[("walks", "scale_consistency"), "value"] == 1.0
    assert "parallel_fifths" not in scorecard_text.wide(card.rows(TUNES)).index


def test_one_piece_is_measured_without_an_interval_and_not_compared(card):
    rows = card.rows(TUNES).set_index(["set", "metric"]).loc["one"]
    assert rows.loc["scale_consistency", "value"] == 1.0
    assert rows[["low", "high"]].isna().all(axis=None)
    assert "fewer than" in rows.loc["scale_consistency", "note"]
    assert np.isnan(rows.loc["neighbour_accuracy", "value"])
    assert "4 or more to compare" in rows.loc["neighbour_accuracy", "note"]
    assert not (rows["reached"].isin(["reached", "missed"])).any()


def test_the_training_set_is_not_compared_with_itself(card):
    rows = card.rows(TUNES).set_index(["set", "metric"]).loc["train"]
    assert rows.loc[list(set_columns.COMPARED), "value"].isna().all()
    assert rows.loc["pairwise_distance", "value"] > 0


def test_every_figure_has_a_unit_and_a_number_of_pieces(card):
    known = card.table.dropna(subset=["value"])
    assert (known["unit"] != "").all() and (known["n"] > 0).all()
    bounded = known.dropna(subset=["low"])
    assert (bounded["low"] <= bounded["high"] + 1e-12).all()


def test_nearest_passages_are_those_of_train(card):
    assert set(card.nearest["set"]) <= {"walks", "one", "short"}
    assert card.nearest["match"].str.startswith("a-").all()
    assert set(card.rows(TUNES, table="originality")["set"]) == {
        "walks",
        "one",
        "short",
        "valid",
        "test",
    }


def test_copies_are_found_and_the_verdict_says_so():
    real = reference_of(tunes)
    pieces, notes = (one.copy() for one in set_forms.thinned(real.train, 12, 0))
    for table in (pieces, notes):
        table["piece"] = "copy-" + table["piece"]
    card = scorecard.grade(
        {"copies": (pieces, notes.assign(pitch=notes["pitch"] + 3))},
        {TUNES: real},
        n=20,
        trainings=0,
        forms=(set_forms.CROPS,),
    )
    row = card.rows(TUNES).set_index(["set", "metric"]).loc[("copies", "copied_16")]
    assert row["value"] == pytest.approx(100) and row["reached"].startswith("missed")
    assert set(card.table["form"]) == {set_forms.CROPS}


def test_families_are_parted_and_more_than_four_voices_are_graded():
    made = [tunes(3, 4, "t"), chords(4, 5, "v", voices=6)]
    both = tuple(pd.concat([one[at] for one in made], ignore_index=True) for at in (0, 1))
    card = scorecard.grade(
        {"mixed": both},
        {TUNES: reference_of(tunes), VOICES: reference_of(chords, chorales=True)},
        n=10,
        trainings=0,
        limit=8,
        forms=(set_forms.CROPS,),
    )
    assert card.about[TUNES]["pieces"] == {"mixed": 3}
    assert card.about[VOICES]["pieces"] == {"mixed": 4}
    assert card.about[VOICES]["voices"] == 4
    rows = card.rows(VOICES).set_index(["set", "metric"])
    assert rows.loc[("mixed", "triad"), "value"] >= 0
    assert rows.loc[("mixed", "triad"), "target"] == "61 to 67"
    assert "mixed:" in scorecard_text.text(card)


def test_what_has_no_reference_is_named():
    made = {"voices": chords(2, 5, "v")}
    with pytest.raises(ParameterError, match="nothing to compare them with"):
        scorecard.grade(made, {TUNES: reference_of(tunes)})
    with pytest.raises(ParameterError, match="nothing to grade"):
        scorecard.grade({}, {TUNES: reference_of(tunes)})


def test_crops_have_one_length_and_keep_their_group():
    pieces, notes = tunes(3, 1, "x")
    pieces["group"] = ["g", "g", "h"]
    cut, _ = set_forms.crops((pieces, notes), {"": 1920})
    assert set(cut["quarters"]) == {4.0}
    assert cut.groupby("group").size().to_dict() == {"g": 4, "h": 2}


def test_short_made_pieces_do_not_stand_among_whole_ones(card):
    assert "short" not in set(card.rows(TUNES, set_forms.WHOLE)["set"])
    assert card.about[TUNES]["crop"] == {"reel": 4.0}


def test_parts_of_a_catalogue():
    pieces = pd.DataFrame({"piece": [f"own/{n}" for n in range(400)]})
    pieces["group"] = [f"g{n // 2}" for n in range(400)]
    part = pd.Series(reference.parts_of(pieces))
    assert (part.groupby(pieces["group"]).nunique() == 1).all()
    assert 0.7 < (part == "train").mean() < 0.9
    assert (reference.parts_of(pieces, held_out=["own/0"]) == "test").sum() == 1
    with pytest.raises(ParameterError, match="too few"):
        reference.references(*tunes(1, 1, "x"), "tiny")
