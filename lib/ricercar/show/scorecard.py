"""The scorecard as a page: one file, nothing outside it, in the look of the reports.

Conventions
-----------
* Tables stand measures down, sets across; a cell is a value with its 95 % interval below.
  Whether a made set reaches a target stands in a column, of several ones in their cells.
* Names of folders, files and pieces are data: they are escaped.
* :func:`table_html` and :mod:`.passages` serve notebooks, too.
"""

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

import pandas as pd

from ricercar import workspace
from ricercar.assess import (
    grading,
    mgeval,
    musegan,
    muspy_measures,
    recognition,
    set_distances,
)
from ricercar.assess.reference import Reference, Tables
from ricercar.assess.scorecard import Scorecard
from ricercar.assess.scorecard_originality import ORIGINALITY
from ricercar.assess.scorecard_text import figure, summaries, verdict
from ricercar.assess.set_columns import MAIN
from ricercar.assess.set_forms import CROPS, FORMS, ROLES, WHOLE
from ricercar.assess.sources import Graded
from ricercar.show import layout, passages
from ricercar.show.frames import frame
from ricercar.show.tables import table_html as plain_table

_NONE = '<td class="number">–</td>'

#: what the rows of the main table are about -> its measures
SECTIONS: dict[str, tuple[str, ...]] = {
    "harmony and voice leading": tuple(MAIN)[:7],
    "copied from train": ("copied_8", "copied_16", "copied_32", "longest_copied"),
    "told from train": (
        "neighbour_accuracy",
        "neighbour_p",
        "classifier_accuracy",
        "classifier_p",
    ),
    "distance from train": (
        "grade",
        "frechet",
        "frechet_corrected",
        "distance_to_real",
        "js_pitch_class",
        "js_interval",
        "js_note_value",
    ),
    "variety": (
        "pairwise_distance",
        "precision",
        "recall",
        "density",
        "coverage",
        "modes_reached",
        "modes_unlike",
        "duplicates",
    ),
    "styles asked for": tuple(recognition.MEASURES),
    "notes": ("note_density", "mean_interval", "note_value_entropy"),
}

#: secondary table -> whose definitions, and what its measures are called
SECONDARY: dict[str, tuple[str, Mapping[str, tuple[str, str]]]] = {
    "originality": ("nearest passages of one voice in train", ORIGINALITY),
    "grading": ("the grading function of Fang et al. and its features", grading.MEASURES),
    "voices": ("voice by voice", {}),
    "styles": ("styles asked for, one by one", {}),
    "MuseGAN": ("MuseGAN's measures, corrected and as published", musegan.MEASURES),
    "MusPy": ("MusPy's measures", muspy_measures.MEASURES),
    "mgeval": ("mgeval's features", mgeval.MEASURES),
    "mgeval distances": (
        "mgeval's overlap areas and divergences from train",
        set_distances.MEASURES,
    ),
}


def file_name(name: str) -> str:
    """A name that can be part of a file's name.

    Examples
    --------
    >>> file_name("../my <b>music")
    'my-b-music'
    """
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.") or "music"


def _cell(row: pd.Series, judged: bool = False) -> str:
    """A figure with its interval below, and why it is missing as a hint."""
    value, low, high = (figure(row[name]) for name in ("value", "low", "high"))
    bounds = f"<small>{low} … {high}</small>" if low != "–" and high != "–" else ""
    hint = f' title="{escape(row["note"])}"' if row["note"] else ""
    kind = row["reached"].split(",")[0] if row["role"] == "made" else ""
    word = verdict(row["reached"]) if judged else ""
    mark = f"<small>{word}</small> " if word else ""
    return f'<td class="number {kind}"{hint}>{mark}{value}{bounds}</td>'


