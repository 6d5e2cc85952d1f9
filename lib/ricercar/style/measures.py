"""How well styles were told: one small function per measure, each with its interval.

Conventions
-----------
* Predictions are tables as in :mod:`ricercar.style.validation`.
* Styles weigh the same, however many pieces they have, in balanced accuracy, log loss and
  calibration, as they do when models are trained. Macro F1 is the mean over styles of F1,
  whose precision does depend on how frequent styles are.
* Intervals are 95 % bootstrap percentiles; whole groups are drawn. Folds are not drawn:
  an interval does not show how much another deal would change.

Sources
-------
Brodersen et al., "The balanced accuracy and its posterior distribution", ICPR 2010;
Sokolova and Lapalme, *Information Processing and Management* 45, 2009 (macro F1); Guo et
al., "On calibration of modern neural networks", ICML 2017 (expected calibration error).
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.style.resampled import Resampled


def _balanced_accuracy(drawn: Resampled) -> np.ndarray:
    """Mean over styles of the share recognised."""
    return np.nanmean(drawn.by_style(drawn.right), axis=1)


def _log_loss(drawn: Resampled) -> np.ndarray:
    """Mean over styles of the surprise at their pieces, nats."""
    return np.nanmean(drawn.by_style(drawn.surprise), axis=1)


def _macro_f1(drawn: Resampled) -> np.ndarray:
    """Mean over styles of 2 TP / (2 TP + FP + FN), styles not drawn left out."""
    count, one = len(drawn.styles), np.ones(len(drawn.style))
    hits = drawn.sums(drawn.right, drawn.style, count)
    true = drawn.sums(one, drawn.style, count)
    named = drawn.sums(one, drawn.named, count)
    f1 = np.divide(2 * hits, true + named, out=np.full(true.shape, np.nan), where=true > 0)
    return np.nanmean(f1, axis=1)


def _calibration_error(drawn: Resampled) -> np.ndarray:
    """Expected calibration error: mean distance of confidence from the share right, by bin."""
    _, confidence, right = drawn.bins()
    return np.abs(confidence - right).sum(axis=1)


#: measure -> function; the higher the better for the first two, the lower for the others
MEASURES: dict[str, Callable[[Resampled], np.ndarray]] = {
    "balanced accuracy": _balanced_accuracy,
    "macro F1": _macro_f1,
    "log loss": _log_loss,
    "calibration error": _calibration_error,
}


def _measure(name: str) -> Callable[[Resampled], np.ndarray]:
    if name not in MEASURES:
        raise ParameterError(f"there is no measure {name!r}; known: {', '.join(MEASURES)}")
    return MEASURES[name]


def scores(
    predictions: pd.DataFrame,
    measure: str = "balanced accuracy",
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """A measure of every arm and model, with its interval.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :func:`~ricercar.style.validation.cross_validate`.
    measure : str
        A key of :data:`MEASURES`: ``balanced accuracy`` and ``macro F1`` in [0, 1],
        ``log loss`` in nats, ``calibration error`` in [0, 1].
    n_bootstrap, seed : int

    Returns
    -------
    pandas.DataFrame
        ``arm``, ``model``, ``value``, ``low``, ``high``, ``n`` (pieces).

    Raises
    ------
    ParameterError
        If there is no such measure.

    Examples
    --------
    >>> predictions = pd.DataFrame({"arm": "a", "model": "m", "style": ["jig", "jig", "reel"],
    ...                             "group": ["1", "2", "3"], "predicted": ["jig", "reel", "reel"]})
    >>> float(scores(predictions)["value"].item())
    0.75
    """
    measured, rows = _measure(measure), []
    for (arm, model), part in predictions.groupby(["arm", "model"], sort=False):
        found = measured(Resampled(part, n_bootstrap, seed))
        low, high = np.percentile(found[1:], [2.5, 97.5])
        key = {"arm": arm, "model": model}
        rows.append({**key, "value": found[0], "low": low, "high": high, "n": len(part)})
    return pd.DataFrame(rows, columns=["arm", "model", "value", "low", "high", "n"])


def recall(predictions: pd.DataFrame, n_bootstrap: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Share of each style recognised, by arm and model.

    Returns
    -------
    pandas.DataFrame
        ``arm``, ``model``, ``style``, ``value``, ``low``, ``high``, ``n`` (pieces).
    """
    parts = []
    for (arm, model), part in predictions.groupby(["arm", "model"], sort=False):
        drawn = Resampled(part, n_bootstrap, seed)
        found = drawn.by_style(drawn.right)
        low, high = np.nanpercentile(found[1:], [2.5, 97.5], axis=0)
        columns = {"value": found[0], "low": low, "high": high}
        size = np.bincount(drawn.style)
        parts.append(
            pd.DataFrame({"arm": arm, "model": model, "style": drawn.styles, **columns, "n": size})
        )
    return pd.concat(parts, ignore_index=True)


def confusion(predictions: pd.DataFrame, arm: str, model: str) -> pd.DataFrame:
    """Count held-out pieces by true style (rows) and predicted style (columns)."""
    part = predictions[(predictions["arm"] == arm) & (predictions["model"] == model)]
    styles = sorted(part["style"].unique())
    table = pd.crosstab(part["style"], part["predicted"])
    return table.reindex(index=styles, columns=styles, fill_value=0)


def difference(
    first: pd.DataFrame,
    second: pd.DataFrame,
    measure: str = "balanced accuracy",
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> dict[str, float]:
    """A measure of two sets of predictions for the same pieces, and the paired difference.

    Parameters
    ----------
    first, second : pandas.DataFrame
        Predictions of one arm and model each; the groups of ``first`` are drawn.
    measure : str
        A key of :data:`MEASURES`.
    n_bootstrap, seed : int

    Returns
    -------
    dict
        ``first`` and ``second`` (the measure), ``value`` (second less first), ``low``,
        ``high``, ``n`` (pieces).

    Raises
    ------
    ParameterError
        If the pieces are not the same.
    """
    first, second = (told.sort_values("piece", ignore_index=True) for told in (first, second))
    if not first["piece"].equals(second["piece"]):
        raise ParameterError("a paired difference needs the same pieces on both sides")
    measured = _measure(measure)
    found = [
        measured(Resampled(told.assign(group=first["group"]), n_bootstrap, seed))
        for told in (first, second)
    ]
    gap = found[1] - found[0]
    low, high = np.percentile(gap[1:], [2.5, 97.5])
    both = {"first": float(found[0][0]), "second": float(found[1][0])}
    return {**both, "value": float(gap[0]), "low": low, "high": high, "n": len(first)}
