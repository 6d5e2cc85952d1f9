"""The list of features: what each one is called, measures and may range over.

Goal: a feature is one function; decorating it is all that is needed for it to be
extracted, described and tested.

Conventions
-----------
* A feature is a function of a :class:`ricercar.features.score.Score` that returns
  one float per piece, NaN where the piece has nothing to measure.
* Its column is ``<family>.<function name>``; the family is the module's name unless the
  decorator names another.
* Its docstring is its definition; unit, range and source are the decorator's
  arguments and are appended to the docstring.
* A missing value has a reason: the first of the feature's ``needs`` that the piece does
  not meet, or else what the feature itself says (``empty``). The needs are those of
  :data:`NEEDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ricercar.features.score import Score

Measure = Callable[[Score], np.ndarray]

#: need -> why a value is missing where it is not met, in the order in which they are tried
NEEDS = {
    "notes": "no notes",
    "intervals": "fewer than two notes in the melody",
    "voices": "hardly ever two voices at once",
    "meter": "no notated meter",
    "key": "no key can be told",
}


@dataclass(frozen=True)
class Feature:
    """One feature and what it means.

    Attributes
    ----------
    name : str
        Column, ``melody.pitch_range``.
    family : str
        ``melody``, ``rhythm`` or ``harmony``.
    unit : str
    low, high : float
        Bounds of the value; infinite where there is none.
    reveals_meter : bool
        Whether the notated time signature is needed to compute it, or can be read
        off it; a test of style without the meter leaves these out.
    source : str
        Where the definition comes from.
    definition : str
        What is measured, in words.
    needs : tuple of str
        Keys of :data:`NEEDS`.
    empty : str
        Why the value is missing where every need is met.
    measure : callable
        The function.
    """

    name: str
    family: str
    unit: str
    low: float
    high: float
    reveals_meter: bool
    source: str
    definition: str
    needs: tuple[str, ...]
    empty: str
    measure: Measure


REGISTRY: dict[str, Feature] = {}


def feature(
    unit: str,
    low: float = 0.0,
    high: float = 1.0,
    *,
    reveals_meter: bool = False,
    source: str = "this project",
    needs: tuple[str, ...] = ("notes",),
    empty: str = "nothing to measure",
    family: str = "",
) -> Callable[[Measure], Measure]:
    """Register a function as a feature of a family.

    Parameters
    ----------
    unit : str
        ``share`` (of something, 0 to 1), ``semitones``, ``quarters``, ``bits``, ...
    low, high : float
        Bounds that the value can reach.
    reveals_meter : bool
    source : str
        Reference of the definition.
    needs : tuple of str
        What a piece must have for the value to exist, keys of :data:`NEEDS`.
    empty : str
        Why the value is missing where every need is met: "no note between two beats".
    family : str
        ``melody``, ``rhythm`` or ``harmony``; the module's name if left out.
    """

    def register(measure: Measure) -> Measure:
        own = family or measure.__module__.rsplit(".", 1)[-1]
        name = f"{own}.{measure.__name__}"
        definition = " ".join((measure.__doc__ or "").split())
        REGISTRY[name] = Feature(
            name,
            own,
            unit,
            low,
            high,
            reveals_meter,
            source,
            definition,
            needs,
            empty,
            measure,
        )
        measure.__doc__ = (
            f"{measure.__doc__}\n\nUnit: {unit}. Range: {low:g} to {high:g}. Source: {source}."
        )
        return measure

    return register
