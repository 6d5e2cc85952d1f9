"""The interface that every recommender has, and what they share.

Goal: training, scoring and listing behave the same for every method, so that one
contract test and one evaluation fit all of them.

Conventions
-----------
* ``matrix``: sparse, listeners x pieces, finite weights; stored zeros count as nothing.
* A listener is *cold* when no weight in the row is above 0. Cold listeners, and row
  -1 (what ``pandas.Index.get_indexer`` gives for an unknown one), get popularity
  scores: the number of listeners who like a piece.
* Scores of one listener are comparable with each other, not between listeners.
* Work goes in blocks of listeners, so memory does not grow with their number.
"""

import inspect
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.errors import ParameterError
from ricercar.recommend.blocks import blocks, each, one_thread
from ricercar.recommend.ranks import best, best_stored
from ricercar.recommend.weights import (
    interactions,
    liked,
    numbers,
    popularity,
    product,
    unit_rows,
)


class Recommender(ABC):
    """Base class: train with :meth:`fit`, then :meth:`scores` or :meth:`recommend`.

    A method implements ``_train(matrix)`` and ``_scores(rows)``; the rows that it sees
    are those of listeners who like something.
    """

    #: so many times as many listeners are worked on at a time where scores are sparse
    _sparsity = 1

    _matrix: sp.csr_array | None = None
    _columns: sp.csr_array | None = None

    @classmethod
    def parameters(cls) -> dict[str, bool]:
        """Names of the parameters, and whether each one must be given."""
        given = inspect.signature(cls).parameters.values()
        return {p.name: p.default is inspect.Parameter.empty for p in given}

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Parameters that may be left out, with the values that they then have."""
        given = inspect.signature(cls).parameters.values()
        return {p.name: p.default for p in given if p.default is not inspect.Parameter.empty}

    def __repr__(self) -> str:
        shown = (f"{name}={_short(getattr(self, name))}" for name in self.parameters())
        return f"{type(self).__name__}({', '.join(shown)})"

    @abstractmethod
    def _train(self, matrix: sp.csr_array) -> None:
        """Learn from a clean matrix with at least one liked piece."""

    @abstractmethod
    def _scores(self, rows: np.ndarray) -> np.ndarray:
        """Scores for listeners who like something: a fresh array (len(rows), pieces)."""

    def fit(self, matrix: Any) -> Self:
        """Learn from a weight matrix, forgetting what was learnt before.

        Parameters
        ----------
        matrix : scipy sparse, shape (listeners, pieces)
            Not changed.

        Returns
        -------
        Recommender
            The model itself.
        """
        clean = interactions(matrix)
        self._matrix = clean
        self._columns = None
        self._popularity = popularity(clean)
        likes = sp.csr_array((clean.data > 0, clean.indices, clean.indptr), shape=clean.shape)
        self._warm = np.asarray(likes.sum(axis=1)).ravel() > 0
        if self._warm.any():
            self._train(clean)
        return self

    @property
    def _fitted(self) -> sp.csr_array:
        if self._matrix is None:
            raise ParameterError(f"{type(self).__name__} is not trained: call fit(matrix) first")
        return self._matrix

    @property
    def shape(self) -> tuple[int, int]:
        """Listeners and pieces that the model knows."""
        return self._fitted.shape

    def is_cold(self, rows: ArrayLike) -> np.ndarray:
        """Which listeners get popularity because they like nothing yet, or are unknown."""
        checked = self._checked(rows)
        return (checked < 0) | ~np.append(self._warm, False)[checked]

    def likes(self, item: int) -> int:
        """How many listeners like a piece."""
        return int(popularity(self._fitted)[item])

    def _checked(self, rows: ArrayLike) -> np.ndarray:
        return numbers(rows, -1, self._fitted.shape[0] - 1, "listeners", "row")

    def scores(self, rows: ArrayLike) -> np.ndarray:
        """How strongly each piece is recommended.

        Parameters
        ----------
        rows : array_like of int, shape (n,)
            Listeners; -1 for one never seen.

        Returns
        -------
        numpy.ndarray, shape (n, pieces)
            Finite, higher is better; a fresh array in the precision of the method.
        """
        checked = self._checked(rows)
        with one_thread():
            return self._all_scores(checked)

    def _all_scores(self, rows: np.ndarray) -> np.ndarray:
        """Scores for any listeners, on the threads that the caller has set."""
        cold = self.is_cold(rows)
        if len(rows) and not cold.any():
            return self._scores(rows)
        if cold.all():
            return np.tile(self._popularity, (len(rows), 1))
        warm = self._scores(rows[~cold])
        result = np.empty((len(rows), self.shape[1]), dtype=warm.dtype)
        result[cold] = self._popularity
        result[~cold] = warm
        return result

    def recommend(
        self, rows: ArrayLike, n: int = 10, exclude: Any = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The n best pieces for each listener, ties to the lower column.

        Parameters
        ----------
        rows : array_like of int, shape (listeners,)
            -1 for a listener never seen.
        n : int
            Length of the lists; at most the number of pieces.
        exclude : scipy sparse, shape of the training matrix, optional
            What must not be offered: every entry that is not 0, often the training
            matrix itself. Row r speaks of listener r.

        Returns
        -------
        items : numpy.ndarray of int, shape (listeners, min(n, pieces))
            -1 where nothing is left to offer.
        scores : numpy.ndarray, same shape
            NaN where nothing is left to offer.
        """
        checked = self._checked(rows)
        if n < 0:
            raise ParameterError(f"cannot list {n} pieces: n must be 0 or more")
        hidden = None if exclude is None else interactions(exclude)
        if hidden is not None and hidden.shape != self.shape:
            raise ParameterError(
                f"exclude has shape {hidden.shape}, the model was trained on {self.shape}"
            )
        pieces = self.shape[1]
        items = np.empty((len(checked), min(n, pieces)), dtype=np.int64)
        values = np.empty(items.shape)

        weights = self._sparse_weights() if n and self._warm.any() else None
        if weights is not None and hidden is not None:
            weights = _with_hidden(weights)

        def fill(part: slice) -> None:
            items[part], values[part] = self._listed(checked[part], n, hidden, weights)

        each(fill, blocks(len(checked), pieces // self._sparsity))
        return items, values

    def _listed(
        self, rows: np.ndarray, n: int, hidden: sp.csr_array | None, weights: sp.csr_array | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The lists of a block of listeners, from sparse scores where these suffice."""
        if weights is not None and not self.is_cold(rows).any():
            inputs = self._sparse_inputs(rows)
            if hidden is not None:
                inputs = sp.hstack([inputs, liked(abs(hidden[rows]))], format="csr")
            sparse = product(inputs, weights)
            if sparse.nnz < sparse.shape[0] * sparse.shape[1] // 4:
                items, values = best_stored(sparse, n, above=0.0)
                short = items[:, -1] < 0
                if short.any():  # pieces with a score of 0 or less are needed too
                    items[short], values[short] = self._listed_densely(rows[short], n, hidden)
                return items, values
        return self._listed_densely(rows, n, hidden)

    def _listed_densely(
        self, rows: np.ndarray, n: int, hidden: sp.csr_array | None
    ) -> tuple[np.ndarray, np.ndarray]:
        pieces = self.shape[1]
        items = np.empty((len(rows), min(n, pieces)), dtype=np.int64)
        values = np.empty(items.shape)
        for part in blocks(len(rows), pieces):
            scores = self._all_scores(rows[part])
            if hidden is not None:
                _hide(scores, rows[part], hidden)
            items[part], values[part] = best(scores, n)
        return items, values

    def _sparse_weights(self) -> sp.csr_array | None:
        """What scores are a product with, if they are mostly 0, shape (inputs, pieces)."""
        return None

    def _sparse_inputs(self, rows: np.ndarray) -> sp.csr_array:
        """What scores of warm listeners are the product of, with the sparse weights."""
        return self._fitted[rows]

    def similar_items(self, items: ArrayLike, n: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The n pieces most like each of some pieces, ties to the lower column.

        What likeness means is the method's own, see its class; without one of its own it
        is the cosine of the columns of the training matrix.

        Parameters
        ----------
        items : array_like of int, shape (k,)
            Columns of the training matrix.
        n : int
            Length of the lists; at most the number of pieces.

        Returns
        -------
        items : numpy.ndarray of int, shape (k, min(n, pieces))
            Only pieces with a similarity above 0, never the piece itself; -1 where there
            are no more, as for a piece that nobody has heard.
        similarities : numpy.ndarray, same shape
            NaN where there are no more.

        Raises
        ------
        ParameterError
            If a column does not exist, or n is negative.
        """
        pieces = self.shape[1]
        checked = numbers(items, 0, pieces - 1, "pieces", "column")
        if n < 0:
            raise ParameterError(f"cannot list {n} pieces: n must be 0 or more")
        found = np.empty((len(checked), min(n, pieces)), dtype=np.int64)
        values = np.empty(found.shape)
        with one_thread():
            for part in blocks(len(checked), pieces):
                own = checked[part]
                near = np.zeros((len(own), pieces))
                if self._warm.any():
                    near = self._similar(own)
                near[np.arange(len(own)), own] = -np.inf
                found[part], values[part] = best(np.where(near > 0, near, -np.inf), n)
        return found, values

    def _similar(self, items: np.ndarray) -> np.ndarray:
        """Similarities to all pieces, a fresh array (len(items), pieces); 0 or less is none."""
        if self._columns is None:
            self._columns = unit_rows(sp.csr_array(self._fitted.T))
        return (self._columns[items] @ self._columns.T).toarray()

    def because(self, row: int, item: int, n: int = 3) -> list[tuple[int, float]]:
        """The heard pieces that speak most for a piece, with their parts of its score.

        Parameters
        ----------
        row : int
            A listener.
        item : int
            A piece.
        n : int
            At most so many.

        Returns
        -------
        list of (piece, part)
            Strongest first, only parts above 0. The parts of all heard pieces add up to
            the score, up to a constant. Empty for a cold listener, and from a method
            whose scores do not come from the listener's own pieces one by one.
        """
        if self.is_cold([row])[0]:
            return []
        with one_thread():
            parts = self._parts(row, item)
        order = np.argsort(-parts, kind="stable")[:n]
        return [(int(heard), float(parts[heard])) for heard in order if parts[heard] > 0]

    def _parts(self, row: int, item: int) -> np.ndarray:
        """What each piece heard by a warm listener adds to a score, shape (pieces,)."""
        return np.zeros(self.shape[1])

    def _heard(self, row: int) -> np.ndarray:
        """The weights of one listener, shape (pieces,)."""
        return self._fitted[[row]].toarray()[0]


def _with_hidden(weights: sp.csr_array) -> sp.csr_array:
    """Weights with one more input per piece: that it is hidden, worth minus infinity.

    To add that within the product is cheaper than to look hidden pieces up in what comes out.
    """
    never = sp.diags_array(np.full(weights.shape[1], -np.inf))
    return sp.csr_array(sp.vstack([weights, never], format="csr"))


def _hide(scores: np.ndarray, rows: np.ndarray, hidden: sp.csr_array) -> None:
    """Set the scores of hidden pieces to minus infinity, in place."""
    known = np.flatnonzero(rows >= 0)
    picked = hidden[rows[known]]
    scores[np.repeat(known, np.diff(picked.indptr)), picked.indices] = -np.inf


def _short(value: Any) -> str:
    """A parameter's value in at most a few words."""
    if isinstance(value, np.ndarray):
        return f"<array {' x '.join(map(str, value.shape))}>"
    return repr(value)
