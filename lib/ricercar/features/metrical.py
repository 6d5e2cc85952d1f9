"""Metrical levels: how deep in the meter a note begins, and what it is held over.

Conventions
-----------
* *Metrical depth*: 0 on the bar line, 1 where the bar is first divided, and so on, down to
  the beat and three levels below. Four beats divide 2 x 2, six 2 x 3; the beats divide by 2,
  those of compound meters by 3 first. Thirds of a plain beat are one deeper than the beat.
  What lies on no level is one deeper than the deepest.
* Bars and beats are those of :mod:`ricercar.meter`, in ticks.

Sources
-------
H. C. Longuet-Higgins and C. S. Lee, "The rhythmic interpretation of monophonic music",
*Music Perception* 1, 1984.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ricercar.tables import TICKS_PER_QUARTER

if TYPE_CHECKING:
    from ricercar.features.score import Line


@dataclass(frozen=True)
class Metrical:
    """Notes in a known meter.

    Attributes
    ----------
    line : ricercar.features.score.Line
    number : numpy.ndarray of int
        Bar in which each note begins, see :class:`ricercar.meter.Bars`.
    position, in_beat : numpy.ndarray of float
        Ticks since the bar and since the beat began.
    bar, beat : numpy.ndarray of float
        Their lengths in ticks.
    """

    line: "Line"
    number: np.ndarray
    position: np.ndarray
    in_beat: np.ndarray
    bar: np.ndarray
    beat: np.ndarray

    @cached_property
    def until(self) -> np.ndarray:
        """Ticks to the next onset; to its end for the last note of a piece."""
        last = np.diff(self.line.piece, append=-1) != 0
        return np.where(last, self.line.duration, np.append(np.diff(self.line.onset), 0))


def levels(bar: float, beat: float) -> list[float]:
    """Periods of the metrical levels of a bar, the bar's first.

    Parameters
    ----------
    bar, beat : float
        Lengths in ticks.

    Returns
    -------
    list of float
        Ticks, each a whole multiple of the next.

    Examples
    --------
    >>> levels(1920, 480)
    [1920, 960.0, 480.0, 240.0, 120.0, 60.0]
    >>> levels(1440, 720)
    [1440, 720.0, 240.0, 120.0, 60.0]
    """
    periods = [bar]
    beats = round(bar / beat)
    while beats % 2 == 0:
        periods.append(periods[-1] / 2)
        beats //= 2
    if beats > 1:
        periods.append(periods[-1] / beats)
    for division in (3, 2, 2) if compound(beat) else (2, 2, 2):
        periods.append(periods[-1] / division)
    return periods


def compound(beat: np.ndarray | float) -> np.ndarray:
    """Whether beats are of three units.

    Examples
    --------
    >>> compound(np.array([480, 720, 240, np.nan]))
    array([False,  True, False, False])
    """
    thirds = np.log2(np.asarray(beat) * 2 / 3 / TICKS_PER_QUARTER)
    return np.abs(thirds - np.rint(thirds)) < 1e-9


def depths(place: Metrical) -> tuple[np.ndarray, np.ndarray]:
    """Metrical depth of notes, and the least depth that they are held or silent over.

    Parameters
    ----------
    place : Metrical

    Returns
    -------
    depth, passed : numpy.ndarray of int
        ``passed`` is the least depth of the positions between the two onsets; as deep as can
        be where there is none.
    """
    depth, passed = np.zeros((2, len(place.until)), dtype=np.int64)
    which, meters = pd.factorize(place.bar + 1j * place.beat)
    for kind, (bar, beat) in enumerate(zip(meters.real, meters.imag, strict=True)):
        rows = np.flatnonzero(which == kind)
        begin, end = place.position[rows], place.position[rows] + place.until[rows]
        periods = levels(bar, beat)
        own = np.full(len(rows), len(periods))
        over = np.full(len(rows), len(periods))
        own[begin % beat * 3 % beat == 0] = len(periods) - 3  # one below the beat
        for level, period in reversed(list(enumerate(periods))):
            own[begin % period == 0] = level
            over[np.ceil(end / period) - np.floor(begin / period) > 1] = level
        depth[rows], passed[rows] = own, over
    return depth, passed
