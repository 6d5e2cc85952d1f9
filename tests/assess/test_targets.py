"""Verdicts by hand."""

import numpy as np
import pandas as pd
import pytest

from ricercar.assess.targets import COPIED, Target, targets


def rows(*figures):
    names = ["role", "metric", "value", "low", "high"]
    return pd.DataFrame(figures, columns=names)


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (64.0, 62.0, 66.0, "reached"),
        (61.0, 61.0, 67.0, "reached"),
        (64.0, 60.9, 66.0, "reached, not surely"),
        (64.0, np.nan, np.nan, "reached, not surely"),
        (60.9, 60.0, 61.5, "missed, not surely"),
        (60.0, 59.0, 60.9, "missed"),
        (70.0, 68.0, 72.0, "missed"),
        (np.nan, np.nan, np.nan, ""),
    ],
)
def test_a_verdict_is_about_the_value_and_sure_if_the_interval_agrees(value, low, high, said):
    assert Target(61, 67, "").verdict(value, low, high) == said


def test_the_upper_end_of_a_strict_target_is_outside():
    below = Target(0, 5, "below 5", strict=True)
    assert below.verdict(5.0, 4.0, 6.0) == "missed, not surely"
    assert below.verdict(4.9, 4.8, 5.0) == "reached, not surely"
    assert below.verdict(6.0, 5.0, 7.0) == "missed"


def test_targets_of_chorales_come_from_the_rows_beside():
    found = targets(
        rows(
            ("valid", "copied_16", 4.0, 2.0, 6.0),
            ("test", "scale_consistency", 0.93, 0.92, 0.94),
            ("test", "parallel_fifths", 0.9, 0.3, 1.6),
            ("fakes", "parallel_fifths", 6.0, 5.0, 7.0),
            ("fakes", "parallel_octaves", 3.0, 2.0, 4.0),
            ("fakes", "neighbour_accuracy", 0.9, 0.8, 1.0),
        ),
        chorales=True,
    )
    assert found["triad"].low == 61 and found["dissonance"].high == 11.5
    assert found["copied_16"].high == 4.0 and "valid" in found["copied_16"].said
    assert (found["scale_consistency"].low, found["scale_consistency"].high) == (0.92, 0.94)
    # a reference beside which the Fakes do worse does not make the target easier
    assert found["parallel_fifths"].high == 4.92 and found["parallel_octaves"].high == 3.0
    assert found["parallel_fifths"].said == "below 4.92 (JS Fakes), toward 0.9 of test"
    assert found["neighbour_accuracy"].high == 0.691
    assert found["neighbour_accuracy"].verdict(0.2, 0.1, 0.3) == "missed"  # copies


def test_without_rows_what_was_published_holds():
    found = targets(rows(), chorales=True)
    assert found["copied_16"].high == COPIED
    assert "pitch_class_entropy" not in found


def test_every_column_of_the_table_of_chorales_has_a_target():
    found = targets(
        rows(
            *(
                ("test", name, 1.0, 0.9, 1.1)
                for name in ("pitch_class_entropy", "scale_consistency", "pairwise_distance")
            ),
            ("valid", "copied_16", 7.0, 5.0, 9.0),
        ),
        chorales=True,
    )
    reach = {name: (one.low, one.high, one.strict) for name, one in found.items()}
    assert reach == {
        "triad": (61, 67, False),
        "dissonance": (8.5, 11.5, False),
        "crossing": (0, 2, False),
        "parallel_fifths": (0, 4.92, True),
        "parallel_octaves": (0, 5.05, True),
        "copied_16": (0, 5.4, False),
        "neighbour_accuracy": (pytest.approx(0.309), 0.691, True),
        "pitch_class_entropy": (0.9, 1.1, False),
        "scale_consistency": (0.9, 1.1, False),
        "pairwise_distance": (0.9, 1.1, False),
    }


def test_tunes_are_recognised_nearly_as_often_as_real_ones_and_copy_no_more():
    found = targets(
        rows(
            ("valid", "copied_16", 4.0, 2.0, 6.0),
            ("test", "copied_16", 9.0, 7.0, 11.0),
            ("test", "style_recognised", 0.8, 0.7, 0.9),
        ),
        chorales=False,
    )
    assert found["copied_16"].high == 9.0 and "test" in found["copied_16"].said
    target = found["style_recognised_ratio"]
    assert target.said == "at least 0.9 (of 0.8, test)"
    assert target.verdict(1.1, 1.0, 1.2) == "reached"
    assert target.verdict(0.89, 0.8, 0.98) == "missed, not surely"


@pytest.mark.parametrize("real", [np.nan, 0.0])
def test_what_is_not_recognised_in_real_music_is_no_target(real):
    one = rows(("test", "style_recognised", real, np.nan, np.nan))
    assert not targets(one, chorales=False)


def test_other_music_is_measured_by_its_held_out_pieces():
    found = targets(
        rows(("test", "triad", 30.0, 25.0, 35.0), ("test", "copied_16", 9.0, 7.0, 11.0)),
        chorales=False,
    )
    assert set(found) == {"triad", "copied_16"}
    assert found["triad"].verdict(64, 63, 65) == "missed"
    assert found["copied_16"].high == 9.0
