"""The critic hears what tells composed from real music, and the writer obeys it."""

from dataclasses import fields
from itertools import pairwise
from math import prod

import numpy as np
import pytest

from ricercar.errors import ParameterError
from ricercar.gan import critic_features, critic_harmony, critic_training, critique
from ricercar.gan.conditions import FAR, Vocabulary
from ricercar.gan.leading import DILATIONS, REACH
from ricercar.gan.passages import Passage
from ricercar.gan.writing import Writer

PITCHES, SLOTS, WIDTH = 9, 4, 4


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


def vocabulary(voices):
    return Vocabulary(("air",), ("4/4",), ("major", "minor"), voices, SLOTS, 60, 59 + PITCHES, {})


#: a code of one number follows the places
CONTEXT = vocabulary(1).features + 1


def no_opinion(voices):
    shapes = critic_features.tables(vocabulary(voices))
    return {name: np.zeros(shape) for name, shape in shapes.items()}


def critic_of(weights, voices):
    return critique.Critic(weights, vocabulary(voices))


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
    weights["step"][0, :, 2 * critic_features.STEP + 2] = np.log(3)
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
    shapes = critic_features.tables(vocabulary(voices))
    ends = np.cumsum([prod(shape) for shape in shapes.values()])
    found = []
    for entry in entries:
        at = int(np.searchsorted(ends, entry, "right"))
        name = list(shapes)[at]
        first = ends[at] - prod(shapes[name])
        place = np.unravel_index(entry - first, shapes[name])
        found.append((name, *(int(number) for number in place)))
    return found


def went(voices, n=1, **known):
    """Nothing before, but for what is named; the first beat of a bar far from both ends."""
    none = np.zeros((n, voices), int)
    bars = np.zeros((n, len(critic_features.REPEATED), voices), int)
    form = np.tile([0, FAR, FAR + 1, 0], (n, 1))
    nothing = {"begun": none + 1, "age": np.full((n, 12), 1000), "recalled": bars - 1, "run": bars}
    nothing |= {"form": form}
    for field in fields(critic_features.Before):
        nothing.setdefault(field.name, none)
    return critic_features.Before(**{**nothing, **known})


def told(before, token, sound, slot):
    """Names of the entries, by cell."""
    voices = sound.shape[1]
    found = critic_features.features(before, token, sound, np.array(slot), vocabulary(voices))
    return [names_of(row, voices) for row in found]


def test_features_of_a_parallel_fifth():
    """From 1 and 8 to 2 and 9, both struck in the second cell of a beat."""
    before, sound = np.array([[8, 1]]), np.array([[9, 2]])
    known = {"begun": before + 1, "sounding": before, "ago": np.array([[8, 4]])}
    known |= {"low": np.array([[7, 1]]), "high": before, "last": before}
    found = told(went(2, **known), sound + 1, sound, [1])[0]
    assert found[:6] == [
        ("step", 0, 1, critic_features.STEP + 1),
        ("step", 1, 1, critic_features.STEP + 1),
        ("pitch", 0, 9),
        ("pitch", 1, 2),
        ("range", 0, 2),
        ("range", 1, 1),
    ]
    assert found[-7:] == [
        ("begins", 1, 3, 3),
        ("pair", 0, 7, 1, 1, 7),
        ("any_pair", 7, 1, 1, 7),
        ("apart", 0, critic_harmony.APART + 7),
        ("chord", 1, 2**6),
        ("degree", 2, 2**6),
        ("progress", 1, 4, 1, 2, 0),
    ]


def test_features_of_rests_and_held_notes():
    """The upper voice enters with a note, the lower holds; then all is silent."""
    before, sound = np.array([[0, 3], [4, 3]]), np.array([[4, 3], [0, 0]])
    begun, token = np.array([[1, 4], [5, 0]]), np.array([[5, 0], [1, 1]])
    known = {"begun": begun, "sounding": before, "low": np.minimum(before, 3), "high": before}
    enters, silent = told(went(2, 2, **known), token, sound, [0, 2])
    assert enters[:6] == [
        ("step", 0, 0, 2 * critic_features.STEP + 1),
        ("step", 1, 0, 2 * critic_features.STEP + 2),
        ("pitch", 0, 4),
        ("pitch", 1, 3),
        ("range", 0, critic_features.RANGE),
        ("range", 1, critic_features.RANGE),
    ]
    assert ("begins", 0, 2, 1) in enters
    assert ("any_pair", 12, 0, 0, 1) in enters
    assert silent[0] == ("step", 0, 2, 2 * critic_features.STEP + 3)
    assert silent[-5:] == [
        ("any_pair", 1, 0, 0, 12),
        ("apart", 0, 2 * critic_harmony.APART + 1),
        ("chord", 2, 0),
        ("degree", 12, 0),
        ("progress", 1, 12, critic_harmony.KINDS - 1, 12, critic_harmony.KINDS - 1),
    ]


