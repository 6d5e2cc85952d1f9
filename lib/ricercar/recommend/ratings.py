r"""Predicting ratings: what would this listener say about that piece?

Goal: explicit feedback, with an answer for every pair, also of unknown listeners and pieces.

Conventions
-----------
* ``ratings``: sparse, listeners x pieces; what is stored is a rating, also a stored 0, and
  what is not stored is unknown. At most one rating for each pair.
* ``predict(rows, items)`` takes pairs: row and column numbers, -1 for one never seen. It
  answers in the units of the ratings, within the range of those that were learnt from.
* Every method starts from the same baseline
  :math:`b_{ui} = \mu + b_u + b_i`: the mean of all ratings and what a listener and a
  piece deviate from it, shrunk towards 0 where it rests on little; of an unknown
  listener or piece it is 0. Methods explain what is left, :math:`e_{ui} = r_{ui} - b_{ui}`,
  and where they know nothing the baseline is the answer.

Sources
-------
Baseline: Y. Koren, "Factor in the neighbors: scalable and accurate collaborative
filtering", TKDD 4 (2010), section 2.1. Neighbours: P. Resnick et al., CSCW 1994, and B.
Sarwar et al., WWW 2001, centred on the baseline. Factors: Y. Zhou et al., "Large-scale
parallel collaborative filtering for the Netflix prize", AAIM 2008, with a plain penalty.
"""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.errors import ParameterError
from ricercar.recommend.blocks import blocks, one_thread
from ricercar.recommend.ranks import strongest
from ricercar.recommend.similarities import Similarity, check
from ricercar.recommend.weights import numbers


