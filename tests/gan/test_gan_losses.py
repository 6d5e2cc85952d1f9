"""The formulae, against values worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ricercar.errors import ParameterError
from ricercar.gan import losses
from ricercar.gan.backend import tf
from ricercar.gan.losses import LOSSES
from ricercar.gan.penalties import PENALTIES

REAL, MADE = np.array([[2.0], [-1.0]]), np.array([[0.5], [-3.0]])


def log_sigmoid(x: np.ndarray) -> np.ndarray:
    return np.log(1 / (1 + np.exp(-x)))


#: loss -> (discriminator's, generator's) of REAL and MADE
BY_HAND = {
    "non_saturating": (
        -log_sigmoid(REAL).mean() - log_sigmoid(-MADE).mean(),
        -log_sigmoid(MADE).mean(),
    ),
    "minimax": (
        -log_sigmoid(REAL).mean() - log_sigmoid(-MADE).mean(),
        log_sigmoid(-MADE).mean(),
    ),
    # (1 + 4) / 2 / 2 + (.25 + 9) / 2 / 2; (.25 + 16) / 2 / 2
    "least_squares": (1.25 + 2.3125, 4.0625),
    "wgan_gp": (-1.25 - 0.5, 1.25),
    # (0 + 2) / 2 + (1.5 + 0) / 2
    "hinge": (1.0 + 0.75, 1.25),
    # pairs differ by 1.5 and 2
    "relativistic": (
        -log_sigmoid(np.array([1.5, 2.0])).mean(),
        -log_sigmoid(np.array([-1.5, -2.0])).mean(),
    ),
}


def of(name: str, real, made) -> tuple[float, float]:
    real, made = (tf.constant(np.asarray(logits, np.float32)) for logits in (real, made))
    loss = LOSSES[name]
    return float(loss.discriminator(real, made)), float(loss.generator(real, made))


def gradients(name: str, real: float, made: float) -> tuple[float, float, float, float]:
    """Of L_D by a real and a made logit, of L_G by both."""
    logits = [tf.Variable([[real]]), tf.Variable([[made]])]
    with tf.GradientTape(persistent=True) as tape:
        both = LOSSES[name].discriminator(*logits), LOSSES[name].generator(*logits)
    found = [tape.gradient(loss, logits, unconnected_gradients="zero") for loss in both]
    return tuple(float(each[0, 0]) for pair in found for each in pair)


def test_every_loss_is_worked_by_hand_and_the_default_comes_first():
    assert set(BY_HAND) == set(LOSSES)
    assert next(iter(LOSSES)) == "non_saturating"


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_the_formulae(name):
    assert of(name, REAL, MADE) == pytest.approx(BY_HAND[name], rel=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_the_discriminator_is_pushed_apart_and_the_generator_towards_real(name):
    by_real, by_made, other, own = gradients(name, 0.3, 0.4)
    assert by_real < 0 < by_made
    assert own < 0
    assert (other > 0) == LOSSES[name].paired


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=15, deadline=None)
@given(
    logits=arrays(np.float32, (2, 5, 1), elements=st.floats(-4, 4, width=32)),
    shift=st.floats(-8, 8, width=32),
)
def test_only_differences_count_where_a_loss_has_no_boundary(name, logits, shift):
    """The discriminator's loss, after all logits are moved alike."""
    real, made = logits
    same = of(name, real + shift, made + shift)[0] == pytest.approx(
        of(name, real, made)[0], abs=1e-4
    )
    assert same or LOSSES[name].boundary is not None


@pytest.mark.parametrize("name", LOSSES)
def test_a_boundary_is_a_place(name):
    here = of(name, [[1.0]], [[0.0]])[0] == pytest.approx(of(name, [[5.0]], [[4.0]])[0])
    assert here == (LOSSES[name].boundary is None)


@pytest.mark.parametrize("name", ["non_saturating", "relativistic"])
def test_losses_stay_finite_where_the_logarithm_would_not(name):
    far = np.array([[1000.0]])
    assert of(name, -far, far) == (2000.0, 0.0)


