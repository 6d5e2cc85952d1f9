"""Style from our features, from music21.features, and from nothing, on the same folds.

Conventions
-----------
* The pieces are those of the quick run; styles, groups, folds, nested choice of settings and
  models are those of :mod:`ricercar.style`, for both sets of features.
* music21.features are those of :mod:`benchmarks.shared_features`, of the pieces as music21
  reads them. They are computed once (minutes) and kept, a line a piece, by the piece's digest.
* ``without meter`` leaves out what reveals the notated meter: on music21's side its five
  features of the time signature.
* Gradient boosting stands beside in the arm with all features: it takes minutes on music21's
  hundreds of columns.
* McNemar's tests are exact, with Holm's correction over the table.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks import machine, material
from benchmarks.setting import Findings, Setting
from benchmarks.shared_features import music21_features

from ricercar import features, style

QUESTION = "Do our features tell styles apart better than music21.features?"

OURS, THEIRS = "ricercar", "music21.features"
REGRESSION, BOOSTING, MAJORITY = "logistic regression", "gradient boosting", "majority class"

#: music21's extractors from which the notated meter can be read
METERED = (
    "InitialTimeSignature",
    "CompoundOrSimpleMeter",
    "TripleMeter",
    "QuintupleMeter",
    "ChangesOfMeter",
)


def run(setting: Setting) -> Findings:
    """Measure."""
    found = Findings(versions=machine.versions("music21"))
    collections = setting.pick(("ryan",), ("bach", "ryan", "oneill", "aird"))
    read = material.collected(setting, *collections, per_style=setting.pick(8, 60))
    least = setting.pick({"folds": 2, "min_pieces": 5}, {})
    dealt = style.assign_folds(read.pieces, **least)
    chosen = read.pieces[read.pieces["piece"].isin(dealt["piece"])]
    theirs = _theirs(setting, chosen, found)
    ours = features.extract(chosen, read.notes)
    arms = {
        "all features": (style.ARMS["all features"], list(theirs.columns.drop("piece"))),
        "without meter": (style.ARMS["without meter"], _meter_free(theirs)),
    }
    scores, tests, differences = [], [], []
    for arm, (mine, other) in arms.items():
        models = [MAJORITY, REGRESSION] + [BOOSTING] * (arm == "all features")
        kept = {"workers": setting.workers}
        told = pd.concat(
            [
                style.cross_validate(dealt, ours, {OURS: mine}, models, **kept),
                style.cross_validate(dealt, theirs, {THEIRS: other}, models[1:], **kept),
            ],
            ignore_index=True,
        )
        counts = {OURS: len(mine), THEIRS: len(other)}
        table = style.scores(told)
        table.insert(0, "columns", table["arm"].map(counts))
        table.insert(0, "seen", arm)
        scores.append(table.rename(columns={"arm": "features", "value": "balanced accuracy"}))
        table = style.mcnemar(told)
        table.insert(0, "seen", arm)
        tests.append(table)
        differences += _differences(arm, told, found)
    found.tables["Balanced accuracy on held-out groups"] = pd.concat(scores)
    found.tables["McNemar's tests of all pairs"] = pd.concat(tests)
    found.tables["Paired differences of balanced accuracy"] = pd.DataFrame(differences)
    return found


def _differences(arm: str, told: pd.DataFrame, found: Findings) -> list[dict[str, Any]]:
    """Our features less the other side's, model by model, and less the majority class."""
    parts = dict(iter(told.groupby(["arm", "model"], sort=False)))
    pairs = [((THEIRS, model), (OURS, model)) for _, model in parts if (THEIRS, model) in parts]
    pairs = list(dict.fromkeys(pairs)) + [((OURS, MAJORITY), (OURS, REGRESSION))]
    rows = []
    for first, second in pairs:
        result = style.difference(parts[first], parts[second])
        names = {"first": " + ".join(first), "second": " + ".join(second)}
        value = {"difference": result["value"], "low": result["low"], "high": result["high"]}
        rows.append({"seen": arm, **names, **value, "n": result["n"]})
        if second[1] == REGRESSION:
            found.figure(
                f"style, {arm}, {names['second']}",
                names["first"],
                result["value"],
                "balanced accuracy, difference",
                result["low"],
                result["high"],
                int(result["n"]),
                surely_above=0.0,
            )
    return rows


def _meter_free(table: pd.DataFrame) -> list[str]:
    names = table.columns.drop("piece")
    return [name for name in names if not any(word in name for word in METERED)]


def _theirs(setting: Setting, pieces: pd.DataFrame, found: Findings) -> pd.DataFrame:
    """music21's features as a table; columns without two different values are left out."""
    kept = setting.work.parent / f"music21-{version('music21')}-features.jsonl"
    known = dict(_lines(kept))
    new = pieces[~pieces["sha256"].isin(list(known))]
    orders = list(zip(new["sha256"], new["source"], strict=True))
    with kept.open("a", encoding="utf-8") as file, ProcessPoolExecutor(setting.workers) as pool:
        for sha, values, reason in pool.map(_describe, orders, chunksize=4):
            if not reason:
                file.write(json.dumps([sha, values]) + "\n")
                file.flush()
            known[sha] = (values, reason)
    rows = [known[sha] for sha in pieces["sha256"]]
    failed = [reason for _, reason in rows if reason]
    if failed:
        found.remarks.append(f"music21 cannot do {len(failed)} pieces: {failed[0]}")
    table = pd.DataFrame([values for values, _ in rows]).astype(float)
    table = table.loc[:, table.nunique() > 1].replace([np.inf, -np.inf], np.nan)
    table.insert(0, "piece", pieces["piece"].to_numpy())
    return table


def _lines(path: Path) -> Iterator[tuple[str, tuple[dict[str, float], str]]]:
    """What is kept; a line that an interruption cut short is passed over."""
    if not path.is_file():
        return
    for line in path.read_text("utf-8").splitlines():
        try:
            sha, values = json.loads(line)
        except ValueError:
            continue
        yield sha, (values, "")


def _describe(order: tuple[str, str]) -> tuple[str, dict[str, float], str]:
    sha, source = order
    try:
        return sha, music21_features(material.music21_stream(source)), ""
    except Exception as error:  # a piece that music21 cannot do has no values
        return sha, {}, f"{type(error).__name__}: {error}"[:200]
