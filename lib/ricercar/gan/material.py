"""Excerpts of the catalogue in a form to learn from, and excerpts as tables.

Goal: for every style the same kind of excerpt, on one grid of ``steps`` cells by
``voices``, so that one network can learn all of them.

Conventions
-----------
* Each style has a form (:mod:`.forms`); pieces whose bar has another number of steps
  than their style's commonest are left out.
* *White keys*: every piece is transposed by the interval in [-6, 5] that puts the
  largest share of its sounding time on the notes of C major (the smaller interval
  in a tie). Keys and modes then share one set of pitches, and less has to be
  learnt; a new piece is moved back by an interval drawn from its style's pieces.
* ``tokens`` are 0 for a rest and 1 + pitch - ``lowest`` otherwise.
* Pieces of one ``group`` (variants) are on one side: learnt from, or held out.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import pandas as pd

from ricercar import grid
from ricercar import meter as meters
from ricercar.errors import ParameterError
from ricercar.gan.forms import SHIFTS, Form, as_tables, layout

WHITE_KEYS = np.isin(np.arange(12), [0, 2, 4, 5, 7, 9, 11]).astype(float)


@dataclass(frozen=True)
class Material:
    """What a generator learns from.

    Attributes
    ----------
    forms : list of Form
        One per style, in alphabetical order.
    tokens : numpy.ndarray of uint8, shape (n, steps, voices)
    onset : numpy.ndarray of bool, same shape
    style : numpy.ndarray of int64, shape (n,)
        Index into ``forms``.
    piece : numpy.ndarray of str, shape (n,)
        Piece that the excerpt comes from.
    start : numpy.ndarray of int64, shape (n,)
        First step of the excerpt in its piece.
    held_out : numpy.ndarray of bool, shape (n,)
        Never learnt from.
    lowest, highest : int
        MIDI pitch range after transposition to the white keys.
    left_out : dict of str to str
        Styles with enough pieces that cannot be learnt all the same, and why.
    """

    forms: list[Form]
    tokens: np.ndarray
    onset: np.ndarray
    style: np.ndarray
    piece: np.ndarray
    start: np.ndarray
    held_out: np.ndarray
    lowest: int
    highest: int
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def styles(self) -> list[str]:
        """Names of the styles."""
        return [form.style for form in self.forms]

    @property
    def pitch(self) -> np.ndarray:
        """MIDI pitch per cell, on the white keys, -1 for a rest."""
        return np.where(self.tokens > 0, self.tokens.astype(np.int16) - 1 + self.lowest, grid.REST)

    def digest(self) -> str:
        """SHA-256 over all that a training depends on."""
        sha = hashlib.sha256(repr([asdict(form) for form in self.forms]).encode())
        for array in (self.tokens, self.onset, self.style, self.held_out):
            sha.update(repr((array.shape, array.dtype.str)).encode())
            sha.update(np.ascontiguousarray(array).tobytes())
        sha.update(f"{self.lowest} {self.highest}".encode())
        return sha.hexdigest()

    def summary(self) -> pd.DataFrame:
        """One row per style: its form, pieces and excerpts learnt from and held out."""
        rows = []
        for index, form in enumerate(self.forms):
            mine = self.style == index
            rows.append(
                {
                    "style": form.style,
                    "meter": form.meter,
                    "bars": form.steps // form.bar,
                    "voices": form.voices,
                    "pieces": len(np.unique(self.piece[mine & ~self.held_out])),
                    "excerpts": int((mine & ~self.held_out).sum()),
                    "held-out pieces": len(np.unique(self.piece[mine & self.held_out])),
                    "held-out excerpts": int((mine & self.held_out).sum()),
                }
            )
        return pd.DataFrame(rows)

    def sample(self, per_style: int, seed: int, held_out: bool) -> np.ndarray:
        """Rows of up to ``per_style`` excerpts of each style, drawn without replacement."""
        rng = np.random.default_rng(seed)
        chosen = []
        for index in range(len(self.forms)):
            rows = np.flatnonzero((self.style == index) & (self.held_out == held_out))
            chosen.append(np.sort(rng.permutation(rows)[:per_style]))
        return np.concatenate(chosen)

    def excerpts(self, rows: np.ndarray, prefix: str = "real") -> tuple[pd.DataFrame, pd.DataFrame]:
        """Excerpts as ``pieces`` and ``notes`` tables, in the key in which they are learnt."""
        nothing = np.zeros(len(rows), np.int64)
        ids = [f"excerpt/{prefix}-{number + 1:04d}" for number in range(len(rows))]
        pitch, onset, style = self.pitch[rows], self.onset[rows], self.style[rows]
        return as_tables(self.forms, pitch, onset, style, nothing, ids)


def to_white_keys(laid: grid.Grid) -> np.ndarray:
    """The transposition of each piece that puts most of it on the white keys.

    Returns
    -------
    numpy.ndarray of int64, shape (n pieces,)
        Semitones in [-6, 5].

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": np.arange(7) * 120,
    ...     "duration": 120, "pitch": [62, 64, 66, 67, 69, 71, 73]})  # D major
    >>> pieces = pd.DataFrame({"piece": ["a"], "quarters": [2.0]})
    >>> to_white_keys(grid.to_grid(notes, pieces)).tolist()
    [-2]
    """
    cell, voice = np.nonzero(laid.pitch != grid.REST)
    owner = np.repeat(np.arange(len(laid.piece)), laid.steps)[cell]
    classes = laid.pitch[cell, voice].astype(np.int64) % 12
    counts = np.bincount(owner * 12 + classes, minlength=12 * len(laid.piece)).reshape(-1, 12)
    share = np.stack([np.roll(counts, shift, axis=1) @ WHITE_KEYS for shift in SHIFTS], axis=1)
    return SHIFTS[(share - 1e-6 * np.abs(SHIFTS)).argmax(axis=1)].astype(np.int64)


def _forms(pieces: pd.DataFrame, shift: np.ndarray, steps: int, voices: int) -> list[Form]:
    """One form per style from the pieces of these styles."""
    step, bar = layout(pieces)
    forms = []
    names = pieces["style"].to_numpy(dtype=str)
    for style in np.unique(names).tolist():
        rows = np.flatnonzero(names == style)
        fitting = rows[(bar[rows] > 0) & (bar[rows] <= steps)]
        size = int(np.bincount(bar[fitting]).argmax())
        mine = fitting[bar[fitting] == size]
        meter = pieces["meter"].iloc[mine].value_counts().sort_index().idxmax()
        first = mine[(pieces["meter"].iloc[mine] == meter).to_numpy()][0]
        parts = int(pieces["parts"].iloc[mine].clip(upper=voices).mode().iloc[0])
        bars = 2 ** int(np.log2(steps // size))
        moved = tuple(np.bincount(shift[mine] - SHIFTS[0], minlength=12).tolist())
        forms.append(Form(style, str(meter), int(step[first]), size, bars * size, parts, moved))
    return forms


def prepare(
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    styles: Sequence[str] = (),
    min_pieces: int = 10,
    steps: int = 64,
    voices: int = 4,
    hop: int = 1,
    held_out: float = 0.15,
    seed: int = 0,
) -> Material:
    """Cut the catalogue into excerpts to learn from.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        The catalogue.
    styles : sequence of str
        Styles to learn; empty for every style but ``other`` that has ``min_pieces`` pieces and
        can be learnt.
    min_pieces : int
    steps : int
        Steps of the longest excerpt.
    voices : int
        Voices of the grid.
    hop : int
        Bars from one excerpt of a piece to the next.
    held_out : float
        Share of the groups of each style that is never learnt from, in [0, 1).
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
    count = pieces["style"].value_counts()
    if missing := sorted(set(styles) - set(count.index)):
        raise ParameterError(f"styles {missing} are not in the catalogue: {sorted(count.index)}")
    wanted = set(styles) or set(count.index[count >= min_pieces]) - {"other"}
    if not wanted:
        raise ParameterError(f"no style has {min_pieces} pieces: lower min_pieces or name styles")
    left_out: dict[str, str] = {}
    while wanted:
        chosen = pieces[pieces["style"].isin(wanted)].reset_index(drop=True)
        lacking = _without_bars(chosen, steps)
        if not lacking:
            made = _cut(chosen, notes, steps, voices, hop, held_out, seed)
            lacking = _one_sided(made, held_out)
        if not lacking:
            return replace(made, left_out=left_out)
        left_out |= lacking
        wanted -= set(lacking)
        if styles:
            break
    why = "; ".join(f"{style}: {reason}" for style, reason in sorted(left_out.items()))
    raise ParameterError(f"styles that cannot be learnt ({why}): name others in styles")