def test_the_generator_is_pushed_hardest_where_it_is_found_out_unless_it_saturates():
    assert [gradients("non_saturating", 0.0, made)[3] for made in (-20.0, 20.0)] == pytest.approx(
        [-1.0, 0.0], abs=1e-6
    )
    assert [gradients("minimax", 0.0, made)[3] for made in (-20.0, 20.0)] == pytest.approx(
        [0.0, -1.0], abs=1e-6
    )


def test_hinge_forgets_what_is_beyond_the_margin():
    assert gradients("hinge", 1.5, -1.5)[:2] == (0.0, 0.0)
    assert gradients("hinge", 0.5, -0.5)[:2] == (-1.0, 1.0)


def test_least_squares_rest_at_their_targets():
    assert gradients("least_squares", 1.0, 0.0)[:2] == (0.0, 0.0)
    assert gradients("least_squares", 1.0, 1.0)[3] == 0.0


def test_pairs_of_logits_must_be_pairs():
    """Otherwise every real one would be compared with every made one."""
    flat, column = tf.zeros((4,)), tf.zeros((4, 1))
    for compared in (LOSSES["relativistic"].discriminator, LOSSES["wgan_gp"].told_apart):
        with pytest.raises(ParameterError, match="differ in shape"):
            compared(flat, column)


def test_what_is_told_right_depends_on_the_boundary():
    real, made = tf.constant([[0.4], [0.9]]), tf.constant([[0.1], [0.2]])
    shares = {
        name: tuple(float(each) for each in loss.told_apart(real, made))
        for name, loss in LOSSES.items()
    }
    assert shares["non_saturating"] == (1.0, 0.0)
    assert shares["least_squares"] == (0.5, 1.0)
    assert shares["relativistic"] == shares["wgan_gp"] == (1.0, 1.0)


def test_what_belongs_to_a_method_exists():
    for loss in LOSSES.values():
        assert set(loss.penalties) <= set(PENALTIES)
        assert loss.critic_steps >= 1 and all(0 <= beta < 1 for beta in loss.betas)
        assert bool(loss.penalties) == (loss.gamma > 0)
        assert loss.penalties or loss.spectral
    assert LOSSES["wgan_gp"].penalties == ("gradient_penalty",)
    assert LOSSES["relativistic"].penalties == ("r1", "r2")


def test_a_loss_that_there_is_not():
    with pytest.raises(ParameterError, match="no loss 'wgan'.*wgan_gp"):
        losses.by_name("wgan")


def test_music_that_is_certain_costs_nothing_and_unsure_music_the_entropy():
    tokens, used = tf.constant([[[2], [0]]]), tf.constant([[1.0, 1.0]])
    sure = tf.constant([[[[-99.0, -99.0, 99.0]], [[99.0, -99.0, -99.0]]]])
    assert float(losses.written(tokens, sure, used)) == pytest.approx(0.0, abs=1e-6)
    even = tf.zeros((1, 2, 1, 3))
    assert float(losses.written(tokens, even, used)) == pytest.approx(2 * np.log(3))
    assert float(losses.written(tokens, even, used * [[1.0, 0.0]])) == pytest.approx(np.log(3))


def test_divergence_is_zero_at_the_prior_only():
    assert float(losses.divergence(tf.zeros((2, 3)), tf.zeros((2, 3)))) == 0.0
    narrow = losses.divergence(tf.zeros((1, 1)), tf.fill((1, 1), np.float32(np.log(0.5))))
    assert float(narrow) == pytest.approx(0.5 * (0.25 - 1) - np.log(0.5), rel=1e-5)


def test_every_formula_can_be_read_and_typeset():
    from ricercar.gan import formulae
    from ricercar.show import prose

    html = prose.to_html(formulae.table())
    assert html.count("<tr>") == 1 + len(LOSSES) and html.count("<math") >= 3 * len(LOSSES)
    for name, loss in LOSSES.items():
        assert loss.formula.startswith("L_D = ") and "L_G = " in loss.formula
        assert loss.formula in formulae.of(name)
    assert "5 steps of the discriminator" in formulae.of("wgan_gp")
