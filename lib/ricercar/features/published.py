"""Features that others define, too: what the same thing is called there, and the same value.

Goal: a reader who knows music21.features or jSymbolic finds their feature here, sees that
the value is the same, or reads why it is not.

Conventions
-----------
* music21's extractors are run on the very notes that are measured here: ``melody`` entries
  on the melody alone, ``score`` entries on all parts of a piece with several voices. Pieces
  in which a part has several notes at once are left out there: music21 counts the part, we
  count each of its notes as a voice.
* Two values agree when they differ by at most :data:`TOLERANCE`, relative to the larger
  one where that is above 1.

Sources
-------
C. McKay, *Automatic Music Classification with jMIR*, thesis, McGill 2010 (identifiers M1,
P1, R1, T1 as music21 has them); music21's own extractors (QL1, CS1): Cuthbert, Ariza and
Friedland 2011, see :mod:`ricercar.features.reference`.
"""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ricercar.features import extract, reference
from ricercar.features.score import Score

TOLERANCE = 1e-6


def _first(*vectors: list[float]) -> float:
    return float(vectors[0][0])


@dataclass(frozen=True)
class Published:
    """A feature and the extractors of music21 that measure the same.

    Attributes
    ----------
    feature : str
        Column of the features table.
    extractors : tuple of str
        Classes in ``music21.features``: ``jSymbolic.RepeatedNotesFeature``.
    conversion : str
        What is done to their value, empty if nothing.
    convert : callable
        From the extractors' vectors to the value to compare.
    on : str
        ``melody`` or ``score``.
    difference : str
        Why the values differ all the same; empty where they must agree.
    """

    feature: str
    extractors: tuple[str, ...]
    conversion: str = ""
    convert: Callable[..., float] = _first
    on: str = "melody"
    difference: str = ""


#: feature -> extractor whose value it has as it stands
_SAME = {
    "melody.pitch_range": "jSymbolic.RangeFeature",
    "melody.pitch_variety": "jSymbolic.PitchVarietyFeature",
    "melody.common_pitches": "jSymbolic.NumberOfCommonPitchesFeature",
    "melody.most_common_pitch_share": "jSymbolic.MostCommonPitchPrevalenceFeature",
    "melody.top_pitches_ratio": "jSymbolic.RelativeStrengthOfTopPitchesFeature",
    "melody.pitch_class_variety": "jSymbolic.PitchClassVarietyFeature",
    "melody.most_common_pitch_class_share": "jSymbolic.MostCommonPitchClassPrevalenceFeature",
    "melody.top_pitch_classes_ratio": "jSymbolic.RelativeStrengthOfTopPitchClassesFeature",
    "melody.mean_interval": "jSymbolic.AverageMelodicIntervalFeature",
    "melody.most_common_interval": "jSymbolic.MostCommonMelodicIntervalFeature",
    "melody.most_common_interval_share": "jSymbolic.MostCommonMelodicIntervalPrevalenceFeature",
    "melody.top_intervals_ratio": "jSymbolic.RelativeStrengthOfMostCommonIntervalsFeature",
    "melody.common_intervals": "jSymbolic.NumberOfCommonMelodicIntervalsFeature",
    "melody.repeated_share": "jSymbolic.RepeatedNotesFeature",
    "melody.semitone_share": "jSymbolic.ChromaticMotionFeature",
    "melody.step_share": "jSymbolic.StepwiseMotionFeature",
    "melody.third_share": "jSymbolic.MelodicThirdsFeature",
    "melody.fifth_share": "jSymbolic.MelodicFifthsFeature",
    "melody.tritone_share": "jSymbolic.MelodicTritonesFeature",
    "melody.ascending_share": "jSymbolic.DirectionOfMotionFeature",
    "melody.arc_length": "jSymbolic.DurationOfMelodicArcsFeature",
    "melody.arc_size": "jSymbolic.SizeOfMelodicArcsFeature",
    "rhythm.triple_meter": "jSymbolic.TripleMeterFeature",
    "rhythm.compound_meter": "jSymbolic.CompoundOrSimpleMeterFeature",
    "rhythm.changes_of_meter": "jSymbolic.ChangesOfMeterFeature",
}

