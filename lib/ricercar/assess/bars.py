"""Whole bars, and which notes begin, sound or lie in them.

Goal: one answer to "how many bars has a piece, and what is in each" for every measure
that is taken bar by bar.

Conventions
-----------
* A bar is *whole* when the piece lasts at least until the bar's end. A pickup and a bar
  that is cut off are not whole and are left out, with what sounds in them. A piece lasts
  until its last note ends, or as long as column ``quarters`` says if that is longer.
* Bars follow columns ``meter``, ``pickup`` and ``meter_changes``. Without them, or where
  the meter is unknown, bars are of 4/4 and begin at tick 0.
* Times are ticks, 480 to a quarter; whole bars are counted from 0.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar import meter
from ricercar.assess.voices import numbered
from ricercar.tables import TICKS_PER_QUARTER


@dataclass(frozen=True)
class Layout:
    """The notes of a set, laid out on the bars of its pieces.

    Attributes
    ----------
    number : numpy.ndarray of int, shape (notes,)
        Row of ``pieces``, ascending.
    part, onset, end, pitch : numpy.ndarray of int, shape (notes,)
        Notes by piece, part, onset and pitch.
    ends : numpy.ndarray of int, shape (pieces,)
        Tick at which each piece ends.
    start : numpy.ndarray of int, shape (pieces,)
        Tick of the first complete bar: the pickup.
    bar : numpy.ndarray of int, shape (pieces,)
        Ticks of a bar of the meter at the beginning.
    whole : numpy.ndarray of int, shape (pieces,)
        Number of whole bars.
    lines : ricercar.meter.Bars
    """

    number: np.ndarray
    part: np.ndarray
    onset: np.ndarray
    end: np.ndarray
    pitch: np.ndarray
    ends: np.ndarray
    start: np.ndarray
    bar: np.ndarray
    whole: np.ndarray
    lines: meter.Bars

    def place(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Bar, ticks since its beginning and length of the bar in which each note begins."""
        number, position, bar, _ = self.lines.place(self.number, self.onset)
        return number, position, bar

    def sounding(self) -> tuple[np.ndarray, np.ndarray]:
        """Every whole bar that every note sounds in.

        Returns
        -------
        row : numpy.ndarray of int, shape (n,)
            Row of the note; a note over three bars stands three times.
        bar : numpy.ndarray of int, shape (n,)
        """
        first = self.lines.place(self.number, self.onset)[0]
        last = self.lines.place(self.number, self.end - 1)[0]
        row, bar = spread(first, last)
        kept = (bar >= 0) & (bar < self.whole[self.number[row]])
        return row[kept], bar[kept]


