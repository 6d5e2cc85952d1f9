"""Voices that sound together: intervals between them and how they move.

Conventions
-----------
* A *slice* is a stretch of time in which no note begins or ends
  (:mod:`ricercar.features.score`); voices are columns, the highest part first.
* The interval class of two pitches is their absolute distance modulo 12.
* Two voices *move* from one slice to the next when both sound in both and both
  change pitch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

#: columns of :func:`motions`
MOTIONS = (
    "one_moves",
    "both_move",
    "contrary",
    "parallel",
    "parallel_fifths",
    "parallel_octaves",
    "hidden_fifths",
    "hidden_octaves",
    "overlap",
)


@dataclass(frozen=True)
class Slices:
    """What sounds together, slice by slice.

    Attributes
    ----------
    piece : numpy.ndarray of int, shape (slices,)
        Sorted; the slices of a piece follow each other without a gap.
    duration : numpy.ndarray of int, shape (slices,)
        Ticks.
    pitch : numpy.ndarray of int16, shape (slices, voices)
        Sounding pitch, -1 for silence.
    attack : numpy.ndarray of bool, shape (slices, voices)
        Whether the voice begins a note where the slice begins.
    """

    piece: np.ndarray
    duration: np.ndarray
    pitch: np.ndarray
    attack: np.ndarray


def pairs(slices: Slices) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Walk over the pairs of voices, the higher part first.

    Yields
    ------
    rows : numpy.ndarray of int
        Slices in which both sound.
    upper, lower : numpy.ndarray of int
        Their pitches there.
    """
    for i, j in combinations(range(slices.pitch.shape[1]), 2):
        rows = np.flatnonzero((slices.pitch[:, i] >= 0) & (slices.pitch[:, j] >= 0))
        yield rows, slices.pitch[rows, i].astype(int), slices.pitch[rows, j].astype(int)


def outer(slices: Slices) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Piece, highest and lowest pitch of each slice in which two voices sound.

    Examples
    --------
    >>> chord = Slices(np.array([0]), np.array([480]), np.array([[67, -1, 48]]), np.ones((1, 3)))
    >>> [column.tolist() for column in outer(chord)]
    [[0], [67], [48]]
    """
    rows = np.flatnonzero((slices.pitch >= 0).sum(axis=1) > 1)
    pitch = slices.pitch[rows].astype(int)
    lowest = np.where(pitch >= 0, pitch, 999).min(axis=1, initial=999)
    return slices.piece[rows], pitch.max(axis=1, initial=-1), lowest


def vertical_intervals(slices: Slices, n: int) -> np.ndarray:
    """Time that pairs of voices spend at each interval class.

    Returns
    -------
    numpy.ndarray, shape (n, 12)
        Ticks, summed over the pairs.

    Examples
    --------
    >>> begin = np.array([[True, True]])
    >>> fifth = Slices(np.array([0]), np.array([480]), np.array([[67, 60]]), begin)
    >>> float(vertical_intervals(fifth, 1)[0, 7])
    480.0
    """
    ticks = np.zeros(n * 12)
    for rows, upper, lower in pairs(slices):
        cell = slices.piece[rows] * 12 + np.abs(upper - lower) % 12
        ticks += np.bincount(cell, slices.duration[rows], n * 12)
    return ticks.reshape(n, 12)


def motions(slices: Slices, n: int) -> pd.DataFrame:
    """Count how pairs of voices move from slice to slice.

    Pairs that keep their interval to within a semitone while moving in one direction are
    parallel. Parallel fifths (octaves) move in one direction, uncrossed before and after, from
    one perfect fifth (octave or unison) to another, compounds included. Hidden ones come from
    another interval, the upper voice by a leap. Voices overlap when one moves beyond the pitch
    that the other has just left, both uncrossed.

    Returns
    -------
    pandas.DataFrame
        A row per piece, columns :data:`MOTIONS`.
    """
    counts = np.zeros((len(MOTIONS), n))
    for rows, upper, lower in pairs(slices):
        next_to = (np.diff(rows) == 1) & (slices.piece[rows[1:]] == slices.piece[rows[:-1]])
        owner = slices.piece[rows[:-1]][next_to]
        up, down = np.diff(upper)[next_to], np.diff(lower)[next_to]
        before, after = (upper - lower)[:-1][next_to], (upper - lower)[1:][next_to]
        both = (up != 0) & (down != 0)
        uncrossed = (before >= 0) & (after >= 0)
        along = both & (up * down > 0)
        strict = along & uncrossed
        leap = strict & (np.abs(up) > 2)
        fifths, octaves = after % 12 == 7, after % 12 == 0
        beyond = (upper[1:][next_to] < lower[:-1][next_to]) | (
            lower[1:][next_to] > upper[:-1][next_to]
        )
        kinds = (
            (up != 0) ^ (down != 0),
            both,
            both & (up * down < 0),
            along & (np.abs(up - down) <= 1),
            strict & (before % 12 == 7) & fifths,
            strict & (before % 12 == 0) & octaves,
            leap & (before % 12 != 7) & fifths,
            leap & (before % 12 != 0) & octaves,
            uncrossed & beyond,
        )
        counts += [np.bincount(owner[kind], minlength=n) for kind in kinds]
    return pd.DataFrame(counts.T, columns=list(MOTIONS))
