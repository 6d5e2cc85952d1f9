"""Engraved scores: notes to MusicXML to SVG, by verovio.

Conventions
-----------
* ``notes`` are rows of one piece in the schema of :mod:`ricercar.tables`.
* Bars are counted from the first full bar; a pickup comes before it.
* The same notes give the same SVG: verovio's ids are seeded with a digest.
"""

import hashlib
import math

import pandas as pd

from ricercar import meter as meters
from ricercar.errors import ParameterError, RicercarError
from ricercar.show.frames import emit, frame, tidy_svg
from ricercar.show.plots import pitch_name, require_one_piece

#: verovio's options that give one system of staves under the other, as wide as the page
_LAYOUT = {
    "adjustPageHeight": True,
    "breaks": "auto",
    "footer": "none",
    "header": "none",
    "minLastJustification": 0.3,
    "pageMarginTop": 40,
    "pageMarginBottom": 40,
    "pageMarginLeft": 40,
    "pageMarginRight": 40,
    "pageHeight": 60000,
    "pageWidth": 2200,
    "scale": 40,
    "smuflTextFont": "none",
    "svgRemoveXlink": True,
    "svgViewBox": True,
}


def score(
    notes: pd.DataFrame,
    caption: str,
    title: str = "",
    meter: str | None = "4/4",
    key: str | None = None,
    pickup: int = 0,
    bars: int | None = 8,
    alt: str | None = None,
    simulated: bool | str = False,
    meter_changes: str | None = None,
    key_changes: str | None = None,
) -> None:
    """Show notes as an engraved score.

    Parameters
    ----------
    notes : pandas.DataFrame
        Rows of one piece.
    caption : str
        Plain text: what is to be seen and what it means.
    title : str
        Shown above the score.
    meter : str
        Time signature, ``"6/8"``; 4/4 if None or missing.
    key : str, optional
        Key as the pieces table has it; no signature if None or missing.
    pickup : int
        Length of the upbeat in ticks.
    bars : int, optional
        How many bars to engrave, from the beginning; all of them if None.
    alt : str, optional
        Description for readers who cannot see it; made from the notes if left out.
    simulated : bool or str
        Whether to label it as made from simulated listeners, or another label.
    meter_changes, key_changes : str, optional
        As the pieces table has them.

    Raises
    ------
    TableError
        If there is no note, or the notes belong to more than one piece.
    ParameterError
        If the meter or the number of bars makes no sense, or the notes cannot be engraved.
    """
    meter = "4/4" if pd.isna(meter) else meter
    changes = [None if pd.isna(text) else text for text in (key, meter_changes, key_changes)]
    shown = first_bars(notes, meter, pickup, bars, changes[1])
    svg = engrave(shown, title, meter, changes[0], pickup, *changes[1:])
    alt = alt or describe(shown, title)
    emit(frame(svg, caption, title=title, alt=alt, simulated=simulated, kind="score"))


def first_bars(
    notes: pd.DataFrame,
    meter: str = "4/4",
    pickup: int = 0,
    bars: int | None = 8,
    changes: str | None = None,
) -> pd.DataFrame:
    """The notes of the pickup and the first bars; a note that sounds longer is cut.

    Examples
    --------
    >>> notes = pd.DataFrame(
    ...     {"part": 0, "onset": [0, 960, 1920], "duration": 1920, "pitch": [60, 62, 64]}
    ... )
    >>> first_bars(notes, "4/4", bars=1)["duration"].tolist()
    [1920, 960]
    """
    require_one_piece(notes)
    if bars is None:
        return notes
    if bars < 1:
        raise ParameterError(f"bars is {bars}: ask for 1 or more, or None for all")
    if math.isnan(meters.lengths(meter)[0]):
        raise ParameterError(f'meter {meter!r}: write beats and unit, for example "3/4"')
    end = meters.bar_start(bars, meter, pickup, changes)
    shown = notes[notes["onset"] < end]
    return shown.assign(duration=shown["duration"].clip(upper=end - shown["onset"]))


def engrave(
    notes: pd.DataFrame,
    title: str = "",
    meter: str = "4/4",
    key: str | None = None,
    pickup: int = 0,
    meter_changes: str | None = None,
    key_changes: str | None = None,
) -> str:
    """The score of one piece as an ``<svg>`` element.

    Raises
    ------
    ParameterError
        If verovio cannot engrave the notes; the message says which piece.
    """
    import verovio

    from ricercar.catalogue import export

    try:
        music = export.to_musicxml(
            notes, None, title, meter, key, pickup, meter_changes, key_changes
        )
        verovio.enableLog(verovio.LOG_OFF)
        toolkit = verovio.toolkit()
        toolkit.setOptions({**_LAYOUT, "xmlIdSeed": _seed(music)})
        loaded = toolkit.loadData(music)
        svg = toolkit.renderToSVG(1) if loaded else ""
    except RicercarError:
        raise
    except Exception as error:
        raise ParameterError(f"{_name(notes)} cannot be engraved: {error}") from error
    if "<svg" not in svg:
        raise ParameterError(f"{_name(notes)} cannot be engraved: verovio refused its MusicXML")
    return tidy_svg(svg)


def describe(notes: pd.DataFrame, title: str = "") -> str:
    """A sentence that says what a score holds.

    Examples
    --------
    >>> describe(pd.DataFrame({"part": 0, "onset": [0], "duration": 480, "pitch": [60]}), "Air")
    'Score of Air: 1 part, 1 note from C4 to C4'
    """
    parts, count = notes["part"].nunique(), len(notes)
    low, high = pitch_name(int(notes["pitch"].min())), pitch_name(int(notes["pitch"].max()))
    return (
        f"Score{f' of {title}' if title else ''}: {parts} part{'s' * (parts != 1)}, "
        f"{count} note{'s' * (count != 1)} from {low} to {high}"
    )


def _seed(music: str) -> int:
    return int(hashlib.sha256(music.encode()).hexdigest()[:7], 16) + 1


def _name(notes: pd.DataFrame) -> str:
    return f"piece {notes['piece'].iloc[0]!r}" if "piece" in notes.columns else "this piece"
