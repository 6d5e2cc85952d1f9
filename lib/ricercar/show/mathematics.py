r"""Formulae without the network: LaTeX to MathML, which browsers typeset themselves.

Goal: the mathematics that the notebooks write, through latex2mathml. What that does not
know is refused, so that a formula is either right or visibly missing, never silently wrong.

Conventions
-----------
Input is what stands between dollar signs; output is one ``<math>`` element.
"""

import re
from html import escape

from ricercar.errors import ParameterError

#: a named function stands off an argument without brackets, log x, as TeX sets it
_FUNCTION = re.compile(
    r"((?<!<msub>)(?<!<msup>)(?<!<munder>)(?<!<msubsup>)"
    r"<mi>(?:log|ln|exp|sin|cos|tan|min|max)</mi>|"
    r"<msub><mi>(?:log|min|max)</mi>(?:<m[in]>[^<]*</m[in]>)</msub>)"
    r"(?=<m(?:i|n|sub|sup|subsup|frac|over|mover)>)"
)
#: bars of an absolute value: as high as the letters between them, and close to them
_BAR = '<mo stretchy="false" lspace="0" rspace="0">|</mo>'
_THIN = '<mspace width="0.167em"></mspace>'


def to_mathml(formula: str, display: bool = False) -> str:
    r"""Typeset a formula.

    Parameters
    ----------
    formula : str
        LaTeX, without the dollar signs.
    display : bool
        Whether it stands on a line of its own.

    Raises
    ------
    ParameterError
        If it holds a command or an environment that is not known, or is not closed.

    Examples
    --------
    >>> to_mathml("x_1")
    '<math alttext="x_1"><mrow><msub><mi>x</mi><mn>1</mn></msub></mrow></math>'
    """
    from xml.etree import ElementTree

    from latex2mathml.converter import convert

    try:
        found = convert(formula, display="block" if display else "inline")
        tree = ElementTree.fromstring(found)
    except Exception as error:  # the library raises many types, and none of its own for some
        raise ParameterError(f"formula {formula!r} cannot be typeset: {error!r}") from None
    for element in tree.iter():
        arguments = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3}.get(element.tag.split("}")[-1])
        # an <mi> that is no identifier is a command or a sign that was passed through
        unread = element.tag.endswith("mi") and re.match(r"[\\{}&]", element.text or "")
        if unread or (arguments is not None and len(element) != arguments):
            raise ParameterError(
                f"formula {formula!r} cannot be typeset: {element.text or 'an argument'}"
            )
    body = found[found.index(">") + 1 :]
    opening = f'<math alttext="{escape(formula)}"' + (' display="block">' if display else ">")
    return opening + _FUNCTION.sub(rf"\1{_THIN}", body.replace("<mo>&#x0007C;</mo>", _BAR))
