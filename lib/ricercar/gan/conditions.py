"""What is asked for: style, meter, mode, length, upbeat; as numbers beside every beat.

Goal: one description of a piece to be, the same for pieces that are learnt from and for
pieces that are composed.

Conventions
-----------
* Styles are probabilities, so that a mixture can be asked for; all else is one of the
  kinds that were learnt.
* *Places* are features of a beat, float32: its number in the bar, bars since the beginning
  and bars until the end (each up to :data:`FAR`), meter, mode and style, one-hot but for
  the style. They are all that the networks know of length, which so may be anything.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ricercar.errors import ParameterError
from ricercar.gan.beats import MOST_BEATS, TONICS, Layout, layout, tonic

#: bars beyond which the distance to the beginning and the end counts no more
FAR = 8

#: meter, mode, beats, has a pickup, transposition, number of pieces like that
Usual = tuple[str, str, int, bool, int, int]


@dataclass(frozen=True)
class Vocabulary:
    """What can be asked for, and the size of the grid.

    Attributes
    ----------
    styles, meters, modes : tuple of str
    voices : int
    slots : int
        Cells of a beat on the grid, the most that any meter has.
    lowest, highest : int
        MIDI pitch range on the white keys.
    usual : dict of str to list
        For each style, what its pieces are like (:data:`Usual`).
    """

    styles: tuple[str, ...]
    meters: tuple[str, ...]
    modes: tuple[str, ...]
    voices: int
    slots: int
    lowest: int
    highest: int
    usual: dict[str, list[Usual]]

    @property
    def pitches(self) -> int:
        """Size of the pitch range."""
        return self.highest - self.lowest + 1

    @property
    def features(self) -> int:
        """Number of features of a beat's place."""
        known = len(self.meters) + len(self.modes) + len(self.styles)
        return MOST_BEATS + 2 * (FAR + 1) + 1 + known

    def forms(self, places: np.ndarray) -> np.ndarray:
        """What places say of form, read back.

        Parameters
        ----------
        places : numpy.ndarray, shape (..., at least ``features``)
            From :meth:`Conditions.places`; more may follow.

        Returns
        -------
        numpy.ndarray of int64, shape (..., 4)
            Number of the beat in its bar; bars since the beginning, up to ``FAR``; bars until
            the end, 0 beyond it, 1 in the last bar, up to ``FAR + 1``; mode.
        """
        ends = np.cumsum([0, MOST_BEATS, FAR + 1, FAR + 2, len(self.meters), len(self.modes)])
        blocks = ((ends[at], ends[at + 1]) for at in (0, 1, 2, 4))
        return np.stack([places[..., a:b].argmax(axis=-1) for a, b in blocks], axis=-1)

    def describe(self) -> dict[str, Any]:
        """In plain JSON types."""
        return asdict(self)

    @classmethod
    def read(cls, told: dict[str, Any]) -> "Vocabulary":
        """From what :meth:`describe` gave."""
        names = {name: tuple(told[name]) for name in ("styles", "meters", "modes")}
        usual = {style: [tuple(one) for one in rows] for style, rows in told["usual"].items()}
        return cls(**{**told, **names, "usual": usual})


