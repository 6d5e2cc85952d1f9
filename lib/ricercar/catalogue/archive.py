"""XML and zip from strangers: parsed without entities, unpacked without bombs.

Goal: nothing that a file says about itself is believed.

Sources
-------
MusicXML 4.0, *Compressed .MXL files*: ``META-INF/container.xml`` names the score.
"""

import io
import struct
import zipfile
import zlib
from xml.etree.ElementTree import Element, ParseError

from ricercar.errors import ReadError

#: what a score may grow to when it is unpacked, in bytes
LARGEST_SCORE = 64 * 2**20
MOST_MEMBERS = 1_000


def parse_xml(data: bytes) -> Element:
    """Parse XML; entity declarations and references to other files are refused.

    Raises
    ------
    ReadError
        With the line in its attribute ``line`` where the parser knows it.

    Examples
    --------
    >>> parse_xml(b"<a><b></a>")
    Traceback (most recent call last):
    ricercar.errors.ReadError: not well-formed XML: mismatched tag: line 1, column 8
    """
    import defusedxml
    from defusedxml.ElementTree import fromstring

    if len(data) > LARGEST_SCORE:
        raise ReadError(f"larger than {LARGEST_SCORE // 2**20} MiB")
    try:
        return fromstring(data, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except ParseError as error:
        raise located(f"not well-formed XML: {error}", error.position[0]) from error
    except defusedxml.DefusedXmlException as error:
        raise ReadError("it declares XML entities, which no score needs") from error
    except (ValueError, LookupError) as error:  # an encoding that does not fit or exist
        raise ReadError(f"not readable as XML: {error}") from error


def located(reason: str, line: int) -> ReadError:
    """A ReadError that knows its line."""
    error = ReadError(reason)
    error.line = line  # type: ignore[attr-defined]
    return error


def unpack_mxl(data: bytes) -> bytes:
    """The score inside a compressed MusicXML file.

    Nothing is written to disk, and at most :data:`LARGEST_SCORE` bytes are unpacked,
    whatever sizes the archive declares.

    Raises
    ------
    ReadError
        If it is no zip archive, damaged, encrypted, too large, or has no score.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.namelist()
            if len(members) > MOST_MEMBERS:
                raise ReadError(f"{len(members):,} members; an .mxl file may have {MOST_MEMBERS:,}")
            name = _score_name(archive, members)
            return _member(archive, name, LARGEST_SCORE)
    except ReadError:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError) as error:
        raise ReadError(f"not a readable .mxl archive: {error}") from error
    except (NotImplementedError, RuntimeError) as error:  # unknown compression, a password
        raise ReadError(f"the .mxl archive cannot be unpacked: {error}") from error


def _score_name(archive: zipfile.ZipFile, members: list[str]) -> str:
    if "META-INF/container.xml" in members:
        container = parse_xml(_member(archive, "META-INF/container.xml", 2**16))
        for rootfile in container.iter():
            path = rootfile.get("full-path")
            if rootfile.tag.rsplit("}")[-1] == "rootfile" and path in members:
                return str(path)
        raise ReadError("META-INF/container.xml names no score in the archive")
    scores = [m for m in members if m.lower().endswith((".xml", ".musicxml"))]
    if not scores:
        raise ReadError("there is no score in the .mxl archive")
    return sorted(scores)[0]


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    with archive.open(name) as member:
        content = member.read(limit + 1)
    if len(content) > limit:
        raise ReadError(f"{name[:80]} unpacks to more than {limit:,} bytes")
    return content
