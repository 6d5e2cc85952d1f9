r"""Formulae without the network: LaTeX to MathML, which browsers typeset themselves.

Goal: the mathematics that the notebooks write. What is not known is refused with its
name, so that a formula is either right or visibly missing, never silently wrong.

Conventions
-----------
* Input is what stands between dollar signs; output is one ``<math>`` element.
* A function stands off its argument, ``\log x``, and a sign that has nothing on its
  left is set without space, ``= -x``, as TeX does.

Sources
-------
MathML Core, https://www.w3.org/TR/mathml-core/; The TeXbook, chapters 17 and 18.
"""

import re
from html import escape
from typing import NamedTuple

from ricercar.errors import ParameterError
from ricercar.show import symbols

_THIN = '<mspace width="0.167em"></mspace>'
_ALIGNED = frozenset({"aligned", "align", "align*", "split", "gathered"})
_FENCES = {
    "matrix": ("", ""),
    "pmatrix": ("(", ")"),
    "bmatrix": ("[", "]"),
    "vmatrix": ("|", "|"),
    "array": ("", ""),
    "cases": ("{", ""),
} | dict.fromkeys(_ALIGNED, ("", ""))


class Item(NamedTuple):
    """A piece of a formula: its MathML, and its class, which decides the space around it."""

    mathml: str
    kind: str = "ord"  # ord, op, fun, limits, bin, rel, open, close, punct, space


def to_mathml(formula: str, display: bool = False) -> str:
    r"""Typeset a formula.

    Parameters
    ----------
    formula : str
        LaTeX, without the dollar signs.
    display : bool
        Whether it stands on a line of its own.

    Returns
    -------
    str
        A ``<math>`` element.

    Raises
    ------
    ParameterError
        If a command is not known or a brace is not closed; the message names it.

    Examples
    --------
    >>> to_mathml("x_1")
    '<math alttext="x_1"><msub><mi>x</mi><mn>1</mn></msub></math>'
    """
    parser = _Parser(formula)
    body = parser.row(())
    if parser.at < len(formula):
        raise parser.error(f"{formula[parser.at]!r} closes nothing")
    block = ' display="block"' if display else ""
    return f'<math{block} alttext="{escape(" ".join(formula.split()))}">{body}</math>'


