"""New pieces from a trained generator.

Goal: from styles (or mixtures of them) and a seed to tables of pieces and notes.

Conventions
-----------
* A condition is a probability per style; a piece takes its meter, length and number
  of voices from its likeliest style, and exactly that number of parts.
* Decoding has no chance in it, all chance is in ``z`` and the transposition: a voice
  sounds where a rest has less than half the probability, a note begins where the onset
  has more than half, and its pitch is the one with the largest sum of log-probabilities
  over the note's cells. A voice that would be silent throughout sounds throughout.
* The same styles and seed give the same pieces.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ricercar import grid, tables
from ricercar.errors import ParameterError, ReadError
from ricercar.gan.forms import SHIFTS, Form, as_tables

FORMAT = 1
_BATCH = 256


def decode(logits: np.ndarray, lowest: int, voices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest music under the logits of a decoder.

    Parameters
    ----------
    logits : numpy.ndarray of float, shape (n, steps, voices, pitches + 2)
        Rest, pitches, onset.
    lowest : int
        MIDI pitch of the first pitch.
    voices : numpy.ndarray of int, shape (n,)
        Voices that the piece has; the others rest.

    Returns
    -------
    pitch : numpy.ndarray of int16, shape (n, steps, voices)
    onset : numpy.ndarray of bool, same shape

    Examples
    --------
    >>> logits = np.zeros((1, 3, 1, 4))  # rest, pitches 60 and 61, onset
    >>> logits[0, :, 0, :] = [[-9, 2, 1, 9], [-9, 0, 3, -9], [9, 0, 0, -9]]
    >>> decode(logits, 60, np.array([1]))[0][0, :, 0].tolist()  # 1 + 3 > 2 + 0
    [61, 61, -1]
    """
    n, steps, parts, _ = logits.shape
    scores = logits.swapaxes(1, 2).reshape(n * parts, steps, -1).astype(np.float64)
    classes = scores[..., :-1] - scores[..., :-1].max(axis=-1, keepdims=True)
    log_p = classes - np.log(np.exp(classes).sum(axis=-1, keepdims=True))
    sounds = log_p[..., 0] < np.log(0.5)
    sounds |= ~sounds.any(axis=1, keepdims=True)
    sounds &= (np.arange(parts) < np.asarray(voices)[:, None]).reshape(-1, 1)
    begins = sounds & (scores[..., -1] > 0)
    changes = np.ones_like(sounds)
    changes[:, 1:] = begins[:, 1:] | (sounds[:, 1:] != sounds[:, :-1])
    first = np.flatnonzero(changes)
    total = np.add.reduceat(log_p[..., 1:].reshape(n * parts * steps, -1), first, axis=0)
    length = np.diff(np.append(first, changes.size))
    line = np.repeat(total.argmax(axis=1) + lowest, length).reshape(n * parts, steps)
    line = np.where(sounds, line, grid.REST).astype(np.int16)
    shape = (n, parts, steps)
    pitch = line.reshape(shape).swapaxes(1, 2)
    return pitch, grid.canonical(pitch, changes.reshape(shape).swapaxes(1, 2))


