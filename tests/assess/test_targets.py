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
            ("fakes", "parallel_fifths", 6.0, 5.0, 7.0),
            ("fakes", "neighbour_accuracy", 0.9, 0.8, 1.0),
        ),
        chorales=True,
    )
    assert found["triad"].low == 61 and found["dissonance"].high == 11.5
    assert found["copied_16"].high == 4.0 and "valid" in found["copied_16"].said
    assert (found["scale_consistency"].low, found["scale_consistency"].high) == (0.92, 0.94)
    assert found["parallel_fifths"].high == 6.0 and found["parallel_octaves"].high == 5.05
    # a reference that gives the Fakes away does not make the target easier
    assert found["neighbour_accuracy"].high == 0.691
    assert found["neighbour_accuracy"].verdict(0.2, 0.1, 0.3) == "missed"  # copies


def test_without_rows_what_was_published_holds():
    found = targets(rows(), chorales=True)
    assert found["copied_16"].high == COPIED
    assert "pitch_class_entropy" not in found


def test_other_music_is_measured_by_its_held_out_pieces():
    found = targets(
        rows(("test", "triad", 30.0, 25.0, 35.0), ("test", "copied_16", 9.0, 7.0, 11.0)),
        chorales=False,
    )
    assert set(found) == {"triad", "copied_16"}
    assert found["triad"].verdict(64, 63, 65) == "missed"
    assert found["copied_16"].high == 9.0
