"""The critic hears what tells composed from real music, and the writer obeys it."""

from dataclasses import replace
from math import prod

import numpy as np
import pytest

from ricercar.errors import ParameterError
from ricercar.gan import critic_training, critique
from ricercar.gan.leading import DILATIONS, REACH
from ricercar.gan.material import WINDOW
from ricercar.gan.writing import Writer

PITCHES, SLOTS, CONTEXT, WIDTH = 9, 4, 2, 4


def uniform_writer(voices):
    """A decoder to which every token is as likely, whatever was before."""
    shapes = {
        "begun": (voices * (PITCHES + 2), 16),
        "before": (voices * (PITCHES + 1), 16),
        "now": (voices * (PITCHES + 1), 24),
        "pairs": (voices, voices, 13, 3, 13),
        "steps": (voices, 2 * REACH + 1),
        "enter.kernel": (voices * 32, WIDTH),
        "place.kernel": (CONTEXT, WIDTH * SLOTS),
        "place.bias": (WIDTH * SLOTS,),
    }
    for layer in range(len(DILATIONS)):
        shapes |= {f"{name}.{layer}.kernel": (WIDTH, WIDTH) for name in ("past", "here", "leave")}
    for at in range(voices):
        heard = WIDTH + 16 * voices + 6 * voices + 12 + (12 + 24 * at if at else 0)
        shapes |= {
            f"first.{at}.kernel": (heard, WIDTH),
            f"first.{at}.bias": (WIDTH,),
            f"second.{at}.kernel": (WIDTH, WIDTH),
            f"out.{at}.kernel": (WIDTH, PITCHES + 2),
            f"out.{at}.bias": (PITCHES + 2,),
            f"recall.{at}.kernel": (WIDTH, 3),
            f"recall.{at}.bias": (3,),
            f"classes.{at}.kernel": (WIDTH, 12),
        }
    weights = {name: np.zeros(shape) for name, shape in shapes.items()}
    return Writer(weights, PITCHES, voices, SLOTS)


def no_opinion(voices):
    shapes = critique.tables(PITCHES, voices, SLOTS)
    return {name: np.zeros(shape) for name, shape in shapes.items()}


def critic_of(weights, voices):
    return critique.Critic(weights, PITCHES, voices, SLOTS)


def write(writer, seed=1, n=40, beats=4, **more):
    context, used = np.zeros((n, beats, CONTEXT), np.float32), np.full(n, SLOTS)
    return writer.write(context, used, used, np.random.default_rng(seed), **more)


def test_a_critic_that_forbids_one_interval_is_obeyed():
    writer, weights = uniform_writer(2), no_opinion(2)
    weights["any_pair"][..., 5] = -50
    free = write(writer)[1]
    bound = write(writer, critic=critic_of(weights, 2), candidates=16)[1]

    def fourths(sounding):
        high, low = sounding[..., 0], sounding[..., 1]
        return ((high - low) % 12 == 5)[(high > 0) & (low > 0)].mean()

    assert fourths(free) > 0.04
    assert fourths(bound) == 0


def test_candidates_are_kept_in_proportion_to_the_exponential():
    """One voice, one cell: hold is rated log 3, all else 0. Hand-worked for two candidates:
    both hold 1/121, one of two 20/121, and of those hold is kept three times in four."""
    weights = no_opinion(1)
    weights["step"][0, :, 2 * critique.STEP + 2] = np.log(3)
    critic, writer = critic_of(weights, 1), uniform_writer(1)
    tokens = write(writer, n=4000, beats=2, critic=critic, candidates=2)[0]
    assert (tokens == 0).mean() == pytest.approx(1 / 121 + 20 / 121 * 3 / 4, abs=0.006)


def test_without_an_opinion_the_same_is_likely():
    writer, critic = uniform_writer(2), critic_of(no_opinion(2), 2)
    tokens = write(writer, n=300, critic=critic, candidates=4)[0]
    shares = np.bincount(tokens.ravel(), minlength=PITCHES + 2) / tokens.size
    np.testing.assert_allclose(shares, 1 / (PITCHES + 2), atol=0.01)


def test_one_candidate_is_what_is_written_without_a_critic():
    writer, weights = uniform_writer(2), no_opinion(2)
    weights["any_pair"][..., 5] = -50
    for alone, judged in zip(
        write(writer), write(writer, critic=critic_of(weights, 2)), strict=True
    ):
        np.testing.assert_array_equal(alone, judged)


