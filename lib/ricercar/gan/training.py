"""Training: compress the music, then let generator and discriminator alternate.

Goal: from :class:`.material.Material` and a :class:`.recipe.Recipe` to a generator, in a
fixed number of steps, so that the same seed gives the same weights on the same machine;
stopped at any moment, the next call goes on and ends with the weights of an undisturbed
training.

Conventions
-----------
* Steps run in *chunks*, each one call into TensorFlow. All chance of a chunk comes from
  (seed, stage, chunk), so that a resumed training draws what an undisturbed one draws.
* Styles are drawn in proportion to the square root of their number of excerpts.
* ``max_seconds`` is a guard, not a plan: where it bites, the result depends on the speed
  of the machine, and says so.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.gan.adversaries import ADVERSARIAL, COMPRESS, Adversaries
from ricercar.gan.backend import keras, tf
from ricercar.gan.checkpoint import Checkpoint, key_of
from ricercar.gan.material import Material
from ricercar.gan.recipe import Recipe
from ricercar.gan.sampling import Generator
from ricercar.progress import bar

#: share of ``max_seconds`` that stage 1 may take
COMPRESS_SHARE = 0.45
#: chunks from one checkpoint to the next
_SAVE_EVERY = 4


@dataclass
class Trained:
    """What a training leaves.

    Attributes
    ----------
    history : pandas.DataFrame
        In the schema ``training_history``: a row per chunk; NaN in a column of the
        other stage.
    snapshots : dict of int to list of numpy.ndarray
        Weights of the averaged generator after so many adversarial steps.
    stopped : bool
        True if the time was up before the last step.
    resumed : int
        Steps that came from a checkpoint.
    """

    history: pd.DataFrame
    snapshots: dict[int, list[np.ndarray]]
    stopped: bool
    resumed: int
    _work: Adversaries = field(repr=False)

    def generator(self, step: int | None = None) -> Generator:
        """The generator after so many adversarial steps; the last one without ``step``."""
        return self._work.finished(self.snapshots[max(self.snapshots) if step is None else step])


class _State:
    """Where a training stands, and its way to disk and back."""

    def __init__(self, work: Adversaries, checkpoint: Checkpoint) -> None:
        self.work, self.checkpoint = work, checkpoint
        self.done = {1: 0, 2: 0}
        self.seconds = 0.0
        self.rows: list[dict[str, float]] = []
        self.snapshots: dict[int, list[np.ndarray]] = {}

    @property
    def short(self) -> bool:
        """Is there still something to do?"""
        recipe = self.work.recipe
        planned = (recipe.compress_steps, recipe.adversarial_steps)
        return any(self.done[i] * recipe.chunk < steps for i, steps in enumerate(planned, 1))

    def restore(self) -> int:
        """Go back to the checkpoint, if there is one; the number of chunks that it holds."""
        found = self.checkpoint.load()
        if found is None:
            return 0
        told, arrays = found
        for number, variable in enumerate(self.work.variables()):
            variable.assign(arrays[f"variable.{number}"])
        self.done = {int(stage): chunks for stage, chunks in told["done"].items()}
        self.seconds, self.rows = told["seconds"], told["rows"]
        self.snapshots = {
            step: [arrays[f"snapshot.{step}.{number}"] for number in range(told["weights"])]
            for step in told["snapshots"]
        }
        return self.done[1] + self.done[2]

    def save(self) -> None:
        """Write the checkpoint."""
        arrays = {
            f"variable.{number}": np.asarray(variable)
            for number, variable in enumerate(self.work.variables())
        }
        for step, weights in self.snapshots.items():
            arrays |= {f"snapshot.{step}.{i}": weight for i, weight in enumerate(weights)}
        told = {
            "done": self.done,
            "seconds": self.seconds,
            "rows": self.rows,
            "snapshots": list(self.snapshots),
            "weights": len(self.work.average.weights),
        }
        self.checkpoint.save(told, arrays)


def draws(material: Material, recipe: Recipe, stage: int, chunk: int) -> tuple[Any, Any]:
    """The excerpts and the seeds of a chunk.

    Returns
    -------
    rows : numpy.ndarray of int32, shape (chunk, batch)
    seeds : numpy.ndarray of int32, shape (chunk, 2)
    """
    rng = np.random.default_rng([recipe.seed, stage, chunk])
    learnt = np.flatnonzero(~material.held_out)
    style = material.style[learnt]
    weight = 1 / np.sqrt(np.bincount(style, minlength=len(material.forms)).clip(1))[style]
    rows = rng.choice(learnt, (recipe.chunk, recipe.batch), p=weight / weight.sum())
    seeds = rng.integers(0, 2**30, (recipe.chunk, 2))
    return rows.astype(np.int32), seeds.astype(np.int32)


def train(
    material: Material,
    recipe: Recipe,
    checkpoints: Path | None = None,
    max_seconds: float = float("inf"),
) -> Trained:
    """Train a generator, or go on with a training that was stopped.

    Parameters
    ----------
    material : Material
    recipe : Recipe
    checkpoints : pathlib.Path, optional
        Folder for the state, see :mod:`.checkpoint`. A finished training stays there:
        the same call finds it and ends at once with the same result.
    max_seconds : float
        Guard on the time of training, that of resumed parts included. Stage 1 may take
        :data:`COMPRESS_SHARE` of it.

    Returns
    -------
    Trained

    Raises
    ------
    ParameterError
        If ``max_seconds`` is not positive or nothing is left to learn from.
    """
    if not max_seconds > 0:
        raise ParameterError(f"max_seconds is {max_seconds}, must be positive")
    if material.held_out.all():
        raise ParameterError("all excerpts are held out: lower the share that is held out")
    work = Adversaries(material, recipe)
    told = json.dumps(asdict(recipe), sort_keys=True)
    key = key_of(material.digest(), told, tf.__version__, keras.__version__)
    state = _State(work, Checkpoint(checkpoints, key))
    resumed = state.restore() * recipe.chunk
    for _ in bar(_chunks(state, max_seconds), "training", total=_planned(state)):
        pass
    return Trained(
        history=_history(state.rows),
        snapshots=state.snapshots,
        stopped=state.short,
        resumed=resumed,
        _work=work,
    )


def _planned(state: _State) -> int:
    """Chunks that are still to be done."""
    recipe = state.work.recipe
    total = (recipe.compress_steps + recipe.adversarial_steps) // recipe.chunk
    return total - state.done[1] - state.done[2]


def _chunks(state: _State, max_seconds: float) -> Iterator[None]:
    """Do one chunk after the other."""
    work, recipe = state.work, state.work.recipe
    begun = time.perf_counter() - state.seconds

    def time_is_up(limit: float) -> bool:
        state.seconds = time.perf_counter() - begun
        return state.seconds > limit

    def note(stage: int, names: tuple[str, ...], values: Any) -> None:
        state.done[stage] += 1
        state.seconds = time.perf_counter() - begun
        step = (state.done[1] + state.done[2]) * recipe.chunk
        told = dict(zip(names, values.numpy().astype(float).tolist(), strict=True))
        state.rows.append({"step": step, "seconds": state.seconds, "stage": float(stage), **told})

    while state.done[2] == 0 and state.done[1] * recipe.chunk < recipe.compress_steps:
        if time_is_up(COMPRESS_SHARE * max_seconds):
            break
        rows, seeds = draws(work.material, recipe, 1, state.done[1])
        note(1, COMPRESS, work.compress_chunk(rows, seeds))
        if state.done[1] % _SAVE_EVERY == 0:
            state.save()
        yield

    work.encode()
    state.snapshots = {i: kept for i, kept in state.snapshots.items() if i in recipe.snapshot_steps}
    state.snapshots.setdefault(0, work.average.get_weights())
    while state.done[2] * recipe.chunk < recipe.adversarial_steps:
        if time_is_up(max_seconds):
            break
        rows, seeds = draws(work.material, recipe, 2, state.done[2])
        steps = state.done[2] * recipe.chunk
        keep = np.float32(min(recipe.ema, (1 + steps) / (10 + steps)))
        note(2, ADVERSARIAL, work.adversarial_chunk(rows, seeds, tf.constant(keep)))
        steps += recipe.chunk
        if steps in recipe.snapshot_steps:
            state.snapshots[steps] = work.average.get_weights()
        if state.done[2] % _SAVE_EVERY == 0 or steps in recipe.snapshot_steps:
            state.save()
        yield
    if state.short:
        state.snapshots[state.done[2] * recipe.chunk] = work.average.get_weights()
        state.save()


def _history(rows: list[dict[str, float]]) -> pd.DataFrame:
    """The rows as a table in the schema ``training_history``."""
    columns = ["step", "seconds", "stage", *COMPRESS, *ADVERSARIAL]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype({"step": "int64"} | dict.fromkeys(columns[1:], "float64"))
