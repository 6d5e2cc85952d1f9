"""ABC tunes to a :class:`~ricercar.catalogue.scores.Page`.

Goal: the standard as people write it: several voices, overlays, chords, tuplets, broken
rhythm, inline fields, endings, and what is left open in old files.

Conventions
-----------
* An accidental holds until the end of its bar, in every octave, and over the bar line
  for a note that is tied to it. (Files without a version line could mean that it holds
  for one note. The collections read here cancel accidentals within the bar six times as
  often as they repeat them, so their transcribers count on the rule.)
* The O'Neill transcribers wrote ``d-c`` for a slur: different pitches are never tied.
  They wrote ``x``, an invisible rest, behind a full bar to bear a fermata: it has no time.
* Bars, repeats, meters and keys are those of the first voice.
* ``transpose=``, ``octave=`` and a clef with ``+8`` or ``-8`` turn notes to sounding pitch.
* Annotations, chord symbols, lyrics, decorations and the order in which a header's
  ``P:`` has its parts played are passed over.

Sources
-------
C. Walshaw, *The abc music standard 2.1*, 2011.
"""

import re
from dataclasses import replace
from fractions import Fraction

from ricercar import meter as meters
from ricercar.catalogue.abc_fields import (
    SIGNS,
    default_unit,
    key_field,
    length_at,
    meter_field,
    passes_of,
    unit_field,
)
from ricercar.catalogue.abc_voices import Note, Voice
from ricercar.catalogue.archive import located
from ricercar.catalogue.repeats import Bar, note_words
from ricercar.catalogue.scores import Page, Part
from ricercar.errors import ReadError
from ricercar.tables import TICKS_PER_QUARTER

_TOKEN = re.compile(
    r"""
    (?P<inline>\[[A-Za-z]:[^\]\n]*\])
    |(?P<ending>\[\s*(?=["\d])(?:"[^"\n]*"|\d[\d,-]*)\]?)
    |(?P<bar>\.?(?:\[\|[\]|:]*|\|[\]|:]*|:+[\]|:]+))(?P<after>\s*\d[\d,-]*)?
    |(?P<text>"[^"\n]*"?)
    |(?P<decoration>![^!\n|]{1,24}!|\+[^+\n|]{1,24}\+)
    |(?P<grace>\{[^}\n]*\}-?)
    |(?P<tuplet>\((?P<p>\d+)(?::(?P<q>\d*))?(?::(?P<r>\d*))?)
    |(?P<chord>\[)
    |(?P<close>\])
    |(?P<note>(?P<accidental>\^\^|\^|__|_|=|)(?P<letter>[A-Ga-g])(?P<octave>[,']*))
    |(?P<rest>[zxyZX])
    |(?P<broken>>{1,3}|<{1,3})
    |(?P<tie>-)
    |(?P<overlay>&)
    |(?P<sign>[SO])
    """,
    re.VERBOSE,
)
#: p notes in the time of q; the others take two, or three in compound time
_IN_TIME_OF = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
_MOST_BARS_OF_REST = 10_000


def page_of(text: str) -> Page:
    """The page that one ABC tune describes.

    Parameters
    ----------
    text : str
        From its ``X:`` line on; what stands before the first ``X:`` of the file may stand
        before it.

    Raises
    ------
    ReadError
        With the line, counted from 1 at ``X:``, in its attribute ``line``.

    Examples
    --------
    >>> page = page_of("X:1\\nM:3/4\\nL:1/4\\nK:G\\nD|GBd|")
    >>> [(int(start), pitch) for start, _, pitch, _ in page.parts[0].rows]
    [(0, 62), (1, 67), (2, 71), (3, 74)]
    """
    return _Tune().page(text)


