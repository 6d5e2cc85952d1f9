"""Figures of how sure a model may be: reliability and abstention.

Conventions
-----------
* Tables are those of :mod:`ricercar.style.confidence`, with ``value`` and its 95 %
  interval ``low``, ``high``.
* Every function returns a new figure; the caller shows it with
  :func:`ricercar.show.figure`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ricercar.show.plots import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confidence(
    reliability: Mapping[str, pd.DataFrame], abstention: Mapping[str, pd.DataFrame]
) -> "Figure":
    """How often models are right: by their confidence, and when the unsure are left out.

    Parameters
    ----------
    reliability : mapping of str to pandas.DataFrame
        Model -> table of :func:`ricercar.style.reliability`.
    abstention : mapping of str to pandas.DataFrame
        Model -> table of :func:`ricercar.style.abstention`.

    Examples
    --------
    >>> row = {"value": [0.8], "low": [0.7], "high": [0.9], "n": [9]}
    >>> known = pd.DataFrame({"confidence": [0.75], **row})
    >>> kept = pd.DataFrame({"coverage": [0.5], "threshold": [0.6], **row})
    >>> len(confidence({"m": known}, {"m": kept}).axes)
    2
    """
    import matplotlib.pyplot as plt

    fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.2))
    left.plot([0, 1], [0, 1], color="black", linestyle=":", linewidth=1)
    for colour, (model, table) in zip(COLOURS, reliability.items(), strict=False):
        reach = np.stack([table["value"] - table["low"], table["high"] - table["value"]])
        left.errorbar(
            table["confidence"],
            table["value"],
            np.maximum(reach, 0.0),
            color=colour,
            marker="o",
            markersize=4,
            linewidth=1.2,
            elinewidth=0.8,
            label=model,
        )
    left.set(xlabel="confidence (dotted: as often right as it says)", ylabel="share right")
    left.set(xlim=(0, 1), ylim=(0, 1.02), title="reliability")
    for colour, table in zip(COLOURS, abstention.values(), strict=False):
        right.plot(table["coverage"], table["value"], color=colour, linewidth=1.4)
        right.fill_between(
            table["coverage"], table["low"], table["high"], color=colour, alpha=0.15, linewidth=0
        )
    right.set(xlabel="share of the pieces answered, the surest first", ylabel="share right")
    right.set(xlim=(0, 1), ylim=(0, 1.02), title="abstention")
    fig.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return fig
