"""Testing style models on groups of pieces that they never saw.

Goal: a prediction for every piece by models that learnt neither from its fold nor chose
their settings by it, and the audit of what careless folds would have claimed.

Conventions
-----------
* Predictions are a table with a row per arm, model and piece: ``arm``, ``model``,
  ``piece``, ``style``, ``group``, ``fold``, ``setting``, ``predicted``, and a column
  ``p.<style>`` per style, its probability.
* Cross-validation is nested: within the pieces that a model may learn from, folds of
  their groups choose its setting (:func:`ricercar.style.models.choose`).

Sources
-------
Varma and Simon, *BMC Bioinformatics* 7, 2006; Kapoor and Narayanan, "Leakage and the
reproducibility crisis in machine-learning-based science", *Patterns* 4, 2023.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ricercar.errors import TableError
from ricercar.style.folds import assign_folds
from ricercar.style.measures import difference
from ricercar.style.models import ARMS, MODELS, aligned, choose, feature_values, train
from ricercar.style.tokens import tokens

PROBABILITY = "p."


def tabulate(
    dealt: pd.DataFrame, arm: str, model: str, setting: np.ndarray, probability: np.ndarray
) -> pd.DataFrame:
    """Predictions of one model as a table.

    Parameters
    ----------
    dealt : pandas.DataFrame
        ``piece``, ``style``, ``group``, ``fold``.
    arm, model : str
    setting : numpy.ndarray of str, shape (pieces,)
    probability : numpy.ndarray, shape (pieces, styles)
        Styles in alphabetical order.

    Returns
    -------
    pandas.DataFrame
        As in the module's conventions.
    """
    styles = sorted(dealt["style"].unique())
    named = np.array(styles, dtype=object)[probability.argmax(axis=1)]
    table = dealt[["piece", "style", "group", "fold"]].reset_index(drop=True)
    table = table.assign(setting=setting.astype(str), predicted=named.astype(str))
    table.insert(0, "model", model)
    table.insert(0, "arm", arm)
    columns = [PROBABILITY + name for name in styles]
    return pd.concat([table, pd.DataFrame(probability, columns=columns)], axis=1)


def _one_fold(
    model: str,
    values: np.ndarray,
    style: np.ndarray,
    group: np.ndarray,
    asked: np.ndarray,
    styles: Sequence[str],
    seed: int,
) -> tuple[str, np.ndarray]:
    """The setting chosen on training pieces, and the probabilities of the pieces asked about."""
    # small fits: more threads only wait for each other
    with threadpool_limits(1):
        setting = choose(model, values, style, group, seed)
        fitted = train(model, values, style, seed, setting)
        told = aligned(fitted.predict_proba(asked), fitted.classes_, styles)
    return setting or "", told


def cross_validate(
    dealt: pd.DataFrame,
    table: pd.DataFrame,
    arms: Mapping[str, Sequence[str]] | None = None,
    models: Sequence[str] = MODELS,
    seed: int = 0,
    workers: int = 1,
) -> pd.DataFrame:
    """Predict the style of every piece by models that never saw its fold.

    Parameters
    ----------
    dealt : pandas.DataFrame
        From :func:`ricercar.style.assign_folds`.
    table : pandas.DataFrame
        Features of (at least) these pieces: from :func:`ricercar.features.extract`, or any
        table with ``piece`` and columns of numbers, when ``arms`` names them.
    arms : mapping of str to sequence of str, optional
        Name of an arm and the columns that its models see;
        :data:`~ricercar.style.models.ARMS` if left out.
    models : sequence of str
        Of :data:`~ricercar.style.models.MODELS`.
    seed : int
    workers : int
        Processes; the result does not depend on it.

    Returns
    -------
    pandas.DataFrame
        Predictions, as in the module's conventions.

    Raises
    ------
    TableError
        If the table lacks a column or a piece.

    Examples
    --------
    >>> rows = range(40)
    >>> pieces = pd.DataFrame({"piece": [f"p{k}" for k in rows], "style": ["jig", "reel"] * 20})
    >>> pieces["group"] = pieces["piece"]
    >>> table = pieces[["piece"]].assign(pulse=[k % 2 * 3.0 + k % 5 / 5 for k in rows])
    >>> dealt = assign_folds(pieces, folds=2)
    >>> found = cross_validate(dealt, table, {"mine": ["pulse"]}, ["logistic regression"])
    >>> bool((found["predicted"] == found["style"]).all())
    True
    """
    from sklearn.utils.parallel import Parallel, delayed

    style, fold = dealt["style"].to_numpy(object), dealt["fold"].to_numpy()
    group, styles = dealt["group"].to_numpy(object), sorted(dealt["style"].unique())
    chosen = ARMS if arms is None else arms
    cells = [(arm, model) for arm in chosen for model in models]
    values = {arm: feature_values(table, dealt["piece"], chosen[arm]) for arm in chosen}
    for arm, found in values.items():
        if np.isinf(found).any():
            column = list(chosen[arm])[int(np.isinf(found).any(axis=0).argmax())]
            raise TableError(f"feature {column} is infinite for some piece; NaN means missing")
    tasks = [
        delayed(_one_fold)(
            model,
            values[arm][fold != number],
            style[fold != number],
            group[fold != number],
            values[arm][fold == number],
            styles,
            seed,
        )
        for arm, model in cells
        for number in np.unique(fold)
    ]
    # results come in the order of the tasks, whoever did them
    done = iter(Parallel(n_jobs=workers, max_nbytes=None)(tasks))
    parts = []
    for arm, model in cells:
        setting = np.full(len(dealt), "", dtype=object)
        probability = np.zeros((len(dealt), len(styles)))
        for number in np.unique(fold):
            setting[fold == number], probability[fold == number] = next(done)
        parts.append(tabulate(dealt, arm, model, setting, probability))
    return pd.concat(parts, ignore_index=True)


def _read_one_fold(*work: Any) -> tuple[str, np.ndarray]:
    """One fold of the network, in a process that has TensorFlow when this one need not."""
    from ricercar.style import network

    return network.one_fold(*work)


def cross_validate_notes(
    dealt: pd.DataFrame,
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    seed: int = 0,
    workers: int = 1,
) -> pd.DataFrame:
    """Predict the style of every piece by networks that read notes and never saw its fold.

    Parameters
    ----------
    dealt : pandas.DataFrame
        From :func:`ricercar.style.assign_folds`.
    pieces, notes : pandas.DataFrame
        As in :mod:`ricercar.tables`, of (at least) these pieces.
    seed : int
    workers : int
        Processes. With two or more the result does not depend on how many; with one it is
        computed here, and equal unless TensorFlow has been started with more threads.

    Returns
    -------
    pandas.DataFrame
        As :func:`cross_validate`, arm ``notes``, model ``network``
        (:mod:`ricercar.style.network`); its setting is the number of epochs.
    """
    from sklearn.utils.parallel import Parallel, delayed

    known = pieces.set_index("piece").reindex(dealt["piece"]).reset_index()
    token, length = tokens(known, notes)
    style, group = (dealt[column].to_numpy(object) for column in ("style", "group"))
    fold = dealt["fold"].to_numpy()
    tasks = [
        delayed(_read_one_fold)(token, length, style, group, fold == number, seed)
        for number in np.unique(fold)
    ]
    setting = np.full(len(dealt), "", dtype=object)
    probability = np.zeros((len(dealt), dealt["style"].nunique()))
    done = Parallel(n_jobs=workers, max_nbytes=None)(tasks)
    for number, (chosen, told) in zip(np.unique(fold), done, strict=True):
        setting[fold == number], probability[fold == number] = chosen, told
    return tabulate(dealt, "notes", "network", setting, probability)


def settings(predictions: pd.DataFrame) -> pd.DataFrame:
    """Which setting each model chose, in how many folds.

    Returns
    -------
    pandas.DataFrame
        ``arm``, ``model``, ``setting``, ``folds``, the most frequent first.
    """
    folds = predictions[predictions["setting"] != ""]
    folds = folds.drop_duplicates(["arm", "model", "fold"])
    count = folds.groupby(["arm", "model", "setting"], sort=False).size().rename("folds")
    order = ["arm", "model", "folds"]
    return count.reset_index().sort_values(
        order, ascending=[True, True, False], kind="stable", ignore_index=True
    )


def leak_audit(
    dealt: pd.DataFrame,
    table: pd.DataFrame,
    predictions: pd.DataFrame,
    arms: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
    workers: int = 1,
) -> pd.DataFrame:
    """The same experiment with folds that ignore groups: what would have been claimed.

    Parameters
    ----------
    dealt, table : pandas.DataFrame
        As in :func:`cross_validate`.
    predictions : pandas.DataFrame
        Of one arm, tested with grouped folds; each of its models is tested again.
    arms : mapping of str to sequence of str, optional
        As in :func:`cross_validate`.
    seed, workers : int

    Returns
    -------
    pandas.DataFrame
        Per model, for ``all pieces`` and for pieces ``with a version`` in their group
        (``pieces``): balanced accuracy ``grouped`` and ``ungrouped``, and their difference
        ``value`` with ``low``, ``high``, ``n`` (pieces). Groups are drawn for the interval.
    """
    arm = predictions["arm"].iloc[0]
    folds = int(dealt["fold"].nunique())
    alone = dealt.drop(columns="fold").assign(group=dealt["piece"])
    loose = assign_folds(alone, folds, 1, seed)
    models = list(predictions["model"].unique())
    columns = (ARMS if arms is None else arms)[arm]
    careless = cross_validate(loose, table, {arm: columns}, models, seed, workers)
    careless["group"] = careless["piece"].map(dealt.set_index("piece")["group"])
    size = dealt.groupby("group")["piece"].transform("size")
    sets = {"all pieces": dealt["piece"], "with a version": dealt.loc[size > 1, "piece"]}
    rows = []
    for model in models:
        for name, chosen in sets.items():
            if not len(chosen):
                continue
            honest, loosely = (
                told[(told["model"] == model) & told["piece"].isin(chosen)]
                for told in (predictions, careless)
            )
            gap = difference(honest, loosely, seed=seed)
            rows.append({"model": model, "pieces": name, **gap})
    named = {"first": "grouped", "second": "ungrouped"}
    return pd.DataFrame(rows).rename(columns=named)
