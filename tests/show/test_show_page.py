"""Pages: one file, nothing from outside, everything escaped, nothing missing unsaid."""

import json
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ricercar import graph
from ricercar.errors import ReadError
from ricercar.show import layout, overview, page

VOID = {"meta", "img", "br", "link", "input", "hr", "path", "use", "source"}


class Checker(HTMLParser):
    """Notes addresses, unclosed elements and pictures without description."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.bare_pictures = 0
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.addresses += [given[key] or "" for key in ("src", "href", "data") if key in given]
        self.ids += [given["id"] or ""] if "id" in given else []
        self.bare_pictures += tag == "img" and "alt" not in given
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def check(html: str) -> Checker:
    found = Checker(html)
    assert not found.open
    assert not [a for a in found.addresses if re.match(r"([a-z]+:)?//", a, re.IGNORECASE)]
    assert not re.findall(r"@import|url\(\s*['\"]?\s*(?:https?:)?//", html)
    assert "script" not in found.tags
    assert found.bare_pictures == 0
    assert len(found.ids) == len(set(found.ids))
    return found


def code(source: str, *outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {"tags": list(tags)},
        "outputs": list(outputs),
        "execution_count": 1,
    }


def shown(**data: str) -> dict[str, Any]:
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {kind.replace("__", "/").replace("_", "+"): text for kind, text in data.items()},
    }


def printed(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": [text]}


def prose_cell(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def notebook(*cells: dict[str, Any], given: dict[str, Any] | None = None) -> dict[str, Any]:
    papermill = {"parameters": given or {}, "start_time": "2026-01-02T03:04:05", "duration": 12.3}
    return {"nbformat": 4, "metadata": {"papermill": papermill}, "cells": list(cells)}


def export(tmp_path: Path, *cells: dict[str, Any], given: dict[str, Any] | None = None) -> str:
    executed = tmp_path / "04-gan-training.ipynb"
    executed.write_text(json.dumps(notebook(*cells, given=given)), "utf-8")
    return page.export(executed, tmp_path / "04-gan-training.html").read_text("utf-8")


def test_page_reads_from_top_to_bottom(tmp_path: Path) -> None:
    html = export(
        tmp_path,
        prose_cell("# 04 GAN training\n\nDoes $D(x)$ learn?"),
        prose_cell("## Train"),
        code("x = 1  # why", printed("result: 1\n"), printed("noise", "stderr")),
        prose_cell("## Look"),
        prose_cell("## What we learned"),
        code("show.markdown('…')", shown(text__markdown="Now $r = 0.5$ <i>")),
    )
    found = check(html)
    assert "<title>04 GAN training · Ricercar</title>" in html
    assert '<details class="code"><summary>code</summary>' in html
    assert '<pre class="output">result: 1</pre>' in html
    assert "noise" not in html
    assert html.count("<math") == 2 and "&lt;i&gt;" in html
    assert "#what-we-learned" in found.addresses
    assert set(found.addresses) >= {f"{name}.html" for name in graph.NOTEBOOKS} | {"index.html"}
    assert html.count('aria-current="page"') == 1
    assert "took: 12 s" in html


def test_a_heading_that_a_cell_shows_is_listed_too(tmp_path: Path) -> None:
    told = shown(text__markdown="## See the drift\n\nIt is small.")
    html = export(tmp_path, prose_cell("# 01 A\n## Gather\n## Look"), code("tell()", told))
    assert re.findall(r'<li><a href="#([\w-]+)">', html) == ["gather", "look", "see-the-drift"]
    assert 'id="see-the-drift"' in html


def test_code_that_shows_nothing_is_folded_with_the_next(tmp_path: Path) -> None:
    html = export(tmp_path, code("a = 1"), code("b = 2"), code("print(3)", printed("3")), code("c"))
    check(html)
    assert html.count("<summary>code</summary>") == 2
    first, second = html.split('<pre class="output">3</pre>')
    assert first.count("<pre><code>") == 3 and second.count("<pre><code>") == 1


def test_parameters_are_a_table_and_changes_are_seen(tmp_path: Path) -> None:
    html = export(
        tmp_path,
        code(
            'run: str = "quick"  # name: data/<run>/\nsteps: int = 100  # training steps\n'
            'styles: list = ["a # b"]  # what\n',
            tags=("parameters",),
        ),
        code("steps = 5", tags=("injected-parameters",)),
        given={"run": "quick", "steps": 5},
    )
    check(html)
    assert "name: data/&lt;run&gt;/" in html
    assert '<td class="value changed"><code>5</code> <small>default 100</small></td>' in html
    assert html.count('class="value changed"') == 1
    assert "steps = 5" not in html


def test_nothing_from_outside_comes_in(tmp_path: Path) -> None:
    hostile = (
        '<figure class="shown"><img src="https://evil.example/a.png" alt="a">'
        "<img alt='b' src='//evil.example/b.png'><script src=https://evil.example></script>"
        '<div style="background: url(https://evil.example/c.png)">x</div>'
        '<iframe src="https://evil.example"></iframe></figure>'
    )
    html = export(
        tmp_path,
        prose_cell(
            '# T\n\n[l](https://ok.example/p) ![pic](https://evil.example/d.png "t")\n\n'
            '<img src="http://evil.example/e.png" alt="e">'
        ),
        code("1", shown(text__html=hostile)),
    )
    check(html)
    assert "evil.example" not in html
    assert "ok.example/p" in html


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>"
    html = export(tmp_path, prose_cell("# T"), code(f"print('{bad}')", printed(bad)))
    check(html)
    assert "&lt;script&gt;" in html


def test_failed_cell_and_progress_bars_are_readable(tmp_path: Path) -> None:
    error = {
        "output_type": "error",
        "ename": "TableError",
        "evalue": "x",
        "traceback": ["\x1b[31mTableError\x1b[0m: <x>"],
    }
    html = export(tmp_path, code("1/0", printed("10%\r100%\n"), error))
    check(html)
    assert "This cell failed: TableError" in html and "TableError: &lt;x&gt;" in html
    assert '<pre class="output">100%</pre>' in html


def test_what_is_no_notebook_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "x.ipynb"
    for text in ("{", "[]", '{"cells": 3}', '{"nbformat": 3, "cells": []}'):
        broken.write_text(text)
        with pytest.raises(ReadError, match="x.ipynb"):
            page.export(broken, tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()
    assert page.main(["export", str(broken), str(tmp_path / "x.html")]) == 1


@pytest.mark.parametrize(
    "html",
    [
        '<a href="HTTPS://x.example">',
        "<a href=//x.example>",
        "<a href=' //x.example'>",
        '<style>@import "//x.example/a.css";</style>',
        "<link rel=stylesheet href=https://x.example>",
        '<object data="https://x.example"></object>',
        "<base href='https://x.example'>",
        '<image xlink:href="https://x.example/a.svg"/>',
    ],
)
def test_closed_removes_addresses(html: str) -> None:
    assert "x.example" not in layout.closed(html)


def test_closed_keeps_what_stays_inside() -> None:
    kept = '<a href="#a">x</a><a href="02.html">y</a><img alt="" src="data:image/png;base64,A//A">'
    assert layout.closed(kept) == kept


def run_folder(tmp_path: Path) -> Path:
    name = "03-style-classification"
    for folder in ("headlines", "metrics"):
        (tmp_path / folder).mkdir()
    (tmp_path / "headlines" / f"{name}.json").write_text(
        json.dumps(
            {"sentence": "Reels & jigs <b>differ</b>.", "alt": 'A "matrix"', "heard": "A <reel>"}
        )
    )
    (tmp_path / "headlines" / f"{name}.png").write_bytes(b"\x89PNG")
    (tmp_path / "headlines" / f"{name}.ogg").write_bytes(b"OggS")
    (tmp_path / "metrics" / f"{name}.json").write_text(
        json.dumps(
            {
                "balanced_accuracy": {"value": 0.8123, "low": 0.79, "high": 0.83, "n": 1200},
                "own.parallels": {"value": 31.25, "low": 30, "high": 33, "n": 4},
                "styles": {"value": 7, "low": None, "high": None, "n": None},
                "best": {"value": 1, "low": None, "high": None, "n": 2, "of": {"method": "<als>"}},
            }
        )
    )
    (tmp_path / f"{name}.html").write_text("x")
    record = {"seed": 1, "commit": "a" * 40, "dirty": True, "started": "2026-01-02T03:04:05+00:00"}
    record |= {"duration_s": 31.4, "platform": "Linux", "packages": {"numpy": "2.4.6"}}
    (tmp_path / "run.json").write_text(json.dumps({name: record}))
    return tmp_path


def test_index_joins_what_is_there_and_says_what_is_missing(tmp_path: Path) -> None:
    html = overview.write_index(run_folder(tmp_path), "quick").read_text("utf-8")
    found = check(html)
    assert html.count("not run yet") == len(graph.NOTEBOOKS) - 1
    assert all(
        escape(known.question).replace("&#x27;", "&#39;") in html
        for known in graph.NOTEBOOKS.values()
    )
    assert "Reels &amp; jigs &lt;b&gt;differ&lt;/b&gt;." in html
    assert 'alt="A &#34;matrix&#34;"' in html and "data:image/png;base64," in html
    assert "best <small>method: &lt;als&gt;</small>" in html
    assert html.count("<audio") == 1 and "A &lt;reel&gt;" in html
    assert "0.812" in html and "[0.790, 0.830]" in html and "1,200" in html
    assert "balanced accuracy" in html and "own · parallels" in html
    assert f"{'a' * 12} with changes" in html and "numpy 2.4.6" in html
    assert found.addresses.count("03-style-classification.html") == 2  # bar and card


def test_index_of_an_empty_run(tmp_path: Path) -> None:
    html = overview.write_index(tmp_path / "new").read_text("utf-8")
    check(html)
    assert html.count("not run yet") == len(graph.NOTEBOOKS)
    assert "run new" in html


def test_index_by_name_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    assert page.main(["index", "quick"]) == 0
    assert (tmp_path / "reports" / "quick" / "index.html").is_file()
    (tmp_path / "reports" / "quick" / "run.json").write_text("{")
    assert page.main(["index", "quick"]) == 1
