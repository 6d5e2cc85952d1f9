"""What a file says, once it is read: :class:`Reading`, and the choice of reader.

Goal: one shape for music from every format, made of plain arrays and strings, so
that it can cross process borders and be cached.

Conventions
-----------
* ``meter`` and ``key`` are those at the beginning, empty unless the exporters understand
  them, too; ``meter_changes`` and ``key_changes`` are texts of :mod:`ricercar.meter`.
* ``notes`` is an int64 array (n, 4): part, onset, duration, pitch; ticks of
  :data:`~ricercar.tables.TICKS_PER_QUARTER` from the start of the piece, sounding
  MIDI pitch, sorted by all four columns.
* Tied notes are one note. Grace notes have no time of their own: they are left out
  and counted. Drum tracks are kept apart, in ``drums`` (the same columns; the
  pitch is the General MIDI instrument). Unpitched notes are left out and counted.
  Chord symbols and lyrics are left out.
* Repeats are kept as written, not played out.
* Onset and end are rounded to whole ticks, each by itself; ``rounded`` counts the
  notes for which that changed anything (a septuplet, MIDI at an odd resolution).
* Parts are numbered from the top of the score; parts without notes have no number.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from ricercar.catalogue.spelling import key_signature
from ricercar.errors import ParameterError, ReadError
from ricercar.tables import TICKS_PER_QUARTER

#: a longer piece than this (about three hours) is a damaged file, not music
LONGEST_QUARTERS = 20_000
MOST_NOTES = 200_000

_METER = re.compile(r"[1-9]\d?/(?:1|2|4|8|16|32|64)")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")

#: format -> file name endings
FORMATS = {
    "midi": (".mid", ".midi"),
    "mxl": (".mxl",),
    "musicxml": (".xml", ".musicxml"),
    "abc": (".abc",),
    "kern": (".krn",),
}


@dataclass(frozen=True)
class Reading:
    """One piece as a reader found it; see the module's conventions."""

    notes: np.ndarray
    title: str = ""
    composer: str = ""
    meter: str = ""
    key: str = ""
    meter_changes: str = ""
    key_changes: str = ""
    pickup: int = 0
    drums: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.int64))
    part_names: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def parts(self) -> int:
        """Number of parts that have notes."""
        return len(self.part_names)

    @property
    def quarters(self) -> float:
        """Time from the start of the piece to the end of its last note."""
        return float((self.notes[:, 1] + self.notes[:, 2]).max() / TICKS_PER_QUARTER)


def to_ticks(
    starts: Iterable[float | Fraction], lengths: Iterable[float | Fraction]
) -> tuple[np.ndarray, np.ndarray, int]:
    """Onsets and durations in ticks from quarters, and how many had to be rounded.

    Examples
    --------
    A triplet of eighths is exact; a septuplet is not, but leaves no gap.

    >>> from fractions import Fraction
    >>> to_ticks([0, Fraction(1, 3)], [Fraction(1, 3)] * 2)
    (array([  0, 160]), array([160, 160]), 0)
    >>> to_ticks([0, Fraction(1, 7)], [Fraction(1, 7)] * 2)
    (array([ 0, 69]), array([69, 68]), 2)
    """
    onsets, durations, rounded = [], [], 0
    for start, length in zip(starts, lengths, strict=True):
        # music21 gives binary fractions as float and all others as Fraction: both are exact
        begin = Fraction(start) * TICKS_PER_QUARTER
        end = begin + Fraction(length) * TICKS_PER_QUARTER
        rounded += begin.denominator != 1 or end.denominator != 1
        onsets.append(round(begin))
        durations.append(max(1, round(end) - onsets[-1]))
    return np.array(onsets, np.int64), np.array(durations, np.int64), rounded


def arrange(
    parts: list[np.ndarray], names: list[str], meter: str = "", key: str = "", **details: Any
) -> Reading:
    """A :class:`Reading` from one (n, 3) array of onset, duration, pitch per part.

    Parts without notes lose their number. Of two notes of a part with the same onset
    and pitch the longer one stays (a unison of two voices on one staff). A meter or key
    that no exporter could write is left out.

    Raises
    ------
    ReadError
        If there is no note at all, or more or longer music than a piece can have.
    """
    sounding = [(rows, name) for rows, name in zip(parts, names, strict=True) if len(rows)]
    if not sounding:
        raise ReadError("there are no notes in it")
    table = np.concatenate(
        [
            np.column_stack([np.full(len(rows), number, np.int64), rows])
            for number, (rows, _) in enumerate(sounding)
        ]
    ).astype(np.int64)
    if len(table) > MOST_NOTES:
        raise ReadError(f"{len(table):,} notes; a piece may have {MOST_NOTES:,}")
    if ((table[:, 3] < 0) | (table[:, 3] > 127)).any():
        raise ReadError("a pitch lies outside the MIDI range 0 to 127")
    if (table[:, 1] < 0).any():
        raise ReadError("a note starts before the piece")
    table = table[np.lexsort((-table[:, 2], table[:, 3], table[:, 1], table[:, 0]))]
    same = (np.diff(table[:, [0, 1, 3]], axis=0) == 0).all(axis=1)
    table = table[np.concatenate([[True], ~same])]
    table = table[np.lexsort((table[:, 3], table[:, 2], table[:, 1], table[:, 0]))]
    reading = Reading(
        table,
        meter=meter if _METER.fullmatch(meter) else "",
        key=key if _is_key(key) else "",
        part_names=tuple(name for _, name in sounding),
        **details,
    )
    if reading.quarters > LONGEST_QUARTERS:
        raise ReadError(
            f"it lasts {reading.quarters:,.0f} quarters; a piece may last {LONGEST_QUARTERS:,}"
        )
    return reading


def _is_key(key: str) -> bool:
    try:
        key_signature(key)
    except ParameterError:
        return False
    return True


def text_of(data: bytes) -> str:
    """Text from bytes: UTF-8 where it is that, else Latin-1 (old ABC files).

    Raises
    ------
    ReadError
        If there are control characters in it, as in no text.

    Examples
    --------
    >>> text_of("schön".encode()) == text_of("schön".encode("latin-1")) == "schön"
    True
    """
    if _CONTROLS.search(data):
        raise ReadError("not a text file: there are control characters in it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read(data: bytes, format: str) -> Reading:
    """Read one piece.

    Parameters
    ----------
    data : bytes
        The file; for ABC the text of one tune.
    format : str
        A key of :data:`FORMATS`.

    Raises
    ------
    ReadError
        Saying what is wrong with it.
    """
    from ricercar.catalogue import midi, notation

    readers: dict[str, Callable[[bytes], Reading]] = {
        "midi": midi.read_midi,
        "mxl": notation.read_mxl,
        "musicxml": notation.read_musicxml,
        "abc": notation.read_abc,
        "kern": notation.read_kern,
    }
    if format not in readers:
        raise ReadError(f"unknown format {format!r}; known: {', '.join(readers)}")
    return readers[format](data)
