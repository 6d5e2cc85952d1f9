"""What a model relies on: the score lost when some features are shuffled.

Conventions
-----------
* Features are shuffled among held-out pieces; the model is left as it is. So this measures
  what it relies on, not what could be known.
* Features that say the same are shuffled together: singly, each would look dispensable
  while the others stay in place.

Sources
-------
Breiman, "Random forests", *Machine Learning* 45, 2001; Gregorutti, Michel and
Saint-Pierre, "Grouped variable importance with random forests", *Computational
Statistics and Data Analysis* 90, 2015.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ricercar.features import correlations
from ricercar.style.models import ARMS, choose, feature_values, train
from ricercar.style.resampled import Resampled


def together(table: pd.DataFrame, least: float = 0.7) -> dict[str, list[str]]:
    """Clusters of features that rise and fall together, named by their most central one.

    Parameters
    ----------
    table : pandas.DataFrame
        Features.
    least : float
        See :func:`ricercar.features.correlations.clusters`.

    Returns
    -------
    dict of str to list of str
        ``melody.pitch_range`` for a feature alone, ``melody.pitch_range + 2`` for three.

    Examples
    --------
    >>> x = np.arange(20.0)
    >>> table = pd.DataFrame({"rhythm.npvi": x, "melody.gap_fill": -x, "melody.step_share": x % 2})
    >>> sorted(together(table))
    ['melody.step_share', 'rhythm.npvi + 1']
    """
    named: dict[str, list[str]] = {}
    for _, part in correlations.clusters(table, least).groupby("cluster", sort=False):
        # equally central ones in the order of the table, whatever the tree makes of them
        part = part.set_index("feature").loc[[c for c in table.columns if c in set(part.feature)]]
        centre = str(part["nearest"].fillna(1.0).round(9).idxmax())
        named[f"{centre} + {len(part) - 1}" if len(part) > 1 else centre] = list(part.index)
    return named


def importance(
    dealt: pd.DataFrame,
    table: pd.DataFrame,
    columns: Mapping[str, Sequence[str]],
    model: str = "logistic regression",
    seen: Sequence[str] | None = None,
    repeats: int = 3,
    n_bootstrap: int = 500,
    seed: int = 0,
    workers: int = 1,
) -> pd.DataFrame:
    """Balanced accuracy lost when columns are shuffled among the held-out pieces.

    Parameters
    ----------
    dealt, table : pandas.DataFrame
        As in :func:`ricercar.style.cross_validate`.
    columns : mapping of str to sequence of str
        What to shuffle together: a feature by itself, a cluster, or a whole family.
    model : str
        Its setting is chosen in each fold, as in the cross-validation.
    seen : sequence of str, optional
        Columns that the model sees; all of our features if left out.
    repeats : int
        Shuffles, whose results are averaged.
    n_bootstrap, seed : int
    workers : int
        Processes; the result does not depend on it.

    Returns
    -------
    pandas.DataFrame
        ``name``, ``value`` (loss), ``low``, ``high``, ``n`` (pieces), largest loss first. The
        interval draws groups; shuffles and training are not repeated for it.
    """
    from sklearn.utils.parallel import Parallel, delayed

    style, fold = dealt["style"].to_numpy(object), dealt["fold"].to_numpy()
    group = dealt["group"].to_numpy(object)
    names = list(ARMS["all features"] if seen is None else seen)
    values = feature_values(table, dealt["piece"], names)
    place = {column: number for number, column in enumerate(names)}
    shuffled = [[place[member] for member in members] for members in columns.values()]
    numbers = np.unique(fold)
    done = Parallel(n_jobs=workers, max_nbytes=None)(
        delayed(_hits)(model, values, style, group, fold == number, shuffled, repeats, seed)
        for number in numbers
    )
    base, hit = np.zeros(len(dealt)), np.zeros((len(columns), len(dealt)))
    for number, (plain, lost) in zip(numbers, done, strict=True):
        base[fold == number], hit[:, fold == number] = plain, lost
    drawn = Resampled(dealt.assign(predicted=style), n_bootstrap, seed)
    before = np.nanmean(drawn.by_style(base), axis=1)
    rows = []
    for name, hits in zip(columns, hit, strict=True):
        loss = before - np.nanmean(drawn.by_style(hits), axis=1)
        low, high = np.percentile(loss[1:], [2.5, 97.5])
        rows.append({"name": name, "value": loss[0], "low": low, "high": high, "n": len(dealt)})
    result = pd.DataFrame(rows, columns=["name", "value", "low", "high", "n"])
    return result.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def _hits(
    model: str,
    values: np.ndarray,
    style: np.ndarray,
    group: np.ndarray,
    held_out: np.ndarray,
    shuffled: Sequence[Sequence[int]],
    repeats: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Whether each held-out piece is recognised, and how often after each shuffle."""
    rest, test = ~held_out, np.flatnonzero(held_out)
    lost = np.zeros((len(shuffled), len(test)))
    rng = np.random.default_rng([seed, int(test[0])])
    with threadpool_limits(1):
        setting = choose(model, values[rest], style[rest], group[rest], seed)
        fitted = train(model, values[rest], style[rest], seed, setting)
        plain = fitted.predict(values[test]) == style[test]
        for number, where in enumerate(shuffled):
            copies = np.tile(values[test], (repeats, 1))
            order = np.concatenate([rng.permutation(test) for _ in range(repeats)])
            copies[:, where] = values[order][:, where]
            right = fitted.predict(copies).reshape(repeats, -1) == style[test]
            lost[number] = right.mean(axis=0)
    return plain, lost
