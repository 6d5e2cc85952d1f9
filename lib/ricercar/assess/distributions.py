"""Do two sets use notes alike? Distances between distributions, and how varied a set is.

Goal: what a table of means cannot see. Two sets may agree in every mean and differ
in their intervals.

Conventions
-----------
* Divergences are Jensen-Shannon, in bits: 0 for equal, 1 for disjoint distributions.
  Two samples of the same music are a little above 0; compare with that.
* Intervals are resampled over the pieces of both sets; stretches of one piece (column
  ``group``) are drawn together, because they are not independent.

Sources
-------
J. Lin, "Divergence measures based on the Shannon entropy" (1991).
"""

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap
from ricercar.assess.music import SCALES, histogram
from ricercar.assess.voices import numbered

#: distribution -> what its bins are
DISTRIBUTIONS = {
    "pitch_class": "pitch classes above the root of the best-fitting major scale",
    "interval": "melodic intervals within a voice, an octave and more together",
    "note_value": "note values, a breve and more together",
}


def histograms(pieces: pd.DataFrame, notes: pd.DataFrame) -> dict[str, np.ndarray]:
    """Counts of each distribution, per piece.

    Returns
    -------
    dict of str to numpy.ndarray, shape (pieces, bins)
        ``pitch_class`` 12 bins, ``interval`` 25 (-12..12 semitones), ``note_value`` 65
        (0..64 thirty-seconds, rounded).

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480],
    ...                       "duration": 480, "pitch": [60, 64]})
    >>> found = histograms(pieces, notes)
    >>> int(found["interval"].argmax() - 12), int(found["note_value"].argmax())
    (4, 8)
    """
    count = len(pieces)
    number, ordered = numbered(pieces, notes)
    pitch, part = ordered["pitch"].to_numpy(), ordered["part"].to_numpy()
    classes = histogram(number, pitch % 12, count, 12)
    root = (classes @ SCALES.T).argmax(axis=1)
    follows = (number[1:] == number[:-1]) & (part[1:] == part[:-1])
    steps = np.clip(np.diff(pitch), -12, 12)[follows] + 12
    value = np.clip(np.rint(ordered["duration"].to_numpy() / 60).astype(int), 0, 64)
    return {
        "pitch_class": histogram(number, (pitch - root[number]) % 12, count, 12),
        "interval": histogram(number[1:][follows], steps, count, 25),
        "note_value": histogram(number, value, count, 65),
    }


def jensen_shannon(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence of distributions along the last axis, in bits.

    Parameters
    ----------
    p, q : numpy.ndarray, shape (..., bins)
        Counts or shares; each is divided by its sum.

    Examples
    --------
    >>> jensen_shannon(np.array([[1, 0], [1, 1]]), np.array([[0, 2], [3, 3]])).tolist()
    [1.0, 0.0]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        p, q = p / p.sum(axis=-1, keepdims=True), q / q.sum(axis=-1, keepdims=True)
        middle = (p + q) / 2
        terms = [np.where(r > 0, r * np.log2(r / middle), 0.0).sum(axis=-1) for r in (p, q)]
    empty = np.isnan(p).any(axis=-1) | np.isnan(q).any(axis=-1)
    return np.where(empty, np.nan, np.maximum((terms[0] + terms[1]) / 2, 0.0))


def divergences(
    real: tuple[pd.DataFrame, pd.DataFrame],
    made: tuple[pd.DataFrame, pd.DataFrame],
    seed: int = 0,
    n: int = 500,
) -> pd.DataFrame:
    """How far the distributions of a made set lie from those of a real one.

    Parameters
    ----------
    real, made : tuple of pieces and notes
    seed, n : int
        Seed and number of resamples, over the pieces of both sets.

    Returns
    -------
    pandas.DataFrame
        Columns metric (``js_pitch_class``, ``js_interval``, ``js_note_value``), value,
        low, high (bits) and n (made pieces).
    """
    truth, other = histograms(*real), histograms(*made)
    draws = [
        bootstrap.times(pieces["group"], n, seed + side)
        for side, (pieces, _) in enumerate((real, made))
    ]
    rows = []
    for name in DISTRIBUTIONS:
        value = jensen_shannon(truth[name].sum(axis=0), other[name].sum(axis=0))
        resampled = jensen_shannon(draws[0] @ truth[name], draws[1] @ other[name])
        low = high = np.nan
        if not np.isnan(value):
            # a resample is a little less like the other set: its spread, moved to the value
            spread = np.nanquantile(resampled, [0.025, 0.975]) - np.nanmean(resampled)
            low, high = np.maximum(value + spread, 0.0)
        rows.append((f"js_{name}", float(value), low, high, len(made[0])))
    return pd.DataFrame(rows, columns=["metric", "value", "low", "high", "n"])


def variety(
    values: np.ndarray, groups: pd.Series, seed: int = 0, n: int = 500
) -> tuple[float, float, float]:
    """Mean distance between two pieces of a set, with a bootstrap interval over groups.

    Parameters
    ----------
    values : numpy.ndarray, shape (pieces, features)
        Standardised features without NaN.
    groups : pandas.Series, length pieces
        Stretches of one piece are not compared with each other, and drawn together.
    seed, n : int
        Seed and number of resamples.

    Returns
    -------
    value, low, high : float
        Euclidean distance divided by the square root of the number of features; NaN with
        fewer than two groups. A piece drawn twice is not compared with itself.

    Examples
    --------
    >>> variety(np.array([[0.0], [2.0]]), pd.Series(["a", "b"]), n=100)
    (2.0, 2.0, 2.0)
    """
    labels, names = pd.factorize(groups)
    if len(names) < 2:
        return (np.nan, np.nan, np.nan)
    squares = (values**2).sum(axis=1)
    apart = squares[:, None] + squares[None, :] - 2 * values @ values.T
    apart = np.sqrt(np.maximum(apart, 0) / values.shape[1])
    apart[labels[:, None] == labels] = 0.0
    as_it_is = np.ones((1, len(values)), dtype=np.int64)
    times = np.concatenate([as_it_is, bootstrap.times(labels, n, seed)])
    sizes = times @ (labels[:, None] == np.arange(len(names)))
    pairs = sizes.sum(axis=1) ** 2 - (sizes**2).sum(axis=1)
    known = pairs > 0
    mean = ((times @ apart) * times).sum(axis=1)[known] / pairs[known]
    low, high = np.quantile(mean[1:], [0.025, 0.975])
    return float(mean[0]), float(low), float(high)
