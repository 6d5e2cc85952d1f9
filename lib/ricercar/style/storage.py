"""The style model that other notebooks ask: trained on everything, kept, loaded, asked.

Conventions
-----------
* Models are kept with skops, which stores numbers and names of known types and no program
  code; never pickle. Beside the model the file holds ``about.json``: the styles, the
  names of the features, the number of training pieces and their digest.
* The digest of training pieces is the SHA-256 of their ids and sha256 sums, sorted; equal
  models give equal bytes.
* A row of ``style_probabilities`` is ``seen`` when the model that gave it had learnt from
  the piece or from another one of its group.
"""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from ricercar.errors import ParameterError, ReadError, TableError
from ricercar.style.models import ARMS, choose, feature_values, train

#: types beyond scikit-learn's own that a stored model may hold
TRUSTED: tuple[str, ...] = (
    "numpy.dtype",
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn._loss._loss.CyHalfMultinomialLoss",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)

_ABOUT = "about.json"


def fit(
    pieces: pd.DataFrame,
    table: pd.DataFrame,
    model: str = "logistic regression",
    seed: int = 0,
    columns: Sequence[str] | None = None,
) -> Any:
    """Train a model on all pieces given, its setting chosen in folds of their groups.

    Parameters
    ----------
    pieces : pandas.DataFrame
        ``piece``, ``style`` and ``group``; leave out the styles that it should not know.
    table : pandas.DataFrame
        Their features.
    model : str
        One of :data:`~ricercar.style.models.MODELS`.
    seed : int
    columns : sequence of str, optional
        What the model sees; all of our features if left out.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Its ``classes_`` are the styles.
    """
    names = list(ARMS["all features"] if columns is None else columns)
    values = feature_values(table, pieces["piece"], names)
    style, group = (pieces[column].to_numpy(object) for column in ("style", "group"))
    # small fits: more threads only wait for each other
    with threadpool_limits(1):
        setting = choose(model, values, style, group, seed)
        return train(model, pd.DataFrame(values, columns=names), style, seed, setting)


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


def probabilities(
    pieces: pd.DataFrame, table: pd.DataFrame, predictions: pd.DataFrame, model: Any
) -> pd.DataFrame:
    """Probability of each style for every piece, never by a model that had learnt from it.

    Parameters
    ----------
    pieces : pandas.DataFrame
        ``piece`` and ``group`` of the whole catalogue.
    table : pandas.DataFrame
        Their features.
    predictions : pandas.DataFrame
        Of one arm and model, from :func:`ricercar.style.cross_validate`: what was said of the
        pieces of the test when they were held out.
    model : sklearn.pipeline.Pipeline
        From :func:`fit` on these pieces; asked about all others.

    Returns
    -------
    pandas.DataFrame
        In the schema ``style_probabilities``, in the order of ``pieces``. ``seen`` marks pieces
        outside the test of which the model had learnt another version.

    Raises
    ------
    ParameterError
        If a style bears the name of a column.
    """
    styles = sorted(model.classes_)
    if {"piece", "seen"} & set(styles):
        raise ParameterError("a style cannot be called 'piece' or 'seen': rename it")
    held_out = predictions.set_index("piece")[["p." + name for name in styles]]
    rest = ~pieces["piece"].isin(held_out.index)
    others = predict_proba(model, table[table["piece"].isin(pieces.loc[rest, "piece"])])
    told = pd.concat([held_out.set_axis(styles, axis=1), others[styles]])
    result = told.loc[pieces["piece"]].reset_index(names="piece")
    known = pieces["group"].isin(predictions["group"]) & rest
    result.insert(1, "seen", known.to_numpy(bool))
    return result


def digest_of(pieces: pd.DataFrame) -> str:
    """Digest of training pieces, whatever their order.

    Parameters
    ----------
    pieces : pandas.DataFrame
        ``piece`` and ``sha256``.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> digest_of(pd.DataFrame({"piece": ["a"], "sha256": ["0" * 64]}))[:8]
    'ac941c33'
    """
    missing = {"piece", "sha256"} - set(pieces.columns)
    if missing:
        raise TableError(f"the pieces that a model was trained on need {', '.join(missing)}")
    lines = sorted(pieces["piece"].astype(str) + "\0" + pieces["sha256"].astype(str))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def save(model: Any, path: Path, pieces: pd.DataFrame) -> None:
    """Write a model with skops, equal bytes for equal models.

    skops names objects and files by their addresses in memory and stamps the archive with
    the hour; they are numbered in the order of their appearance here, without a time.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline
        From :func:`fit`.
    path : Path
    pieces : pandas.DataFrame
        ``piece`` and ``sha256`` of the pieces that it was trained on.
    """
    import skops.io

    about = {
        "styles": [str(name) for name in model.classes_],
        "features": [str(name) for name in model.feature_names_in_],
        "pieces": len(pieces),
        "trained_on": digest_of(pieces),
    }
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    schema = content.pop("schema.json").decode()
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return found[1] + numbers.setdefault(found[2], str(len(numbers))) + found[3]

    schema = re.sub(r'("__id__": |"file": ")(\d+)(\.npy"|)', numbered, schema)
    named = {f"{numbers[name.removesuffix('.npy')]}.npy": data for name, data in content.items()}
    named |= {"schema.json": schema.encode(), _ABOUT: json.dumps(about, indent=1).encode()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(named.items()):
            stamp = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            archive.writestr(stamp, data, zipfile.ZIP_DEFLATED)


def about(path: Path) -> dict[str, Any]:
    """What a stored model says of itself, without loading it.

    Returns
    -------
    dict
        ``styles``, ``features`` (names), ``pieces`` (number) and ``trained_on`` (digest).

    Raises
    ------
    ReadError
        If the file is not such a model.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            told = json.loads(archive.read(_ABOUT))
        if not {"styles", "features", "pieces", "trained_on"} <= set(told):
            raise ValueError(f"{_ABOUT} is incomplete")
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise ReadError(f"{path} is not a readable style model: {error}") from error
    return dict(told)


def trained_on(path: Path) -> str:
    """Digest of the pieces that a stored model was trained on (:func:`digest_of`)."""
    return str(about(path)["trained_on"])


def load(path: Path, columns: Sequence[str] | None = None) -> Any:
    """Read a model that :func:`save` wrote.

    Parameters
    ----------
    path : Path
    columns : sequence of str, optional
        Features that the model must have been trained on; all of ours if left out.

    Raises
    ------
    ReadError
        If the file is not such a model, holds types that are not in :data:`TRUSTED`, or was
        trained on other features.
    """
    import skops.io
    from sklearn.pipeline import Pipeline

    expected = list(ARMS["all features"] if columns is None else columns)
    known = about(path)["features"]
    if known != expected:
        gone = [name for name in known if name not in set(expected)]
        new = [name for name in expected if name not in set(known)]
        what = [
            f"{len(names)} {kind} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
            for names, kind in ((gone, "that are no more"), (new, "that it does not know"))
            if names
        ]
        raise ReadError(
            f"{path} was trained on another set of features: "
            f"{'; '.join(what) or 'the same in another order'}; "
            "run 03-style-classification again"
        )
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
