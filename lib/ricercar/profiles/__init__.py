"""Profiles: what a listener's history says about the music that they like.

Goal: a row of numbers per listener that can be computed from events alone, read by a person and
compared with any piece, also a new one; and honest answers to how sure it is
(:mod:`~ricercar.profiles.uncertainty`), whether its choices help to predict
(:mod:`~ricercar.profiles.choices`), whether it changes with time
(:mod:`~ricercar.profiles.drift`), which events made it
(:mod:`~ricercar.profiles.provenance`) and how it is put into words
(:mod:`~ricercar.profiles.phrases`, :mod:`ricercar.explanation`).

Conventions
-----------
* Features are in standard deviations of the catalogue; shares of styles sum to 1.
* A listener without events has the population's profile, and ``events`` 0.
"""

from ricercar.profiles.building import (
    build,
    described,
    evidence,
    feature_columns,
    style_columns,
)
from ricercar.profiles.covering import coverage
from ricercar.profiles.matching import (
    CENTRE,
    POPULARITY,
    STYLE_WEIGHT,
    held_out,
    match,
    popularity,
    with_popularity,
)
from ricercar.profiles.uncertainty import Estimates, bounds, doubt, estimate
from ricercar.profiles.weighting import WEIGHTINGS, feature_weights

__all__ = [
    "CENTRE",
    "POPULARITY",
    "STYLE_WEIGHT",
    "WEIGHTINGS",
    "Estimates",
    "bounds",
    "build",
    "coverage",
    "described",
    "doubt",
    "estimate",
    "evidence",
    "feature_columns",
    "feature_weights",
    "held_out",
    "match",
    "popularity",
    "style_columns",
    "with_popularity",
]
