"""Features of pitch classes, key and degrees against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from ricercar.features import key_profiles
from ricercar.features.score import Score

SCALE = [60, 62, 64, 65, 67, 69, 71, 72]  # C major, C twice
PROFILES = key_profiles.PROFILES


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pitch_class_entropy", -(2 * np.log2(2 / 8) + 6 * np.log2(1 / 8)) / 8),
        ("pitch_class_variety", 7),
        ("most_common_pitch_class_share", 2 / 8),
        ("top_pitch_classes_ratio", 1 / 2),
        ("dominant_spread", 7),
        ("scale_consistency", 1),
        # seven fifths 30 degrees apart sum to sin 105 / sin 15 towards D; C lies 60 degrees off
        (
            "diatonicity",
            abs(np.sin(7 * np.pi / 12) / np.sin(np.pi / 12) + np.exp(1j * np.pi / 3)) / 8,
        ),
        # 90 degrees per semitone: C, C, E against D; F, A against G, B
        ("triadicity", 2 / 8),
        # 120 degrees per semitone: 3 (C, C, A), 2 (E, G), 3 (D, F, B)
        ("octatonicity", 1 / 8),
        # even C, C, D, E against odd F, G, A, B
        ("whole_tone_quality", 0),
        ("chromaticism", 0),
        ("tonic_share", 2 / 8),
        ("supertonic_share", 1 / 8),
        ("mediant_share", 1 / 8),
        ("subdominant_share", 1 / 8),
        ("dominant_share", 1 / 8),
        ("flat_seventh_share", 0),
        ("leading_note_share", 1 / 8),
        ("tonic_triad_share", 4 / 8),
        ("minor_mode", 0),
        ("starts_on_tonic", 1),
        ("ends_on_tonic", 1),
        # Aarden's profiles take the bare scale for A minor
        ("key_agreement", 2 / 3),
    ],
)
def test_scale(measure, name, expected):
    assert measure(f"melody.{name}", SCALE) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("tonic", [0, 5, 10])
@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("name", list(PROFILES))
def test_each_key_is_found_in_its_own_profile(measure, name, tonic, mode):
    durations = np.rint(np.roll(PROFILES[name][mode], tonic) * 1000).astype(int)
    clarity = "key_clarity" if name == "krumhansl" else f"{name}_clarity"
    chromatic = np.arange(60, 72)
    assert measure(f"melody.{clarity}", chromatic, durations) == pytest.approx(1, abs=1e-5)
    fit = key_profiles.correlations(durations[None, :], PROFILES[name])
    found, minor = key_profiles.best(fit)
    assert (found.item(), minor.item()) == (tonic, bool(mode))
    if name == "krumhansl":
        assert np.sign(measure("melody.majorness", chromatic, durations)) == (-1 if mode else 1)
        assert measure("melody.minor_mode", chromatic, durations) == mode


def test_correlations_are_pearson_s():
    weights = np.random.default_rng(0).random((3, 12))
    fit = key_profiles.correlations(weights, PROFILES["aarden"])
    for row, mode, tonic in np.ndindex(3, 2, 12):
        expected = np.corrcoef(weights[row], np.roll(PROFILES["aarden"][mode], tonic))[0, 1]
        assert fit[row, mode, tonic] == pytest.approx(expected)


def test_the_profiles_may_disagree_and_the_margin_may_be_small(measure):
    # a lone A is the tonic of A major to Krumhansl and Kessler; where the fifth degree is the
    # most frequent it is that of D minor (Temperley) or of D major (Aarden)
    assert measure("melody.key_agreement", [69]) == pytest.approx(1 / 3)
    assert measure("melody.key_agreement", [60, 64, 67, 65, 62, 71, 67, 60]) == 1
    fits = [np.corrcoef(np.eye(12)[0], np.roll(row, k))[0, 1]
            for row in PROFILES["krumhansl"] for k in range(12)]  # fmt: skip
    best, second = sorted(fits)[:-3:-1]
    assert measure("melody.key_margin", [69]) == pytest.approx(best - second)


def test_equal_fits_are_decided_by_the_last_note(measure):
    # an augmented triad fits three keys equally well: any of its notes may be the tonic
    for pitches in ([60, 64, 68], [64, 68, 60], [68, 60, 64]):
        assert measure("melody.ends_on_tonic", pitches) == 1


def test_all_pitch_classes_alike_have_no_key(measure):
    chromatic = list(range(60, 72))
    for name in ("key_clarity", "tonic_share", "ends_on_tonic", "key_agreement", "minor_mode"):
        assert np.isnan(measure(f"melody.{name}", chromatic))
    assert measure("melody.dominant_spread", chromatic) == 0


def test_a_melody_in_minor_may_raise_sixth_and_seventh(measure):
    # A minor with F sharp and G sharp: nothing foreign; C sharp is
    pitches = [57, 60, 64, 57, 59, 60, 62, 64, 66, 68, 69, 64, 60, 57]
    assert measure("melody.chromaticism", pitches) == 0
    assert measure("melody.chromaticism", [*pitches, 61]) == pytest.approx(1 / 15)
    # A four times, C and E three times each
    assert measure("melody.mediant_share", pitches) == pytest.approx(3 / 14)
    assert measure("melody.tonic_triad_share", pitches) == pytest.approx(10 / 14)


def test_flat_seventh_and_final_of_a_modal_tune(measure):
    # G mixolydian without F sharp, long tonic and dominant
    pitches = [67, 71, 74, 67, 65, 67, 71, 74, 67, 69]
    assert measure("melody.flat_seventh_share", pitches) == pytest.approx(1 / 10)
    assert measure("melody.ends_on_tonic", pitches) == 0
    assert measure("melody.starts_on_tonic", pitches) == 1


def test_modulation_is_a_window_in_a_key_of_another_signature(measure):
    # 40 quarters in C, 8 of silence, 16 in F sharp: of seven windows two are elsewhere
    block = [60, 64, 67, 65, 62, 71, 67, 60]
    pitches = block * 5 + [pitch + 6 for pitch in block] * 2
    onsets = 480 * np.concatenate((np.arange(40), np.arange(48, 64)))
    assert measure("melody.modulation_share", pitches, onsets=onsets) == pytest.approx(2 / 7)
    here = measure("melody.key_clarity", block)
    assert measure("melody.local_key_clarity", pitches, onsets=onsets) == pytest.approx(here)
    assert measure("melody.modulation_share", block) == 0


def test_the_relative_minor_is_no_modulation(measure):
    minor = [57, 60, 64, 62, 59, 68, 64, 57]
    pitches = [60, 64, 67, 65, 62, 71, 67, 60] * 4 + minor * 2
    assert measure("melody.modulation_share", pitches) == 0


def test_keys_move_with_the_melody():
    pitches = [60, 62, 64, 60, 67]
    for shift in range(12):
        notes = pd.DataFrame({"pitch": pitches}).add(shift)
        notes = notes.assign(piece="a", part=0, onset=np.arange(5) * 480, duration=480)
        score = Score(pd.DataFrame({"piece": ["a"], "meter": None, "pickup": 0}), notes)
        assert score.key[0].item() == shift
