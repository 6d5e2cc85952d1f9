"""Planted copies have the change that they are named for, and no other."""

import pytest

from ricercar.errors import ParameterError
from ricercar.screening import planted


@pytest.fixture
def tunes():
    return planted.random_tunes(6, length=40, seed=4)


def test_transposed_shifts_each_piece_by_one_interval(tunes):
    pieces, notes = tunes
    _, copied = planted.transposed(pieces, notes, seed=1)
    shift = (copied["pitch"].to_numpy() - notes["pitch"].to_numpy()).reshape(6, 40)
    assert (shift == shift[:, :1]).all() and (shift != 0).all()
    assert copied["onset"].tolist() == notes["onset"].tolist()


def test_transposed_stays_within_midi(tunes):
    pieces, notes = tunes
    _, high = planted.transposed(pieces, notes.assign(pitch=126), 5)
    _, low = planted.transposed(pieces, notes.assign(pitch=2), -5)
    assert set(high["pitch"]) == {119} and set(low["pitch"]) == {9}


def test_rescaled_multiplies_times_only(tunes):
    pieces, notes = tunes
    scaled, copied = planted.rescaled(pieces, notes, 3)
    assert copied["onset"].tolist() == (notes["onset"] * 3).tolist()
    assert copied["pitch"].tolist() == notes["pitch"].tolist()
    assert scaled["quarters"].tolist() == (pieces["quarters"] * 3).tolist()
    with pytest.raises(ParameterError):
        planted.rescaled(pieces, notes, 0)


def test_ornaments_edit_about_the_share_asked_for(tunes):
    pieces, notes = planted.random_tunes(20, length=200, seed=4)
    _, copied = planted.ornamented(pieces, notes, share=0.1, seed=2)
    kept = copied.merge(
        notes.assign(piece=notes["piece"].str.replace("tune-", ""), was=notes["pitch"]),
        left_on=[copied["piece"].str[-4:].astype(int).astype(str), "onset"],
        right_on=["piece", "onset"],
    )
    assert 0.93 < len(kept) / len(notes) < 0.97  # half of a tenth dropped
    split = kept["duration_x"] < kept["duration_y"]
    assert 0.03 < split.mean() < 0.07
    with pytest.raises(ParameterError, match="share"):
        planted.ornamented(pieces, notes, share=1.5)


def test_a_splice_holds_the_host_and_the_excerpt(tunes):
    pieces, notes = tunes
    spliced, copied = planted.spliced(pieces[:3], notes, pieces[3:], notes, bars=2, seed=1)
    host = notes[notes["piece"].isin(pieces["piece"][3:])]
    added = copied.groupby("piece").size().to_numpy() - host.groupby("piece").size().to_numpy()
    assert ((added >= 8) & (added <= 16)).all()  # two bars of eighths and quarters
    assert spliced["work"].tolist() == pieces["work"].tolist()[3:]
    assert not copied.duplicated(["piece", "part", "onset"]).any()
    with pytest.raises(ParameterError, match="as many hosts"):
        planted.spliced(pieces[:3], notes, pieces[3:5], notes)


def test_cropped_keeps_the_beginning(tunes):
    pieces, notes = tunes
    short, cut = planted.cropped(pieces, notes, 4)
    assert cut["onset"].max() < 4 * 480
    assert set(short["quarters"]) == {4}
