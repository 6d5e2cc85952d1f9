"""Which pieces are versions of one work.

Goal: a label that keeps versions together, so that a split by group does not put a
tune into the training half and its twin into the test half.

Conventions
-----------
Two pieces share a group when a chain of these links joins them: the same hymn; the
same title, without articles, dance words and numbers, among single-line tunes; the
same top part after transposition and scaling of the note values; the same first
:data:`INCIPIT` intervals of the top part. A title that more than :data:`MOST_NAMESAKES`
tunes bear ("Untitled") says nothing. The group is named by its first id in order.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

INCIPIT = 14
MOST_NAMESAKES = 8

_DANCE_WORDS = (
    r"\b(?:the|an?|da|of|new|old|reel|jig|hornpipe|strathspey|march|minuet|air|waltz|slip|clog|"
    r"song|quick|slow|step|quickstep|polka|gavotte|fling|highland|country|dance|favou?rite|set|"
    r"version|no|first|second|third|st|nd|rd|th|regt|regiment|grenadiers?|s|"
    r"irish|scotch|scots|english|french|german|welsh|italian)\b"
)


def title_key(title: str) -> str:
    """What is left of a title when articles, dance words, numbers and signs are gone.

    Examples
    --------
    >>> title_key("The Humors of Glynn - Jig (2nd set)"), title_key("Hornpipe No. 3")
    ('humors glynn', '')
    """
    folded = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    folded = re.sub(r"\(.*?\)|\[.*?\]", " ", folded).replace("humours", "humors")
    folded = re.sub(r"['`]", "", folded)
    folded = re.sub(_DANCE_WORDS, " ", re.sub(r"[^a-z]+", " ", folded))
    words = " ".join(folded.split())
    return words if len(words) >= 5 else ""


def melody_keys(notes: pd.DataFrame) -> pd.DataFrame:
    """Digests of each piece's top part, free of transposition and time scale.

    Parameters
    ----------
    notes : pandas.DataFrame
        In the schema of ``notes``, sorted by piece, part, onset.

    Returns
    -------
    pandas.DataFrame
        Columns piece, ``whole`` and ``incipit`` (empty for fewer than
        :data:`INCIPIT` intervals).
    """
    top = notes[notes["part"] == 0]
    pieces, starts = np.unique(top["piece"].to_numpy(str), return_index=True)
    order = np.argsort(starts)
    pieces, starts = pieces[order], starts[order]
    columns = top[["onset", "duration", "pitch"]].to_numpy(np.int64)
    rows = []
    for piece, block in zip(pieces, np.split(columns, starts[1:]), strict=True):
        # the upper line: of simultaneous notes the highest
        block = block[np.lexsort((-block[:, 2], block[:, 0]))]
        line = block[np.concatenate([[True], np.diff(block[:, 0]) > 0])]
        intervals = np.diff(line[:, 2])
        steps = np.diff(line[:, 0])
        unit = np.gcd.reduce(steps) if len(steps) else 1
        whole = np.concatenate([intervals, steps // unit])
        rows.append(
            (
                piece,
                _digest(whole) if len(intervals) >= 3 else "",
                _digest(intervals[:INCIPIT]) if len(intervals) >= INCIPIT else "",
            )
        )
    return pd.DataFrame(rows, columns=["piece", "whole", "incipit"])


def _digest(values: np.ndarray) -> str:
    return hashlib.blake2b(values.astype("<i4").tobytes(), digest_size=8).hexdigest()


def groups(pieces: pd.DataFrame, notes: pd.DataFrame, works: Iterable[str]) -> pd.Series:
    """The group of every piece.

    Parameters
    ----------
    pieces : pandas.DataFrame
        With columns piece, title, parts.
    notes : pandas.DataFrame
    works : iterable of str
        For each piece the work that its source names, or an empty string.

    Returns
    -------
    pandas.Series
        Named ``group``, aligned with ``pieces``.

    Examples
    --------
    Two tunes, one a fifth above the other:

    >>> line = [0, 2, 4, 5]
    >>> notes = pd.DataFrame([(p, 0, 480 * i, 480, base + step)
    ...                       for p, base in (("a", 60), ("b", 67))
    ...                       for i, step in enumerate(line)],
    ...                      columns=["piece", "part", "onset", "duration", "pitch"])
    >>> pieces = pd.DataFrame({"piece": ["a", "b"], "title": ["", ""], "parts": [1, 1]})
    >>> list(groups(pieces, notes, ["", ""]))
    ['a', 'a']
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    index = pd.Series(np.arange(len(pieces)), index=pieces["piece"])
    melody = melody_keys(notes).set_index("piece").reindex(pieces["piece"])
    titles = pieces["title"].map(title_key).where(pieces["parts"] == 1, "")
    counts = titles.map(titles.value_counts())
    links = [
        ("work", list(works)),
        ("title", titles.where(counts <= MOST_NAMESAKES, "").tolist()),
        ("whole", melody["whole"].fillna("").tolist()),
        ("incipit", melody["incipit"].fillna("").tolist()),
    ]
    names: dict[tuple[str, str], int] = {}
    edges = [
        (place, names.setdefault((kind, value), len(pieces) + len(names)))
        for kind, values in links
        for place, value in enumerate(values)
        if value
    ]
    size = len(pieces) + len(names)
    rows, columns = np.array(edges, np.int64).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(rows), bool), (rows, columns)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    label = label[: len(pieces)]
    first = pd.Series(index.index, index=pieces.index).groupby(label).transform("min")
    return first.rename("group")
