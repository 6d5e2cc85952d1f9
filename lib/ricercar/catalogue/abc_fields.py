"""What the fields of an ABC tune say: key, meter, unit length.

Sources
-------
C. Walshaw, *The abc music standard 2.1*, 2011, sections 3 and 4.6.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from ricercar.catalogue.spelling import MODES, STEPS_BY_FIFTHS, key_of

ACCIDENTALS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

_LENGTH = re.compile(r"(\d*)(/*)(\d*)")
#: decorations that bear on the order of the bars -> what they say of theirs
SIGNS: dict[str, dict[str, bool | str]] = {
    "segno": {"segno": True},
    "S": {"segno": True},
    "coda": {"coda": True},
    "O": {"coda": True},
    "fine": {"fine": True},
    "dacoda": {"to_coda": True},
    "dacapo": {"jump": "capo"},
    "D.C.": {"jump": "capo"},
    "D.S.": {"jump": "segno"},
    "D.C.alfine": {"jump": "capo", "until": "fine"},
    "D.S.alfine": {"jump": "segno", "until": "fine"},
    "D.C.alcoda": {"jump": "capo", "until": "coda"},
    "D.S.alcoda": {"jump": "segno", "until": "coda"},
}

_KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")


@dataclass(frozen=True)
class Key:
    """A key field.

    Attributes
    ----------
    name : str, int or None
        The key, or its number of fifths where it has no name; None where there is none.
    alter : dict of str to int
        Letter -> semitones.
    shift : int
        Semitones from what is written to what sounds.
    """

    name: str | int | None
    alter: dict[str, int]
    shift: int = 0


def key_field(value: str, before: Key | None = None) -> Key:
    """The key that a ``K:`` field names; what it does not name stays as it was before.

    Examples
    --------
    >>> key_field("Gmix"), key_field("HP").alter
    (Key(name='G mixolydian', alter={}, shift=0), {'F': 1, 'C': 1})
    >>> key_field("Ddor ^f clef=treble-8").alter, key_field("C clef=treble-8").shift
    ({'F': 1}, -12)
    """
    value = value.strip()
    shift = _shift(value)
    if shift is None:
        shift = before.shift if before else 0
    found = _KEY.match(value)
    name: str | int | None = None
    alter: dict[str, int] = {}
    if value[:2] in ("HP", "Hp"):  # the Highland bagpipe
        name, alter = "A mixolydian", {"F": 1, "C": 1}
    elif found:
        word = found[3].lower()
        if re.match(r"(?:clef|transpose|octave|middle|exp|none)\b", word):
            word = ""
        if word == "m":
            word = "minor"
        mode = next((m for m in MODES if len(word) > 2 and m.startswith(word[:3])), "major")
        signs = {"#": 1, "b": -1, "": 0}[found[2]]
        fifths = STEPS_BY_FIFTHS.index(found[1]) - 1 + 7 * signs - MODES[mode]
        if "exp" not in value.split():
            alter = _signature(fifths)
        name = key_of(fifths, mode) or fifths
    elif before and value and not value.startswith("none"):
        name, alter = None, dict(before.alter)  # only a clef changes
    for sign, letter in re.findall(r"(?<=\s)(\^\^|\^|__|_|=)([A-Ga-g])\b", f" {value}"):
        alter[letter.upper()] = ACCIDENTALS[sign]
    return Key(name, alter, shift)


def _signature(fifths: int) -> dict[str, int]:
    if fifths >= 0:
        return {STEPS_BY_FIFTHS[n % 7]: 1 + n // 7 for n in range(fifths)}
    return {STEPS_BY_FIFTHS[6 - n % 7]: -1 - n // 7 for n in range(-fifths)}


def _shift(value: str) -> int | None:
    transpose = re.search(r"\btranspose=(-?\d{1,2})\b", value)
    octave = re.search(r"\boctave=(-?\d)\b", value)
    clef = re.search(r"\b(?:clef=)?(?:treble|alto|tenor|bass|perc|[GCF]\d?)([+-])8\b", value)
    if not (transpose or octave or clef):
        return None
    shift = int(transpose[1]) if transpose else 0
    shift += 12 * int(octave[1]) if octave else 0
    return shift + (int(clef[1] + "12") if clef else 0)


def meter_field(value: str) -> str:
    """The meter that an ``M:`` field names; empty for none.

    Examples
    --------
    >>> meter_field("C|"), meter_field("(2+3)/8"), meter_field("none")
    ('2/2', '5/8', '')
    """
    value = value.strip()
    if value.startswith("C"):
        return "2/2" if value.startswith("C|") else "4/4"
    found = re.match(r"\(?([\d+ ]+)\)?\s*/\s*(\d+)", value)
    if not found:
        return ""
    return f"{sum(int(n) for n in re.findall(r'[0-9]+', found[1]))}/{int(found[2])}"


def unit_field(value: str) -> Fraction:
    """The length in quarters that an ``L:`` field names.

    Examples
    --------
    >>> unit_field("1/8")
    Fraction(1, 2)
    """
    length = 4 * Fraction(value.strip().replace(" ", ""))
    if length <= 0:
        raise ValueError(f"the unit length {value!r}")
    return length


def default_unit(meter: str) -> Fraction:
    """The unit length where no ``L:`` names one: a sixteenth in short meters.

    Examples
    --------
    >>> default_unit("2/4"), default_unit("6/8"), default_unit("")
    (Fraction(1, 4), Fraction(1, 2), Fraction(1, 2))
    """
    return Fraction(1, 4) if meter and Fraction(meter) < Fraction(3, 4) else Fraction(1, 2)


def length_at(content: str, place: int) -> tuple[Fraction, int]:
    """A note's length in units, and where it ends.

    Examples
    --------
    >>> length_at("c3/2", 1), length_at("c//", 1)
    ((Fraction(3, 2), 4), (Fraction(1, 4), 3))
    """
    found = _LENGTH.match(content, place)
    assert found  # it matches nothing, too
    if len(found[0]) > 12:
        raise ValueError(f"the length {found[0][:12]}…")
    over = int(found[1] or 1)
    under = int(found[3] or 2) * 2 ** (len(found[2]) - 1) if found[2] else 1
    if not found[2] and found[3]:
        over = int(found[1] + found[3])
    return Fraction(over, under), found.end()


def passes_of(text: str) -> tuple[int, ...]:
    """The numbers of an ending: ``1,3`` or ``1-3``.

    Examples
    --------
    >>> passes_of("[1,3"), passes_of("1-3")
    ((1, 3), (1, 2, 3))
    """
    found: set[int] = set()
    for first, last in re.findall(r"(\d{1,2})(?:-(\d{1,2}))?", text):
        found |= set(range(int(first), int(last or first) + 1))
    return tuple(sorted(found))
