"""Bars and beats: where a tick lies in the bar, also when the meter changes.

Conventions
-----------
* A meter is text, ``"6/8"``; bars and beats are lengths in ticks, 480 to a quarter.
* A numerator above 3 that is a multiple of 3 is a compound meter: its beat is three of
  the units.
* *Changes* are text, too: ``"5760 3/4; 9600 4/4"`` says that bars of 3/4 begin at tick
  5760 and bars of 4/4 at tick 9600. Changes of key are written the same way.
* Bars are counted from 0, the first complete one; a pickup is bar -1.
"""

import math
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.tables import TICKS_PER_QUARTER

_METER = re.compile(r"\s*(\d{1,2})/(\d{1,2})\s*")


def lengths(meter: object) -> tuple[float, float]:
    """Length of a bar and of a beat.

    Parameters
    ----------
    meter : str
        ``"6/8"``; anything else is an unknown meter.

    Returns
    -------
    bar, beat : float
        Ticks; NaN when the meter is unknown.

    Examples
    --------
    >>> lengths("6/8"), lengths("4/4"), lengths(None)
    ((1440.0, 720.0), (1920.0, 480.0), (nan, nan))
    """
    found = _METER.fullmatch(meter) if isinstance(meter, str) else None
    over, under = (int(found[1]), int(found[2])) if found else (0, 0)
    if over < 1 or under < 1:
        return float("nan"), float("nan")
    unit = 4 * TICKS_PER_QUARTER / under
    compound = over > 3 and over % 3 == 0
    return over * unit, unit * (3 if compound else 1)


def bar_ticks(meter: pd.Series) -> np.ndarray:
    """Whole ticks in a bar of each meter; those of 4/4 where it is unknown.

    Examples
    --------
    >>> bar_ticks(pd.Series(["6/8", None]))
    array([1440, 1920])
    """
    codes, kinds = pd.factorize(meter)
    bars = np.array([lengths(kind)[0] for kind in kinds] + [np.nan])[codes]
    return np.where(np.isnan(bars), 4 * TICKS_PER_QUARTER, bars).astype(np.int64)


def write_changes(changes: list[tuple[int, str]]) -> str | None:
    """Changes of meter or key as text, None where there are none.

    Examples
    --------
    >>> write_changes([(5760, "3/4"), (9600, "4/4")])
    '5760 3/4; 9600 4/4'
    """
    return "; ".join(f"{tick} {name}" for tick, name in sorted(changes)) or None


def read_changes(text: object) -> list[tuple[int, str]]:
    """Changes of meter or key from their text, in order of time.

    Examples
    --------
    >>> read_changes("5760 3/4; 9600 4/4"), read_changes(None)
    ([(5760, '3/4'), (9600, '4/4')], [])
    """
    if not isinstance(text, str) or not text.strip():
        return []
    rows = (part.strip().split(" ", 1) for part in text.split(";"))
    return [(int(tick), name) for tick, name in rows]


def changing(pieces: pd.DataFrame) -> np.ndarray:
    """Which pieces change their meter, bool, shape (pieces,).

    Examples
    --------
    >>> changing(pd.DataFrame({"meter_changes": [None, "5760 3/4"]}))
    array([False,  True])
    """
    if "meter_changes" not in pieces:
        return np.zeros(len(pieces), dtype=bool)
    return pieces["meter_changes"].notna().to_numpy()


def unchanging(pieces: pd.DataFrame) -> pd.DataFrame:
    """The table without changes of meter and key: for cuts and stretched copies of pieces."""
    none = pd.array([None] * len(pieces), dtype="str")
    return pieces.assign(meter_changes=none, key_changes=none)


def bar_start(number: int, meter: str, pickup: int = 0, changes: object = None) -> int:
    """Tick at which a bar of one piece begins.

    Parameters
    ----------
    number : int
        Counted from 0, the first complete bar.
    meter : str
        At the beginning; must be known.
    pickup : int
        Ticks before the first complete bar.
    changes : str, optional
        Changes of meter.

    Examples
    --------
    >>> bar_start(2, "4/4"), bar_start(3, "4/4", 480, "4320 3/4")
    (3840, 5760)
    """
    stretches = [(pickup, meter), *read_changes(changes)]
    for (start, name), (end, _) in zip(stretches, stretches[1:], strict=False):
        bar = lengths(name)[0]
        inside = math.ceil((end - start) / bar)
        if number < inside:
            return round(start + number * bar)
        number -= inside
    start, name = stretches[-1]
    return round(start + number * lengths(name)[0])