def table_html(
    rows: pd.DataFrame, caption: str, sections: Mapping[str, tuple[str, ...]] | None = None
) -> str:
    """A table of the scorecard.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :meth:`ricercar.assess.scorecard.Scorecard.rows`.
    caption : str
    sections : mapping, optional
        Heading -> metrics; all metrics in their order if left out.
    """
    sets = list(dict.fromkeys(rows["set"]))
    made = list(dict.fromkeys(rows.loc[rows["role"] == "made", "set"]))
    known = rows.dropna(subset=["value"])
    if sections is None:
        sections = {"": tuple(dict.fromkeys(known["metric"]))}
    by_metric = {name: group.set_index("set") for name, group in rows.groupby("metric")}
    aims = bool((rows["target"] != "").any())
    others = [name for name in sets if name not in made]
    heads = ["measure", *made]
    alone = len(made) == 1
    if aims:
        heads += ["target", "reached"] if alone else ["target"]
    heads += others
    titles = [f'<th scope="col">{escape(name)}</th>' for name in heads]
    body = []
    for heading, metrics in sections.items():
        shown = [name for name in metrics if (known["metric"] == name).any()]
        if heading and shown:
            across = f'<th colspan="{len(heads)}" scope="rowgroup">{heading}</th>'
            body.append(f'<tr class="heading">{across}</tr>')
        for name in shown:
            mine = by_metric[name]
            cells = {
                one: _cell(mine.loc[one], one in made and not alone)
                for one in sets
                if one in mine.index
            }
            row = [cells.get(one, _NONE) for one in made]
            if aims:
                said = mine.loc[mine["target"] != "", "target"]
                row.append(f'<td class="target">{escape(said.iloc[0]) if len(said) else ""}</td>')
                if alone:
                    row.append(f"<td>{verdict(mine['reached'].get(made[0], ''))}</td>")
            row += [cells.get(one, _NONE) for one in others]
            unit = f"<small>{escape(mine['unit'].iloc[0])}</small>"
            label = escape(name.replace("_", " "))
            body.append(f'<tr><th scope="row">{label}{unit}</th>{"".join(row)}</tr>')
    content = (
        f'<div class="scroll"><table class="scores"><thead><tr>{"".join(titles)}</tr></thead>'
        f"\n<tbody>{chr(10).join(body)}</tbody></table></div>"
    )
    return frame(content, caption, kind="table wide")


def _caption(card: Scorecard, family: str, form: str) -> str:
    about = card.about[family]
    counts = {name: count for (f, name), count in about["compared"].items() if f == form}
    said = ", ".join(f"{name} {count}" for name, count in counts.items())
    if form == CROPS:
        crop = ", ".join(
            f"{style + ' ' if style else ''}{quarters:g}"
            for style, quarters in about["crop"].items()
        )
        kind = f"Crops of equal length ({crop} quarters), so that all sets can be compared"
    else:
        kind = "Whole pieces, as papers show them"
        if any(name not in counts for name in about["pieces"]):
            kind += "; made pieces are much shorter or longer and stand among the crops only"
    if about["joined"]:
        kind += "; repeated notes are joined in all sets, for grids do not have them"
    said += ". Small: 95 % interval over pieces. Targets: yes, reached; NO, missed; ?, not surely"
    return f"{family.capitalize()}. {kind}. n: {said}."


def main_tables(card: Scorecard, family: str) -> list[str]:
    """The main table of a family, of crops and of whole pieces."""
    found = []
    for form in FORMS:
        rows = card.rows(family, form)
        if len(rows):
            found.append(table_html(rows, _caption(card, family, form), SECTIONS))
    return found


def secondary_tables(card: Scorecard, family: str) -> list[str]:
    """The other tables of a family, folded."""
    found = []
    for name, (words, _) in SECONDARY.items():
        rows = card.rows(family, CROPS, name)
        if len(rows):
            html = table_html(rows, f"{words[0].upper()}{words[1:]}; crops of equal length.")
            found.append(f"<details><summary>{escape(words)}</summary>{html}</details>")
    return found


