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

from ricercar.errors import TableError

#: offset b of preference: below 0, so that most pieces are not for most listeners
OFFSET = -0.6


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
        probability(wide.to_numpy() @ x.T),
        index=wide.index,
        columns=pd.Index(pieces["piece"], name="piece"),
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
    """Axes of taste: every style, and features picked one by one, least correlated first."""
    styles = [f"style:{style}" for style in sorted(pieces["style"].unique())]
    columns = [column for column in features_table.columns if column != "piece"]
    values = features_table[columns].to_numpy(float)
    known = np.isfinite(values).mean(axis=0) >= 0.9 if len(values) else np.zeros(0, bool)
    columns = [column for column, keep in zip(columns, known, strict=True) if keep]
    z = _standardised(columns, features_table, features_table)
    varied = z.std(axis=0) > 1e-9
    columns = [column for column, keep in zip(columns, varied, strict=True) if keep]
    if not columns or not n_features:
        return styles
    related = np.abs(np.corrcoef(z[:, varied], rowvar=False)).reshape(len(columns), -1).round(6)
    chosen = [int(related.mean(axis=0).round(6).argmax())]
    while len(chosen) < min(n_features, len(columns)):
        worst = related[chosen].max(axis=0)
        worst[chosen] = np.inf
        chosen.append(int(worst.argmin()))
    return styles + [f"feature:{columns[i]}" for i in sorted(chosen)]


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
