"""What a MusicXML score says beside its notes: title, people, instruments, meters."""

from fractions import Fraction
from xml.etree.ElementTree import Element


def instruments_of(entry: Element | None) -> dict[str, int]:
    """Instrument id -> General MIDI key of its sound (MusicXML counts keys from 1)."""
    found = {}
    for sound in entry.iterfind("midi-instrument") if entry is not None else ():
        key = sound.findtext("midi-unpitched")
        if key and key.strip().isdigit() and 1 <= int(key) <= 128:
            found[sound.get("id", "")] = int(key) - 1
    return found


def meter_of(time: Element) -> str:
    """The meter; of ``3+2/8`` and ``2/4 + 3/8`` the sum; empty for free time."""
    whole = Fraction(0)
    unit = 1
    for beats, kind in zip(time.iterfind("beats"), time.iterfind("beat-type"), strict=True):
        below = int(kind.text or "")
        whole += Fraction(sum(int(n) for n in (beats.text or "").split("+")), below)
        unit = max(unit, below)
    return f"{whole * unit}/{unit}" if whole else ""


def title_of(root: Element) -> str:
    """The title of the work and, of a cycle of songs, that of the song."""
    names = [root.findtext("work/work-title"), root.findtext("movement-title")]
    cleaned = [" ".join((name or "").split()) for name in names]
    return ": ".join(dict.fromkeys(filter(None, cleaned)))


def composer_of(root: Element) -> str:
    """The first creator who is called a composer, or nothing else."""
    for creator in root.iterfind("identification/creator"):
        if creator.get("type", "composer") == "composer":
            return " ".join((creator.text or "").split())
    return ""


def genre_of(root: Element) -> str:
    """The kind of piece that the file itself names."""
    for entry in root.iterfind("identification/miscellaneous/miscellaneous-field"):
        if entry.get("name", "").lower() in ("genre", "style"):
            return " ".join((entry.text or "").split())
    return ""
