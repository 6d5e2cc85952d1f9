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

from ricercar.assess import grading, recognition, secondary_columns, set_columns
from ricercar.assess.chorale_split import SPLITS
from ricercar.assess.measured_set import MeasuredSet
from ricercar.assess.reference import TUNES, Reference, Tables, groups_of, voices_of
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

#: role of the held-out pieces that others are laid beside
YARDSTICK = "test"

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
    seen : MeasuredSet, optional
        The same, or as much of it as is compared, where it has been measured already.
    train : MeasuredSet
        The training set in the same form, thinned.
    known : (pieces, notes)
        The whole training set.
    bach : grading.Reference, optional
    judge : recognition.Recogniser, optional
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
    seen: MeasuredSet | None
    train: MeasuredSet
    known: Tables
    bach: grading.Reference | None
    judge: recognition.Recogniser | None
    voices: int
    sizes: tuple[int, int, int, int]

    def measured(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """All columns of the row; and for a made set what tells it from the training set."""
        n, trainings, limit, seed = self.sizes
        whole = self.seen
        if whole is None:
            # styles are counted in all pieces; the rest of what is seen needs only those compared
            whole = MeasuredSet.of(self.one if self.judge else thinned(self.one, limit, seed))
        few = whole.thinned(limit, seed)
        main = [set_columns.own(self.one, n, seed)]
        styles = pd.DataFrame()
        if self.role == "train":
            why = "it is the training set"
            main += [
                set_columns.variety(few, n, seed),
                set_columns.empty([*set_columns.COMPARED, "grade"], why, len(few)),
            ]
            grades = set_columns.empty(grading.MEASURES, why, len(few))
        else:
            grades = set_columns.graded(few.tables, self.bach, n, seed)
            main += [
                set_columns.copied(self.one, self.known, self.voices, n, seed),
                recognition.evaluate(self.judge, whole, n, seed, self.role == YARDSTICK),
                grades[grades["metric"] == "grade"],
                set_columns.compared(self.train, few, n, trainings, seed),
            ]
            styles = recognition.by_style(self.judge, whole, n, seed)
        tables = {"main": pd.concat(main, ignore_index=True)}
        if self.form == CROPS:
            tables |= secondary_columns.secondary(few.tables, n, seed)
            if self.family == TUNES:
                del tables["voices"]
            else:
                tables["grading"] = grades
            if self.role != "train":
                tables["mgeval distances"] = secondary_columns.set_against_set(
                    self.train.tables, few.tables, seed
                )
            tables["styles"] = styles
        rows = set_columns.finished(tables, groups_of(self.one[0]).nunique())
        for at, name in enumerate((self.family, self.form, self.name, self.role)):
            rows.insert(at, IDS[at], name)
        if self.role != "made" or self.form != CROPS:
            return rows, pd.DataFrame()
        telling = set_columns.telling(self.train, few, seed)
        return rows, telling.assign(family=self.family, set=self.name)


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
        few, judge, held = _learnt(rows, reference.train, ticks if form == CROPS else None, sizes)
        bach = grading.reference(*few.tables) if reference.chorales else None
        seen = {"train": few, YARDSTICK: held}
        jobs += [
            Row(
                family,
                form,
                name,
                role,
                one,
                seen.get(role),
                few,
                reference.train,
                bach,
                judge,
                voices,
                sizes,
            )
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


def _learnt(
    rows: list[tuple[str, str, Tables]],
    train: Tables,
    ticks: Mapping[str, int] | None,
    sizes: tuple[int, int, int, int],
) -> tuple[MeasuredSet, recognition.Recogniser | None, MeasuredSet | None]:
    """The training set of a form, thinned, a judge of styles, and the held-out set if it has one.

    The judge has to know styles that were not asked for, too.
    """
    _, _, limit, seed = sizes
    sets = {role: one for _, role, one in rows}
    alike = sets["train"]
    if YARDSTICK not in sets or len(recognition.styles_of(train[0])) < 2:
        return MeasuredSet.of(thinned(alike, limit, seed)), None, None
    if ticks and "" not in ticks:
        other = int(np.median(list(ticks.values())))
        alike = crops(train, dict.fromkeys(recognition.styles_of(train[0]), other) | dict(ticks))
    known, held = MeasuredSet.of(alike), MeasuredSet.of(sets[YARDSTICK])
    judge = recognition.learn(known, held, seed)
    asked = known.rows(known.tables[0]["piece"].isin(sets["train"][0]["piece"]).to_numpy())
    return asked.thinned(limit, seed), judge, held


def _measured(job: Row) -> tuple[pd.DataFrame, pd.DataFrame]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return job.measured()


def run(
    jobs: list[Row], workers: int, say: Callable[[str], None]
) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Measure every row, in order; see :meth:`Row.measured`."""
    from joblib import Parallel, delayed

    done = Parallel(n_jobs=workers, return_as="generator")(delayed(_measured)(j) for j in jobs)
    rows = []
    for number, (job, row) in enumerate(zip(jobs, done, strict=True), start=1):
        say(f"{number} of {len(jobs)}: {job.family}, {job.form}, {job.name}")
        rows.append(row)
    return rows
