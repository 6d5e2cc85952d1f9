"""Features of the melody: range, intervals, contour, key and repetition.

Conventions
-----------
* The melody is the highest line of the first part (:mod:`ricercar.features.score`).
* Intervals are in semitones between consecutive notes, rests passed over.
* Shares of notes count notes; distributions of pitch classes used for finding the key
  are weighted by duration.

Sources
-------
C. L. Krumhansl, *Cognitive Foundations of Musical Pitch*, Oxford 1990 (key profiles,
experiments with E. J. Kessler); C. McKay, *Automatic Music Classification with jMIR*,
thesis, McGill 2010 (statistics of intervals); E. Narmour, *The Analysis and Cognition
of Basic Melodic Structures*, Chicago 1990 (gap-fill); T. Eerola and P. Toiviainen,
*MIDI Toolbox*, 2004.
"""

import numpy as np

from ricercar.features import ragged
from ricercar.features.registry import feature
from ricercar.features.score import Score

_JMIR = "McKay 2010"
_KRUMHANSL = "Krumhansl 1990"

#: probe-tone ratings of Krumhansl and Kessler, tonic first
MAJOR_PROFILE = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR_PROFILE = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)


@feature("semitones", 0, 127, source=_JMIR)
def pitch_range(score: Score) -> np.ndarray:
    """Highest minus lowest pitch."""
    line = score.melody
    highest = ragged.quantile(line.piece, score.n, line.pitch, 1.0)
    return highest - ragged.quantile(line.piece, score.n, line.pitch, 0.0)


@feature("MIDI pitch", 0, 127, source=_JMIR)
def mean_pitch(score: Score) -> np.ndarray:
    """Mean pitch, weighted by duration."""
    line = score.melody
    return ragged.mean(line.piece, score.n, line.pitch, line.duration)


@feature("semitones", 0, 64, source=_JMIR)
def pitch_spread(score: Score) -> np.ndarray:
    """Standard deviation of the pitch, weighted by duration."""
    line = score.melody
    return ragged.spread(line.piece, score.n, line.pitch, line.duration)


@feature("semitones", 0, 127)
def tessitura(score: Score) -> np.ndarray:
    """Width of the band of pitches in which the middle 80 % of the notes lie."""
    line = score.melody
    low, high = (ragged.quantile(line.piece, score.n, line.pitch, q) for q in (0.1, 0.9))
    return high - low


@feature("semitones", 0, 127, source=_JMIR)
def mean_interval(score: Score) -> np.ndarray:
    """Mean size of the melodic intervals, whatever their direction."""
    piece, size = score.intervals
    return ragged.mean(piece, score.n, np.abs(size))


@feature("semitones", 0, 127, source=_JMIR)
def interval_spread(score: Score) -> np.ndarray:
    """Standard deviation of the signed melodic intervals."""
    piece, size = score.intervals
    return ragged.spread(piece, score.n, size)


def _interval_share(score: Score, low: int, high: int) -> np.ndarray:
    """Share of melodic intervals of ``low`` to ``high`` semitones."""
    piece, size = score.intervals
    size = np.abs(size)
    return ragged.mean(piece, score.n, (size >= low) & (size <= high))


@feature("share", source=_JMIR)
def repeated_share(score: Score) -> np.ndarray:
    """Share of melodic intervals that repeat the pitch."""
    return _interval_share(score, 0, 0)


@feature("share", source=_JMIR)
def step_share(score: Score) -> np.ndarray:
    """Share of melodic intervals that are steps (1 or 2 semitones)."""
    return _interval_share(score, 1, 2)


@feature("share", source=_JMIR)
def third_share(score: Score) -> np.ndarray:
    """Share of melodic intervals that are thirds (3 or 4 semitones)."""
    return _interval_share(score, 3, 4)


@feature("share", source=_JMIR)
def leap_share(score: Score) -> np.ndarray:
    """Share of melodic intervals of a fourth (5 semitones) or more."""
    return _interval_share(score, 5, 127)


@feature("share")
def wide_leap_share(score: Score) -> np.ndarray:
    """Share of melodic intervals of a minor sixth (8 semitones) or more."""
    return _interval_share(score, 8, 127)


@feature("share", source=_JMIR)
def ascending_share(score: Score) -> np.ndarray:
    """Share of the melodic intervals other than repetitions that go up."""
    piece, size = score.intervals
    moving = size != 0
    return ragged.mean(piece[moving], score.n, size[moving] > 0)


