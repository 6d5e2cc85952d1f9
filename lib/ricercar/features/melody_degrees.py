"""Features of the scale degrees of the melody.

Conventions
-----------
* Degrees are counted from the tonic of the melody's key (:mod:`ricercar.features.melody_key`)
  and weighted by duration; the third is the one of the key's mode.

Sources
-------
D. Huron, *Sweet Anticipation*, MIT Press 2006 (distribution of scale degrees); this project.
"""

from functools import partial

import numpy as np

from ricercar.features import ragged
from ricercar.features.registry import feature
from ricercar.features.score import Score

keyed = partial(feature, "share", family="melody", needs=("notes", "key"))


def _degrees(score: Score) -> np.ndarray:
    """Share of the melody's duration by semitones above the tonic, shape (n, 12), or NaN."""
    tonic, _ = score.key
    above = (np.maximum(tonic, 0)[:, None] + np.arange(12)) % 12
    shares = np.take_along_axis(score.pitch_classes, above, axis=1)
    return np.where(tonic[:, None] >= 0, shares, np.nan)


@keyed()
def chromaticism(score: Score) -> np.ndarray:
    """Share of the duration outside the scale of the best key; in minor, both forms of the
    sixth and of the seventh degree belong to it.
    """
    degrees = _degrees(score)
    outside = degrees[:, [1, 3, 6, 8, 10]].sum(axis=1)
    return np.where(score.key[1], degrees[:, [1, 4, 6]].sum(axis=1), outside)


@keyed()
def tonic_share(score: Score) -> np.ndarray:
    """Share of the duration on the tonic of the best key."""
    return _degrees(score)[:, 0]


@keyed()
def supertonic_share(score: Score) -> np.ndarray:
    """Share of the duration on the second degree, a whole tone above the tonic."""
    return _degrees(score)[:, 2]


@keyed()
def mediant_share(score: Score) -> np.ndarray:
    """Share of the duration on the third degree: a major third above a major tonic, a minor
    third above a minor one.
    """
    degrees = _degrees(score)
    return np.where(score.key[1], degrees[:, 3], degrees[:, 4])


@keyed()
def subdominant_share(score: Score) -> np.ndarray:
    """Share of the duration on the fourth degree."""
    return _degrees(score)[:, 5]


@keyed()
def dominant_share(score: Score) -> np.ndarray:
    """Share of the duration on the fifth degree of the best key."""
    return _degrees(score)[:, 7]


@keyed()
def flat_seventh_share(score: Score) -> np.ndarray:
    """Share of the duration a minor seventh above the tonic: the sound of the modal tunes."""
    return _degrees(score)[:, 10]


@keyed()
def leading_note_share(score: Score) -> np.ndarray:
    """Share of the duration a semitone below the tonic."""
    return _degrees(score)[:, 11]


@keyed()
def tonic_triad_share(score: Score) -> np.ndarray:
    """Share of the duration on the tonic, the third and the fifth of the best key."""
    degrees = _degrees(score)
    third = np.where(score.key[1], degrees[:, 3], degrees[:, 4])
    return np.minimum(degrees[:, 0] + third + degrees[:, 7], 1.0)


yes_or_no = partial(feature, "yes or no", family="melody", needs=("notes", "key"))


@yes_or_no(source="Krumhansl 1990")
def minor_mode(score: Score) -> np.ndarray:
    """Whether the best key is minor (1) or major (0)."""
    tonic, minor = score.key
    return np.where(tonic >= 0, minor, np.nan)


@yes_or_no()
def starts_on_tonic(score: Score) -> np.ndarray:
    """Whether the first note is the tonic of the best key (1) or not (0)."""
    line, (tonic, _) = score.melody, score.key
    first = ragged.starts(line.piece)
    opening = np.full(score.n, -1)
    opening[line.piece[first]] = line.pitch[first] % 12
    return np.where(tonic >= 0, opening == tonic, np.nan)


@yes_or_no()
def ends_on_tonic(score: Score) -> np.ndarray:
    """Whether the last note is the tonic of the best key (1) or not (0)."""
    tonic, _ = score.key
    return np.where(tonic >= 0, score.finals % 12 == tonic, np.nan)
