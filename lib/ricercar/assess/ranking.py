r"""How good a ranking is: a model's lists for all listeners, measured.

Goal: evaluate lists over *all* pieces (never a sample of them), name the variant of
every metric, and say for how many listeners it holds.

Conventions
-----------
* A list holds piece columns, best first, -1 where it ran short. Its order is
  descending score, equal scores by ascending column; a metric sees ranks only.
* *Relevant* for a listener: liked in the test period (weight above 0) and not heard in
  training. Pieces heard in training are never listed, so a repeat is neither hit nor miss;
  unless repeats are allowed: then they may be listed and count like any other piece.
* A listener with no relevant piece is *skipped*: no metric is defined.
* A listener without a liked piece in training is *cold*; cold listeners are evaluated
  too, on what the model does for them, and counted.

Per listener: the metrics of :mod:`.accuracy`; ``novelty@k``, ``diversity@k``,
``serendipity@k``, ``popularity_lift@k`` and ``repeat_share@k`` of :mod:`.beyond`;
``style_kl@k`` and ``style_js@k`` of :mod:`.calibration`. Figures of all lists together
(coverage, Gini): :mod:`.exposure`; intervals and comparisons: :mod:`.comparison`.

Source
------
W. Krichene, S. Rendle, "On sampled metrics for item recommendation", KDD 2020.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.assess import beyond, calibration
from ricercar.assess.accuracy import ACCURACY, accuracy, hits
from ricercar.assess.beyond import diversity, novelty
from ricercar.errors import ParameterError

__all__ = [
    "ACCURACY",
    "Evaluation",
    "Ranker",
    "accuracy",
    "diversity",
    "evaluate",
    "hits",
    "novelty",
    "relevant",
]


class Ranker(Protocol):
    """Anything that lists pieces for listeners, see :mod:`ricercar.recommend`."""

    def recommend(
        self, rows: Any, n: int = ..., exclude: Any = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pieces and scores, shape (listeners, n)."""


@dataclass(frozen=True)
class Evaluation:
    """What came out for one model.

    Attributes
    ----------
    listeners : numpy.ndarray of int, shape (evaluated,)
        Row numbers of the listeners with something relevant.
    cold : numpy.ndarray of bool, shape (evaluated,)
    metrics : pandas.DataFrame, shape (evaluated, metrics)
        One column per metric, one row per listener, in the order of ``listeners``.
    lists : numpy.ndarray of int, shape (evaluated, largest cutoff)
    pieces : int
        Number of pieces that were ranked.
    skipped : int
        Listeners without a relevant piece.
    repeats : int
        Liked in the test period, but left out because heard in training.
    cutoffs : tuple of int
    """

    listeners: np.ndarray
    cold: np.ndarray
    metrics: pd.DataFrame
    lists: np.ndarray
    pieces: int
    skipped: int
    repeats: int
    cutoffs: tuple[int, ...]

    def values(self, metric: str) -> np.ndarray:
        """One metric of every listener.

        Parameters
        ----------
        metric : str
            A column of ``metrics``, such as ``ndcg_min@10``.

        Returns
        -------
        numpy.ndarray, shape (evaluated,)
            In the order of ``listeners``; NaN where it is not defined.

        Raises
        ------
        ParameterError
            If it was not measured.

        Examples
        --------
        >>> measured = pd.DataFrame({"hit@1": [1.0], "rr@1": [1.0]})
        >>> one = np.zeros(1, int)
        >>> Evaluation(one, one > 0, measured, one[:, None], 1, 0, 0, (1,)).values("ndcg@1")
        Traceback (most recent call last):
        ricercar.errors.ParameterError: there is no metric 'ndcg@1'; measured: hit@1, rr@1
        """
        if metric not in self.metrics:
            known = ", ".join(map(str, self.metrics.columns))
            raise ParameterError(f"there is no metric {metric!r}; measured: {known}")
        return self.metrics[metric].to_numpy(dtype=float)


def _positive(matrix: Any) -> sp.csr_array:
    """Which entries are above 0, as a canonical matrix of ones."""
    result = sp.csr_array(matrix, dtype=np.float64, copy=True)
    result.sum_duplicates()
    result.data = (result.data > 0).astype(np.float64)
    result.eliminate_zeros()
    return result


