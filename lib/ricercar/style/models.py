"""Models of style: made, trained, asked, kept.

Conventions
-----------
* Models are scikit-learn pipelines that weight styles equally; a missing feature counts
  as average. They are kept with skops, never pickle.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ricercar import features
from ricercar.errors import ParameterError, ReadError, TableError

MODELS = ("majority class", "logistic regression", "gradient boosting")

#: arm -> columns that its models may see
ARMS: dict[str, list[str]] = {
    "all features": [name for names in features.families.values() for name in names],
    "without meter": features.meter_free,
    "pitches only": features.families["melody"],
}

#: types beyond scikit-learn's own that a stored model may hold
TRUSTED: tuple[str, ...] = ("numpy.dtype", "sklearn.tree._tree.Tree")


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
    from sklearn.ensemble import GradientBoostingClassifier
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
            LogisticRegression(max_iter=1000),
        )
    if model == "gradient boosting":
        return make_pipeline(
            SimpleImputer(strategy="median", keep_empty_features=True),
            GradientBoostingClassifier(
                n_estimators=25, learning_rate=0.3, max_depth=3, max_features=8, random_state=seed
            ),
        )
    raise ParameterError(f"there is no style model {model!r}; known: {', '.join(MODELS)}")


def train(model: str, values: Any, style: np.ndarray, seed: int = 0) -> Any:
    """Make a model and train it with every style weighing the same.

    Parameters
    ----------
    model : str
        One of :data:`MODELS`.
    values : array_like, shape (pieces, features)
    style : numpy.ndarray of str
    seed : int

    Returns
    -------
    sklearn.pipeline.Pipeline
    """
    from sklearn.utils.class_weight import compute_sample_weight

    pipeline = create(model, seed)
    if model == "majority class":
        return pipeline.fit(values, style)
    weights = {f"{pipeline.steps[-1][0]}__sample_weight": compute_sample_weight("balanced", style)}
    with np.errstate(invalid="ignore"):  # of columns without any value
        return pipeline.fit(values, style, **weights)


def feature_values(table: pd.DataFrame, pieces: pd.Series, columns: Sequence[str]) -> np.ndarray:
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


def fit(
    pieces: pd.DataFrame, table: pd.DataFrame, model: str = "logistic regression", seed: int = 0
) -> Any:
    """Train a model on all pieces given.

    Parameters
    ----------
    pieces : pandas.DataFrame
        ``piece`` and ``style``; leave out the styles that it should not know.
    table : pandas.DataFrame
        Their features.
    model : str
        One of :data:`MODELS`.
    seed : int

    Returns
    -------
    sklearn.pipeline.Pipeline
        Its ``classes_`` are the styles.
    """
    columns = ARMS["all features"]
    values = pd.DataFrame(feature_values(table, pieces["piece"], columns), columns=columns)
    return train(model, values, pieces["style"].to_numpy(object), seed)


def predict_proba(model: Any, table: pd.DataFrame) -> pd.DataFrame:
    """Probability of each style for new pieces.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline
        From :func:`fit` or :func:`load`.
    table : pandas.DataFrame
        From :func:`ricercar.features.extract`.

    Returns
    -------
    pandas.DataFrame
        A row per piece (the index), a column per style, in [0, 1], rows sum to 1.
    """
    columns = list(model.feature_names_in_)
    values = pd.DataFrame(feature_values(table, table["piece"], columns), columns=columns)
    index = pd.Index(table["piece"], name="piece")
    if not len(table):
        return pd.DataFrame(index=index, columns=list(model.classes_), dtype=float)
    return pd.DataFrame(model.predict_proba(values), index=index, columns=list(model.classes_))


def save(model: Any, path: Path) -> None:
    """Write a model with skops, equal bytes for equal models.

    skops names objects and files by their addresses in memory and stamps the archive with
    the hour; they are numbered in the order of their appearance here, without a time.
    """
    import skops.io

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    schema = content.pop("schema.json").decode()
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return found[1] + numbers.setdefault(found[2], str(len(numbers))) + found[3]

    schema = re.sub(r'("__id__": |"file": ")(\d+)(\.npy"|)', numbered, schema)
    named = {f"{numbers[name.removesuffix('.npy')]}.npy": data for name, data in content.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted({**named, "schema.json": schema.encode()}.items()):
            stamp = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(stamp, data, zipfile.ZIP_DEFLATED)


def load(path: Path) -> Any:
    """Read a model that :func:`save` wrote.

    Raises
    ------
    ReadError
        If the file is not such a model, or holds types that are not in :data:`TRUSTED`.
    """
    import skops.io
    from sklearn.pipeline import Pipeline

    try:
        unknown = set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED)
        model = None if unknown else skops.io.load(path, trusted=list(TRUSTED))
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise ReadError(f"{path} is not a readable style model: {error}") from error
    if unknown:
        raise ReadError(
            f"{path} holds types that a style model does not have "
            f"({', '.join(sorted(unknown))}): it is not loaded; run 03-style-classification"
        )
    if not isinstance(model, Pipeline):
        raise ReadError(f"{path} is not a readable style model: it holds a {type(model).__name__}")
    return model


def centroids(pieces: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Mean features of each style.

    Returns
    -------
    pandas.DataFrame
        ``style``, ``pieces`` (number) and the features in their own units, NaN where no piece
        of the style has a value.
    """
    names = [column for column in table.columns if column != "piece"]
    merged = pieces[["piece", "style"]].merge(table, on="piece", validate="one_to_one")
    grouped = merged.groupby("style")
    mean = grouped[names].mean()
    mean.insert(0, "pieces", grouped.size())
    return mean.reset_index()
