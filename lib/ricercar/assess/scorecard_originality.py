"""How near made pieces lie to the training set.

Conventions
-----------
* Similarity depends on length: figures are of crops, and held-out real ones, cropped alike,
  are the yardstick. Passages for the reader are of whole pieces.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from ricercar.assess import originality, set_columns
from ricercar.assess.nearest import nearest
from ricercar.assess.reference import Tables, groups_of
from ricercar.assess.scorecard_rows import IDS, Row
from ricercar.assess.set_forms import CROPS, thinned

#: metric of the table originality -> (what it says, unit)
ORIGINALITY: dict[str, tuple[str, str]] = {
    "nearest_similarity": originality.MEASURES["nearest_similarity"],
    "nearest_score": originality.MEASURES["nearest_score"],
    "beyond_held_out": ("pieces nearer to train than 95 % of held-out ones", "share"),
}


def passages(
    family: str, made: Mapping[str, Tables], rows: list[Row], seed: int, say: Callable[[str], None]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the table originality, and the nearest passages of made pieces."""
    mine = [job for job in rows if job.family == family and job.form == CROPS]
    if not mine:
        return pd.DataFrame(), pd.DataFrame()
    known, n = mine[0].known, mine[0].sizes[0]
    asked = {job.name: job for job in mine if job.role in ("made", "valid", "test", "fakes")}
    found: dict[str, pd.DataFrame] = {}
    for name, job in asked.items():
        say(f"{family}: nearest passages of {name}")
        few = thinned(job.one, job.sizes[2], seed)
        best = nearest(known, few, n=1).set_index("piece").reindex(few[0]["piece"])
        best = best[["similarity", "score"]].fillna(0.0).add_prefix("nearest_")
        found[name] = best.reset_index().assign(group=groups_of(few[0]).to_numpy())
    held = [found[name]["nearest_similarity"] for name, job in asked.items() if _held(job)]
    level = np.quantile(np.concatenate(held), 0.95) if held else np.nan
    figures = []
    for name, job in asked.items():
        best = found[name]
        beyond = np.where(np.isnan(level), np.nan, best["nearest_similarity"] > level)
        best = best.assign(beyond_held_out=beyond)
        part = set_columns.means(best.drop(columns="group"), best["group"], n, seed)
        handful = best["group"].nunique() < set_columns.FEWEST
        if handful:
            part[["low", "high"]] = np.nan
        units = [ORIGINALITY[metric][1] for metric in part["metric"]]
        note = f"no interval: fewer than {set_columns.FEWEST} pieces" if handful else ""
        labels = dict(zip(IDS, (family, CROPS, name, job.role), strict=True))
        figures.append(part.assign(**labels, table="originality", unit=units, note=note))
    near = []
    for name, one in made.items():
        table = nearest(known, one, n=3)
        near.append(table.assign(family=family, set=name))
    every = pd.concat(near, ignore_index=True)
    first = ["family", "set"]
    every = every[[*first, *(c for c in every.columns if c not in first)]]
    return pd.concat(figures, ignore_index=True), every


def _held(job: Row) -> bool:
    return job.role in ("valid", "test")
