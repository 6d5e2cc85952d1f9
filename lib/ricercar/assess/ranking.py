r"""How good a ranking is: accuracy per listener, and what lies beyond accuracy.

Goal: evaluate lists over *all* pieces (never a sample of them), name the variant of
every metric, and say for how many listeners it holds.

Conventions
-----------
* A list holds piece columns, best first, -1 where it ran short. Its order is
  descending score, equal scores by ascending column; a metric sees ranks only.
* *Relevant* for a listener: liked in the test period (weight above 0) and not heard in
  training. Pieces heard in training are never listed, so a repeat is neither hit nor miss.
* :math:`h_r` is 1 if the piece at rank r is relevant, n the number of relevant pieces,
  k the cutoff. A listener with n = 0 is *skipped*: no metric is defined.
* A listener without a liked piece in training is *cold*; cold listeners are evaluated
  too, on what the model does for them, and counted.

=================  =====================================================================
``recall_n@k``     :math:`\sum_{r \le k} h_r / n`
``recall_min@k``   :math:`\sum_{r \le k} h_r / \min(n, k)`
``precision@k``    :math:`\sum_{r \le k} h_r / k`, also where the list is shorter
``hit@k``          1 if any of the first k is relevant
``rr@k``           1 / rank of the first relevant piece, 0 if it comes after k
``ap_n@k``         :math:`\sum_{r \le k} h_r\,\mathrm{precision}@r / n`
``ndcg_min@k``     :math:`\sum_{r \le k} h_r / \log_2(r + 1)`, divided by its value for
                   the ideal list, :math:`\sum_{r \le \min(n, k)} 1 / \log_2(r + 1)`
``novelty@k``      mean self-information :math:`-\log_2((c_i + 1) / (L + 1))` of the listed
                   pieces, bits; c of L listeners liked piece i in training
``diversity@k``    mean of 1 - cosine over all pairs of listed pieces' features
=================  =====================================================================

Figures of all lists together (coverage, Gini) and intervals: :mod:`.comparison`. All
but ``recall_min`` equal R, P, Success, RR, AP and nDCG of ir_measures, given ranks.

Sources
-------
K. Jarvelin, J. Kekalainen, "Cumulated gain-based evaluation of IR techniques", TOIS 20
(2002). W. Krichene, S. Rendle, "On sampled metrics for item recommendation", KDD 2020.
P. Castells, N. Hurley, S. Vargas, "Novelty and diversity in recommender systems", 2015.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ricercar.errors import ParameterError

ACCURACY = ("recall_n", "recall_min", "precision", "hit", "rr", "ap_n", "ndcg_min")


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
    pieces = relevant.shape[1]
    owner = np.repeat(np.arange(relevant.shape[0], dtype=np.int64), np.diff(relevant.indptr))
    wanted = np.append(np.sort(owner * pieces + relevant.indices), np.iinfo(np.int64).max)
    asked = np.arange(len(lists), dtype=np.int64)[:, None] * pieces + lists
    return (wanted[np.searchsorted(wanted, asked)] == asked) & (lists >= 0)


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
        Columns ``recall_n@10`` and so on.

    Examples
    --------
    >>> table = accuracy(np.array([[False, True]]), np.array([1]), [2])
    >>> table.round(3).iloc[0].to_dict()
    {'recall_n@2': 1.0, 'recall_min@2': 1.0, 'precision@2': 0.5, 'hit@2': 1.0, 'rr@2': 0.5,
     'ap_n@2': 0.5, 'ndcg_min@2': 0.631}
    """
    deepest = max(cutoffs)
    h = np.zeros((len(hits), deepest))
    h[:, : hits.shape[1]] = hits[:, :deepest]
    rank = np.arange(1, deepest + 1)
    n = np.where(n > 0, n, np.nan).astype(float)
    found = np.cumsum(h, axis=1)
    gain = np.cumsum(h / np.log2(rank + 1), axis=1)
    ideal = np.concatenate([[np.nan], np.cumsum(1 / np.log2(rank + 1))])
    precision_sum = np.cumsum(h * found / rank, axis=1)
    first = np.where(h.any(axis=1), h.argmax(axis=1) + 1, np.inf)
    columns: dict[str, np.ndarray] = {}
    for k in cutoffs:
        at = found[:, k - 1]
        most = np.minimum(n, k)
        columns |= {
            f"recall_n@{k}": at / n,
            f"recall_min@{k}": at / most,
            f"precision@{k}": np.where(np.isnan(n), np.nan, at / k),
            f"hit@{k}": np.where(np.isnan(n), np.nan, at > 0),
            f"rr@{k}": np.where(np.isnan(n), np.nan, np.where(first <= k, 1 / first, 0.0)),
            f"ap_n@{k}": precision_sum[:, k - 1] / n,
            f"ndcg_min@{k}": gain[:, k - 1]
            / ideal[np.where(np.isnan(n), 0, np.nan_to_num(most)).astype(int)],
        }
    return pd.DataFrame(columns)


