"""A recommender whose lists are re-ranked, evaluated and explained like any other.

Conventions
-----------
A *rule* takes what the model learnt from, the listeners' rows (-1: never seen), their
candidates and the number of places, and gives back the new lists, see
:mod:`ricercar.recommend.rerank`.
"""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.assess import calibration
from ricercar.errors import ParameterError
from ricercar.recommend import rerank, rerank_groups
from ricercar.recommend.base import Recommender
from ricercar.recommend.weights import popularity

#: (train, rows, items, scores, n) -> (items, scores)
Rule = Callable[
    [sp.csr_array, np.ndarray, np.ndarray, np.ndarray, int], tuple[np.ndarray, np.ndarray]
]


class Reranked(Recommender):
    """A model, and a rule that puts its best pieces into another order.

    :meth:`scores` and :meth:`because` are the model's own; only :meth:`recommend` differs.

    Parameters
    ----------
    model : Recommender
        Trained or not; :meth:`fit` trains it.
    rule : callable
        From :func:`by_mmr`, :func:`by_calibration`, :func:`by_popularity` or
        :func:`by_tail`.
    candidates : int
        How many of the model's best pieces the rule chooses from; at least 1.

    Examples
    --------
    >>> from ricercar import recommend
    >>> train = sp.csr_array([[1, 1, 0], [1, 0, 0], [0, 0, 1]])
    >>> model = Reranked(recommend.create("most_popular"), by_popularity(strength=0.9))
    >>> model.fit(train).recommend([1], n=2)[0].tolist()
    [[1, 2]]
    """

    def __init__(self, model: Recommender, rule: Rule, candidates: int = 100) -> None:
        if candidates < 1:
            raise ParameterError(f"candidates must be at least 1, got {candidates}")
        self.model, self.rule, self.candidates = model, rule, candidates
        if model._matrix is not None:
            self._adopt()

    def fit(self, matrix: Any) -> Self:
        """Train the model, see :meth:`Recommender.fit`."""
        self.model.fit(matrix)
        return self._adopt()

    def _adopt(self) -> Self:
        """Know what the trained model knows, without a copy."""
        self._matrix, self._warm = self.model._matrix, self.model._warm
        self._popularity = self.model._popularity
        return self

    def _train(self, matrix: sp.csr_array) -> None:
        self.model._train(matrix)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return self.model._scores(rows)

    def _similar(self, items: np.ndarray) -> np.ndarray:
        return self.model._similar(items)

    def _parts(self, row: int, item: int) -> np.ndarray:
        return self.model._parts(row, item)

    def recommend(
        self, rows: ArrayLike, n: int = 10, exclude: Any = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The model's best candidates in the rule's order.

        Parameters and what is returned are those of :meth:`Recommender.recommend`;
        the scores are the model's, so they need not descend.
        """
        checked = self._checked(rows)
        items, scores = self.model.recommend(checked, max(n, self.candidates), exclude)
        return self.rule(self._fitted, checked, items, scores, min(n, self.shape[1]))


def by_mmr(features: ArrayLike, strength: float = 0.3) -> Rule:
    """Each place to a piece unlike those above it, see :func:`.rerank.mmr`."""
    return lambda train, rows, items, scores, n: rerank.mmr(items, scores, n, features, strength)


def by_popularity(strength: float = 0.3) -> Rule:
    """Pieces that many like move down, see :func:`.rerank.less_popular`."""
    return lambda train, rows, items, scores, n: rerank.less_popular(
        items, scores, n, popularity(train), strength
    )


def by_calibration(groups: ArrayLike, strength: float = 0.5) -> Rule:
    """Styles in the shares in which the listener likes them, see :func:`.calibrated`.

    Parameters
    ----------
    groups : array_like, shape (pieces,) or (pieces, groups)
        Styles, see :func:`ricercar.assess.calibration.shares`.
    strength : float
    """
    share = calibration.shares(groups)
    return _by_tastes(rerank_groups.calibrated, lambda train: share, strength)


def by_tail(strength: float = 0.5, head: float = 0.8) -> Rule:
    """Head and tail of popularity as much as the listener likes them, see :func:`.xquad`.

    Parameters
    ----------
    strength : float
    head : float
        See :func:`.head_and_tail`.
    """
    return _by_tastes(
        rerank_groups.xquad,
        lambda train: rerank_groups.head_and_tail(popularity(train), head),
        strength,
    )


def _by_tastes(
    reranking: Callable[..., tuple[np.ndarray, np.ndarray]],
    groups_of: Callable[[sp.csr_array], np.ndarray],
    strength: float,
) -> Rule:
    """Re-rank by groups of pieces, which may depend on what the model learnt from."""

    def rule(
        train: sp.csr_array, rows: np.ndarray, items: np.ndarray, scores: np.ndarray, n: int
    ) -> tuple[np.ndarray, np.ndarray]:
        groups = groups_of(train)
        wanted = rerank_groups.tastes(train, rows, groups)
        return reranking(items, scores, n, groups, wanted, strength)

    return rule
