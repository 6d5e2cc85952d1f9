"""The interface that every recommender has, and what they share.

Goal: training, scoring and listing behave the same for every method, so that one
contract test and one evaluation fit all of them.

Conventions
-----------
* ``matrix``: sparse, listeners x pieces, finite weights; stored zeros count as nothing.
* ``recommend`` offers heard pieces too, unless they are excluded.
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
from ricercar.recommend.ranks import best, best_stored, hide, with_hidden
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
        """Names of the parameters, and whether each one must be given.

        Examples
        --------
        >>> from ricercar.recommend import models
        >>> models()["item_knn"].parameters()["neighbours"]
        False
        """
        given = inspect.signature(cls).parameters.values()
        return {p.name: p.default is inspect.Parameter.empty for p in given}

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Parameters that may be left out, with the values that they then have.

        Examples
        --------
        >>> from ricercar.recommend import models
        >>> models()["gf_cf"].defaults()
        {'factors': 256, 'alpha': 0.3}
        """
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
        matrix : scipy sparse or array_like, shape (listeners, pieces)
            Weights, any number but NaN and infinity; not changed. A dense array, or nested
            lists, is taken as well, and its zeros are dropped; sparse saves the memory.

        Returns
        -------
        Recommender
            The model itself.

        Raises
        ------
        ParameterError
            If the matrix does not have two dimensions, or a weight is not finite.

        Examples
        --------
        >>> from ricercar.recommend import create
        >>> create("item_knn").fit(sp.csr_array([[1, 1, 0], [0, 1, 1]])).shape
        (2, 3)
        >>> create("item_knn").fit([[1, 1, 0], [0, 1, 1]]).shape
        (2, 3)
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
        """Which listeners get popularity because they like nothing yet, or are unknown.

        Parameters
        ----------
        rows : array_like of int, shape (n,)
            -1 for a listener never seen.

        Returns
        -------
        numpy.ndarray of bool, shape (n,)

        Raises
        ------
        ParameterError
            If a row does not exist.

        Examples
        --------
        >>> from ricercar.recommend import create
        >>> create("item_knn").fit([[1, 1], [-1, 0]]).is_cold([0, 1, -1]).tolist()
        [False, True, True]
        """
        checked = self._checked(rows)
        return (checked < 0) | ~np.append(self._warm, False)[checked]

    def likes(self, item: int) -> int:
        """How many listeners like a piece.

        Parameters
        ----------
        item : int
            A column of the training matrix.

        Returns
        -------
        int

        Raises
        ------
        ParameterError
            If the column does not exist.

        Examples
        --------
        >>> from ricercar.recommend import create
        >>> create("most_popular").fit([[1, 1], [-1, 2]]).likes(1)
        2
        """
        return int(popularity(self._fitted)[self._column(item)])

    def _checked(self, rows: ArrayLike) -> np.ndarray:
        return numbers(rows, -1, self._fitted.shape[0] - 1, "listeners", "row")

    def _column(self, item: int) -> int:
        return int(numbers([item], 0, self.shape[1] - 1, "pieces", "column")[0])

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

        Raises
        ------
        ParameterError
            If the model is not trained, or a row does not exist.

        Examples
        --------
        Two listeners of three like piece 0; whoever likes it also likes piece 1:

        >>> from ricercar.recommend import create
        >>> heard = sp.csr_array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1]])
        >>> create("item_knn", neighbours=2).fit(heard).scores([0]).round(2).tolist()
        [[1.0, 1.0, 0.5, 0.0]]
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
        """The n best pieces for each listener, heard ones too unless they are excluded.

        Give ``exclude=matrix``, the one that the model was trained on, for new pieces only.
        Ties go to the lower column.

        Parameters
        ----------
        rows : array_like of int, shape (listeners,)
            -1 for a listener never seen.
        n : int
            Length of the lists; at most the number of pieces.
        exclude : scipy sparse or array_like, shape of the training matrix, optional
            What must not be offered: every entry that is not 0, most often the training
            matrix itself. Row r speaks of listener r.

        Returns
        -------
        items : numpy.ndarray of int, shape (listeners, min(n, pieces))
            -1 where nothing is left to offer.
        scores : numpy.ndarray, same shape
            NaN where nothing is left to offer.

        Raises
        ------
        ParameterError
            If the model is not trained, a row does not exist, n is negative, or ``exclude``
            has another shape.

        Examples
        --------
        >>> from ricercar.recommend import create
        >>> heard = sp.csr_array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1]])
        >>> model = create("item_knn", neighbours=2).fit(heard)
        >>> model.recommend([0], n=2)[0].tolist()
        [[0, 1]]
        >>> items, scores = model.recommend([0, -1], n=2, exclude=heard)
        >>> items.tolist(), scores.round(2).tolist()
        ([[2, 3], [0, 1]], [[0.5, 0.0], [2.0, 2.0]])
        """
        checked = self._checked(rows)
        _check_length(n)
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
            weights = with_hidden(weights)

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
                hide(scores, rows[part], hidden)
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
            If the model is not trained, a column does not exist, or n is negative.

        Examples
        --------
        >>> from ricercar.recommend import create
        >>> heard = sp.csr_array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1]])
        >>> items, alike = create("item_knn", neighbours=2).fit(heard).similar_items([0, 3], n=2)
        >>> items.tolist(), alike.round(2).tolist()
        ([[1, 2], [2, -1]], [[1.0, 0.5], [0.71, nan]])
        """
        pieces = self.shape[1]
        checked = numbers(items, 0, pieces - 1, "pieces", "column")
        _check_length(n)
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
            A listener; -1 for one never seen.
        item : int
            A piece: a column of the training matrix.
        n : int
            At most so many.

        Returns
        -------
        list of (piece, part)
            Strongest first, only parts above 0. The parts of all heard pieces add up to
            the score, up to a constant. Empty for a cold listener, and from a method
            whose scores do not come from the listener's own pieces one by one.

        Raises
        ------
        ParameterError
            If the model is not trained, the row or column does not exist, or n is negative.

        Examples
        --------
        >>> from ricercar.recommend import create
        >>> heard = sp.csr_array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1]])
        >>> model = create("item_knn", neighbours=2).fit(heard)
        >>> [(piece, round(part, 2)) for piece, part in model.because(0, 2)]
        [(0, 0.5)]
        >>> model.because(0, 9999)
        Traceback (most recent call last):
        ricercar.errors.ParameterError: column numbers must lie in 0..3, got 9999
        """
        column = self._column(item)
        _check_length(n)
        if self.is_cold([row])[0]:
            return []
        with one_thread():
            parts = self._parts(row, column)
        order = np.argsort(-parts, kind="stable")[:n]
        return [(int(heard), float(parts[heard])) for heard in order if parts[heard] > 0]

    def _parts(self, row: int, item: int) -> np.ndarray:
        """What each piece heard by a warm listener adds to a score, shape (pieces,)."""
        return np.zeros(self.shape[1])

    def _heard(self, row: int) -> np.ndarray:
        """The weights of one listener, shape (pieces,)."""
        return self._fitted[[row]].toarray()[0]


def _check_length(n: int) -> None:
    if n < 0:
        raise ParameterError(f"cannot list {n} pieces: n must be 0 or more")


def _short(value: Any) -> str:
    """A parameter's value in at most a few words."""
    if isinstance(value, np.ndarray):
        return f"<array {' x '.join(map(str, value.shape))}>"
    return repr(value)