_SEVENTH = "DiminishedSeventhSimultaneityPrevalence"
#: the same for pieces with several voices
_SAME_IN_SCORES = {
    "harmony.most_voices": "jSymbolic.MaximumNumberOfIndependentVoicesFeature",
    "harmony.simultaneous_voices": "jSymbolic.AverageNumberOfIndependentVoicesFeature",
    "harmony.voices_spread": "jSymbolic.VariabilityOfNumberOfIndependentVoicesFeature",
    "harmony.distinct_simultaneities": "native.UniquePitchClassSetSimultaneities",
    "harmony.distinct_set_classes": "native.UniqueSetClassSimultaneities",
    "harmony.commonest_simultaneity_share": "native.MostCommonPitchClassSetSimultaneityPrevalence",
    "harmony.commonest_set_class_share": "native.MostCommonSetClassSimultaneityPrevalence",
    "harmony.diminished_seventh_simultaneity_share": f"native.{_SEVENTH}",
}

#: chords that music21 tells by their spelling
_SPELLED = {
    "harmony.major_simultaneity_share": "native.MajorTriadSimultaneityPrevalence",
    "harmony.minor_simultaneity_share": "native.MinorTriadSimultaneityPrevalence",
    "harmony.dominant_seventh_simultaneity_share": "native.DominantSeventhSimultaneityPrevalence",
    "harmony.diminished_simultaneity_share": "native.DiminishedTriadSimultaneityPrevalence",
    "harmony.triad_simultaneity_share": "native.TriadSimultaneityPrevalence",
}
_BY_SPELLING = "theirs goes by the spelling, which notes do not have: far from the key it fails"

#: counts of durations
_ROUNDED = {
    "rhythm.distinct_durations": "native.UniqueNoteQuarterLengths",
    "rhythm.most_common_duration_share": "native.MostCommonNoteQuarterLengthPrevalence",
}

_SECONDS = "seconds to quarters, × 2"


def _quarters(seconds: list[float]) -> float:
    return 2 * seconds[0]


def _ratio(above: list[float], below: list[float]) -> float:
    return above[0] / below[0] if below[0] else np.nan


#: everything that is the same, or nearly
PUBLISHED: tuple[Published, ...] = (
    *(Published(ours, (name,)) for ours, name in _SAME.items()),
    Published(
        "melody.mean_pitch",
        ("jSymbolic.PrimaryRegisterFeature",),
        difference="theirs is the mean over notes, ours is weighted by their duration",
    ),
    Published(
        "melody.octave_share",
        ("jSymbolic.MelodicOctavesFeature",),
        difference="theirs counts leaps of two octaves and more, too (but not of three)",
    ),
    Published(
        "rhythm.note_density",
        ("jSymbolic.NoteDensityFeature",),
        "per second to per quarter, / 2",
        lambda density: density[0] / 2,
    ),
    Published(
        "rhythm.mean_duration", ("jSymbolic.AverageNoteDurationFeature",), _SECONDS, _quarters
    ),
    Published(
        "rhythm.duration_variation",
        ("jSymbolic.VariabilityOfNoteDurationFeature", "jSymbolic.AverageNoteDurationFeature"),
        "the first over the second",
        _ratio,
    ),
    Published(
        "rhythm.longest_duration", ("jSymbolic.MaximumNoteDurationFeature",), _SECONDS, _quarters
    ),
    Published(
        "rhythm.shortest_duration", ("jSymbolic.MinimumNoteDurationFeature",), _SECONDS, _quarters
    ),
    *(
        Published(ours, (name,), difference="ours rounds durations to 1/24 of a quarter")
        for ours, name in _ROUNDED.items()
    ),
    Published(
        "rhythm.most_common_duration",
        ("native.MostCommonNoteQuarterLength",),
        difference="of equally common ones theirs is the one met last, ours the shortest",
    ),
    Published(
        "rhythm.mean_ioi", ("jSymbolic.AverageTimeBetweenAttacksFeature",), _SECONDS, _quarters
    ),
    Published(
        "rhythm.ioi_variation",
        (
            "jSymbolic.VariabilityOfTimeBetweenAttacksFeature",
            "jSymbolic.AverageTimeBetweenAttacksFeature",
        ),
        "the first over the second",
        _ratio,
    ),
    Published(
        "rhythm.bar_length",
        ("jSymbolic.InitialTimeSignatureFeature",),
        "numerator over denominator, × 4",
        lambda meter: 4 * meter[0] / meter[1] if meter[1] else np.nan,
    ),
    *(Published(ours, (name,), on="score") for ours, name in _SAME_IN_SCORES.items()),
    *(
        Published(ours, (name,), on="score", difference=_BY_SPELLING)
        for ours, name in _SPELLED.items()
    ),
)


