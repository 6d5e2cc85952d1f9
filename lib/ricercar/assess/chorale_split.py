"""The standard split of Bach's chorales, carried over to the pieces of the catalogue.

Goal: train on what everybody trains on and hold out what everybody holds out, also where
the chorales come with rhythm, ties and titles, which the published grid does not have.

Conventions
-----------
* The published grid is a JSON file: per split a list of chorales, each a list of sixteenths,
  each four MIDI pitches from soprano to bass; a rest is null, NaN or -1. It does not tell a
  repeated note from a held one: here one sounding pitch is one note.
* Two settings are compared by their *shingles*: runs of :data:`SHINGLE` melodic intervals
  of one voice, repeated notes joined. So transposition, note values, repeats and fermatas
  make no difference.
* The share of a chorale's shingles in a voice that stand in one and the same part of a
  catalogue piece is taken for each voice; ``similarity`` is their mean. Another
  harmonisation of the same hymn shares the melody alone, and is not the same setting:
  between settings and other harmonisations there is a wide gap, in which
  :data:`SAME_SETTING` lies.
* A catalogue piece is ``test`` or ``valid`` if any such chorale is the same setting (the
  more similar one decides), even where the published training part holds it as well; every
  other piece of the collection is ``train``. Harmonisations of one hymn are parted by the
  published split and stay parted here: column ``group`` of a catalogue does not.

Sources
-------
N. Boulanger-Lewandowski, Y. Bengio and P. Vincent, "Modeling temporal dependencies in
high-dimensional sequences" (ICML 2012); the grid of C.-Z. A. Huang et al., "Counterpoint by
convolution" (ISMIR 2017), ``Jsb16thSeparated.json`` of czhuang/JSB-Chorales-dataset.
Shingles: A. Z. Broder, "On the resemblance and containment of documents" (1997).
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from ricercar.assess.voices import STEP, VOICES, numbered
from ricercar.errors import ReadError
from ricercar.tables import TICKS_PER_QUARTER

SPLITS = ("train", "valid", "test")
SHINGLE = 5
SAME_SETTING = 0.7
#: a part with fewer shingles than this is compared as if it had so many
_FEWEST = 15


def read_frames(path: Path) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Read a file of chorales on the sixteenth grid.

    Parameters
    ----------
    path : Path
        ``Jsb16thSeparated.json``, or a list of chorales without splits (``js-fakes-16th.json``).

    Returns
    -------
    dict of str to (pieces, notes)
        By split, in the order of the file; the one name ``all`` where the file has none.
        ``pieces`` has the columns piece (``<split>/<number>``), group, style, quarters,
        pickup and parts. A repeated note cannot be told from a held one: it is one note.

    Raises
    ------
    ReadError
        If the file is not such a grid.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        parts = content if isinstance(content, dict) else {"all": content}
        return {name: _tables(name, chorales) for name, chorales in parts.items()}
    except (OSError, ValueError, TypeError) as error:
        raise ReadError(f"{path} is not a grid of four-voice chorales: {error}") from error


def _tables(split: str, chorales: list) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pieces and notes of a list of chorales."""
    steps = np.array([len(chorale) for chorale in chorales])
    frames = np.array([frame for chorale in chorales for frame in chorale], dtype=float)
    if frames.ndim != 2 or frames.shape[1] != VOICES:
        raise ValueError(f"frames of {frames.shape[1:]} pitches in {split}, not of {VOICES}")
    line = np.where(np.isnan(frames), -1, frames).astype(np.int64).T
    first = np.cumsum(steps) - steps
    begins = np.ones(line.shape, dtype=bool)
    begins[:, 1:] = line[:, 1:] != line[:, :-1]
    begins[:, first] = True
    part, start = np.nonzero(begins)
    length = np.diff(start, append=0)
    length[length <= 0] += line.shape[1]
    owner = np.repeat(np.arange(len(steps)), steps)[start]
    pitch = line[part, start]
    ids = np.array([f"{split}/{number}" for number in range(len(steps))], dtype=object)
    notes = pd.DataFrame(
        {
            "piece": ids[owner],
            "part": part,
            "onset": (start - first[owner]) * STEP,
            "duration": length * STEP,
            "pitch": pitch,
        }
    )[pitch >= 0]
    pieces = pd.DataFrame(
        {
            "piece": ids,
            "group": ids,
            "style": "chorale",
            "quarters": steps * STEP / TICKS_PER_QUARTER,
            "pickup": 0,
            "parts": VOICES,
        }
    )
    order = np.lexsort((notes["part"], notes["onset"], owner[pitch >= 0]))
    return pieces, notes.iloc[order].reset_index(drop=True)


