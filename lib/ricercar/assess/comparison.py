r"""Recommenders side by side: figures with intervals, and which differences are real.

Goal: from what :func:`.ranking.evaluate` found for each model to a table that says which
model is better, by how much, and whether chance can explain it.

Conventions
-----------
* ``evaluations`` maps names, of your choice, to what was found for each model, on the same
  listeners.
* The unit of resampling is the listener. Intervals are 95 %.
* ``coverage@k`` and ``gini@k`` belong to the whole set of lists, see :mod:`.exposure`.
* Comparisons are paired (same listeners), two-sided, and corrected by Holm's method
  over all that are made at once.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ricercar import wording
from ricercar.assess import bootstrap
from ricercar.assess.effects import known_model, pairs
from ricercar.assess.exposure import exposure, exposure_interval, listed
from ricercar.assess.ranking import Evaluation
from ricercar.errors import ParameterError

__all__ = [
    "best",
    "by_group",
    "compare",
    "exposure",
    "exposure_interval",
    "side_by_side",
    "summary",
    "times",
]


def _known(asked: Sequence[str], known: Sequence[str]) -> None:
    """Refuse metrics that are not there."""
    if missing := [metric for metric in asked if metric not in set(known)]:
        raise ParameterError(f"there is no metric {missing[0]!r}; measured: {', '.join(known)}")


def _exposure_rows(evaluation: Evaluation, k: int, n: int, seed: int) -> list[dict[str, object]]:
    """Rows of the summary for coverage and Gini at one cutoff."""
    lists = listed(evaluation.lists[:, :k], evaluation.pieces)
    return [
        {"metric": f"{name}@{k}", "value": value, "low": low, "high": high, "n": lists.shape[0]}
        for name, (value, low, high) in exposure_interval(lists, n, seed).items()
    ]


def summary(evaluation: Evaluation, n: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Mean of every metric with its bootstrap interval, and how many listeners count.

    Parameters
    ----------
    evaluation : Evaluation
    n : int
        Resamples.
    seed : int

    Returns
    -------
    pandas.DataFrame
        Columns metric, value, low, high, n (listeners for whom the metric is defined).
        The last rows are counts, without an interval: ``listeners_evaluated``,
        ``listeners_skipped``, ``listeners_cold``, ``repeats_left_out``.

    Examples
    --------
    >>> from ricercar.assess.ranking import evaluate
    >>> from ricercar.recommend import create
    >>> train, test = np.array([[1, 1, 0], [0, 1, 1]]), np.array([[0, 0, 1], [1, 0, 0]])
    >>> done = evaluate(create("most_popular").fit(train), train, test, cutoffs=[1])
    >>> print(summary(done).iloc[[0, -4]])
                     metric  value  low  high  n
    0            recall_n@1    1.0  1.0   1.0  2
    15  listeners_evaluated    2.0  NaN   NaN  2
    """
    rows: list[dict[str, object]] = []
    for name in evaluation.metrics:
        values = evaluation.metrics[name].to_numpy()
        value, low, high = bootstrap.interval(values, n=n, seed=seed)
        defined = int(np.count_nonzero(~np.isnan(values)))
        rows.append({"metric": name, "value": value, "low": low, "high": high, "n": defined})
    for k in evaluation.cutoffs:
        rows += _exposure_rows(evaluation, k, n, seed)
    everybody = len(evaluation.listeners) + evaluation.skipped
    counts = {
        "listeners_evaluated": len(evaluation.listeners),
        "listeners_skipped": evaluation.skipped,
        "listeners_cold": int(evaluation.cold.sum()),
        "repeats_left_out": evaluation.repeats,
    }
    rows += [
        {"metric": name, "value": float(count), "low": np.nan, "high": np.nan, "n": everybody}
        for name, count in counts.items()
    ]
    return pd.DataFrame(rows)