class _Parser:
    """Reads a formula from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.font: str | None = None

    def error(self, reason: str) -> ParameterError:
        return ParameterError(f"formula {self.text.strip()!r}: {reason}")

    # reading

    def peek(self) -> str:
        """The next sign or command, without taking it; empty at the end."""
        found = re.compile(r"\s*(\\[A-Za-z]+\*?|\\.|.)?", re.DOTALL).match(self.text, self.at)
        return (found[1] or "") if found else ""

    def take(self) -> str:
        self.at = re.compile(r"\s*").match(self.text, self.at).end()  # type: ignore[union-attr]
        word = self.peek()
        self.at += len(word)
        return word

    def raw(self) -> str:
        """The text of a group in braces, unread."""
        if self.take() != "{":
            raise self.error("a group in braces is missing")
        start, depth = self.at, 1
        while depth:
            if self.at >= len(self.text):
                raise self.error("a brace is not closed")
            depth += {"{": 1, "}": -1}.get(self.text[self.at], 0)
            self.at += 1
        return self.text[start : self.at - 1]

    def argument(self) -> str:
        """What a command or a script applies to: a group, or one sign."""
        if not self.peek():
            raise self.error("it ends where an argument is missing")
        if self.peek() == "{":
            return self.group()
        if self.peek()[0].isdigit():
            return f"<mn>{self.letters(self.take())}</mn>"
        return self.atom(None).mathml

    def group(self) -> str:
        self.take()
        body = self.row(("}",))
        if self.take() != "}":
            raise self.error("a brace is not closed")
        return body

    def row(self, stops: tuple[str, ...]) -> str:
        """Everything up to one of the stops, which is not taken, as one element."""
        items: list[Item] = []
        while (word := self.peek()) and word not in stops and word != "}":
            before = items[-1].kind if items else None
            item = self.scripts(self.atom(before))
            if item.kind in ("fun", "limits", "op") and before in ("ord", "close", "fun", "limits"):
                items.append(Item(_THIN, "space"))
            elif before in ("fun", "limits") and item.kind == "ord":
                items.append(Item(_THIN, "space"))
            items.append(item)
        if len(items) == 1:
            return items[0].mathml
        return f"<mrow>{''.join(item.mathml for item in items)}</mrow>"

    def scripts(self, base: Item) -> Item:
        """Attach what follows as ``_``, ``^`` or ``'``."""
        below = above = ""
        while (sign := self.peek()) in ("_", "^", "'", r"\limits", r"\nolimits") and sign:
            self.take()
            if sign == "_":
                below += self.argument()
            elif sign == "^":
                above += self.argument()
            elif sign == "'":
                above += "<mo>′</mo>"
        if not below and not above:
            return base
        if above.count("<mo>′</mo>") and above != "<mo>′</mo>":
            above = f"<mrow>{above}</mrow>"
        names = ("munder", "mover", "munderover")
        if base.kind not in ("limits", "op"):
            names = ("msub", "msup", "msubsup")
        name = names[2] if below and above else names[0] if below else names[1]
        return Item(f"<{name}>{base.mathml}{below}{above}</{name}>", base.kind)

    # setting

    def letters(self, text: str) -> str:
        alphabet = symbols.ALPHABETS.get(self.font or "", {})
        return escape(text.translate(alphabet))

    def identifier(self, text: str) -> Item:
        upright = len(text) == 1 and self.font not in (None, "mathit", "boldsymbol", "bm")
        variant = ' mathvariant="normal"' if upright else ""
        return Item(f"<mi{variant}>{self.letters(text)}</mi>")

    def atom(self, before: str | None) -> Item:
        """The next sign, command or group."""
        word = self.peek()
        if word == "{":
            return Item(self.group())
        start = self.at
        self.take()
        if word.startswith("\\"):
            return self.command(word[1:], before)
        if word.isdigit():
            number = re.compile(r"\s*(\d+(?:\.\d+)?)").match(self.text, start)
            assert number is not None
            self.at = number.end()
            return Item(f"<mn>{self.letters(number[1])}</mn>")
        if word.isalpha():
            if self.font is not None:
                run = re.compile(r"[A-Za-z]*").match(self.text, self.at)
                assert run is not None
                self.at = run.end()
                word += run[0]
            return self.identifier(word)
        return self.sign(word, before)

    def sign(self, word: str, before: str | None) -> Item:
        if word in "+-":
            unary = before in (None, "bin", "rel", "open", "punct", "op", "fun", "limits")
            form = ' form="prefix"' if unary else ""
            return Item(f"<mo{form}>{'−' if word == '-' else '+'}</mo>", "bin")
        if word in "([":
            return _bracket(word, "open")
        if word in ")]":
            return _bracket(word, "close")
        if word == "|":
            return _bracket(word, "open" if before in (None, "bin", "rel", "open") else "close")
        if word in "=<>:":
            return Item(f"<mo>{escape(word)}</mo>", "rel")
        if word in ",;":
            return Item(f"<mo>{word}</mo>", "punct")
        if word == "*":
            return Item("<mo>∗</mo>", "bin")
        if word == "/":
            return Item('<mo lspace="0.1em" rspace="0.1em">/</mo>', "bin")
        if word == "~":
            return Item('<mspace width="0.333em"></mspace>', "space")
        if word in "_^'":
            raise self.error(f"{word!r} stands after nothing")
        if word in "&#$%":
            raise self.error(f"{word!r} has no place here")
        return Item(f'<mi mathvariant="normal">{escape(word)}</mi>')

    def command(self, name: str, before: str | None) -> Item:
        if name in symbols.ORDINARY:
            upright = ' mathvariant="normal"' if name[0].isupper() else ""
            return Item(f"<mi{upright}>{escape(symbols.ORDINARY[name])}</mi>")
        if name in symbols.BINARY:
            return Item(f"<mo>{symbols.BINARY[name]}</mo>", "bin")
        if name in symbols.RELATIONS:
            space = ' lspace="0.278em" rspace="0.278em"' if name == "mid" else ""
            return Item(f"<mo{space}>{escape(symbols.RELATIONS[name])}</mo>", "rel")
        if name in symbols.SUMS:
            return Item(f'<mo movablelimits="true">{symbols.SUMS[name]}</mo>', "op")
        if name in symbols.INTEGRALS:
            return Item(f"<mo>{symbols.INTEGRALS[name]}</mo>", "int")
        if name in symbols.OPENING:
            return _bracket(symbols.OPENING[name], "open")
        if name in symbols.CLOSING:
            return _bracket(symbols.CLOSING[name], "close")
        if name in symbols.BARS:
            side = "open" if before in (None, "bin", "rel", "open") else "close"
            return _bracket(symbols.BARS[name], side)
        if name in symbols.FUNCTIONS:
            return Item(f"<mi>{name}</mi>", "fun")
        if name in symbols.LIMITS:
            return _limits(symbols.LIMITS[name])
        if name in symbols.SPACES:
            return Item(f'<mspace width="{symbols.SPACES[name]}em"></mspace>', "space")
        if name in symbols.ALPHABETS:
            return self.alphabet(name)
        if name in symbols.ACCENTS:
            stretchy = "true" if name.startswith("wide") else "false"
            mark = f'<mo stretchy="{stretchy}">{symbols.ACCENTS[name]}</mo>'
            return Item(f'<mover accent="true">{self.argument()}{mark}</mover>')
        return self.construction(name, before)

    def alphabet(self, name: str) -> Item:
        outer, self.font = self.font, name
        body = self.argument()
        self.font = outer
        return Item(body)

    def construction(self, name: str, before: str | None) -> Item:
        """Commands that take arguments, or change what follows."""
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            fraction = f"<mfrac>{self.argument()}{self.argument()}</mfrac>"
            if name == "frac":
                return Item(fraction)
            large = "false" if name == "tfrac" else "true"
            return Item(f'<mstyle displaystyle="{large}">{fraction}</mstyle>')
        if name == "binom":
            pair = f'<mfrac linethickness="0">{self.argument()}{self.argument()}</mfrac>'
            return Item(f"<mrow><mo>(</mo>{pair}<mo>)</mo></mrow>")
        if name == "sqrt":
            return self.root()
        if name in ("text", "textrm", "textit", "textbf", "texttt", "mbox"):
            return Item(f"<mtext>{escape(_text(self.raw()))}</mtext>")
        if name in ("operatorname", "operatorname*"):
            text = _text(self.raw())
            return _limits(text) if name.endswith("*") else Item(f"<mi>{escape(text)}</mi>", "fun")
        if name in ("overline", "underline"):
            tag, mark = ("mover", "¯") if name == "overline" else ("munder", "_")
            return Item(f'<{tag}>{self.argument()}<mo stretchy="true">{mark}</mo></{tag}>')
        if name in ("underbrace", "overbrace"):
            tag, mark = ("munder", "⏟") if name == "underbrace" else ("mover", "⏞")
            return Item(f"<{tag}>{self.argument()}<mo>{mark}</mo></{tag}>", "limits")
        if name in ("overset", "stackrel", "underset"):
            mark, base = self.argument(), self.argument()
            tag = "munder" if name == "underset" else "mover"
            return Item(f"<{tag}>{base}{mark}</{tag}>", "limits" if tag == "munder" else "rel")
        if name == "left":
            return self.fenced()
        if name.rstrip("lrm") in symbols.SIZES:
            size = symbols.SIZES[name.rstrip("lrm")]
            sized = f'<mo minsize="{size}em" maxsize="{size}em">{escape(self.delimiter())}</mo>'
            return Item(sized, "close" if name.endswith("r") else "open")
        if name == "begin":
            return self.environment()
        if name == "substack":
            self.take()
            rows = self.table("}", (r"\\",))
            self.take()
            return Item(_table(rows, "center"))
        if name in ("displaystyle", "textstyle", "nonumber", "notag"):
            return Item("", before or "space")
        raise self.error(f"the command \\{name} is not known")

    def root(self) -> Item:
        if self.peek() != "[":
            return Item(f"<msqrt>{self.argument()}</msqrt>")
        self.take()
        degree = self.row(("]",))
        self.take()
        return Item(f"<mroot>{self.argument()}{degree}</mroot>")

    def delimiter(self) -> str:
        word = self.take()
        known = {**symbols.OPENING, **symbols.CLOSING, **symbols.BARS}
        name = word.removeprefix("\\")
        if word.startswith("\\") and name not in known:
            raise self.error(f"{word} is no bracket")
        return known[name] if word.startswith("\\") else "" if word == "." else word

    def fenced(self) -> Item:
        """``\\left( ... \\right)``: brackets as high as what they hold."""
        opening = self.delimiter()
        inside = self.row((r"\right", r"\middle"))
        while self.peek() == r"\middle":
            self.take()
            inside += f'<mo stretchy="true">{escape(self.delimiter())}</mo>'
            inside += self.row((r"\right", r"\middle"))
        if self.take() != r"\right":
            raise self.error(r"\left without \right")
        return Item(_fence(opening, inside, self.delimiter()))

    def environment(self) -> Item:
        r"""``\begin{...} ... \end{...}``."""
        name = self.raw()
        if name not in _FENCES:
            raise self.error(f"the environment {name} is not known")
        if name == "array":
            self.raw()
        rows = self.table(r"\end", ("&", r"\\"))
        self.take()
        if self.raw() != name:
            raise self.error(rf"\begin{{{name}}} ends as something else")
        align = "aligned" if name in _ALIGNED else "left" if name == "cases" else "center"
        opening, closing = _FENCES[name]
        return Item(_fence(opening, _table(rows, align), closing))

    def table(self, end: str, marks: tuple[str, ...]) -> list[list[str]]:
        rows: list[list[str]] = [[]]
        while True:
            rows[-1].append(self.row((end, *marks)))
            word = self.peek()
            if word == end:
                break
            if self.take() not in marks:
                raise self.error("a table of formulae is not closed")
            if word == r"\\":
                rows.append([])
        return [row for row in rows if row != ["<mrow></mrow>"]]


