r"""mgeval's features, and how two sets differ in them: distances, overlap area, divergence.

Goal: Yang and Lerch's evaluation of a generator, absolute (the features of a set) and
relative (distances within a set against distances between sets).

Conventions
-----------
* Features are over all parts of a piece; what follows what (intervals, inter-onset
  intervals, transitions) is within a part, in order of onset and pitch. mgeval reads one
  track. NaN where a piece cannot have a feature.
* Times are in quarters: the tables hold no tempo, where mgeval has seconds.
* Matrices and histograms of a piece sum to 1, so that long pieces compare with short ones.
* A note length is the nearest of :data:`LENGTHS`, in 1/96 of the bar in force.

Sources
-------
L.-C. Yang and A. Lerch, "On the evaluation of generative models in music", Neural Computing
and Applications 32 (2020). Code: RichardYang40148/mgeval, ``mgeval/core.py``,
``mgeval/utils.py`` and ``__main__.py``. The comparison of sets is in :mod:`.set_distances`.
"""

import numpy as np
import pandas as pd

from ricercar.assess.bars import Layout, lay_out, means
from ricercar.assess.music import histogram
from ricercar.assess.muspy_measures import n_pitches_used, pitch_range
from ricercar.tables import TICKS_PER_QUARTER

__all__ = [
    "FEATURES",
    "LENGTHS",
    "MEASURES",
    "average_inter_onset_interval",
    "average_pitch_interval",
    "evaluate",
    "features",
    "note_count",
    "note_length_histogram",
    "note_length_histogram_as_published",
    "note_length_transitions",
    "notes_per_bar",
    "pitch_class_histogram",
    "pitch_class_transitions",
    "pitch_range",
    "total_used_pitch",
    "used_pitch_per_bar",
]

#: note lengths in 1/96 of a bar: whole bar to sixteenth, dotted ones, triplets
LENGTHS = np.array([96, 48, 24, 12, 6, 72, 36, 18, 9, 32, 16, 8])

#: feature of one number -> (what it says, unit), in the order of :func:`evaluate`
MEASURES: dict[str, tuple[str, str]] = {
    "total_used_pitch": ("different pitches in a piece", "pitches"),
    "used_pitch_per_bar": ("different pitches in a whole bar", "pitches"),
    "note_count": ("notes of a piece", "notes"),
    "notes_per_bar": ("notes that begin in a whole bar", "notes"),
    "pitch_range": ("highest minus lowest pitch", "semitones"),
    "average_pitch_interval": ("size of the intervals within a part", "semitones"),
    "average_inter_onset_interval": ("from onset to onset within a part", "quarters"),
}

#: the nine features of the paper, and two of them taken bar by bar -> their shape
FEATURES: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(MEASURES, ()),
    "pitch_class_histogram": (12,),
    "pitch_class_transitions": (12, 12),
    "note_length_histogram": (12,),
    "note_length_transitions": (12, 12),
}


def total_used_pitch(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Number of different pitches in each piece."""
    return n_pitches_used(pieces, notes)


def note_count(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Number of notes of each piece; 0 for a piece without notes."""
    return np.bincount(lay_out(pieces, notes).number, minlength=len(pieces)).astype(float)


def used_pitch_per_bar(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Mean number of different pitches that begin in a whole bar; NaN without a whole bar."""
    laid = lay_out(pieces, notes)
    bar = laid.place()[0].astype(np.int64)
    kept = (bar >= 0) & (bar < laid.whole[laid.number])
    first = np.concatenate([[0], np.cumsum(laid.whole)])
    line = first[laid.number[kept]] + bar[kept]
    used = np.unique(line * 128 + laid.pitch[kept]) // 128
    owner = np.repeat(np.arange(len(pieces)), laid.whole)
    return means(np.bincount(used, minlength=len(owner)).astype(float), owner, len(pieces))


def notes_per_bar(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Mean number of notes that begin in a whole bar; NaN without a whole bar."""
    laid = lay_out(pieces, notes)
    bar = laid.place()[0]
    kept = (bar >= 0) & (bar < laid.whole[laid.number])
    begun = np.bincount(laid.number[kept], minlength=len(pieces)).astype(float)
    return np.divide(begun, laid.whole, out=np.full(len(pieces), np.nan), where=laid.whole > 0)


def _share(counts: np.ndarray) -> np.ndarray:
    """Counts of each piece divided by their sum; NaN where there are none."""
    total = counts.reshape(len(counts), -1).sum(axis=1)
    total = total.reshape(-1, *[1] * (counts.ndim - 1))
    return np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)


def pitch_class_histogram(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Share of the sounding time of each pitch class, shape (pieces, 12).

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480], "duration": [480, 1440],
    ...                       "pitch": [60, 74]})
    >>> pitch_class_histogram(pd.DataFrame({"piece": ["a"]}), notes)[0, :3].tolist()
    [0.25, 0.0, 0.75]
    """
    laid = lay_out(pieces, notes)
    cells = laid.number * 12 + laid.pitch % 12
    time = np.bincount(cells, weights=laid.end - laid.onset, minlength=12 * len(pieces))
    return _share(time.reshape(-1, 12))


def _follows(pieces: pd.DataFrame, notes: pd.DataFrame) -> tuple[Layout, np.ndarray]:
    """The notes laid out, and which of them (from the second on) follow one in their part."""
    laid = lay_out(pieces, notes)
    follows = (laid.number[1:] == laid.number[:-1]) & (laid.part[1:] == laid.part[:-1])
    return laid, follows


def _transitions(
    number: np.ndarray, kind: np.ndarray, follows: np.ndarray, count: int
) -> np.ndarray:
    """Share of each ordered pair of kinds among notes that follow each other."""
    pairs = (kind[:-1] * 12 + kind[1:])[follows]
    return _share(histogram(number[1:][follows], pairs, count, 144).reshape(count, 12, 12))


def pitch_class_transitions(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Share of each ordered pair of pitch classes in a row, shape (pieces, 12, 12).

    mgeval takes only pairs with at most 50 ms between the end of the first and the
    beginning of the second; here every two notes of a part that follow each other count.
    """
    laid, follows = _follows(pieces, notes)
    return _transitions(laid.number, laid.pitch % 12, follows, len(pieces))


