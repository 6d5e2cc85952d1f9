"""What is remembered of music as far as it is written.

Conventions
-----------
* ``token`` and ``sound`` are those of :mod:`.material`, cell by cell.
* All cells of the grid are remembered; those that a meter does not use count in no duration.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ricercar.gan.critic_features import LONG, REPEATED, Before, reached
from ricercar.gan.leading import COMPARED, RECALLED

#: age of a pitch class that was never heard, in cells
NEVER = 10_000


@dataclass
class Passage:
    """What is remembered of music as far as it is written.

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
    run : numpy.ndarray of int64, shape (n, bars, voices)
        Notes in a row, up to the last one, that were as so many bars before.
    low, high, last, turn, since, length : numpy.ndarray of int64, shape (n, voices)
        As :class:`.critic_features.Before` has them.
    age : numpy.ndarray of int64, shape (n, 13)
        Likewise, of each pitch class and of rests.
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
    run: np.ndarray
    low: np.ndarray
    high: np.ndarray
    last: np.ndarray
    turn: np.ndarray
    since: np.ndarray
    length: np.ndarray
    age: np.ndarray
    cell: int = 0

    @classmethod
    def begin(
        cls, bar: np.ndarray, slots: int, voices: int, past: Sequence[np.ndarray] = ()
    ) -> "Passage":
        """Nothing yet, of pieces with so many cells in a bar and in a beat."""
        n = len(bar)
        none = np.zeros((n, voices), np.int64)
        begun = np.full((n, max(REPEATED) * int(bar.max(initial=1)), voices), -1)
        same = np.zeros((n, max(COMPARED) * slots, len(RECALLED), voices), bool)
        heard = np.zeros((n, slots, voices), np.int64)
        run = np.zeros((n, len(REPEATED), voices), np.int64)
        return cls(
            token=none + 1,
            sound=none,
            past=list(past),
            bar=np.asarray(bar, np.int64),
            begun=begun,
            same=same,
            heard=heard,
            run=run,
            low=none,
            high=none,
            last=none,
            turn=none,
            since=none,
            length=none,
            age=np.full((n, 13), NEVER),
        )

    def take(self, rows: np.ndarray) -> "Passage":
        """Some of the pieces, or the same several times."""
        past = [array[rows] for array in self.past]
        each = {
            name: array[rows] for name, array in vars(self).items() if isinstance(array, np.ndarray)
        }
        return replace(self, past=past, **each)

    def before(self, form: np.ndarray) -> Before:
        """What a critic is told of it.

        Parameters
        ----------
        form : numpy.ndarray of int, shape (n, 4)
            Of the beat, see :meth:`.conditions.Vocabulary.forms`.
        """
        return Before(
            begun=self.token,
            sounding=self.sound,
            ago=self.heard[:, self.cell % self.heard.shape[1]],
            low=self.low,
            high=self.high,
            last=self.last,
            turn=self.turn,
            since=self.since,
            length=self.length,
            age=self.age[:, :12],
            recalled=self.recalled(REPEATED),
            run=self.run,
            form=form,
        )

    def recalled(self, bars: tuple[int, ...] = RECALLED) -> np.ndarray:
        """Tokens some bars before the next cell, -1 for none, shape (n, bars, voices)."""
        at = self.cell - np.array(bars) * self.bar[:, None]
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

    def go_on(self, token: np.ndarray, sound: np.ndarray, counts: np.ndarray) -> None:
        """Remember a cell.

        Parameters
        ----------
        token, sound : numpy.ndarray of int, shape (n, voices)
        counts : numpy.ndarray of bool, shape (n,)
            Whether the meter uses this cell.
        """
        then = self.recalled(REPEATED)
        same = then == token[:, None]
        self.same[:, self.cell % self.same.shape[1]] = same[:, : len(RECALLED)]
        notes = (then > 1) | (token[:, None] > 1)
        self.run = np.where(notes, np.where(same, self.run + 1, 0), self.run)
        self.begun[:, self.cell % self.begun.shape[1]] = token
        self.heard[:, self.cell % self.heard.shape[1]] = sound
        self.low, self.high = reached(self.low, self.high, sound)
        used = counts[:, None]
        strikes, changes = used & (token > 1), used & (token > 0)
        moved = np.where(strikes & (self.last > 0), sound - self.last, 0)
        self.turn = np.where(moved != 0, moved, self.turn)
        self.last = np.where(strikes, sound, self.last)
        self.length = np.where(changes, self.since, self.length)
        older = np.minimum(self.since + (used & (self.since > 0)), LONG)
        self.since = np.where(changes, 1, older)
        self.age = self.age + used
        degree = np.where(sound > 0, (sound - 1) % 12, 12)
        np.put_along_axis(self.age, degree, 0, axis=1)
        self.token, self.sound = token, sound
        self.cell += 1
