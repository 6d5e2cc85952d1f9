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

from ricercar.assess.voices import numbered
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
    pieces: pd.DataFrame, notes: pd.DataFrame, length: int, start: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same stretch of every piece that is long enough.

    Parameters
    ----------
    length : int
        Ticks.
    start : int
        Ticks after the pickup at which the excerpt begins.

    Returns
    -------
    pieces, notes : pandas.DataFrame
        Pieces with at least ``start + length`` ticks after their pickup; notes are cut
        at both ends of the excerpt, which begins at onset 0.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"], "pickup": [480], "quarters": [4.0]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480, 1440],
    ...                       "duration": [480, 960, 480], "pitch": [60, 62, 64]})
    >>> excerpts(pieces, notes, 480)[1][["onset", "duration", "pitch"]].values.tolist()
    [[0, 480, 62]]
    """
    number, ordered = numbered(pieces, notes)
    whole = _lengths(number, ordered, len(pieces))
    begin = pieces["pickup"].to_numpy() + start
    enough = whole >= begin + length
    onset = ordered["onset"].to_numpy() - begin[number]
    end = np.minimum(onset + ordered["duration"].to_numpy(), length)
    onset = np.maximum(onset, 0)
    kept = enough[number] & (end > onset)
    cut = _table(
        pieces,
        number=number[kept],
        part=ordered["part"].to_numpy()[kept],
        onset=onset[kept],
        duration=(end - onset)[kept],
        pitch=ordered["pitch"].to_numpy()[kept],
    )
    there = enough & np.isin(np.arange(len(pieces)), number[kept])
    shorter = pieces[there].assign(pickup=0, quarters=length / TICKS_PER_QUARTER)
    return shorter.reset_index(drop=True), cut
