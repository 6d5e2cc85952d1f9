"""What a critic hears between voices: intervals, motions, chords.

Conventions
-----------
* ``sounding`` is that of :mod:`.material`: 0 for a rest, else 1 and more.
* Harmony is told by the lowest pitch class and those above it.
"""

from functools import cache
from itertools import combinations

import numpy as np

#: widest distance of neighbours that is told apart, in semitones
APART = 24

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


def shapes(voices: int, slots: int) -> dict[str, tuple[int, ...]]:
    """Shapes of the tables of several voices by name, see :func:`.critic_features.tables`."""
    return {
        "pair": (voices * (voices - 1) // 2, 13, 3, 3, 13),
        "any_pair": (13, 3, 3, 13),
        "apart": (voices - 1, 2 * APART + 2),
        "chord": (slots, 2**11),
        "degree": (13, 2**11),
        "progress": (2, 13, KINDS, 13, KINDS),
    }


def between(
    was: np.ndarray, ago: np.ndarray, sound: np.ndarray, slot: np.ndarray
) -> dict[str, tuple[np.ndarray, ...]]:
    """Where in the tables of several voices cells stand.

    Parameters
    ----------
    was, ago, sound : numpy.ndarray of int, shape (n, voices)
        Sounding in the cell before, a beat ago, and in the cell.
    slot : numpy.ndarray of int, shape (n,)
        Place of each cell in its beat.

    Returns
    -------
    dict of str to tuple of numpy.ndarray
        For each table an index for each of its dimensions.
    """
    voices = sound.shape[1]
    upper, lower = np.array(list(combinations(range(voices), 2))).T

    def intervals(at: np.ndarray) -> np.ndarray:
        both = (at[:, upper] > 0) & (at[:, lower] > 0)
        return np.where(both, (at[:, upper] - at[:, lower]) % 12, 12)

    motion = np.where((sound > 0) & (was > 0), np.sign(sound - was) % 3, 0)
    moved = (intervals(was), motion[:, upper], motion[:, lower], intervals(sound))
    high, low = sound[:, :-1], sound[:, 1:]
    apart = np.clip(high - low, -APART, APART) + APART
    bass, chord, kind = _chord(sound)
    then, _, earlier = _chord(ago)
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
