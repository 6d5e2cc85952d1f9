r"""True tastes of simulated listeners, and what they prefer.

Goal: the part of the simulation that stays hidden from every method that is measured: how
much a listener likes a piece, also one that was composed later.

Conventions
-----------
* A taste is a weight on an axis: ``style:<style>`` (1 for pieces of the style, else 0) or
  ``feature:<column of features>`` (standardised, cut off at -3 and 3, missing as 0).
* :math:`\text{preference} = 1 / (1 + e^{-(u + b)})` with utility :math:`u = \sum_a w_a x_a`;
  it is in [0, 1].
"""

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError, TableError
from ricercar.listening.matrix import interactions, product

#: offset b of preference: below 0, so that most pieces are not for most listeners
OFFSET = -0.6
#: features that a listener without training notices, in the order in which they are taken
AUDIBLE = (
    "rhythm.note_density",
    "melody.majorness",
    "melody.leap_share",
    "rhythm.dotted_share",
    "melody.mean_pitch",
    "rhythm.syncopation",
    "melody.repetition",
    "melody.pitch_class_entropy",
)


def preference(
    true_tastes: pd.DataFrame,
    pieces: pd.DataFrame,
    features_table: pd.DataFrame,
    reference: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """True preference of each simulated listener for each piece.

    Parameters
    ----------
    true_tastes : DataFrame
        Table ``true_tastes``.
    pieces : DataFrame
        Columns ``piece`` and ``style``; may be pieces that were composed later. A style that
        tastes do not know counts as neutral (weight 0).
    features_table : DataFrame
        Table ``features`` of these pieces.
    reference : DataFrame, optional
        Table ``features`` of the catalogue that standardises the features. Give it whenever
        ``pieces`` is not the whole catalogue. By default ``features_table`` itself.

    Returns
    -------
    DataFrame
        Index: listener (sorted), columns: piece (order of ``pieces``), values in [0, 1].

    Examples
    --------
    >>> tastes = pd.DataFrame({"listener": "l", "axis": ["style:jig"], "weight": [3.0]})
    >>> pieces = pd.DataFrame({"piece": ["a", "b"], "style": ["reel", "jig"]})
    >>> preference(tastes, pieces, pieces[["piece"]]).round(2).to_numpy().tolist()
    [[0.35, 0.92]]
    """
    wide = true_tastes.pivot(index="listener", columns="axis", values="weight").fillna(0.0)
    x = coordinates(
        list(wide.columns),
        pieces,
        features_table,
        features_table if reference is None else reference,
    )
    return pd.DataFrame(
        probability(product(wide.to_numpy(), x.T)),
        index=wide.index,
        columns=pd.Index(pieces["piece"], name="piece"),
    )


def drifted(
    true_tastes: pd.DataFrame,
    events: pd.DataFrame,
    pieces: pd.DataFrame,
    features_table: pd.DataFrame,
    rate: float,
    reference: pd.DataFrame | None = None,
) -> pd.DataFrame:
    r"""Tastes after listening: people come to like what they hear (mere exposure).

    .. math:: w_l \leftarrow w_l + \eta\,(\bar x_{\text{played by } l} - \bar x)

    with the mean over the pieces that the listener played, less the mean over ``pieces``.

    Parameters
    ----------
    true_tastes, pieces, features_table, reference : DataFrame
        As in :func:`preference`.
    events : DataFrame
        Table ``events``; only plays count.
    rate : float
        :math:`\eta`, at least 0.

    Returns
    -------
    DataFrame
        Table ``true_tastes``; listeners without plays keep theirs.

    Sources
    -------
    Zajonc, "Attitudinal effects of mere exposure", 1968.
    """
    if rate < 0:
        raise ParameterError(f"rate is {rate}: it must be 0 or more")
    wide = true_tastes.pivot(index="listener", columns="axis", values="weight").fillna(0.0)
    reference = features_table if reference is None else reference
    x = coordinates(list(wide.columns), pieces, features_table, reference)
    place = pd.DataFrame(x - x.mean(axis=0), index=pieces["piece"].to_numpy(), columns=wide.columns)
    played = events[(events["kind"] == "play") & events["listener"].isin(wide.index)]
    heard = place.loc[played["piece"]].groupby(played["listener"].to_numpy()).mean()
    moved = wide.add(rate * heard.reindex(wide.index).fillna(0.0))
    long = moved.reset_index().melt("listener", var_name="axis", value_name="weight")
    long = long.sort_values(["listener", "axis"], ignore_index=True)
    return long[["listener", "axis", "weight"]]


def assumed(
    events: pd.DataFrame,
    pieces: pd.DataFrame,
    features_table: pd.DataFrame,
    n_features: int = 8,
    strength: float = 2.0,
) -> pd.DataFrame:
    r"""Tastes of real listeners, for simulating what they would answer: an assumption.

    .. math:: w_l = s\,(\bar x_{\text{liked by } l} - \bar x)

    with the mean over the pieces that the listener's events speak for (plays, favourites, high
    ratings), by their weight, less the mean over the catalogue.

    Parameters
    ----------
    events, pieces, features_table : DataFrame
        A log and its catalogue.
    n_features : int
        How many features tastes are about, see :func:`axes`.
    strength : float
        :math:`s`, more than 0.

    Returns
    -------
    DataFrame
        Table ``true_tastes``, with a row for every listener and axis; weights 0 for a listener
        whose events speak for no piece.
    """
    names = axes(pieces, features_table, n_features)
    x = coordinates(names, pieces, features_table, features_table)
    made = interactions(events, pieces=pieces["piece"])
    liked = made.matrix.maximum(0)
    total = np.asarray(liked.sum(axis=1)).reshape(-1, 1)
    mean = np.divide(
        liked @ x, total, out=np.tile(x.mean(axis=0), (len(total), 1)), where=total > 0
    )
    return pd.DataFrame(
        {
            "listener": np.repeat(made.listeners.to_numpy(str), len(names)),
            "axis": np.tile(np.array(names), len(total)),
            "weight": (strength * (mean - x.mean(axis=0))).ravel(),
        }
    )


def probability(utility: np.ndarray) -> np.ndarray:
    """Preference in [0, 1] from utility of any shape.

    Examples
    --------
    >>> float(probability(np.array(-OFFSET)))
    0.5
    """
    return 1 / (1 + np.exp(-(utility + OFFSET)))


def axes(pieces: pd.DataFrame, features_table: pd.DataFrame, n_features: int) -> list[str]:
    """Axes of taste: every style, and features.

    Parameters
    ----------
    pieces, features_table : DataFrame
        The catalogue.
    n_features : int
        How many features: those of :data:`AUDIBLE` first, then those that are least correlated
        with the ones chosen. Features that are missing in a tenth of the pieces, or do not
        vary, are passed over.

    Returns
    -------
    list of str
        ``style:…`` in alphabetical order, then ``feature:…`` in alphabetical order.
    """
    styles = [f"style:{style}" for style in sorted(pieces["style"].unique())]
    columns = [column for column in features_table.columns if column != "piece"]
    known = np.isfinite(features_table[columns].to_numpy(float))
    columns = [c for c, share in zip(columns, known.mean(axis=0), strict=True) if share >= 0.9]
    z = _standardised(columns, features_table, features_table)
    varied = z.std(axis=0) > 1e-9
    columns = [column for column, keep in zip(columns, varied, strict=True) if keep]
    if not columns or not n_features:
        return styles
    related = np.corrcoef(z[:, varied], rowvar=False).reshape(len(columns), -1)
    related = np.abs(related).round(6)
    chosen = [columns.index(name) for name in AUDIBLE if name in columns][:n_features]
    chosen = chosen or [int(related.mean(axis=0).round(6).argmax())]
    while len(chosen) < min(n_features, len(columns)):
        worst = related[chosen].max(axis=0)
        worst[chosen] = np.inf
        chosen.append(int(worst.argmin()))
    return styles + sorted(f"feature:{columns[i]}" for i in chosen)


def coordinates(
    names: list[str], pieces: pd.DataFrame, features_table: pd.DataFrame, reference: pd.DataFrame
) -> np.ndarray:
    """Coordinates (pieces, axes): style indicators and standardised features."""
    columns = [axis.removeprefix("feature:") for axis in names if axis.startswith("feature:")]
    missing = [column for column in columns if column not in features_table.columns]
    if missing:
        raise TableError(f"features lack the column {missing[0]!r} that tastes are about")
    x = np.zeros((len(pieces), len(names)))
    style = pieces["style"].to_numpy(str)
    z = np.zeros((len(pieces), 0))
    if columns:
        place = pd.Index(features_table["piece"]).get_indexer(pieces["piece"])
        if (place < 0).any():
            raise TableError(
                f"piece {pieces['piece'].to_numpy()[place < 0][0]!r} has no row in features: "
                "extract features for the same pieces"
            )
        z = _standardised(columns, features_table, reference)[place]
    for i, axis in enumerate(names):
        kind, _, name = axis.partition(":")
        if kind == "feature":
            x[:, i] = z[:, columns.index(name)]
        elif kind == "style":
            x[:, i] = style == name
        else:
            raise TableError(f"axis {axis!r} of true_tastes: must start with style: or feature:")
    return x


def _standardised(
    columns: list[str], features_table: pd.DataFrame, reference: pd.DataFrame
) -> np.ndarray:
    """Z-scores (pieces, columns) against the reference, cut off at -3 and 3, missing as 0."""
    from ricercar import features

    names = ["piece", *columns]
    z = features.standardise(features_table[names], reference[names])
    return np.clip(z[columns].to_numpy(float), -3, 3)
