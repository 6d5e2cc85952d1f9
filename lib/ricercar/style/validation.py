"""Testing style models on groups of pieces that they never saw.

Conventions
-----------
* Balanced accuracy is the mean over styles of the share recognised (recall).
* Intervals are 95 % bootstrap percentiles; whole groups are drawn.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ricercar.errors import ParameterError
from ricercar.style.models import ARMS, MODELS, feature_values, train

UNKNOWN = "other"


def eligible(pieces: pd.DataFrame, folds: int = 5, min_pieces: int = 20) -> pd.DataFrame:
    """Say which styles have enough pieces and groups to be tested.

    Parameters
    ----------
    pieces : pandas.DataFrame
        Columns ``style`` and ``group``.
    folds, min_pieces : int
        A style needs at least as many groups as folds, and ``min_pieces`` pieces.

    Returns
    -------
    pandas.DataFrame
        Columns ``style``, ``pieces``, ``groups``, ``kept`` and ``reason`` (why not).

    Examples
    --------
    >>> pieces = pd.DataFrame({"style": ["reel", "reel", "other"], "group": ["a", "b", "c"]})
    >>> eligible(pieces, folds=2, min_pieces=2)[["style", "kept", "reason"]].values.tolist()
    [['other', False, 'style unknown'], ['reel', True, '']]
    """
    table = pieces.groupby("style", as_index=False).agg(
        pieces=("group", "size"), groups=("group", "nunique")
    )
    unknown = table["style"] == UNKNOWN
    few, tied = table["pieces"] < min_pieces, table["groups"] < folds
    table["kept"] = ~(unknown | few | tied)
    reasons = [f"fewer than {min_pieces} pieces", f"fewer than {folds} groups"]
    table["reason"] = np.select([unknown, few, tied], ["style unknown", *reasons], "")
    return table


def assign_folds(
    pieces: pd.DataFrame, folds: int = 5, min_pieces: int = 20, seed: int = 0
) -> pd.DataFrame:
    """Deal the pieces of the eligible styles into folds, whole groups at a time.

    Parameters
    ----------
    pieces : pandas.DataFrame
        ``piece``, ``style``, ``group``.
    folds, min_pieces : int
        See :func:`eligible`.
    seed : int

    Returns
    -------
    pandas.DataFrame
        ``piece``, ``style``, ``group`` and ``fold`` (0 .. folds-1) of the pieces that take part.

    Raises
    ------
    ParameterError
        If fewer than two styles can take part.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    kept = eligible(pieces, folds, min_pieces).query("kept")["style"]
    if len(kept) < 2:
        raise ParameterError(
            f"{len(kept)} style(s) with {min_pieces} pieces in {folds} groups; two are needed: "
            "collect more pieces, or lower min_pieces or folds"
        )
    columns = ["piece", "style", "group"]
    dealt = pieces.loc[pieces["style"].isin(kept), columns].reset_index(drop=True)
    style, group = dealt["style"].to_numpy(object), dealt["group"].to_numpy(object)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    dealt["fold"] = 0
    for number, (_, held_out) in enumerate(splitter.split(style, style, group)):
        dealt.loc[held_out, "fold"] = number
    return dealt


def assign_collections(pieces: pd.DataFrame, min_pieces: int = 20) -> pd.DataFrame:
    """Make every collection a fold, to test on an editor's hand that was never seen.

    Parameters
    ----------
    pieces : pandas.DataFrame
        ``piece``, ``style``, ``group``, ``collection``.
    min_pieces : int
        A style takes part with the collections that have so many pieces of it, when there are
        two or more; the pieces of a group that stands in several collections are left out.

    Returns
    -------
    pandas.DataFrame
        As :func:`assign_folds`; ``fold`` numbers the collections by name. Empty when fewer than
        two styles stand in two collections.
    """
    columns = ["piece", "style", "group", "collection"]
    known = pieces.loc[pieces["style"] != UNKNOWN, columns]
    spread = known.groupby("group")["collection"].transform("nunique")
    known = known[spread == 1]
    size = known.groupby(["style", "collection"])["piece"].transform("size")
    known = known[size >= min_pieces]
    homes = known.groupby("style")["collection"].transform("nunique")
    dealt = known[homes >= 2].reset_index(drop=True)
    if dealt["style"].nunique() < 2:
        dealt = dealt.head(0)
    dealt["fold"] = pd.factorize(dealt["collection"], sort=True)[0]
    return dealt.drop(columns="collection")


