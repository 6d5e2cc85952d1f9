"""Judging snapshots: by the scorecard and by what is copied."""

import numpy as np
import pytest

from ricercar.assess import music
from ricercar.gan import judging, yardstick
from ricercar.gan.conditions import Conditions


class Player:
    """A composer that plays real windows of a part, from memory."""

    def __init__(self, material, part):
        self.material, self.rows = material, material.rows(part)

    def compose(self, asked: Conditions, rng):
        tokens, sounding = np.zeros((2, len(asked), 32, 6, 2), int)
        style = self.material.pieces["style"].to_numpy()[self.material.window[:, 0]]
        for row, shares in enumerate(asked.style):
            named = asked.vocabulary.styles[shares.argmax()]
            fits = self.rows[style[self.rows] == named]
            t, s, _ = self.material.cut(fits[[row % len(fits)]])
            tokens[row], sounding[row] = t[0], s[0]
        return tokens, sounding


class Silent:
    def compose(self, asked, rng):
        shape = (len(asked), 32, 6, 2)
        return np.ones(shape, int), np.zeros(shape, int)


@pytest.fixture(scope="module")
def judge(material):
    return judging.judge(material, n=8, seed=1)


def test_windows_are_of_their_part_and_whole(material):
    rows, pieces, notes = judging.windows(material, "valid", 5, seed=1)
    assert set(rows) <= set(material.rows("valid")) and len(pieces) == min(5, len(rows))
    assert pieces["group"].isin(material.pieces["group"]).all()
    assert set(notes["piece"]) <= set(pieces["piece"])


def test_what_is_played_from_memory_is_found(material, judge):
    learnt, new = judge(Player(material, "train")), judge(Player(material, "test"))
    assert learnt["copied"] == pytest.approx(100.0) and new["copied"] < 50
    assert learnt["distance"] > new["distance"]


def test_the_judge_says_every_measure(material, judge, trained):
    said = judge(trained.composer())
    assert {"distance", "copied"} | set(music.MEASURES) == set(said)
    assert np.isfinite(said["distance"])
    assert judge(trained.composer()) == pytest.approx(said, rel=1e-12, nan_ok=True)


def test_silence_is_not_best(judge, material):
    silent, real = judge(Silent()), judge(Player(material, "test"))
    assert not silent["distance"] < real["distance"]


def test_pieces_like_windows_have_their_form(material, trained):
    rows, pieces, _ = judging.windows(material, "valid", 4, seed=1)
    one, other = (
        yardstick.like(material, rows, trained.composer(), seed, "made") for seed in (1, 2)
    )
    for column in ("style", "meter", "quarters", "parts"):
        assert one[0][column].tolist() == pieces[column].tolist()
    assert not one[1].equals(other[1])


def test_real_windows_are_measured_with_intervals(material):
    _, pieces, notes = judging.windows(material, "valid", 6, seed=1)
    table = yardstick.real(material, pieces, notes, seed=1).dropna()
    assert set(table.index) <= {"copied", *music.MEASURES} and "note_density" in table.index
    assert (table["low"] <= table["value"]).all() and (table["value"] <= table["high"]).all()
