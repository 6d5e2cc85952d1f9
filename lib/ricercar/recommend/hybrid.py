r"""Hybrid: several recommenders heard together, with weights that are given or learnt.

Conventions
-----------
Scores of different methods have different units; each listener's scores are
standardised over the pieces before they are added,
:math:`s_{ui} = \sum_m a_m z^m_{ui}`, :math:`z^m_{ui} = (s^m_{ui} - \mu^m_u) / \sigma^m_u`.

Learnt weights come from the training matrix alone. Some of each listener's liked pieces
are held out at random, the methods learn from the rest, and the weights, none below 0,
minimise the pairwise logistic loss

.. math:: \frac{1}{|U|} \sum_{u \in U} \frac{1}{|P_u|} \sum_{(i,j) \in P_u}
          \ln\bigl(1 + e^{-\sum_m a_m (z^m_{ui} - z^m_{uj})}\bigr) + \frac{\rho}{2}\,\|a\|^2

over pairs of a held-out piece i and a random piece j that the listener has not heard.
It is convex: there is one minimum. The weights are then scaled to the sum 1, which
changes no list, and the methods learn once more, from everything.

Sources
-------
R. Burke, "Hybrid recommender systems: survey and experiments", UMUAI 12 (2002), the
weighted kind. S. Rendle et al., "BPR: Bayesian personalized ranking from implicit
feedback", UAI 2009 (the loss). D. Wolpert, "Stacked generalization", Neural Networks 5
(1992) (weights learnt from what was held out).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend.base import Recommender
from ricercar.recommend.blocks import blocks, one_thread

#: listeners whose held-out pieces teach the weights; a handful of weights needs no more
TEACHERS = 2000


class Hybrid(Recommender):
    """A weighted sum of the standardised scores of other recommenders.

    Similar pieces are those with a large weighted mean of the methods' similarities, each
    divided by its largest for the piece.

    Parameters
    ----------
    models : sequence of Recommender
        They are trained together with the hybrid.
    weights : sequence of float, optional
        a_m, at least one above 0 and none below; equal if left out.

    Attributes
    ----------
    weights_ : numpy.ndarray, shape (models,)
        The weights in use.
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
        self.weights_ = np.array(self.weights, dtype=np.float64)

    def _train(self, matrix: sp.csr_array) -> None:
        for model in self.models:
            model.fit(matrix)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        total = np.zeros((len(rows), self.shape[1]))
        for model, weight in zip(self.models, self.weights_, strict=True):
            total += weight * _standardised(model._all_scores(rows))
        return total

    def _similar(self, items: np.ndarray) -> np.ndarray:
        total = np.zeros((len(items), self.shape[1]))
        for model, weight in zip(self.models, self.weights_, strict=True):
            near = model._similar(items)
            near[np.arange(len(items)), items] = 0.0
            most = near.max(axis=1, keepdims=True)
            total += weight * np.divide(near, most, out=np.zeros_like(near), where=most > 0)
        return total / self.weights_.sum()

    def _parts(self, row: int, item: int) -> np.ndarray:
        total = np.zeros(self.shape[1])
        for model, weight in zip(self.models, self.weights_, strict=True):
            spread = float(model._all_scores(np.array([row])).std())
            if spread > 1e-12:
                total += weight * model._parts(row, item) / spread
        return total


class LearntHybrid(Hybrid):
    """A hybrid that learns from the training data how far to trust each method.

    Every method is trained twice: to learn the weights, and for use.

    Parameters
    ----------
    models : sequence of Recommender
        They are trained together with the hybrid.
    share : float
        Of each listener's liked pieces, held out to learn the weights; above 0, below 1.
        At least one is held out, and one kept, of two or more.
    negatives : int
        Unheard pieces drawn for each held-out piece.
    penalty : float
        rho, above 0; more makes the weights more alike.
    seed : int
        Of what is held out and drawn.

    Attributes
    ----------
    weights_ : numpy.ndarray, shape (models,)
        Not negative, with the sum 1; equal where nothing can be learnt.
    evidence_ : pandas.DataFrame
        Columns model, weight, alone: the share of pairs that each method orders rightly
        by itself, equal scores half, mean over listeners.
    learnt_from_ : dict
        Numbers of listeners, held-out pieces and pairs.

    Examples
    --------
    >>> from ricercar import recommend
    >>> camps = np.kron(np.eye(2), np.ones((6, 6)))
    >>> parts = [recommend.create("ease", penalty=1.0), recommend.create("most_popular")]
    >>> model = LearntHybrid(parts).fit(sp.csr_array(camps))
    >>> bool(model.weights_[0] > 0.9)
    True
    """

    evidence_: pd.DataFrame

    def __init__(
        self,
        models: Sequence[Recommender],
        share: float = 0.2,
        negatives: int = 20,
        penalty: float = 0.001,
        seed: int = 0,
    ) -> None:
        super().__init__(models)
        if not 0 < share < 1:
            raise ParameterError(f"share is {share}: it must be above 0 and below 1")
        if negatives < 1:
            raise ParameterError(f"negatives must be at least 1, got {negatives}")
        if not penalty > 0:
            raise ParameterError(f"penalty must be above 0, got {penalty}")
        self.share, self.negatives, self.penalty, self.seed = share, negatives, penalty, seed

    def _train(self, matrix: sp.csr_array) -> None:
        rng = np.random.default_rng(self.seed)
        rest, held = held_out(matrix, self.share, rng)
        super()._train(rest)
        listener, better, worse = _pairs(matrix, held, self.negatives, rng)
        with one_thread():
            ahead = self._ahead(listener, better, worse)
            counts = np.bincount(listener, minlength=1)
            each = 1.0 / (counts[listener] * max(1, np.count_nonzero(counts)))
            self.weights_ = _learn(ahead, each, self.penalty)
            right = each @ ((ahead > 0) + 0.5 * (ahead == 0))
        named = [type(model).__name__ for model in self.models]
        self.evidence_ = pd.DataFrame({"model": named, "weight": self.weights_, "alone": right})
        self.learnt_from_ = {
            "listeners": int(np.count_nonzero(counts)),
            "held out": int(held.nnz),
            "pairs": len(listener),
        }
        super()._train(matrix)

    def _ahead(self, listener: np.ndarray, better: np.ndarray, worse: np.ndarray) -> np.ndarray:
        """How far each method puts the better piece before the worse, shape (pairs, models)."""
        rows, own = np.unique(listener, return_inverse=True)
        ahead = np.empty((len(listener), len(self.models)))
        for part in blocks(len(rows), self.shape[1]):
            here = np.flatnonzero((own >= part.start) & (own < part.stop))
            row = own[here] - part.start
            for column, model in enumerate(self.models):
                z = _standardised(model._all_scores(rows[part]))
                ahead[here, column] = z[row, better[here]] - z[row, worse[here]]
        return ahead

    def describe(self) -> str:
        """What was learnt, and from what, in a sentence or two."""
        if not hasattr(self, "evidence_"):
            raise ParameterError("the hybrid has learnt nothing yet: call fit(matrix) first")
        if not self.learnt_from_["pairs"]:
            return "Nobody likes two pieces, so nothing could be held out: all weights are equal."
        shown = ", ".join(
            f"{model} {weight:.0%} (alone right in {alone:.0%} of the pairs)"
            for model, weight, alone in self.evidence_.itertuples(index=False)
        )
        return (
            f"Weights learnt from {self.learnt_from_['held out']} held-out pieces of "
            f"{self.learnt_from_['listeners']} listeners, each against unheard pieces: {shown}."
        )


