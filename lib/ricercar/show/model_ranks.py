"""Recommenders on an axis of ranks, bars joining those that cannot be told apart.

Conventions
-----------
* The best rank is on the left. A bar means "not really different", see
  :mod:`ricercar.assess.model_ranks`; a model without a bar differs from all others.
* A method has the colour that it has in :mod:`ricercar.show.model_points`.
* A new figure is returned; the caller shows it with :func:`ricercar.show.figure`.

Source: critical-difference diagrams, J. Demsar, JMLR 7 (2006).
"""

from typing import TYPE_CHECKING

import numpy as np

from ricercar.assess.model_ranks import Standing
from ricercar.show.model_points import colour

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def rank_axis(standing: Standing) -> "Figure":
    """A row per model, best on top: average rank, 95 % interval, and the groups as bars.

    Parameters
    ----------
    standing : Standing
        From :func:`ricercar.assess.model_ranks.standing`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> import pandas as pd
    >>> ranks = pd.DataFrame({"model": ["a", "b"], "rank": [1.4, 1.6],
    ...     "low": [1.3, 1.5], "high": [1.5, 1.7], "value": [0.2, 0.1]})
    >>> pairs = pd.DataFrame({"better": ["a"], "worse": ["b"], "real": [False]})
    >>> some = Standing("hit@10", ranks, 1.0, 0.3, pairs, (("a", "b"),), 50)
    >>> len(rank_axis(some).axes[0].get_yticklabels())
    2
    """
    import matplotlib.pyplot as plt

    table = standing.ranks
    models, rank = table["model"].tolist(), table["rank"].to_numpy()
    rows = np.arange(len(models))
    reach = np.stack([rank - table["low"], table["high"] - rank])
    fig, ax = plt.subplots(figsize=(7.2, 1.3 + 0.32 * len(models)))
    for row, model in enumerate(models):
        ax.errorbar(
            rank[row],
            row,
            xerr=np.maximum(np.nan_to_num(reach[:, [row]]), 0.0),
            fmt="o",
            markersize=5,
            elinewidth=1,
            capsize=3,
            color=colour(model),
        )
    highest = max(float(rank.max()), float(np.nan_to_num(table["high"]).max()))
    lowest = min(float(rank.min()), float(table["low"].fillna(np.inf).min()))
    step = max(0.06 * (highest - lowest), 0.05)
    for number, group in enumerate(standing.groups):
        first, last = models.index(group[0]), models.index(group[-1])
        place = highest + step * (number + 1)
        ax.plot(
            [place, place],
            [first - 0.25, last + 0.25],
            color="#55555f",
            linewidth=4,
            solid_capstyle="butt",
            gid="group",
        )
    ax.set_yticks(rows, models)
    ax.invert_yaxis()
    ax.set_xlim(left=lowest - step)
    ax.set_xlabel(
        f"average rank by {standing.metric}, {standing.listeners} listeners "
        "(1 is best; a bar joins models not told apart)"
    )
    return fig
