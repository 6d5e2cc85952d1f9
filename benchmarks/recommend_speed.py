"""Neighbours, linear models and factors: learning and listing, beside implicit and LensKit.

Conventions
-----------
* A case is a method with the same parameters on both sides. Each call is in a process of its
  own, the sides in turns; its seconds are those of learning from all listeners and of listing
  :data:`LISTED` pieces for some, without the start, the imports and a first call on a few
  listeners. Each side may use all cores. implicit lists for everybody; LensKit, which needs
  milliseconds a listener, for the first 2,000, and so do we beside it.
* Accuracy stands beside, of the lists that were timed, so that nobody is fast by being wrong:
  ``recall_n@20`` and ``ndcg_min@20`` over listeners with something in the test part.
* Gowalla in the LightGCN split; for EASE and SLIM, whose work grows with the square of the
  pieces and more, Last.fm-2k, the most popular pieces, 8:2 at random.
* LensKit asks for PyTorch and an older pandas: it has an environment of its own, which is not
  installed unasked, see ``benchmarks/README.md``.
"""

import dataclasses
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from benchmarks import machine, timing
from benchmarks.setting import Findings, Setting

from ricercar import recommend, workspace
from ricercar.assess import ranking
from ricercar.listening import public

QUESTION = "How fast do recommenders learn and list, beside implicit and LensKit?"

LISTED = 20
FEW = {"small": 100, "full": 2000}
LENSKIT = Path("benchmarks") / ".lenskit" / "bin" / "python"


