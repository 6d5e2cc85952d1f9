"""Notated music (MusicXML, ABC, kern) to a :class:`~ricercar.catalogue.reading.Reading`.

Goal: sounding pitches and exact times from what music21 reads.

Conventions
-----------
* Transposing instruments are turned to sounding pitch.
* A tie joins two notes of the same pitch when the second is marked as its end and
  begins where the first ends. (The O'Neill transcribers wrote ``d-c`` for a slur:
  different pitches are never joined.)
* In ABC an accidental holds until the end of its bar, in every octave, as the ABC
  standard 2.1 has it. music21 takes a file without a version line for ABC 1.3 and
  lets accidentals hold for one note only; the collections read here cancel
  accidentals within the bar six times as often as they repeat them, so their
  transcribers count on the rule.
* ``key`` is written ``"G major"``, ``"F# minor"``, ``"Bb major"``, ``"D dorian"``. A
  bare signature is named by its minor key if the piece's last lowest note is that
  key's tonic, else by its major key.
* ``pickup`` is the length in ticks of a first measure that is shorter than a bar.

Sources
-------
M. S. Cuthbert and C. Ariza, "music21: A Toolkit for Computer-Aided Musicology and
Symbolic Music Data", ISMIR 2010. C. Walshaw, *The abc music standard 2.1*, 2011.
"""

import contextlib
import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from ricercar.catalogue.archive import parse_xml, unpack_mxl
from ricercar.catalogue.reading import Reading, arrange, text_of, to_ticks
from ricercar.errors import ReadError

_ABC_VERSION = (2, 1, 0)


def read_mxl(data: bytes) -> Reading:
    """Read compressed MusicXML."""
    return read_musicxml(unpack_mxl(data))


def read_musicxml(data: bytes) -> Reading:
    """Read MusicXML (``score-partwise``).

    Raises
    ------
    ReadError
        If it is not well-formed, not a score, or has no notes.
    """
    root = parse_xml(data)
    if root.tag != "score-partwise":
        raise ReadError(f"the root element is <{root.tag}>, not <score-partwise>")
    with _music21("MusicXML"):
        from music21.musicxml.xmlToM21 import MusicXMLImporter

        importer = MusicXMLImporter()
        _forget_looks(root)
        importer.xmlRootToScore(root, importer.stream)
        score = importer.stream
        for part in score.parts:
            if part.atSoundingPitch is False:
                part.toSoundingPitch(inPlace=True)
        return _reading(score)


#: what only tells how a note looks or is performed; reading it takes a third of the time
_LOOKS = frozenset({"beam", "instrument", "lyric", "notations", "notehead", "stem"})


def _forget_looks(root: Any) -> None:
    """Take out of a MusicXML tree what has no bearing on pitch or time."""
    for number, part in enumerate(root.iter("part")):
        for measure in part:
            for element in [e for e in measure if e.tag in ("print", "direction")]:
                measure.remove(element)
            for element in measure:
                if element.tag == "note":
                    element.attrib.clear()  # positions on the page
                    dropped = [e for e in element if e.tag in _LOOKS]
                elif element.tag == "attributes" and number:  # the key of the first part counts
                    dropped = [e for e in element if e.tag == "key"]
                else:
                    continue
                for child in dropped:
                    element.remove(child)


def read_abc(data: bytes) -> Reading:
    """Read one tune of an ABC file (its ``X:`` line to the next one).

    Raises
    ------
    ReadError
        If it has no ``K:`` line or no notes.
    """
    text = text_of(data)
    if not re.search(r"(?m)^K:", text):
        raise ReadError("not an ABC tune: it has no K: line")
    if not re.search(r"(?m)^L:|^M:\s*[\dC]", text):
        # the standard's length where neither L: nor a meter names one
        text = re.sub(r"(?m)^(?=K:)", "L:1/8\n", text, count=1)
    with _music21("ABC"):
        from music21 import abcFormat, stream
        from music21.abcFormat.translate import abcToStreamPart

        class PlainPart(stream.Part):
            """A part that stays without beams, which take two thirds of the time."""

            def makeBeams(self, **keywords: Any) -> "PlainPart":  # noqa: N802
                return self

        handler = abcFormat.ABCHandler(abcVersion=_ABC_VERSION)
        handler.process(text)
        voices = handler.splitByVoice()
        if len(voices) > 1:  # the first holds the header, which every voice needs
            voices = [voices[0] + voice for voice in voices[1:]]
        score = stream.Score()
        for voice in voices:
            score.coreInsert(0, abcToStreamPart(voice, PlainPart()))
        score.coreElementsChanged()
        reading = _reading(score)
    titles = re.findall(r"(?m)^T:[ \t]*(.*?)\s*$", text)
    composers = re.findall(r"(?m)^C:[ \t]*(.*?)\s*$", text)
    return _with(reading, next(filter(None, titles), ""), next(filter(None, composers), ""))


