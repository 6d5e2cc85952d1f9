"""The networks that learn (TensorFlow) and those that compose (NumPy) are the same."""

import numpy as np
import pytest

from ricercar.gan import leading
from ricercar.gan.adversaries import Discriminator, Generator
from ricercar.gan.backend import tf
from ricercar.gan.decoder import Decoder, Encoder
from ricercar.gan.generating import generate
from ricercar.gan.material import WINDOW
from ricercar.gan.recipes.base import generator_weights
from ricercar.gan.writing import Writer, weights_of

PITCHES, SLOTS, BEATS, CONTEXT = 9, 4, 3, 5
BAR = tf.constant([SLOTS], tf.int32)


def decoder(voices, seed=1):
    """A decoder with weights that matter, the tables as well."""
    made = Decoder(PITCHES, voices, SLOTS, width=8, dropout=0.5, forget=0.5)
    empty = tf.zeros((1, BEATS * SLOTS, voices), tf.int32)
    made(empty, empty, tf.zeros((1, BEATS, CONTEXT)), BAR)
    rng = np.random.default_rng(seed)
    made.set_weights([rng.normal(0, 0.3, w.shape) for w in made.get_weights()])
    for table in (made.pairs, made.steps):
        table.assign(np.asarray(table) / leading.TABLE_SCALE)
    return made


@pytest.mark.parametrize(
    ("voices", "expected"), [(1, [0]), (2, [0, 1]), (3, [0, 2, 1]), (4, [0, 3, 2, 1])]
)
def test_voices_are_decided_from_outside_to_inside(voices, expected):
    assert leading.order(voices) == expected


@pytest.mark.parametrize("voices", [1, 2, 4])
def test_what_the_writer_composed_has_the_probability_that_it_says(voices):
    learnt = decoder(voices)
    writer = Writer(weights_of(learnt), PITCHES, voices, SLOTS)
    rng = np.random.default_rng(2)
    context = rng.normal(size=(5, BEATS, CONTEXT)).astype(np.float32)
    used, bar = np.array([4, 3, 4, 2, 4]), np.array([4, 8, 8, 12, 4])
    tokens, sounding, told = writer.write(context, used, bar, rng)
    flat = (5, BEATS * SLOTS, voices)
    tokens, sounding = tokens.reshape(flat), sounding.reshape(flat)
    heard = tf.constant(tokens, tf.int32), tf.constant(sounding, tf.int32)
    logits = learnt(*heard, context, tf.constant(bar, tf.int32))
    log_p = np.take_along_axis(np.asarray(tf.nn.log_softmax(logits)), tokens[..., None], -1)
    counts = np.tile(np.arange(SLOTS) < used[:, None], (1, BEATS))[..., None, None]
    expected = (log_p * counts).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(told[:, 0], expected, rtol=1e-4)
    assert (told[:, 1] == 0).all() and (told[:, 0] < 0).all()
    assert (tokens[~counts[..., 0, 0]] == 0).all()


def test_what_is_given_stays_and_is_counted_apart():
    writer = Writer(weights_of(decoder(2)), PITCHES, 2, SLOTS)
    context = np.zeros((2, BEATS, CONTEXT), np.float32)
    used = bar = np.array([4, 4])
    given, _, _ = writer.write(context, used, bar, np.random.default_rng(1))
    given[..., 1] = -1
    rng = np.random.default_rng(5)
    tokens, sounding, told = writer.write(context, used, bar, rng, given=given)
    np.testing.assert_array_equal(tokens[..., 0], given[..., 0])
    assert (told < 0).all()
    now = np.zeros((2, 2), int)
    for cell in range(BEATS * SLOTS):
        token = tokens.reshape(2, -1, 2)[:, cell]
        now = np.where(token == 0, now, token - 1)
        np.testing.assert_array_equal(sounding.reshape(2, -1, 2)[:, cell], now)


def test_the_decoder_sees_the_past_and_the_voices_decided_before_only():
    """Changing one token changes no logit before it in the order of deciding."""
    voices, cells = 4, BEATS * SLOTS
    learnt = decoder(voices)
    rng = np.random.default_rng(3)
    context = rng.normal(size=(1, BEATS, CONTEXT)).astype(np.float32)
    sounding = rng.integers(1, PITCHES + 1, (1, cells, voices))
    tokens = sounding + 1
    before = np.asarray(
        learnt(tf.constant(tokens, tf.int32), tf.constant(sounding, tf.int32), context, BAR)
    )
    at, voice = 5, 3  # the bass is decided second
    changed, heard = tokens.copy(), sounding.copy()
    heard[0, at, voice] = heard[0, at, voice] % PITCHES + 1
    changed[0, at, voice] = heard[0, at, voice] + 1
    after = np.asarray(
        learnt(tf.constant(changed, tf.int32), tf.constant(heard, tf.int32), context, BAR)
    )
    moved = np.abs(after - before).max(axis=(0, 3)) > 1e-6
    assert not moved[:at].any()
    assert moved[at].tolist() == [False, True, True, False]
    assert moved[at + 1].all()