@dataclass(frozen=True)
class Case:
    """A method of ours and the same one of others."""

    method: str
    data: str
    against: tuple[str, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    target: bool = True


CASES = (
    Case("item_knn", "gowalla", ("implicit", "lenskit"), {"neighbours": 100}),
    Case("user_knn", "gowalla", ("lenskit",), {"neighbours": 100}),
    Case(
        "als",
        "gowalla",
        ("implicit", "lenskit"),
        {"factors": 64, "regularisation": 0.1, "alpha": 10.0, "iterations": 15},
        target=False,  # the same code learns on both sides: only listing is ours
    ),
    Case("ease", "hetrec2011-lastfm-2k", ("lenskit",), {"penalty": 200.0, "single": True}),
    Case("slim", "hetrec2011-lastfm-2k", ("lenskit",), {"l1": 1.0, "l2": 10.0}),
)


def run(setting: Setting) -> Findings:
    """Measure."""
    found = Findings(versions=machine.versions("implicit", "scipy"))
    peer = workspace.project() / LENSKIT
    with tempfile.TemporaryDirectory(dir=setting.work) as name:
        folder = Path(name)
        rows: list[dict[str, Any]] = []
        for data in dict.fromkeys(case.data for case in CASES):
            place = setting.data(data)
            if place is None:
                found.remarks.append(f"{data} is not on this machine: left out")
                continue
            for part, matrix in zip(("train", "test"), _parts(setting, data, place), strict=True):
                sp.save_npz(folder / f"{data}-{part}.npz", matrix)
            for case in (case for case in CASES if case.data == data):
                rows += _case(case, setting, folder, peer, found)
    calls = pd.DataFrame(rows)
    if len(calls):
        _tell(calls, found)
    return found


def _parts(setting: Setting, data: str, place: Path) -> tuple[sp.csr_array, sp.csr_array]:
    """What is learnt from, and what is to be found."""
    if data == "gowalla":
        known = public.read("gowalla", place)
        train, test = known.counts.matrix, known.test
        rows = setting.pick(1000, train.shape[0])
        return train[:rows], test[:rows]
    counts = public.read("hetrec-lastfm", place).counts.matrix
    heard = np.bincount(counts.indices, minlength=counts.shape[1])
    kept = np.sort(np.argsort(-heard, kind="stable")[: setting.pick(1000, 5000)])
    entries = sp.coo_array(counts[:, kept])
    learnt = np.random.default_rng(0).random(entries.nnz) < 0.8
    ones = np.ones(entries.nnz)
    train, test = (
        sp.csr_array((ones[at], (entries.row[at], entries.col[at])), shape=entries.shape)
        for at in (learnt, ~learnt)
    )
    return train, test


def _case(
    case: Case, setting: Setting, folder: Path, peer: Path, found: Findings
) -> list[dict[str, Any]]:
    """All calls of a case, in turns."""
    rows = []
    for against in case.against:
        if against == "lenskit" and not peer.is_file():
            remark = "LensKit is left out: its environment is not installed"
            if remark not in found.remarks:
                found.remarks.append(remark)
            continue
        sides = ("ricercar", against)
        for turn in range(setting.pick(1, 5 if against == "implicit" else 2)):
            for side in sides if turn % 2 else sides[::-1]:
                told = (
                    _lenskit(case, folder, setting, peer)
                    if side == "lenskit"
                    else _here(case, folder, setting, side, few=against == "lenskit")
                )
                if "missing" in told:
                    found.remarks.append(f"{case.method}, {side}: {told['missing']}")
                    continue
                found.versions |= told.pop("versions", {})
                named = {"case": case.method, "against": against, "side": side, "round": turn}
                rows.append({**named, "target": case.target, **told})
    return rows


def _here(case: Case, folder: Path, setting: Setting, side: str, few: bool) -> dict[str, Any]:
    outcome, result = machine.isolated(
        "benchmarks.recommend_speed:work",
        900,
        side=side,
        method=case.method,
        data=str(folder / case.data),
        parameters=case.parameters,
        few=FEW[setting.size] if few else None,
    )
    if not result:
        said = outcome.said.splitlines()[-1:] or [""]
        return {"missing": f"{outcome.ended}. {said[0]}"}
    return {**result, "peak GiB": outcome.peak_gib}


def _lenskit(case: Case, folder: Path, setting: Setting, peer: Path) -> dict[str, Any]:
    train = sp.load_npz(folder / f"{case.data}-train.npz")
    test = sp.load_npz(folder / f"{case.data}-test.npz")
    lists = folder / "lists.npy"
    rows = _asked(train, FEW[setting.size])
    np.save(folder / "rows.npy", rows)
    files = [case.method, str(folder / f"{case.data}-train.npz"), str(folder / "rows.npy")]
    told = dataclasses.replace(setting, peers=peer).peer(
        "recommend_lenskit", [*files, str(lists)], []
    )
    if "missing" not in told:
        told |= _accuracy(np.load(lists), rows, train, test)
    return told


def _asked(train: sp.csr_array, few: int | None) -> np.ndarray:
    """The listeners for whom lists are made: those who heard something."""
    heard = np.flatnonzero(np.diff(train.indptr) > 0)
    return heard[:few]


def work(
    side: str, method: str, data: str, parameters: dict[str, Any], few: int | None
) -> dict[str, Any]:
    """Learn and list once on one side; gives seconds and accuracy."""
    train, test = (sp.load_npz(f"{data}-{part}.npz") for part in ("train", "test"))
    do = _ours if side == "ricercar" else _implicit
    do(method, parameters, train[:200], np.arange(20))  # first-call work is not counted
    rows = _asked(train, few)
    lists, times = do(method, parameters, train, rows)
    return {**times, **_accuracy(lists, rows, train, test)}


def _timed(learn: Callable[[], Any], listed: Callable[[Any], Any]) -> tuple[Any, dict[str, Any]]:
    start, busy = time.perf_counter(), time.process_time()
    model = learn()
    middle = time.perf_counter()
    lists = listed(model)
    ended, done = time.perf_counter(), time.process_time()
    times = {"learn": middle - start, "list": ended - middle, "seconds": ended - start}
    return lists, {**times, "processor seconds": done - busy}


def _ours(
    method: str, parameters: dict[str, Any], train: sp.csr_array, rows: np.ndarray
) -> tuple[np.ndarray, dict[str, float]]:
    model = recommend.create(method, **parameters)
    return _timed(
        lambda: model.fit(train), lambda fitted: fitted.recommend(rows, LISTED, exclude=train)[0]
    )


def _implicit(
    method: str, parameters: dict[str, Any], train: sp.csr_array, rows: np.ndarray
) -> tuple[np.ndarray, dict[str, float]]:
    from implicit.als import AlternatingLeastSquares
    from implicit.nearest_neighbours import CosineRecommender
    from threadpoolctl import threadpool_limits

    weights = sp.csr_matrix(train, dtype=np.float32)
    weights.indices, weights.indptr = (
        some.astype(np.int32) for some in (weights.indices, weights.indptr)
    )
    with threadpool_limits(1, "blas"):  # as implicit recommends; it has threads of its own
        model = (
            CosineRecommender(K=parameters["neighbours"])
            if method == "item_knn"
            else AlternatingLeastSquares(
                factors=parameters["factors"],
                regularization=parameters["regularisation"],
                alpha=parameters["alpha"],
                iterations=parameters["iterations"],
                random_state=0,
                use_gpu=False,
            )
        )

        def learn() -> Any:
            model.fit(weights, show_progress=False)
            return model

        return _timed(learn, lambda known: known.recommend(rows, weights[rows], N=LISTED)[0])


class Given:
    """Lists that are there already, as a ranker."""

    def __init__(self, lists: np.ndarray, rows: np.ndarray, listeners: int) -> None:
        self._lists = np.full((listeners, LISTED), -1, dtype=np.int64)
        self._lists[rows] = lists

    def recommend(
        self, rows: np.ndarray, n: int = LISTED, exclude: Any = None
    ) -> tuple[np.ndarray, np.ndarray]:
        return self._lists[rows][:, :n], np.zeros((len(rows), n))


def _accuracy(
    lists: np.ndarray, rows: np.ndarray, train: sp.csr_array, test: sp.csr_array
) -> dict[str, float]:
    """How good lists are for the listeners that they were made for."""
    given = Given(np.where(lists >= 0, lists, -1), rows, train.shape[0])
    asked = np.isin(np.arange(train.shape[0]), rows)
    wanted = sp.csr_array(sp.diags_array(asked.astype(float)) @ test)
    metrics = ranking.evaluate(given, train, wanted, [LISTED]).metrics
    return {name: float(metrics[name].mean()) for name in ("recall_n@20", "ndcg_min@20")}


def _tell(calls: pd.DataFrame, found: Findings) -> None:
    """Tables and figures of all calls."""
    keys = ["case", "against", "side"]
    columns = ["learn", "list", "seconds", "processor seconds", "recall_n@20", "ndcg_min@20"]
    summary = calls.groupby(keys, sort=False)[columns].median()
    summary["calls"] = calls.groupby(keys, sort=False).size()
    summary["peak GiB"] = calls.groupby(keys, sort=False)["peak GiB"].max()
    found.tables["Learning and listing, medians of all calls"] = summary.reset_index()
    for (case, against), group in calls.groupby(["case", "against"], sort=False):
        for column, unit in (("seconds", "times faster"), ("processor seconds", "")):
            wide = group.pivot(index="round", columns="side", values=column)
            if set(wide) != {"ricercar", against}:
                continue
            ratio = timing.faster(wide["ricercar"], wide[against])
            asked = 1.0 if unit and bool(group["target"].iloc[0]) else None
            work = f"{case}, learning and listing" + ("" if unit else ", processor time")
            found.figure(work, against, **ratio, unit="times faster", at_least=asked)
        for column in ("recall_n@20", "ndcg_min@20"):
            ours, theirs = (summary.loc[(case, against, side), column] for side in wide)
            if list(wide) != ["ricercar", against]:
                ours, theirs = theirs, ours
            found.figure(f"{case}, {column}, ours less theirs", against, ours - theirs, "")
