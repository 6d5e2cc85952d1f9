"""The catalogue put together: choose, read, describe, group.

Goal: the tables of a catalogue from collections and a folder, with an account of
everything that was left out and why.

Conventions
-----------
* Sampling takes, per style, the pieces with the smallest keyed digest of their id: the
  choice depends on the seed and the ids only, not on order or workers. Chorales and the
  user's own pieces are always all taken.
* A piece that cannot be read goes to ``quarantine``; nothing stops.
* What has been read is stored every :data:`~ricercar.catalogue.gathering.AT_A_TIME` pieces:
  an import that was interrupted goes on where it stopped.
"""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ricercar import datasets, tables
from ricercar.catalogue import corpus as known
from ricercar.catalogue import folder as own
from ricercar.catalogue import gathering, listings
from ricercar.catalogue import labels as given
from ricercar.catalogue.assembling import assemble
from ricercar.catalogue.cache import Cache, key
from ricercar.catalogue.formats import REPEATS, format_of
from ricercar.catalogue.sources import Source
from ricercar.errors import ParameterError

#: styles of which every piece is taken, however small the sample
WHOLE_STYLES = ("chorale",)
#: how a data set of the registry is named as an import folder
DATASET = "dataset:"

_NOT_ALLOWED = "licence not allowed"


@dataclass(frozen=True)
class Collected:
    """What was collected.

    Attributes
    ----------
    pieces, notes, drums, quarantine : pandas.DataFrame
        In the schemas of :mod:`ricercar.tables`.
    left_out : pandas.DataFrame
        Columns collection, title, pieces, licence_class, reason: what exists and is
        not in the catalogue.
    merged : pandas.DataFrame
        Columns piece, title, also, source, style: pieces with the same notes as another,
        which are one entry with it (:mod:`ricercar.catalogue.duplicates`).
    related : pandas.DataFrame
        Columns piece, other, score, share: pieces of different works that sound alike
        (:mod:`ricercar.catalogue.groups`).
    unused_labels : pandas.DataFrame
        Columns row, column, value: rows of the table of labels that fit no piece.
    counts : dict of str to int
        Notes that no table can hold, ``grace``, ``cue`` and ``unpitched``; ``rounded``, the notes
        whose time is not a whole tick; ``repeats``, the repeated sections, and
        ``repeats_unclear``, the pieces whose repeat signs make no sense.
    cached : int
        Pieces whose reading was found in the cache.
    """

    pieces: pd.DataFrame
    notes: pd.DataFrame
    drums: pd.DataFrame
    quarantine: pd.DataFrame
    left_out: pd.DataFrame
    merged: pd.DataFrame
    related: pd.DataFrame
    unused_labels: pd.DataFrame
    counts: dict[str, int] = field(default_factory=dict)
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
    labels: str | Path | None = None,
    repeats: str = "written",
) -> Collected:
    """Collect pieces from the installed music21 corpus and a folder.

    Parameters
    ----------
    collections : sequence of str
        Keys of :data:`ricercar.catalogue.corpus.COLLECTIONS`.
    folder : path, optional
        The user's own MIDI, MusicXML, ABC, kern and MEI files; or ``"dataset:<name>"``, a
        data set of :data:`ricercar.datasets.DATASETS`, downloaded if need be.
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
    labels : path, optional
        A CSV that tells style, title, composer, licence or work of single files or pieces
        (:mod:`ricercar.catalogue.labels`).
    repeats : str
        ``"written"`` keeps repeats as they stand on the page, ``"played"`` plays them out.

    Returns
    -------
    Collected
        Pieces sorted by id, notes by piece, part, onset, duration, pitch.

    Raises
    ------
    ParameterError
        If a collection, data set or licence class is unknown, the folder is missing, or
        nothing remains.
    ReadError
        If the table of labels has a mistake.
    """
    _check(collections, allow_licences, per_style, workers, repeats, seconds_per_file)
    place = _origin(folder, own_licence) if folder else None
    table = given.read(Path(labels)) if labels else given.Labels()
    with tempfile.TemporaryDirectory(prefix="ricercar-") as passing:
        kept = cache or Path(passing)
        shelf = Cache(kept)
        found = gathering.Gathered(shelf, repeats)
        before = set(shelf.keys())
        left_out: list[dict] = []
        listed = _listed(collections, kept, table, allow_licences, left_out)
        chosen = _sample(listed, per_style, seed)
        gathering.gather_trusted(found, chosen, workers)
        if place:
            stream = own.survey(*place, table)
            gathering.gather_untrusted(
                found, stream, allow_licences, workers, seconds_per_file, place[1]
            )
            left_out += found.left_out
        read = sorted((s for s in found.sources if not found.failed(s)), key=lambda s: s.piece)
        if not read:
            lost = len(found.refused) + len(found.failures)
            barred = sum(row["pieces"] for row in left_out if row["reason"] == _NOT_ALLOWED)
            raise ParameterError(
                f"no piece is left: name a collection, or a folder with music (it is {folder})"
                + (f"; {lost} files or tunes could not be read" if lost else "")
                + (f"; allow_licences keeps {barred} pieces out" if barred else "")
            )
        keys = [key(s, repeats) for s in read]
        made = assemble(read, shelf.load(keys), kept)
    left_out += _not_sampled(listed, chosen, per_style)
    columns = ["collection", "title", "pieces", "licence_class", "reason"]
    return Collected(
        made.pieces,
        made.notes,
        made.drums,
        found.quarantine(),
        pd.DataFrame(left_out, columns=columns),
        made.merged,
        made.related,
        table.unused(),
        made.counts,
        sum(k in before for k in keys),
    )


