r"""How well pieces match profiles, and whether that predicts what is liked later.

Goal: an order of pieces for each listener, from a profile alone or with what many hear, and the
chance that it puts a piece that they came to like before another.

Conventions
-----------
* Both sides are vectors of standardised features and styles. A match is a cosine, in [-1, 1].
* AUC is the area under the ROC curve, in [0, 1]; .5 is chance.

Sources
-------
Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic
(ROC) curve", Radiology 143 (1982).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from ricercar.errors import ParameterError, TableError
from ricercar.listening.matrix import interactions, met, product
from ricercar.profiles.building import STYLE, described, feature_columns, style_columns

#: how much one style indicator counts in a match, in standard deviations of a feature, and the
#: share of the mean profile that is subtracted. Both by AUC on the validation periods of six
#: simulated logs: 0.017 better than 3 and 1 in the mean, and better on each of the six.
STYLE_WEIGHT = 6.0
CENTRE = 0.5
#: how much twice as many listeners count beside a match: by AUC on the validation periods of eight
#: simulated logs other than the default one 0.087 better than 0, 0.015 better than 0.1 (each of
#: the eight) and 0.006 better than 0.4 (seven of them)
POPULARITY = 0.2


def match(
    profiles: pd.DataFrame,
    features_table: pd.DataFrame,
    pieces: pd.DataFrame,
    *,
    reference: pd.DataFrame | None = None,
    population: pd.DataFrame | None = None,
    style_weight: float = STYLE_WEIGHT,
    feature_weights: pd.DataFrame | None = None,
    centre: float = CENTRE,
) -> pd.DataFrame:
    r"""How well pieces match profiles: a weighted cosine.

    With :math:`p_l` the profile less ``centre`` times the population's mean profile (what sets
    a listener apart tells more than what everybody hears), :math:`x_i` the features and styles
    of a piece, and :math:`a_{lf}` the weight of a feature (``style_weight`` squared for a style):

    .. math:: \text{match}_{li} = \frac{\sum_f a_{lf}\, p_{lf}\, x_{if}}
        {\sqrt{\sum_f a_{lf}\, p_{lf}^2}\; \sqrt{\sum_f a_{lf}\, x_{if}^2}}

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
        At least 0.
    feature_weights : DataFrame, optional
        Index: listener, columns: features, values at least 0
        (:func:`ricercar.profiles.weighting.feature_weights`); features that it lacks count 0.
        By default 1 for all.
    centre : float
        Share of the mean profile that is subtracted, in [0, 1]. With less than 1 a listener
        without events is offered what the population likes.

    Returns
    -------
    DataFrame
        Index: listener, columns: piece (order of ``pieces``), values in [-1, 1]; with ``centre``
        1, 0 for a listener without events.

    Raises
    ------
    ParameterError
        If ``centre``, ``style_weight`` or a feature's weight is out of range.
    TableError
        If a piece has no features, or the features lack a column of the profiles.
    """
    if not 0 <= centre <= 1 or not style_weight >= 0:
        raise ParameterError(
            f"centre ({centre}) must be between 0 and 1, style_weight ({style_weight}) at least 0"
        )
    x, one_hot, styles = described(features_table, pieces, reference)
    names, shares = feature_columns(profiles), style_columns(profiles)
    absent = sorted(set(names) - set(x.columns))
    if absent:
        raise TableError(f"features lack the column {absent[0]!r} that the profiles have")
    known = pd.DataFrame(one_hot, columns=[STYLE + style for style in styles])
    styled = known.reindex(columns=shares, fill_value=0.0).to_numpy()
    everybody = profiles if population is None else population
    everybody = everybody[everybody["events"] > 0]
    mean = np.zeros(len(names) + len(shares))
    if len(everybody) > 1:
        mean = everybody[[*names, *shares]].to_numpy(float).mean(axis=0)
    listener_side = profiles[[*names, *shares]].to_numpy(float) - centre * mean
    if centre == 1:
        listener_side[profiles["events"].to_numpy() == 0] = 0.0
    piece_side = np.hstack([x[names].to_numpy(), styled - mean[len(names) :]])
    weight = _weights(feature_weights, profiles["listener"], names)
    weight = np.hstack([weight, np.full((len(weight), len(shares)), style_weight**2)])
    size = np.sqrt((weight * listener_side**2).sum(axis=1, keepdims=True))
    size = size * np.sqrt(product(weight, (piece_side**2).T))
    value = product(weight * listener_side, piece_side.T)
    return pd.DataFrame(
        np.divide(value, size, out=np.zeros_like(value), where=size > 1e-9).clip(-1, 1),
        index=pd.Index(profiles["listener"], name="listener"),
        columns=pd.Index(pieces["piece"], name="piece"),
    )


def popularity(events: pd.DataFrame, pieces: Sequence[str] | pd.Index) -> np.ndarray:
    """How many listeners have an event with each piece.

    Parameters
    ----------
    events : DataFrame
        Table ``events``.
    pieces : sequence of str

    Returns
    -------
    ndarray of float, shape (pieces,)

    Examples
    --------
    >>> events = pd.DataFrame({"listener": ["k", "k", "l"], "piece": ["a", "a", "a"]})
    >>> popularity(events, ["a", "b"]).tolist()
    [2.0, 0.0]
    """
    pairs = events[["listener", "piece"]].drop_duplicates()
    return pairs["piece"].value_counts().reindex(pd.Index(pieces), fill_value=0).to_numpy(float)


def with_popularity(
    matches: pd.DataFrame, events: pd.DataFrame, weight: float = POPULARITY
) -> pd.DataFrame:
    r"""Matches and popularity together.

    A match tells how a piece suits the listener, and nothing of how likely anybody is to meet it.
    With :math:`n_i` listeners who have met piece :math:`i`, and the match 0 for those who have no
    event, of whom it can tell nothing:

    .. math:: \text{score}_{li} = \text{match}_{li} + \lambda \log_2 (1 + n_i)

    Parameters
    ----------
    matches : DataFrame
        From :func:`match`.
    events : DataFrame
        Table ``events`` before the moment at which the scores are asked for.
    weight : float
        :math:`\lambda`, at least 0: how much twice as many listeners count. With 0 the matches
        stay as they are.

    Returns
    -------
    DataFrame
        As ``matches``; not bounded.

    Raises
    ------
    ParameterError
        If the weight is below 0.

    Examples
    --------
    >>> matches = pd.DataFrame([[0.1, 0.5]], index=["k"], columns=["a", "b"])
    >>> events = pd.DataFrame({"listener": ["k"], "piece": ["a"]})
    >>> with_popularity(matches, events, 0.2).round(2).to_numpy().tolist()
    [[0.3, 0.5]]
    """
    if not weight >= 0:
        raise ParameterError(f"the weight of popularity is {weight}: it must be at least 0")
    if weight == 0:
        return matches
    known = matches.index.isin(events["listener"])
    common = np.log2(1 + popularity(events, matches.columns))
    return matches.mul(known, axis=0) + weight * common


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


def _weights(given: pd.DataFrame | None, listeners: pd.Series, names: list[str]) -> np.ndarray:
    """Weights of features, shape (listeners, features), or (1, features) where all count 1."""
    if given is None:
        return np.ones((1, len(names)))
    weight = given.reindex(index=listeners, columns=names).fillna(0.0).to_numpy(float)
    if (weight < 0).any():
        raise ParameterError("feature_weights holds a weight below 0")
    return weight
