"""Sets that are not music: what a measure says about nonsense.

Goal: the rows that stand in every scorecard beside real and made music, and
excerpts of equal length, without which entropy and scale consistency cannot be
compared.

Conventions
-----------
A set is a ``pieces`` and a ``notes`` table; results have the same tables and the
same piece ids, unless said otherwise. Everything takes a seed.
"""

import numpy as np
import pandas as pd

from ricercar import meter
from ricercar.assess.voices import numbered
from ricercar.errors import ParameterError
from ricercar.tables import TICKS_PER_QUARTER


def _lengths(number: np.ndarray, notes: pd.DataFrame, count: int) -> np.ndarray:
    """End of the last note of each piece, in ticks."""
    length = np.zeros(count, dtype=np.int64)
    np.maximum.at(length, number, (notes["onset"] + notes["duration"]).to_numpy())
    return length


def _table(pieces: pd.DataFrame, **columns: np.ndarray) -> pd.DataFrame:
    """A notes table from a column of piece numbers and the others, in order."""
    number = columns.pop("number")
    order = np.lexsort((columns["pitch"], columns["onset"], columns["part"], number))
    table = pd.DataFrame({name: values[order] for name, values in columns.items()})
    table.insert(0, "piece", pieces["piece"].to_numpy()[number[order]])
    return table.astype({"part": "int64", "onset": "int64", "duration": "int64", "pitch": "int64"})