def _lines(pieces: pd.DataFrame, notes: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Every different shingle of every part: number of the part's line and key.

    Returns
    -------
    line, key : numpy.ndarray, shape (shingles,)
    owner, part : numpy.ndarray, shape (lines,)
        Row of ``pieces`` and part of each line.
    """
    number, ordered = numbered(pieces, notes)
    part, pitch = ordered["part"].to_numpy(), ordered["pitch"].to_numpy()
    code = number * (part.max(initial=0) + 1) + part
    changes = np.ones(len(pitch), dtype=bool)
    changes[1:] = (np.diff(pitch) != 0) | (np.diff(code) != 0)
    first = np.unique(code, return_index=True)[1]
    line = np.searchsorted(code[first], code[changes])
    steps = np.diff(pitch[changes])
    if len(steps) < SHINGLE:
        none = np.zeros(0, dtype=np.int64)
        return none, none.astype(np.uint64), number[first], part[first]
    windows = np.lib.stride_tricks.sliding_window_view(steps, SHINGLE)
    within = line[:-SHINGLE] == line[SHINGLE:]
    scale = np.uint64(257) ** np.arange(SHINGLE, dtype=np.uint64)
    key = (windows[within] + 128).astype(np.uint64) @ scale
    unique = np.unique(np.stack([line[:-SHINGLE][within].astype(np.uint64), key]), axis=1)
    return unique[0].astype(np.int64), unique[1], number[first], part[first]


def match(
    chorales: tuple[pd.DataFrame, pd.DataFrame], catalogue: tuple[pd.DataFrame, pd.DataFrame]
) -> pd.DataFrame:
    """How far each chorale and each catalogue piece are the same setting.

    Parameters
    ----------
    chorales : (pieces, notes)
        Of four voices, part 0 the soprano.
    catalogue : (pieces, notes)
        With any number of parts: instruments beside the voices do no harm.

    Returns
    -------
    pandas.DataFrame
        A row for each pair that shares something: chorale, piece, ``melody`` and ``bass``
        (shares of shingles of the voice found in the best part, in [0, 1]) and
        ``similarity``, the mean over all voices.

    Examples
    --------
    >>> tune = pd.DataFrame({"piece": "a", "part": 0, "onset": np.arange(9) * 480,
    ...                      "duration": 480, "pitch": [60, 62, 64, 65, 67, 65, 64, 62, 60]})
    >>> chorale = pd.concat([tune.assign(part=voice) for voice in range(4)])
    >>> other = chorale.assign(piece="b", pitch=chorale["pitch"] + 5)
    >>> pair = match((pd.DataFrame({"piece": ["a"]}), chorale),
    ...              (pd.DataFrame({"piece": ["b"]}), other))
    >>> pair.values.tolist()
    [['a', 'b', 1.0, 1.0, 1.0]]
    """
    mine, theirs = _lines(*chorales), _lines(*catalogue)
    vocabulary, column = np.unique(np.concatenate([mine[1], theirs[1]]), return_inverse=True)
    columns = np.split(column, [len(mine[1])])
    left, right = (
        sparse.csr_matrix((np.ones(len(line)), (line, where)), shape=(len(owner), len(vocabulary)))
        for (line, _, owner, _), where in zip((mine, theirs), columns, strict=True)
    )
    size, other = (np.asarray(found.sum(axis=1)).ravel() for found in (left, right))
    share = (left @ right.T).toarray()
    # rhythm and editions apart, the shorter of the two should stand within the longer
    share /= np.maximum(np.minimum(size[:, None], np.maximum(other, _FEWEST)[None, :]), 1)
    owners, first = np.unique(theirs[2], return_index=True)
    best = np.maximum.reduceat(share, first, axis=1) if len(first) else share
    voices = np.zeros((len(chorales[0]), VOICES, len(catalogue[0])))
    kept = mine[3] < VOICES
    rows = np.zeros((kept.sum(), len(catalogue[0])))
    rows[:, owners] = best[kept]
    voices[mine[2][kept], mine[3][kept]] = rows
    similarity = voices.mean(axis=1)
    which, piece = np.nonzero(similarity > 0)
    return pd.DataFrame(
        {
            "chorale": chorales[0]["piece"].to_numpy()[which],
            "piece": catalogue[0]["piece"].to_numpy()[piece],
            "melody": voices[which, 0, piece],
            "bass": voices[which, VOICES - 1, piece],
            "similarity": similarity[which, piece],
        }
    )


def carry_over(pairs: pd.DataFrame, pieces: Iterable[str]) -> pd.DataFrame:
    """The split of the catalogue's pieces.

    Parameters
    ----------
    pairs : pandas.DataFrame
        From :func:`match`, chorales named ``<split>/<number>``.
    pieces : iterable of str
        All pieces of the collection.

    Returns
    -------
    pandas.DataFrame
        Columns piece and split, sorted by piece.

    Examples
    --------
    >>> pairs = pd.DataFrame({"chorale": ["train/0", "test/4", "valid/2"],
    ...                       "piece": ["a", "a", "b"], "similarity": [0.9, 0.8, 0.3]})
    >>> carry_over(pairs, ["a", "b"]).values.tolist()
    [['a', 'test'], ['b', 'train']]
    """
    same = pairs[pairs["similarity"] >= SAME_SETTING].sort_values("similarity", kind="stable")
    part = same["chorale"].str.split("/").str[0]
    held = same.assign(split=part)[part.isin(("valid", "test"))]
    chosen = held.drop_duplicates("piece", keep="last").set_index("piece")["split"]
    ids = sorted(set(pieces))
    return pd.DataFrame({"piece": ids, "split": chosen.reindex(ids).fillna("train").to_numpy()})


@cache
def _committed() -> dict[str, str]:
    path = Path(__file__).parent.parent / "registries" / "chorale-split.csv"
    table = pd.read_csv(path, dtype=str)
    return dict(zip(table["piece"], table["split"], strict=True))


def split_of(pieces: pd.DataFrame, column: str = "piece") -> np.ndarray:
    """The part of the standard split that each piece belongs to.

    Parameters
    ----------
    pieces : pandas.DataFrame
        A table of pieces.
    column : str
        Where the id stands: ``"group"`` for excerpts.

    Returns
    -------
    numpy.ndarray of str, shape (pieces,)
        ``train``, ``valid``, ``test``; ``""`` for pieces outside the collection.

    Examples
    --------
    >>> split_of(pd.DataFrame({"piece": ["bach/bwv393", "essen/1"]})).tolist()
    ['test', '']
    """
    known = _committed()
    return np.array([known.get(piece, "") for piece in pieces[column]], dtype=str)
