"""Do the intervals of profiles hold what they promise?

Goal: a check on the log itself, simulated or not: half of what a listener heard has to tell the
other half as well as the errors say.

Conventions
-----------
* Halves are of pieces, not of events, so that no piece stands in both.
* Coverage is a share, in [0, 1], of the features that vary.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import sparse, stats

from ricercar.profiles.building import Evidence
from ricercar.profiles.uncertainty import effective, estimate, within_listeners


def coverage(
    found: Evidence, seed: int = 0, level: float = 0.95, least: float = 3.0
) -> pd.DataFrame:
    """Whether intervals hold what they promise: half of each listener's pieces tell the other.

    The pieces of a listener are dealt into two halves. From the first comes the estimate; it
    covers if the mean of the second lies within its interval, widened by the sampling error of
    that mean.

    Parameters
    ----------
    found : Evidence
    seed : int
    level : float
        Coverage that is promised, in (0, 1).
    least : float
        Listeners with fewer effective pieces in the second half are left out.

    Returns
    -------
    DataFrame
        One row per listener: ``listener``, ``evidence`` (of the first half), ``covered`` (share
        of the features that vary, in [0, 1]), and mean squared errors in the second half of
        the estimate (``error``), of the first half's mean (``raw_error``) and of the
        population's mean (``population_error``).
    """
    table = found.matrix.tocoo()
    first = np.random.default_rng(seed).random(table.nnz) < 0.5
    halves = [
        sparse.coo_array((table.data[k], (table.row[k], table.col[k])), table.shape).tocsr()
        for k in (first, ~first)
    ]
    a, b = (replace(found, matrix=half) for half in halves)
    made = estimate(a)
    varied = found.z.to_numpy().std(axis=0) > 0
    names = found.z.columns[varied]
    evidence_a, evidence_b = effective(np.abs(a.matrix)), effective(np.abs(b.matrix))
    used = (evidence_a > 0) & (evidence_b >= least)
    square = np.abs(a.matrix) @ found.z.to_numpy() ** 2
    raw_a, raw_b = np.nan_to_num(a.means()[0]), np.nan_to_num(b.means()[0])
    within = within_listeners(square, raw_a, np.abs(a.matrix), evidence_a)[0]
    value = made.profiles[names].to_numpy()[used]
    raw_a, raw_b, within = raw_a[used][:, varied], raw_b[used][:, varied], within[used][:, varied]
    variance = made.errors[names].to_numpy()[used] ** 2 + within / evidence_b[used][:, None]
    reach = stats.norm.ppf((1 + level) / 2) * np.sqrt(variance)
    mean = made.population["mean"].to_numpy()[varied]
    return pd.DataFrame(
        {
            "listener": found.listeners[used],
            "evidence": evidence_a[used],
            "covered": (np.abs(raw_b - value) <= reach).mean(axis=1),
            "error": ((raw_b - value) ** 2).mean(axis=1),
            "raw_error": ((raw_b - raw_a) ** 2).mean(axis=1),
            "population_error": ((raw_b - mean) ** 2).mean(axis=1),
        }
    )
