"""Sets brought into a form in which they can be compared: nonsense beside them, equal lengths.

Conventions
-----------
* *Whole pieces* are what tables of papers show; entropy, scale consistency, copying and
  every test of two sets depend on length. So a made set stands among whole pieces only if
  its median length is within :data:`ALIKE` of the training set's.
* *Crops* are stretches from the first full bar on, of all sets alike, as long as nine of
  ten made pieces are. Where styles of made pieces are styles of the reference, each style has
  its length and real pieces of other styles are left out. Shorter pieces are left out.
* Grids of pitches cannot tell a repeated note from a held one: neither the JS Fakes nor many
  generators have any. Where a set has none, and for chorales always, repeated notes are joined
  in *all* sets (:func:`joined`), else every test would find that out and nothing more.
* ``group`` of a crop is that of its piece: crops of one piece are not independent.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ricercar.assess.null import excerpts, random_notes, shuffle_notes, shuffle_voices
from ricercar.assess.reference import TUNES, Reference, Tables, chosen, groups_of
from ricercar.tables import TICKS_PER_QUARTER

WHOLE, CROPS = "whole pieces", "crops"
FORMS = (CROPS, WHOLE)
#: median lengths that differ by no more than this factor count as alike
ALIKE = 1.25
#: the style of pieces whose style is not known
OTHER = "other"
#: pieces of a set of nonsense: it is told apart by any number
NONSENSE = 200
#: share of repeated notes from which on a set has any
REPEATS = 0.002
_LINE = ["piece", "part", "pitch"]
#: crops of one piece
MOST = 2

#: role of a row -> what it is
ROLES: dict[str, str] = {
    "made": "what is graded",
    "train": "what a generator may have learnt from",
    "valid": "held-out real pieces",
    "test": "held-out real pieces",
    "fakes": "JS Fake Chorales, by a Transformer",
    "shuffled": "nonsense: real voices or pitches, put together at random",
    "random": "nonsense: random quarters within the range of each voice",
}


def lengths(one: Tables) -> np.ndarray:
    """End of the last note of each piece, in ticks.

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": ["a", "a"], "onset": [0, 480], "duration": [480, 240]})
    >>> lengths((pd.DataFrame({"piece": ["a", "b"]}), notes)).tolist()
    [720, 0]
    """
    end = (one[1]["onset"] + one[1]["duration"]).groupby(one[1]["piece"]).max()
    return end.reindex(one[0]["piece"]).fillna(0).to_numpy(np.int64)


def _touching(notes: pd.DataFrame) -> np.ndarray:
    """Which notes repeat the one before in their part at once; notes sorted by piece and part."""
    end = (notes["onset"] + notes["duration"]).to_numpy()
    again = np.zeros(len(notes), dtype=bool)
    same = [notes[name].to_numpy()[1:] == notes[name].to_numpy()[:-1] for name in _LINE]
    again[1:] = np.all(same, axis=0) & (notes["onset"].to_numpy()[1:] == end[:-1])
    return again


def joined(one: Tables) -> Tables:
    """A set with each repeated note, at once and in the same part, joined to the one before.

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480, 960], "duration": 480,
    ...                       "pitch": [60, 60, 62]})
    >>> joined((pd.DataFrame({"piece": ["a"]}), notes))[1][["onset", "duration"]].values.tolist()
    [[0, 960], [960, 480]]
    """
    notes = one[1].sort_values([*_LINE, "onset"], kind="stable", ignore_index=True)
    again = _touching(notes)
    first = np.flatnonzero(~again)
    length = np.add.reduceat(notes["duration"].to_numpy(), first) if len(first) else 0
    kept = notes[~again].assign(duration=length)
    order = ["piece", "part", "onset", "pitch"]
    return one[0], kept.sort_values(order, kind="stable", ignore_index=True)


def has_repeats(one: Tables) -> bool:
    """Whether a set has repeated notes: :data:`REPEATS` of its notes or more."""
    notes = one[1].sort_values([*_LINE, "onset"], kind="stable", ignore_index=True)
    return bool(len(notes) and _touching(notes).mean() >= REPEATS)


def complete(one: Tables) -> Tables:
    """A set with the columns meter, pickup and quarters that measures ask for."""
    known = {"meter": None, "pickup": 0, "quarters": lengths(one) / TICKS_PER_QUARTER}
    missing = {name: value for name, value in known.items() if name not in one[0].columns}
    return (one[0].assign(**missing), one[1]) if missing else one


def thinned(one: Tables, limit: int, seed: int) -> Tables:
    """At most so many pieces of a set, drawn at random, in their order."""
    if len(one[0]) <= limit:
        return one
    return chosen(one, np.sort(np.random.default_rng(seed).permutation(len(one[0]))[:limit]))


def beside(reference: Reference, family: str, limit: int, seed: int) -> dict[str, Tables]:
    """The rows that stand beside every made set: role -> set, whole pieces."""
    rows = {"train": reference.train, "valid": reference.valid, "test": reference.test}
    if reference.fakes is not None:
        rows["fakes"] = reference.fakes
    every = thinned(reference.everything, min(limit, NONSENSE), seed)
    shuffle = shuffle_notes if family == TUNES else shuffle_voices
    rows["shuffled"] = shuffle(*every, seed)
    rows["random"] = random_notes(*every, seed)
    return {role: one for role, one in rows.items() if len(one[0])}


def crop_lengths(made: Mapping[str, Tables], reference: Reference) -> dict[str, int]:
    """Ticks of a crop: by style, or one for all under the name ``""``.

    Whole quarters that nine of ten pieces of every made set fill, and three of four real ones.
    """
    real = reference.train
    known = set(real[0]["style"]) - {OTHER} if "style" in real[0].columns else set()
    asked = [set(one[0]["style"]) if "style" in one[0].columns else {""} for one in made.values()]
    by_style = bool(known) and all(styles <= known for styles in asked)
    found: dict[str, int] = {}
    for style in sorted(set.union(*asked)) if by_style else [""]:

        def of_style(one: Tables, style: str = style) -> np.ndarray:
            return lengths(one)[(one[0]["style"] == style).to_numpy()] if style else lengths(one)

        filled = [np.quantile(of_style(one), 0.1) for one in made.values() if len(of_style(one))]
        filled.append(np.quantile(of_style(real), 0.25))
        found[style] = max(int(min(filled)) // TICKS_PER_QUARTER, 1) * TICKS_PER_QUARTER
    return found


def crops(one: Tables, ticks: Mapping[str, int]) -> Tables:
    """Crops of every piece of a set, see :func:`crop_lengths`.

    Examples
    --------
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480, 960], "duration": 480,
    ...                       "pitch": 60})
    >>> crops((pd.DataFrame({"piece": ["a"]}), notes), {"": 480})[0]["piece"].tolist()
    ['a/1', 'a/2']
    """
    pieces = one[0].assign(pickup=one[0].get("pickup", 0))
    owner = dict(zip(pieces["piece"], groups_of(pieces), strict=True))
    cut = []
    for style, length in ticks.items():
        mine = pieces[pieces["style"] == style] if style else pieces
        if len(mine):
            cut.append(excerpts(mine, one[1], length, MOST))
    if not cut:
        return pieces.iloc[:0], one[1].iloc[:0]
    table, notes = (pd.concat([part[at] for part in cut], ignore_index=True) for at in (0, 1))
    return table.assign(group=table["group"].map(owner)), notes


def alike_in_length(one: Tables, real: Tables) -> bool:
    """Whether the median lengths of two sets differ by no more than :data:`ALIKE`."""
    ratio = np.median(lengths(one)) / max(float(np.median(lengths(real))), 1.0)
    return bool(1 / ALIKE <= ratio <= ALIKE)
