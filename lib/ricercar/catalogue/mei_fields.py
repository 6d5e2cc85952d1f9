"""What single elements of MEI say: lengths, accidentals, keys, meters, title and people.

Conventions
-----------
Signatures and meters stand in attributes (``key.sig`` in versions 3 and 4, ``keysig`` in
5) or in elements of their own (``<keySig>``, ``<meterSig>``).
"""

import re
from fractions import Fraction
from xml.etree.ElementTree import Element

_LENGTHS = {"maxima": Fraction(32), "long": Fraction(16), "breve": Fraction(8)} | {
    str(2**power): Fraction(4, 2**power) for power in range(12)
}
_ACCIDENTALS = {
    "n": 0, "s": 1, "f": -1, "ss": 2, "x": 2, "ff": -2, "xs": 3, "sx": 3, "ts": 3, "tf": -3,
    "nf": -1, "ns": 1, "su": 1, "sd": 1, "fu": -1, "fd": -1, "nu": 0, "nd": 0,
    "1qs": 0, "1qf": 0, "3qs": 1, "3qf": -1,
}  # fmt: skip


def tag_of(element: Element) -> str:
    """An element's name without its name space."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, *tags: str) -> list[Element]:
    """The children of some names."""
    return [child for child in element if tag_of(child) in tags]


def length_of(element: Element, usual: str = "") -> Fraction:
    """The length in quarters that an element and its dots name.

    Examples
    --------
    >>> length_of(Element("note", {"dur": "4", "dots": "2"}))
    Fraction(7, 4)
    """
    name = element.get("dur") or usual
    if name not in _LENGTHS:
        raise ValueError(f"the duration {name[:20]!r}" if name else "a note without a duration")
    dots = int(element.get("dots") or len(children(element, "dot")))
    if not 0 <= dots <= 8:
        raise ValueError(f"{dots} dots")
    return _LENGTHS[name] * (2 - Fraction(1, 2**dots))


def accidental_of(note: Element) -> int | None:
    """Semitones up; what sounds before what is written, None where neither is told.

    Quarter tones are those of the nearer written pitch.

    Examples
    --------
    >>> accidental_of(Element("note", {"accid": "s"})), accidental_of(Element("note"))
    (1, None)
    """
    bearers = [note, *children(note, "accid")]
    for attribute in ("accid.ges", "accid"):
        for bearer in bearers:
            found = bearer.get(attribute)
            if found:
                if found not in _ACCIDENTALS:
                    raise ValueError(f"the accidental {found[:20]!r}")
                return _ACCIDENTALS[found]
    return None


def key_in(element: Element) -> tuple[int, str] | None:
    """Fifths and mode (may be empty) that a definition or a ``<keySig>`` names, if it does.

    Examples
    --------
    >>> key_in(Element("staffDef", {"key.sig": "2f", "key.mode": "minor"}))
    (-2, 'minor')
    """
    sign = element if tag_of(element) == "keySig" else None
    for child in children(element, "keySig"):
        sign = child
    if sign is not None:
        signature, mode = sign.get("sig"), sign.get("mode", "")
    else:
        signature = element.get("keysig") or element.get("key.sig")
        mode = element.get("key.mode", "")
    if not signature or signature == "mixed":
        return None
    if signature == "0":
        return 0, mode
    if not re.fullmatch(r"\d\d?[sf]", signature):
        raise ValueError(f"the key signature {signature[:20]!r}")
    signs = int(signature[:-1])
    return signs if signature[-1] == "s" else -signs, mode


def meter_of(element: Element) -> str:
    """The meter that a definition or a ``<meterSig>`` names, else an empty string.

    Of a group of meters the first counts, of added ones the sum.

    Examples
    --------
    >>> meter_of(Element("scoreDef", {"meter.sym": "cut"}))
    '2/2'
    >>> meter_of(Element("meterSig", {"count": "3+2", "unit": "8"}))
    '5/8'
    """
    prefix = "meter."
    for group in children(element, "meterSigGrp"):
        names = [name for sign in children(group, "meterSig") if (name := meter_of(sign))]
        if group.get("func") == "mixed" and names:
            whole = sum(map(Fraction, names), Fraction(0))
            below = max(int(name.split("/")[1]) for name in names)
            return f"{whole * below}/{below}"
        return names[0] if names else ""
    if tag_of(element) == "meterSig":
        prefix = ""
    elif signs := children(element, "meterSig"):
        return meter_of(signs[0])
    count, unit = element.get(f"{prefix}count"), element.get(f"{prefix}unit")
    if count and unit:
        beats = sum(int(number) for number in count.split("+"))
        return f"{beats}/{int(unit)}" if beats > 0 and int(unit) > 0 else ""
    return {"common": "4/4", "cut": "2/2"}.get(element.get(f"{prefix}sym", ""), "")


def name_of(element: Element) -> str:
    """The label of a staff or a group of staves."""
    for label in children(element, "label"):
        return "".join(label.itertext())
    return element.get("label", "")


def title_of(root: Element) -> str:
    """The first title of the file, else of the work in it."""
    return _first(root, ("titleStmt", "title"), ("work", "title"))


def composer_of(root: Element) -> str:
    """The first who is called a composer."""
    named = _first(root, ("", "composer"))
    if named:
        return named
    for element in root.iter():
        if tag_of(element) in ("persName", "name") and element.get("role") == "composer":
            return text_in(element)
    return ""


def genre_of(root: Element) -> str:
    """The kind of piece that the file itself names."""
    return _first(root, ("classification", "term"), ("", "genre"))


def _first(root: Element, *paths: tuple[str, str]) -> str:
    """The first text of an element below another, by the first path that has any."""
    for above, name in paths:
        for outer in root.iter() if above else [root]:
            if above and tag_of(outer) != above:
                continue
            for inner in outer.iter():
                if tag_of(inner) == name and (text := text_in(inner)):
                    return text
    return ""


def text_in(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())
