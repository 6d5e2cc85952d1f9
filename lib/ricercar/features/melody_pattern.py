"""Features of pattern in the melody: entropy, motifs, repetition and sequence.

Conventions
-----------
* Entropies are in bits unless divided by the largest possible, which makes them shares.
* Motifs (m-types) are those of :mod:`ricercar.features.motifs`; their statistics are means
  over motifs of 1 to 5 steps, of the lengths that the melody is long enough for.

Sources
-------
C. E. Shannon, "A mathematical theory of communication", 1948; D. Müllensiefen, *FANTASTIC*,
Goldsmiths 2009 (statistics of m-types, after R. H. Baayen, *Word Frequency Distributions*,
Kluwer 2001); C. McKay, *Automatic Music Classification with jMIR*, thesis, McGill 2010.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from ricercar.features import motifs, ragged
from ricercar.features.registry import feature
from ricercar.features.score import Score

_SHANNON = "Shannon 1948"
_FANTASTIC = "Müllensiefen 2009"
LONGEST_SEQUENCE = 8  # notes in a model that a sequence or restatement repeats

melodic = partial(feature, family="melody", needs=("notes", "intervals"))


@feature("bits", 0, 7, family="melody", source=_SHANNON)
def pitch_entropy(score: Score) -> np.ndarray:
    """Entropy of the pitches of the notes."""
    line = score.melody
    return ragged.entropy(line.piece, score.n, line.pitch)


@melodic("bits", 0, 8, source="McKay 2010")
def interval_entropy(score: Score) -> np.ndarray:
    """Entropy of the signed melodic intervals."""
    piece, size = score.intervals
    return ragged.entropy(piece, score.n, size)


@melodic("bits", 0, 7, source=_SHANNON)
def pitch_conditional_entropy(score: Score) -> np.ndarray:
    """Entropy of the next pitch when the present one is known."""
    line = score.melody
    first = ragged.runs(line.piece, 2)
    piece, pitch = line.piece[first], line.pitch
    return ragged.conditional_entropy(piece, score.n, pitch[first], pitch[first + 1])


@melodic("bits", 0, 8, source=_SHANNON, empty="fewer than three notes in the melody")
def interval_conditional_entropy(score: Score) -> np.ndarray:
    """Entropy of the next signed interval when the present one is known."""
    piece, size = score.intervals
    first = ragged.runs(piece, 2)
    after = size[first + 1] + 127
    return ragged.conditional_entropy(piece[first], score.n, size[first], after)


@melodic("bits", 0, 5, source=_SHANNON, empty="fewer than four notes in the melody")
def contour_entropy(score: Score) -> np.ndarray:
    """Entropy of runs of three directions (up, down or repeated)."""
    piece, size = score.intervals
    code, first = _runs(piece, np.sign(size) + 1, 3, 3)
    return ragged.entropy(piece[first], score.n, code)


def _runs(
    piece: np.ndarray, symbol: np.ndarray, length: int, kinds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Code of every run of symbols (0 to kinds - 1), and where it begins."""
    first = ragged.runs(piece, length)
    code = np.zeros(len(first), dtype=np.int64)
    for step in range(length):
        code = code * kinds + symbol[first + step]
    return code, first


