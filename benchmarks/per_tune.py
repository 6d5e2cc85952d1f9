"""All features of a melody: ours against melody-features and musif, per tune.

Conventions
-----------
* The tunes are those of Ryan's collection, spread over it, as MIDI files (melody-features)
  and as MusicXML files (musif), written from our notes. We read the same files.
* melody-features works without its language model, which is a program in Lisp; its corpus
  statistics are computed beforehand. musif computes every family that needs no annotated
  harmony, without the extractors that it takes from music21.
* Every side is on one processor. The tunes go to melody-features and to us in batches, whose
  spread is given; to musif one at a time, as it works.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks import machine, material, timing
from benchmarks.setting import Findings, Setting

from ricercar import features
from ricercar.catalogue import export, formats

QUESTION = "How long do all features of a melody take, per tune?"

BATCH = {"small": 3, "full": 20}


def run(setting: Setting) -> Findings:
    """Measure."""
    found, rows = Findings(), []
    read = material.collected(setting, "ryan")
    batch = BATCH[setting.size]
    chosen = material.spread_over(range(len(read.pieces)), setting.pick(2, 5) * batch)
    pieces = read.pieces.iloc[chosen].reset_index(drop=True)
    with tempfile.TemporaryDirectory() as folder, machine.one_processor() as processors:
        midi, scores = _write(pieces, read.notes, Path(folder))
        rows += _melody_features(setting, midi, batch, processors, found)
        few = material.spread_over(scores, setting.pick(2, 40))
        rows += _musif(setting, few, processors, found)
    found.tables["Milliseconds per tune, all features, one processor"] = pd.DataFrame(rows)
    return found


def _write(
    pieces: pd.DataFrame, notes: pd.DataFrame, folder: Path
) -> tuple[list[Path], list[Path]]:
    """Each tune as a MIDI file and as a MusicXML file."""
    parts = dict(iter(notes.groupby("piece")))
    midi, scores = [], []
    for number, row in enumerate(pieces.itertuples()):
        part = parts[row.piece]
        midi.append(export.to_midi(part, folder / f"{number:04d}.mid", meter=row.meter))
        scores.append(folder / f"{number:04d}.musicxml")
        meter = {"meter": row.meter, "pickup": row.pickup}
        export.to_musicxml(part, scores[-1], title=row.title, key=row.key, **meter)
    return [Path(path) for path in midi], scores


def _ours(files: list[Path]) -> tuple[float, float]:
    """Seconds a tune for reading the files, and for all features of all of them at once."""
    start = time.perf_counter()
    readings = [formats.read(file.read_bytes(), formats.format_of(file.name)) for file in files]
    notes = pd.DataFrame(
        np.concatenate([one.notes for one in readings]),
        columns=["part", "onset", "duration", "pitch"],
    )
    names = [file.name for file in files]
    notes.insert(0, "piece", np.repeat(names, [len(one.notes) for one in readings]))
    pieces = pd.DataFrame(
        {
            "piece": names,
            "meter": [one.meter or None for one in readings],
            "key": [one.key or None for one in readings],
            "pickup": [one.pickup for one in readings],
        }
    )
    middle = time.perf_counter()
    features.extract(pieces, notes)
    end = time.perf_counter()
    return (middle - start) / len(files), (end - middle) / len(files)


def _melody_features(
    setting: Setting, files: list[Path], batch: int, processors: list[int], found: Findings
) -> list[dict[str, Any]]:
    batches = [files[start : start + batch] for start in range(0, len(files), batch)]
    _ours(batches[0])
    ours = np.array([_ours(some) for some in batches])
    name, seconds = "melody-features", []
    for some in batches:
        answer = setting.peer("describe_melody_features", [str(f) for f in some], processors)
        if "missing" in answer:
            found.remarks.append(f"{name} not measured: {answer['missing']}")
            break
        found.versions |= answer["versions"]
        seconds.append(
            (answer["total"] / len(some), answer["total_without_reading"] / answer["pieces"])
        )
    how = f"batches of {batch}"
    if len(seconds) < len(batches):
        return [_row("ricercar", ours.sum(axis=1), ours[:, 1], how)]
    theirs = np.array(seconds)
    found.remarks.append(f"{name} gives {answer['features']} columns, {_columns()} ours.")
    _compare(name, ours, theirs, found)
    return [
        _row("ricercar", ours.sum(axis=1), ours[:, 1], how),
        _row(name, theirs[:, 0], theirs[:, 1], how),
    ]


def _musif(
    setting: Setting, files: list[Path], processors: list[int], found: Findings
) -> list[dict[str, Any]]:
    _ours(files[:1])
    ours = np.array([_ours([file]) for file in files])
    answer = setting.peer("describe_musif", [str(file) for file in files], processors)
    how = "one at a time"
    if "missing" in answer:
        found.remarks.append(f"musif not measured: {answer['missing']}")
        return [_row("ricercar", ours.sum(axis=1), ours[:, 1], how)]
    found.versions |= answer["versions"]
    if answer["failed"]:
        found.remarks.append(f"musif fails on {len(answer['failed'])} of {len(files)} tunes.")
    found.remarks.append(f"musif gives {answer['features']} columns, {_columns()} ours.")
    whole = np.array([answer["seconds"].get(str(file), np.nan) for file in files])
    reading = np.array([answer["reading"].get(str(file), np.nan) for file in files])
    theirs = np.column_stack([whole, whole - reading])
    _compare("musif", ours, theirs, found)
    return [
        _row("ricercar", ours.sum(axis=1), ours[:, 1], how),
        _row("musif", theirs[:, 0], theirs[:, 1], how),
    ]


def _columns() -> str:
    return str(sum(map(len, features.families.values())))


def _row(by: str, whole: np.ndarray, alone: np.ndarray, how: str) -> dict[str, Any]:
    apart = {f"{name}, reading left out": value for name, value in timing.spread(alone).items()}
    apart.pop("n, reading left out")
    return {"by": by, "how": how, **timing.spread(whole), **apart}


def _compare(name: str, ours: np.ndarray, theirs: np.ndarray, found: Findings) -> None:
    both = {"unit": "times faster", "at_least": 5.0}
    found.figure(
        "all features of a melody", name, **both, **timing.faster(ours.sum(axis=1), theirs[:, 0])
    )
    found.figure(
        "all features of a melody, reading left out",
        name,
        **both,
        **timing.faster(ours[:, 1], theirs[:, 1]),
    )
