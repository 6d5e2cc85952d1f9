"""What the grading function of chorales counts: degrees, note values, chords, intervals, repeats.

Goal: the histograms behind :mod:`.grading`, for a whole table of notes at a time.

Conventions
-----------
* Counts are taken on the grid of sixteenths (:mod:`.voices`), part 0 the soprano; parts from
  4 on are left out. A result has a row for each piece.
* A *token* is a note or a rest of one voice; a *line* is one voice of one piece.
* The *quality* of a chord is what its pitch classes are, whatever the root and the bass.

Sources
-------
A. Fang, A. Liu, P. Seetharaman and B. Pardo, "Bach or mock? A grading function for chorales
in the style of J. S. Bach" (2020). Repeats from pairs of places: J.-L. Hsu, C.-C. Liu and
A. L. P. Chen, "Discovering nontrivial repeating patterns in music data", IEEE Transactions on
Multimedia 3 (2001).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.assess import voices
from ricercar.assess.music import histogram
from ricercar.assess.voices import VOICES, numbered
from ricercar.features.key_profiles import PROFILES, best, correlations

#: features with a bin for each category
FEATURES = (
    "pitch",
    "rhythm",
    "harmonic_quality",
    "soprano_intervals",
    "alto_intervals",
    "tenor_intervals",
    "bass_intervals",
    "repeated_sequences",
)
_LONGEST = 256  # sixteenths
_WIDEST = 24  # semitones
_BASE = np.uint64(0x9E3779B97F4A7C15)

#: quality -> semitones above the root; other chords are one quality, "other"
QUALITIES: dict[str, tuple[int, ...]] = {
    "major": (0, 4, 7),
    "minor": (0, 3, 7),
    "diminished": (0, 3, 6),
    "augmented": (0, 4, 8),
    "suspended": (0, 5, 7),
    "dominant seventh": (0, 4, 7, 10),
    "major seventh": (0, 4, 7, 11),
    "minor seventh": (0, 3, 7, 10),
    "half-diminished seventh": (0, 3, 6, 10),
    "diminished seventh": (0, 3, 6, 9),
    "minor-major seventh": (0, 3, 7, 11),
    "augmented seventh": (0, 4, 8, 10),
    "augmented major seventh": (0, 4, 8, 11),
    "suspended seventh": (0, 5, 7, 10),
    "power": (0, 7),
    "unison": (0,),
}


def _quality_of_sets() -> np.ndarray:
    """Number of the quality of each of the 4,096 sets of pitch classes."""
    found = np.full(4096, len(QUALITIES))
    for quality, steps in reversed(list(enumerate(QUALITIES.values()))):
        for root in range(12):
            found[sum(1 << (root + step) % 12 for step in steps)] = quality
    return found


_QUALITY = _quality_of_sets()


@dataclass(frozen=True)
class Histograms:
    """What is counted in a set of chorales.

    Attributes
    ----------
    counts : dict of str to numpy.ndarray, shape (pieces, bins)
        For each of :data:`FEATURES`, and ``parallel_errors`` (octaves, fifths).
    minor : numpy.ndarray of bool, shape (pieces,)
    notes : numpy.ndarray, shape (pieces,)
        Number of notes.
    whole : numpy.ndarray of bool, shape (pieces,)
        All four voices sound.
    """

    counts: dict[str, np.ndarray]
    minor: np.ndarray
    notes: np.ndarray
    whole: np.ndarray


def _written(
    number: np.ndarray, notes: pd.DataFrame, grid: np.ndarray, owner: np.ndarray, count: int
) -> np.ndarray:
    """Where a note or a rest begins on the grid, shape (frames, VOICES)."""
    begins = np.ones(grid.shape, dtype=bool)
    begins[1:] = (grid[1:] != grid[:-1]) | (owner[1:] != owner[:-1])[:, None]
    first = np.cumsum(np.bincount(owner, minlength=count))
    start = np.concatenate([[0], first[:-1]]) if count else first
    row = start[number] + -(-notes["onset"].to_numpy() // voices.STEP)
    part, pitch = notes["part"].to_numpy(), notes["pitch"].to_numpy()
    heard = np.flatnonzero((part < VOICES) & (row < len(grid)))
    heard = heard[grid[row[heard], part[heard]] == pitch[heard]]
    begins[row[heard], part[heard]] = True
    return begins


def repeats(
    line: np.ndarray, token: np.ndarray, length: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Maximal repeated sequences of two tokens or more, and how often they occur.

    A sequence is maximal at a pair of places if it cannot be prolonged at both alike. From
    the pairs ``m`` at which it is so its occurrences follow, :math:`m = f (f - 1) / 2`.

    Parameters
    ----------
    line : numpy.ndarray of int, shape (tokens,)
        Which voice of which piece, each in one stretch; a repeat stays within its line.
    token : numpy.ndarray of int, shape (tokens,)
        Pitch and length of a note.
    length : numpy.ndarray of int, shape (tokens,)

    Returns
    -------
    line, size, times : numpy.ndarray
        For each different sequence its line, the sum of its lengths, its occurrences.

    Examples
    --------
    >>> repeats(np.zeros(6, int), np.array([1, 2, 3, 1, 2, 4]), np.full(6, 4))
    (array([0]), array([8]), array([2.]))
    """
    until = np.concatenate([[0], np.cumsum(length)])
    known, code = np.unique(token, return_inverse=True)
    key = np.random.default_rng(0).integers(1, 2**63, len(known), dtype=np.uint64)[code]
    # a hash of every stretch from its ends: sums of key * base ** place, base odd
    power = np.cumprod(np.full(len(token) + 1, _BASE, dtype=np.uint64))
    back = np.cumprod(np.full(len(token) + 1, pow(int(_BASE), -1, 2**64), dtype=np.uint64))
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(key * power[:-1])])
    firsts, lasts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    runs = np.flatnonzero(np.diff(line, prepend=-1, append=-1))
    for lag in range(1, np.diff(runs).max(initial=1)):
        equal = (token[lag:] == token[:-lag]) & (line[lag:] == line[:-lag])
        edges = np.flatnonzero(np.diff(equal, prepend=False, append=False))
        first, last = edges[::2], edges[1::2]
        kept = last - first > 1
        firsts.append(first[kept])
        lasts.append(last[kept])
    first, last = np.concatenate(firsts), np.concatenate(lasts)
    content = (total[last] - total[first]) * back[first]
    order = np.lexsort((content, line[first]))
    first, last, content = first[order], last[order], content[order]
    new = np.ones(len(first), dtype=bool)
    new[1:] = (content[1:] != content[:-1]) | (line[first[1:]] != line[first[:-1]])
    pairs = np.diff(np.flatnonzero(new), append=len(first))
    size = (until[last] - until[first])[new]
    return line[first[new]], size, (1 + np.sqrt(1 + 8 * pairs)) / 2


