"""Public listening data by name.

Goal: every data set comes in one form, with names of listeners and pieces and a report of
what was read, whatever its files look like.

Conventions
-----------
* A data set is found by :func:`ricercar.datasets.fetch`: downloaded, in a folder that is
  named, or below ``RICERCAR_DATASETS``.
* Listeners and pieces keep the ids of the source, as text. Numbered ones are in the order of
  their numbers, others sorted.
* A *piece* is what the source counts: an artist (``hetrec-lastfm``), a track, a place
  (``gowalla``).

* Logs with times (:mod:`ricercar.listening.public_logs`) are counted in bounded memory; their
  events are read where they are asked for.

Sources: those of :data:`ricercar.datasets.DATASETS`.
"""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from ricercar import datasets, workspace
from ricercar.errors import ParameterError, ReadError
from ricercar.listening import public_logs, spreadsheet
from ricercar.listening.matrix import Interactions

#: listening data sets -> what a number in ``counts`` counts
COUNTED = {
    "hetrec-lastfm": "plays of an artist",
    "gowalla": "places a person checked in at (train)",
    "incarmusic": "ratings of a track",
    "lastfm-1k": "plays of an artist",
    "yambda": "plays of a track",
    "listenbrainz": "plays of an artist",
}


@dataclass(frozen=True)
class PublicListening:
    """A public data set.

    Attributes
    ----------
    name : str
    counts : Interactions
        How often each listener met each piece; :data:`COUNTED` says in which way.
    pieces : DataFrame
        Columns ``piece``, ``name`` and further ones of the source, in the order of ``counts``.
    report : DataFrame
        Columns ``what`` and ``found`` (text).
    ratings : DataFrame or None
        Columns ``listener``, ``piece``, ``value`` and the context, a row per rating.
    events : DataFrame or None
        Table ``events``, where the source has times and they were asked for.
    tags : DataFrame or None
        Columns ``listener``, ``piece``, ``tag``, ``time`` (day, UTC).
    friends : DataFrame or None
        Columns ``listener``, ``friend``; each friendship in both directions.
    likes : DataFrame or None
        Columns ``listener``, ``piece``, ``time``, ``kind`` (``like`` or ``dislike``).
    test : csr_array or None
        The published test part, with the rows and columns of ``counts``.
    """

    name: str
    counts: Interactions
    pieces: pd.DataFrame
    report: pd.DataFrame
    ratings: pd.DataFrame | None = None
    events: pd.DataFrame | None = None
    tags: pd.DataFrame | None = None
    friends: pd.DataFrame | None = None
    likes: pd.DataFrame | None = None
    test: sparse.csr_array | None = None

    def mean_ratings(self) -> Interactions:
        """A listener's mean rating of each piece, over all contexts.

        Returns
        -------
        Interactions
            With the rows, columns and entries of ``counts``; a mean rating of 0 is an entry,
            too, where the source rates from 0.

        Raises
        ------
        ParameterError
            If the data set has no ratings.
        """
        if self.ratings is None:
            raise ParameterError(f"data set {self.name!r} has no ratings")
        summed = _matrix(self.ratings, self.counts, self.ratings["value"].to_numpy(float))
        summed.data /= self.counts.matrix.data
        return Interactions(summed, self.counts.listeners, self.counts.pieces)