def cross_validate(
    dealt: pd.DataFrame,
    table: pd.DataFrame,
    arms: Mapping[str, Sequence[str]] | None = None,
    models: Sequence[str] = MODELS,
    seed: int = 0,
) -> pd.DataFrame:
    """Predict the style of every piece by models that never saw its fold.

    Parameters
    ----------
    dealt : pandas.DataFrame
        From :func:`assign_folds`.
    table : pandas.DataFrame
        Features of (at least) these pieces.
    arms : mapping of str to sequence of str, optional
        Name of an arm and the columns that its models see; :data:`ARMS` if left out.
    models : sequence of str
        Of :data:`MODELS`.
    seed : int

    Returns
    -------
    pandas.DataFrame
        A row per arm, model and piece: ``arm``, ``model``, ``piece``, ``style``, ``group``,
        ``fold``, ``predicted``.
    """
    style, fold = dealt["style"].to_numpy(object), dealt["fold"].to_numpy()
    parts = []
    for arm, columns in (ARMS if arms is None else arms).items():
        values = feature_values(table, dealt["piece"], columns)
        for name in models:
            predicted = np.empty(len(dealt), dtype=object)
            for number in np.unique(fold):
                seen, test = fold != number, fold == number
                # small fits: more threads only wait for each other
                with threadpool_limits(1):
                    model = train(name, values[seen], style[seen], seed)
                    predicted[test] = model.predict(values[test])
            parts.append(dealt.assign(arm=arm, model=name, predicted=predicted.astype(str)))
    columns = ["arm", "model", "piece", "style", "group", "fold", "predicted"]
    return pd.concat(parts, ignore_index=True)[columns]


def _resampled_recall(
    style: np.ndarray, group: np.ndarray, right: np.ndarray, n_bootstrap: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Share of each style recognised, as observed (styles,) and resampled (draws, styles)."""
    groups, group_code = np.unique(group.astype(str), return_inverse=True)
    styles, style_code = np.unique(style.astype(str), return_inverse=True)
    shape, cell = (len(groups), len(styles)), group_code * len(styles) + style_code
    count = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    hits = np.bincount(cell, right, shape[0] * shape[1]).reshape(shape)
    rng = np.random.default_rng(seed)
    times = rng.multinomial(len(groups), np.full(len(groups), 1 / len(groups)), n_bootstrap)
    size = (times @ count).astype(float)
    drawn = np.divide(times @ hits, size, out=np.full(size.shape, np.nan), where=size > 0)
    return hits.sum(axis=0) / count.sum(axis=0), drawn


def scores(
    predictions: pd.DataFrame, by_style: bool = False, n_bootstrap: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Balanced accuracy of every arm and model, with its interval.

    Parameters
    ----------
    predictions : pandas.DataFrame
        From :func:`cross_validate`.
    by_style : bool
        Give the share recognised (recall) of each style instead.
    n_bootstrap, seed : int

    Returns
    -------
    pandas.DataFrame
        ``arm``, ``model`` (``style``), ``value``, ``low``, ``high``, ``n`` (pieces).

    Examples
    --------
    >>> predictions = pd.DataFrame({"arm": "a", "model": "m", "style": ["jig", "jig", "reel"],
    ...                             "group": ["1", "2", "3"], "predicted": ["jig", "reel", "reel"]})
    >>> float(scores(predictions)["value"].item())
    0.75
    """
    rows = []
    for (arm, model), part in predictions.groupby(["arm", "model"], sort=False):
        style = part["style"].to_numpy(object)
        right = (part["predicted"] == part["style"]).to_numpy(float)
        group = part["group"].to_numpy(object)
        observed, drawn = _resampled_recall(style, group, right, n_bootstrap, seed)
        key = {"arm": arm, "model": model}
        if by_style:
            low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
            names, sizes = np.unique(style.astype(str), return_counts=True)
            cells = zip(names, observed, low, high, sizes, strict=True)
            rows += [
                {**key, "style": name, "value": value, "low": bottom, "high": top, "n": int(n)}
                for name, value, bottom, top, n in cells
            ]
        else:
            low, high = np.percentile(np.nanmean(drawn, axis=1), [2.5, 97.5])
            rows.append({**key, "value": observed.mean(), "low": low, "high": high, "n": len(part)})
    return pd.DataFrame(rows)


def confusion(predictions: pd.DataFrame, arm: str, model: str) -> pd.DataFrame:
    """Count held-out pieces by true style (rows) and predicted style (columns)."""
    part = predictions[(predictions["arm"] == arm) & (predictions["model"] == model)]
    styles = sorted(part["style"].unique())
    table = pd.crosstab(part["style"], part["predicted"])
    return table.reindex(index=styles, columns=styles, fill_value=0)


def mcnemar(predictions: pd.DataFrame, arm: str, first: str, second: str) -> float:
    """Exact McNemar test of two models on the same pieces.

    Returns
    -------
    float
        Two-sided probability of a difference at least this lopsided if the models were
        equally often right.
    """
    from scipy.stats import binomtest

    part = predictions[predictions["arm"] == arm]
    right = (part["predicted"] == part["style"]).groupby([part["piece"], part["model"]]).first()
    table = right.unstack()
    only_first = int((table[first] & ~table[second]).sum())
    only_second = int((table[second] & ~table[first]).sum())
    if only_first + only_second == 0:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)


