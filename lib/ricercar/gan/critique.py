r"""A critic of what was written: which cells are likelier in real music than in composed.

Goal: to mend what a decoder that decides voice by voice gets wrong between the voices,
without a rule made by hand. Once the decoder has learnt, it composes under the conditions
of the real pieces. A logistic regression then tells real cells from composed ones by what
happens in the cell :math:`c` and between it and what went before, :math:`b`: the cell before,
the harmony a beat ago, and the range of each voice so far. Its logit

.. math:: r(b, c) = \log p_\mathrm{real}(b, c) - \log p_\mathrm{composed}(b, c)
   = \sum_f w_f[\,f(b, c)\,]

is a sum of table entries, one for each feature :math:`f`. :class:`.writing.Writer` draws
several candidates for each cell and keeps one
with probability proportional to :math:`e^r`.

Conventions
-----------
* ``tokens`` and ``sounding`` are those of :mod:`.material`.
* Candidates are compared after the same music, so whatever :math:`r` says of that alone
  cancels, and the ratio for both serves as the ratio given what went before.
* Rounds add up: what is learnt from music composed with a critic is added to its tables.

Sources
-------
S. Azadi et al., "Discriminator rejection sampling" (ICLR 2019); Y. Deng et al., "Residual
energy-based models for text generation" (ICLR 2020); density ratios from a classifier:
M. Gutmann and A. Hyvärinen, "Noise-contrastive estimation" (AISTATS 2010).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import prod

import numpy as np

#: largest step of a voice, widest distance of neighbours and widest range that are told apart
STEP, APART, RANGE = 12, 24, 26

#: kinds of chord, by the pitch classes above the lowest note
_KINDS: tuple[tuple[tuple[int, ...], ...], ...] = (
    ((), (7,)),
    ((4,), (4, 7)),
    ((3,), (3, 7)),
    ((8,), (3, 8)),
    ((9,), (4, 9)),
    ((5,), (5, 9), (5, 8)),
    ((6,), (3, 6), (3, 9), (6, 9), (3, 6, 9)),
    ((10,), (4, 10), (7, 10), (4, 7, 10)),
    ((3, 10), (3, 7, 10), (3, 6, 10), (11,), (4, 11), (4, 7, 11)),
    ((6, 8), (3, 6, 8), (3, 5), (3, 5, 8), (5, 7, 8), (3, 5, 9), (2, 6), (2, 6, 9), (2, 5, 9)),
)
#: those above, all else, and silence
KINDS = len(_KINDS) + 2


@dataclass(frozen=True)
class Before:
    """What went before a cell, each of shape (n, voices).

    Attributes
    ----------
    begun, sounding : numpy.ndarray of int
        Tokens and sounding of the cell before.
    ago : numpy.ndarray of int
        Sounding a beat ago, 0 before the beginning.
    low, high : numpy.ndarray of int
        Lowest and highest pitch so far, 0 for none.
    """

    begun: np.ndarray
    sounding: np.ndarray
    ago: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def take(self, rows: np.ndarray) -> "Before":
        """Some of the cells, or the same several times."""
        each = (self.begun, self.sounding, self.ago, self.low, self.high)
        return Before(*(array[rows] for array in each))


def reached(
    low: np.ndarray, high: np.ndarray, sounding: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest pitch so far after one more cell.

    Examples
    --------
    >>> [array.tolist() for array in reached(np.array([0, 3]), np.array([0, 5]), np.array([4, 9]))]
    [[4, 3], [4, 9]]
    """
    lower = np.where((sounding > 0) & ((low == 0) | (sounding < low)), sounding, low)
    return lower, np.maximum(high, sounding)


class Critic:
    """What has been learnt, as the logit of a cell.

    Parameters
    ----------
    weights : mapping of str to numpy.ndarray
        A table for each name in :func:`tables`, from :func:`learn`.
    pitches, voices, slots : int
        Size of the grid.
    """

    def __init__(
        self, weights: Mapping[str, np.ndarray], pitches: int, voices: int, slots: int
    ) -> None:
        self.pitches, self.slots = pitches, slots
        shapes = tables(pitches, voices, slots)
        every = [np.reshape(np.asarray(weights[name], float), shapes[name]) for name in shapes]
        self.weights = np.concatenate([table.ravel() for table in every])

    def rate(self, before: Before, token: np.ndarray, sound: np.ndarray, slot: int) -> np.ndarray:
        """The logit r of cells.

        Parameters
        ----------
        before : Before
        token, sound : numpy.ndarray of int, shape (n, voices)
            Tokens and sounding of the cells.
        slot : int
            Place of the cells in their beat.

        Returns
        -------
        numpy.ndarray of float64, shape (n,)
        """
        slots = np.full(len(sound), slot)
        entries = features(before, token, sound, slots, self.pitches, self.slots)
        return self.weights[entries].sum(axis=1)


