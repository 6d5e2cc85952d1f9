"""Features of the melody's pitch classes and of its key.

Conventions
-----------
* Distributions of pitch classes are weighted by duration where the key is looked for or
  the tonic is known, and count notes otherwise.
* *The key* is the best one by the Krumhansl-Kessler profiles (``Score.key``); keys that
  fit equally well are decided by the nearness of the tonic to the last note.
* Changes of key are looked for in windows of :data:`WINDOW` quarters that overlap by
  half, whatever the meter.

Sources
-------
:mod:`ricercar.features.key_profiles` for the profiles; C. McKay, *Automatic Music
Classification with jMIR*, thesis, McGill 2010 (jSymbolic); I. Quinn, "General equal-tempered
harmony", *Perspectives of New Music* 44-45, 2006-07, and E. Amiot, *Music Through Fourier
Space*, Springer 2016 (qualities of a distribution of pitch classes).
"""

from functools import partial

import numpy as np

from ricercar.features import key_profiles, ragged
from ricercar.features.registry import feature
from ricercar.features.score import Score
from ricercar.tables import TICKS_PER_QUARTER

_JMIR = "McKay 2010"
_KRUMHANSL = "Krumhansl 1990"
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
WINDOW = 16  # quarters in which a local key is looked for

melodic = partial(feature, family="melody")
keyed = partial(melodic, needs=("notes", "key"))


def _counts(score: Score) -> np.ndarray:
    """Number of notes on each pitch class, shape (n, 12)."""
    line = score.melody
    cell = line.piece * 12 + line.pitch % 12
    return np.bincount(cell, minlength=score.n * 12).reshape(score.n, 12)


@melodic("bits", 0, float(np.log2(12)), source="Shannon 1948")
def pitch_class_entropy(score: Score) -> np.ndarray:
    """Entropy of the pitch classes of the notes."""
    line = score.melody
    return ragged.entropy(line.piece, score.n, line.pitch % 12)


@melodic("pitch classes", 1, 12, source=f"{_JMIR}, P9 Pitch Class Variety")
def pitch_class_variety(score: Score) -> np.ndarray:
    """Number of different pitch classes."""
    variety = (_counts(score) > 0).sum(axis=1)
    return np.where(variety > 0, variety, np.nan)


@melodic("share", source=f"{_JMIR}, P2 Most Common Pitch Class Prevalence")
def most_common_pitch_class_share(score: Score) -> np.ndarray:
    """Share of the notes on the most common pitch class."""
    counts = _counts(score)
    return ragged.ratio(counts.max(axis=1), counts.sum(axis=1))


@melodic("ratio", source=f"{_JMIR}, P4 Relative Strength of Top Pitch Classes")
def top_pitch_classes_ratio(score: Score) -> np.ndarray:
    """How often the second most common pitch class comes for each time of the first."""
    counts = np.sort(_counts(score), axis=1)
    return ragged.ratio(counts[:, -2], counts[:, -1])


@melodic("pitch classes", 0, 11, source=f"{_JMIR}, P17 Dominant Spread")
def dominant_spread(score: Score) -> np.ndarray:
    """Largest number of pitch classes a fifth apart in a row that each have 9 % of the notes."""
    counts = _counts(score)
    total = counts.sum(axis=1)
    strong = (counts >= 0.09 * total[:, None])[:, np.arange(12) * 7 % 12]
    longest, run = np.zeros(score.n), np.zeros(score.n)
    for place in range(23):  # twice round the circle; twelve cannot all have 9 %
        run = np.where(strong[:, place % 12], run + 1, 0)
        longest = np.maximum(longest, run)
    return np.where(total > 0, longest, np.nan)


def _quality(score: Score, k: int) -> np.ndarray:
    """Magnitude of the k-th Fourier coefficient of the distribution of pitch classes."""
    turn = np.exp(-2j * np.pi * k * np.arange(12) / 12)
    return np.minimum(np.abs(score.pitch_classes @ turn), 1.0)


@melodic("magnitude", source="Quinn 2006; Amiot 2016")
def diatonicity(score: Score) -> np.ndarray:
    """How close the pitch classes lie together on the circle of fifths: magnitude of the fifth
    Fourier coefficient of their durations.
    """
    return _quality(score, 5)


@melodic("magnitude", source="Quinn 2006; Amiot 2016")
def triadicity(score: Score) -> np.ndarray:
    """How far the pitch classes are those of triads a major third apart: magnitude of the third
    Fourier coefficient of their durations.
    """
    return _quality(score, 3)


@melodic("magnitude", source="Quinn 2006; Amiot 2016")
def octatonicity(score: Score) -> np.ndarray:
    """How far the pitch classes are those of one diminished seventh chord: magnitude of the
    fourth Fourier coefficient of their durations.
    """
    return _quality(score, 4)


@melodic("magnitude", source="Quinn 2006; Amiot 2016")
def whole_tone_quality(score: Score) -> np.ndarray:
    """How far the pitch classes are those of one whole-tone scale: magnitude of the sixth
    Fourier coefficient of their durations.
    """
    return _quality(score, 6)


