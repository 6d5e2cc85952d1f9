"""Frames: a picture, table, score or sound with its caption and description, as HTML.

Conventions
-----------
* Everything is shown as ``<figure>`` with a ``<figcaption>``; pictures carry
  ``role="img"`` and an ``aria-label``.
* Captions, descriptions and titles are plain text and are escaped here.
* A plot is embedded as SVG, or as PNG where the SVG would be larger than
  :data:`LARGEST_SVG`. Ids inside an SVG get a prefix made from its content, so
  that many pictures can stand on one page.
"""

import base64
import hashlib
import io
import re
from html import escape
from typing import TYPE_CHECKING, Any

from ricercar import wording
from ricercar.errors import ParameterError
from ricercar.show import prose

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: bytes of SVG above which a plot is embedded as PNG
LARGEST_SVG = 400_000

#: dots, or cells of a grid, from which on SVG is not even tried
MOST_DOTS = 4_000

#: pixels per inch of an embedded PNG
PNG_RESOLUTION = 160

#: the label of what is made from simulated listeners
SIMULATED = "simulated listeners"
#: the label of what real listeners are assumed to answer
ASSUMED = "simulated answers"


def emit(html: str) -> None:
    """Show HTML in the notebook; outside a notebook nothing happens."""
    _display({"text/html": html, "text/plain": "<figure>"})


def markdown(text: str, folded: str = "") -> None:
    r"""Show Markdown, with formulae between dollar signs.

    Parameters
    ----------
    text : str
        HTML inside it is shown as text.
    folded : str
        A line under which the text is folded away until the reader opens it.

    Examples
    --------
    >>> markdown("The best model is **EASE**, $r = 0.3$.")
    """
    if not folded:
        _display({"text/markdown": text, "text/plain": text})
        return
    inside = prose.to_html(text)
    summary = f"<summary>{escape(folded)}</summary>"
    emit(f'<div class="prose said"><details>{summary}\n{inside}</details></div>')


def _display(bundle: dict[str, str]) -> None:
    from IPython.core.getipython import get_ipython

    if get_ipython() is None:
        return
    from IPython.display import display

    display(bundle, raw=True)


def figure(
    fig: "Figure", caption: str, alt: str | None = None, simulated: bool | str = False
) -> None:
    """Show a matplotlib figure with its caption, and close it.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
    caption : str
        Plain text: what is to be seen and what it means.
    alt : str, optional
        What the picture shows, for readers who cannot see it; the caption if left out.
    simulated : bool or str
        Whether the picture is made from simulated listeners; it is then labelled so. Text is
        a label of its own, such as :data:`ASSUMED`.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> _ = ax.plot([60, 62, 64])
    >>> figure(fig, "Three rising notes.")
    """
    html = figure_html(fig, caption, alt, simulated)
    import matplotlib.pyplot as plt

    plt.close(fig)
    emit(html)


def figure_html(
    fig: "Figure", caption: str, alt: str | None = None, simulated: bool | str = False
) -> str:
    """The HTML that :func:`figure` shows.

    Raises
    ------
    ParameterError
        If the caption is empty.
    """
    return frame(picture(fig), caption, alt=alt or caption, simulated=simulated, kind="plot")


def frame(
    content: str,
    caption: str,
    title: str = "",
    alt: str | None = None,
    simulated: bool | str = False,
    kind: str = "plot",
) -> str:
    """A ``<figure>`` around content that is HTML already.

    Parameters
    ----------
    content : str
        HTML.
    caption, title : str
        Plain text; the title stands above the content.
    alt : str, optional
        Makes the content a picture (``role="img"``) with this description.
    simulated : bool or str
        Whether to label it as made from simulated listeners, or another label.
    kind : str
        Class for the style sheet: ``plot``, ``table``, ``score`` or ``sound``.

    Examples
    --------
    >>> print(frame("<p>x</p>", "a < b", kind="table"))
    <figure class="shown table">
    <p>x</p>
    <figcaption>a &lt; b</figcaption>
    </figure>
    """
    if not caption.strip():
        raise ParameterError("a caption is needed: say what is to be seen and what it means")
    made = SIMULATED if simulated is True else simulated
    badge = f'<span class="badge">{escape(made)}</span> ' if made else ""
    label = f"{alt} ({made})" if made and alt else alt
    if label is not None:
        content = f'<div class="picture" role="img" aria-label="{escape(label)}">{content}</div>'
    name = f'<p class="name">{escape(title)}</p>\n' if title else ""
    return (
        f'<figure class="shown {kind}">\n{name}{content}\n'
        f"<figcaption>{badge}{escape(wording.typeset(caption))}</figcaption>\n</figure>"
    )


