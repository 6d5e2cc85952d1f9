"""Public listening logs with times: Last.fm-1K, Yambda and ListenBrainz.

Goal: logs of millions of rows come out as counts without being held in memory
(:mod:`ricercar.listening.aggregate`), and as events only where these are asked for.

Conventions
-----------
* ``lastfm-1k``: the published table has no header; its columns are user, time (ISO 8601),
  artist id, artist, track id, track. A *piece* is an artist by name, as many have no id.
* ``yambda``: ``listens.parquet`` with ``uid``, ``timestamp``, ``item_id``, ``is_organic``,
  ``played_ratio_pct`` and ``track_length_seconds``; ``likes.parquet`` and ``dislikes.parquet``
  with the first three, where they are there. Its times are seconds (in steps of 5) from a
  moment that is not published: they are counted from :data:`YAMBDA_START`, so that only
  differences of times mean something.
* ``listenbrainz``: a dump's ``*.listens`` files, unpacked: a JSON object per line with
  ``user_name`` or ``user_id``, ``timestamp`` (seconds since 1970) and ``track_metadata``. A
  *piece* is an artist by name.

None of the three is here to try: the readers follow the published descriptions and are tested
on small files made after these.

Sources: the data sets' pages, see :data:`ricercar.datasets.DATASETS`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ricercar.errors import ReadError
from ricercar.listening import aggregate, log_batches
from ricercar.listening.log_fields import ids
from ricercar.listening.log_times import times

YAMBDA_START = pd.Timestamp("2000-01-01", tz="UTC")
_LASTFM = ("user", "time", "artist id", "artist", "track id", "track")
_LIKES = {"likes.parquet": "like", "dislikes.parquet": "dislike"}


@dataclass(frozen=True)
class Log:
    """Where a log is, and which of its columns are what.

    Attributes
    ----------
    paths : list of Path
    columns : mapping of str to str
        Column for ``listener``, ``piece`` and ``time``.
    header : sequence of str or None
        Columns of files that do not name them.
    start : Timestamp or None
        From which times are counted, where they are not times of day.
    """

    paths: list[Path]
    columns: Mapping[str, str]
    header: Sequence[str] | None = None
    start: pd.Timestamp | None = None

    def counts(self, memory_limit: str, threads: int) -> aggregate.Aggregated:
        """Rows per listener and piece; times are looked at where they are times of day."""
        wanted = dict(self.columns)
        if self.start is not None:
            del wanted["time"]
        return aggregate.counts(
            self.paths, wanted, memory_limit=memory_limit, threads=threads, header=self.header
        )

    def events(self) -> pd.DataFrame:
        """Table ``events``: a play for each row that has a listener, a piece and a time."""
        parts = []
        with log_batches.read(self.paths, self.columns, 10**9, 1, self.header) as batches:
            for table in batches.tables:
                frame = table().to_pandas()
                listener, no_listener = ids(frame["listener"].astype(object))
                piece, no_piece = ids(frame["piece"].astype(object))
                if self.start is None:
                    time, no_time, _ = times(frame["time"], None, "UTC")
                    good = (no_listener.code == 0) & (no_piece.code == 0) & (no_time.code == 0)
                else:
                    time = self.start + pd.to_timedelta(frame["time"], unit="s")
                    time = time.astype(pd.DatetimeTZDtype("us", "UTC"))
                    good = (no_listener.code == 0) & (no_piece.code == 0) & time.notna()
                part = pd.DataFrame({"listener": listener, "piece": piece, "time": time})[good]
                parts.append(part.assign(kind="play", value=1.0))
        whole = pd.concat(parts, ignore_index=True)
        order = ["time", "listener", "piece"]
        return whole.sort_values(order, kind="stable", ignore_index=True)


def lastfm(folder: Path) -> Log:
    """Last.fm-1K."""
    path = folder / "userid-timestamp-artid-artname-traid-traname.tsv"
    columns = {"listener": "user", "piece": "artist", "time": "time"}
    return Log([path], columns, header=_LASTFM)


def yambda(folder: Path) -> Log:
    """Yambda, of any of its sizes."""
    columns = {"listener": "uid", "piece": "item_id", "time": "timestamp"}
    return Log([folder / "listens.parquet"], columns, start=YAMBDA_START)


def likes(folder: Path) -> pd.DataFrame | None:
    """Likes and dislikes of Yambda: ``listener``, ``piece``, ``time``, ``kind``; None: no file."""
    parts = []
    for name, kind in _LIKES.items():
        if (folder / name).is_file():
            given = pd.read_parquet(folder / name, columns=["uid", "item_id", "timestamp"])
            part = pd.DataFrame(
                {
                    "listener": given["uid"].astype(str),
                    "piece": given["item_id"].astype(str),
                    "time": YAMBDA_START + pd.to_timedelta(given["timestamp"], unit="s"),
                    "kind": kind,
                }
            )
            parts.append(part)
    if not parts:
        return None
    return pd.concat(parts).sort_values(["time", "listener", "piece", "kind"], ignore_index=True)


def listenbrainz(folder: Path) -> Log:
    """A ListenBrainz dump."""
    paths = sorted(folder.rglob("*.listens"))
    with paths[0].open(encoding="utf-8") as file:
        line = next(file, "")
    try:
        first = json.loads(line)
        listener = "user_name" if "user_name" in first else "user_id"
        time = "timestamp" if "timestamp" in first else "listened_at"
    except (ValueError, TypeError) as error:
        raise ReadError(f"{paths[0]}: its first line is not a JSON object") from error
    columns = {"listener": listener, "piece": "track_metadata.artist_name", "time": time}
    return Log(paths, columns)


LOGS = {"lastfm-1k": lastfm, "yambda": yambda, "listenbrainz": listenbrainz}
