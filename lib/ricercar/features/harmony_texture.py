"""Features of texture: how many voices, how far apart, how independent.

Conventions
-----------
* Voices and slices are those of :mod:`ricercar.features.score`. Shares of time count slices
  by their duration, except where a definition says "mean over simultaneities": that counts
  slices in which something sounds, however long, as jSymbolic and music21 do.

Sources
-------
C. McKay, *Automatic Music Classification with jMIR*, thesis, McGill 2010 (T1 to T3); D.
Huron, "Characterizing musical textures", ICMC 1989 (onset synchrony).
"""

import numpy as np

from ricercar.features import ragged
from ricercar.features.harmony import VOICES, mean_of_slices, sounding
from ricercar.features.registry import feature
from ricercar.features.score import Score
from ricercar.features.voices import outer
from ricercar.tables import TICKS_PER_QUARTER

_JMIR = "McKay 2010"
_TEXTBOOK = "textbook voice leading"
PEDAL = 4 * TICKS_PER_QUARTER  # least length of a pedal point


@feature("voices", 2, 12, source=_JMIR, needs=VOICES, family="harmony")
def voice_count(score: Score) -> np.ndarray:
    """Number of voices that have a note anywhere in the piece (at most 12 are seen)."""
    slices = score.slices
    used = np.zeros((score.n, slices.pitch.shape[1]), dtype=bool)
    row, voice = np.nonzero(slices.pitch >= 0)
    used[slices.piece[row], voice] = True
    count = used.sum(axis=1).astype(float)
    return np.where(count > 0, count, np.nan)


@feature("voices", 0, 12, source=_JMIR, needs=VOICES, family="harmony")
def sounding_voices(score: Score) -> np.ndarray:
    """Mean number of voices that sound at a time."""
    count = sounding(score.slices)
    return mean_of_slices(score, count, count >= 0)