def average_pitch_interval(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Mean size of the interval between notes that follow each other in a part, semitones."""
    laid, follows = _follows(pieces, notes)
    steps = np.abs(np.diff(laid.pitch)).astype(float)
    return means(steps[follows], laid.number[1:][follows], len(pieces))


def average_inter_onset_interval(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Mean time from onset to onset of notes that follow each other in a part, in quarters.

    mgeval has seconds, over the onsets of all tracks together: in a chorale most of its
    intervals are 0.
    """
    laid, follows = _follows(pieces, notes)
    apart = np.diff(laid.onset) / TICKS_PER_QUARTER
    return means(apart[follows], laid.number[1:][follows], len(pieces))


def _lengths(
    pieces: pd.DataFrame, notes: pd.DataFrame, as_published: bool = False
) -> tuple[Layout, np.ndarray, np.ndarray]:
    """The notes laid out, which follow another, and the class of each note's length."""
    laid, follows = _follows(pieces, notes)
    bar = laid.place()[2]
    if as_published:
        under = _denominators(pieces)[laid.number]
        bar = np.log2(under) * 4 * TICKS_PER_QUARTER / under
    length = (laid.end - laid.onset) / bar * 96
    return laid, follows, np.abs(length[:, None] - LENGTHS).argmin(axis=1)


def _denominators(pieces: pd.DataFrame) -> np.ndarray:
    """Denominator of each piece's meter, 4 where it is unknown."""
    meters = pieces["meter"] if "meter" in pieces else pd.Series(["4/4"] * len(pieces))
    under = meters.astype("str").str.extract(r"/\s*(\d+)\s*$")[0]
    return under.astype(float).fillna(4).to_numpy()


def note_length_histogram(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Share of notes of each of :data:`LENGTHS`, shape (pieces, 12).

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480], "duration": [480, 1440],
    ...                       "pitch": 60})
    >>> found = note_length_histogram(pd.DataFrame({"piece": ["a"]}), notes)
    >>> LENGTHS[found[0] > 0]
    array([24, 72])
    """
    laid, _, kind = _lengths(pieces, notes)
    return _share(histogram(laid.number, kind, len(pieces), 12))


def note_length_histogram_as_published(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """The histogram with mgeval's bar, where a track holds its own time signature.

    For its default track the code takes the exponent of the denominator for the numerator:
    every bar over 4 is of two quarters (a quarter is called a half bar), every one over 8 of
    three eighths.
    """
    laid, _, kind = _lengths(pieces, notes, as_published=True)
    return _share(histogram(laid.number, kind, len(pieces), 12))


def note_length_transitions(pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
    """Share of each ordered pair of :data:`LENGTHS` in a row, shape (pieces, 12, 12)."""
    laid, follows, kind = _lengths(pieces, notes)
    return _transitions(laid.number, kind, follows, len(pieces))


def features(pieces: pd.DataFrame, notes: pd.DataFrame) -> dict[str, np.ndarray]:
    """Every feature of every piece.

    Returns
    -------
    dict of str to numpy.ndarray, shape (pieces, size)
        A row for each piece, matrices flattened; keys in the order of :data:`FEATURES`.
    """
    return {
        name: np.asarray(_COMPUTE[name](pieces, notes)).reshape(len(pieces), int(np.prod(shape)))
        for name, shape in FEATURES.items()
    }


def evaluate(pieces: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """The features of one number, of every piece.

    Returns
    -------
    pandas.DataFrame
        Column piece, then :data:`MEASURES`.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": np.arange(8) * 480,
    ...                       "duration": 480, "pitch": [60, 62, 64, 65, 67, 69, 71, 72]})
    >>> evaluate(pieces, notes).iloc[0, 1:].astype(float).round(2).tolist()
    [8.0, 4.0, 8.0, 4.0, 12.0, 1.71, 1.0]
    """
    table = {"piece": pieces["piece"].to_numpy()}
    return pd.DataFrame(table | {name: _COMPUTE[name](pieces, notes) for name in MEASURES})


_COMPUTE = {
    "total_used_pitch": total_used_pitch,
    "used_pitch_per_bar": used_pitch_per_bar,
    "note_count": note_count,
    "notes_per_bar": notes_per_bar,
    "pitch_range": pitch_range,
    "average_pitch_interval": average_pitch_interval,
    "average_inter_onset_interval": average_inter_onset_interval,
    "pitch_class_histogram": pitch_class_histogram,
    "pitch_class_transitions": pitch_class_transitions,
    "note_length_histogram": note_length_histogram,
    "note_length_transitions": note_length_transitions,
}
