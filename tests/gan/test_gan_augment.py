"""Augmentations: what they may do to music, and what they may not."""

import numpy as np
import pytest

from ricercar.errors import ParameterError
from ricercar.gan.augment import AUGMENTATIONS, augment, drop_voice, roll, transpose
from ricercar.gan.backend import tf
from ricercar.gan.schedules import HIGHEST

PITCHES, STEPS, VOICES = 10, 12, 3
SEED = (3, 5)
ALL = {"names": tuple(AUGMENTATIONS), "pitches": PITCHES, "bar": 4}


def grid(token: np.ndarray, onset: np.ndarray):
    """One-hot music with the onset last."""
    onset = np.asarray(onset, np.float32)[..., None]
    return tf.concat([tf.one_hot(token, PITCHES + 1), tf.constant(onset)], axis=-1)


def music(n: int = 64, seed: int = 0, low: int = 0, high: int = PITCHES):
    """Random music of rests and pitches, low 0 for rests; every voice sounds."""
    rng = np.random.default_rng(seed)
    token = rng.integers(low, high + 1, (n, STEPS, VOICES))
    token[:, 0] = np.maximum(token[:, 0], 1)
    return token, (rng.random(token.shape) < 0.5) & (token > 0)


def tokens(x) -> np.ndarray:
    return np.argmax(x[..., : PITCHES + 1], axis=-1)


def onsets(x) -> np.ndarray:
    return np.asarray(x[..., -1] > 0.5)


def test_nothing_happens_at_p_0():
    x = grid(*music())
    np.testing.assert_array_equal(augment(x, 0.0, SEED, **ALL), x)
    np.testing.assert_array_equal(augment(x, 1.0, SEED, ()), x)


def test_same_seed_same_result_other_seed_another_and_examples_differ():
    token, onset = (np.repeat(each[:1], 32, axis=0) for each in music(1, low=3, high=6))
    x = grid(token, onset)
    once = augment(x, 0.8, SEED, **ALL).numpy()
    np.testing.assert_array_equal(once, augment(x, 0.8, SEED, **ALL))
    assert (once != augment(x, 0.8, (3, 6), **ALL).numpy()).any()
    assert len(np.unique(once.reshape(32, -1), axis=0)) > 10


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_each_befalls_the_share_p_of_the_examples(name):
    """Those that the amount 0 is not drawn for: 8 of 9 transpositions, 2 of 3 bars."""
    n = 3000
    token, onset = music(n, low=5, high=6)
    after = augment(grid(token, onset), 0.3, SEED, **(ALL | {"names": (name,), "most": 4}))
    changed = (np.asarray(after) != grid(token, onset).numpy()).any(axis=(1, 2, 3)).mean()
    expected = 0.3 * {"transpose": 8 / 9, "roll": 2 / 3, "drop_voice": 1}[name]
    assert changed == pytest.approx(expected, abs=4 * np.sqrt(0.25 / n))


def test_transposition_moves_all_notes_alike_and_leaves_rests_and_onsets():
    token, onset = music(200, low=0, high=7)
    after = transpose(grid(token, onset), 1.0, SEED, pitches=PITCHES, most=3)
    moved = tokens(after)
    np.testing.assert_array_equal(moved == 0, token == 0)
    np.testing.assert_array_equal(onsets(after), onset)
    np.testing.assert_array_equal(after.numpy().sum(axis=-1), 1 + onset)
    difference = np.ma.masked_array(moved - token, token == 0)
    assert (np.ma.ptp(difference, axis=(1, 2)) == 0).all()
    interval = difference.max(axis=(1, 2))
    lowest = np.where(token > 0, token, 99).min(axis=(1, 2))
    assert (interval >= np.maximum(-3, 1 - lowest)).all()
    assert (interval <= np.minimum(3, PITCHES - token.max(axis=(1, 2)))).all()


def test_transposition_is_even_over_what_fits():
    """Pitches 2 to 8 of 10: one semitone down, two up."""
    token = np.tile([[[2], [8]]], (4000, 1, 1))
    after = tokens(transpose(grid(token, token > 0), 1.0, SEED, pitches=PITCHES))
    interval, count = np.unique(after[:, 0, 0] - 2, return_counts=True)
    assert interval.tolist() == [-1, 0, 1, 2]
    assert count / 4000 == pytest.approx(np.full(4, 0.25), abs=0.035)


def test_music_that_fills_the_range_and_silence_stay():
    full = np.tile([[[1], [PITCHES]]], (50, 1, 1))
    for token in (full, np.zeros_like(full)):
        x = grid(token, token > 0)
        np.testing.assert_array_equal(transpose(x, 1.0, SEED, pitches=PITCHES), x)


def test_soft_music_keeps_its_sum():
    soft = tf.nn.softmax(tf.random.stateless_normal((8, 4, 2, PITCHES + 1), (1, 2)))
    for name in AUGMENTATIONS:
        after = augment(soft, 1.0, SEED, **(ALL | {"names": (name,)}))
        np.testing.assert_allclose(tf.reduce_sum(after, axis=-1), 1.0, rtol=1e-5)
        assert float(tf.reduce_min(after)) > -1e-6


def test_rolling_begins_at_a_bar_line_and_keeps_the_order():
    token, onset = music(200)
    after = roll(grid(token, onset), 1.0, SEED, bar=4)
    which = []
    for before, now, begins, began in zip(token, tokens(after), onset, onsets(after), strict=True):
        fits = [k for k in (0, 4, 8) if (np.roll(before, k, axis=0) == now).all()]
        assert (np.roll(begins, fits[0], axis=0) == began).all()
        which.append(fits[0])
    assert set(which) == {0, 4, 8}


