"""What a file says, once it is read: :class:`Reading`.

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
  and counted, as are cue notes, which do not sound. Drums are kept apart, in ``drums``
  (the same columns; the pitch is the General MIDI instrument, the part that of the
  file). Unpitched notes of which the file does not tell the instrument are left out
  and counted. Chord symbols and lyrics are left out.
* ``genre`` is what the file itself calls the kind of piece (an ABC rhythm field, a kern
  record of the genre), else empty.
* Onset and end are rounded to whole ticks, each by itself; ``rounded`` counts the
  notes for which that changed anything (a septuplet, MIDI at an odd resolution).
* Parts are numbered from the top of the score; parts without notes have no number.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from ricercar.catalogue.spelling import key_signature
from ricercar.errors import ParameterError, ReadError
from ricercar.meter import read_changes, write_changes
from ricercar.tables import TICKS_PER_QUARTER

#: an exact time or length, in quarters
Time = Fraction | int

#: a longer piece than this (about three hours) is a damaged file, not music
LONGEST_QUARTERS = 20_000
MOST_NOTES = 200_000

#: numerators and denominators of times stay below this, so that ticks fit 64 bits
_MOST_DIGITS = 2**52
_MOST_PARTS = 256
_METER = re.compile(r"[1-9]\d?/(?:1|2|4|8|16|32|64)")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")


@dataclass(frozen=True)
class Reading:
    """One piece as a reader found it; see the module's conventions."""

    notes: np.ndarray
    title: str = ""
    composer: str = ""
    genre: str = ""
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


def to_ticks(times: Sequence[Time | float]) -> tuple[np.ndarray, np.ndarray]:
    """Times in ticks from quarters, and which of them had to be rounded.

    Parameters
    ----------
    times : sequence of int, Fraction or float
        A float is taken for exactly what it is.

    Returns
    -------
    ticks : numpy.ndarray of int64, shape (n,)
    inexact : numpy.ndarray of bool

    Examples
    --------
    A third of a quarter is exact, a seventh is not:

    >>> from fractions import Fraction
    >>> to_ticks([0, Fraction(1, 3), Fraction(1, 7), 0.5])
    (array([  0, 160,  69, 240]), array([False, False,  True, False]))
    """
    exact = [Fraction(t) if isinstance(t, float) else t for t in times]
    try:
        over = np.array([t.numerator for t in exact], np.int64)
        under = np.array([t.denominator for t in exact], np.int64)
    except OverflowError:
        raise ReadError("a time in it has too many digits to be music") from None
    if len(over) and max(over.max(), -over.min(), under.max()) > _MOST_DIGITS:
        raise ReadError("a time in it has too many digits to be music")
    whole, rest = np.divmod(over * TICKS_PER_QUARTER, under)
    # half a tick goes to the even neighbour, as in round()
    up = (2 * rest > under) | ((2 * rest == under) & (whole % 2 == 1))
    return whole + up, rest != 0


def arrange(
    parts: list[np.ndarray],
    names: list[str],
    meter: str = "",
    key: str = "",
    **details: Any,
) -> Reading:
    """A :class:`Reading` from one (n, 3) array of onset, duration, pitch per part.

    See :func:`arrange_columns`.
    """
    if not parts:
        raise ReadError("there are no notes in it")
    table = np.concatenate(parts).astype(np.int64)
    part = np.repeat(np.arange(len(parts)), [len(rows) for rows in parts])
    onset, duration, pitch = table.T
    return arrange_columns(part, onset, duration, pitch, names, meter, key, **details)


def arrange_columns(
    part: np.ndarray,
    onset: np.ndarray,
    duration: np.ndarray,
    pitch: np.ndarray,
    names: list[str],
    meter: str = "",
    key: str = "",
    meter_changes: str = "",
    key_changes: str = "",
    drums: np.ndarray | None = None,
    **details: Any,
) -> Reading:
    """A :class:`Reading` from the columns of its notes.

    Parts without notes lose their number. Of two notes of a part with the same onset
    and pitch the longer one stays (a unison of two voices on one staff). A meter or key
    that no exporter could write is left out.

    Parameters
    ----------
    part, onset, duration, pitch : numpy.ndarray of int64, shape (n,)
    names : list of str
        Of all parts, also those without notes.

    Raises
    ------
    ReadError
        If there is no note at all, or more or longer music than a piece can have.
    """
    if not len(part):
        only = drums is not None and len(drums)
        raise ReadError("there are no notes in it" + (" but drums" if only else ""))
    if len(part) > MOST_NOTES:
        raise ReadError(f"{len(part):,} notes; a piece may have {MOST_NOTES:,}")
    if (onset | pitch | 127 - pitch).min() < 0:  # any of them
        if onset.min() < 0:
            raise ReadError("a note starts before the piece")
        raise ReadError("a pitch lies outside the MIDI range 0 to 127")
    quarters = (onset + duration).max() / TICKS_PER_QUARTER
    if quarters > LONGEST_QUARTERS:
        raise ReadError(f"it lasts {quarters:,.0f} quarters; a piece may last {LONGEST_QUARTERS:,}")
    sizes = np.bincount(part, minlength=len(names))
    sounding = np.flatnonzero(sizes)
    if len(sounding) > _MOST_PARTS:
        raise ReadError(f"{len(sounding)} parts; a piece may have {_MOST_PARTS}")
    if drums is None:
        drums = np.zeros((0, 4), np.int64)
    elif len(drums):
        drums = drums[np.lexsort((drums[:, 3], drums[:, 2], drums[:, 1], drums[:, 0]))]
    meter = meter if _METER.fullmatch(meter) else ""
    changes = [c for c in read_changes(meter_changes) if meter and _METER.fullmatch(c[1])]
    keys = [c for c in read_changes(key_changes) if _is_key(c[1])]
    if len(sounding) < len(sizes):
        part = np.cumsum(sizes > 0)[part] - 1
    return Reading(
        _sorted(part, onset, duration, pitch),
        drums=drums.astype(np.int64),
        meter=meter,
        key=key if _is_key(key) else "",
        meter_changes=write_changes(changes) or "",
        key_changes=write_changes(keys) or "",
        part_names=tuple(names[place] for place in sounding.tolist()),
        **details,
    )


def _sorted(
    part: np.ndarray, onset: np.ndarray, duration: np.ndarray, pitch: np.ndarray
) -> np.ndarray:
    """The notes sorted by all columns, of equal beginnings the longest.

    Sorting whole numbers that hold all columns is much faster than sorting rows: 8 bits
    of part, 24 of onset, 24 of duration, 7 of pitch. A stable sort makes use of what is in
    order already.
    """
    low = (1 << 24) - 1
    begins = part << 55 | onset << 31
    packed = begins | pitch << 24 | (low - duration)
    packed.sort(kind="stable")
    beginning = packed >> 24
    first = beginning[1:] != beginning[:-1]
    if not first.all():
        packed = packed[np.concatenate([[True], first])]
        begins, pitch = packed >> 31 << 31, packed >> 24 & 127
        duration = low - (packed & low)
    packed = begins | duration << 7 | pitch
    packed.sort(kind="stable")
    return np.stack([packed >> 55, packed >> 31 & low, packed >> 7 & low, packed & 127]).T


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
