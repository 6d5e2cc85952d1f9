"""Slopes that are known, and what they do to a training."""

import numpy as np
import pytest

from ricercar.errors import ParameterError
from ricercar.gan import penalties
from ricercar.gan.backend import keras, tf
from ricercar.gan.losses import LOSSES
from ricercar.gan.penalties import SpectralNormalization

SEED = (3, 5)


def draw(*shape: int, seed: int = 0):
    return tf.random.stateless_normal(shape, (seed, 1))


def squares(x):
    """A critic whose gradient is 2 x."""
    return tf.reduce_sum(tf.square(x), axis=list(range(1, len(x.shape))))


def test_slopes_are_of_each_example_and_over_all_its_numbers():
    x = draw(4, 3, 2)
    logits, slope = penalties.logits_and_slope(squares, x)
    np.testing.assert_allclose(logits, np.square(x).sum(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_allclose(slope, 4 * np.square(x).sum(axis=(1, 2)), rtol=1e-5)


def test_a_list_has_one_gradient_as_long_as_both():
    parts = [draw(4, 3), draw(4, 2, 2, seed=1)]
    _, slope = penalties.logits_and_slope(lambda x: squares(x[0]) + 3 * squares(x[1]), parts)
    by_hand = 4 * np.square(parts[0]).sum(axis=1) + 36 * np.square(parts[1]).sum(axis=(1, 2))
    np.testing.assert_allclose(slope, by_hand, rtol=1e-5)


def test_what_the_critic_does_not_look_at_has_no_slope():
    _, slope = penalties.logits_and_slope(lambda x: squares(x[0]), [draw(4, 3), draw(4, 2)])
    assert np.isfinite(slope).all()


def test_r1_is_over_real_and_r2_over_made():
    real, made = tf.fill((2, 1), 1.0), tf.fill((2, 1), 3.0)
    assert float(penalties.r1(squares, real)) == 4.0
    assert float(penalties.r2(squares, made)) == 36.0
    for name, share, of in (("r1", 0.5, 4), ("r2", 0.5, 36), ("gradient_penalty", 1, None)):
        told = penalties.logits_and_penalty((name,), squares, real, made, 3.0, SEED)
        np.testing.assert_array_equal(told[0], [1.0, 1.0])
        np.testing.assert_array_equal(told[1], [9.0, 9.0])
        if of is None:  # slope 2 x, x in [1, 3]
            of = float(penalties.gradient_penalty(squares, real, made, SEED))
            assert 1 <= of <= 25
        assert float(told[2]) == pytest.approx(3 * share * of)


@pytest.mark.parametrize("norm", [0.0, 0.5, 1.0, 3.0])
def test_gradient_penalty_of_a_known_slope(norm):
    """A linear critic has one slope everywhere, wherever the points between fall."""
    direction = np.ones((2, 3)) / np.sqrt(6) * norm
    found = penalties.gradient_penalty(
        lambda x: tf.reduce_sum(x * tf.constant(direction, tf.float32), axis=(1, 2)),
        draw(5, 2, 3),
        draw(5, 2, 3, seed=1),
        SEED,
    )
    assert float(found) == pytest.approx((norm - 1) ** 2, abs=1e-5)


def test_the_points_between_are_spread_evenly_from_made_to_real():
    n = 4000
    x = penalties.between(tf.ones((n, 2)), tf.zeros((n, 2)), SEED).numpy()
    assert (x[:, 0] == x[:, 1]).all()
    share = np.sort(x[:, 0])
    assert share[0] >= 0 and share[-1] <= 1
    # Kolmogorov-Smirnov at 1 in 1,000; a normal distribution misses it by far
    assert np.abs(share - (np.arange(n) + 0.5) / n).max() < 1.95 / np.sqrt(n)


def test_the_points_between_lists_lie_equally_far_and_are_the_same_again():
    real = [tf.ones((6, 2)), 2 * tf.ones((6, 2, 2))]
    made = [tf.zeros((6, 2)), tf.zeros((6, 2, 2))]
    near, far = penalties.between(real, made, SEED)
    np.testing.assert_allclose(2 * near[:, 0], far[:, 0, 0], rtol=1e-6)
    np.testing.assert_array_equal(near, penalties.between(real, made, SEED)[0])
    assert (near.numpy() != penalties.between(real, made, (3, 6))[0].numpy()).any()


def test_a_flat_critic_can_still_be_derived():
    """The norm has no gradient at 0; a little is added under the root."""
    slope = tf.Variable([0.0, 0.0])
    with tf.GradientTape() as tape:
        found = penalties.gradient_penalty(
            lambda x: tf.linalg.matvec(x, slope), tf.ones((3, 2)), tf.zeros((3, 2)), SEED
        )
    assert np.isfinite(tape.gradient(found, slope)).all()


@pytest.mark.parametrize("name", penalties.PENALTIES)
def test_penalties_teach_the_weights(name):
    """Of a linear critic of slope w: R1 and R2 give 2 w, the gradient penalty 2 (w - 1)."""
    w = tf.Variable([[3.0]])
    with tf.GradientTape() as tape:
        _, _, total = penalties.logits_and_penalty(
            (name,), lambda x: x @ w, tf.ones((4, 1)), tf.zeros((4, 1)), 10.0, SEED
        )
    # half of gamma for R1 and R2
    expected = {"gradient_penalty": 10 * 2 * (3 - 1)}.get(name, 10 / 2 * 2 * 3)
    np.testing.assert_allclose(tape.gradient(total, w), [[expected]], rtol=1e-5)


def test_nothing_named_costs_nothing_and_what_there_is_not_is_refused():
    x = tf.zeros((2, 1))
    assert float(penalties.logits_and_penalty((), squares, x, x, 1.0, SEED)[2]) == 0.0
    with pytest.raises(ParameterError, match="no penalty 'r3'.*gradient_penalty"):
        penalties.logits_and_penalty(("r3",), squares, x, x, 1.0, SEED)


@pytest.mark.parametrize(
    ("names", "comes_home"), [((), False), (("r1",), True), (("r1", "r2"), True)]
)
def test_r1_lets_the_simplest_training_of_all_arrive(names, comes_home):
    """Dirac-GAN (Mescheder et al. 2018): D(x) = w x, real music is 0, made music is theta."""
    loss, rate = LOSSES["non_saturating"], 0.5
    w, theta, real = tf.Variable([[1.0]]), tf.Variable([[1.0]]), tf.zeros((1, 1))

    def critic(x):
        return x @ w

    for _ in range(40):
        with tf.GradientTape(persistent=True) as tape:
            *logits, penalty = penalties.logits_and_penalty(
                names, critic, real, theta.value(), 1.0, SEED
            )
            loss_d = loss.discriminator(*logits) + penalty
            loss_g = loss.generator(*logits)
        down, up = tape.gradient(loss_d, w), tape.gradient(loss_g, theta)
        w.assign_sub(rate * down)
        theta.assign_sub(rate * up)
    distance = float(tf.sqrt(tf.reduce_sum(w**2 + theta**2)))
    assert distance < 0.1 if comes_home else distance > 0.9


LAYERS = {
    "dense": (lambda: keras.layers.Dense(5), (7, 6)),
    "convolution": (lambda: keras.layers.Conv1D(4, 3, padding="same"), (2, 8, 6)),
    "strided": (lambda: keras.layers.Conv2D(3, (4, 2), strides=(4, 1)), (2, 8, 4, 5)),
    "no bias": (lambda: keras.layers.Dense(1, use_bias=False), (7, 6)),
}


def largest_singular_value(kernel) -> float:
    return np.linalg.svd(np.reshape(kernel, (-1, kernel.shape[-1])), compute_uv=False)[0]


@pytest.mark.parametrize("name", LAYERS)
def test_spectral_normalisation_divides_by_the_largest_singular_value(name):
    make, shape = LAYERS[name]
    x, plain = draw(*shape), make()
    layer = SpectralNormalization(make(), power_iterations=100)
    layer.build(shape)
    weights = [draw(*weight.shape, seed=i).numpy() for i, weight in enumerate(layer.layer.weights)]
    layer.layer.set_weights(weights)
    plain.build(shape)
    plain.set_weights([weights[0] / largest_singular_value(weights[0]), *weights[1:]])
    np.testing.assert_allclose(layer(x), plain(x), rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(layer.layer.kernel, weights[0])  # the kernel stays


def test_one_iteration_a_step_finds_it_in_time_and_only_in_training():
    x, layer = draw(3, 8), SpectralNormalization(keras.layers.Dense(6, use_bias=False))
    layer.build(x.shape)
    layer.layer.set_weights([draw(8, 6, seed=2).numpy()])
    before = layer.u.numpy()
    layer(x)
    np.testing.assert_array_equal(layer.u, before)
    for _ in range(60):
        layer(x, training=True)
    kernel = np.asarray(layer.layer.kernel)
    exact = x.numpy() @ kernel / largest_singular_value(kernel)
    np.testing.assert_allclose(layer(x), exact, rtol=1e-3, atol=1e-4)


def test_the_gradient_goes_through_the_singular_value():
    """Along the kernel itself nothing changes, as its length is divided out."""
    x, layer = draw(3, 4), SpectralNormalization(keras.layers.Dense(2, use_bias=False), 50)
    layer.build(x.shape)
    kernel = layer.layer.trainable_variables[0]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(layer(x)))
    gradient = tape.gradient(loss, kernel.value)
    assert float(tf.norm(gradient)) > 0.1
    assert float(tf.reduce_sum(gradient * kernel.value)) == pytest.approx(0.0, abs=1e-4)


def test_a_discriminator_of_such_layers_has_slope_at_most_one_and_can_be_penalised():
    inputs = keras.Input((6,))
    hidden = keras.layers.ReLU()(SpectralNormalization(keras.layers.Dense(8), 50)(inputs))
    model = keras.Model(inputs, SpectralNormalization(keras.layers.Dense(1), 50, seed=1)(hidden))
    assert [weight.name for weight in model.trainable_weights].count("kernel") == 2
    assert [weight.name for weight in model.non_trainable_weights] == ["u", "u"]
    critic = tf.function(lambda x: model(x, training=True))
    with tf.GradientTape() as tape:
        _, slope = penalties.logits_and_slope(critic, draw(64, 6))
        total = penalties.zero_centred(slope)
    assert 0 < float(tf.reduce_max(slope)) <= 1.001
    gradients = tape.gradient(total, [v.value for v in model.trainable_variables])
    assert all(np.isfinite(g).all() for g in gradients if g is not None)


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_a_normalised_layer_has_the_precision_of_the_layer(policy):
    x, layer = draw(2, 3), SpectralNormalization(keras.layers.Dense(2, dtype=policy), 30)
    told = layer(x, training=True)
    assert told.dtype == {"mixed_float16": tf.float16, "mixed_bfloat16": tf.bfloat16}.get(
        policy, tf.float32
    )
    kernel = np.asarray(layer.layer.kernel, np.float32)
    assert layer.layer.trainable_variables[0].dtype == layer.u.dtype == "float32"
    exact = x.numpy() @ kernel / largest_singular_value(kernel)
    np.testing.assert_allclose(tf.cast(told, tf.float32), exact, atol=0.03)


def test_a_kernel_of_zeros_stays_one():
    layer = SpectralNormalization(keras.layers.Dense(2, kernel_initializer="zeros"))
    assert not layer(tf.ones((1, 3)), training=True).numpy().any()


def test_a_normalised_layer_can_be_copied():
    inputs = keras.Input((3,))
    layer = SpectralNormalization(keras.layers.Dense(2), power_iterations=2, seed=4)
    model = keras.Model(inputs, layer(inputs))
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    x = draw(2, 3)
    np.testing.assert_array_equal(copy(x), model(x))
    assert copy.layers[1].power_iterations == 2 and copy.layers[1].seed == 4


def test_what_cannot_be_normalised_is_refused():
    with pytest.raises(ParameterError, match="power_iterations"):
        SpectralNormalization(keras.layers.Dense(1), power_iterations=0)
    with pytest.raises(ParameterError, match="no kernel"):
        SpectralNormalization(keras.layers.LayerNormalization()).build((2, 3))
