"""Rates and weights over the steps, and the probability of augmentation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.errors import ParameterError
from ricercar.gan.backend import keras, tf
from ricercar.gan.losses import LOSSES
from ricercar.gan.schedules import COURSES, HIGHEST, Adaptive, Schedule, overfitting


def values(schedule: Schedule, steps) -> list[float]:
    return [float(schedule(step)) for step in steps]


def test_courses_worked_by_hand():
    steps = [0, 25, 50, 75, 100, 1000]
    assert values(Schedule("constant", 3.0), steps) == [3.0] * 6
    assert values(Schedule("linear", 4.0, 2.0, steps=100), steps) == [4, 3.5, 3, 2.5, 2, 2]
    half = np.sqrt(0.5)
    assert values(Schedule("cosine", 2.0, 0.0, steps=100), steps) == pytest.approx(
        [2, 1 + half, 1, 1 - half, 0, 0], abs=1e-6
    )


@pytest.mark.parametrize("name", COURSES)
def test_a_warm_up_rises_to_the_first_value_and_no_step_is_idle(name):
    last = None if name == "constant" else 1.0
    schedule = Schedule(name, 8.0, last, steps=20, warm_up=3)
    assert values(schedule, range(4)) == [2.0, 4.0, 6.0, 8.0]
    assert float(schedule(20)) == (8.0 if last is None else 1.0)


@pytest.mark.parametrize("name", ["linear", "cosine"])
@settings(max_examples=20, deadline=None)
@given(
    ends=st.tuples(st.floats(0, 10, width=32), st.floats(0, 10, width=32)),
    steps=st.integers(1, 300),
    at=st.integers(0, 400),
)
def test_a_course_stays_between_its_ends_and_never_turns_back(name, ends, steps, at):
    schedule = Schedule(name, *ends, steps=steps)
    here, there = values(schedule, (at, at + 1))
    assert min(ends) - 1e-4 <= here <= max(ends) + 1e-4
    assert (there - here) * (ends[1] - ends[0]) >= -1e-4


def test_cosine_is_that_of_keras():
    other = keras.optimizers.schedules.CosineDecay(5e-4, 200, alpha=0.05)
    steps = [0, 1, 77, 199, 200, 300]
    mine = values(Schedule("cosine", 5e-4, 0.05 * 5e-4, steps=200), steps)
    assert mine == pytest.approx([float(other(step)) for step in steps], rel=1e-5)


def test_an_optimiser_follows_it():
    schedule = Schedule("linear", 1.0, 0.0, steps=4)
    number = keras.Variable(0.0)
    optimiser = keras.optimizers.SGD(schedule)
    optimiser.build([number])
    for _ in range(4):
        optimiser.apply([tf.constant(-1.0)], [number])
    assert float(number.value) == pytest.approx(1 + 0.75 + 0.5 + 0.25)


def test_it_is_its_description():
    schedule = Schedule("cosine", 2.0, 1.0, steps=10, warm_up=2)
    assert values(Schedule(**schedule.get_config()), range(12)) == values(schedule, range(12))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": "step"}, "no schedule 'step'.*cosine"),
        ({"name": "constant", "last": 2.0}, "stays at 1"),
        ({"steps": None}, "number of steps"),
        ({"steps": 0}, "warm_up"),
        ({"warm_up": 9}, "warm_up"),
        ({"warm_up": -1}, "warm_up"),
        ({"last": -1.0}, "from 1.0 to -1.0"),
        ({"first": float("nan")}, "finite"),
    ],
)
def test_impossible_schedules_are_refused(wrong, why):
    with pytest.raises(ParameterError, match=why):
        Schedule(**({"name": "linear", "first": 1.0, "last": 0.0, "steps": 9} | wrong))


def column(*logits: float):
    return tf.constant(logits, shape=(len(logits), 1))


def test_p_rises_by_the_examples_seen_while_real_music_is_known():
    control = Adaptive(LOSSES["non_saturating"], span=1000, every=2)
    seen = []
    for _ in range(4):
        control.update(column(1.0, 2.0, 0.5, 3.0), None)
        seen.append(float(control.p))
    assert seen == pytest.approx([0, 0.008, 0.008, 0.016])


def test_p_falls_when_real_music_is_told_less_often_than_the_target():
    """Three of four are told: r_t is .5, below .6 and above .4."""
    real = column(1.0, 2.0, -1.0, 3.0)
    for target, after in ((0.6, 0.496), (0.4, 0.504)):
        control = Adaptive(LOSSES["hinge"], target=target, span=1000, every=1)
        control.p.assign(0.5)
        control.update(real, None)
        assert float(control.p) == pytest.approx(after)


def test_r_t_is_the_mean_over_the_steps_between_two_changes():
    control = Adaptive(LOSSES["non_saturating"], target=0.4, span=100, every=2)
    control.p.assign(0.5)
    for real in (column(1.0, 1.0), column(1.0, -1.0)):  # 1 and 0: .5 together
        control.update(real, None)
    assert float(control.p) == pytest.approx(0.54)
    control.update(column(-1.0, -1.0), None)  # what came before is forgotten
    control.update(column(1.0, -1.0), None)
    assert float(control.p) == pytest.approx(0.5)


@pytest.mark.parametrize(("logit", "bound"), [(1.0, HIGHEST), (-1.0, 0.0)])
def test_p_stays_within_its_bounds(logit, bound):
    control = Adaptive(LOSSES["minimax"], span=3, every=1)
    for _ in range(9):
        control.update(column(logit), None)
    assert float(control.p) == np.float32(bound)


def test_what_is_told_depends_on_the_loss():
    """.2 is above the boundary of logits, below that of least squares, and below made's .3."""
    signs = {}
    for name in ("hinge", "least_squares", "wgan_gp", "relativistic"):
        control = Adaptive(LOSSES[name], target=0.0, span=10, every=1)
        control.p.assign(0.5)
        control.update(column(0.2), column(0.3))
        signs[name] = float(np.sign(control.p.numpy() - 0.5))
    assert signs == {"hinge": 1, "least_squares": -1, "wgan_gp": -1, "relativistic": -1}


