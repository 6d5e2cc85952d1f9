r"""MusPy's measures of time: empty beats and measures, drum patterns, groove.

Goal: the other half of :mod:`.muspy_measures`, whose conventions and sources hold here.

Conventions
-----------
* Empty time and groove are over notes and drums together: give them both tables joined.
* Notes sound over the half-open span from onset to onset + duration, in ticks; a piece
  lasts from tick 0 to the end of its last note. A beat is a quarter. Whole bars are those
  of :mod:`.bars`.
* ``…_as_published`` is what MusPy computes, to the last digit.
"""

import numpy as np
import pandas as pd

from ricercar.assess.bars import lay_out, spread
from ricercar.errors import ParameterError, TableError
from ricercar.tables import TICKS_PER_QUARTER

#: ticks of a time step at MusPy's default resolution, 24 to a quarter
STEP = TICKS_PER_QUARTER // 24
_PATTERNS = {"duple": TICKS_PER_QUARTER // 4, "triple": TICKS_PER_QUARTER // 3}


def numbers(pieces: pd.DataFrame, notes: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Notes of the set and the row of ``pieces`` that each belongs to.

    Raises
    ------
    TableError
        If a piece stands twice in ``pieces``.
    """
    index = pd.Index(pieces["piece"])
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        raise TableError(f"piece {twice!r} stands twice in the table of pieces: give unique ids")
    number = index.get_indexer(notes["piece"])
    return number[number >= 0], notes[number >= 0]


def rate(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """``top / bottom``, NaN where the bottom is 0."""
    return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)


def lengths(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """End of the last note, in ticks; 0 for a piece without notes."""
    number, ours = numbers(pieces, notes)
    ends = np.zeros(len(pieces), dtype=np.int64)
    np.maximum.at(ends, number, (ours["onset"] + ours["duration"]).to_numpy(np.int64))
    return ends


def _empty(
    number: np.ndarray, first: np.ndarray, last: np.ndarray, cells: np.ndarray
) -> np.ndarray:
    """Share of each piece's ``cells`` that no span from ``first`` to ``last`` reaches."""
    row, cell = spread(first, last)
    begins = np.concatenate([[0], np.cumsum(cells)])
    reached = np.zeros(begins[-1], dtype=np.int64)
    reached[begins[number[row]] + cell] = 1
    filled = np.concatenate([[0], np.cumsum(reached)])[begins]
    return 1 - rate(np.diff(filled).astype(float), cells)


def _empty_as_published(pieces: pd.DataFrame, notes: pd.DataFrame, size: np.ndarray) -> np.ndarray:
    number, ours = numbers(pieces, notes)
    onset, length = ours["onset"].to_numpy(np.int64), lengths(pieces, notes)
    end = onset + ours["duration"].to_numpy(np.int64)
    cells = np.where(length > 0, length // size + 1, 0)
    return _empty(number, onset // size[number], end // size[number], cells)


def empty_beat_rate(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Share of beats (quarters) in which nothing sounds, the last one perhaps incomplete.

    Examples
    --------
    Of four quarters the third is empty:

    >>> notes = pd.DataFrame({"piece": "a", "onset": [0, 1440], "duration": [960, 480]})
    >>> empty_beat_rate(pd.DataFrame({"piece": ["a"]}), notes)
    array([0.25])
    """
    number, ours = numbers(pieces, notes)
    onset = ours["onset"].to_numpy(np.int64)
    last = (onset + ours["duration"].to_numpy(np.int64) - 1) // TICKS_PER_QUARTER
    cells = -(-lengths(pieces, notes) // TICKS_PER_QUARTER)
    return _empty(number, onset // TICKS_PER_QUARTER, last, cells)


def empty_beat_rate_as_published(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """MusPy's rate: a beat in which a note merely ends is not empty.

    A note that ends on a beat fills the next one too, and a piece that ends on a beat has
    one beat more.
    """
    size = np.full(len(pieces), TICKS_PER_QUARTER)
    return _empty_as_published(pieces, notes, size)


def empty_measure_rate(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Share of whole bars in which nothing sounds; NaN without a whole bar.

    Bars follow the meter, its changes and the pickup, see :mod:`.bars`.
    """
    laid = lay_out(pieces, notes)
    row, bar = laid.sounding()
    return _empty(laid.number[row], bar, bar, laid.whole)


def empty_measure_rate_as_published(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """MusPy's rate: measures of the first meter from tick 0, ends of notes counted.

    See :func:`empty_beat_rate_as_published`; a pickup shifts every measure.
    """
    return _empty_as_published(pieces, notes, lay_out(pieces, notes.iloc[:0]).bar)


def drum_in_pattern_rate(pieces: pd.DataFrame, drums: pd.DataFrame, meter: str) -> np.ndarray:
    """Share of drum notes that begin on a quarter of a beat (duple) or a third (triple).

    Parameters
    ----------
    pieces, drums : pandas.DataFrame
    meter : {"duple", "triple"}

    Examples
    --------
    >>> drums = pd.DataFrame({"piece": "a", "onset": [0, 120, 160, 480]})
    >>> pieces = pd.DataFrame({"piece": ["a"]})
    >>> drum_in_pattern_rate(pieces, drums, "duple"), drum_in_pattern_rate(pieces, drums, "triple")
    (array([0.75]), array([0.75]))
    """
    if meter not in _PATTERNS:
        raise ParameterError(f"there is no drum pattern {meter!r}: give 'duple' or 'triple'")
    number, ours = numbers(pieces, drums)
    within = ours["onset"].to_numpy() % _PATTERNS[meter] == 0
    top = np.bincount(number[within], minlength=len(pieces))
    return rate(top, np.bincount(number, minlength=len(pieces)))


def drum_pattern_consistency(pieces: pd.DataFrame, drums: pd.DataFrame) -> np.ndarray:
    """The larger of the shares of drum notes in the duple and in the triple pattern."""
    return np.fmax(*(drum_in_pattern_rate(pieces, drums, meter) for meter in _PATTERNS))


def _likeness(
    owner: np.ndarray, bar: np.ndarray, place: np.ndarray, size: np.ndarray, bars: np.ndarray
) -> np.ndarray:
    """One minus the mean share of places in which neighbouring bars differ.

    Parameters
    ----------
    owner, bar, place, size : numpy.ndarray, shape (onsets,)
        Piece, its bar, place in the bar and places that the bar has.
    bars : numpy.ndarray of int, shape (pieces,)
    """
    width = int(place.max(initial=0)) + 1
    begins = np.concatenate([[0], np.cumsum(bars)])
    line = begins[owner] + bar
    key, first = np.unique(line * width + place, return_index=True)
    line, owner, bar, size = line[first], owner[first], bar[first], size[first]
    places = np.zeros(begins[-1] + 1)
    places[line] = size
    pair = np.maximum(places[:-1], places[1:])  # of each bar and the one that follows
    before, after = bar > 0, bar < bars[owner] - 1
    total = np.zeros(len(bars))
    np.add.at(total, owner[before], 1 / pair[line[before] - 1])
    np.add.at(total, owner[after], 1 / pair[line[after]])
    again = after & np.isin(key + width, key)
    np.add.at(total, owner[again], -2 / pair[line[again]])
    return 1 - rate(total, np.maximum(bars - 1, 0))


def groove_consistency(pieces: pd.DataFrame, notes: pd.DataFrame, step: int = STEP) -> np.ndarray:
    r"""Likeness of the onsets of neighbouring whole bars.

    .. math:: 1 - \frac{1}{T - 1} \sum_{i=1}^{T-1} \frac{d(G_i, G_{i+1})}{Q}

    with :math:`G_i` the places of bar i at which some note begins, d the number of places
    that are in one of both only, Q the time steps of a bar and T the number of whole bars.
    Onsets are few against steps, so the figure is near 1 for any music, and the nearer the
    finer the steps: compare it at one step only.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
    step : int
        Ticks of a time step.

    Returns
    -------
    numpy.ndarray, shape (pieces,)
        0 to 1; NaN with fewer than two whole bars. Where the meter changes, Q is that of
        the longer of the two bars.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"], "meter": ["2/4"]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480, 960], "pitch": 60,
    ...                       "duration": [480, 480, 960]})
    >>> groove_consistency(pieces, notes, step=240)
    array([0.75])
    """
    laid = lay_out(pieces, notes)
    bar, position, size = laid.place()
    kept = (bar >= 0) & (bar < laid.whole[laid.number])
    place = (position[kept] // step).astype(np.int64)
    return _likeness(laid.number[kept], bar[kept], place, size[kept] / step, laid.whole)


def groove_consistency_as_published(
    pieces: pd.DataFrame, notes: pd.DataFrame, step: int = STEP
) -> np.ndarray:
    """MusPy's consistency: measures of the first meter from tick 0.

    A piece that ends on a bar line has one measure more, an empty one, and its last
    measure counts as unlike it.
    """
    number, ours = numbers(pieces, notes)
    places = lay_out(pieces, notes.iloc[:0]).bar // step
    length = lengths(pieces, notes) // step
    bar, place = np.divmod(ours["onset"].to_numpy(np.int64) // step, places[number])
    return _likeness(number, bar, place, places[number].astype(float), length // places + 1)
