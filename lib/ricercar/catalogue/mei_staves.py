"""The staves of an MEI score: what is defined for each, and what its notes sound.

Conventions
-----------
``trans.semi`` and ``trans.diat`` say by how much the sound differs from what is written.
A clef with an octave sign changes nothing: ``oct`` is the sounding octave under it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from ricercar.catalogue import mei_fields as fields
from ricercar.catalogue.mei_fields import tag_of
from ricercar.catalogue.scores import Part
from ricercar.catalogue.spelling import STEPS_BY_FIFTHS

_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}


@dataclass
class Staff:
    """What holds from measure to measure on one staff.

    Attributes
    ----------
    part : Part
        Its notes.
    semitones, turned : int
        From what is written to what sounds: pitches in semitones, signatures in fifths.
    signature : int
        As written, in fifths.
    percussion : bool
        Whether it bears a percussion clef.
    length, octave : str
        Of notes that name none.
    """

    part: Part
    semitones: int = 0
    turned: int = 0
    signature: int = 0
    percussion: bool = False
    length: str = ""
    octave: str = ""
    #: step and octave -> semitones, in this bar and in the last that had any
    _altered: dict[tuple[str, int], int] = field(default_factory=dict)
    _carried: dict[tuple[str, int], int] = field(default_factory=dict)

    def define(self, element: Element, score: Element, label: str) -> None:
        """Take what a ``<staffDef>`` says, and the definition of the score around it."""
        self.part.name = self.part.name or fields.name_of(element) or label
        if "trans.semi" in element.attrib:
            self.semitones = int(element.get("trans.semi", "0"))
            steps = element.get("trans.diat") or round(self.semitones * 7 / 12)
            self.turned = 7 * self.semitones - 12 * int(steps)
        for clef in fields.children(element, "clef") or [element]:
            shape = clef.get("shape") or clef.get("clef.shape")
            self.percussion = shape == "perc" if shape else self.percussion
        for bearer in (score, element):
            self.length = bearer.get("dur.default", self.length)
            for name in ("octave.default", "oct.default"):
                self.octave = bearer.get(name, self.octave)

    def new_bar(self) -> None:
        """Forget the accidentals of the last bar, but for ties over the bar line."""
        if self._altered:
            self._carried, self._altered = self._altered, {}

    def pitch(self, note: Element, gestural: bool, goes_on: bool) -> int | None:
        """The sounding MIDI pitch of a note.

        Parameters
        ----------
        note : Element
        gestural : bool
            Whether the file names every accidental that sounds.
        goes_on : bool
            Whether the note continues a tied one.

        Returns
        -------
        int or None
            None for a note without a pitch.

        Examples
        --------
        >>> staff = Staff(Part(), signature=1)
        >>> staff.pitch(Element("note", pname="f", oct="4"), False, False)
        66
        """
        step = (note.get("pname.ges") or note.get("pname") or "").lower()
        if not step or self.percussion:
            return None
        if step not in _STEPS:
            raise ValueError(f"the pitch {step[:20]!r}")
        octave = int(note.get("oct.ges") or note.get("oct") or self.octave)
        if abs(octave) > 20:
            raise ValueError(f"octave {octave}")
        place = step, octave
        alter = fields.accidental_of(note)
        if alter is not None:
            self._altered[place] = alter
        elif gestural:
            alter = 0
        else:
            signature = (self.signature - STEPS_BY_FIFTHS.index(step.upper()) + 6) // 7
            before = self._carried if goes_on else {}
            alter = self._altered.get(place, before.get(place, signature))
        return 12 * (octave + 1) + _STEPS[step] + alter + self.semitones


def staves_in(element: Element, label: str = "") -> Iterator[tuple[Element, str]]:
    """The definitions of staves in one, each with the label of the group around it."""
    if tag_of(element) == "staffDef":
        yield element, label
    for child in fields.children(element, "staffGrp", "staffDef"):
        inner = fields.name_of(child) if tag_of(child) == "staffGrp" else ""
        yield from staves_in(child, inner or label)
