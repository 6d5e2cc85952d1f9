"""Chord symbols of ABC tunes in the order in which the tune is played.

Goal: time chords as a performance has them, repeats and the order of parts played out,
so that they can be laid beside a MIDI file of the tune.

Conventions
-----------
* Only what moves time is read: notes, rests, chords in brackets, triplets, broken rhythm,
  repeats, first and second endings, parts (``P:``) and the order in which they are played
  (``Y:`` in the cleaned Nottingham files, else as they stand). Pitches are not.
* A symbol in parentheses, ``"(E7)"``, is the choice for a repeat and is passed over.
* Whether the reading is right can be seen by the onsets of the notes: they must be those
  of the MIDI file.

Sources
-------
C. Walshaw, *The abc music standard 2.1*, 2011; E. Foxley, *Nottingham Music Database*.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from ricercar.tables import TICKS_PER_QUARTER

_TOKEN = re.compile(
    r'"(?P<symbol>[^"]*)"'
    r"|\{[^}]*\}|![^!]*!|\[[A-Z]:[^\]]*\]"
    r"|(?P<bar>:*\|+\]?:*|::|\[\|)\s*(?:\[?(?P<ending>[12])(?![\d/]))?"
    r"|\[(?P<volta>[12])"
    r"|\((?P<tuplet>[2-9])"
    r"|(?P<note>(?:\[[^\]]*\]|[_^=]*[A-Ga-gzx][,']*))(?P<length>\d*/*\d*)(?P<tie>-?)"
    r"|(?P<broken>[<>]+)"
)
_TUPLETS = {2: Fraction(3, 2), 3: Fraction(2, 3), 4: Fraction(3, 4), 6: Fraction(1, 3)}
_LENGTH = re.compile(r"(\d*)(/*)(\d*)")


@dataclass
class Event:
    """A note, symbol or bar line in the order in which it is written."""

    kind: str  # note, rest, symbol, bar, volta
    length: Fraction = Fraction(0)  # ticks
    text: str = ""
    tied: bool = False


def played(tune: str) -> tuple[list[int], list[tuple[int, str]], int]:
    """Onsets of the notes and chord symbols of a tune as it is played.

    Parameters
    ----------
    tune : str
        One tune of an ABC file.

    Returns
    -------
    onsets : list of int
        Ticks; a note tied to the one before has none.
    symbols : list of (int, str)
        Tick and text.
    end : int

    Examples
    --------
    >>> played('M:2/4\\nL:1/8\\nK:C\\n"C"c2 e2|[1"G"g4:|[2"C7"e4|]')
    ([0, 480, 960, 1920, 2400, 2880], [(0, 'C'), (960, 'G'), (1920, 'C'), (2880, 'C7')], 3840)
    """
    parts, order = _parts(tune)
    events = [event for name in order for event in _unfold(parts.get(name, []))]
    now, tied = Fraction(0), False
    onsets: list[int] = []
    symbols: list[tuple[int, str]] = []
    for event in events:
        if event.kind == "symbol":
            symbols.append((round(now), event.text))
        elif event.kind == "note" and not tied:
            onsets.append(round(now))
        if event.kind in ("note", "rest"):
            tied = event.tied
        now += event.length
    return onsets, symbols, round(now)


def _parts(tune: str) -> tuple[dict[str, list[Event]], list[str]]:
    """Events of each part, and the order in which the parts are played."""
    unit = _unit(tune)
    order = "".join(re.findall(r"(?m)^Y:\s*([A-Z]+)", tune)[:1])
    name, body, names = "", False, [""]
    parts: dict[str, list[Event]] = {"": []}
    for line in tune.splitlines():
        field = re.match(r"([A-Za-z]):\s*(.*)", line)
        if field and field[1] == "P" and body:
            name = field[2].strip()
            parts.setdefault(name, [])
            names.append(name)
        elif field and field[1] == "L":
            unit = Fraction(field[2].split()[0]) * 4 * TICKS_PER_QUARTER
        elif field and field[1] == "K":
            body = True
        elif body and not field and not line.startswith("%"):
            parts[name] += _line(line.split("%")[0], unit)
    return parts, ["", *order] if order else names


def _unit(tune: str) -> Fraction:
    """Ticks of a note without a length: by L:, or else by the meter."""
    if found := re.search(r"(?m)^L:\s*(\d+/\d+)", tune):
        return Fraction(found[1]) * 4 * TICKS_PER_QUARTER
    found = re.search(r"(?m)^M:\s*(\d+)/(\d+)", tune)
    short = found is not None and Fraction(int(found[1]), int(found[2])) < Fraction(3, 4)
    return Fraction(1, 16 if short else 8) * 4 * TICKS_PER_QUARTER


def _line(line: str, unit: Fraction) -> list[Event]:
    out: list[Event] = []
    tuplet, left, broken = Fraction(1), 0, 0
    for found in _TOKEN.finditer(line):
        if found["symbol"] is not None:
            if not found["symbol"].startswith("("):
                out.append(Event("symbol", text=found["symbol"].strip()))
        elif found["bar"]:
            out.append(Event("bar", text=found["bar"]))
            if found["ending"]:
                out.append(Event("volta", text=found["ending"]))
        elif found["volta"]:
            out.append(Event("volta", text=found["volta"]))
        elif found["tuplet"]:
            left = int(found["tuplet"])
            tuplet = _TUPLETS.get(left, Fraction(1))
        elif found["note"]:
            length = unit * _factor(found["length"])
            if left:
                length, left = length * tuplet, left - 1
            if broken:
                length, broken = length * _broken(broken), 0
            kind = "rest" if found["note"] in "zx" else "note"
            out.append(Event(kind, length, tied=bool(found["tie"])))
        elif found["broken"]:
            broken = len(found["broken"]) * (1 if found["broken"][0] == "<" else -1)
            before = next(e for e in reversed(out) if e.kind in ("note", "rest"))
            before.length *= _broken(-broken)
    return out


def _factor(text: str) -> Fraction:
    """Length written after a note: "", "3", "/", "3/2", "//".

    Examples
    --------
    >>> [str(_factor(text)) for text in ("", "3", "/", "3/2", "//")]
    ['1', '3', '1/2', '3/2', '1/4']
    """
    over, slashes, under = _LENGTH.fullmatch(text).groups()  # type: ignore[union-attr]
    below = int(under) if under else 2 ** len(slashes)
    return Fraction(int(over or 1), below)


def _broken(marks: int) -> Fraction:
    """Factor of a note of a broken rhythm; positive makes it longer."""
    short = Fraction(1, 2 ** abs(marks))
    return 2 - short if marks > 0 else short


def _unfold(events: list[Event]) -> list[Event]:
    """Play the repeats and endings of a part."""
    out: list[Event] = []
    start, place, again, ending = 0, 0, False, ""
    while place < len(events):
        event = events[place]
        place += 1
        if event.kind == "volta":
            ending = event.text
            if ending == ("2" if not again else "1"):  # skip to the next ending or the end
                while place < len(events) and not _closes(events, place):
                    place += 1
                ending = ""
        elif event.kind == "bar":
            if event.text.startswith(":") and not again:
                place, again, ending = start, True, ""
                continue
            if event.text.startswith(":") or event.text.endswith(":"):
                start, again = place, False
            elif ending == "2" and len(event.text) > 1:
                start, again, ending = place, False, ""
        else:
            out.append(event)
    return out


def _closes(events: list[Event], place: int) -> bool:
    """Whether an ending that is skipped ends here."""
    event = events[place]
    if event.kind == "volta":
        return True
    if event.kind != "bar" or len(event.text) == 1:
        return False
    after = events[place + 1] if place + 1 < len(events) else None
    return after is None or after.kind != "volta"