def picture(fig: "Figure") -> str:
    """A matplotlib figure as an ``<svg>`` element, or as an ``<img>`` where that is smaller.

    The same figure gives the same text.
    """
    import matplotlib

    if _dots(fig) < MOST_DOTS:
        buffer = io.BytesIO()
        with matplotlib.rc_context({"svg.hashsalt": "ricercar", "svg.fonttype": "path"}):
            fig.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
        if buffer.tell() <= LARGEST_SVG:
            return tidy_svg(buffer.getvalue().decode("utf-8"))
    buffer = io.BytesIO()
    fig.savefig(
        buffer,
        format="png",
        bbox_inches="tight",
        dpi=PNG_RESOLUTION,
        metadata={"Software": None},
    )
    width = int.from_bytes(buffer.getvalue()[16:20], "big") * 96 // PNG_RESOLUTION
    return f'<img alt="" width="{width}" src="{data_uri(buffer.getvalue(), "image/png")}">'


def _dots(fig: "Figure") -> int:
    """How many marks the collections of a figure draw, each an element of an SVG."""
    collections: list[Any] = [drawn for ax in fig.axes for drawn in ax.collections]
    return sum(max(len(drawn.get_offsets()), _cells(drawn)) for drawn in collections)


def _cells(collection: Any) -> int:
    values = collection.get_array()
    return 0 if values is None else int(values.size)


def tidy_svg(svg: str) -> str:
    """Make an SVG document an element that can stand in a page beside others.

    Prolog, document type, comments, metadata and name spaces go (HTML knows them), ids
    that nothing refers to go, and the others get a prefix made from the content.

    Examples
    --------
    >>> tidy_svg('<?xml version="1.0"?><svg xmlns="x"><g id="a"/><use href="#b"/><g id="b"/></svg>')
    '<svg><g/><use href="#s56ff9-b"/><g id="s56ff9-b"/></svg>'
    """
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = _own_style(svg)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    svg = re.sub(r"\sxlink:href=", " href=", svg)
    prefix = f"s{hashlib.sha256(svg.encode()).hexdigest()[:5]}-"
    styles = "".join(re.findall(r"<style.*?</style>", svg, flags=re.DOTALL))
    used = {*re.findall(r'(?:href="|url\()#([^")]+)', svg), *re.findall(r"#([\w-]+)", styles)}

    def new_id(match: re.Match[str]) -> str:
        return f' id="{prefix}{match[1]}"' if match[1] in used else ""

    svg = re.sub(r'\sid="([^"]*)"', new_id, svg)
    svg = re.sub(r'(href="|url\()#', rf"\g<1>#{prefix}", svg)
    svg = re.sub(
        r"<style.*?</style>",
        lambda style: re.sub(r"#(?=[\w-]+[ .])", f"#{prefix}", style[0]),
        svg,
        flags=re.DOTALL,
    )
    return svg.strip()


def _own_style(svg: str) -> str:
    """Move matplotlib's style for everything, which would hold for the page, to the picture."""
    found = re.search(r"<style[^>]*>\*\{([^}]*)\}</style>", svg)
    if not found:
        return svg
    rest = svg[: found.start()] + svg[found.end() :]
    return rest.replace("<svg", f'<svg style="{found[1]}"', 1)


def data_uri(content: bytes, kind: str) -> str:
    """Content as an address that needs no file.

    Examples
    --------
    >>> data_uri(b"hi", "text/plain")
    'data:text/plain;base64,aGk='
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
