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
* Small tables are read by :mod:`ricercar.listening.public_tables`. Logs with times
  (:mod:`ricercar.listening.public_logs`) are counted in bounded memory; their events are read
  where they are asked for.

Sources: those of :data:`ricercar.datasets.DATASETS`.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from scipy import sparse

from ricercar import datasets, workspace
from ricercar.errors import ParameterError
from ricercar.listening import public_logs, public_tables
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
        summed = public_tables.summed(
            self.ratings, self.counts, self.ratings["value"].to_numpy(float)
        )
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
    if name in public_tables.READERS:
        made = public_tables.READERS[name](found)
        return PublicListening(
            name,
            made.counts,
            made.pieces,
            _report(name, found, made.counts, made.more),
            ratings=made.ratings,
            tags=made.tags,
            friends=made.friends,
            test=made.test,
        )
    log = public_logs.LOGS[name](found)
    counted = log.counts(memory_limit, threads)
    more = {"rows": f"{counted.rows:,}", "refused": f"{int(counted.refused['rows'].sum()):,}"}
    for reason, rows in counted.refused.itertuples(index=False):
        more[f"refused: {reason}"] = f"{rows:,}"
    return PublicListening(
        name,
        counted.interactions,
        pd.DataFrame({"piece": counted.interactions.pieces, "name": counted.interactions.pieces}),
        _report(name, found, counted.interactions, more),
        events=log.events() if events else None,
        likes=public_logs.likes(found) if name == "yambda" else None,
    )


def _report(name: str, folder: Path, counts: Interactions, more: dict[str, str]) -> pd.DataFrame:
    """What was read."""
    files = datasets.digests(name, folder)
    known = "as published" if datasets.dataset(name).files else "not compared: none is published"
    found = {
        "counted": COUNTED[name],
        "listeners": f"{len(counts.listeners):,}",
        "pieces": f"{len(counts.pieces):,}",
        "pairs": f"{counts.matrix.nnz:,}",
        f"{COUNTED[name].split()[0]} in all": f"{int(counts.matrix.sum()):,}",
        **more,
        "files": f"{len(files)}, SHA-256 {workspace.digest_of(files)[:12]}… ({known})",
    }
    return pd.DataFrame({"what": list(found), "found": list(found.values())})