def listed() -> pd.DataFrame:
    """The correspondences.

    Returns
    -------
    pandas.DataFrame
        ``feature``, ``identifier`` (jSymbolic's or music21's own), ``extractor``, ``conversion``,
        ``on``, ``difference``.

    Examples
    --------
    >>> listed().loc[0, ["feature", "identifier"]].tolist()
    ['melody.pitch_range', 'P10']
    """
    rows = [
        (
            entry.feature,
            ", ".join(reference.extractor(name).id.upper() for name in entry.extractors),
            ", ".join(name.partition(".")[2].removesuffix("Feature") for name in entry.extractors),
            entry.conversion,
            entry.on,
            entry.difference,
        )
        for entry in PUBLISHED
    ]
    columns = ["feature", "identifier", "extractor", "conversion", "on", "difference"]
    return pd.DataFrame(rows, columns=columns)


def compare(pieces: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """Measure some pieces with both, ours and music21's extractors.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        A few pieces: music21 takes about a tenth of a second for a tune, a second for a
        chorale.

    Returns
    -------
    pandas.DataFrame
        ``feature``, ``piece``, ``ours``, ``theirs`` (converted; NaN where the extractor refuses),
        ``agree``; only where ours is not missing.
    """
    collecting = gc.isenabled()
    # music21 keeps what contains a note by the container's address. An address that is used
    # again is the likely cause of a count of parts that is wrong once in a hundred chorales.
    gc.disable()
    try:
        found = _measured(pieces, notes)
    finally:
        if collecting:
            gc.enable()
    size = np.maximum(found[["ours", "theirs"]].abs().max(axis=1), 1)
    agree = (found["ours"] - found["theirs"]).abs() <= TOLERANCE * size
    return found.assign(agree=agree.astype(bool))


def _measured(pieces: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """The columns ``feature``, ``piece``, ``ours``, ``theirs`` of :func:`compare`."""
    score = Score(pieces, notes)
    table = extract(pieces, notes)
    several = np.bincount(score.slices.piece, minlength=score.n) > 0
    several[_divided(score)] = False
    rows = []
    for number, piece in enumerate(pieces["piece"]):
        meters = reference.meters(pieces.iloc[number])
        forms: dict[str, Any] = {"melody": reference.melody(score, number, meters)}
        if several[number]:
            key = pieces.iloc[number].get("key")
            forms["score"] = reference.voices(score, number, meters, None if pd.isna(key) else key)
        known: dict[tuple[str, str], list[float]] = {}
        for entry in PUBLISHED:
            ours = float(table[entry.feature].iloc[number])
            if entry.on not in forms or np.isnan(ours):
                continue
            for name in entry.extractors:
                if (entry.on, name) not in known:
                    known[entry.on, name] = reference.vector(name, forms[entry.on])
            theirs = entry.convert(*(known[entry.on, name] for name in entry.extractors))
            rows.append((entry.feature, piece, ours, float(theirs)))
    return pd.DataFrame(rows, columns=["feature", "piece", "ours", "theirs"])


def _divided(score: Score) -> np.ndarray:
    """Pieces in which a note of a part begins before the part's last one has ended."""
    same = (np.diff(score.piece) == 0) & (np.diff(score.part) == 0)
    early = score.onset[1:] < (score.onset + score.duration)[:-1]
    return np.unique(score.piece[1:][same & early])


def agreement(compared: pd.DataFrame) -> pd.DataFrame:
    """How well each feature agrees with its counterpart.

    Parameters
    ----------
    compared : pandas.DataFrame
        From :func:`compare`.

    Returns
    -------
    pandas.DataFrame
        A row per correspondence: ``feature``, ``identifier``, ``extractor``, ``conversion``, ``n``
        (pieces), ``agree`` (pieces), ``largest`` (difference) and ``difference``, its reason.
    """
    gap = (compared["ours"] - compared["theirs"]).abs()
    counts = (
        compared.assign(gap=gap)
        .groupby("feature")
        .agg(n=("agree", "size"), agree=("agree", "sum"), largest=("gap", "max"))
    )
    table = listed().drop(columns="on").join(counts, on="feature")
    table[["n", "agree"]] = table[["n", "agree"]].fillna(0).astype(int)
    return table[[*table.columns.drop("difference"), "difference"]]
