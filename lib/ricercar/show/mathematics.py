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

from html import escape

from ricercar.show import mathml, symbols
from ricercar.show.latex import Reader
from ricercar.show.mathml import Item

_NAMED = ("fun", "limits")
#: neighbours that a thin space keeps apart
_SPACED = {
    *((left, right) for left in ("ord", "close", *_NAMED) for right in ("op", *_NAMED)),
    *((left, "ord") for left in _NAMED),
}


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
    formula = formula.strip()
    parser = _Parser(formula)
    body = parser.row(())
    if parser.at < len(formula):
        raise parser.error(f"{formula[parser.at]!r} closes nothing")
    block = ' display="block"' if display else ""
    return f'<math{block} alttext="{escape(" ".join(formula.split()))}">{body}</math>'


class _Parser(Reader):
    """Reads a formula from left to right."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.font: str | None = None

    def argument(self) -> str:
        """What a command or a script applies to: a group, or one sign."""
        if not self.peek():
            raise self.error("it ends where an argument is missing")
        if self.peek() == "{":
            return self.group()
        if self.peek()[0].isdigit():
            return f"<mn>{self.in_font(self.take())}</mn>"
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
            if (before, item.kind) in _SPACED:
                items.append(Item(mathml.THIN, "space"))
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

    def in_font(self, text: str) -> str:
        alphabet = symbols.ALPHABETS.get(self.font or "", {})
        return escape(text.translate(alphabet))

    def identifier(self, text: str) -> Item:
        upright = len(text) == 1 and self.font not in (None, "mathit", "boldsymbol", "bm")
        variant = ' mathvariant="normal"' if upright else ""
        return Item(f"<mi{variant}>{self.in_font(text)}</mi>")

    def atom(self, before: str | None) -> Item:
        """The next sign, command or group."""
        word = self.peek()
        if word == "{":
            return Item(self.group())
        self.take()
        if word.startswith("\\"):
            return self.command(word[1:], before)
        if word.isdigit():
            return Item(f"<mn>{self.in_font(word + self.digits())}</mn>")
        if word.isalpha():
            if self.font is not None:
                word += self.letters()
            return self.identifier(word)
        return self.sign(word, before)

    def sign(self, word: str, before: str | None) -> Item:
        if word in "+-":
            unary = before in (None, "bin", "rel", "open", "punct", "op", "fun", "limits")
            form = ' form="prefix"' if unary else ""
            return Item(f"<mo{form}>{'−' if word == '-' else '+'}</mo>", "bin")
        if word in "([":
            return mathml.bracket(word, "open")
        if word in ")]":
            return mathml.bracket(word, "close")
        if word == "|":
            return mathml.bracket(
                word, "open" if before in (None, "bin", "rel", "open") else "close"
            )
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
            return mathml.bracket(symbols.OPENING[name], "open")
        if name in symbols.CLOSING:
            return mathml.bracket(symbols.CLOSING[name], "close")
        if name in symbols.BARS:
            side = "open" if before in (None, "bin", "rel", "open") else "close"
            return mathml.bracket(symbols.BARS[name], side)
        if name in symbols.FUNCTIONS:
            return Item(f"<mi>{name}</mi>", "fun")
        if name in symbols.LIMITS:
            return mathml.limits(symbols.LIMITS[name])
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
            return Item(f"<mtext>{escape(mathml.words(self.raw()))}</mtext>")
        if name in ("operatorname", "operatorname*"):
            text = mathml.words(self.raw())
            return (
                mathml.limits(text)
                if name.endswith("*")
                else Item(f"<mi>{escape(text)}</mi>", "fun")
            )
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
            return Item(mathml.table(rows, "center"))
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
        return Item(mathml.fence(opening, inside, self.delimiter()))

    def environment(self) -> Item:
        r"""``\begin{...} ... \end{...}``."""
        name = self.raw()
        if name not in symbols.ENVIRONMENTS:
            raise self.error(f"the environment {name} is not known")
        if name == "array":
            self.raw()
        rows = self.table(r"\end", ("&", r"\\"))
        self.take()
        if self.raw() != name:
            raise self.error(rf"\begin{{{name}}} ends as something else")
        align = "aligned" if name in symbols.ALIGNED else "left" if name == "cases" else "center"
        opening, closing = symbols.ENVIRONMENTS[name]
        return Item(mathml.fence(opening, mathml.table(rows, align), closing))

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