def tables(pitches: int, voices: int, slots: int) -> dict[str, tuple[int, ...]]:
    """Shapes of the critic's tables by name.

    For each voice ``step`` (place in the beat, step or hold or rest), ``pitch`` and
    ``range`` (that so far, where this cell widens it); of all voices ``begins`` (place, in
    which voices notes began before and begin now). Of several voices also, for each pair,
    ``pair`` (interval before, motions of the upper and the lower voice, interval now, modulo
    12), the same for ``any_pair``, the distance ``apart`` of neighbours, the pitch classes
    above the lowest note as a ``chord`` (place) and as a ``degree`` (lowest pitch class),
    and the ``progress`` of the harmony in a beat (at its beginning or within; lowest pitch
    class and kind of chord, a beat ago and now).

    Examples
    --------
    >>> tables(pitches=24, voices=1, slots=4)
    {'step': (1, 4, 28), 'pitch': (1, 25), 'range': (1, 27), 'begins': (4, 2, 2)}
    >>> tables(pitches=24, voices=3, slots=4)["pair"]
    (3, 13, 3, 3, 13)
    """
    shapes: dict[str, tuple[int, ...]] = {
        "step": (voices, slots, 2 * STEP + 4),
        "pitch": (voices, pitches + 1),
        "range": (voices, RANGE + 1),
        "begins": (slots, 2**voices, 2**voices),
    }
    if voices == 1:
        return shapes
    return shapes | {
        "pair": (voices * (voices - 1) // 2, 13, 3, 3, 13),
        "any_pair": (13, 3, 3, 13),
        "apart": (voices - 1, 2 * APART + 2),
        "chord": (slots, 2**11),
        "degree": (13, 2**11),
        "progress": (2, 13, KINDS, 13, KINDS),
    }


def features(
    before: Before,
    token: np.ndarray,
    sound: np.ndarray,
    slot: np.ndarray,
    pitches: int,
    slots: int,
) -> np.ndarray:
    """Which entries of the tables, laid end to end, speak of each cell.

    Parameters
    ----------
    before : Before
    token, sound : numpy.ndarray of int, shape (n, voices)
        Tokens and sounding of the cells.
    slot : numpy.ndarray of int, shape (n,)
        Place of each cell in its beat.
    pitches, slots : int
        Size of the grid.

    Returns
    -------
    numpy.ndarray of int64, shape (n, entries)

    Examples
    --------
    A voice steps up from pitch 5 to 7, its highest so far, at the beginning of a beat.

    >>> five = np.array([[5]])
    >>> before = Before(five + 1, five, five, low=five - 1, high=five)
    >>> features(before, five + 3, five + 2, np.array([0]), pitches=24, slots=4).tolist()
    [[14, 119, 140, 167]]
    """
    voices = sound.shape[1]
    each = np.arange(voices)
    was = before.sounding
    step = np.clip(sound - was, -STEP, STEP) + STEP
    step = np.where(was > 0, step, 2 * STEP + 1)
    step = np.where(sound > 0, step, 2 * STEP + 3)
    low, high = reached(before.low, before.high, sound)
    wider = high - low > before.high - before.low
    bits = 1 << each
    began, begins = ((at > 1) @ bits for at in (before.begun, token))
    found: dict[str, tuple[np.ndarray, ...]] = {
        "step": (each, slot[:, None], np.where(token == 0, 2 * STEP + 2, step)),
        "pitch": (each, sound),
        "range": (each, np.where(wider, np.minimum(high - low, RANGE - 1), RANGE)),
        "begins": (slot[:, None], began[:, None], begins[:, None]),
    }
    if voices > 1:
        found |= _between(before, sound, slot)
    columns, offset = [], 0
    for name, shape in tables(pitches, voices, slots).items():
        at = np.zeros((), np.int64)
        for size, index in zip(shape, found[name], strict=True):
            at = at * size + index
        columns.append(at + offset)
        offset += prod(shape)
    return np.concatenate(columns, axis=1)


def _between(
    before: Before, sound: np.ndarray, slot: np.ndarray
) -> dict[str, tuple[np.ndarray, ...]]:
    """The features of several voices."""
    voices = sound.shape[1]
    upper, lower = np.array(list(combinations(range(voices), 2))).T
    was = before.sounding

    def intervals(at: np.ndarray) -> np.ndarray:
        both = (at[:, upper] > 0) & (at[:, lower] > 0)
        return np.where(both, (at[:, upper] - at[:, lower]) % 12, 12)

    motion = np.where((sound > 0) & (was > 0), np.sign(sound - was) % 3, 0)
    moved = (intervals(was), motion[:, upper], motion[:, lower], intervals(sound))
    high, low = sound[:, :-1], sound[:, 1:]
    apart = np.clip(high - low, -APART, APART) + APART
    bass, chord, kind = _chord(sound)
    then, _, earlier = _chord(before.ago)
    return {
        "pair": (np.arange(len(upper)), *moved),
        "any_pair": moved,
        "apart": (np.arange(voices - 1), np.where((high > 0) & (low > 0), apart, 2 * APART + 1)),
        "chord": (slot[:, None], chord),
        "degree": (bass, chord),
        "progress": (np.sign(slot)[:, None], then, earlier, bass, kind),
    }


def _chord(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lowest pitch class (12 in silence), those above it as bits, kind; shape (n, 1) each."""
    lowest = np.where(sound > 0, sound, np.iinfo(sound.dtype).max).min(axis=1, keepdims=True)
    silent = (sound <= 0).all(axis=1, keepdims=True)
    classes = np.where(sound > 0, 1 << (sound - lowest) % 12, 0)
    above = np.bitwise_or.reduce(classes, axis=1)[:, None] >> 1
    kind = np.where(silent, KINDS - 1, kinds()[above])
    return np.where(silent, 12, lowest % 12), above, kind


@cache
def kinds() -> np.ndarray:
    """The kind of a chord by the bits of the pitch classes above its lowest note.

    Examples
    --------
    A major triad (4 and 7 semitones above), its first inversion (3 and 8), a cluster.

    >>> kinds()[[2**3 + 2**6, 2**2 + 2**7, 2**0 + 2**1]].tolist()
    [1, 3, 10]
    """
    table = np.full(2**11, KINDS - 2, np.int64)
    for kind, chords in enumerate(_KINDS):
        for classes in chords:
            table[sum(1 << (above - 1) for above in classes)] = kind
    return table
