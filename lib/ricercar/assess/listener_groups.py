r"""For whom, and for which pieces: groups of listeners, head and tail of the catalogue.

Conventions
-----------
* *Activity*: how many pieces a listener heard in training, cut at quantiles, so that the
  groups are about equally large; equal counts go by row number.
* *Popularity* of a piece: how many listeners liked it in training. Pieces in descending
  order (equal ones by column) are cut by the likes that they gather: the **head** is the
  fewest pieces with 20 % of all likes, the **tail** those with the last 20 % and all that
  nobody liked, the **middle** the rest.
* Recall within a part is that of its relevant pieces among the first k of the whole list,
  over all of its relevant pieces; a listener with none is left out of that part.
* A *gap* is the mean of the best-served group less that of the worst-served one. It is
  above 0 by chance alone, so p says how often a random division of the listeners into
  groups of these sizes has a gap as wide.

Sources
-------
Head and tail by likes: H. Abdollahpouri et al., "The unfairness of popularity bias in
recommendation", RecSys 2019. Groups that are served differently: M. Ekstrand et al., "All
the cool kids, how do they fit in?", FAT* 2018.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ricercar.assess import bootstrap, ranking
from ricercar.assess.ranking import Evaluation
from ricercar.errors import ParameterError

#: parts of the catalogue by popularity
PARTS = ("head", "middle", "tail")


def by_activity(train: Any, names: Sequence[str] = ("light", "medium", "heavy")) -> pd.Series:
    """Groups of listeners by how many pieces they heard in training.

    Parameters
    ----------
    train : scipy sparse, shape (listeners, pieces)
    names : sequence of str
        One per group, the least active first.

    Returns
    -------
    pandas.Series of category, shape (listeners,)
        For :func:`.comparison.by_group` and :func:`gaps`.

    Raises
    ------
    ParameterError
        If there are fewer listeners than groups.

    Examples
    --------
    >>> by_activity(sp.csr_array([[1, 1], [0, 1], [0, 0]])).tolist()
    ['heavy', 'medium', 'light']
    """
    heard = np.asarray((sp.csr_array(train) != 0).sum(axis=1)).ravel()
    if len(heard) < len(names):
        raise ParameterError(f"{len(heard)} listeners cannot form {len(names)} groups")
    place = np.empty(len(heard), dtype=np.int64)
    place[np.argsort(heard, kind="stable")] = np.arange(len(heard))
    code = place * len(names) // len(heard)
    return _parts(code, names)


def by_popularity(train: Any, head: float = 0.2, tail: float = 0.2) -> pd.Series:
    """Head, middle and tail of the catalogue.

    Parameters
    ----------
    train : scipy sparse, shape (listeners, pieces)
    head, tail : float
        Shares of all likes that they gather, in 0..1, together at most 1.

    Returns
    -------
    pandas.Series of category, shape (pieces,)
        Of :data:`PARTS`.

    Raises
    ------
    ParameterError
        If the shares are out of range.

    Examples
    --------
    >>> by_popularity(sp.csr_array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]])).tolist()
    ['head', 'middle', 'tail', 'tail']
    """
    if min(head, tail) < 0 or head + tail > 1:
        raise ParameterError(
            f"head and tail are shares that add up to at most 1, got {head} and {tail}"
        )
    likes = np.asarray((sp.csr_array(train) > 0).sum(axis=0)).ravel()
    before, total = likes_before(likes), likes.sum()
    part = np.ones(len(likes), dtype=np.int8)
    part[before >= (1 - tail) * total] = 2
    part[before < head * total] = 0
    return _parts(part, PARTS)


def likes_before(likes: np.ndarray) -> np.ndarray:
    """The likes that all pieces before each gather, in descending order of likes.

    Parameters
    ----------
    likes : numpy.ndarray, shape (pieces,)
        Listeners who liked each piece.

    Returns
    -------
    numpy.ndarray, shape (pieces,)
        All likes for a piece that nobody liked; equal pieces stand by column.

    Examples
    --------
    >>> likes_before(np.array([1, 6, 3, 1])).tolist()
    [9, 0, 6, 10]
    """
    order = np.argsort(-likes, kind="stable")
    before = np.empty_like(likes)
    before[order] = np.cumsum(likes[order]) - likes[order]
    return before


def _parts(code: np.ndarray, names: Sequence[str]) -> pd.Series:
    """Numbers of groups as ordered categories."""
    kind = pd.CategoricalDtype(list(names), ordered=True)
    return pd.Series(np.array(names, dtype=object)[code]).astype(kind)


def recall_by_part(
    evaluations: Mapping[str, Evaluation],
    train: Any,
    test: Any,
    parts: pd.Series,
    k: int,
    n: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """recall_n@k of head, middle and tail pieces (or any other parts of the catalogue).

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
        Made from ``train`` and ``test``.
    train, test : scipy sparse, shape (listeners, pieces)
    parts : pandas.Series, shape (pieces,)
        From :func:`by_popularity`, or any labels.
    k : int
        At most the largest cutoff of the evaluations.
    n, seed : int
        Resamples, and their seed.

    Returns
    -------
    pandas.DataFrame
        Columns model, part, value, low, high, n (listeners with a relevant piece of the
        part), relevant (pairs), listed (share of all list places).

    Raises
    ------
    ParameterError
        If lists are shorter than k.
    """
    wanted = ranking.relevant(train, test)[0]
    named = pd.Series(pd.Categorical(parts))
    rows = []
    for name, evaluation in evaluations.items():
        if max(evaluation.cutoffs) < k:
            raise ParameterError(
                f"{name!r} was evaluated at {max(evaluation.cutoffs)}: longer lists are needed "
                f"for recall_n@{k}"
            )
        lists = evaluation.lists[:, :k]
        own = sp.csr_array(wanted[evaluation.listeners])
        hit = ranking.hits(lists, own)
        code = np.append(named.cat.codes.to_numpy(), -1)[lists]
        for number, part in enumerate(named.cat.categories):
            inside = (named.cat.codes == number).to_numpy()
            relevant = np.asarray(own @ inside.astype(float)).ravel()
            found = (hit & (code == number)).sum(axis=1)
            recall = np.divide(found, relevant, out=np.full(len(lists), np.nan), where=relevant > 0)
            value, low, high = bootstrap.interval(recall, n=n, seed=seed)
            places = max(1, int((lists >= 0).sum()))
            counts = (int((relevant > 0).sum()), int(relevant.sum()))
            share = float((code == number).sum() / places)
            rows.append((name, part, value, low, high, *counts, share))
    columns = ["model", "part", "value", "low", "high", "n", "relevant", "listed"]
    return pd.DataFrame(rows, columns=columns)


def gaps(
    evaluations: Mapping[str, Evaluation],
    groups: pd.Series,
    metric: str,
    n: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """How much better each model serves its best-served group than its worst-served one.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
    groups : pandas.Series, shape (all listeners,)
        A label per row of the matrix, in its order.
    metric : str
        A column of ``Evaluation.metrics``.
    n, seed : int
        Resamples within the groups and random divisions, and their seed.

    Returns
    -------
    pandas.DataFrame
        Columns model, best, worst (groups; the first of equals), gap, low, high (95 %
        interval of the difference of these two), p (of the division), n. NaN with fewer
        than two groups.
    """
    rows = []
    for name, evaluation in evaluations.items():
        values = evaluation.values(metric)
        label = pd.Series(pd.Categorical(groups.iloc[evaluation.listeners]))
        known = ~np.isnan(values) & label.notna().to_numpy()
        values, label = values[known], label[known].cat.remove_unused_categories()
        rows.append((name, *_gap(values, label, n, seed), len(values)))
    return pd.DataFrame(rows, columns=["model", "best", "worst", "gap", "low", "high", "p", "n"])


def _gap(
    values: np.ndarray, label: pd.Series, n: int, seed: int
) -> tuple[Any, Any, float, float, float, float]:
    """Best and worst group, gap, its interval, and p."""
    names, code = label.cat.categories, label.cat.codes.to_numpy()
    if len(names) < 2:
        return None, None, np.nan, np.nan, np.nan, np.nan
    size = np.bincount(code, minlength=len(names))
    means = np.bincount(code, values, minlength=len(names)) / size
    best, worst = int(means.argmax()), int(means.argmin())
    rng = np.random.default_rng(seed)
    spread = _resampled_means(values[code == best], n, rng)
    spread = spread - _resampled_means(values[code == worst], n, rng)
    low, high = np.quantile(spread, [0.025, 0.975])
    if min(size[best], size[worst]) < 2:
        low = high = np.nan
    gap = means[best] - means[worst]
    beyond = 0
    for _ in range(n):
        drawn = np.bincount(code, rng.permutation(values), minlength=len(names)) / size
        beyond += bool(np.ptp(drawn) >= gap - 1e-12)
    return names[best], names[worst], float(gap), float(low), float(high), (beyond + 1) / (n + 1)


def _resampled_means(values: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Means of n resamples of a group."""
    return np.array([rng.choice(values, len(values)).mean() for _ in range(n)])
