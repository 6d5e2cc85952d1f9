"""The same tuning budget for every recommender.

Goal: a comparison in which no method wins because more was tried for it.

Conventions
-----------
* A *try* is one set of parameters, trained on the earlier part of the training data
  and evaluated on its later part; the test period is never looked at.
* Every method gets ``budget`` tries out of :data:`CHOICES`: first its defaults, then
  others drawn at random without repetition. A method with fewer choices than that gets
  all of them; :func:`account` says which ones these are.

Sources
-------
Random search: J. Bergstra, Y. Bengio, JMLR 13 (2012). Why equal budgets: M. Ferrari
Dacrema, P. Cremonesi, D. Jannach, "Are we really making much progress?", RecSys 2019.
"""

import itertools
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from ricercar import recommend
from ricercar.assess import ranking
from ricercar.errors import ParameterError
from ricercar.progress import bar

_NEIGHBOURS = [5, 10, 20, 50, 100, 200, 400]
_KNN: dict[str, list[Any]] = {
    "neighbours": _NEIGHBOURS,
    "similarity": ["cosine", "jaccard"],
    "shrink": [0.0, 1.0, 10.0, 100.0],
}
_FACTORS = [8, 16, 32, 64, 128]
_PENALTIES = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0]

#: method -> parameter -> values that may be tried: wide, in even ratios, for any log
CHOICES: dict[str, dict[str, list[Any]]] = {
    "most_popular": {},
    "user_knn": _KNN,
    "item_knn": {**_KNN, "weighting": ["sum", "mean", "centred"]},
    "als": {
        "factors": _FACTORS,
        "regularisation": [1.0, 3.0, 10.0, 30.0, 100.0, 300.0],
        "alpha": [1.0, 5.0, 20.0, 100.0],
        "exponent": [0.0, 0.5, 1.0],
    },
    "bpr": {
        "factors": _FACTORS,
        "learning_rate": [0.001, 0.01, 0.1],
        "regularisation": [0.001, 0.01, 0.03, 0.1],
        "popularity_correction": [0.0, 0.5, 0.75, 1.0],
    },
    "ease": {"penalty": _PENALTIES},
    "slim": {"l1": [0.1, 1.0, 10.0], "l2": [1.0, 10.0, 100.0], "neighbours": [50, 100, 200]},
    "gf_cf": {"factors": [16, 32, 64, 128, 256, 512], "alpha": [0.0, 0.1, 0.3, 1.0, 3.0]},
    "graph_ease": {  # the penalty in multiples of the mean diagonal: small catalogues want more
        "penalty": [1.0, 3.0, 10.0, 30.0, 100.0, 300.0],
        "listener_exponent": [0.0, 0.33],
        "piece_exponent": [0.0, 0.3],
        "factors": [32, 128, 512],
        "beta": [0.0, 0.2, 1.0],
    },
    "mult_vae": {
        "hidden": [64, 128, 256],
        "latent": [16, 32, 64],
        "dropout": [0.2, 0.5, 0.8],
        "beta": [0.02, 0.2, 2.0],
        "epochs": [25, 50, 100],
    },
    "content": {},
    "augmented_linear": {
        "penalty": _PENALTIES,
        "alpha": [0.1, 1.0, 10.0, 100.0, 1000.0],
    },
    "hybrid": {"weights": [[1, 8], [1, 4], [1, 2], [2, 1], [4, 1], [8, 1]]},
    "learnt_hybrid": {"share": [0.1, 0.2, 0.4], "penalty": [0.0001, 0.001, 0.01, 0.1]},
    "cold_items": {"neighbours": [2, 5, 10, 20, 50, 100]},
}

#: ends of choices beyond which there is nothing
_LIMITS = {
    *(("shrink", 0.0), ("popularity_correction", 0.0), ("alpha", 0.0), ("beta", 0.0)),
    *(("exponent", 0.0), ("exponent", 1.0), ("popularity_correction", 1.0)),
}