class RatingModel(ABC):
    """Base class: the baseline, and what a method adds to it.

    Parameters
    ----------
    listener_shrink, item_shrink : float
        0 or more: as if a listener, a piece, had so many more ratings without deviation.
    """

    _range: tuple[float, float] | None = None

    def __init__(self, listener_shrink: float = 5.0, item_shrink: float = 5.0) -> None:
        if not (listener_shrink >= 0 and item_shrink >= 0):
            raise ParameterError(
                f"shrinkage must not be negative, got {listener_shrink} and {item_shrink}"
            )
        self.listener_shrink, self.item_shrink = listener_shrink, item_shrink

    def fit(self, ratings: Any) -> Self:
        """Learn from ratings, forgetting what was learnt before.

        Parameters
        ----------
        ratings : scipy sparse, shape (listeners, pieces)
            Not changed.

        Raises
        ------
        ParameterError
            If there is no rating, one is not finite, or a pair has two.
        """
        known = _checked(ratings)
        self.shape: tuple[int, int] = known.shape
        self._range = (float(known.data.min()), float(known.data.max()))
        self._mean = float(known.data.mean())
        row = np.repeat(np.arange(known.shape[0]), np.diff(known.indptr))
        left = known.data - self._mean
        self._items = _shrunk(known.indices, left, known.shape[1], self.item_shrink)
        left = left - self._items[known.indices]
        self._listeners = _shrunk(row, left, known.shape[0], self.listener_shrink)
        left = left - self._listeners[row]
        with one_thread():
            self._train(sp.csr_array((left, known.indices, known.indptr), shape=known.shape))
        return self

    def predict(self, rows: ArrayLike, items: ArrayLike) -> np.ndarray:
        """Predicted ratings of pairs.

        Parameters
        ----------
        rows, items : array_like of int, shape (n,)
            Listeners and pieces; -1 for one never seen.

        Returns
        -------
        numpy.ndarray, shape (n,)
            Finite, within the range of the ratings learnt from.
        """
        if self._range is None:
            raise ParameterError(f"{type(self).__name__} is not trained: call fit(ratings) first")
        listener = numbers(rows, -1, self.shape[0] - 1, "listeners", "row")
        item = numbers(items, -1, self.shape[1] - 1, "pieces", "column")
        if len(listener) != len(item):
            raise ParameterError(f"{len(listener)} listeners for {len(item)} pieces: give pairs")
        found = self._mean + self._listeners[listener] + self._items[item]
        both = np.flatnonzero((listener >= 0) & (item >= 0))
        with one_thread():
            for part in blocks(len(both), max(self.shape)):
                some = both[part]
                found[some] += self._deviation(listener[some], item[some])
        return np.clip(found, *self._range)

    @abstractmethod
    def _train(self, left: sp.csr_array) -> None:
        """Learn what the baseline leaves unexplained; stored zeros are explained ratings."""

    @abstractmethod
    def _deviation(self, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        """What is expected beyond the baseline, for pairs of known numbers, shape (n,)."""


class BiasedMean(RatingModel):
    r"""The baseline itself.

    .. math:: b_i = \frac{\sum_u (r_{ui} - \mu)}{n_i + \lambda_i}, \qquad
        b_u = \frac{\sum_i (r_{ui} - \mu - b_i)}{n_u + \lambda_u}

    Examples
    --------
    >>> ratings = sp.csr_array([[5.0, 3.0], [4.0, 0.0]])
    >>> BiasedMean(0.0, 0.0).fit(ratings).predict([1, 1, -1], [0, 1, -1]).tolist()
    [4.0, 3.0, 4.0]
    """

    def _train(self, left: sp.csr_array) -> None:
        pass

    def _deviation(self, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        return np.zeros(len(rows))


class _RatingNeighbours(RatingModel):
    """What user and item neighbours share: a weighted mean of what is left."""

    def __init__(
        self,
        neighbours: int = 40,
        shrink: float = 1.0,
        listener_shrink: float = 5.0,
        item_shrink: float = 5.0,
    ) -> None:
        super().__init__(listener_shrink, item_shrink)
        if neighbours < 1:
            raise ParameterError(f"neighbours must be at least 1, got {neighbours}")
        check("cosine", shrink, 0.5)
        self.neighbours, self.shrink = neighbours, shrink

    def _learn(self, left: sp.csr_array) -> None:
        """Rows are what has neighbours."""
        self._like = Similarity(left, "cosine", self.shrink)
        self._left = sp.csr_array(left.T)
        self._rated = sp.csr_array(
            (np.ones(left.nnz), self._left.indices, self._left.indptr), shape=self._left.shape
        )

    def _weighted(self, own: np.ndarray, other: np.ndarray) -> np.ndarray:
        """The mean of what neighbours of ``own`` leave at ``other``; 0 without any."""
        asked, place = np.unique(own, return_inverse=True)
        raters = self._like(asked)[place].multiply(self._rated[other])
        near = strongest(sp.csr_array(raters), self.neighbours)
        total = np.asarray(near.sum(axis=1)).ravel()
        summed = np.asarray(near.multiply(self._left[other]).sum(axis=1)).ravel()
        return np.divide(summed, total, out=np.zeros_like(total), where=total > 0)


class RatingUserNeighbours(_RatingNeighbours):
    r"""What listeners who agree with you say about a piece.

    .. math:: \hat r_{ui} = b_{ui} + \frac{\sum_v \mathrm{sim}(u, v)\, e_{vi}}
        {\sum_v \mathrm{sim}(u, v)}

    over the k most similar v who have rated i; sim is the shrunk cosine of the rows of e,
    and only similarities above 0 count.

    Parameters
    ----------
    neighbours : int
        k.
    shrink : float
        0 or more; makes similarities small that rest on few ratings in common.
    listener_shrink, item_shrink : float
        Of the baseline.
    """

    def _train(self, left: sp.csr_array) -> None:
        self._learn(left)

    def _deviation(self, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self._weighted(rows, items)


class RatingItemNeighbours(_RatingNeighbours):
    r"""What you say about pieces that are rated alike.

    .. math:: \hat r_{ui} = b_{ui} + \frac{\sum_j \mathrm{sim}(i, j)\, e_{uj}}
        {\sum_j \mathrm{sim}(i, j)}

    over the k most similar pieces j that u has rated; sim is the shrunk cosine of the
    columns of e, and only similarities above 0 count.

    Parameters
    ----------
    neighbours, shrink, listener_shrink, item_shrink
        As in :class:`RatingUserNeighbours`.
    """

    def _train(self, left: sp.csr_array) -> None:
        self._learn(sp.csr_array(left.T))

    def _deviation(self, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self._weighted(items, rows)


class RatingFactors(RatingModel):
    r"""Matrix factorisation of what the baseline leaves, by alternating least squares.

    Minimises :math:`\sum_{ui\ \mathrm{rated}} (e_{ui} - x_u^\top y_i)^2
    + \lambda (\lVert x \rVert^2 + \lVert y \rVert^2)`.

    Parameters
    ----------
    factors : int
        Length of the vectors.
    regularisation : float
        lambda, above 0.
    iterations : int
        Rounds of solving for listeners, then pieces.
    seed : int
    listener_shrink, item_shrink : float
        Of the baseline.
    """

    def __init__(
        self,
        factors: int = 8,
        regularisation: float = 5.0,
        iterations: int = 20,
        seed: int = 0,
        listener_shrink: float = 5.0,
        item_shrink: float = 5.0,
    ) -> None:
        super().__init__(listener_shrink, item_shrink)
        if factors < 1 or iterations < 1:
            raise ParameterError(
                f"factors and iterations must be at least 1, got {factors} and {iterations}"
            )
        if not regularisation > 0:
            raise ParameterError(f"regularisation must be above 0, got {regularisation}")
        self.factors, self.regularisation = factors, regularisation
        self.iterations, self.seed = iterations, seed

    def _train(self, left: sp.csr_array) -> None:
        rng = np.random.default_rng(self.seed)
        self._y = rng.normal(scale=0.1, size=(left.shape[1], self.factors))
        other = sp.csr_array(left.T)
        for _ in range(self.iterations):
            self._x = self._solved(left, self._y)
            self._y = self._solved(other, self._x)

    def _solved(self, left: sp.csr_array, fixed: np.ndarray) -> np.ndarray:
        """The best vectors of the rows, with those of the columns fixed."""
        k = self.factors
        squares = (fixed[:, :, None] * fixed[:, None, :]).reshape(len(fixed), k * k)
        rated = sp.csr_array((np.ones(left.nnz), left.indices, left.indptr), shape=left.shape)
        found = np.empty((left.shape[0], k))
        for part in blocks(left.shape[0], k * k):
            grams = (rated[part] @ squares).reshape(-1, k, k) + self.regularisation * np.eye(k)
            found[part] = np.linalg.solve(grams, (left[part] @ fixed)[:, :, None])[:, :, 0]
        return found

    def _deviation(self, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        return (self._x[rows] * self._y[items]).sum(axis=1)


def _checked(ratings: Any) -> sp.csr_array:
    entries = sp.coo_array(ratings, dtype=np.float64, copy=True)
    if entries.ndim != 2 or not entries.nnz:
        raise ParameterError("there is nothing to learn from: give a matrix with ratings in it")
    if not np.isfinite(entries.data).all():
        raise ParameterError("the ratings hold NaN or infinite values: drop them")
    known = sp.csr_array(entries)
    known.sum_duplicates()
    if known.nnz < entries.nnz:
        raise ParameterError(
            f"{entries.nnz - known.nnz} pairs have more than one rating: keep one, or their mean"
        )
    return known


def _shrunk(place: np.ndarray, left: np.ndarray, count: int, shrink: float) -> np.ndarray:
    """Shrunk mean per place, and a last 0 for what is unknown (number -1)."""
    sums = np.bincount(place, weights=left, minlength=count)
    size = np.bincount(place, minlength=count) + shrink
    return np.append(np.divide(sums, size, out=np.zeros(count), where=size > 0), 0.0)


#: the methods by name, the simplest first
MODELS: dict[str, type[RatingModel]] = {
    "biased_mean": BiasedMean,
    "user_knn": RatingUserNeighbours,
    "item_knn": RatingItemNeighbours,
    "factors": RatingFactors,
}
