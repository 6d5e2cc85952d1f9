"""Figures of measurements: a dot and its interval for each set, measure by measure.

Conventions
-----------
* A measurement is a row with ``value``, ``low``, ``high`` (95 %) and ``n``.
* Sets keep their place and colour in every panel, and with ``order`` their colour from
  picture to picture; a measure that no set has is left out.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.show.plots import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = (*COLOURS, "#bbbbbb")


def intervals(
    table: pd.DataFrame,
    by: str,
    panel: str = "metric",
    titles: Mapping[str, str] | None = None,
    columns: int = 4,
    zero: bool = False,
    order: Sequence[str] = (),
) -> "Figure":
    """One panel per measure, one line per set.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``by``, ``panel``, value, low and high.
    by : str
        Column that names the sets, in the order in which they stand, from the top.
    panel : str
        Column that names the measures.
    titles : mapping, optional
        Measure -> title; measures that it lacks are left out, its order is kept.
    columns : int
        Panels in a row.
    zero : bool
        Draw a line at 0.
    order : sequence of str
        Sets of several pictures: a set's number there decides its colour here.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        If nothing is left to show.

    Examples
    --------
    >>> table = pd.DataFrame({"set": ["real", "made"], "metric": "triad", "value": [64, 50],
    ...                       "low": [62, 45], "high": [66, 55]})
    >>> len(intervals(table, "set").axes)
    1
    """
    import matplotlib.pyplot as plt

    known = table.dropna(subset=["value"])
    names = list(titles) if titles is not None else list(dict.fromkeys(known[panel]))
    names = [name for name in names if (known[panel] == name).any()]
    if not names:
        raise ParameterError("no measure to show: every value is missing")
    sets = list(dict.fromkeys(table[by]))
    every = list(dict.fromkeys([*order, *sets]))
    hue = {one: _COLOURS[every.index(one) % len(_COLOURS)] for one in sets}
    across = min(columns, len(names))
    down = -(-len(names) // across)
    longest = max(len(line) for name in sets for line in str(name).split("\n"))
    size = (2.25 * across + 0.07 * longest, (0.66 + 0.26 * len(sets)) * down + 0.2)
    fig, grid = plt.subplots(down, across, figsize=size, squeeze=False, sharey=True)
    for axes in grid.flat[len(names) :]:
        axes.set_visible(False)
    for axes, name in zip(grid.flat, names, strict=False):
        rows = known[known[panel] == name].set_index(by)
        for place, one in enumerate(sets):
            if one in rows.index:
                _draw(axes, place, rows.loc[one], hue[one])
        if zero:
            axes.axvline(0, color="#8a8a94", linewidth=0.8)
        axes.set_title((titles or {}).get(name, name), fontsize=9, parse_math=False)
        axes.tick_params(labelsize=8)
        axes.set_yticks(range(len(sets)), sets)
        axes.set_ylim(len(sets) - 0.4, -0.6)
    return fig


def _draw(axes, place: int, row: pd.Series, colour: str) -> None:
    """A dot with its interval on line ``place``."""
    if not np.isnan(row["low"]):
        axes.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=2.2)
    axes.plot(row["value"], place, "o", color=colour, markersize=5.5)
