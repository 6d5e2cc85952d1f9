r"""Factorisation: a short vector for each listener and piece, score = inner product.

Conventions
-----------
Trained by the package *implicit* from a seed; every training starts afresh. Least squares
run on all cores: each vector is solved for by itself, so that the same numbers come out.
Bayesian ranking runs on one thread, because its multi-threaded stochastic training gives
other factors at every run. Similar pieces are those whose vectors have the highest cosine; a
piece that nobody likes has learnt nothing and is similar to none. Vectors and scores are in
single precision, as implicit learns them; what a heard piece adds to a score is worked out
in double.

Sources
-------
Least squares: Y. Hu, Y. Koren, C. Volinsky, "Collaborative filtering for implicit
feedback datasets", ICDM 2008, solved with conjugate gradients (G. Takacs, I. Pilaszy,
D. Tikk, RecSys 2011). Bayesian ranking: S. Rendle et al., "BPR: Bayesian personalized
ranking from implicit feedback", UAI 2009.
"""

from abc import abstractmethod
from typing import Any

import numpy as np
import scipy.sparse as sp
from joblib import cpu_count

from ricercar.errors import ParameterError
from ricercar.recommend.base import Recommender
from ricercar.recommend.blocks import one_thread
from ricercar.recommend.weights import cosines, liked


class Factorisation(Recommender):
    """What both methods share: check parameters, train, keep the factors."""

    def __init__(
        self, factors: int, iterations: int, regularisation: float, seed: int, **learning: float
    ) -> None:
        if factors < 1 or iterations < 1:
            raise ParameterError(
                f"factors and iterations must be at least 1, got {factors} and {iterations}"
            )
        if regularisation < 0:
            raise ParameterError(f"regularisation must not be negative, got {regularisation}")
        for name, value in learning.items():
            if not value > 0:
                raise ParameterError(f"{name} must be above 0, got {value}")
            setattr(self, name, value)
        self.factors, self.iterations = factors, iterations
        self.regularisation, self.seed = regularisation, seed

    @abstractmethod
    def _model(self) -> Any:
        """An untrained model of the package implicit."""

    def _train(self, matrix: sp.csr_array) -> None:
        model = self._model()
        with one_thread():
            model.fit(sp.csr_matrix(matrix, dtype=np.float32), show_progress=False)
        self._listeners = np.asarray(model.user_factors, dtype=np.float32)
        self._pieces = np.asarray(model.item_factors, dtype=np.float32)
        self._across = np.ascontiguousarray(self._pieces.T)  # a product reads it row by row

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return self._listeners[rows] @ self._across

    def _similar(self, items: np.ndarray) -> np.ndarray:
        return cosines(self._pieces * (self._popularity > 0)[:, None], items)