def read(
    name: str,
    folder: Path | str | None = None,
    *,
    events: bool = False,
    memory_limit: str = "2GB",
    threads: int = 2,
) -> PublicListening:
    """A public data set of listening.

    Parameters
    ----------
    name : str
        A key of :data:`COUNTED`.
    folder : path, optional
        Where its files are; by default as :func:`ricercar.datasets.fetch` finds them.
    events : bool
        Whether to read the events of a log, too; all of them are then held in memory.
    memory_limit : str
    threads : int
        For counting a log, see :func:`ricercar.listening.aggregate.counts`.

    Returns
    -------
    PublicListening

    Raises
    ------
    ParameterError
        If there is no such data set.
    MissingArtefactError
        If its files cannot be found.
    ReadError
        If they are not what they should be.

    Examples
    --------
    >>> read("lastfm")
    Traceback (most recent call last):
    ricercar.errors.ParameterError: there is no public listening 'lastfm'; known: ...
    """
    if name not in COUNTED:
        raise ParameterError(f"there is no public listening {name!r}; known: {', '.join(COUNTED)}")
    found = datasets.fetch(name, folder)
    if name in _READERS:
        return _READERS[name](found)
    log = public_logs.LOGS[name](found)
    made = log.counts(memory_limit, threads)
    more = {"rows": f"{made.rows:,}", "refused": f"{int(made.refused['rows'].sum()):,}"}
    for reason, rows in made.refused.itertuples(index=False):
        more[f"refused: {reason}"] = f"{rows:,}"
    return PublicListening(
        name,
        made.interactions,
        pd.DataFrame({"piece": made.interactions.pieces, "name": made.interactions.pieces}),
        _report(name, found, made.interactions, more),
        events=log.events() if events else None,
        likes=public_logs.likes(found) if name == "yambda" else None,
    )


def _hetrec(folder: Path) -> PublicListening:
    """HetRec 2011 Last.fm: play counts, tags and friends."""
    plays = _tabbed(folder / "user_artists.dat").set_axis(["listener", "piece", "count"], axis=1)
    counts = _numbered(plays, plays["count"].to_numpy(float))
    artists = _tabbed(folder / "artists.dat").rename(columns={"id": "piece"})
    pieces = artists.astype({"piece": str}).set_index("piece").reindex(counts.pieces)
    # the names of tags alone are not UTF-8
    words = _tabbed(folder / "tags.dat", "latin-1").set_index("tagID")["tagValue"]
    given = _tabbed(folder / "user_taggedartists.dat")
    tags = pd.DataFrame(
        {
            "listener": given["userID"].astype(str),
            "piece": given["artistID"].astype(str),
            "tag": given["tagID"].map(words),
            "time": pd.to_datetime(given[["year", "month", "day"]], utc=True),
        }
    )
    friends = (
        _tabbed(folder / "user_friends.dat").astype(str).set_axis(["listener", "friend"], axis=1)
    )
    # Last.fm had no tags before 2005: the year is wrong, the tag may still be right
    early = int((tags["time"].dt.year < 2005).sum())
    more = {
        "tags": f"{len(tags):,} ({tags['tag'].nunique():,} different)",
        "tags dated before 2005": f"{early:,}",
        "pairs of friends": f"{len(friends) // 2:,}",
    }
    return PublicListening(
        "hetrec-lastfm",
        counts,
        pieces.reset_index(),
        _report("hetrec-lastfm", folder, counts, more),
        tags=tags,
        friends=friends,
    )


def _gowalla(folder: Path) -> PublicListening:
    """The split of LightGCN: a line per person, its number and those of the places."""
    lists = [_lists(folder / f"{part}.txt") for part in ("train", "test")]
    highest = max(max(heads) for heads, _ in lists)
    last = max(int(rest.max(initial=-1)) for _, rests in lists for rest in rests)
    shape = highest + 1, last + 1
    train, test = (_listed(*found, shape=shape) for found in lists)
    listeners, pieces = (pd.Index([*map(str, range(n))], dtype="str") for n in shape)
    counts = Interactions(train, listeners.rename("listener"), pieces.rename("piece"))
    more = {"pairs in test": f"{test.nnz:,}", "pairs in both": f"{(train * test).nnz:,}"}
    table = pd.DataFrame({"piece": pieces, "name": pieces})
    report = _report("gowalla", folder, counts, more)
    return PublicListening("gowalla", counts, table, report, test=test)