def test_its_variables_are_all_its_state():
    one, other = (Adaptive(LOSSES["hinge"], span=50, every=3) for _ in range(2))
    for _ in range(4):
        one.update(column(1.0, 2.0), None)
    for variable, now in zip(other.variables, one.variables, strict=True):
        variable.assign(now.numpy())
    for control in (one, other):
        for _ in range(3):
            control.update(column(1.0, 2.0), None)
    assert [float(v) for v in one.variables] == [float(v) for v in other.variables]
    assert float(one.p) == pytest.approx(12 / 50) and float(one.steps) == 1


def test_compiled_both_do_the_same():
    schedule = Schedule("cosine", 2.0, 1.0, steps=10, warm_up=2)
    one, other = (Adaptive(LOSSES["relativistic"], span=50, every=2) for _ in range(2))
    real, made = column(1.0, -2.0, 3.0), column(-1.0, -3.0, 1.0)

    def step(control, number):
        control.update(real, made)
        return schedule(number), control.p + 0.0

    tf.config.run_functions_eagerly(False)
    try:
        compiled = tf.function(lambda number: step(other, number))
        found = [[float(value) for value in compiled(tf.constant(n))] for n in range(5)]
    finally:
        tf.config.run_functions_eagerly(True)
    by_step = [[float(value) for value in step(one, n)] for n in range(5)]
    np.testing.assert_allclose(found, by_step, rtol=1e-6)
    assert by_step[-1][1] == pytest.approx(4 * 3 / 50)


@pytest.mark.parametrize(
    "wrong", [{"target": 1.0}, {"span": 0}, {"every": 0}, {"highest": 1.1}, {"highest": -0.1}]
)
def test_impossible_control_is_refused(wrong):
    with pytest.raises(ParameterError):
        Adaptive(LOSSES["hinge"], **wrong)


def test_overfitting_is_where_held_out_music_lies_between_learnt_and_made():
    learnt, made = column(3.0, 5.0), column(-1.0, 1.0)
    for held_out, share in ((4.0, 0.0), (3.0, 0.25), (0.0, 1.0)):
        assert float(overfitting(learnt, column(held_out), made)) == share
        moved = (logits + 7.0 for logits in (learnt, column(held_out), made))
        assert float(overfitting(*moved)) == share
    assert np.isnan(float(overfitting(learnt, column(1.0), learnt)))
