"""Figures of groups: features by style, rankings, maps, confusions.

Goal: the pictures of the notebooks on features and styles, one function each.

Conventions
-----------
* A table of measurements has ``value`` and its 95 % interval ``low``, ``high``.
* Every function returns a new figure; the caller shows it with
  :func:`ricercar.show.figure`.
* A style keeps its colour (:func:`ricercar.show.palette`); a family of features has
  one of :data:`FAMILIES`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ricercar.show.plots import COLOURS, palette

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: colour of each family of features
FAMILIES = dict(zip(("melody", "rhythm", "harmony"), COLOURS, strict=False))


def boxes(table: pd.DataFrame, names: Sequence[str], units: Mapping[str, str]) -> "Figure":
    """Box plots of some features, a panel each, a row per style.

    Parameters
    ----------
    table : pandas.DataFrame
        Features and ``style``; styles stand in the order in which they first appear.
    names : sequence of str
        Features; three panels to a row.
    units : mapping of str to str
        Unit of each feature.

    Examples
    --------
    >>> table = pd.DataFrame({"style": ["reel", "jig"], "rhythm.npvi": [10.0, 4.0]})
    >>> boxes(table, ["rhythm.npvi"], {"rhythm.npvi": "index"}).axes[0].get_title(loc="left")
    'rhythm.npvi'
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    colours = palette(table["style"])
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    size = (3 * columns, rows * (0.9 + 0.2 * len(colours)))
    fig, axes = plt.subplots(rows, columns, figsize=size, sharey=True, squeeze=False)
    for ax, name in zip(axes.flat, names, strict=False):
        sns.boxplot(
            table,
            x=name,
            y="style",
            order=list(colours),
            hue="style",
            palette=colours,
            fliersize=1.5,
            linewidth=0.8,
            legend=False,
            ax=ax,
        )
        ax.set(xlabel=units[name], ylabel="")
        ax.set_title(name, loc="left", fontsize=9)
    for ax in axes.flat[len(names) :]:
        ax.set_visible(False)
    return fig


