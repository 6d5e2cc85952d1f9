r"""Profiles: what a listener's history says about the music that they like.

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

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import rankdata

from ricercar import features
from ricercar.errors import TableError
from ricercar.listening.matrix import interactions, met, product

#: how much one style indicator counts in a match, in standard deviations of a feature
STYLE_WEIGHT = 3.0
_STYLE = "style."


def build(
    events: pd.DataFrame,
    features_table: pd.DataFrame,
    pieces: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    half_life_days: float | None = None,
    *,
    now: pd.Timestamp | None = None,
    listeners: Iterable[str] | None = None,
    reference: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Compute profiles from events.

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

    Returns
    -------
    DataFrame
        Table ``profiles``: ``listener``, ``events``, ``style.<style>`` for every style of
        ``pieces``, and the columns of ``features_table``.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b"], "style": ["reel", "jig"]})
    >>> table = pieces[["piece"]].assign(**{"melody.pitch_range": [7.0, 12.0]})
    >>> events = pd.DataFrame({"listener": "l", "piece": ["a", "b"], "kind": ["play", "skip"],
    ...     "value": [1.0, 0.0]})
    >>> build(events, table, pieces).iloc[0, 2:].astype(float).tolist()
    [0.0, 1.0, -1.0]
    """
    x, one_hot, styles = described(features_table, pieces, reference)
    known = events[events["piece"].isin(pieces["piece"])]
    made = interactions(
        known, weights, half_life_days, now, listeners=listeners, pieces=pieces["piece"]
    )
    liked = sparse.csr_array(made.matrix.maximum(0))
    taste = _divide(made.matrix @ x.to_numpy(), np.abs(made.matrix).sum(axis=1))
    shares = _divide(liked @ one_hot, liked.sum(axis=1))
    counts = known["listener"].value_counts().reindex(made.listeners, fill_value=0).to_numpy()
    for block in (taste, shares):
        empty = np.isnan(block).any(axis=1)
        block[empty] = block[~empty].mean(axis=0) if not empty.all() else 0.0
    if len(shares) and styles and not shares.any():
        shares[:] = one_hot.mean(axis=0)
    return pd.concat(
        [
            pd.DataFrame({"listener": made.listeners, "events": counts.astype(np.int64)}),
            pd.DataFrame(shares, columns=[_STYLE + style for style in styles]),
            pd.DataFrame(taste, columns=x.columns),
        ],
        axis=1,
    )


