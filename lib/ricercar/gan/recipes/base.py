"""What the training asks of a recipe.

Conventions
-----------
* A recipe has one or two *stages*. A stage is a compiled step over a batch; all chance in
  a step comes from its seed, so that a training that was stopped goes on as if it had not
  been.
* :meth:`Recipe.variables` is everything that changes in training, in a fixed order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ricercar.gan.adversaries import Generator
from ricercar.gan.backend import keras, tf
from ricercar.gan.composer import Composer
from ricercar.gan.generating import by_name
from ricercar.gan.material import WINDOW, Material
from ricercar.gan.plan import Plan

#: most windows of a part that are watched
WATCHED = 64


@dataclass(frozen=True)
class Stage:
    """A stage of a training.

    Attributes
    ----------
    name : str
    steps : int
    reports : tuple of str
        Names of what a step returns.
    step : callable
        ``step(batch, seed, number)``: a dictionary of tensors (a batch of windows: tokens,
        sounding, places, used, row, bar), a seed of shape (2,) and the number of the step, to a
        tensor of shape (reports,).
    begin : callable
        Called without arguments before the stage's first step, also when it is resumed.
    """

    name: str
    steps: int
    reports: tuple[str, ...]
    step: Callable[[dict[str, Any], Any, Any], Any]
    begin: Callable[[], None] = lambda: None


class Recipe:
    """Networks and optimisers of a training: all of its state but the step number."""

    stages: tuple[Stage, ...]

    def __init__(self, material: Material, plan: Plan) -> None:
        if not tf.distribute.has_strategy():  # it would forget that we are inside its scope
            keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(plan.seed)
        self.material, self.plan, self.vocabulary = material, plan, material.vocabulary

    def variables(self) -> list[Any]:
        """Everything that changes in training, in a fixed order."""
        raise NotImplementedError

    def watch(self, stage: str) -> dict[str, float]:
        """Figures that tell what was learnt from what was learnt by heart.

        Parameters
        ----------
        stage : str
            Name of the stage that is under way.

        Returns
        -------
        dict of str to float
            The same figure for windows that are learnt from (``…_learnt``) and for windows
            of ``valid`` (``…_held_out``); a part without windows is left out.
        """
        found = {}
        for part, name in (("train", "learnt"), ("valid", "held_out")):
            rows = np.random.default_rng(self.plan.seed).permutation(self.material.rows(part))
            if len(rows):
                for figure, value in self._watch(stage, self._windows(np.sort(rows[:WATCHED]))):
                    found[f"{figure}_{name}"] = float(value)
        return found

    def _watch(self, stage: str, batch: dict[str, Any]) -> list[tuple[str, Any]]:
        """Names and values of the figures of a batch."""
        raise NotImplementedError

    def _windows(self, rows: np.ndarray) -> dict[str, Any]:
        """A batch of windows, as a step takes it."""
        v = self.vocabulary
        tokens, sounding, places = self.material.cut(rows)
        shape = (len(rows), WINDOW * v.slots, v.voices)
        slots = self.material.conditions(self.material.window[rows, 0]).slots
        used = np.tile(np.arange(v.slots) < slots[:, None], (1, WINDOW))
        return {
            "tokens": tf.constant(tokens.reshape(shape)),
            "sounding": tf.constant(sounding.reshape(shape)),
            "places": tf.constant(places),
            "used": tf.constant(used.astype(np.float32)),
            "row": tf.constant(rows.astype(np.int32)),
            "bar": tf.constant(self.material.per_bar[rows] * v.slots),
        }

    def composing(self) -> list[np.ndarray]:
        """A copy of the weights that compose, as :meth:`composer` takes them."""
        raise NotImplementedError

    def composer(self, weights: list[np.ndarray]) -> Composer:
        """What composes with these weights."""
        raise NotImplementedError


def adam(
    variables: list[Any],
    rate: float,
    steps: int,
    betas: tuple[float, float],
    decay: float = 0.0,
    clip: float | None = None,
) -> Any:
    """An optimiser whose rate falls along a cosine to a twentieth."""
    falling = keras.optimizers.schedules.CosineDecay(rate, max(steps, 1), alpha=0.05)
    kind = keras.optimizers.AdamW if decay else keras.optimizers.Adam
    extra = {"weight_decay": decay} if decay else {}
    made = kind(falling, beta_1=betas[0], beta_2=betas[1], global_clipnorm=clip, **extra)
    made.build(variables)
    return made


def average(averaged: list[Any], now: list[Any], keep: float, number: Any) -> None:
    """Move a running average (EMA); in the first steps it forgets sooner."""
    done = tf.cast(number, tf.float32)
    share = tf.minimum(tf.constant(keep, tf.float32), (1 + done) / (10 + done))
    for old, new in zip(averaged, now, strict=True):
        old.assign(tf.cast(share, old.dtype) * old + tf.cast(1 - share, old.dtype) * new)


def generator_weights(generator: Generator) -> dict[str, np.ndarray]:
    """Weights of a generator by name, as :mod:`ricercar.gan.generating` reads them."""
    names = ("plan", "whole", "beat", "place", "scale", "wide", "near", "out")
    return by_name(generator, names)
