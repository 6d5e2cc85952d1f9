"""A network on disk: Keras' own safe format, with equal bytes for equal weights.

Conventions
-----------
A ``.keras`` file is a zip archive of the configuration, some metadata and the weights.
Keras writes the hour into the metadata and the archive; both are set to a fixed value
here, so that two trainings that end alike leave the same digest.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ricercar.errors import ReadError
from ricercar.gan.backend import keras

_EPOCH = (1980, 1, 1, 0, 0, 0)


def _same_weights_same_bytes(stored: bytes) -> bytes:
    """Copy an HDF5 file without its times."""
    target = io.BytesIO()
    with (
        h5py.File(io.BytesIO(stored), "r") as source,
        h5py.File(target, "w", track_order=False) as copy,
    ):

        def put(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                made = copy.create_dataset(name, data=np.asarray(item), track_times=False)
            else:
                made = copy.require_group(name)
            for key in sorted(item.attrs):
                made.attrs[key] = item.attrs[key]

        for key in sorted(source.attrs):
            copy.attrs[key] = source.attrs[key]
        names: list[str] = []
        source.visit(names.append)
        for name in sorted(names):
            put(name, source[name])
    return target.getvalue()


def save(model: Any, path: Path) -> None:
    """Write a network as ``.keras``, equal bytes for equal weights.

    Parameters
    ----------
    model : keras.Model
    path : pathlib.Path
        Ends in ``.keras``.
    """
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in sorted(archive.namelist())}
    metadata = json.loads(content["metadata.json"])
    metadata.pop("date_saved", None)
    content["metadata.json"] = json.dumps(metadata, sort_keys=True).encode()
    content["model.weights.h5"] = _same_weights_same_bytes(content["model.weights.h5"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)


def load(path: Path) -> Any:
    """Read a network in safe mode: a file that carries code of its own is refused.

    Raises
    ------
    ReadError
        If the file is not a network in Keras' format.
    """
    try:
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ReadError(f"{path} cannot be read as a Keras network: {error}") from error
