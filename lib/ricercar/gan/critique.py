r"""A critic of what was written: which cells are likelier in real music than in composed.

Goal: to mend what a decoder that decides voice by voice gets wrong between the voices,
without a rule made by hand. Once the decoder has learnt, it composes under the conditions
of the real pieces. A logistic regression then tells real cells from composed ones by what
happens in the cell and between it and the cell before. Its logit

.. math:: r(c', c) = \log p_\mathrm{real}(c', c) - \log p_\mathrm{composed}(c', c)
   = \sum_f w_f[\,f(c', c)\,]

is a sum of table entries, one for each feature :math:`f` of the cell :math:`c` after
:math:`c'`. :class:`.writing.Writer` draws several candidates for each cell and keeps one
with probability proportional to :math:`e^r`.

Conventions
-----------
* ``tokens`` and ``sounding`` are those of :mod:`.material`; *begun* and *before* are tokens
  and sounding of the cell before.
* Candidates are compared after the same cell, so whatever :math:`r` says of that cell
  alone cancels, and the ratio for both cells serves as the ratio given the first.
* Rounds add up: what is learnt from music composed with a critic is added to its tables.

Sources
-------
S. Azadi et al., "Discriminator rejection sampling" (ICLR 2019); Y. Deng et al., "Residual
energy-based models for text generation" (ICLR 2020); density ratios from a classifier:
M. Gutmann and A. Hyvärinen, "Noise-contrastive estimation" (AISTATS 2010).
"""

from collections.abc import Mapping
from itertools import combinations
from math import prod

import numpy as np

#: largest step of a voice, and widest distance of neighbours, that are told apart
STEP, APART = 12, 24


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

    def rate(
        self, begun: np.ndarray, before: np.ndarray, token: np.ndarray, sound: np.ndarray, slot: int
    ) -> np.ndarray:
        """The logit r of cells.

        Parameters
        ----------
        begun, before : numpy.ndarray of int, shape (n, voices)
            Tokens and sounding of the cells before.
        token, sound : numpy.ndarray of int, shape (n, voices)
            Those of the cells.
        slot : int
            Place of the cells in their beat.

        Returns
        -------
        numpy.ndarray of float64, shape (n,)
        """
        slots = np.full(len(sound), slot)
        return self.weights[
            features(begun, before, token, sound, slots, self.pitches, self.slots)
        ].sum(axis=1)


def tables(pitches: int, voices: int, slots: int) -> dict[str, tuple[int, ...]]:
    """Shapes of the critic's tables by name.

    For each voice ``step`` (place in the beat, step or hold or rest) and ``pitch``; of all
    voices ``begins`` (place, in which voices notes began before and begin now). Of several
    voices also, for each pair, ``pair`` (interval before, motions of the upper and the
    lower voice, interval now, modulo 12), the same for ``any_pair``, the distance ``apart``
    of neighbours, and the pitch classes above the lowest note as a ``chord`` (place) and
    as a ``degree`` (lowest pitch class).

    Examples
    --------
    >>> tables(pitches=24, voices=1, slots=4)
    {'step': (1, 4, 28), 'pitch': (1, 25), 'begins': (4, 2, 2)}
    >>> tables(pitches=24, voices=3, slots=4)["pair"]
    (3, 13, 3, 3, 13)
    """
    shapes: dict[str, tuple[int, ...]] = {
        "step": (voices, slots, 2 * STEP + 4),
        "pitch": (voices, pitches + 1),
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
    }


def features(
    begun: np.ndarray,
    before: np.ndarray,
    token: np.ndarray,
    sound: np.ndarray,
    slot: np.ndarray,
    pitches: int,
    slots: int,
) -> np.ndarray:
    """Which entries of the tables, laid end to end, speak of each cell.

    Parameters
    ----------
    begun, before, token, sound : numpy.ndarray of int, shape (n, voices)
        See :meth:`Critic.rate`.
    slot : numpy.ndarray of int, shape (n,)
        Place of each cell in its beat.
    pitches, slots : int
        Size of the grid.

    Returns
    -------
    numpy.ndarray of int64, shape (n, entries)

    Examples
    --------
    A voice steps up from pitch 5 to 7 at the beginning of a beat, with a note before it.

    >>> one = np.array([[6]]), np.array([[5]]), np.array([[8]]), np.array([[7]])
    >>> features(*one, np.array([0]), pitches=24, slots=4).tolist()
    [[14, 119, 140]]
    """
    voices = sound.shape[1]
    each = np.arange(voices)
    step = np.clip(sound - before, -STEP, STEP) + STEP
    step = np.where(before > 0, step, 2 * STEP + 1)
    step = np.where(sound > 0, step, 2 * STEP + 3)
    bits = 1 << each
    began, begins = ((at > 1) @ bits for at in (begun, token))
    found: dict[str, tuple[np.ndarray, ...]] = {
        "step": (each, slot[:, None], np.where(token == 0, 2 * STEP + 2, step)),
        "pitch": (each, sound),
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
    before: np.ndarray, sound: np.ndarray, slot: np.ndarray
) -> dict[str, tuple[np.ndarray, ...]]:
    """The features of several voices."""
    voices = sound.shape[1]
    upper, lower = np.array(list(combinations(range(voices), 2))).T

    def intervals(at: np.ndarray) -> np.ndarray:
        both = (at[:, upper] > 0) & (at[:, lower] > 0)
        return np.where(both, (at[:, upper] - at[:, lower]) % 12, 12)

    motion = np.where((sound > 0) & (before > 0), np.sign(sound - before) % 3, 0)
    moved = (intervals(before), motion[:, upper], motion[:, lower], intervals(sound))
    high, low = sound[:, :-1], sound[:, 1:]
    apart = np.clip(high - low, -APART, APART) + APART
    lowest = np.where(sound > 0, sound, np.iinfo(sound.dtype).max).min(axis=1, keepdims=True)
    silent = (sound <= 0).all(axis=1, keepdims=True)
    classes = np.where(sound > 0, 1 << (sound - lowest) % 12, 0)
    chord = np.bitwise_or.reduce(classes, axis=1)[:, None] >> 1
    return {
        "pair": (np.arange(len(upper)), *moved),
        "any_pair": moved,
        "apart": (np.arange(voices - 1), np.where((high > 0) & (low > 0), apart, 2 * APART + 1)),
        "chord": (slot[:, None], chord),
        "degree": (np.where(silent, 12, lowest % 12), chord),
    }
