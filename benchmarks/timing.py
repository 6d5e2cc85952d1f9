"""Times of several works on the same cases, and how many times faster one is.

Conventions
-----------
* Times are wall seconds. Each work runs on each case ``rounds`` times, in turns, so that a
  disturbance of the machine hits all; the case's time is the median of its rounds.
* A speed-up is the sum of the other side's times divided by the sum of ours over the cases
  that both have done, with the percentile interval of 1,000 resamples of these cases.
"""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


def in_turns(
    cases: Sequence[Hashable],
    works: Mapping[str, Callable[[Any], object]],
    rounds: int = 1,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Time works on cases.

    Returns
    -------
    seconds : pandas.DataFrame
        A row per case, a column per work; NaN where the work failed.
    counted : pandas.DataFrame
        What the works returned: text of an exception where they failed.
    """
    rng = np.random.default_rng(seed)
    seconds = np.full((rounds, len(cases), len(works)), np.nan)
    counted = pd.DataFrame(index=list(cases), columns=list(works), dtype=object)
    for turn in range(rounds):
        for row in rng.permutation(len(cases)):
            for column in rng.permutation(len(works)):
                name = counted.columns[column]
                start = time.perf_counter()
                try:
                    result: object = works[name](cases[row])
                except Exception as error:  # a package that cannot do a case is not timed on it
                    result = f"{type(error).__name__}: {error}"[:200]
                else:
                    seconds[turn, row, column] = time.perf_counter() - start
                counted.iat[row, column] = result
    middle = np.median(seconds, axis=0)
    return pd.DataFrame(middle, index=list(cases), columns=list(works)), counted


def spread(seconds: ArrayLike, scale: float = 1000.0) -> dict[str, float]:
    """Median, least and largest time in milliseconds (or another unit), and the number of cases."""
    known = np.asarray(seconds, dtype=float)
    known = known[~np.isnan(known)] * scale
    if not len(known):
        return {"median": np.nan, "min": np.nan, "max": np.nan, "n": 0}
    return {
        "median": float(np.median(known)),
        "min": float(known.min()),
        "max": float(known.max()),
        "n": len(known),
    }


def faster(ours: ArrayLike, theirs: ArrayLike, seed: int = 0) -> dict[str, float]:
    """How many times faster we are than they on the same cases: value, low, high, n."""
    a, b = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    n = len(a)
    if not n:
        return {"value": np.nan, "low": np.nan, "high": np.nan, "n": 0}
    value, bounds = b.sum() / a.sum(), (np.nan, np.nan)
    if n > 1:
        drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), 1000)
        bounds = tuple(np.percentile((drawn @ b) / (drawn @ a), [2.5, 97.5]))
    return {"value": float(value), "low": float(bounds[0]), "high": float(bounds[1]), "n": n}