def spread(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every whole number from ``first`` to ``last``, and the row that it belongs to.

    Examples
    --------
    >>> spread(np.array([0, 4]), np.array([2, 4]))
    (array([0, 0, 0, 1]), array([0, 1, 2, 4]))
    """
    size = last - first + 1
    row = np.repeat(np.arange(len(size)), size)
    return row, first[row] + np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)


def cut(
    onset: np.ndarray, end: np.ndarray, size: np.ndarray | int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spans cut at every multiple of ``size``.

    Parameters
    ----------
    onset, end : numpy.ndarray of int, shape (spans,)
        ``end`` is after ``onset``.
    size : int or numpy.ndarray of int, shape (spans,)
        Length of a cell.

    Returns
    -------
    row, cell, length : numpy.ndarray of int, shape (n,)
        Span, cell that it is in, and how long.

    Examples
    --------
    >>> cut(np.array([400]), np.array([1000]), 480)
    (array([0, 0, 0]), array([0, 1, 2]), array([ 80, 480,  40]))
    """
    size = np.broadcast_to(np.asarray(size), onset.shape)
    row, cell = spread(onset // size, (end - 1) // size)
    begins = np.maximum(onset[row], cell * size[row])
    return row, cell, np.minimum(end[row], (cell + 1) * size[row]) - begins


def merged(
    owner: np.ndarray, onset: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spans of one owner that overlap or touch, joined: what a binary piano roll can tell.

    Parameters
    ----------
    owner : numpy.ndarray of int, shape (spans,)
        Not negative.
    onset, end : numpy.ndarray of int, shape (spans,)
        Not negative.

    Returns
    -------
    owner, onset, end : numpy.ndarray of int, shape (n,)
        By owner and onset.

    Examples
    --------
    >>> merged(np.array([0, 0, 0]), np.array([0, 20, 10]), np.array([10, 30, 15]))
    (array([0, 0]), array([ 0, 20]), array([15, 30]))
    """
    if not len(owner):
        return owner, onset, end
    order = np.lexsort((onset, owner))
    owner, onset, end = owner[order], onset[order], end[order]
    # owners far enough apart in time that one running maximum serves them all
    span = owner * (int(end.max()) + 1)
    reached = np.maximum.accumulate(end + span)
    opens = np.append(True, (owner[1:] != owner[:-1]) | (onset[1:] + span[1:] > reached[:-1]))
    closes = np.append(opens[1:], True)
    return owner[opens], onset[opens], (reached - span)[closes]


def lay_out(pieces: pd.DataFrame, notes: pd.DataFrame) -> Layout:
    """Lay the notes of a set out on the bars of its pieces.

    Parameters
    ----------
    pieces : pandas.DataFrame
        Column piece; meter, pickup, meter_changes and quarters where they are known.
    notes : pandas.DataFrame
        Columns piece, part, onset, duration and pitch.

    Returns
    -------
    Layout

    Raises
    ------
    TableError
        If a piece stands twice in ``pieces``.

    Examples
    --------
    Two whole bars and half a bar of 4/4:

    >>> pieces = pd.DataFrame({"piece": ["a"]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 1440],
    ...                       "duration": [1440, 3360], "pitch": [60, 62]})
    >>> laid = lay_out(pieces, notes)
    >>> laid.whole, laid.sounding()
    (array([2]), (array([0, 1, 1]), array([0, 0, 1])))
    """
    count = len(pieces)
    number, ordered = numbered(pieces, notes)
    onset = ordered["onset"].to_numpy(np.int64)
    end = onset + ordered["duration"].to_numpy(np.int64)
    ends = np.zeros(count, dtype=np.int64)
    np.maximum.at(ends, number, end)
    if "quarters" in pieces:
        quarters = np.nan_to_num(pieces["quarters"].to_numpy(float))
        ends = np.maximum(ends, np.rint(quarters * TICKS_PER_QUARTER).astype(np.int64))
    scored = pd.DataFrame({"meter": ["4/4"] * count, "pickup": [0] * count})
    if "meter" in pieces:
        known = [meter.lengths(name)[0] == meter.lengths(name)[0] for name in pieces["meter"]]
        scored["meter"] = np.where(known, pieces["meter"], "4/4")
    for column in ("pickup", "meter_changes"):
        if column in pieces:
            scored[column] = pieces[column].to_numpy()
    lines = meter.bars(scored)
    return Layout(
        number=number,
        part=ordered["part"].to_numpy(np.int64),
        onset=onset,
        end=end,
        pitch=ordered["pitch"].to_numpy(np.int64),
        ends=ends,
        start=scored["pickup"].to_numpy(np.int64),
        bar=meter.bar_ticks(scored["meter"]),
        whole=np.maximum(lines.place(np.arange(count), ends)[0].astype(np.int64), 0),
        lines=lines,
    )


def means(values: np.ndarray, cells: np.ndarray, size: int) -> np.ndarray:
    """Mean of the values in each of ``size`` cells; NaN is left out, and stands for no value.

    Examples
    --------
    >>> means(np.array([1.0, 3.0, np.nan]), np.array([0, 0, 1]), 2)
    array([ 2., nan])
    """
    known = ~np.isnan(values)
    top = np.bincount(cells[known], weights=values[known], minlength=size)
    bottom = np.bincount(cells[known], minlength=size)
    return np.divide(top, bottom, out=np.full(size, np.nan), where=bottom > 0)


def over_bars(values: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """Means over the bars of each piece.

    Parameters
    ----------
    values : numpy.ndarray, shape (bars, columns)
        NaN is left out.
    owner : numpy.ndarray of int, shape (bars,)
        Piece of each bar.
    count : int
        Number of pieces.

    Returns
    -------
    numpy.ndarray, shape (count, columns)
    """
    columns = values.shape[1]
    cells = owner[:, None] * columns + np.arange(columns)
    return means(values.ravel(), cells.ravel(), count * columns).reshape(count, columns)
