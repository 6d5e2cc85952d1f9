"""Features of tonal distance: how far the harmony moves, in a space of fifths and thirds.

Conventions
-----------
* The tonal centroid of a beat is a point in six dimensions: its pitch classes on the circles
  of fifths, minor thirds and major thirds (radius 1, 1 and 1/2), weighted by their shares of
  the sound. Beats without sound have none.

Sources
-------
C. Harte, M. Sandler and M. Gasser, "Detecting harmonic change in musical audio", AMCMM
2006; D. Herremans and E. Chew, "Tension ribbons", TENOR 2016 (movement and spread of the
tonal centre as tension).
"""

import numpy as np

from ricercar.features import chords, ragged
from ricercar.features.harmony import VOICES
from ricercar.features.registry import feature
from ricercar.features.score import Score

_HARTE = "Harte et al. 2006"
LARGEST = 3.0  # between two centroids: two radii on each circle


def centroids(weight: np.ndarray) -> np.ndarray:
    """Tonal centroids.

    Parameters
    ----------
    weight : numpy.ndarray, shape (n, 12)
        Sound of each pitch class, C first; no row may be all 0.

    Returns
    -------
    numpy.ndarray, shape (n, 6)
        Sine and cosine on the circle of fifths, of minor thirds, of major thirds.

    Examples
    --------
    >>> centroids(np.eye(12)[:1]).tolist()
    [[0.0, 1.0, 0.0, 1.0, 0.0, 0.5]]
    """
    tone = np.arange(12)
    circles = [(7 / 6, 1.0), (3 / 2, 1.0), (2 / 3, 0.5)]
    basis = [
        radius * wave(np.pi * turns * tone)
        for turns, radius in circles
        for wave in (np.sin, np.cos)
    ]
    return weight / weight.sum(axis=1, keepdims=True) @ np.array(basis).T


def _points(score: Score) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Piece, duration and tonal centroid of each beat with sound."""
    found = chords.of_beats(score)
    rows = found.root >= 0
    points = centroids(found.sound.weight[rows])
    return found.grid.piece[rows], found.grid.duration[rows], points


@feature(
    "distance",
    0,
    LARGEST,
    needs=VOICES,
    source=_HARTE,
    family="harmony",
    empty="fewer than two beats with sound",
)
def tonal_movement(score: Score) -> np.ndarray:
    """Mean distance of the tonal centroids of successive sounding beats."""
    piece, _, points = _points(score)
    first = ragged.runs(piece, 2)
    step = np.sqrt(((points[first + 1] - points[first]) ** 2).sum(axis=1))
    return ragged.mean(piece[first], score.n, step)


@feature(
    "distance", 0, LARGEST, needs=VOICES, source="after Herremans & Chew 2016", family="harmony"
)
def tonal_spread(score: Score) -> np.ndarray:
    """Root mean square distance of the beats' tonal centroids from their mean, by duration."""
    piece, duration, points = _points(score)
    square = sum(ragged.spread(piece, score.n, points[:, axis], duration) ** 2 for axis in range(6))
    return np.sqrt(square)


@feature(
    "distance", 0, LARGEST, needs=VOICES, source="after Herremans & Chew 2016", family="harmony"
)
def tonal_strain(score: Score) -> np.ndarray:
    """Mean distance of the beats' tonal centroids from that of the tonic triad of their key."""
    found = chords.of_beats(score)
    piece, duration, points = _points(score)
    key = found.key[found.root >= 0]
    triad = np.zeros((24, 12))
    for number in range(24):
        third = 3 if number >= 12 else 4
        triad[number, [number % 12, (number + third) % 12, (number + 7) % 12]] = 1
    distance = np.sqrt(((points - centroids(triad)[key]) ** 2).sum(axis=1))
    return ragged.mean(piece, score.n, distance, duration)
