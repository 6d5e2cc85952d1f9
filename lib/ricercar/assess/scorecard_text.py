"""The scorecard as plain text, for a terminal or a log.

Conventions
-----------
Columns are sets, rows measures; a cell is the value and its 95 % interval. An en dash is a
figure that the set cannot have. Verdicts are those of the set in the first column.
"""

import math
from typing import Any

import pandas as pd

from ricercar.assess.scorecard import Scorecard
from ricercar.assess.set_forms import CROPS, FORMS

_MARKS = {"reached": "yes", "missed": "NO"}


def figure(value: float, digits: int = 3) -> str:
    """A number with so many significant digits (below 0.01 two), without an exponent.

    Examples
    --------
    >>> figure(64.1372), figure(0.00312), figure(1234.5), figure(float("nan"))
    ('64.1', '0.0031', '1234', '–')
    """
    if math.isnan(value):
        return "–"
    if value == 0:
        return "0"
    digits = min(digits, 2) if abs(value) < 0.01 else digits
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:.{min(decimals, 5)}f}"


def cell(row: pd.Series) -> str:
    """Value and interval of a figure.

    Examples
    --------
    >>> cell(pd.Series({"value": 64.1, "low": 63.2, "high": 65.0}))
    '64.1 [63.2, 65.0]'
    """
    text = figure(row["value"])
    if math.isnan(row["low"]) or math.isnan(row["high"]):
        return text
    return f"{text} [{figure(row['low'])}, {figure(row['high'])}]"


def verdict(reached: str) -> str:
    """A verdict in a word: yes, NO, with a question mark where it is not sure.

    Examples
    --------
    >>> verdict("reached"), verdict("missed, not surely"), verdict("")
    ('yes', 'NO?', '')
    """
    word, _, doubt = reached.partition(",")
    return _MARKS.get(word, "") + ("?" if doubt else "")


def wide(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of one table as text: measures down, sets across, targets after made sets.

    Parameters
    ----------
    rows : pandas.DataFrame
        From :meth:`Scorecard.rows`.
    """
    sets = list(dict.fromkeys(rows["set"]))
    made = list(dict.fromkeys(rows.loc[rows["role"] == "made", "set"]))
    metrics = list(dict.fromkeys(rows["metric"]))
    text = rows.assign(cell=[cell(row) for _, row in rows.iterrows()])
    cells = text.pivot(index="metric", columns="set", values="cell").loc[metrics].fillna("–")
    units = rows.drop_duplicates("metric").set_index("metric")["unit"]
    parts: list[Any] = [units.reindex(cells.index), cells[made]]
    aims = rows[rows["target"] != ""].drop_duplicates("metric").set_index("metric")["target"]
    if len(aims):
        parts.append(aims.reindex(cells.index).fillna(""))
        for name in made:
            mine = rows[rows["set"] == name].set_index("metric")["reached"]
            words = mine.reindex(cells.index).fillna("").map(verdict)
            parts.append(words.rename(f"{name}: reached"))
    found = pd.concat([*parts, cells[[name for name in sets if name not in made]]], axis=1)
    # what no set can have is left out
    empty = found[sets].isin(["–", ""]).all(axis=1)
    return found[~empty]


def text(card: Scorecard) -> str:
    """The main table of every family and form, and what was reached.

    Parameters
    ----------
    card : Scorecard

    Returns
    -------
    str
    """
    parts = []
    for family, about in card.about.items():
        crop = ", ".join(
            f"{style + ' ' if style else ''}{quarters:g} quarters"
            for style, quarters in about["crop"].items()
        )
        parts.append(f"{family.upper()}, against {about['reference']}")
        for form in FORMS:
            rows = card.rows(family, form)
            if not len(rows):
                continue
            said = f"{form} ({crop})" if form == CROPS else form
            counts = ", ".join(
                f"{name} {count}" for (f, name), count in about["compared"].items() if f == form
            )
            parts.append(f"{said}; n: {counts}")
            parts.append(wide(rows).rename_axis(index=None).to_string() + "\n")
        more = card.rows(family, CROPS, "originality")
        if len(more):
            parts.append("originality, crops: nearest passages of one voice")
            parts.append(wide(more).rename_axis(index=None).to_string() + "\n")
        parts += summaries(card, family)
    parts += [f"left out: {what}: {why}" for what, why in card.left_out.items()]
    return "\n".join(parts) + "\n"


def summaries(card: Scorecard, family: str) -> list[str]:
    """A sentence on each made set: how many targets it reaches, and which not.

    Parameters
    ----------
    card : Scorecard
    family : str
    """
    found = []
    for name, rows in card.verdicts(family).groupby("set", sort=False):
        reached = rows["reached"].str.startswith("reached")
        sure = ~rows["reached"].str.contains("not surely")
        missed = rows.loc[~reached]
        words = [
            f"{row['metric'].replace('_', ' ')} {figure(row['value'])} "
            f"(target: {row['target'].replace(' (', ', ').rstrip(')')})"
            for _, row in missed.iterrows()
        ]
        said = f"{name}: {reached.sum()} of {len(rows)} targets reached"
        said += f", {(reached & sure).sum()} surely"
        found.append(said + (f"; missed: {'; '.join(words)}" if words else "") + ".")
    return found
