"""The music that a generator learns from: whole pieces, beat by beat.

Goal: every piece of a family (pieces with one number of voices) on one grid of beats, in
one key, with what is known about it, so that one network can learn all its styles.

Conventions
-----------
* ``tokens`` (beats, slots, voices): what begins in a cell. 0 holds what was there, 1 is a
  rest, 2 + pitch - ``lowest`` a note. Beats of 4 cells leave the last slots of 6 unused.
* ``sounding``, same shape: what is heard. 0 is a rest, 1 + pitch - ``lowest`` a note.
* *White keys*: every piece is transposed so that its tonic is that of its mode on the white
  keys (:data:`.beats.TONICS`), and by whole octaves not at all. A new piece is moved to
  the key that was asked for, or to one drawn from the pieces of its style.
* A pickup is a bar of its own, filled up with rests before it, and so is the last bar after
  it; beats beyond the end, in a window longer than its piece, are rests too.
* ``part`` is ``train``, ``valid`` (looked at while training) or ``test`` (never looked at).
  Pieces of one ``group`` are in one part, except where a published split says otherwise.
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ricercar import grid
from ricercar import meter as meters
from ricercar.assess import chorale_split
from ricercar.errors import ParameterError
from ricercar.gan import beats
from ricercar.gan.conditions import Conditions, Vocabulary

#: transpositions that a piece may undergo, in semitones
SHIFTS = np.arange(-6, 6)
#: beats of a window, and fewest beats of a piece
WINDOW = 32
SHORTEST = 16


@dataclass(frozen=True)
class Material:
    """What a generator learns from.

    Attributes
    ----------
    vocabulary : Vocabulary
        Styles, meters and modes, pitch range and voices.
    pieces : pandas.DataFrame
        A row per piece: piece, group, style, meter, mode, part, transposition (semitones
        added), pickup (cells), beats.
    first : numpy.ndarray of int64, shape (pieces + 1,)
        Piece ``i`` takes the beats ``first[i]`` up to ``first[i + 1]``.
    tokens, sounding : numpy.ndarray of uint8, shape (beats, slots, voices)
    window : numpy.ndarray of int64, shape (windows, 2)
        Piece, and beat in the piece, at which a window of :data:`WINDOW` beats begins.
    left_out : dict of str to str
        Styles that cannot be learnt, and why.
    """

    vocabulary: Vocabulary
    pieces: pd.DataFrame
    first: np.ndarray
    tokens: np.ndarray
    sounding: np.ndarray
    window: np.ndarray
    left_out: dict[str, str] = field(default_factory=dict)

    def digest(self) -> str:
        """SHA-256 over all that a training depends on."""
        sha = hashlib.sha256(repr(self.vocabulary).encode())
        for name in ("piece", "style", "meter", "mode", "part"):
            sha.update("\n".join(self.pieces[name]).encode())
        for array in (self.first, self.tokens, self.window):
            sha.update(repr((array.shape, array.dtype.str)).encode())
            sha.update(np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()

    def rows(self, part: str) -> np.ndarray:
        """Windows of one part of the pieces."""
        return np.flatnonzero((self.pieces["part"] == part).to_numpy()[self.window[:, 0]])

    @property
    def per_bar(self) -> np.ndarray:
        """Beats of a bar, for each window, int32."""
        return self.conditions(self.window[:, 0]).beats_per_bar.astype(np.int32)

    def cut(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Windows as arrays.

        Parameters
        ----------
        rows : numpy.ndarray of int, shape (n,)
            Of :attr:`window`.

        Returns
        -------
        tokens, sounding : numpy.ndarray of int32, shape (n, WINDOW, slots, voices)
            A note that is already sounding begins at the cut.
        places : numpy.ndarray of float32, shape (n, WINDOW, vocabulary.features)
            See :meth:`.conditions.Conditions.places`.
        """
        piece, start = self.window[rows].T
        beat = start[:, None] + np.arange(WINDOW)
        inside = beat < np.diff(self.first)[piece][:, None]
        at = np.where(inside, self.first[piece][:, None] + beat, 0)
        tokens = np.where(inside[..., None, None], self.tokens[at], 1).astype(np.int32)
        sounding = np.where(inside[..., None, None], self.sounding[at], 0).astype(np.int32)
        opening = sounding[:, 0, 0]
        tokens[:, 0, 0] = np.where(opening > 0, opening + 1, 1)
        return tokens, sounding, self.conditions(piece).places(beat)

    def whole(self, piece: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whole pieces as arrays, rests beyond the end of each.

        Parameters
        ----------
        piece : numpy.ndarray of int, shape (n,)

        Returns
        -------
        tokens, sounding : numpy.ndarray of int32, shape (n, beats of the longest, slots, voices)
        """
        length = np.diff(self.first)[piece]
        beat = np.arange(length.max(initial=0))
        inside = beat < length[:, None]
        at = np.where(inside, self.first[piece][:, None] + beat, 0)
        tokens, sounding = (array[at].astype(np.int32) for array in (self.tokens, self.sounding))
        tokens[~inside], sounding[~inside] = 1, 0
        return tokens, sounding

    def conditions(self, piece: np.ndarray) -> Conditions:
        """What is known about pieces, as conditions for pieces like them."""
        known = self.pieces.iloc[piece]
        return Conditions.of(
            self.vocabulary,
            style=known["style"].tolist(),
            meter=known["meter"].tolist(),
            mode=known["mode"].tolist(),
            beats=known["beats"].to_numpy(),
            pickup=known["pickup"].to_numpy() > 0,
        )

    def summary(self) -> pd.DataFrame:
        """One row per style: pieces and windows learnt from, looked at and held out."""
        windows = np.bincount(self.window[:, 0], minlength=len(self.pieces))
        table = self.pieces.assign(windows=windows)
        counts = table.groupby("style")["part"].value_counts().unstack(fill_value=0)
        counts = counts.reindex(columns=["train", "valid", "test"], fill_value=0)
        learnt = table[table["part"] == "train"].groupby("style")["windows"].sum()
        meter = table.groupby("style")["meter"].agg(lambda m: str(m.value_counts().idxmax()))
        counts.columns = ["pieces learnt from", "looked at", "held out"]
        return counts.assign(windows=learnt, **{"commonest meter": meter}).reset_index()


def prepare(
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    voices: int = 4,
    styles: list[str] | None = None,
    min_pieces: int = 10,
    held_out: float = 0.15,
    seed: int = 0,
) -> Material:
    """Lay the pieces of a family on the grid.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        The catalogue.
    voices : int
        Pieces with so many parts are the family: 4 for chorales, 1 for tunes.
    styles : list of str, optional
        Styles to learn; if none are named, every style but ``other`` that has
        ``min_pieces`` pieces that fit the grid.
    min_pieces : int
    held_out : float
        Share of the groups of each style in ``valid`` and again in ``test``, in (0, 0.5);
        chorales that the standard split knows go where it says.
    seed : int
        Seed of the choice of what is held out.

    Returns
    -------
    Material

    Raises
    ------
    ParameterError
        If a style is not in the catalogue, a style that was named cannot be learnt, or
        none can.
    """
    if not 0 < held_out < 0.5:
        raise ParameterError(f"held_out is {held_out}, must be above 0 and below 0.5")
    if missing := sorted(set(styles or ()) - set(pieces["style"])):
        known = sorted(set(pieces["style"]))
        raise ParameterError(f"styles {missing} are not in the catalogue: {known}")
    mine = pieces[(pieces["parts"] == voices) & (pieces["quarters"] > 0)]
    wanted = set(styles or mine["style"]) - (set() if styles else {"other"})
    lay = {meter: beats.layout(meter) for meter in mine["meter"].dropna().unique()}
    fits = mine["meter"].map(lambda meter: lay.get(meter) is not None).to_numpy(bool)
    fits = fits & ~meters.changing(mine)
    mine = mine[fits & mine["style"].isin(wanted).to_numpy()].reset_index(drop=True)
    count = mine["style"].value_counts()
    left_out = {
        style: f"{count.get(style, 0)} pieces of {voices} voice(s) in one known meter, "
        f"{min_pieces} are needed"
        for style in sorted(wanted)
        if count.get(style, 0) < min_pieces
    }
    if (styles and left_out) or not wanted - set(left_out):
        why = "; ".join(f"{style}: {reason}" for style, reason in left_out.items())
        raise ParameterError(f"styles that cannot be learnt ({why or 'none'}): name others")
    mine = mine[~mine["style"].isin(left_out)].reset_index(drop=True)
    return _lay(mine, notes, voices, held_out, seed, left_out)


def _lay(
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    voices: int,
    held_out: float,
    seed: int,
    left_out: dict[str, str],
) -> Material:
    """Pieces that fit on the grid."""
    known_layouts = (beats.layout(meter) for meter in pieces["meter"])
    layouts = [lay for lay in known_layouts if lay is not None]
    step, slots, bar = np.array([(lay.step, lay.slots, lay.cells) for lay in layouts]).T
    laid = grid.to_grid(notes, pieces, step=step, voices=voices)
    shift, mode = to_white_keys(pieces, laid)
    upbeat = pieces["pickup"].to_numpy() // step
    before = np.where(upbeat > 0, -upbeat % bar, 0)
    bars = -(-(before + laid.steps) // bar)
    most = int(slots.max())
    length = bars * bar // slots
    first = np.concatenate([[0], np.cumsum(length)])
    low = min(int(laid.pitch[laid.pitch >= 0].min()), 127)
    moved = np.where(laid.pitch >= 0, laid.pitch + np.repeat(shift, laid.steps)[:, None], grid.REST)
    low, high = int(moved[moved >= 0].min(initial=127)), int(moved.max(initial=0))
    tokens = np.zeros((first[-1], most, voices), np.uint8)
    sounding = np.zeros_like(tokens)
    tokens[:, :4], tokens[np.repeat(slots == 6, length)] = 1, 1  # rests where nothing is
    piece = np.repeat(np.arange(len(pieces)), laid.steps)
    cell = np.arange(len(piece)) - laid.first[piece] + before[piece]
    at = first[piece] + cell // slots[piece], cell % slots[piece]
    begins = grid.canonical(moved, laid.onset | _firsts(laid))
    heard = moved - low + 1
    sounding[at] = np.where(moved >= 0, heard, 0)
    tokens[at] = np.where(begins, heard + 1, np.where(moved >= 0, 0, 1))
    unused = np.repeat(slots, length) < most
    sounding[unused, 4:] = sounding[unused, 3:4]  # what sounds goes on through unused slots
    known = pieces[["piece", "group", "style", "meter"]].assign(
        mode=mode,
        part=_parts(pieces, held_out, seed),
        transposition=shift,
        pickup=upbeat,
        beats=length,
    )
    learnt = known["part"] == "train"
    vocabulary = Vocabulary(
        styles=tuple(sorted(known["style"].unique())),
        meters=tuple(sorted(known["meter"].unique())),
        modes=tuple(sorted(known["mode"].unique())),
        voices=voices,
        slots=most,
        lowest=low,
        highest=high,
        usual=_usual(known[learnt]),
    )
    per_bar = np.array([lay.beats for lay in layouts])
    return Material(vocabulary, known, first, tokens, sounding, _windows(length, per_bar), left_out)


def _firsts(laid: grid.Grid) -> np.ndarray:
    """True in the first cell of each piece."""
    first = np.zeros(laid.pitch.shape, bool)
    first[laid.first[:-1][laid.steps > 0]] = True
    return first


def to_white_keys(pieces: pd.DataFrame, laid: grid.Grid) -> tuple[np.ndarray, np.ndarray]:
    """The transposition of each piece to the white keys, and its mode.

    Where the key is unknown, the piece goes where the largest share of its sounding time
    is on the notes of C major, and counts as major or minor by which of the two tonics
    sounds longer.

    Returns
    -------
    shift : numpy.ndarray of int64, shape (n pieces,)
        Semitones in [-6, 5].
    mode : numpy.ndarray of str, shape (n pieces,)

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": np.arange(7) * 120,
    ...     "duration": 120, "pitch": [62, 64, 66, 67, 69, 71, 73]})
    >>> pieces = pd.DataFrame({"piece": ["a"], "quarters": [2.0], "key": ["D major"]})
    >>> [found.tolist() for found in to_white_keys(pieces, grid.to_grid(notes, pieces))]
    [[-2], ['major']]
    """
    cell, voice = np.nonzero(laid.pitch != grid.REST)
    owner = np.repeat(np.arange(len(laid.piece)), laid.steps)[cell]
    classes = laid.pitch[cell, voice].astype(np.int64) % 12
    counts = np.bincount(owner * 12 + classes, minlength=12 * len(laid.piece)).reshape(-1, 12)
    white = np.isin(np.arange(12), list(beats.TONICS.values())).astype(float)
    share = np.stack([np.roll(counts, shift, axis=1) @ white for shift in SHIFTS], axis=1)
    shift = SHIFTS[(share - 1e-6 * np.abs(SHIFTS)).argmax(axis=1)].astype(np.int64)
    on_c, on_a = (
        counts[np.arange(len(counts)), -shift % 12],
        counts[np.arange(len(counts)), (9 - shift) % 12],
    )
    mode = np.where(on_a > on_c, "minor", "major").astype(object)
    for row, key in enumerate(pieces["key"]):
        if (found := beats.tonic(key)) is not None:
            mode[row] = found[1]
            shift[row] = (beats.TONICS[found[1]] - found[0] + 6) % 12 - 6
    return shift, mode.astype(str)


def _parts(pieces: pd.DataFrame, share: float, seed: int) -> np.ndarray:
    """The part of each piece; a style with at least three groups has some in each part."""
    rng = np.random.default_rng(seed)
    part = chorale_split.split_of(pieces).astype(object)
    known = dict(zip(pieces["group"], part, strict=True))
    for _, groups in pieces[part == ""].groupby("style", sort=True)["group"]:
        names = [name for name in rng.permutation(np.sort(groups.unique())) if not known[name]]
        each = min(int(np.ceil(share * len(names))), (len(names) - 1) // 2)
        for place, name in enumerate(names):
            known[name] = "valid" if place < each else "test" if place < 2 * each else "train"
    unsaid = part == ""
    part[unsaid] = [known[name] or "train" for name in pieces["group"][unsaid]]
    return part.astype(str)


def _usual(known: pd.DataFrame) -> dict[str, list[tuple[str, str, int, bool, int, int]]]:
    """What pieces of each style are like: meter, mode, beats, pickup, transposition, count."""
    rows = known.assign(upbeat=known["pickup"] > 0)
    columns = ["meter", "mode", "beats", "upbeat", "transposition"]
    usual: dict[str, list[tuple[str, str, int, bool, int, int]]] = {}
    counted = rows.groupby(["style", *columns]).size().rename("count").reset_index()
    for row in counted.itertuples(index=False):
        style, meter, mode, length, upbeat, moved, count = row
        one = (str(meter), str(mode), int(length), bool(upbeat), int(moved), int(count))
        usual.setdefault(str(style), []).append(one)
    return usual


def _windows(length: np.ndarray, per_bar: np.ndarray) -> np.ndarray:
    """Windows that begin with a bar and end with the piece at the latest, if it is long enough."""
    last = np.maximum(length - WINDOW, 0) // per_bar
    last = np.where(length > WINDOW, -(-(length - WINDOW) // per_bar), 0)
    count = np.where(length >= SHORTEST, last + 1, 0)
    piece = np.repeat(np.arange(len(length)), count)
    nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.stack([piece, nth * per_bar[piece]], axis=1)
