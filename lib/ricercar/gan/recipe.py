"""The numbers that a training depends on.

Conventions
-----------
A recipe is fixed before a training starts; together with the material and the code it
decides the weights. Two trainings are compared by changing one number of it.
"""

from dataclasses import dataclass

import numpy as np

from ricercar.errors import ParameterError


@dataclass(frozen=True)
class Recipe:
    """Every number that a training depends on, besides the material.

    Attributes
    ----------
    compress_steps, adversarial_steps : int
        Steps of the two stages, multiples of ``chunk``.
    batch : int
        Excerpts in a step.
    code : int
        Numbers per frame of four steps.
    latent : int
        Size of the noise ``z``.
    coder_width : int
        Channels of encoder and decoder.
    width, depth, local : int
        Units and number of the dense layers of the adversaries; channels of their
        convolutions.
    compress_rate, rate : float
        Learning rates; both fall along a cosine.
    kl : float
        Weight of the divergence in stage 1, per cell.
    gamma : float
        Weight of the R1 penalty, which enters as gamma / 2.
    ema : float
        Share of the running average that stays at each step.
    chunk : int
        Steps in one call.
    snapshots : int
        Moments of stage 2, first and last included, whose generator is kept.
    seed : int
    """

    compress_steps: int = 500
    adversarial_steps: int = 800
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