def _patterns(score: Score, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Piece and code of every run of ``length`` melodic intervals."""
    piece, size = score.intervals
    code, first = _runs(piece, size + 127, length, 255)
    return piece[first], code


@melodic(
    "share",
    source=f"{_SHANNON}; normalised by the entropy of runs that never recur",
    empty="fewer than two runs of two intervals",
)
def pattern_entropy(score: Score) -> np.ndarray:
    """Entropy of runs of two intervals over the largest that so many runs can have."""
    piece, code = _patterns(score, 2)
    count = ragged.total(piece, score.n)
    most = np.log2(np.maximum(count, 1))
    return np.clip(ragged.ratio(ragged.entropy(piece, score.n, code), most), 0, 1)


def _recurrence(piece: np.ndarray, code: np.ndarray, n: int) -> np.ndarray:
    """Share of each piece's codes that it had before."""
    owner, _ = ragged.distinct(piece, code)
    return 1 - ragged.ratio(ragged.total(owner, n), ragged.total(piece, n))


@melodic("share", empty="fewer than five notes in the melody")
def repetition(score: Score) -> np.ndarray:
    """Share of runs of four intervals that repeat an earlier one, transposition allowed."""
    return _recurrence(*_patterns(score, 4), score.n)


@melodic("share", empty="fewer than eight notes in the melody")
def exact_repetition(score: Score) -> np.ndarray:
    """Share of runs of eight notes whose pitches and durations come back exactly."""
    line = score.melody
    note, first = ragged.hashed(line.pitch, line.duration), ragged.runs(line.piece, 8)
    code = np.zeros(len(first), dtype=np.uint64)
    for step in range(8):
        code = ragged.hashed(code + note[first + step])
    return _recurrence(line.piece[first], code.view(np.int64), score.n)


@melodic("share", reveals_meter=True, needs=("notes", "meter"))
def bar_recurrence(score: Score) -> np.ndarray:
    """Share of bars whose melody (onsets, durations and pitches) an earlier bar had."""
    place = score.metrical
    when, length = np.rint(place.position / 20), np.rint(place.line.duration / 20)
    event = (when, length, place.line.pitch)
    return ragged.recurring_sets(place.line.piece, score.n, place.number, *event)


def _restated(score: Score, transposed: bool) -> np.ndarray:
    """Share of notes that lie in a model's immediate restatement, at its pitch or at another."""
    line = score.melody
    piece, step = motifs.steps(line)
    first = ragged.runs(line.piece, 2)
    covered = np.zeros(len(line.piece) + 1, dtype=np.int64)
    for size in range(3, LONGEST_SEQUENCE + 1):
        # a model of `size` notes has size - 1 steps; its restatement begins `size` notes later
        start = ragged.runs(piece, 2 * size - 1)
        run = np.cumsum(np.concatenate(([0], step[:-size] == step[size:])))
        whole = run[start + size - 1] - run[start] == size - 1
        start = first[start[whole]]
        other = line.pitch[start + size] != line.pitch[start]
        start = start[other == transposed] + size
        np.add.at(covered, start, 1)
        np.add.at(covered, start + size, -1)
    inside = np.cumsum(covered[:-1]) > 0
    long_enough = np.bincount(line.piece, minlength=score.n) >= 6
    share = ragged.mean(line.piece, score.n, inside)
    return np.where(long_enough, share, np.nan)


@melodic("share", empty="fewer than six notes in the melody")
def sequence_share(score: Score) -> np.ndarray:
    """Share of notes in sequences: in an immediate restatement, at another pitch, of the 3 to 8
    notes before (by diatonic interval and relative length).
    """
    return _restated(score, True)


@melodic("share", empty="fewer than six notes in the melody")
def restatement_share(score: Score) -> np.ndarray:
    """Share of notes in an immediate restatement, at the same pitch, of the 3 to 8 notes before
    (by diatonic interval and relative length).
    """
    return _restated(score, False)


def _motif_mean(
    score: Score, measure: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
) -> np.ndarray:
    """Mean over the lengths of motif of ``measure(owner, count, size)``, NaN passed over."""
    sums, lengths = np.zeros(score.n), np.zeros(score.n)
    for owner, count in score.motifs:
        value = measure(owner, count, ragged.total(owner, score.n, count))
        sums += np.nan_to_num(value)
        lengths += ~np.isnan(value)
    return ragged.ratio(sums, lengths)


@melodic("share", source=f"{_FANTASTIC}, mean.entropy", empty="fewer than three notes")
def motif_entropy(score: Score) -> np.ndarray:
    """Entropy of the motifs over the logarithm of their number."""

    def measure(owner: np.ndarray, count: np.ndarray, size: np.ndarray) -> np.ndarray:
        share = count / size[owner]
        bits = ragged.total(owner, score.n, -share * np.log2(share))
        return np.clip(ragged.ratio(bits, np.log2(np.maximum(size, 1))), 0, 1)

    return _motif_mean(score, measure)


@melodic("share", source=f"{_FANTASTIC}, mean.productivity")
def motif_productivity(score: Score) -> np.ndarray:
    """Number of motifs that occur once over the number of all motifs."""

    def measure(owner: np.ndarray, count: np.ndarray, size: np.ndarray) -> np.ndarray:
        return ragged.ratio(ragged.total(owner, score.n, count == 1), size)

    return _motif_mean(score, measure)


@melodic("index", 0, 1000, source=f"{_FANTASTIC}, mean.Yules.K")
def yule_k(score: Score) -> np.ndarray:
    """Yule's K: 1000 (sum of the squared counts of the motifs - N) / N squared, N motifs in all."""

    def measure(owner: np.ndarray, count: np.ndarray, size: np.ndarray) -> np.ndarray:
        return ragged.ratio(1000 * (ragged.total(owner, score.n, count**2) - size), size**2)

    return _motif_mean(score, measure)


@melodic("probability", source=f"{_FANTASTIC}, mean.Simpsons.D", empty="fewer than three notes")
def simpson_d(score: Score) -> np.ndarray:
    """Simpson's D: probability that two motifs drawn without replacement are the same."""

    def measure(owner: np.ndarray, count: np.ndarray, size: np.ndarray) -> np.ndarray:
        pairs = ragged.total(owner, score.n, count * (count - 1))
        return ragged.ratio(pairs, size * (size - 1))

    return _motif_mean(score, measure)


@melodic("share", source=f"{_FANTASTIC}, mean.Sichels.S")
def sichel_s(score: Score) -> np.ndarray:
    """Sichel's S: share of the different motifs that occur exactly twice."""

    def measure(owner: np.ndarray, count: np.ndarray, size: np.ndarray) -> np.ndarray:
        return ragged.mean(owner, score.n, count == 2)

    return _motif_mean(score, measure)


@melodic("index", 0, np.inf, source=f"{_FANTASTIC}, mean.Honores.H", empty="no motif occurs twice")
def honore_h(score: Score) -> np.ndarray:
    """Honoré's H: 100 log N / (1 - share of the different motifs that occur once), of N motifs."""

    def measure(owner: np.ndarray, count: np.ndarray, size: np.ndarray) -> np.ndarray:
        again = ragged.mean(owner, score.n, count > 1)
        return ragged.ratio(100 * np.log(np.maximum(size, 1)), np.nan_to_num(again))

    return _motif_mean(score, measure)
