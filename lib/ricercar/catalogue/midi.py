"""Standard MIDI files to a :class:`~ricercar.catalogue.reading.Reading`.

Goal: read what thousands of programs have written, fast, and refuse what is damaged.

Conventions
-----------
* The structure is checked here before symusic (C++) sees the file, because a file
  cut short would otherwise yield half a piece without a word. A malformed file can
  still bring symusic down: read files of unknown origin in a worker process
  (:mod:`ricercar.catalogue.workers`).
* One part per track and channel, in the file's order. Channel 10 is drums.
* Many programs write a pickup as a first meter of one bar. It is read as one if it is at
  most half as long as the next meter's bar. Bars are counted anew where the meter changes.
* A MIDI file does not say which notes are ornaments: every note counts.

Sources
-------
MIDI Manufacturers Association, *Standard MIDI Files 1.0*, 1996.
"""

import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ricercar.catalogue.reading import Reading, arrange_columns
from ricercar.catalogue.spelling import key_of, key_signature
from ricercar.errors import ReadError
from ricercar.meter import lengths, read_changes, write_changes
from ricercar.tables import TICKS_PER_QUARTER

_MODES = {False: "major", True: "minor"}


def check_structure(data: bytes) -> None:
    """Check header, chunk lengths and ends of tracks of a MIDI file.

    Raises
    ------
    ReadError
        Saying which part of the file is wrong.

    Examples
    --------
    >>> check_structure(b"RIFF....WAVE")
    Traceback (most recent call last):
    ricercar.errors.ReadError: not a MIDI file: it does not begin with MThd
    """
    if data[:4] != b"MThd":
        raise ReadError("not a MIDI file: it does not begin with MThd")
    if len(data) < 14:
        raise ReadError("the file ends inside its header")
    length, kind, tracks, division = struct.unpack(">IHHH", data[4:14])
    if length < 6 or kind > 2:
        raise ReadError(f"the header is damaged (length {length}, format {kind})")
    if division & 0x8000:
        raise ReadError("its clock counts film frames, not beats; save it with musical time")
    if division == 0:
        raise ReadError("the header is damaged: no ticks to a quarter")
    place, found = 8 + length, 0
    while found < tracks:
        if place + 8 > len(data):
            raise ReadError(f"the file ends after {found} of {tracks} tracks")
        name, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "big")
        if place + 8 + size > len(data):
            raise ReadError(f"the file ends inside track {found + 1} of {tracks}")
        if name == b"MTrk":
            found += 1
            if data[place + 8 : place + 8 + size][-3:] != b"\xff\x2f\x00":
                raise ReadError(f"track {found} of {tracks} has no end mark")
        place += 8 + size


def read_midi(data: bytes) -> Reading:
    """Read a MIDI file.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    ReadError
        If it is damaged, has no notes, or measures time in film frames.
    """
    check_structure(data)
    from symusic import Score

    try:
        score = Score.from_midi(data)
    except Exception as error:  # symusic raises RuntimeError and others, by cause
        raise ReadError(f"MIDI events are damaged: {_first_line(error)}") from error
    resolution = score.ticks_per_quarter
    tracks = list(score.tracks)
    melodic = [track for track in tracks if not track.is_drum]
    part, onset, duration, pitch, rounded = _columns(melodic, resolution)
    struck = [place for place, track in enumerate(tracks) if track.is_drum]
    drums = np.zeros((0, 4), np.int64)
    if struck:
        place, *columns, _ = _columns([tracks[place] for place in struck], resolution)
        drums = np.column_stack([np.array(struck, np.int64)[place], *columns])
    names = [track.name for track in melodic]
    meter, meter_changes = _changes(
        [(t.time, f"{t.numerator}/{t.denominator}") for t in score.time_signatures], resolution
    )
    pickup = 0
    after = read_changes(meter_changes)
    if after and after[0][0] == lengths(meter)[0] <= lengths(after[0][1])[0] / 2:
        pickup, meter = after[0]
        meter_changes = write_changes(after[1:]) or ""
    signatures = [(k.time, key_of(k.key, _MODES[bool(k.tonality)])) for k in score.key_signatures]
    key, key_changes = _changes(signatures, resolution)
    return arrange_columns(
        part,
        onset,
        duration,
        pitch,
        names,
        meter,
        key,
        meter_changes,
        key_changes,
        drums,
        pickup=pickup,
        title=next((n for n in names if n), "") if len(names) == 1 else "",
        counts={"rounded": rounded},
    )