def _incarmusic(folder: Path) -> PublicListening:
    """Ratings of 0 to 5 in the contexts of a drive, from the published workbook."""
    archive = folder / "Music_InCarMusic.zip"
    with zipfile.ZipFile(archive) as files:
        content = files.read("Music_InCarMusic/Data_InCarMusic.xlsx")
    sheets = spreadsheet.sheets(content, str(archive))
    rated = sheets["ContextualRating"].rename(
        columns={"UserID": "listener", "ItemID": "piece", "Rating": "value"}
    )
    ratings = rated.astype({"value": float}).replace("NA", None)
    counts = _numbered(ratings.astype({"listener": int, "piece": int}), np.ones(len(ratings)))
    tracks = sheets["Music Track"].replace("\\N", None).rename(columns={"id": "piece"})
    categories = sheets["Music Category"]  # has no header: its first row was taken for one
    style = {categories.columns[0]: categories.columns[1], **dict(categories.to_numpy())}
    tracks = tracks.assign(name=tracks["title"], style=tracks["category_id"].map(style))
    pieces = tracks[["piece", "name", "artist", "album", "style"]].set_index("piece")
    context = [c for c in ratings.columns if c not in ("listener", "piece", "value")]
    more = {
        "mean rating": f"{ratings['value'].mean():.3f}",
        "ratings in a context": f"{int(ratings[context].notna().any(axis=1).sum()):,}",
    }
    return PublicListening(
        "incarmusic",
        counts,
        pieces.reindex(counts.pieces).reset_index(),
        _report("incarmusic", folder, counts, more),
        ratings=ratings,
    )


def _tabbed(path: Path, encoding: str = "utf-8") -> pd.DataFrame:
    """A table with tabs and a header, in which quotation marks are letters."""
    return pd.read_csv(path, sep="\t", quoting=3, encoding=encoding, keep_default_na=False)


def _lists(path: Path) -> tuple[list[int], list[np.ndarray]]:
    """First number and the others of each line."""
    try:
        lines = [
            np.array(line.split(), dtype=np.int64)
            for line in path.read_text("utf-8").splitlines()
            if line.strip()
        ]
    except ValueError as error:
        raise ReadError(f"{path}: has something else than whole numbers: {error}") from error
    for line in lines:
        if line.min() < 0 or len(np.unique(line[1:])) < len(line) - 1:
            raise ReadError(f"{path}: the list of {line[0]} has a number twice or below 0")
    return [int(line[0]) for line in lines], [line[1:] for line in lines]


def _listed(heads: list[int], rests: list[np.ndarray], shape: tuple[int, int]) -> sparse.csr_array:
    """A matrix with ones in the columns that are listed for a row."""
    rows, columns = np.repeat(heads, [len(rest) for rest in rests]), np.concatenate(rests)
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def _numbered(table: pd.DataFrame, values: np.ndarray) -> Interactions:
    """Sums of values per listener and piece, in the order of their numbers."""
    listeners, pieces = (
        pd.Index(np.sort(table[column].unique()).astype(str), dtype="str", name=column)
        for column in ("listener", "piece")
    )
    empty = Interactions(sparse.csr_array((len(listeners), len(pieces))), listeners, pieces)
    return Interactions(_matrix(table, empty, values), listeners, pieces)


def _matrix(table: pd.DataFrame, like: Interactions, values: np.ndarray) -> sparse.csr_array:
    """Sums of values per listener and piece, with the rows and columns of another."""
    row = like.listeners.get_indexer(pd.Index(table["listener"].astype(str)))
    column = like.pieces.get_indexer(pd.Index(table["piece"].astype(str)))
    matrix = sparse.coo_array((values, (row, column)), shape=like.matrix.shape).tocsr()
    matrix.sort_indices()
    return matrix


def _report(name: str, folder: Path, counts: Interactions, more: dict[str, str]) -> pd.DataFrame:
    """What was read."""
    files = datasets.digests(name, folder)
    known = "as published" if datasets.dataset(name).files else "not compared: none is published"
    found = {
        "counted": COUNTED[name],
        "listeners": f"{len(counts.listeners):,}",
        "pieces": f"{len(counts.pieces):,}",
        "pairs": f"{counts.matrix.nnz:,}",
        "sum of counts": f"{int(counts.matrix.sum()):,}",
        **more,
        "files": f"{len(files)}, SHA-256 {workspace.digest_of(files)[:12]}… ({known})",
    }
    return pd.DataFrame({"what": list(found), "found": list(found.values())})


_READERS: dict[str, Callable[[Path], PublicListening]] = {
    "hetrec-lastfm": _hetrec,
    "gowalla": _gowalla,
    "incarmusic": _incarmusic,
}
