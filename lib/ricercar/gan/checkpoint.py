"""The state of a training on disk: arrays only, written whole or not at all.

Conventions
-----------
A checkpoint is one ``.npz`` file, named by the digest of everything that the training
depends on (material, recipe, the code of this package): another training finds no
checkpoint rather than a wrong one. A damaged file counts as none.
"""

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ricercar.workspace import writing


def key_of(*parts: str) -> str:
    """Digest of the parts and of the code of this package, 24 hexadecimal digits."""
    sha = hashlib.sha256()
    for source in sorted(Path(__file__).parent.rglob("*.py")):
        sha.update(source.read_bytes())
    for part in parts:
        sha.update(f"{len(part)}:{part}".encode())
    return sha.hexdigest()[:24]


@dataclass(frozen=True)
class Checkpoint:
    """Where a training keeps its state.

    Attributes
    ----------
    folder : pathlib.Path or None
        None keeps nothing.
    key : str
        See :func:`key_of`.
    """

    folder: Path | None
    key: str

    def save(self, told: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Replace the checkpoint.

        Parameters
        ----------
        told : dict
            Plain JSON types.
        arrays : dict of str to numpy.ndarray
            Numbers only.
        """
        if self.folder is None:
            return
        text = np.frombuffer(json.dumps(told).encode(), np.uint8)
        with writing(self.folder / f"{self.key}.npz") as path, path.open("wb") as file:
            np.savez(file, **(arrays | {"told": text}))  # type: ignore[arg-type]
        for other in self.folder.glob("*.npz"):
            if other.stem != self.key:
                other.unlink(missing_ok=True)

    def load(self) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
        """The state as it was saved; None if there is none, or none that can be read."""
        if self.folder is None or not (self.folder / f"{self.key}.npz").is_file():
            return None
        try:
            with np.load(self.folder / f"{self.key}.npz", allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            return json.loads(arrays.pop("told").tobytes()), arrays
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
