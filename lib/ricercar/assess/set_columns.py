"""Every column of one row of the scorecard: a set of pieces, and a set against a training set.

Conventions
-----------
* A *column* is (table, metric, value, low, high, n, unit, note). Tables: ``main``,
  ``MuseGAN``, ``MusPy``, ``mgeval``, ``mgeval distances``, ``grading``, ``voices``,
  ``styles``.
* A column that a set cannot have is NaN, and ``note`` says why. Below :data:`FEWEST` groups
  of pieces no interval is given: a bootstrap of a handful of pieces is too narrow.
* n is the number of pieces that have the measure.

Sources
-------
See the module of each measure.
"""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from ricercar.assess import (
    bootstrap,
    distance,
    distributions,
    diversity,
    frechet,
    grading,
    mgeval,
    musegan,
    music,
    muspy_measures,
    originality,
    recognition,
    set_distances,
    set_pair,
    two_sample,
)
from ricercar.assess.measured_set import MeasuredSet
from ricercar.assess.reference import Tables, groups_of
from ricercar.errors import ParameterError, TableError
from ricercar.style import embedding

#: groups of pieces from which on an interval is given
FEWEST = 10
#: groups of pieces from which on two sets are compared
COMPARABLE = 4

#: metric of the table main -> (what it says, unit), in the order of every table
MAIN: dict[str, tuple[str, str]] = {
    **{name: music.MEASURES[name] for name in list(music.MEASURES)[:7]},
    **{name: originality.MEASURES[name] for name in list(originality.MEASURES)[:4]},
    **recognition.MEASURES,
    **two_sample.MEASURES,
    "grade": grading.MEASURES["grade"],
    **frechet.MEASURES,
    **diversity.MEASURES,
    **{name: music.MEASURES[name] for name in list(music.MEASURES)[7:]},
    "distance_to_real": ("mean distance of the measures' distributions", "standard deviations"),
    "js_pitch_class": ("divergence of pitch classes above the root", "bits"),
    "js_interval": ("divergence of melodic intervals", "bits"),
    "js_note_value": ("divergence of note values", "bits"),
}

#: columns of the table main that compare a set with the training set
COMPARED = (
    *list(originality.MEASURES)[:4],
    *recognition.MEASURES,
    *two_sample.MEASURES,
    *frechet.MEASURES,
    *[name for name in diversity.MEASURES if name not in ("pairwise_distance", "duplicates")],
    *("distance_to_real", "js_pitch_class", "js_interval", "js_note_value"),
)

COLUMNS = ["table", "metric", "value", "low", "high", "n", "unit", "note"]
FIGURES = ["metric", "value", "low", "high", "n"]


def empty(names: Iterable[str], note: str, n: int = 0) -> pd.DataFrame:
    """Columns without a value, and why."""
    rows = [(name, np.nan, np.nan, np.nan, n, note) for name in names]
    return pd.DataFrame(rows, columns=[*FIGURES, "note"])


def tried(measure: Callable[[], pd.DataFrame], names: Iterable[str], n: int) -> pd.DataFrame:
    """A measure's columns, or why a set has none: too few pieces, nothing in common."""
    try:
        return measure()
    except (ParameterError, TableError) as error:
        return empty(names, str(error), n)


def means(table: pd.DataFrame, groups: pd.Series, n: int, seed: int) -> pd.DataFrame:
    """Mean over pieces of every column of a table of measures, with intervals over groups.

    Parameters
    ----------
    table : pandas.DataFrame
        Column piece, then measures; NaN is left out.
    groups : pandas.Series, length pieces
    n, seed : int
        Resamples; seed.

    Returns
    -------
    pandas.DataFrame
        Columns metric, value, low, high and n.

    Examples
    --------
    >>> table = pd.DataFrame({"piece": list("abc"), "triad": [60.0, 62.0, np.nan]})
    >>> means(table, table["piece"], n=100, seed=0)[["metric", "value", "n"]].values.tolist()
    [['triad', 61.0, 2]]
    """
    values = table.drop(columns="piece").to_numpy(float)
    codes, units = pd.factorize(groups)
    top, bottom = (np.zeros((len(units), values.shape[1])) for _ in range(2))
    np.add.at(top, codes, np.nan_to_num(values))
    np.add.at(bottom, codes, ~np.isnan(values))
    value, low, high = bootstrap.ratio(top, bottom, n=n, seed=seed)
    known = (~np.isnan(values)).sum(axis=0)
    names = [c for c in table.columns if c != "piece"]
    return pd.DataFrame({"metric": names, "value": value, "low": low, "high": high, "n": known})


def own(one: Tables, n: int, seed: int) -> pd.DataFrame:
    """The columns of the table main that need no other set, but variety."""
    pieces, notes = one
    if "group" not in pieces.columns:
        pieces = pieces.assign(group=pieces["piece"])
    card = music.scorecard(pieces, notes, seed=seed, n=n, by="group")
    again = pd.DataFrame({"piece": pieces["piece"], "duplicates": diversity.duplicates(*one)})
    return pd.concat([card, means(again, groups_of(pieces), n, seed)], ignore_index=True)


def graded(one: Tables, bach: grading.Reference | None, n: int, seed: int) -> pd.DataFrame:
    """The grading function and its features; without a reference only why there is none."""
    if bach is None:
        return empty(grading.MEASURES, "the grading function is for chorales", len(one[0]))
    table = grading.evaluate(*one, bach)
    return means(table, groups_of(one[0]), n, seed)


