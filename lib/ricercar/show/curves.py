"""Curves of measures over rounds, one line per arm, with their intervals.

Conventions
-----------
Rows come in the schema ``loop_history``; an arm has the same colour in every panel.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from ricercar.show.plots import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def over_rounds(
    history: pd.DataFrame, measures: Mapping[str, str], arms: Sequence[str]
) -> "Figure":
    """Draw measures side by side.

    Parameters
    ----------
    history : pandas.DataFrame
        Table ``loop_history``.
    measures : mapping of str to str
        Measure -> title of its panel.
    arms : sequence of str
        Arms in the order of the legend.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> history = pd.DataFrame({"arm": "random", "round": [1, 2], "measure": "coverage",
    ...     "value": [0.5, 0.6], "low": [0.4, 0.5], "high": [0.6, 0.7], "n": 9})
    >>> len(over_rounds(history, {"coverage": "share offered"}, ["random"]).axes)
    1
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MaxNLocator

    size = (3.9 * len(measures) + 0.4, 3.6)
    fig, panels = plt.subplots(1, len(measures), figsize=size, layout="constrained", squeeze=False)
    for ax, (measure, title) in zip(panels[0], measures.items(), strict=True):
        for i, arm in enumerate(arms):
            rows = history[(history["arm"] == arm) & (history["measure"] == measure)]
            colour = COLOURS[i % len(COLOURS)]
            ax.fill_between(
                rows["round"], rows["low"], rows["high"], color=colour, alpha=0.15, lw=0
            )
            ax.plot(rows["round"], rows["value"], "o-", ms=4, color=colour, label=arm)
        ax.set(title=title, xlabel="round")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    handles, labels = panels[0][0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=min(len(arms), 6))
    return fig
