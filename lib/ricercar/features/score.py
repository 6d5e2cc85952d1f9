"""The catalogue seen as arrays: melodies, meter, and what sounds together.

Goal: everything that several features need, computed once for all pieces.

Conventions
-----------
* Pieces are numbered 0 .. n-1 in the order of the ``pieces`` table; arrays named
  ``piece`` hold that number. Times and durations are ticks, 480 to a quarter.
* The *melody* of a piece is the highest line of its first part: at each onset the
  highest note, cut short where the next one begins.
* A *voice* is a part, or one of the lines within a part that plays several notes at once
  (:mod:`~ricercar.features.held`). Voices are numbered from the highest part.
* A *slice* is a stretch of time in which no note begins or ends. Shares over
  slices are weighted by their length, which equals counting the frames of any grid
  that is fine enough to hold every onset.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ricercar import meter
from ricercar.errors import TableError
from ricercar.features import held, key_profiles, motifs, phrases, pulse, ragged
from ricercar.features.metrical import Metrical, depths
from ricercar.features.voices import Slices, motions, vertical_intervals

MAX_VOICES = 12  # later voices are not seen: pairs of voices grow with the square
POLYPHONIC_SHARE = 0.1  # least share of the time with two voices for harmony to be measured


@dataclass(frozen=True)
class Line:
    """Consecutive notes of every piece, sorted by piece and onset.

    Attributes
    ----------
    piece, onset, duration, pitch : numpy.ndarray of int
    """

    piece: np.ndarray
    onset: np.ndarray
    duration: np.ndarray
    pitch: np.ndarray


class Score:
    """All pieces of a catalogue as arrays.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        As in :mod:`ricercar.tables`. Notes of pieces that are not in ``pieces`` are
        passed over; a piece without notes has NaN features.

    Attributes
    ----------
    n : int
        Number of pieces.
    piece, part, onset, pitch, duration : numpy.ndarray of int
        All notes, sorted by piece, part, onset, then the highest and longest first.
    bars : ricercar.meter.Bars
        Where a tick lies in its bar, changes of meter included.
    bar : numpy.ndarray of float, shape (n,)
        Length of each piece's first bars in ticks, NaN where the meter is unknown.
    pickup : numpy.ndarray of int, shape (n,)
        Ticks before the first complete bar.

    Raises
    ------
    TableError
        If a piece is named twice in ``pieces``.
    """

    def __init__(self, pieces: pd.DataFrame, notes: pd.DataFrame) -> None:
        index = pd.Index(pieces["piece"])
        if not index.is_unique:
            twice = index[index.duplicated()][0]
            raise TableError(f"table 'pieces' names {twice!r} more than once")
        self.n = len(index)
        codes, names = pd.factorize(notes["piece"])
        known = index.get_indexer(pd.Index(names))
        piece = known[codes] if len(codes) else np.zeros(0, dtype=int)
        kept = piece >= 0
        columns = [notes[c].to_numpy(np.int64) for c in ("part", "onset", "pitch", "duration")]
        part, onset, pitch, duration = (column[kept] for column in columns)
        piece = piece[kept].astype(np.int64)
        order = _order(piece, part, onset, pitch, duration)
        self.piece, self.part, self.onset = piece[order], part[order], onset[order]
        self.pitch, self.duration = pitch[order], duration[order]
        self.bars = meter.bars(pieces)
        self.bar = self.bars.bar[self.bars.first]
        self.pickup = pieces["pickup"].to_numpy(np.int64)

    @cached_property
    def melody(self) -> Line:
        """The highest line of each piece's first part."""
        if not len(self.piece):
            return Line(self.piece, self.onset, self.duration, self.pitch)
        starts = np.flatnonzero(np.diff(self.piece, prepend=-1))
        first_part = np.full(self.n, -1)
        first_part[self.piece[starts]] = self.part[starts]
        top = np.flatnonzero(self.part == first_part[self.piece])
        piece, onset = self.piece[top], self.onset[top]
        top = top[(np.diff(piece, prepend=-1) != 0) | (np.diff(onset, prepend=-1) != 0)]
        return self._line(top, self.piece[top])

    def _line(self, rows: np.ndarray, line: np.ndarray) -> Line:
        """Notes ``rows``, sorted by ``line`` and onset, each cut where the next one begins."""
        onset, duration = self.onset[rows], self.duration[rows].copy()
        same = line[1:] == line[:-1]
        duration[:-1] = np.where(same, np.minimum(duration[:-1], np.diff(onset)), duration[:-1])
        return Line(self.piece[rows], onset, duration, self.pitch[rows])

    @cached_property
    def intervals(self) -> tuple[np.ndarray, np.ndarray]:
        """Piece and signed size in semitones of each melodic interval."""
        melody = self.melody
        same = melody.piece[1:] == melody.piece[:-1]
        return melody.piece[1:][same], np.diff(melody.pitch)[same]

    @cached_property
    def pitch_classes(self) -> np.ndarray:
        """Share of the melody's duration on each pitch class from C, shape (n, 12), or NaN."""
        line, shape = self.melody, (self.n, 12)
        cell = line.piece * 12 + line.pitch % 12
        weight = np.bincount(cell, line.duration, self.n * 12).reshape(shape)
        return ragged.ratio(weight.ravel(), np.repeat(weight.sum(axis=1), 12)).reshape(shape)

    @cached_property
    def key_fits(self) -> dict[str, np.ndarray]:
        """Correlation of the melody with the keys, (n, 2, 12), by name of the profiles."""
        return {
            name: key_profiles.correlations(self.pitch_classes, profile)
            for name, profile in key_profiles.PROFILES.items()
        }

    @cached_property
    def finals(self) -> np.ndarray:
        """Last pitch of each melody, shape (n,), -1 where there is none."""
        last = ragged.ends(self.melody.piece)
        out = np.full(self.n, -1)
        out[self.melody.piece[last]] = self.melody.pitch[last]
        return out

    @cached_property
    def key(self) -> tuple[np.ndarray, np.ndarray]:
        """Most likely tonic (-1 where none can be told) and whether it is minor.

        By the Krumhansl-Kessler profiles; keys that fit equally well are decided by the
        nearness of the tonic to the last note.
        """
        return key_profiles.best(self.key_fits["krumhansl"], np.maximum(self.finals, 0) % 12)

    @cached_property
    def motifs(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Piece and count of each melody's motifs of 1, 2, ... steps, by number of steps."""
        return motifs.counts(self.melody)

    @cached_property
    def phrases(self) -> np.ndarray:
        """Number of the phrase to which each note of the melody belongs."""
        return phrases.number(self.melody)

    @cached_property
    def metrical(self) -> Metrical:
        """Melody notes of the pieces that have a meter, and where they lie in it."""
        line = self.melody
        rows = np.flatnonzero(~np.isnan(self.bar[line.piece]))
        line = Line(line.piece[rows], line.onset[rows], line.duration[rows], line.pitch[rows])
        number, position, bar, beat = self.bars.place(line.piece, line.onset)
        return Metrical(line, number, position, position % beat, bar, beat)

    @cached_property
    def depths(self) -> tuple[np.ndarray, np.ndarray]:
        """Metrical depth of the notes of :attr:`metrical`, and the least they are held over."""
        return depths(self.metrical)

    @cached_property
    def self_similarity(self) -> np.ndarray:
        """Self-similarity of each melody's onsets at the lags of :mod:`ricercar.features.pulse`."""
        return pulse.self_similarity(self.melody, self.n)

    @cached_property
    def slices(self) -> Slices:
        """What sounds together, in the pieces that are polyphonic.

        Pieces in which two voices sound for less than :data:`POLYPHONIC_SHARE` of the time
        (a tune with a double stop at the end) have no slices.
        """
        voice, rows = self._voices()
        several = np.zeros(self.n, dtype=bool)
        several[self.piece[rows[voice > 0]]] = True
        rows, voice = (column[several[self.piece[rows]]] for column in (rows, voice))
        line = self._line(rows, self.piece[rows] * MAX_VOICES + voice)
        ends = line.onset + line.duration
        span = int(ends.max(initial=0)) + 1
        begin, end = line.piece * span + line.onset, line.piece * span + ends
        moments = np.unique(np.concatenate((begin, end)))
        first, last = np.searchsorted(moments, begin), np.searchsorted(moments, end)
        length = last - first
        where = np.repeat(first - np.cumsum(length) + length, length) + np.arange(length.sum())
        pitch = np.full((len(moments), int(voice.max(initial=-1)) + 1), -1, dtype=np.int16)
        pitch[where, np.repeat(voice, length)] = np.repeat(line.pitch, length)
        attack = np.zeros(pitch.shape, dtype=bool)
        attack[first, voice] = True
        piece = moments // span
        inside = piece[:-1] == piece[1:]
        piece, pitch, attack = piece[:-1][inside], pitch[:-1][inside], attack[:-1][inside]
        duration = np.diff(moments)[inside]
        together = np.bincount(piece, duration * ((pitch >= 0).sum(axis=1) > 1), self.n)
        polyphonic = together > POLYPHONIC_SHARE * np.bincount(piece, duration, self.n)
        kept = polyphonic[piece]
        return Slices(piece[kept], duration[kept], pitch[kept], attack[kept])

    @cached_property
    def vertical_intervals(self) -> np.ndarray:
        """Ticks at each interval class between two voices, shape (pieces, 12)."""
        return vertical_intervals(self.slices, self.n)

    @cached_property
    def motions(self) -> pd.DataFrame:
        """How often two voices move in each way, a row per piece."""
        return motions(self.slices, self.n)

    def _voices(self) -> tuple[np.ndarray, np.ndarray]:
        """Voice of each note and the rows that have one, sorted by piece, voice and onset."""
        parts = int(self.part.max(initial=0)) + 1
        part = self.piece * parts + self.part
        rank = held.voices(part, self.onset, self.duration, self.pitch, MAX_VOICES)
        span = int(rank.max(initial=0)) + 1
        slot = part * span + rank
        used = np.unique(slot)
        owner = used // (parts * span)
        number = np.arange(len(used)) - np.searchsorted(owner, owner)
        voice = number[np.searchsorted(used, slot)]
        rows = np.flatnonzero(voice < MAX_VOICES)
        rows = rows[np.lexsort((self.onset[rows], voice[rows], self.piece[rows]))]
        return voice[rows], rows


def _order(
    piece: np.ndarray,
    part: np.ndarray,
    onset: np.ndarray,
    pitch: np.ndarray,
    duration: np.ndarray,
) -> np.ndarray:
    """Order of the notes by piece, part and onset, the highest and then the longest first."""
    widths = [int(piece.max(initial=0)) + 1, int(part.max(initial=0)) + 1]
    widths += [int(onset.max(initial=0)) + 1, 128]
    if float(np.prod(np.array(widths, dtype=float))) < 2.0**62:
        # one integer per note: notes come sorted or nearly so, which a stable sort is quick with
        key = ((piece * widths[1] + part) * widths[2] + onset) * 128 + (127 - pitch)
        order = np.argsort(key, kind="stable")
        if (np.diff(key[order]) > 0).all():
            return order
    return np.lexsort((-duration, -pitch, onset, part, piece))
