"""What a collection holds, listed once.

Goal: to know the pieces of a collection without opening its files each time; the bytes
are fetched again only for pieces that have to be read.

Conventions
-----------
A list is kept as Parquet, named by the collection and by a digest of the modules that
make it and of music21's version, which brings the files.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from ricercar import workspace
from ricercar.catalogue.corpus import Collection
from ricercar.catalogue.sources import Source

_MODULES = (
    "archive",
    "corpus",
    "corpus_scores",
    "listings",
    "reading",
    "sources",
    "spelling",
    "styles",
)
_FIELDS = [f.name for f in fields(Source) if f.name != "data"]


@cache
def _version() -> str:
    sha = hashlib.sha256(version("music21").encode())
    for name in _MODULES:
        sha.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return sha.hexdigest()[:16]


def listed(collection: Collection, folder: Path) -> list[Source]:
    """The pieces of a collection, their bytes left out where the list was kept.

    Parameters
    ----------
    collection : Collection
    folder : Path
        Where lists are kept.
    """
    path = folder / f"{collection.name}-{_version()}.parquet"
    try:
        kept = pd.read_parquet(path)[_FIELDS]
        return [
            Source(data=b"", **dict(zip(_FIELDS, row, strict=True)))
            for row in kept.itertuples(index=False, name=None)
        ]
    except (OSError, ValueError, KeyError):  # not there, damaged, of other columns
        pass
    found = list(collection.pieces(collection))
    with workspace.writing(path) as target:
        rows = [[getattr(source, name) for name in _FIELDS] for source in found]
        pd.DataFrame(rows, columns=_FIELDS).to_parquet(target, index=False)
    return found


def with_data(sources: Iterable[Source], collections: dict[str, Collection]) -> list[Source]:
    """The same sources, in the same order, each with its bytes."""
    sources = list(sources)
    lacking = {s.collection for s in sources if not s.data}
    data = {
        s.piece: s.data for name in lacking for s in collections[name].pieces(collections[name])
    }
    return [s if s.data else _with(s, data[s.piece]) for s in sources]


def _with(source: Source, data: bytes) -> Source:
    return Source(data=data, **{name: getattr(source, name) for name in _FIELDS})
