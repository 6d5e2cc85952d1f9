"""Where graded music and the music that it is graded against come from.

Goal: a folder of scores from any generator, and a catalogue by a path or by a name.

Conventions
-----------
* A catalogue is the folder of a run (``data/quick``), a folder of scores, names of
  collections of the installed music21 corpus (``bach``; ``ryan,oneill``), :data:`JSB`, or,
  where nothing is named, :data:`EMBEDDED`. A folder goes before a collection of its name.
* Files that hold the same notes are one entry of a catalogue. Of graded music every file
  counts, so that a generator that repeats itself is not forgiven.
* What was read of the embedded collections is kept in the cache of the project, or of the
  user where there is no checkout.
"""

import json
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar import catalogue, datasets, tables, workspace
from ricercar.assess.chorale_split import read_frames
from ricercar.assess.reference import TUNES, VOICES, Reference, Tables, js_fakes, references
from ricercar.errors import MissingArtefactError, ParameterError, ReadError, TableError

#: family -> collections that it is graded against where nothing is named
EMBEDDED = {VOICES: ("bach",), TUNES: ("ryan", "oneill", "aird")}


#: the published grid of the chorales, with its own split
JSB = "dataset:jsb-chorales"


@dataclass(frozen=True)
class Graded:
    """Music to be graded.

    Attributes
    ----------
    name : str
        Of the folder.
    tables : (pieces, notes)
        Every piece is its own group.
    quarantine : pandas.DataFrame
        Columns file, line, reason: what could not be read.
    """

    name: str
    tables: Tables
    quarantine: pd.DataFrame


def read_graded(folder: Path, workers: int = 2, seconds: float = 20.0) -> Graded:
    """Read a folder of scores.

    Parameters
    ----------
    folder : Path
        MIDI, MusicXML, ABC, kern and MEI files, in subfolders too.
    workers : int
        Processes.
    seconds : float
        Time limit for a file.

    Raises
    ------
    ParameterError
        If the folder is missing, or nothing in it can be read; the message says why.
    """
    check_folder(folder)
    if not any(path.is_file() for path in folder.rglob("*")):
        raise ParameterError(f"the folder {folder} is empty: put MIDI or MusicXML files into it")
    found = catalogue.collect(
        (), folder, None, tables.LICENCE_CLASSES, workers, seconds_per_file=seconds
    )
    pieces, notes = _with_copies(found)
    pieces = pieces.assign(group=pieces["piece"])
    return Graded(folder.resolve().name or str(folder), (pieces, notes), found.quarantine)


def read_several(folders: Sequence[Path], workers: int = 2) -> dict[str, Graded]:
    """Read folders of scores, each as a set under a name of its own.

    Parameters
    ----------
    folders : sequence of Path
        Folders of one name are told apart by the folders that they are in.
    workers : int
        Processes.

    Raises
    ------
    ParameterError
        If one is named twice, is missing, or holds nothing that can be read.
    """
    known = [folder.resolve() for folder in folders]
    if twice := [str(folder) for folder in dict.fromkeys(known) if known.count(folder) > 1]:
        raise ParameterError(f"{', '.join(twice)} is named twice")
    names = [folder.name or str(folder) for folder in known]
    deep = 2
    while len(set(names)) < len(names):
        names = ["/".join(folder.parts[-deep:]) for folder in known]
        deep += 1
    return {
        name: replace(read_graded(folder, workers), name=name)
        for name, folder in zip(names, folders, strict=True)
    }


def check_folder(folder: Path) -> None:
    """Raise a ParameterError if a folder is not there."""
    if not folder.is_dir():
        kind = "is a file" if folder.exists() else "is not there"
        raise ParameterError(f"{folder} {kind}: name a folder of MIDI or MusicXML files")


