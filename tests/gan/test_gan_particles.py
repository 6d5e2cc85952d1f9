"""Particles: what is given later decides what is composed before it."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from ricercar.errors import ParameterError
from ricercar.gan import choosing, particles
from ricercar.gan.conditions import Conditions

SLOTS = 4


@dataclass
class Begun:
    """What has been composed: the choice of each piece."""

    choice: np.ndarray
    beat: int = 0

    def take(self, rows):
        return Begun(self.choice[rows], self.beat)


@dataclass
class OneChoice:
    """A composer that chooses 2 or 3 in beat 0; what is given in beat 2 hangs on it alone."""

    first: float
    likely: tuple[float, float]
    recipe: str = "latent"
    temperature: float = 1.0
    top_p: float = 1.0
    candidates: int = 1

    def writer(self):
        return self

    def critic(self):
        return None

    def noise(self, n, beats, rng):
        return np.zeros((n, 8), np.float32), rng.standard_normal((n, beats, 2))

    def context(self, places, noise):
        return places

    def begin(self, bar):
        return Begun(np.zeros(len(bar), int))

    def write_beat(self, passage, context, used, given, rng, *_):
        n = len(given)
        if passage.beat == 0:
            passage.choice = np.where(rng.random(n) < self.first, 2, 3)
        likely = np.array(self.likely)[passage.choice - 2]
        told = np.log(likely) if passage.beat == 2 else np.full(n, -1.0)
        tokens = np.where(given < 0, passage.choice[:, None, None], given)
        passage.beat += 1
        return (tokens, tokens - 1), np.zeros((n, 2)), told


def follow(composer, material, n=1, count=32, beats=4, length=4):
    v = material.vocabulary
    form = {"beats": np.full(n, beats), "pickup": np.zeros(n, bool)}
    asked = Conditions.of(v, ["hymn"] * n, ["4/4"] * n, ["major"] * n, **form)
    given = np.full((n, length, SLOTS, 2), -1)
    given[..., 0] = 5
    rng = np.random.default_rng(1)
    return particles.follow(composer, asked, given, rng, particles=count)


def test_a_choice_that_makes_the_given_impossible_is_given_up(material):
    """Nine of ten first choices end where the given voice cannot go on."""
    lost = OneChoice(0.9, (1e-12, 0.5))
    alone, several = (follow(lost, material, 40, count)[0][..., 1] for count in (1, 64))
    assert (alone == 2).mean() > 0.7
    assert (several == 3).all()


def test_choices_are_in_proportion_to_what_they_make_of_the_given(material):
    """By Bayes' rule .5 * .6 against .5 * .2: three in four."""
    tokens = follow(OneChoice(0.5, (0.6, 0.2)), material, 1500, 32)[0]
    assert (tokens[:, 0, 0, 1] == 2).mean() == pytest.approx(0.75, abs=0.035)


def test_the_given_stays_and_beats_beyond_the_end_are_silent(material):
    tokens, sounding = follow(OneChoice(0.5, (1, 1)), material, 2, 4, beats=4, length=6)
    assert (tokens[:, :4, :, 0] == 5).all() and (sounding[:, :4, :, 0] == 4).all()
    assert (tokens[:, 4:] == 1).all() and (sounding[:, 4:] == 0).all()


def test_pieces_are_composed_in_parts_without_mixing(material, monkeypatch):
    monkeypatch.setattr(particles, "AT_ONCE", 20)
    tokens = follow(OneChoice(0.5, (1e-12, 0.5)), material, 9, 16)[0]
    assert tokens.shape[0] == 9 and (tokens[..., 1] == 3).all()


def test_systematic_draws_keep_each_particle_as_often_as_it_weighs():
    rng = np.random.default_rng(0)
    weight = rng.random((50, 8))
    drawn = choosing.drawn_anew(np.log(weight), rng.random(50))
    count = np.stack([(drawn == k).sum(axis=1) for k in range(8)], axis=1)
    assert (np.abs(count - 8 * weight / weight.sum(axis=1, keepdims=True)) < 1).all()


def test_a_composer_without_a_decoder_is_refused(untrained, material):
    work = replace(untrained("grid").composers[0], vocabulary=material.vocabulary)
    with pytest.raises(ParameterError, match="beat by beat"):
        follow(work, material)
