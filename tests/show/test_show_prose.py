"""Prose: formulae are read before Markdown touches them, and no link leaves the page."""

import pytest

from ricercar.show import prose


def test_a_formula_over_several_lines_is_not_read_as_a_list() -> None:
    html = prose.to_html("Before.\n\n$$\nL = a\n- b\n$$\n\nAfter.")
    assert "<li>" not in html and "<h" not in html
    assert html.count("<math") == 1 and 'display="block"' in html


@pytest.mark.parametrize("text", ["It costs $5 and $6.", "`$x$`", r"\$x\$ is money", "a $ b $ c"])
def test_dollars_that_are_no_formula(text: str) -> None:
    assert "<math" not in prose.to_html(text)


def test_formula_in_a_table_and_emphasis_inside_a_formula() -> None:
    html = prose.to_html("| a | b |\n|---|---|\n| $x_1*y*z_2$ | 2 |")
    assert "<table>" in html and "<em>" not in html and html.count("<math") == 1


def test_formula_that_cannot_be_typeset_stays_readable() -> None:
    html = prose.to_html(r"so $\unheardof{<x>}$ holds")
    assert r'<code class="formula"' in html
    assert r"$\unheardof{&lt;x&gt;}$" in html


def test_links_outside_become_text() -> None:
    html = prose.to_html(
        "[paper](https://example.org/a?b=1&c=2), <https://example.org>, [x](02.html)"
    )
    assert html.count("href") == 1 and 'href="02.html"' in html
    assert "example.org/a?b=1&amp;c=2" in html


def test_html_is_text_unless_trusted() -> None:
    assert "&lt;script&gt;" in prose.to_html("<script>alert(1)</script>")
    assert "<br>" in prose.to_html("a<br>b", trusted=True)


def test_headings_have_ids_that_the_contents_list_uses() -> None:
    text = (
        "# Title\n\n## Write down the *losses*\n\n```\n## not me\n```\n\n### deeper\n\n## Löss: 2\n"
    )
    found = prose.headings(text)
    assert found == [("write-down-the-losses", "Write down the losses"), ("loss-2", "Löss: 2")]
    html = prose.to_html(text)
    assert all(f'<h2 id="{key}">' in html for key, _ in found)