def _simultaneous(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """Piece and number of voices of each slice in which something sounds."""
    count = sounding(score.slices)
    return score.slices.piece[count > 0], count[count > 0]


@feature("voices", 2, 12, source=f"{_JMIR} (T1)", needs=VOICES, family="harmony")
def most_voices(score: Score) -> np.ndarray:
    """Largest number of voices that ever sound at once."""
    piece, count = _simultaneous(score)
    return ragged.quantile(piece, score.n, count, 1.0)


@feature("voices", 1, 12, source=f"{_JMIR} (T2)", needs=VOICES, family="harmony")
def simultaneous_voices(score: Score) -> np.ndarray:
    """Mean number of voices over simultaneities."""
    piece, count = _simultaneous(score)
    return ragged.mean(piece, score.n, count)


@feature("voices", 0, 6, source=f"{_JMIR} (T3)", needs=VOICES, family="harmony")
def voices_spread(score: Score) -> np.ndarray:
    """Standard deviation of the number of voices over simultaneities."""
    piece, count = _simultaneous(score)
    return ragged.spread(piece, score.n, count)


@feature("share", source=_JMIR, needs=VOICES, family="harmony")
def rest_share(score: Score) -> np.ndarray:
    """Share of the time in which nothing sounds."""
    count = sounding(score.slices)
    return mean_of_slices(score, count == 0, count >= 0)


@feature("share", needs=VOICES, family="harmony")
def solo_share(score: Score) -> np.ndarray:
    """Share of the sounding time in which one voice is alone."""
    count = sounding(score.slices)
    return mean_of_slices(score, count == 1, count > 0)


@feature("pitch classes", 1, 12, needs=VOICES, family="harmony")
def sounding_pitch_classes(score: Score) -> np.ndarray:
    """Mean number of different pitch classes of the sounding time."""
    slices = score.slices
    count = np.zeros(len(slices.piece))
    for tone in range(12):
        count += ((slices.pitch % 12 == tone) & (slices.pitch >= 0)).any(axis=1)
    return mean_of_slices(score, count, count > 0)


@feature(
    "share",
    source=_TEXTBOOK,
    needs=VOICES,
    family="harmony",
    empty="neighbouring voices never sound together",
)
def crossing(score: Score) -> np.ndarray:
    """Share of the time of neighbouring voices sounding together in which the upper is below
    the lower.
    """
    slices = score.slices
    upper, lower = slices.pitch[:, :-1], slices.pitch[:, 1:]
    row, voice = np.nonzero((upper >= 0) & (lower >= 0))
    below = upper[row, voice] < lower[row, voice]
    return ragged.mean(slices.piece[row], score.n, below, slices.duration[row])


@feature(
    "semitones",
    0,
    127,
    source=_TEXTBOOK,
    needs=VOICES,
    family="harmony",
    empty="neighbouring voices never sound together",
)
def spacing(score: Score) -> np.ndarray:
    """Mean distance of neighbouring voices sounding together."""
    slices = score.slices
    upper, lower = slices.pitch[:, :-1], slices.pitch[:, 1:]
    row, voice = np.nonzero((upper >= 0) & (lower >= 0))
    distance = np.abs(upper[row, voice].astype(int) - lower[row, voice])
    return ragged.mean(slices.piece[row], score.n, distance, slices.duration[row])


@feature("semitones", 0, 127, needs=VOICES, family="harmony")
def outer_distance(score: Score) -> np.ndarray:
    """Mean distance of the highest from the lowest pitch while two voices or more sound."""
    _, top, low = outer(score.slices)
    rows = sounding(score.slices) > 1
    return ragged.mean(score.slices.piece[rows], score.n, top - low, score.slices.duration[rows])


@feature("semitones", 0, 127, source=_JMIR, needs=VOICES, family="harmony")
def ambitus(score: Score) -> np.ndarray:
    """Highest minus lowest pitch of all voices."""
    slices = score.slices
    row, voice = np.nonzero(slices.pitch >= 0)
    low, high = ragged.extremes(slices.piece[row], score.n, slices.pitch[row, voice].astype(int))
    return high - low


@feature("semitones", 0, 127, needs=VOICES, family="harmony")
def voice_range(score: Score) -> np.ndarray:
    """Mean, over the voices, of highest minus lowest pitch."""
    slices = score.slices
    voices = slices.pitch.shape[1]
    row, voice = np.nonzero(slices.pitch >= 0)
    line = slices.piece[row] * voices + voice
    order = np.argsort(line, kind="stable")
    pitch = slices.pitch[row, voice].astype(int)[order]
    low, high = ragged.extremes(line[order], score.n * voices, pitch)
    width = (high - low).reshape(score.n, voices)
    known = ~np.isnan(width)
    return ragged.ratio(np.where(known, width, 0).sum(axis=1), known.sum(axis=1))


@feature("share", source="Huron 1989", needs=VOICES, family="harmony")
def synchrony(score: Score) -> np.ndarray:
    """Mean share of the sounding voices that begin a note together when any does."""
    slices = score.slices
    begin = slices.attack.sum(axis=1)
    rows = begin > 0
    share = begin[rows] / sounding(slices)[rows]
    return ragged.mean(slices.piece[rows], score.n, share)


@feature(
    "share",
    source="after Huron 1989",
    needs=VOICES,
    family="harmony",
    empty="no note begins while two voices sound",
)
def independence(score: Score) -> np.ndarray:
    """Share of the note onsets of pairs of sounding voices that the two do not have in common."""
    slices = score.slices
    alone, any_ = np.zeros(score.n), np.zeros(score.n)
    voices = slices.pitch.shape[1]
    for upper in range(voices):
        for lower in range(upper + 1, voices):
            both = (slices.pitch[:, upper] >= 0) & (slices.pitch[:, lower] >= 0)
            one, other = slices.attack[both, upper], slices.attack[both, lower]
            piece = slices.piece[both]
            alone += ragged.total(piece[one ^ other], score.n)
            any_ += ragged.total(piece[one | other], score.n)
    return ragged.ratio(alone, any_)


@feature("ratio", 0, np.inf, needs=VOICES, family="harmony")
def bass_activity(score: Score) -> np.ndarray:
    """Number of notes of the lowest voice over that of the highest."""
    slices = score.slices
    row, voice = np.nonzero(slices.attack)
    piece = slices.piece[row]
    last = np.zeros(score.n, dtype=int)
    np.maximum.at(last, piece, voice)
    bottom = ragged.total(piece[voice == last[piece]], score.n)
    return ragged.ratio(bottom, ragged.total(piece[voice == 0], score.n))


@feature("share", source=_TEXTBOOK, needs=VOICES, family="harmony")
def pedal_share(score: Score) -> np.ndarray:
    """Share of the time in which the lowest pitch stays for four quarters or more, struck once
    or again and again, while another pitch class comes in above it.
    """
    slices = score.slices
    pitch = slices.pitch.astype(int)
    lowest = np.where(pitch >= 0, pitch, 999).min(axis=1, initial=999)
    bits = np.where(pitch >= 0, 1 << pitch % 12, 0)
    chord = np.bitwise_or.reduce(bits, axis=1)
    new = (np.diff(slices.piece, prepend=-1) != 0) | (np.diff(lowest, prepend=-1) != 0)
    run = np.cumsum(new) - 1
    length = np.bincount(run, slices.duration)
    first = chord[np.flatnonzero(new)]
    moves = np.bincount(run, (chord & ~first[run]) > 0) > 0
    pedal = ((length >= PEDAL) & moves)[run] & (lowest < 999)
    return mean_of_slices(score, pedal, lowest > -1)
