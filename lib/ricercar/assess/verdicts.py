"""Which differences are real, said in sentences.

Conventions
-----------
Sentences are made from values only, so that they are right for any data; "really" always
means: after correction for all comparisons made, at 5 %. What is not really different is
said to be not told apart, never equal. Of fewer than :data:`FEW` listeners nothing is said.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ricercar.assess import bootstrap
from ricercar.assess.model_ranks import Standing
from ricercar.assess.ranking import Evaluation

#: listeners, below which a figure is of these few only
FEW = 20


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


def of_both_tests(tested: pd.DataFrame, standing: Standing) -> str:
    """Whether the test of means and that of ranks agree, and on which pairs they do not.

    Parameters
    ----------
    tested : pandas.DataFrame
        From :func:`.comparison.compare`, of one metric.
    standing : Standing
        Of the same metric and models.

    Examples
    --------
    >>> tested = pd.DataFrame({"model": ["ease", "als"], "reference": "popular",
    ...     "real": [False, True]})
    >>> pairs = pd.DataFrame({"better": ["ease", "als"], "worse": "popular", "real": True})
    >>> of_both_tests(tested, Standing("hit@10", pd.DataFrame(), 1.0, 1.0, pairs, (), 9))
    'The two tests disagree on 1 of 2 pairs: ease and popular (ranks apart, means not).'
    """
    by_rank = {
        frozenset((a, b)): real
        for a, b, real in standing.pairs[["better", "worse", "real"]].itertuples(False, None)
    }
    apart = [
        f"{model} and {reference} ({'means apart, ranks' if real else 'ranks apart, means'} not)"
        for model, reference, real in tested[["model", "reference", "real"]].itertuples(False, None)
        if by_rank[frozenset((model, reference))] != real
    ]
    count = "the one pair" if len(tested) == 1 else f"all {len(tested)} pairs"
    if not apart:
        return f"The two tests agree on {count} that both look at."
    return f"The two tests disagree on {len(apart)} of {len(tested)} pairs: {'; '.join(apart)}."


def of_cold(best: str, evaluation: Evaluation, metric: str, n: int = 1000, seed: int = 0) -> str:
    """How listeners without a history fare.

    Parameters
    ----------
    best : str
        Name of the model.
    evaluation : Evaluation
    metric : str
    n, seed : int
        Resamples, and their seed.

    Returns
    -------
    str
        Without a figure where the cold are fewer than :data:`FEW`.
    """
    cold, values = evaluation.cold, evaluation.metrics[metric].to_numpy()
    count, everybody = int(cold.sum()), len(cold)
    if not count:
        return "No listener of the test part is cold: all had liked something in training."
    told = f"**Cold listeners** among the {everybody:,}: {count:,}"
    if count < FEW or everybody - count < FEW:
        return f"{told}. So few bear no figure of their own."
    mine, others = (
        "{:.3f} [{:.3f}, {:.3f}]".format(*bootstrap.interval(some, n=n, seed=seed))
        for some in (values[cold], values[~cold])
    )
    return (
        f"{told}. With the most popular pieces {metric} is {mine} for them; {best} reaches "
        f"{others} for the others, who are other people with other pieces to find."
    )


def of_gap(row: Mapping[str, Any], metric: str) -> str:
    """What one model's gap says.

    Parameters
    ----------
    row : mapping
        Of the table of :func:`.group_gaps.gaps`.
    metric : str

    Examples
    --------
    >>> row = {"model": "ease", "more": "heavy", "less": "light", "gap": -0.05, "low": -0.09,
    ...     "high": -0.01, "p_holm": 0.03, "real": True, "n": 80}
    >>> of_gap(row, "hit@10")
    'ease serves heavy listeners really worse than light ones: hit@10 -0.050 [-0.090, -0.010].'
    """
    if row["more"] is None:
        return f"All listeners are in one group, so {row['model']} has no gap."
    figures = f"{metric} {row['gap']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"
    if row["low"] != row["low"]:  # NaN
        return f"The groups are too small to say how {row['model']} serves them."
    groups = f"{row['more']} listeners", f"{row['less']} ones"
    if not row["real"]:
        return (
            f"Whether {row['model']} serves {groups[0]} better than {groups[1]} is open: "
            f"{figures}, p {row['p_holm']:.3f}."
        )
    word = "better" if row["gap"] > 0 else "worse"
    return f"{row['model']} serves {groups[0]} really {word} than {groups[1]}: {figures}."


def of_skipped(reasons: Mapping[str, int], listeners: int) -> str:
    """Who could not be judged, and why.

    Parameters
    ----------
    reasons : mapping of str to int
        From :func:`.listener_groups.skipped`.
    listeners : int
        In all.

    Examples
    --------
    >>> of_skipped({"are in neither part": 0, "have nothing in the test part": 3}, 40)
    '3 of 40 listeners are skipped: 3 have nothing in the test part.'
    """
    found = [f"{count:,} {why}" for why, count in reasons.items() if count]
    if not found:
        return "No listener is skipped."
    return f"{sum(reasons.values()):,} of {listeners:,} listeners are skipped: {joined(found)}."


def of_choice(best: str, order: Sequence[str], tested: pd.DataFrame) -> str:
    """Whether the method that validation chose is also the first in the test part.

    Parameters
    ----------
    best : str
        Chosen by validation.
    order : sequence of str
        All models, the first in the test part first.
    tested : pandas.DataFrame
        From :func:`.comparison.compare`, with ``best`` among the references.

    Examples
    --------
    >>> tested = pd.DataFrame({"model": ["als"], "reference": ["ease"], "real": [False]})
    >>> of_choice("ease", ["als", "ease"], tested)
    'In the test part als is first, ease number 2 of 2; they cannot be told apart.'
    """
    first = order[0]
    if first == best:
        return f"In the test part {best} is first, too."
    pair = tested[["model", "reference"]].isin([best, first]).all(axis=1)
    apart = (
        "they are really different"
        if tested.loc[pair, "real"].any()
        else ("they cannot be told apart")
    )
    place = f"{best} number {list(order).index(best) + 1} of {len(order)}"
    return f"In the test part {first} is first, {place}; {apart}."


def against(best: str, baseline: str, tested: pd.DataFrame) -> str:
    """How the chosen method stands to the baseline, in a few words.

    Parameters
    ----------
    best, baseline : str
    tested : pandas.DataFrame
        From :func:`.comparison.compare`, with the baseline first among the references.

    Examples
    --------
    >>> row = {"model": ["ease"], "reference": ["item_knn"], "difference": [0.1], "real": [True]}
    >>> against("ease", "item_knn", pd.DataFrame(row))
    'really better than item_knn'
    """
    if best == baseline:
        return "itself a plain baseline"
    row = tested[(tested["model"] == best) & (tested["reference"] == baseline)].iloc[0]
    if not row["real"]:
        return f"not told apart from {baseline}"
    return f"really {'better' if row['difference'] > 0 else 'worse'} than {baseline}"
