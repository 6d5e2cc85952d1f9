"""Figures and tables: described, escaped, labelled, and the same bytes each time."""

import re
import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from ricercar import show, wording
from ricercar.errors import ParameterError, TableError
from ricercar.show import frames
from ricercar.show.tables import table_html

HOSTILE = '"><script>alert(1)</script><b>&'


def lines(seed: int = 0) -> Figure:
    fig, ax = plt.subplots()
    ax.plot(np.random.default_rng(seed).normal(size=20))
    ax.set_title("a title")
    return fig


def test_figure_has_description_and_caption_and_is_closed() -> None:
    fig = lines()
    html = frames.figure_html(fig, "What it means.", alt="A line")
    assert 'role="img" aria-label="A line"' in html
    assert "<figcaption>What it means.</figcaption>" in html
    assert "<svg" in html
    show.figure(fig, "What it means.")
    assert not plt.fignum_exists(fig.number)


def test_what_is_not_real_is_labelled_as_what_it_is() -> None:
    assert "badge" not in frames.frame("x", "y")
    assert '<span class="badge">simulated listeners</span>' in frames.frame(
        "x", "y", simulated=True
    )
    html = frames.frame("x", "y", alt="z", simulated=show.ASSUMED)
    assert '<span class="badge">simulated answers</span>' in html and "listeners" not in html
    assert 'aria-label="z (simulated answers)"' in html


def test_caption_stands_in_for_a_missing_description() -> None:
    assert 'aria-label="What it means."' in frames.figure_html(lines(), "What it means.")


def test_simulated_is_said_in_caption_and_description() -> None:
    html = frames.figure_html(lines(), "c", alt="A line", simulated=True)
    assert '<span class="badge">simulated listeners</span>' in html
    assert 'aria-label="A line (simulated listeners)"' in html
    assert "badge" not in frames.figure_html(lines(), "c")


def test_empty_caption_is_refused() -> None:
    with pytest.raises(ParameterError, match="caption"):
        show.figure(lines(), " ")


def test_text_from_data_is_escaped_everywhere() -> None:
    html = frames.frame("<p>mine</p>", HOSTILE, title=HOSTILE, alt=HOSTILE)
    html += table_html(pd.DataFrame({HOSTILE: [HOSTILE]}, index=[HOSTILE]), HOSTILE)
    assert "<script" not in html and "<b>" not in html
    assert html.count("&lt;script&gt;") == 7


def test_same_figure_same_bytes_and_ids_never_meet() -> None:
    first, again, other = (frames.picture(lines(seed)) for seed in (0, 0, 1))
    assert first == again
    ids = [set(re.findall(r'\sid="([^"]+)"', svg)) for svg in (first, other)]
    assert ids[0] and not ids[0] & ids[1]
    referred = set(re.findall(r'(?:href="|url\()#([^")]+)', first))
    assert referred == ids[0]
    assert "http" not in first
    ET.fromstring(first)


def test_svg_styles_stay_inside_their_picture() -> None:
    assert "<style" not in frames.picture(lines())
    scoped = frames.tidy_svg('<svg id="a"><style>#a g.x {color:#333}</style><g class="x"/></svg>')
    name = re.search(r'<svg id="([^"]+)"', scoped)
    assert name is not None
    assert f"#{name[1]} g.x {{color:#333}}" in scoped


def test_large_plot_becomes_a_bitmap() -> None:
    fig, ax = plt.subplots()
    ax.scatter(*np.random.default_rng(0).normal(size=(2, 9000)), c=np.arange(9000))
    html = frames.figure_html(fig, "c", alt="dots")
    assert 'src="data:image/png;base64,' in html and 'aria-label="dots"' in html
    assert len(html) < 1_500_000


def test_table_aligns_numbers_and_marks_what_is_missing() -> None:
    frame = pd.DataFrame({"model": ["a", None], "recall": [0.12345, np.nan], "n": [12345, 2]})
    html = table_html(frame, "c", digits={"recall": 2})
    assert '<td class="number">0.12</td>' in html
    assert html.count("–") == 2 and "nan" not in html.lower()
    assert '<th scope="col" class="number">n</th>' in html


def test_table_says_how_many_rows_it_leaves_out() -> None:
    html = table_html(pd.DataFrame({"n": range(50)}), "c", rows=10)
    assert html.count("<tr>") == 11 and "… and 40 more rows" in html


def test_table_takes_series_and_keeps_a_named_index() -> None:
    html = table_html(pd.Series([3], index=pd.Index(["reel"], name="style"), name="pieces"), "c")
    assert ">style</th>" in html and ">reel</td>" in html and ">pieces</th>" in html


def test_a_folded_table_stands_under_its_line() -> None:
    html = table_html(pd.DataFrame({"n": [1]}), "c", folded="all <1> rows")
    assert "<details><summary>all &lt;1&gt; rows</summary>" in html
    assert html.index("</table>") < html.index("</details>") < html.index("<figcaption>")
    assert "<details>" not in table_html(pd.DataFrame({"n": [1]}), "c")


def test_table_hides_an_index_that_only_numbers_rows() -> None:
    frame = pd.DataFrame({"style": ["a", "b", "c"]}).iloc[[2, 0]]
    assert ">2<" not in table_html(frame, "c")
    assert ">2</td>" in table_html(frame.rename_axis("rank"), "c")
    described = frame.assign(n=[1, 2]).describe()
    assert ">mean</td>" in table_html(described, "c")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.5, "−0.500"),
        (1234567, "1,234,567"),
        (-1234, "−1,234"),
        (23456.7, "23,457"),
        (1067.3751, "1,067"),
        (-123.456, "−123.5"),
        (1e-7, "1e−07"),
        (0.00031, "0.0003"),
        (0.0, "0.000"),
        (np.float64("nan"), "–"),
        (float("inf"), "∞"),
        (pd.NaT, "–"),
        (np.bool_(True), "yes"),
        (np.int64(7), "7"),
        (pd.Timestamp("2024-05-01 10:00", tz="UTC"), "2024-05-01 10:00"),
    ],
)
def test_numbers_as_readers_want_them(value: object, text: str) -> None:
    assert wording.number(value) == text


def test_colours_do_not_depend_on_the_company() -> None:
    alone, among = show.palette(["jig"]), show.palette(["air", "jig", "polka", "reel"])
    assert alone["jig"] == among["jig"]
    assert show.palette(["polka", "reel"])["polka"] == among["polka"]
    many = [f"style {number}" for number in range(6)] + ["reel", "jig"]
    assert len(set(show.palette(many).values())) == len(many)


def test_piano_roll_draws_every_note_and_no_formula_in_the_title() -> None:
    notes = pd.DataFrame({"part": [0, 1], "onset": [0, 480], "duration": 480, "pitch": [60, 48]})
    ax = show.piano_roll(notes, title="$5 & $6")
    assert len(ax.collections[0].get_paths()) == 2
    assert [label.get_text() for label in ax.get_yticklabels()] == ["C3", "C4"]
    frames.picture(ax.figure)
    plt.close("all")


def test_notes_of_two_pieces_are_refused() -> None:
    notes = pd.DataFrame(
        {"piece": ["a", "b"], "part": 0, "onset": 0, "duration": 480, "pitch": [60, 48]}
    )
    with pytest.raises(TableError, match="2 pieces"):
        show.piano_roll(notes)
    with pytest.raises(TableError, match="no notes"):
        show.piano_roll(notes[:0])
