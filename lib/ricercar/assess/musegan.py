"""MuseGAN's measures: empty bars, used pitch classes, qualified notes, drum pattern, distance.

Goal: the table that papers after MuseGAN print, by its definitions, and beside it what its
code computes.

Conventions
-----------
* A *track* is a part; tracks from ``tracks`` on are left out. Measures of tracks have shape
  (pieces, tracks), NaN for a track that a piece does not have (no note in it);
  :func:`evaluate` takes the mean over the tracks.
* Bars are whole bars, see :mod:`.bars`. Bars of a set differ in number from piece to
  piece: MuseGAN's figure of a set is over all its bars at once, so weight a piece by its
  number of bars to get that figure (:func:`classes_per_bar`).
* MuseGAN's time step is 1/96 of a bar of 4/4, 20 ticks. Its binary piano roll of 84 pitches
  from MIDI 24 knows no repeated notes: notes of one pitch that touch are one.
* ``…_as_published`` is what MuseGAN's code computes. It agrees on music on its grid; each
  docstring says how it departs from the definition.

Sources
-------
H.-W. Dong, W.-Y. Hsiao, L.-C. Yang, Y.-H. Yang, "MuseGAN: Multi-track sequential generative
adversarial networks for symbolic music generation and accompaniment" (AAAI 2018). Code:
salu133445/musegan, ``v1/musegan/eval/metrics.py``, ``v2/musegan/utils/metrics.py`` and
``src/musegan/metrics.py``. Tonal distance is in :mod:`.tonal`.
"""

import numpy as np
import pandas as pd

from ricercar.assess.bars import Layout, cut, lay_out, means, merged, over_bars
from ricercar.assess.tonal import grouped, tonal_distance, tonal_distance_as_published
from ricercar.assess.voices import VOICES
from ricercar.tables import TICKS_PER_QUARTER

#: measure -> (what it says, unit), in the order of :func:`evaluate`
MEASURES: dict[str, tuple[str, str]] = {
    "empty_bars": ("bars in which a track does not sound", "%"),
    "empty_bars_as_published": ("bars in which it sounds, under the same name", "%"),
    "used_pitch_classes": ("pitch classes of a track in a bar", "pitch classes"),
    "used_pitch_classes_as_published": (
        "groups of seven neighbouring semitones of a track in a bar",
        "groups",
    ),
    "qualified_notes": ("notes of a thirty-second or longer", "%"),
    "qualified_notes_as_published": ("notes of two 96ths of a bar or longer, bar by bar", "%"),
    "drum_pattern": ("drum notes on a sixteenth of a bar of 4/4", "%"),
    "drum_pattern_as_published": ("the same, near misses count .3, at the best shift", "%"),
    "tonal_distance": ("distance of two tracks within a beat", "Harte's distance"),
    "tonal_distance_as_published": (
        "the same over groups of seven neighbouring semitones",
        "Harte's distance",
    ),
}

#: ticks of MuseGAN's time step
STEP = TICKS_PER_QUARTER // 24
#: steps that a qualified note has, in the paper (a thirty-second) and in the code
QUALIFIED, QUALIFIED_AS_PUBLISHED = 3, 2
_DRUM_FILTER = np.array([1.0, 0.3, 0, 0, 0, 0.3])


def _tracks(laid: Layout, tracks: int) -> np.ndarray:
    """Which tracks each piece has, bool, shape (pieces, tracks)."""
    has = np.zeros((len(laid.whole), tracks), dtype=bool)
    ours = laid.part < tracks
    has[laid.number[ours], laid.part[ours]] = True
    return has


