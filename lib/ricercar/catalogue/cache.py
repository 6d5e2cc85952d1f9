"""Readings kept on disk, named by the digest of what was read.

Goal: parse each piece once, and go on after an interruption. A reading is found again
by the bytes of the piece, its format, whether repeats are played, and the version of the
readers: a changed file or reader is read anew and nothing else is.

Conventions
-----------
A folder per version; in it, one folder per batch with ``readings.parquet``,
``notes.parquet`` and ``drums.parquet``, complete or not there at all. A damaged batch
counts as not there. Why pieces could not be read is kept, too, in :data:`FAULTS`, as far
as their bytes are the reason: what was too slow or too large is tried again.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, fields
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar import workspace
from ricercar.catalogue.formats import READERS
from ricercar.catalogue.reading import Reading
from ricercar.catalogue.sources import Source
from ricercar.errors import ReadError

_ARRAYS = ("notes", "drums")
_AS_JSON = ("part_names", "counts")
_DETAILS = tuple(f.name for f in fields(Reading) if f.name not in _ARRAYS)
_COLUMNS = ["part", "onset", "duration", "pitch"]

#: the folder, beside the batches, of pieces that cannot be read
FAULTS = "faults"


@dataclass(frozen=True)
class Readings:
    """Readings laid end to end, in the order in which they were asked for.

    Attributes
    ----------
    heads : pandas.DataFrame
        A row for each reading: ``content`` (the key), ``notes`` and ``drums`` (how many it
        has), and everything else that a :class:`Reading` tells.
    notes, drums : ndarray of int32, shape (all, 4)
        Part, onset, duration, pitch.
    """

    heads: pd.DataFrame
    notes: np.ndarray
    drums: np.ndarray


@cache
def readers_version() -> str:
    """A digest of the readers' source and of the packages they rest on."""
    sha = hashlib.sha256()
    for name in READERS:
        sha.update((Path(__file__).parent / f"{name}.py").read_bytes())
    for package in ("music21", "symusic", "numpy"):
        sha.update(f"{package} {version(package)}".encode())
    return sha.hexdigest()[:16]


def key(source: Source, repeats: str = "written") -> str:
    """Under what a source's reading is kept."""
    return f"{source.format}:{repeats}:{source.sha256}"