def _bracket(sign: str, kind: str) -> Item:
    form = "prefix" if kind == "open" else "postfix"
    tight = ' lspace="0" rspace="0"' if sign in "|‖" else ""
    return Item(f'<mo stretchy="false" form="{form}"{tight}>{sign}</mo>', kind)


def _limits(name: str) -> Item:
    return Item(f'<mo movablelimits="true" lspace="0" rspace="0">{escape(name)}</mo>', "limits")


def _fence(opening: str, inside: str, closing: str) -> str:
    left = f'<mo stretchy="true" form="prefix">{escape(opening)}</mo>' if opening else ""
    right = f'<mo stretchy="true" form="postfix">{escape(closing)}</mo>' if closing else ""
    return f"<mrow>{left}{inside}{right}</mrow>"


def _table(rows: list[list[str]], align: str) -> str:
    """A table; in aligned formulae columns are set to the right and left in turn."""
    lines = []
    for row in rows:
        cells = []
        for column, cell in enumerate(row):
            side = align if align != "aligned" else ("right", "left")[column % 2]
            cells.append(f'<mtd class="{side}">{cell}</mtd>')
        lines.append(f"<mtr>{''.join(cells)}</mtr>")
    return f'<mtable class="{align}">{"".join(lines)}</mtable>'


def _text(raw: str) -> str:
    """Words inside a formula: spaces are kept, commands for spaces and signs are read."""
    spaced = re.sub(r"\\[,;:>]", "\u2009", raw)
    return re.sub(r"\\([#$%&_{} ])", r"\1", spaced).replace("~", "\u00a0").replace(" ", "\u00a0")
