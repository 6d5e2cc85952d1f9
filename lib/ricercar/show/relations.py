"""Figures of features themselves: which go together, and how they change within a piece.

Conventions
-----------
* A correlation is shown by its strength and sign: blue rises together, red against each
  other, white is none; grey where there is none to compute.
* Every function returns a new figure; the caller shows it with
  :func:`ricercar.show.figure`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ricercar.show.contrasts import FAMILIES
from ricercar.show.plots import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


#: unit of :func:`ricercar.features.windows.windows` -> its plural
COUNTED = {"bar": "bars", "four quarters": "stretches of four quarters"}


def correlation_map(rho: pd.DataFrame, clusters: pd.DataFrame) -> "Figure":
    """Heat map of rank correlations in the order of the tree, clusters framed.

    Parameters
    ----------
    rho : pandas.DataFrame
        From :func:`ricercar.features.correlations.spearman`.
    clusters : pandas.DataFrame
        From :func:`ricercar.features.correlations.clusters`.

    Examples
    --------
    >>> names = ["rhythm.npvi", "melody.gap_fill"]
    >>> rho = pd.DataFrame([[1.0, 0.8], [0.8, 1.0]], index=names, columns=names)
    >>> clusters = pd.DataFrame({"feature": names, "cluster": 0})
    >>> len(correlation_map(rho, clusters).axes[0].patches)
    3
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch, Rectangle

    order, code = clusters["feature"].to_numpy(), clusters["cluster"].to_numpy()
    count = len(order)
    fig, ax = plt.subplots(figsize=(7.2, 6.9))
    colours = plt.get_cmap("RdBu").with_extremes(bad="#dddddd")
    drawn = ax.imshow(rho.loc[order, order], cmap=colours, vmin=-1, vmax=1, interpolation="none")
    families = [name.partition(".")[0] for name in order]
    width = max(1.0, count / 50)
    for place, family in enumerate(families):
        shade = FAMILIES.get(family, COLOURS[-1])
        ax.add_patch(Rectangle((-0.5 - 1.4 * width, place - 0.5), width, 1, color=shade, lw=0))
    for number in np.unique(code):
        rows = np.flatnonzero(code == number)
        if len(rows) > 1:
            corner, size = rows[0] - 0.5, len(rows)
            frame = Rectangle((corner, corner), size, size, fill=False, edgecolor="black", lw=1.4)
            ax.add_patch(frame)
    ax.set(xlim=(-0.5 - 1.6 * width, count - 0.5), xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    fig.colorbar(drawn, ax=ax, shrink=0.7, label="rank correlation")
    known = [family for family in FAMILIES if family in families]
    handles = [Patch(color=FAMILIES[family], label=family) for family in known]
    fig.legend(handles=handles, loc="outside lower center", ncols=3)
    return fig


def courses(windows: pd.DataFrame, names: Sequence[str], units: Mapping[str, str]) -> "Figure":
    """How features change from window to window of one piece, a panel each.

    Parameters
    ----------
    windows : pandas.DataFrame
        Rows of one piece from :func:`ricercar.features.windows.windows`.
    names : sequence of str
        Features.
    units : mapping of str to str
        Unit of each feature.

    Examples
    --------
    >>> windows = pd.DataFrame({"first_bar": [0, 4], "bars": 4, "unit": "bar", "rhythm.npvi": 1.0})
    >>> courses(windows, ["rhythm.npvi"], {"rhythm.npvi": "index"}).axes[0].get_xlabel()
    'bars from the beginning'
    """
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(
        len(names), figsize=(7.2, 0.7 + 1.15 * len(names)), sharex=True, squeeze=False
    )
    edges = np.append(
        windows["first_bar"], windows["first_bar"].iloc[-1] + windows["bars"].iloc[-1]
    )
    middle = windows["first_bar"] + windows["bars"] / 2
    for ax, name in zip(axes.flat, names, strict=True):
        shade = FAMILIES.get(name.partition(".")[0], COLOURS[-1])
        if (np.diff(windows["first_bar"]) >= windows["bars"].iloc[:-1]).all():
            ax.stairs(windows[name], edges, color=shade, lw=1.8, baseline=None)
        else:
            ax.plot(middle, windows[name], "o-", ms=3, color=shade)
        ax.set_title(name, fontsize=9)
        ax.set_ylabel(units[name], fontsize=8)
    axes.flat[-1].set_xlabel(f"{COUNTED[windows['unit'].iloc[0]]} from the beginning")
    axes.flat[-1].xaxis.get_major_locator().set_params(integer=True)
    return fig
