"""Training: the stages of a recipe, step by step, stopped and resumed, watched and judged.

Goal: from :class:`.material.Material` and a :class:`.plan.Plan` to a composer, in a fixed
number of steps, so that the same seed gives the same weights on the same machine; stopped
at any moment, the next call goes on and ends with the weights of an undisturbed training.

Conventions
-----------
* All chance of a step comes from (seed, stage, step), so the place in the data is the
  number of the step.
* Styles are drawn in proportion to the square root of their number of windows.
* A *chunk* is a number of steps with one report, the mean over them. A report that is not
  finite, or made music without variety (:data:`SPREAD`), sends the training back to its
  last good state, to go on with other chance; after :data:`TURNS` such turns it gives up.
* ``max_seconds`` is a guard, not a plan: where it bites, the result depends on the speed of
  the machine, and says so.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError, TrainingError
from ricercar.gan import recipes
from ricercar.gan.backend import keras, tf
from ricercar.gan.checkpoint import Checkpoint, key_of
from ricercar.gan.composer import Composer
from ricercar.gan.material import WINDOW, Material
from ricercar.gan.plan import Plan
from ricercar.gan.recipes.base import Recipe, Stage
from ricercar.progress import bar

#: share of ``max_seconds`` that the first of two stages may take
FIRST_SHARE = 0.5
#: chunks from one checkpoint to the next
_SAVE_EVERY = 8
#: least standard deviation over a batch of what is made, where real music has about 1
SPREAD = 0.02
#: how often a training may be sent back
TURNS = 3


@dataclass
class Trained:
    """What a training leaves.

    Attributes
    ----------
    history : pandas.DataFrame
        In the schema ``training_history``: stage, step, seconds, measure, value.
    snapshots : dict of int to list of numpy.ndarray
        Weights that compose after so many steps of the last stage.
    stopped : bool
        True if the time was up before the last step.
    resumed : int
        Steps that came from a checkpoint.
    turns : int
        How often the training was sent back.
    """

    history: pd.DataFrame
    snapshots: dict[int, list[np.ndarray]]
    stopped: bool
    resumed: int
    turns: int
    _work: Recipe = field(repr=False)

    def composer(self, step: int | None = None) -> Composer:
        """What composes after so many steps of the last stage; after the last without."""
        return self._work.composer(self.snapshots[max(self.snapshots) if step is None else step])

    def composers(self) -> dict[int, Composer]:
        """What composes at each snapshot, by step."""
        return {step: self.composer(step) for step in self.snapshots}


class _State:
    """Where a training stands, and its way to disk and back."""

    def __init__(self, work: Recipe, checkpoint: Checkpoint) -> None:
        self.work, self.checkpoint = work, checkpoint
        self.done = [0] * len(work.stages)
        self.seconds, self.turns = 0.0, 0
        self.rows: list[tuple[str, int, float, str, float]] = []
        self.snapshots: dict[int, list[np.ndarray]] = {}

    @property
    def short(self) -> bool:
        """Is there still something to do?"""
        return any(
            done < stage.steps for done, stage in zip(self.done, self.work.stages, strict=True)
        )

    def pack(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Everything as plain JSON types and arrays."""
        variables = self.work.variables()
        arrays = {f"variable.{i}": np.array(variable) for i, variable in enumerate(variables)}
        for step, weights in self.snapshots.items():
            arrays |= {f"snapshot.{step}.{i}": weight for i, weight in enumerate(weights)}
        told = {name: getattr(self, name) for name in ("done", "seconds", "turns")}
        rows = [list(row) for row in self.rows]
        sizes = {step: len(weights) for step, weights in self.snapshots.items()}
        return {**told, "done": list(self.done), "rows": rows, "snapshots": sizes}, arrays

    def unpack(self, told: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Go back to what :meth:`pack` gave."""
        for number, variable in enumerate(self.work.variables()):
            variable.assign(arrays[f"variable.{number}"])
        self.done, self.seconds, self.turns = list(told["done"]), told["seconds"], told["turns"]
        self.rows = [tuple(row) for row in told["rows"]]
        self.snapshots = {
            int(step): [arrays[f"snapshot.{step}.{number}"] for number in range(size)]
            for step, size in told["snapshots"].items()
        }


def batches(material: Material, plan: Plan, stage: int, first: int, turn: int = 0) -> Any:
    """The batches of a stage from a step on, with their seeds.

    Returns
    -------
    tf.data.Dataset
        Of (batch, seed, number), see :class:`.recipes.base.Stage`.
    """
    rows = material.rows("train")
    style = material.pieces["style"].to_numpy()[material.window[rows, 0]]
    _, kind = np.unique(style, return_inverse=True)
    weight = 1 / np.sqrt(np.bincount(kind))[kind]
    reached = tf.constant(np.cumsum(weight / weight.sum()))
    tokens, sounding, places = (tf.constant(array) for array in packed(material, rows))
    slots = material.conditions(material.window[rows, 0]).slots
    used = np.arange(material.vocabulary.slots) < slots[:, None]
    filled = tf.constant(np.tile(used, (1, WINDOW)).astype(np.float32))
    row = tf.constant(rows.astype(np.int32))
    bar = tf.constant(material.per_bar[rows] * material.vocabulary.slots)

    def example(number: Any) -> tuple[dict[str, Any], Any, Any]:
        seed = tf.stack([plan.seed + 1_000_003 * turn, 2 * stage + 1])
        seed = tf.random.experimental.stateless_fold_in(tf.cast(seed, tf.int32), number)
        chance = tf.random.stateless_uniform((plan.batch,), seed, dtype=tf.float64)
        drawn = tf.minimum(tf.searchsorted(reached, chance, side="right"), len(rows) - 1)
        batch = {
            "tokens": tf.cast(tf.gather(tokens, drawn), tf.int32),
            "sounding": tf.cast(tf.gather(sounding, drawn), tf.int32),
            "places": tf.cast(tf.gather(places, drawn), tf.float32),
            "used": tf.gather(filled, drawn),
            "row": tf.gather(row, drawn),
            "bar": tf.gather(bar, drawn),
        }
        return batch, seed, number

    return tf.data.Dataset.range(first, 2**31 - 1).map(example).prefetch(2)


def packed(material: Material, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Windows as small numbers: tokens and sounding (n, cells, voices), places, all uint8."""
    size = (len(rows), WINDOW * material.vocabulary.slots, material.vocabulary.voices)
    arrays = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
    places = np.zeros((len(rows), WINDOW, material.vocabulary.features), np.uint8)
    for start in range(0, len(rows), 1024):
        part = slice(start, start + 1024)
        tokens, sounding, place = material.cut(rows[part])
        arrays[0][part], arrays[1][part] = (
            array.reshape(-1, *size[1:]) for array in (tokens, sounding)
        )
        places[part] = place
    return *arrays, places


def _strategy(name: str) -> Any:
    """The strategy by which TensorFlow distributes a step."""
    if name == "mirrored":
        return tf.distribute.MirroredStrategy()
    if name == "multi_worker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    return tf.distribute.get_strategy()


def train(
    material: Material,
    plan: Plan,
    checkpoints: Path | None = None,
    max_seconds: float = float("inf"),
    logs: Path | None = None,
) -> Trained:
    """Train a recipe, or go on with a training that was stopped.

    Parameters
    ----------
    material : Material
    plan : Plan
    checkpoints : pathlib.Path, optional
        Folder for the state, see :mod:`.checkpoint`. A finished training stays there:
        the same call finds it and ends at once with the same result.
    max_seconds : float
        Guard on the time of training, that of resumed parts included. The first of two
        stages may take :data:`FIRST_SHARE` of it.
    logs : pathlib.Path, optional
        Folder for TensorBoard.

    Returns
    -------
    Trained

    Raises
    ------
    ParameterError
        If ``max_seconds`` is not positive or nothing is left to learn from.
    TrainingError
        If the training was sent back too often.
    """
    if not max_seconds > 0:
        raise ParameterError(f"max_seconds is {max_seconds}, must be positive")
    if not len(material.rows("train")):
        raise ParameterError("no window to learn from: lower held_out or name other styles")
    keras.mixed_precision.set_global_policy(plan.precision)
    strategy = _strategy(plan.strategy)
    try:
        with strategy.scope():
            work = recipes.build(material, plan)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    told = json.dumps(asdict(plan), sort_keys=True)
    key = key_of(material.digest(), told, tf.__version__, keras.__version__)
    state = _State(work, Checkpoint(checkpoints, key))
    if (found := state.checkpoint.load()) is not None:
        state.unpack(*found)
    resumed = sum(state.done)
    total = (sum(stage.steps for stage in work.stages) - resumed) // plan.chunk
    writer = None if logs is None else tf.summary.create_file_writer(str(logs))
    for _ in bar(_chunks(state, max_seconds, strategy, writer), "training", total=total):
        pass
    history = pd.DataFrame(
        state.rows, columns=["stage", "step", "seconds", "measure", "value"]
    ).astype({"step": "int64", "seconds": "float64", "value": "float64"})
    return Trained(history, state.snapshots, state.short, resumed, state.turns, work)


def untrained(material: Material, plan: Plan) -> Composer:
    """What composes before the first step: the yardstick of everything that was learnt.

    Parameters
    ----------
    material, plan
        As in :func:`train`; its first weights are the same.

    Returns
    -------
    Composer
        Without critic.
    """
    work = recipes.build(material, plan)
    return work.composer(work.composing())


def _chunks(state: _State, max_seconds: float, strategy: Any, writer: Any) -> Iterator[None]:
    """Do one chunk after the other."""
    work, plan = state.work, state.work.plan
    begun = time.perf_counter() - state.seconds
    for number, stage in enumerate(work.stages):
        last = number == len(work.stages) - 1
        limit = max_seconds * (1.0 if last else FIRST_SHARE)
        if any(state.done[number + 1 :]):
            continue
        if last:
            stage.begin()
            if 0 not in state.snapshots:
                _keep(state, 0)
        if state.done[number] >= stage.steps:
            continue
        if not state.done[number] and stage.name not in {row[0] for row in state.rows}:
            _watch(state, stage, 0)
        good = state.pack()
        step = _compiled(stage, strategy)
        stream = iter(batches(work.material, plan, number, state.done[number], state.turns))
        while state.done[number] < stage.steps:
            state.seconds = time.perf_counter() - begun
            if state.seconds > limit:
                break
            told = [step(*next(stream)) for _ in range(plan.chunk)]
            values = np.mean([np.asarray(one, np.float64) for one in told], axis=0)
            if not _healthy(stage, values):
                state.turns += 1
                if state.turns > TURNS:
                    raise TrainingError(
                        f"stage {stage.name!r} failed {state.turns} times by step "
                        f"{state.done[number]} ({dict(zip(stage.reports, values, strict=True))}): "
                        "lower the rate or raise gamma"
                    )
                turns = state.turns
                state.unpack(*good)
                state.turns = turns
                stream = iter(batches(work.material, plan, number, state.done[number], turns))
                continue
            state.done[number] += plan.chunk
            done = state.done[number]
            state.seconds = time.perf_counter() - begun
            for name, value in zip(stage.reports, values, strict=True):
                state.rows.append((stage.name, done, state.seconds, name, float(value)))
                if writer is not None:
                    with writer.as_default():
                        tf.summary.scalar(f"{stage.name}/{name}", value, step=done)
            if done in _moments(stage, plan):
                _watch(state, stage, done)
                if last:
                    _keep(state, done)
            if done % (_SAVE_EVERY * plan.chunk) == 0 or done >= stage.steps:
                good = state.pack()
                state.checkpoint.save(*good)
            yield
        if last and state.done[number] < stage.steps:
            _keep(state, state.done[number])
            state.checkpoint.save(*state.pack())


def _moments(stage: Stage, plan: Plan) -> list[int]:
    """Steps of the last stage after which the composer is kept."""
    chunks = stage.steps // plan.chunk
    kept = np.linspace(0, chunks, min(plan.snapshots, chunks + 1)).round().astype(int)
    return (np.unique(kept) * plan.chunk).tolist()


def _watch(state: _State, stage: Stage, step: int) -> None:
    """Note the figures that tell learning from learning by heart."""
    for name, value in state.work.watch(stage.name).items():
        state.rows.append((stage.name, step, state.seconds, name, value))


def _keep(state: _State, step: int) -> None:
    """Keep the weights that compose now."""
    state.snapshots[step] = state.work.composing()


def _compiled(stage: Stage, strategy: Any) -> Any:
    """A step as one compiled call, the mean over the strategy's replicas."""

    @tf.function(reduce_retracing=True)
    def step(batch: dict[str, Any], seed: Any, number: Any) -> Any:
        if strategy.num_replicas_in_sync == 1:
            return strategy.run(stage.step, args=(batch, seed, number))
        each = strategy.run(stage.step, args=(batch, seed, number))
        return strategy.reduce(tf.distribute.ReduceOp.MEAN, each, axis=None)

    return step


def _healthy(stage: Stage, values: np.ndarray) -> bool:
    """Are the figures finite, and does what is made vary?"""
    told = dict(zip(stage.reports, values, strict=True))
    return bool(np.isfinite(values).all()) and told.get("spread", 1.0) > SPREAD