def test_features_of_a_melody():
    """Pitch 5, last moved up by 2, goes down by 1 on the second beat of the last bar, minor. The
    note was three cells long, the one before two; the new degree was heard five cells ago; four
    bars ago the same token stood there, after two that were as then, and two bars ago another."""
    age = np.full((1, 12), 1000)
    age[0, 3] = 5
    ago = np.array([-1, 7, 5, -1])[None, :, None]
    known = {"sounding": np.array([[5]]), "last": np.array([[5]]), "turn": np.array([[2]])}
    known |= {"since": np.array([[3]]), "length": np.array([[2]]), "age": age}
    known |= {"recalled": ago, "run": np.array([0, 0, 2, 0])[None, :, None]}
    known |= {"form": np.array([[1, FAR, 1, 1]])}
    found = told(went(1, **known), np.array([[5]]), np.array([[4]]), [0])[0]
    turn, age_of_five = critic_features.TURN, 2
    assert found[3:] == [
        ("turn", 0, 0, turn + 2, turn - 1),
        ("rhythm", 0, 0, 2, 3, 2),
        ("metric", 0, 1, 1, 0, 3),
        ("closing", 0, 1, 1, 1, 3),
        ("fresh", 0, 1, 3, age_of_five),
        ("form", 0, 0, 7, 0),
        ("form", 0, 1, 7, 1),
        ("form", 0, 2, 7, 6),
        ("form", 0, 3, 7, 0),
        ("forms", 0, 1, 6, 0),
        ("begins", 0, 0, 1),
    ]


def test_a_bar_has_its_place_in_eight_from_the_beginning_or_from_the_end():
    def phase(since, until):
        form = {"form": np.array([[0, since, until, 0]])}
        entries = told(went(1, **form), np.array([[0]]), np.array([[0]]), [0])[0]
        return next(entry[3] for entry in entries if entry[0] == "form")

    assert [phase(3, FAR + 1), phase(7, 2)] == [3, 7]
    assert [phase(FAR, until) for until in (8, 7, 1)] == [0, 1, 7]
    assert phase(FAR, FAR + 1) == FAR  # more than eight bars from both


def in_words(tokens, sounding, bar):
    """What went before every cell of one voice of one piece, worked out from its whole past."""
    notes = [(at, int(s)) for at, (t, s) in enumerate(zip(tokens, sounding, strict=True)) if t > 1]
    begins = [at for at, token in enumerate(tokens) if token > 0]
    for cell in range(len(tokens)):
        past = [pitch for at, pitch in notes if at < cell]
        moves = [b - a for a, b in pairwise(past) if b != a]
        starts = [at for at in begins if at < cell]
        since = min(cell - starts[-1], critic_features.LONG) if starts else 0
        length = min(starts[-1] - starts[-2], critic_features.LONG) if len(starts) > 1 else 0
        run = []
        for far in (bars * bar for bars in critic_features.REPEATED):
            then = [-1] * far + list(tokens)
            pairs = [(then[at], tokens[at]) for at in range(cell)]
            same = [a == b for a, b in pairs if a > 1 or b > 1]
            run.append(next((n for n, one in enumerate(same[::-1]) if not one), len(same)))
        yield past[-1] if past else 0, moves[-1] if moves else 0, since, length, run


def test_what_went_before_is_worked_out_from_the_whole_past():
    """Cell by cell beside a definition in words, over forty beats of random music."""
    tokens, sounding, _ = write(uniform_writer(1), n=3, beats=40)
    tokens[..., 1:4, :] *= np.random.default_rng(5).random(tokens[..., 1:4, :].shape) < 0.4
    bar = np.array([4, 8, 12])
    flat = tokens.reshape(3, -1)
    heard = np.zeros_like(flat)
    for cell in range(flat.shape[1]):
        was = heard[:, cell - 1] if cell else 0
        heard[:, cell] = np.where(flat[:, cell] == 0, was, flat[:, cell] - 1)
    words = [list(in_words(flat[row], heard[row], int(bar[row]))) for row in range(3)]
    passage, used = Passage.begin(bar, SLOTS, 1), np.ones(3, bool)
    for cell in range(flat.shape[1]):
        before = passage.before(np.zeros((3, 4), int))
        for row in range(3):
            last, turn, since, length, run = words[row][cell]
            found = (before.last, before.turn, before.since, before.length)
            assert [int(one[row, 0]) for one in found] == [last, turn, since, length]
            assert before.run[row, :, 0].tolist() == run
        passage.go_on(flat[:, cell, None], heard[:, cell, None], used)


