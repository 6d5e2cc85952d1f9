"""Features of the same pieces by us and by music21.features, parsing left out.

Conventions
-----------
* Two comparisons: the features that both define (:mod:`ricercar.features.published`), and
  everything that each has.
* music21 gets its pieces parsed, and its extractors share one data instance a piece, which
  is the fast way to use them. Left out is the extractor that guesses the language of lyrics.
* We get the two tables. Our time a piece is that of these pieces at once divided by their
  number; among all pieces of the collection, and one piece at a time, are given, too.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from benchmarks import machine, material, timing
from benchmarks.setting import Findings, Setting

from ricercar.features import published, registry
from ricercar.features.score import Score

QUESTION = "How fast are features computed, against music21.features?"

LEFT_OUT = ("LanguageFeature",)


def run(setting: Setting) -> Findings:
    """Measure."""
    found = Findings(versions=machine.versions("music21"))
    rows: list[dict[str, Any]] = []
    kinds = {"tunes (Ryan)": ("ryan", setting.pick(3, 40))}
    if setting.size == "full":
        kinds["chorales (Bach)"] = ("bach", 40)
    for kind, (collection, n) in kinds.items():
        read = material.collected(setting, collection)
        whole = (read.pieces, read.notes)
        pieces = read.pieces.iloc[material.spread_over(range(len(read.pieces)), n)]
        pieces = pieces.reset_index(drop=True)
        notes = read.notes[read.notes["piece"].isin(pieces["piece"])]
        streams = [material.music21_stream(source) for source in pieces["source"]]
        with machine.one_processor():
            for shared in (True, False):
                rows += _compare(kind, shared, pieces, notes, streams, whole, found)
    found.tables["Milliseconds per piece, parsing left out"] = pd.DataFrame(rows)
    return found


def _compare(
    kind: str,
    shared: bool,
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    streams: Sequence[Any],
    whole: tuple[pd.DataFrame, pd.DataFrame],
    found: Findings,
) -> list[dict[str, Any]]:
    names = [entry.feature for entry in published.PUBLISHED if not entry.difference]
    mine = names if shared else list(registry.REGISTRY)
    theirs = extractors(shared)
    counted = f"{len(mine)} features, {len(theirs)} extractors"
    several, alone = _ours(pieces, notes, mine)
    everything = _seconds(_measure, *whole, mine) / len(whole[0])
    seconds, failed = [], 0
    for stream in streams:
        start = time.perf_counter()
        failed += len(_theirs(stream, theirs)[1])
        seconds.append(time.perf_counter() - start)
    what = "the same features" if shared else "all features"
    if failed:
        share = failed / len(streams) / len(theirs)
        found.remarks.append(f"{kind}, {what}: {share:.1%} of music21's extractor calls fail.")
    found.figure(
        f"{what}, {kind}",
        "music21.features",
        unit="times faster",
        at_least=100.0 if shared else None,
        **timing.faster([several] * len(streams), seconds),
    )
    found.figure(
        f"{what}, {kind}, a piece at a time",
        "music21.features",
        unit="times faster",
        **timing.faster(alone, seconds),
    )
    found.figure(
        f"{what}, {kind}, a piece among the {len(whole[0]):,} of its collection",
        "music21.features",
        unit="times faster",
        **timing.faster([everything] * len(streams), seconds),
    )
    title = {"pieces": kind, "what": f"{what} ({counted})"}
    return [
        {**title, "by": "ricercar, the collection at once", **_once(everything, len(whole[0]))},
        {**title, "by": "ricercar, these pieces at once", **_once(several, len(pieces))},
        {**title, "by": "ricercar, one at a time", **timing.spread(alone)},
        {**title, "by": "music21.features", **timing.spread(seconds)},
    ]


def _ours(
    pieces: pd.DataFrame, notes: pd.DataFrame, names: Sequence[str]
) -> tuple[float, list[float]]:
    """Seconds a piece for all pieces at once (median of three), and for each by itself."""
    turns = [_seconds(_measure, pieces, notes, names) for _ in range(3)]
    together = float(np.median(turns)) / len(pieces)
    parts = dict(iter(notes.groupby("piece")))
    alone = [
        _seconds(_measure, pieces.iloc[[row]], parts[name], names)
        for row, name in enumerate(pieces["piece"])
    ]
    return together, alone


def _measure(pieces: pd.DataFrame, notes: pd.DataFrame, names: Sequence[str]) -> None:
    score = Score(pieces, notes)
    for name in names:
        registry.REGISTRY[name].measure(score)


def _once(seconds: float, n: int) -> dict[str, float]:
    """A mean over pieces that were not timed one by one has no spread."""
    return {"median": 1000 * seconds, "min": float("nan"), "max": float("nan"), "n": n}


def _seconds(work: Callable[..., object], *arguments: Any) -> float:
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def extractors(shared: bool) -> list[Any]:
    """music21's extractors: those that measure what we measure, too, or all."""
    import music21.features as theirs

    if shared:
        entries = [entry for entry in published.PUBLISHED if not entry.difference]
        names = dict.fromkeys(name for entry in entries for name in entry.extractors)
        paths = [name.split(".") for name in names]
        return [getattr(getattr(theirs, module), name) for module, name in paths]
    listed = theirs.extractorsById("all")
    return [one for one in listed if one.__name__ not in LEFT_OUT]


def _theirs(stream: Any, chosen: Sequence[Any]) -> tuple[dict[str, float], list[str]]:
    """music21's values by column, and the extractors that failed."""
    from music21.features.base import DataInstance

    data = DataInstance(stream)
    values: dict[str, float] = {}
    failed = []
    for extractor in chosen:
        one = extractor(data)
        try:
            vector = one.extract().vector
        except Exception:  # music21 raises what it likes on music that an extractor cannot do
            failed.append(extractor.__name__)
            continue
        for place, value in enumerate(vector):
            known = float("nan") if value is None else float(value)
            values[f"{one.id}.{extractor.__name__}.{place}"] = known
    return values, failed


def music21_features(stream: Any) -> dict[str, float]:
    """All of music21's values for a piece; what fails is missing."""
    values, _ = _theirs(stream, extractors(False))
    return {name: value for name, value in values.items() if np.isfinite(value)}
