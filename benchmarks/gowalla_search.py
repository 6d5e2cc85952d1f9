"""How graph_ease's parameters for Gowalla were chosen: on a part of train only.

    python -m benchmarks.gowalla_search PARENT      again, row by row (hours on two cores)

Conventions
-----------
* A fifth of each person's places in train is held out, of those with five places or more; every
  set of parameters learns from the rest, and ranks all places for everybody held out of.
  The test part is not read.
* ``results/gowalla-search.csv`` holds the sets in the order in which they were tried: some at
  regular places, some at random, then others drawn around the best so far. They were computed
  on a GPU in single precision; this module computes them anew with the project's own model.
"""

import sys
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


def tried() -> pd.DataFrame:
    """The table of the search: :data:`PARAMETERS`, recall and ndcg on the part held out."""
    return pd.read_csv(workspace.project() / "benchmarks" / "results" / "gowalla-search.csv")


def best() -> dict[str, Any]:
    """The set of parameters with the highest ndcg on the part held out."""
    table = tried()
    row = table.loc[table["ndcg"].idxmax(), [*PARAMETERS]].to_dict()
    return {**row, "factors": int(row["factors"])}


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


def main(parent: str) -> int:
    """Compute every row again and print both."""
    train = public.read("gowalla", Path(parent) / "gowalla").counts.matrix
    rest, part = held_out(train)
    for row in bar(tried().to_dict("records"), "sets of parameters"):
        chosen = {name: row[name] for name in PARAMETERS} | {"factors": max(1, int(row["factors"]))}
        model = recommend.create("graph_ease", **chosen, single=True).fit(rest)
        metrics = ranking.evaluate(model, rest, part, [20]).metrics
        again = {"recall": metrics["recall_n@20"].mean(), "ndcg": metrics["ndcg_min@20"].mean()}
        print(row, {name: round(value, 5) for name, value in again.items()}, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
