"""Published figures beside ours: Gowalla in the LightGCN split, and HetRec Last.fm-2k.

Conventions
-----------
* All pieces that a listener has not met in training are ranked, for every listener with
  something in the test part; ``recall_n`` and ``ndcg_min`` as :mod:`ricercar.assess.ranking`
  defines them, which are the variants of the published tables.
* Gowalla: the test part is looked at once, with parameters that are those of the method's
  paper or were chosen on a part of train (:mod:`benchmarks.gowalla_search`).
* Last.fm-2k: random 8:1:1 of the pairs, :data:`SEEDS` times; every method gets the same number
  of tries on the second part; then it learns from the first two. Published figures come from
  other random splits of the same shape, so they are beside ours, not against them.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from benchmarks import gowalla_search, machine
from benchmarks.setting import Findings, Setting

from ricercar import recommend
from ricercar.assess import bootstrap, ranking
from ricercar.listening import public
from ricercar.recommend import tuning

QUESTION = "Do we reproduce published figures of recommenders, and go past them?"

#: random splits of Last.fm-2k
SEEDS = 3
#: sets of parameters that each method may try on Last.fm-2k
BUDGET = 6
#: agreement that is asked of methods without chance
THREE_DECIMALS = 0.0005


@dataclass(frozen=True)
class Row:
    """A row of the Gowalla table: a model of ours, and what was published."""

    label: str
    model: str
    parameters: dict[str, Any] = field(default_factory=dict)
    recall: float = float("nan")
    ndcg: float = float("nan")
    exact: bool = False  # the published method has no chance in it


#: J. Zhu et al., "BARS", SIGIR 2022, table gowalla_m1; GF-CF as its authors' code gives it
GOWALLA = (
    Row("MostPop", "most_popular", {}, 0.0416, 0.0317, exact=True),
    Row(
        "ItemCF (cosine, 100 neighbours)",
        "item_knn",
        {"neighbours": 100, "weighting": "centred"},
        0.1570,
        0.1214,
        exact=True,
    ),
    Row("MF-BPR", "bpr", {"factors": 64, "iterations": 400}, 0.1627, 0.1378),
    Row("SLIM", "slim", {}, 0.1699, 0.1382),
    Row("EASE", "ease", {"penalty": 200.0, "single": True}, 0.1765, 0.1467),
    Row("GF-CF", "gf_cf", {"factors": 256, "alpha": 0.3}, 0.18495, 0.15184, exact=True),
)
#: the best published row that is listed: SimpleX, K. Mao et al., CIKM 2021
BEST = (0.1872, 0.1557)
#: J. Yu et al., "Socially-aware self-supervised tri-training" (SEPT), KDD 2021, @10
LASTFM = {"BPR": (0.1761, 0.1674), "LightGCN": (0.2064, 0.1972), "SEPT": (0.2127, 0.2057)}


def run(setting: Setting) -> Findings:
    """Measure."""
    found = Findings(versions=machine.versions("scipy", "implicit", "tensorflow"))
    if (folder := setting.data("gowalla")) is None:
        found.remarks.append("Gowalla is not on this machine: left out")
    else:
        _gowalla(setting, public.read("gowalla", folder), found)
    if (folder := setting.data("hetrec2011-lastfm-2k")) is None:
        found.remarks.append("HetRec Last.fm-2k is not on this machine: left out")
    else:
        _lastfm(setting, public.read("hetrec-lastfm", folder).counts.matrix, found)
    return found


def _gowalla(setting: Setting, data: public.PublicListening, found: Findings) -> None:
    """The Gowalla table, and the paired difference to the best published method of ours."""
    train, test = setting.pick(_corner, lambda *both: both)(data.counts.matrix, data.test)
    chosen = gowalla_search.best()
    rows = [*GOWALLA, Row("graph_ease (ours)", "graph_ease", {**chosen, "single": True}, *BEST)]
    lines, evaluations = [], {}
    for row in rows:
        started = time.perf_counter()
        model = recommend.create(row.model, **row.parameters).fit(train)
        fitted = time.perf_counter()
        evaluations[row.model] = ranking.evaluate(model, train, test, [20])
        ended = time.perf_counter()
        del model  # the next one may need the memory
        line: dict[str, Any] = {"method": row.label}
        for kind, published in (("recall_n@20", row.recall), ("ndcg_min@20", row.ndcg)):
            each = evaluations[row.model].metrics[kind].to_numpy()
            value, low, high = bootstrap.interval(each, seed=0)
            told = f"{published:g}" if row.model != "graph_ease" else f"{published:g} (SimpleX)"
            line |= {kind: f"{value:.5f}", f"published {kind}": told}
            asked: dict[str, float] = {}
            if row.exact:
                asked = {"at_most": THREE_DECIMALS}
                value, low, high = abs(value - published), float("nan"), float("nan")
            elif row.model == "graph_ease":
                asked = {"surely_above": published}
            work = f"Gowalla, {kind}" + (", distance to published" if row.exact else "")
            found.figure(work, row.label, value, "", low, high, len(each), **asked)
        line |= {"fit (s)": fitted - started, "rank and measure (s)": ended - fitted}
        lines.append(line)
    found.tables["Gowalla, LightGCN split, all listeners"] = pd.DataFrame(lines)
    for kind in ("recall_n@20", "ndcg_min@20"):
        ours, theirs = (evaluations[name].metrics[kind] for name in ("graph_ease", "gf_cf"))
        gain = bootstrap.paired_difference(ours, theirs, seed=0)
        found.figure(f"Gowalla, {kind}, graph_ease less GF-CF", "paired", gain[0], "", *gain[1:])
    told = ", ".join(f"{name} {value:g}" for name, value in chosen.items())
    found.remarks.append(f"graph_ease on Gowalla: {told}, chosen on a part of train")


def _corner(train: sp.csr_array, test: sp.csr_array) -> tuple[sp.csr_array, sp.csr_array]:
    """The most popular pieces and some listeners: for a trial."""
    pieces = np.argsort(-np.bincount(train.indices, minlength=train.shape[1]), kind="stable")[:800]
    return train[:2000][:, pieces], test[:2000][:, pieces]


def _lastfm(setting: Setting, counts: sp.csr_array, found: Findings) -> None:
    """The Last.fm table: means over random splits, smallest and largest."""
    if setting.size == "small":
        counts, _ = _corner(counts, counts)
    names = setting.pick(("most_popular", "item_knn"), _tuned())
    lines = []
    for seed in range(setting.pick(1, SEEDS)):
        first, second, third = thirds(counts, seed)
        for name in names:
            chosen, _ = tuning.tune(
                name, first, second, setting.pick(2, BUDGET), "ndcg_min@10", seed, _fixed(name)
            )
            both = sp.csr_array(first + second)
            started = time.perf_counter()
            model = recommend.create(name, **chosen).fit(both)
            metrics = ranking.evaluate(model, both, third, [10]).metrics
            lines.append(
                {
                    "method": name,
                    "seed": seed,
                    "recall_n@10": metrics["recall_n@10"].mean(),
                    "ndcg_min@10": metrics["ndcg_min@10"].mean(),
                    "seconds": time.perf_counter() - started,
                }
            )
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
    published = pd.DataFrame(
        [(f"{name} (published)", f"{r:.4f}", f"{n:.4f}") for name, (r, n) in LASTFM.items()],
        columns=["method", "recall_n@10", "ndcg_min@10"],
    )
    caption = f"Last.fm-2k, random 8:1:1, mean over {told['seed'].nunique()} splits, range"
    found.tables[caption] = pd.concat([table, published], ignore_index=True)


def _tuned() -> tuple[str, ...]:
    """The methods that know nothing but who played what."""
    knowing = {"content", "hybrid", "augmented_linear", "learnt_hybrid", "cold_items"}
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
