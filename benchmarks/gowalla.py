"""Gowalla in the LightGCN split: published figures beside ours, and past them.

Conventions
-----------
* All places that a person has not been at in train are ranked, for everybody with something in
  the test part; ``recall_n`` and ``ndcg_min`` as :mod:`ricercar.assess.ranking` defines them,
  which are the variants of the published table.
* The test part is looked at once, with parameters that are those of the method's paper, its
  defaults, or were chosen on a part of train (:mod:`benchmarks.gowalla_search`).
* Each method's figures are kept when it is done: a call that was stopped goes on.
"""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from benchmarks import gowalla_search, machine
from benchmarks.setting import Findings, Setting, code_digest

from ricercar import published, recommend, workspace
from ricercar.assess import bootstrap, ranking
from ricercar.listening import public

QUESTION = "Do we reproduce the published figures on Gowalla, and go past them?"

KINDS = ("recall_n@20", "ndcg_min@20")
#: what one and the same ranking gets when the ideal list is defined otherwise
IDEALS = ("ndcg_min@20", "ndcg_retrieved@20", "ndcg_full@20")
OURS = "graph_ease (ours)"


@dataclass(frozen=True)
class Row:
    """A model of ours, and what was published."""

    label: str
    model: str
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> published.Published:
        """What stands beside it."""
        return next(row for row in published.GOWALLA if row.method == self.label)


#: BPR and SLIM are the sets of ``results/gowalla-baselines.csv`` that did best on a part of train.
#: BPR was still getting better with more passes where trying ended; longer vectors did no better
ROWS = (
    Row("MostPop", "most_popular"),
    Row(
        "ItemCF (cosine, 100 neighbours)",
        "item_knn",
        {"neighbours": 100, "weighting": "centred"},
    ),
    Row(
        "MF-BPR",
        "bpr",
        {
            "factors": 64,
            "iterations": 600,
            "learning_rate": 0.05,
            "regularisation": 0.007,
            "popularity_correction": 0.75,
        },
    ),
    Row("SLIM", "slim", {"l1": 0.1, "l2": 50.0, "neighbours": 200}),
    Row("GF-CF", "gf_cf", {"factors": 256, "alpha": 0.3}),
)


def run(setting: Setting) -> Findings:
    """Measure."""
    found = Findings(versions=machine.versions("scipy", "implicit"))
    if (folder := setting.data("gowalla")) is None:
        found.remarks.append("Gowalla is not on this machine: left out")
        return found
    data = public.read("gowalla", folder)
    assert data.test is not None, "the published split has a test part"
    train, test = data.counts.matrix, data.test
    if setting.size == "small":
        train, test = corner(train, test)
    chosen = gowalla_search.best()
    lines, measured = [], {}
    for row in (*ROWS, Row(OURS, "graph_ease", {**chosen, "single": True})):
        measured[row.model], seconds = _measured(setting, row, train, test)
        line: dict[str, Any] = {"method": row.label}
        for kind, asked in zip(KINDS, (row.known.recall, row.known.ndcg), strict=True):
            line |= _told(found, row, kind, asked, measured[row.model][kind].to_numpy())
        line["rival"] = row.known.rival
        lines.append(line | seconds)
    found.tables["Gowalla, LightGCN split, all listeners"] = pd.DataFrame(lines)
    ideals = {kind: f"{measured['gf_cf'][kind].mean():.4f}" for kind in IDEALS}
    found.tables["One ranking, that of GF-CF, against three ideals"] = pd.DataFrame([ideals])
    for kind in KINDS:
        ours, theirs = measured["graph_ease"][kind], measured["gf_cf"][kind]
        gain = bootstrap.paired_difference(ours, theirs, seed=0)
        work = f"Gowalla, {kind}, graph_ease less GF-CF"
        found.figure(work, "paired", gain[0], "", *gain[1:], n=len(ours))
    told = ", ".join(f"{name} {value:g}" for name, value in chosen.items())
    found.remarks.append(f"graph_ease: {told}, chosen on a part of train")
    return found


def _told(found: Findings, row: Row, kind: str, asked: float, each: np.ndarray) -> dict[str, str]:
    """A figure of a row, with what it has to reach, and its cells in the table."""
    value, low, high = bootstrap.interval(each, seed=0)
    cells = {
        kind: f"{value:.5f} [{low:.4f}, {high:.4f}]",
        f"{'rival' if row.known.rival else 'published'} {kind}": f"{asked:g}",
    }
    if row.known.exact:
        work, off = f"Gowalla, {kind}, distance to published", abs(value - asked)
        found.figure(work, row.label, off, "", n=len(each), at_most=published.THREE_DECIMALS)
    else:
        above = asked if row.known.rival else None
        work = f"Gowalla, {kind}"
        found.figure(work, row.label, value, "", low, high, len(each), surely_above=above)
    return cells


def _measured(
    setting: Setting, row: Row, train: sp.csr_array, test: sp.csr_array
) -> tuple[pd.DataFrame, dict[str, float]]:
    """The metrics of every listener, and the seconds; those kept by an earlier call."""
    kept = setting.work / "gowalla" / f"{row.model}-{code_digest()[:16]}.parquet"
    if not kept.is_file():
        started = time.perf_counter()
        model = recommend.create(row.model, **row.parameters).fit(train)
        fitted = time.perf_counter()
        metrics = ranking.evaluate(model, train, test, [20]).metrics
        ended = time.perf_counter()
        kept.parent.mkdir(exist_ok=True)
        with workspace.writing(kept) as path:
            metrics.assign(fit=fitted - started, rank=ended - fitted).to_parquet(path)
        print(f"{row.label}: {metrics[list(KINDS)].mean().round(5).to_dict()}", flush=True)
    metrics = pd.read_parquet(kept)
    seconds = metrics[["fit", "rank"]].iloc[0].to_dict()
    return metrics, {"fit (s)": seconds["fit"], "rank and measure (s)": seconds["rank"]}


def corner(train: sp.csr_array, test: sp.csr_array) -> tuple[sp.csr_array, sp.csr_array]:
    """The most popular pieces and some listeners: for a trial."""
    pieces = np.argsort(-np.bincount(train.indices, minlength=train.shape[1]), kind="stable")[:800]
    return train[:2000][:, pieces], test[:2000][:, pieces]
