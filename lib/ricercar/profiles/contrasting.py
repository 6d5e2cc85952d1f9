"""Which of several orders puts later likes higher, and whether that is more than chance.

Goal: two figures side by side are not a comparison. Each pair that is asked about is compared
listener by listener, and said in a sentence that follows from the figures.

Conventions
-----------
* A difference is in AUC (:func:`ricercar.profiles.held_out`), over the same listeners; its
  interval is that of the paired bootstrap, for this pair alone.
* ``p`` is that of the sign-flip test, corrected for the number of pairs (Holm). The verdict goes
  by it, at 5 %; what it does not tell apart is not called equal.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap

BETTER, WORSE, NOT_TOLD_APART = "better", "worse", "not told apart"


def contrast(
    outcome: Mapping[str, pd.DataFrame], pairs: Iterable[tuple[str, str]], seed: int = 0
) -> pd.DataFrame:
    """Compare orders in pairs.

    Parameters
    ----------
    outcome : mapping of str to DataFrame
        Name of an order and what :func:`ricercar.profiles.held_out` says of it.
    pairs : iterable of (str, str)
        Which is compared with which; a pair of the same name, or a second time, is passed over.
    seed : int
        Of bootstrap and test.

    Returns
    -------
    DataFrame
        Index: ``order`` and ``beside``; columns ``difference``, ``low``, ``high``, ``p``, ``n``
        (listeners) and ``verdict``.

    Examples
    --------
    >>> names = [f"l{i:02d}" for i in range(20)]
    >>> outcome = {name: pd.DataFrame({"listener": names, "auc": auc})
    ...     for name, auc in (("profile", 0.8), ("popularity", 0.7))}
    >>> contrast(outcome, [("profile", "popularity")])["verdict"].tolist()
    ['better']
    """
    asked = [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
    rows = []
    for name, beside in asked:
        own = outcome[name].set_index("listener")["auc"]
        other = outcome[beside].set_index("listener")["auc"].reindex(own.index)
        gain = bootstrap.paired_difference(own, other, seed=seed)
        p = bootstrap.sign_flip_test(own, other, seed=seed)
        rows.append([*gain, p, len(bootstrap.paired(own, other))])
    index = pd.MultiIndex.from_tuples(asked, names=["order", "beside"])
    table = pd.DataFrame(rows, index, ["difference", "low", "high", "p", "n"])
    table["p"] = bootstrap.holm(table["p"])
    sign = np.where(table["difference"] > 0, BETTER, WORSE)
    table["verdict"] = np.where(table["p"] < 0.05, sign, NOT_TOLD_APART)
    return table


def sentence(row: pd.Series) -> str:
    """A row of :func:`contrast` in words.

    Examples
    --------
    >>> row = pd.Series({"difference": -0.02, "low": -0.03, "high": -0.01, "p": 0.002, "n": 90,
    ...     "verdict": "worse"}, name=("own profile", "popularity"))
    >>> sentence(row)
    'own profile does worse than popularity (AUC −0.020 [−0.030, −0.010], p = 0.002, n = 90)'
    """
    name, beside = row.name if isinstance(row.name, tuple) else ("", "")
    does = {
        BETTER: "does better than",
        WORSE: "does worse than",
        NOT_TOLD_APART: "cannot be told apart from",
    }[row["verdict"]]
    p = "p < 0.001" if row["p"] < 0.001 else f"p = {row['p']:.3f}"
    figures = (
        f"AUC {row['difference']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}], {p}, n = {row['n']}"
    )
    return f"{name} {does} {beside} ({figures.replace('-', '−')})"
