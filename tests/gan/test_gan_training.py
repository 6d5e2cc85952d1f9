"""Training: steps, reports, checkpoint and resume, watching and judging."""

import itertools
import shutil
from dataclasses import fields, replace

import numpy as np
import pytest

from ricercar.errors import ParameterError, TrainingError
from ricercar.gan import checkpoint as stored
from ricercar.gan import losses, plan, recipes, training
from ricercar.gan.backend import keras, tf


def weights(result):
    return [np.array(variable) for variable in result._work.variables()]


def assert_same(one, other):
    for a, b in zip(weights(one), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)
    assert list(one.snapshots) == list(other.snapshots)
    for step in one.snapshots:
        for a, b in zip(one.snapshots[step], other.snapshots[step], strict=True):
            np.testing.assert_array_equal(a, b)
    a, b = one.history.drop(columns="seconds"), other.history.drop(columns="seconds")
    assert a.equals(b)


class Killed(BaseException):
    """Stands for a signal: nothing in the package may catch it."""


def killed_after(monkeypatch, after, *arguments, **options):
    """A training that is killed after some chunks, each of which was saved."""
    monkeypatch.setattr(training, "_SAVE_EVERY", 1)

    def killing(items, label, total=None):
        for done, item in enumerate(items, 1):
            if done == after:
                raise Killed
            yield item

    monkeypatch.setattr(training, "bar", killing)
    with pytest.raises(Killed):
        training.train(*arguments, **options)
    monkeypatch.setattr(training, "bar", lambda items, *_, **__: items)


def test_same_seed_same_weights(material, trained, tiny_plan):
    assert_same(trained, training.train(material, tiny_plan()))


def test_history_has_a_row_for_each_report_of_each_chunk(trained):
    history = trained.history
    stages = history.groupby("stage")
    assert stages["step"].unique().map(list).to_dict() == {"write": [0, 1], "play": [0, 1, 2]}
    write = stages.get_group("write").groupby("measure")["step"].apply(list).to_dict()
    assert write == {
        "loss_rebuilt": [1],
        "divergence": [1],
        "cost_learnt": [0, 1],
        "cost_held_out": [0, 1],
    }
    play = stages.get_group("play").groupby("measure")["step"].apply(list)
    assert play["told_real"] == play["loss_d"] == [1, 2]
    assert play["told_real_held_out"] == play["told_real_learnt"] == [0, 1, 2]
    assert np.isfinite(history["value"]).all()
    assert list(trained.snapshots) == list(trained.composers()) == [0, 1, 2]


@pytest.mark.parametrize("recipe", ["latent", "grid", "reference"])
def test_a_killed_training_goes_on_to_the_same_weights(
    recipe, material, trained, tmp_path, monkeypatch, tiny_plan
):
    numbers = tiny_plan(recipe)
    whole = trained if recipe == "latent" else training.train(material, numbers)
    chunks = numbers.write_steps + numbers.play_steps
    for after in (1, 2) if recipe == "latent" else (chunks - 1,):
        folder = tmp_path / str(after)
        with monkeypatch.context() as patch:
            killed_after(patch, after, material, numbers, checkpoints=folder)
            resumed = training.train(material, numbers, checkpoints=folder)
        assert resumed.resumed == after
        assert_same(whole, resumed)


def test_a_finished_training_is_found_again(material, trained, checkpoints, tiny_plan):
    again = training.train(material, tiny_plan(), checkpoints=checkpoints)
    assert again.resumed == 3
    assert_same(trained, again)


def test_another_seed_is_another_training(material, trained, checkpoints, tmp_path, tiny_plan):
    (kept,) = checkpoints.glob("*.npz")
    shutil.copy(kept, tmp_path)
    other = training.train(material, tiny_plan(seed=8), checkpoints=tmp_path)
    assert other.resumed == 0
    pairs = zip(weights(trained), weights(other), strict=True)
    assert any(not np.array_equal(a, b) for a, b in pairs)
    left = [path.name for path in tmp_path.iterdir()]
    assert len(left) == 1 and left != [kept.name]  # what cannot be used again is removed


