"""Sound fonts: recorded tones and how to play them at any pitch, in NumPy.

Goal: the part of the SoundFont 2 format that a General MIDI instrument needs to sound
in tune and as long as it should: key and velocity ranges, tuning, loops, the envelope of
the volume and the filter that darkens a tone as it dies away. Vibrato, reverberation and
panning are left out; output is mono.
(symusic's own synthesiser reads the tuning of common fonts wrongly: the tones of
TimGM6mb come out more than an octave off.)

Conventions
-----------
* Keys are MIDI pitches, velocities 1 to 127, programs 0 to 127 of bank 0.
* A *zone* says which sample serves which keys and velocities, with its generators
  (the format's word for settings); settings of a preset add to those of its instrument.
* Times in generators are timecents, 1200 * log2(seconds); levels are centibels.

Sources
-------
SoundFont Technical Specification 2.04, sections 7 and 8.1.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from ricercar.errors import ReadError

# numbers of the generators, section 8.1.2
_FILTER, _OPENING, _FILTER_HOLD, _FILTER_DECAY, _FILTER_SUSTAIN = 8, 11, 27, 28, 29
_START, _END, _LOOP_START, _LOOP_END = (0, 4), (1, 12), (2, 45), (3, 50)
_DELAY, _ATTACK, _HOLD, _DECAY, _SUSTAIN, _RELEASE = 33, 34, 35, 36, 37, 38
_INSTRUMENT, _KEYS, _VELOCITIES, _ATTENUATION = 41, 43, 44, 48
_COARSE, _FINE, _SAMPLE, _MODES, _SCALE, _ROOT = 51, 52, 53, 54, 56, 58
_TIMES = (_DELAY, _ATTACK, _HOLD, _DECAY, _RELEASE, _FILTER_HOLD, _FILTER_DECAY)
_INSTANTLY = -12000
_NO_FILTER = 13500
_FULL_RANGE = 0x7F00
_SILENCE_DB = 100.0

#: chunk -> size of a record
_RECORDS = {"phdr": 38, "pbag": 4, "pgen": 4, "inst": 22, "ibag": 4, "igen": 4, "shdr": 46}

Generators = dict[int, int]


@dataclass(frozen=True)
class Zone:
    """One recording, ready to be played: where it lies, its loop, its tuning, its envelope."""

    generators: Generators
    start: int
    end: int
    loop: tuple[int, int] | None
    rate: int
    root: int
    correction: int

    def step(self, key: int, rate: int) -> float:
        """Recorded samples per sample played."""
        cents = (key - self.root) * self.generators.get(_SCALE, 100) + self.correction
        cents += 100 * self.generators.get(_COARSE, 0) + self.generators.get(_FINE, 0)
        return float(2 ** (cents / 1200) * self.rate / rate)

    def seconds(self, generator: int) -> float:
        """A time of the envelope."""
        return float(2 ** (self.generators.get(generator, _INSTANTLY) / 1200))


class SoundFont:
    """A sound font in memory.

    Parameters
    ----------
    path : pathlib.Path
        A ``.sf2`` file.

    Raises
    ------
    ReadError
        If the file is not a SoundFont 2.
    """

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        if content[:4] != b"RIFF" or content[8:12] != b"sfbk":
            raise ReadError(f"{path} is not a SoundFont 2 file")
        chunks = dict(_chunks(content, 12, len(content)))
        missing = {"smpl", *_RECORDS} - set(chunks)
        if missing:
            raise ReadError(f"{path} lacks the chunks {', '.join(sorted(missing))}")
        self.path = path
        self.samples = np.frombuffer(chunks["smpl"], "<i2")
        self._tables = {
            name: [chunks[name][at : at + size] for at in range(0, len(chunks[name]), size)]
            for name, size in _RECORDS.items()
        }
        self._presets = {
            struct.unpack("<HH", record[20:24]): number
            for number, record in enumerate(self._tables["phdr"][:-1])
        }
        self.zones = cache(self._zones)

    def _zones(self, program: int, key: int, velocity: int) -> list[Zone]:
        """The recordings that sound for a key of a program of bank 0."""
        if (program, 0) not in self._presets:
            raise ReadError(f"{self.path} has no program {program}")
        found = []
        number = self._presets[program, 0]
        for preset in self._matching("phdr", "pbag", "pgen", 24, number, key, velocity):
            if _INSTRUMENT not in preset:
                continue
            instrument = preset.pop(_INSTRUMENT)
            for own in self._matching("inst", "ibag", "igen", 20, instrument, key, velocity):
                if _SAMPLE in own:
                    found.append(self._zone(own, preset))
        return found

    def _matching(
        self, head: str, bag: str, generators: str, at: int, number: int, key: int, velocity: int
    ) -> Iterator[Generators]:
        """Generators of the zones that hold a key and velocity, the global zone's beneath."""
        bags = self._tables[bag]
        first, last = (_word(self._tables[head][number + step], at) for step in (0, 1))
        common: Generators = {}
        for position in range(first, last):
            begin, end = _word(bags[position], 0), _word(bags[position + 1], 0)
            own = dict(
                struct.unpack("<Hh", record) for record in self._tables[generators][begin:end]
            )
            if position == first and _INSTRUMENT not in own and _SAMPLE not in own:
                common = own
                continue
            zone = {**common, **own}
            if _within(zone.get(_KEYS), key) and _within(zone.get(_VELOCITIES), velocity):
                yield zone

    def _zone(self, own: Generators, preset: Generators) -> Zone:
        record = self._tables["shdr"][own[_SAMPLE]]
        start, end, loop_start, loop_end, rate = struct.unpack("<5I", record[20:40])
        original, correction = struct.unpack("<Bb", record[40:42])
        start, end, loop_start, loop_end = (
            value + own.get(fine, 0) + 32768 * own.get(coarse, 0)
            for value, (fine, coarse) in zip(
                (start, end, loop_start, loop_end),
                (_START, _END, _LOOP_START, _LOOP_END),
                strict=True,
            )
        )
        adding = {
            name: own.get(name, _INSTANTLY if name in _TIMES else 0) + preset[name]
            for name in (_COARSE, _FINE, _ATTENUATION, _SUSTAIN, *_TIMES)
            if name in preset
        }
        root = own.get(_ROOT, -1)
        looped = own.get(_MODES, 0) & 1 and loop_end - loop_start > 1
        return Zone(
            {**own, **adding},
            *(start, end, (loop_start, loop_end) if looped else None),
            *(rate, root if 0 <= root <= 127 else original, correction),
        )

    def tone(self, program: int, key: int, velocity: int, seconds: float, rate: int) -> np.ndarray:
        """One tone, held for some time and then released.

        Parameters
        ----------
        program, key, velocity : int
        seconds : float
            How long the key is held.
        rate : int
            Samples per second.

        Returns
        -------
        numpy.ndarray, float64, shape (n,)
            Longer than ``seconds`` by the release; empty if nothing sounds for this key.
        """
        loudness = (velocity / 127) ** 2
        parts = [
            self._play(zone, key, seconds, rate) * loudness
            for zone in self.zones(program, key, velocity)
        ]
        total = np.zeros(max((len(part) for part in parts), default=0))
        for part in parts:
            total[: len(part)] += part / len(parts)
        return total

    def _play(self, zone: Zone, key: int, seconds: float, rate: int) -> np.ndarray:
        step = zone.step(key, rate)
        level = _envelope(zone, seconds, rate)
        if zone.loop is None:
            level = level[: max(0, int((zone.end - zone.start - 2) / step))]
        place = zone.start + step * np.arange(len(level))
        if zone.loop is not None:
            begin, end = zone.loop
            place = np.where(place >= end, begin + (place - begin) % (end - begin), place)
        whole = place.astype(np.int64)
        part = place - whole
        after = whole + 1
        if zone.loop is not None:
            after = np.where(after >= zone.loop[1], zone.loop[0], after)
        last = len(self.samples) - 1
        here, there = self.samples[np.minimum(whole, last)], self.samples[np.minimum(after, last)]
        return _darkened((here * (1 - part) + there * part) / 32768, zone, rate) * level


