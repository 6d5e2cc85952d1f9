"""Which pieces are known to be versions of one work.

Goal: a label for what is told by titles, by the sources and by equal melodies. Works that
only sound alike are the business of :mod:`ricercar.catalogue.groups`.

Conventions
-----------
Two pieces share a work when a chain of these links joins them: the same hymn; the
same title, without articles, dance words and numbers, among single-line tunes; the
same top part after transposition and scaling of the note values; the same first
:data:`INCIPIT` intervals of the top part, at least :data:`MOVING` of which are not unisons
(songs that begin by repeating a note are no versions of each other). A top part of chords is
an accompaniment, not a melody: it counts only if at most :data:`MOST_CHORDS` of its onsets
have several notes. A title that more than :data:`MOST_NAMESAKES` tunes bear ("Untitled") says
nothing. The work is named by its first id in order.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

INCIPIT = 14
MOVING = 5
MOST_NAMESAKES = 8
MOST_CHORDS = 0.2

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


def leading(notes: pd.DataFrame) -> pd.DataFrame:
    """The notes of the top parts that are melodies, not chords.

    Parameters
    ----------
    notes : pandas.DataFrame
        In the schema of ``notes``, sorted by piece, part, onset.

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": ["a", "a", "b", "b"], "part": [0, 1, 0, 0],
    ...                       "onset": 0, "duration": 480, "pitch": [60, 48, 60, 64]})
    >>> leading(notes)["piece"].tolist()
    ['a']
    """
    top = notes[notes["part"].to_numpy() == 0]
    piece = pd.factorize(top["piece"])[0]
    onset = top["onset"].to_numpy()
    first = (np.diff(piece, prepend=-1) != 0) | (np.diff(onset, prepend=-1) != 0)
    place = np.flatnonzero(first)
    chord = np.diff(np.append(place, len(onset))) > 1
    share = np.bincount(piece[place], chord) / np.maximum(np.bincount(piece[place]), 1)
    return top[share[piece] <= MOST_CHORDS] if len(top) else top


def melody_keys(notes: pd.DataFrame) -> pd.DataFrame:
    """Digests of each piece's top part, free of transposition and time scale.

    Parameters
    ----------
    notes : pandas.DataFrame
        In the schema of ``notes``, sorted by piece, part, onset.

    Returns
    -------
    pandas.DataFrame
        Columns piece, ``whole`` and ``incipit`` (empty where they tell nothing).
    """
    top = leading(notes)
    piece, names = pd.factorize(top["piece"])
    onset, pitch = (top[column].to_numpy(np.int64) for column in ("onset", "pitch"))
    # the upper line: of simultaneous notes the highest
    order = np.lexsort((-pitch, onset, piece))
    piece, onset, pitch = piece[order], onset[order], pitch[order]
    line = (np.diff(piece, prepend=-1) != 0) | (np.diff(onset, prepend=-1) != 0)
    piece, onset, pitch = piece[line], onset[line], pitch[line]
    inside = np.diff(piece) == 0
    intervals, steps = np.diff(pitch)[inside], np.diff(onset)[inside]
    count = np.bincount(piece[1:][inside], minlength=len(names))
    ends = np.cumsum(count)
    rows = []
    for name, start, stop in zip(names, ends - count, ends, strict=True):
        mine, lengths = intervals[start:stop], steps[start:stop]
        unit = np.gcd.reduce(lengths) if len(lengths) else 1
        whole = _digest(np.concatenate([mine, lengths // unit])) if len(mine) >= 3 else ""
        first = mine[:INCIPIT]
        told = len(first) == INCIPIT and np.count_nonzero(first) >= MOVING
        rows.append((name, whole, _digest(first) if told else ""))
    return pd.DataFrame(rows, columns=["piece", "whole", "incipit"])


def _digest(values: np.ndarray) -> str:
    return hashlib.blake2b(values.astype("<i4").tobytes(), digest_size=8).hexdigest()


def versions(pieces: pd.DataFrame, notes: pd.DataFrame, works: Iterable[str]) -> pd.Series:
    """The work of every piece.

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
        Named ``work``, aligned with ``pieces``.

    Examples
    --------
    Two tunes, one a fifth above the other:

    >>> line = [0, 2, 4, 5]
    >>> notes = pd.DataFrame([(p, 0, 480 * i, 480, base + step)
    ...                       for p, base in (("a", 60), ("b", 67))
    ...                       for i, step in enumerate(line)],
    ...                      columns=["piece", "part", "onset", "duration", "pitch"])
    >>> pieces = pd.DataFrame({"piece": ["a", "b"], "title": ["", ""], "parts": [1, 1]})
    >>> list(versions(pieces, notes, ["", ""]))
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
    return first.rename("work")