def held_out(
    matrix: sp.csr_array, share: float, rng: np.random.Generator
) -> tuple[sp.csr_array, sp.csr_array]:
    """Hold out some of each listener's liked pieces at random.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array, shape (listeners, pieces)
        Clean weights, see :func:`ricercar.recommend.weights.interactions`.
    share : float
    rng : numpy.random.Generator

    Returns
    -------
    rest, held : scipy.sparse.csr_array
        They add up to the matrix. Dislikes stay in ``rest``, and so does everything of
        the listeners beyond :data:`TEACHERS`, and of those who like one piece only.

    Examples
    --------
    >>> rest, held = held_out(sp.csr_array([[1.0, 2.0, -1.0], [1.0, 0.0, 0.0]]), 0.1,
    ...     np.random.default_rng(0))
    >>> held.toarray().tolist(), rest.toarray().tolist()
    ([[0.0, 2.0, 0.0], [0.0, 0.0, 0.0]], [[1.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
    """
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    entry = np.flatnonzero(matrix.data > 0)
    liked = np.bincount(row[entry], minlength=matrix.shape[0])
    take = np.clip(np.rint(share * liked), 1, np.maximum(liked - 1, 0)).astype(int)
    able = np.flatnonzero(take > 0)
    if len(able) > TEACHERS:
        silent = np.setdiff1d(able, rng.choice(able, TEACHERS, replace=False))
        take[silent] = 0
    drawn = entry[np.lexsort((rng.random(len(entry)), row[entry]))]
    place = np.arange(len(drawn)) - np.searchsorted(row[drawn], row[drawn])
    chosen = np.zeros(matrix.nnz, dtype=bool)
    chosen[drawn[place < take[row[drawn]]]] = True
    rest, held = matrix.copy(), matrix.copy()
    rest.data[chosen] = held.data[~chosen] = 0.0
    rest.eliminate_zeros()
    held.eliminate_zeros()
    return rest, held


def _pairs(
    matrix: sp.csr_array, held: sp.csr_array, negatives: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Listener, held-out piece and a random piece that the listener has not heard."""
    pieces = matrix.shape[1]
    owner = np.repeat(np.arange(held.shape[0]), np.diff(held.indptr))
    listener = np.repeat(owner, negatives)
    better = np.repeat(held.indices, negatives)
    worse = rng.integers(pieces, size=len(listener))
    heard = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)) * pieces + matrix.indices
    new = ~np.isin(listener * pieces + worse, heard)
    return listener[new], better[new], worse[new]


def _learn(ahead: np.ndarray, each: np.ndarray, penalty: float) -> np.ndarray:
    """The weights with the least loss, scaled to the sum 1; equal without any evidence."""
    from scipy.optimize import minimize

    methods = ahead.shape[1]

    def loss(a: np.ndarray) -> tuple[float, np.ndarray]:
        margin = ahead @ a
        slope = -each / (1 + np.exp(np.minimum(margin, 500)))
        value = each @ np.logaddexp(0, -margin) + penalty / 2 * (a @ a)
        return float(value), slope @ ahead + penalty * a

    found = minimize(
        loss,
        np.ones(methods),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * methods,
        options={"ftol": 1e-15, "gtol": 1e-9},  # methods that resemble each other need it
    ).x
    total = found.sum()
    return found / total if len(each) and total > 0 else np.full(methods, 1.0 / methods)


def _standardised(scores: np.ndarray) -> np.ndarray:
    """Each row with mean 0 and standard deviation 1; constant rows become 0."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    return np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-12)
