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


def test_the_snapshot_that_the_judge_finds_nearest_is_taken(material, trained):
    said = iter([3.0, 1.0, np.nan])
    found = judging.choose(trained.composers(), material, lambda _: {"distance": next(said)}, 0)
    assert found.judged["step"].tolist() == [0, 1, 2] and found.step == 1
    name = "generator.plan.kernel"
    for step in (0, 1, 2):
        same = np.array_equal(found.composer.arrays[name], trained.composer(step).arrays[name])
        assert same == (step == 1)
    assert not found.composer.part("critic")


def test_without_a_figure_the_last_snapshot_is_taken(material, trained):
    found = judging.choose(trained.composers(), material, lambda _: {"distance": np.nan}, 0)
    assert found.step == 2


def test_snapshots_are_judged_with_the_critic_of_the_last(material, trained):
    heard = []

    def judge(composer):
        heard.append(composer.part("critic"))
        return {"distance": 1.0}

    found = judging.choose(trained.composers(), material, judge, rounds=1, seed=1, lessons=3)
    alone = judging.teach(trained.composer(), material, rounds=1, seed=1, lessons=3)
    for critic in [*heard, found.composer.part("critic")]:
        for name, table in alone.part("critic").items():
            np.testing.assert_array_equal(critic[name], table)
    assert any(table.any() for table in heard[0].values()) and found.step == 0
