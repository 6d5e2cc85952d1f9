"""Self-similarity of a melody's onsets at a lag: autocorrelation that finds the pulse.

Conventions
-----------
* Onsets are taken to 1/12 of a quarter (:data:`STEP`); a note weighs as much as the time to
  the next onset.
* The self-similarity at a lag is the cosine between the weights and the same weights that
  much later, over the time in which both exist: 1 if the rhythm is periodic with that lag,
  0 if no onset meets another, NaN if the melody is shorter than the lag.

Sources
-------
J. C. Brown, "Determination of the meter of musical scores by autocorrelation", *Journal of
the Acoustical Society of America* 94, 1993 (weights by duration); the cosine in place of the
sum of products, which makes melodies of any length comparable, is this project's.
"""

from typing import TYPE_CHECKING

import numpy as np

from ricercar.features import ragged
from ricercar.tables import TICKS_PER_QUARTER

if TYPE_CHECKING:
    from ricercar.features.score import Line

#: quarters
LAGS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 4.5, 6.0, 8.0)
STEP = 40  # ticks


def self_similarity(line: "Line", n: int) -> np.ndarray:
    """Self-similarity of each piece at the lags.

    Parameters
    ----------
    line : ricercar.features.score.Line
    n : int

    Returns
    -------
    numpy.ndarray, shape (n, len(LAGS))
        0 to 1, or NaN.

    Examples
    --------
    Nine quarters meet each other at every quarter, never at an eighth:

    >>> from ricercar.features.score import Line
    >>> line = Line(np.zeros(9, int), np.arange(9) * 480, np.full(9, 480), np.full(9, 60))
    >>> self_similarity(line, 1).round(2)
    array([[0., 1., 0., 1., 0., 1., 1., 0., 1., 1.]])
    """
    out = np.full((n, len(LAGS)), np.nan)
    if not len(line.piece):
        return out
    when = np.rint(line.onset / STEP).astype(np.int64)
    span = int(when.max()) + int(max(LAGS) * TICKS_PER_QUARTER / STEP) + 1
    key = line.piece * span + when
    kept = ragged.starts(key)
    key, piece, when = key[kept], line.piece[kept], when[kept]
    last = np.diff(piece, append=-1) != 0
    end = np.rint((line.onset + line.duration)[kept] / STEP)
    weight = np.where(last, end - when, np.append(np.diff(when), 0)).astype(float)
    begin, final = ragged.extremes(piece, n, when)
    begin, final, energy = begin[piece], final[piece], weight**2
    for column, quarters in enumerate(LAGS):
        lag = int(quarters * TICKS_PER_QUARTER / STEP)
        later = np.minimum(np.searchsorted(key, key + lag), len(key) - 1)
        product = np.where(key[later] == key + lag, weight * weight[later], 0.0)
        early, late = when <= final - lag, when >= begin + lag
        scale = ragged.total(piece, n, energy * early) * ragged.total(piece, n, energy * late)
        out[:, column] = ragged.ratio(ragged.total(piece, n, product), np.sqrt(scale))
    return np.minimum(out, 1.0)
