"""Pictures of many recommenders at once."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

from ricercar import recommend
from ricercar.show import model_points

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _close():
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    rows = [
        {"model": model, "metric": metric, "value": value, "low": value - 0.1, "high": value + 0.1}
        for model in recommend.models()
        for metric, value in zip(["a@10", "b@10"], rng.random(2).tolist(), strict=True)
    ]
    return pd.DataFrame(rows)


def test_every_method_has_a_family():
    members = [name for names in model_points.FAMILIES.values() for name in names]
    assert sorted(members) == sorted(recommend.models())
    assert len({model_points.colour(names[0]) for names in model_points.FAMILIES.values()}) == 8


def test_rows_stand_in_the_order_that_is_asked_for(table):
    order = list(recommend.models())[::-1]
    fig = model_points.rows(table, ["a@10", "b@10"], order, "most_popular")
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == order
    assert [ax.get_xlabel() for ax in fig.axes] == ["a@10", "b@10"]
    bottom, top = fig.axes[0].get_ylim()
    assert bottom > top  # the first on top


def test_points_are_numbered_like_the_legend(table):
    order = list(recommend.models())
    fig = model_points.plane(table, ["a@10"], "b@10", order)
    shown = {text.get_text(): text.xy for text in fig.axes[0].texts}
    at = table.pivot(index="model", columns="metric", values="value")
    for number, name in enumerate(order, start=1):
        assert shown[str(number)] == pytest.approx(tuple(at.loc[name, ["a@10", "b@10"]]))
    labels = [text.get_text() for text in fig.legends[0].get_texts()]
    assert labels == [f"{number} {name}" for number, name in enumerate(order, start=1)]


def test_labels_of_points_at_one_place_go_to_different_sides():
    assert len(set(model_points._apart(np.zeros(4), np.zeros(4)))) == 4


def test_a_group_without_a_figure_is_left_empty():
    rows = [("ease", "head", 0.5, 0.4, 0.6), ("ease", "tail", np.nan, np.nan, np.nan)]
    table = pd.DataFrame(rows, columns=["model", "part", "value", "low", "high"])
    ax = model_points.groups(table, "part", {"head": "3", "tail": "9"}, "recall").axes[0]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["head\n3", "tail\n9"]


def test_a_panel_for_each_rule_with_its_first_and_last_strength():
    rows = [(r, s, 0.2 - s / 10, 0.1, 0.3, "x@10", s) for r in "pq" for s in (0.0, 0.4, 0.8)]
    names = ["rule", "strength", "accuracy", "accuracy_low", "accuracy_high", "aim", "value"]
    fig = model_points.trade_off(pd.DataFrame(rows, columns=names), "ndcg_min@10")
    assert [ax.get_title("left") for ax in fig.axes] == ["p", "q"] or [
        ax.get_title() for ax in fig.axes
    ] == ["p", "q"]
    assert [text.get_text() for text in fig.axes[0].texts] == ["0", "0.8"]


def test_members_of_a_family_are_told_apart_by_their_marks():
    for members in model_points.FAMILIES.values():
        assert len({model_points.mark(name) for name in members}) == len(members)
    rows = [(name, "head", 0.5, 0.4, 0.6) for name in ("user_knn", "item_knn", "ease")]
    table = pd.DataFrame(rows, columns=["model", "part", "value", "low", "high"])
    fig = model_points.groups(table, "part", {"head": "3"}, "recall")
    points = [(bar[0].get_color(), bar[0].get_marker()) for bar in fig.axes[0].containers]
    assert points == [(model_points.colour(r[0]), model_points.mark(r[0])) for r in rows]
    assert len(set(points)) == 3


def test_the_families_that_are_there_have_a_legend(table):
    fig = model_points.rows(table, ["a@10"], ["ease", "slim", "als"])
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["factors", "linear"]
