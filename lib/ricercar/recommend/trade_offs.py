"""What re-ranking costs in accuracy, and what it gives for it.

Goal: a curve for each aim, from the model's own lists to lists that look at the aim more
and more, so that a reader can choose the price.

Conventions
-----------
* A *rule* is one of :mod:`ricercar.recommend.reranked`, its *aim* the metric that it is made
  for: MMR for ``diversity@k``, calibration for ``style_js@k`` (less is better), popularity
  for ``novelty@k``.
* Strength 0 is the model's own list; it is measured once and stands in every curve.
* The curves describe; whoever chooses a strength by them has to confirm it on other data.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ricercar.assess import bootstrap, ranking
from ricercar.recommend.base import Recommender
from ricercar.recommend.reranked import Reranked, Rule, by_calibration, by_mmr, by_popularity

#: rule -> (aim without its cutoff, whether more is better)
AIMS: dict[str, tuple[str, bool]] = {
    "diversity (MMR)": ("diversity", True),
    "calibration": ("style_js", False),
    "popularity": ("novelty", True),
}


def rules(features: np.ndarray | None, styles: ArrayLike | None) -> dict[str, Callable[..., Rule]]:
    """The rules that the data allow: strength -> rule.

    Examples
    --------
    >>> list(rules(None, None))
    ['popularity']
    """
    found: dict[str, Callable[..., Rule]] = {}
    if features is not None:
        found["diversity (MMR)"] = lambda strength: by_mmr(features, strength)
    if styles is not None:
        found["calibration"] = lambda strength: by_calibration(styles, strength)
    found["popularity"] = lambda strength: by_popularity(strength)
    return found


def curves(
    model: Recommender,
    train: object,
    test: object,
    metric: str = "ndcg_min@10",
    features: np.ndarray | None = None,
    styles: ArrayLike | None = None,
    strengths: Sequence[float] = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8),
    n: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Accuracy and aim of a model's lists, re-ranked more and more strongly.

    Parameters
    ----------
    model : Recommender
        Trained on ``train``.
    train, test : scipy sparse, shape (listeners, pieces)
    metric : str
        Accuracy, a column of :class:`ricercar.assess.ranking.Evaluation`.
    features : numpy.ndarray, shape (pieces, features), optional
    styles : array_like, optional
        See :func:`ricercar.assess.calibration.shares`.
    strengths : sequence of float
        In 0..1.
    n, seed : int
        Resamples of listeners, and their seed.

    Returns
    -------
    pandas.DataFrame
        Columns rule, strength, accuracy, accuracy_low, accuracy_high, aim (the name of its
        metric), value, low, high; a row per rule and strength. A rule whose aim is not
        defined for any of the listeners is left out.
    """
    cutoff = int(metric.partition("@")[2])
    rows = []
    for name, rule in rules(features, styles).items():
        aim = f"{AIMS[name][0]}@{cutoff}"
        for strength in strengths:
            listing = Reranked(model, rule(strength)) if strength else model
            found = ranking.evaluate(listing, train, test, [cutoff], features, styles)
            accuracy, value = (
                bootstrap.interval(found.metrics[kind].to_numpy(), n=n, seed=seed)
                for kind in (metric, aim)
            )
            if np.isnan(value[0]):  # listeners without a past have no styles to keep to
                break
            rows.append((name, strength, *accuracy, aim, *value))
    bounds = ["accuracy", "accuracy_low", "accuracy_high", "aim", "value", "low", "high"]
    return pd.DataFrame(rows, columns=["rule", "strength", *bounds])


def prices(table: pd.DataFrame, kept: float = 0.95) -> list[str]:
    """How far each rule gets before it costs more than a share of the accuracy, in sentences.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`curves`, with strength 0.
    kept : float
        Share of the model's own accuracy that is to be kept.

    Examples
    --------
    >>> rows = [("popularity", 0.0, 0.20, 4.0), ("popularity", 0.1, 0.19, 5.0),
    ...     ("popularity", 0.2, 0.10, 7.0)]
    >>> some = pd.DataFrame(rows, columns=["rule", "strength", "accuracy", "value"])
    >>> prices(some.assign(aim="novelty@10"))
    ['popularity takes novelty@10 from 4.000 to 5.000 at strength 0.1, with 95 % of the accuracy.']
    """
    said = []
    for name, rows in table.groupby("rule", sort=False):
        own = rows[rows["strength"] == 0].iloc[0]
        sign = 1 if AIMS[str(name)][1] else -1
        cheap = rows[rows["accuracy"] >= kept * own["accuracy"]]
        far = cheap.loc[(sign * cheap["value"]).idxmax()]
        if sign * far["value"] <= sign * own["value"]:
            said.append(f"{name} gains nothing while {kept:.0%} of the accuracy are kept.")
            continue
        left = far["accuracy"] / own["accuracy"]
        said.append(
            f"{name} takes {far['aim']} from {own['value']:.3f} to {far['value']:.3f} at strength "
            f"{far['strength']:g}, with {left:.0%} of the accuracy."
        )
    return [text.replace("%", " %") for text in said]
