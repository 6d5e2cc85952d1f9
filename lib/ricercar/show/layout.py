"""The frame of every page: navigation, style sheet, and the promise of no outside address.

Conventions
-----------
A page is one file. It refers to nothing but itself and its neighbours in the same
folder; :func:`closed` removes from other people's HTML what would break that.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from ricercar import graph

_TEMPLATES = Path(__file__).parent / "templates"
_LOADING = r"src|srcset|href|xlink:href|poster|data|action|formaction|background|ping"
_OUTSIDE = re.compile(
    rf"""\s(?:{_LOADING})\s*=\s*(?:"\s*(?:[a-z]+:)?//[^"]*"|'\s*(?:[a-z]+:)?//[^']*'"""
    r"""|(?:[a-z]+:)?//[^\s>]+)""",
    re.IGNORECASE,
)
_FOREIGN = "script|iframe|object|embed|link|base"
_WHOLE = re.compile(rf"<({_FOREIGN})\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_LONE = re.compile(rf"</?(?:{_FOREIGN})\b[^>]*>", re.IGNORECASE)
_STYLE_ADDRESS = re.compile(
    r"""@import[^;]*;?|url\(\s*["']?\s*(?:[a-z]+:)?//[^)]*\)""", re.IGNORECASE
)


def closed(html: str) -> str:
    """HTML without scripts, frames and addresses outside the page.

    Examples
    --------
    >>> closed('<img src="https://x.org/a.png" alt="a"><script src="//x"></script>')
    '<img alt="a">'
    """
    html = _LONE.sub("", _WHOLE.sub("", html))
    return _STYLE_ADDRESS.sub("", _OUTSIDE.sub("", html))


def title(notebook: str) -> str:
    """A notebook's name as a heading.

    Examples
    --------
    >>> title("04-gan-training")
    'GAN training'
    """
    words = notebook.partition("-")[2].replace("-", " ").capitalize()
    return words.replace("Gan ", "GAN ")


def page(template: str, **content: Any) -> str:
    """Fill a template of ``show/templates``.

    Parameters
    ----------
    template : str
        File name.
    **content
        What the template shows; text in it is escaped.
    """
    notebooks = [
        {"name": name, "number": name[:2], "title": title(name), "question": known.question}
        for name, known in graph.NOTEBOOKS.items()
    ]
    html = _environment().get_template(template).render(notebooks=notebooks, **content)
    return "\n".join(line.rstrip() for line in html.splitlines()) + "\n"


@cache
def style_sheet(name: str) -> str:
    """A style sheet of ``show/templates``."""
    return (_TEMPLATES / name).read_text("utf-8")


@cache
def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals["style_sheet"] = style_sheet
    return environment