def by_group(
    evaluations: Mapping[str, Evaluation],
    groups: pd.Series,
    metric: str,
    n: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """A metric within groups of listeners: for whom does a model work?

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
    groups : pandas.Series, shape (all listeners,)
        A label per row of the matrix, in its order; categories keep their order.
    metric : str
        A column of ``Evaluation.metrics``.
    n, seed : int
        Resamples, and their seed.

    Returns
    -------
    pandas.DataFrame
        Columns model, group, value, low, high, n.

    Raises
    ------
    ParameterError
        If the metric was not measured.

    Examples
    --------
    >>> from ricercar.assess.ranking import evaluate
    >>> from ricercar.recommend import create
    >>> train, test = np.array([[1, 1, 0], [0, 1, 1]]), np.array([[0, 0, 1], [1, 0, 0]])
    >>> done = {"popular": evaluate(create("most_popular").fit(train), train, test, [1])}
    >>> by_group(done, pd.Series(["young", "old"]), "hit@1")[["group", "value", "n"]]
       group  value  n
    0    old    1.0  1
    1  young    1.0  1
    """
    rows = []
    for name, evaluation in evaluations.items():
        label = groups.iloc[evaluation.listeners].reset_index(drop=True)
        for group, values in pd.Series(evaluation.values(metric)).groupby(label, observed=True):
            value, low, high = bootstrap.interval(values, n=n, seed=seed)
            rows.append((name, group, value, low, high, len(values)))
    return pd.DataFrame(rows, columns=["model", "group", "value", "low", "high", "n"])


def side_by_side(
    table: pd.DataFrame, metrics: Sequence[str], digits: int | Mapping[str, int] = 3
) -> pd.DataFrame:
    """Models as rows, metrics as columns, "value [low, high]" as text.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns model, metric, value, low, high, such as ``ranking_evaluation``.
    metrics : sequence of str
    digits : int or mapping
        Decimals, for all metrics or by metric (3 for the others).

    Returns
    -------
    pandas.DataFrame of str, shape (models, metrics)
        The models in the order of the table. No line is broken within a text.

    Raises
    ------
    ParameterError
        If a metric is not in the table.

    Examples
    --------
    >>> row = {"model": "ease", "metric": "hit@10", "value": 0.5, "low": 0.4, "high": 0.62}
    >>> side_by_side(pd.DataFrame([row]), ["hit@10"], digits=2).loc["ease", "hit@10"]
    '0.50 [0.40, 0.62]'
    """
    _known(metrics, table["metric"].unique().tolist())
    wanted = table[table["metric"].isin(metrics)]
    texts = []
    figures = wanted[["value", "low", "high"]].to_numpy(float)
    for metric, (value, low, high) in zip(wanted["metric"], figures, strict=True):
        places = digits if isinstance(digits, int) else digits.get(metric, 3)
        texts.append(wording.with_interval(value, low, high, places))
    wide = wanted.assign(text=texts).pivot(index="model", columns="metric", values="text")
    return wide.loc[table["model"].unique(), list(metrics)].rename_axis(columns=None)


def best(evaluations: Mapping[str, Evaluation], metric: str, among: Sequence[str] = ()) -> str:
    """The name of the model with the highest mean; the first of equals.

    Of a test part's evaluations the first is partly first by luck: what is said of it there is
    too good. Choose where tuning looked, see
    :func:`ricercar.recommend.choosing.by_validation`.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
    metric : str
        A column of ``Evaluation.metrics``.
    among : sequence of str, optional
        Look at these only.

    Returns
    -------
    str
        Whether it is really better than the others is for :func:`compare` to say; if it was
        chosen on these listeners, a test on them is a little too kind to it.

    Raises
    ------
    ParameterError
        If a model is unknown or the metric was not measured.

    Examples
    --------
    >>> from ricercar.assess.ranking import evaluate
    >>> from ricercar.recommend import create
    >>> test = np.eye(20)
    >>> train = np.kron(np.eye(2), np.ones((10, 10))) - test
    >>> models = {name: create(name).fit(train) for name in ("most_popular", "item_knn")}
    >>> best({name: evaluate(model, train, test) for name, model in models.items()}, "hit@10")
    'item_knn'
    """
    names = list(among) or list(evaluations)
    for name in names:
        known_model(name, evaluations)
    means = {name: float(pd.Series(evaluations[name].values(metric)).mean()) for name in names}
    return max(names, key=means.__getitem__)


def times(
    evaluations: Mapping[str, Evaluation],
    model: str,
    reference: str,
    metric: str,
    n: int = 1000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """How many times as good a model is as another, on the same listeners.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
    model, reference : str
    metric : str
        A column of ``Evaluation.metrics``.
    n, seed : int
        Resamples of listeners, and their seed.

    Returns
    -------
    value, low, high : float
        Ratio of the means with its 95 % interval; NaN or infinite where the reference has 0.
    """
    own, other = (evaluations[name].metrics[metric] for name in (model, reference))
    value, low, high = (part.item() for part in bootstrap.ratio(own, other, n, seed))
    return value, low, high


def compare(
    evaluations: Mapping[str, Evaluation],
    references: Sequence[str],
    metrics: Sequence[str],
    n: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Every model against one or more references, on the same listeners.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
    references : sequence of str
        Such as a baseline, chosen before the test. Two references meet once only, as comparison
        of the later with the earlier one.
    metrics : sequence of str
        Columns of ``Evaluation.metrics``, such as ``["ndcg_min@10"]``.
    n : int
        Resamples for the interval; the test uses ten times as many sign patterns.
    seed : int

    Returns
    -------
    pandas.DataFrame
        Columns model, reference, metric, difference (model - reference), low, high, p
        (randomisation test), p_holm (corrected over all rows of the table), n (pairs), real
        (p_holm < 0.05).

    Raises
    ------
    ParameterError
        If a reference is unknown, a metric was not measured, or the models were evaluated on
        different listeners.

    Examples
    --------
    >>> from ricercar.assess.ranking import evaluate
    >>> from ricercar.recommend import create
    >>> test = np.eye(20)  # two camps of ten; everybody has missed one piece of their own
    >>> train = np.kron(np.eye(2), np.ones((10, 10))) - test
    >>> models = {name: create(name).fit(train) for name in ("most_popular", "item_knn")}
    >>> done = {name: evaluate(model, train, test, [1]) for name, model in models.items()}
    >>> table = compare(done, ["most_popular"], ["hit@1"])
    >>> print(table[["model", "difference", "low", "high", "real", "n"]])
          model  difference  low  high  real   n
    0  item_knn         0.5  0.3   0.7  True  20
    """
    rows = [
        (
            *(name, reference, metric),
            *bootstrap.paired_difference(a, b, n=n, seed=seed),
            bootstrap.sign_flip_test(a, b, n=10 * n - 1, seed=seed),
            len(bootstrap.paired(a, b)),
        )
        for name, reference, metric, a, b in pairs(evaluations, references, metrics)
    ]
    figures = ["difference", "low", "high", "p", "n"]
    table = pd.DataFrame(rows, columns=["model", "reference", "metric", *figures])
    table.insert(7, "p_holm", bootstrap.holm(table["p"]))
    table["real"] = table["p_holm"] < 0.05
    return table