def _without_bars(pieces: pd.DataFrame, steps: int) -> dict[str, str]:
    """Styles of which no piece has bars that fit into an excerpt."""
    _, bar = layout(pieces)
    fits = (bar > 0) & (bar <= steps)
    lost = set(pieces["style"]) - set(pieces.loc[fits, "style"])
    return dict.fromkeys(lost, f"no piece with a meter whose bar has at most {steps} steps")


def _one_sided(made: Material, held_out: float) -> dict[str, str]:
    """Styles with nothing to learn from, or nothing to judge by."""
    lost = {}
    for index, name in enumerate(made.styles):
        hidden = made.held_out[made.style == index]
        if hidden.all():
            lost[name] = "no piece in one meter that is long enough to learn from"
        elif held_out > 0 and not hidden.any():
            lost[name] = "no piece in one meter that is long enough can be held out"
    return lost


def _cut(
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    steps: int,
    voices: int,
    hop: int,
    held_out: float,
    seed: int,
) -> Material:
    """Excerpts of pieces of styles that have a form."""
    step, bar = layout(pieces)
    laid = grid.to_grid(notes, pieces, step=step, voices=voices)
    shift = to_white_keys(laid)
    forms = _forms(pieces, shift, steps, voices)
    form_of = pieces["style"].map({form.style: i for i, form in enumerate(forms)}).to_numpy()
    fits = bar == np.array([form.bar for form in forms])[form_of]
    fits &= ~meters.changing(pieces)  # an excerpt stands in one meter
    length = np.where(fits, np.array([form.steps for form in forms])[form_of], 0)
    upbeat = pieces["pickup"].to_numpy() // step
    cut = grid.windows(laid, length, np.maximum(bar, 1) * hop, upbeat, steps)
    heard = (cut.onset.sum(axis=(1, 2)) >= 4) & (cut.pitch[..., 0] != grid.REST).any(axis=1)
    used = np.arange(voices) < np.array([form.voices for form in forms])[form_of][cut.index, None]
    sounding = (cut.pitch != grid.REST) & used[:, None, :]
    pitch = np.where(sounding, cut.pitch + shift[cut.index][:, None, None], grid.REST)[heard]
    lowest = int(pitch[pitch != grid.REST].min(initial=127))
    highest = int(pitch.max(initial=lowest))
    hidden = _hold_out(pieces, held_out, seed)
    return Material(
        forms=forms,
        tokens=np.where(pitch != grid.REST, pitch - lowest + 1, 0).astype(np.uint8),
        onset=(cut.onset & sounding)[heard],
        style=form_of[cut.index[heard]].astype(np.int64),
        piece=pieces["piece"].to_numpy(dtype=str)[cut.index[heard]],
        start=cut.start[heard],
        held_out=hidden[cut.index[heard]],
        lowest=lowest,
        highest=highest,
    )


def _hold_out(pieces: pd.DataFrame, share: float, seed: int) -> np.ndarray:
    """True for the pieces of a share of the groups, style by style; never for all of them."""
    rng = np.random.default_rng(seed)
    hidden: set[str] = set()
    for _, group in pieces.groupby("style", sort=True)["group"]:
        names = np.sort(group.unique())
        most = min(int(np.ceil(share * len(names))), len(names) - 1)
        hidden.update(rng.permutation(names)[:most])
    return pieces["group"].isin(hidden).to_numpy()
