r"""How far apart two tracks lie in tonal space.

Goal: Harte's tonal distance between the tracks of a piece, quarter by quarter, as MuseGAN
defines it (TD) and as its code computes it.

Conventions
-----------
* A *track* is a part; tracks from ``tracks`` on are left out. Results have shape (pieces,
  pairs), pairs of tracks in the order (0, 1), (0, 2), …; NaN for a pair that a piece does
  not have.
* Quarters are counted from the end of the pickup; what is left over at the end is left out.

Sources
-------
C. Harte, M. Sandler, M. Gasser, "Detecting harmonic change in musical audio" (AMCMM 2006);
H.-W. Dong et al., "MuseGAN" (AAAI 2018); code: salu133445/musegan,
``v1/musegan/eval/metrics.py`` (``to_chroma``, ``metrics_harmonicity``).
"""

from itertools import combinations

import numpy as np
import pandas as pd

from ricercar.assess.bars import cut, lay_out, over_bars
from ricercar.assess.voices import VOICES
from ricercar.tables import TICKS_PER_QUARTER

_LOWEST, _PITCHES, _GROUP = 24, 84, 7


def grouped(pitch: np.ndarray) -> np.ndarray:
    """What MuseGAN's code takes for a pitch class: seven neighbouring semitones from MIDI 24.

    Returns
    -------
    numpy.ndarray of int
        0 to 11; -1 outside its 84 pitches.

    Examples
    --------
    >>> grouped(np.array([23, 60, 64, 67, 72]))
    array([-1,  5,  5,  6,  6])
    """
    within = (pitch >= _LOWEST) & (pitch < _LOWEST + _PITCHES)
    return np.where(within, (pitch - _LOWEST) // _GROUP, -1)


def _centroids() -> np.ndarray:
    """Harte's transform of pitch classes to the circles of fifths and thirds, shape (12, 6)."""
    angle = np.arange(12)[:, None] * np.pi * np.array([7 / 6, 3 / 2, 2 / 3])
    pairs = np.stack([np.sin(angle), np.cos(angle)], axis=2) * np.array([1, 1, 0.5])[:, None]
    return pairs.reshape(12, 6)


def _beat_distances(
    pieces: pd.DataFrame, notes: pd.DataFrame, tracks: int, as_published: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Distance of every two tracks in every whole quarter after the pickup.

    Returns
    -------
    far : numpy.ndarray, shape (quarters, pairs)
        NaN where a track is silent.
    piece : numpy.ndarray of int, shape (quarters,)
    """
    laid = lay_out(pieces, notes)
    size = np.maximum(laid.ends - laid.start, 0) // TICKS_PER_QUARTER
    size = size // 4 * 4 if as_published else size
    first = np.concatenate([[0], np.cumsum(size)])
    shift = laid.start[laid.number]
    row, cell, length = cut(laid.onset - shift, laid.end - shift, TICKS_PER_QUARTER)
    classes = grouped(laid.pitch) if as_published else laid.pitch % 12
    kept = (cell >= 0) & (cell < size[laid.number[row]]) & (laid.part[row] < tracks)
    kept &= classes[row] >= 0
    row, cell, length = row[kept], cell[kept], length[kept]
    place = (first[laid.number[row]] + cell) * tracks + laid.part[row]
    shape = (first[-1], tracks)
    total = np.bincount(place, weights=length, minlength=first[-1] * tracks)
    points = np.stack(
        [
            np.bincount(place, weights=length * way[classes[row]], minlength=len(total))
            for way in _centroids().T
        ]
    )
    points = np.divide(points, total, out=np.full(points.shape, np.nan), where=total > 0)
    points = points.reshape(6, *shape)
    pairs = list(combinations(range(tracks), 2))
    upper, lower = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    far = np.sqrt(((points[:, :, upper] - points[:, :, lower]) ** 2).sum(axis=0))
    return far, np.repeat(np.arange(len(pieces)), size)


def tonal_distance(pieces: pd.DataFrame, notes: pd.DataFrame, tracks: int = VOICES) -> np.ndarray:
    r"""TD: mean distance of two tracks in Harte's tonal space, quarter by quarter.

    .. math:: \|\Phi c_a - \Phi c_b\|_2

    with c the pitch classes of a track in a quarter, weighted by duration and of sum 1, and
    :math:`\Phi` the coordinates of the classes on the circles of fifths, minor thirds
    (radius 1) and major thirds (radius .5). Quarters in which either is silent are left out.

    Returns
    -------
    numpy.ndarray, shape (pieces, pairs)
        Pairs of tracks in the order (0, 1), (0, 2), …; 0 for the same pitch classes.

    Examples
    --------
    A fifth is near, a tritone far:

    >>> notes = pd.DataFrame({"piece": ["a", "a", "b", "b"], "part": [0, 1, 0, 1], "onset": 0,
    ...                       "duration": 1920, "pitch": [67, 60, 66, 60]})
    >>> tonal_distance(pd.DataFrame({"piece": ["a", "b"]}), notes, 2).round(3)
    array([[1.737],
           [2.828]])
    """
    far, owner = _beat_distances(pieces, notes, tracks, as_published=False)
    return over_bars(far, owner, len(pieces))


def tonal_distance_as_published(
    pieces: pd.DataFrame, notes: pd.DataFrame, tracks: int = VOICES
) -> np.ndarray:
    """TD of MuseGAN's code: over groups of seven neighbouring semitones, bar by bar.

    For the groups see :func:`grouped`. A bar in which either track is silent for one quarter
    is left out as a whole. Bars are of four quarters in any meter.
    """
    far, owner = _beat_distances(pieces, notes, tracks, as_published=True)
    bars = far.reshape(-1, 4, far.shape[1]).mean(axis=1)
    return over_bars(bars, owner[::4], len(pieces))