def describe() -> pd.DataFrame:
    """The choices as a table to read.

    Returns
    -------
    pandas.DataFrame
        Columns method, choices, sets (of parameters that there are, the defaults with them).

    Examples
    --------
    >>> describe().set_index("method").loc["ease", "choices"]
    'penalty: 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0'
    """
    rows = []
    for name, values in CHOICES.items():
        shown = [f"{key}: {', '.join(map(str, some))}" for key, some in values.items()]
        count = len(tries(name, 1_000_000))
        rows.append((name, "; ".join(shown) or "nothing to tune", count))
    return pd.DataFrame(rows, columns=["method", "choices", "sets"])


def tries(name: str, budget: int, seed: int = 0) -> list[dict[str, Any]]:
    """Sets of parameters to try for a method, the defaults first.

    Parameters
    ----------
    name : str
        A key of :data:`CHOICES`.
    budget : int
        At most so many, at least 1.
    seed : int

    Returns
    -------
    list of dict

    Raises
    ------
    ParameterError
        If the method is unknown or the budget is below 1.

    Examples
    --------
    >>> tries("ease", 1), len(tries("als", 4))
    ([{}], 4)
    >>> tries("most_popular", 4)
    [{}]
    """
    if name not in CHOICES:
        raise ParameterError(f"there are no choices for {name!r}; known: {', '.join(CHOICES)}")
    if budget < 1:
        raise ParameterError(f"a tuning budget is at least 1 try, got {budget}")
    values = CHOICES[name]
    known = recommend.models()[name].defaults()
    products = itertools.product(*values.values())
    grid = [dict(zip(values, chosen, strict=True)) for chosen in products]
    others = [choice for choice in grid if any(known[key] != choice[key] for key in choice)]
    drawn = np.random.default_rng(seed).permutation(len(others))[: budget - 1]
    return [{}, *(others[place] for place in drawn)]


