"""Many recommenders in one picture: rows with intervals, numbered points, curves of trade-offs.

Conventions
-----------
* A method has the colour of its family (:data:`FAMILIES`), the same in every picture; where
  methods are not named beside their points, members of a family differ by their marks.
* In a plane of two figures methods are numbered, because fifteen names do not fit; the numbers
  are those of the legend beside it.
* A new figure is returned; the caller shows it with :func:`ricercar.show.figure`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ricercar.show.plots import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: families of methods and who belongs to them
FAMILIES: dict[str, tuple[str, ...]] = {
    "popularity": ("most_popular",),
    "neighbours": ("user_knn", "item_knn"),
    "factors": ("als", "bpr"),
    "linear": ("ease", "slim", "augmented_linear"),
    "graph": ("gf_cf", "graph_ease"),
    "neural": ("mult_vae",),
    "content": ("content",),
    "hybrid": ("hybrid", "learnt_hybrid", "cold_items"),
}
_FAMILY_COLOURS = dict(zip(FAMILIES, ("#777777", *COLOURS[:6], "#222222"), strict=True))


def colour(model: str) -> str:
    """The colour of a method's family.

    Examples
    --------
    >>> colour("ease") == colour("slim") != colour("als")
    True
    """
    return next((_FAMILY_COLOURS[f] for f, names in FAMILIES.items() if model in names), "#777777")


def mark(model: str) -> str:
    """The mark of a method among those of its family.

    Examples
    --------
    >>> mark("ease"), mark("slim")
    ('o', 's')
    """
    family = next((names for names in FAMILIES.values() if model in names), (model,))
    return "osD^v"[family.index(model)]


def _families(fig: "Figure", models: Sequence[str]) -> None:
    """A legend of the families that are there."""
    from matplotlib.lines import Line2D

    shown = [name for name, members in FAMILIES.items() if {*members} & {*models}]
    handles = [
        Line2D([], [], marker="o", ls="", ms=4.5, color=_FAMILY_COLOURS[name], label=name)
        for name in shown
    ]
    fig.legend(handles=handles, loc="outside right center", title="family", handletextpad=0.1)


def rows(
    table: pd.DataFrame, metrics: Sequence[str], order: Sequence[str], reference: str = ""
) -> "Figure":
    """A panel per metric, a row per method: value and interval, with a legend of families.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns model, metric, value, low, high.
    metrics : sequence of str
    order : sequence of str
        Models, the first on top.
    reference : str
        A model whose values are drawn as a dotted line.

    Examples
    --------
    >>> row = {"model": "ease", "metric": "hit@10", "value": 0.5, "low": 0.4, "high": 0.6}
    >>> len(rows(pd.DataFrame([row]), ["hit@10"], ["ease"]).axes)
    1
    """
    import matplotlib.pyplot as plt

    height = 1.1 + 0.26 * len(order)
    fig, axes = plt.subplots(1, len(metrics), figsize=(7.2, height), sharey=True, squeeze=False)
    for ax, metric in zip(axes[0], metrics, strict=True):
        found = table[table["metric"] == metric].set_index("model").loc[list(order)]
        for place, (model, row) in enumerate(found.iterrows()):
            _point(ax, row["value"], place, row["low"], row["high"], colour(str(model)))
        if reference in found.index:
            ax.axvline(found.loc[reference, "value"], color="#777777", ls=":", lw=1)
        ax.set_xlabel(metric)
    axes[0][0].set_yticks(range(len(order)), list(order))
    axes[0][0].invert_yaxis()
    _families(fig, order)
    return fig


def _point(ax: "Axes", x: float, y: float, low: float, high: float, shade: str) -> None:
    reach = [[max(0.0, x - low)], [max(0.0, high - x)]]
    ax.errorbar(x, y, xerr=reach, fmt="o", ms=4.5, capsize=2.5, elinewidth=1.2, color=shade)


def plane(
    table: pd.DataFrame, across: Sequence[str], up: str, order: Sequence[str], title: str = ""
) -> "Figure":
    """A panel per metric in ``across``: methods as numbered points, with intervals across.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns model, metric, value, low, high.
    across : sequence of str
        Metrics of the horizontal axes.
    up : str
        Metric of the vertical axis.
    order : sequence of str
        Models; their numbers are their places here, from 1.
    title : str
        Above the legend.

    Examples
    --------
    >>> rows = [{"model": "ease", "metric": m, "value": 0.5, "low": 0.4, "high": 0.6} for m in "ab"]
    >>> [text.get_text() for text in plane(pd.DataFrame(rows), ["a"], "b", ["ease"]).axes[0].texts]
    ['1']
    """
    import matplotlib.pyplot as plt
    from matplotlib.lines import Line2D

    value, low, high = (
        table.pivot(index="model", columns="metric", values=bound).loc[list(order)]
        for bound in ("value", "low", "high")
    )
    fig, axes = plt.subplots(1, len(across), figsize=(7.2, 3.8), sharey=True, squeeze=False)
    for ax, name in zip(axes[0], across, strict=True):
        places = _apart(value[name].to_numpy(float), value[up].to_numpy(float))
        for i, model in enumerate(order):
            x, y = value.loc[model, name], value.loc[model, up]
            ax.hlines(y, low.loc[model, name], high.loc[model, name], colour(model), lw=0.8)
            ax.plot(x, y, "o", ms=4, color=colour(model))
            ax.annotate(
                str(i + 1),
                (x, y),
                xytext=places[i],
                textcoords="offset points",
                fontsize=8,
                ha="center",
                va="center",
            )
        ax.set_xlabel(name)
    axes[0][0].set_ylabel(up)
    handles = [
        Line2D([], [], marker="o", ls="", ms=4, color=colour(model), label=f"{i + 1} {model}")
        for i, model in enumerate(order)
    ]
    fig.legend(handles=handles, loc="outside right center", title=title or None, handletextpad=0.1)
    return fig


def _apart(x: np.ndarray, y: np.ndarray) -> list[tuple[int, int]]:
    """Where to put the label of each point, in points: a side where no other point is near."""
    sides = [(7, 6), (-7, 6), (7, -6), (-7, -6), (0, 10), (0, -10), (12, 0), (-12, 0)]
    width, height = (max(float(np.ptp(v)), 1e-12) for v in (x, y))
    at = np.column_stack([150 * x / width, 190 * y / height])
    taken = [*at]
    chosen = []
    for place in at:
        spots = [place + np.array(side) for side in sides]
        room = [min(np.linalg.norm(spot - other) for other in taken) for spot in spots]
        best = int(np.argmax(np.minimum(room, 9.0)))
        taken.append(spots[best])
        chosen.append(sides[best])
    return chosen


def tries(table: pd.DataFrame, order: Sequence[str], metric: str) -> "Figure":
    """A row of dots per method, one per try; a bar marks the best.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns model and value.
    order : sequence of str
        Models, the first on top.
    metric : str
        For the axis.

    Examples
    --------
    >>> some = pd.DataFrame({"model": ["als", "als"], "value": [0.1, 0.2]})
    >>> tries(some, ["als"], "hit@10").axes[0].get_xlabel()
    'hit@10 in the validation part'
    """
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots(figsize=(7.2, 1.1 + 0.26 * len(order)))
    for place, model in enumerate(order):
        own = table.loc[table["model"] == model, "value"]
        ax.plot(own, [place] * len(own), "o", ms=4, color=colour(model), alpha=0.5)
        ax.plot(own.max(), place, "|", ms=14, mew=2, color=colour(model))
    ax.set_yticks(range(len(order)), list(order))
    ax.invert_yaxis()
    ax.set_xlabel(f"{metric} in the validation part")
    _families(fig, order)
    return fig


def groups(table: pd.DataFrame, by: str, sizes: Mapping[str, str], metric: str) -> "Figure":
    """A cluster of points per group, a point per method.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns model, value, low, high and the one named by ``by``.
    by : str
        Column of the groups.
    sizes : mapping of str to str
        Group -> what stands below it, in the order of the axis.
    metric : str
        For the vertical axis.

    Examples
    --------
    >>> row = {"model": "ease", "group": "light", "value": 0.5, "low": 0.4, "high": 0.6}
    >>> ax = groups(pd.DataFrame([row]), "group", {"light": "n = 9"}, "hit@10").axes[0]
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['light\\nn = 9']
    """
    import matplotlib.pyplot as plt

    models = list(dict.fromkeys(table["model"]))
    fig, ax = plt.subplots(figsize=(7.2, 3.2))
    for number, model in enumerate(models):
        own = table[table["model"] == model].set_index(by)
        own = own.loc[[name for name in sizes if name in own.index]]
        place = np.array([list(sizes).index(name) for name in own.index], dtype=float)
        place += (number - (len(models) - 1) / 2) * 0.7 / max(4, len(models))
        reach = np.stack([own["value"] - own["low"], own["high"] - own["value"]])
        ax.errorbar(
            place,
            own["value"],
            yerr=np.maximum(np.nan_to_num(reach), 0.0),
            fmt=mark(model),
            ms=4.5,
            capsize=2.5,
            elinewidth=1.2,
            color=colour(model),
            label=model,
        )
    ax.set_xticks(range(len(sizes)), [f"{name}\n{size}" for name, size in sizes.items()])
    ax.set_ylabel(metric)
    fig.legend(loc="outside right center")
    return fig


def trade_off(table: pd.DataFrame, metric: str, model: str = "") -> "Figure":
    """A panel per re-ranking rule: accuracy against its aim, along the strengths.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`ricercar.recommend.trade_offs.curves`.
    metric : str
        The accuracy.
    model : str
        Whose lists they are, for the colour.
    """
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(table["rule"]))
    fig, axes = plt.subplots(
        1, len(names), figsize=(2.6 * len(names) + 0.4, 3.0), sharey=True, squeeze=False
    )
    shade = colour(model)
    for ax, name in zip(axes[0], names, strict=True):
        own = table[table["rule"] == name]
        ax.plot(own["value"], own["accuracy"], "o-", ms=4, lw=1.2, color=shade)
        ax.vlines(own["value"], own["accuracy_low"], own["accuracy_high"], shade, lw=0.8)
        for row in own.iloc[[0, -1]].itertuples():
            ax.annotate(
                f"{row.strength:g}",
                (row.value, row.accuracy),
                xytext=(5, 6),
                textcoords="offset points",
                fontsize=8,
            )
        ax.set(xlabel=own["aim"].iloc[0], title=name)
    axes[0][0].set_ylabel(metric)
    return fig
