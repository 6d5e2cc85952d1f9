"""The numbers that a training depends on, besides the music.

Conventions
-----------
A plan is fixed before a training starts; together with the material and the code it decides
the weights. Two trainings are compared by changing one number of it.
"""

from dataclasses import asdict, dataclass

import pandas as pd

from ricercar.errors import ParameterError
from ricercar.gan import losses

#: number -> (symbol in the formulae, what it is)
MEANING = {
    "recipe": ("", "what is trained: latent, grid or reference"),
    "loss": ("", "loss of the adversaries"),
    "write_steps": ("", "steps of stage 1: encoder and decoder (or the reference)"),
    "play_steps": ("", "steps of stage 2: the adversaries"),
    "batch": ("", "windows in a step"),
    "code": ("", "numbers of x for each beat"),
    "latent": ("", "numbers of the noise z for the whole piece; a quarter as many per beat"),
    "width": ("", "channels of encoder and decoder"),
    "channels": ("", "channels of the adversaries"),
    "dropout": ("", "share of units left out in stage 1"),
    "forget": ("", "share of cells whose past is left out in stage 1"),
    "kl": ("κ", "weight of the divergence in stage 1"),
    "write_rate": ("", "learning rate of stage 1, falls along a cosine"),
    "rate": ("", "learning rate of stage 2, falls along a cosine"),
    "decay": ("", "weight decay in stage 1"),
    "gamma": ("γ", "weight of the gradient penalties; below 0: what suits the loss"),
    "augment": ("p", "probability of each augmentation of what the discriminator sees"),
    "ema": ("β", "what stays of the running average at each step"),
    "temperature": ("τ", "by what logits are divided when composing"),
    "top_p": ("", "share of the probability that tokens are drawn from"),
    "strength": ("w", "how strongly a style is told when composing; 1 as it was learnt"),
    "rounds": ("", "rounds of critique after the last stage; 0 for none"),
    "candidates": ("", "candidates for each cell that the critic chooses from"),
    "chunk": ("", "steps between two reports"),
    "snapshots": ("", "moments of stage 2 whose generator is judged"),
    "precision": ("", "float32, or mixed_bfloat16 where the processor has it"),
    "strategy": ("", "tf.distribute: none, mirrored or multi_worker"),
    "seed": ("", "seed of weights, noise and batches"),
}


@dataclass(frozen=True)
class Plan:
    """Every number that a training depends on, besides the material.

    What each is, is said in :data:`MEANING`; steps are multiples of ``chunk``.

    Raises
    ------
    ParameterError
        If a number is out of its range.
    """

    recipe: str = "latent"
    loss: str = "relativistic"
    write_steps: int = 2000
    play_steps: int = 3000
    batch: int = 16
    code: int = 8
    latent: int = 32
    width: int = 128
    channels: int = 96
    dropout: float = 0.3
    forget: float = 0.2
    kl: float = 0.5
    write_rate: float = 2e-3
    rate: float = 4e-4
    decay: float = 0.02
    gamma: float = 0.3
    augment: float = 0.0
    ema: float = 0.998
    temperature: float = 1.0
    top_p: float = 1.0
    strength: float = 1.0
    rounds: int = 3
    candidates: int = 8
    chunk: int = 25
    snapshots: int = 5
    precision: str = "float32"
    strategy: str = "none"
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name in ("write_steps", "play_steps"):
            steps = getattr(self, name)
            if steps < 0 or steps % self.chunk:
                raise ParameterError(f"{name} is {steps}, must be a multiple of {self.chunk}")
        losses.by_name(self.loss)
        wrong = {
            "ema": not 0 <= self.ema < 1,
            "kl": self.kl < 0,
            "dropout": not 0 <= self.dropout < 1,
            "forget": not 0 <= self.forget < 1,
            "augment": not 0 <= self.augment <= 1,
            "temperature": not self.temperature > 0,
            "top_p": not 0 < self.top_p <= 1,
            "strength": not self.strength >= 0,
            "rounds": self.rounds < 0,
            "candidates": self.candidates < 1,
            "snapshots": self.snapshots < 2,
            "batch": self.batch < 2,
            "precision": self.precision not in ("float32", "mixed_bfloat16", "mixed_float16"),
            "strategy": self.strategy not in ("none", "mirrored", "multi_worker"),
        }
        if bad := [f"{name} {getattr(self, name)!r}" for name, out in wrong.items() if out]:
            raise ParameterError(f"out of range: {', '.join(bad)}")

    @property
    def penalty(self) -> float:
        """Weight of the gradient penalties."""
        return losses.by_name(self.loss).gamma if self.gamma < 0 else self.gamma

    def describe(self) -> pd.DataFrame:
        """Columns number, symbol, value (as text) and meaning; a row for each number."""
        rows = [
            (name, MEANING[name][0], f"{value:g}" if isinstance(value, float | int) else value)
            for name, value in asdict(self).items()
        ]
        table = pd.DataFrame(rows, columns=["number", "symbol", "value"])
        return table.assign(meaning=[MEANING[name][1] for name in table["number"]])
