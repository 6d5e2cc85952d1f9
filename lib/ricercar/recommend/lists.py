"""Recommendations as tables: for other notebooks, and for a person to read.

Conventions
-----------
Rows of the matrix are named by ``listeners``, its columns by ``pieces``.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.recommend.base import Recommender
from ricercar.recommend.content import ContentBased


def recommendations(
    model: Recommender,
    name: str,
    listeners: Sequence[str],
    pieces: Sequence[str],
    n: int = 10,
    exclude: Any = None,
) -> pd.DataFrame:
    """The n best pieces for every listener, as table ``recommendations``.

    Parameters
    ----------
    model : Recommender
        Trained.
    name : str
        For the column ``model``.
    listeners, pieces : sequence of str
        Names of the matrix's rows and columns.
    n : int
        Pieces per listener; fewer where nothing else is left.
    exclude : scipy sparse, optional
        What must not be offered.

    Returns
    -------
    pandas.DataFrame
        Columns listener, model, rank (from 1), piece, score.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from ricercar import recommend
    >>> model = recommend.create("most_popular").fit(sp.csr_array([[1, 1], [0, 1]]))
    >>> recommendations(model, "most_popular", ["l", "m"], ["a", "b"], n=1)["piece"].tolist()
    ['b', 'b']
    """
    items, scores = model.recommend(np.arange(len(listeners)), n, exclude)
    row, place = np.nonzero(items >= 0)
    return pd.DataFrame(
        {
            "listener": np.asarray(listeners, dtype=object)[row],
            "model": name,
            "rank": place + 1,
            "piece": np.asarray(pieces, dtype=object)[items[row, place]],
            "score": scores[row, place],
        }
    )


def row_of(listener: str, listeners: Sequence[str]) -> int:
    """The matrix's row of a listener.

    Raises
    ------
    ParameterError
        If there is no such listener.

    Examples
    --------
    >>> row_of("m", ["l", "m"])
    1
    """
    row = int(pd.Index(listeners).get_indexer(pd.Index([listener]))[0])
    if row < 0:
        raise ParameterError(f"there is no listener {listener!r}; there are {len(listeners)}")
    return row


def explained(
    model: Recommender,
    content: ContentBased,
    row: int,
    pieces: pd.DataFrame,
    features: Sequence[str],
    n: int = 5,
    exclude: Any = None,
) -> pd.DataFrame:
    """A listener's list with titles and reasons.

    Parameters
    ----------
    model : Recommender
        Trained; its :meth:`~Recommender.because` gives the pieces.
    content : ContentBased
        Trained on the same matrix; says which features the piece shares with the profile.
    row : int
        The listener.
    pieces : pandas.DataFrame
        Columns title and style, one row per column of the matrix, in its order.
    features : sequence of str
        Names of the columns of the content model's features.
    n : int
        Length of the list.
    exclude : scipy sparse, optional

    Returns
    -------
    pandas.DataFrame
        Columns rank, title, style, "because you played", "and because you like". Where a
        score does not come from single heard pieces, it says how many listeners like it.
    """
    items = model.recommend([row], n, exclude)[0][0]
    titles, styles = pieces["title"].tolist(), pieces["style"].tolist()
    cold = bool(model.is_cold([row])[0])
    rows = []
    for rank, item in enumerate(items[items >= 0].tolist(), start=1):
        heard = [f"{titles[i]} ({styles[i]})" for i, _ in model.because(row, item, n=2)]
        shared = [] if cold else content.reasons(row, item, n=2)
        level = [content.level(row, column) for column, _ in shared]
        named = [features[column].replace("_", " ") for column, _ in shared]
        likes = [f"{how} {name}" for how, name in zip(level, named, strict=True)]
        popular = f"({model.likes(item)} listeners like it)"
        rows.append(
            {
                "rank": rank,
                "title": titles[item],
                "style": styles[item],
                "because you played": "; ".join(heard) or popular,
                "and because you like": ", ".join(likes) or "–",
            }
        )
    return pd.DataFrame(rows)
