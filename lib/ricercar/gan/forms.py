"""Forms: how a style is laid on the grid, and music on the grid as tables.

Conventions
-----------
* A *form* says how a style is laid on the grid: its commonest meter, the ticks of
  a step, the steps of an excerpt (a power of two of whole bars, as many as fit), and
  the number of voices; cells beyond are rests.
* Bars of fewer than 12 sixteenths are laid out twice as fine, so that a reel looks
  alike in 2/4 and in 2/2.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar import grid
from ricercar.tables import TICKS_PER_QUARTER

#: transpositions that a piece may undergo, in semitones
SHIFTS = np.arange(-6, 6)


@dataclass(frozen=True)
class Form:
    """How a style is laid on the grid.

    Attributes
    ----------
    style, meter : str
    step : int
        Ticks of a step.
    bar, steps : int
        Steps of a bar and of an excerpt.
    voices : int
    transpositions : tuple of int, length 12
        Number of the style's pieces that :data:`SHIFTS` ``[i]`` puts on the white keys.
    """

    style: str
    meter: str
    step: int
    bar: int
    steps: int
    voices: int
    transpositions: tuple[int, ...]


def layout(pieces: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Ticks of a step, and steps of a bar, of each piece.

    Returns
    -------
    step, bar : numpy.ndarray of int64, shape (n,)
        ``bar`` is 0 where the meter is missing or does not fit the grid.

    Examples
    --------
    >>> step, bar = layout(pd.DataFrame({"meter": ["4/4", "2/4", "6/8", None]}))
    >>> step.tolist(), bar.tolist()
    ([120, 60, 120, 120], [16, 16, 12, 0])
    """
    parts = pieces["meter"].fillna("0/1").str.extract(r"^(\d+)/(\d+)$").fillna(0).astype(int)
    above, below = parts[0].to_numpy(np.int64), np.maximum(parts[1].to_numpy(np.int64), 1)
    ticks = above * (4 * TICKS_PER_QUARTER) // below
    short = (ticks > 0) & (ticks < 12 * grid.SIXTEENTH)
    step = np.where(short, grid.SIXTEENTH // 2, grid.SIXTEENTH)
    return step, np.where(ticks % step == 0, ticks // step, 0)


def as_tables(
    forms: Sequence[Form],
    pitch: np.ndarray,
    onset: np.ndarray,
    style: np.ndarray,
    transpose: np.ndarray,
    ids: Sequence[str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Grids as ``pieces`` and ``notes`` tables.

    Parameters
    ----------
    forms : sequence of Form
    pitch : numpy.ndarray of int, shape (n, steps, voices)
    onset : numpy.ndarray of bool, same shape
    style : numpy.ndarray of int, shape (n,)
        Index into ``forms``; cells beyond the form's steps and voices are left out.
    transpose : numpy.ndarray of int, shape (n,)
        Semitones added.
    ids : sequence of str, length n

    Returns
    -------
    pieces, notes : pandas.DataFrame
    """
    of = [forms[index] for index in style]
    step = np.array([form.step for form in of], np.int64)
    steps, voices = np.array([[form.steps, form.voices] for form in of]).reshape(-1, 2).T
    inside = np.arange(pitch.shape[1])[None, :, None] < steps[:, None, None]
    inside = inside & (np.arange(pitch.shape[2])[None, None, :] < voices[:, None, None])
    sounding = inside & (pitch != grid.REST)
    moved = np.where(sounding, pitch + transpose[:, None, None], grid.REST)
    notes = grid.to_notes(moved, onset & sounding, list(ids), step)
    content = notes.drop(columns="piece").to_numpy(np.int64)
    ends = np.searchsorted(
        pd.Index(ids).get_indexer(pd.Index(notes["piece"])), np.arange(len(ids) + 1)
    )
    sha = [
        hashlib.sha256(content[a:b].astype("<i8").tobytes()).hexdigest()
        for a, b in zip(ends[:-1], ends[1:], strict=True)
    ]
    titles = [f"{form.style} {i.rpartition('/')[2]}" for form, i in zip(of, ids, strict=True)]
    pieces = pd.DataFrame(
        {
            "piece": list(ids),
            "title": titles,
            "composer": "Ricercar",
            "collection": "ricercar",
            "style": [form.style for form in of],
            "style_from": "asked for",
            "work": list(ids),
            "group": list(ids),
            "licence": "CC0-1.0",
            "licence_class": "own",
            "source": "generator",
            "sha256": sha,
            "meter": [form.meter for form in of],
            "meter_changes": pd.array([None] * len(of), dtype="str"),
            "key": pd.array([None] * len(of), dtype="str"),
            "key_changes": pd.array([None] * len(of), dtype="str"),
            "quarters": steps * step / TICKS_PER_QUARTER,
            "pickup": 0,
            "parts": voices,
        }
    )
    return pieces, notes
