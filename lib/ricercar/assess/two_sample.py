r"""Can a made set be told from a real one? Two tests, with the chance that it was luck.

Goal: one number that no list of means can hide from. What gives a made set away says
:func:`ricercar.assess.set_pair.telling`.

Conventions
-----------
* Sets, columns, standardisation and groups are those of :mod:`.set_pair`; sets may differ
  in size.
* The accuracy at telling the sets apart weighs both the same: 0.5 is indistinguishable, 1
  never mistaken. *Below* 0.5 in the neighbour test means that the nearest piece to a real
  one is too often a made one: copies.
* Pieces of one group are not each other's neighbour (:mod:`.neighbour_test`) and share a
  fold.
* p is the share of permuted labellings, the true one counted, with at least the accuracy
  found: one-sided, against "both sets are alike".
* Intervals are 95 %, over the groups of either set. Of the neighbour test they are the
  spread of the accuracy over random halves of both sets (a bootstrap would make every
  piece its own neighbour), about the accuracy that was measured; of the classifier a
  bootstrap of its answers, with the trained models held as they are.

Sources
-------
D. Lopez-Paz and M. Oquab, "Revisiting classifier two-sample tests", ICLR 2017; M. Ojala
and G. C. Garriga, "Permutation tests for studying classifier performance", *JMLR* 11, 2010.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ricercar.assess.measured_set import MeasuredSet
from ricercar.assess.neighbour_test import Answer, nearest_neighbour, p_value
from ricercar.assess.set_pair import Groups, join
from ricercar.errors import ParameterError

__all__ = ["CLASSIFIERS", "MEASURES", "Answer", "classifier", "evaluate", "nearest_neighbour"]

#: metric -> (what it says, unit)
MEASURES: dict[str, tuple[str, str]] = {
    "neighbour_accuracy": ("pieces whose nearest neighbour is of their own set", "share"),
    "neighbour_p": ("chance of that accuracy if both sets were alike", "p-value"),
    "classifier_accuracy": ("pieces that a trained classifier puts into their set", "share"),
    "classifier_p": ("chance of that accuracy if both sets were alike", "p-value"),
}

#: model -> its setting in :data:`ricercar.style.models.SETTINGS`
CLASSIFIERS = {
    "logistic regression": "C = 0.01, sharpness 1",
    "gradient boosting": "30 rounds",
}


def _dealt(made: np.ndarray, group: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Fold of each piece: groups of either set dealt round, shape (pieces,)."""
    number = np.zeros(group.max() + 1, dtype=int)
    for side in (made, ~made):
        names = rng.permutation(np.unique(group[side]))
        number[names] = np.arange(len(names)) % folds
    return number[group]


def _classified(
    z: np.ndarray, made: np.ndarray, group: np.ndarray, model: str, folds: int, seed: int
) -> np.ndarray:
    """Which pieces a model that was trained on the other folds puts right."""
    from ricercar.style import models

    names = np.where(made, "made", "real")
    fold = _dealt(made, group, folds, np.random.default_rng(seed))
    right = np.zeros(len(z))
    for number in range(folds):
        rest, test = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        trained = models.train(model, z[rest], names[rest], seed, CLASSIFIERS[model])
        right[test] = trained.predict(z[test]) == names[test]
    return right


def classifier(
    real: pd.DataFrame,
    made: pd.DataFrame,
    groups: Groups | None = None,
    columns: Sequence[str] | None = None,
    model: str = "logistic regression",
    folds: int = 5,
    n: int = 99,
    seed: int = 0,
) -> Answer:
    """Accuracy of a classifier that was trained to tell the sets apart, on pieces held out.

    Both sets weigh the same in training and in the accuracy, whatever their sizes; folds
    hold whole groups. For p the labels of groups are permuted and all folds trained anew.

    Parameters
    ----------
    real, made : pandas.DataFrame
        Results of :func:`.measured_set.described`.
    groups, columns
        As in :func:`nearest_neighbour`; all columns if left out.
    model : str
        One of :data:`CLASSIFIERS`; boosting takes some fifty times as long.
    folds : int
        At least 2, and no more than either set has groups.
    n, seed : int
        Permutations (p is no smaller than ``1 / (n + 1)``; none with 0); seed.

    Returns
    -------
    Answer

    Raises
    ------
    ParameterError
        If there is no such model, or there are too few groups for the folds.

    Examples
    --------
    >>> real = pd.DataFrame({"triad": np.arange(20.0), "crossing": np.arange(20.0) % 3})
    >>> apart = classifier(real, real.assign(triad=np.arange(20.0) + 40), folds=2, n=4)
    >>> apart.accuracy, apart.p
    (1.0, 0.2)
    """
    from threadpoolctl import threadpool_limits

    if model not in CLASSIFIERS:
        raise ParameterError(f"there is no classifier {model!r}; known: {', '.join(CLASSIFIERS)}")
    pair = join(real, made, groups, columns)
    fewest = min(pair.groups)
    if not 2 <= folds <= fewest:
        raise ParameterError(f"{folds} folds of {fewest} groups: give 2 to {fewest} folds")
    null = []
    # small fits: more threads only wait for each other
    with threadpool_limits(1):
        right = _classified(pair.z, pair.made, pair.group, model, folds, seed)
        for number, label in enumerate(pair.permuted(n, seed)):
            told = _classified(pair.z, label, pair.group, model, folds, seed + 1 + number)
            null.append((told[label].mean() + told[~label].mean()) / 2)
    accuracy, low, high = pair.mean(right, 999, seed)
    return Answer(accuracy, low, high, p_value(accuracy, np.array(null)), len(real), len(made))


def evaluate(
    real: MeasuredSet, made: MeasuredSet, seed: int = 0, n: int = 999, trainings: int = 99
) -> pd.DataFrame:
    """Both tests, as rows of a scorecard.

    Parameters
    ----------
    real, made : MeasuredSet
        Pieces of equal length.
    seed, n : int
        Seed; permutations and resamples of the neighbour test.
    trainings : int
        Permutations for the classifier.

    Returns
    -------
    pandas.DataFrame
        Columns metric (:data:`MEASURES`), value, low, high and n (made pieces). Fewer than
        four groups in a set leave the classifier out: its rows are NaN.
    """
    tables, pair = (real.table, made.table), (real.groups, made.groups)
    near = nearest_neighbour(*tables, groups=pair, n=n, seed=seed)
    folds = min(5, *(one.nunique() for one in pair))
    if folds < 4:
        trained = Answer(np.nan, np.nan, np.nan, np.nan, len(tables[0]), len(tables[1]))
    else:
        trained = classifier(*tables, groups=pair, folds=folds, n=trainings, seed=seed)
    rows = [
        ("neighbour_accuracy", near.accuracy, near.low, near.high),
        ("neighbour_p", near.p, np.nan, np.nan),
        ("classifier_accuracy", trained.accuracy, trained.low, trained.high),
        ("classifier_p", trained.p, np.nan, np.nan),
    ]
    table = pd.DataFrame(rows, columns=["metric", "value", "low", "high"])
    return table.assign(n=len(tables[1]))
