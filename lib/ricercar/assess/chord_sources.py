"""Pieces whose chords others have labelled: where they are and how to read them.

Goal: list the pieces of a set before any is read, and read one as notes and labels, or
say why it cannot be used.

Conventions
-----------
* A label is a row: onset and duration in ticks, ``root`` (pitch class, -1 for "no chord" or
  what cannot be told), ``quality`` (a key of :data:`ricercar.features.chord_templates.QUALITIES`,
  "N" for no chord, "other" for what is none of them), ``key`` (number as in
  :mod:`ricercar.features.tonality`, -1 where the source does not say when keys change: the
  tunes name one key for the whole piece, the songs' keys are timed by the audio).

Sources
-------
Z. Wang et al., "POP909: a pop-song dataset for music arrangement generation", ISMIR 2020;
E. Foxley, *Nottingham Music Database*; the analyses in music21 name their authors.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar.assess import abc_chords, romantext
from ricercar.catalogue import formats
from ricercar.catalogue.corpus import corpus_folder
from ricercar.catalogue.reading import Reading, arrange
from ricercar.catalogue.sources import tunes_of
from ricercar.features.chord_templates import QUALITIES
from ricercar.features.chords import NO_CHORD
from ricercar.features.tonality import key_number
from ricercar.tables import TICKS_PER_QUARTER

#: what reading a piece gives: its notes and its labels, or why there are none
Read = tuple[Reading, pd.DataFrame] | str
#: name of a piece, its number in the set, and how to read it
Item = tuple[str, int, Callable[[], Read]]

LEAST_FIT = 0.8  # of the sounding time on the tones of the labelled chords
_BEAT = TICKS_PER_QUARTER


def bach(folder: Path | None = None) -> Iterator[Item]:
    """The analyses of chorales in music21."""
    names = {"248(2).12": "248.12-2", "41.6s": "41.6"}  # as music21's scores are called

    for file in sorted((corpus_folder() / "bach" / "choraleAnalyses").glob("*.rntxt")):
        work = romantext.header(file.read_text("utf-8"), "BWV")
        score = corpus_folder() / "bach" / f"bwv{names.get(work, work)}.mxl"
        yield file.stem, int(file.stem[-3:]), _reader(_analysis, file, score)


def monteverdi(folder: Path | None = None) -> Iterator[Item]:
    """The analyses of madrigals in music21."""
    for number, file in enumerate(sorted((corpus_folder() / "monteverdi").glob("*.rntxt"))):
        yield file.stem, number, _reader(_analysis, file, file.with_suffix(".mxl"))


def nottingham(folder: Path) -> Iterator[Item]:
    """Tunes with chords: symbols from ``ABC_cleaned``, notes from ``MIDI``."""
    number = 0
    for file in sorted((folder / "ABC_cleaned").glob("*.abc")):
        for _, tune in tunes_of(file.read_text("latin-1")):
            name = f"{file.stem}{re.findall(r'X:[ ]*([0-9]+)', tune)[0]}"
            yield name, number, _reader(_tune, tune, folder / "MIDI" / f"{name}.mid")
            number += 1


def pop909(folder: Path) -> Iterator[Item]:
    """Songs arranged for voice and piano."""
    for song in sorted(folder.glob("POP909/[0-9][0-9][0-9]")):
        yield song.name, int(song.name), _reader(_song, song)


def _reader(read: Callable[..., Read], *arguments: object) -> Callable[[], Read]:
    return lambda: read(*arguments)


def _analysis(file: Path, score: Path) -> Read:
    """An analysis whose chords are those of the score, perhaps in another key."""
    if not score.is_file():
        return "no score"
    reading = formats.read(score.read_bytes(), "mxl")
    end = int((reading.notes[:, 1] + reading.notes[:, 2]).max())
    table = romantext.read(file.read_text("utf-8"), reading.pickup, end)
    fits = fit(reading.notes, table)
    if fits.max() < LEAST_FIT:
        return "analysis and score do not meet"
    shift = int(fits.argmax())
    table["root"] = np.where(table["root"] < 0, -1, (table["root"] + shift) % 12)
    table["key"] = (table["key"] + shift) % 12 + table["key"] // 12 * 12
    return reading, table


def fit(notes: np.ndarray, labels: pd.DataFrame) -> np.ndarray:
    """Share of the sounding time on the tones of the chords, by transposition of the chords.

    Parameters
    ----------
    notes : numpy.ndarray of int, shape (notes, 4)
        Part, onset, duration, pitch.
    labels : pandas.DataFrame
        Columns onset, duration, root, quality.

    Returns
    -------
    numpy.ndarray, shape (12,)
        For chords 0 .. 11 semitones higher.

    Examples
    --------
    >>> notes = np.array([[0, 0, 480, 62], [1, 0, 480, 66]])
    >>> chords = pd.DataFrame({"onset": [0], "duration": [480], "root": [0], "quality": ["maj"]})
    >>> fit(notes, chords)[[0, 2]].tolist()
    [0.0, 1.0]
    """
    known = labels[labels["quality"].isin(QUALITIES)]
    columns = (known[column].to_list() for column in ("onset", "duration", "root", "quality"))
    begin, end = notes[:, 1], notes[:, 1] + notes[:, 2]
    inside, ticks = np.zeros(12), 0.0
    for onset, duration, root, quality in zip(*columns, strict=True):
        overlap = np.minimum(end, onset + duration) - np.maximum(begin, onset)
        sounds = np.bincount(notes[:, 3] % 12, np.maximum(overlap, 0), 12)
        tones = (root + np.array([0, *QUALITIES[quality]])) % 12
        inside += [np.roll(sounds, -shift)[tones].sum() for shift in range(12)]
        ticks += sounds.sum()
    return inside / max(ticks, 1.0)


def _tune(tune: str, midi: Path) -> Read:
    """A tune in which ABC and MIDI have the same melody, onset by onset."""
    if not midi.is_file():
        return "no MIDI file"
    onsets, symbols, end = abc_chords.played(tune)
    reading = formats.read(midi.read_bytes(), "midi")
    melody = np.unique(reading.notes[reading.notes[:, 0] == 0, 1])
    if not symbols or reading.parts < 2:
        return "no chords"
    if not onsets or not len(melody):
        return "no melody"
    shift = int(melody[0]) - onsets[0]
    if len(melody) != len(onsets) or np.abs(melody - shift - onsets).max() > 3:
        return "melodies of ABC and MIDI differ"
    rows = [(tick + shift, *symbol(text)) for tick, text in symbols]
    table = pd.DataFrame(rows, columns=["onset", "root", "quality"])
    table["duration"] = table["onset"].shift(-1, fill_value=end + shift) - table["onset"]
    return reading, table[table["duration"] > 0].assign(key=-1)


_SYMBOL = re.compile(r"([A-G])([#b]?)(m?)([ad]?)(7?)(?:/[a-g][+b#]*)?")


def symbol(text: str) -> tuple[int, str]:
    """Root and quality of a chord symbol of the Nottingham tunes.

    Examples
    --------
    >>> symbol("F#m7"), symbol("Bb/d"), symbol("Cd"), symbol("G6")
    ((6, 'min7'), (10, 'maj'), (0, 'dim'), (-1, 'other'))
    """
    found = _SYMBOL.fullmatch(text)
    if not found:
        return -1, "other"
    root = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[found[1]]
    root += {"#": 1, "b": -1, "": 0}[found[2]]
    kinds = {"": "maj", "m": "min", "d": "dim", "a": "aug"}
    kinds |= {"7": "7", "m7": "min7", "d7": "dim7"}
    return root % 12, kinds.get("".join(found.groups()[2:]), "other")


def _song(folder: Path) -> Read:
    """A song on its beats: the beat that the data name is a quarter here."""
    from symusic import Score

    files = [folder / f"{folder.name}.mid", folder / "beat_midi.txt", folder / "chord_midi.txt"]
    if not all(file.is_file() for file in files):
        return "no MIDI, beat or chord file"
    beats = np.loadtxt(files[1])
    times, bars = beats[:, 0], np.flatnonzero(beats[:, 2])
    if len(bars) < 2:
        return "no bars"
    # a count of six is two bars of three
    count = 3 if np.diff(np.flatnonzero(beats[:, 1]))[0] == 3 else int(np.diff(bars)[0])

    def ticks(seconds: np.ndarray) -> np.ndarray:
        whole = np.arange(len(times), dtype=float)
        place = np.interp(seconds, times, whole)
        late = np.maximum(seconds - times[-1], 0) / (times[-1] - times[-2])
        return np.rint((place + late) * _BEAT).astype(np.int64)

    score = Score(files[0]).to("second")
    parts = []
    for track in score.tracks:
        columns = track.notes.numpy()
        onset = ticks(columns["time"])
        end = ticks(columns["time"].astype(float) + columns["duration"])
        parts.append(np.column_stack([onset, np.maximum(end - onset, 1), columns["pitch"]]))
    reading = arrange(
        parts,
        [track.name for track in score.tracks],
        meter=f"{count}/4",
        pickup=int(bars[0]) % count * _BEAT,
    )
    rows = []
    for line in files[2].read_text("utf-8").splitlines():
        if cells := line.split():
            rows.append((float(cells[0]), float(cells[1]), *harte(cells[2])))
    table = pd.DataFrame(rows, columns=["from", "to", "root", "quality"])
    table["onset"] = ticks(table["from"].to_numpy())
    table["duration"] = ticks(table["to"].to_numpy()) - table["onset"]
    return reading, table[table["duration"] > 0].assign(key=-1)


def harte(label: str) -> tuple[int, str]:
    """Root and quality of a label in Harte's syntax; the bass is passed over.

    Examples
    --------
    >>> harte("F#:min7/b3"), harte("C:sus4(b7)"), harte("N")
    ((6, 'min7'), (0, 'other'), (-1, 'N'))
    """
    if label == NO_CHORD:
        return -1, NO_CHORD
    name, _, quality = label.partition(":")
    quality = quality.partition("/")[0] or "maj"
    return key_number(name) % 12, quality if quality in QUALITIES else "other"
