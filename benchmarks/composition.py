"""Chorales by the GAN, by a plain MuseGAN-style WGAN-GP, and by no GAN, on one budget.

Conventions
-----------
* Every arm learns from Bach's chorales by the standard split, on one thread; each of
  :data:`SEEDS` seeds is a training of its own. The grid learns for at least as many minutes as
  the GAN; the reference stops where its cost on *valid* is least, longer is worse.
* *latent* is the GAN as it is kept. *Without critic* and *before play* are the same training
  with a part left out: no critic when composing; the generator before the adversaries moved it.
* *reference* is the decoder alone, autoregressive, without code, adversaries or critic; *with
  critic* chooses by one as the GAN does.
* *grid, wgan_gp* is the direct GAN on the one-hot grid.
* Snapshots are chosen on *valid*. What is composed is not picked; all sets are graded by
  :func:`ricercar.assess.scorecard.grade` as ``ricercar assess`` does it.
* Figures are means over trainings, ``low`` and ``high`` the smallest and the largest.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from benchmarks import machine, material
from benchmarks.setting import Findings, Setting

from ricercar import workspace
from ricercar.assess import reference, scorecard, set_forms, sources
from ricercar.assess.scorecard_text import figure

#: the table that notebook 04 shows
SUMMARY = "Mean over trainings, smallest and largest"

QUESTION = "What does the GAN compose, and what without its parts, on one budget?"

SEEDS = 3
#: trained arm -> composed sets
ARMS = {
    "latent": ("latent", "latent, without critic", "latent, before play"),
    "reference": ("reference", "reference, with critic"),
    "grid": ("grid, wgan_gp",),
}
#: steps of the grid: they last longer than the GAN's training and critique
GRID_STEPS = 3000
#: columns that are kept; the page of ``ricercar assess`` has more
COLUMNS = (
    "parallel_fifths",
    "parallel_octaves",
    "triad",
    "dissonance",
    "crossing",
    "pitch_class_entropy",
    "scale_consistency",
    "copied_16",
    "neighbour_accuracy",
    "classifier_accuracy",
    "grade",
    "pairwise_distance",
    "coverage",
    "frechet_corrected",
    "distance_to_real",
)


def run(setting: Setting) -> Findings:
    """Measure."""
    found = Findings(versions=machine.versions("tensorflow", "keras"))
    seeds = setting.pick((1,), tuple(range(1, SEEDS + 1)))
    folder = setting.work / "composition"
    jobs = [(arm, seed) for seed in seeds for arm in ARMS]
    _train(setting, jobs, folder)
    sets = {
        (name, seed): _read(folder / f"{arm}-{seed}" / name)
        for arm, seed in jobs
        for name in ARMS[arm]
    }
    against = sources.read_against(None, [reference.VOICES], setting.workers)
    card = scorecard.grade(
        {f"{name} ({seed})": tables for (name, seed), tables in sets.items()},
        against,
        n=setting.pick(20, 200),
        trainings=2,
        workers=setting.workers,
        forms=(set_forms.CROPS,),
    )
    rows = card.rows(reference.VOICES)
    found.tables[SUMMARY] = _summary(rows, seeds)
    found.tables["Every set and training"] = _wide(rows)
    _figures(found, rows, [name for names in ARMS.values() for name in names], seeds)
    found.tables["Trainings"] = pd.DataFrame(
        json.loads((folder / f"{arm}-{seed}" / "training.json").read_text("utf-8"))
        for arm, seed in jobs
    )
    found.remarks.append(
        f"{len(next(iter(sets.values()))[0])} chorales in each composed set, none left out"
    )
    return found


def _train(setting: Setting, jobs: list[tuple[str, int]], folder: Path) -> None:
    """Do the jobs that are not done, some at a time, each in a process of its own."""
    waiting = [
        job for job in jobs if not (folder / "{}-{}".format(*job) / "training.json").is_file()
    ]
    orders = [
        [sys.executable, "-m", "benchmarks.composition", arm, str(seed), str(folder), setting.size]
        for arm, seed in waiting
    ]
    with ThreadPoolExecutor(setting.workers) as pool:
        for _ in pool.map(lambda order: subprocess.run(order, check=True), orders):
            pass


def _plan(arm: str, seed: int, small: bool) -> Any:
    """The plan of an arm: that of the kept chorales, changed as little as can be."""
    from ricercar.gan.pretraining import FAMILIES

    plan = replace(FAMILIES["chorales"][1], seed=seed)
    if arm == "reference":
        plan = replace(plan, recipe="reference", play_steps=0)
    if arm == "grid":
        steps = {"write_steps": 0, "play_steps": GRID_STEPS, "channels": 128, "rounds": 0}
        plan = replace(plan, recipe="grid", loss="wgan_gp", gamma=-1.0, **steps)
    if small:
        steps = {n: min(getattr(plan, n), 25) for n in ("write_steps", "play_steps")}
        plan = replace(
            plan, **steps, snapshots=2, rounds=min(plan.rounds, 1), width=16, channels=16
        )
    return plan


def _compose(arm: str, seed: int, folder: Path, small: bool) -> None:
    """Train one arm with one seed, and compose its sets."""
    from ricercar.gan import pretraining, sampling
    from ricercar.gan.backend import use_threads

    use_threads(1)
    read = material.collected(Setting("small" if small else "full", 1), "bach")
    plan = _plan(arm, seed, small)
    mine = folder / f"{arm}-{seed}"
    made = pretraining.trained(read.pieces, read.notes, 4, plan, mine / "checkpoints")
    for name, composer in _variants(arm, made):
        generator = sampling.Generator([composer])
        tables = generator.sample(["chorale"] * (8 if small else 500), seed)
        (mine / name).mkdir(exist_ok=True)
        for kind, table in zip(("pieces", "notes"), tables, strict=True):
            table.to_parquet(mine / name / f"{kind}.parquet")
    told = {"arm": arm, "seed": seed, "numbers": sum(a.size for a in made.composer.arrays.values())}
    told |= {"best step": made.chosen.step, "steps": max(made.course.snapshots)}
    told |= {f"minutes of {name}": minutes for name, minutes in made.minutes.items()}
    with workspace.writing(mine / "training.json") as path:
        path.write_text(json.dumps(told), "utf-8")


def _variants(arm: str, made: Any) -> Iterator[tuple[str, Any]]:
    """The composed sets of a training, as :data:`ARMS` names them."""
    whole = made.composer
    bare = {k: a for k, a in whole.arrays.items() if not k.startswith("critic.")}
    without = replace(whole, arrays=bare)
    if arm == "latent":
        yield from zip(ARMS[arm], (whole, without, made.chosen.composers[0]), strict=True)
    elif arm == "reference":
        yield from zip(ARMS[arm], (without, whole), strict=True)
    else:
        yield ARMS[arm][0], whole


def _read(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    return tuple(pd.read_parquet(folder / f"{kind}.parquet") for kind in ("pieces", "notes"))


def _wide(rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each set, the value of each column."""
    rows = rows[rows["metric"].isin(COLUMNS)]
    table = rows.pivot(index="set", columns="metric", values="value")
    order = list(rows["set"].drop_duplicates())
    return (
        table.reindex(order)[[c for c in COLUMNS if c in table]]
        .rename_axis(None, axis=1)
        .reset_index()
    )


