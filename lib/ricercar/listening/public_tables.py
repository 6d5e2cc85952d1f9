"""Public listening that is one small table: HetRec Last.fm, Gowalla and InCarMusic.

Conventions
-----------
* A reader takes the folder of a data set and gives :class:`Tables`.
* Listeners and pieces keep their numbers, as text and in the order of these numbers.

Sources: the data sets' pages, see :data:`ricercar.datasets.DATASETS`.
"""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from ricercar.errors import ReadError
from ricercar.listening import spreadsheet
from ricercar.listening.matrix import Interactions


@dataclass(frozen=True)
class Tables:
    """What a reader found; the fields are those of :class:`.public.PublicListening`.

    Attributes
    ----------
    more : dict of str to str
        Lines for the report.
    """

    counts: Interactions
    pieces: pd.DataFrame
    more: dict[str, str]
    ratings: pd.DataFrame | None = None
    tags: pd.DataFrame | None = None
    friends: pd.DataFrame | None = None
    test: sparse.csr_array | None = None


def hetrec(folder: Path) -> Tables:
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
    return Tables(counts, pieces.reset_index(), more, tags=tags, friends=friends)


def gowalla(folder: Path) -> Tables:
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
    return Tables(counts, table, more, test=test)


def incarmusic(folder: Path) -> Tables:
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
    pieces = pieces.reindex(counts.pieces).reset_index()
    return Tables(counts, pieces, more, ratings=ratings)


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
    return Interactions(summed(table, empty, values), listeners, pieces)


def summed(table: pd.DataFrame, like: Interactions, values: np.ndarray) -> sparse.csr_array:
    """Sums of values per listener and piece, with the rows and columns of another."""
    row = like.listeners.get_indexer(pd.Index(table["listener"].astype(str)))
    column = like.pieces.get_indexer(pd.Index(table["piece"].astype(str)))
    matrix = sparse.coo_array((values, (row, column)), shape=like.matrix.shape).tocsr()
    matrix.sort_indices()
    return matrix


READERS: dict[str, Callable[[Path], Tables]] = {
    "hetrec-lastfm": hetrec,
    "gowalla": gowalla,
    "incarmusic": incarmusic,
}
