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

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np

from ricercar.catalogue.spelling import Spelling, key_signature
from ricercar.tables import TICKS_PER_QUARTER as QUARTER

_TYPES = ("breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th")


@cache
def _signs() -> dict[int, tuple[str, int, bool]]:
    """Ticks -> (type, dots, triplet); plain signs win over dotted, dotted over triplets."""
    signs: dict[int, tuple[str, int, bool]] = {}
    for factor, dots, triplet in (
        (Fraction(1), 0, False),
        (Fraction(3, 2), 1, False),
        (Fraction(7, 4), 2, False),
        (Fraction(2, 3), 0, True),
    ):
        for power, name in enumerate(_TYPES):
            ticks = Fraction(8 * QUARTER, 2**power) * factor
            if ticks.denominator == 1:
                signs.setdefault(int(ticks), (name, dots, triplet))
    return signs


def lengths(ticks: int) -> list[int]:
    """A duration as a sum of lengths that have a sign, longest first.

    A remainder that no sign fits comes last.

    Examples
    --------
    >>> lengths(720), lengths(1200), lengths(160), lengths(7)
    ([720], [960, 240], [160], [7])
    """
    plain = sorted(t for t, (_, dots, triplet) in _signs().items() if not triplet and dots < 2)
    found = []
    while ticks:
        if ticks in _signs() or ticks < plain[0]:
            found.append(ticks)
            break
        longest = plain[bisect_right(plain, ticks) - 1]
        found.append(longest)
        ticks -= longest
    return found


@dataclass
class Sign:
    """A chord, note or rest within one measure."""

    onset: int
    ticks: int
    pitches: tuple[int, ...]
    tied_from: bool = False
    tied_to: bool = False


def voices(rows: np.ndarray) -> list[list[tuple[int, int, tuple[int, ...]]]]:
    """Divide a part into voices without overlap.

    Parameters
    ----------
    rows : int array (n, 3)
        Onset, duration, pitch.

    Returns
    -------
    list of voices
        A voice is a list of (onset, duration, pitches), at least one voice.

    Examples
    --------
    >>> import numpy as np
    >>> voices(np.array([[0, 960, 60], [0, 480, 67], [480, 480, 69]]))
    [[(0, 960, (60,))], [(0, 480, (67,)), (480, 480, (69,))]]
    """
    chords: dict[tuple[int, int], list[int]] = {}
    for onset, duration, pitch in rows.tolist():
        chords.setdefault((onset, -duration), []).append(pitch)
    found: list[list[tuple[int, int, tuple[int, ...]]]] = [[]]
    for (onset, minus_duration), pitches in sorted(chords.items()):
        for voice in found:
            if not voice or voice[-1][0] + voice[-1][1] <= onset:
                break
        else:
            voice = []
            found.append(voice)
        voice.append((onset, -minus_duration, tuple(sorted(set(pitches)))))
    return found


def measures(end: int, bar: int, pickup: int) -> list[tuple[int, int]]:
    """Start and end of every measure until ``end``; the first may be a pickup.

    Examples
    --------
    >>> measures(2400, 1920, 480)
    [(0, 480), (480, 2400)]
    """
    first = pickup if 0 < pickup < bar else bar
    edges = [0, *range(first, max(end, first) + bar, bar)]
    spans = list(zip(edges, edges[1:], strict=False))
    return [span for span in spans if span[0] < end] or spans[:1]


