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


@pytest.mark.parametrize(
    ("formula", "structure"),
    [
        (r"\frac{a}{b}", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"),
        (r"\frac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
        (r"x_i^2", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
        (r"x^2_i", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
        (r"\hat r", '<mover accent="true"><mi>r</mi><mo stretchy="false">^</mo></mover>'),
        (r"\sqrt{x}", "<msqrt><mi>x</mi></msqrt>"),
        (r"\sqrt[3]{x}", "<mroot><mi>x</mi><mn>3</mn></mroot>"),
        (r"\mathcal{L}", '<mi mathvariant="normal">ℒ</mi>'),
        (r"\mathbb{E}", '<mi mathvariant="normal">𝔼</mi>'),
        (r"\mathrm{recall}", "<mi>recall</mi>"),
        (r"\operatorname{softplus}", "<mi>softplus</mi>"),
        (r"\text{if } x", "<mrow><mtext>if\u00a0</mtext><mi>x</mi></mrow>"),
        (r"f'", "<msup><mi>f</mi><mo>′</mo></msup>"),
        ("0.25", "<mn>0.25</mn>"),
        (r"x\,\%", '<mrow><mi>x</mi><mspace width="0.167em"></mspace><mi>%</mi></mrow>'),
    ],
)
def test_structure(formula: str, structure: str) -> None:
    body = re.sub(r"^<math[^>]*>|</math>$", "", to_mathml(formula))
    assert body == structure


def test_sum_carries_its_limits() -> None:
    tree = ET.fromstring(to_mathml(r"\sum_{i=1}^{n} w_i f_i", display=True))
    limits = tree.find(".//munderover")
    assert limits is not None
    assert ["".join(child.itertext()) for child in limits] == ["∑", "i=1", "n"]
    assert tree.get("display") == "block"


def test_cases_and_aligned_are_tables() -> None:
    cases = ET.fromstring(to_mathml(r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}"))
    assert ["".join(cell.itertext()) for cell in cases.iter("mtd")] == [
        "1",
        "x>0",
        "0",
        "otherwise",
    ]
    assert [mo.text for mo in cases.iter("mo")][0] == "{"
    aligned = ET.fromstring(to_mathml(r"\begin{aligned} a &= b \\ c &= -d \\ \end{aligned}"))
    assert [cell.get("class") for cell in aligned.iter("mtd")] == ["right", "left"] * 2


def test_function_stands_off_its_argument_but_not_a_bracket() -> None:
    assert "mspace" in to_mathml(r"\log x")
    assert "mspace" not in to_mathml(r"\log(x)")
    assert to_mathml(r"p\log p").count("mspace") == 4


def test_unary_minus_has_no_space() -> None:
    assert '<mo form="prefix">−</mo>' in to_mathml("x = -y")
    assert 'form="prefix"' not in to_mathml("x - y")


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        (r"L_D = -\log D(x) - \log\bigl(1 - D(G(z))\bigr)", "LD=−logD(x)−log(1−D(G(z)))"),
        (r"\left\lVert \nabla_x D \right\rVert_2^2", "‖∇xD‖22"),
        (r"\operatorname*{arg\,max}_i \hat r_{ui}", "arg\u2009maxir^ui"),
        (r"\Pr[M(D) \in S] \le e^{\varepsilon}", "Pr[M(D)∈S]≤eε"),
        (r"\theta \leftarrow \theta - \eta\,\nabla_\theta", "θ←θ−η∇θ"),
        (r"\alpha*\beta", "α∗β"),
    ],
)
def test_words(formula: str, said: str) -> None:
    assert words(formula) == said


@pytest.mark.parametrize(
    ("formula", "named"),
    [
        (r"\unheardof x", "unheardof"),
        (r"{a", "brace"),
        (r"a}", "closes nothing"),
        (r"\frac{a}", "argument"),
        (r"x_", "argument"),
        (r"\left( a", r"\\right"),
        (r"\begin{tikz}x\end{tikz}", "tikz"),
        ("a & b", "&"),
        (r"\begin{cases} 1", "closed"),
    ],
)
def test_what_is_not_known_is_named(formula: str, named: str) -> None:
    with pytest.raises(ParameterError, match=named):
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
