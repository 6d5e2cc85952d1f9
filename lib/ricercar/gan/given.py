"""Music that is given: laid on the generator's grid, and put back untouched.

Goal: a person's own bars or voice go into composing as tokens to be kept, and come out as
the very notes that they were, also where they hold what no grid can (triplets, ornaments).

Conventions
-----------
* The time of a composed piece is that of the given one: kept notes keep their onsets.
* A composed note of the voice of a kept note begins after the kept note ends.
* The licence, the group and the title of what is given hold for what is made with it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar import grid, tables
from ricercar import meter as meters
from ricercar.errors import ParameterError
from ricercar.gan import beats, scores
from ricercar.gan.asking import MOST_BARS
from ricercar.gan.conditions import Conditions, Vocabulary
from ricercar.tables import TICKS_PER_QUARTER

_COLUMNS = ["part", "onset", "duration", "pitch"]
#: what is taken over from a given piece, where it is known
_INHERITED = ("group", "licence", "licence_class")


@dataclass(frozen=True)
class Given:
    """Given pieces, laid out.

    Attributes
    ----------
    pieces, notes : pandas.DataFrame
        What is kept of them.
    asked : Conditions
        Form of each whole piece, given and composed.
    transpose : numpy.ndarray of int64, shape (n,)
        Semitones from the white keys.
    tokens : numpy.ndarray of int64, shape (n, beats, slots, voices)
        -1 where to compose.
    until : int
        Beats from the beginning in which something is given.
    """

    pieces: pd.DataFrame
    notes: pd.DataFrame
    asked: Conditions
    transpose: np.ndarray
    tokens: np.ndarray
    until: int

    def repeat(self, times: int) -> "Given":
        """Each piece several times over, to compose several versions."""
        if times == 1:
            return self
        rows = np.repeat(np.arange(len(self.pieces)), times)
        version = np.tile(np.arange(times), len(self.pieces))
        name = [f"{self.pieces['piece'].iloc[r]} {v}" for r, v in zip(rows, version, strict=True)]
        pieces = self.pieces.iloc[rows].assign(piece=name).reset_index(drop=True)
        several = [self.notes.assign(piece=self.notes["piece"] + f" {v}") for v in range(times)]
        notes = pd.concat(several, ignore_index=True)
        asked, moved = self.asked.take(rows), self.transpose[rows]
        return Given(pieces, notes, asked, moved, self.tokens[rows], self.until)


def _form(
    vocabulary: Vocabulary, pieces: pd.DataFrame, notes: pd.DataFrame, meter: str | None
) -> tuple[list[str], list[str], np.ndarray]:
    """Meter, mode and transposition from the white keys of each piece."""
    from ricercar.gan.material import to_white_keys

    named = pieces["meter"] if "meter" in pieces else [None] * len(pieces)
    found = [meter or (one if isinstance(one, str) else "") for one in named]
    for piece, one in zip(pieces["piece"], found, strict=True):
        if one not in vocabulary.meters:
            what = f"meter {one} was not learnt" if one else "its meter is unknown"
            raise ParameterError(
                f"{piece}: {what}; give one of {', '.join(vocabulary.meters)} as its meter"
            )
    if "meter_changes" in pieces and meters.changing(pieces).any():
        piece = pieces["piece"].iloc[int(meters.changing(pieces).argmax())]
        raise ParameterError(f"{piece} changes its meter: give a part of it that does not")
    laid = grid.to_grid(notes, pieces, voices=max(vocabulary.voices, 1))
    shift, mode = to_white_keys(pieces, laid)
    for piece, one in zip(pieces["piece"], mode, strict=True):
        if one not in vocabulary.modes:
            known = ", ".join(vocabulary.modes)
            raise ParameterError(f"{piece}: mode {one} was not learnt; known: {known}")
    return found, mode.tolist(), -shift


def lay(
    vocabulary: Vocabulary,
    style: np.ndarray,
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    bars: int | None = None,
    keep: int | None = None,
    voices: Sequence[int] | None = None,
    meter: str | None = None,
    key: str | None = None,
) -> Given:
    """Lay given music out: some bars of it, or some voices.

    Parameters
    ----------
    vocabulary : Vocabulary
    style : numpy.ndarray of float, shape (n, styles)
    pieces, notes : pandas.DataFrame
        Needed are the columns piece and quarters; pickup, meter and key are used.
    bars : int, optional
        Complete bars of the whole; as many as are given if left out.
    keep : int, optional
        Complete bars to keep, and the pickup; all that are given if left out.
    voices : sequence of int, optional
        Voices to keep, 0 is the highest; all if left out.
    meter, key : str, optional
        Of all pieces, in place of what their rows say. A key that is unknown is guessed.

    Returns
    -------
    Given

    Raises
    ------
    ParameterError
        If the music has no form or pitches that were learnt, or lacks the bars or voices
        that are to be kept.
    """
    pieces = pieces.reset_index(drop=True)
    if key is not None and beats.tonic(key) is None:
        raise ParameterError(f"key {key!r} is none: give a letter, signs and a mode, 'F# minor'")
    if key is not None or "key" not in pieces:
        pieces = pieces.assign(key=key)
    if "pickup" not in pieces:
        pieces = pieces.assign(pickup=0)
    notes = notes[notes["piece"].isin(pieces["piece"])]
    kept = sorted(set(range(vocabulary.voices) if voices is None else voices))
    if not kept or kept[0] < 0 or kept[-1] >= vocabulary.voices:
        raise ParameterError(
            f"voices {kept} cannot be kept, there are 0 to {vocabulary.voices - 1}"
        )
    there = notes.groupby("piece")["part"].unique().reindex(pieces["piece"])
    for piece, parts in there.items():
        if not isinstance(parts, np.ndarray):
            raise ParameterError(f"{piece} has no notes")
        if voices is None and max(parts) >= vocabulary.voices:
            raise ParameterError(
                f"{piece} has {max(parts) + 1} voices, {vocabulary.voices} were learnt"
            )
        if voices is not None and (missing := sorted(set(kept) - set(parts))):
            raise ParameterError(f"{piece} has no voice {missing}: it has {sorted(parts)}")
    found, mode, moved = _form(vocabulary, pieces, notes, meter)
    layouts = [beats.layout(one) for one in found]
    step, per_bar, cells = np.array(
        [(one.step, one.beats, one.cells) for one in layouts if one is not None]
    ).T
    pickup = pieces["pickup"].to_numpy(np.int64)
    bar = step * cells
    ticks = np.rint(pieces["quarters"].to_numpy(float) * TICKS_PER_QUARTER).astype(np.int64)
    complete, whole = (ticks - pickup) // bar, -(-(ticks - pickup) // bar)
    keeping = np.full(len(pieces), keep) if keep is not None else complete
    if voices is not None:
        keeping = whole
    length = np.full(len(pieces), bars) if bars is not None else whole
    for row, piece in enumerate(pieces["piece"]):
        if voices is None and not 1 <= keeping[row] <= complete[row]:
            raise ParameterError(
                f"{piece} has {complete[row]} complete bars, of which {keeping[row]} cannot be kept"
            )
        if voices is None and length[row] <= keeping[row]:
            raise ParameterError(
                f"bars is {length[row]}, must be more than the {keeping[row]} bars that are kept"
            )
        if not 1 <= length[row] <= MOST_BARS:
            raise ParameterError(f"{piece} has {length[row]} bars, must be 1 to {MOST_BARS}")
    asked = Conditions.of(
        vocabulary, style, found, mode, (length + (pickup > 0)) * per_bar, pickup > 0
    )
    place = pd.Index(pieces["piece"]).get_indexer(notes["piece"])
    end = (pickup + keeping * bar)[place]
    notes = notes[notes["part"].isin(kept) & (notes["onset"].to_numpy() < end)]
    tokens, sounding = scores.from_tables(asked, pieces, notes, moved)
    until = (keeping + (pickup > 0)) * per_bar
    beat = np.arange(tokens.shape[1])
    before = (beat < until[:, None])[:, :, None, None]
    if voices is None:
        fixed = before | (sounding > 0)  # a note that lasts longer than the kept bars
    else:
        silent = (
            beat * (cells // per_bar * step)[:, None]
            >= (ticks + np.where(pickup > 0, -pickup % bar, 0))[:, None]
        )
        fixed = silent[:, :, None, None] | np.isin(np.arange(vocabulary.voices), kept)
        first = (beat < per_bar[:, None]) & (pickup > 0)[:, None]
        slot = beat[:, None] * (cells // per_bar)[:, None, None] + np.arange(vocabulary.slots)
        upbeat = slot < (cells - pickup // step)[:, None, None]
        fixed = fixed | (first[:, :, None] & upbeat)[..., None]
    fixed = fixed | (beat >= asked.beats[:, None])[:, :, None, None]
    return Given(pieces, notes, asked, moved, np.where(fixed, tokens, -1), int(until.max()))


def strike_again(given: np.ndarray, tokens: np.ndarray, sounding: np.ndarray) -> np.ndarray:
    """Tokens in which no composed cell holds on a given note.

    Parameters
    ----------
    given : numpy.ndarray of int, shape (n, beats, slots, voices)
        -1 where it was composed.
    tokens, sounding : numpy.ndarray of int, same shape

    Examples
    --------
    >>> given = np.array([5, -1, -1]).reshape(1, 1, 3, 1)
    >>> tokens, sounding = np.array([[5, 0, 0], [4, 4, 4]]).reshape(2, 1, 1, 3, 1)
    >>> strike_again(given, tokens, sounding).ravel().tolist()
    [5, 5, 0]
    """
    shape = (len(given), -1, given.shape[-1])
    own, token, sound = (array.reshape(shape) for array in (given, tokens, sounding))
    after = np.zeros(own.shape, bool)
    after[:, 1:] = (own[:, :-1] >= 0) & (own[:, 1:] < 0)
    return np.where(after & (token == 0) & (sound > 0), sound + 1, token).reshape(tokens.shape)


def put_back(
    made: tuple[pd.DataFrame, pd.DataFrame], given: Given, what: str, whole: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Composed tables with the given notes in place of those that were made from them.

    Parameters
    ----------
    made : (pieces, notes)
        From :func:`.scores.as_tables`, a piece for each given one.
    given : Given
    what : str
        What was done, for the title: ``"continued"``.
    whole : bool
        Whether the given voices are kept to the end, which is then the end of the piece.

    Returns
    -------
    pieces, notes : pandas.DataFrame
    """
    pieces, notes = made
    mine = given.pieces
    moved = mine["pickup"].to_numpy(np.int64) - pieces["pickup"].to_numpy(np.int64)
    place = pd.Index(pieces["piece"]).get_indexer(notes["piece"])
    part, voices = notes["part"].to_numpy(np.int64), given.asked.vocabulary.voices
    onset = notes["onset"].to_numpy(np.int64) + moved[place]
    stop = onset + notes["duration"].to_numpy(np.int64)
    source = pd.Index(mine["piece"]).get_indexer(given.notes["piece"])
    own = given.notes[_COLUMNS].astype(np.int64)
    ends = np.zeros((len(pieces), voices), np.int64)
    np.maximum.at(
        ends, (source, own["part"].to_numpy()), (own["onset"] + own["duration"]).to_numpy()
    )
    step, slots, cells = np.array(
        [(one.step, one.slots, one.cells) for one in given.asked.layouts]
    ).T
    before = np.where(given.asked.pickup, step * cells - mine["pickup"].to_numpy(np.int64), 0)
    cell = (onset + before[place]) // step[place]
    slot = cell % slots[place]
    kept = given.tokens[place, cell // slots[place], slot, part] >= 0
    onset = np.maximum(onset, ends[place, part])
    free = ~kept & (onset < stop)
    new = pd.DataFrame({"row": place, "part": part, "onset": onset, "duration": stop - onset})
    new = new.assign(pitch=notes["pitch"].to_numpy(np.int64))[free]
    both = pd.concat([own.assign(row=source), new], ignore_index=True)
    both = both.sort_values(["row", *_COLUMNS], ignore_index=True)
    ids = pieces["piece"].to_numpy()
    content = both[_COLUMNS].to_numpy(np.int64).astype("<i8")
    edge = np.searchsorted(both["row"], np.arange(len(ids) + 1))
    length = pieces["quarters"].to_numpy(float) + moved / TICKS_PER_QUARTER
    titles = mine["title"] if "title" in mine else mine["piece"]
    inherited = {name: mine[name].to_numpy() for name in _INHERITED if name in mine}
    pieces = pieces.assign(
        sha256=[
            hashlib.sha256(content[a:b].tobytes()).hexdigest()
            for a, b in zip(edge[:-1], edge[1:], strict=True)
        ],
        pickup=mine["pickup"].to_numpy(np.int64),
        quarters=mine["quarters"].to_numpy(float) if whole else length,
        title=[f"{title}, {what}" for title in titles],
        **inherited,
    )
    notes = both.assign(piece=ids[both["row"]])[["piece", *_COLUMNS]].astype({"piece": "str"})
    return tables.validate("composed_pieces", pieces), tables.validate("composed_notes", notes)
