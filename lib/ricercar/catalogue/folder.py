"""A folder of the user's own music: what is in it, and what cannot be.

Goal: list every file; give each piece a safe, stable id; name a reason for each file
that is not taken.

Conventions
-----------
* Ids are ``own/<path without its ending>`` in the safe alphabet; where two files
  would share one, the later gets the first eight digits of its digest.
* The name of a subfolder is the style of what lies in it: ``import/reels/a.abc``. A
  file at the top takes its style from an ABC rhythm field or its title.
* Links are not followed, so that nothing outside the folder is read.
* Hidden files, and files named like a readme or a licence, are passed over.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ricercar.catalogue import styles
from ricercar.catalogue.reading import FORMATS, text_of
from ricercar.catalogue.sources import Source, safe_name, tunes_of
from ricercar.errors import ParameterError, ReadError

#: a larger file is refused unread
LARGEST_FILE = 32 * 2**20

_PASSED_OVER = re.compile(r"(?i)^(\.|readme|licen[cs]e|desktop\.ini|thumbs\.db)")


@dataclass(frozen=True)
class Refused:
    """A file, or a tune in it, that is not in the catalogue; line 0 where unknown."""

    file: str
    line: int
    reason: str


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


def format_of(name: str) -> str:
    """The format that a file's name promises, or an empty string.

    Examples
    --------
    >>> format_of("Song.MID"), format_of("notes.txt")
    ('midi', '')
    """
    ending = Path(name).suffix.lower()
    return next((format for format, endings in FORMATS.items() if ending in endings), "")


def survey(folder: Path, licence: str = "LicenseRef-own") -> tuple[list[Source], list[Refused]]:
    """List the music in a folder and everything else that is in it.

    Parameters
    ----------
    folder : Path
    licence : str
        What the user states for their own files.

    Returns
    -------
    list of Source, list of Refused

    Raises
    ------
    ParameterError
        If the folder is not there.
    """
    if not folder.is_dir():
        raise ParameterError(f"there is no folder {folder}: create it, or name another")
    sources: list[Source] = []
    refused: list[Refused] = []
    ids: set[str] = set()
    contents: dict[str, str] = {}
    for path in _files(folder):
        relative = path.relative_to(folder)
        name = clean(relative.as_posix(), 400)
        try:
            pieces = list(_pieces(path, relative, name, licence))
        except (_NotTakenError, ReadError) as error:
            refused.append(Refused(name, 0, str(error)))
            continue
        for source in pieces:
            if source.sha256 in contents:
                reason = f"the same content as {contents[source.sha256]}, which is taken"
                refused.append(Refused(name, source.line, reason))
                continue
            contents[source.sha256] = f"{name}, line {source.line}" if source.line else name
            if source.piece in ids:
                source = replace(source, piece=f"{source.piece}.{source.sha256[:8]}")
            ids.add(source.piece)
            sources.append(source)
    return sources, refused


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


def _pieces(path: Path, relative: Path, name: str, licence: str) -> Iterator[Source]:
    format = format_of(path.name)
    if path.is_symlink():
        raise _NotTakenError("it is a link; copy the file itself into the folder")
    if not format:
        known = ", ".join(ending for endings in FORMATS.values() for ending in endings)
        raise _NotTakenError(f"unknown kind of file; known: {known}")
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
    parents = [p for p in map(safe_name, relative.parts[:-1]) if p]
    stem = "/".join([*parents, safe_name(path.stem) or "piece"])
    whole = Source(
        piece=f"own/{stem}",
        collection="own",
        format=format,
        data=data,
        source=f"import folder: {name}",
        licence=licence,
        licence_class="own",
        style=styles.of_folder(parents[0]) if parents else "",
    )
    if format != "abc":
        yield whole
        return
    tunes = list(tunes_of(text_of(data)))
    if not tunes:
        raise _NotTakenError("not an ABC file: no tune begins with an X: line")
    for place, (line, tune) in enumerate(tunes, start=1):
        rhythm = re.search(r"(?m)^R:[ \t]*(.*)$", tune)
        title = re.search(r"(?m)^T:[ \t]*(.*)$", tune)
        yield replace(
            whole,
            piece=f"own/{stem}" if len(tunes) == 1 else f"own/{stem}.{place:04d}",
            data=tune.encode(),
            style=whole.style
            or styles.of_tune(rhythm[1] if rhythm else "", title[1] if title else ""),
            line=line,
        )