@dataclass(frozen=True)
class Generator:
    """A trained generator and what is needed to read its output.

    Attributes
    ----------
    model : keras.Model
        (z, style) -> logits, see :func:`ricercar.gan.networks.composer`.
    forms : list of Form
        One per style.
    latent : int
        Size of ``z``.
    lowest : int
        MIDI pitch of the first pitch, before transposition.
    held_out : list of str
        Pieces of the catalogue that were held out of training.
    """

    model: Any
    forms: list[Form]
    latent: int
    lowest: int
    held_out: list[str] = field(default_factory=list)

    @property
    def styles(self) -> list[str]:
        """Names of the styles, in the order of a condition."""
        return [form.style for form in self.forms]

    def conditions(self, styles: Sequence[str] | np.ndarray) -> np.ndarray:
        """Probabilities of styles from names or from a matrix.

        Returns
        -------
        numpy.ndarray of float32, shape (n, styles)
            Each row sums to 1.

        Raises
        ------
        ParameterError
            If a name is unknown, or a row is negative or all zero.
        """
        if isinstance(styles, np.ndarray) and styles.dtype.kind == "f":
            if styles.ndim != 2 or styles.shape[1] != len(self.forms):
                raise ParameterError(
                    f"styles has shape {styles.shape}, must be (n, {len(self.forms)}), "
                    f"a column for each of {self.styles}"
                )
            total = styles.sum(axis=1, keepdims=True)
            if not np.isfinite(styles).all() or (styles < 0).any() or (total <= 0).any():
                raise ParameterError("styles must be probabilities: none negative, no empty row")
            return (styles / total).astype(np.float32)
        if isinstance(styles, str):
            raise ParameterError(f"styles must be a list of names, one per piece, not {styles!r}")
        if unknown := sorted({str(style) for style in styles} - set(self.styles)):
            raise ParameterError(f"styles {unknown} were not learnt; known: {self.styles}")
        index = [self.styles.index(str(style)) for style in styles]
        return np.eye(len(self.forms), dtype=np.float32)[index].reshape(-1, len(self.forms))

    def sample(
        self, styles: Sequence[str] | np.ndarray, seed: int, prefix: str = "sample"
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Compose one piece for each condition.

        Parameters
        ----------
        styles : sequence of str, or numpy.ndarray of float, shape (n, styles)
        seed : int
        prefix : str
            Pieces are named ``ricercar/<prefix>-0001`` and so on.

        Returns
        -------
        pieces, notes : pandas.DataFrame
            In the schemas ``composed_pieces`` and ``composed_notes``.
        """
        condition = self.conditions(styles)
        n = len(condition)
        rng = np.random.default_rng(seed)
        z = rng.standard_normal((n, self.latent)).astype(np.float32)
        drawn = rng.random(n)
        style = condition.argmax(axis=1)
        voices = np.array([form.voices for form in self.forms])[style]
        steps, parts, size = self.model.output_shape[1:]
        pitch = np.full((n, steps, parts), grid.REST, np.int16)
        onset = np.zeros((n, steps, parts), bool)
        for start in range(0, n, _BATCH):
            rows = slice(start, start + _BATCH)
            logits = np.asarray(self.model([z[rows], condition[rows]], training=False))
            pitch[rows], onset[rows] = decode(logits, self.lowest, voices[rows])
        back = -SHIFTS[_draw([form.transpositions for form in self.forms], style, drawn)]
        ids = [f"ricercar/{prefix}-{number + 1:04d}" for number in range(n)]
        pieces, notes = as_tables(self.forms, pitch, onset, style, back, ids)
        return tables.validate("composed_pieces", pieces), tables.validate("composed_notes", notes)

    def describe(self) -> dict[str, Any]:
        """What :func:`load` needs besides the network, in plain JSON types."""
        return {
            "format": FORMAT,
            "latent": self.latent,
            "lowest_pitch": self.lowest,
            "styles": [asdict(form) for form in self.forms],
            "held_out": list(self.held_out),
        }


def _draw(counts: Sequence[Sequence[int]], row: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """For each case an index drawn in proportion to the counts of its row.

    Examples
    --------
    >>> _draw([[1, 3]], np.array([0, 0]), np.array([0.2, 0.3])).tolist()
    [0, 1]
    """
    share = np.cumsum(np.asarray(counts, float), axis=1)
    share /= share[:, -1:]
    return (uniform[:, None] >= share[row]).sum(axis=1)


def load(network: Path, description: Path) -> Generator:
    """Read a generator that :mod:`ricercar.gan.training` made.

    Parameters
    ----------
    network, description : pathlib.Path
        ``generator.keras`` and ``generator.json``.

    Returns
    -------
    Generator

    Raises
    ------
    ReadError
        If either file is damaged, or the two do not belong together.
    """
    from ricercar.gan import files

    try:
        told = json.loads(Path(description).read_text("utf-8"))
        if told["format"] != FORMAT:
            raise ValueError(f"format {told['format']}, this version reads {FORMAT}")
        forms = [
            Form(**{**form, "transpositions": tuple(form["transpositions"])})
            for form in told["styles"]
        ]
        latent, lowest, held_out = told["latent"], told["lowest_pitch"], told["held_out"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReadError(f"{description} does not describe a generator: {error}") from error
    model = files.load(Path(network))
    if [tuple(shape[1:]) for shape in model.input_shape] != [(latent,), (len(forms),)]:
        raise ReadError(f"{network} and {description} do not belong together")
    return Generator(model, forms, latent, lowest, held_out)