@dataclass(frozen=True)
class Bars:
    """The bars of many pieces: stretches of one meter, sorted by piece and time.

    Attributes
    ----------
    piece : numpy.ndarray of int, shape (stretches,)
        Number of the piece, its row in the table that :func:`bars` was given.
    start : numpy.ndarray of int
        Tick at which the stretch's first complete bar begins.
    bar, beat : numpy.ndarray of float
        Lengths in ticks, NaN where the meter is unknown.
    number : numpy.ndarray of int
        Number of the stretch's first bar.
    first : numpy.ndarray of int, shape (pieces,)
        Row of each piece's first stretch.
    """

    piece: np.ndarray
    start: np.ndarray
    bar: np.ndarray
    beat: np.ndarray
    number: np.ndarray
    first: np.ndarray

    def place(
        self, piece: np.ndarray, tick: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Where ticks lie.

        Parameters
        ----------
        piece, tick : numpy.ndarray of int, shape (n,)
            The pieces' meters must be known.

        Returns
        -------
        number : numpy.ndarray of int, shape (n,)
            Number of the bar.
        position : numpy.ndarray of float
            Ticks since that bar began. A note of the pickup lies as far into bar -1 as if
            that bar were complete.
        bar, beat : numpy.ndarray of float
            Lengths in force there.
        """
        if not len(self.first):
            none = np.zeros(0)
            return none.astype(int), none, none, none
        if len(self.start) == len(self.first):  # no meter ever changes
            row = self.first[piece]
        else:
            span = int(max(tick.max(initial=0), self.start.max())) + 1
            keys = self.piece * span + self.start
            row = np.searchsorted(keys, piece * span + tick, side="right") - 1
            row = np.maximum(row, self.first[piece])
        bar = self.bar[row]
        since = tick - self.start[row]
        passed = np.floor(since / bar)
        number = self.number[row] + passed.astype(np.int64)
        return number, since - passed * bar, bar, self.beat[row]


def bars(pieces: pd.DataFrame) -> Bars:
    """The bars of pieces.

    Parameters
    ----------
    pieces : pandas.DataFrame
        Columns ``meter``, ``pickup`` and, if there are any, ``meter_changes``.

    Examples
    --------
    Two bars of 4/4, then 3/4:

    >>> found = bars(pd.DataFrame({"meter": ["4/4"], "pickup": [0], "meter_changes": ["3840 3/4"]}))
    >>> number, position, bar, beat = found.place(np.zeros(3, int), np.array([1920, 3840, 5760]))
    >>> number, position, bar
    (array([1, 2, 3]), array([  0.,   0., 480.]), array([1920., 1440., 1440.]))
    """
    n = len(pieces)
    codes, kinds = pd.factorize(pieces["meter"])
    table = np.array([lengths(kind) for kind in kinds] + [(np.nan, np.nan)])
    bar, beat = table[codes].T
    start = pieces["pickup"].to_numpy(np.int64)
    piece, number = np.arange(n), np.zeros(n, np.int64)
    moving = np.flatnonzero(changing(pieces) & ~np.isnan(bar))
    if len(moving):
        rows = [
            (place, tick, *lengths(name))
            for place in moving
            for tick, name in read_changes(pieces["meter_changes"].iloc[place])
        ]
        more = np.array([row for row in rows if not np.isnan(row[2])]).reshape(-1, 4)
        piece = np.concatenate([piece, more[:, 0].astype(np.int64)])
        start = np.concatenate([start, more[:, 1].astype(np.int64)])
        bar, beat = np.concatenate([bar, more[:, 2]]), np.concatenate([beat, more[:, 3]])
        order = np.lexsort((start, piece))
        piece, start, bar, beat = piece[order], start[order], bar[order], beat[order]
        # a stretch's last bar counts even where it is cut short
        passed = np.ceil(np.diff(start) / bar[:-1])
        passed = np.where(np.diff(piece) == 0, passed, 0).astype(np.int64)
        number = np.concatenate([[0], np.cumsum(passed)])
        first = np.searchsorted(piece, np.arange(n))
        number = number - number[first][piece]
    return Bars(piece, start, bar, beat, number, np.searchsorted(piece, np.arange(n)))
