"""Formulae: what the notebooks write becomes MathML that a parser accepts."""

import json
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar import workspace
from ricercar.errors import ParameterError
from ricercar.show import prose
from ricercar.show.mathematics import to_mathml


def words(formula: str) -> str:
    """What a formula says, without its structure."""
    return "".join(ET.fromstring(to_mathml(formula)).itertext())


def test_fraction_and_indices_have_their_structure() -> None:
    tree = ET.fromstring(to_mathml(r"\frac{a_i^2}{b}"))
    (fraction,) = tree.iter("mfrac")
    assert ["".join(part.itertext()) for part in fraction] == ["ai2", "b"]
    assert next(tree.iter("msubsup")) is not None


def test_sum_carries_its_limits() -> None:
    tree = ET.fromstring(to_mathml(r"\sum_{i=1}^{n} w_i f_i", display=True))
    limits = tree.find(".//munderover")
    assert limits is not None
    assert ["".join(child.itertext()) for child in limits] == ["∑", "i=1", "n"]
    assert tree.get("display") == "block"


def test_cases_are_a_table() -> None:
    cases = ET.fromstring(to_mathml(r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}"))
    cells = ["".join(cell.itertext()) for cell in cases.iter("mtd")]
    assert cells == ["1", "x>0", "0", "otherwise"]


def test_function_stands_off_its_argument_but_not_a_bracket() -> None:
    assert "mspace" in to_mathml(r"\log x")
    assert "mspace" in to_mathml(r"\log_2 p_c")
    assert "mspace" not in to_mathml(r"\log(x)")


def test_bars_of_an_absolute_value_are_alike() -> None:
    bars = ET.fromstring(to_mathml(r"\lvert r_{ui}\rvert")).iter("mo")
    assert [(bar.text, bar.get("stretchy")) for bar in bars] == [("|", "false")] * 2


def test_the_base_of_a_logarithm_stays_its_index() -> None:
    index = ET.fromstring(to_mathml(r"\log_2(r + 1)")).find(".//msub")
    assert index is not None and [child.tag for child in index] == ["mi", "mn"]


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        (r"L_D = -\log D(x) - \log(1 - D(G(z)))", "LD=−logD(x)−log(1−D(G(z)))"),
        (r"\operatorname*{argmax}_i r_{ui}", "argmaxirui"),
        (r"\theta \leftarrow \theta - \eta\,\nabla_\theta", "θ←θ−η∇θ"),
    ],
)
def test_words(formula: str, said: str) -> None:
    assert words(formula) == said


@pytest.mark.parametrize(
    "formula",
    [
        r"\unheardof x",
        "a}",
        r"\frac{a}",
        r"\left( a",
        r"\begin{aligned}a &= b\end{aligned}",
        "a & b",
    ],
)
def test_what_is_not_known_is_refused(formula: str) -> None:
    with pytest.raises(ParameterError, match="cannot be typeset"):
        to_mathml(formula)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=r"\{}_^&'ab1+-()|<>\"$ fractleftrightsum", max_size=30))
def test_any_text_is_typeset_or_refused(formula: str) -> None:
    try:
        html = to_mathml(formula)
    except ParameterError:
        return
    ET.fromstring(html)


def _notebook_formulae() -> list[tuple[str, str]]:
    found = []
    for path in sorted((workspace.project() / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "markdown":
                found.append((path.stem, "".join(cell["source"])))
    return found


def test_every_formula_of_the_notebooks_is_typeset() -> None:
    for name, text in _notebook_formulae():
        failed = re.findall(r'<code class="formula" title="([^"]*)"', prose.to_html(text, True))
        assert not failed, f"{name}: {failed}"
