"""Telling styles apart by features, tested on groups that were never trained on.

Goal: an honest answer to whether features know a style, and a small model that says
how likely each style is for a new piece.

Conventions
-----------
* A *style* takes part when it has enough pieces and groups; ``other`` means unknown
  and never takes part (:func:`eligible` says what is left out and why).
* Variants of one tune share a ``group``, and a group never stands on both sides of a
  fold; each fold has about the same shares of styles.
* The score is balanced accuracy, the mean over styles of the share recognised: chance
  is one over the number of styles, however many pieces each has. Intervals are 95 %
  bootstrap percentiles over groups.
* Models are scikit-learn pipelines that weight styles equally; a missing feature counts
  as average. They are kept with skops, never pickle.

Sources
-------
Brodersen et al., "The balanced accuracy and its posterior distribution", ICPR 2010;
Breiman, "Random forests", 2001 (permutation importance); McNemar, *Psychometrika* 12,
1947.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ricercar import features
from ricercar.errors import ParameterError, ReadError, TableError

UNKNOWN = "other"
MODELS = ("majority class", "logistic regression", "gradient boosting")

#: arm -> columns that its models may see
ARMS: dict[str, list[str]] = {
    "all features": [name for names in features.families.values() for name in names],
    "without metre": features.meter_free,
    "pitches only": features.families["melody"],
}

#: types beyond scikit-learn's own that a stored model may hold
TRUSTED: tuple[str, ...] = ()


def create(model: str, seed: int = 0) -> Any:
    """Make an untrained model.

    Parameters
    ----------
    model : str
        One of :data:`MODELS`.
    seed : int

    Returns
    -------
    sklearn.pipeline.Pipeline
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if model == "majority class":
        return make_pipeline(DummyClassifier(strategy="most_frequent"))
    if model == "logistic regression":
        return make_pipeline(
            StandardScaler(),
            SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True),
            LogisticRegression(class_weight="balanced", max_iter=1000),
        )
    if model == "gradient boosting":
        return make_pipeline(
            HistGradientBoostingClassifier(
                max_iter=40,
                max_leaf_nodes=8,
                learning_rate=0.15,
                max_bins=63,
                class_weight="balanced",
                early_stopping=False,
                random_state=seed,
            )
        )
    raise ParameterError(f"there is no style model {model!r}; known: {', '.join(MODELS)}")


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


@dataclass(frozen=True)
class CrossValidation:
    """What a cross-validation found.

    Attributes
    ----------
    predictions : pandas.DataFrame
        A row per arm, model and held-out piece: ``arm``, ``model``, ``fold``, ``piece``,
        ``group``, ``style``, ``predicted``.
    scores : pandas.DataFrame
        Balanced accuracy: ``arm``, ``model``, ``value``, ``low``, ``high``, ``n`` (pieces).
    importance : pandas.DataFrame
        Loss of balanced accuracy when a feature (or a family) is shuffled among held-out
        pieces: ``name``, ``value``, ``low``, ``high``, ``n``, largest first.
    """

    predictions: pd.DataFrame
    scores: pd.DataFrame
    importance: pd.DataFrame


def _matrix(table: pd.DataFrame, pieces: pd.Series, columns: Sequence[str]) -> np.ndarray:
    """Feature values of the pieces, in their order."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise TableError(
            f"the features table lacks {', '.join(missing[:5])}: run 02-feature-extraction again"
        )
    rows = pd.Index(table["piece"]).get_indexer(pd.Index(pieces))
    if (rows < 0).any():
        raise TableError(
            f"the features table has no row for {pieces.to_numpy()[rows < 0][0]!r}: "
            "run 02-feature-extraction again"
        )
    return table[list(columns)].to_numpy(float)[rows]


def cross_validate(
    pieces: pd.DataFrame,
    table: pd.DataFrame,
    *,
    arms: Mapping[str, Sequence[str]] | None = None,
    models: Sequence[str] = MODELS,
    folds: int = 5,
    min_pieces: int = 20,
    repeats: int = 3,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> CrossValidation:
    """Grouped, stratified cross-validation of every model on every arm.

    Parameters
    ----------
    pieces : pandas.DataFrame
        ``piece``, ``style``, ``group``.
    table : pandas.DataFrame
        Features of (at least) these pieces.
    arms : mapping of str to list of str, optional
        Name of an arm and the columns that its models see; :data:`ARMS` if left out.
    models : sequence of str
        Of :data:`MODELS`.
    folds, min_pieces : int
        See :func:`eligible`.
    repeats : int
        Shuffles per feature and fold for the importance, measured on logistic regression
        in the first arm; 0 leaves it out.
    n_bootstrap, seed : int

    Returns
    -------
    CrossValidation

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
    pieces = pieces[pieces["style"].isin(kept)].reset_index(drop=True)
    style, group = pieces["style"].to_numpy(object), pieces["group"].to_numpy(object)
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    splits = list(splitter.split(style, style, group))
    fold = np.zeros(len(pieces), dtype=int)
    for number, (_, held_out) in enumerate(splits):
        fold[held_out] = number

    bootstrap = _GroupBootstrap(style, group, n_bootstrap, seed)
    predictions, scores, shuffled = [], [], {}
    for arm, columns in (ARMS if arms is None else arms).items():
        values = _matrix(table, pieces["piece"], columns)
        for name in models:
            predicted = np.empty(len(pieces), dtype=object)
            telling = repeats and name == "logistic regression" and not scores_of(scores, name)
            for train, held_out in splits:
                model = create(name, seed).fit(values[train], style[train])
                predicted[held_out] = model.predict(values[held_out])
                if telling:
                    _shuffle(model, values, style, held_out, columns, repeats, seed, shuffled)
            row = bootstrap.interval(predicted == style)
            scores.append({"arm": arm, "model": name, **row})
            frame = pieces[["piece", "group", "style"]].assign(
                arm=arm, model=name, fold=fold, predicted=predicted.astype(str)
            )
            predictions.append(frame)
            if telling:
                base = (predicted == style).astype(float)
    rows = [{"name": key, **bootstrap.interval(base, right)} for key, right in shuffled.items()]
    importance = pd.DataFrame(rows, columns=["name", "value", "low", "high", "n"])
    return CrossValidation(
        pd.concat(predictions, ignore_index=True),
        pd.DataFrame(scores),
        importance.sort_values("value", ascending=False, kind="stable", ignore_index=True),
    )
