"""The feature table, computed once for the same music and the same definitions.

Conventions
-----------
A table is kept as ``<digest>.parquet``: the digest is that of the pieces' and notes' values
that features may depend on, of the source of this package and of :mod:`ricercar.meter`, and
of NumPy's version.
"""

import hashlib
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar import features, tables, workspace
from ricercar.errors import TableError

_PIECES = ("meter", "meter_changes", "key", "key_changes", "pickup")
_NOTES = ("part", "onset", "duration", "pitch")


@cache
def definitions() -> str:
    """Digest of the code that a feature's value depends on."""
    here = Path(__file__).parent
    sha = hashlib.sha256(f"numpy {np.__version__}\n".encode())
    for file in [*sorted(here.glob("*.py")), here.parent / "meter.py"]:
        sha.update(f"{file.name} {workspace.digest(file)}\n".encode())
    return sha.hexdigest()


def digest(pieces: pd.DataFrame, notes: pd.DataFrame) -> str:
    """Digest of music and definitions.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"], "meter": ["4/4"], "pickup": [0]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480], "duration": 480,
    ...                       "pitch": [60, 62]})
    >>> digest(pieces, notes) == digest(pieces, notes.assign(pitch=[60, 64]))
    False
    """
    sha = hashlib.sha256(definitions().encode())
    for column in ("piece", *(name for name in _PIECES if name in pieces)):
        text = "\x00".join(pieces[column].astype("object").map(repr))
        sha.update(f"{column}\n{text}\n".encode())
    codes, names = pd.factorize(notes["piece"])
    sha.update("\x00".join(map(repr, names)).encode())
    sha.update(np.ascontiguousarray(codes, np.int64).tobytes())
    for column in _NOTES:
        sha.update(np.ascontiguousarray(notes[column].to_numpy(np.int64)).tobytes())
    return sha.hexdigest()


def extract(pieces: pd.DataFrame, notes: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The features of every piece, from ``folder`` where they have been computed before.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        As for :func:`ricercar.features.extract`.
    folder : Path
        Where tables are kept; it must exist.

    Returns
    -------
    pandas.DataFrame
        The same as :func:`ricercar.features.extract` gives.
    """
    kept = folder / f"{digest(pieces, notes)}.parquet"
    try:
        return tables.validate("features", pd.read_parquet(kept))
    except (OSError, ValueError, TableError):  # not there, or damaged: computed anew
        pass
    table = features.extract(pieces, notes)
    with workspace.writing(kept) as path:
        table.to_parquet(path, index=False)
    return table