@feature("share", source=_JMIR)
def turn_share(score: Score) -> np.ndarray:
    """Share of pairs of successive moving intervals that change direction."""
    piece, size = score.intervals
    piece, size = piece[size != 0], size[size != 0]
    first = ragged.runs(piece, 2)
    return ragged.mean(piece[first], score.n, size[first] * size[first + 1] < 0)


@feature("share")
def arpeggio_share(score: Score) -> np.ndarray:
    """Share of pairs of successive intervals that are 3 to 5 semitones in one direction."""
    piece, size = score.intervals
    first = ragged.runs(piece, 2)
    a, b = size[first], size[first + 1]
    wide = (np.abs(a) >= 3) & (np.abs(a) <= 5) & (np.abs(b) >= 3) & (np.abs(b) <= 5)
    return ragged.mean(piece[first], score.n, wide & (a * b > 0))


@feature("share", source="Narmour 1990")
def gap_fill(score: Score) -> np.ndarray:
    """Share of leaps (5 semitones or more) that a step in the other direction follows."""
    piece, size = score.intervals
    first = ragged.runs(piece, 2)
    first = first[np.abs(size[first]) >= 5]
    after = size[first + 1]
    filled = (np.abs(after) <= 2) & (after * size[first] < 0)
    return ragged.mean(piece[first], score.n, filled)


@feature("correlation", -1, 1)
def contour_slope(score: Score) -> np.ndarray:
    """Correlation of pitch with onset: whether the piece as a whole rises or falls."""
    line = score.melody
    return ragged.correlation(line.piece, score.n, line.pitch, line.onset)


@feature("semitones", -127, 127, source="after Eerola & Toiviainen 2004")
def contour_arch(score: Score) -> np.ndarray:
    """Mean pitch of the middle third of the notes less that of the outer thirds."""
    line = score.melody
    count = np.bincount(line.piece, minlength=score.n)
    place = np.arange(len(line.piece)) - (np.cumsum(count) - count)[line.piece]
    third = 3 * place // np.maximum(count[line.piece], 1)
    inner = third == 1
    middle = ragged.mean(line.piece[inner], score.n, line.pitch[inner])
    return middle - ragged.mean(line.piece[~inner], score.n, line.pitch[~inner])


@feature("bits", 0, 8, source=_JMIR)
def interval_entropy(score: Score) -> np.ndarray:
    """Entropy of the signed melodic intervals."""
    piece, size = score.intervals
    return ragged.entropy(piece, score.n, size)


@feature("bits", 0, float(np.log2(12)), source="Shannon 1948")
def pitch_class_entropy(score: Score) -> np.ndarray:
    """Entropy of the pitch classes of the notes."""
    line = score.melody
    return ragged.entropy(line.piece, score.n, line.pitch % 12)


def pitch_class_shares(score: Score) -> np.ndarray:
    """Share of the melody's duration on each pitch class.

    Returns
    -------
    numpy.ndarray, shape (pieces, 12)
        C first; rows sum to 1, or are NaN.
    """
    line = score.melody
    shape = (score.n, 12)
    cell = line.piece * 12 + line.pitch % 12
    weight = np.bincount(cell, line.duration, score.n * 12).reshape(shape)
    return ragged.ratio(weight.ravel(), np.repeat(weight.sum(axis=1), 12)).reshape(shape)


def key_correlations(score: Score) -> np.ndarray:
    """Correlation of each melody's pitch classes with the 24 key profiles.

    Returns
    -------
    numpy.ndarray, shape (pieces, 2, 12)
        Major and minor, by tonic from C; NaN for melodies without notes or with all
        twelve pitch classes equally long.
    """
    shares = pitch_class_shares(score)
    centred = shares - shares.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1))
    out = np.full((score.n, 2, 12), np.nan)
    known = length > 1e-12
    for mode, profile in enumerate((MAJOR_PROFILE, MINOR_PROFILE)):
        ideal = profile - profile.mean()
        ideal = ideal / np.sqrt((ideal**2).sum())
        for tonic in range(12):
            product = centred[known] @ np.roll(ideal, tonic)
            out[known, mode, tonic] = product / length[known]
    return np.clip(out, -1, 1)


