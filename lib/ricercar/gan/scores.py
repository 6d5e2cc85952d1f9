"""Music on beats as tables of pieces and notes, and back.

Conventions
-----------
* ``tokens`` and ``sounding`` (n, beats, slots, voices) as in :mod:`.material`; a piece ends
  with its last note's bar.
* A pickup bar that begins with rests becomes a shorter pickup.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ricercar import grid, tables
from ricercar.errors import ParameterError
from ricercar.gan import beats
from ricercar.gan.conditions import Conditions
from ricercar.tables import TICKS_PER_QUARTER

_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def as_tables(
    asked: Conditions,
    tokens: np.ndarray,
    sounding: np.ndarray,
    transpose: np.ndarray,
    ids: Sequence[str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Composed music as tables.

    Parameters
    ----------
    asked : Conditions
    tokens, sounding : numpy.ndarray of int, shape (n, beats, slots, voices)
    transpose : numpy.ndarray of int, shape (n,)
        Semitones from the white keys.
    ids : sequence of str, length n

    Returns
    -------
    pieces, notes : pandas.DataFrame
        In the schemas ``composed_pieces`` and ``composed_notes``.
    """
    v, layouts = asked.vocabulary, asked.layouts
    slots = asked.slots
    step, cells = np.array([[lay.step, lay.cells] for lay in layouts]).reshape(-1, 2).T
    before = _silence(asked, sounding, slots, cells)
    found = []
    for size in np.unique(slots):
        rows = np.flatnonzero(slots == size)
        shape = (len(rows), -1, v.voices)
        heard = sounding[rows, :, :size].reshape(shape)
        begins = tokens[rows, :, :size].reshape(shape) > 1
        cell = before[rows, None] + np.arange(heard.shape[1])
        inside = (cell < (asked.beats[rows] * size)[:, None])[..., None]
        at = np.arange(len(rows))[:, None], np.minimum(cell, heard.shape[1] - 1)
        sounds = inside & (heard[at] > 0)
        pitch = heard[at] - 1 + v.lowest + np.asarray(transpose)[rows, None, None]
        names = [ids[row] for row in rows.tolist()]
        pitch = np.where(sounds, pitch, grid.REST)
        found.append(grid.to_notes(pitch, begins[at] & sounds, names, step[rows]))
    empty = np.zeros((0, 1, v.voices), int)
    notes = pd.concat(found or [grid.to_notes(empty, empty > 0, [])], ignore_index=True)
    place = pd.Index(ids).get_indexer(pd.Index(notes["piece"]))
    order = np.argsort(place, kind="stable")
    notes, place = notes.iloc[order].reset_index(drop=True), place[order]
    content = notes.drop(columns="piece").to_numpy(np.int64).astype("<i8")
    ends = np.searchsorted(place, np.arange(len(ids) + 1))
    modes = [v.modes[mode] for mode in asked.mode]
    pieces = pd.DataFrame(
        {
            "piece": list(ids),
            "style": [v.styles[style] for style in asked.style.argmax(axis=1)],
            "sha256": [
                hashlib.sha256(content[a:b].tobytes()).hexdigest()
                for a, b in zip(ends[:-1], ends[1:], strict=True)
            ],
            "meter": [v.meters[meter] for meter in asked.meter],
            "key": [
                f"{_NAMES[(beats.TONICS[mode] + moved) % 12]} {mode}"
                for mode, moved in zip(modes, transpose, strict=True)
            ],
            "quarters": (asked.beats * slots - before) * step / TICKS_PER_QUARTER,
            "pickup": np.where(asked.pickup, (cells - before) % np.maximum(cells, 1), 0) * step,
            "parts": np.full(len(ids), v.voices, np.int64),
        }
    )
    pieces = pieces.astype(dict.fromkeys(["piece", "style", "sha256", "meter", "key"], "str"))
    pieces["title"] = pieces["style"] + " " + pieces["piece"].str.replace(r"^.*/", "", regex=True)
    pieces = pieces.assign(
        composer="Ricercar",
        collection="ricercar",
        style_from="asked for",
        work=pieces["piece"],
        group=pieces["piece"],
        licence="CC0-1.0",
        licence_class="own",
        source="generator",
        meter_changes=pd.array([None] * len(pieces), dtype="str"),
        key_changes=pd.array([None] * len(pieces), dtype="str"),
    )
    return tables.validate("composed_pieces", pieces), tables.validate("composed_notes", notes)


def _silence(
    asked: Conditions, sounding: np.ndarray, slots: np.ndarray, cells: np.ndarray
) -> np.ndarray:
    """Cells of rest with which the pickup bar of each piece begins, shape (n,)."""
    before = np.zeros(len(asked), np.int64)
    for row in np.flatnonzero(asked.pickup):
        bar = sounding[row, :, : slots[row]].reshape(-1, sounding.shape[-1])[: cells[row]]
        heard = (bar > 0).any(axis=1)
        before[row] = int(heard.argmax()) if heard.any() else cells[row]
    return before


def from_tables(
    asked: Conditions, pieces: pd.DataFrame, notes: pd.DataFrame, transpose: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Music to keep, as tokens on the white keys.

    Parameters
    ----------
    asked : Conditions
        One per piece; gives length, meter and pickup.
    pieces, notes : pandas.DataFrame
        What there is already: columns piece, pickup and quarters.
    transpose : numpy.ndarray of int, shape (n,)
        Semitones from the white keys to the piece's key.

    Returns
    -------
    tokens, sounding : numpy.ndarray of int64, shape (n, beats, slots, voices)
        Rests where there is nothing.

    Raises
    ------
    ParameterError
        If a note lies outside the range of pitches that was learnt.
    """
    v, n = asked.vocabulary, len(asked)
    longest = int(asked.beats.max(initial=0))
    tokens = np.ones((n, longest, v.slots, v.voices), np.int64)
    sounding = np.zeros_like(tokens)
    step = np.array([lay.step for lay in asked.layouts])
    laid = grid.to_grid(notes, pieces, step=step, voices=v.voices)
    for i, lay in enumerate(asked.layouts):
        pitch, onset = laid.of(i)
        upbeat = int(pieces["pickup"].iloc[i]) // lay.step
        before = lay.cells - upbeat if asked.pickup[i] else 0
        if upbeat and not asked.pickup[i]:
            pitch, onset = pitch[upbeat:], onset[upbeat:]
        room = int(asked.beats[i]) * lay.slots - before
        pitch, onset = pitch[:room], onset[:room]
        heard = np.where(pitch >= 0, pitch - transpose[i] - v.lowest + 1, 0)
        if (heard[pitch >= 0] < 1).any() or (heard > v.pitches).any():
            raise ParameterError(
                f"{pieces['piece'].iloc[i]} leaves the range of pitches that was learnt, "
                f"{v.lowest} to {v.highest} on the white keys: transpose it by an octave"
            )
        begins = grid.canonical(pitch, onset)
        token = np.where(begins, heard + 1, np.where(pitch >= 0, 0, 1))
        size = -(-(before + len(pitch)) // lay.slots) * lay.slots
        flat = np.ones((size, v.voices), np.int64)
        sound = np.zeros_like(flat)
        flat[before : before + len(pitch)] = token
        sound[before : before + len(pitch)] = heard
        shape = (size // lay.slots, lay.slots, v.voices)
        tokens[i, : shape[0], : lay.slots] = flat.reshape(shape)
        sounding[i, : shape[0], : lay.slots] = sound.reshape(shape)
    return tokens, sounding
