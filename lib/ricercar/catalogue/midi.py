"""Standard MIDI files to a :class:`~ricercar.catalogue.reading.Reading`.

Goal: read what thousands of programs have written, fast, and refuse what is damaged.

Conventions
-----------
* The structure is checked here before symusic (C++) sees the file, because a file
  cut short would otherwise yield half a piece without a word. A malformed file can
  still bring symusic down: read files of unknown origin in a worker process
  (:mod:`ricercar.catalogue.workers`).
* One part per track and channel, in the file's order. Channel 10 is drums.
* A MIDI file says neither where its first bar begins nor which notes are ornaments:
  ``pickup`` is 0 and every note counts.

Sources
-------
MIDI Manufacturers Association, *Standard MIDI Files 1.0*, 1996.
"""

import struct
from fractions import Fraction

import numpy as np

from ricercar.catalogue.reading import Reading, arrange
from ricercar.errors import ReadError
from ricercar.tables import TICKS_PER_QUARTER

_TONICS = {
    "major": ["Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#"],
    "minor": ["Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#"],
}


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


def _rescaled(values: np.ndarray, resolution: int) -> tuple[np.ndarray, np.ndarray]:
    """Ticks at 480 to a quarter, rounded half up, and where that was exact."""
    scaled = values.astype(np.int64) * TICKS_PER_QUARTER
    return (2 * scaled + resolution) // (2 * resolution), scaled % resolution == 0


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
    parts, names, rounded, drums = [], [], 0, 0
    for track in score.tracks:
        if track.is_drum:
            drums += len(track.notes)
            continue
        columns = track.notes.numpy()
        onset, exact_start = _rescaled(columns["time"], score.ticks_per_quarter)
        end, exact_end = _rescaled(
            columns["time"].astype(np.int64) + columns["duration"], score.ticks_per_quarter
        )
        rounded += int((~(exact_start & exact_end)).sum())
        parts.append(
            np.column_stack([onset, np.maximum(end - onset, 1), columns["pitch"].astype(np.int64)])
        )
        names.append(track.name)
    meters = [(t.time, f"{t.numerator}/{t.denominator}") for t in score.time_signatures]
    keys = [(k.time, _key_name(k.key, k.tonality)) for k in score.key_signatures]
    return arrange(
        parts,
        names,
        title=next((n for n in names if n), "") if len(names) == 1 else "",
        meter=min(meters)[1] if meters else "",
        key=min(keys)[1] if keys else "",
        counts={"unpitched": drums, "rounded": rounded},
    )


def _key_name(sharps: int, minor: int) -> str:
    names = _TONICS["minor" if minor else "major"]
    place = sharps + 7
    return f"{names[place]} {'minor' if minor else 'major'}" if 0 <= place < 15 else ""


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def write_midi(
    parts: list[np.ndarray], meter: tuple[int, int] = (4, 4), tempo: float = 100.0
) -> bytes:
    """A MIDI file (format 1, 480 ticks to a quarter), one track and channel per part.

    Parameters
    ----------
    parts : list of int arrays (n, 3)
        Onset, duration in ticks, pitch.
    meter : tuple of int
        Beats and beat unit (a power of two).
    tempo : float
        Quarters per minute.

    Returns
    -------
    bytes
        The same bytes for the same notes. Channel 10 (drums) is never used.
    """
    channels = [channel for channel in range(16) if channel != 9]
    unit = int(meter[1]).bit_length() - 1
    head = [
        (0, b"\xff\x58\x04" + bytes([meter[0], unit, 24, 8])),
        (0, b"\xff\x51\x03" + round(Fraction(60_000_000) / Fraction(tempo)).to_bytes(3, "big")),
    ]
    tracks = [_track(head)]
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
