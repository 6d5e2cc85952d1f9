"""Notated music (MusicXML, ABC, kern, MEI) to a :class:`~ricercar.catalogue.reading.Reading`.

Goal: sounding pitches and exact times. MusicXML, ABC and MEI are read here; kern is
parsed by music21.

Conventions
-----------
What is common to all formats stands in :mod:`ricercar.catalogue.scores`, what is
particular to one in the module that parses it.

Sources
-------
M. S. Cuthbert and C. Ariza, "music21: A Toolkit for Computer-Aided Musicology and
Symbolic Music Data", ISMIR 2010.
"""

import re

from ricercar.catalogue import abc_tunes, mei, partwise, streams
from ricercar.catalogue.archive import parse_xml, unpack_mxl
from ricercar.catalogue.reading import Reading, text_of
from ricercar.catalogue.scores import reading_of
from ricercar.errors import ReadError


def read_mxl(data: bytes, played: bool = False) -> Reading:
    """Read compressed MusicXML."""
    return read_musicxml(unpack_mxl(data), played)


def read_musicxml(data: bytes, played: bool = False) -> Reading:
    """Read MusicXML (``score-partwise``).

    Raises
    ------
    ReadError
        If it is not well-formed, not a score, or has no notes.
    """
    root = parse_xml(data)
    if root.tag != "score-partwise":
        raise ReadError(f"the root element is <{root.tag[:80]}>, not <score-partwise>")
    return reading_of(partwise.page_of(root), played)


def read_abc(data: bytes, played: bool = False) -> Reading:
    """Read one tune of an ABC file (its ``X:`` line to the next one).

    Raises
    ------
    ReadError
        If it has no ``K:`` line or no notes.
    """
    return reading_of(abc_tunes.page_of(text_of(data)), played)


def read_kern(data: bytes, played: bool = False) -> Reading:
    """Read a Humdrum ``**kern`` file; spines run from the lowest part to the highest."""
    text = text_of(data)
    if "**kern" not in text:
        raise ReadError("not a kern file: it has no **kern spine")
    page = streams.page_of_kern(text)
    for name, record in (("title", "OTL"), ("composer", "COM"), ("genre", "AGN")):
        found = re.search(rf"(?m)^!!!{record}[^:]*:[ \t]*(.*?)\s*$", text)
        setattr(page, name, found[1] if found else "")
    return reading_of(page, played)


def read_mei(data: bytes, played: bool = False) -> Reading:
    """Read MEI in common notation; of several movements the first.

    Raises
    ------
    ReadError
        If it is not well-formed, not a score, or has no notes.
    """
    root = parse_xml(data)
    if root.tag.rpartition("}")[2] != "mei":
        raise ReadError(f"the root element is <{root.tag[:80]}>, not <mei>")
    return reading_of(mei.page_of(root), played)
