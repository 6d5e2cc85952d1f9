"""The music that is measured: files, tunes of the catalogue, and synthetic pieces.

Conventions
-----------
* A sample is spread evenly over the sorted list: the same files in every run.
* Synthetic pieces are tunes of 16 bars of 4/4 in one voice, a random walk over a scale; in
  every group of ten the last is a version of the first: transposed, about one note in ten changed.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from benchmarks.setting import Setting

from ricercar import catalogue, workspace
from ricercar.catalogue import corpus, midi
from ricercar.catalogue.sources import tunes_of

T = TypeVar("T")

_STEPS = np.array([0, 2, 4, 5, 7, 9, 11])
NOTES = 96  # of a synthetic piece
IN_SUBFOLDER = 1000


def spread_over(items: Sequence[T], n: int) -> list[T]:
    """``n`` items at equal distances, all of them if there are not more.

    Examples
    --------
    >>> spread_over("abcdefgh", 4)
    ['a', 'c', 'e', 'g']
    """
    if len(items) <= n:
        return list(items)
    return [items[place * len(items) // n] for place in range(n)]


def midi_files(setting: Setting, name: str) -> list[Path]:
    """The MIDI files of a data set: one per song of POP909, all of Nottingham."""
    folder = setting.data(name)
    if folder is None:
        return []
    if name == "pop909":
        return sorted((folder / "POP909").glob("[0-9]*/[0-9]*.mid"))
    return sorted(folder.rglob("*.mid"))


def collected(setting: Setting, *collections: str, per_style: int | None = None) -> Any:
    """Pieces of some collections, read once and then from the project's own cache."""
    return catalogue.collect(
        collections,
        per_style=per_style,
        workers=setting.workers,
        cache=workspace.cache_folder("catalogue"),
    )


def music21_stream(source: str) -> Any:
    """A piece as music21 reads it, from the ``source`` of its row in ``pieces``."""
    from music21 import converter

    found = re.search(r"music21 corpus: ([^,;]+?)(?:, line (\d+))?(?:;|$)", source)
    if found is None:
        raise ValueError(f"not a piece of the music21 corpus: {source}")
    file = corpus.corpus_folder() / found[1]
    if found[2] is None:
        return converter.parse(file, forceSource=True)
    tunes = dict(tunes_of(file.read_bytes().decode("utf-8", "replace")))
    return converter.parse(tunes[int(found[2])], format="abc")


def synthetic(pieces: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Synthetic pieces, in the schemas of :mod:`ricercar.tables`.

    Returns
    -------
    pieces, notes : pandas.DataFrame
        :data:`NOTES` notes a piece.
    """
    rng = np.random.default_rng(seed)
    shape = (pieces, NOTES)
    walk = rng.choice([-2, -1, -1, 0, 1, 1, 2, 4, -4], shape).cumsum(axis=1)
    walk = 7 + np.abs((walk + 14) % 28 - 14)  # turned back at both ends of two octaves
    shape_of_bar = np.array([[480, 240, 240, 480, 240, 240], [240, 240, 480, 240, 240, 480]])
    duration = shape_of_bar[rng.integers(2, size=(pieces, NOTES // 6))].reshape(shape)
    last = np.arange(9, pieces, 10)
    walk[last], duration[last] = walk[last - 9], duration[last - 9]
    changed = rng.random((len(last), NOTES)) < 0.1
    changed[:, 0] = True  # never quite the same
    walk[last] += changed * rng.choice([-1, 1], changed.shape)
    pitch = 48 + 12 * (walk // 7) + _STEPS[walk % 7] + rng.integers(-5, 6, (pieces, 1))
    onset = duration.cumsum(axis=1) - duration
    names = np.array([f"synthetic/{number:06d}" for number in range(pieces)], dtype=object)
    notes = pd.DataFrame(
        {
            "piece": pd.Series(np.repeat(names, NOTES)).astype("str"),
            "part": 0,
            "onset": onset.ravel(),
            "duration": duration.ravel(),
            "pitch": pitch.ravel(),
        }
    )
    table = pd.DataFrame(
        {
            "piece": pd.Series(names).astype("str"),
            "title": [f"Tune {number}" for number in range(pieces)],
            "composer": None,
            "collection": "synthetic",
            "style": "other",
            "style_from": "unknown",
            "work": names,
            "group": names,
            "licence": "CC0-1.0",
            "licence_class": "open",
            "source": "synthetic",
            "sha256": "0" * 64,
            "meter": "4/4",
            "meter_changes": None,
            "key": None,
            "key_changes": None,
            "quarters": NOTES * 320 / 480,
            "pickup": 0,
            "parts": 1,
        }
    )
    return table, notes


def synthetic_folder(folder: Path, files: int, seed: int = 1) -> None:
    """Write synthetic pieces as MIDI files, a thousand to a subfolder."""
    _, notes = synthetic(files, seed)
    rows = notes[["onset", "duration", "pitch"]].to_numpy().reshape(files, NOTES, 3)
    for number in range(files):
        place = folder / f"{number // IN_SUBFOLDER:03d}"
        if number % IN_SUBFOLDER == 0:
            place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06d}.mid").write_bytes(midi.write_midi([rows[number]]))