def shuffle_voices(
    pieces: pd.DataFrame, notes: pd.DataFrame, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each voice from another piece: real melodies that know nothing of each other.

    For every part, the pieces that have it pass it on along a random ring, a ring of
    its own for each part. A part that is too short for its new piece starts again, one
    too long is cut off.

    Returns
    -------
    pieces, notes : pandas.DataFrame
        The same pieces with other notes.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b"]})
    >>> notes = pd.DataFrame({"piece": ["a", "b"], "part": 0, "onset": 0,
    ...                       "duration": 480, "pitch": [60, 72]})
    >>> shuffle_voices(pieces, notes)[1]["pitch"].tolist()
    [72, 60]
    """
    rng = np.random.default_rng(seed)
    number, ordered = numbered(pieces, notes)
    length = _lengths(number, ordered, len(pieces))
    part = ordered["part"].to_numpy()
    rows, targets, shifts = [], [], []
    for voice in np.unique(part):
        mine = np.flatnonzero(part == voice)
        ring = rng.permutation(np.unique(number[mine]))
        passed = np.zeros(len(pieces), dtype=np.int64)
        passed[ring] = np.roll(ring, 1)
        target = passed[number[mine]]
        times = -(-length[target] // length[number[mine]])
        again = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
        rows.append(np.repeat(mine, times))
        targets.append(np.repeat(target, times))
        shifts.append(again * np.repeat(length[number[mine]], times))
    row, target, shift = (np.concatenate(found) for found in (rows, targets, shifts))
    onset = ordered["onset"].to_numpy()[row] + shift
    duration = np.minimum(ordered["duration"].to_numpy()[row], length[target] - onset)
    kept = duration > 0
    return pieces, _table(
        pieces,
        number=target[kept],
        part=part[row][kept],
        onset=onset[kept],
        duration=duration[kept],
        pitch=ordered["pitch"].to_numpy()[row][kept],
    )


def shuffle_notes(
    pieces: pd.DataFrame, notes: pd.DataFrame, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The pitches of each part in random order, in the rhythm of the part.

    The null set for tunes of one voice: same notes, same rhythm, no melody.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480, 960],
    ...                       "duration": 480, "pitch": [60, 62, 64]})
    >>> sorted(shuffle_notes(pieces, notes, seed=1)[1]["pitch"])
    [60, 62, 64]
    """
    rng = np.random.default_rng(seed)
    number, ordered = numbered(pieces, notes)
    part = ordered["part"].to_numpy()
    order = np.lexsort((rng.random(len(ordered)), part, number))
    mixed = ordered.assign(pitch=ordered["pitch"].to_numpy()[order])
    return pieces, mixed.reset_index(drop=True)


def random_notes(
    pieces: pd.DataFrame, notes: pd.DataFrame, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Uniformly random quarters, each part within its range, as long as the real pieces.

    The range of a part is that of all pieces of the set together.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480],
    ...                       "duration": 480, "pitch": [60, 60]})
    >>> random_notes(pieces, notes)[1]["pitch"].tolist()
    [60, 60]
    """
    rng = np.random.default_rng(seed)
    number, ordered = numbered(pieces, notes)
    length = _lengths(number, ordered, len(pieces))
    voices = pd.DataFrame({"number": number, "part": ordered["part"].to_numpy()}).drop_duplicates()
    ranges = ordered.groupby("part")["pitch"].agg(["min", "max"])
    times = (-(-length // TICKS_PER_QUARTER))[voices["number"]]
    onset = (np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)) * (
        TICKS_PER_QUARTER
    )
    part = np.repeat(voices["part"].to_numpy(), times)
    target = np.repeat(voices["number"].to_numpy(), times)
    low, high = ranges["min"].to_numpy(), ranges["max"].to_numpy()
    where = ranges.index.get_indexer(pd.Index(part))
    return pieces, _table(
        pieces,
        number=target,
        part=part,
        onset=onset,
        duration=np.minimum(TICKS_PER_QUARTER, length[target] - onset),
        pitch=rng.integers(low[where], high[where] + 1),
    )


def excerpts(
    pieces: pd.DataFrame, notes: pd.DataFrame, length: int, most: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every piece cut into stretches of one length, from its first full bar on.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        ``pieces`` with the columns piece and pickup (ticks).
    length : int
        Ticks.
    most : int, optional
        Stretches of a piece to keep, from the beginning; all of them if left out.

    Returns
    -------
    pieces, notes : pandas.DataFrame
        Whole stretches that hold a note; ids ``<piece>/1``, ``<piece>/2``, ...; ``group``
        is the piece, because stretches of one piece are not independent. A note that
        reaches over a cut is cut there.

    Raises
    ------
    ParameterError
        If ``length`` is not positive.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"], "pickup": [480]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480, 1440],
    ...                       "duration": [480, 960, 480], "pitch": [60, 62, 64]})
    >>> excerpts(pieces, notes, 720)[1][["piece", "onset", "duration", "pitch"]].values.tolist()
    [['a/1', 0, 720, 62], ['a/2', 0, 240, 62], ['a/2', 240, 480, 64]]
    """
    if length <= 0:
        raise ParameterError(f"excerpts of {length} ticks: give a length above 0")
    number, ordered = numbered(pieces, notes)
    pickup = pieces["pickup"].to_numpy()
    count = np.maximum(_lengths(number, ordered, len(pieces)) - pickup, 0) // length
    if most is not None:
        count = np.minimum(count, most)
    begin = np.maximum(ordered["onset"].to_numpy() - pickup[number], 0)
    end = (ordered["onset"] + ordered["duration"]).to_numpy() - pickup[number]
    first, last = begin // length, np.minimum(-(-end // length), count[number])
    times = np.maximum(last - first, 0)
    row = np.repeat(np.arange(len(ordered)), times)
    stretch = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    onset = np.maximum(begin[row] - stretch * length, 0)
    offset = np.cumsum(count) - count
    used, where = np.unique(offset[number[row]] + stretch, return_inverse=True)
    origin = np.repeat(np.arange(len(pieces)), count)[used]
    nth = (used - offset[origin] + 1).astype(str)
    cut = pieces.iloc[origin].reset_index(drop=True)
    ids = cut["piece"] + "/" + nth
    cut = cut.assign(piece=ids, group=cut["piece"], pickup=0, quarters=length / TICKS_PER_QUARTER)
    cut = meter.unchanging(cut)
    return cut, _table(
        cut,
        number=where,
        part=ordered["part"].to_numpy()[row],
        onset=onset,
        duration=np.minimum(end[row] - stretch * length, length) - onset,
        pitch=ordered["pitch"].to_numpy()[row],
    )


def matched_excerpts(
    pieces: pd.DataFrame, notes: pd.DataFrame, made: pd.DataFrame, most: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Excerpts of real pieces, of each style as long as the made pieces of that style.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        Real pieces; those of styles that ``made`` lacks are left out.
    made : pandas.DataFrame
        Pieces with the columns style and quarters (their median is taken).
    most : int, optional
        Stretches of a piece to keep.

    Returns
    -------
    pieces, notes : pandas.DataFrame
        As from :func:`excerpts`.
    """
    lengths = (made.groupby("style")["quarters"].median() * TICKS_PER_QUARTER).astype(int)
    found = [
        excerpts(pieces[pieces["style"] == style], notes, length, most)
        for style, length in lengths.items()
    ]
    return (
        pd.concat([one[0] for one in found], ignore_index=True),
        pd.concat([one[1] for one in found], ignore_index=True),
    )
