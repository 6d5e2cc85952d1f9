r"""How large a difference between two recommenders is, for the listeners.

Goal: beside "is it real" (:func:`.comparison.compare`) a size that can be compared between
metrics and data sets: with many listeners any difference becomes real, with few none does.

Conventions
-----------
* Pairs: the same listeners, one figure from each model, higher is better. A pair with a NaN
  is left out. Values of 0 say "no difference", positive ones "the first is better".

==================  ====================================================================
``d_z``             mean of the differences over their standard deviation (n - 1), by
                    convention 0.2 is small, 0.5 medium, 0.8 large (Cohen)
``better``          share of the listeners for whom the first model is better; with
``worse``           and ``equal`` it adds up to 1
``superiority``     ``better`` + ``equal`` / 2: probability that the first does at least as
                    well for a listener, equals shared out; 0.5 is no difference
``cliffs_delta``    over all pairs of *any two* listeners, one figure from each model: share
                    in which the first is greater less share in which it is less, -1..1
==================  ====================================================================

Sources
-------
J. Cohen, "Statistical power analysis for the behavioral sciences", 1988 (d_z). K. McGraw,
S. Wong, "A common language effect size statistic", Psychological Bulletin 111 (1992). N.
Cliff, "Dominance statistics", Psychological Bulletin 114 (1993).
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ricercar.assess import bootstrap
from ricercar.assess.ranking import Evaluation
from ricercar.errors import ParameterError

#: about how many resampled numbers are held in memory at a time
_BLOCK = 4_000_000


def standardised_difference(
    a: ArrayLike, b: ArrayLike, n: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """Cohen's d_z with its 95 % bootstrap interval.

    Parameters
    ----------
    a, b : array_like, shape (listeners,)
        The same listeners in the same order.
    n, seed : int
        Resamples, and their seed.

    Returns
    -------
    value, low, high : float
        0 where nothing differs, infinite where all differ by the same; NaN with fewer than
        two pairs.

    Examples
    --------
    >>> value, low, high = standardised_difference([2.0, 4.0, 6.0], [1.0, 2.0, 3.0])
    >>> value, low <= value <= high
    (2.0, True)
    """
    difference = bootstrap.paired(a, b)
    count = len(difference)
    if count < 2:
        return (np.nan, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    rows = max(1, _BLOCK // count)
    resampled = []
    for start in range(0, n, rows):
        drawn = rng.integers(0, count, (min(rows, n - start), count))
        resampled.append(_standardised(difference[drawn]))
    low, high = np.quantile(np.concatenate(resampled), [0.025, 0.975], method="nearest")
    return float(_standardised(difference[None])[0]), float(low), float(high)


def _standardised(difference: np.ndarray) -> np.ndarray:
    """Mean over standard deviation of each row; 0 / 0 is 0."""
    mean = difference.mean(axis=1)
    spread = difference.std(axis=1, ddof=1)
    alike = np.ptp(difference, axis=1) <= 1e-12 * np.abs(difference).max(axis=1)
    spread[alike] = 0  # not what rounding makes of it
    far = np.where(mean == 0, 0.0, np.copysign(np.inf, mean))
    return np.divide(mean, spread, out=far, where=spread > 0)


def superiority(a: ArrayLike, b: ArrayLike) -> dict[str, float]:
    """For which share of the listeners the first model is better, equal or worse.

    Parameters
    ----------
    a, b : array_like, shape (listeners,)
        The same listeners in the same order.

    Returns
    -------
    dict
        ``better``, ``equal``, ``worse``, ``superiority``; NaN without a pair.

    Examples
    --------
    >>> superiority([1, 2, 3, 3], [0, 2, 1, 4])
    {'better': 0.5, 'equal': 0.25, 'worse': 0.25, 'superiority': 0.625}
    """
    difference = bootstrap.paired(a, b)
    if not len(difference):
        return dict.fromkeys(("better", "equal", "worse", "superiority"), float("nan"))
    better, worse = float((difference > 0).mean()), float((difference < 0).mean())
    equal = float((difference == 0).mean())
    return {
        "better": better,
        "equal": equal,
        "worse": worse,
        "superiority": (1 + better - worse) / 2,
    }


def cliffs_delta(a: ArrayLike, b: ArrayLike) -> float:
    """Cliff's delta of two sets of figures, which need not be pairs.

    Parameters
    ----------
    a, b : array_like, shape (any,)
        NaN is left out.

    Returns
    -------
    float
        In -1..1; NaN if either is empty.

    Examples
    --------
    >>> cliffs_delta([1, 2, 3], [0, 2])
    0.5
    """
    first, second = (some[~np.isnan(some)] for some in (np.asarray(x, dtype=float) for x in (a, b)))
    if not len(first) or not len(second):
        return float("nan")
    ordered = np.sort(second)
    below = np.searchsorted(ordered, first, side="left").sum()
    above = len(first) * len(second) - np.searchsorted(ordered, first, side="right").sum()
    return float((below - above) / (len(first) * len(second)))


def table(
    evaluations: Mapping[str, Evaluation],
    references: Sequence[str],
    metrics: Sequence[str],
    n: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Effect sizes of every model against one or more references, on the same listeners.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
    references : sequence of str
    metrics : sequence of str
    n, seed : int
        Resamples, and their seed.

    Returns
    -------
    pandas.DataFrame
        Columns model, reference, metric, d_z, low, high, better, equal, worse, superiority,
        cliffs_delta, n. Rows as those of :func:`.comparison.compare`.

    Raises
    ------
    ParameterError
        If a reference is unknown, a metric was not measured, or the models were evaluated on
        different listeners.

    Examples
    --------
    >>> from ricercar.assess.ranking import evaluate
    >>> from ricercar.recommend import create
    >>> test = np.eye(20)
    >>> train = np.kron(np.eye(2), np.ones((10, 10))) - test
    >>> models = {name: create(name).fit(train) for name in ("most_popular", "item_knn")}
    >>> done = {name: evaluate(model, train, test, [1]) for name, model in models.items()}
    >>> sizes = table(done, ["most_popular"], ["hit@1"])
    >>> sizes[["model", "better", "equal", "worse", "superiority"]].to_numpy().tolist()
    [['item_knn', 0.5, 0.5, 0.0, 0.75]]
    """
    rows = []
    for name, reference, metric, a, b in pairs(evaluations, references, metrics):
        d_z, low, high = standardised_difference(a, b, n, seed)
        rows.append(
            {"model": name, "reference": reference, "metric": metric}
            | {"d_z": d_z, "low": low, "high": high}
            | superiority(a, b)
            | {"cliffs_delta": cliffs_delta(a, b), "n": len(bootstrap.paired(a, b))}
        )
    return pd.DataFrame(rows)


