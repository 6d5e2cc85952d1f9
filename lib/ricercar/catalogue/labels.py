"""A table of labels that a user gives for their own files, and what licences allow.

Goal: style, title, composer, licence and work come from a CSV where the files themselves
do not tell, and a mistake in the table is named by row and column.

Conventions
-----------
* A row is about the pieces of one ``file`` (its path below the import folder, with
  ``/``) or about one ``piece`` (its id); a row for the piece counts before one for its
  file. Further columns, each of them optional: :data:`VALUES`. An empty cell says
  nothing. Row 1 holds the names of the columns.
* Commas, semicolons or tabs separate the cells; the text is UTF-8.
* A licence gives its class (:func:`licence_class`); the column ``licence_class`` says
  otherwise. A row with a class needs a licence.
"""

import csv
import io
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from ricercar.catalogue.reading import text_of
from ricercar.catalogue.sources import Source
from ricercar.errors import ReadError
from ricercar.tables import LICENCE_CLASSES

KEYS = ("file", "piece")
VALUES = ("style", "title", "composer", "licence", "licence_class", "work")

#: beginnings of licence names, in the order in which they are tried -> class
_CLASSES = (
    ("licenseref-own", "own"),
    ("licenseref-public-domain", "open"),
    ("licenseref-non-commercial", "non-commercial"),
    ("licenseref-", "restricted"),
    ("cc-by-nc", "non-commercial"),
    ("cc-by", "open"),
    ("cc0", "open"),
    ("pddl", "open"),
    ("odc-by", "open"),
    ("gpl-", "open"),
    ("lgpl-", "open"),
    ("agpl-", "open"),
    ("mit", "open"),
    ("bsd-", "open"),
    ("apache-", "open"),
    ("unlicense", "open"),
)


def licence_class(licence: str) -> str:
    """The class of a licence by its SPDX name; one that is not known is ``"restricted"``.

    Examples
    --------
    >>> licence_class("CC-BY-SA-4.0"), licence_class("CC-BY-NC-4.0"), licence_class("ask me")
    ('open', 'non-commercial', 'restricted')
    >>> licence_class("LicenseRef-own")
    'own'
    """
    name = licence.strip().lower().replace(" ", "-")
    return next((found for start, found in _CLASSES if name.startswith(start)), "restricted")


@dataclass
class Labels:
    """What a table says, and which of its rows have been used.

    Attributes
    ----------
    rows : dict of (str, str) to dict
        ``("file", path)`` or ``("piece", id)`` -> column -> value, and ``row``.
    used : set of int
        Numbers of the rows that were about some piece.
    """

    rows: dict[tuple[str, str], dict] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)

    def apply(self, source: Source, file: str = "") -> Source:
        """A source with what the table says of it.

        Parameters
        ----------
        source : Source
        file : str
            Its path below the import folder; empty for a piece of a collection.
        """
        said: dict[str, str] = {}
        for key in (("file", file), ("piece", source.piece)):  # the later counts
            row = self.rows.get(key)
            if row:
                self.used.add(row["row"])
                said |= {column: row[column] for column in VALUES if row.get(column)}
        if not said:
            return source
        if "style" in said:
            said["style_from"] = "table"
        if "licence" in said:
            said.setdefault("licence_class", licence_class(said["licence"]))
        if "work" in said:
            said["work"] = f"table:{said['work']}"
        return replace(source, **said)  # type: ignore[arg-type]

    def unused(self) -> pd.DataFrame:
        """Rows that were about no piece: row, column, value."""
        rows = [
            (row["row"], column, value)
            for (column, value), row in self.rows.items()
            if row["row"] not in self.used
        ]
        return pd.DataFrame(rows, columns=["row", "column", "value"])


def read(path: Path) -> Labels:
    """Read a table of labels.

    Raises
    ------
    ReadError
        Naming file, row and column: a table without a column ``file`` or ``piece``, an
        unknown column, a row with neither or both, the same one twice, a row with more
        or fewer cells than columns, an unknown licence class, a class without a licence.
    """
    try:
        text = text_of(path.read_bytes())
    except OSError as error:
        raise ReadError(f"the labels {path} cannot be read: {error.strerror or error}") from error
    except ReadError as error:
        raise ReadError(f"the labels {path}: {error}; save the table as UTF-8") from error
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    columns = [name.strip().lower() for name in next(lines, [])]
    _check_columns(path, columns)
    labels = Labels()
    for cells in lines:
        number = lines.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            raise _fault(path, number, "", f"{len(cells)} cells; row 1 names {len(columns)}")
        row = {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}
        key = _key(path, number, row)
        if key in labels.rows:
            other = labels.rows[key]["row"]
            raise _fault(path, number, key[0], f"{key[1]!r} stands in row {other} already")
        given = row.get("licence_class")
        if given and given not in LICENCE_CLASSES:
            known = ", ".join(LICENCE_CLASSES)
            raise _fault(path, number, "licence_class", f"{given!r}; known: {known}")
        if given and not row.get("licence"):
            raise _fault(path, number, "licence", "a licence class needs a licence beside it")
        labels.rows[key] = {**row, "row": number}
    return labels


def _check_columns(path: Path, columns: list[str]) -> None:
    known = (*KEYS, *VALUES)
    for place, name in enumerate(columns):
        if name not in known:
            raise _fault(path, 1, name, f"unknown column; known: {', '.join(known)}")
        if name in columns[:place]:
            raise _fault(path, 1, name, "the column stands there twice")
    if not set(columns) & set(KEYS):
        raise _fault(path, 1, "", "a column 'file' or 'piece' has to say what a row is about")


def _key(path: Path, number: int, row: dict[str, str]) -> tuple[str, str]:
    given = [(name, row[name]) for name in KEYS if row.get(name)]
    if len(given) != 1:
        raise _fault(path, number, "", "a row is about a file or a piece: fill in one of the two")
    name, value = given[0]
    return name, value.replace("\\", "/").removeprefix("./")


def _fault(path: Path, row: int, column: str, what: str) -> ReadError:
    where = f"{path}, row {row}" + (f", column {column!r}" if column else "")
    return ReadError(f"{where}: {what}")
