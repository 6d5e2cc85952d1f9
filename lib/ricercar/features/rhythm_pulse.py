"""Features of pulse and of phrase: what can be told of time without a notated meter.

Conventions
-----------
* Times are in quarters. Self-similarity is that of :mod:`ricercar.features.pulse`.
* Phrases are those of :mod:`ricercar.features.phrases`; the length of one is the time from
  its first onset to that of the next phrase, or to the end of its last note if there is
  none.

Sources
-------
J. C. Brown, *Journal of the Acoustical Society of America* 94, 1993 (autocorrelation);
O. Lartillot et al., "Multi-feature modeling of pulse clarity", ISMIR 2008; J. Bilmes, *Timing
is of the Essence*, thesis, MIT 1993 (tatum); N. P. M. Todd, "A model of expressive timing in
tonal music", *Music Perception* 3, 1985 (final lengthening).
"""

from functools import partial

import numpy as np

from ricercar.features import ragged
from ricercar.features.pulse import LAGS
from ricercar.features.registry import feature
from ricercar.features.score import Score
from ricercar.tables import TICKS_PER_QUARTER

WINDOW = 4  # quarters in which onsets are counted
TATUM = 20  # ticks: the finest tatum that is looked for

rhythmic = partial(feature, family="rhythm", needs=("notes", "intervals"))
_SHORT = "the melody is shorter than the lags compared"


@rhythmic("similarity", source="after Brown 1993; Lartillot et al. 2008", empty=_SHORT)
def pulse_clarity(score: Score) -> np.ndarray:
    """Largest self-similarity of the onsets at lags of 1/2 to 8 quarters."""
    return np.fmax.reduce(score.self_similarity, axis=1)


@rhythmic("quarters", 0.5, 8, source="after Brown 1993", empty=_SHORT)
def pulse_period(score: Score) -> np.ndarray:
    """Lag, of 1/2 to 8 quarters, at which the onsets are most self-similar; the shortest of
    several.
    """
    similarity = np.nan_to_num(score.self_similarity, nan=-1.0)
    # equal but for rounding counts as equal
    best = np.round(similarity, 9).argmax(axis=1)
    return np.where(similarity.max(axis=1) >= 0, np.array(LAGS)[best], np.nan)


@rhythmic("similarity", empty=_SHORT)
def pulse_contrast(score: Score) -> np.ndarray:
    """Largest self-similarity less the mean over the lags: high where one pulse stands out."""
    similarity = score.self_similarity
    known = ~np.isnan(similarity)
    mean = ragged.ratio(np.nan_to_num(similarity).sum(axis=1), known.sum(axis=1))
    return np.fmax.reduce(similarity, axis=1) - mean


@rhythmic("similarity", -1, 1, source="after Brown 1993", empty=_SHORT)
def ternary_pulse(score: Score) -> np.ndarray:
    """Mean self-similarity at lags of 3/2 and 3 quarters less that at 1 and 2: above 0 where
    time goes in threes.
    """
    at = {lag: score.self_similarity[:, place] for place, lag in enumerate(LAGS)}
    return (at[1.5] + at[3.0] - at[1.0] - at[2.0]) / 2