def tune(
    name: str,
    train: Any,
    validation: Any,
    budget: int,
    metric: str = "ndcg_min@10",
    seed: int = 0,
    fixed: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Choose a method's parameters on a validation period.

    Parameters
    ----------
    name : str
        A method, see :func:`ricercar.recommend.models`.
    train, validation : scipy sparse, shape (listeners, pieces)
        Weights before and after a moment, both from the training data.
    budget : int
        Tries.
    metric : str
        Column of :class:`ricercar.assess.ranking.Evaluation`, higher is better.
    seed : int
        Of the draw.
    fixed : mapping
        Parameters that are not tuned, such as ``features`` or ``seed`` of the method.

    Returns
    -------
    parameters : dict
        The best ones with the fixed ones, for :func:`ricercar.recommend.create`; the
        first of equals.
    table : pandas.DataFrame
        Columns model, parameters, value: one row per try.
    """
    cutoff = int(metric.partition("@")[2])
    candidates = tries(name, budget, seed)
    values = []
    for candidate in candidates:
        model = recommend.create(name, **{**fixed, **candidate}).fit(train)
        found = ranking.evaluate(model, train, validation, [cutoff])
        values.append(float(found.metrics[metric].mean()))
    known = recommend.models()[name].defaults()
    usual = {key: known[key] for key in CHOICES[name] if known[key] is not None}
    usual_named = f"defaults: {_named(usual)}" if usual else "defaults"
    shown = [_named(candidate) or usual_named for candidate in candidates]
    table = pd.DataFrame({"model": name, "parameters": shown, "value": values})
    return {**fixed, **candidates[int(np.argmax(values))]}, table


def _joined(name: str) -> str:
    """The parameter by which a method takes other methods; empty if it takes none."""
    return next((p for p in ("models", "model") if p in recommend.models()[name].parameters()), "")


def _named(parameters: Mapping[str, Any]) -> str:
    """Parameters as text.

    Examples
    --------
    >>> _named({"factors": 8, "alpha": 1.0})
    'factors=8, alpha=1.0'
    """
    return ", ".join(f"{name}={value}" for name, value in parameters.items())


def tune_all(
    names: Sequence[str],
    train: Any,
    validation: Any,
    budget: int,
    features: np.ndarray | None = None,
    metric: str = "ndcg_min@10",
    seed: int = 0,
) -> tuple[dict[str, dict[str, Any]], pd.DataFrame]:
    """Tune several methods with the same budget.

    A hybrid joins the best of the other tuned methods but ``content`` with ``content``, or
    with the second best where there are no features; ``cold_items`` adds new pieces to
    that best method.

    Parameters
    ----------
    names : sequence of str
    train, validation, budget, metric, seed
        As in :func:`tune`.
    features : numpy.ndarray, shape (pieces, features), optional
        For the methods that take them.

    Returns
    -------
    parameters : dict of dict
        By method, for :func:`ricercar.recommend.create`.
    table : pandas.DataFrame
        Columns model, parameters, value, chosen: one row per try.

    Raises
    ------
    ParameterError
        If a method needs features that are not given, or other methods that are not named.
    """
    found: dict[str, dict[str, Any]] = {}
    tables: dict[str, pd.DataFrame] = {}
    for name in bar(sorted(names, key=lambda name: bool(_joined(name))), "tuning"):
        fixed: dict[str, Any] = {}
        taken = recommend.models()[name].parameters()
        if "features" in taken:
            if features is None:
                raise ParameterError(f"{name} needs features of the pieces: leave it out")
            fixed["features"] = features
        if "seed" in taken:
            fixed["seed"] = seed
        if joined := _joined(name):
            others = [other for other in found if other != "content" and not _joined(other)]
            others.sort(key=lambda other: -tables[other]["value"].max())
            models = [recommend.create(other, **found[other]) for other in others[:2]]
            if features is not None:
                models[1:] = [recommend.create("content", features=features)]
            if len(models) < 2:
                raise ParameterError(f"{name} is tuned together with other methods: name more")
            fixed[joined] = models[0] if joined == "model" else models
        found[name], tables[name] = tune(name, train, validation, budget, metric, seed, fixed)
        tables[name]["chosen"] = tables[name].index == tables[name]["value"].idxmax()
    return (
        {name: found[name] for name in names},
        pd.concat([tables[name] for name in names], ignore_index=True),
    )


def account(table: pd.DataFrame) -> pd.DataFrame:
    """What each method got out of its budget.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`tune_all`.

    Returns
    -------
    pandas.DataFrame
        Columns method, tries, of (sets of parameters that there are, the defaults with
        them), defaults and best (values of the metric), chosen (parameters), at the edge (those
        of which nothing smaller, or nothing larger, may be tried: more may be in them).

    Examples
    --------
    >>> rows = [("ease", "defaults: penalty=100.0", 0.1, False), ("ease", "penalty=1.0", 0.2, True)]
    >>> tried = pd.DataFrame(rows, columns=["model", "parameters", "value", "chosen"])
    >>> account(tried).to_numpy().tolist()
    [['ease', 2, 9, 0.1, 0.2, 'penalty=1.0', 'penalty']]
    """
    rows = []
    for name, tries_made in table.groupby("model", sort=False):
        best = tries_made[tries_made["chosen"]].iloc[0]
        sets = len(tries(str(name), 1_000_000))
        first = tries_made["value"].iloc[0]
        chosen, edge = best["parameters"], _at_edge(str(name), best["parameters"])
        rows.append((name, len(tries_made), sets, first, best["value"], chosen, edge))
    columns = ["method", "tries", "of", "defaults", "best", "chosen", "at the edge"]
    return pd.DataFrame(rows, columns=columns)


def _at_edge(name: str, chosen: str) -> str:
    """The parameters, in the text of :func:`_named`, that have the first or last of many values.

    Examples
    --------
    >>> _at_edge("als", "factors=128, regularisation=3.0, alpha=1.0, exponent=0.0")
    'factors, alpha'
    """
    told = set(chosen.removeprefix("defaults: ").split(", "))
    ends = {
        key: {f"{key}={value}" for value in (some[0], some[-1]) if (key, value) not in _LIMITS}
        for key, some in CHOICES[name].items()
        if isinstance(some[0], (int, float)) and len(some) > 2
    }
    return ", ".join(key for key, values in ends.items() if values & told)
