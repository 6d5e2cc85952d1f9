r"""Is it copied? How much of made music stands in the training set, and which passages are nearest.

Goal: a set may have perfect figures because it was copied. What Bach's own held-out chorales
share with the training set is the yardstick: a style has formulas.

Conventions
-----------
* A *window* is a number of frames (sixteenths, :mod:`.voices`) of four voices, or of the
  highest voice for tunes. It is copied if the training set holds the same window at any
  transposition, all voices moved alike. Windows with a rest or with an unchanging highest
  voice are left out: they are no evidence. A piece without a window has NaN.
* Windows are compared by 64-bit hashes of the intervals between the voices and of the steps
  of the highest one. That any two of a million different windows agree has a chance below 1
  in ten million.
* The *longest* copied stretch is measured in whole quarters.
* The *nearest* passage, of one voice, is that of :mod:`.nearest`.
* Nothing is compared with itself: a training piece of the same id is passed over by
  :func:`nearest`; for windows give a training set without the pieces that are asked about.

Sources
-------
Rolling hashes: R. M. Karp and M. O. Rabin, "Efficient randomized pattern-matching
algorithms", IBM Journal of Research and Development 31 (1987). Z. Yin, F. Reuben, S. Stepney
and T. Collins, "Measuring when a music generation algorithm copies too much", SN Computer
Science 3 (2022).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap
from ricercar.assess.nearest import nearest
from ricercar.assess.voices import STEP, VOICES, frames, numbered
from ricercar.errors import ParameterError
from ricercar.tables import TICKS_PER_QUARTER

WINDOW = 16
LENGTHS = (8, 16, 32)
_QUARTER = TICKS_PER_QUARTER // STEP
_BASE = np.uint64(0x9E3779B97F4A7C15)

#: measure -> (what it says, unit)
MEASURES: dict[str, tuple[str, str]] = {
    **{
        f"copied_{length}": (f"windows of {length} sixteenths found in the training set", "%")
        for length in LENGTHS
    },
    "longest_copied": ("longest stretch found in the training set", "quarters"),
    "nearest_similarity": ("nearest passage of a voice, of the whole voice", "share"),
    "nearest_score": ("evidence for that passage having been copied", "bits"),
}


@dataclass(frozen=True)
class Stretches:
    """A set of pieces, ready for looking up stretches of any length.

    Attributes
    ----------
    owner : numpy.ndarray of int, shape (frames,)
        Row of the piece of each frame.
    shape : numpy.ndarray of uint64, shape (frames,)
        Hash of the intervals between the voices.
    sums : numpy.ndarray of uint64, shape (frames + 1,)
        Running sum of the hashes of shape and step, each times a power of the base.
    back : numpy.ndarray of uint64, shape (frames + 1,)
        Inverse of that power.
    rests, changes : numpy.ndarray of int, shape (frames + 1,)
        Running numbers of frames with a rest, and of changes of the highest voice.
    count : int
        Number of pieces.
    """

    owner: np.ndarray
    shape: np.ndarray
    sums: np.ndarray
    back: np.ndarray
    rests: np.ndarray
    changes: np.ndarray
    count: int

    def windows(self, length: int) -> tuple[np.ndarray, np.ndarray]:
        """Hash of every window that is evidence, and the piece it is from.

        Returns
        -------
        key : numpy.ndarray of uint64, shape (windows,)
        owner : numpy.ndarray of int, shape (windows,)
        """
        if length < 2:
            raise ParameterError(f"windows of {length} frames: give 2 or more")
        start = np.arange(max(len(self.owner) - length + 1, 0))
        end = start + length
        kept = self.owner[start] == self.owner[end - 1]
        kept &= self.rests[end] == self.rests[start]
        kept &= self.changes[end] > self.changes[start + 1]
        start, end = start[kept], end[kept]
        key = self.shape[start] + (self.sums[end] - self.sums[start + 1]) * self.back[start]
        return key, self.owner[start]


def stretches(pieces: pd.DataFrame, notes: pd.DataFrame, voices: int = VOICES) -> Stretches:
    """Prepare a set of pieces for looking up stretches.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        A set.
    voices : int
        Voices looked at, from the highest: 4 for chorales, 1 for tunes.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b"]})
    >>> notes = pd.DataFrame({"piece": ["a", "a", "b", "b"], "part": 0, "onset": [0, 120] * 2,
    ...                       "duration": 120, "pitch": [60, 62, 65, 67]})
    >>> key, owner = stretches(pieces, notes, voices=1).windows(2)
    >>> bool(key[0] == key[1]), owner.tolist()
    (True, [0, 1])
    """
    if not 1 <= voices <= VOICES:
        raise ParameterError(f"{voices} voices: give 1 to {VOICES}")
    grid, owner = frames(*numbered(pieces, notes), len(pieces))
    grid = grid[:, :voices].astype(np.int64)
    # odd random factors: the same in every call, so that two sets can be compared
    factor = np.random.default_rng(0).integers(1, 2**63, VOICES, dtype=np.uint64) * 2 + 1
    below = (grid - grid[:, :1]).astype(np.uint64)
    shape = below @ factor[:voices]
    step = np.diff(grid[:, 0], prepend=0)
    joined = np.zeros(len(owner), dtype=bool)
    joined[1:] = owner[1:] == owner[:-1]
    mixed = _mix(shape + step.astype(np.uint64) * factor[0])
    size = len(owner) + 1
    power = np.cumprod(np.full(size, _BASE))
    return Stretches(
        owner=owner,
        shape=_mix(shape),
        sums=np.concatenate([np.zeros(1, np.uint64), np.cumsum(mixed * power[:-1])]),
        back=np.cumprod(np.full(size, np.uint64(pow(int(_BASE), -1, 2**64)))),
        rests=np.concatenate([[0], np.cumsum((grid < 0).any(axis=1))]),
        changes=np.concatenate([[0], np.cumsum(joined & (step != 0))]),
        count=len(pieces),
    )


def _mix(number: np.ndarray) -> np.ndarray:
    """The finaliser of SplitMix64: after it sums of hashes agree by accident only."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