@melodic("share", source="Dong et al., MuseGAN, 2018 (corrected octave folding)")
def scale_consistency(score: Score) -> np.ndarray:
    """Largest share of notes that lie within one of the twelve diatonic scales."""
    counts = _counts(score)
    scale = np.zeros(12)
    scale[list(_MAJOR_SCALE)] = 1
    inside = np.stack([counts @ np.roll(scale, tonic) for tonic in range(12)], axis=1)
    return ragged.ratio(inside.max(axis=1), counts.sum(axis=1))


def _clarity(score: Score, profiles: str) -> np.ndarray:
    """Correlation of each melody with the best key by the named profiles."""
    return score.key_fits[profiles].reshape(score.n, 24).max(axis=1)


@keyed("correlation", -1, 1, source=_KRUMHANSL)
def key_clarity(score: Score) -> np.ndarray:
    """Correlation of the pitch classes with the profile of the best key."""
    return _clarity(score, "krumhansl")


@keyed("correlation", -1, 1, source="Temperley 2007 (Kostka-Payne profiles)")
def temperley_clarity(score: Score) -> np.ndarray:
    """Correlation of the pitch classes with Temperley's profile of the key that it fits best."""
    return _clarity(score, "temperley")


@keyed("correlation", -1, 1, source="Aarden 2003 (Essen profiles)")
def aarden_clarity(score: Score) -> np.ndarray:
    """Correlation of the pitch classes with Aarden's profile of the key that it fits best."""
    return _clarity(score, "aarden")


@keyed("share", 1 / 3, 1)
def key_agreement(score: Score) -> np.ndarray:
    """Largest share of the three sets of profiles (Krumhansl-Kessler, Temperley, Aarden-Essen)
    that find the same key.
    """
    near = np.maximum(score.finals, 0) % 12
    found = []
    for fit in score.key_fits.values():
        tonic, minor = key_profiles.best(fit, near)
        found.append(tonic + 12 * minor)
    a, b, c = found
    agreeing = np.where((a == b) & (b == c), 3, np.where((a == b) | (b == c) | (a == c), 2, 1))
    return np.where(score.key[0] >= 0, agreeing / 3, np.nan)


@keyed("correlation", 0, 2, source="Krumhansl 1990; this project")
def key_margin(score: Score) -> np.ndarray:
    """Correlation with the best key less that with the second best."""
    ordered = np.sort(score.key_fits["krumhansl"].reshape(score.n, 24), axis=1)
    return ordered[:, -1] - ordered[:, -2]


@keyed("correlation", -2, 2, source=_KRUMHANSL)
def majorness(score: Score) -> np.ndarray:
    """Correlation with the best major key less that with the best minor key."""
    best = score.key_fits["krumhansl"].max(axis=2)
    return best[:, 0] - best[:, 1]


def _local_fits(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """Piece and correlations with the 24 keys, (windows, 2, 12), of windows that have a key."""
    line, half = score.melody, WINDOW * TICKS_PER_QUARTER // 2
    first, last = ragged.starts(line.piece), ragged.ends(line.piece)
    begin, windows = np.zeros((2, score.n), dtype=np.int64)
    begin[line.piece[first]] = line.onset[first]
    block = (line.onset - begin[line.piece]) // half
    # window w is made of the blocks w and w + 1: a piece has one fewer than blocks, or one
    windows[line.piece[last]] = np.maximum(block[last], 1)
    span = int(block.max(initial=0)) + 1
    keys, rows = [], []
    for window in (block, block - 1):
        inside = np.flatnonzero((window >= 0) & (window < windows[line.piece]))
        keys.append(line.piece[inside] * span + window[inside])
        rows.append(inside)
    # only windows with notes: a long silence takes no room
    used = np.unique(np.concatenate([key[ragged.starts(key)] for key in keys]))
    weight = np.zeros((len(used), 12))
    for key, row in zip(keys, rows, strict=True):
        cell = np.searchsorted(used, key) * 12 + line.pitch[row] % 12
        weight += np.bincount(cell, line.duration[row], weight.size).reshape(-1, 12)
    fit = key_profiles.correlations(weight, key_profiles.PROFILES["krumhansl"])
    known = ~np.isnan(fit).any(axis=(1, 2))
    return used[known] // span, fit[known]


@keyed("correlation", -1, 1, source="after Krumhansl 1990", empty="no window has a key")
def local_key_clarity(score: Score) -> np.ndarray:
    """Mean over windows of 16 quarters of the correlation with the best key of the window."""
    piece, fit = _local_fits(score)
    return ragged.mean(piece, score.n, fit.reshape(-1, 24).max(axis=1))


@keyed("share", source="after Krumhansl 1990", empty="no window has a key")
def modulation_share(score: Score) -> np.ndarray:
    """Share of the windows of 16 quarters whose best key has neither the tonic and mode of the
    whole melody's key nor those of its relative.
    """
    piece, fit = _local_fits(score)
    tonic, minor = key_profiles.best(fit, np.maximum(score.finals, 0)[piece] % 12)
    home, home_minor = score.key
    signature = np.where(minor, tonic + 3, tonic) % 12
    home_signature = np.where(home_minor, home + 3, home) % 12
    share = ragged.mean(piece, score.n, signature != home_signature[piece])
    return np.where(home >= 0, share, np.nan)