def described(
    features_table: pd.DataFrame, pieces: pd.DataFrame, reference: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, np.ndarray, list[str]]:
    """Pieces as profiles see them.

    Parameters
    ----------
    features_table, pieces, reference : DataFrame
        As in :func:`build`.

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
    return [column for column in profiles.columns if column.startswith(_STYLE)]


def feature_columns(profiles: pd.DataFrame) -> list[str]:
    """The columns of a profile that are features.

    Examples
    --------
    >>> feature_columns(pd.DataFrame(columns=["listener", "events", "style.jig", "rhythm.npvi"]))
    ['rhythm.npvi']
    """
    own = {"listener", "events", *style_columns(profiles)}
    return [column for column in profiles.columns if column not in own]


def match(
    profiles: pd.DataFrame,
    features_table: pd.DataFrame,
    pieces: pd.DataFrame,
    *,
    reference: pd.DataFrame | None = None,
    population: pd.DataFrame | None = None,
    style_weight: float = STYLE_WEIGHT,
) -> pd.DataFrame:
    r"""How well pieces match profiles: a cosine.

    Both sides become vectors of standardised features and ``style_weight`` times style, each
    less the population's mean profile on the listener's side, because what sets a listener
    apart tells more than what everybody hears:

    .. math:: \text{match}_{li} = \frac{p_l \cdot x_i}{\|p_l\| \, \|x_i\|}

    Parameters
    ----------
    profiles : DataFrame
        Table ``profiles``.
    features_table, pieces : DataFrame
        Features and styles of the pieces, which may be new.
    reference : DataFrame, optional
        Table ``features`` of the catalogue that standardises. Give it whenever ``pieces`` is
        not the whole catalogue. By default ``features_table``.
    population : DataFrame, optional
        Table ``profiles`` whose mean is subtracted; give it when ``profiles`` holds only a few
        listeners. By default ``profiles``, or nothing if that is a single one.
    style_weight : float

    Returns
    -------
    DataFrame
        Index: listener, columns: piece (order of ``pieces``), values in [-1, 1]; 0 for a
        listener without events.
    """
    x, one_hot, styles = described(features_table, pieces, reference)
    names = feature_columns(profiles)
    absent = sorted(set(names) - set(x.columns))
    if absent:
        raise TableError(f"features lack the column {absent[0]!r} that the profiles have")
    shares = style_columns(profiles)
    place = {style: i for i, style in enumerate(styles)}
    styled = np.column_stack(
        [
            one_hot[:, place[name.removeprefix(_STYLE)]]
            if name.removeprefix(_STYLE) in place
            else np.zeros(len(pieces))
            for name in shares
        ]
        or [np.zeros((len(pieces), 0))]
    )
    everybody = profiles if population is None else population
    everybody = everybody[everybody["events"] > 0]
    centre = np.zeros(len(names) + len(shares))
    if len(everybody) > 1:
        centre = everybody[[*names, *shares]].to_numpy(float).mean(axis=0)
    scale = np.r_[np.ones(len(names)), np.full(len(shares), style_weight)]
    listener_side = (profiles[[*names, *shares]].to_numpy(float) - centre) * scale
    listener_side[profiles["events"].to_numpy() == 0] = 0.0
    piece_side = np.hstack([x[names].to_numpy(), styled])
    piece_side[:, len(names) :] -= centre[len(names) :]
    return pd.DataFrame(
        product(_unit(listener_side), _unit(piece_side * scale).T),
        index=pd.Index(profiles["listener"], name="listener"),
        columns=pd.Index(pieces["piece"], name="piece"),
    )


def held_out(scores: pd.DataFrame, train: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    r"""How far up scores put what listeners came to like later.

    Among the pieces that a listener has not met in ``train``, those of ``test`` with a positive
    weight count as liked; AUC is the chance that a liked piece has a higher score than another
    (ties count half; Hanley and McNeil, 1982): .5 is chance.

    Parameters
    ----------
    scores : DataFrame
        Index: listener, columns: piece.
    train, test : DataFrame
        Tables ``events``.

    Returns
    -------
    DataFrame
        One row per listener with a liked piece: ``listener``, ``events`` (in train), ``liked``,
        ``auc``, and ``rank`` (mean rank of the liked pieces over the number of pieces, 0 is
        the top, .5 is chance).
    """
    seen = met(train, scores.index, scores.columns).toarray() > 0
    later = interactions(test, listeners=scores.index, pieces=scores.columns)
    liked = (later.matrix.toarray() > 0) & ~seen
    rank = rankdata(np.where(seen, -np.inf, scores.to_numpy()), axis=1)
    rank -= seen.sum(axis=1, keepdims=True)
    n_liked, n_all = liked.sum(axis=1), (~seen).sum(axis=1)
    usable = (n_liked > 0) & (n_liked < n_all)
    total = (rank * liked).sum(axis=1)[usable]
    n_liked, n_all = n_liked[usable], n_all[usable]
    counts = train["listener"].value_counts().reindex(scores.index, fill_value=0).to_numpy()
    return pd.DataFrame(
        {
            "listener": scores.index[usable],
            "events": counts[usable],
            "liked": n_liked,
            "auc": (total - n_liked * (n_liked + 1) / 2) / (n_liked * (n_all - n_liked)),
            "rank": (n_all - total / n_liked + 0.5) / n_all,
        }
    )


def _divide(rows: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Rows divided by their totals; NaN where the total is 0."""
    totals = np.asarray(totals, dtype=float).reshape(-1, 1)
    return np.divide(rows, totals, out=np.full(rows.shape, np.nan), where=totals > 0)


def _unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1; rows of zeros, up to rounding, become zeros."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-9)
