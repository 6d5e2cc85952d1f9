"""A piece before it is read: its bytes, its id, and what its source says of it.

Conventions
-----------
The bytes are needed only until the piece is read: what is known of thousands of pieces
is kept without them (:meth:`Source.without_data`). A piece's id is
``<collection>/<name>``, from letters, digits, ``_``, ``.``, ``-`` and ``/`` only, and
stays the same from run to run.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Source:
    """One piece before it is read.

    Attributes
    ----------
    data : bytes
        The piece itself; empty once it is no longer needed.
    style_from : str
        Where the style is known from, as in :mod:`ricercar.tables`.
    work : str
        The work that the source names (a hymn), or an empty string.
    line : int
        Line of the file at which the piece begins, 0 for a file of its own.
    sha256 : str
        Digest of the bytes, computed unless it is given.
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
    style_from: str = ""
    work: str = ""
    line: int = 0
    sha256: str = ""

    def __post_init__(self) -> None:
        if not self.sha256:
            object.__setattr__(self, "sha256", hashlib.sha256(self.data).hexdigest())

    def without_data(self) -> "Source":
        """The same, its bytes forgotten."""
        return replace(self, data=b"")


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
    comments left out. A blank line ends a tune; what follows it is dropped, its lines left
    blank, unless it has bar lines (some transcribers part the strains of a tune with
    blank lines).

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
        # every line stays where it is, so that a fault in one can be named
        music = [p if "|" in p else "\n" * p.count("\n") for p in more]
        yield line, "\n".join([*head, "\n\n".join([first, *music]).rstrip()])
        line += tune.count("\n")