class Cache:
    """The readings that a folder keeps for the present readers.

    Parameters
    ----------
    folder : Path
        Made when the first batch is stored.

    Attributes
    ----------
    faults : dict of str to (str, int)
        Key of a piece that cannot be read -> reason, and line in the piece (0: unknown).

    Examples
    --------
    >>> import tempfile
    >>> shelf = Cache(Path(tempfile.mkdtemp()))
    >>> shelf.store([("abc:written:1", Reading(np.array([[0, 0, 480, 60]]), title="A"))])
    >>> "abc:written:1" in shelf, shelf.load(["abc:written:1"]).notes.tolist()
    (True, [[0, 0, 480, 60]])
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / readers_version()
        self._where: dict[str, Path] = {}
        for batch in sorted(self.folder.glob("*")):
            self._where |= dict.fromkeys(_keys(batch), batch)
        self.faults: dict[str, tuple[str, int]] = {}
        for path in sorted((self.folder / FAULTS).glob("*.json")):
            try:
                told = json.loads(path.read_text())
                self.faults |= {name: (str(why), int(line)) for name, (why, line) in told.items()}
            except (OSError, ValueError, AttributeError, TypeError):
                continue  # damaged: these pieces are read anew

    def __contains__(self, key: str) -> bool:
        return key in self._where

    def keys(self) -> Set[str]:
        """What is kept."""
        return self._where.keys()

    def store(self, readings: Iterable[tuple[str, Reading]]) -> None:
        """Keep readings as one new batch."""
        rows = sorted(readings, key=lambda item: item[0])
        if not rows:
            return
        heads = pd.DataFrame({"content": [key for key, _ in rows]})
        for name in _ARRAYS:
            heads[name] = [len(getattr(r, name)) for _, r in rows]
        details = {
            name: [json.dumps(v) if name in _AS_JSON else v for v in values]
            for name in _DETAILS
            for values in [[getattr(r, name) for _, r in rows]]
        }
        heads = pd.concat([heads, pd.DataFrame(details)], axis=1)
        digest = hashlib.sha256("\n".join(heads["content"]).encode()).hexdigest()[:16]
        with workspace.writing(self.folder / digest) as batch:
            heads.to_parquet(batch / "readings.parquet", index=False)
            for name in _ARRAYS:
                values = np.concatenate([getattr(r, name) for _, r in rows]).astype(np.int32)
                frame = pd.DataFrame(values, columns=_COLUMNS)
                frame.to_parquet(batch / f"{name}.parquet", index=False)
        self._where |= dict.fromkeys(heads["content"], self.folder / digest)

    def store_faults(self, faults: dict[str, tuple[str, int]]) -> None:
        """Keep why some pieces cannot be read."""
        if not faults:
            return
        text = json.dumps(faults, sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        with workspace.writing(self.folder / FAULTS / f"{name}.json") as path:
            path.write_text(text)
        self.faults |= faults

    def load(self, keys: Sequence[str]) -> Readings:
        """The readings of some keys; only their batches are opened.

        Parameters
        ----------
        keys : sequence of str
            Each of them kept here; a key may stand twice.

        Raises
        ------
        ReadError
            If a batch turns out to be damaged; it is removed, so that the next run reads
            its pieces anew.
        """
        wanted = dict.fromkeys(keys)
        places = dict.fromkeys(self._where[name] for name in wanted)
        batches = [_open(batch, wanted.keys()) for batch in places]
        heads = pd.concat([batch.heads for batch in batches], ignore_index=True)
        order = pd.Index(heads["content"]).get_indexer(pd.Index(keys))
        arrays = {}
        for name in _ARRAYS:
            values = np.concatenate([getattr(batch, name) for batch in batches])
            arrays[name] = values[rows_of(heads[name].to_numpy(), order)]
        return Readings(heads.iloc[order].reset_index(drop=True), **arrays)


def rows_of(lengths: np.ndarray, order: np.ndarray) -> np.ndarray:
    """The rows of some blocks, of blocks that are laid end to end.

    Examples
    --------
    >>> rows_of(np.array([2, 1, 3]), np.array([2, 0]))
    array([3, 4, 5, 0, 1])
    """
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])[order]
    sizes = lengths[order]
    before = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)


def _keys(batch: Path) -> list[str]:
    """The keys of a batch that is whole, else none."""
    import pyarrow.parquet as pq

    try:
        heads = pd.read_parquet(batch / "readings.parquet", columns=["content", *_ARRAYS])
        rows = [pq.read_metadata(batch / f"{name}.parquet").num_rows for name in _ARRAYS]
        whole = heads[list(_ARRAYS)].sum().tolist() == rows
        return heads["content"].tolist() if whole else []
    except (OSError, ValueError, KeyError):
        return []


def _open(batch: Path, wanted: Set[str]) -> Readings:
    """Those readings of a batch that are wanted."""
    try:
        heads = pd.read_parquet(batch / "readings.parquet")
        order = np.flatnonzero([name in wanted for name in heads["content"]])
        arrays = {
            name: pd.read_parquet(batch / f"{name}.parquet").to_numpy(np.int32)[
                rows_of(heads[name].to_numpy(), order)
            ]
            for name in _ARRAYS
        }
        return Readings(heads.iloc[order], **arrays)
    except (OSError, ValueError, KeyError, IndexError) as error:
        shutil.rmtree(batch, ignore_errors=True)
        raise ReadError(
            f"the cached readings in {batch} are damaged and have been removed: run this again"
        ) from error
