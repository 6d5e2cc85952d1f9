"""Which differences are real, said in sentences.

Conventions
-----------
Sentences are made from values only, so that they are right for any data; "really" always
means: after correction for all comparisons made, at 5 %. What is not really different is
said to be not told apart, never equal.
"""

from collections.abc import Sequence

import pandas as pd

from ricercar.assess.model_ranks import Standing


def joined(names: Sequence[str]) -> str:
    """Names as a reader lists them.

    Examples
    --------
    >>> joined(["ease"]), joined(["als", "bpr", "ease"])
    ('ease', 'als, bpr and ease')
    """
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def of_comparison(table: pd.DataFrame) -> list[str]:
    """What a table of comparisons says, a sentence or two per reference and metric.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`.comparison.compare`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> row = {"reference": "popular", "metric": "hit@10", "low": 0.1, "high": 0.3, "n": 90}
    >>> table = pd.DataFrame([
    ...     {"model": "ease", "difference": 0.2, "real": True, **row},
    ...     {"model": "als", "difference": 0.01, "real": False, **row},
    ... ])
    >>> for sentence in of_comparison(table):
    ...     print(sentence)
    ease is really better than popular in hit@10: by 0.200 [0.100, 0.300], on 90 listeners.
    als cannot be told apart from popular in hit@10.
    """
    said = []
    for (reference, metric), rows in table.groupby(["reference", "metric"], sort=False):
        ordered = rows.sort_values("difference", ascending=False, kind="stable")
        for row in ordered[ordered["real"]].to_dict("records"):
            sign = 1 if row["difference"] > 0 else -1
            word = "better" if sign > 0 else "worse"
            low, high = sorted([sign * row["low"], sign * row["high"]])
            said.append(
                f"{row['model']} is really {word} than {reference} in {metric}: by "
                f"{abs(row['difference']):.3f} [{low:.3f}, {high:.3f}], on {row['n']} listeners."
            )
        level = ordered.loc[~ordered["real"], "model"].tolist()
        if level:
            said.append(f"{joined(level)} cannot be told apart from {reference} in {metric}.")
    return said


def of_standing(standing: Standing) -> list[str]:
    """What a ranking of models says: the test of all, the top, and the groups.

    Parameters
    ----------
    standing : Standing

    Returns
    -------
    list of str

    Examples
    --------
    >>> ranks = pd.DataFrame({"model": ["ease", "als", "popular"], "rank": [1.5, 1.6, 2.9]})
    >>> pairs = pd.DataFrame({"better": ["ease", "ease", "als"],
    ...     "worse": ["als", "popular", "popular"], "real": [False, True, True]})
    >>> some = Standing("hit@10", ranks, 30.0, 1e-6, pairs, (("ease", "als"),), 90)
    >>> for sentence in of_standing(some):
    ...     print(sentence)
    Over 90 listeners the 3 models differ in hit@10 (Friedman, p < 0.001).
    ease has the best average rank, 1.50.
    It is really different from popular; from als it cannot be told apart.
    Not told apart: ease and als.
    """
    models = standing.ranks["model"].tolist()
    first = models[0]
    pairs = standing.pairs[standing.pairs["better"] == first]
    real = pairs.loc[pairs["real"], "worse"].tolist()
    level = pairs.loc[~pairs["real"], "worse"].tolist()
    said = []
    if standing.p == standing.p:  # not with two models
        shown = "p < 0.001" if standing.p < 0.001 else f"p = {standing.p:.3f}"
        verb = "differ" if standing.p < 0.05 else "cannot be told apart as a whole"
        said.append(
            f"Over {standing.listeners} listeners the {len(models)} models {verb} in "
            f"{standing.metric} (Friedman, {shown})."
        )
    said.append(f"{first} has the best average rank, {standing.ranks['rank'].iloc[0]:.2f}.")
    parts = []
    if real:
        parts.append(f"really different from {joined(real)}")
    if level:
        parts.append(f"from {joined(level)} it cannot be told apart")
    if real:
        said.append(f"It is {'; '.join(parts)}.")
    else:
        said.append(f"{parts[0][0].upper()}{parts[0][1:]}.")
    if standing.groups:
        said.append(f"Not told apart: {'; '.join(joined(group) for group in standing.groups)}.")
    else:
        said.append("Every two models are really different.")
    return said