def novelty(lists: np.ndarray, likes: np.ndarray, listeners: int) -> np.ndarray:
    """Mean self-information of each list, bits; NaN for an empty list.

    Parameters
    ----------
    lists : numpy.ndarray of int, shape (listeners, k)
    likes : numpy.ndarray, shape (pieces,)
        Listeners who liked each piece in training.
    listeners : int
        Listeners in training.

    Examples
    --------
    >>> novelty(np.array([[0, 1]]), np.array([3, 0]), 3).tolist()
    [1.0]
    """
    bits = np.append(-np.log2((likes + 1) / (listeners + 1)), 0.0)
    length = (lists >= 0).sum(axis=1)
    total = bits[lists].sum(axis=1)
    return np.divide(total, length, out=np.full(len(lists), np.nan), where=length > 0)


def diversity(lists: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Mean distance (1 - cosine) over the pairs within each list; NaN below two pieces.

    Parameters
    ----------
    lists : numpy.ndarray of int, shape (listeners, k)
    features : numpy.ndarray, shape (pieces, features)
        Standardised; a row of zeros is at distance 1 from everything.

    Examples
    --------
    >>> diversity(np.array([[0, 1], [0, 2]]), np.array([[1.0, 0], [2, 0], [0, 1]])).tolist()
    [0.0, 1.0]
    """
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit = np.divide(features, lengths, out=np.zeros(features.shape), where=lengths > 0)
    directions = np.vstack([unit, np.zeros(features.shape[1])])
    size = (lists >= 0).sum(axis=1)
    pairs = size * (size - 1) / 2
    total = np.zeros((len(lists), features.shape[1]))
    own = np.zeros(len(lists))
    norms = (directions**2).sum(axis=1)
    for column in lists.T:
        total += directions[column]
        own += norms[column]
    cosines = ((total**2).sum(axis=1) - own) / 2
    return np.divide(pairs - cosines, pairs, out=np.full(len(lists), np.nan), where=pairs > 0)


def evaluate(
    model: Ranker,
    train: Any,
    test: Any,
    cutoffs: Sequence[int] = (10, 20),
    features: np.ndarray | None = None,
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

    Raises
    ------
    ParameterError
        If the shapes differ, a cutoff is below 1, or nobody has a relevant piece.
    """
    if not cutoffs or min(cutoffs) < 1:
        raise ParameterError(f"cutoffs must be 1 or more, got {list(cutoffs)}")
    wanted, repeats = relevant(train, test)
    n = np.diff(wanted.indptr)
    rows = np.flatnonzero(n > 0)
    if not len(rows):
        raise ParameterError("no listener liked anything new in the test period")
    lists, _ = model.recommend(rows, max(cutoffs), exclude=train)
    likes = _positive(train)
    metrics = accuracy(hits(lists, sp.csr_array(wanted[rows])), n[rows], cutoffs)
    popularity = np.bincount(likes.indices, minlength=likes.shape[1])
    for k in cutoffs:
        metrics[f"novelty@{k}"] = novelty(lists[:, :k], popularity, likes.shape[0])
        if features is not None:
            metrics[f"diversity@{k}"] = diversity(lists[:, :k], np.asarray(features, float))
    cold = np.diff(likes.indptr)[rows] == 0
    return Evaluation(
        rows, cold, metrics, lists, wanted.shape[1], len(n) - len(rows), repeats, tuple(cutoffs)
    )
