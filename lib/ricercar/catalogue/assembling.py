"""The tables of a catalogue, put together from sources and their readings.

Goal: ``pieces``, ``notes`` and ``drums``, each piece once, with its style and where that
is known from, its work and its group.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar import tables
from ricercar.catalogue import duplicates, groups, styles, works
from ricercar.catalogue.cache import Readings, rows_of
from ricercar.catalogue.folder import clean
from ricercar.catalogue.sources import Source

#: what a reading counts; what these mean is told in :mod:`ricercar.catalogue.reading`
COUNTS = ("grace", "cue", "unpitched", "rounded", "repeats", "repeats_unclear")


@dataclass(frozen=True)
class Assembled:
    """Tables, and what happened on the way to them.

    Attributes
    ----------
    pieces, notes, drums : pandas.DataFrame
        Schemas of the same names.
    merged : pandas.DataFrame
        What :func:`ricercar.catalogue.duplicates.merge` made one entry of.
    related : pandas.DataFrame
        What :func:`ricercar.catalogue.groups.related` found.
    counts : dict of str to int
        :data:`COUNTS`, summed over the pieces.
    """

    pieces: pd.DataFrame
    notes: pd.DataFrame
    drums: pd.DataFrame
    merged: pd.DataFrame
    related: pd.DataFrame
    counts: dict[str, int]


def assemble(sources: Sequence[Source], readings: Readings, cache: Path | None = None) -> Assembled:
    """Make the tables.

    Parameters
    ----------
    sources : sequence of Source
        Sorted by id.
    readings : Readings
        One for each source, in the same order.
    cache : Path, optional
        Where the search for related works keeps its result.
    """
    heads = readings.heads
    frame = _pieces(sources, readings)
    drum_ends = np.cumsum(heads["drums"].to_numpy())
    beats = [d.tobytes() for d in np.split(readings.drums[:, 1:], drum_ends[:-1])]
    digest = duplicates.digests(heads["notes"].to_numpy(), readings.notes, beats)
    frame, merged = duplicates.merge(frame, digest)
    kept = frame.index.to_numpy()
    names = frame["piece"].tolist()
    notes = _sounds(names, heads["notes"].to_numpy(), readings.notes, kept)
    drums = _sounds(names, heads["drums"].to_numpy(), readings.drums, kept)
    counted: Counter[str] = Counter()
    for text in heads["counts"].iloc[kept]:
        counted.update(json.loads(text))
    pieces = frame.reset_index(drop=True)
    # the name of a MIDI track ("Piano") does not tell which work it is
    track = [sources[place].format == "midi" and not sources[place].title for place in kept]
    titled = pieces.assign(title=pieces["title"].mask(np.array(track, bool), ""))
    pieces["work"] = works.versions(titled, notes, pieces["work"])
    for table in (pieces, merged):
        table["title"] = table["title"].where(table["title"] != "", table["piece"].map(_last))
    related = groups.related(pieces, notes, cache)
    pieces["group"] = groups.join(pieces, related)
    return Assembled(
        tables.validate("pieces", pieces),
        tables.validate("notes", notes),
        tables.validate("drums", drums),
        merged,
        related,
        {kind: counted[kind] for kind in COUNTS},
    )


def _last(piece: str) -> str:
    """What a piece is called that has no title."""
    return piece.rsplit("/", 1)[-1]


def _pieces(sources: Sequence[Source], readings: Readings) -> pd.DataFrame:
    """The pieces table without ``group``; titles are empty where there is none."""
    heads = readings.heads
    parts = [tuple(json.loads(names)) for names in heads["part_names"]]
    told = [_style(*row) for row in zip(sources, parts, heads["title"], strict=True)]
    titles = [clean(s.title or t) for s, t in zip(sources, heads["title"], strict=True)]
    composers = [clean(s.composer or c) for s, c in zip(sources, heads["composer"], strict=True)]
    starts = np.cumsum(heads["notes"].to_numpy()) - heads["notes"].to_numpy()
    ends = np.maximum.reduceat(readings.notes[:, 1] + readings.notes[:, 2], starts)
    frame = pd.DataFrame(
        {
            "piece": [s.piece for s in sources],
            "title": titles,
            "composer": [c or None for c in composers],
            "collection": [s.collection for s in sources],
            "style": [style for style, _ in told],
            "style_from": [place for _, place in told],
            "work": [s.work for s in sources],
            "licence": [s.licence for s in sources],
            "licence_class": [s.licence_class for s in sources],
            "source": [s.source for s in sources],
            "sha256": [s.sha256 for s in sources],
            "quarters": ends / tables.TICKS_PER_QUARTER,
            "parts": [len(names) for names in parts],
        }
    )
    frame["pickup"] = heads["pickup"].to_numpy()
    for column in ("meter", "meter_changes", "key", "key_changes"):
        frame[column] = [text or None for text in heads[column]]
    return frame


def _style(source: Source, parts: tuple[str, ...], title: str) -> tuple[str, str]:
    """A style and where it is known from, in the order of :mod:`ricercar.catalogue.styles`."""
    if source.style_from == "parts":  # a voice of the score may turn out to be empty
        style = styles.of_parts(parts)
        return style, "parts" if style != styles.OTHER else "unknown"
    if source.style:
        return source.style, source.style_from or "collection"
    stem = source.source.rsplit("/", 1)[-1].rsplit(": ", 1)[-1].rsplit(".", 1)[0]
    found = (
        (styles.of_parts(parts), "parts"),
        (styles.in_words(source.title or title), "title"),
        (styles.in_file_name(stem), "file"),
    )
    return next((pair for pair in found if pair[0] != styles.OTHER), (styles.OTHER, "unknown"))


def _sounds(
    names: list[str], lengths: np.ndarray, values: np.ndarray, kept: np.ndarray
) -> pd.DataFrame:
    """Notes or drums of the pieces that are kept."""
    columns = ["part", "onset", "duration", "pitch"]
    table = pd.DataFrame(values[rows_of(lengths, kept)].astype(np.int64), columns=columns)
    piece = pd.Series(names, dtype="str").repeat(lengths[kept])
    table.insert(0, "piece", piece.reset_index(drop=True))
    return table