def _signs_in(
    voice: list[tuple[int, int, tuple[int, ...]]], spans: list[tuple[int, int]]
) -> list[list[Sign]]:
    """A voice's signs per measure, rests filled in."""
    filled: list[tuple[int, int, tuple[int, ...]]] = []
    now = 0
    for onset, duration, pitches in voice:
        if onset > now:
            filled.append((now, onset - now, ()))
        filled.append((onset, duration, pitches))
        now = onset + duration
    if now < spans[-1][1]:
        filled.append((now, spans[-1][1] - now, ()))
    starts = [start for start, _ in spans]
    result: list[list[Sign]] = [[] for _ in spans]
    for onset, duration, pitches in filled:
        place, rest = onset, duration
        while rest:
            number = bisect_right(starts, place) - 1
            inside = min(rest, spans[number][1] - place)
            for ticks in lengths(inside):
                result[number].append(
                    Sign(
                        place,
                        ticks,
                        pitches,
                        tied_from=bool(pitches) and place > onset,
                        tied_to=bool(pitches) and place + ticks < onset + duration,
                    )
                )
                place += ticks
            rest -= inside
    return result


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
    bar = meter[0] * 4 * QUARTER // meter[1]
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
        per_voice = [_signs_in(voice, spans) for voice in voices(rows)]
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
            for voice, signs in enumerate(per_voice, start=1):
                if voice > 1:
                    # the spelling's memory of accidentals follows the page, left to right
                    # in each voice; a needless accidental is better than a missing one
                    spelling.new_bar()
                    backup = SubElement(measure, "backup")
                    SubElement(backup, "duration").text = str(stop - start)
                _write_signs(measure, signs[place], voice, spelling, _beat(meter), start, middle)
            if place == len(spans) - 1:
                line = SubElement(measure, "barline", location="right")
                SubElement(line, "bar-style").text = "light-heavy"
    indent(root, " ")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
        '"http://www.musicxml.org/dtds/partwise.dtd">\n' + tostring(root, encoding="unicode") + "\n"
    )


def _attributes(
    measure: Element, key: str | None, meter: tuple[int, int], middle: float
) -> None:
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


def _beat(meter: tuple[int, int]) -> int:
    """Ticks that one beam may span: three units in compound time, else a quarter."""
    unit = 4 * QUARTER // meter[1]
    return 3 * unit if meter[1] >= 8 and meter[0] % 3 == 0 else max(QUARTER, unit)


def _beams(signs: list[Sign], beat: int, start: int) -> list[list[str]]:
    """For each sign the state of its beams, from the eighth's beam inwards."""
    depth = [_flags(sign) for sign in signs]
    joined = [
        depth[i] > 0
        and depth[i + 1] > 0
        and (signs[i].onset - start) // beat == (signs[i + 1].onset - start) // beat
        for i in range(len(signs) - 1)
    ]
    states: list[list[str]] = []
    for i, own in enumerate(depth):
        before = depth[i - 1] if i and joined[i - 1] else 0
        after = depth[i + 1] if i < len(joined) and joined[i] else 0
        state = []
        if before or after:
            for level in range(1, own + 1):
                left, right = before >= level, after >= level
                alone = "backward hook" if before else "forward hook"
                state.append(
                    {(True, True): "continue", (True, False): "end", (False, True): "begin"}.get(
                        (left, right), alone
                    )
                )
        states.append(state)
    return states


def _flags(sign: Sign) -> int:
    """Number of flags of a sign: 1 for an eighth; 0 for rests and long notes."""
    if not sign.pitches or sign.ticks not in _signs():
        return 0
    return max(0, _TYPES.index(_signs()[sign.ticks][0]) - _TYPES.index("quarter"))


def _brackets(signs: list[Sign]) -> list[str]:
    """Where triplet groups begin and end: when their sum is a plain length."""
    marks = [""] * len(signs)
    begun, total = -1, 0
    for i, sign in enumerate(signs):
        if not _signs().get(sign.ticks, ("", 0, False))[2]:
            begun, total = -1, 0
            continue
        if begun < 0:
            begun = i
        total += sign.ticks
        if i > begun and total in (QUARTER // 2, QUARTER, 2 * QUARTER, 4 * QUARTER):
            marks[begun], marks[i] = "start", "stop"
            begun, total = -1, 0
    return marks


def _write_signs(
    measure: Element,
    signs: list[Sign],
    voice: int,
    spelling: Spelling,
    beat: int,
    start: int,
    middle: float,
) -> None:
    whole_rest = len(signs) == 1 and not signs[0].pitches
    for sign, beams, bracket in zip(
        signs, _beams(signs, beat, start), _brackets(signs), strict=True
    ):
        name, dots, triplet = _signs().get(sign.ticks) or _nearest(sign.ticks)
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


def _nearest(ticks: int) -> tuple[str, int, bool]:
    """The plain sign nearest to a length that has none."""
    plain = {t: s for t, s in _signs().items() if not s[1] and not s[2]}
    return plain[min(plain, key=lambda t: abs(t - ticks))]