def copied(one: Tables, train: Tables, voices: int, n: int, seed: int) -> pd.DataFrame:
    """Copied windows, and the longest copied stretch."""
    pieces = one[0].assign(group=groups_of(one[0]))
    rows, notes = [], []
    for length in originality.LENGTHS:
        value, low, high, windows = originality.copied(
            train, (pieces, one[1]), seed, length, voices
        )
        rows.append((f"copied_{length}", value, low, high, len(pieces) if windows else 0))
        notes.append("" if windows else f"no piece has {length} sixteenths of {voices} voices")
    longest = originality.longest_copied(train, one, voices)
    table = pd.DataFrame({"piece": pieces["piece"], "longest_copied": longest})
    found = pd.DataFrame(rows, columns=FIGURES).assign(note=notes)
    return pd.concat([found, means(table, pieces["group"], n, seed)], ignore_index=True)


def compared(
    train: MeasuredSet, one: MeasuredSet, n: int, trainings: int, seed: int
) -> pd.DataFrame:
    """Two-sample tests, Fréchet distance, variety and distributions, against a training set.

    Parameters
    ----------
    train, one : MeasuredSet
    n : int
        Resamples and permutations.
    trainings : int
        Permutations for the classifier.
    seed : int

    Returns
    -------
    pandas.DataFrame
        Columns metric, value, low, high, n and note.
    """
    count = len(one)
    varied = [name for name in diversity.MEASURES if name != "duplicates"]
    names = ["distance_to_real", *(f"js_{name}" for name in distributions.DISTRIBUTIONS)]
    fewest = min(side.groups.nunique() for side in (train, one))
    if fewest < COMPARABLE:
        why = f"{fewest} pieces in one of the sets: give {COMPARABLE} or more to compare"
        return empty([*two_sample.MEASURES, *frechet.MEASURES, *varied, *names], why, count)

    def whole_sets() -> pd.DataFrame:
        far = distance.interval(train.measures, one.measures, one.groups, n, seed)
        rows = pd.DataFrame([("distance_to_real", *far, count)], columns=FIGURES)
        apart = distributions.divergences(train.tables, one.tables, seed, n)
        return pd.concat([rows, apart], ignore_index=True)

    def embedded() -> pd.DataFrame:
        if not embedding.available():
            return empty(frechet.MEASURES, "the package holds no embedder", count)
        return frechet.evaluate(train.tables, one.tables, seed=seed, n=min(n, 100))

    found = [
        tried(
            lambda: two_sample.evaluate(train, one, seed, n, trainings), two_sample.MEASURES, count
        ),
        tried(embedded, frechet.MEASURES, count),
        tried(lambda: diversity.evaluate(train, one, seed, n, thinned=3), varied, count),
        tried(whole_sets, names, count),
    ]
    table = pd.concat(found, ignore_index=True)
    return table[table["metric"] != "duplicates"]


def variety(one: MeasuredSet, n: int, seed: int) -> pd.DataFrame:
    """Pairwise distance of a set in its own standard deviations: the training set's row."""
    table = tried(lambda: diversity.evaluate(one, one, seed, n, 1), ["pairwise_distance"], 0)
    return table[table["metric"] == "pairwise_distance"]


def telling(train: MeasuredSet, one: MeasuredSet, seed: int) -> pd.DataFrame:
    """What tells a set from the training set, the eight strongest columns."""
    try:
        found = set_pair.telling(
            train.table, one.table, groups=(train.groups, one.groups), n=199, seed=seed
        )
    except (ParameterError, TableError):
        return pd.DataFrame()
    return found.head(8)


def _unit(table: str, metric: str) -> str:
    """Unit of a metric of a table."""
    if table == "mgeval distances":
        return set_distances.MEASURES[metric.rpartition(" ")[2]][1]
    if table == "styles":
        return recognition.MEASURES["style_recognised"][1]
    base = metric
    if table == "voices":
        base = metric.rpartition("_")[0]
    known = (
        MAIN
        if table == "main"
        else {**grading.MEASURES, **mgeval.MEASURES, **muspy_measures.MEASURES}
        | (musegan.MEASURES if table in ("MuseGAN", "voices") else {})
        | {"mean_interval": music.MEASURES["mean_interval"]}
    )
    return known[base][1]


def finished(tables: dict[str, pd.DataFrame], groups: int) -> pd.DataFrame:
    """All columns of a set in one table, in order, without intervals of a handful of pieces."""
    found = pd.concat(
        [rows.assign(table=name) for name, rows in tables.items() if len(rows)], ignore_index=True
    )
    found["note"] = found["note"].fillna("") if "note" in found.columns else ""
    found["n"] = found["n"].astype("int64")
    if groups < FEWEST:
        shown = found["value"].notna() & (found["note"] == "")
        found.loc[shown, "note"] = f"no interval: {groups} pieces, fewer than {FEWEST}"
        found[["low", "high"]] = np.nan
    missing = found["value"].isna() & (found["note"] == "")
    found.loc[missing, "note"] = "no piece of the set has this"
    found["unit"] = [_unit(*pair) for pair in zip(found["table"], found["metric"], strict=True)]
    order = {name: place for place, name in enumerate(MAIN)}
    rank = found["metric"].map(order).where(found["table"] == "main", 0)
    first = {name: place for place, name in enumerate(tables)}
    found = found.assign(first=found["table"].map(first), rank=rank)
    found = found.sort_values(["first", "rank"], kind="stable", ignore_index=True)
    return found[COLUMNS]