def test_rolling_knows_each_excerpts_bars_and_length():
    x = tf.tile(tf.reshape(tf.range(12.0), (1, 12, 1)), (90, 1, 1))
    bar, length = np.tile([4, 6, 12], 30), np.tile([8, 12, 12], 30)
    after = roll(x, 1.0, SEED, bar=bar, length=length).numpy()[..., 0]
    assert set(after[0::3, 0]) == {0, 4} and (after[0::3, 8:] == np.arange(8, 12)).all()
    assert set(after[1::3, 0]) == {0, 6}
    assert (after[2::3] == np.arange(12)).all()  # one bar has nowhere to go
    assert (np.sort(after, axis=1) == np.arange(12)).all()


def test_codes_are_rolled_by_frames_and_not_transposed():
    codes = tf.random.stateless_normal((20, 6, 5), (1, 2))
    after = augment(codes, 1.0, SEED, ("roll",), bar=2).numpy()
    for before, now in zip(codes.numpy(), after, strict=True):
        assert any((np.roll(before, k, axis=0) == now).all() for k in (0, 2, 4))
    for name in ("transpose", "drop_voice"):
        with pytest.raises(ParameterError, match="on the grid"):
            augment(codes, 1.0, SEED, (name,), pitches=5)


def test_one_voice_falls_silent_and_never_the_last():
    token, onset = music(300)
    token[100:200, :, 0] = token[200:, :, :2] = 0  # three voices, two, one
    onset &= token > 0
    after = drop_voice(grid(token, onset), 1.0, SEED, pitches=PITCHES)
    sounds, sounded = ((t > 0).any(axis=1) for t in (tokens(after), token))
    assert (sounded.sum(axis=1) - sounds.sum(axis=1)).reshape(3, 100).tolist() == [
        [1] * 100,
        [1] * 100,
        [0] * 100,
    ]
    dropped = sounded & ~sounds
    assert dropped.any(axis=0).all()
    kept = ~dropped[:, None, :] & np.ones_like(token, bool)
    assert (tokens(after)[kept] == token[kept]).all() and (onsets(after)[kept] == onset[kept]).all()
    assert not onsets(after)[~kept].any()


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_gradient_arrives_where_the_music_came_from(name):
    """Each number of the result is a number of the music: gradients of 1 arrive as they are."""
    x = grid(*music(8, low=4, high=6))
    soft = tf.constant(0.9 * x.numpy() + 0.01)
    with tf.GradientTape() as outer:
        outer.watch(soft)
        with tf.GradientTape() as inner:
            inner.watch(soft)
            after = augment(soft, 1.0, SEED, **(ALL | {"names": (name,), "most": 2}))
            logit = tf.reduce_sum(after[..., 1:] ** 2)
        gradient = inner.gradient(logit, soft)
        slope = tf.reduce_sum(gradient**2)
    assert float(tf.reduce_sum(gradient)) > 0
    second = outer.gradient(slope, soft)  # as R1 needs it
    assert np.isfinite(second).all() and float(tf.reduce_max(tf.abs(second))) > 0


def operator(name: str, forms: np.ndarray, **needs) -> np.ndarray:
    """How often each form of a music becomes each other at p 1, shape (n, n)."""
    times = 2000
    repeated = np.repeat(forms, times, axis=0)
    x = grid(repeated, repeated > 0)
    after = tokens(AUGMENTATIONS[name](x, 1.0, SEED, **needs)).reshape(len(forms), times, 1, -1)
    return (after == forms.reshape(1, 1, len(forms), -1)).all(axis=-1).mean(axis=1)


@pytest.mark.parametrize("name", ["transpose", "roll"])
def test_augmentation_can_be_undone_below_the_highest_p(name):
    """What becomes of a distribution is (1 - p) I + p T: as long as its eigenvalues are
    positive, two distributions that look alike augmented are alike (Karras et al. 2020)."""
    if name == "transpose":
        forms, needs = np.arange(1, 11).reshape(10, 1, 1), {"pitches": PITCHES, "most": 4}
    else:
        forms = np.array([np.roll([1, 2, 3, 4], k) for k in range(4)])[..., None]
        needs = {"bar": 1}
    change = operator(name, forms, **needs)
    np.testing.assert_allclose(change.sum(axis=1), 1)
    eigenvalues = np.linalg.eigvals((1 - HIGHEST) * np.eye(len(forms)) + HIGHEST * change)
    assert eigenvalues.real.min() > 0


def test_compiled_it_does_the_same():
    x = grid(*music(8))
    tf.config.run_functions_eagerly(False)
    try:
        compiled = tf.function(lambda x, p, seed: augment(x, p, seed, **ALL))
        found = compiled(x, tf.constant(0.5), tf.constant(SEED))
    finally:
        tf.config.run_functions_eagerly(True)
    np.testing.assert_allclose(found, augment(x, 0.5, SEED, **ALL), atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"names": ("swap",)}, "no augmentation 'swap'.*drop_voice"),
        ({"pitches": None}, "transpose needs pitches"),
        ({"bar": None}, "roll needs bar"),
    ],
)
def test_what_cannot_be_done_is_refused(wrong, why):
    with pytest.raises(ParameterError, match=why):
        augment(grid(*music(2)), 0.5, SEED, **(ALL | wrong))
