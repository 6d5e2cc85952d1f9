"""The look of plots, the colours of styles, and the piano roll.

Conventions
-----------
* A style has the same colour in every notebook.
* In a piano roll time is in quarters from the beginning and part 0 is the highest.

Sources
-------
The colours are Paul Tol's *muted* and *bright* schemes, made to be told apart by
colour-blind readers (technical note SRON/EPS/TN/09-002).
"""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ricercar.errors import TableError
from ricercar.show.frames import emit
from ricercar.show.layout import style_sheet
from ricercar.tables import TICKS_PER_QUARTER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: colours of things that have no style of their own, in their order
COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#777777")

_STYLES = {
    "chorale": "#332288",
    "reel": "#cc6677",
    "jig": "#44aa99",
    "hornpipe": "#ddaa33",
    "strathspey": "#117733",
    "air": "#88ccee",
    "march": "#882255",
    "other": "#999999",
}
_SPARE = ("#aa4499", "#999933", "#4477aa", "#ee8866", "#225522", "#663333", "#0077bb", "#bbaa77")

_INK = "#2b2b33"


def style() -> None:
    """Set the look of every plot of the notebook, and of what ``show`` puts on the page.

    Examples
    --------
    >>> style()
    """
    import matplotlib
    from cycler import cycler

    matplotlib.rcParams.update(
        {
            "figure.figsize": (7.2, 3.6),
            "figure.dpi": 96,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.edgecolor": "#8a8a94",
            "axes.labelcolor": _INK,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.titlecolor": _INK,
            "axes.labelsize": 9.5,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#e4e4ea",
            "grid.linewidth": 0.8,
            "xtick.color": "#55555f",
            "ytick.color": "#55555f",
            "xtick.labelsize": 8.5,
            "ytick.labelsize": 8.5,
            "xtick.major.size": 3,
            "ytick.major.size": 3,
            "text.color": _INK,
            "legend.frameon": False,
            "legend.fontsize": 8.5,
            "lines.linewidth": 1.8,
            "patch.linewidth": 0.6,
            "image.cmap": "viridis",
            "savefig.facecolor": "white",
            "svg.hashsalt": "ricercar",
        }
    )
    emit(f"<style data-ricercar-style>{style_sheet('figure.css')}</style>")


def palette(styles: Iterable[str]) -> dict[str, str]:
    """A colour for each style, the same in every notebook.

    Parameters
    ----------
    styles : iterable of str
        Names of styles; repetitions are allowed.

    Returns
    -------
    dict
        Style -> colour (``#rrggbb``), in the order in which the styles first appear.

    Examples
    --------
    >>> palette(["reel", "chorale", "reel"])
    {'reel': '#cc6677', 'chorale': '#332288'}
    """
    names = list(dict.fromkeys(str(name) for name in styles))
    chosen = {name: _STYLES[name] for name in names if name in _STYLES}
    taken: set[str] = set()
    for name in sorted(set(names) - set(chosen)):
        start = int(hashlib.sha256(name.encode()).hexdigest(), 16) % len(_SPARE)
        turned = _SPARE[start:] + _SPARE[:start]
        chosen[name] = next((colour for colour in turned if colour not in taken), turned[0])
        taken.add(chosen[name])
    return {name: chosen[name] for name in names}


def piano_roll(notes: pd.DataFrame, ax: "Axes | None" = None, title: str = "") -> "Axes":
    """Draw notes as bars: time to the right, pitch upward, one colour per part.

    Parameters
    ----------
    notes : pandas.DataFrame
        Rows of one piece: part, onset and duration (ticks), pitch (MIDI number).
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if left out.
    title : str
        Shown above; never read as a formula.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TableError
        If there is no note, or the notes belong to more than one piece.

    Examples
    --------
    >>> notes = pd.DataFrame({"part": 0, "onset": [0, 480], "duration": 480, "pitch": [60, 64]})
    >>> float(piano_roll(notes).get_xlim()[1])
    2.0
    """
    import matplotlib.pyplot as plt
    from matplotlib.collections import PolyCollection

    require_one_piece(notes)
    if ax is None:
        _, ax = plt.subplots(figsize=(7.2, 2.6))
    start = notes["onset"].to_numpy(float) / TICKS_PER_QUARTER
    end = start + notes["duration"].to_numpy(float) / TICKS_PER_QUARTER
    pitch = notes["pitch"].to_numpy(float)
    gap = np.minimum(0.06, (end - start) / 4)
    corners = np.stack(
        [
            np.stack([start, end - gap, end - gap, start], axis=1),
            np.stack([pitch - 0.42, pitch - 0.42, pitch + 0.42, pitch + 0.42], axis=1),
        ],
        axis=2,
    )
    part = notes["part"].to_numpy(int)
    colours = [COLOURS[number % len(COLOURS)] for number in part]
    ax.add_collection(PolyCollection(list(corners), facecolors=colours, edgecolors="none"))
    low, high = int(pitch.min()), int(pitch.max())
    ax.set_xlim(0, float(end.max()))
    spare = max(0, 12 - (high - low)) / 2  # an octave at least, so that no bar looks fat
    bottom, top = low - 1.5 - spare, high + 1.5 + spare
    ax.set_ylim(bottom, top)
    cs = [c for c in range(0, 128, 12) if bottom <= c <= top]
    ax.set_yticks(cs, [pitch_name(c) for c in cs])
    ax.set_xlabel("time (quarters)")
    ax.set_ylabel("pitch")
    if title:
        ax.set_title(title, parse_math=False)
    return ax


def pitch_name(pitch: int) -> str:
    """Name of a MIDI pitch, sharps for the black keys, middle C is C4.

    Examples
    --------
    >>> pitch_name(60), pitch_name(70)
    ('C4', 'A♯4')
    """
    names = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
    return f"{names[pitch % 12]}{pitch // 12 - 1}"


def require_one_piece(notes: pd.DataFrame) -> None:
    """Check that a table holds notes, and of one piece only.

    Raises
    ------
    TableError
        If a column is missing, there is no note, or there is more than one piece.
    """
    missing = {"part", "onset", "duration", "pitch"} - set(notes.columns)
    if missing:
        raise TableError(f"notes without {', '.join(sorted(missing))}: give rows of a notes table")
    if notes.empty:
        raise TableError("no notes to show: is the piece's id right?")
    if "piece" in notes.columns and notes["piece"].nunique() > 1:
        raise TableError(
            f'notes of {notes["piece"].nunique()} pieces: choose one, notes[notes["piece"] == "…"]'
        )
