r"""How accurate lists are: every metric under the name of its variant.

Conventions
-----------
* A list holds piece columns, best first, -1 where it ran short. Its order is
  descending score, equal scores by ascending column; a metric sees ranks only.
* :math:`h_r` is 1 if the piece at rank r is relevant, n the number of relevant pieces,
  k the cutoff, :math:`H = \sum_{r \le k} h_r`, and :math:`I_m = \sum_{r \le m}
  1 / \log_2(r + 1)` the gain of m relevant pieces in the first m places. A listener with
  n = 0 has no metric: NaN.

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
(2002). X. Wang et al., "Neural graph collaborative filtering", SIGIR 2019 (its evaluation code).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ricercar.assess import beyond

#: the metrics, in the order of their columns
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
