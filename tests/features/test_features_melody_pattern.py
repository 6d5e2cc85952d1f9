"""Entropies, motifs, repetition and sequence against values worked out by hand."""

import numpy as np
import pytest

# C D E G C' E' D' C': intervals 2 2 3 5 4 -2 -2
RISING = [60, 62, 64, 67, 72, 76, 74, 72]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # six pitches once, one twice
        ("pitch_entropy", (6 * 3 + 2 * 2) / 8),
        # intervals 2 2 3 5 4 -2 -2: shares 2/7, 1/7, 1/7, 1/7, 2/7
        ("interval_entropy", -(4 * np.log2(2 / 7) + 3 * np.log2(1 / 7)) / 7),
        # after 2 come 2 and 3; after 3, 5, 4 and -2 one thing
        ("interval_conditional_entropy", 2 / 6),
        # up up up three times, up up down, up down down
        ("contour_entropy", -(3 * np.log2(3 / 5) + 2 * np.log2(1 / 5)) / 5),
        ("pattern_entropy", 1),
        ("repetition", 0),
        ("exact_repetition", 0),
        ("bar_recurrence", 0),
        ("sequence_share", 0),
        ("restatement_share", 0),
    ],
)
def test_rising_phrase(measure, name, expected):
    assert measure(f"melody.{name}", RISING) == pytest.approx(expected)


def test_what_comes_after_a_pitch_may_be_open(measure):
    # after 60 (three of five times) come 62, 64, 62; after 62 and 64 always 60
    bits = -(2 * np.log2(2 / 3) + np.log2(1 / 3)) / 3
    pitches = [60, 62, 60, 64, 60, 62]
    assert measure("melody.pitch_conditional_entropy", pitches) == pytest.approx(3 / 5 * bits)


def test_a_phrase_that_comes_back_transposed_repeats(measure):
    # intervals 2 2 1 2 | 5 | 2 2 1 2: six runs of four, of which the last repeats the first
    phrase = [60, 62, 64, 65, 67]
    transposed = [*phrase, *(pitch + 12 for pitch in phrase)]
    assert measure("melody.repetition", transposed) == pytest.approx(1 / 6)
    assert measure("melody.exact_repetition", transposed) == 0


def test_exact_repetition_needs_pitch_and_duration(measure):
    # nine runs of eight, the last of which is the first again
    assert measure("melody.exact_repetition", RISING * 2) == pytest.approx(1 / 9)
    assert measure("melody.exact_repetition", RISING * 2, [480] * 8 + [240] * 8) == 0


def test_a_bar_recurs_when_pitches_and_rhythm_do(measure):
    a, b = [60, 62, 64, 65], [67, 65, 64, 62]
    assert measure("melody.bar_recurrence", a + b + a) == pytest.approx(1 / 3)
    assert measure("rhythm.bar_repetition", a + b + a) == pytest.approx(2 / 3)
    assert np.isnan(measure("melody.bar_recurrence", a + b, meter=None))


def test_a_sequence_restates_higher_or_lower(measure):
    # C D E, D E F, E F G: whole tones and semitones are both seconds
    assert measure("melody.sequence_share", [60, 62, 64, 62, 64, 65, 64, 65, 67]) == pytest.approx(
        6 / 9
    )
    assert measure("melody.restatement_share", [60, 62, 64, 62, 64, 65, 64, 65, 67]) == 0


def test_a_restatement_keeps_the_pitch(measure):
    assert measure("melody.restatement_share", [60, 62, 64] * 2) == pytest.approx(1 / 2)
    assert measure("melody.sequence_share", [60, 62, 64] * 2) == 0
    # another rhythm is another motif
    assert measure("melody.restatement_share", [60, 62, 64] * 2, [240] * 3 + [240, 480, 240]) == 0


# four equal notes up in whole tones: one step three times, one pair twice, one triple once
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("motif_entropy", 0),
        ("motif_productivity", (0 + 0 + 1) / 3),
        ("yule_k", (1000 * (9 - 3) / 9 + 1000 * (4 - 2) / 4 + 0) / 3),
        ("simpson_d", 1),
        ("sichel_s", (0 + 1 + 0) / 3),
        ("honore_h", (100 * np.log(3) + 100 * np.log(2)) / 2),
    ],
)
def test_a_motif_that_recurs(measure, name, expected):
    assert measure(f"melody.{name}", [60, 62, 64, 66]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("motif_entropy", 1), ("motif_productivity", 1), ("yule_k", 0), ("simpson_d", 0)]
    + [("sichel_s", 0), ("honore_h", np.nan)],
)
def test_motifs_that_never_recur(measure, name, expected):
    value = measure(f"melody.{name}", [60, 62, 66, 60])
    assert value == pytest.approx(expected, nan_ok=True)


def test_longer_and_shorter_make_other_motifs(measure):
    # thirds up and down are two motifs, lengthened and not another two
    assert measure("melody.sichel_s", [60, 64, 60, 64], [480, 480, 480, 480]) == pytest.approx(
        1 / 6
    )
    assert measure("melody.motif_productivity", [60, 64, 68], [240, 480, 480]) == 1
