"""Pieces as points: what the style network makes of the notes before it names a style.

Goal: a small, kept embedder in which sets of pieces can be compared
(:mod:`ricercar.assess.frechet`), for tunes and for chorales, read and used without
TensorFlow.

Conventions
-----------
* The network of :mod:`ricercar.style.network` learns to name the style of a piece *and*
  whether it is music at all: spoilt copies of the pieces are styles of their own
  (:mod:`.embedding_training`). Styles alone would tell a chorale by its four voices and
  look no further.
* The embedding is its last layer but one: means and maxima over time of the last
  convolution, over the steps up to the piece's last note, averaged over an excerpt from the
  beginning, the middle and the end; then the first :attr:`Embedder.dimensions` principal
  components over the pieces that it was trained on, spoilt ones included, each with variance
  1 over them: without that, a few loud filters are all that a distance sees. Nothing lies
  beyond :data:`FARTHEST` on an axis, lest one odd piece outweigh a hundred others.
* It reads what sounds (:func:`sounding`), not where notes begin: chords stand in every step,
  and repeated notes, which the chorale files of other projects do not tell apart, make no
  difference.
* Embeddings do not depend on the key. They depend a little on length: compare pieces of
  equal length.
* An embedder is some arrays in an ``.npz`` file without pickle, and a text (JSON) that says
  what it was trained on.

Sources
-------
M. Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash
equilibrium", NeurIPS 2017 (a trained network's inner layer as the space to compare in);
I. T. Jolliffe, *Principal component analysis* (2002).
"""

import io
import json
import zipfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ricercar.errors import MissingArtefactError, ReadError
from ricercar.style.tokens import HELD, REST, STEPS, TOKENS, VOICES, excerpts, tokens

KEPT = "embedding.npz"

#: arrays of an embedder, in the order of the computation
ARRAYS = ("table", "kernel_1", "bias_1", "kernel_2", "bias_2", "centre", "axes")

#: steps from one position of a convolution to the next
STRIDES = (4, 2)

#: largest number in an embedding, in standard deviations of what was learnt from
FARTHEST = 4.0

#: excerpts that are read at once
BLOCK = 128


@dataclass(frozen=True)
class Embedder:
    """A network up to its last layer but one, and the axes that it is seen along.

    Attributes
    ----------
    arrays : dict of str to numpy.ndarray of float32
        :data:`ARRAYS`.
    about : dict
        What it was trained on: labels, number of pieces, their digest, seed, score.
    """

    arrays: dict[str, np.ndarray]
    about: dict[str, Any]

    @property
    def dimensions(self) -> int:
        """Numbers in an embedding."""
        return int(self.arrays["axes"].shape[1])

    def embed(self, pieces: pd.DataFrame, notes: pd.DataFrame) -> np.ndarray:
        """Embed every piece of a set.

        Parameters
        ----------
        pieces, notes : pandas.DataFrame
            As in :mod:`ricercar.tables`.

        Returns
        -------
        numpy.ndarray of float64, shape (pieces, dimensions)

        Raises
        ------
        TableError
            If a piece has no notes.
        """
        token, length = sounding(pieces, notes)
        return self.project(pooled(self.arrays, token, length))

    def project(self, values: np.ndarray) -> np.ndarray:
        """The pooled layer along the axes, shape (pieces, dimensions)."""
        along = (values - self.arrays["centre"]) @ self.arrays["axes"].astype(float)
        return np.clip(along, -FARTHEST, FARTHEST)

    def save(self, path: Path) -> None:
        """Write the embedder, equal bytes for equal embedders."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in (*ARRAYS, "about"):
                value = json.dumps(self.about, sort_keys=True) if name == "about" else None
                content = io.BytesIO()
                np.save(content, np.array(value) if value else self.arrays[name])
                stamp = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
                archive.writestr(stamp, content.getvalue(), zipfile.ZIP_DEFLATED)


def load(path: Path) -> Embedder:
    """Read an embedder that :meth:`Embedder.save` wrote.

    Raises
    ------
    ReadError
        If the file is not an embedder.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in ARRAYS}
            about = json.loads(str(stored["about"]))
        table, first, second = (arrays[name] for name in ("table", "kernel_1", "kernel_2"))
        if (
            first.shape[1] != VOICES * table.shape[1]
            or len(table) != TOKENS
            or second.shape[1] != first.shape[2]
            or arrays["axes"].shape[0] != 2 * second.shape[2]
        ):
            raise ValueError("its arrays do not fit each other or the tokens")
    except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise ReadError(f"{path} is not a readable embedder: {error}") from error
    return Embedder(arrays, dict(about))


def available() -> bool:
    """Whether the package holds an embedder."""
    return (resources.files("ricercar.style") / KEPT).is_file()


