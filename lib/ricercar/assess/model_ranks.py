r"""Which recommenders cannot be told apart: average ranks, Friedman's test, groups.

Goal: one picture for many models (a critical-difference diagram), instead of a table of
all pairs.

Conventions
-----------
* Within each listener the models are ranked by a metric: rank 1 is best, equal ones share
  the mean of their ranks. A listener for whom a model has no figure is left out for all.
* Friedman's test asks whether any model differs at all; it is corrected for equal ranks.
* All pairs of models are then compared, two-sided and corrected by Holm's method. The test
  is Wilcoxon's signed-rank test (listeners without a difference left out), or the sign-flip
  test of the mean. Both look at the two models alone. Nemenyi's comparison of average ranks
  does not: what it says of two models depends on which others stand beside them. Its
  distance (:func:`nemenyi_distance`) is given for readers who know such diagrams.
* A *group* is a longest run of models, in the order of average ranks, of which no two are
  really different. Groups may overlap: A and B, B and C, but not A and C.
* "Not told apart" is no proof of being equal; with more listeners they may be.

Sources
-------
J. Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7 (2006).
A. Benavoli, G. Corani, F. Mangili, "Should we really use post-hoc tests based on
mean-ranks?", JMLR 17 (2016). Listeners as units: T. Sakai, "Laboratory experiments in
information retrieval", 2018.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap, effects
from ricercar.assess.ranking import Evaluation
from ricercar.errors import ParameterError

#: tests of two models on the same listeners
TESTS = ("wilcoxon", "sign_flip")


@dataclass(frozen=True)
class Standing:
    """Models by rank, and which of them cannot be told apart.

    Attributes
    ----------
    metric : str
    ranks : pandas.DataFrame
        Columns model, rank (average), low, high (95 % interval over listeners), value (mean
        of the metric); best first.
    statistic, p : float
        Of Friedman's test; NaN with two models.
    pairs : pandas.DataFrame
        Columns better (by average rank), worse, p, p_holm, real.
    groups : tuple of tuple of str
        Two or more models each, best first.
    listeners : int
    """

    metric: str
    ranks: pd.DataFrame
    statistic: float
    p: float
    pairs: pd.DataFrame
    groups: tuple[tuple[str, ...], ...]
    listeners: int


def listener_ranks(values: np.ndarray) -> np.ndarray:
    """Ranks of the models within each listener, 1 for the highest value.

    Parameters
    ----------
    values : numpy.ndarray, shape (listeners, models)
        Without NaN.

    Returns
    -------
    numpy.ndarray, shape (listeners, models)
        Equal values share the mean of their ranks.

    Examples
    --------
    >>> listener_ranks(np.array([[0.2, 0.9, 0.2]])).tolist()
    [[2.5, 1.0, 2.5]]
    """
    from scipy.stats import rankdata

    return rankdata(-np.asarray(values, dtype=float), axis=1)


def friedman(ranks: np.ndarray) -> tuple[float, float]:
    """Friedman's test that all models have the same expected rank.

    Parameters
    ----------
    ranks : numpy.ndarray, shape (listeners, models)
        From :func:`listener_ranks`; at least two models.

    Returns
    -------
    statistic, p : float
        Chi-squared with models - 1 degrees of freedom, corrected for equal ranks; 0 and 1 if
        all ranks are equal.

    Examples
    --------
    >>> statistic, p = friedman(np.array([[1, 2, 3], [1, 2, 3], [1, 3, 2]]))
    >>> round(statistic, 3), round(p, 3)
    (4.667, 0.097)
    """
    from scipy.stats import chi2

    listeners, models = ranks.shape
    middle = (models + 1) / 2
    between = listeners**2 * ((ranks.mean(axis=0) - middle) ** 2).sum()
    within = ((ranks - middle) ** 2).sum() / (models - 1)
    statistic = float(between / within) if within > 0 else 0.0
    return statistic, float(chi2.sf(statistic, models - 1))


def nemenyi_distance(models: int, listeners: int, level: float = 0.05) -> float:
    """The least difference of average ranks that Nemenyi's test calls real.

    Parameters
    ----------
    models, listeners : int
    level : float
        Family-wise error.

    Examples
    --------
    >>> round(nemenyi_distance(4, 14), 2)
    1.25
    """
    from scipy.stats import studentized_range

    q = studentized_range.ppf(1 - level, models, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(models * (models + 1) / (6 * listeners)))


def _p_value(a: np.ndarray, b: np.ndarray, test: str, n: int, seed: int) -> float:
    """Of two models on the same listeners."""
    from scipy.stats import wilcoxon

    if test == "sign_flip":
        return bootstrap.sign_flip_test(a, b, n, seed)
    if (a == b).all():
        return 1.0
    return float(wilcoxon(a, b).pvalue)


def groups_of(order: Sequence[str], different: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    """Longest runs of models of which no two are really different.

    Parameters
    ----------
    order : sequence of str
        Models, best first.
    different : pandas.DataFrame, shape (models, models)
        Symmetric, boolean, with the models' names.

    Returns
    -------
    tuple of tuple of str
        Runs of two or more that are not part of a longer one.

    Examples
    --------
    >>> far = pd.DataFrame(False, index=list("abc"), columns=list("abc"))
    >>> far.loc["a", "c"] = far.loc["c", "a"] = True
    >>> groups_of("abc", far)
    (('a', 'b'), ('b', 'c'))
    """
    apart = different.loc[list(order), list(order)].to_numpy()
    found: list[tuple[str, ...]] = []
    reached = 0
    for start in range(len(order)):
        end = start + 1
        while end < len(order) and not apart[start : end + 1, start : end + 1].any():
            end += 1
        if end - start > 1 and end > reached:
            found.append(tuple(order[start:end]))
        reached = max(reached, end)
    return tuple(found)


def standing(
    evaluations: Mapping[str, Evaluation],
    metric: str,
    test: str = "wilcoxon",
    n: int = 1000,
    seed: int = 0,
) -> Standing:
    """Rank models over the listeners and find those that cannot be told apart.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
        At least two, of the same listeners.
    metric : str
        A column of ``Evaluation.metrics``, higher is better.
    test : str
        Of :data:`TESTS`.
    n : int
        Resamples for intervals; the sign-flip test uses ten times as many patterns.
    seed : int

    Returns
    -------
    Standing
        In words: :func:`.verdicts.of_standing`.

    Raises
    ------
    ParameterError
        If there are fewer than two models, no listener has a figure from all, the models
        were evaluated on different listeners, or the metric or the test is unknown.

    Examples
    --------
    >>> from ricercar.assess.ranking import evaluate
    >>> from ricercar.recommend import create
    >>> test = np.eye(20)
    >>> train = np.kron(np.eye(2), np.ones((10, 10))) - test
    >>> models = {name: create(name).fit(train) for name in ("most_popular", "item_knn", "ease")}
    >>> done = {name: evaluate(model, train, test, [1]) for name, model in models.items()}
    >>> found = standing(done, "hit@1")
    >>> found.ranks["model"].tolist(), found.groups
    (['item_knn', 'ease', 'most_popular'], (('item_knn', 'ease'),))
    """
    if test not in TESTS:
        raise ParameterError(f"there is no test {test!r}; known: {', '.join(TESTS)}")
    names = list(evaluations)
    if len(names) < 2:
        raise ParameterError("models are ranked against each other: give two or more")
    effects.same_listeners(evaluations)
    values = np.column_stack([evaluations[name].values(metric) for name in names])
    values = values[~np.isnan(values).any(axis=1)]
    if not len(values):
        raise ParameterError(f"no listener has a {metric} from all of {', '.join(names)}")
    ranks = listener_ranks(values)
    rows = [
        (name, *bootstrap.interval(ranks[:, i], n=n, seed=seed), values[:, i].mean())
        for i, name in enumerate(names)
    ]
    table = pd.DataFrame(rows, columns=["model", "rank", "low", "high", "value"])
    table = table.sort_values("rank", kind="stable", ignore_index=True)
    order, column = table["model"].tolist(), dict(zip(names, values.T, strict=True))
    tests = [
        (better, worse, _p_value(column[better], column[worse], test, 10 * n - 1, seed))
        for i, better in enumerate(order)
        for worse in order[i + 1 :]
    ]
    pairs = pd.DataFrame(tests, columns=["better", "worse", "p"])
    pairs["p_holm"] = bootstrap.holm(pairs["p"])
    pairs["real"] = pairs["p_holm"] < 0.05
    different = pd.DataFrame(False, index=order, columns=order)
    for pair in pairs[pairs["real"]].itertuples():
        different.loc[pair.better, pair.worse] = different.loc[pair.worse, pair.better] = True
    statistic, p = friedman(ranks) if len(names) > 2 else (float("nan"), float("nan"))
    groups = groups_of(order, different)
    return Standing(metric, table, statistic, p, pairs, groups, len(values))