@dataclass(frozen=True)
class Conditions:
    """What is asked for, for ``n`` pieces.

    Attributes
    ----------
    vocabulary : Vocabulary
    style : numpy.ndarray of float32, shape (n, styles)
        Probabilities.
    meter, mode : numpy.ndarray of int64, shape (n,)
        Index into the vocabulary.
    beats : numpy.ndarray of int64, shape (n,)
        Length, whole bars, the bar of a pickup included.
    pickup : numpy.ndarray of bool, shape (n,)
    """

    vocabulary: Vocabulary
    style: np.ndarray
    meter: np.ndarray
    mode: np.ndarray
    beats: np.ndarray
    pickup: np.ndarray

    @classmethod
    def of(
        cls,
        vocabulary: Vocabulary,
        style: Sequence[str] | np.ndarray,
        meter: Sequence[str],
        mode: Sequence[str],
        beats: np.ndarray,
        pickup: np.ndarray,
    ) -> "Conditions":
        """Conditions from names.

        Raises
        ------
        ParameterError
            If a name is unknown, or style probabilities are not.
        """
        return cls(
            vocabulary,
            probabilities(vocabulary, style),
            _index("meter", vocabulary.meters, meter),
            _index("mode", vocabulary.modes, mode),
            np.asarray(beats, np.int64),
            np.asarray(pickup, bool),
        )

    def __len__(self) -> int:
        return len(self.beats)

    def take(self, rows: np.ndarray) -> "Conditions":
        """Some of the pieces."""
        arrays = (self.style, self.meter, self.mode, self.beats, self.pickup)
        return Conditions(self.vocabulary, *(array[rows] for array in arrays))

    @property
    def layouts(self) -> list[Layout]:
        """How each piece is laid on cells."""
        every = [layout(meter) for meter in self.vocabulary.meters]
        return [every[meter] for meter in self.meter]  # type: ignore[misc]

    @property
    def beats_per_bar(self) -> np.ndarray:
        """Beats of a bar, shape (n,)."""
        return np.array([lay.beats for lay in self.layouts], np.int64)

    @property
    def slots(self) -> np.ndarray:
        """Cells of a beat, shape (n,)."""
        return np.array([lay.slots for lay in self.layouts], np.int64)

    @property
    def bar(self) -> np.ndarray:
        """Cells of a bar on the grid, those that a meter leaves empty included, shape (n,)."""
        return self.beats_per_bar * self.vocabulary.slots

    def places(self, beat: np.ndarray) -> np.ndarray:
        """Features of beats.

        Parameters
        ----------
        beat : numpy.ndarray of int, shape (n, t)
            Beats of each piece, counted from its beginning; may lie beyond the end.

        Returns
        -------
        numpy.ndarray of float32, shape (n, t, vocabulary.features)

        Examples
        --------
        Two bars of 3/4: the fourth beat is the first of the last bar, the seventh is beyond.

        >>> vocabulary = Vocabulary(("air",), ("3/4",), ("major",), 1, 4, 60, 72, {})
        >>> asked = Conditions.of(vocabulary, ["air"], ["3/4"], ["major"], [6], [False])
        >>> places = asked.places(np.array([[0, 3, 6]]))[0]
        >>> places[:, :3].tolist()
        [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
        >>> places[:, 15:19].tolist()  # beyond the end, the last bar, one bar before it, two
        [[0.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]]
        """
        per_bar = self.beats_per_bar[:, None]
        bar = beat // per_bar
        since = np.clip(bar + ~self.pickup[:, None], 0, FAR)
        until = np.clip(self.beats[:, None] // per_bar - 1 - bar, -1, FAR)
        v = self.vocabulary

        def one_hot(size: int, at: np.ndarray) -> np.ndarray:
            return np.eye(size, dtype=np.float32)[at]

        same = np.concatenate(
            [one_hot(len(v.meters), self.meter), one_hot(len(v.modes), self.mode), self.style], 1
        )
        own = [
            one_hot(MOST_BEATS, beat % per_bar),
            one_hot(FAR + 1, since),
            one_hot(FAR + 2, until + 1),
        ]
        spread = np.broadcast_to(same[:, None], (*beat.shape, same.shape[1]))
        return np.concatenate([*own, spread], axis=2).astype(np.float32)


def probabilities(vocabulary: Vocabulary, style: Sequence[str] | np.ndarray) -> np.ndarray:
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
    known = list(vocabulary.styles)
    if isinstance(style, np.ndarray) and style.dtype.kind == "f":
        if style.ndim != 2 or style.shape[1] != len(known):
            raise ParameterError(
                f"styles has shape {style.shape}, must be (n, {len(known)}), "
                f"a column for each of {known}"
            )
        total = style.sum(axis=1, keepdims=True)
        if not np.isfinite(style).all() or (style < 0).any() or (total <= 0).any():
            raise ParameterError("styles must be probabilities: none negative, no empty row")
        return (style / total).astype(np.float32)
    if isinstance(style, str):
        raise ParameterError(f"styles must be a list of names, one per piece, not {style!r}")
    return np.eye(len(known), dtype=np.float32)[_index("style", vocabulary.styles, list(style))]


def _index(what: str, known: tuple[str, ...], names: Sequence[str]) -> np.ndarray:
    if unknown := sorted({str(name) for name in names} - set(known)):
        raise ParameterError(f"{what} {unknown} was not learnt; known: {list(known)}")
    place = {name: number for number, name in enumerate(known)}
    return np.array([place[str(name)] for name in names], np.int64)


def draw(
    vocabulary: Vocabulary,
    style: Sequence[str] | np.ndarray,
    rng: np.random.Generator,
    bars: int | None = None,
    meter: str | None = None,
    key: str | None = None,
    mode: str | None = None,
) -> tuple[Conditions, np.ndarray]:
    """Conditions for pieces of some styles; what is not asked for is as in real pieces.

    Parameters
    ----------
    vocabulary : Vocabulary
    style : sequence of str, or numpy.ndarray of float, shape (n, styles)
        The likeliest style of a piece decides what is usual.
    rng : numpy.random.Generator
    bars : int, optional
        Complete bars.
    meter : str, optional
    key : str, optional
        ``"G major"``.
    mode : str, optional
        Of the key, if no key is given.

    Returns
    -------
    conditions : Conditions
    transpose : numpy.ndarray of int64, shape (n,)
        Semitones that bring each piece from the white keys to its key.

    Raises
    ------
    ParameterError
        If something was not learnt.
    """
    shares = probabilities(vocabulary, style)
    asked = tonic(key)
    if key is not None and asked is None:
        raise ParameterError(f"key {key!r} is none: give a letter, signs and a mode, 'F# minor'")
    mode = asked[1] if asked else mode
    for what, name, known in (
        ("meter", meter, vocabulary.meters),
        ("mode", mode, vocabulary.modes),
    ):
        if name is not None:
            _index(what, known, [name])
    if bars is not None and bars < 2:
        raise ParameterError(f"bars is {bars}, must be at least 2")
    rows = []
    for number in shares.argmax(axis=1):
        usual = vocabulary.usual.get(vocabulary.styles[number]) or [
            one for kind in vocabulary.usual.values() for one in kind
        ]
        fitting = [
            one for one in usual if (meter or one[0]) == one[0] and (mode or one[1]) == one[1]
        ]
        weights = np.array([one[-1] for one in fitting or usual], float)
        at = int(np.searchsorted(np.cumsum(weights), rng.random() * weights.sum(), "right"))
        rows.append((fitting or usual)[min(at, len(weights) - 1)])
    meters = [meter or row[0] for row in rows]
    modes = [mode or row[1] for row in rows]
    per_bar = np.array([layout(name).beats for name in meters])  # type: ignore[union-attr]
    pickup = np.array([row[3] for row in rows])
    length = np.array([row[2] for row in rows])
    length = -(-length // per_bar) * per_bar if bars is None else (bars + pickup) * per_bar
    moved = -np.array([row[4] for row in rows], np.int64)
    if asked:
        moved = np.full(len(rows), (asked[0] - TONICS[asked[1]] + 6) % 12 - 6)
    return Conditions.of(vocabulary, shares, meters, modes, length, pickup), moved
