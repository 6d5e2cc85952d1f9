"""Every piece read once, or found in the cache, and the readings stored as they come.

Goal: any number of pieces in bounded memory, and nothing read twice, even if the process
is ended in the middle.

Conventions
-----------
Sources come as a stream; at most :data:`AT_A_TIME` readings (or :data:`MOST_NOTES` notes) are in
memory before they are stored. What stays in memory of each piece is its source without
its bytes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ricercar import tables
from ricercar.catalogue import folder as own
from ricercar.catalogue import listings
from ricercar.catalogue.cache import Cache, key
from ricercar.catalogue.corpus import COLLECTIONS
from ricercar.catalogue.reading import Reading
from ricercar.catalogue.sources import Source
from ricercar.catalogue.workers import Fault, Outcome, read_trusted, read_untrusted

AT_A_TIME = 512
MOST_NOTES = 2_000_000


@dataclass
class Gathered:
    """What has been read so far.

    Attributes
    ----------
    shelf : Cache
    repeats : str
    sources : list of Source
        Every piece that may enter, without its bytes.
    failures : dict of str to Fault
        Key of a piece that cannot be read -> why.
    refused : list of Refused
        Files that gave no piece.
    left_out : list of dict
        Pieces of the folder whose licence is not allowed.
    """

    shelf: Cache
    repeats: str = "written"
    sources: list[Source] = field(default_factory=list)
    failures: dict[str, Fault] = field(default_factory=dict)
    refused: list[own.Refused] = field(default_factory=list)
    left_out: list[dict] = field(default_factory=list)

    def failed(self, source: Source) -> bool:
        """Whether a piece could not be read."""
        return key(source, self.repeats) in self.failures

    def missing(self, sources: Iterable[Source]) -> Iterator[Source]:
        """Note all sources; give those that have to be read, each content once."""
        seen: set[str] = set()
        for source in sources:
            self.sources.append(source.without_data())
            name = key(source, self.repeats)
            if name in self.shelf.faults:
                self.failures[name] = Fault(*self.shelf.faults[name], lasting=True)
            elif name not in self.shelf and name not in seen:
                seen.add(name)
                yield source

    def take(self, outcomes: Iterable[tuple[Source, Outcome]]) -> None:
        """Store readings in batches as they come, and note failures."""
        batch: list[tuple[str, Reading]] = []
        faults: dict[str, tuple[str, int]] = {}
        notes = 0
        try:
            for source, outcome in outcomes:
                name = key(source, self.repeats)
                if not isinstance(outcome, Reading):
                    self.failures[name] = outcome
                    if outcome.lasting:
                        faults[name] = outcome.reason, outcome.line
                else:
                    batch.append((name, outcome))
                    notes += len(outcome.notes)
                if len(batch) + len(faults) >= AT_A_TIME or notes >= MOST_NOTES:
                    self.shelf.store(batch)
                    self.shelf.store_faults(faults)
                    batch, faults, notes = [], {}, 0
        finally:  # what has been read is kept whatever happens
            self.shelf.store(batch)
            self.shelf.store_faults(faults)

    def quarantine(self) -> pd.DataFrame:
        """What could not be read, in the schema of that name, sorted."""
        lost = [
            _refusal(source, self.failures[key(source, self.repeats)])
            for source in self.sources
            if self.failed(source)
        ]
        rows = sorted((r.file, r.line, r.reason) for r in [*self.refused, *lost])
        frame = pd.DataFrame(rows, columns=["file", "line", "reason"])
        types = {"file": "str", "line": "int64", "reason": "str"}
        return tables.validate("quarantine", frame.astype(types))


def gather_trusted(found: Gathered, sources: Sequence[Source], workers: int) -> None:
    """Read pieces of the collections.

    Parameters
    ----------
    found : Gathered
        Takes what is read.
    sources : sequence of Source
    workers : int
    """
    new = listings.with_data(found.missing(sources), COLLECTIONS)
    for start in range(0, len(new), 2 * AT_A_TIME):
        some = new[start : start + 2 * AT_A_TIME]
        outcomes = read_trusted(some, workers, "reading the collections", found.repeats)
        found.take(zip(some, outcomes, strict=True))


def gather_untrusted(
    found: Gathered,
    stream: Iterable[Source | own.Refused],
    allowed: Sequence[str],
    workers: int,
    seconds: float,
    origin: own.Origin,
) -> None:
    """Read pieces of a folder as they are found there.

    Parameters
    ----------
    found : Gathered
        Takes what is read.
    stream : iterable of Source or Refused
        From :func:`ricercar.catalogue.folder.survey`.
    allowed : sequence of str
        Licence classes; pieces of others are counted, not read.
    workers : int
    seconds : float
        Time limit for one file.
    origin : Origin
    """
    out: Counter[str] = Counter()

    def allowed_ones() -> Iterator[Source]:
        for item in stream:
            if isinstance(item, own.Refused):
                found.refused.append(item)
            elif item.licence_class not in allowed:
                out[item.licence_class] += 1
            else:
                yield item

    new = found.missing(allowed_ones())
    label = "reading the import folder"
    found.take(read_untrusted(new, workers, seconds, label, found.repeats))
    for name, count in sorted(out.items()):
        found.left_out.append(
            {
                "collection": origin.collection,
                "title": f"the {origin.title}" if origin.collection == "own" else origin.title,
                "pieces": count,
                "licence_class": name,
                "reason": "licence not allowed",
            }
        )


def _refusal(source: Source, fault: Fault) -> own.Refused:
    file = source.source.split(": ", 1)[-1]
    if source.line:
        file = file.rsplit(", line ", 1)[0]
    line = fault.line + max(0, source.line - 1) if fault.line else source.line
    return own.Refused(own.clean(file, 400), line, own.clean(fault.reason, 300))
