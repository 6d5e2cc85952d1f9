"""MusicXML (``score-partwise``) to a :class:`~ricercar.catalogue.scores.Page`.

Goal: what sounds in a score, in milliseconds; how it looks is passed over.

Conventions
-----------
* A part on several staves is several parts, one for each staff.
* Transposing instruments are turned to sounding pitch. The keys are those of the top
  part, turned likewise.
* A measure begins at one time in all parts, and lasts as long as the longest of them. A
  measure without any note or rest lasts as long as its meter says.
* An unpitched note is a drum if the part list names its instrument's General MIDI key.
  A cue note does not sound.

Sources
-------
MusicXML 4.0, W3C Music Notation Community Group, 2021.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from xml.etree.ElementTree import Element

from ricercar import meter as meters
from ricercar.catalogue.partwise_fields import (
    composer_of,
    genre_of,
    instruments_of,
    meter_of,
    title_of,
)
from ricercar.catalogue.repeats import Bar, note_words
from ricercar.catalogue.scores import CONTINUES, GOES_ON, Page, Part
from ricercar.catalogue.spelling import key_of
from ricercar.errors import ReadError
from ricercar.tables import TICKS_PER_QUARTER

_NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_TIES = {"start": GOES_ON, "stop": CONTINUES, "continue": GOES_ON | CONTINUES}


@dataclass
class _Measure:
    """What one part has in one measure; times are quarters from its beginning."""

    rows: list[tuple[int, Fraction, Fraction, int, int]] = field(default_factory=list)
    drums: list[tuple[int, Fraction, Fraction, int, int]] = field(default_factory=list)
    keys: list[tuple[Fraction, str | int]] = field(default_factory=list)
    length: Fraction = Fraction(0)
    bar: Bar = field(default_factory=lambda: Bar(0, 0))


@dataclass
class _State:
    """What holds from measure to measure in one part."""

    instruments: dict[str, int]
    counts: dict[str, int]
    divisions: int = 1
    chromatic: int = 0
    fifths: int = 0
    meter: str = ""
    staves: int = 1
    endings: set[int] = field(default_factory=set)


def page_of(root: Element) -> Page:
    """The page that a MusicXML score describes.

    Parameters
    ----------
    root : Element
        ``<score-partwise>``.

    Raises
    ------
    ReadError
        Naming the part and measure with what cannot be understood.
    """
    counts = {"grace": 0, "unpitched": 0, "cue": 0}
    listed = {p.get("id"): p for p in root.iter("score-part")}
    parts: list[tuple[str, _State, list[_Measure]]] = []
    for number, element in enumerate(root.iterfind("part")):
        entry = listed.get(element.get("id"))
        name = (entry.findtext("part-name") or "") if entry is not None else ""
        state = _State(instruments_of(entry), counts)
        measures = []
        for place, found in enumerate(element.iterfind("measure"), start=1):
            try:
                measures.append(_measure(found, state))
            except (ValueError, KeyError, ZeroDivisionError, OverflowError) as error:
                where = f"part {number + 1}, measure {found.get('number', str(place))[:20]}"
                raise ReadError(f"MusicXML could not be read ({where}: {error})") from error
        parts.append((name, state, measures))
    bars = _bars([measures for _, _, measures in parts])
    page = Page(
        [], bars, [], title_of(root), composer_of(root), genre=genre_of(root), counts=counts
    )
    for number, (name, state, measures) in enumerate(parts):
        staves = [Part(name) for _ in range(state.staves)]
        for bar, measure in zip(bars, measures, strict=False):
            for staff, start, length, pitch, tie in measure.rows:
                row = (bar.start + start, length, pitch, tie)
                staves[min(staff, state.staves) - 1].rows.append(row)
            for staff, start, length, pitch, tie in measure.drums:
                row = (bar.start + start, length, pitch, tie)
                staves[min(staff, state.staves) - 1].drums.append(row)
            if number == 0:
                page.keys += [(bar.start + at, key) for at, key in measure.keys]
        page.parts += staves
    return page


def _bars(parts: list[list[_Measure]]) -> list[Bar]:
    """The bars of the score: lengths from the longest part, signs from any."""
    bars: list[Bar] = []
    now = Fraction(0)
    for place in range(max(map(len, parts), default=0)):
        here = [measures[place] for measures in parts if place < len(measures)]
        length = max(measure.length for measure in here)
        meter = here[0].bar.meter
        whole = meters.lengths(meter)[0]
        if not length and whole == whole:
            length = Fraction(int(whole), TICKS_PER_QUARTER)
        bar = replace(here[0].bar, start=now, length=length)
        for other in here[1:]:
            signs = other.bar
            bar.closes = max(bar.closes, signs.closes)
            for sign in ("opens", "ending", "jump", "until", "fine", "segno", "coda", "to_coda"):
                setattr(bar, sign, getattr(bar, sign) or getattr(signs, sign))
        bars.append(bar)
        now += length
    return bars


def _measure(element: Element, state: _State) -> _Measure:
    found = _Measure()
    bar = found.bar
    now = onset = Fraction(0)
    ended: set[int] = set()
    for child in element:
        tag = child.tag
        if tag == "note":
            now, onset = _note(child, state, found, now, onset)
        elif tag == "backup":
            now = max(Fraction(0), now - _duration(child, state))
        elif tag == "forward":
            now += _duration(child, state)
        elif tag == "attributes":
            _attributes(child, state, found, now)
        elif tag == "barline":
            ended |= _barline(child, state, bar)
        elif tag in ("direction", "sound"):
            _direction(child, bar)
        found.length = max(found.length, now)
    bar.meter = state.meter
    bar.ending = tuple(sorted(state.endings))
    state.endings -= ended
    return found


def _duration(element: Element, state: _State) -> Fraction:
    return _quarters(element.findtext("duration") or "0", state.divisions)


@lru_cache(4096)
def _quarters(text: str, divisions: int) -> Fraction:
    if not re.fullmatch(r"\s*\d{1,9}(?:\.\d{1,9})?\s*", text):
        raise ValueError(f"the duration {text[:20]!r}")
    return Fraction(text) / divisions


def _note(
    note: Element, state: _State, found: _Measure, now: Fraction, onset: Fraction
) -> tuple[Fraction, Fraction]:
    """Add a note; the time after it, and its onset, for the notes of its chord."""
    if note.find("grace") is not None:
        state.counts["grace"] += note.find("rest") is None
        return now, onset
    length = _duration(note, state)
    start = onset if note.find("chord") is not None else now
    after = max(now, start + length)
    if note.find("cue") is not None:
        state.counts["cue"] += note.find("rest") is None
        return after, start
    pitch, unpitched = note.find("pitch"), note.find("unpitched")
    if pitch is None and unpitched is None:
        return after, start
    if length <= 0:
        state.counts["grace"] += 1
        return after, start
    tie = 0
    for mark in note.findall("tie") or note.findall("notations/tied"):
        tie |= _TIES.get(mark.get("type", ""), 0)
    staff = int(note.findtext("staff") or 1)
    if pitch is not None:
        step = _NATURAL[(pitch.findtext("step") or "").strip()]
        alter = round(float(pitch.findtext("alter") or 0))
        octave = int(pitch.findtext("octave") or "")
        if abs(octave) > 20 or abs(alter) > 20:
            raise ValueError(f"octave {octave}, altered by {alter}")
        midi = 12 * (octave + 1) + step + alter + state.chromatic
        found.rows.append((staff, start, length, midi, tie))
        return after, start
    instrument = note.find("instrument")
    name = instrument.get("id", "") if instrument is not None else ""
    if name in state.instruments or (not name and len(state.instruments) == 1):
        key = state.instruments.get(name, next(iter(state.instruments.values())))
        found.drums.append((staff, start, length, key, tie))
    else:
        state.counts["unpitched"] += 1
    return after, start


def _attributes(element: Element, state: _State, found: _Measure, now: Fraction) -> None:
    for child in element:
        if child.tag == "divisions":
            state.divisions = int(child.text or "")
            if not 1 <= state.divisions <= 10**6:
                raise ValueError(f"{state.divisions} divisions to a quarter")
        elif child.tag == "time":
            state.meter = meter_of(child)
        elif child.tag == "staves":
            state.staves = max(state.staves, min(8, int(child.text or 1)))
        elif child.tag == "transpose" and child.get("number", "1") == "1":
            octaves = int(child.findtext("octave-change") or 0)
            chromatic = round(float(child.findtext("chromatic") or 0))
            state.chromatic = chromatic + 12 * octaves
            diatonic = child.findtext("diatonic")
            steps = int(diatonic) if diatonic else round(chromatic * 7 / 12)
            state.fifths = 7 * chromatic - 12 * steps
    # after the others, because a transposition may stand behind its key
    for key in element.iterfind("key"):
        if key.findtext("fifths") and key.get("number", "1") == "1":
            fifths = int(key.findtext("fifths") or 0) + state.fifths
            mode = (key.findtext("mode") or "").strip().lower()
            found.keys.append((now, key_of(fifths, mode) or fifths))


def _barline(element: Element, state: _State, bar: Bar) -> set[int]:
    """Note a barline's signs; the endings that end with it."""
    ended: set[int] = set()
    for child in element:
        if child.tag == "repeat":
            if child.get("direction") == "forward":
                bar.opens = True
            else:
                bar.closes = max(2, int(child.get("times") or 2))
        elif child.tag == "ending":
            numbers = {int(n) for n in re.findall(r"\d{1,3}", child.get("number", ""))} or {1}
            if child.get("type") == "start" or not state.endings:
                state.endings = numbers  # an ending that only ends is one bar long
            if child.get("type") != "start":
                ended |= state.endings
        elif child.tag in ("segno", "coda"):
            setattr(bar, child.tag, True)
    return ended


def _direction(element: Element, bar: Bar) -> None:
    sounds = [element] if element.tag == "sound" else element.findall("sound")
    for sound in sounds:
        for name, value in sound.attrib.items():
            if name in ("dacapo", "dalsegno"):
                bar.jump = "capo" if name == "dacapo" else "segno"
            elif name == "tocoda":
                bar.to_coda = True
            elif name in ("fine", "segno", "coda") and value != "no":
                setattr(bar, name, True)
    for sign in _signs(element):
        setattr(bar, sign, True)
    for words in element.iterfind("direction-type/words"):
        note_words(bar, words.text or "")


def _signs(element: Element) -> Iterator[str]:
    for kind in element.iterfind("direction-type"):
        yield from (child.tag for child in kind if child.tag in ("segno", "coda"))
