r"""Hybrid: several recommenders heard together.

Conventions
-----------
Scores of different methods have different units; each listener's scores are
standardised over the pieces before they are added,
:math:`s_{ui} = \sum_m a_m (s^m_{ui} - \mu^m_u) / \sigma^m_u`.

Sources
-------
R. Burke, "Hybrid recommender systems: survey and experiments", UMUAI 12 (2002), the
weighted kind.
"""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend.base import Recommender


class Hybrid(Recommender):
    """A weighted sum of the standardised scores of other recommenders.

    Parameters
    ----------
    models : sequence of Recommender
        They are trained together with the hybrid.
    weights : sequence of float, optional
        a_m, at least one above 0 and none below; equal if left out.
    """

    def __init__(
        self, models: Sequence[Recommender], weights: Sequence[float] | None = None
    ) -> None:
        self.models = list(models)
        self.weights = [1.0] * len(self.models) if weights is None else list(weights)
        if not self.models:
            raise ParameterError("a hybrid needs at least one model")
        if len(self.weights) != len(self.models):
            raise ParameterError(f"{len(self.weights)} weights for {len(self.models)} models")
        if min(self.weights) < 0 or max(self.weights) <= 0:
            raise ParameterError("weights must not be negative, and not all 0")

    def _train(self, matrix: sp.csr_array) -> None:
        for model in self.models:
            model.fit(matrix)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        total = np.zeros((len(rows), self.shape[1]))
        for model, weight in zip(self.models, self.weights, strict=True):
            total += weight * _standardised(model._all_scores(rows))
        return total

    def _parts(self, row: int, item: int) -> np.ndarray:
        total = np.zeros(self.shape[1])
        for model, weight in zip(self.models, self.weights, strict=True):
            spread = float(model._all_scores(np.array([row])).std())
            if spread > 1e-12:
                total += weight * model._parts(row, item) / spread
        return total


def _standardised(scores: np.ndarray) -> np.ndarray:
    """Each row with mean 0 and standard deviation 1; constant rows become 0."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-12)
