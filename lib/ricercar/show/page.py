"""Report pages: an executed notebook as one HTML file that opens anywhere, offline.

``python -m ricercar.show.page export EXECUTED.ipynb REPORT.html`` and
``python -m ricercar.show.page index RUN``

Goal: a colleague without Python reads the report from top to bottom: prose, formulae,
pictures, scores and sound stand open, code is folded away.

Conventions
-----------
* Of a cell's output the richest form is shown; what was written to stderr is not.
* Formulae are MathML, pictures and sound are embedded, addresses outside are removed.
"""

import argparse
import ast
import json
import re
import sys
from html import escape
from pathlib import Path
from typing import Any

from ricercar import graph, workspace
from ricercar.errors import ReadError, RicercarError
from ricercar.show import layout, prose
from ricercar.show.overview import index

__all__ = ["export", "index", "main", "report_html"]

_CODE = '<details class="code"><summary>code</summary>'
_STYLE_MARK = "data-ricercar-style"

#: a line of a parameters cell, as ricercar.parameters has it (which takes papermill to read)
_PARAMETER = re.compile(r"^(\w+): \w+ = (.+?)(?:  # *(.*))?$", re.MULTILINE)


def export(executed: Path, html: Path, title: str | None = None) -> Path:
    """Write the report page of an executed notebook.

    Parameters
    ----------
    executed : pathlib.Path
        The notebook with its outputs.
    html : pathlib.Path
        Where the page goes; replaced as a whole, or not at all.
    title : str, optional
        Title of the page; the notebook's first heading if left out.

    Returns
    -------
    pathlib.Path
        ``html``.

    Raises
    ------
    ReadError
        If the notebook is not there or is not one.
    """
    executed, html = Path(executed), Path(html)
    try:
        notebook = json.loads(executed.read_text("utf-8"))
        cells = notebook["cells"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReadError(f"{executed} is not a readable notebook: {error}") from error
    if notebook.get("nbformat") != 4 or not isinstance(cells, list):
        raise ReadError(f"{executed} is not a notebook of format 4")
    with workspace.writing(html) as path:
        path.write_text(report_html(notebook, executed.stem, title), "utf-8")
    return html


def report_html(notebook: dict[str, Any], name: str, title: str | None = None) -> str:
    """The page of a notebook.

    Parameters
    ----------
    notebook : dict
        A notebook of format 4, as read from JSON.
    name : str
        Its file name without suffix; one of :data:`ricercar.graph.NOTEBOOKS` is marked
        in the navigation.
    title : str, optional
        The first heading if left out.
    """
    given = notebook.get("metadata", {}).get("papermill", {})
    texts = [text for cell in notebook["cells"] for text in _prose(cell)]
    first = prose.headings("\n\n".join(texts), level=1)
    sections = [heading for text in texts for heading in prose.headings(text)]
    values = given.get("parameters") or {}
    return layout.page(
        "report.html",
        name=name,
        title=title or (first[0][1] if first else name),
        sections=sections,
        cells=_together([_cell_html(cell, values) for cell in notebook["cells"]]),
        facts=_facts(name, given),
        known=name in graph.NOTEBOOKS,
    )


def _together(cells: list[str]) -> list[str]:
    """Cells with code that shows nothing are folded into the code that follows."""
    joined: list[str] = []
    for cell in filter(None, cells):
        if joined and cell.startswith(_CODE) and joined[-1].startswith(_CODE):
            before = joined[-1].removesuffix("</details>\n")
            if before != joined[-1] and "</details>" not in before:
                cell = before + cell.removeprefix(_CODE)
                joined.pop()
        joined.append(cell)
    return joined


def _facts(name: str, given: dict[str, Any]) -> list[tuple[str, str]]:
    """When and how long it ran, as far as the notebook says."""
    facts = [("notebook", f"{name}.ipynb")]
    if given.get("start_time"):
        facts.append(("executed", f"{given['start_time'][:16].replace('T', ' ')} UTC"))
    if given.get("duration") is not None:
        facts.append(("took", f"{given['duration']:.0f} s"))
    return facts


def _prose(cell: dict[str, Any]) -> list[str]:
    """The Markdown that a cell is, or shows."""
    if cell["cell_type"] == "markdown":
        return [_source(cell)]
    shown = (output.get("data", {}) for output in cell.get("outputs", []))
    return [_joined(data["text/markdown"]) for data in shown if "text/markdown" in data]


def _source(cell: dict[str, Any]) -> str:
    return _joined(cell.get("source", ""))


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _cell_html(cell: dict[str, Any], values: dict[str, Any]) -> str:
    tags = cell.get("metadata", {}).get("tags", [])
    if cell["cell_type"] == "markdown":
        html = layout.closed(prose.to_html(_source(cell), trusted=True))
        return f'<div class="prose">\n{_scrolling(html)}</div>'
    if cell["cell_type"] != "code" or "injected-parameters" in tags:
        return ""
    source = _source(cell)
    if "parameters" in tags:
        return _parameters_html(source, values)
    shown = "\n".join(filter(None, map(_output_html, cell.get("outputs", []))))
    return f"{_code_html(source)}\n{shown}" if source.strip() or shown else ""


def _scrolling(html: str) -> str:
    """Tables of the prose in a box that scrolls on narrow screens."""
    html = html.replace("<table>", '<div class="scroll"><table>')
    return html.replace("</table>", "</table></div>")


def _code_html(source: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    coloured = highlight(source.strip("\n"), PythonLexer(), HtmlFormatter(nowrap=True))
    return f"{_CODE}<pre><code>{coloured.rstrip()}</code></pre></details>"


def _parameters_html(source: str, values: dict[str, Any]) -> str:
    """The parameters as a table, with the values that this run was given."""
    rows = []
    for name, default, meaning in _PARAMETER.findall(source):
        value = repr(values[name]) if name in values else default
        other = name in values and values[name] != ast.literal_eval(default)
        small = f" <small>default {escape(default)}</small>" if other else ""
        kind = "value changed" if other else "value"
        rows.append(
            f"<tr><td><code>{escape(name)}</code></td>"
            f'<td class="{kind}"><code>{escape(value)}</code>{small}</td>'
            f"<td>{escape(meaning)}</td></tr>"
        )
    if not rows:
        return _code_html(source)
    return (
        '<details class="parameters" open><summary>parameters of this run</summary>\n'
        '<div class="scroll"><table>'
        '<thead><tr><th scope="col">name</th><th scope="col">value</th>'
        f'<th scope="col">meaning</th></tr></thead>\n<tbody>{"".join(rows)}</tbody>'
        "</table></div></details>"
    )


def _output_html(output: dict[str, Any]) -> str:
    kind = output.get("output_type")
    if kind == "stream":
        return "" if output.get("name") == "stderr" else _text_html(_joined(output["text"]))
    if kind == "error":
        trace = _text_html("\n".join(output.get("traceback", [])), "output error")
        return f'<p class="failed">This cell failed: {escape(output.get("ename", ""))}</p>{trace}'
    return _rich_html(output.get("data", {}))


def _rich_html(data: dict[str, Any]) -> str:
    """The richest form of an output that a page can show."""
    if "application/vnd.jupyter.widget-view+json" in data:
        return ""
    if "text/html" in data:
        html = _joined(data["text/html"])
        if _STYLE_MARK in html:
            return ""
        own = html.lstrip().startswith("<figure")
        return layout.closed(html) if own else f'<div class="other">{layout.closed(html)}</div>'
    if "text/markdown" in data:
        html = prose.to_html(_joined(data["text/markdown"]))
        return f'<div class="prose said">\n{_scrolling(html)}</div>'
    if "image/svg+xml" in data:
        return f'<div class="other">{layout.closed(_joined(data["image/svg+xml"]))}</div>'
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            content = "".join(_joined(data[kind]).split())
            picture = (
                f'<img alt="a picture without description" src="data:{kind};base64,{content}">'
            )
            return f'<div class="other">{picture}</div>'
    if "text/latex" in data:
        source = _joined(data["text/latex"]).strip().strip("$")
        return f'<div class="other">{prose.formula(source, display=True)}</div>'
    return _text_html(_joined(data["text/plain"])) if "text/plain" in data else ""


def _text_html(text: str, kind: str = "output") -> str:
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    plain = "\n".join(line.rpartition("\r")[2] for line in plain.rstrip().split("\n"))
    return f'<pre class="{kind}">{escape(plain)}</pre>' if plain.strip() else ""


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m ricercar.show.page", description="Make report pages."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("export", help="an executed notebook as a page")
    one.add_argument("notebook", type=Path)
    one.add_argument("html", type=Path)
    one.add_argument("--title", help="title of the page (default: the first heading)")
    whole = commands.add_parser("index", help="the page that joins the reports of a run")
    whole.add_argument("run")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "export":
            export(chosen.notebook, chosen.html, chosen.title)
        else:
            index(chosen.run)
    except RicercarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
