"""Copied windows, longest copied stretches and nearest passages, in tiny worlds and in Bach."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.assess import originality
from ricercar.assess.voices import frames, numbered
from ricercar.errors import ParameterError
from ricercar.screening import planted


def chorales(count, steps, seed, name="made"):
    """Random chorales that move in every sixteenth, without rests."""
    rng = np.random.default_rng(seed)
    pitch = rng.integers(40, 80, (count, 4, steps))
    index = np.indices(pitch.shape).reshape(3, -1)
    ids = np.array([f"{name}/{number}" for number in range(count)])
    notes = pd.DataFrame(
        {
            "piece": ids[index[0]],
            "part": index[1],
            "onset": index[2] * 120,
            "duration": 120,
            "pitch": pitch.ravel(),
        }
    )
    return pd.DataFrame({"piece": ids, "group": ids}), notes


def spliced(train, made, piece, start, length, shift=3):
    """``made`` with a stretch of a training piece in every piece, transposed."""
    theirs, mine = train[1], made[1]
    ticks = slice(start * 120, (start + length) * 120)
    inside = (mine["onset"] >= ticks.start) & (mine["onset"] < ticks.stop)
    source = theirs[theirs["piece"] == piece].set_index(["part", "onset"])["pitch"]
    pitch = mine["pitch"].to_numpy().copy()
    where = pd.MultiIndex.from_frame(mine.loc[inside, ["part", "onset"]])
    pitch[inside] = source.loc[where].to_numpy() + shift
    return made[0], mine.assign(pitch=pitch)


TRAIN = chorales(5, 64, seed=1, name="train")
MADE = chorales(3, 64, seed=2)


def test_random_chorales_copy_nothing():
    assert originality.copied_windows(TRAIN, MADE, 8).tolist() == [0, 0, 0]
    assert originality.longest_copied(TRAIN, MADE).tolist() == [0, 0, 0]


@pytest.mark.parametrize("length", [8, 16])
def test_a_transposed_stretch_is_found_whole(length):
    made = spliced(TRAIN, MADE, "train/3", start=20, length=19)
    windows = 64 - length + 1
    expected = 100 * (19 - length + 1) / windows
    assert originality.copied_windows(TRAIN, made, length).tolist() == pytest.approx([expected] * 3)
    assert originality.longest_copied(TRAIN, made).tolist() == [4, 4, 4]  # 19 sixteenths
    value, low, high, looked_up = originality.copied(TRAIN, made, length=length)
    assert (value, low, high) == pytest.approx((expected,) * 3)
    assert looked_up == 3 * windows


def test_voices_moved_unlike_are_no_copy():
    made = spliced(TRAIN, MADE, "train/3", 20, 19)
    bass = made[1].assign(pitch=made[1]["pitch"] + (made[1]["part"] == 3))
    assert (originality.copied_windows(TRAIN, (made[0], bass), 8) == 0).all()
    assert (originality.copied_windows(TRAIN, (made[0], bass), 8, voices=1) > 0).all()


def test_rests_and_an_unchanging_soprano_are_no_evidence():
    pieces = pd.DataFrame({"piece": ["a"], "group": ["a"]})
    held = chorales(1, 16, seed=5)[1].assign(piece="a")
    held.loc[held["part"] == 0, "pitch"] = 72
    assert np.isnan(originality.copied_windows(TRAIN, (pieces, held), 8)).all()
    rests = chorales(1, 16, seed=5)[1].assign(piece="a")
    rests = rests[(rests["part"] != 2) | (rests["onset"] % 480 != 0)]
    assert np.isnan(originality.copied_windows(TRAIN, (pieces, rests), 8)).all()
    assert np.isnan(originality.evaluate(pieces, rests, TRAIN)["copied_8"]).all()


def test_tunes_of_one_voice_have_windows_of_one_voice():
    pieces, notes = TRAIN
    tunes = notes[notes["part"] == 0]
    copy = tunes.assign(pitch=tunes["pitch"] + 7)
    assert (originality.copied_windows((pieces, tunes), (pieces, copy), voices=1) == 100).all()
    assert np.isnan(originality.copied_windows((pieces, tunes), (pieces, copy))).all()
    assert (originality.longest_copied((pieces, tunes), (pieces, copy), voices=1) == 16).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(1, 4))
def test_hashes_agree_with_comparing_windows_one_by_one(seed, length, voices):
    rng = np.random.default_rng(seed)
    pieces, notes = chorales(3, 12, seed)
    notes = notes.assign(pitch=rng.integers(60, 62, len(notes)))[rng.random(len(notes)) < 0.97]
    key, owner = originality.stretches(pieces, notes, voices).windows(length)
    grid, of = frames(*numbered(pieces, notes), 3)
    seen = []
    for start in range(len(grid) - length + 1):
        window = grid[start : start + length, :voices].astype(int)
        one_piece = of[start] == of[start + length - 1]
        if one_piece and (window >= 0).all() and (window[:, 0] != window[0, 0]).any():
            seen.append((of[start], (window - window[0, 0]).tobytes()))
    assert [piece for piece, _ in seen] == owner.tolist()
    alike = np.array([[a == b for _, a in seen] for _, b in seen]).reshape(len(seen), -1)
    assert (alike == (key[:, None] == key)).all()


def test_wrong_lengths_and_voices_are_refused():
    with pytest.raises(ParameterError, match="1 frames"):
        originality.copied_windows(TRAIN, MADE, 1)
    with pytest.raises(ParameterError, match="5 voices"):
        originality.copied_windows(TRAIN, MADE, voices=5)
    with pytest.raises(ParameterError, match="candidates"):
        originality.nearest(TRAIN, MADE, n=4, k=3)


def test_nearest_finds_transposed_and_stretched_copies_and_names_the_bars():
    pieces, notes = planted.random_tunes(40, seed=3)
    pieces = pieces.assign(meter="3/4", pickup=480)
    transposed = planted.transposed(pieces[:4], notes, 5)
    rescaled = planted.rescaled(pieces[4:8], notes, 2)
    made = tuple(
        pd.concat(tables, ignore_index=True) for tables in zip(transposed, rescaled, strict=True)
    )
    found = originality.nearest((pieces, notes), made, n=1)
    assert found["match"].tolist() == pieces["piece"].tolist()[:8]
    assert found["similarity"].to_numpy() == pytest.approx(1)
    assert found["transposition"].tolist() == [5] * 4 + [0] * 4
    assert (found["first_bar"] == 0).all()  # a pickup of a quarter
    last = notes.groupby("piece")["onset"].max()[found["match"]].to_numpy()
    assert found["match_last_bar"].tolist() == ((last - 480) // 1440 + 1).tolist()
    assert found["last_bar"][:4].tolist() == found["match_last_bar"][:4].tolist()


def test_nearest_counts_bars_of_four_quarters_where_no_meter_is_known():
    pieces, notes = planted.random_tunes(12, seed=3)
    copies = planted.transposed(pieces[:1], notes, 5)
    bare = copies[0][["piece"]].reset_index(drop=True)
    found = originality.nearest((pieces[["piece"]], notes), (bare, copies[1]), n=2)
    assert found["match"][0] == pieces["piece"][0] and found["first_bar"][0] == 1


def test_a_training_piece_is_not_compared_with_itself():
    pieces, notes = planted.random_tunes(12, seed=3)
    found = originality.nearest((pieces, notes), (pieces, notes), n=2)
    assert (found["piece"] != found["match"]).all()


def test_evaluate_gives_every_measure_of_every_piece():
    train = planted.random_tunes(20, seed=8)
    pieces, notes = planted.transposed(train[0][:3], train[1], 2)
    silent = pieces.iloc[:1].assign(piece="silent")
    pieces = pd.concat([silent, pieces], ignore_index=True)
    table = originality.evaluate(pieces, notes, train, voices=1)
    assert list(table) == ["piece", *originality.MEASURES]
    assert table["piece"].tolist() == pieces["piece"].tolist()
    assert table.iloc[0, 1:].isna().all()
    assert (table["copied_16"][1:] == 100).all() and (table["longest_copied"][1:] > 4).all()
    assert table["nearest_similarity"][1:].to_numpy() == pytest.approx(1)


def test_beyond_is_undefined_without_pieces():
    assert np.isnan(originality.beyond(np.array([np.nan]), np.ones(3)))
