"""Lines of text to rows: encodings, delimited text, JSON lines.

Goal: no row hides another; a line that is no row says why.

Conventions
-----------
* A quoted field may go over several lines (at most :data:`MOST_LINES`) if these make one
  well-formed row and none of the lines in between would be a row by itself. Otherwise the line
  that opens the quotation is refused alone and reading goes on *at the next line*: a forgotten
  quotation mark costs one row.
* Text is UTF-8, or UTF-16 or UTF-32 where the file begins with such a mark, or what
  ``encoding`` says. A row with bytes that are not of the encoding is refused.
* What stands between the fields follows the suffix, unless the header has none of the columns
  asked for and has them, or more of its own, with another of :data:`DELIMITERS`.
* Rows come as a stream of line number (from 1) and fields, or :class:`Broken`.

Source: the form of CSV is that of RFC 4180.
"""

import codecs
import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from ricercar.errors import ParameterError, ReadError

Row = tuple[int, "tuple[object, ...] | Broken"]

#: lines that one row of a CSV file may take
MOST_LINES = 20
LONGEST_LINE = 1_000_000
#: byte order marks; the longer ones first, as they begin like the shorter ones
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: what may stand between fields
DELIMITERS = (",", ";", "\t", "|")
#: fault of a row in which something was lost
NOT_TEXT = "has bytes that are not text in the file's encoding"
#: encodings that a log from elsewhere is likely to be in
_ENCODINGS = ("cp1252", "cp850", "mac-roman", "cp1250", "cp1251", "shift-jis", "gb18030")
_LOST = "\ufffd"  # what decoding puts where bytes are not text


@dataclass(frozen=True)
class Broken:
    """Why a line is no row: the fault as such, and with what is special to this line."""

    fault: str
    reason: str


def lines_of(path: Path, encoding: str | None) -> list[str]:
    """Lines of a text file, without their ends; what is not text becomes U+FFFD."""
    content = path.read_bytes()
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    try:
        text = content.decode(encoding or marked or "utf-8", errors="replace")
    except (LookupError, UnicodeError) as error:
        raise ParameterError(f"encoding {encoding!r} is not known: try 'latin-1'") from error
    del content
    if "\0" in text[:1000].split("\n", 1)[0]:
        raise ReadError(
            f"{path}: its first line has NUL characters, so it is not UTF-8 text: name its "
            "encoding, for example 'utf-16-le'"
        )
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")


def encoding_of(path: Path, names: Sequence[str]) -> str:
    """An encoding to try where the first line of a file is not UTF-8.

    Parameters
    ----------
    path : Path
    names : sequence of str
        Words that the line should have.

    Returns
    -------
    str
        One with which the line has the most of them; ``cp1252``, that of Excel in Western
        Europe and America, where they do not tell.
    """
    with path.open("rb") as file:
        line = file.readline(LONGEST_LINE)
    read = {encoding: line.decode(encoding, errors="replace") for encoding in _ENCODINGS}
    return max(read, key=lambda encoding: sum(name in read[encoding] for name in names))


def is_damaged(text: str) -> bool:
    """Whether some of it was lost in decoding."""
    return _LOST in text


def _checked(row: tuple[object, ...]) -> tuple[object, ...] | Broken:
    """The row, unless some of it is no text."""
    if any(isinstance(value, str) and not _is_text(value) for value in row):
        return Broken(NOT_TEXT, NOT_TEXT)
    return row


def _is_text(value: str) -> bool:
    """Whether nothing was lost in decoding, and no half of a surrogate pair stands alone."""
    return _LOST not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


# delimited text


def header(path: Path, line: str, delimiter: str, quote: str) -> list[str]:
    """Names of the columns."""
    try:
        return [name.strip() for name in _fields(line, delimiter, quote)]
    except csv.Error as error:
        raise ReadError(f"{path}: the header cannot be read: {error}") from error