def ranked(
    rankings: Mapping[str, pd.DataFrame], column: str, label: str, top: int = 15
) -> "Figure":
    """Bars of the first features of one or more rankings, coloured by family.

    Parameters
    ----------
    rankings : mapping of str to pandas.DataFrame
        Title of a panel -> ``value``, ``low``, ``high`` and the feature in ``column``, in order.
    column : str
    label : str
        What the bars measure.
    top : int
        Bars to a panel.

    Examples
    --------
    >>> ranking = pd.DataFrame(
    ...     {"feature": ["rhythm.npvi"], "value": 0.5, "low": 0.4, "high": 0.6}
    ... )
    >>> len(ranked({"all styles": ranking}, "feature", "share").axes[0].patches)
    1
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    count = len(rankings)
    fig, axes = plt.subplots(
        1, count, figsize=(7.2 if count == 1 else 4.8 * count, 4.4), squeeze=False
    )
    seen: dict[str, str] = {}
    for ax, (title, ranking) in zip(axes.flat, rankings.items(), strict=True):
        first = ranking.head(top)[::-1]
        families = first[column].str.split(".").str[0]
        seen |= {family: FAMILIES.get(family, COLOURS[-1]) for family in families}
        colours = [seen[family] for family in families]
        ax.barh(first[column], first["value"], color=colours, **_whiskers(first))
        ax.set(xlabel=label, title=title)
    handles = [Patch(color=seen[family], label=family) for family in FAMILIES if family in seen]
    fig.legend(handles=handles, loc="outside lower center", ncols=3)
    return fig


def _whiskers(table: pd.DataFrame) -> dict[str, Any]:
    """The arguments of a bar chart that draw the intervals."""
    reach = np.stack([table["value"] - table["low"], table["high"] - table["value"]])
    return {"xerr": np.maximum(np.nan_to_num(reach), 0.0), "error_kw": {"elinewidth": 1}}


def scores(table: pd.DataFrame, chance: float) -> "Figure":
    """Balanced accuracy of models (bars) in several arms (groups of bars).

    Parameters
    ----------
    table : pandas.DataFrame
        ``arm``, ``model``, ``value``, ``low``, ``high``.
    chance : float
        Drawn as a dotted line.

    Examples
    --------
    >>> table = pd.DataFrame({"arm": ["all"], "model": "m", "value": 0.7, "low": 0.6, "high": 0.8})
    >>> len(scores(table, 0.5).axes[0].patches)
    1
    """
    import matplotlib.pyplot as plt

    arms, models = table["arm"].unique(), table["model"].unique()
    height = 0.8 / len(models)
    fig, ax = plt.subplots(figsize=(7.2, 0.9 + 0.8 * len(arms)))
    for number, model in enumerate(models):
        rows = table[table["model"] == model].set_index("arm").reindex(arms)
        place = np.arange(len(arms)) + (number - (len(models) - 1) / 2) * height
        ax.barh(place, rows["value"], height * 0.9, label=model, **_whiskers(rows))
    ax.axvline(chance, color="black", linestyle=":", linewidth=1)
    ax.set_yticks(range(len(arms)), arms)
    ax.invert_yaxis()
    ax.set(xlabel="balanced accuracy (dotted: chance)", xlim=(0, 1))
    fig.legend(loc="outside lower center", ncols=len(models))
    return fig


def weights(loadings: pd.DataFrame, top: int = 10) -> "Figure":
    """Bars of the features that weigh most in each axis, a panel each, coloured by family.

    Parameters
    ----------
    loadings : pandas.DataFrame
        From :func:`ricercar.features.contrast.principal_axes`.
    top : int
        Features to a panel.

    Examples
    --------
    >>> loadings = pd.DataFrame({"axis 1": [0.9], "axis 2": [0.1]}, index=["rhythm.npvi"])
    >>> [len(ax.patches) for ax in weights(loadings).axes]
    [1, 1]
    """
    import matplotlib.pyplot as plt

    count = loadings.shape[1]
    fig, axes = plt.subplots(1, count, figsize=(4.8 * count, 1 + 0.24 * top), squeeze=False)
    for ax, axis in zip(axes.flat, loadings, strict=True):
        strongest = loadings[axis].loc[loadings[axis].abs().nlargest(top).index].sort_values()
        families = strongest.index.str.split(".").str[0]
        shades = [FAMILIES.get(family, COLOURS[-1]) for family in families]
        ax.barh(strongest.index, strongest, color=shades)
        ax.set(xlabel="weight", title=axis)
        ax.locator_params(axis="x", nbins=5)
    return fig


def spread(distances: pd.DataFrame, circled: Sequence[str]) -> "Figure":
    """Distance of each piece from the mean of its group, a row of dots per group.

    Parameters
    ----------
    distances : pandas.DataFrame
        ``piece``, ``label``, ``distance``.
    circled : sequence of str
        Pieces to mark.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    colours = palette(distances["label"])
    order = list(colours)
    fig, ax = plt.subplots(figsize=(7.2, 0.9 + 0.28 * len(order)))
    sns.stripplot(
        distances,
        x="distance",
        y="label",
        order=order,
        hue="label",
        palette=colours,
        size=2.5,
        jitter=False,
        legend=False,
        ax=ax,
    )
    marked = distances[distances["piece"].isin(circled)]
    rows = [order.index(label) for label in marked["label"]]
    ax.scatter(marked["distance"], rows, s=70, facecolors="none", edgecolors="black", zorder=3)
    ax.set(xlabel="distance from the style's mean (standard deviations per feature)", ylabel="")
    return fig


def confusions(tables: Mapping[str, pd.DataFrame]) -> "Figure":
    """Heat maps of true styles (rows) by predicted styles, in per cent of the row.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Title -> counts.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    size = len(next(iter(tables.values())))
    fig, axes = plt.subplots(
        1, len(tables), figsize=(4.8 * len(tables), 1.6 + 0.36 * size), sharey=True, squeeze=False
    )
    for ax, (title, counts) in zip(axes.flat, tables.items(), strict=True):
        percent = 100 * counts.div(counts.sum(axis=1), axis=0)
        options = {"cmap": "Blues", "vmin": 0, "vmax": 100, "cbar": False}
        sns.heatmap(percent, annot=True, fmt=".0f", ax=ax, **options)
        ax.set(title=title, xlabel="predicted", ylabel="")
        ax.tick_params(axis="y", rotation=0)
    axes.flat[0].set_ylabel("true")
    return fig


def profile(table: pd.DataFrame) -> "Figure":
    """Heat map of standardised features (columns) of groups (rows), 0 in white.

    Parameters
    ----------
    table : pandas.DataFrame
        Standard deviations from the mean.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    fig, ax = plt.subplots(figsize=(9, 1.6 + 0.3 * len(table)))
    options = {"cmap": "RdBu_r", "center": 0, "vmin": -2, "vmax": 2}
    text = table.round(1) + 0.0  # no minus before a zero
    sns.heatmap(
        table, annot=text, fmt=".1f", ax=ax, cbar_kws={"label": "standard deviations"}, **options
    )
    ax.set(ylabel="", xlabel="")
    ax.set_xticks(ax.get_xticks(), list(table.columns), rotation=35, ha="right")
    ax.tick_params(axis="y", rotation=0)
    return fig
