"""A tiny world of two or more styles whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from ricercar import features, style

#: some features of every family: enough for a world, and quick
COLUMNS = [name for names in features.families.values() for name in names[:4]]
TELLING = next(name for name in COLUMNS if name.startswith("rhythm."))


@pytest.fixture(scope="session")
def columns():
    return COLUMNS


@pytest.fixture(scope="session")
def arms(columns):
    melody = [name for name in columns if name.startswith("melody.")]
    return {"all features": columns, "melody only": melody}


@pytest.fixture(scope="session")
def telling():
    """The one feature by which the styles of the world differ."""
    return TELLING


@pytest.fixture(scope="session")
def world():
    """A function that makes pieces and features of some styles.

    Features are noise; where the styles are separable, one feature tells them apart. Harmony
    is missing throughout, as for tunes of one voice.
    """

    def make(n=40, separable=True, seed=0, names=("jig", "reel"), noise=1.0):
        rng = np.random.default_rng(seed)
        kinds = np.array(names)[np.arange(n) % len(names)]
        table = pd.DataFrame(rng.normal(size=(n, len(COLUMNS))), columns=COLUMNS)
        table[[name for name in COLUMNS if name.startswith("harmony.")]] = np.nan
        if separable:
            table[TELLING] = 30.0 * (np.arange(n) % len(names)) + noise * rng.normal(size=n)
        ids = [f"p{number:03d}" for number in range(n)]
        table.insert(0, "piece", ids)
        pieces = pd.DataFrame({"piece": ids, "style": kinds, "group": ids, "sha256": "0" * 64})
        return pieces, table

    return make


@pytest.fixture(scope="session")
def tested(world, arms):
    pieces, table = world(n=96)
    dealt = style.assign_folds(pieces, folds=3, min_pieces=10, seed=3)
    return dealt, table, style.cross_validate(dealt, table, arms, seed=3)
