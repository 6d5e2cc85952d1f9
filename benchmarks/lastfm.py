"""HetRec Last.fm-2k, random 8:1:1: our methods beside published figures.

Conventions
-----------
* All artists that a listener has not met in training are ranked; ``recall_n`` and ``ndcg_min`` at
  10, as :mod:`ricercar.assess.ranking` defines them.
* The pairs are dealt 8:1:1 at random, :data:`SEEDS` times. Every method gets :data:`BUDGET` tries
  on the second part, then learns from the first two. What is done is kept: a call that was
  stopped goes on. Published figures come from other random
  splits of the same shape: they stand beside ours, nothing is tested against them.
"""

import json
import time
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from benchmarks import machine
from benchmarks.gowalla import corner
from benchmarks.setting import Findings, Setting, code_digest

from ricercar import published, recommend, workspace
from ricercar.assess import ranking
from ricercar.listening import public
from ricercar.recommend import tuning

QUESTION = "Where do our recommenders stand on Last.fm-2k beside published figures?"

#: random splits
SEEDS = 3
#: sets of parameters that each method may try
BUDGET = 8
#: its tries alone take longer than those of all others together, by far
LEFT_OUT = "mult_vae"


def run(setting: Setting) -> Findings:
    """Measure."""
    found = Findings(versions=machine.versions("scipy", "implicit", "tensorflow"))
    if (folder := setting.data("hetrec2011-lastfm-2k")) is None:
        found.remarks.append("HetRec Last.fm-2k is not on this machine: left out")
    else:
        found.remarks.append(f"{LEFT_OUT} is left out: it would take an hour")
        _compared(setting, public.read("hetrec-lastfm", folder).counts.matrix, found)
    return found


def _compared(setting: Setting, counts: sp.csr_array, found: Findings) -> None:
    """The Last.fm table: means over random splits, smallest and largest."""
    if setting.size == "small":
        counts, _ = corner(counts, counts)
    names = setting.pick(("most_popular", "item_knn"), _tuned())
    parts = [thirds(counts, seed) for seed in range(setting.pick(1, SEEDS))]
    lines = []
    for name in names:
        for seed, (first, second, third) in enumerate(parts):
            kept = setting.work / "lastfm" / f"{name}-{seed}-{code_digest()[:16]}.json"
            if not kept.is_file():
                line = _line(name, seed, setting.pick(2, BUDGET), first, second, third)
                kept.parent.mkdir(exist_ok=True)
                workspace.write_json(kept, line)
                print(line, flush=True)
            lines.append(json.loads(kept.read_text("utf-8")))
    told = pd.DataFrame(lines)
    table = pd.DataFrame({"method": names})
    for kind in ("recall_n@10", "ndcg_min@10"):
        grouped = told.groupby("method", sort=False)[kind]
        spread = grouped.agg(["mean", "min", "max"])
        table[kind] = [
            f"{m:.4f} [{low:.4f}, {high:.4f}]" for m, low, high in spread.to_numpy().tolist()
        ]
        for name, (mean, low, high) in zip(names, spread.to_numpy().tolist(), strict=True):
            found.figure(f"Last.fm-2k, {kind}", name, mean, "", low, high, len(told) // len(names))
    table["seconds"] = told.groupby("method", sort=False)["seconds"].mean().to_numpy()
    theirs = pd.DataFrame(
        [
            (
                f"{row.rival or row.method.upper()} (published)",
                f"{row.recall:.4f}",
                f"{row.ndcg:.4f}",
            )
            for row in published.LASTFM
        ],
        columns=["method", "recall_n@10", "ndcg_min@10"],
    )
    caption = f"Last.fm-2k, random 8:1:1, mean over {told['seed'].nunique()} splits, range"
    found.tables[caption] = pd.concat([table, theirs], ignore_index=True)


def _line(
    name: str,
    seed: int,
    budget: int,
    first: sp.csr_array,
    second: sp.csr_array,
    third: sp.csr_array,
) -> dict[str, Any]:
    """A method tuned on the second part, taught by two, and judged on the third."""
    chosen, _ = tuning.tune(name, first, second, budget, "ndcg_min@10", seed, _fixed(name))
    both = sp.csr_array(first + second)
    started = time.perf_counter()
    model = recommend.create(name, **chosen).fit(both)
    metrics = ranking.evaluate(model, both, third, [10]).metrics
    means = {kind: float(metrics[kind].mean()) for kind in ("recall_n@10", "ndcg_min@10")}
    seconds = time.perf_counter() - started
    return {"method": name, "seed": seed, **means, "seconds": seconds, "chosen": chosen}


def _tuned() -> tuple[str, ...]:
    """The methods that know nothing but who played what, without :data:`LEFT_OUT`."""
    knowing = {"content", "hybrid", "augmented_linear", "learnt_hybrid", "cold_items", LEFT_OUT}
    return tuple(name for name in recommend.models() if name not in knowing)


def _fixed(name: str) -> dict[str, Any]:
    """Parameters that are not tuned."""
    known = recommend.models()[name].defaults()
    return {
        **({"seed": 0} if "seed" in known else {}),
        **({"single": True} if "single" in known else {}),
    }


def thirds(counts: sp.csr_array, seed: int) -> tuple[sp.csr_array, sp.csr_array, sp.csr_array]:
    """A matrix in three parts, 8:1:1 of its entries at random.

    Examples
    --------
    >>> parts = thirds(sp.csr_array(np.ones((10, 10))), 0)
    >>> [part.nnz for part in parts]
    [80, 10, 10]
    """
    entries = sp.coo_array(counts)
    order = np.random.default_rng(seed).permutation(entries.nnz)
    cuts = np.split(order, [round(0.8 * entries.nnz), round(0.9 * entries.nnz)])
    first, second, third = (
        sp.csr_array((entries.data[at], (entries.row[at], entries.col[at])), shape=counts.shape)
        for at in cuts
    )
    return first, second, third