def _found(train: Stretches, made: Stretches, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Number of copied windows and of windows, per piece."""
    key, owner = made.windows(length)
    hit = np.isin(key, train.windows(length)[0])
    top = np.bincount(owner[hit], minlength=made.count)
    return top.astype(float), np.bincount(owner, minlength=made.count).astype(float)


def copied_windows(
    train: tuple[pd.DataFrame, pd.DataFrame],
    made: tuple[pd.DataFrame, pd.DataFrame],
    length: int = WINDOW,
    voices: int = VOICES,
) -> np.ndarray:
    """Share of each piece's windows that stand in the training set, at any transposition.

    Parameters
    ----------
    train, made : (pieces, notes)
    length : int
        Frames of a window, 2 or more.
    voices : int
        4 for chorales, 1 for tunes.

    Returns
    -------
    numpy.ndarray, shape (made pieces,)
        Per cent; NaN for a piece without a window.

    Examples
    --------
    >>> tune = pd.DataFrame({"piece": "a", "part": 0, "onset": np.arange(4) * 120,
    ...                      "duration": 120, "pitch": [60, 62, 64, 65]})
    >>> higher = tune.assign(piece="b", pitch=[65, 67, 69, 60])
    >>> one, other = pd.DataFrame({"piece": ["a"]}), pd.DataFrame({"piece": ["b"]})
    >>> copied_windows((one, tune), (other, higher), length=3, voices=1).tolist()
    [50.0]
    """
    top, bottom = _found(stretches(*train, voices), stretches(*made, voices), length)
    with np.errstate(invalid="ignore"):
        return 100 * top / bottom


def copied(
    real: tuple[pd.DataFrame, pd.DataFrame],
    made: tuple[pd.DataFrame, pd.DataFrame],
    seed: int = 0,
    length: int = WINDOW,
    voices: int = VOICES,
) -> tuple[float, float, float, int]:
    """Share of a set's windows that stand in real music too, at any transposition.

    Parameters
    ----------
    real, made : (pieces, notes)
        Column ``group`` of the made pieces says which are drawn together.
    seed : int
    length, voices : int
        See :func:`copied_windows`.

    Returns
    -------
    value, low, high : float
        Per cent, with a bootstrap interval over the groups of made pieces.
    n : int
        Windows looked up.
    """
    top, bottom = _found(stretches(*real, voices), stretches(*made, voices), length)
    group, names = pd.factorize(made[0]["group"])
    above, below = (np.bincount(group, counts, len(names)) for counts in (100 * top, bottom))
    value, low, high = bootstrap.ratio(above, below, seed=seed)
    return float(value[0]), float(low[0]), float(high[0]), int(bottom.sum())


def _longest(train: Stretches, made: Stretches) -> np.ndarray:
    longest = np.where(_found(train, made, 2)[1] > 0, 0.0, np.nan)
    quarters = 1
    while True:
        hits = _found(train, made, quarters * _QUARTER)[0] > 0
        if not hits.any():
            return longest
        longest[hits] = quarters
        quarters += 1


def longest_copied(
    train: tuple[pd.DataFrame, pd.DataFrame],
    made: tuple[pd.DataFrame, pd.DataFrame],
    voices: int = VOICES,
) -> np.ndarray:
    """The longest stretch of each piece that stands in the training set, at any transposition.

    Returns
    -------
    numpy.ndarray, shape (made pieces,)
        Whole quarters, rounded down; 0 where not even a quarter with a change of pitch is
        found, NaN for a piece without such a quarter.
    """
    return _longest(stretches(*train, voices), stretches(*made, voices))


def evaluate(
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    train: tuple[pd.DataFrame, pd.DataFrame],
    voices: int = VOICES,
) -> pd.DataFrame:
    """Every measure of originality of every piece.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        Made music, or held-out human music as its yardstick.
    train : (pieces, notes)
    voices : int
        4 for chorales, 1 for tunes.

    Returns
    -------
    pandas.DataFrame
        Column piece, then :data:`MEASURES`. Copied windows and stretches are NaN for a piece
        that has none; a piece of which nothing is like any training piece has similarity 0.
    """
    known, asked = stretches(*train, voices), stretches(pieces, notes, voices)
    table = pd.DataFrame({"piece": pieces["piece"].to_numpy()})
    for length in LENGTHS:
        top, bottom = _found(known, asked, length)
        with np.errstate(invalid="ignore"):
            table[f"copied_{length}"] = 100 * top / bottom
    table["longest_copied"] = _longest(known, asked)
    best = nearest(train, (pieces, notes), n=1).set_index("piece").reindex(table["piece"])
    sounds = table["piece"].isin(notes["piece"]).to_numpy()
    for name in ("similarity", "score"):
        table[f"nearest_{name}"] = np.where(sounds, best[name].fillna(0.0), np.nan)
    return table


def beyond(made: np.ndarray, held_out: np.ndarray, level: float = 0.95) -> float:
    """Share of made pieces that are nearer to the training set than human ones ever are.

    Parameters
    ----------
    made, held_out : numpy.ndarray
        The same measure of made and of held-out human pieces; NaN is left out.
    level : float
        Quantile of the held-out pieces that counts as "ever".

    Returns
    -------
    float
        0..1: a set that copies no more than people do has about ``1 - level``.

    Examples
    --------
    >>> beyond(np.array([0.1, 0.2, 0.9, np.nan]), np.linspace(0, 0.5, 21))
    0.3333333333333333
    """
    mine, theirs = (values[~np.isnan(values)] for values in (made, held_out))
    if not len(mine) or not len(theirs):
        return float("nan")
    return float((mine > np.quantile(theirs, level)).mean())
