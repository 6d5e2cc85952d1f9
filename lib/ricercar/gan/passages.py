"""What a writer remembers of music as far as it is written."""

from dataclasses import dataclass, replace

import numpy as np

from ricercar.gan.critique import Before, reached
from ricercar.gan.leading import COMPARED, RECALLED


@dataclass
class Passage:
    """What a writer remembers of music as far as it is written.

    Attributes
    ----------
    token, sound : numpy.ndarray of int64, shape (n, voices)
        Of the last cell.
    past : list of numpy.ndarray
        What each convolution reaches back to, shape (n, reach, width), cell by cell in turn.
    bar : numpy.ndarray of int64, shape (n,)
        Cells of a bar.
    begun : numpy.ndarray of int64, shape (n, cells, voices)
        Tokens of the last bars, cell by cell in turn.
    same : numpy.ndarray of bool, shape (n, cells, bars, voices)
        Were they those of so many bars before?
    heard : numpy.ndarray of int64, shape (n, slots, voices)
        What sounded in the last beat, cell by cell in turn.
    low, high : numpy.ndarray of int64, shape (n, voices)
        Lowest and highest pitch so far, 0 for none.
    cell : int
        Cells that are written.
    """

    token: np.ndarray
    sound: np.ndarray
    past: list[np.ndarray]
    bar: np.ndarray
    begun: np.ndarray
    same: np.ndarray
    heard: np.ndarray
    low: np.ndarray
    high: np.ndarray
    cell: int = 0

    def take(self, rows: np.ndarray) -> "Passage":
        """Some of the pieces, or the same several times."""
        past = [array[rows] for array in self.past]
        each = {
            name: array[rows] for name, array in vars(self).items() if isinstance(array, np.ndarray)
        }
        return replace(self, past=past, **each)

    def before(self) -> Before:
        """What a critic is told of it."""
        ago = self.heard[:, self.cell % self.heard.shape[1]]
        return Before(self.token, self.sound, ago, self.low, self.high)

    def recalled(self) -> np.ndarray:
        """Tokens some bars before the next cell, -1 for none, shape (n, bars, voices)."""
        at = self.cell - np.array(RECALLED) * self.bar[:, None]
        found = np.take_along_axis(self.begun, (at % self.begun.shape[1])[..., None], axis=1)
        return np.where(at[..., None] >= 0, found, -1)

    def alike(self, slots: int) -> np.ndarray:
        """How like some bars ago the last beats were, shape (n, spans * bars * voices)."""
        shares = []
        for span in (beats * slots for beats in COMPARED):
            last = (self.cell - 1 - np.arange(span)) % self.same.shape[1]
            shares.append(self.same[:, last].sum(axis=1) / span)
        told = np.stack(shares, axis=1).reshape(len(self.same), -1)
        return told.astype(np.float32)

    def go_on(self, token: np.ndarray, sound: np.ndarray, recalled: np.ndarray) -> None:
        """Remember a cell, and whether it was as recalled."""
        self.begun[:, self.cell % self.begun.shape[1]] = token
        self.same[:, self.cell % self.same.shape[1]] = recalled == token[:, None]
        self.heard[:, self.cell % self.heard.shape[1]] = sound
        self.low, self.high = reached(self.low, self.high, sound)
        self.token, self.sound = token, sound
        self.cell += 1
