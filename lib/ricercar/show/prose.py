"""Prose: Markdown with formulae, as HTML that needs nothing from outside.

Conventions
-----------
* A formula stands between ``$...$`` in a line, or ``$$...$$`` on its own; a dollar sign
  followed by a space, or closed before a digit, is money.
* A formula that cannot be typeset is shown as it was written, marked ``formula``.
* Numbers get true minus signs, see :func:`ricercar.wording.typeset`; code is left alone.
* Links that leave the page become text with their address beside it.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from html import escape
from typing import Any, cast

from ricercar import wording
from ricercar.errors import ParameterError
from ricercar.show.mathematics import to_mathml

_INLINE = r"\$(?P<inline_source>[^\s$`](?:[^$\\`]|\\.)*?)(?<!\s)\$(?!\d)"
_DISPLAY = r"\$\$(?P<display_source>[^$]+)\$\$"
_BLOCK = r"^ {0,3}\$\$(?P<block_source>[^$]+)\$\$[ \t]*(?:\n|$)"


def to_html(text: str, trusted: bool = False) -> str:
    """Markdown as HTML.

    Parameters
    ----------
    text : str
        Markdown with tables and formulae.
    trusted : bool
        Whether HTML inside is kept; otherwise it is shown as text.

    Returns
    -------
    str
        HTML; headings carry an id made from their words.

    Examples
    --------
    >>> to_html("The **mean** $x$ <b>")
    '<p>The <strong>mean</strong> <math alttext="x"><mrow><mi>x</mi></mrow></math> &lt;b&gt;</p>\\n'
    """
    html = str(_reader(trusted)(text))
    return re.sub(
        r'(<math alttext="[^"]*">(?:(?!</math>).)*</math>)([.,;:!?)]+)',
        r'<span class="together">\1\2</span>',
        html,
    )


def headings(text: str, level: int = 2) -> list[tuple[str, str]]:
    """The headings of a level: id and words.

    Examples
    --------
    >>> headings("# A\\n## Train the *critic*")
    [('train-the-critic', 'Train the critic')]
    """
    found = re.findall(rf"^{'#' * level} +(.+?) *#*$", _without_code(text), flags=re.MULTILINE)
    return [(slug(words), _plain(words)) for words in found]


def slug(words: str) -> str:
    """A heading's id.

    Examples
    --------
    >>> slug("What we *learned*: 5 things")
    'what-we-learned-5-things'
    """
    plain = unicodedata.normalize("NFKD", _plain(words)).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain)) or "section"


def _plain(words: str) -> str:
    return re.sub(r"[*`$\\]", "", words).strip()


def _without_code(text: str) -> str:
    return re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)


def formula(source: str, display: bool) -> str:
    """A formula as MathML, or as it was written where it cannot be typeset.

    One on its own stands in a box that scrolls where the page is narrow.
    """
    try:
        typeset = to_mathml(source, display)
        return f'<span class="displayed scroll">{typeset}</span>' if display else typeset
    except ParameterError as error:
        dollars = "$$" if display else "$"
        written = escape(f"{dollars}{source}{dollars}")
        return f'<code class="formula" title="{escape(str(error))}">{written}</code>'


@cache
def _reader(trusted: bool) -> Callable[[str], Any]:
    import mistune

    class Renderer(mistune.HTMLRenderer):
        def heading(self, text: str, level: int, **attrs: Any) -> str:
            words = re.sub(r"<[^>]+>", "", text)
            return f'<h{level} id="{slug(words)}">{text}</h{level}>\n'

        def text(self, text: str) -> str:
            return wording.typeset(str(super().text(text)))

        def link(self, text: str, url: str, title: str | None = None) -> str:
            if url.startswith("#") or not re.match(r"[a-z][a-z0-9+.-]*:|//", url.lower()):
                return str(super().link(text, url, title))
            address = re.sub(r"^(https?:)?//", "", url)
            if _plain(text) in (url, address):
                return f'<span class="address">{escape(address)}</span>'
            return f'{text} <span class="address">({escape(address)})</span>'

    reader = mistune.create_markdown(
        renderer=Renderer(escape=not trusted),
        plugins=["table", "strikethrough", "footnotes", cast(Any, _with_formulae)],
    )
    return reader


def _with_formulae(reader: Any) -> None:
    """A plug-in of mistune that reads formulae before anything inside them."""
    reader.block.register("block_formula", _BLOCK, _read_block, before="list")
    reader.inline.register("display_formula", _DISPLAY, _read_inline(True), before="link")
    reader.inline.register("inline_formula", _INLINE, _read_inline(False), before="link")
    reader.renderer.register("block_formula", lambda _, text: f"<p>{formula(text, True)}</p>\n")
    reader.renderer.register("display_formula", lambda _, text: formula(text, True))
    reader.renderer.register("inline_formula", lambda _, text: formula(text, False))


def _read_block(block: Any, match: re.Match[str], state: Any) -> int:
    state.append_token({"type": "block_formula", "raw": match["block_source"]})
    return match.end()


def _read_inline(display: bool) -> Callable[[Any, re.Match[str], Any], int]:
    name = "display" if display else "inline"

    def read(inline: Any, match: re.Match[str], state: Any) -> int:
        state.append_token({"type": f"{name}_formula", "raw": match[f"{name}_source"]})
        return match.end()

    return read
