"""The same features, a few bars at a time: how a piece changes while it goes on.

Goal: every feature of :mod:`ricercar.features` over stretches of n bars, by the same
functions; a window is measured as a small piece of its own.

Conventions
-----------
* Bars are counted from 0, the first complete one (:mod:`ricercar.meter`); the first
  window also holds the pickup.
* A note belongs to every window in which it begins, and ends at the latest where the
  window ends. What was held from before a window does not sound in it.
* Pieces without a notated meter are cut into stretches of four quarters instead of bars.
"""

import numpy as np
import pandas as pd

from ricercar import features
from ricercar.errors import ParameterError, TableError
from ricercar.meter import Bars, lengths, read_changes, write_changes
from ricercar.meter import bars as bars_of

#: columns that say which window it is
WINDOW = ["piece", "first_bar", "bars", "unit", "onset"]


def cut(
    pieces: pd.DataFrame, notes: pd.DataFrame, bars: int = 8, hop: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Cut pieces into windows that are small pieces themselves.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        As in :mod:`ricercar.tables`.
    bars : int
        Bars of a window.
    hop : int, optional
        Bars from one window's beginning to the next one's; ``bars`` if left out, so that
        the windows do not overlap.

    Returns
    -------
    windows : pandas.DataFrame
        A row per window, in the order of ``pieces`` and of time: ``piece``, ``first_bar``,
        ``bars`` (how many it holds; fewer at the end of a piece), ``unit`` (``bar``, or ``four
        quarters`` where there is no meter) and ``onset`` (tick at which ``first_bar`` begins).
        Pieces without notes have no window.
    small : pandas.DataFrame
        The windows as a table of pieces: ``piece`` (the window's row), ``meter``,
        ``meter_changes``, ``pickup``.
    cut_notes : pandas.DataFrame
        Their notes, counted from each window's beginning.

    Raises
    ------
    ParameterError
        If ``bars`` or ``hop`` is below 1.
    TableError
        If a piece is named twice.
    """
    hop = bars if hop is None else hop
    if bars < 1 or hop < 1:
        raise ParameterError(f"windows of {bars} bars every {hop} bars: give 1 or more of each")
    index = pd.Index(pieces["piece"])
    if not index.is_unique:
        raise TableError(f"table 'pieces' names {index[index.duplicated()][0]!r} more than once")
    owner = index.get_indexer(pd.Index(notes["piece"]))
    notes, owner = notes[owner >= 0], owner[owner >= 0]
    onset = notes["onset"].to_numpy(np.int64)

    metered = np.array([not np.isnan(lengths(meter)[0]) for meter in pieces["meter"]], dtype=bool)
    known = pieces.assign(meter=pieces["meter"].where(metered, "4/4"))
    if "meter_changes" in known:
        known["meter_changes"] = known["meter_changes"].where(metered, None)
    place = bars_of(known)
    number, _, _, _ = place.place(owner, onset)
    total = np.zeros(len(pieces), dtype=np.int64)
    np.maximum.at(total, owner, np.maximum(number, 0) + 1)
    count = np.where(total > 0, np.maximum(-(-(total - bars) // hop), 0) + 1, 0)

    piece = np.repeat(np.arange(len(pieces)), count)
    serial = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    first = serial * hop
    last = np.minimum(first + bars, total[piece])
    begin, end = _tick(place, piece, first), _tick(place, piece, last)
    windows = pd.DataFrame(
        {
            "piece": index.to_numpy()[piece],
            "first_bar": first,
            "bars": last - first,
            "unit": np.where(metered, "bar", "four quarters")[piece],
            "onset": begin,
        }
    )
    # the first window begins where the piece does, so that it holds the pickup
    begin = np.where(first == 0, 0, begin)
    small = _small_pieces(known.assign(meter=pieces["meter"]), piece, begin, end, first)

    head = np.cumsum(count) - count
    newest = np.minimum(np.maximum(number, 0) // hop, count[owner] - 1)
    oldest = np.maximum(-(-(np.maximum(number, 0) - bars + 1) // hop), 0)
    times = np.maximum(newest - oldest + 1, 0)
    row = np.repeat(np.arange(len(owner)), times)
    step = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    window = head[owner[row]] + oldest[row] + step
    inside = notes.iloc[row].reset_index(drop=True)
    start = onset[row] - begin[window]
    length = np.minimum(inside["duration"].to_numpy(np.int64), (end - begin)[window] - start)
    return windows, small, inside.assign(piece=window, onset=start, duration=length)


def windows(
    pieces: pd.DataFrame, notes: pd.DataFrame, bars: int = 8, hop: int | None = None
) -> pd.DataFrame:
    """Compute every feature of every window of n bars.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        As in :mod:`ricercar.tables`.
    bars : int
        Bars of a window; changes of meter are followed.
    hop : int, optional
        Bars from one window's beginning to the next one's; ``bars`` if left out.

    Returns
    -------
    pandas.DataFrame
        ``piece``, ``first_bar``, ``bars``, ``unit``, ``onset`` as in :func:`cut`, then the
        features; NaN where there is nothing to measure.

    Raises
    ------
    ParameterError
        If ``bars`` or ``hop`` is below 1.
    TableError
        If a piece is named twice.

    Examples
    --------
    Two bars of quarters that step up, then one that leaps:

    >>> pieces = pd.DataFrame({"piece": ["a"], "meter": ["2/4"], "pickup": [0]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": np.arange(6) * 480,
    ...                       "duration": 480, "pitch": [60, 62, 64, 65, 60, 72]})
    >>> windows(pieces, notes, bars=2)[["first_bar", "bars", "melody.pitch_range"]].values.tolist()
    [[0.0, 2.0, 5.0], [2.0, 1.0, 12.0]]
    """
    found, small, cut_notes = cut(pieces, notes, bars, hop)
    table = features.extract(small, cut_notes).drop(columns="piece")
    return pd.concat([found[WINDOW], table], axis=1)


def _tick(place: Bars, piece: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Tick at which a bar begins."""
    span = int(max(number.max(initial=0), place.number.max(initial=0))) + 1
    row = np.searchsorted(place.piece * span + place.number, piece * span + number, "right") - 1
    since = (number - place.number[row]) * place.bar[row]
    return (place.start[row] + np.rint(since)).astype(np.int64)


def _small_pieces(
    pieces: pd.DataFrame,
    piece: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    first: np.ndarray,
) -> pd.DataFrame:
    """The windows as pieces: the meter in force, later changes, and the first one's pickup."""
    meter = pieces["meter"].to_numpy(object)[piece]
    changes = np.full(len(piece), None, dtype=object)
    if "meter_changes" in pieces:
        texts = pieces["meter_changes"].to_numpy(object)
        changing = [isinstance(text, str) and bool(text.strip()) for text in texts]
        for row in np.flatnonzero(np.array(changing, dtype=bool)[piece]):
            known = [
                (tick, name)
                for tick, name in read_changes(texts[piece[row]])
                if not np.isnan(lengths(name)[0])
            ]
            meter[row] = ([meter[row]] + [name for tick, name in known if tick <= begin[row]])[-1]
            within = [(t - begin[row], name) for t, name in known if begin[row] < t < end[row]]
            changes[row] = write_changes(within)
    pickup = np.where(first == 0, pieces["pickup"].to_numpy(np.int64)[piece], 0)
    return pd.DataFrame(
        {
            "piece": np.arange(len(piece)),
            "meter": pd.Series(meter, dtype=object),
            "meter_changes": pd.Series(changes, dtype=object),
            "pickup": pickup,
        }
    )