def telling_html(card: Scorecard, family: str) -> str:
    """What tells made pieces from the training set."""
    found = card.telling
    if not len(found):
        return ""
    found = found[found["family"] == family].drop(columns="family")
    if found["set"].nunique() == 1:
        found = found.drop(columns="set")
    caption = (
        f"{family.capitalize()}: what tells made crops from train's: means of both, their "
        "difference in standard deviations with its 95 % interval, the chance that a made piece "
        "has the higher value, and p for all columns together."
    )
    return plain_table(found.reset_index(drop=True), caption) if len(found) else ""


def nearest_html(card: Scorecard, family: str, rows: int = 20) -> str:
    """The nearest passage of each made piece, the nearest first."""
    if not len(card.nearest):
        return ""
    found = card.nearest[card.nearest["family"] == family]
    found = found.drop_duplicates(["set", "piece"]).sort_values("similarity", ascending=False)
    shown = found[["set", "piece"]].assign(bars=_spans(found, ""), nearest=found["match"])
    shown["its bars"] = _spans(found, "match_")
    shown = shown.join(found[["similarity", "score", "notes", "transposition"]])
    if found["set"].nunique() == 1:
        shown = shown.drop(columns="set")
    caption = (
        f"{family.capitalize()}: the nearest passage of train for every made piece, the most "
        "alike first."
    )
    return plain_table(shown.reset_index(drop=True), caption, 2, rows=rows)


def _spans(found: pd.DataFrame, side: str) -> pd.Series:
    """First and last bar as text: ``"4–6"``."""
    first, last = (found[f"{side}{end}_bar"].astype(str) for end in ("first", "last"))
    return first.where(first == last, first + "–" + last)


def definitions() -> str:
    """What every measure says, folded."""
    tables = {"main": MAIN, **{name: measures for name, (_, measures) in SECONDARY.items()}}
    rows = [
        {"table": table, "measure": name.replace("_", " "), "what it says": words, "unit": unit}
        for table, measures in tables.items()
        for name, (words, unit) in measures.items()
    ]
    return plain_table(
        pd.DataFrame(rows),
        "Definitions, formulas and sources stand in the modules of ricercar.assess.",
        rows=len(rows),
        folded="what the measures say",
    )


def write(
    path: Path,
    card: Scorecard,
    made: Mapping[str, Graded],
    against: Mapping[str, Reference],
    shown: int = 8,
) -> Path:
    """Write the page.

    Parameters
    ----------
    path : Path
        Replaced as a whole, or not at all.
    card : Scorecard
    made : mapping of str to Graded
        What was graded, by the names of the scorecard's sets.
    against : mapping of str to Reference
    shown : int
        Pieces of each set and family that are engraved and played.
    """
    families = []
    for family, about in card.about.items():
        samples = [
            (name, _samples(card, family, one.tables, against[family].train, name, shown))
            for name, one in made.items()
            if name in about["pieces"]
        ]
        families.append(
            {
                "title": family.capitalize(),
                "about": about,
                "said": summaries(card, family),
                "tables": main_tables(card, family),
                "more": secondary_tables(card, family),
                "telling": telling_html(card, family),
                "nearest": nearest_html(card, family),
                "samples": samples,
            }
        )
    lost = pd.concat([one.quarantine for one in made.values()], ignore_index=True)
    html = layout.page(
        "scorecard.html",
        title=f"Scorecard of {', '.join(made)}",
        families=families,
        whole=WHOLE,
        roles=ROLES,
        left_out=card.left_out,
        lost=plain_table(lost, "Files that could not be read, and why.") if len(lost) else "",
        definitions=definitions(),
    )
    with workspace.writing(Path(path)) as target:
        target.write_text(html, "utf-8")
    return Path(path)


def _samples(
    card: Scorecard, family: str, made: Tables, train: Tables, name: str, shown: int
) -> str:
    """The grid of the first pieces of a set that are of a family."""
    from ricercar.assess.reference import chosen, family_of

    found = card.nearest
    if len(found):
        found = found[(found["family"] == family) & (found["set"] == name)]
    else:
        found = pd.DataFrame({"piece": []})
    mine = chosen(made, family_of(*made) == family)
    return passages.grid_html(mine, train, found, shown)
