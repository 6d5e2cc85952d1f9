"""Sound: notes to samples to a player on the page.

Conventions
-----------
* Samples are mono float32 in [-1, 1] at :data:`RATE` per second.
* Notes are played by :mod:`ricercar.show.soundfont` from the sound font that the
  pretty_midi package carries.
* The same notes give the same bytes.

Sources
-------
The page checksum of Ogg: RFC 3533, section 6.
"""

import importlib.util
import io
import zlib
from functools import cache
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar.errors import MissingArtefactError, ParameterError
from ricercar.show.frames import data_uri, emit, frame
from ricercar.show.plots import require_one_piece
from ricercar.show.soundfont import SoundFont
from ricercar.tables import TICKS_PER_QUARTER

#: samples per second
RATE = 22050

_PEAK = 0.85
_VELOCITY = 84
_BLOCK = 1 << 16
_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def audio(
    notes: pd.DataFrame,
    caption: str,
    tempo: float = 100,
    program: int = 0,
    simulated: bool | str = False,
) -> None:
    """Show a player with the sound of one piece.

    Parameters
    ----------
    notes : pandas.DataFrame
        Rows of one piece.
    caption : str
        Plain text: what is to be heard.
    tempo : float
        Quarters per minute, 10 to 1000.
    program : int
        General MIDI instrument, 0 (piano) to 127.
    simulated : bool or str
        Whether to label it as made from simulated listeners, or another label.
    """
    emit(audio_html(notes, caption, tempo, program, simulated))


def audio_html(
    notes: pd.DataFrame,
    caption: str,
    tempo: float = 100,
    program: int = 0,
    simulated: bool | str = False,
) -> str:
    """The HTML that :func:`audio` shows."""
    samples, rate = render(notes, tempo, program)
    source = data_uri(encode_ogg(samples, rate), "audio/ogg")
    player = (
        f'<audio controls preload="metadata" aria-label="{escape(caption)}" src="{source}"></audio>'
    )
    return frame(player, caption, simulated=simulated, kind="sound")


def render(notes: pd.DataFrame, tempo: float = 100, program: int = 0) -> tuple[np.ndarray, int]:
    """Synthesise one piece.

    Parameters
    ----------
    notes : pandas.DataFrame
        Rows of one piece: part, onset and duration (ticks), pitch.
    tempo : float
        Quarters per minute, 10 to 1000.
    program : int
        General MIDI instrument, 0 (piano) to 127.

    Returns
    -------
    samples : numpy.ndarray, float32, shape (n,)
        Mono, in [-1, 1], with the last notes' decay.
    rate : int
        Samples per second.

    Raises
    ------
    TableError
        If there is no note, or the notes belong to more than one piece.
    ParameterError
        If tempo or program lies outside its range.
    """
    require_one_piece(notes)
    if not 10 <= tempo <= 1000:
        raise ParameterError(f"tempo {tempo}: give 10 to 1000 quarters per minute")
    if not 0 <= program <= 127:
        raise ParameterError(f"program {program}: General MIDI has 0 to 127")
    font = _font()
    seconds = 60 / (tempo * TICKS_PER_QUARTER)
    starts = np.rint(notes["onset"].to_numpy(float) * seconds * RATE).astype(int)
    lengths = notes["duration"].to_numpy(float) * seconds
    wanted = list(zip(notes["pitch"].tolist(), lengths.tolist(), strict=True))
    tones = {
        (pitch, length): font.tone(program, pitch, _VELOCITY, length, RATE)
        for pitch, length in dict.fromkeys(wanted)
    }
    ends = [start + len(tones[which]) for start, which in zip(starts, wanted, strict=True)]
    mixed = np.zeros(max(ends))
    for start, end, which in zip(starts, ends, wanted, strict=True):
        mixed[start:end] += tones[which]
    loudest = np.abs(mixed).max(initial=0.0)
    return (mixed * (_PEAK / loudest) if loudest else mixed).astype(np.float32), RATE


@cache
def _font() -> SoundFont:
    return SoundFont(sound_font())


def sound_font() -> Path:
    """The sound font that the pretty_midi package carries.

    Raises
    ------
    MissingArtefactError
        If the package, or the font in it, is not there.
    """
    spec = importlib.util.find_spec("pretty_midi")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    path = folder / "TimGM6mb.sf2"
    if spec is None or not path.is_file():
        raise MissingArtefactError(
            "no sound font: TimGM6mb.sf2 comes with the package pretty_midi, "
            "install it (pip install pretty_midi)"
        )
    return path


def encode_ogg(samples: np.ndarray, rate: int) -> bytes:
    """Encode samples as Ogg Vorbis; the same samples give the same bytes.

    Parameters
    ----------
    samples : numpy.ndarray, float, shape (n,)
        Mono, in [-1, 1].
    rate : int
        Samples per second.

    Examples
    --------
    >>> encode_ogg(np.zeros(2205, np.float32), 22050)[:4]
    b'OggS'
    """
    import soundfile

    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", rate, 1, "VORBIS", format="OGG") as file:
        # all of a long piece at once would overflow the stack of libsndfile's encoder
        for start in range(0, len(samples), _BLOCK):
            file.write(samples[start : start + _BLOCK])
    return _with_serial(buffer.getvalue(), serial=1)


def _with_serial(ogg: bytes, serial: int) -> bytes:
    """Replace the stream's random serial number, and the checksums that depend on it."""
    stream, start = bytearray(ogg), 0
    while start < len(stream):
        segments = stream[start + 26]
        lengths = stream[start + 27 : start + 27 + segments]
        end = start + 27 + segments + sum(lengths)
        stream[start + 14 : start + 18] = serial.to_bytes(4, "little")
        stream[start + 22 : start + 26] = bytes(4)
        stream[start + 22 : start + 26] = _checksum(bytes(stream[start:end]))
        start = end
    return bytes(stream)


def _checksum(page: bytes) -> bytes:
    """Ogg's CRC, which is zlib's with every bit order reversed and no inversion."""
    reflected = zlib.crc32(page.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2).to_bytes(4, "little")
