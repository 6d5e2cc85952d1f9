"""Extractors of music21 run on the notes that are measured here.

Conventions
-----------
* Notes go over as they are, each at its place, without a file in between; ties and bars play
  no part. Pitches are spelled in the piece's key, as far as that is known, since music21
  tells a chord by its spelling.
* music21 counts seconds; without a tempo a quarter lasts half a second.

Sources
-------
M. S. Cuthbert, C. Ariza and L. Friedland, "Feature extraction and machine learning on
symbolic music using the music21 toolkit", ISMIR 2011.
"""

from typing import Any

import numpy as np
import pandas as pd

from ricercar.catalogue.spelling import Spelling
from ricercar.features.score import Score
from ricercar.meter import lengths, read_changes
from ricercar.tables import TICKS_PER_QUARTER


def extractor(name: str) -> Any:
    """The class of an extractor, ``jSymbolic.RangeFeature``."""
    from music21 import features as theirs

    module, _, extractor = name.partition(".")
    return getattr(getattr(theirs, module), extractor)


def vector(name: str, data: Any) -> list[float]:
    """What an extractor measures on what :func:`melody` or :func:`voices` made.

    Returns
    -------
    list of float
        NaN where the extractor refuses.
    """
    from music21.features.base import FeatureException

    measure = extractor(name)(data)
    try:
        return [float(value) for value in measure.extract().vector]
    except (FeatureException, ArithmeticError, ValueError):
        return [float("nan")] * measure.dimensions


def meters(piece: pd.Series) -> list[tuple[int, str]]:
    """Ticks and meters of a piece, the first at 0; none where it is unknown."""
    if np.isnan(lengths(piece["meter"])[0]):
        return []
    return [(0, piece["meter"]), *read_changes(piece.get("meter_changes"))]


def _part(
    onset: np.ndarray,
    duration: np.ndarray,
    pitch: np.ndarray,
    meters: list[tuple[int, str]],
    key: str | None = None,
) -> Any:
    """Notes as a part of music21, each at its place."""
    from fractions import Fraction

    from music21 import note, stream
    from music21.meter import TimeSignature

    spelling = Spelling(key)

    part = stream.Part()
    for tick, name in meters:
        part.insert(Fraction(tick, TICKS_PER_QUARTER), TimeSignature(name))
    for start, length, height in zip(onset, duration, pitch, strict=True):
        quarters = Fraction(int(length), TICKS_PER_QUARTER)
        step, alteration, octave, _ = spelling.spell(int(height))
        signs = ("#" if alteration > 0 else "-") * abs(alteration)
        one = note.Note(f"{step}{signs}{octave}", quarterLength=quarters)
        part.insert(Fraction(int(start), TICKS_PER_QUARTER), one)
    return part


def melody(score: Score, number: int, meters: list[tuple[int, str]]) -> Any:
    """The melody of a piece, from its first note on, ready for :func:`vector`."""
    from music21.features import DataInstance

    line = score.melody
    rows = line.piece == number
    start = line.onset[rows].min() if rows.any() else 0
    part = _part(line.onset[rows] - start, line.duration[rows], line.pitch[rows], meters)
    return DataInstance(part)


def voices(score: Score, number: int, meters: list[tuple[int, str]], key: str | None = None) -> Any:
    """All parts of a piece, spelled in a key, ready for :func:`vector`."""
    from music21 import stream
    from music21.features import DataInstance

    rows = np.flatnonzero(score.piece == number)
    music = stream.Score()
    for name in np.unique(score.part[rows]):
        own = rows[score.part[rows] == name]
        part = _part(score.onset[own], score.duration[own], score.pitch[own], meters, key)
        part.id = f"part {name}"
        music.insert(0, part)
    return DataInstance(music)