class _Tune:
    """The state of reading one tune."""

    def __init__(self) -> None:
        self.voices: dict[str, Voice] = {}
        #: name of a voice -> its clef and other settings, in the order of the parts
        self.settings: dict[str, str] = {}
        self.header: dict[str, str] = {}
        self.grace = 0
        self.voice: Voice | None = None

    def page(self, text: str) -> Page:
        begins = 1
        in_header = True
        for number, line in enumerate(text.splitlines(), start=1):
            content = re.sub(r"(?<!\\)%.*", "", line).rstrip()
            info = re.match(r"([A-Za-z+]):(.*)$", content)
            if info and info[1] in "ABCDEFGabcdefgz" and info[2][:1] in ("|", ":"):
                info = None  # music: a note before a closing sign
            if info and info[1] == "X":
                begins = number
            try:
                if info and in_header:
                    in_header = not self._head(info[1], info[2].strip())
                elif info:
                    self._field(info[1], info[2].strip())
                elif not in_header:
                    self._music(content)
            except (ValueError, ZeroDivisionError) as error:
                reason = f"ABC could not be read ({error})"
                raise located(reason, max(1, number - begins + 1)) from error
        if in_header:
            raise ReadError("not an ABC tune: it has no K: line")
        for voice in self.voices.values():
            voice.end()
        sounding = [v for name in self.settings for n, v in self.voices.items() if n == name]
        sounding = [v for v in sounding if v.part.rows]
        if not sounding:
            raise ReadError("there are no notes in it")
        return Page(
            [voice.part for voice in sounding],
            sounding[0].bars,
            sounding[0].keys,
            title=self.header.get("T", ""),
            composer=self.header.get("C", ""),
            genre=self.header.get("R", ""),
            counts={"grace": self.grace},
        )

    def _head(self, letter: str, value: str) -> bool:
        """A line of the header; whether it is the last."""
        if letter == "V":
            self._declare(value)
        elif letter not in "TCR" or not self.header.get(letter):
            self.header[letter] = value
        return letter == "K"

    def _declare(self, value: str) -> str:
        """A voice's name; its settings are kept."""
        name, _, settings = value.partition(" ")
        self.settings[name] = f"{self.settings.get(name, '')} {settings}".rstrip()
        return name

    def _named(self, name: str) -> Voice:
        """The voice with a name, begun if it is new."""
        if name in self.voices:
            return self.voices[name]
        meter = meter_field(self.header.get("M", ""))
        length = self.header.get("L", "")
        key = key_field(self.header["K"])
        settings = self.settings.setdefault(name, "")
        label = re.search(r'\b(?:name|nm)="([^"]*)"', settings)
        voice = Voice(
            Part(label[1] if label else ""),
            key,
            meter,
            unit_field(length) if length else default_unit(meter),
            [Bar(Fraction(0), Fraction(0), meter)],
            shift=key.shift + key_field(f"none {settings}").shift,
        )
        if key.name is not None:
            voice.keys.append((Fraction(0), key.name))
        self.voices[name] = voice
        return voice

    def _now(self) -> Voice:
        if self.voice is None:
            self.voice = self._named("")
        return self.voice

    def _field(self, letter: str, value: str) -> None:
        """A field in the body of the tune."""
        if letter == "V":
            self.voice = self._named(self._declare(value))
            return
        if letter in "TCR":
            self.header.setdefault(letter, value)
        if letter not in "KML":
            return
        voice = self._now()
        if letter == "K":
            own = voice.shift - voice.key.shift
            voice.key = key_field(value, voice.key)
            voice.shift = own + voice.key.shift
            voice.altered = {}
            if voice.key.name is not None:
                voice.keys.append((voice.now, voice.key.name))
        elif letter == "M":
            voice.meter = meter_field(value) or voice.meter
            if voice.now == voice.bars[-1].start:
                voice.bars[-1].meter = voice.meter
        else:
            voice.unit = unit_field(value)

    def _music(self, content: str) -> None:
        voice = self._now() if content.strip() else None
        place = 0
        while place < len(content) and voice:
            token = _TOKEN.match(content, place)
            if token is None:
                if content[place] == "{":
                    raise ValueError("grace notes without their closing brace")
                place += 1  # a slur, a blank, a decoration, what the standard reserves
                continue
            place = token.end()
            if token["inline"]:
                self._field(token["inline"][1], token["inline"][3:-1].strip())
                voice = self._now()
            elif token["note"]:
                note, place = _note(token, content)
                voice.sound([note], voice.unit)
            elif token["rest"]:
                place = _rest(voice, token, content)
            elif token["chord"]:
                place = _chord(voice, content, place)
            elif token["bar"]:
                voice.bar(token["bar"])
                if token["after"]:
                    voice.bars[-1].ending = passes_of(token["after"])
            elif token["ending"]:
                voice.bars[-1].ending = passes_of(token["ending"])
            elif token["text"]:
                note_words(voice.bars[-1], token["text"].strip('"'))
            elif token["grace"]:
                self.grace += len(re.findall(r"[A-Ga-g]", token["grace"]))
            elif token["tuplet"]:
                voice.tuplet = _tuplet(voice, token)
            elif token["broken"]:
                voice.broken(token["broken"])
            elif token["tie"]:
                voice.tie()
            elif token["overlay"]:
                voice.overlay()
            else:
                for sign, value in SIGNS.get(token[0].strip("!+"), {}).items():
                    setattr(voice.bars[-1], sign, value)


def _note(token: re.Match[str], content: str) -> tuple[Note, int]:
    octave = token["octave"].count("'") - token["octave"].count(",")
    name = (token["letter"].upper(), octave + token["letter"].islower())
    length, place = length_at(content, token.end())
    return Note(name, token["accidental"], length, False), place


def _rest(voice: Voice, token: re.Match[str], content: str) -> int:
    length, place = length_at(content, token.end())
    if token["rest"] in "ZX":
        bar = meters.lengths(voice.meter)[0]
        bars = min(int(length), _MOST_BARS_OF_REST)
        if bar == bar:
            voice.now += Fraction(int(bar), TICKS_PER_QUARTER) * bars
    elif token["rest"] == "z" or (token["rest"] == "x" and not voice.is_full()):
        voice.sound([], voice.unit * length)
    return place


def _chord(voice: Voice, content: str, place: int) -> int:
    """Read a chord; where the music goes on after it."""
    notes: list[Note] = []
    while place < len(content):
        token = _TOKEN.match(content, place)
        if token is None:
            place += 1
            continue
        place = token.end()
        if token["note"]:
            note, place = _note(token, content)
            notes.append(note)
        elif token["tie"] and notes:
            notes[-1] = replace(notes[-1], tied=True)
        elif token["close"]:
            length, place = length_at(content, place)
            if notes:
                voice.sound(notes, voice.unit * length)
            return place
        elif token["bar"]:
            break
    raise ValueError("a chord without its closing bracket")


def _tuplet(voice: Voice, token: re.Match[str]) -> tuple[Fraction, int]:
    p = int(token["p"])
    compound = re.match(r"(?:6|9|12)/", voice.meter)
    q = int(token["q"] or 0) or _IN_TIME_OF.get(p, 3 if compound else 2)
    if not (1 <= p <= 64 and 1 <= q <= 64):
        raise ValueError(f"a tuplet of {p} notes in the time of {q}")
    return Fraction(q, p), int(token["r"] or 0) or p