def _summary(rows: pd.DataFrame, seeds: tuple[int, ...]) -> pd.DataFrame:
    """A row for each composed set and each fixed one, with text in its cells."""
    rows = rows[rows["metric"].isin(COLUMNS)]
    ends = tuple(f" ({seed})" for seed in seeds)
    name = rows["set"].where(~rows["set"].str.endswith(ends), rows["set"].str[:-4])
    lines = {}
    for which, mine in rows.groupby(name, sort=False):
        cells = {}
        for metric, each in mine.groupby("metric")["value"]:
            text = figure(each.mean())
            bounds = f" [{figure(each.min())}, {figure(each.max())}]"
            cells[metric] = text + (bounds if len(each) > 1 else "")
        lines[which] = cells
    table = pd.DataFrame.from_dict(lines, orient="index").reindex(columns=[*COLUMNS]).fillna("–")
    order = [*(one for names in ARMS.values() for one in names)]
    order += [one for one in table.index if one not in order]
    table.columns = [column.replace("_", " ") for column in table]
    return table.loc[order].rename_axis("set").reset_index()


def _figures(found: Findings, rows: pd.DataFrame, names: list[str], seeds: tuple[int, ...]) -> None:
    """Mean, smallest and largest over the trainings, beside what has to be reached."""
    for name in names:
        mine = rows[rows["set"].isin([f"{name} ({seed})" for seed in seeds])]
        for metric, each in mine[mine["metric"].isin(COLUMNS)].groupby("metric", sort=False):
            reached = each["reached"].str.startswith("reached")
            value = each["value"].mean()
            found.figure(
                f"chorales, {metric}",
                name,
                value,
                str(each["unit"].iloc[0]),
                each["value"].min(),
                each["value"].max(),
                int(each["n"].sum()),
            )
            found.rows[-1] |= {
                "target": str(each["target"].iloc[0]),
                "reached": "" if not each["target"].iloc[0] else f"{reached.sum()} of {len(each)}",
            }


def main() -> int:
    """One training in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.composition")
    parser.add_argument("arm", choices=ARMS)
    parser.add_argument("seed", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("size")
    told = parser.parse_args()
    _compose(told.arm, told.seed, told.folder, told.size == "small")
    return 0


if __name__ == "__main__":
    sys.exit(main())