def _check(
    collections: Sequence[str],
    allowed: Sequence[str],
    per_style: int | None,
    workers: int,
    repeats: str,
    seconds: float,
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
    if repeats not in REPEATS:
        raise ParameterError(f"repeats is {repeats!r}; known: {', '.join(REPEATS)}")
    if not seconds > 0:
        raise ParameterError(f"seconds_per_file is {seconds}; it must be above 0")


def _listed(
    collections: Sequence[str],
    folder: Path,
    table: given.Labels,
    allowed: Sequence[str],
    left_out: list[dict],
) -> list[Source]:
    """The pieces of the collections that may enter."""
    listed: list[Source] = []
    for name in dict.fromkeys(collections):
        collection = known.collection(name)
        if collection.licence_class not in allowed:
            left_out.append(_account(collection, collection.count(), _NOT_ALLOWED))
            continue
        pieces = [table.apply(s) for s in listings.listed(collection, folder)]
        listed += [s for s in pieces if s.licence_class in allowed]
        # single files of a collection, or the table of labels, may say otherwise
        refused = Counter(s.licence_class for s in pieces if s.licence_class not in allowed)
        left_out += [
            _account(collection, count, _NOT_ALLOWED, licence)
            for licence, count in sorted(refused.items())
        ]
    return listed


def _account(collection: known.Collection, pieces: int, reason: str, licence: str = "") -> dict:
    return {
        "collection": collection.name,
        "title": collection.title,
        "pieces": int(pieces),
        "licence_class": licence or collection.licence_class,
        "reason": reason,
    }


def _not_sampled(listed: list[Source], chosen: list[Source], per_style: int | None) -> list[dict]:
    """An account of what the sample left out."""
    missing = Counter(s.collection for s in listed)
    missing.subtract(s.collection for s in chosen)
    reason = f"not in the sample of {per_style} per style"
    return [
        _account(known.collection(name), count, reason) for name, count in missing.items() if count
    ]


def _origin(folder: str | Path, licence: str) -> tuple[Path, own.Origin]:
    """The folder to survey, and what holds for all that is in it."""
    if not str(folder).startswith(DATASET):
        own.check(Path(folder))
        return Path(folder), own.Origin(licence=licence)
    chosen = datasets.dataset(str(folder).removeprefix(DATASET))
    music = frozenset(path for path in chosen.files if format_of(path))
    if not music:
        raise ParameterError(f"data set {chosen.name!r} has no file that is read as music")
    origin = own.Origin(
        chosen.name, chosen.title, chosen.licence, chosen.licence_class, chosen.style, music
    )
    return datasets.fetch(chosen.name), origin


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
