"""The grading function of chorales: each count and distance worked by hand, then Bach's own."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wasserstein_distance

from ricercar import workspace
from ricercar.assess import chorale_split, grading, grading_counts, null
from ricercar.errors import TableError

#: medians of Bach's chorales in Table 1 of the paper
PUBLISHED = {
    "pitch": 0.24,
    "rhythm": 0.23,
    "parallel_errors_as_published": 0.0,
    "harmonic_quality": 0.41,
    "soprano_intervals": 0.47,
    "alto_intervals": 0.49,
    "tenor_intervals": 0.53,
    "bass_intervals": 0.69,
    "repeated_sequences": 1.29,
}


def shared_file(*parts: str) -> Path:
    named = os.environ.get("RICERCAR_SHARED_DATA")
    folder = Path(named) if named else workspace.project().parent / "shared" / "data"
    path = folder.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"{path} is not there: set RICERCAR_SHARED_DATA to the folder of public data")
    return path


def chorale(*chords, piece="a", step=480):
    """A chord in every step; None is a rest."""
    rows = [
        (piece, part, number * step, step, pitch)
        for number, chord in enumerate(chords)
        for part, pitch in enumerate(chord)
        if pitch is not None
    ]
    return pd.DataFrame(rows, columns=["piece", "part", "onset", "duration", "pitch"])


ONE = pd.DataFrame({"piece": ["a"]})
C, F, G = (72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55)


def counts(name, notes):
    return grading_counts.histograms(ONE, notes).counts[name][0]


def test_pitch_counts_sixteenths_of_degrees_and_rests():
    found = counts("pitch", chorale(C, F, G, (None, 67, 64, 48)))
    expected = np.zeros(13)
    # C major: C eight quarters less the rest, ... in sixteenths, four to a quarter
    for degree, quarters in {0: 4, 7: 4, 4: 2, 9: 1, 5: 2, 11: 1, 2: 1, 12: 1}.items():
        expected[degree] = 4 * quarters
    assert found.tolist() == expected.tolist()


def test_rhythm_counts_notes_and_rests_by_length():
    notes = pd.concat([chorale(C, C), chorale((None, None, None, 48), step=240)])
    notes = notes.drop_duplicates(["part", "onset"], keep="first")
    found = counts("rhythm", notes[~((notes["part"] == 3) & (notes["onset"] == 480))])
    # seven quarters, repeated notes told apart, and a rest of a quarter in the bass
    assert found[4] == 8 and found.sum() == 8


@pytest.mark.parametrize(
    ("chord", "quality"),
    [
        ((72, 67, 64, 48), "major"),
        ((72, 67, 63, 51), "minor"),
        ((77, 74, 71, 55), "dominant seventh"),
        ((74, 71, 68, 65), "diminished seventh"),
        ((72, 67, 60, 48), "power"),
        ((61, 60, 59, 58), "other"),
    ],
)
def test_quality_of_a_chord(chord, quality):
    names = [*grading_counts.QUALITIES, "other"]
    assert names[counts("harmonic_quality", chorale(chord)).argmax()] == quality


def test_every_transposition_and_inversion_has_the_same_quality():
    for steps in grading_counts.QUALITIES.values():
        sets = [sum(1 << (root + step) % 12 for step in steps) for root in range(12)]
        assert len(set(grading_counts._QUALITY[sets].tolist())) == 1


def test_intervals_are_those_of_each_voice():
    notes = chorale(C, F, G)
    assert np.flatnonzero(counts("soprano_intervals", notes)).tolist() == [23, 24]  # -1, 0
    assert np.flatnonzero(counts("bass_intervals", notes)).tolist() == [26, 29]  # 2, 5
    far = chorale((100, 67, 64, 48), (40, 67, 64, 48))
    assert counts("soprano_intervals", far)[0] == 1


def test_parallels_are_octaves_and_fifths():
    notes = chorale((72, 67, 60, 53), (74, 69, 60, 53))
    assert counts("parallel_errors", notes).tolist() == [0, 0]
    notes = chorale((72, 65, 60, 53), (74, 67, 62, 55))
    # octaves 72-60 and 65-53, fifths 72-65, 72-53, 60-53
    assert counts("parallel_errors", notes).tolist() == [2, 3]


def test_repeats_by_hand():
    token = np.array([1, 2, 3, 1, 2, 3, 9, 1, 2])
    line, size, times = grading_counts.repeats(np.zeros(9, int), token, np.full(9, 4))
    # 1 2 3 at one pair of places (two times), 1 2 maximal at two pairs
    assert sorted(zip(size.tolist(), times.round(3).tolist(), strict=True)) == [
        (8, 2.562),
        (12, 2.0),
    ]
    assert line.tolist() == [0, 0]


def test_repeats_stay_within_their_line():
    token = np.array([1, 2, 1, 2])
    assert not len(grading_counts.repeats(np.array([0, 0, 1, 1]), token, np.ones(4, int))[0])


def test_ranked_distance_is_the_wasserstein_distance_of_ranks():
    rng = np.random.default_rng(2)
    shares = np.array([0.1, 0.0, 0.4, 0.0, 0.5])
    made = rng.integers(0, 5, (6, 5))
    for row, found in zip(made, grading.ranked_distance(made, shares), strict=True):
        strange = sorted(value for value in row[[1, 3]] if value)
        mine = np.array([row[4], row[2], row[0], *strange])
        real = np.array([0.5, 0.4, 0.1] + [0.0] * len(strange))
        ranks = np.arange(len(mine))
        assert found == pytest.approx(wasserstein_distance(ranks, ranks, mine, real))


def test_length_distance_is_the_wasserstein_distance():
    made, shares = np.array([[0, 2, 0, 6], [1, 1, 1, 1]]), np.array([0.5, 0.25, 0.25, 0.0])
    for row, found in zip(made, grading.length_distance(made, shares), strict=True):
        bins = np.arange(4)
        assert found == pytest.approx(wasserstein_distance(bins, bins, row, shares))


def test_the_reference_itself_is_at_distance_zero():
    notes = chorale(C, F, G, C)
    table = grading.evaluate(ONE, notes, grading.reference(ONE, notes))
    features = [name for name in grading.MEASURES if name in grading.FEATURES]
    assert table[features].to_numpy() == pytest.approx(0)
    assert np.isnan(table["grade"][0])  # no parallels to compare with


def test_parallels_in_bachs_own_proportion_cost_nothing_as_published():
    worse = ((72, 65, 60, 53), (74, 67, 62, 55), (72, 65, 60, 53))
    pieces = pd.DataFrame({"piece": ["a", "b"]})
    bach = grading.reference(
        pieces, pd.concat([chorale(*worse), chorale(*[C, F, G] * 9, piece="b")])
    )
    table = grading.evaluate(ONE, chorale(*worse), bach)
    assert table["parallel_errors_as_published"][0] == pytest.approx(0)
    # 10 errors in 12 notes, beside 10 in 120
    assert table["parallel_errors"][0] == pytest.approx(10)


def test_a_piece_of_three_voices_has_no_grade():
    pieces = pd.DataFrame({"piece": ["a", "b", "silent"]})
    notes = pd.concat([chorale(C, F, C), chorale(*[c[:3] for c in (C, F)], piece="b")])
    table = grading.evaluate(pieces, notes, grading.reference(ONE, notes))
    assert table["pitch"].notna().tolist() == [True, False, False]
    assert list(table) == ["piece", *grading.MEASURES]
    with pytest.raises(TableError, match="four voices"):
        grading.reference(pieces[1:], notes)


@pytest.fixture(scope="module")
def graded():
    splits = chorale_split.read_frames(shared_file("jsb-chorales", "Jsb16thSeparated.json"))
    bach = grading.reference(*splits["train"])
    sets = {**splits, "shuffled": null.shuffle_voices(*splits["test"], 1)}
    sets["random"] = null.random_notes(*splits["test"], 1)
    return {name: grading.evaluate(*tables, bach) for name, tables in sets.items()}


def test_bach_grades_as_in_the_paper(graded):
    medians = graded["train"].drop(columns="piece").median()
    for name, stated in PUBLISHED.items():
        assert medians[name] == pytest.approx(stated, abs=0.15), name
    assert medians["grade_as_published"] == pytest.approx(4.91, abs=0.3)


def test_held_out_bach_is_graded_as_bach_and_nonsense_is_not(graded):
    grades = {name: table["grade"].median() for name, table in graded.items()}
    assert grades["test"] == pytest.approx(grades["train"], abs=0.6)
    assert grades["valid"] == pytest.approx(grades["train"], abs=0.6)
    assert grades["test"] * 4 < grades["shuffled"] < grades["random"]


def test_machine_written_chorales_are_graded_worse_for_their_parallels(graded):
    fakes = chorale_split.read_frames(shared_file("js-fakes", "js-fakes-16th.json"))["all"]
    splits = chorale_split.read_frames(shared_file("jsb-chorales", "Jsb16thSeparated.json"))
    table = grading.evaluate(*fakes, grading.reference(*splits["train"]))
    gap = table.drop(columns="piece").median() - graded["test"].drop(columns="piece").median()
    assert gap["grade"] > 4 and gap["grade_as_published"] > 0.8
    assert gap.drop(["grade", "grade_as_published"]).idxmax() == "parallel_errors"