def test_cells_that_a_meter_does_not_use_count_in_no_length():
    passage = Passage.begin(np.array([4]), SLOTS, 1)
    for cell, token in enumerate([3, 0, 0, 0, 0, 4]):
        passage.go_on(
            np.array([[token]]), np.array([[max(token - 1, 2)]]), np.array([cell % 4 < 3])
        )
    assert passage.length[0, 0] == 4  # five cells, of which one is not used
    assert passage.age[0, 1] == 1


def test_what_went_before_is_the_same_when_composing_as_in_examples():
    """Every cell that the writer kept is found among the examples with all its features."""
    writer, seen = uniform_writer(2), []

    class Watching(critique.Critic):
        def rate(self, before, token, sound, slot):
            place = np.full(len(sound), slot)
            seen.append(critic_features.features(before, token, sound, place, self.vocabulary))
            return super().rate(before, token, sound, slot)

    critic = Watching(no_opinion(2), vocabulary(2))
    tokens, sounding, _ = write(writer, n=3, beats=12, critic=critic, candidates=2)
    found = examples(tokens, sounding, np.full(3, SLOTS))
    rated = {tuple(row) for rows in seen for row in rows}
    assert len(found) > 100 and {tuple(row) for row in found} <= rated


def examples(tokens, sounding, used):
    places = np.zeros((*tokens.shape[:2], CONTEXT))
    bar = np.full(len(tokens), SLOTS)
    voices = tokens.shape[3]
    return critic_training.examples(tokens, sounding, places, used, bar, vocabulary(voices))


def test_unused_cells_silence_and_the_beginning_are_no_examples():
    tokens = np.zeros((2, 3, SLOTS, 1), int)
    sounding = np.full_like(tokens, 5)
    sounding[1, 1:] = 0
    found = examples(tokens, sounding, np.array([4, 3]))
    # 11 cells, and of the other piece 2 sounding and the one after them
    assert len(found) == 11 + 3


def test_it_learns_what_real_music_avoids_and_the_writer_follows():
    """Real music is composed music without the leaps onto pitch 9."""
    writer = uniform_writer(1)
    used = np.full(200, SLOTS)
    made = examples(*write(writer, seed=1, n=200)[:2], used)
    other = examples(*write(writer, seed=2, n=200)[:2], used)
    nine = prod(critic_features.tables(vocabulary(1))["step"]) + 9
    real = other[~(other == nine).any(axis=1)]
    learnt = critic_training.learn(real, made, vocabulary(1))
    logit = np.concatenate([table.ravel() for table in learnt.values()])[made].sum(axis=1)
    avoided = (made == nine).any(axis=1)
    assert logit[avoided].max() < -1 < np.median(logit[~avoided])
    free = write(writer, seed=4)[1]
    bound = write(writer, seed=4, critic=critic_of(learnt, 1), candidates=8)[1]
    assert (bound == 9).mean() < 0.2 * (free == 9).mean()


def test_the_strength_is_chosen_on_other_pieces():
    """Where nothing can be learnt the strongest penalty is best."""
    rng = np.random.default_rng(0)
    shapes = critic_features.tables(vocabulary(1))
    ends = np.cumsum([prod(shape) for shape in shapes.values()])

    def cells():
        return np.stack([rng.integers(end - 9, end, 100) for end in ends], axis=1)

    real, made, checked = cells(), cells(), (cells(), cells())
    chosen = critic_training.learn(real, made, vocabulary(1), checked, strengths=(1.0, 1e-6))
    strong = critic_training.learn(real, made, vocabulary(1), strengths=(1.0,))
    for name in shapes:
        np.testing.assert_array_equal(chosen[name], strong[name])
        assert chosen[name].shape == shapes[name]


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(ParameterError, match="0 real and 3 composed cells"):
        critic_training.learn(np.zeros((0, 3), int), np.zeros((3, 3), int), vocabulary(1))


def test_composing_real_music_leaves_nothing_to_learn(material):
    v = material.vocabulary
    heard = []

    def wrong(pieces, seed):
        heard.append(seed)
        tokens, sounding = material.whole(pieces)
        return tokens, np.where(sounding > 0, v.pitches, 0)

    learnt = critic_training.train(material, wrong)
    assert len(set(heard)) == len(heard) == 4  # two versions of the pieces of either part
    assert np.abs(learnt["pitch"]).max() > 0.5
    same = critic_training.train(material, lambda pieces, _: material.whole(pieces))
    assert max(np.abs(table).max() for table in same.values()) < 1e-6
    few = critic_training.train(material, wrong, most=2)
    assert np.abs(few["pitch"]).max() > 0.5