def keys(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """Most likely key of each melody by the Krumhansl-Kessler profiles.

    Returns
    -------
    tonic : numpy.ndarray of int
        Pitch class 0 (C) to 11, -1 where unknown.
    minor : numpy.ndarray of bool
    """
    flat = key_correlations(score).reshape(score.n, 24)
    known = ~np.isnan(flat).any(axis=1)
    best = np.where(known, np.nan_to_num(flat, nan=-2).argmax(axis=1), 0)
    return np.where(known, best % 12, -1), known & (best >= 12)


def _degree_share(score: Score, *degrees: int) -> np.ndarray:
    """Share of the melody's duration on pitch classes given in semitones above the tonic."""
    tonic, _ = keys(score)
    shares = pitch_class_shares(score)
    rows = np.arange(score.n)
    share = sum(shares[rows, (tonic + degree) % 12] for degree in degrees)
    return np.where(tonic >= 0, share, np.nan)


@feature("correlation", -1, 1, source=_KRUMHANSL)
def key_clarity(score: Score) -> np.ndarray:
    """Correlation of the pitch classes with the profile of the best key."""
    return key_correlations(score).reshape(score.n, 24).max(axis=1)


@feature("correlation", -2, 2, source=_KRUMHANSL)
def majorness(score: Score) -> np.ndarray:
    """Correlation with the best major key less that with the best minor key."""
    best = key_correlations(score).max(axis=2)
    return best[:, 0] - best[:, 1]


@feature("share")
def chromaticism(score: Score) -> np.ndarray:
    """Share of the duration outside the scale of the best key; in minor, both forms of the
    sixth and of the seventh degree belong to it.
    """
    _, minor = keys(score)
    outside = _degree_share(score, 1, 3, 6, 8, 10)
    return np.where(minor, _degree_share(score, 1, 4, 6), outside)


@feature("share", source="Dong et al., MuseGAN, 2018 (corrected octave folding)")
def scale_consistency(score: Score) -> np.ndarray:
    """Largest share of notes that lie within one of the twelve diatonic scales."""
    line = score.melody
    cell = line.piece * 12 + line.pitch % 12
    counts = np.bincount(cell, minlength=score.n * 12).reshape(score.n, 12)
    scale = np.zeros(12)
    scale[list(_MAJOR_SCALE)] = 1
    inside = np.stack([counts @ np.roll(scale, tonic) for tonic in range(12)], axis=1)
    return ragged.ratio(inside.max(axis=1), counts.sum(axis=1))


@feature("share")
def tonic_share(score: Score) -> np.ndarray:
    """Share of the duration on the tonic of the best key."""
    return _degree_share(score, 0)


@feature("share")
def dominant_share(score: Score) -> np.ndarray:
    """Share of the duration on the fifth degree of the best key."""
    return _degree_share(score, 7)


@feature("share")
def flat_seventh_share(score: Score) -> np.ndarray:
    """Share of the duration a minor seventh above the tonic: the sound of the modal tunes."""
    return _degree_share(score, 10)


@feature("yes or no")
def ends_on_tonic(score: Score) -> np.ndarray:
    """Whether the last note is the tonic of the best key (1) or not (0)."""
    line, (tonic, _) = score.melody, keys(score)
    last = np.flatnonzero(np.diff(line.piece, append=-1))
    final = np.full(score.n, np.nan)
    final[line.piece[last]] = line.pitch[last] % 12
    return np.where((tonic >= 0) & ~np.isnan(final), final == tonic, np.nan)


def _patterns(score: Score, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Piece and code of every run of ``length`` melodic intervals."""
    piece, size = score.intervals
    first = ragged.runs(piece, length)
    code = np.zeros(len(first), dtype=np.int64)
    for step in range(length):
        code = code * 255 + size[first + step] + 127
    return piece[first], code


@feature("share")
def repetition(score: Score) -> np.ndarray:
    """Share of runs of four intervals that repeat an earlier one, transposition allowed."""
    piece, code = _patterns(score, 4)
    owner, _ = ragged.distinct(piece, code)
    return 1 - ragged.ratio(ragged.total(owner, score.n), ragged.total(piece, score.n))


@feature("share", source="Shannon 1948; normalised by the entropy of runs that never recur")
def pattern_entropy(score: Score) -> np.ndarray:
    """Entropy of runs of two intervals over the largest that so many runs can have."""
    piece, code = _patterns(score, 2)
    count = ragged.total(piece, score.n)
    most = np.log2(np.maximum(count, 1))
    return np.clip(ragged.ratio(ragged.entropy(piece, score.n, code), most), 0, 1)
