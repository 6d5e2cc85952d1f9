"""MEI (versions 3, 4 and 5) to a :class:`~ricercar.catalogue.scores.Page`.

Goal: what sounds in a score in common notation; how it looks is passed over.

Conventions
-----------
* The first score is read, of several movements the first. Each staff is a part, and a
  note stands on the staff that it names. Transposing staves are turned to sounding pitch.
* What sounds counts before what is written: ``accid.ges``, ``oct.ges``, ``pname.ges``. In a
  file without any ``accid.ges`` accidentals hold as on paper: those of the signature, and
  others until the end of the bar, in their octave.
* A measure lasts as long as the longest of its layers, else as long as its meter says.
  Meters and keys are those of the first staff that has any.
* Of variants (``<app>``) the lemma counts, else the first; of a ``<choice>`` the correction.
* What cannot be understood (signs that repeat a beat or several bars) is an error, not a
  gap. The order that an ``<expansion>`` names is passed over: the repeat signs tell it.
* A tie of which only the beginning is told (as some programs write) ends with the next
  note of that pitch, if it follows at once.
* Notes of a percussion staff are left out and counted.

Sources
-------
*Music Encoding Initiative Guidelines*, versions 3.0 (2016), 4.0 (2018) and 5.0 (2023).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree.ElementTree import Element

from ricercar import meter as meters
from ricercar.catalogue import mei_fields as fields
from ricercar.catalogue.mei_fields import tag_of
from ricercar.catalogue.mei_staves import Staff, staves_in
from ricercar.catalogue.reading import Time
from ricercar.catalogue.repeats import Bar, note_words
from ricercar.catalogue.scores import CONTINUES, GOES_ON, Page, Part
from ricercar.catalogue.spelling import key_of
from ricercar.errors import ReadError
from ricercar.tables import TICKS_PER_QUARTER

_TIES = {"i": GOES_ON, "m": GOES_ON | CONTINUES, "t": CONTINUES}
_ID = "{http://www.w3.org/XML/1998/namespace}id"
#: elements around music that have no meaning of their own here
_AROUND = ("supplied", "unclear", "add", "corr", "sic", "reg", "orig", "lem", "rdg", "restore")
_NOT_UNDERSTOOD = ("beatRpt", "halfmRpt", "mRpt2", "multiRpt")
_MOST_BARS_OF_REST = 10_000
_NOTHING = Fraction(0)


@dataclass
class _Layer:
    """One voice in one measure; times are quarters from its beginning."""

    staff: str
    #: id of the first note of a tuplet -> id of its last, factor
    spans: dict[str, tuple[str, Fraction]]
    now: Fraction = Fraction(0)
    #: staff, start, length, pitch, tie
    rows: list[tuple[str, Fraction, Fraction, int, int]] = field(default_factory=list)
    running: dict[str, Fraction] = field(default_factory=dict)


def page_of(root: Element) -> Page:
    """The page that an MEI document describes.

    Parameters
    ----------
    root : Element
        ``<mei>``.

    Raises
    ------
    ReadError
        Naming the measure with what cannot be understood.
    """
    score = next((element for element in root.iter() if tag_of(element) == "score"), None)
    if score is None:
        raise ReadError("there is no <score> in it")
    reader = _Reader(score)
    try:
        reader.walk(score, ())
        reader.end_ties()
    except RecursionError as error:
        raise ReadError("MEI: it is nested too deeply") from error
    return Page(
        [staff.part for staff in reader.staves.values()],
        reader.bars,
        reader.keys,
        fields.title_of(root),
        fields.composer_of(root),
        fields.genre_of(root),
        reader.counts,
    )


def _inside(element: Element) -> Iterator[tuple[str, Element]]:
    """The elements in one, with their names; of alternatives the one that counts."""
    for child in element:
        tag = tag_of(child)
        if tag in ("app", "choice"):
            wanted = fields.children(child, "lem", "corr", "reg") or list(child)
            for chosen in wanted[:1]:
                yield from _inside(chosen)
        elif tag in _AROUND:
            yield from _inside(child)
        else:
            yield tag, child


class _Reader:
    """The state of reading one score."""

    def __init__(self, score: Element) -> None:
        self.staves: dict[str, Staff] = {}
        self.bars: list[Bar] = []
        self.keys: list[tuple[Time, str | int]] = []
        self.key_staff = ""
        self.counts = {"grace": 0, "unpitched": 0, "cue": 0}
        self.meter = ""
        self.now = Fraction(0)
        self.opens = False
        #: staff and layer -> what they had in the measure before
        self.before: dict[tuple[str, str], _Layer] = {}
        self.gestural = any("accid.ges" in element.attrib for element in score.iter())
        self.ties: dict[str, int] = {}
        #: notes with a tie of which only the beginning is told, and where it should end
        self.endless: set[str] = set()
        self.expected: set[tuple[str, Fraction, int]] = set()
        for element in score.iter():
            if tag_of(element) == "tie":
                for end, bit in (("startid", GOES_ON), ("endid", CONTINUES)):
                    name = _reference(element, end)
                    self.ties[name] = self.ties.get(name, 0) | bit
                if "endid" not in element.attrib:
                    self.endless.add(_reference(element, "startid"))

    def walk(self, element: Element, ending: tuple[int, ...]) -> None:
        """Definitions, sections, endings and measures, in their order."""
        for tag, child in _inside(element):
            try:
                if tag in ("scoreDef", "staffDef"):
                    self._define(child)
                elif tag == "measure":
                    self._measure(child, ending)
            except (ValueError, ArithmeticError) as error:
                number = child.get("n", str(len(self.bars) + 1))[:20]
                where = f"measure {number}" if tag == "measure" else f"<{tag}>"
                raise ReadError(f"MEI could not be read ({where}: {error})") from error
            if tag == "section":
                self.walk(child, ending)
            elif tag == "ending":
                numbers = re.findall(r"\d{1,3}", child.get("n") or child.get("label") or "")
                self.walk(child, tuple(sorted({int(n) for n in numbers})))

    def end_ties(self) -> None:
        """Let the ties end of which only the beginning is told."""
        for name, staff in self.staves.items() if self.expected else ():
            staff.part.rows = [
                (start, length, pitch, tie | CONTINUES)
                if (name, start, pitch) in self.expected
                else (start, length, pitch, tie)
                for start, length, pitch, tie in staff.part.rows
            ]

    def _define(self, element: Element) -> None:
        """What a definition says of the score and of each staff."""
        named = [*staves_in(element)]
        meters_named = [fields.meter_of(e) for e in (element, *(e for e, _ in named))]
        self.meter = next(filter(None, meters_named), self.meter)
        for definition, label in named:
            name = definition.get("n", "")
            staff = self.staves.setdefault(name, Staff(Part()))
            staff.define(definition, element, label)
            self._set_key(name, fields.key_in(definition) or fields.key_in(element))
        if tag_of(element) == "scoreDef":
            defined = {definition.get("n", "") for definition, _ in named}
            for name in self.staves.keys() - defined:
                self._set_key(name, fields.key_in(element))

    def _set_key(self, name: str, key: tuple[int, str] | None, at: Fraction = _NOTHING) -> None:
        """A signature on a staff; on the first that has any it is the score's."""
        if key is None:
            return
        staff = self.staves[name]
        staff.signature, mode = key
        self.key_staff = self.key_staff or name
        if name == self.key_staff:
            sounding = staff.signature + staff.turned
            self.keys.append((self.now + at, key_of(sounding, mode) or sounding))

    def _measure(self, element: Element, ending: tuple[int, ...]) -> None:
        bar = Bar(self.now, _NOTHING, self.meter, ending=ending)
        layers: dict[tuple[str, str], _Layer] = {}
        spans = {
            _reference(span, "startid"): (_reference(span, "endid"), _ratio(span))
            for tag, span in _inside(element)
            if tag == "tupletSpan"
        }
        for staff in self.staves.values():
            staff.new_bar()
        for tag, child in _inside(element):
            if tag in ("dir", "repeatMark"):
                _direct(child, bar)
            elif tag == "staff":
                name = child.get("n", "")
                if name not in self.staves:
                    raise ValueError(f"staff {name[:20]!r} is not defined")
                for kind, found in _inside(child):
                    if kind == "layer":
                        number = found.get("n", str(len(layers)))
                        layer = layers[name, number] = _Layer(name, spans)
                        self._events(found, layer, Fraction(1), self.before.get((name, number)))
        length = max((layer.now for layer in layers.values()), default=_NOTHING)
        bar.length = length or self._bar_length()
        left, right = element.get("left", ""), element.get("right", "")
        bar.opens = self.opens or left in ("rptstart", "rptboth")
        bar.closes = 2 if right in ("rptend", "rptboth") else 0
        self.opens = right == "rptboth" or right == "rptstart"
        if left in ("rptend", "rptboth") and self.bars and not self.bars[-1].closes:
            self.bars[-1].closes = 2
        for layer in layers.values():
            for name, start, duration, pitch, tie in layer.rows:
                self.staves[name].part.rows.append((bar.start + start, duration, pitch, tie))
        self.before = layers
        if bar.length:
            self.bars.append(bar)
        self.now += bar.length

    def _bar_length(self) -> Fraction:
        """How long a bar is by its meter; 0 if that is unknown."""
        whole = meters.lengths(self.meter)[0]
        return Fraction(int(whole), TICKS_PER_QUARTER) if whole == whole else _NOTHING

    def _events(
        self, element: Element, layer: _Layer, factor: Fraction, before: _Layer | None
    ) -> None:
        """What follows in a layer, and in the groups in it; lengths are multiplied."""
        for tag, child in _inside(element):
            if tag in ("note", "chord", "rest", "space"):
                self._event(tag, child, layer, factor)
            elif tag in ("beam", "bTrem"):
                self._events(child, layer, factor, before)
            elif tag == "tuplet":
                self._events(child, layer, factor * _ratio(child), before)
            elif tag == "fTrem":  # two notes that alternate are both written full length
                self._events(child, layer, factor / 2, before)
            elif tag == "graceGrp":
                self.counts["grace"] += sum(tag_of(e) == "note" for e in child.iter())
            elif tag == "multiRest":
                bars = int(child.get("num", "1"))
                if not 1 <= bars <= _MOST_BARS_OF_REST:
                    raise ValueError(f"{bars} bars of rest")
                layer.now += bars * self._bar_length()
            elif tag == "mRpt" and before:
                layer.rows += [(*row[:4], 0) for row in before.rows]
                layer.now = before.now
            elif tag == "keySig":
                self._set_key(layer.staff, fields.key_in(child), layer.now)
            elif tag in _NOT_UNDERSTOOD or tag == "mRpt":
                raise ValueError(f"<{tag}> is not understood here")

    def _event(self, tag: str, element: Element, layer: _Layer, factor: Fraction) -> None:
        """Add a note, a chord or a rest."""
        staff = self.staves[layer.staff]
        notes = [element] if tag == "note" else []
        if tag == "chord":
            notes = [note for kind, note in _inside(element) if kind == "note"]
        if element.get("grace") or (notes and all(note.get("grace") for note in notes)):
            self.counts["grace"] += len(notes)
            return
        names = {child.get(_ID, "") for child in (element, *notes)}
        for name in names & layer.spans.keys():
            end, ratio = layer.spans[name]
            layer.running[end] = ratio
        timed = element if element.get("dur") or not notes else notes[0]
        length = fields.length_of(timed, staff.length) * factor
        for ratio in layer.running.values():
            length *= ratio
        for name in names & layer.running.keys():
            del layer.running[name]
        for note in notes:
            if note.get("cue") == "true" or element.get("cue") == "true":
                self.counts["cue"] += 1
                continue
            above = element.get("staff", layer.staff)
            where = note.get("staff", above)
            where = where if where in self.staves else layer.staff
            tie = _TIES.get(note.get("tie") or element.get("tie") or "", 0)
            for bearer in {id(note): note, id(element): element}.values():
                tie |= self.ties.get(bearer.get(_ID, ""), 0)
            pitch = self.staves[where].pitch(note, self.gestural, bool(tie & CONTINUES))
            if pitch is None:
                self.counts["unpitched"] += 1
                continue
            if names & self.endless:
                self.expected.add((where, self.now + layer.now + length, pitch))
            layer.rows.append((where, layer.now, length, pitch, tie))
        layer.now += length


def _reference(element: Element, attribute: str) -> str:
    return element.get(attribute, "").lstrip("#")


def _ratio(tuplet: Element) -> Fraction:
    """By what the lengths in a tuplet are multiplied."""
    return Fraction(int(tuplet.get("numbase", "2")), int(tuplet.get("num", "3")))


def _direct(element: Element, bar: Bar) -> None:
    """Note at a bar what words and marks say about the order of the music."""
    note_words(bar, "".join(element.itertext()))
    mark = element.get("func", "")
    if mark in ("daCapo", "dalSegno"):
        bar.jump = bar.jump or ("capo" if mark == "daCapo" else "segno")
    elif mark in ("segno", "coda", "fine") and not bar.to_coda:
        setattr(bar, mark, True)
