"""The formulae, against values worked by hand."""

import numpy as np
import pytest

from ricercar.gan import losses
from ricercar.gan.backend import tf


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_losses_are_the_formulae():
    real, made = np.array([[2.0], [-1.0]]), np.array([[0.5], [-3.0]])
    d = -np.log(sigmoid(real)).mean() - np.log(1 - sigmoid(made)).mean()
    g = -np.log(sigmoid(made)).mean()
    assert float(losses.discriminator_loss(tf.constant(real), tf.constant(made))) == pytest.approx(
        d
    )
    assert float(losses.generator_loss(tf.constant(made))) == pytest.approx(g)


def test_losses_stay_finite_where_the_logarithm_would_not():
    far = tf.constant([[1000.0]])
    assert float(losses.discriminator_loss(-far, far)) == pytest.approx(2000.0)
    assert float(losses.generator_loss(far)) == 0.0


def test_the_generator_is_pushed_hardest_where_it_is_found_out():
    """The non-saturating loss: the gradient is -1/n where D(G(z)) is near 0, and 0 near 1."""
    made = tf.Variable([[-20.0], [20.0]])
    with tf.GradientTape() as tape:
        loss = losses.generator_loss(made)
    np.testing.assert_allclose(tape.gradient(loss, made), [[-0.5], [0.0]], atol=1e-6)


def test_r1_of_a_linear_discriminator_is_its_squared_slope():
    x = tf.random.stateless_normal((5, 2, 3), (1, 2))
    slope = tf.constant([[1.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        logit = tf.reduce_sum(x * slope, axis=(1, 2))
    assert float(losses.r1_penalty(tape.gradient(logit, x))) == pytest.approx(9.0)


def test_reconstruction_of_certain_logits_is_nothing_and_of_none_is_the_entropy():
    tokens, onset = tf.constant([[[2]]]), tf.constant([[[1.0]]])
    sure = tf.constant([[[[-99.0, -99.0, 99.0, 99.0]]]])
    assert float(losses.reconstruction_loss(tokens, onset, sure)) == pytest.approx(0.0, abs=1e-6)
    even = losses.reconstruction_loss(tokens, onset, tf.zeros((1, 1, 1, 4)))
    assert float(even) == pytest.approx(np.log(3) + np.log(2))


def test_divergence_is_zero_at_the_prior_only():
    assert float(losses.divergence(tf.zeros((2, 3)), tf.zeros((2, 3)))) == 0.0
    narrow = losses.divergence(tf.zeros((1, 1)), tf.fill((1, 1), np.float32(np.log(0.5))))
    assert float(narrow) == pytest.approx(0.5 * (0.25 - 1) - np.log(0.5), rel=1e-5)
