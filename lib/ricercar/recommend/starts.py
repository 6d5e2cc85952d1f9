r"""Chance in the training: the same method from other random numbers.

Goal: no order of two methods is believed that another start would turn round.

Conventions
-----------
* A method *starts from random numbers* if it has a parameter ``seed``. Its *range* is from the
  lowest to the highest figure over its starts; that of any other method is its one figure.
* The order of two methods *depends on the start* if their ranges meet. A few starts show only a
  part of a range, so more pairs may depend on it than are found.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ricercar import recommend
from ricercar.assess import ranking
from ricercar.assess.verdicts import joined


def seeded(names: Iterable[str]) -> list[str]:
    """The methods that start from random numbers.

    Examples
    --------
    >>> seeded(["most_popular", "als", "ease", "bpr"])
    ['als', 'bpr']
    """
    known = recommend.models()
    return [name for name in names if "seed" in known[name].parameters()]


def measured(
    values: pd.Series,
    parameters: Mapping[str, Mapping[str, Any]],
    train: Any,
    test: Any,
    metric: str,
    starts: int = 3,
    seed: int = 0,
) -> pd.DataFrame:
    """A figure of the methods that start from random numbers, from other starts too.

    Parameters
    ----------
    values : pandas.Series
        Model -> figure, from the first start.
    parameters : mapping
        Model -> parameters.
    train, test : scipy sparse, shape (listeners, pieces)
    metric : str
        A column of :class:`ricercar.assess.ranking.Evaluation`.
    starts : int
        In all, the one that is known included.
    seed : int
        Of the first start; the others follow it.

    Returns
    -------
    pandas.DataFrame
        Column model and one per start, named by its seed.
    """
    cutoff = int(metric.partition("@")[2])
    rows = []
    for name in seeded(parameters):
        found: dict[str, Any] = {"model": name, f"seed {seed}": values[name]}
        for other in range(seed + 1, seed + starts):
            model = recommend.create(name, **{**parameters[name], "seed": other}).fit(train)
            metrics = ranking.evaluate(model, train, test, [cutoff]).metrics
            found[f"seed {other}"] = float(metrics[metric].mean())
        rows.append(found)
    return pd.DataFrame(rows)


def verdict(values: pd.Series, spread: pd.DataFrame, tested: pd.DataFrame) -> list[str]:
    """What the starts say about the order of the methods.

    Parameters
    ----------
    values : pandas.Series
        Model -> figure, of all methods.
    spread : pandas.DataFrame
        From :func:`measured`.
    tested : pandas.DataFrame
        From :func:`ricercar.assess.comparison.compare`: a pair that was called really
        different is named again if its order depends on the start.

    Returns
    -------
    list of str
        Sentences.

    Examples
    --------
    >>> values = pd.Series({"ease": 0.30, "als": 0.28, "bpr": 0.10})
    >>> spread = pd.DataFrame([("als", 0.28, 0.31), ("bpr", 0.10, 0.11)],
    ...     columns=["model", "seed 1", "seed 2"])
    >>> tested = pd.DataFrame({"model": ["als"], "reference": ["ease"], "real": [True]})
    >>> for sentence in verdict(values, spread, tested):
    ...     print(sentence)
    als moves from 0.2800 to 0.3100 and bpr from 0.1000 to 0.1100 in 2 starts.
    The order of these pairs depends on the start, and so means nothing: als and ease.
    The test above called als and ease really different: that holds for the one start only.
    """
    if spread.empty:
        return ["No method starts from random numbers: another start would change nothing."]
    ranges = spread.set_index("model")
    starts = ranges.shape[1]
    if starts < 2:
        return [
            f"{joined(list(ranges.index))} started once, so nothing is known of chance in training."
        ]
    lowest = values.astype(float).mask(values.index.isin(ranges.index), ranges.min(axis=1))
    highest = values.astype(float).mask(values.index.isin(ranges.index), ranges.max(axis=1))
    moves = [f"from {lowest[name]:.4f} to {highest[name]:.4f}" for name in ranges.index]
    told = [f"{name} {move}" for name, move in zip(ranges.index, moves, strict=True)]
    told[0] = told[0].replace(" from", " moves from", 1)
    said = [f"{joined(told)} in {starts} starts."]
    touched = [
        (name, other)
        for at, name in enumerate(ranges.index)
        for other in values.index
        if other not in ranges.index[: at + 1]
        and lowest[name] <= highest[other]
        and lowest[other] <= highest[name]
    ]
    if not touched:
        return [*said, "No order of two methods depends on the start."]
    named = "; ".join(f"{name} and {other}" for name, other in touched)
    said.append(f"The order of these pairs depends on the start, and so means nothing: {named}.")
    real = {
        frozenset(pair)
        for pair in tested.loc[tested["real"], ["model", "reference"]].itertuples(False, None)
    }
    if undone := [f"{a} and {b}" for a, b in touched if frozenset((a, b)) in real]:
        said.append(
            f"The test above called {'; '.join(undone)} really different: that holds for the one "
            "start only."
        )
    return said