def classes_per_bar(
    pieces: pd.DataFrame, notes: pd.DataFrame, tracks: int = VOICES, as_published: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Number of pitch classes of each track in each whole bar; 0 where it is empty.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
    tracks : int
    as_published : bool
        Count groups of seven neighbouring semitones instead, see
        :func:`used_pitch_classes_as_published`.

    Returns
    -------
    used : numpy.ndarray of int, shape (bars of all pieces, tracks)
    owner : numpy.ndarray of int, shape (bars of all pieces,)
        Row of ``pieces``.
    """
    laid = lay_out(pieces, notes)
    first = np.concatenate([[0], np.cumsum(laid.whole)])
    row, bar = laid.sounding()
    if as_published:
        classes = grouped(laid.pitch[row])
        row, bar, classes = row[classes >= 0], bar[classes >= 0], classes[classes >= 0]
    else:
        classes = laid.pitch[row] % 12
    part, line = laid.part[row], first[laid.number[row]] + bar
    used = np.zeros((first[-1], tracks, 12), dtype=bool)
    ours = part < tracks
    used[line[ours], part[ours], classes[ours]] = True
    return used.sum(axis=2), np.repeat(np.arange(len(pieces)), laid.whole)


def empty_bars(pieces: pd.DataFrame, notes: pd.DataFrame, tracks: int = VOICES) -> np.ndarray:
    """EB: per cent of a piece's bars in which a track does not sound, shape (pieces, tracks).

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": [0, 1], "onset": [0, 1920], "duration": 3840,
    ...                       "pitch": [60, 48]})
    >>> empty_bars(pd.DataFrame({"piece": ["a"]}), notes, tracks=2).round(1)
    array([[33.3, 33.3]])
    """
    used, owner = classes_per_bar(pieces, notes, tracks)
    empty = np.where(_tracks(lay_out(pieces, notes), tracks)[owner], 100.0 * (used == 0), np.nan)
    return over_bars(empty, owner, len(pieces))


def empty_bars_as_published(
    pieces: pd.DataFrame, notes: pd.DataFrame, tracks: int = VOICES
) -> np.ndarray:
    """EB of ``src/musegan/metrics.py``, ``empty_bar_rate``: it counts the bars that are not empty.

    The older ``v1`` and ``v2`` count the empty ones.
    """
    return 100.0 - empty_bars(pieces, notes, tracks)


def used_pitch_classes(
    pieces: pd.DataFrame, notes: pd.DataFrame, tracks: int = VOICES
) -> np.ndarray:
    """UPC: mean number of pitch classes that a track sounds in a bar, shape (pieces, tracks).

    1 to 12; bars in which the track is silent are left out. (``n_pitches_used`` of
    ``src/musegan/metrics.py`` counts every time step anew and is no such number.)

    Examples
    --------
    C, E, G and the C above are three pitch classes, and MuseGAN's code says two:

    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480, 960, 1440],
    ...                       "duration": 480, "pitch": [60, 64, 67, 72]})
    >>> pieces = pd.DataFrame({"piece": ["a"]})
    >>> used_pitch_classes(pieces, notes, 1), used_pitch_classes_as_published(pieces, notes, 1)
    (array([[3.]]), array([[2.]]))
    """
    used, owner = classes_per_bar(pieces, notes, tracks)
    return over_bars(np.where(used > 0, used, np.nan), owner, len(pieces))


def used_pitch_classes_as_published(
    pieces: pd.DataFrame, notes: pd.DataFrame, tracks: int = VOICES
) -> np.ndarray:
    """UPC of MuseGAN's ``to_chroma``: it groups neighbouring semitones, not octaves.

    The 84 pitches from MIDI 24 are reshaped to (12, 7) and summed over the second axis,
    so a "class" is seven semitones in a row. (``v2`` pads them to 96 first, and so groups
    eight.)
    """
    used, owner = classes_per_bar(pieces, notes, tracks, as_published=True)
    return over_bars(np.where(used > 0, used, np.nan), owner, len(pieces))


def qualified_notes(pieces: pd.DataFrame, notes: pd.DataFrame, tracks: int = VOICES) -> np.ndarray:
    """QN: per cent of notes not shorter than three time steps, a thirty-second.

    Returns
    -------
    numpy.ndarray, shape (pieces, tracks)

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 40, 480, 960],
    ...                       "duration": [40, 20, 60, 960], "pitch": [60, 62, 64, 65]})
    >>> pieces = pd.DataFrame({"piece": ["a"]})
    >>> qualified_notes(pieces, notes, 1), qualified_notes_as_published(pieces, notes, 1)
    (array([[50.]]), array([[75.]]))
    """
    laid = lay_out(pieces, notes)
    ours = laid.part < tracks
    long = laid.end - laid.onset >= QUALIFIED * STEP
    cells = laid.number[ours] * tracks + laid.part[ours]
    found = means(100.0 * long[ours], cells, len(pieces) * tracks)
    return found.reshape(len(pieces), tracks)


def qualified_notes_as_published(
    pieces: pd.DataFrame, notes: pd.DataFrame, tracks: int = VOICES
) -> np.ndarray:
    """QN of MuseGAN's code: two steps are enough, and every bar is a piece of its own.

    A note over a bar line is cut in two, repeated notes that touch are one, and the figure
    is the mean over the bars that are not empty. Shape (pieces, tracks). Meters do not
    change here: bars are those of the beginning.
    """
    laid = lay_out(pieces, notes)
    ours = (laid.part < tracks) & (laid.onset >= laid.start[laid.number])
    number, pitch = laid.number[ours], laid.pitch[ours]
    shift = laid.start[number]
    onset = np.rint((laid.onset[ours] - shift) / STEP).astype(np.int64)
    end = np.maximum(np.rint((laid.end[ours] - shift) / STEP).astype(np.int64), onset + 1)
    line = number * tracks + laid.part[ours]
    owner, onset, end = merged(line * 128 + pitch, onset, end)
    bar = laid.bar[owner // (128 * tracks)] // STEP
    row, cell, steps = cut(onset, end, bar)
    kept = cell < laid.whole[owner[row] // (128 * tracks)]
    row, cell, steps = row[kept], cell[kept], steps[kept]
    line = owner[row] // 128
    bars, where = np.unique(np.stack([line, cell]), axis=1, return_inverse=True)
    rates = means(100.0 * (steps >= QUALIFIED_AS_PUBLISHED), where.ravel(), bars.shape[1])
    return means(rates, bars[0], len(pieces) * tracks).reshape(len(pieces), tracks)


def _struck(pieces: pd.DataFrame, drums: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Drum notes in whole bars of 4/4: piece, bar and time step in the bar."""
    laid = lay_out(pieces, drums)
    bar, position, size = laid.place()
    kept = (bar >= 0) & (size == 4 * TICKS_PER_QUARTER)
    step = np.rint(position[kept] / STEP).astype(np.int64) % 96
    return laid.number[kept], bar[kept].astype(np.int64), step


