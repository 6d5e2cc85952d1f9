"""Notes of one piece to MIDI and MusicXML files, and back.

Goal: what the tables hold leaves the project in formats that every program reads, and
comes back unchanged: ``read_back(to_midi(notes, path))`` gives the same notes.

Conventions
-----------
``notes`` are rows of one piece in the schema of ``notes``, 480 ticks to a quarter. In a
MIDI file a note that is struck again while it sounds ends there; MusicXML keeps
overlaps, in several voices.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar.catalogue import formats, midi, musicxml
from ricercar.catalogue.folder import clean
from ricercar.catalogue.spelling import key_signature
from ricercar.errors import ParameterError
from ricercar.meter import read_changes
from ricercar.tables import TICKS_PER_QUARTER

_NAMES = {1: ["Melody"], 4: ["Soprano", "Alto", "Tenor", "Bass"]}


def parse_meter(meter: str) -> tuple[int, int]:
    """Beats and beat unit of a meter.

    Raises
    ------
    ParameterError
        If it is not two numbers, or the unit no power of two up to 64.

    Examples
    --------
    >>> parse_meter("6/8")
    (6, 8)
    """
    match = re.fullmatch(r"(\d{1,2})/(\d{1,2})", str(meter).strip())
    beats, unit = (int(match[1]), int(match[2])) if match else (0, 0)
    if beats < 1 or unit not in (1, 2, 4, 8, 16, 32, 64):
        raise ParameterError(f"meter {meter!r} is not understood: write it as '6/8'")
    return beats, unit


def _parts(notes: pd.DataFrame) -> list[np.ndarray]:
    """One array of onset, duration, pitch per part, in the order of the parts."""
    if notes["piece"].nunique() > 1:
        raise ParameterError(
            f"the notes are of {notes['piece'].nunique()} pieces; give the rows of one"
        )
    if notes.empty:
        raise ParameterError("there are no notes to write")
    table = notes[["part", "onset", "duration", "pitch"]].to_numpy(np.int64)
    return [table[table[:, 0] == part][:, 1:] for part in np.unique(table[:, 0])]


def _meter_changes(text: str | None) -> list[tuple[int, tuple[int, int]]]:
    return [(tick, parse_meter(name)) for tick, name in read_changes(text)]


def _key_changes(text: str | None) -> list[tuple[int, str]]:
    changes = read_changes(text)
    for _, key in changes:
        key_signature(key)
    return changes


def to_midi(
    notes: pd.DataFrame,
    path: Path | str,
    meter: str = "4/4",
    tempo: float = 100.0,
    key: str | None = None,
    pickup: int = 0,
    meter_changes: str | None = None,
    key_changes: str | None = None,
) -> Path:
    """Write one piece as a MIDI file, one track per part.

    Parameters
    ----------
    notes : pandas.DataFrame
        Rows of one piece.
    path : Path
    meter : str
        Missing (NaN, empty) means 4/4.
    tempo : float
        Quarters per minute, 4 to 1000.
    key : str, optional
        ``"Bb major"``; missing means no signature.
    pickup : int
        Ticks before the first full bar; written as a first short meter if it is a whole
        number of 64th notes. More than half a bar is read back as a change of meter.
    meter_changes, key_changes : str, optional
        As in the table ``pieces``: ``"5760 3/4; 9600 4/4"``.

    Returns
    -------
    Path

    Raises
    ------
    ParameterError
        If the notes are none or of several pieces, or a parameter is out of range.
    """
    if not 4 <= tempo <= 1000:
        raise ParameterError(f"tempo {tempo} is out of range: 4 to 1000 quarters per minute")
    first = parse_meter(meter if isinstance(meter, str) and meter else "4/4")
    meters = [(0, first), *_meter_changes(meter_changes)]
    short = _as_meter(int(pickup))
    if short and short[0] * first[1] < first[0] * short[1]:
        meters = [(0, short), (int(pickup), first), *meters[1:]]
    keys = _key_changes(key_changes)
    if isinstance(key, str) and key:
        keys = [(0, key), *keys]
    path = Path(path)
    path.write_bytes(midi.write_midi(_parts(notes), meters, tempo, keys))
    return path


def _as_meter(ticks: int) -> tuple[int, int] | None:
    """The meter with bars of so many ticks, in the largest unit; None if there is none."""
    if ticks <= 0 or ticks % (TICKS_PER_QUARTER // 16):
        return None
    beats, unit = ticks // (TICKS_PER_QUARTER // 16), 64
    while beats % 2 == 0 and unit > 1:
        beats, unit = beats // 2, unit // 2
    return (beats, unit) if beats < 100 else None


def to_musicxml(
    notes: pd.DataFrame,
    path: Path | str | None = None,
    title: str = "",
    meter: str = "4/4",
    key: str | None = None,
    pickup: int = 0,
    meter_changes: str | None = None,
    key_changes: str | None = None,
) -> str:
    """Write one piece as MusicXML.

    Parameters
    ----------
    notes : pandas.DataFrame
        Rows of one piece.
    path : Path, optional
        Where to write it, too.
    title : str
    meter : str
        Missing (NaN, empty) means 4/4.
    key : str, optional
        ``"Bb major"``; missing means no signature.
    pickup : int
        Ticks before the first full bar.
    meter_changes, key_changes : str, optional
        As in the table ``pieces``: ``"5760 3/4; 9600 4/4"``.

    Returns
    -------
    str
        The file's text.

    Examples
    --------
    >>> notes = pd.DataFrame([("a", 0, 0, 720, 61)],
    ...                      columns=["piece", "part", "onset", "duration", "pitch"])
    >>> text = to_musicxml(notes, key="D major", meter="3/4")
    >>> "<step>C</step>" in text, "<dot />" in text, "<accidental>" in text
    (True, True, False)
    """
    parts = _parts(notes)
    names = _NAMES.get(len(parts)) or [f"Part {number + 1}" for number in range(len(parts))]
    text = musicxml.write(
        parts,
        names,
        clean(title),
        parse_meter(meter if isinstance(meter, str) and meter else "4/4"),
        key if isinstance(key, str) and key else None,
        int(pickup),
        _meter_changes(meter_changes),
        _key_changes(key_changes),
    )
    if path is not None:
        Path(path).write_text(text, "utf-8")
    return text


def read_back(path: Path | str, piece: str = "piece") -> pd.DataFrame:
    """Read a file that was exported (or any other) as rows of ``notes``.

    Parameters
    ----------
    path : Path
        Its ending says its format.
    piece : str
        Id for the column ``piece``.

    Raises
    ------
    ReadError
        If it cannot be read.
    """
    path = Path(path)
    found = formats.read(path.read_bytes(), formats.format_of(path.name))
    notes = pd.DataFrame(found.notes, columns=["part", "onset", "duration", "pitch"])
    notes.insert(0, "piece", piece)
    return notes.astype({"piece": "str"})
