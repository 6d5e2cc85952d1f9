"""Recommendations as tables: for other notebooks, and for a person to read.

Conventions
-----------
Rows of the matrix are named by ``listeners``, its columns by ``pieces``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
    reasons: "Reasons | None" = None,
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
    reasons : Reasons, optional
        Adds a reason to every row; takes some milliseconds each.

    Returns
    -------
    pandas.DataFrame
        Columns listener, model, rank (from 1), piece, score, and reason if asked for; no
        row for a listener to whom nothing is left to offer.

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
    table = pd.DataFrame(
        {
            "listener": np.asarray(listeners, dtype=object)[row],
            "model": name,
            "rank": place + 1,
            "piece": np.asarray(pieces, dtype=object)[items[row, place]],
            "score": scores[row, place],
        }
    )
    if reasons is not None:
        offered = zip(row.tolist(), items[row, place].tolist(), strict=True)
        table["reason"] = [reasons.sentence(model, *pair) for pair in offered]
    return table


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


@dataclass(frozen=True)
class Reasons:
    """What can be said about why a piece is recommended, for any model.

    A reason is, as far as there is one, the heard pieces that give a piece its score
    (:meth:`Recommender.because`); else the features that it shares with the listener's
    profile; else how many like it, which is all that a cold listener's list rests on.

    Parameters
    ----------
    content : ContentBased or None
        Trained on the same matrix as the models; None where features are not known.
    titles : sequence of str
        Of the pieces, in the order of the matrix's columns.
    features : sequence of str
        Names of the columns of the content model's features.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from ricercar import recommend
    >>> heard = sp.csr_array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    >>> content = ContentBased([[1.0, 0.0], [1.0, 0.2], [-1.0, 1.0]]).fit(heard)
    >>> why = Reasons(content, ["A", "B", "C"], ["melody.speed", "melody.range"])
    >>> why.sentence(recommend.create("item_knn").fit(heard), 0, 1)
    'because you played A'
    >>> why.sentence(recommend.create("most_popular").fit(heard), 0, 1)
    'because you like high melody.speed'
    >>> why.sentence(recommend.create("most_popular").fit(heard), 2, 1)
    'because 1 listener likes it'
    """

    content: ContentBased | None
    titles: Sequence[str]
    features: Sequence[str]

    def played(self, model: Recommender, row: int, item: int, n: int = 2) -> list[str]:
        """Titles of the heard pieces that give a piece its score, strongest first."""
        return [self.titles[heard] for heard, _ in model.because(row, item, n)]

    def sounds_like(self, row: int, item: int, n: int = 2) -> list[str]:
        """Titles of the heard pieces that a piece sounds like, whatever the model says."""
        return [] if self.content is None else self.played(self.content, row, item, n)

    def liked(self, row: int, item: int, n: int = 2) -> list[str]:
        """Features that the piece and the listener's profile share, as "high speed"."""
        if self.content is None or self.content.is_cold([row])[0]:
            return []
        shared = self.content.reasons(row, item, n)
        return [
            f"{self.content.level(row, column)} {self.features[column].replace('_', ' ')}"
            for column, _ in shared
        ]

    def popular(self, model: Recommender, item: int) -> str:
        """How many listeners like a piece, in words."""
        count = model.likes(item)
        return f"{count} listener likes it" if count == 1 else f"{count} listeners like it"

    def sentence(self, model: Recommender, row: int, item: int) -> str:
        """The reason for one recommended piece."""
        if played := self.played(model, row, item):
            return f"because you played {' and '.join(played)}"
        if liked := self.liked(row, item):
            return f"because you like {' and '.join(liked)}"
        return f"because {self.popular(model, item)}"


def explained(
    model: Recommender,
    content: ContentBased | None,
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
    content : ContentBased or None
        Trained on the same matrix; says which features the piece shares with the profile.
        None where features are not known.
    row : int
        The listener.
    pieces : pandas.DataFrame
        Columns title and style (missing where unknown), one row per column of the matrix,
        in its order.
    features : sequence of str
        Names of the columns of the content model's features.
    n : int
        Length of the list.
    exclude : scipy sparse, optional

    Returns
    -------
    pandas.DataFrame
        Columns rank, title, style, "because you played", "and because you like" (those of
        unknown styles and features left out); no row
        where nothing is left to offer. Where a score does not come from single heard
        pieces, the first says in brackets which heard pieces it sounds like, or else how
        many listeners like it.
    """
    items = model.recommend([row], n, exclude)[0][0]
    titles, styles = pieces["title"].tolist(), pieces["style"].tolist()
    named = pieces["style"].notna().tolist()
    both = [
        f"{title} ({style})" if known else title
        for title, style, known in zip(titles, styles, named, strict=True)
    ]
    why = Reasons(content, both, features)
    rows = []
    for rank, item in enumerate(items[items >= 0].tolist(), start=1):
        played = "; ".join(why.played(model, row, item))
        alike = "; ".join(why.sounds_like(row, item))
        other = f"(sounds like {alike})" if alike else f"({why.popular(model, item)})"
        liked = ", ".join(why.liked(row, item)) or "–"
        rows.append((rank, titles[item], styles[item], played or other, liked))
    columns = ["rank", "title", "style", "because you played", "and because you like"]
    unknown = [] if any(named) else ["style"]
    if content is None:
        unknown.append(columns[-1])
    return pd.DataFrame(rows, columns=columns).drop(columns=unknown)
