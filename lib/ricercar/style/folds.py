"""Who takes part in a test of styles, and in which fold.

Goal: folds that no version of a tune straddles.

Conventions
-----------
* A *style* takes part when it has enough pieces and groups; :data:`UNKNOWN` never does.
* A *fold* is set aside as a whole: models learn from the others and are asked about it.
* Pieces of one ``group`` share a fold; every fold has about the same shares of styles.
"""

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError

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
            "collect more pieces, name the styles of more of them (folders or a file of labels), "
            "or lower min_pieces or folds"
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