class LeastSquares(Factorisation):
    r"""Weighted alternating least squares (ALS).

    Minimises :math:`\sum_{ui} c_{ui} (p_{ui} - x_u^\top y_i)^2 + \lambda(\|x\|^2 + \|y\|^2)`
    with :math:`p = 1` where the weight r is above 0 and confidence
    :math:`c = \alpha |r|^b` for heard pieces, 1 for all others.

    Parameters
    ----------
    factors : int
        Length of the vectors.
    regularisation : float
        lambda.
    alpha : float
        Confidence for a weight of 1.
    iterations : int
        Rounds of solving for listeners, then pieces.
    seed : int
    exponent : float
        b, in 0..1: 0 counts a piece played a thousand times like one played once, 1 a thousand
        times as much. Numbers of plays are mostly habit and say little of what else is liked.
    """

    alpha: float

    def __init__(
        self,
        factors: int = 32,
        regularisation: float = 30.0,
        alpha: float = 5.0,
        iterations: int = 15,
        seed: int = 0,
        exponent: float = 0.0,
    ) -> None:
        super().__init__(factors, iterations, regularisation, seed, alpha=alpha)
        if not 0 <= exponent <= 1:
            raise ParameterError(f"exponent must lie in 0..1, got {exponent}")
        self.exponent = exponent

    def _train(self, matrix: sp.csr_array) -> None:
        super()._train(self._damped(matrix))

    def _damped(self, weights: sp.csr_array) -> sp.csr_array:
        """Weights to the power of the exponent, with their signs."""
        damped = weights.copy()
        damped.data = np.sign(weights.data) * abs(weights.data) ** self.exponent
        return damped

    def _parts(self, row: int, item: int) -> np.ndarray:
        heard, y = self._damped(self._fitted[[row]]).toarray()[0], self._pieces.astype(np.float64)
        confidence = np.where(heard != 0, self.alpha * abs(heard), 1.0)
        left = y.T @ (confidence[:, None] * y) + self.regularisation * np.eye(self.factors)
        return (y @ np.linalg.solve(left, y[item])) * confidence * (heard > 0)

    def _model(self) -> Any:
        from implicit.als import AlternatingLeastSquares

        with one_thread():  # it warns when it is made with linear algebra on many threads
            return AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularisation,
                alpha=self.alpha,
                iterations=self.iterations,
                num_threads=cpu_count(),
                random_state=self.seed,
                use_gpu=False,
            )


class BayesianRanking(Factorisation):
    r"""Bayesian personalised ranking (BPR): heard pieces before unheard ones.

    Stochastic gradient steps on :math:`-\ln \sigma(\hat r_{ui} - \hat r_{uj})` for a liked
    piece i and a random other piece j; learns from the liked pieces without their weights.

    implicit draws j from all pairs of a listener and a liked piece, so with probability q(j) in
    proportion to popularity. When i comes from the listener's taste :math:`p(i \mid u)`, one of
    two pieces a, b is the liked one of the pair with odds :math:`p(a \mid u)\, q(b)` to
    :math:`p(b \mid u)\, q(a)`; a difference of scores learns the logarithm of these odds, hence
    :math:`\hat r_{ui} = \ln p(i \mid u) - \ln q(i)` up to a constant per listener. The scores
    that come out are thus short of the popularity that taste has in it, and adding
    :math:`\ln q(i)` gives it back: :math:`\hat r_{ui} + \gamma \ln q(i)`.

    Parameters
    ----------
    factors : int
        Length of the vectors; one more is a piece's own bias.
    learning_rate : float
    regularisation : float
    iterations : int
        Passes over the liked pieces.
    seed : int
    popularity_correction : float
        gamma, 0 or more: 1 is what the derivation says, 0 leaves the scores as they were learnt,
        best against the crowd. Where vectors are pulled to 0 before they have learnt all that
        sets a listener apart, popularity outweighs them, and a little less than 1 is better.
    """

    learning_rate: float

    def __init__(
        self,
        factors: int = 32,
        learning_rate: float = 0.05,
        regularisation: float = 0.01,
        iterations: int = 100,
        seed: int = 0,
        popularity_correction: float = 0.75,
    ) -> None:
        super().__init__(factors, iterations, regularisation, seed, learning_rate=learning_rate)
        if not popularity_correction >= 0:
            raise ParameterError(
                f"popularity_correction must not be negative, got {popularity_correction}"
            )
        self.popularity_correction = popularity_correction

    def _train(self, matrix: sp.csr_array) -> None:
        super()._train(liked(matrix))
        share = np.maximum(self._popularity, 0.5) / self._popularity.sum()  # of 0 no logarithm
        self._across[-1] += self.popularity_correction * np.log(share)  # a listener's last is 1

    def _model(self) -> Any:
        from implicit.bpr import BayesianPersonalizedRanking

        return BayesianPersonalizedRanking(
            factors=self.factors,
            learning_rate=self.learning_rate,
            regularization=self.regularisation,
            iterations=self.iterations,
            verify_negative_samples=True,
            num_threads=1,
            random_state=self.seed,
            use_gpu=False,
        )
