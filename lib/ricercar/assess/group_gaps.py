r"""Whether a model serves busy listeners better than others, or any two groups.

Conventions
-----------
* Groups are ordered labels of listeners, such as those of
  :func:`.listener_groups.by_activity`.
* A *gap* is the mean of the last group less that of the first one (heavy less light): it has
  a sign, and is 0 on average if the groups are served alike. Its p says how often a random
  division of the listeners of both has a gap as wide, and is corrected over the models by
  Holm's method; its interval is that of one model alone, and missing where a group has
  fewer than :data:`.verdicts.FEW` listeners, whose resamples would promise too much.

Source: M. Ekstrand et al., "All the cool kids, how do they fit in?", FAT* 2018.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap
from ricercar.assess.ranking import Evaluation
from ricercar.assess.verdicts import FEW


def gaps(
    evaluations: Mapping[str, Evaluation],
    groups: pd.Series,
    metric: str,
    n: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """How much better each model serves the last group than the first one.

    Parameters
    ----------
    evaluations : mapping of str to Evaluation
    groups : pandas.Series, shape (all listeners,)
        A label per row of the matrix, in its order; categories keep theirs.
    metric : str
        A column of ``Evaluation.metrics``.
    n, seed : int
        Resamples within the groups and random divisions, and their seed.

    Returns
    -------
    pandas.DataFrame
        Columns model, more, less (the two groups), gap (mean of ``more`` less that of
        ``less``), low, high (95 % interval), p, p_holm, real (p_holm < 0.05), n (listeners of
        both). Missing with fewer than two groups.
    """
    rows = []
    for name, evaluation in evaluations.items():
        values = evaluation.values(metric)
        label = pd.Series(pd.Categorical(groups.iloc[evaluation.listeners]))
        known = ~np.isnan(values) & label.notna().to_numpy()
        found = label[known].cat.remove_unused_categories().cat.categories
        if len(found) < 2:
            rows.append((name, None, None, *[np.nan] * 4, int(known.sum())))
            continue
        less, more = (values[known & (label == group).to_numpy()] for group in found[[0, -1]])
        rows.append((name, found[-1], found[0], *_gap(more, less, n, seed), len(more) + len(less)))
    columns = ["model", "more", "less", "gap", "low", "high", "p", "n"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(7, "p_holm", bootstrap.holm(table["p"]))
    table.insert(8, "real", table["p_holm"] < 0.05)
    return table


def _gap(more: np.ndarray, less: np.ndarray, n: int, seed: int) -> tuple[float, ...]:
    """Difference of the means of two groups, its interval, and p."""
    rng = np.random.default_rng(seed)
    low, high = np.quantile(
        _resampled_means(more, n, rng) - _resampled_means(less, n, rng), [0.025, 0.975]
    )
    if min(len(more), len(less)) < FEW:
        low = high = np.nan
    gap = more.mean() - less.mean()
    together = np.concatenate([more, less])
    beyond = 0
    for _ in range(n):
        drawn = rng.permutation(together)
        beyond += abs(drawn[: len(more)].mean() - drawn[len(more) :].mean()) >= abs(gap) - 1e-12
    return float(gap), float(low), float(high), (int(beyond) + 1) / (n + 1)


def _resampled_means(values: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Means of n resamples of a group."""
    return np.array([rng.choice(values, len(values)).mean() for _ in range(n)])
