"""The rows of the scorecard: which sets stand in it, and all that is measured of each.

Conventions
-----------
A row is a set in one form (:mod:`.set_forms`); its columns are those of :mod:`.set_columns`.
What compares a set with others takes the training set in the same form; copies are looked
for in the whole training set.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ricercar.assess import grading, set_columns
from ricercar.assess.chorale_split import SPLITS
from ricercar.assess.reference import TUNES, Reference, Tables, voices_of
from ricercar.assess.set_forms import (
    CROPS,
    alike_in_length,
    beside,
    complete,
    crop_lengths,
    crops,
    has_repeats,
    joined,
    thinned,
)
from ricercar.assess.voices import VOICES
from ricercar.tables import TICKS_PER_QUARTER

#: what names a row
IDS = ["family", "form", "set", "role"]


@dataclass(frozen=True)
class Row:
    """One row of the scorecard, to be measured.

    Attributes
    ----------
    family, form, name, role : str
    one : (pieces, notes)
        The set, in its form.
    train : (pieces, notes)
        The training set in the same form, thinned.
    known : (pieces, notes)
        The whole training set.
    bach : grading.Reference, optional
    voices : int
        Voices that are looked at for copies.
    sizes : tuple of int
        Resamples, permutations of the classifier, most pieces of a set, seed.
    """

    family: str
    form: str
    name: str
    role: str
    one: Tables
    train: Tables
    known: Tables
    bach: grading.Reference | None
    voices: int
    sizes: tuple[int, int, int, int]

    def measured(self) -> pd.DataFrame:
        """All columns of the row."""
        n, trainings, limit, seed = self.sizes
        few = thinned(self.one, limit, seed)
        main = [set_columns.own(self.one, n, seed)]
        if self.role == "train":
            why = "it is the training set"
            main += [
                set_columns.variety(few, n, seed),
                set_columns.empty([*set_columns.COMPARED, "grade"], why, len(few[0])),
            ]
            grades = set_columns.empty(grading.MEASURES, why, len(few[0]))
        else:
            grades = set_columns.graded(few, self.bach, n, seed)
            main += [
                set_columns.copied(self.one, self.known, self.voices, n, seed),
                grades[grades["metric"] == "grade"],
                set_columns.compared(self.train, few, n, trainings, seed),
            ]
        tables = {"main": pd.concat(main, ignore_index=True)}
        if self.form == CROPS:
            tables |= set_columns.secondary(few, n, seed)
            if self.family == TUNES:
                del tables["voices"]
            else:
                tables["grading"] = grades
            if self.role != "train":
                tables["mgeval distances"] = set_columns.set_against_set(self.train, few, seed)
        groups = set_columns.groups_of(self.one[0]).nunique()
        rows = set_columns.finished(tables, groups)
        for at, name in enumerate((self.family, self.form, self.name, self.role)):
            rows.insert(at, IDS[at], name)
        return rows


def rows_of(
    family: str,
    made: Mapping[str, Tables],
    reference: Reference,
    sizes: tuple[int, int, int, int],
    forms: Sequence[str],
) -> tuple[list[Row], dict[str, Any]]:
    """The rows of a family, and what is to be known of it."""
    _, _, limit, seed = sizes
    made = {name: complete(one) for name, one in made.items()}
    plain = reference.chorales or not all(map(has_repeats, (*made.values(), reference.train)))
    level = joined if plain else complete
    made = {name: level(one) for name, one in made.items()}
    sides: dict[str, Any] = {part: level(complete(getattr(reference, part))) for part in SPLITS}
    reference = replace(reference, **sides)
    others = beside(reference, family, limit, seed)
    names = {"fakes": "JS Fakes"}
    voices = 1
    if family != TUNES:
        voices = int(np.median(np.concatenate([voices_of(*one) for one in made.values()])))
        voices = min(max(voices, 2), VOICES)
    ticks = crop_lengths(made, reference)
    jobs: list[Row] = []
    counts: dict[tuple[str, str], int] = {}
    for form in forms:
        rows = [(names.get(role, role), role, one) for role, one in others.items()]
        if form == CROPS:
            rows = [(name, "made", one) for name, one in made.items()] + rows
            rows = [(name, role, crops(one, ticks)) for name, role, one in rows]
        else:
            near = [k for k, one in made.items() if alike_in_length(one, reference.train)]
            rows = [(name, "made", made[name]) for name in near] + rows
        rows = [row for row in rows if len(row[2][0])]
        train = next((one for _, role, one in rows if role == "train"), None)
        if train is None:
            continue
        few = thinned(train, limit, seed)
        bach = grading.reference(*few) if reference.chorales else None
        jobs += [
            Row(family, form, name, role, one, few, reference.train, bach, voices, sizes)
            for name, role, one in rows
        ]
        counts |= {(form, name): len(one[0]) for name, _, one in rows}
    about = {
        "reference": reference.name,
        "chorales": reference.chorales,
        "voices": voices,
        "joined": plain,
        "crop": {style: length / TICKS_PER_QUARTER for style, length in ticks.items()},
        "pieces": {name: len(one[0]) for name, one in made.items()},
        "compared": counts,
    }
    return jobs, about


def _measured(job: Row) -> pd.DataFrame:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return job.measured()


def run(jobs: list[Row], workers: int, say: Callable[[str], None]) -> list[pd.DataFrame]:
    """Measure every row, in order."""
    from joblib import Parallel, delayed

    done = Parallel(n_jobs=workers, return_as="generator")(delayed(_measured)(j) for j in jobs)
    rows = []
    for number, (job, row) in enumerate(zip(jobs, done, strict=True), start=1):
        say(f"{number} of {len(jobs)}: {job.family}, {job.form}, {job.name}")
        rows.append(row)
    return rows
