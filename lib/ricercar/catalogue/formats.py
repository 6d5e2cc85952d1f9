"""The file formats that can be read, and the choice of reader.

Conventions
-----------
* ``repeats`` is ``"written"``, which keeps repeats as they stand on the page, or
  ``"played"``, which plays them out: repeated sections with first and second endings,
  da capo and dal segno. MIDI has no repeat signs.
* ``counts["repeats"]`` of a reading is the number of repeated sections, either way;
  ``counts["repeats_unclear"]`` is 1 where the signs make no sense, and then the piece
  stays as written.
"""

from pathlib import Path

from ricercar.catalogue.reading import Reading
from ricercar.errors import ParameterError, ReadError

#: format -> file name endings
FORMATS = {
    "midi": (".mid", ".midi"),
    "mxl": (".mxl",),
    "musicxml": (".xml", ".musicxml"),
    "abc": (".abc",),
    "kern": (".krn",),
    "mei": (".mei",),
}

REPEATS = ("written", "played")

#: the modules on which a reading depends, apart from the packages beneath them
READERS = (
    "abc_fields",
    "abc_tunes",
    "abc_voices",
    "archive",
    "formats",
    "mei",
    "mei_fields",
    "mei_staves",
    "midi",
    "notation",
    "partwise",
    "partwise_fields",
    "reading",
    "repeats",
    "scores",
    "spelling",
    "streams",
)


def format_of(name: str) -> str:
    """The format that a file's name promises, or an empty string.

    Examples
    --------
    >>> format_of("Song.MID"), format_of("notes.txt")
    ('midi', '')
    """
    ending = Path(name).suffix.lower()
    return next((format for format, endings in FORMATS.items() if ending in endings), "")


def read(data: bytes, format: str, repeats: str = "written") -> Reading:
    """Read one piece.

    Parameters
    ----------
    data : bytes
        The file; for ABC the text of one tune.
    format : str
        A key of :data:`FORMATS`.
    repeats : str
        ``"written"`` or ``"played"``.

    Returns
    -------
    Reading

    Raises
    ------
    ReadError
        Saying what is wrong with the file, with the line in its attribute ``line`` where
        that is known.
    ParameterError
        If ``repeats`` is neither.

    Examples
    --------
    >>> tune = b"X:1\\nM:2/4\\nL:1/4\\nK:G\\n|:GA|Bc:|\\n"
    >>> read(tune, "abc").quarters, read(tune, "abc", repeats="played").quarters
    (4.0, 8.0)
    """
    if repeats not in REPEATS:
        raise ParameterError(f"repeats is {repeats!r}; known: {', '.join(REPEATS)}")
    if format not in FORMATS:
        raise ReadError(f"unknown format {format!r}; known: {', '.join(FORMATS)}")
    if format == "midi":
        from ricercar.catalogue.midi import read_midi

        return read_midi(data)
    from ricercar.catalogue import notation

    played = repeats == "played"
    if format == "mxl":
        return notation.read_mxl(data, played)
    if format == "musicxml":
        return notation.read_musicxml(data, played)
    if format == "abc":
        return notation.read_abc(data, played)
    if format == "kern":
        return notation.read_kern(data, played)
    return notation.read_mei(data, played)
