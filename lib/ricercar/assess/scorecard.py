"""The scorecard: made music beside real music, a known machine's, and nonsense.

Goal: one long table that grades the output of any generator so that it cannot look better
than it is: every column with its interval and number of pieces, beside rows that show what the
column says of held-out real pieces and of nonsense, with a verdict that is computed.

Conventions
-----------
* Sets are parted into families (:mod:`.reference`) and brought into two forms, crops of
  equal length and whole pieces (:mod:`.set_forms`); secondary tables are of crops.
* Rows of a family and form: made sets, train, valid, test, JS Fakes, shuffled, random.
* Columns are those of :mod:`.set_columns`, targets those of :mod:`.targets`.
* Sets of more than ``limit`` pieces are thinned at random to so many, except the training
  set where copies are looked for.
* Nearest passages are found for every made piece in the whole training set; held-out pieces,
  cropped alike, are the yardstick.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ricercar.assess import targets
from ricercar.assess.reference import FAMILIES, Reference, Tables, chosen, family_of
from ricercar.assess.scorecard_originality import passages
from ricercar.assess.scorecard_rows import IDS, Row, rows_of, run
from ricercar.assess.set_forms import CROPS, FORMS
from ricercar.errors import ParameterError

#: figures of a row, and what is said of them
_FIGURES = ["table", "metric", "value", "low", "high", "n", "unit", "target", "reached", "note"]


@dataclass(frozen=True)
class Scorecard:
    """What was measured.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns family, form, set, role, table, metric, value, low, high, n, unit, target,
        reached, note; a row for each figure.
    nearest : pandas.DataFrame
        Columns family, set, then those of :func:`ricercar.assess.nearest.nearest`: three
        passages for each made piece.
    telling : pandas.DataFrame
        Columns family, set, then those of :func:`ricercar.assess.set_pair.telling`: what
        tells made crops from the training set's.
    about : dict
        Family -> reference (name), chorales, voices, joined (whether repeated notes are), crop
        (style -> quarters), pieces (set -> n), compared ((form, set) -> n).
    left_out : dict
        What was not graded -> why.
    """

    table: pd.DataFrame
    nearest: pd.DataFrame
    telling: pd.DataFrame
    about: dict[str, dict[str, Any]]
    left_out: dict[str, str] = field(default_factory=dict)

    def rows(self, family: str, form: str = CROPS, table: str = "main") -> pd.DataFrame:
        """The rows of one table of a family and form."""
        found = self.table
        kept = (found["family"] == family) & (found["form"] == form) & (found["table"] == table)
        return found[kept].reset_index(drop=True)

    def verdicts(self, family: str, form: str = CROPS) -> pd.DataFrame:
        """The rows of made sets that have a target, and whether it is reached."""
        found = self.rows(family, form)
        return found[(found["role"] == "made") & (found["reached"] != "")].reset_index(drop=True)


def grade(
    made: Mapping[str, Tables],
    against: Mapping[str, Reference],
    seed: int = 0,
    n: int = 500,
    trainings: int = 24,
    limit: int = 500,
    workers: int = 1,
    forms: Sequence[str] = FORMS,
    say: Callable[[str], None] | None = None,
) -> Scorecard:
    """Grade made music.

    Parameters
    ----------
    made : mapping of str to (pieces, notes)
        Sets by name, in the schemas of :mod:`ricercar.tables`; column ``group``, where it
        stands, says which pieces are drawn together.
    against : mapping of str to Reference
        By family, from :func:`ricercar.assess.reference.references`.
    seed : int
    n : int
        Resamples and permutations.
    trainings : int
        Permutations for the trained classifier.
    limit : int
        Most pieces of a set that are compared.
    workers : int
        Processes.
    forms : sequence of str
        :data:`ricercar.assess.set_forms.FORMS`, or crops alone.
    say : callable, optional
        Is told what has been done.

    Returns
    -------
    Scorecard

    Raises
    ------
    ParameterError
        If no set has a piece of a family that there is a reference for.
    """
    told = say or (lambda _: None)
    sizes = (n, trainings, limit, seed)
    jobs: list[Row] = []
    about: dict[str, dict[str, Any]] = {}
    left_out: dict[str, str] = {}
    sets: dict[str, dict[str, Tables]] = {}
    for family in FAMILIES:
        mine = {}
        for name, one in made.items():
            rows = family_of(*one) == family
            if rows.any() and family not in against:
                left_out[f"{name}: {int(rows.sum())} pieces, {family}"] = (
                    "nothing to compare them with: the reference has no such pieces"
                )
            elif rows.any():
                mine[name] = chosen(one, rows)
        if mine:
            found, about[family] = rows_of(family, mine, against[family], sizes, forms)
            jobs += found
            sets[family] = mine
    for name, one in made.items():
        silent = int((family_of(*one) == "").sum())
        if silent:
            left_out[f"{name}: {silent} pieces"] = "no note is in them"
    if not jobs:
        why = "; ".join(f"{what} ({reason})" for what, reason in left_out.items())
        raise ParameterError(f"there is nothing to grade: {why or 'no piece was given'}")
    measured = run(jobs, workers, told)
    originals = [passages(family, sets[family], jobs, seed, told) for family in sets]
    columns, telling = zip(*measured, strict=True)
    table = pd.concat([*columns, *(one[0] for one in originals)], ignore_index=True)
    return Scorecard(
        _judged(table, against),
        pd.concat([one[1] for one in originals], ignore_index=True),
        _first(pd.concat(telling, ignore_index=True), ["family", "set"]),
        about,
        left_out,
    )


def _first(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """A table with these columns before the others."""
    if not len(table):
        return table
    return table[[*names, *(c for c in table.columns if c not in names)]]


def _judged(table: pd.DataFrame, against: Mapping[str, Reference]) -> pd.DataFrame:
    """The table with targets and verdicts."""
    table = table.assign(target="", reached="")
    for (family, _), rows in table[table["table"] == "main"].groupby(["family", "form"]):
        for metric, target in targets.targets(rows, against[str(family)].chorales).items():
            mine = rows[(rows["metric"] == metric) & (rows["role"] != "train")]
            table.loc[mine.index, "target"] = target.said
            table.loc[mine.index, "reached"] = [
                target.verdict(*figures) for figures in mine[["value", "low", "high"]].to_numpy()
            ]
    return table[[*IDS, *_FIGURES]]
