"""Curves of a training."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from ricercar.show import frames, learning


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def history(*rows):
    columns = ["stage", "step", "seconds", "measure", "value"]
    return pd.DataFrame([(stage, at, 0.0, name, v) for stage, at, name, v in rows], columns=columns)


def test_a_panel_for_every_curve_that_there_is():
    told = history(
        ("write", 0, "cost_learnt", 9.0),
        ("write", 25, "cost_learnt", 5.0),
        ("write", 25, "loss_rebuilt", 6.0),
        ("play", 25, "loss_d", 0.7),
        ("play", 25, "told_real_held_out", 0.6),
    )
    write, play, apart = learning.course(told).axes
    assert [line.get_label() for line in write.lines] == ["in training", "learnt from"]
    assert write.lines[1].get_ydata().tolist() == [9.0, 5.0]
    assert [line.get_label() for line in play.lines] == ["$L_D$"]
    assert "real, held out" in [line.get_label() for line in apart.lines]
    alone = learning.course(told[told["stage"] == "write"])
    assert [ax.get_title("left") for ax in alone.axes] == ["Write"]


def test_snapshots_stand_beside_real_music():
    judged = pd.DataFrame({"step": [0, 25, 50], "triad": [10.0, 60.0, 50.0], "copied": 1.0})
    real = pd.DataFrame({"value": [70.0], "low": [65.0], "high": [72.0]}, index=["triad"])
    fig = learning.columns(judged, real, {"triad": "within a triad", "copied": "copied"}, best=25)
    triad, copied = fig.axes
    assert [ax.get_title("left") for ax in fig.axes] == ["within a triad", "copied"]
    assert [line.get_ydata()[0] for line in triad.lines] == [70.0, 10.0, 60.0]
    assert len(triad.patches) == 1 and len(copied.patches) == 0


def test_folded_prose_is_typeset_and_folded(monkeypatch):
    shown = []
    monkeypatch.setattr(frames, "emit", shown.append)
    frames.markdown("| a |\n|---|\n| $x$ <b> |", folded="All & more")
    assert "<details><summary>All &amp; more</summary>" in shown[0]
    assert "<math" in shown[0] and "<table>" in shown[0] and "<b>" not in shown[0]