def test_the_decoder_recalls_the_same_place_of_earlier_bars():
    """With all else silenced, only the tokens one, two and four bars ago gain by the gates."""
    learnt, cells, bar = decoder(1), 24, 5
    tokens = np.random.default_rng(6).integers(2, PITCHES + 2, (1, cells, 1))
    context = np.zeros((1, cells // SLOTS, CONTEXT), np.float32)
    for layer in (learnt.out[0], learnt.classes[0], learnt.recall[0]):
        layer.set_weights([np.zeros(w.shape) for w in layer.get_weights()])
    for table in (learnt.pairs, learnt.steps):
        table.assign(tf.zeros_like(table))
    learnt.recall[0].bias.assign([1.0, 10.0, 100.0])
    heard = tf.constant(tokens, tf.int32), tf.constant(tokens - 1, tf.int32)
    logits = np.asarray(learnt(*heard, context, tf.constant([bar])))[0, :, 0]
    expected = np.zeros_like(logits)
    for bars, weight in ((1, 1.0), (2, 10.0), (4, 100.0)):
        for cell in range(bars * bar, cells):
            expected[cell, tokens[0, cell - bars * bar, 0]] += weight
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_the_decoder_hears_whether_it_repeats_itself():
    tokens = np.array([2, 3, 4, 5, 2, 3, 9, 5])[None, :, None]
    _, same = decoder(1)._recalled(tf.constant(tokens, tf.int32), tf.constant([4]))
    one_beat = np.asarray(same).reshape(8, 2, 3)[:, 0]  # cells, spans, bars ago
    np.testing.assert_allclose(one_beat[:, 0] * SLOTS, [0, 0, 0, 0, 0, 1, 2, 2])
    assert not one_beat[:, 1:].any()


def test_dropout_needs_a_seed_and_is_decided_by_it():
    learnt = decoder(2)
    tokens = tf.ones((1, BEATS * SLOTS, 2), tf.int32)
    context = tf.ones((1, BEATS, CONTEXT))

    def logits(seed=None):
        return np.asarray(learnt(tokens, tokens - 1, context, BAR, seed=seed))

    one, other = tf.constant([1, 2]), tf.constant([1, 3])
    np.testing.assert_array_equal(logits(), logits())
    np.testing.assert_array_equal(logits(one), logits(one))
    assert not np.allclose(logits(one), logits(other)) and not np.allclose(logits(), logits(one))


def test_the_generator_composes_what_it_learnt():
    learnt = Generator(6, 8, 3)
    rng = np.random.default_rng(4)
    z, noise = rng.normal(size=(2, 8)), rng.normal(size=(2, 11, 2))
    arrays = [array.astype(np.float32) for array in (z, noise, rng.normal(size=(2, 11, 7)))]
    learnt(*arrays)
    learnt.set_weights([rng.normal(0, 0.5, w.shape) for w in learnt.get_weights()])
    np.testing.assert_allclose(
        generate(generator_weights(learnt), *arrays), np.asarray(learnt(*arrays)), atol=2e-4
    )


def test_the_encoder_gives_two_numbers_for_each_of_the_code():
    encoder = Encoder(PITCHES, 2, SLOTS, code=3, width=8)
    heard = tf.ones((2, BEATS * SLOTS, 2), tf.int32)
    mean, log_sd = encoder(heard, heard, tf.zeros((2, BEATS, CONTEXT)))
    assert mean.shape == log_sd.shape == (2, BEATS, 3)


@pytest.mark.parametrize("spectral", [False, True])
def test_the_discriminator_judges_what_and_where(spectral):
    judge = Discriminator(6, 5, spectral, seed=1)
    rng = np.random.default_rng(5)
    x = rng.normal(size=(2, WINDOW, 3)).astype(np.float32)
    places = rng.normal(size=(2, WINDOW, 5)).astype(np.float32)
    logit = judge(x, places)
    assert logit.shape == (2, 1) and np.isfinite(logit).all()
    assert not np.allclose(logit, judge(x, places[::-1]))
