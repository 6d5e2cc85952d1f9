"""What re-ranking costs in accuracy, and what it gives for it.

Goal: a curve for each aim, from the model's own lists to lists that look at the aim more
and more, so that a reader can choose the price.

Conventions
-----------
* A *rule* is one of :mod:`ricercar.recommend.reranked`, its *aim* the metric that it is made
  for: MMR for ``diversity@k``, calibration for ``style_js@k`` (less is better), popularity
  for ``novelty@k``.
* Strength 0 is the model's own list; it is measured once and stands in every curve.
* What is kept and gained is measured against strength 0 on the same listeners, with 95 %
  bootstrap intervals.
* The curves describe; whoever chooses a strength by them has to confirm it on other data.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ricercar.assess import bootstrap, ranking
from ricercar.assess.verdicts import FEW
from ricercar.recommend.base import Recommender
from ricercar.recommend.reranked import Reranked, Rule, by_calibration, by_mmr, by_popularity

#: rule -> (aim without its cutoff, whether more is better)
AIMS: dict[str, tuple[str, bool]] = {
    "diversity (MMR)": ("diversity", True),
    "calibration": ("style_js", False),
    "popularity": ("novelty", True),
}
#: rule -> what it does, in Markdown
MEANINGS: dict[str, str] = {
    "diversity (MMR)": r"*MMR* takes next the one with the largest $(1 - \lambda)\,r_{ui} - "
    r"\lambda \max_{j \in S} \cos(f_i, f_j)$, $S$ being those taken before.",
    "calibration": "*Calibration* keeps the styles in the shares in which the listener likes them, "
    "so it wants style_js small.",
    "popularity": "*Popularity* moves down what many like.",
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
        metric), value, low, high, kept, kept_low, kept_high (accuracy over that of strength
        0), gain, gain_low, gain_high (how much better the aim is than at strength 0), n
        (listeners); a row per rule and strength. A rule whose aim is not defined for any of
        the listeners is left out.
    """
    cutoff = int(metric.partition("@")[2])
    usual = ranking.evaluate(model, train, test, [cutoff], features, styles)
    rows = []
    for name, rule in rules(features, styles).items():
        aim = f"{AIMS[name][0]}@{cutoff}"
        sign = 1 if AIMS[name][1] else -1
        for strength in strengths:
            listing = Reranked(model, rule(strength)) if strength else model
            found = ranking.evaluate(listing, train, test, [cutoff], features, styles)
            each = found.metrics[[metric, aim]].to_numpy(dtype=float)
            accuracy, value = (bootstrap.interval(figures, n=n, seed=seed) for figures in each.T)
            if np.isnan(value[0]):  # listeners without a past have no styles to keep to
                break
            own = usual.metrics[[metric, aim]].to_numpy(dtype=float)
            kept = [part.item() for part in bootstrap.ratio(each[:, 0], own[:, 0], n, seed)]
            gain = bootstrap.paired_difference(sign * each[:, 1], sign * own[:, 1], n=n, seed=seed)
            rows.append((name, strength, *accuracy, aim, *value, *kept, *gain, len(each)))
    bounds = [f"{kind}{end}" for kind in ("kept", "gain") for end in ("", "_low", "_high")]
    known = ["accuracy", "accuracy_low", "accuracy_high", "aim", "value", "low", "high", *bounds]
    return pd.DataFrame(rows, columns=["rule", "strength", *known, "n"])


def prices(table: pd.DataFrame, kept: float = 0.95) -> list[str]:
    """How far each rule gets while a share of the accuracy surely stays, in sentences.

    Strengths are looked at from the weakest on, up to the first at which the interval of what
    is kept reaches below the share: tests in a fixed order need no correction.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`curves`.
    kept : float
        Share of the model's own accuracy that is to be kept.

    Returns
    -------
    list of str
        A sentence per rule; one in all where the listeners are fewer than
        :data:`ricercar.assess.verdicts.FEW`.

    Examples
    --------
    >>> rows = [("popularity", 0.0, 4.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0),
    ...     ("popularity", 0.1, 5.0, 0.98, 0.96, 0.99, 1.0, 0.9, 1.1),
    ...     ("popularity", 0.2, 7.0, 0.95, 0.91, 0.97, 3.0, 2.8, 3.2)]
    >>> names = ["rule", "strength", "value", "kept", "kept_low", "kept_high"]
    >>> some = pd.DataFrame(rows, columns=[*names, "gain", "gain_low", "gain_high"])
    >>> for sentence in prices(some.assign(aim="novelty@10", n=90)):
    ...     print(sentence)
    popularity takes novelty@10 from 4.000 to 5.000, better by 1.000 [0.900, 1.100], at strength
    0.1; 98 % [96 %, 99 %] of the accuracy stay.
    """
    if len(table) and table["n"].max() < FEW:
        return [f"{table['n'].max()} listeners are too few to say what re-ranking costs."]
    said = []
    for name, rows in table.groupby("rule", sort=False):
        tried = rows[rows["strength"] > 0].sort_values("strength")
        sure = tried[(tried["kept_low"] >= kept).cummin()]
        if sure.empty:
            said.append(f"{name}: at no strength is it sure that {kept:.0%} of the accuracy stay.")
            continue
        far = sure.iloc[int(sure["gain"].to_numpy().argmax())]
        if not far["gain_low"] > 0:
            said.append(f"{name} surely gains nothing while {kept:.0%} of the accuracy stay.")
            continue
        before = rows.loc[rows["strength"] == 0, "value"].iloc[0]
        said.append(
            f"{name} takes {far['aim']} from {before:.3f} to {far['value']:.3f}, better by "
            f"{far['gain']:.3f} [{far['gain_low']:.3f}, {far['gain_high']:.3f}], at strength "
            f"{far['strength']:g}; {far['kept']:.0%} [{far['kept_low']:.0%}, "
            f"{far['kept_high']:.0%}] of the accuracy stay."
        )
    return [text.replace("%", " %") for text in said]
