"""Notes written as MusicXML: measures, voices, ties, tuplets, spelling and beams.

Goal: a score that engraves well and reads back exactly, in milliseconds, the same bytes
for the same notes.

Conventions
-----------
* ``divisions`` is 480, so that ``<duration>`` counts ticks and any time is exact.
* A measure that a change of meter cuts is short. A change of key within a measure is
  written at the next one.
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
    Span,
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
    meter_changes: list[tuple[int, tuple[int, int]]] | None = None,
    key_changes: list[tuple[int, str]] | None = None,
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
    meter_changes, key_changes : list of (tick, meter or key), optional

    Returns
    -------
    str
    """
    end = max((int((p[:, 0] + p[:, 1]).max()) for p in parts if len(p)), default=1)
    spans = measures(end, meter, pickup, meter_changes)
    begins_short = spans[0].stop == pickup
    keys = _keys_of(spans, key, key_changes or [])
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
        for place, span in enumerate(spans):
            implicit = place == 0 and begins_short
            attributes = {"number": str(place + (0 if begins_short else 1))}
            measure = SubElement(part, "measure", attributes)
            if implicit:
                measure.set("implicit", "yes")
            new_key = keys[place] if place == 0 or keys[place] != keys[place - 1] else None
            new_meter = span.meter if place == 0 or span.meter != spans[place - 1].meter else None
            if new_key:
                spelling = Spelling(new_key)
            if place == 0 or new_key or new_meter:
                _attributes(measure, new_key, new_meter, middle if place == 0 else None)
            spelling.new_bar()
            for voice, by_measure in enumerate(per_voice, start=1):
                signs = by_measure[place]
                empty = not any(sign.pitches for sign in signs)
                if empty and voice > 1:
                    continue
                if empty and not implicit:
                    signs = [Sign(span.start, span.stop - span.start, ())]
                if voice > 1:
                    # the spelling's memory of accidentals follows the page, left to right
                    # in each voice; a needless accidental is better than a missing one
                    spelling.new_bar()
                    backup = SubElement(measure, "backup")
                    SubElement(backup, "duration").text = str(span.stop - span.start)
                _write_signs(measure, signs, voice, spelling, span, not implicit)
            if place == len(spans) - 1:
                line = SubElement(measure, "barline", location="right")
                SubElement(line, "bar-style").text = "light-heavy"
    indent(root, " ")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
        '"http://www.musicxml.org/dtds/partwise.dtd">\n' + tostring(root, encoding="unicode") + "\n"
    )


def _keys_of(
    spans: list[Span], key: str | None, changes: list[tuple[int, str]]
) -> list[str | None]:
    """The key in force in each measure."""
    found = []
    for span in spans:
        found.append(next((k for tick, k in reversed(changes) if tick <= span.start), key))
    return found


def _attributes(
    measure: Element, key: str | None, meter: tuple[int, int] | None, middle: float | None
) -> None:
    """Key, meter and, for the middle of a part's pitches, clef, where they are given."""
    attributes = SubElement(measure, "attributes")
    if middle is not None:
        SubElement(attributes, "divisions").text = str(QUARTER)
    if key:
        fifths, mode = key_signature(key)
        signature = SubElement(attributes, "key")
        SubElement(signature, "fifths").text = str(fifths)
        SubElement(signature, "mode").text = mode
    if meter:
        time = SubElement(attributes, "time")
        SubElement(time, "beats").text = str(meter[0])
        SubElement(time, "beat-type").text = str(meter[1])
    if middle is not None:
        clef = SubElement(attributes, "clef")
        SubElement(clef, "sign").text = "G" if middle >= 59 else "F"
        SubElement(clef, "line").text = "2" if middle >= 59 else "4"


def _write_signs(
    measure: Element, signs: list[Sign], voice: int, spelling: Spelling, span: Span, full: bool
) -> None:
    beat = beat_ticks(span.meter)
    whole_rest = full and len(signs) == 1 and not signs[0].pitches
    for sign, beams, bracket in zip(
        signs, beam_states(signs, beat, span.start), triplet_brackets(signs), strict=True
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
