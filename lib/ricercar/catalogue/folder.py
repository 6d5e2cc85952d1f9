"""A folder of music files: what is in it, and what cannot be.

Goal: list every file, one after the other; give each piece a safe, stable id; name a
reason for each file that is not taken.

Conventions
-----------
* Ids are ``own/<path without its ending>`` in the safe alphabet (of a data set:
  ``<its name>/…``); where two files would share one, the later gets the first eight
  digits of its digest.
* The name of the outermost subfolder that is not merely called after a file format
  (``midi``, ``scores``) is the style of what lies in it: ``import/reels/a.abc``.
* Links are not followed, so that nothing outside the folder is read.
* Hidden files, and files named like a readme or a licence, are passed over.
* Files are opened one at a time, when their turn comes: a folder may have any number.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ricercar.catalogue import styles
from ricercar.catalogue.formats import FORMATS, format_of
from ricercar.catalogue.labels import Labels, licence_class
from ricercar.catalogue.reading import text_of
from ricercar.catalogue.sources import Source, safe_name, tunes_of
from ricercar.errors import ParameterError, ReadError

#: a larger file is refused unread
LARGEST_FILE = 32 * 2**20

_PASSED_OVER = re.compile(r"(?i)^(\.|readme|licen[cs]e|copying|desktop\.ini|thumbs\.db)")


@dataclass(frozen=True)
class Refused:
    """A file, or a tune in it, that is not in the catalogue; line 0 where unknown."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class Origin:
    """What holds for everything in a folder.

    Attributes
    ----------
    collection : str
        ``"own"``, or the name of a data set.
    title : str
        What the folder is called in tables.
    licence, licence_class : str
        The class is found by the licence's name where it is empty.
    style : str
        Of every piece; empty where folders and files tell.
    files : frozenset of str, optional
        Paths below the folder that count; None for all.
    """

    collection: str = "own"
    title: str = "import folder"
    licence: str = "LicenseRef-own"
    licence_class: str = ""
    style: str = ""
    files: frozenset[str] | None = None


def clean(text: str, longest: int = 200) -> str:
    """A text from a file as one printable line.

    Control characters, lone surrogates and runs of blanks go; the text is not escaped
    for HTML, which is the task of whoever shows it.

    Examples
    --------
    >>> clean("  A\\x00 tune\\n\\tby me\\ud800 ")
    'A tune by me?'
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    printable = "".join(c if c.isprintable() else " " for c in text)
    return re.sub(r"\s+", " ", printable).strip()[:longest]


def check(folder: Path) -> None:
    """Raise a ParameterError if a folder is not there."""
    if not folder.is_dir():
        raise ParameterError(f"there is no folder {folder}: create it, or name another")


def survey(
    folder: Path, origin: Origin | None = None, labels: Labels | None = None
) -> Iterator[Source | Refused]:
    """List the music in a folder and everything else that is in it.

    Parameters
    ----------
    folder : Path
    origin : Origin, optional
        What holds for all of it; by default the user's own.
    labels : Labels, optional
        What a table says of single files.

    Yields
    ------
    Source or Refused
        In the order of the paths; a source holds the bytes of its piece.

    Raises
    ------
    ParameterError
        If the folder is not there.
    """
    check(folder)
    origin, labels = origin or Origin(), labels or Labels()
    ids: set[str] = set()
    for path in _files(folder):
        relative = path.relative_to(folder)
        if origin.files is not None and relative.as_posix() not in origin.files:
            continue
        name = clean(relative.as_posix(), 400)
        try:
            pieces = list(_pieces(path, relative, name, origin))
        except (_NotTakenError, ReadError) as error:
            yield Refused(name, 0, str(error))
            continue
        for source in pieces:
            source = replace(source, piece=_free(source, ids))
            ids.add(source.piece)
            yield labels.apply(source, relative.as_posix())


def _free(source: Source, ids: set[str]) -> str:
    """The source's id, made longer until no other piece has it."""
    found, copies = source.piece, 1
    while found in ids:
        found = f"{source.piece}.{source.sha256[:8]}" + (f".{copies}" if copies > 1 else "")
        copies += 1
    return found


class _NotTakenError(Exception):
    """Why a file is not taken."""


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in an order that does not depend on the file system."""
    for base, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            if not _PASSED_OVER.match(name):
                yield Path(base) / name
        for name in folders:
            if (Path(base) / name).is_symlink():
                yield Path(base) / name


def _pieces(path: Path, relative: Path, name: str, origin: Origin) -> Iterator[Source]:
    format = format_of(path.name)
    data = _bytes(path, format)
    parents = [p for p in map(safe_name, relative.parts[:-1]) if p]
    stem = "/".join([*parents, safe_name(path.stem) or "piece"])
    told = (
        (origin.style, "collection"),
        (next(filter(None, map(styles.of_folder, relative.parts[:-1])), ""), "folder"),
        (_genre(data, format) if format != "abc" else "", "file"),  # ABC: each tune has its own
    )
    style, style_from = next((pair for pair in told if pair[0]), ("", ""))
    whole = Source(
        piece=f"{origin.collection}/{stem}",
        collection=origin.collection,
        format=format,
        data=data,
        source=f"{origin.title}: {name}",
        licence=origin.licence,
        licence_class=origin.licence_class or licence_class(origin.licence),
        style=style,
        style_from=style_from,
    )
    if format != "abc":
        yield whole
        return
    tunes = list(tunes_of(text_of(data)))
    if not tunes:
        raise _NotTakenError("not an ABC file: no tune begins with an X: line")
    for place, (line, tune) in enumerate(tunes, start=1):
        data = tune.encode()
        piece = whole.piece if len(tunes) == 1 else f"{whole.piece}.{place:04d}"
        one = replace(whole, piece=piece, data=data, line=line, sha256="")
        rhythm = _genre(data, "abc") if not style else ""
        yield replace(one, style=rhythm, style_from="rhythm field") if rhythm else one


#: where the formats that are plain text name a genre
_GENRES = {
    "abc": rb"(?m)^R:[ \t]*(.+)$",
    "kern": rb"(?m)^!!!AGN[^:\n]*:[ \t]*(.+)$",
    "musicxml": rb'<miscellaneous-field\s+name="(?:genre|style)"\s*>([^<]+)<',
    "mei": rb"<classification\b.*?<term\b[^>]*>([^<]+)<",
}


def _genre(data: bytes, format: str) -> str:
    """The style that the file's own metadata name, or an empty string."""
    if format not in _GENRES:
        return ""
    found = re.search(_GENRES[format], data, re.DOTALL if format == "mei" else 0)
    if not found:
        return ""
    style = styles.of_genre(clean(found[1].decode("utf-8", "replace")))
    return "" if style == styles.OTHER else style


def _bytes(path: Path, format: str) -> bytes:
    """The file's content, if it may be taken."""
    if path.is_symlink():
        raise _NotTakenError("it is a link; copy the file itself into the folder")
    if not format:
        known = ", ".join(ending for endings in FORMATS.values() for ending in endings)
        ending = clean(path.suffix, 12) or "no ending"
        raise _NotTakenError(f"unknown kind of file ({ending}); known: {known}")
    if not path.is_file():
        raise _NotTakenError("it is not a plain file")
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise _NotTakenError(f"{size:,} bytes; a file may have {LARGEST_FILE:,}")
        data = path.read_bytes()
    except OSError as error:
        raise _NotTakenError(f"it cannot be opened: {error.strerror or error}") from error
    if not data.strip():
        raise _NotTakenError("the file is empty")
    return data