def relevant(train: Any, test: Any) -> tuple[sp.csr_array, int]:
    """What a listener newly liked: positive in test, not heard (any weight) in train.

    Parameters
    ----------
    train, test : scipy sparse or array_like, shape (listeners, pieces)

    Returns
    -------
    scipy.sparse.csr_array, shape (listeners, pieces)
        Ones.
    repeats : int
        Test entries left out because they were heard in training.

    Raises
    ------
    ParameterError
        If the shapes differ.

    Examples
    --------
    >>> new, repeats = relevant(sp.csr_array([[1, -1, 0]]), sp.csr_array([[1, 1, 1]]))
    >>> new.toarray().tolist(), repeats
    ([[0.0, 0.0, 1.0]], 2)
    """
    heard = _positive(abs(sp.csr_array(train)))
    liked = _positive(test)
    if heard.shape != liked.shape:
        raise ParameterError(f"train has shape {heard.shape}, test {liked.shape}: align them")
    new = sp.csr_array(liked - liked.multiply(heard))
    new.eliminate_zeros()
    new.sort_indices()
    return new, int(liked.nnz - new.nnz)


def evaluate(
    model: Ranker,
    train: Any,
    test: Any,
    cutoffs: Sequence[int] = (10, 20),
    features: np.ndarray | None = None,
    styles: ArrayLike | None = None,
    repeats: bool = False,
) -> Evaluation:
    """Rank all pieces for every listener with something relevant, and measure.

    Parameters
    ----------
    model : Ranker
        Trained on ``train``: any of :mod:`ricercar.recommend`, or your own with a method
        ``recommend(rows, n, exclude)``.
    train, test : scipy sparse or array_like, shape (listeners, pieces)
        Weights, with the same rows and columns.
    cutoffs : sequence of int
        The k of the metrics; lists are as long as the largest.
    features : numpy.ndarray, shape (pieces, features), optional
        Standardised, for ``diversity@k``.
    styles : array_like, shape (pieces,) or (pieces, styles), optional
        Labels or shares, see :func:`.calibration.shares`; for ``style_kl@k`` and
        ``style_js@k``.
    repeats : bool
        Whether pieces heard in training may be listed, and then are relevant like others;
        adds ``repeat_share@k``.

    Returns
    -------
    Evaluation
        ``metrics`` has a row per listener with something relevant; means with intervals come
        from :func:`.comparison.summary`.

    Raises
    ------
    ParameterError
        If the shapes differ, a cutoff is below 1, or nobody has a relevant piece.

    Examples
    --------
    >>> from ricercar.recommend import create
    >>> train = sp.csr_array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 0]])
    >>> test = sp.csr_array([[0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 1, 0]])
    >>> model = create("most_popular").fit(train)
    >>> done = evaluate(model, train, test, cutoffs=[1])
    >>> done.listeners.tolist(), done.lists.tolist(), done.skipped, done.repeats
    ([0, 1], [[2], [3]], 1, 1)
    >>> done.metrics[["recall_n@1", "ndcg_min@1"]].mean().tolist()
    [1.0, 1.0]
    """
    if not cutoffs or min(cutoffs) < 1:
        raise ParameterError(f"cutoffs must be 1 or more, got {list(cutoffs)}")
    wanted, left_out = relevant(train, test)
    if repeats:
        wanted, left_out = _positive(test), 0
    n = np.diff(wanted.indptr)
    rows = np.flatnonzero(n > 0)
    if not len(rows):
        raise ParameterError("no listener liked anything new in the test period")
    lists, _ = model.recommend(rows, max(cutoffs), exclude=None if repeats else train)
    likes, own = _positive(train), sp.csr_array(wanted[rows])
    hit = hits(lists, own)
    metrics = accuracy(hit, n[rows], cutoffs)
    popularity = np.bincount(likes.indices, minlength=likes.shape[1])
    profiles = sp.csr_array(likes[rows])
    heard = _positive(abs(sp.csr_array(train)[rows]))
    usual = beyond.profile_popularity(profiles, popularity)
    for k in cutoffs:
        top = lists[:, :k]
        metrics[f"novelty@{k}"] = novelty(top, popularity, likes.shape[0])
        expected = beyond.expected(top, popularity, k, None if repeats else heard)
        metrics[f"serendipity@{k}"] = beyond.serendipity(hit[:, :k], expected, k)
        offered = beyond.list_popularity(top, popularity)
        metrics[f"popularity_lift@{k}"] = beyond.lift(offered, usual)
        if features is not None:
            metrics[f"diversity@{k}"] = diversity(top, np.asarray(features, float))
        if repeats:
            metrics[f"repeat_share@{k}"] = beyond.repeat_share(top, heard)
    if styles is not None:
        share = calibration.shares(styles)
        mix = calibration.profile_mix(sp.csr_array(train)[rows], share)
        for k in cutoffs:
            offered = calibration.list_mix(lists[:, :k], share)
            metrics[f"style_kl@{k}"] = calibration.divergence(mix, offered)
            metrics[f"style_js@{k}"] = calibration.jensen_shannon(mix, offered)
    cold = np.diff(profiles.indptr) == 0
    skipped = len(n) - len(rows)
    return Evaluation(
        rows, cold, metrics, lists, wanted.shape[1], skipped, left_out, tuple(cutoffs)
    )
