"""The sheets of an Excel workbook (``.xlsx``), as text.

Goal: read a published table without a package for spreadsheets. Formulae, dates and formats
are not interpreted: a cell is what the file says.

Source: ECMA-376, Office Open XML, part 1 (SpreadsheetML).
"""

import io
import re
import zipfile

import pandas as pd

from ricercar.errors import ReadError

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
#: no table that is read here comes near; a file that unpacks to more is meant to do harm
LARGEST_PART = 200_000_000


def sheets(content: bytes, name: str = "workbook") -> dict[str, pd.DataFrame]:
    """Sheets of a workbook.

    Parameters
    ----------
    content : bytes
        Of the file.
    name : str
        Its name, for error messages.

    Returns
    -------
    dict of str to DataFrame
        By sheet, in order. Columns are named by the first row, stripped; cells are text, empty
        ones are missing.

    Raises
    ------
    ReadError
        If it is no workbook.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            too_large = [p.filename for p in archive.infolist() if p.file_size > LARGEST_PART]
            if too_large:
                raise ReadError(f"{name}: {too_large[0]} unpacks to too much")
            parts = {part: archive.read(part) for part in archive.namelist() if part[-1:] != "/"}
        words = [
            "".join(text.text or "" for text in item.iter(f"{_MAIN}t"))
            for item in fromstring(parts.get("xl/sharedStrings.xml", b"<none/>"))
        ]
        targets = {
            link.get("Id"): link.get("Target", "").removeprefix("/xl/")
            for link in fromstring(parts["xl/_rels/workbook.xml.rels"])
        }
        return {
            sheet.get("name", ""): _table(
                fromstring(parts[f"xl/{targets[sheet.get(_RELATION)]}"]), words
            )
            for sheet in fromstring(parts["xl/workbook.xml"]).iter(f"{_MAIN}sheet")
        }
    except (zipfile.BadZipFile, KeyError, IndexError, ValueError, ParseError) as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError(f"{name}: is not a readable workbook: {error}") from error
    except DefusedXmlException as error:  # entities, external references
        raise ReadError(f"{name}: has XML that is not read: {error}") from error


def _table(sheet, words: list[str]) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    """One sheet."""
    rows: list[dict[int, str]] = []
    for row in sheet.iter(f"{_MAIN}row"):
        found: dict[int, str] = {}
        for place, cell in enumerate(row.iter(f"{_MAIN}c")):
            value = cell.find(f"{_MAIN}v")
            text = value.text if value is not None else None
            if cell.get("t") == "inlineStr":
                text = "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))
            if text is not None:
                at = _column(cell.get("r", "")) if cell.get("r") else place
                found[at] = words[int(text)] if cell.get("t") == "s" else text
        rows.append(found)
    if not rows:
        return pd.DataFrame()
    width = max(max(row, default=-1) for row in rows) + 1
    grid = [[row.get(place) for place in range(width)] for row in rows]
    names = [(name or "").strip() for name in grid[0]]
    return pd.DataFrame(grid[1:], columns=names, dtype="str")


def _column(reference: str) -> int:
    """Number of a cell's column, from 0.

    Examples
    --------
    >>> _column("A1"), _column("AB12")
    (0, 27)
    """
    letters = re.match(r"[A-Z]{1,3}", reference)
    if letters is None:
        raise ValueError(f"cell {reference!r}")
    number = 0
    for letter in letters.group():
        number = number * 26 + ord(letter) - 64
    return number - 1