def _columns(
    tracks: list[Any], resolution: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]:
    """Number of the track, onset, duration and pitch of all notes, and how many were rounded."""
    columns = [track.notes.numpy() for track in tracks]
    if not columns:
        none = np.zeros(0, np.int64)
        return none, none, none, none, 0
    onset, duration, pitch = (
        np.concatenate([c[name] for c in columns], dtype=np.int64)
        for name in ("time", "duration", "pitch")
    )
    part = np.repeat(np.arange(len(columns)), [len(c["time"]) for c in columns])
    rounded = 0
    if resolution != TICKS_PER_QUARTER:
        end, late = _rescaled(onset + duration, resolution)
        onset, early = _rescaled(onset, resolution)
        duration = end - onset
        rounded = int((early | late).sum())
    return part, onset, np.maximum(duration, 1), pitch, rounded


def _rescaled(values: np.ndarray, resolution: int) -> tuple[np.ndarray, np.ndarray]:
    """Ticks at 480 to a quarter, rounded half up, and where that was not exact."""
    scaled = values * TICKS_PER_QUARTER
    return (2 * scaled + resolution) // (2 * resolution), scaled % resolution != 0


def _changes(events: list[tuple[int, str]], resolution: int) -> tuple[str, str]:
    """The first meter or key, and the later ones as text; the same one again is none."""
    events = [(time, name) for time, name in sorted(events) if name]
    if not events:
        return "", ""
    later = [
        ((2 * time * TICKS_PER_QUARTER + resolution) // (2 * resolution), name)
        for (_, before), (time, name) in zip(events, events[1:], strict=False)
        if name != before
    ]
    return events[0][1], write_changes(later) or ""


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def write_midi(
    parts: list[np.ndarray],
    meters: Sequence[tuple[int, tuple[int, int]]] = ((0, (4, 4)),),
    tempo: float = 100.0,
    keys: Sequence[tuple[int, str]] = (),
) -> bytes:
    """A MIDI file (format 1, 480 ticks to a quarter), one track and channel per part.

    Parameters
    ----------
    parts : list of int arrays (n, 3)
        Onset, duration in ticks, pitch.
    meters : sequence of (tick, (beats, beat unit))
        The beat unit is a power of two.
    tempo : float
        Quarters per minute.
    keys : sequence of (tick, key)
        A mode that MIDI does not know is written as the major key with its signature.

    Returns
    -------
    bytes
        The same bytes for the same notes. Channel 10 (drums) is never used.
    """
    channels = [channel for channel in range(16) if channel != 9]
    pace = round(Fraction(60_000_000) / Fraction(tempo)).to_bytes(3, "big")
    head = [(0, b"\xff\x51\x03" + pace)]
    for tick, (beats, unit) in meters:
        head.append((tick, b"\xff\x58\x04" + bytes([beats, unit.bit_length() - 1, 24, 8])))
    for tick, key in keys:
        fifths, mode = key_signature(key)
        head.append((tick, b"\xff\x59\x02" + bytes([fifths & 0xFF, mode == "minor"])))
    tracks = [_track(sorted(head))]
    for number, rows in enumerate(parts):
        channel = channels[number % len(channels)]
        events = []
        for onset, duration, pitch in rows.tolist():
            events.append((onset, 1, bytes([0x90 | channel, pitch, 80])))
            events.append((onset + duration, 0, bytes([0x80 | channel, pitch, 0])))
        # at one time ends come before beginnings, so that a repeated note is struck again
        events.sort()
        tracks.append(_track([(time, message) for time, _, message in events]))
    header = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), TICKS_PER_QUARTER)
    return header + b"".join(tracks)


def _track(events: list[tuple[int, bytes]]) -> bytes:
    body, now = bytearray(), 0
    for time, message in events:
        body += _variable_length(time - now) + message
        now = time
    body += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(body)) + bytes(body)


def _variable_length(value: int) -> bytes:
    """A number as MIDI writes it: seven bits to a byte, all but the last marked.

    Examples
    --------
    >>> _variable_length(480).hex()
    '8360'
    """
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(0x80 | (value & 0x7F))
    return bytes(reversed(digits))
