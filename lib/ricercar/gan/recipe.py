"""The numbers that a training depends on.

Conventions
-----------
A recipe is fixed before a training starts; together with the material and the code it
decides the weights. Two trainings are compared by changing one number of it.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError

#: number -> (symbol in the formulae, what it is)
MEANING = {
    "compress_steps": ("", "steps of stage 1, the autoencoder"),
    "adversarial_steps": ("", "steps of stage 2, the adversaries"),
    "batch": ("", "excerpts in a step"),
    "code": ("", "numbers of x for each frame of four grid steps"),
    "latent": ("", "numbers of the noise z"),
    "coder_width": ("", "channels of encoder and decoder"),
    "width": ("", "units of the adversaries' dense layers"),
    "depth": ("", "number of these dense layers"),
    "local": ("", "channels of the adversaries' convolutions"),
    "compress_rate": ("", "learning rate of stage 1, falls along a cosine"),
    "rate": ("", "learning rate of stage 2, falls along a cosine"),
    "kl": ("κ", "weight of the divergence in stage 1"),
    "gamma": ("γ", "weight of the R1 penalty"),
    "ema": ("β", "what stays of the running average at each step"),
    "chunk": ("", "steps in one call of TensorFlow"),
    "snapshots": ("", "moments of stage 2 whose generator is kept"),
    "seed": ("", "seed of weights, noise and batches"),
}


@dataclass(frozen=True)
class Recipe:
    """Every number that a training depends on, besides the material.

    What each is, is said in :data:`MEANING`; ``compress_steps`` and ``adversarial_steps`` are
    multiples of ``chunk``, and the first and the last moment are among the ``snapshots``.
    """

    compress_steps: int = 500
    adversarial_steps: int = 600
    batch: int = 64
    code: int = 10
    latent: int = 64
    coder_width: int = 128
    width: int = 256
    depth: int = 2
    local: int = 64
    compress_rate: float = 3e-3
    rate: float = 5e-4
    kl: float = 0.03
    gamma: float = 1.0
    ema: float = 0.995
    chunk: int = 25
    snapshots: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name in ("compress_steps", "adversarial_steps"):
            if getattr(self, name) < self.chunk or getattr(self, name) % self.chunk:
                raise ParameterError(f"{name} must be a positive multiple of {self.chunk}")
        if not (0 <= self.ema < 1 and self.gamma >= 0 and self.kl >= 0 and self.snapshots >= 2):
            raise ParameterError("ema must be in [0, 1), gamma and kl >= 0, snapshots >= 2")

    @property
    def snapshot_steps(self) -> list[int]:
        """The steps of stage 2 after which the generator is kept."""
        chunks = self.adversarial_steps // self.chunk
        kept = np.linspace(0, chunks, min(self.snapshots, chunks + 1)).round().astype(int)
        return (np.unique(kept) * self.chunk).tolist()

    def describe(self) -> pd.DataFrame:
        """Columns number, symbol, value (as text) and meaning; a row for each number."""
        rows = [(name, MEANING[name][0], f"{value:g}") for name, value in asdict(self).items()]
        table = pd.DataFrame(rows, columns=["number", "symbol", "value"])
        return table.assign(meaning=[MEANING[name][1] for name in table["number"]])
