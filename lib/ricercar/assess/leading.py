r"""Who leads in a figure, and who cannot be told apart from the leader.

Goal: no model is called the most novel, or the one that lists most of the catalogue, because
of a difference that may be chance.

Conventions
-----------
* The leader has the highest value. All others are compared with it on the same listeners and
  corrected by Holm's method over these comparisons. Whoever is really less is not the first;
  the others, with the leader, are those that may be: by testing against the best *as measured*
  the true first is among them in at least 95 % of the cases (Hsu's comparison with the best).
* ``coverage@k`` is a figure of all lists together: its test draws the same listeners for both
  models; p is twice the share of resamples on the other side of 0.

Source: J. C. Hsu, "Constrained simultaneous confidence intervals for multiple comparisons with
the best", Annals of Statistics 12 (1984).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap, effects
from ricercar.assess.exposure import FIGURES, listed, resampled_exposure
from ricercar.assess.ranking import Evaluation
from ricercar.assess.verdicts import joined

COLUMNS = ("model", "value", "behind", "low", "high", "p", "p_holm", "real")


def leading(
    evaluations: Mapping[str, Evaluation], metric: str, n: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Every model's distance to the leader.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
    metric : str
        A column of ``Evaluation.metrics``, or ``coverage@k``; higher comes first.
    n, seed : int
        Resamples, and their seed; the test of a metric uses ten times as many sign patterns.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`; the leader first, its last columns missing. ``behind`` is the
        leader's value less the model's, with its 95 % interval; ``real`` if p_holm < 0.05.

    Raises
    ------
    ParameterError
        If the models were evaluated on different listeners.

    Examples
    --------
    >>> one = pd.DataFrame({"novelty@10": np.linspace(4.0, 6.0, 30)})
    >>> def made(metrics):
    ...     cold, lists = np.zeros(30, bool), np.zeros((30, 1), int)
    ...     return Evaluation(np.arange(30), cold, metrics, lists, 5, 0, 0, (10,))
    >>> some = {"popular": made(one), "ease": made(one + 0.1), "als": made(one + 0.1)}
    >>> in_words(leading(some, "novelty@10"))
    'ease, not told apart from als'
    """
    effects.same_listeners(evaluations)
    kind, _, cutoff = metric.partition("@")
    if kind in FIGURES:
        figures = {
            name: _of_lists(evaluation, FIGURES.index(kind), int(cutoff), n, seed)
            for name, evaluation in evaluations.items()
        }
    else:
        figures = {
            name: (evaluation.metrics[metric].mean(), evaluation.metrics[metric].to_numpy())
            for name, evaluation in evaluations.items()
        }
    order = sorted(figures, key=lambda name: -figures[name][0])
    first = order[0]
    compared = _together if kind in FIGURES else _each
    rows = [
        (name, figures[name][0], *compared(figures[first], figures[name], n, seed))
        for name in order[1:]
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-2]))
    table["p_holm"] = bootstrap.holm(table["p"])
    table["real"] = table["p_holm"] < 0.05
    top = pd.DataFrame([(first, figures[first][0])], columns=list(COLUMNS[:2]))
    return pd.concat([top, table.astype({"real": object})], ignore_index=True)[list(COLUMNS)]


def _of_lists(
    evaluation: Evaluation, at: int, k: int, n: int, seed: int
) -> tuple[float, np.ndarray]:
    """A figure of all lists, and of resamples."""
    some = listed(evaluation.lists[:, :k], evaluation.pieces)
    values, moved = resampled_exposure(some, n, seed)
    return float(values[at]), moved[at]


def _together(
    first: tuple[float, np.ndarray], other: tuple[float, np.ndarray], n: int, seed: int
) -> tuple[float, float, float, float]:
    """Difference, interval and p of two figures of all lists."""
    spread = first[1] - other[1]
    low, high = np.quantile(spread, [0.025, 0.975])
    beyond = min((spread <= 1e-12).sum(), (spread >= -1e-12).sum())
    p = min(1.0, (2 * int(beyond) + 1) / (n + 1))
    return first[0] - other[0], float(low), float(high), p


def _each(
    first: tuple[float, np.ndarray], other: tuple[float, np.ndarray], n: int, seed: int
) -> tuple[float, float, float, float]:
    """Difference, interval and p of two models' figures of the same listeners."""
    difference = bootstrap.paired_difference(first[1], other[1], n=n, seed=seed)
    return *difference, bootstrap.sign_flip_test(first[1], other[1], n=10 * n - 1, seed=seed)


def in_words(table: pd.DataFrame) -> str:
    """Who leads, for a sentence.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`leading`.

    Examples
    --------
    >>> in_words(pd.DataFrame({"model": ["ease", "als"], "real": [None, True]}))
    'ease, really ahead of the rest'
    """
    level = table.loc[table["real"].eq(False), "model"].tolist()
    apart = f"not told apart from {joined(level)}" if level else "really ahead of the rest"
    return f"{table['model'].iloc[0]}, {apart}"
