"""One voice of an ABC tune while it is being read: time, accidentals, ties, bars.

Conventions
-----------
Those of :mod:`ricercar.catalogue.abc_tunes`. Times are quarters.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from ricercar.catalogue.abc_fields import ACCIDENTALS, STEPS, Key
from ricercar.catalogue.reading import Time
from ricercar.catalogue.repeats import Bar
from ricercar.catalogue.scores import CONTINUES, GOES_ON, Part
from ricercar.meter import lengths
from ricercar.tables import TICKS_PER_QUARTER


@dataclass(frozen=True)
class Note:
    """A note as it is written; its length in units."""

    name: tuple[str, int]
    accidental: str
    length: Fraction
    tied: bool


@dataclass
class Voice:
    """A voice as far as it has been read."""

    part: Part
    key: Key
    meter: str
    unit: Fraction
    bars: list[Bar]
    shift: int = 0
    keys: list[tuple[Time, str | int]] = field(default_factory=list)
    now: Time = Fraction(0)
    #: where the longest of the voices of this bar ends
    furthest: Time = Fraction(0)
    #: letter -> alteration until the end of the bar
    altered: dict[str, int] = field(default_factory=dict)
    #: letter and octave -> alteration, and rows, of notes that are tied to the next
    held: dict[tuple[str, int], int] = field(default_factory=dict)
    tied: list[int] = field(default_factory=list)
    #: rows and names of the last note or chord, and its length
    last: list[tuple[int, tuple[str, int], int]] = field(default_factory=list)
    length: Fraction = Fraction(0)
    #: by broken rhythm, for the next note
    factor: Fraction = Fraction(1)
    #: ratio of a tuplet and how many notes of it are left
    tuplet: tuple[Fraction, int] = (Fraction(1), 0)

    def sound(self, notes: list[Note], base: Fraction) -> None:
        """Notes that sound together; none is a rest."""
        ratio, left = self.tuplet
        if left:
            base *= ratio
            self.tuplet = (ratio, left - 1)
        base *= self.factor
        self.factor = Fraction(1)
        start, rows = self.now, self.part.rows
        held, self.held = self.held, {}
        tied, self.tied = self.tied, []
        ends = {(rows[t][2], rows[t][0] + rows[t][1]) for t in tied}
        self.last = []
        self.length = base * (notes[0].length if notes else 1)
        for note in notes:
            if note.accidental:
                self.altered[note.name[0]] = ACCIDENTALS[note.accidental]
            default = held.get(note.name, self.key.alter.get(note.name[0], 0))
            alter = self.altered.get(note.name[0], default)
            pitch = 60 + 12 * note.name[1] + STEPS[note.name[0]] + alter + self.shift
            duration = base * note.length
            if duration <= 0:
                raise ValueError("a note without length")
            self.last.append((len(rows), note.name, alter))
            rows.append((start, duration, pitch, CONTINUES if (pitch, start) in ends else 0))
        for place, note in enumerate(notes):
            if note.tied:
                self.tie(place)
        self.now += self.length

    def tie(self, *places: int) -> None:
        """Tie members of the last chord, or all of it, to what comes next."""
        for place in places or range(len(self.last)):
            row, name, alter = self.last[place]
            start, duration, pitch, tie = self.part.rows[row]
            self.part.rows[row] = (start, duration, pitch, tie | GOES_ON)
            self.tied.append(row)
            self.held[name] = alter

    def broken(self, marks: str) -> None:
        """Lengthen the last note at the cost of the next (``>``), or the reverse."""
        share = Fraction(1, 2 ** len(marks))
        own = 2 - share if marks[0] == ">" else share
        for row, _, _ in self.last:
            start, duration, pitch, tie = self.part.rows[row]
            self.part.rows[row] = (start, duration * own, pitch, tie)
        self.now += self.length * (own - 1)
        self.length *= own
        self.factor = 2 - own

    def is_full(self) -> bool:
        """Whether the bar is as long as its meter says."""
        return (self.now - self.bars[-1].start) * TICKS_PER_QUARTER >= lengths(self.meter)[0]

    def overlay(self) -> None:
        """Go back to the beginning of the bar for another voice in it."""
        self.furthest = max(self.furthest, self.now)
        self.now = self.bars[-1].start
        self.altered, self.last, self.held, self.tied = {}, [], {}, []

    def bar(self, line: str) -> None:
        """A bar line: the bar before it ends, the next begins."""
        line = line.lstrip(".")
        closing = len(line) - len(line.lstrip(":"))
        opening = len(line) - len(line.rstrip(":"))
        if closing == len(line):  # two colons, or four
            closing = opening = len(line) // 2
        self.now = self.furthest = max(self.now, self.furthest)
        self.altered = {}
        bar = self.bars[-1]
        before = bar if self.now > bar.start else self.bars[-2] if len(self.bars) > 1 else None
        if self.now > bar.start:
            bar.length = self.now - bar.start
            self.bars.append(Bar(self.now, Fraction(0), self.meter, ending=bar.ending))
        after = self.bars[-1]
        if closing and before:
            before.closes = closing + 1
        if opening:
            after.opens = True
        if closing or opening or len(line) > 1:
            after.ending = ()

    def end(self) -> None:
        """The end of the tune."""
        self.bar("")
        empty = self.bars.pop()
        if self.bars:  # what stands behind the last bar line belongs before it
            last = self.bars[-1]
            last.jump, last.until = last.jump or empty.jump, last.until or empty.until
            last.fine |= empty.fine
