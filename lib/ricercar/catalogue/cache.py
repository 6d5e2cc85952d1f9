"""Readings kept on disk, named by the digest of what was read.

Goal: parse each piece once. A reading is found again by the bytes of the piece, its
format and the version of the readers, so a changed file or reader is read anew and
nothing else is.

Conventions
-----------
A folder per version; in it, one folder per batch with ``readings.parquet`` and
``notes.parquet``, complete or not there at all. Failures are not kept. A damaged
batch counts as not there.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar import workspace
from ricercar.catalogue.reading import Reading
from ricercar.catalogue.sources import Source

_READERS = ("reading.py", "notation.py", "midi.py", "archive.py")
_NOTES = ["part", "onset", "duration", "pitch"]


@cache
def readers_version() -> str:
    """A digest of the readers' source and of the packages they rest on."""
    sha = hashlib.sha256()
    for name in _READERS:
        sha.update((Path(__file__).parent / name).read_bytes())
    for package in ("music21", "symusic", "numpy"):
        sha.update(f"{package} {version(package)}".encode())
    return sha.hexdigest()[:16]


def key(source: Source) -> str:
    """Under what a source's reading is kept."""
    return f"{source.format}:{source.sha256}"


def load(folder: Path) -> dict[str, Reading]:
    """Every reading that is kept for the present readers."""
    readings: dict[str, Reading] = {}
    for batch in sorted((folder / readers_version()).glob("*")):
        try:
            heads = pd.read_parquet(batch / "readings.parquet")
            notes = pd.read_parquet(batch / "notes.parquet")
            values = notes[_NOTES].to_numpy(np.int64)
            ends = heads["notes"].cumsum().to_numpy()
            if len(ends) == 0 or ends[-1] != len(values):
                continue
            blocks = np.split(values, ends[:-1])
            for row, block in zip(heads.to_dict("records"), blocks, strict=True):
                readings[row["key"]] = Reading(
                    notes=block,
                    title=row["title"],
                    composer=row["composer"],
                    meter=row["meter"],
                    key=row["tonality"],
                    meter_changes=row["meter_changes"],
                    key_changes=row["key_changes"],
                    pickup=int(row["pickup"]),
                    part_names=tuple(json.loads(row["part_names"])),
                    counts=json.loads(row["counts"]),
                )
        except (OSError, ValueError, KeyError):
            continue
    return readings


def store(folder: Path, readings: Iterable[tuple[str, Reading]]) -> None:
    """Keep readings as one new batch."""
    rows = sorted(readings, key=lambda item: item[0])
    if not rows:
        return
    heads = pd.DataFrame(
        {
            "key": [key for key, _ in rows],
            "notes": [len(r.notes) for _, r in rows],
            "title": [r.title for _, r in rows],
            "composer": [r.composer for _, r in rows],
            "meter": [r.meter for _, r in rows],
            "tonality": [r.key for _, r in rows],
            "meter_changes": [r.meter_changes for _, r in rows],
            "key_changes": [r.key_changes for _, r in rows],
            "pickup": [r.pickup for _, r in rows],
            "part_names": [json.dumps(r.part_names) for _, r in rows],
            "counts": [json.dumps(r.counts) for _, r in rows],
        }
    )
    values = np.concatenate([r.notes for _, r in rows]).astype(np.int32)
    name = hashlib.sha256("\n".join(heads["key"]).encode()).hexdigest()[:16]
    with workspace.writing(folder / readers_version() / name) as batch:
        heads.to_parquet(batch / "readings.parquet", index=False)
        pd.DataFrame(values, columns=_NOTES).to_parquet(batch / "notes.parquet", index=False)
