r"""Profiles from events: the weighted mean of what a listener heard.

Goal: a row of numbers per listener, in the units of the features of the pieces, that can be
computed from events alone, read by a person and compared with any piece, also a new one.

Conventions
-----------
With :math:`w_{li}` the weight of piece :math:`i` for listener :math:`l` (the sum over events,
see :mod:`ricercar.listening.matrix`; negative where skips and low ratings prevail) and
:math:`z_i` its standardised features, the feature columns of a profile are

.. math:: \text{profile}_l = \frac{\sum_i w_{li}\, z_i}{\sum_i |w_{li}|}

in standard deviations of the catalogue, and the columns ``style.<style>`` are the shares of
the positive weights that fall on pieces of a style (they sum to 1). A listener without events
gets the mean of those who have some (and so matches every piece alike), and has ``events`` 0.

Sources
-------
Rocchio, "Relevance feedback in information retrieval", 1971 (weighted mean of what was liked
and disliked). Pazzani and Billsus, "Content-based recommendation systems", 2007.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from ricercar import features
from ricercar.errors import TableError
from ricercar.listening.matrix import interactions

STYLE = "style."


@dataclass(frozen=True)
class Evidence:
    """What profiles are made from: the weights of pieces, and how pieces are described.

    Attributes
    ----------
    matrix : scipy.sparse.csr_array, shape (listeners, pieces)
        Weights :math:`w_{li}`, signed.
    listeners : pandas.Index
    counts : ndarray of int, shape (listeners,)
        Events with known pieces.
    z : DataFrame, shape (pieces, features)
        Standardised features.
    one_hot : ndarray, shape (pieces, styles)
    styles : list of str
    """

    matrix: sparse.csr_array
    listeners: pd.Index
    counts: np.ndarray
    z: pd.DataFrame
    one_hot: np.ndarray
    styles: list[str]

    def means(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean features and shares of styles of each listener, NaN where nothing has weight."""
        liked = sparse.csr_array(self.matrix.maximum(0))
        taste = _divide(self.matrix @ self.z.to_numpy(), np.abs(self.matrix).sum(axis=1))
        return taste, _divide(liked @ self.one_hot, liked.sum(axis=1))

    def table(self, shares: np.ndarray, taste: np.ndarray) -> pd.DataFrame:
        """Table ``profiles`` of shares (listeners, styles) and tastes (listeners, features)."""
        return pd.concat(
            [
                pd.DataFrame({"listener": self.listeners, "events": self.counts}),
                pd.DataFrame(shares, columns=[STYLE + style for style in self.styles]),
                pd.DataFrame(taste, columns=self.z.columns),
            ],
            axis=1,
        )


def evidence(
    events: pd.DataFrame,
    features_table: pd.DataFrame,
    pieces: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    half_life_days: float | None = None,
    *,
    now: pd.Timestamp | None = None,
    listeners: Iterable[str] | None = None,
    reference: pd.DataFrame | None = None,
) -> Evidence:
    """Weigh events and describe pieces.

    Parameters
    ----------
    events : DataFrame
        Table ``events``; those with pieces that are not in ``pieces`` are passed over.
    features_table : DataFrame
        Table ``features`` of the pieces.
    pieces : DataFrame
        Columns ``piece`` and ``style``.
    weights, half_life_days, now
        As in :func:`ricercar.listening.matrix.event_weights`.
    listeners : iterable of str, optional
        Whose profiles, in this order, with events or without. By default those with events.
    reference : DataFrame, optional
        Table ``features`` that standardises; by default ``features_table``.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b"], "style": ["reel", "jig"]})
    >>> table = pieces[["piece"]].assign(**{"melody.pitch_range": [7.0, 12.0]})
    >>> events = pd.DataFrame({"listener": "l", "piece": ["a", "b"], "kind": ["play", "skip"],
    ...     "value": [1.0, 0.0]})
    >>> evidence(events, table, pieces).matrix.toarray().tolist()
    [[1.0, -1.0]]
    """
    z, one_hot, styles = described(features_table, pieces, reference)
    known = events[events["piece"].isin(pieces["piece"])]
    made = interactions(
        known, weights, half_life_days, now, listeners=listeners, pieces=pieces["piece"]
    )
    counts = known["listener"].value_counts().reindex(made.listeners, fill_value=0)
    return Evidence(made.matrix, made.listeners, counts.to_numpy(np.int64), z, one_hot, styles)


def build(found: Evidence) -> pd.DataFrame:
    """Compute profiles from evidence.

    Parameters
    ----------
    found : Evidence
        From :func:`evidence`.

    Returns
    -------
    DataFrame
        Table ``profiles``: ``listener``, ``events``, ``style.<style>`` for every style of the
        pieces, and the columns of their features.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b"], "style": ["reel", "jig"]})
    >>> table = pieces[["piece"]].assign(**{"melody.pitch_range": [7.0, 12.0]})
    >>> events = pd.DataFrame({"listener": "l", "piece": ["a", "b"], "kind": ["play", "skip"],
    ...     "value": [1.0, 0.0]})
    >>> build(evidence(events, table, pieces)).iloc[0, 2:].astype(float).tolist()
    [0.0, 1.0, -1.0]
    """
    taste, shares = found.means()
    for block in (taste, shares):
        empty = np.isnan(block).any(axis=1)
        block[empty] = block[~empty].mean(axis=0) if not empty.all() else 0.0
    if len(shares) and found.styles and not shares.any():
        shares[:] = found.one_hot.mean(axis=0)
    return found.table(shares, taste)


def described(
    features_table: pd.DataFrame, pieces: pd.DataFrame, reference: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    """Pieces as profiles see them.

    Parameters
    ----------
    features_table, pieces, reference : DataFrame
        As in :func:`evidence`.

    Returns
    -------
    z : DataFrame
        Standardised features, rows in the order of ``pieces``.
    one_hot : ndarray, shape (pieces, styles)
    styles : list of str
        Sorted.
    """
    place = pd.Index(features_table["piece"]).get_indexer(pieces["piece"])
    if (place < 0).any():
        raise TableError(
            f"piece {pieces['piece'].to_numpy()[place < 0][0]!r} has no row in features: "
            "extract features for the same pieces"
        )
    z = features.standardise(features_table, features_table if reference is None else reference)
    styles = sorted(pieces["style"].unique())
    one_hot = pieces["style"].to_numpy(str)[:, None] == np.array(styles, dtype=str)
    return z.drop(columns="piece").iloc[place].reset_index(drop=True), one_hot.astype(float), styles


def style_columns(profiles: pd.DataFrame) -> list[str]:
    """The columns of a profile that are shares of styles."""
    return [column for column in profiles.columns if column.startswith(STYLE)]


def feature_columns(profiles: pd.DataFrame) -> list[str]:
    """The columns of a profile that are features.

    Examples
    --------
    >>> feature_columns(pd.DataFrame(columns=["listener", "events", "style.jig", "rhythm.npvi"]))
    ['rhythm.npvi']
    """
    own = {"listener", "events", "evidence", *style_columns(profiles)}
    return [column for column in profiles.columns if column not in own]


def _divide(rows: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Rows divided by their totals; NaN where the total is 0."""
    totals = np.asarray(totals, dtype=float).reshape(-1, 1)
    return np.divide(rows, totals, out=np.full(rows.shape, np.nan), where=totals > 0)
