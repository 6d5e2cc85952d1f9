"""Notes written as MusicXML: measures, voices, ties, tuplets, spelling and beams.

Goal: a score that engraves well and reads back exactly, in milliseconds, the same bytes
for the same notes.

Conventions
-----------
* ``divisions`` is 480, so that ``<duration>`` counts ticks and any time is exact.
* A note is divided at bar lines, and into lengths that have a sign; the pieces are tied.
  A length without a sign (7 ticks) keeps its duration and the nearest sign.
* Notes of a part that overlap go to several voices; notes with the same onset and
  duration form a chord.
* Pitches are spelled on the line of fifths around the key, from three fifths below its
  signature's C to eight above.

Sources
-------
MusicXML 4.0, W3C Music Notation Community Group, 2021.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np

from ricercar.catalogue.signs import (
    Sign,
    beam_states,
    beat_ticks,
    measures,
    nearest,
    sign_table,
    signs_in,
    triplet_brackets,
    voices,
)
from ricercar.catalogue.spelling import Spelling, key_signature
from ricercar.tables import TICKS_PER_QUARTER as QUARTER


def write(
    parts: list[np.ndarray],
    names: list[str],
    title: str = "",
    meter: tuple[int, int] = (4, 4),
    key: str | None = None,
    pickup: int = 0,
) -> str:
    """A score as MusicXML text.

    Parameters
    ----------
    parts : list of int arrays (n, 3)
        Onset, duration, pitch; from the highest part down.
    names : list of str
    title : str
    meter : tuple of int
    key : str, optional
        ``"G major"``; without it there is no signature.
    pickup : int
        Ticks before the first full bar.

    Returns
    -------
    str
    """
    bar, beat = meter[0] * 4 * QUARTER // meter[1], beat_ticks(meter)
    end = max((int((p[:, 0] + p[:, 1]).max()) for p in parts if len(p)), default=bar)
    spans = measures(end, bar, pickup)
    root = Element("score-partwise", version="4.0")
    if title:
        SubElement(SubElement(root, "work"), "work-title").text = title
    listing = SubElement(root, "part-list")
    for number, (rows, name) in enumerate(zip(parts, names, strict=True), start=1):
        entry = SubElement(listing, "score-part", id=f"P{number}")
        SubElement(entry, "part-name").text = name
        part = SubElement(root, "part", id=f"P{number}")
        per_voice = [signs_in(voice, spans) for voice in voices(rows)]
        middle = float(rows[:, 2].mean()) if len(rows) else 60.0
        spelling = Spelling(key)
        for place, (start, stop) in enumerate(spans):
            implicit = place == 0 and stop - start < bar
            attributes = {"number": str(place + (0 if spans[0][1] < bar else 1))}
            measure = SubElement(part, "measure", attributes)
            if implicit:
                measure.set("implicit", "yes")
            if place == 0:
                _attributes(measure, key, meter, middle)
            spelling.new_bar()
            for voice, by_measure in enumerate(per_voice, start=1):
                signs = by_measure[place]
                empty = not any(sign.pitches for sign in signs)
                if empty and voice > 1:
                    continue
                if empty and not implicit:
                    signs = [Sign(start, stop - start, ())]
                if voice > 1:
                    # the spelling's memory of accidentals follows the page, left to right
                    # in each voice; a needless accidental is better than a missing one
                    spelling.new_bar()
                    backup = SubElement(measure, "backup")
                    SubElement(backup, "duration").text = str(stop - start)
                _write_signs(measure, signs, voice, spelling, beat, start, not implicit)
            if place == len(spans) - 1:
                line = SubElement(measure, "barline", location="right")
                SubElement(line, "bar-style").text = "light-heavy"
    indent(root, " ")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
        '"http://www.musicxml.org/dtds/partwise.dtd">\n' + tostring(root, encoding="unicode") + "\n"
    )


def _attributes(measure: Element, key: str | None, meter: tuple[int, int], middle: float) -> None:
    attributes = SubElement(measure, "attributes")
    SubElement(attributes, "divisions").text = str(QUARTER)
    if key:
        fifths, mode = key_signature(key)
        signature = SubElement(attributes, "key")
        SubElement(signature, "fifths").text = str(fifths)
        SubElement(signature, "mode").text = mode
    time = SubElement(attributes, "time")
    SubElement(time, "beats").text = str(meter[0])
    SubElement(time, "beat-type").text = str(meter[1])
    clef = SubElement(attributes, "clef")
    SubElement(clef, "sign").text = "G" if middle >= 59 else "F"
    SubElement(clef, "line").text = "2" if middle >= 59 else "4"


def _write_signs(
    measure: Element,
    signs: list[Sign],
    voice: int,
    spelling: Spelling,
    beat: int,
    start: int,
    full: bool,
) -> None:
    whole_rest = full and len(signs) == 1 and not signs[0].pitches
    for sign, beams, bracket in zip(
        signs, beam_states(signs, beat, start), triplet_brackets(signs), strict=True
    ):
        name, dots, triplet = sign_table().get(sign.ticks) or nearest(sign.ticks)
        for member, pitch in enumerate(sign.pitches or (None,)):
            note = SubElement(measure, "note")
            if member:
                SubElement(note, "chord")
            mark = None
            if pitch is None:
                rest = SubElement(note, "rest")
                if whole_rest:
                    rest.set("measure", "yes")
            else:
                step, alter, octave, mark = spelling.spell(pitch, sign.tied_from)
                written = SubElement(note, "pitch")
                SubElement(written, "step").text = step
                if alter:
                    SubElement(written, "alter").text = str(alter)
                SubElement(written, "octave").text = str(octave)
            SubElement(note, "duration").text = str(sign.ticks)
            for state, tied in (("stop", sign.tied_from), ("start", sign.tied_to)):
                if tied:
                    SubElement(note, "tie", type=state)
            SubElement(note, "voice").text = str(voice)
            if not whole_rest:
                SubElement(note, "type").text = name
                for _ in range(dots):
                    SubElement(note, "dot")
            if mark:
                SubElement(note, "accidental").text = mark
            if triplet and not whole_rest:
                ratio = SubElement(note, "time-modification")
                SubElement(ratio, "actual-notes").text = "3"
                SubElement(ratio, "normal-notes").text = "2"
            if not member:
                for level, state in enumerate(beams, start=1):
                    SubElement(note, "beam", number=str(level)).text = state
            _notations(note, sign, bracket if not member and not whole_rest else "")


def _notations(note: Element, sign: Sign, bracket: str) -> None:
    if not (sign.tied_from or sign.tied_to or bracket):
        return
    notations = SubElement(note, "notations")
    for state, tied in (("stop", sign.tied_from), ("start", sign.tied_to)):
        if tied:
            SubElement(notations, "tied", type=state)
    if bracket:
        SubElement(notations, "tuplet", type=bracket)
