"""One piece from one file, as tables: what a person hands over to be worked on.

Conventions
-----------
The piece is named after its file, and is its owner's (licence ``LicenseRef-own``).
"""

from pathlib import Path

import pandas as pd

from ricercar.catalogue import folder, formats, sources
from ricercar.catalogue.reading import text_of
from ricercar.errors import ParameterError, ReadError


def read_piece(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A piece from a file, as rows of ``pieces`` and ``notes``.

    Parameters
    ----------
    path : Path
        MIDI, MusicXML, ABC (its first tune), kern or MEI.

    Raises
    ------
    ParameterError
        If the file is not there, too large, or cannot be read.
    """
    if not path.is_file():
        raise ParameterError(f"there is no file {path}")
    kind = formats.format_of(path.name)
    if not kind:
        endings = ", ".join(ending for each in formats.FORMATS.values() for ending in each)
        raise ParameterError(f"{path} is of no known format: {endings}")
    if path.stat().st_size > folder.LARGEST_FILE:
        raise ParameterError(f"{path} is too large, more than {folder.LARGEST_FILE >> 20} MiB")
    data = path.read_bytes()
    try:
        if kind == "abc":
            tunes = [tune for _, tune in sources.tunes_of(text_of(data))]
            if not tunes:
                raise ReadError("no tune in it begins with X:")
            data = tunes[0].encode("utf-8")
        found = formats.read(data, kind)
    except ReadError as error:
        raise ParameterError(f"{path} cannot be read: {error}") from error
    piece = {
        "piece": path.name,
        "title": found.title or path.stem,
        "meter": found.meter or None,
        "meter_changes": found.meter_changes or None,
        "key": found.key or None,
        "quarters": found.quarters,
        "pickup": found.pickup,
        "licence": "LicenseRef-own",
        "licence_class": "own",
    }
    notes = pd.DataFrame(found.notes, columns=["part", "onset", "duration", "pitch"])
    notes.insert(0, "piece", path.name)
    return pd.DataFrame([piece]), notes