def _darkened(tone: np.ndarray, zone: Zone, rate: int) -> np.ndarray:
    """The tone through its low-pass filter, which closes as its own envelope falls.

    A tone through the open filter fades into one through the closed filter; both are of
    second order.
    """
    closed = zone.generators.get(_FILTER, _NO_FILTER)
    opened = min(closed + max(zone.generators.get(_OPENING, 0), 0), _NO_FILTER)
    if closed >= _NO_FILTER or not len(tone):
        return tone
    size = 1 << (len(tone) - 1).bit_length()
    spectrum = np.fft.rfft(tone, size)
    pitches = np.fft.rfftfreq(size, 1 / rate)
    bright, dark = (
        np.fft.irfft(spectrum / np.sqrt(1 + (pitches / (8.176 * 2 ** (cents / 1200))) ** 4), size)
        for cents in (opened, closed)
    )
    fall = (np.arange(len(tone)) / rate - zone.seconds(_FILTER_HOLD)) / zone.seconds(_FILTER_DECAY)
    left = np.clip(1 - fall, 1 - zone.generators.get(_FILTER_SUSTAIN, 0) / 1000, 1)
    return left * bright[: len(tone)] + (1 - left) * dark[: len(tone)]


def _envelope(zone: Zone, seconds: float, rate: int) -> np.ndarray:
    """Amplitude over time: delay, attack, hold, decay to the sustained level, release."""
    delay, attack, hold, decay, release = (
        zone.seconds(name) for name in (_DELAY, _ATTACK, _HOLD, _DECAY, _RELEASE)
    )
    sustain = min(max(zone.generators.get(_SUSTAIN, 0) / 10, 0.0), _SILENCE_DB)
    release = min(max(release, 0.03), 2.0)
    time = np.arange(int((seconds + release) * rate)) / rate
    loss = np.clip((time - delay - attack - hold) / decay * _SILENCE_DB, 0, sustain)
    loss = loss + np.clip((time - seconds) / release, 0, None) * _SILENCE_DB
    loss = loss + zone.generators.get(_ATTENUATION, 0) / 10
    rise = np.clip((time - delay) / attack, 0, 1)
    return rise * 10 ** (-loss / 20)


def _chunks(content: bytes, at: int, end: int) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the chunks between two places, lists opened."""
    while at + 8 <= end:
        name = content[at : at + 4]
        (size,) = struct.unpack("<I", content[at + 4 : at + 8])
        if name == b"LIST":
            yield from _chunks(content, at + 12, at + 8 + size)
        else:
            yield name.decode("ascii", "replace"), content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _word(record: bytes, at: int) -> int:
    return int(struct.unpack("<H", record[at : at + 2])[0])


def _within(limits: int | None, value: int) -> bool:
    """Whether a value lies in a range as the format packs it: low byte, high byte."""
    packed = _FULL_RANGE if limits is None else limits & 0xFFFF
    return packed & 0xFF <= value <= packed >> 8