def test_a_checkpoint_is_named_by_all_that_a_training_depends_on():
    assert stored.key_of("a", "b") == stored.key_of("a", "b")
    assert len({stored.key_of(*parts) for parts in [("a", "b"), ("ab",), ("a", "c"), ("",)]}) == 4


def test_a_damaged_checkpoint_counts_as_none(trained, checkpoints, tmp_path):
    (kept,) = checkpoints.glob("*.npz")
    whole = kept.read_bytes()
    assert stored.Checkpoint(checkpoints, kept.stem).load() is not None
    for damaged in (whole[:-500], b"", b"PK" + whole[2:5000], b"\0" * 100):
        (tmp_path / "k.npz").write_bytes(damaged)
        assert stored.Checkpoint(tmp_path, "k").load() is None


def test_a_training_with_a_damaged_checkpoint_begins_anew(
    material, trained, checkpoints, tmp_path, tiny_plan
):
    (kept,) = checkpoints.glob("*.npz")
    (tmp_path / kept.name).write_bytes(kept.read_bytes()[:-500])
    again = training.train(material, tiny_plan(), checkpoints=tmp_path)
    assert again.resumed == 0
    assert_same(trained, again)


def test_saving_is_whole_or_not_at_all(tmp_path, monkeypatch):
    kept = stored.Checkpoint(tmp_path, "k")
    kept.save({"step": 1}, {"a": np.arange(3)})

    def broken(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", broken)
    with pytest.raises(OSError, match="no space"):
        kept.save({"step": 2}, {"a": np.arange(4)})
    told, arrays = kept.load()
    assert told == {"step": 1} and arrays["a"].tolist() == [0, 1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["k.npz"]


def test_a_short_training_says_so(material, tiny_plan):
    short = training.train(material, tiny_plan(), max_seconds=1e-9)
    assert short.stopped and list(short.snapshots) == [0]
    asked = material.conditions(np.array([0]))
    assert len(short.composer().compose(asked, np.random.default_rng(1))[0]) == 1


def test_a_guarded_training_that_goes_on_ends_like_an_undisturbed_one(
    material, trained, tmp_path, monkeypatch, tiny_plan
):
    clock = itertools.count()
    monkeypatch.setattr(training.time, "perf_counter", lambda: float(next(clock)))
    short = training.train(material, tiny_plan(), checkpoints=tmp_path, max_seconds=4.5)
    assert short.stopped and max(short.snapshots) == 1
    whole = training.train(material, tiny_plan(), checkpoints=tmp_path)
    assert not whole.stopped and list(whole.snapshots) == [0, 1, 2]
    for a, b in zip(weights(trained), weights(whole), strict=True):
        np.testing.assert_array_equal(a, b)


# a training that fails


class Failing(recipes.base.Recipe):
    """A recipe whose steps are as bad as they are told to be."""

    bad: dict[int, float] = {}
    spread = 1.0

    def __init__(self, material, numbers):
        super().__init__(material, numbers)
        self.weight = tf.Variable(0.0)
        reports = ("loss_d", "spread")
        self.stages = (recipes.base.Stage("play", numbers.play_steps, reports, self._step),)
        self.seeds = []

    def _step(self, batch, seed, number):
        self.seeds.append(tuple(seed.numpy().tolist()))
        self.weight.assign_add(1.0)
        left = self.bad.get(int(number), 0)
        self.bad[int(number)] = left - 1
        return tf.stack([float("nan") if left > 0 else 1.0, self.spread])

    def variables(self):
        return [self.weight]

    def watch(self, stage):
        return {}

    def composing(self):
        return [np.array(self.weight)]

    def composer(self, weights):
        return weights[0]


@pytest.fixture
def failing(monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "failing", Failing)
    monkeypatch.setattr(Failing, "bad", {})
    monkeypatch.setattr(Failing, "spread", 1.0)
    return Failing


def test_a_step_that_is_no_number_is_taken_back_and_tried_with_other_chance(
    material, failing, tiny_plan
):
    failing.bad.update({2: training.TURNS})
    result = training.train(material, tiny_plan("failing", play_steps=4))
    assert result.turns == training.TURNS
    assert result.history["step"].unique().tolist() == [1, 2, 3, 4]
    assert not result.history.duplicated(["step", "measure"]).any()
    assert np.isfinite(result.history["value"]).all()
    assert weights(result) == [4.0]  # four good steps; what failed is forgotten
    seeds = result._work.seeds
    assert len(seeds) == 4 + 3 * training.TURNS and len(set(seeds)) == len(seeds)


def test_a_training_that_fails_too_often_is_given_up(material, failing, tiny_plan):
    failing.bad.update({2: training.TURNS + 1})
    with pytest.raises(TrainingError, match=r"'play' failed 4 times by step 2.*loss_d.*nan"):
        training.train(material, tiny_plan("failing", play_steps=4))


def test_music_without_variety_counts_as_failed(material, failing, monkeypatch, tiny_plan):
    monkeypatch.setattr(failing, "spread", training.SPREAD / 2)
    with pytest.raises(TrainingError, match="spread"):
        training.train(material, tiny_plan("failing", play_steps=4))


# the parts


def test_one_device_trains_the_same_under_a_strategy(material, trained, tiny_plan):
    other = training.train(material, tiny_plan(strategy="mirrored"))
    for a, b in zip(weights(trained), weights(other), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_mixed_precision_trains_to_finite_weights(material, tiny_plan):
    result = training.train(material, tiny_plan(precision="mixed_bfloat16"))
    assert all(np.isfinite(np.asarray(w, np.float64)).all() for w in weights(result))
    assert np.isfinite(result.history["value"]).all()
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("augment", [0.0, 1.0])
@pytest.mark.parametrize("recipe", ["latent", "grid"])
def test_every_loss_plays_in_every_recipe(recipe, augment, material, tiny_plan):
    work = recipes.build(material, tiny_plan(recipe, augment=augment))
    stage = work.stages[-1]
    stage.begin()
    drawn = next(iter(training.batches(material, work.plan, 1, 0)))
    for loss in losses.LOSSES.values():
        work.loss = loss
        told = stage.step(*drawn).numpy()
        assert np.isfinite(told).all() and len(told) == len(stage.reports), loss.name


def test_a_loss_with_critic_steps_moves_the_generator_less_often(material, tiny_plan):
    work = recipes.build(material, tiny_plan("grid", loss="wgan_gp"))
    step, moved = work.stages[0].step, []
    for batch, seed, number in itertools.islice(training.batches(material, work.plan, 0, 4), 2):
        before = [w.copy() for w in work.generator.get_weights()]
        step(batch, seed, number)
        after = work.generator.get_weights()
        moved.append(max(np.abs(a - b).max() for a, b in zip(before, after, strict=True)))
    assert moved[0] == 0 < moved[1]


def test_batches_go_on_where_they_were_left(material, tiny_plan):
    numbers = tiny_plan()

    def read(first, count):
        stream = iter(training.batches(material, numbers, 1, first))
        return [next(stream) for _ in range(count)]

    whole, rest = read(0, 5), read(3, 2)
    for (batch, seed, number), (again, same, also) in zip(whole[3:], rest, strict=True):
        assert int(number) == int(also) and (seed.numpy() == same.numpy()).all()
        for name in batch:
            np.testing.assert_array_equal(batch[name], again[name])
    assert len({tuple(seed.numpy()) for _, seed, _ in whole}) == 5


def test_batches_leave_the_held_out_alone_and_favour_rare_styles(material, tiny_plan):
    numbers = tiny_plan(batch=4000)
    rows = next(iter(training.batches(material, numbers, 0, 0)))[0]["row"].numpy()
    assert set(rows) <= set(material.rows("train"))
    style = material.pieces["style"].to_numpy()[material.window[:, 0]]
    count = np.unique(style[material.rows("train")], return_counts=True)[1]
    found = np.unique(style[rows], return_counts=True)[1] / len(rows)
    np.testing.assert_allclose(found, np.sqrt(count) / np.sqrt(count).sum(), atol=0.03)


def test_a_step_moves_what_it_should_and_nothing_else(material, tiny_plan):
    work = recipes.build(material, tiny_plan())
    parts = ("encoder", "decoder", "generator", "averaged", "discriminator")

    def state():
        return {name: [w.copy() for w in getattr(work, name).get_weights()] for name in parts}

    def moved(before):
        now = state()
        return {
            name
            for name in parts
            if any(not np.array_equal(a, b) for a, b in zip(before[name], now[name], strict=True))
        }

    write, play = work.stages
    before = state()
    write.step(*next(iter(training.batches(material, work.plan, 0, 0))))
    assert moved(before) == {"encoder", "decoder"}
    play.begin()
    before = state()
    play.step(*next(iter(training.batches(material, work.plan, 1, 0))))
    assert moved(before) == {"generator", "averaged", "discriminator"}
    now = state()
    for old, new, mean in zip(
        before["averaged"], now["generator"], now["averaged"], strict=True
    ):  # in the first step the average keeps a tenth
        np.testing.assert_allclose(mean, 0.1 * old + 0.9 * new, atol=1e-6)


def test_codes_are_standardised_on_what_is_learnt(material, tiny_plan):
    work = recipes.build(material, tiny_plan())
    work.stages[1].begin()
    mean, sd = (array.numpy()[material.rows("train")] for array in work.codes)
    np.testing.assert_allclose(mean.mean(axis=(0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(mean.var(axis=(0, 1)) + (sd**2).mean(axis=(0, 1)), 1, atol=1e-3)


def test_writing_learns(material, tiny_plan):
    numbers = tiny_plan("reference", write_steps=16, chunk=8, batch=16, width=16, dropout=0.0)
    history = training.train(material, replace(numbers, forget=0.0, write_rate=0.02)).history
    first, last = history.loc[history["measure"] == "loss_rebuilt", "value"]
    assert last < 0.8 * first


# the plan


def test_the_plan_says_what_each_number_is(tiny_plan):
    table = tiny_plan().describe()
    assert table["number"].tolist() == [field.name for field in fields(plan.Plan)]
    assert table.set_index("number").loc["gamma", "symbol"] == "γ"
    assert (table["meaning"] != "").all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"chunk": 4},
        {"ema": 1.0},
        {"snapshots": 1},
        {"loss": "none"},
        {"batch": 1},
        {"strategy": "some"},
        {"precision": "float8"},
        {"temperature": 0.0},
        {"top_p": 0.0},
        {"dropout": 1.0},
    ],
)
def test_an_impossible_plan_is_refused(wrong, tiny_plan):
    with pytest.raises(ParameterError):
        replace(tiny_plan(), **wrong)


def test_an_unknown_recipe_and_no_time_are_refused(material, tiny_plan):
    with pytest.raises(ParameterError, match="latent"):
        training.train(material, tiny_plan("polka"))
    with pytest.raises(ParameterError):
        training.train(material, tiny_plan(), max_seconds=0.0)


def test_the_weight_of_the_penalty_is_the_losses_own_where_it_is_below_zero(tiny_plan):
    assert tiny_plan(gamma=-1.0, loss="wgan_gp").penalty == 10.0
    assert tiny_plan(gamma=0.5, loss="wgan_gp").penalty == 0.5
