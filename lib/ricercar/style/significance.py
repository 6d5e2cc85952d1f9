"""Whether one model is really better than another.

Conventions
-----------
* McNemar's test looks only at the pieces that just one of two models recognised; it counts
  pieces, so frequent styles weigh more, and it takes pieces for independent witnesses.

Sources
-------
McNemar, "Note on the sampling error of the difference between correlated proportions",
*Psychometrika* 12, 1947; Holm, "A simple sequentially rejective multiple test procedure",
*Scandinavian Journal of Statistics* 6, 1979.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's correction of several tests: the smallest p counts for all, the next for one less.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p, float)
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(raised, 1.0)
    return corrected


def mcnemar(predictions: pd.DataFrame) -> pd.DataFrame:
    """Exact McNemar tests of every pair of models on the same pieces, with Holm's correction.

    Parameters
    ----------
    predictions : pandas.DataFrame
        Every arm and model in it is compared with every other.

    Returns
    -------
    pandas.DataFrame
        ``first``, ``second`` (model, with its arm where there are several), ``only first``,
        ``only second`` (pieces that only one recognised), ``p`` (two-sided probability of a
        split at least as lopsided were both equally often right), ``p (Holm)``. The test
        counts pieces, so that frequent styles weigh more.

    Raises
    ------
    ParameterError
        If two models were not asked about the same pieces.
    """
    from scipy.stats import binomtest

    several = predictions["arm"].nunique() > 1
    right: dict[str, np.ndarray] = {}
    pieces: np.ndarray | None = None
    for (arm, model), part in predictions.groupby(["arm", "model"], sort=False):
        part = part.sort_values("piece")
        asked = part["piece"].to_numpy(str)
        if pieces is not None and not np.array_equal(asked, pieces):
            raise ParameterError("McNemar's test needs models that were asked about equal pieces")
        pieces = asked
        right[f"{model} ({arm})" if several else str(model)] = part["predicted"].to_numpy(
            str
        ) == part["style"].to_numpy(str)
    rows = []
    for first, second in combinations(right, 2):
        one = int((right[first] & ~right[second]).sum())
        other = int((right[second] & ~right[first]).sum())
        p = float(binomtest(one, one + other).pvalue) if one + other else 1.0
        rows.append((first, second, one, other, p))
    table = pd.DataFrame(rows, columns=["first", "second", "only first", "only second", "p"])
    return table.assign(**{"p (Holm)": holm(table["p"].to_numpy())})
