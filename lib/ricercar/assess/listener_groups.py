r"""For whom, and for which pieces: groups of listeners, head and tail of the catalogue.

Conventions
-----------
* *Activity*: how many pieces a listener heard in training, cut at quantiles, so that the
  groups are about equally large. Listeners with equal counts stand together, in the group of
  their middle one; where many have the same count a group may stay empty.
* *Popularity* of a piece: how many listeners liked it in training. Pieces in descending
  order (equal ones by column) are cut by the likes that they gather: the **head** is the
  fewest pieces with 20 % of all likes, the **tail** those with the last 20 % and all that
  nobody liked, the **middle** the rest.
* Recall within a part is that of its relevant pieces among the first k of the whole list,
  over all of its relevant pieces; a listener with none is left out of that part.

Sources
-------
Head and tail by likes: H. Abdollahpouri et al., "The unfairness of popularity bias in
recommendation", RecSys 2019.
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
        For :func:`.comparison.by_group` and :func:`.group_gaps.gaps`.

    Raises
    ------
    ParameterError
        If there are fewer listeners than groups.

    Examples
    --------
    >>> by_activity(sp.csr_array([[1, 1], [0, 1], [0, 0]])).tolist()
    ['heavy', 'medium', 'light']
    """
    heard = _heard(train)
    if len(heard) < len(names):
        raise ParameterError(f"{len(heard)} listeners cannot form {len(names)} groups")
    _, code, counts = np.unique(heard, return_inverse=True, return_counts=True)
    twice_middle = 2 * np.cumsum(counts) - counts
    return _parts((twice_middle * len(names) // (2 * len(heard)))[code], names)


def activity_ranges(train: Any, groups: pd.Series) -> dict[str, str]:
    """From how many to how many pieces the listeners of each group heard.

    Parameters
    ----------
    train : scipy sparse, shape (listeners, pieces)
    groups : pandas.Series, shape (listeners,)
        From :func:`by_activity`.

    Returns
    -------
    dict of str to str
        In the order of the groups; without those that nobody is in.

    Examples
    --------
    >>> train = sp.csr_array([[1, 1], [0, 1], [0, 0]])
    >>> activity_ranges(train, by_activity(train))
    {'light': '0', 'medium': '1', 'heavy': '2'}
    """
    bounds = pd.Series(_heard(train)).groupby(groups, observed=True).agg(["min", "max"])
    return {
        str(group): f"{least:,}" if least == most else f"{least:,} to {most:,}"
        for group, least, most in bounds.itertuples(name=None)
    }


def _heard(train: Any) -> np.ndarray:
    """Pieces that each listener met."""
    return np.asarray((sp.csr_array(train) != 0).sum(axis=1)).ravel()


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


def skipped(train: Any, test: Any) -> dict[str, int]:
    """Why listeners have nothing relevant in the test part.

    Parameters
    ----------
    train, test : scipy sparse, shape (listeners, pieces)

    Returns
    -------
    dict of str to int
        Listeners who "are in neither part", who "have nothing in the test part", and who
        "have nothing there that is liked and new to them".

    Examples
    --------
    >>> list(skipped(sp.csr_array([[0, 0], [1, 0], [1, 0]]), sp.csr_array([[0, 0], [0, 0], [2, -1]])
    ...     ).values())
    [1, 1, 1]
    """
    without = np.diff(ranking.relevant(train, test)[0].indptr) == 0
    learnt, tested = _heard(train) > 0, _heard(test) > 0
    return {
        "are in neither part": int((without & ~learnt & ~tested).sum()),
        "have nothing in the test part": int((without & learnt & ~tested).sum()),
        "have nothing there that is liked and new to them": int((without & tested).sum()),
    }
