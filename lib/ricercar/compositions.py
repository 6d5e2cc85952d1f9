"""A folder of scores: pieces written as MIDI and MusicXML, and read back to be sure.

Goal: what was composed leaves the workbench as files that other programs open, and the
claim that they can be read is checked by another reader, music21, note for note.

Conventions
-----------
* A piece ``ricercar/sample-0001`` becomes ``ricercar-sample-0001.mid`` and ``.musicxml``.
* Meter, key and pickup are written in both formats. What MIDI cannot carry: a pickup of
  more than half a bar reads back as a change of meter, and one that is no whole number of
  64th notes not at all (:func:`ricercar.catalogue.export.to_midi`); the key of a mode other
  than major and minor reads back as the major key with its signature.
* Notes are compared as (part, onset, duration, pitch), in ticks, ties joined, parts
  counted from the highest that has notes.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from ricercar.errors import ReadError
from ricercar.tables import TICKS_PER_QUARTER

FORMATS = {"MIDI": ".mid", "MusicXML": ".musicxml"}
_COLUMNS = ["part", "onset", "duration", "pitch"]


def stem(piece: str) -> str:
    """File name, without suffix, of a piece.

    Examples
    --------
    >>> stem("ricercar/sample-0001")
    'ricercar-sample-0001'
    """
    return piece.replace("/", "-")


def write(pieces: pd.DataFrame, notes: pd.DataFrame, folder: Path, tempo: float = 100) -> int:
    """Write every piece as MIDI and as MusicXML.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        In the schemas of :mod:`ricercar.tables`.
    folder : Path
        Must exist.
    tempo : float
        Quarters per minute, for MIDI.

    Returns
    -------
    int
        Files written.
    """
    from ricercar.catalogue import export

    rows = dict(list(notes.groupby("piece", sort=False)))
    for piece in pieces.to_dict("records"):
        path = folder / stem(piece["piece"])
        meter = piece["meter"] if isinstance(piece["meter"], str) else "4/4"
        key = piece["key"] if isinstance(piece["key"], str) else None
        mine = rows[piece["piece"]]
        pickup = int(piece["pickup"])
        midi, xml = (path.with_suffix(suffix) for suffix in FORMATS.values())
        export.to_midi(mine, midi, meter, tempo, key, pickup)
        export.to_musicxml(mine, xml, piece["title"], meter, key, pickup)
    return 2 * len(pieces)


def read(path: Path) -> pd.DataFrame:
    """Read a MIDI or MusicXML file with music21.

    Parameters
    ----------
    path : Path

    Returns
    -------
    pandas.DataFrame
        Columns part, onset, duration and pitch, sorted.
    """
    from music21 import converter, stream

    # music21 would move the notes of MIDI files to sixteenths and triplets
    score = converter.parse(path, forceSource=True, quantizePost=False)
    if not isinstance(score, stream.Score):
        raise ReadError(f"{path} holds {type(score).__name__}, not one score")
    # music21 would not join a tied note whose natural sign stands before its first head only
    for pitch in (pitch for note in score.recurse().notes for pitch in note.pitches):
        if pitch.accidental is not None and pitch.accidental.alter == 0:
            pitch.accidental = None
    rows = [
        (
            part,
            round(float(note.offset) * TICKS_PER_QUARTER),
            round(float(note.duration.quarterLength) * TICKS_PER_QUARTER),
            pitch.midi,
        )
        for part, voice in enumerate(score.parts)
        for note in voice.stripTies().flatten().notes
        for pitch in note.pitches
    ]
    return _sorted(pd.DataFrame(rows, columns=_COLUMNS))


def read_back(pieces: pd.DataFrame, notes: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Compare what :func:`write` wrote with the notes that it was given.

    Returns
    -------
    pandas.DataFrame
        Columns piece, format, notes (given), read (found in the file) and equal; a row
        for each file.
    """
    rows = dict(list(notes.groupby("piece", sort=False)))
    checked = []
    for piece in pieces["piece"]:
        given = _sorted(rows[piece])
        for name, suffix in FORMATS.items():
            found = read(folder / f"{stem(piece)}{suffix}")
            equal = given.shape == found.shape and bool((given == found).all(axis=None))
            checked.append((piece, name, len(given), len(found), equal))
    return pd.DataFrame(checked, columns=["piece", "format", "notes", "read", "equal"])


def _sorted(notes: pd.DataFrame) -> pd.DataFrame:
    """The compared columns in a fixed order, parts counted without gaps."""
    table = notes[_COLUMNS].astype("int64").sort_values(_COLUMNS, ignore_index=True)
    _, part = np.unique(table["part"], return_inverse=True)
    return table.assign(part=part.astype("int64"))
