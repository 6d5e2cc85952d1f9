"""Models of style: what there is, how each is made, and which setting suits the data.

Goal: one way to train every model of features, its settings chosen on training pieces
only.

Conventions
-----------
* Models are scikit-learn pipelines that weigh styles equally, so a probability says how
  likely a style would be if all were equally frequent. The majority class alone goes by
  frequency.
* A missing feature counts as average (logistic regression) or takes a branch of its own
  (gradient boosting).
* A *setting* is a point of the small grid :data:`SETTINGS`, known by its label. It is
  chosen by the log loss in :data:`INNER_FOLDS` folds *within* the training pieces, groups
  kept together; of equally good ones the first, the simplest, is taken.
* Logistic regression is held back by its penalty and then sharpened: weights and intercepts
  are multiplied by one number, which changes no answer but how sure it is. Penalty and
  *sharpness* (the inverse of a temperature) are chosen together.

Sources
-------
Varma and Simon, "Bias in error estimation when using cross-validation for model
selection", *BMC Bioinformatics* 7, 2006 (why the folds are nested); Friedman, "Greedy
function approximation: a gradient boosting machine", *Annals of Statistics* 29, 2001; Guo et
al., "On calibration of modern neural networks", ICML 2017 (temperature scaling).
"""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ricercar import features
from ricercar.errors import ParameterError, TableError

MODELS = ("majority class", "logistic regression", "gradient boosting")

#: arm -> columns that its models may see
ARMS: dict[str, list[str]] = {
    "all features": [name for names in features.families.values() for name in names],
    "without meter": features.meter_free,
    "melody only": [name for name in features.families["melody"] if name in features.meter_free],
}

PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)

#: 1 comes first: of equally good ones the weights as they were fitted
SHARPNESS = (1.0, 0.8, 1.25, 1.5, 1.75, 2.0)

#: model -> label of a setting -> arguments of its classifier, and ``sharpness``
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "majority class": {"": {}},
    "logistic regression": {
        f"C = {c:g}, sharpness {b:g}": {"C": c, "sharpness": b}
        for c in PENALTIES
        for b in SHARPNESS
    },
    "gradient boosting": {f"{rounds} rounds": {"max_iter": rounds} for rounds in (10, 20, 30)},
}

INNER_FOLDS = 3

#: what gradient boosting is told for a missing value
MISSING = -1e9

#: equally frequent ranges of a feature that gradient boosting tells apart
BINS = 24

#: a probability below it counts as this much in the log loss
LEAST = 1e-6


