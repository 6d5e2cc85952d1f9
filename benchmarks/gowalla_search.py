"""How parameters for Gowalla were chosen: on a part of train only.

    python -m benchmarks.gowalla_search PARENT              graph_ease, row by row (hours)
    python -m benchmarks.gowalla_search PARENT baselines    BPR and SLIM (more than an hour)

Conventions
-----------
* A fifth of each person's places in train is held out, of those with five places or more; every
  set of parameters learns from the rest, and ranks all places for everybody held out of.
  The test part is not read.
* ``results/gowalla-search.csv`` holds the sets in the order in which they were tried: some at
  regular places, some at random, then others drawn around the best so far. They were computed
  on a GPU in single precision; this module computes them anew with the project's own model.
* ``results/gowalla-baselines.csv`` holds sets that were tried for other methods, by hand, in
  that order, with the seconds of processor time that learning took.
"""

import csv
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ricercar import recommend, workspace
from ricercar.assess import ranking
from ricercar.listening import public
from ricercar.progress import bar

PARAMETERS = ("penalty", "listener_exponent", "piece_exponent", "factors", "beta")


def tried(what: str = "search") -> pd.DataFrame:
    """A table of what was tried, with recall and ndcg on the part held out.

    Before them come :data:`PARAMETERS`, or method and parameters in the table ``baselines``.
    """
    return pd.read_csv(workspace.project() / "benchmarks" / "results" / f"gowalla-{what}.csv")


def best() -> dict[str, Any]:
    """The set of parameters with the highest ndcg on the part held out."""
    table = tried()
    row = table.loc[table["ndcg"].idxmax(), [*PARAMETERS]].to_dict()
    return {**row, "factors": int(row["factors"])}


def best_baseline(method: str) -> dict[str, Any]:
    """The set of a method with the highest ndcg on the part held out."""
    table = tried("baselines")
    own = table[table["method"] == method]
    return dict(json.loads(own.loc[own["ndcg"].idxmax(), "parameters"]))


def held_out(train: sp.csr_array, seed: int = 0) -> tuple[sp.csr_array, sp.csr_array]:
    """What is learnt from while searching, and what is held out of it.

    Examples
    --------
    >>> rest, part = held_out(sp.csr_array(np.ones((2, 10))))
    >>> rest.nnz, part.nnz
    (16, 4)
    """
    rng = np.random.default_rng(seed)
    held = np.zeros(train.nnz, bool)
    for start, end in zip(train.indptr[:-1], train.indptr[1:], strict=True):
        places = end - start
        if places >= 5:
            held[start + rng.permutation(places)[: round(0.2 * places)]] = True
    entries = sp.coo_array(train)
    return tuple(
        sp.csr_array((entries.data[at], (entries.row[at], entries.col[at])), shape=train.shape)
        for at in (~held, held)
    )


def sets(what: str) -> list[tuple[str, dict[str, Any]]]:
    """Method and parameters of every row of a table."""
    rows = tried(what).to_dict("records")
    if what == "baselines":
        return [(row["method"], json.loads(row["parameters"])) for row in rows]
    chosen = [{name: row[name] for name in PARAMETERS} for row in rows]
    return [
        ("graph_ease", {**some, "factors": max(1, int(some["factors"])), "single": True})
        for some in chosen
    ]


def main(parent: str, what: str = "search") -> int:
    """Compute every row again, and print it."""
    train = public.read("gowalla", Path(parent) / "gowalla").counts.matrix
    rest, part = held_out(train)
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["method", "parameters", "recall", "ndcg", "seconds"])
    for method, parameters in bar(sets(what), "sets of parameters"):
        started = time.process_time()
        model = recommend.create(method, **parameters).fit(rest)
        seconds = time.process_time() - started
        metrics = ranking.evaluate(model, rest, part, [20]).metrics[["recall_n@20", "ndcg_min@20"]]
        found = (*metrics.mean().round(5), round(seconds))
        table.writerow([method, json.dumps(parameters), *found])
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
