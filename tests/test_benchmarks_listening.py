"""The measurements of recommenders: what they compute from what they measure."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from benchmarks import listening_growth, recommend_speed


def test_each_step_runs_on_a_small_log(tmp_path, monkeypatch):
    monkeypatch.setattr(listening_growth, "_bounded", lambda: None)
    folder = str(tmp_path)
    listening_growth.write(folder, events=3000, listeners=60, pieces=120)
    told = listening_growth.ingested(folder, threads=2)
    assert 500 < told["pairs"] < 3000
    learnt = listening_growth.learnt(folder, "item_knn")
    assert learnt["pairs"] == told["pairs"] and 0 < learnt["listed"] <= 60
    parts = [learnt[f"{name} s"] for name in ("learn", "list", "evaluate")]
    assert learnt["seconds"] == pytest.approx(sum(parts)) and min(parts) > 0


def test_where_one_machine_ends_is_where_the_power_law_meets_its_memory():
    sizes = [1000, 3000, 10_000]
    measured = {"seconds": [0.2, 0.6, 2.0], "peak GiB": [0.1 + (p / 10_000) ** 2 for p in sizes]}
    table = pd.DataFrame(
        {"axis": "pieces", "step": "ease", "pieces": sizes, "ended": "well", **measured}
    )
    idle = {"axis": "pieces", "step": "ingest", "pieces": 1, "ended": "well", "seconds": 0.1}
    table = pd.concat([table, pd.DataFrame([{**idle, "peak GiB": 0.1 / 0.95}])])
    row = listening_growth._ends(table, memory=25.1).set_index("step").loc["ease"]
    assert row["memory grows as size to the"] == pytest.approx(2, abs=0.02)
    assert row["computed: 25 GiB full at"] == pytest.approx(50_000, rel=0.02)
    assert row["computed: an hour at"] == pytest.approx(1.8e7, rel=0.1)
    assert row["ends first by"] == "memory" and row["largest measured"] == 10_000


def test_both_sides_list_for_the_same_listeners_and_are_measured_alike(tmp_path):
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        matrix = sp.csr_array((rng.random((250, 60)) < 0.1).astype(float))
        sp.save_npz(tmp_path / f"world-{part}.npz", matrix)
    factors = {"factors": 4, "regularisation": 0.1, "alpha": 10.0, "iterations": 3}
    ours, theirs = (
        recommend_speed.work(side, "als", str(tmp_path / "world"), factors, few=None)
        for side in ("ricercar", "implicit")
    )
    assert 0 < ours["recall_n@20"] < 1
    assert ours["recall_n@20"] == pytest.approx(theirs["recall_n@20"], abs=0.01)
    assert ours["ndcg_min@20"] == pytest.approx(theirs["ndcg_min@20"], abs=0.01)