def _tatums(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """Tatum of each piece, and the number of tatums from the first onset to the last."""
    line = score.melody
    first = ragged.runs(line.piece, 2)
    piece = line.piece[first]
    begin = ragged.starts(line.piece)
    place = line.onset - np.repeat(line.onset[begin], np.diff(np.append(begin, len(line.piece))))
    place = np.rint(place / TATUM).astype(np.int64)
    tatum = np.full(score.n, np.nan)
    if len(first):
        start = ragged.starts(piece)
        common = np.gcd.reduceat(np.diff(place)[first], start)
        tatum[piece[start[common > 0]]] = common[common > 0]
    _, length = ragged.extremes(line.piece, score.n, place)
    return tatum, length / tatum


@rhythmic("quarters", 0, np.inf, source="Bilmes 1993", empty="all onsets within 1/48 of a quarter")
def tatum(score: Score) -> np.ndarray:
    """The longest time, in multiples of 1/24 of a quarter, that divides every inter-onset
    interval.
    """
    return _tatums(score)[0] * TATUM / TICKS_PER_QUARTER


@rhythmic("share", source="after Bilmes 1993", empty="all onsets within 1/48 of a quarter")
def tatum_occupancy(score: Score) -> np.ndarray:
    """Share of the tatums from the first onset to the last on which a note begins."""
    _, tatums = _tatums(score)
    return np.minimum(ragged.total(score.melody.piece, score.n) / (tatums + 1), 1.0)


def _window_counts(score: Score) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Piece and number of onsets of each window with onsets, and windows of each piece."""
    line = score.melody
    begin, end = ragged.extremes(line.piece, score.n, line.onset)
    window = (line.onset - begin[line.piece]) // (WINDOW * TICKS_PER_QUARTER)
    owner, _, count = ragged.counts(line.piece, window.astype(np.int64))
    return owner, count, (end - begin) // (WINDOW * TICKS_PER_QUARTER) + 1


@feature("ratio", 0, np.inf, family="rhythm")
def density_variation(score: Score) -> np.ndarray:
    """Standard deviation of the number of onsets in each 4 quarters over its mean."""
    owner, count, windows = _window_counts(score)
    mean = ragged.ratio(ragged.total(owner, score.n, count), windows)
    square = ragged.ratio(ragged.total(owner, score.n, count**2), windows)
    return ragged.ratio(np.sqrt(np.maximum(square - mean**2, 0)), mean)


@feature("notes per quarter", 0, np.inf, family="rhythm")
def peak_density(score: Score) -> np.ndarray:
    """Largest number of notes per quarter in any 4 quarters, counted from the first onset on."""
    owner, count, _ = _window_counts(score)
    return ragged.extremes(owner, score.n, count)[1] / WINDOW


def _phrases(score: Score) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Piece of each phrase, its first and last note, and its length in ticks."""
    line, phrase = score.melody, score.phrases
    first, last = ragged.starts(phrase), ragged.ends(phrase)
    piece = line.piece[first]
    end = line.onset[last] + line.duration[last]
    end[:-1] = np.where(np.diff(piece) == 0, line.onset[first[1:]], end[:-1])
    return piece, first, last, end - line.onset[first]


_LBDM = "Cambouropoulos 2001 (phrases)"


@feature("quarters", 0, np.inf, family="rhythm", source=_LBDM)
def phrase_length(score: Score) -> np.ndarray:
    """Mean length of the phrases."""
    piece, _, _, length = _phrases(score)
    return ragged.mean(piece, score.n, length) / TICKS_PER_QUARTER


@feature("notes", 1, np.inf, family="rhythm", source=_LBDM)
def phrase_notes(score: Score) -> np.ndarray:
    """Mean number of notes of the phrases."""
    piece, first, last, _ = _phrases(score)
    return ragged.mean(piece, score.n, last - first + 1)


@rhythmic("ratio", 0, np.inf, source=_LBDM, empty="only one phrase")
def phrase_variation(score: Score) -> np.ndarray:
    """Standard deviation of the lengths of the phrases over their mean."""
    piece, _, _, length = _phrases(score)
    ratio = ragged.ratio(ragged.spread(piece, score.n, length), ragged.mean(piece, score.n, length))
    return np.where(ragged.total(piece, score.n) > 1, ratio, np.nan)


@rhythmic("share", source=_LBDM, empty="only one phrase")
def phrase_balance(score: Score) -> np.ndarray:
    """Share of pairs of successive phrases that are equally long."""
    piece, _, _, length = _phrases(score)
    first = ragged.runs(piece, 2)
    return ragged.mean(piece[first], score.n, length[first] == length[first + 1])


@rhythmic("ratio", 0, np.inf, source=f"Todd 1985; {_LBDM}", empty="no phrase of two notes or more")
def final_lengthening(score: Score) -> np.ndarray:
    """Geometric mean over the phrases of the duration of the last note over the mean duration of
    the others.
    """
    line = score.melody
    piece, first, last, _ = _phrases(score)
    whole = np.add.reduceat(line.duration, first) if len(first) else first
    several = last > first
    piece, first, last, whole = (column[several] for column in (piece, first, last, whole))
    final = line.duration[last]
    others = (whole - final) / (last - first)
    return np.exp(ragged.mean(piece, score.n, np.log(final / others)))