def _with_copies(found: catalogue.Collected) -> Tables:
    """The tables with files of equal notes as pieces of their own again."""
    also = found.merged[["piece", "also"]]
    also = also[~also["also"].isin(found.pieces["piece"])].drop_duplicates("also")
    # one piece in two formats is one piece: its second file was named after the first
    same = [a.startswith(f"{b}.") or b.startswith(f"{a}.") for a, b in also.to_numpy()]
    also = also[~np.array(same, dtype=bool)]
    again = also.merge(found.pieces, on="piece").drop(columns="piece")
    more = also.merge(found.notes, on="piece").drop(columns="piece")
    return (
        pd.concat([found.pieces, again.rename(columns={"also": "piece"})], ignore_index=True),
        pd.concat([found.notes, more.rename(columns={"also": "piece"})], ignore_index=True),
    )


def read_against(
    against: str | None,
    families: Collection[str],
    workers: int = 2,
    say: Callable[[str], None] | None = None,
) -> dict[str, Reference]:
    """The references that a catalogue gives.

    Parameters
    ----------
    against : str, optional
        Path or names of collections; :data:`EMBEDDED` if left out.
    families : collection of str
        Families that are needed: only their collections are read.
    workers : int
    say : callable, optional
        Is told what is being read.

    Returns
    -------
    dict of str to Reference
        By family.

    Raises
    ------
    ParameterError
        If there is no such catalogue, or nothing in it.
    """
    told = say or (lambda _: None)
    fakes = js_fakes() if VOICES in families else None
    if against is None:
        found = {}
        for family in families:
            names = EMBEDDED[family]
            told(f"reading the reference, {', '.join(names)}")
            title = "Bach's chorales" if family == VOICES else ", ".join(names)
            every = references(*_collections(names, workers), f"{title} (music21)", None, fakes)
            if family in every:
                found[family] = every[family]
        return found
    if against == JSB:
        told(f"reading {against}")
        folder = datasets.fetch(JSB.removeprefix("dataset:"))
        parts = read_frames(folder / next(iter(datasets.dataset("jsb-chorales").files)))
        sides = (parts["train"], parts["valid"], parts["test"])
        return {
            VOICES: Reference("the JSB chorales on the grid of sixteenths", *sides, fakes, True)
        }
    path = Path(against).expanduser()
    if (path / "pieces.parquet").is_file():
        told(f"reading the run {path}")
        return references(*_run(path), f"the run {path}", _held_out(path), fakes)
    if path.is_dir():
        told(f"reading the scores in {path}")
        found_there = catalogue.collect((), path, None, tables.LICENCE_CLASSES, workers)
        return references(found_there.pieces, found_there.notes, f"{path}", None, fakes)
    names = tuple(name.strip() for name in against.split(","))
    if all(name in catalogue.COLLECTIONS for name in names):
        told(f"reading the reference, {', '.join(names)}")
        title = f"{', '.join(names)} (music21)"
        return references(*_collections(names, workers), title, None, fakes)
    raise ParameterError(
        f"there is no catalogue {against!r}: name a run's folder (data/quick), a folder of "
        f"scores, {JSB}, or collections: {', '.join(catalogue.COLLECTIONS)}"
    )


def _collections(names: tuple[str, ...], workers: int) -> Tables:
    """Whole collections of the corpus, whatever their licences: they are only measured."""
    found = catalogue.collect(names, None, None, tables.LICENCE_CLASSES, workers, cache=_cache())
    return found.pieces, found.notes


def _cache() -> Path:
    try:
        return workspace.cache_folder("catalogue")
    except MissingArtefactError:  # installed, no checkout
        folder = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "ricercar"
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _run(folder: Path) -> Tables:
    """Pieces and notes of a run."""
    found = []
    for name in ("pieces", "notes"):
        path = folder / f"{name}.parquet"
        try:
            found.append(tables.validate(name, pd.read_parquet(path)))
        except (OSError, ValueError) as error:
            if isinstance(error, TableError):
                raise
            raise ReadError(f"{path} is not a readable Parquet file: {error}") from error
    return found[0], found[1]


def _held_out(folder: Path) -> list[str] | None:
    """Pieces that the run's generator was not trained on; None without a generator."""
    path = folder / "generator.json"
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text("utf-8")).get("held_out")
    except (OSError, ValueError, AttributeError) as error:
        raise ReadError(f"{path} does not describe a generator: {error}") from error
    return list(told) if isinstance(told, list) and told else None
