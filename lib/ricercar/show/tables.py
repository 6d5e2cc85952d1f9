"""Tables on the page: right-aligned figures, escaped text, a caption.

Conventions
-----------
* Numbers are written as :mod:`ricercar.wording` says; what is missing is an en dash.
* A table wider than the text scrolls in a box of its own.
"""

import numbers
import re
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from ricercar import wording
from ricercar.show.frames import emit, frame

#: words that may be broken, after a sign that joins their parts: ids and file names
_LONG_WORD = re.compile(r"[^\s<>]{25,}")
_JOINT = re.compile(r"(?<=[/_,-])(?=[^/_,-])")


def table(
    df: pd.DataFrame | pd.Series,
    caption: str,
    digits: int | Mapping[str, int] = 3,
    simulated: bool | str = False,
    rows: int = 40,
    folded: str = "",
) -> None:
    """Show a table with its caption.

    Parameters
    ----------
    df : pandas.DataFrame or pandas.Series
        The index is shown unless it has no name and only numbers the rows.
    caption : str
        Plain text: what is to be seen and what it means.
    digits : int or mapping
        Decimals of fractional numbers below 100, for all columns or by column name (3 for the
        others); larger ones have fewer.
    simulated : bool or str
        Whether the table is made from simulated listeners; it is then labelled so. Text is a
        label of its own.
    rows : int
        Most rows to show; the number left out is said below.
    folded : str
        A line under which a long table is folded away until the reader opens it; the table
        stands open if left out.

    Examples
    --------
    >>> table(pd.DataFrame({"style": ["reel"], "pieces": [439]}), "Pieces per style.")
    """
    emit(table_html(df, caption, digits, simulated, rows, folded))


def table_html(
    df: pd.DataFrame | pd.Series,
    caption: str,
    digits: int | Mapping[str, int] = 3,
    simulated: bool | str = False,
    rows: int = 40,
    folded: str = "",
) -> str:
    """The HTML that :func:`table` shows."""
    wide = df.to_frame() if isinstance(df, pd.Series) else df
    if wide.index.name is not None or not pd.api.types.is_integer_dtype(wide.index):
        wide = wide.rename_axis(index=lambda name: "" if name is None else name).reset_index()
    names = [" ".join(map(str, c)) if isinstance(c, tuple) else str(c) for c in wide.columns]
    decimals = [digits if isinstance(digits, int) else digits.get(name, 3) for name in names]
    head = "".join(
        f'<th scope="col"{_number_class(wide.iloc[:, at])}>{escape(name)}</th>'
        for at, name in enumerate(names)
    )
    body = []
    for row in wide.head(rows).itertuples(index=False, name=None):
        cells = (_cell(value, count) for value, count in zip(row, decimals, strict=True))
        body.append(f"<tr>{''.join(cells)}</tr>")
    left_out = len(wide) - rows
    more = f"<p>… and {left_out} more rows</p>" if left_out > 0 else ""
    content = (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{chr(10).join(body)}</tbody></table></div>{more}"
    )
    if folded:
        content = f"<details><summary>{escape(folded)}</summary>{content}</details>"
    return frame(content, caption, simulated=simulated, kind="table")


def _number_class(column: pd.Series) -> str:
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return ' class="number"' if numeric else ""


def _cell(value: Any, decimals: int) -> str:
    text = wording.number(value, decimals)
    if isinstance(value, numbers.Number) and not isinstance(value, bool | np.bool_):
        return f'<td class="number">{text}</td>'
    return f"<td>{_breakable(wording.typeset(text))}</td>"


def _breakable(text: str) -> str:
    """Escaped text whose long words may be broken, so that a column stays on the page.

    Examples
    --------
    >>> _breakable("lieder/Schubert,_Franz/Winterreise")
    'lieder/<wbr>Schubert,_<wbr>Franz/<wbr>Winterreise'
    """
    parts, last = [], 0
    for word in _LONG_WORD.finditer(text):
        parts.append(escape(text[last : word.start()]))
        parts.append("<wbr>".join(escape(part) for part in _JOINT.split(word.group())))
        last = word.end()
    return "".join([*parts, escape(text[last:])])