def create(model: str, seed: int = 0, setting: str | None = None) -> Any:
    """Make an untrained model.

    Parameters
    ----------
    model : str
        One of :data:`MODELS`.
    seed : int
    setting : str, optional
        Label of one of the model's :data:`SETTINGS`; the middle one if left out.

    Returns
    -------
    sklearn.pipeline.Pipeline

    Raises
    ------
    ParameterError
        If there is no such model or setting.

    Examples
    --------
    >>> create("logistic regression", setting="C = 0.3, sharpness 1")[-1].C
    0.3
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import KBinsDiscretizer, StandardScaler

    if model not in SETTINGS:
        raise ParameterError(f"there is no style model {model!r}; known: {', '.join(MODELS)}")
    known = SETTINGS[model]
    label = list(known)[len(known) // 2] if setting is None else setting
    if label not in known:
        raise ParameterError(f"{model} has no setting {label!r}; known: {', '.join(known)}")
    if model == "majority class":
        return make_pipeline(DummyClassifier(strategy="prior"))
    if model == "logistic regression":
        return make_pipeline(
            StandardScaler(),
            SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True),
            LogisticRegression(max_iter=1000, tol=1e-3, C=known[label]["C"]),
        )
    return make_pipeline(
        # far below every value, so that one threshold tells it apart
        SimpleImputer(strategy="constant", fill_value=MISSING, keep_empty_features=True),
        # the trees' own bins weigh every piece, which takes longer than the trees
        KBinsDiscretizer(
            n_bins=BINS, encode="ordinal", quantile_method="inverted_cdf", subsample=None
        ),
        HistGradientBoostingClassifier(
            learning_rate=0.15,
            max_leaf_nodes=6,
            min_samples_leaf=5,
            max_features=0.2,
            early_stopping=False,
            max_bins=BINS,  # its histograms have as many cells, filled or not
            random_state=seed,
            **known[label],
        ),
    )


def train(
    model: str, values: Any, style: np.ndarray, seed: int = 0, setting: str | None = None
) -> Any:
    """Make a model and train it with every style weighing the same.

    Parameters
    ----------
    model : str
        One of :data:`MODELS`.
    values : array_like, shape (pieces, features)
        NaN where a feature is missing.
    style : numpy.ndarray of str, shape (pieces,)
    seed : int
    setting : str, optional
        See :func:`create`; logistic regression is sharpened as it says.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Its ``classes_`` are the styles.
    """
    from sklearn.utils.class_weight import compute_sample_weight

    pipeline = create(model, seed, setting)
    weights = {}
    if model != "majority class":
        name = pipeline.steps[-1][0]
        weights[f"{name}__sample_weight"] = compute_sample_weight("balanced", style)
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        # columns without any value, or with few different ones
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        warnings.filterwarnings("ignore", message="Feature .* is constant")
        warnings.filterwarnings("ignore", message="Bins whose width are too small")
        pipeline.fit(values, style, **weights)
    sharpness = SETTINGS[model].get(setting or "", {}).get("sharpness", 1.0)
    if sharpness != 1.0:
        pipeline[-1].coef_ *= sharpness
        pipeline[-1].intercept_ *= sharpness
    return pipeline


def inner_folds(
    style: np.ndarray, group: np.ndarray, folds: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Deal training pieces once more into folds, groups kept together.

    Parameters
    ----------
    style, group : numpy.ndarray of str, shape (pieces,)
    folds : int
        At most so many; fewer where there are fewer groups.
    seed : int

    Returns
    -------
    list of (numpy.ndarray, numpy.ndarray)
        Rows to learn from and rows to choose by; empty where there is a single group.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    folds = min(folds, len(np.unique(group.astype(str))))
    if folds < 2:
        return []
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # a style with fewer pieces than folds: it is missing from some
        warnings.filterwarnings("ignore", message="The least populated class")
        return [
            (rest, test)
            for rest, test in splitter.split(style, style, group)
            if len(rest) and len(test) and len(set(style[rest])) > 1
        ]


def aligned(probability: np.ndarray, known: Sequence[str], styles: Sequence[str]) -> np.ndarray:
    """Columns of probabilities in the order of ``styles``, 0 for those a model never met."""
    wide = np.zeros((len(probability), len(styles)))
    wide[:, [list(styles).index(name) for name in known]] = probability
    return wide


def balanced_log_loss(probability: np.ndarray, style: np.ndarray, styles: Sequence[str]) -> float:
    """Mean over styles of the mean surprise at their pieces, in nats.

    Parameters
    ----------
    probability : numpy.ndarray, shape (pieces, styles)
    style : numpy.ndarray of str, shape (pieces,)
    styles : sequence of str
        Names of the columns.

    Returns
    -------
    float
        0 for certainty about everything; log S for ignorance among S styles.

    Examples
    --------
    >>> even = np.full((3, 2), 0.5)
    >>> round(balanced_log_loss(even, np.array(["a", "b", "b"]), ["a", "b"]), 3)
    0.693
    """
    place = {name: number for number, name in enumerate(styles)}
    column = np.array([place[name] for name in style])
    told = np.maximum(probability[np.arange(len(style)), column], LEAST)
    size = np.bincount(column)
    total = np.bincount(column, -np.log(told))
    return float((total[size > 0] / size[size > 0]).mean())


def _answers(
    model: str, values: np.ndarray, style: np.ndarray, asked: np.ndarray, seed: int
) -> Iterator[tuple[str, np.ndarray, Sequence[str]]]:
    """Probabilities that each setting gives to the pieces asked about."""
    settings = SETTINGS[model]
    if model == "logistic regression":
        for penalty in PENALTIES:
            # one training serves every sharpness: multiplied weights are powers of p
            blunt = train(model, values, style, seed, f"C = {penalty:g}, sharpness 1")
            told = blunt.predict_proba(asked)
            for label, options in settings.items():
                if options["C"] == penalty:
                    power = told ** options["sharpness"]
                    yield label, power / power.sum(axis=1, keepdims=True), blunt.classes_
        return
    # the first rounds of the longest boosting are the shorter ones: one training serves all
    label_of = {options["max_iter"]: label for label, options in settings.items()}
    fitted = train(model, values, style, seed, label_of[max(label_of)])
    for rounds, told in enumerate(
        fitted[-1].staged_predict_proba(fitted[:-1].transform(asked)), start=1
    ):
        if rounds in label_of:
            yield label_of[rounds], told, fitted.classes_


def choose(
    model: str, values: np.ndarray, style: np.ndarray, group: np.ndarray, seed: int = 0
) -> str | None:
    """Choose a model's setting on training pieces, by the log loss in folds of their groups.

    Parameters
    ----------
    model : str
        One of :data:`MODELS`.
    values : numpy.ndarray, shape (pieces, features)
    style, group : numpy.ndarray of str, shape (pieces,)
    seed : int

    Returns
    -------
    str or None
        A label of :data:`SETTINGS`; None, for the middle one, where a single group leaves
        nothing to choose by.
    """
    if len(SETTINGS.get(model, ())) < 2:
        return None
    styles = sorted(set(style))
    losses: dict[str, list[float]] = {label: [] for label in SETTINGS[model]}
    for rest, test in inner_folds(style, group, INNER_FOLDS, seed):
        for label, told, known in _answers(model, values[rest], style[rest], values[test], seed):
            told = aligned(told, known, styles)
            losses[label].append(balanced_log_loss(told, style[test], styles))
    mean = {label: np.mean(found) for label, found in losses.items() if found}
    return min(mean, key=lambda label: mean[label]) if mean else None


def feature_values(table: pd.DataFrame, pieces: pd.Series, columns: Sequence[str]) -> np.ndarray:
    """Feature values of the pieces, in their order, shape (pieces, columns)."""
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
