"""The figure of reliability and abstention draws what it is given."""

import pandas as pd

from ricercar.show import confidence


def test_each_model_has_a_line_on_both_sides_in_one_colour():
    known = pd.DataFrame(
        {"confidence": [0.3, 0.9], "value": [0.5, 0.9], "low": [0.2, 0.9], "high": [0.8, 0.9]}
    )
    kept = pd.DataFrame(
        {"coverage": [0.5, 1.0], "value": [0.9, 0.7], "low": [0.8, 0.6], "high": [1.0, 0.8]}
    )
    fig = confidence.confidence({"a": known, "b": known}, {"a": kept, "b": kept})
    left, right = fig.axes
    drawn = {line.get_color(): line for line in left.lines if len(line.get_xdata()) == 2}
    for line in right.lines:
        assert list(line.get_ydata()) == list(kept["value"])
        assert list(drawn[line.get_color()].get_ydata()) == list(known["value"])
    assert len({line.get_color() for line in right.lines}) == 2
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["a", "b"]


def test_a_model_without_answers_leaves_the_axes_empty():
    nothing = pd.DataFrame(columns=["confidence", "coverage", "value", "low", "high"], dtype=float)
    fig = confidence.confidence({"a": nothing}, {"a": nothing})
    assert len(fig.axes) == 2
