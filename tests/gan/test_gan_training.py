"""Training: alternating steps, the running average, checkpoint and resume."""

import itertools
import shutil
from dataclasses import fields, replace

import numpy as np
import pytest

from ricercar import tables
from ricercar.errors import ParameterError
from ricercar.gan import checkpoint as stored
from ricercar.gan import training
from ricercar.gan.adversaries import Adversaries


def weights(result: training.Trained) -> list[np.ndarray]:
    return [np.asarray(variable) for variable in result._work.variables()]


def assert_same(one: training.Trained, other: training.Trained) -> None:
    for a, b in zip(weights(one), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)
    assert list(one.snapshots) == list(other.snapshots)
    for step in one.snapshots:
        for a, b in zip(one.snapshots[step], other.snapshots[step], strict=True):
            np.testing.assert_array_equal(a, b)
    a, b = one.history.drop(columns="seconds"), other.history.drop(columns="seconds")
    assert a.equals(b)


def test_same_seed_same_weights(trained, trained_again):
    assert_same(trained, trained_again)


def test_history_has_a_row_per_chunk(recipe, trained):
    history = tables.validate("training_history", trained.history)
    assert history["step"].tolist() == [1, 2, 3, 4, 5, 6]
    assert history["stage"].tolist() == [1.0, 1.0, 2.0, 2.0, 2.0, 2.0]
    assert history["loss_d"].isna().tolist() == [True] * 2 + [False] * 4
    assert list(trained.snapshots) == recipe.snapshot_steps == [0, 2, 4]


class Killed(BaseException):
    """Stands for a signal: nothing in the package may catch it."""


@pytest.mark.parametrize("after", [1, 4])
def test_a_killed_training_goes_on_to_the_same_weights(
    material, recipe, trained, tmp_path, monkeypatch, after
):
    monkeypatch.setattr(training, "_SAVE_EVERY", 1)

    def killing(items, label, total=None):
        for done, item in enumerate(items, 1):
            if done == after:
                raise Killed
            yield item

    monkeypatch.setattr(training, "bar", killing)
    with pytest.raises(Killed):
        training.train(material, recipe, checkpoints=tmp_path)
    monkeypatch.setattr(training, "bar", lambda items, *_, **__: items)
    resumed = training.train(material, recipe, checkpoints=tmp_path)
    assert resumed.resumed == after * recipe.chunk
    assert_same(trained, resumed)


def test_a_finished_training_is_found_again(material, recipe, trained, checkpoints):
    again = training.train(material, recipe, checkpoints=checkpoints)
    assert again.resumed == recipe.compress_steps + recipe.adversarial_steps
    assert_same(trained, again)


def test_another_seed_is_another_training(material, recipe, trained, checkpoints, tmp_path):
    (kept,) = checkpoints.glob("*.npz")
    shutil.copy(kept, tmp_path)
    other = training.train(material, replace(recipe, seed=8), checkpoints=tmp_path)
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


def test_a_short_training_says_so(material, recipe):
    short = training.train(material, recipe, max_seconds=1e-9)
    assert short.stopped
    assert list(short.snapshots) == [0]
    assert len(short.generator().sample(["hymn"], seed=1)[0]) == 1


def test_a_guarded_training_that_goes_on_ends_like_an_undisturbed_one(
    material, recipe, trained, tmp_path, monkeypatch
):
    clock = itertools.count()
    monkeypatch.setattr(training.time, "perf_counter", lambda: float(next(clock)))
    short = training.train(material, recipe, checkpoints=tmp_path, max_seconds=6.7)
    assert short.stopped and list(short.snapshots) == [0, 1]
    whole = training.train(material, recipe, checkpoints=tmp_path)
    assert not whole.stopped and list(whole.snapshots) == recipe.snapshot_steps
    assert_same(trained, whole)


def test_the_recipe_says_what_each_number_is(recipe):
    table = recipe.describe()
    assert table["number"].tolist() == [field.name for field in fields(recipe)]
    assert table.set_index("number").loc["gamma", "symbol"] == "γ"
    assert (table["meaning"] != "").all()


def test_a_step_moves_what_it_should_and_nothing_else(material, recipe):
    work = Adversaries(material, recipe)
    parts = ("encoder", "decoder", "generator", "average", "discriminator")

    def state():
        return {name: [w.copy() for w in getattr(work, name).get_weights()] for name in parts}

    def moved(before):
        now = state()
        return {
            name
            for name in parts
            if any(not np.array_equal(a, b) for a, b in zip(before[name], now[name], strict=True))
        }

    before = state()
    work.compress_chunk(*training.draws(material, recipe, 1, 0))
    assert moved(before) == {"encoder", "decoder"}
    work.encode()
    before = state()
    work.adversarial_chunk(*training.draws(material, recipe, 2, 0), np.float32(0.5))
    assert moved(before) == {"generator", "average", "discriminator"}


def test_the_average_is_the_running_mean_of_the_generator(material, recipe):
    work = Adversaries(material, recipe)
    work.encode()
    before = [w.copy() for w in work.average.get_weights()]
    work.adversarial_chunk(*training.draws(material, recipe, 2, 0), np.float32(0.75))
    for old, now, mean in zip(
        before, work.generator.get_weights(), work.average.get_weights(), strict=True
    ):
        np.testing.assert_allclose(mean, 0.75 * old + 0.25 * now, atol=1e-7)


def test_codes_are_standardised_on_what_is_learnt(material, recipe):
    work = Adversaries(material, recipe)
    work.encode()
    learnt = work.codes[0].numpy()[~material.held_out]
    np.testing.assert_allclose(learnt.mean(axis=(0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(learnt.std(axis=(0, 1)), 1, atol=1e-3)


def test_draws_leave_the_held_out_alone_and_favour_rare_styles(material, recipe):
    rows, seeds = training.draws(material, replace(recipe, batch=5000), 2, 0)
    assert not material.held_out[rows].any()
    assert len(np.unique(seeds, axis=0)) == recipe.chunk
    learnt = material.style[~material.held_out]
    count = np.bincount(learnt)
    expected = np.sqrt(count) / np.sqrt(count).sum()
    found = np.bincount(material.style[rows.ravel()]) / rows.size
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_compressing_learns(material, recipe):
    longer = replace(recipe, compress_steps=30, adversarial_steps=10, chunk=10, batch=16)
    work = Adversaries(material, replace(longer, coder_width=16, compress_rate=0.02))
    first, _, last = [
        work.compress_chunk(*training.draws(material, longer, 1, k)).numpy()[0] for k in range(3)
    ]
    assert last < 0.7 * first


@pytest.mark.parametrize(
    "wrong", [{"chunk": 4}, {"adversarial_steps": 0}, {"ema": 1.0}, {"snapshots": 1}]
)
def test_an_impossible_recipe_is_refused(recipe, wrong):
    with pytest.raises(ParameterError):
        replace(recipe, **wrong)


def test_time_must_be_positive(material, recipe):
    with pytest.raises(ParameterError):
        training.train(material, recipe, max_seconds=0.0)