def kept() -> Embedder:
    """The embedder that comes with the package.

    Raises
    ------
    MissingArtefactError
        If the package does not hold one.
    """
    if not available():
        raise MissingArtefactError(
            f"ricercar.style holds no {KEPT}: train one (ricercar.style.embedding_training.train) "
            "or install the whole package"
        )
    with resources.as_file(resources.files("ricercar.style") / KEPT) as path:
        return load(path)


def sounding(pieces: pd.DataFrame, notes: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Tokens of :mod:`ricercar.style.tokens` with held notes written out.

    Returns
    -------
    token : numpy.ndarray of int8, shape (pieces, steps, VOICES)
        REST, or the pitch that sounds; never HELD.
    length : numpy.ndarray of int, shape (pieces,)

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 240], "duration": [240, 120],
    ...                       "pitch": [60, 62]})
    >>> token, _ = sounding(pd.DataFrame({"piece": ["a"], "quarters": [1.0]}), notes)
    >>> [int(t) for t in token[0, :4, 0]]
    [31, 31, 33, 0]
    """
    token, length = tokens(pieces, notes)
    steps = np.arange(token.shape[1])[None, :, None]
    struck = np.maximum.accumulate(np.where(token == HELD, 0, steps), axis=1)
    return np.take_along_axis(token, struck, axis=1), length


def _convolved(values: np.ndarray, kernel: np.ndarray, bias: np.ndarray, stride: int) -> np.ndarray:
    """Convolution over time with zeros beyond the ends ("same"), then GELU."""
    from scipy.special import erf

    size, steps = len(kernel), values.shape[1]
    count = -(-steps // stride)
    beyond = max((count - 1) * stride + size - steps, 0)
    padded = np.pad(values, ((0, 0), (beyond // 2, beyond - beyond // 2), (0, 0)))
    # what a filter sees, steps of all channels one after the other, lies together in memory
    width, flat = values.shape[2], padded.reshape(len(padded), -1)
    seen = np.lib.stride_tricks.sliding_window_view(flat, size * width, axis=1)
    sums = seen[:, :: stride * width] @ kernel.reshape(size * width, -1) + bias
    result: np.ndarray = sums * 0.5 * (1 + erf(sums / np.sqrt(np.float32(2))))
    return result


def activations(arrays: dict[str, np.ndarray], token: np.ndarray) -> np.ndarray:
    """Last convolution of the network, shape (excerpts, positions, filters).

    Parameters
    ----------
    arrays : dict of str to numpy.ndarray
        :data:`ARRAYS`.
    token : numpy.ndarray of int, shape (excerpts, STEPS, VOICES)
    """
    values = arrays["table"][token].reshape(*token.shape[:2], -1)
    for layer, stride in enumerate(STRIDES, start=1):
        values = _convolved(values, arrays[f"kernel_{layer}"], arrays[f"bias_{layer}"], stride)
    return values


def pooled(arrays: dict[str, np.ndarray], token: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Mean and maximum over time of the last convolution, the mean of three excerpts.

    Parameters
    ----------
    arrays : dict of str to numpy.ndarray
    token : numpy.ndarray of int8, shape (pieces, steps, VOICES)
    length : numpy.ndarray of int, shape (pieces,)
        From :func:`sounding`.

    Returns
    -------
    numpy.ndarray of float64, shape (pieces, 2 filters)
    """
    heard = (token != REST).any(axis=2)
    end = token.shape[1] - heard[:, ::-1].argmax(axis=1)
    stride = int(np.prod(STRIDES))
    places = np.stack([((length - STEPS) * share).astype(int) for share in (0.0, 0.5, 1.0)], axis=1)
    # a short piece is its own beginning, middle and end
    row, start = np.unique(np.stack([np.repeat(np.arange(len(token)), 3), places.ravel()]), axis=1)
    count = np.bincount(row, minlength=len(token))
    total = np.zeros((len(token), 2 * arrays["kernel_2"].shape[2]))
    for first in range(0, len(row), BLOCK):
        mine, begin = row[first : first + BLOCK], start[first : first + BLOCK]
        values = activations(arrays, excerpts(token[mine], begin))
        inside = np.arange(values.shape[1]) * stride < (end[mine] - begin)[:, None]
        # an excerpt of rests alone, at the end of a piece, is read whole
        inside[~inside.any(axis=1)] = True
        mean = (values * inside[..., None]).sum(axis=1) / inside.sum(axis=1)[:, None]
        most = np.where(inside[..., None], values, -np.inf).max(axis=1)
        np.add.at(total, mine, np.concatenate([mean, most], axis=1))
    result: np.ndarray = total / count[:, None]
    return result