def pairs(
    evaluations: Mapping[str, Evaluation], references: Sequence[str], metrics: Sequence[str]
) -> Iterator[tuple[str, str, str, np.ndarray, np.ndarray]]:
    """Every model beside every reference in every metric, two references once only.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
    references : sequence of str
    metrics : sequence of str

    Yields
    ------
    model, reference, metric : str
    a, b : numpy.ndarray, shape (listeners,)
        The model's figures, and the reference's.

    Raises
    ------
    ParameterError
        If a reference is unknown, a metric was not measured, or the models were evaluated on
        different listeners.
    """
    references = list(dict.fromkeys(references))
    for reference in references:
        known_model(reference, evaluations)
    same_listeners(evaluations)
    for i, reference in enumerate(references):
        for name in evaluations:
            if name in references[: i + 1]:
                continue
            for metric in metrics:
                a, b = (evaluations[one].values(metric) for one in (name, reference))
                yield name, reference, metric, a, b


def known_model(name: str, evaluations: Mapping[str, Evaluation]) -> None:
    """Refuse a model that was not evaluated.

    Raises
    ------
    ParameterError
        If the name is unknown.

    Examples
    --------
    >>> known_model("ease", {})
    Traceback (most recent call last):
    ricercar.errors.ParameterError: there is no model 'ease'; known: none
    """
    if name not in evaluations:
        known = ", ".join(evaluations) or "none"
        raise ParameterError(f"there is no model {name!r}; known: {known}")


def same_listeners(evaluations: Mapping[str, Evaluation]) -> None:
    """Refuse to compare what was measured on others.

    Raises
    ------
    ParameterError
        If the models were evaluated on different listeners.
    """
    (first, one), *others = evaluations.items()
    for name, other in others:
        if not np.array_equal(one.listeners, other.listeners):
            raise ParameterError(f"{first!r} and {name!r} were evaluated on different listeners")
