"""A piece before it is read: its bytes, its id, and what its source says of it.

Conventions
-----------
A piece's id is ``<collection>/<name>``, from letters, digits, ``_``, ``.``, ``-`` and
``/`` only, and stays the same from run to run.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """One piece before it is read.

    Attributes
    ----------
    work : str
        The work that the source names (a hymn), or an empty string.
    line : int
        Line of the file at which the piece begins, 0 for a file of its own.
    """

    piece: str
    collection: str
    format: str
    data: bytes
    source: str
    licence: str
    licence_class: str
    title: str = ""
    composer: str = ""
    style: str = ""
    work: str = ""
    line: int = 0

    @property
    def sha256(self) -> str:
        """Digest of the bytes that are read."""
        return hashlib.sha256(self.data).hexdigest()


def safe_name(text: str) -> str:
    """A text as part of an id: ASCII letters, digits, ``_``, ``.`` and ``-``; may be empty.

    Examples
    --------
    >>> safe_name("../Ünter <den> Linden")
    'Unter-den-Linden'
    """
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.]+", "-", folded).strip("-.")[:80].strip("-.")


def tunes_of(text: str) -> Iterator[tuple[int, str]]:
    """The tunes of an ABC file with the line on which each begins (1 is the first).

    What stands before the first ``X:`` holds for every tune and is put before each,
    comments left out. A blank line ends a tune; what follows it is dropped unless it has
    bar lines (some transcribers part the strains of a tune with blank lines).

    Examples
    --------
    >>> list(tunes_of("%abc-2.1\\nM:6/8\\n\\nX:1\\nK:G\\nGAB|\\n\\nX:2\\nK:D\\nd3|\\n"))
    [(4, '%abc-2.1\\nM:6/8\\nX:1\\nK:G\\nGAB|'), (8, '%abc-2.1\\nM:6/8\\nX:2\\nK:D\\nd3|')]
    """
    pieces = re.split(r"(?m)^(?=X:)", text.replace("\r\n", "\n").replace("\r", "\n"))
    head = [line for line in pieces[0].splitlines() if re.match(r"[A-Za-z]:|%abc-|%%", line)]
    line = 1 + pieces[0].count("\n")
    for tune in pieces[1:]:
        first, *more = re.split(r"\n[ \t]*\n", tune.strip())
        music = [first, *(paragraph for paragraph in more if "|" in paragraph)]
        yield line, "\n".join([*head, *music])
        line += tune.count("\n")
