"""Pieces of MathML, for :mod:`ricercar.show.mathematics`."""

import re
from html import escape
from typing import NamedTuple

THIN = '<mspace width="0.167em"></mspace>'


class Item(NamedTuple):
    """A piece of a formula: its MathML, and its class, which decides the space around it."""

    mathml: str
    kind: str = "ord"  # ord, op, int, fun, limits, bin, rel, open, close, punct, space


def bracket(sign: str, kind: str) -> Item:
    """A bracket of normal size, ``kind`` open or close."""
    form = "prefix" if kind == "open" else "postfix"
    tight = ' lspace="0" rspace="0"' if sign in "|‖" else ""
    return Item(f'<mo stretchy="false" form="{form}"{tight}>{sign}</mo>', kind)


def limits(name: str) -> Item:
    """A function that carries its limits below in a line of its own."""
    return Item(f'<mo movablelimits="true" lspace="0" rspace="0">{escape(name)}</mo>', "limits")


def fence(opening: str, inside: str, closing: str) -> str:
    """Brackets as high as what they hold; an empty one is left out."""
    left = f'<mo stretchy="true" form="prefix">{escape(opening)}</mo>' if opening else ""
    right = f'<mo stretchy="true" form="postfix">{escape(closing)}</mo>' if closing else ""
    return f"<mrow>{left}{inside}{right}</mrow>"


def table(rows: list[list[str]], align: str) -> str:
    """A table; in aligned formulae columns are set to the right and left in turn."""
    lines = []
    for row in rows:
        cells = []
        for column, cell in enumerate(row):
            side = align if align != "aligned" else ("right", "left")[column % 2]
            cells.append(f'<mtd class="{side}">{cell}</mtd>')
        lines.append(f"<mtr>{''.join(cells)}</mtr>")
    return f'<mtable class="{align}">{"".join(lines)}</mtable>'


def words(raw: str) -> str:
    """Words inside a formula: spaces are kept, commands for spaces and signs are read."""
    spaced = re.sub(r"\\[,;:>]", "\u2009", raw)
    return re.sub(r"\\([#$%&_{} ])", r"\1", spaced).replace("~", "\u00a0").replace(" ", "\u00a0")
