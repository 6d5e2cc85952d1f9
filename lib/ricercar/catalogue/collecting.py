"""The catalogue put together: choose, read, describe, group.

Goal: the tables ``pieces``, ``notes`` and ``quarantine`` from collections and a
folder, with an account of everything that was left out and why.

Conventions
-----------
* Sampling takes, per style, the pieces with the smallest keyed digest of their id: the
  choice depends on the seed and the ids only, not on order or workers. Chorales and the
  user's own pieces are always all taken.
* A piece that cannot be read goes to ``quarantine``; nothing stops.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar import tables
from ricercar.catalogue import cache as store
from ricercar.catalogue import corpus as known
from ricercar.catalogue import folder as own
from ricercar.catalogue import styles, works
from ricercar.catalogue.reading import Reading
from ricercar.catalogue.sources import Source
from ricercar.catalogue.workers import read_trusted, read_untrusted
from ricercar.errors import ParameterError

#: styles of which every piece is taken, however small the sample
WHOLE_STYLES = ("chorale",)


@dataclass(frozen=True)
class Collected:
    """What was collected.

    Attributes
    ----------
    pieces, notes, quarantine : pandas.DataFrame
        In the schemas of :mod:`ricercar.tables`.
    left_out : pandas.DataFrame
        Columns collection, title, pieces, licence_class, reason: what exists and is
        not in the catalogue.
    dropped : dict of str to int
        Notes that no table can hold: ``grace``, ``unpitched``; and ``rounded``, the
        notes whose time is not a whole tick.
    cached : int
        Pieces whose reading was found in the cache.
    """

    pieces: pd.DataFrame
    notes: pd.DataFrame
    quarantine: pd.DataFrame
    left_out: pd.DataFrame
    dropped: dict[str, int] = field(default_factory=dict)
    cached: int = 0


def collect(
    collections: Sequence[str] = ("bach", "ryan", "oneill", "aird"),
    folder: str | Path | None = None,
    per_style: int | None = None,
    allow_licences: Sequence[str] = ("open", "own"),
    workers: int = 2,
    seed: int = 1,
    cache: Path | None = None,
    own_licence: str = "LicenseRef-own",
    seconds_per_file: float = 20.0,
) -> Collected:
    """Collect pieces from the installed music21 corpus and a folder.

    Parameters
    ----------
    collections : sequence of str
        Keys of :data:`ricercar.catalogue.corpus.COLLECTIONS`.
    folder : path, optional
        The user's own MIDI, MusicXML, ABC and kern files.
    per_style : int, optional
        At most so many pieces of a style, except chorales and the user's own; None or 0
        takes all.
    allow_licences : sequence of str
        Licence classes that may enter: open, non-commercial, restricted, own.
    workers : int
        Processes that read.
    seed : int
        Of the sample.
    cache : Path, optional
        A folder where readings are kept between runs.
    own_licence : str
        Licence that the user states for their own files.
    seconds_per_file : float
        Time limit for one file of the folder.

    Returns
    -------
    Collected
        Pieces sorted by id, notes by piece, part, onset, duration, pitch.

    Raises
    ------
    ParameterError
        If a collection or licence class is unknown, the folder is missing, or nothing
        remains.
    """
    _check(collections, allow_licences, per_style, workers)
    left_out: list[dict] = []
    chosen: list[Source] = []
    for name in collections:
        collection = known.collection(name)
        if collection.licence_class in allow_licences:
            chosen += collection.pieces(collection)
        else:
            left_out.append(_account(collection, collection.count(), "licence not allowed"))
    listed_by = Counter(s.collection for s in chosen)
    chosen = _sample(chosen, per_style, seed)
    ours, refused = _own_pieces(folder, own_licence, allow_licences, left_out)

    kept = store.load(cache) if cache else {}
    readings, failures, cached = _read(chosen, ours, kept, workers, seconds_per_file)
    if cache:
        fresh = {store.key(s): readings[s.piece] for s in [*chosen, *ours] if s.piece in readings}
        store.store(cache, [(k, r) for k, r in fresh.items() if k not in kept])

    read = [s for s in [*chosen, *ours] if s.piece in readings]
    if not read:
        lost = len(refused) + len(failures)
        raise ParameterError(
            "no piece is left: name a collection or a folder with music"
            + (f" ({lost} files or tunes could not be read)" if lost else "")
        )
    for name, listed in listed_by.items():
        missing = listed - sum(s.collection == name for s in read)
        missing -= sum(s.collection == name for s, _, _ in failures)
        if missing:
            reason = f"not in the sample of {per_style} per style"
            left_out.append(_account(known.collection(name), missing, reason))

    pieces, notes = _tables(sorted(read, key=lambda s: s.piece), readings)
    dropped = {
        kind: sum(readings[s.piece].counts.get(kind, 0) for s in read)
        for kind in ("grace", "unpitched", "rounded")
    }
    refused += [_refusal(source, reason, line) for source, reason, line in failures]
    quarantine = pd.DataFrame(
        sorted((r.file, r.line, r.reason) for r in refused), columns=["file", "line", "reason"]
    ).astype({"file": "str", "line": "int64", "reason": "str"})
    columns = ["collection", "title", "pieces", "licence_class", "reason"]
    return Collected(
        tables.validate("pieces", pieces),
        tables.validate("notes", notes),
        tables.validate("quarantine", quarantine),
        pd.DataFrame(left_out, columns=columns),
        dropped,
        cached,
    )


def _check(
    collections: Sequence[str], allowed: Sequence[str], per_style: int | None, workers: int
) -> None:
    for name in collections:
        known.collection(name)
    for licence in allowed:
        if licence not in tables.LICENCE_CLASSES:
            raise ParameterError(
                f"there is no licence class {licence!r}; known: {', '.join(tables.LICENCE_CLASSES)}"
            )
    if per_style is not None and per_style < 0:
        raise ParameterError(f"per_style is {per_style}; it must be 0 (all) or more")
    if workers < 1:
        raise ParameterError(f"workers is {workers}; it must be 1 or more")


def _account(collection: known.Collection, pieces: int, reason: str) -> dict:
    return {
        "collection": collection.name,
        "title": collection.title,
        "pieces": int(pieces),
        "licence_class": collection.licence_class,
        "reason": reason,
    }


def _own_pieces(
    folder: str | Path | None, licence: str, allowed: Sequence[str], left_out: list[dict]
) -> tuple[list[Source], list[own.Refused]]:
    if not folder:
        return [], []
    ours, refused = own.survey(Path(folder), licence)
    if "own" in allowed or not ours:
        return ours, refused
    left_out.append(
        {
            "collection": "own",
            "title": "the import folder",
            "pieces": len(ours),
            "licence_class": "own",
            "reason": "licence not allowed",
        }
    )
    return [], refused


def _sample(sources: list[Source], per_style: int | None, seed: int) -> list[Source]:
    """At most ``per_style`` sources of each style that is not taken whole."""
    if not per_style or not sources:
        return sources
    table = pd.DataFrame(
        {
            "style": [s.style for s in sources],
            "order": [
                hashlib.blake2b(f"{seed}:{s.piece}".encode(), digest_size=8).hexdigest()
                for s in sources
            ],
        }
    )
    rank = table.sort_values("order").groupby("style").cumcount().sort_index()
    keep = table["style"].isin(WHOLE_STYLES) | (rank < per_style)
    return [source for source, taken in zip(sources, keep, strict=True) if taken]


def _read(
    trusted: list[Source],
    untrusted: list[Source],
    kept: dict[str, Reading],
    workers: int,
    seconds: float,
) -> tuple[dict[str, Reading], list[tuple[Source, str, int]], int]:
    """Readings by piece, failures, and how many readings the cache had."""
    readings = {s.piece: kept[store.key(s)] for s in [*trusted, *untrusted] if store.key(s) in kept}
    cached = len(readings)
    failures: list[tuple[Source, str, int]] = []
    new = [s for s in trusted if s.piece not in readings]
    strange = [s for s in untrusted if s.piece not in readings]
    outcomes = [
        *zip(new, read_trusted(new, workers, "reading the collections"), strict=True),
        *zip(
            strange,
            read_untrusted(strange, workers, seconds, "reading the import folder"),
            strict=True,
        ),
    ]
    for source, outcome in outcomes:
        if isinstance(outcome, Reading):
            readings[source.piece] = outcome
        else:
            failures.append((source, *outcome))
    return readings, failures, cached


def _refusal(source: Source, reason: str, line: int) -> own.Refused:
    file = source.source.split(": ", 1)[-1]
    if source.line:
        file = file.rsplit(", line ", 1)[0]
    return own.Refused(own.clean(file, 400), line or source.line, own.clean(reason, 300))


def _tables(read: list[Source], readings: dict[str, Reading]) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = [readings[s.piece] for s in read]
    notes = pd.DataFrame(
        np.concatenate([r.notes for r in found]), columns=["part", "onset", "duration", "pitch"]
    )
    names = np.array([s.piece for s in read], dtype=object)
    notes.insert(0, "piece", np.repeat(names, [len(r.notes) for r in found]))
    notes["piece"] = notes["piece"].astype("str")
    rows = [
        {
            "piece": s.piece,
            "title": own.clean(s.title or r.title) or s.piece.rsplit("/", 1)[-1],
            "composer": own.clean(s.composer or r.composer) or None,
            "collection": s.collection,
            "style": _style(s, r),
            "style_from": "unknown",
            "licence": s.licence,
            "licence_class": s.licence_class,
            "source": s.source,
            "sha256": s.sha256,
            "meter": r.meter or None,
            "meter_changes": r.meter_changes or None,
            "key": r.key or None,
            "key_changes": r.key_changes or None,
            "quarters": r.quarters,
            "pickup": r.pickup,
            "parts": r.parts,
        }
        for s, r in zip(read, found, strict=True)
    ]
    pieces = pd.DataFrame(rows)
    # a file's name or the name of a MIDI track ("Piano") does not tell which work it is
    named = [
        s.title or (r.title if s.format != "midi" else "") for s, r in zip(read, found, strict=True)
    ]
    pieces["work"] = pieces["group"] = works.groups(
        pieces.assign(title=named), notes, [s.work for s in read]
    )
    return pieces, notes


def _style(source: Source, reading: Reading) -> str:
    """What the source says; of the user's own else its parts, else its title."""
    if source.style == "chorale" and source.collection == "bach":
        return styles.of_parts(reading.part_names)  # a voice may turn out to be empty
    if source.style and (source.style != styles.OTHER or source.collection != "own"):
        return source.style
    by_parts = styles.of_parts(reading.part_names)
    return by_parts if by_parts != styles.OTHER else styles.in_words(reading.title)