def test_given_tokens_stay_and_equal_seeds_give_equal_music():
    writer, weights = uniform_writer(2), no_opinion(2)
    weights["any_pair"][..., 5] = -50
    given = write(writer, seed=3)[0]
    given[..., 1] = -1
    more = {"given": given, "critic": critic_of(weights, 2), "candidates": 8}
    one, again = write(writer, **more), write(writer, **more)
    np.testing.assert_array_equal(one[0][..., 0], given[..., 0])
    for first, second in zip(one, again, strict=True):
        np.testing.assert_array_equal(first, second)


def test_candidates_prepare_a_given_lower_voice():
    """It is decided last, and hates to sound a fourth below the upper one."""
    writer, critic = uniform_writer(2), critic_of(no_opinion(2), 2)
    given = np.full((60, 4, SLOTS, 2), -1)
    given[..., 1] = 2 + np.arange(16).reshape(4, SLOTS) % PITCHES
    judged = {"critic": critic, "candidates": 16}
    told = writer.write_beat(
        writer.begin(np.full(60, SLOTS)),
        np.zeros((60, CONTEXT), np.float32),
        np.full(60, SLOTS),
        given[:, 0],
        np.random.default_rng(0),
        **judged,
    )[2]
    np.testing.assert_allclose(told, -SLOTS * np.log(PITCHES + 2), rtol=1e-5)
    writer.tables[0][1, 0, :, :, 7] = -20
    alone, prepared = (write(writer, n=60, given=given, **more)[1] for more in ({}, judged))

    def fourths(sounding):
        high, low = sounding[..., 0], sounding[..., 1]
        return ((high - low) % 12 == 5)[high > 0].mean()

    assert fourths(alone) > 0.04
    assert fourths(prepared) == 0


def names_of(entries, voices):
    """What each entry means: table and place in it."""
    shapes = critique.tables(PITCHES, voices, SLOTS)
    ends = np.cumsum([prod(shape) for shape in shapes.values()])
    found = []
    for entry in entries:
        at = int(np.searchsorted(ends, entry, "right"))
        name = list(shapes)[at]
        first = ends[at] - prod(shapes[name])
        place = np.unravel_index(entry - first, shapes[name])
        found.append((name, *(int(number) for number in place)))
    return found


def test_features_of_a_parallel_fifth():
    """From 1 and 8 to 2 and 9, both struck in the second cell of a beat."""
    before, sound = np.array([[8, 1]]), np.array([[9, 2]])
    went = critique.Before(
        before + 1, before, np.array([[8, 4]]), low=np.array([[7, 1]]), high=before
    )
    found = critique.features(went, sound + 1, sound, np.array([1]), PITCHES, SLOTS)
    assert names_of(found[0], 2) == [
        ("step", 0, 1, critique.STEP + 1),
        ("step", 1, 1, critique.STEP + 1),
        ("pitch", 0, 9),
        ("pitch", 1, 2),
        ("range", 0, 2),
        ("range", 1, 1),
        ("begins", 1, 3, 3),
        ("pair", 0, 7, 1, 1, 7),
        ("any_pair", 7, 1, 1, 7),
        ("apart", 0, critique.APART + 7),
        ("chord", 1, 2**6),
        ("degree", 2, 2**6),
        ("progress", 1, 4, 1, 2, 0),
    ]


def test_features_of_rests_and_held_notes():
    """The upper voice enters with a note, the lower holds; then all is silent."""
    before, sound = np.array([[0, 3], [4, 3]]), np.array([[4, 3], [0, 0]])
    begun, token = np.array([[1, 4], [5, 0]]), np.array([[5, 0], [1, 1]])
    nothing = np.zeros_like(before)
    went = critique.Before(begun, before, nothing, low=np.minimum(before, 3), high=before)
    found = critique.features(went, token, sound, np.array([0, 2]), PITCHES, SLOTS)
    enters, silent = (names_of(row, 2) for row in found)
    assert enters[:7] == [
        ("step", 0, 0, 2 * critique.STEP + 1),
        ("step", 1, 0, 2 * critique.STEP + 2),
        ("pitch", 0, 4),
        ("pitch", 1, 3),
        ("range", 0, critique.RANGE),
        ("range", 1, critique.RANGE),
        ("begins", 0, 2, 1),
    ]
    assert enters[8] == ("any_pair", 12, 0, 0, 1)
    assert silent[0] == ("step", 0, 2, 2 * critique.STEP + 3)
    assert silent[8:] == [
        ("any_pair", 1, 0, 0, 12),
        ("apart", 0, 2 * critique.APART + 1),
        ("chord", 2, 0),
        ("degree", 12, 0),
        ("progress", 1, 12, critique.KINDS - 1, 12, critique.KINDS - 1),
    ]


