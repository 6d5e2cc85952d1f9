"""Full-ranking evaluation with every accuracy metric: time and memory, beside implicit.

Conventions
-----------
* The Gowalla split; 64 random factors per listener and piece in single precision, the same on
  both sides. What the lists are like does not matter to either side's time.
* implicit's ``ranking_metrics_at_k`` gives four metrics (precision, map, ndcg, auc) on all
  processors. Ours gives every metric of :mod:`ricercar.assess.ranking`, per listener.
* Both at cutoff 20, over all listeners with something relevant and all pieces. Each call is in a
  process of its own, the sides in turns; its time leaves out the start, the reading and a first
  call on a few listeners, its peak memory is that of the whole process.
* What both give must agree: implicit's map and ndcg are means of ``ap_min`` and ``ndcg_min``.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from benchmarks import machine, timing
from benchmarks.setting import Findings, Setting

QUESTION = "How long does a full-ranking evaluation take, with every metric?"

SIDES = ("ricercar", "implicit")
CUTOFF, FACTORS = 20, 64


def run(setting: Setting) -> Findings:
    """Measure."""
    found = Findings(versions=machine.versions("implicit", "scipy"))
    folder = setting.data("gowalla")
    if folder is None:
        found.remarks.append("not measured: the data set gowalla is not on this machine")
        return found
    listeners, rounds = setting.pick(2000, 29858), setting.pick(1, 5)
    rows = []
    for turn in range(rounds):
        for side in SIDES if turn % 2 else SIDES[::-1]:
            outcome, result = machine.isolated(
                "benchmarks.ranking_speed:work",
                900,
                side=side,
                folder=str(folder),
                listeners=listeners,
            )
            if not result:
                said = outcome.said.splitlines()[-1:] or [""]
                found.remarks.append(f"{side}: {outcome.ended}. {said[0]}")
                continue
            rows.append({"side": side, "round": turn, **result, "peak GiB": outcome.peak_gib})
    calls = pd.DataFrame(rows)
    if set(calls.get("side", ())) == set(SIDES):
        _tell(calls, listeners, found)
    return found


def _tell(calls: pd.DataFrame, listeners: int, found: Findings) -> None:
    """Tables and figures of all calls."""
    by_side = calls.groupby("side", sort=False)
    summary = by_side.agg(
        seconds=("seconds", "median"),
        least=("seconds", "min"),
        most=("seconds", "max"),
        processor_seconds=("processor seconds", "median"),
        peak_gib=("peak GiB", "max"),
        metrics=("metrics", "first"),
        calls=("seconds", "size"),
    )
    caption = f"Evaluation of {listeners:,} listeners x 40,981 pieces, {FACTORS} factors"
    found.tables[caption] = summary.reset_index()
    means = by_side[["ap_min", "ndcg_min"]].first().T
    means["difference"] = (means["ricercar"] - means["implicit"]).abs()
    found.tables["The same ranking, measured by both"] = means.reset_index(names="metric")
    wide = calls.pivot(index="round", columns="side", values="seconds")
    ratio = timing.faster(wide["ricercar"], wide["implicit"])
    work = f"evaluation with every metric, {listeners:,} listeners"
    against = "implicit ranking_metrics_at_k, four metrics"
    found.figure(work, against, **ratio, unit="times faster", at_least=1)
    found.figure(work, "", float(summary.loc["ricercar", "seconds"]), "s")
    found.figure(f"{work}, peak memory", "", float(summary.loc["ricercar", "peak_gib"]), "GiB")


def work(side: str, folder: str, listeners: int) -> dict[str, Any]:
    """Evaluate once on one side; gives seconds and what both sides measure."""
    shape = (listeners, 40981)
    train, test = (read_lists(Path(folder) / f"{part}.txt", shape) for part in ("train", "test"))
    rng = np.random.default_rng(0)
    vectors = tuple(rng.normal(size=(n, FACTORS)).astype(np.float32) for n in shape)
    evaluate = _ours if side == "ricercar" else _implicit
    evaluate(train[:100], test[:100], vectors[0][:100], vectors[1])
    start, busy = time.perf_counter(), time.process_time()
    figures = evaluate(train, test, *vectors)
    ended, done = time.perf_counter(), time.process_time()
    return {"seconds": ended - start, "processor seconds": done - busy, **figures}


def _ours(train: Any, test: Any, users: np.ndarray, pieces: np.ndarray) -> dict[str, float]:
    from ricercar.assess import ranking
    from ricercar.recommend.base import Recommender

    across = np.ascontiguousarray(pieces.T)  # as the models with factors keep it

    class Factors(Recommender):
        """Given factors."""

        def _train(self, matrix: sp.csr_array) -> None:
            pass

        def _scores(self, rows: np.ndarray) -> np.ndarray:
            return users[rows] @ across

    found = ranking.evaluate(Factors().fit(train), train, test, [CUTOFF]).metrics
    means = {name: float(found[f"{name}@{CUTOFF}"].mean()) for name in ("ap_min", "ndcg_min")}
    return {"metrics": found.shape[1], **means}


def _implicit(train: Any, test: Any, users: np.ndarray, pieces: np.ndarray) -> dict[str, float]:
    from implicit.als import AlternatingLeastSquares
    from implicit.evaluation import ranking_metrics_at_k
    from threadpoolctl import threadpool_limits

    def plain(matrix: Any) -> sp.csr_matrix:
        found = sp.csr_matrix(matrix, dtype=np.float32)
        found.indices, found.indptr = (
            some.astype(np.int32) for some in (found.indices, found.indptr)
        )
        return found

    with threadpool_limits(1, "blas"):  # as implicit recommends; it has threads of its own
        model = AlternatingLeastSquares(factors=FACTORS, use_gpu=False)
        model.user_factors, model.item_factors = users, pieces
        means = ranking_metrics_at_k(
            model, plain(train), plain(test), K=CUTOFF, show_progress=False
        )
    return {"metrics": len(means), "ap_min": float(means["map"]), "ndcg_min": float(means["ndcg"])}


def read_lists(path: Path, shape: tuple[int, int]) -> sp.csr_array:
    """The first listeners of a part of the Gowalla split.

    A line per listener: its number, then the numbers of what it met; some lists are empty.
    """
    lines = path.read_text("utf-8").splitlines()[: shape[0]]
    lengths = np.array([line.count(" ") for line in lines])
    numbers = np.array(" ".join(lines).split(), dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(lengths + 1)[:-1]])
    rows = np.repeat(numbers[first], lengths)
    return sp.csr_array((np.ones(len(rows)), (rows, np.delete(numbers, first))), shape=shape)