def importance(
    dealt: pd.DataFrame,
    table: pd.DataFrame,
    columns: Mapping[str, Sequence[str]],
    model: str = "logistic regression",
    repeats: int = 3,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """Balanced accuracy lost when columns are shuffled among the held-out pieces.

    Parameters
    ----------
    dealt, table : pandas.DataFrame
        As in :func:`cross_validate`.
    columns : mapping of str to sequence of str
        What to shuffle together: a feature by itself, or a whole family. The model sees all of
        :data:`ARMS`' ``all features``.
    model : str
    repeats : int
        Shuffles, whose results are averaged.
    n_bootstrap, seed : int

    Returns
    -------
    pandas.DataFrame
        ``name``, ``value`` (loss), ``low``, ``high``, ``n`` (pieces), largest loss first.

    Notes
    -----
    Features that say the same share their importance: each can look dispensable while the
    other is left in place.
    """
    style, fold = dealt["style"].to_numpy(object), dealt["fold"].to_numpy()
    group, seen = dealt["group"].to_numpy(object), ARMS["all features"]
    values = feature_values(table, dealt["piece"], seen)
    place = {column: number for number, column in enumerate(seen)}
    rng = np.random.default_rng(seed)
    right = {name: np.zeros(len(dealt)) for name in columns}
    base = np.zeros(len(dealt))
    for number in np.unique(fold):
        rest, test = fold != number, np.flatnonzero(fold == number)
        fitted = train(model, values[rest], style[rest], seed)
        base[test] = fitted.predict(values[test]) == style[test]
        for name, members in columns.items():
            where = [place[member] for member in members]
            copies = np.tile(values[test], (repeats, 1))
            order = np.concatenate([rng.permutation(test) for _ in range(repeats)])
            copies[:, where] = values[order][:, where]
            hits = fitted.predict(copies).reshape(repeats, -1) == style[test]
            right[name][test] = hits.mean(axis=0)
    observed, drawn = _resampled_recall(style, group, base, n_bootstrap, seed)
    rows = []
    for name, hits in right.items():
        after, drawn_after = _resampled_recall(style, group, hits, n_bootstrap, seed)
        loss = np.nanmean(drawn - drawn_after, axis=1)
        low, high = np.percentile(loss, [2.5, 97.5])
        value = (observed - after).mean()
        rows.append({"name": name, "value": value, "low": low, "high": high, "n": len(dealt)})
    result = pd.DataFrame(rows)
    return result.sort_values("value", ascending=False, kind="stable", ignore_index=True)