def read_kern(data: bytes) -> Reading:
    """Read a Humdrum ``**kern`` file; spines run from the lowest part to the highest."""
    text = text_of(data)
    if "**kern" not in text:
        raise ReadError("not a kern file: it has no **kern spine")
    with _music21("kern"):
        from music21.humdrum.spineParser import HumdrumDataCollection

        humdrum = HumdrumDataCollection(text)
        humdrum.parse()
        reading = _reading(humdrum.stream)
    title = re.search(r"(?m)^!!!OTL[^:]*:[ \t]*(.*?)\s*$", text)
    composer = re.search(r"(?m)^!!!COM[^:]*:[ \t]*(.*?)\s*$", text)
    return _with(reading, title[1] if title else "", composer[1] if composer else "")


def _with(reading: Reading, title: str, composer: str) -> Reading:
    return replace(reading, title=title or reading.title, composer=composer or reading.composer)


@contextlib.contextmanager
def _music21(what: str) -> Iterator[None]:
    """Keep music21 quiet, and turn whatever it raises into a ReadError."""
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stderr(io.StringIO()),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    except ReadError:
        raise
    except RecursionError as error:
        raise ReadError(f"{what}: it is nested too deeply") from error
    except Exception as error:  # music21 has no common base for what damaged input raises
        text = (str(error).strip().splitlines() or [""])[0][:200]
        reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
        raise ReadError(f"{what} could not be read ({reason})") from error


def _reading(score: Any) -> Reading:
    """What every notated score says, from music21's stream."""
    counts = {"grace": 0, "unpitched": 0, "rounded": 0}
    streams = list(score.parts) or [score]
    arrays, names = [], []
    for part in streams:
        starts, lengths, pitches = _sounding(part, counts)
        onsets, durations, rounded = to_ticks(starts, lengths)
        counts["rounded"] += rounded
        arrays.append(np.column_stack([onsets, durations, np.array(pitches, np.int64)]))
        names.append(" ".join((part.partName or "").split()))
    meter = score.recurse().getElementsByClass("TimeSignature").first()
    metadata = score.metadata
    return arrange(
        arrays,
        names,
        title=_title(metadata) if metadata else "",
        composer=(metadata.composer or "") if metadata else "",
        meter=f"{meter.numerator}/{meter.denominator}" if meter else "",  # 3+2/8 is 5/8
        key=_key(score, arrays),
        pickup=_pickup(streams[0], meter),
        counts=counts,
    )


def _title(metadata: Any) -> str:
    """The title of the work and, of a cycle of songs, that of the song."""
    names = [metadata.bestTitle or "", metadata.movementName or ""]
    return ": ".join(dict.fromkeys(filter(None, names)))


def _sounding(part: Any, counts: dict[str, int]) -> tuple[list, list, list]:
    """Start, length and pitch of a part's notes, ties joined."""
    starts: list[Fraction] = []
    ends: list[Fraction] = []
    pitches: list[int] = []
    waiting: dict[tuple[int, Fraction], int] = {}  # (pitch, end) of an open tie -> its row
    for element in part.flatten().notes:
        if "ChordSymbol" in element.classes or "NoChord" in element.classes:
            continue
        if element.duration.isGrace:
            counts["grace"] += 1
            continue
        if "Unpitched" in element.classes or "PercussionChord" in element.classes:
            counts["unpitched"] += 1
            continue
        start, length = Fraction(element.offset), Fraction(element.quarterLength)
        if length <= 0:
            counts["grace"] += 1
            continue
        for note in element.notes if element.isChord else (element,):
            tie = (note.tie or element.tie).type if (note.tie or element.tie) else None
            pitch = round(note.pitch.ps)
            row = waiting.pop((pitch, start), None) if tie in ("stop", "continue") else None
            if row is None:
                row = len(starts)
                starts.append(start)
                ends.append(start)
                pitches.append(pitch)
            ends[row] = start + length
            if tie in ("start", "continue"):
                waiting[pitch, ends[row]] = row
    return starts, [end - start for start, end in zip(starts, ends, strict=True)], pitches


def _pickup(part: Any, meter: Any) -> int:
    """Ticks of a first measure that is shorter than its bar."""
    measures = list(part.getElementsByClass("Measure"))
    if len(measures) < 2 or meter is None:
        return 0
    length = Fraction(measures[1].offset) - Fraction(measures[0].offset)
    bar = Fraction(meter.barDuration.quarterLength)
    return round(length * 480) if 0 < length < bar else 0


def _key(score: Any, parts: list[np.ndarray]) -> str:
    signatures = score.recurse().getElementsByClass("KeySignature")
    # a key named at the start says more than the bare signature beside it
    named = (s for s in signatures if "Key" in s.classes and s.getOffsetInHierarchy(score) == 0)
    signature = next(named, None) or signatures.first()
    if signature is None:
        return ""
    if "Key" in signature.classes:
        tonic, mode = signature.tonic.name, signature.mode
    else:
        notes = np.concatenate(parts)
        minor = signature.asKey("minor")
        last = notes[notes[:, 0] + notes[:, 1] == (notes[:, 0] + notes[:, 1]).max()]
        is_minor = last[:, 2].min() % 12 == minor.tonic.pitchClass
        chosen = minor if is_minor else signature.asKey("major")
        tonic, mode = chosen.tonic.name, chosen.mode
    return f"{tonic[0].upper()}{tonic[1:].replace('-', 'b')} {mode}"