def test_what_went_before_is_the_same_when_composing_as_in_examples():
    """The writer's memory, cell by cell, and the arrays over whole pieces."""
    writer, seen = uniform_writer(2), []

    class Watching(critique.Critic):
        def rate(self, before, token, sound, slot):
            seen.append(before)
            return super().rate(before, token, sound, slot)

    critic = Watching(no_opinion(2), PITCHES, 2, SLOTS)
    tokens, sounding, _ = write(writer, n=3, critic=critic, candidates=2)
    flat = sounding.reshape(3, -1, 2)
    for cell, before in list(enumerate(seen))[1:]:
        rows = [np.flatnonzero((flat[:, cell - 1] == was).all(axis=1)) for was in before.sounding]
        assert all(len(row) for row in rows)
        past = np.where(flat[:, :cell] > 0, flat[:, :cell], PITCHES + 1)
        low, high = past.min(axis=1) % (PITCHES + 1), flat[:, :cell].max(axis=1)
        ago = flat[:, cell - SLOTS] if cell >= SLOTS else np.zeros((3, 2), int)
        each = np.concatenate([ago, low, high], axis=1)
        for told in np.concatenate([before.ago, before.low, before.high], axis=1):
            assert (each == told).all(axis=1).any()


def test_unused_cells_silence_and_the_beginning_are_no_examples():
    tokens = np.zeros((2, 3, SLOTS, 1), int)
    sounding = np.full_like(tokens, 5)
    sounding[1, 1:] = 0
    found = critic_training.examples(tokens, sounding, np.array([4, 3]), PITCHES)
    # 11 cells, and of the other piece 2 sounding and the one after them
    assert len(found) == 11 + 3


def test_it_learns_what_real_music_avoids_and_the_writer_follows():
    """Real music is composed music without the leaps onto pitch 9."""
    writer = uniform_writer(1)
    used = np.full(200, SLOTS)
    made = critic_training.examples(*write(writer, seed=1, n=200)[:2], used, PITCHES)
    other = critic_training.examples(*write(writer, seed=2, n=200)[:2], used, PITCHES)
    nine = prod(critique.tables(PITCHES, 1, SLOTS)["step"]) + 9
    real = other[~(other == nine).any(axis=1)]
    learnt = critic_training.learn(real, made, PITCHES, 1, SLOTS)
    assert learnt["pitch"][0, 9] < -2 < learnt["pitch"][0, :9].min()
    free = write(writer, seed=4)[1]
    bound = write(writer, seed=4, critic=critic_of(learnt, 1), candidates=8)[1]
    assert (bound == 9).mean() < 0.2 * (free == 9).mean()


def test_the_strength_is_chosen_on_other_pieces():
    """Where nothing can be learnt the strongest penalty is best."""
    rng = np.random.default_rng(0)
    shapes = critique.tables(PITCHES, 1, SLOTS)
    ends = np.cumsum([prod(shape) for shape in shapes.values()])

    def cells():
        return np.stack([rng.integers(end - 9, end, 100) for end in ends], axis=1)

    real, made, checked = cells(), cells(), (cells(), cells())
    size = (PITCHES, 1, SLOTS)
    chosen = critic_training.learn(real, made, *size, checked, strengths=(1.0, 1e-6))
    strong = critic_training.learn(real, made, *size, strengths=(1.0,))
    for name in shapes:
        np.testing.assert_array_equal(chosen[name], strong[name])
        assert chosen[name].shape == shapes[name]


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(ParameterError, match="0 real and 3 composed cells"):
        critic_training.learn(np.zeros((0, 3), int), np.zeros((3, 3), int), PITCHES, 1, SLOTS)


def test_rounds_add_up(material):
    """Composing real music leaves nothing to learn; composing wrong music twice adds twice."""
    v = material.vocabulary
    heard = []

    def wrong(rows, critic, seed):
        heard.append((critic is None, seed))
        tokens, sounding, _ = material.cut(rows)
        return tokens, np.where(sounding > 0, v.pitches, 0)

    def right(rows, critic, seed):
        return material.cut(rows)[:2]

    once, twice = (critic_training.train(material, wrong, rounds=n, repeats=1) for n in (1, 2))
    assert heard[-4:] == [(True, 0), (True, 1), (False, 2), (False, 3)]
    assert np.abs(once["pitch"]).max() > 0.5
    np.testing.assert_allclose(twice["pitch"], 2 * once["pitch"], rtol=1e-5)
    same = critic_training.train(material, right)
    assert max(np.abs(table).max() for table in same.values()) < 1e-6


def test_windows_apart_do_not_overlap(material):
    longer = replace(material, window=np.array([[0, 0], [0, 4], [0, 30], [0, WINDOW], [1, 0]]))
    part = longer.pieces["part"].to_numpy()
    rows = critic_training.apart(longer, part[0])
    expected = [0, 3, 4] if part[1] == part[0] else [0, 3]
    assert rows.tolist() == expected
