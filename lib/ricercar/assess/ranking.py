r"""How good a ranking is: accuracy per listener.

Goal: evaluate lists over *all* pieces (never a sample of them), name the variant of
every metric, and say for how many listeners it holds.

Conventions
-----------
* A list holds piece columns, best first, -1 where it ran short. Its order is
  descending score, equal scores by ascending column; a metric sees ranks only.
* *Relevant* for a listener: liked in the test period (weight above 0) and not heard in
  training. Pieces heard in training are never listed, so a repeat is neither hit nor miss;
  unless repeats are allowed: then they may be listed and count like any other piece.
* :math:`h_r` is 1 if the piece at rank r is relevant, n the number of relevant pieces,
  k the cutoff, :math:`H = \sum_{r \le k} h_r`, and :math:`I_m = \sum_{r \le m}
  1 / \log_2(r + 1)` the gain of m relevant pieces in the first m places. A listener with
  n = 0 is *skipped*: no metric is defined.
* A listener without a liked piece in training is *cold*; cold listeners are evaluated
  too, on what the model does for them, and counted.

====================  ==================================================================
``recall_n@k``        :math:`H / n`
``recall_min@k``      :math:`H / \min(n, k)` (LensKit, Mult-VAE)
``precision@k``       :math:`H / k`, also where the list is shorter
``hit@k``             1 if any of the first k is relevant
``rr@k``              1 / rank of the first relevant piece, 0 if it comes after k; its mean
                      is the MRR
``ap_n@k``            :math:`\sum_{r \le k} h_r\,\mathrm{precision}@r / n`; its mean is the
                      MAP
``ap_min@k``          the same sum, divided by :math:`\min(n, k)`
``ndcg_min@k``        :math:`\sum_{r \le k} h_r / \log_2(r + 1)`, divided by
                      :math:`I_{\min(n, k)}`, the best that was possible (most sources)
``ndcg_retrieved@k``  the same, divided by :math:`I_H`: the retrieved hits in the best order,
                      0 without a hit (NGCF, KGAT); only compares lists with equal recall
``ndcg_full@k``       the same, divided by :math:`I_k`, as if k pieces were relevant
                      (RecTools); below 1 for the best list of a listener with n < k
====================  ==================================================================

Per listener, too, from other modules: ``novelty@k``, ``diversity@k``, ``serendipity@k``,
``popularity_lift@k`` and ``repeat_share@k`` (:mod:`.beyond`), ``style_kl@k`` and
``style_js@k`` (:mod:`.calibration`). Figures of all lists together (coverage, Gini):
:mod:`.exposure`; intervals and comparisons: :mod:`.comparison`.

Beside other packages
---------------------
ir_measures: R, P, Success, RR, AP and nDCG are ``recall_n``, ``precision``, ``hit``,
``rr``, ``ap_n`` and ``ndcg_min``; the other variants are the same measures over a changed
set of relevant pieces. Of equal scores it puts the *greater* document id (as text) first,
but for ``RR@k`` the lesser, so give it ranks, not scores, where scores are equal. ranx
agrees where no scores are equal; its ``ndcg`` is ``ndcg_min``. implicit's
``ranking_metrics_at_k`` calls ``recall_min`` pooled over listeners precision, and means
``ap_min`` by map.

Sources
-------
K. Jarvelin, J. Kekalainen, "Cumulated gain-based evaluation of IR techniques", TOIS 20
(2002). W. Krichene, S. Rendle, "On sampled metrics for item recommendation", KDD 2020.
X. Wang et al., "Neural graph collaborative filtering", SIGIR 2019 (its evaluation code).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.assess import beyond, calibration
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

ACCURACY = (
    "recall_n",
    "recall_min",
    "precision",
    "hit",
    "rr",
    "ap_n",
    "ap_min",
    "ndcg_min",
    "ndcg_retrieved",
    "ndcg_full",
)

#: listeners whose lists are measured at a time
_BLOCK = 16_384


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
    train, test : scipy sparse, shape (listeners, pieces)

    Returns
    -------
    scipy.sparse.csr_array, shape (listeners, pieces)
        Ones.
    repeats : int
        Test entries left out because they were heard in training.

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


def hits(lists: np.ndarray, relevant: sp.csr_array) -> np.ndarray:
    """Which listed pieces are relevant.

    Parameters
    ----------
    lists : numpy.ndarray of int, shape (listeners, depth)
        -1 where a list ran short.
    relevant : scipy.sparse.csr_array, shape (listeners, pieces)
        The same listeners in the same order.

    Returns
    -------
    numpy.ndarray of bool, shape (listeners, depth)

    Examples
    --------
    >>> hits(np.array([[2, 0, -1]]), sp.csr_array([[1, 0, 0]])).tolist()
    [[False, True, False]]
    """
    return beyond.inside(lists, relevant)


def accuracy(hits: np.ndarray, n: np.ndarray, cutoffs: Sequence[int]) -> pd.DataFrame:
    """Accuracy per listener.

    Parameters
    ----------
    hits : numpy.ndarray of bool, shape (listeners, depth)
        Depth at least the largest cutoff, or the number of pieces.
    n : numpy.ndarray of int, shape (listeners,)
        Relevant pieces per listener; NaN comes out where it is 0.
    cutoffs : sequence of int

    Returns
    -------
    pandas.DataFrame
        Columns ``recall_n@10`` and so on: :data:`ACCURACY` at each cutoff.

    Examples
    --------
    >>> table = accuracy(np.array([[False, True]]), np.array([1]), [2])
    >>> table.round(3).iloc[0].to_dict()
    {'recall_n@2': 1.0, 'recall_min@2': 1.0, 'precision@2': 0.5, 'hit@2': 1.0, 'rr@2': 0.5,
     'ap_n@2': 0.5, 'ap_min@2': 0.5, 'ndcg_min@2': 0.631, 'ndcg_retrieved@2': 0.631,
     'ndcg_full@2': 0.387}
    """
    names = [f"{name}@{k}" for k in cutoffs for name in ACCURACY]
    values = np.empty((len(names), len(hits)))
    for start in range(0, len(hits), _BLOCK):
        part = slice(start, start + _BLOCK)
        values[:, part] = _accuracy(hits[part], n[part], cutoffs)
    return pd.DataFrame(dict(zip(names, values, strict=True)), copy=False)


def _accuracy(hits: np.ndarray, n: np.ndarray, cutoffs: Sequence[int]) -> np.ndarray:
    """The metrics of some listeners, shape (cutoffs x metrics, listeners)."""
    deepest = max(cutoffs)
    h = np.zeros((len(hits), deepest))
    h[:, : hits.shape[1]] = hits[:, :deepest]
    rank = np.arange(1, deepest + 1)
    defined = np.where(n > 0, 1.0, np.nan)
    n = np.maximum(n, 1)
    found = np.cumsum(h, axis=1)
    gain = np.cumsum(h / np.log2(rank + 1), axis=1)
    precision_sum = np.cumsum(h * found / rank, axis=1)
    ideal = np.concatenate([[1.0], np.cumsum(1 / np.log2(rank + 1))])  # 0 / 1 without a hit
    first = np.where(h.any(axis=1), h.argmax(axis=1) + 1, np.inf)
    rows: list[np.ndarray] = []
    for k in cutoffs:
        at, most = found[:, k - 1], np.minimum(n, k)
        rows += [
            at / n,
            at / most,
            at / k,
            at > 0,
            np.where(first <= k, 1 / first, 0.0),
            precision_sum[:, k - 1] / n,
            precision_sum[:, k - 1] / most,
            gain[:, k - 1] / ideal[most],
            gain[:, k - 1] / ideal[at.astype(int)],
            gain[:, k - 1] / ideal[k],
        ]
    return np.stack(rows) * defined


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
        Trained on ``train``.
    train, test : scipy sparse, shape (listeners, pieces)
        Weights, with the same rows and columns.
    cutoffs : sequence of int
        The k of the metrics.
    features : numpy.ndarray, shape (pieces, features), optional
        Standardised, for ``diversity@k``.
    styles : array_like, shape (pieces,) or (pieces, styles), optional
        Labels or shares, see :func:`.calibration.shares`; for ``style_kl@k`` and
        ``style_js@k``.
    repeats : bool
        Whether pieces heard in training may be listed, and then are relevant like others;
        adds ``repeat_share@k``.

    Raises
    ------
    ParameterError
        If the shapes differ, a cutoff is below 1, or nobody has a relevant piece.
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