def delimiter_of(line: str, usual: str, quote: str, names: Sequence[str]) -> str:
    """What stands between the names of the columns.

    Parameters
    ----------
    line : str
        The header.
    usual : str
        As the suffix says. It is right if it gives any of the names.
    quote : str
    names : sequence of str
        Columns that are asked for.

    Returns
    -------
    str
        Of :data:`DELIMITERS`: the one that gives the most of the names, then, if the usual one
        makes the header a single column, the most columns.

    Examples
    --------
    >>> delimiter_of("user;track;when", ",", '"', ["track"])
    ';'
    >>> delimiter_of("user;track,when", ",", '"', ["when"])
    ','
    """
    known: dict[str, tuple[int, int]] = {}
    for delimiter in dict.fromkeys((usual, *DELIMITERS)):
        try:
            found = [name.strip() for name in _fields(line, delimiter, quote)]
        except csv.Error:
            found = []
        known[delimiter] = len(set(names) & set(found)), len(found)
    if known[usual][0] or (known[usual][1] > 1 and not any(met for met, _ in known.values())):
        return usual
    return max(known, key=lambda delimiter: known[delimiter])


def delimited(
    lines: list[str], header: list[str], columns: list[str], delimiter: str, quote: str
) -> Iterator[Row]:
    """Line number and fields of each row of a CSV or TSV file."""
    absent = len(header)  # where None is put for a column that is not there
    places = [header.index(name) if name in header else absent for name in columns]
    pick, width = itemgetter(*places), len(header)
    at, damaged = 1, any(_LOST in line for line in lines)
    while at < len(lines):
        line, first = lines[at], at
        at += 1
        if not line:
            continue
        if len(line) > LONGEST_LINE:
            fault = f"is longer than {LONGEST_LINE:,} characters"
            yield first + 1, Broken(fault, f"{fault}: {len(line):,}")
            continue
        if not quote or quote not in line:
            row = line.split(delimiter)
        else:
            try:
                row = _fields(line, delimiter, quote)
            except csv.Error as error:
                open_ended = line.count(quote) % 2 == 1
                joined = _joined(lines, first, width, delimiter, quote) if open_ended else None
                if joined is None:
                    fault = "has a quotation mark that is not closed"
                    yield first + 1, Broken(fault, fault) if open_ended else _unreadable(error)
                    continue
                row, at = joined
        if len(row) != width:
            fault = "has another number of fields than the header"
            yield first + 1, Broken(fault, f"has {len(row)} fields, the header {width}")
            continue
        row.append(None)  # type: ignore[arg-type]
        picked = pick(row)
        yield first + 1, _checked(picked) if damaged else picked


def _unreadable(error: csv.Error) -> Broken:
    fault = "has quotation marks inside a field"
    return Broken(fault, f"{fault}: {error}"[:120])


def _fields(text: str, delimiter: str, quote: str) -> list[str]:
    """Fields of one row; :class:`csv.Error` where its quotation marks are not in order."""
    if not quote:
        return text.split(delimiter)
    return next(csv.reader([text], delimiter=delimiter, quotechar=quote, strict=True), [])


def _joined(
    lines: list[str], first: int, width: int, delimiter: str, quote: str
) -> tuple[list[str], int] | None:
    """A row that goes on over lines, and the line after it; None: it does not."""
    for last in range(first + 1, min(first + MOST_LINES, len(lines))):
        line = lines[last]
        if line.count(quote) % 2:  # the quotation ends here
            text = "\n".join(lines[first : last + 1])
            try:
                row = _fields(text, delimiter, quote) if len(text) <= LONGEST_LINE else []
            except csv.Error:
                return None
            return (row, last + 1) if len(row) == width else None
        try:
            if len(_fields(line, delimiter, quote)) == width:
                return None
        except csv.Error:
            continue
    return None


# JSON lines


def json_lines(lines: list[str], columns: list[str], met: dict[str, None]) -> Iterator[Row]:
    """Line number and fields of each row of a JSON lines file; ``met`` gets all names."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, Broken("is not JSON", f"is not JSON: {str(error)[:80]}")
            continue
        if not isinstance(row, dict):
            fault = "is not a JSON object"
            yield number, Broken(fault, fault)
            continue
        met.update(dict.fromkeys(row))
        picked = tuple(row.get(column) for column in columns)
        if any(isinstance(value, (dict, list)) for value in picked):
            fault = "has an object or a list where one value is expected"
            yield number, Broken(fault, fault)
        else:
            yield number, _checked(picked) if _LOST in line or "\\u" in line else picked