def drum_pattern(pieces: pd.DataFrame, drums: pd.DataFrame) -> np.ndarray:
    """DP: per cent of drum notes in an 8- or 16-beat pattern, that is, on a sixteenth.

    Parameters
    ----------
    pieces, drums : pandas.DataFrame
        ``drums`` is a table like ``notes``. Only bars of 4/4 are counted, for which the
        paper defines it; onsets go to the nearest time step.

    Examples
    --------
    >>> drums = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 240, 480, 500],
    ...                       "duration": 60, "pitch": 42})
    >>> pieces = pd.DataFrame({"piece": ["a"]})
    >>> drum_pattern(pieces, drums), drum_pattern_as_published(pieces, drums)
    (array([75.]), array([82.5]))
    """
    number, _, step = _struck(pieces, drums)
    return means(100.0 * (step % 6 == 0), number, len(pieces))


def drum_pattern_as_published(pieces: pd.DataFrame, drums: pd.DataFrame) -> np.ndarray:
    """DP of ``v1`` and ``v2``: bar by bar, at the best of six shifts.

    A note one step beside a sixteenth counts .3, and the pattern may be shifted by up to
    five steps in each bar, so that a bar that is late all through scores 100 %. The figure
    is the mean over the bars that are not empty.
    """
    number, bar, step = _struck(pieces, drums)
    bars, where = np.unique(np.stack([number, bar]), axis=1, return_inverse=True)
    size = bars.shape[1]
    shifts = [means(_DRUM_FILTER[(step - shift) % 6], where.ravel(), size) for shift in range(6)]
    best = np.max(shifts, axis=0) if size else np.zeros(0)
    return means(100.0 * best, bars[0], len(pieces))


def evaluate(
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    drums: pd.DataFrame | None = None,
    tracks: int = VOICES,
) -> pd.DataFrame:
    """Every measure of every piece, the mean over its tracks or pairs of tracks.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        A set of pieces, see :mod:`ricercar.tables`.
    drums : pandas.DataFrame, optional
        Drum notes; the drum pattern is NaN without them.
    tracks : int

    Returns
    -------
    pandas.DataFrame
        Column piece, then :data:`MEASURES`.

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": [0, 1], "onset": 0, "duration": [1920, 3840],
    ...                       "pitch": [67, 60]})
    >>> row = evaluate(pd.DataFrame({"piece": ["a"]}), notes).iloc[0]
    >>> row[["empty_bars", "used_pitch_classes", "qualified_notes"]].astype(float).tolist()
    [25.0, 1.0, 100.0]
    """
    struck = notes.iloc[:0] if drums is None else drums
    table = {"piece": pieces["piece"].to_numpy()}
    for name, measure in _OF_TRACKS.items():
        values = measure(pieces, notes, tracks)
        cells = np.repeat(np.arange(len(pieces)), values.shape[1])
        table[name] = means(values.ravel(), cells, len(pieces))
    table["drum_pattern"] = drum_pattern(pieces, struck)
    table["drum_pattern_as_published"] = drum_pattern_as_published(pieces, struck)
    return pd.DataFrame(table)[["piece", *MEASURES]]


_OF_TRACKS = {
    "empty_bars": empty_bars,
    "empty_bars_as_published": empty_bars_as_published,
    "used_pitch_classes": used_pitch_classes,
    "used_pitch_classes_as_published": used_pitch_classes_as_published,
    "qualified_notes": qualified_notes,
    "qualified_notes_as_published": qualified_notes_as_published,
    "tonal_distance": tonal_distance,
    "tonal_distance_as_published": tonal_distance_as_published,
}
