"""Fit the habits of simulated listeners to a real log.

Goal: the defaults of :class:`ricercar.listening.habits.Habits` are measured, not invented, and
anybody who has the data can measure them again: ``python -m ricercar.listening.fit_simulation``.

Conventions
-----------
* The real log is HetRec Last.fm-2k: play counts of 1,892 listeners and 17,632 artists. What is
  fitted is what such counts can tell: ``activity``, ``popularity``, ``offset`` and ``returns``.
  Positions and times are not in it, and marginals tell next to nothing of ``taste``, which
  makes listeners differ: these habits stay as they are.
* The distance is that of :func:`ricercar.listening.marginals.distance`, mean over
  :data:`SEEDS`, between HetRec and the default run's size, 400 listeners and 40,000 events, on
  a made-up catalogue of :data:`PIECES` pieces: the fit must not depend on which music is
  there.
* The search is random and seeded: evenly over :data:`RANGES` first, then around the best so
  far, each round within half the width of the one before.

Sources
-------
Random search: J. Bergstra and Y. Bengio, JMLR 13 (2012). HetRec Last.fm-2k: see
:mod:`ricercar.listening.last_fm`.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from ricercar.errors import RicercarError
from ricercar.listening import last_fm, marginals, simulate
from ricercar.listening.habits import Habits
from ricercar.listening.matrix import met

#: what is searched, and where
RANGES: dict[str, tuple[float, float]] = {
    "activity": (0.5, 1.6),
    "popularity": (0.3, 1.6),
    "offset": (0.0, 60.0),
    "returns": (0.0, 5.0),
}
#: logs behind the distance of one set of habits
SEEDS = (1, 2)
#: pieces of the made-up catalogue
PIECES = 900
#: rounds of the search, and sets of habits tried in each
ROUNDS, TRIED = 4, 30


@dataclass(frozen=True)
class Fit:
    """What a search found.

    Attributes
    ----------
    habits : Habits
        The closest.
    distance : float
        Of these, in [0, 1].
    tried : DataFrame
        Columns of :data:`RANGES` and ``distance``, a row for each set of habits, as tried.
    """

    habits: Habits
    distance: float
    tried: pd.DataFrame


def plays(events: pd.DataFrame) -> sparse.csr_array:
    """Play counts of a table ``events``, those who play by what is played.

    Examples
    --------
    >>> log = pd.DataFrame({"listener": ["l", "l", "k"], "piece": ["a", "a", "b"],
    ...     "kind": ["play", "play", "skip"], "value": 1.0})
    >>> plays(log).toarray().tolist()
    [[2.0]]
    """
    played = events[events["kind"] == "play"]
    return met(played, sorted(played["listener"].unique()), sorted(played["piece"].unique()))


def catalogue(n: int = PIECES, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A made-up catalogue: pieces of eight styles, with eight independent features.

    Returns
    -------
    pieces, features_table : DataFrame
        As much of these tables as the simulation reads.
    """
    rng = np.random.default_rng(seed)
    pieces = pd.DataFrame(
        {
            "piece": [f"piece-{i:04d}" for i in range(n)],
            "style": [f"style {k}" for k in rng.integers(8, size=n)],
            "quarters": rng.uniform(30, 90, n),
        }
    )
    values = pd.DataFrame(rng.normal(size=(n, 8)), columns=[f"feature.{i}" for i in range(8)])
    return pieces, pd.concat([pieces[["piece"]], values], axis=1)


def apart(
    habits: Habits, real: pd.DataFrame, n_listeners: int = 400, n_events: int = 40_000
) -> pd.Series:
    """Distance of each marginal between simulated listeners and a real log, mean over seeds.

    Parameters
    ----------
    habits : Habits
    real : DataFrame
        From :func:`ricercar.listening.marginals.measured`, over :data:`PIECES` items.
    n_listeners, n_events : int
        Size of the simulation.

    Returns
    -------
    Series
        By marginal, in [0, 1].
    """
    pieces, table = catalogue()
    found = []
    for seed in SEEDS:
        made = simulate.listeners(pieces, table, n_listeners, n_events, seed, habits=habits)
        measured = marginals.measured(plays(made.events), PIECES)
        found.append(marginals.distances(measured, real))
    return pd.concat(found, axis=1).mean(axis=1)


def fit(
    real: pd.DataFrame,
    rounds: int = ROUNDS,
    tried: int = TRIED,
    seed: int = 0,
    n_listeners: int = 400,
    n_events: int = 40_000,
) -> Fit:
    """Search for the habits whose marginals are closest to those of a real log.

    Parameters
    ----------
    real : DataFrame
        From :func:`ricercar.listening.marginals.measured`, over :data:`PIECES` items.
    rounds, tried : int
        Rounds, and sets of habits tried in each, at least 1.
    seed : int
    n_listeners, n_events : int
        Size of the simulations.

    Returns
    -------
    Fit
    """
    rng = np.random.default_rng(seed)
    low, high = np.array(list(RANGES.values())).T
    best, rows = (low + high) / 2, []
    for shrink in 2.0 ** -np.arange(rounds):
        half = shrink * (high - low) / 2
        for point in np.clip(best + rng.uniform(-half, half, (tried, len(low))), low, high):
            point = point.round(2)
            habits = replace(Habits(), **dict(zip(RANGES, point.tolist(), strict=True)))
            rows.append([*point.tolist(), float(apart(habits, real, n_listeners, n_events).mean())])
        best = np.array(min(rows, key=lambda row: row[-1])[:-1])
    table = pd.DataFrame(rows, columns=[*RANGES, "distance"])
    nearest = dict(zip(RANGES, best.tolist(), strict=True))
    return Fit(replace(Habits(), **nearest), float(table["distance"].min()), table)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m ricercar.listening.fit_simulation",
        description="Fit simulated listeners to HetRec Last.fm-2k and print what was found.",
    )
    parser.add_argument("--data", type=Path, help="folder of the data set, if not downloaded")
    parser.add_argument("--marginals", type=Path, help="write the real marginals to this CSV file")
    chosen = parser.parse_args(arguments)
    try:
        kept = last_fm.reference(last_fm.counts(chosen.data))
        if chosen.marginals:
            kept.to_csv(chosen.marginals, index=False)
        real = kept[kept["items"] == PIECES].drop(columns="items")
        found = fit(real)
    except (RicercarError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(found.tried.nsmallest(5, "distance").to_string(index=False))
    print(f"closest: {found.habits}, at a distance of {found.distance:.4f}")
    print(apart(found.habits, real).round(4).to_string())
    return 0


if __name__ == "__main__":
    sys.exit(main())