def histograms(pieces: pd.DataFrame, notes: pd.DataFrame) -> Histograms:
    """Count every feature in every chorale.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        Chorales, part 0 the soprano; parts from 4 on are left out.

    Examples
    --------
    >>> chord = pd.DataFrame({"piece": "a", "part": range(4), "onset": 0, "duration": 480,
    ...                       "pitch": [72, 67, 64, 48]})
    >>> found = histograms(pd.DataFrame({"piece": ["a"]}), chord)
    >>> found.counts["harmonic_quality"][0].tolist()[:2], bool(found.minor[0])
    ([1.0, 0.0], False)
    """
    count = len(pieces)
    number, ordered = numbered(pieces, notes)
    grid, owner = voices.frames(number, ordered, count)
    begins = _written(number, ordered, grid, owner, count)
    classes = histogram(
        np.repeat(owner, VOICES), np.where(grid < 0, 12, grid % 12).ravel(), count, 13
    )
    tonic, minor = best(correlations(classes[:, :12], PROFILES["aarden"]))
    degree = np.where(grid < 0, 12, (grid - tonic[owner][:, None]) % 12)

    flat = np.flatnonzero(begins.T)
    length = np.diff(flat, append=begins.size)
    voice, row = np.divmod(flat, max(len(grid), 1))
    value = np.minimum(length, _LONGEST - 1)
    token = grid[row, voice] * np.int64(_LONGEST) + value
    line, size, times = repeats(voice * count + owner[row], token, length)
    repeated = np.zeros((count, _LONGEST))
    np.add.at(repeated, (line % max(count, 1), np.minimum(size, _LONGEST - 1)), times)
    found = {
        "pitch": histogram(np.repeat(owner, VOICES), degree.ravel(), count, 13),
        "rhythm": histogram(owner[row], value, count, _LONGEST),
        "repeated_sequences": repeated,
    }

    sounds = grid >= 0
    sets = np.bitwise_or.reduce(np.where(sounds, 1 << (grid % 12).astype(np.int64), 0), axis=1)
    slices = begins.any(axis=1) & sounds.any(axis=1)
    found["harmonic_quality"] = histogram(
        owner[slices], _QUALITY[sets[slices]], count, len(QUALITIES) + 1
    )
    part = ordered["part"].to_numpy()
    follows = (number[1:] == number[:-1]) & (part[1:] == part[:-1])
    steps = np.clip(np.diff(ordered["pitch"].to_numpy()), -_WIDEST, _WIDEST) + _WIDEST
    for voice_number, name in enumerate(("soprano", "alto", "tenor", "bass")):
        mine = follows & (part[1:] == voice_number)
        found[f"{name}_intervals"] = histogram(
            number[1:][mine], steps[mine], count, 2 * _WIDEST + 1
        )
    errors = voices.counts(grid, owner, count)
    found["parallel_errors"] = np.stack(
        [errors[name][:, 0] for name in ("parallel_octaves", "parallel_fifths")], axis=1
    )
    four = part < VOICES
    heard = histogram(number[four], part[four], count, VOICES)
    whole = np.asarray((heard > 0).all(axis=1))
    return Histograms(found, minor, heard.sum(axis=1), whole)
