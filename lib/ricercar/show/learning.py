"""Curves of a training: what is made small, who tells what, and how the music moves.

Conventions
-----------
Rows come in the schema ``training_history``; steps are counted anew in each stage. A figure
of music that is learnt from is drawn full, the same of music that is held out dashed.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from ricercar.show.plots import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: panel -> (stage, label of the axis, measure -> (label, colour, line))
_PANELS: dict[str, tuple[str, str, dict[str, tuple[str, str, str]]]] = {
    "Write": (
        "write",
        "cost of a beat (nats)",
        {
            "loss_rebuilt": ("in training", "0.7", "-"),
            "cost_learnt": ("learnt from", COLOURS[0], "o-"),
            "cost_held_out": ("held out", COLOURS[1], "o--"),
        },
    ),
    "Play": (
        "play",
        "loss",
        {"loss_d": ("$L_D$", COLOURS[0], "-"), "loss_g": ("$L_G$", COLOURS[1], "-")},
    ),
    "Told rightly by D": (
        "play",
        "share",
        {
            "told_real": ("real", "0.7", "-"),
            "told_made": ("made", "0.4", ":"),
            "told_real_learnt": ("real, learnt from", COLOURS[0], "o-"),
            "told_real_held_out": ("real, held out", COLOURS[1], "o--"),
        },
    ),
}


def course(history: pd.DataFrame) -> "Figure":
    """The curves of the stages that a training has.

    Parameters
    ----------
    history : pandas.DataFrame
        Table ``training_history``.

    Examples
    --------
    >>> history = pd.DataFrame({"stage": "play", "step": [1, 2], "seconds": 0.0,
    ...     "measure": ["loss_d", "told_real"], "value": 0.5})
    >>> [ax.get_title("left") for ax in course(history).axes]
    ['Play', 'Told rightly by D']
    """
    import matplotlib.pyplot as plt

    there = [name for name, (stage, *_) in _PANELS.items() if stage in set(history["stage"])]
    size = (3.5 * len(there), 3.1)
    fig, axes = plt.subplots(1, len(there), figsize=size, squeeze=False, layout="constrained")
    for ax, name in zip(axes[0], there, strict=True):
        stage, label, lines = _PANELS[name]
        mine = history[history["stage"] == stage]
        for measure, (words, colour, line) in lines.items():
            rows = mine[mine["measure"] == measure]
            if len(rows):
                ax.plot(rows["step"], rows["value"], line, color=colour, ms=4, label=words)
        ax.set_title(name, loc="left")
        ax.set(xlabel="step", ylabel=label)
        if label == "share":
            ax.set_ylim(0, 1.02)
            ax.axhline(0.5, color="0.85", lw=1, zorder=0)
        ax.legend(fontsize="small")
    return fig


def columns(
    judged: pd.DataFrame, real: pd.DataFrame, titles: Mapping[str, str], best: int
) -> "Figure":
    """Figures of the music over the snapshots, with those of real music as bands.

    Parameters
    ----------
    judged : pandas.DataFrame
        Column step, and one for each measure.
    real : pandas.DataFrame, index measure
        Columns value, low, high.
    titles : mapping of str to str
        Measure -> title of its panel, in their order.
    best : int
        Step of the snapshot that was chosen, marked with a ring.
    """
    import matplotlib.pyplot as plt

    wide = min(len(titles), 4)
    high = -(-len(titles) // wide)
    size = (2.7 * wide, 2.4 * high)
    fig, axes = plt.subplots(high, wide, figsize=size, squeeze=False, layout="constrained")
    for ax in axes.flat[len(titles) :]:
        ax.remove()
    chosen = judged[judged["step"] == best]
    for ax, (measure, title) in zip(axes.flat, titles.items(), strict=False):
        if measure in real.index:
            value, low, up = real.loc[measure, ["value", "low", "high"]]
            ax.axhspan(low, up, color=COLOURS[1], alpha=0.2, lw=0)
            ax.axhline(value, color=COLOURS[1], lw=1.2, ls="--")
        ax.plot(judged["step"], judged[measure], "o-", ms=4, color=COLOURS[0])
        ax.plot(chosen["step"], chosen[measure], "o", ms=10, mfc="none", color="black")
        ax.set_title(title, loc="left", fontsize="medium")
        ax.set_ylim(min(0, float(judged[measure].min())), None)
    for ax in axes[-1]:
        ax.set_xlabel("step")
    return fig
