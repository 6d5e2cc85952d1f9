"""Maps of pieces: a scatter plot in which every point tells its name.

Goal: a reader who wonders about a point holds the pointer over it and reads which piece it
is, in a report without scripts as well as in JupyterLab.

Conventions
-----------
* A map is SVG, a circle to a piece, with the piece's name as the circle's ``title``, which
  every browser shows. Names are escaped.
* Styles have the colours of :func:`ricercar.show.palette`; the most frequent style is
  drawn first, so that it does not cover the others.
* Places are any coordinates; each panel is fitted to them, y upward.
"""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd

from ricercar.errors import TableError
from ricercar.show.frames import emit, frame
from ricercar.show.plots import palette

#: width and height of a panel, and the margin in it, in pixels
PANEL, MARGIN = 430, 14
_HEAD = 26
_ROW = 20
_INK, _LINE = "#2b2b33", "#d5d5dc"


def points(
    panels: Mapping[str, pd.DataFrame],
    styles: Sequence[str],
    names: Sequence[str],
    caption: str,
    alt: str | None = None,
) -> None:
    """Show pieces as points whose names appear under the pointer.

    Parameters
    ----------
    panels : mapping of str to pandas.DataFrame
        Title of a panel -> ``axis 1`` and ``axis 2``, a row per piece.
    styles, names : sequence of str
        Of each piece.
    caption : str
        Plain text: what is to be seen and what it means.
    alt : str, optional
        Description for readers who cannot see it; the caption if left out.

    Raises
    ------
    TableError
        If styles, names and places are not equally many, or there are none.
    """
    emit(frame(points_svg(panels, styles, names), caption, alt=alt or caption))


def points_svg(
    panels: Mapping[str, pd.DataFrame], styles: Sequence[str], names: Sequence[str]
) -> str:
    """The SVG that :func:`points` shows.

    Examples
    --------
    >>> places = pd.DataFrame({"axis 1": [0.0, 1.0], "axis 2": [0.0, 1.0]})
    >>> svg = points_svg({"map": places}, ["reel", "jig"], ["Miss <McLeod>", "Rakes of Kildare"])
    >>> svg.count("<circle"), "<title>Miss &lt;McLeod&gt;</title>" in svg
    (4, True)
    """
    counts = {len(styles), len(names), *(len(places) for places in panels.values())}
    if len(counts) != 1 or not panels or 0 in counts:
        raise TableError("a map needs one style, one name and one place for every piece")
    style = np.asarray(styles, dtype=object)
    colours = palette(style)
    order = sorted(colours, key=lambda name: (-(style == name).sum(), name))
    titles = [f"<title>{escape(str(name))}</title></circle>" for name in names]
    width = PANEL * len(panels)
    parts = []
    for number, (title, places) in enumerate(panels.items()):
        left = number * PANEL
        parts.append(
            f'<text x="{left + 4}" y="16" font-weight="600" font-size="14">{escape(title)}</text>'
            f'<rect x="{left + 2}" y="{_HEAD}" width="{PANEL - 8}" height="{PANEL - 8}" '
            f'fill="none" stroke="{_LINE}"/>'
        )
        x = left + _fitted(places["axis 1"].to_numpy(float))
        y = _HEAD + PANEL - 8 - _fitted(places["axis 2"].to_numpy(float))
        for name in order:
            rows = np.flatnonzero(style == name)
            dots = "".join(
                f'<circle cx="{x[row]:.1f}" cy="{y[row]:.1f}" r="3.2">{titles[row]}' for row in rows
            )
            parts.append(f'<g fill="{colours[name]}" fill-opacity=".72">{dots}</g>')
    legend, height = _legend(colours, width, _HEAD + PANEL + 14)
    return (
        f'<svg class="points" viewBox="0 0 {width} {height}" width="{width}" '
        f'style="max-width:100%;height:auto" fill="{_INK}" font-family="sans-serif">'
        "<style>.points circle:hover{stroke:#000;stroke-width:2px;fill-opacity:1}</style>"
        f"{''.join(parts)}{legend}</svg>"
    )


def _fitted(values: np.ndarray) -> np.ndarray:
    """Coordinates between the margins of a panel; the middle where all are equal."""
    low, reach = values.min(), np.ptp(values)
    share = (values - low) / reach if reach > 0 else np.full(len(values), 0.5)
    return 2 + MARGIN + share * (PANEL - 8 - 2 * MARGIN)


def _legend(colours: Mapping[str, str], width: int, top: int) -> tuple[str, int]:
    """A dot and a name for each style, in rows, and where the last row ends."""
    parts, x, y = [], 8, top
    for name, colour in colours.items():
        room = 24 + round(7.2 * len(name))
        if x > 8 and x + room > width:
            x, y = 8, y + _ROW
        parts.append(
            f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}"/>'
            f'<text x="{x + 9}" y="{y + 4}" font-size="12">{escape(name)}</text>'
        )
        x += room
    return "".join(parts), y + 12
