"""Measures worked by hand on a few bars."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.assess import distance, distributions, music, originality, two_sample, voices
from ricercar.errors import TableError


def chords(*columns, piece="p", length=480):
    """Notes of chords that follow each other; a chord is its pitches from the top, None rests."""
    rows = [
        (piece, part, number * length, length, pitch)
        for number, column in enumerate(columns)
        for part, pitch in enumerate(column)
        if pitch is not None
    ]
    return pd.DataFrame(rows, columns=["piece", "part", "onset", "duration", "pitch"])


def pieces_of(notes):
    ids = notes["piece"].unique()
    return pd.DataFrame({"piece": ids, "pickup": 0, "group": ids})


def measured(notes):
    return music.per_piece(pieces_of(notes), notes).iloc[0]


def test_parallel_fifths_and_octaves_by_hand():
    # soprano-alto keep a fifth, alto-tenor an octave, the bass stands still:
    # joint motions S-A, S-T, A-T; S-T keep an octave and a fifth, which is a fifth mod 12
    row = measured(chords((67, 60, 48, 41), (69, 62, 50, 41)))
    assert row["parallel_fifths"] == pytest.approx(2000 / 3)
    assert row["parallel_octaves"] == pytest.approx(1000 / 3)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ((67, 60), (60, 67), "voices cross"),
        ((67, 60), (69, 60), "one voice stands"),
        ((67, 60), (66, 62), "contrary motion"),
        ((60, 67), (62, 69), "a fourth below is a fifth only with crossed voices"),
        ((67, 60), (67, 60), "repeated notes do not move"),
    ],
)
def test_what_is_no_parallel(before, after, why):
    row = measured(chords(before, after))
    assert not row["parallel_fifths"] > 0, why


def test_an_entry_after_a_rest_is_no_motion():
    row = measured(chords((67, 60), (None, 60), (69, 62)))
    assert np.isnan(row["parallel_fifths"])


def test_motion_does_not_reach_into_the_next_piece():
    notes = pd.concat([chords((67, 60), piece="a"), chords((69, 62), piece="b")])
    table = music.per_piece(pieces_of(notes), notes)
    assert table["parallel_fifths"].isna().all()


def test_compound_intervals_and_unisons_count():
    assert measured(chords((79, 60), (81, 62)))["parallel_fifths"] == 1000
    assert measured(chords((60, 60), (62, 62)))["parallel_octaves"] == 1000


def test_triad_share_by_hand():
    # C major, its fifth alone doubled, C-D-G, two voices only
    row = measured(
        chords((67, 64, 60, 48), (67, 60, 55, 48), (67, 62, 60, 48), (67, 60, None, None))
    )
    assert row["triad"] == pytest.approx(100 * 2 / 3)


@pytest.mark.parametrize(
    ("upper", "lower", "harsh"),
    [(61, 60, 1), (62, 60, 1), (63, 60, 0), (65, 60, 0), (66, 60, 1), (70, 60, 1), (71, 60, 1),
     (72, 60, 0), (73, 60, 1), (60, 61, 1)],
)  # fmt: skip
def test_dissonance_of_a_pair(upper, lower, harsh):
    assert measured(chords((upper, lower)))["dissonance"] == 100 * harsh


def test_crossing_counts_neighbours_only():
    # soprano below tenor, but only the pairs S-A, A-T, T-B are looked at: A-T is crossed
    assert measured(chords((64, 60, 65, 48)))["crossing"] == pytest.approx(100 / 3)


def test_a_tune_of_one_voice_has_no_measures_of_voices():
    row = measured(chords((60,), (62,), (64,)))
    assert row[list(voices.MEASURES)].isna().all()
    assert row["mean_interval"] == 2 and row["note_density"] == 1
    assert row["note_value_entropy"] == 0
    card = music.scorecard(pieces_of(chords((60,))), chords((60,))).set_index("metric")
    assert card.loc["triad", "n"] == 0 and np.isnan(card.loc["triad", "value"])


def test_scale_consistency_and_entropy_by_hand():
    row = measured(chords((60,), (61,), (60,), (61,)))
    assert row["scale_consistency"] == 1.0  # C sharp major holds C and C sharp
    assert row["pitch_class_entropy"] == 1.0
    assert measured(chords((60,), (61,), (62,), (63,)))["scale_consistency"] == 0.75


def test_a_set_pools_chances_and_averages_pieces():
    notes = pd.concat(
        [chords((61, 60), piece="a"), chords(*[(64, 60)] * 3, piece="b")], ignore_index=True
    )
    card = music.scorecard(pieces_of(notes), notes).set_index("metric")
    assert card.loc["dissonance", "value"] == 25.0  # one of four quarters
    assert card.loc["note_density", "value"] == 2.0
    assert card["n"]["dissonance"] == 2


def test_excerpts_of_one_piece_are_drawn_together():
    notes = pd.concat([chords((61, 60), piece=p) for p in "ab"], ignore_index=True)
    pieces = pieces_of(notes).assign(group="same")
    assert music.scorecard(pieces, notes, by="group")["n"].max() == 1


def test_notes_of_other_pieces_and_the_order_of_rows_do_not_matter():
    notes = pd.concat([chords((67, 60), (69, 62)), chords((60,), piece="other")])
    pieces = pieces_of(chords((60,)))
    first = music.per_piece(pieces, notes)
    again = music.per_piece(pieces, notes.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(first, again)


def test_a_piece_that_stands_twice_is_refused():
    notes = chords((60,))
    with pytest.raises(TableError, match="stands twice"):
        music.per_piece(pd.concat([pieces_of(notes)] * 2), notes)


def test_frames_sample_at_every_sixteenth():
    notes = pd.DataFrame(
        {"part": 0, "onset": [0, 160, 320], "duration": 160, "pitch": [60, 62, 64]}
    )
    grid, _ = voices.frames(np.zeros(3, dtype=int), notes, 1)
    assert grid[:, 0].tolist() == [60, 60, 62, 64]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.integers(40, 80), min_size=4, max_size=4), min_size=2, max_size=8),
    st.integers(-12, 12),
)
def test_transposition_changes_no_measure(columns, by):
    notes = chords(*columns)
    moved = notes.assign(pitch=notes["pitch"] + by)
    pd.testing.assert_series_equal(measured(notes), measured(moved))


def world(seed=0, count=12):
    """Four diatonic voices that move by step, in pieces of 8, 12 and 16 chords."""
    rng = np.random.default_rng(seed)
    scale = np.array([12 * octave + step for octave in range(3, 8) for step in music.MAJOR])
    start = np.array([20, 16, 12, 8])
    steps = [rng.integers(-1, 2, (8 + 4 * (i % 3), 4)).cumsum(axis=0) // 2 for i in range(count)]
    lines = [scale[start + step] for step in steps]
    notes = pd.concat([chords(*line, piece=f"p{i}") for i, line in enumerate(lines)])
    notes = notes.reset_index(drop=True).astype({"pitch": "int64"})
    return pieces_of(notes), notes


@pytest.mark.parametrize("make", [music.shuffle_voices, music.shuffle_notes, music.random_notes])
def test_null_sets_keep_the_shape_of_the_real_set(make):
    pieces, notes = world()
    again = make(pieces, notes, seed=4)
    pd.testing.assert_frame_equal(make(pieces, notes, seed=4)[1], again[1])
    assert not again[1]["pitch"].equals(make(pieces, notes, seed=5)[1]["pitch"])

    def ends(table):
        return (table["onset"] + table["duration"]).groupby(table["piece"]).max()

    pd.testing.assert_series_equal(ends(again[1]), ends(notes))
    assert (again[1]["duration"] > 0).all()
    assert again[1].groupby("piece")["part"].nunique().eq(4).all()
    overlap = again[1].sort_values(["piece", "part", "onset"])
    following = overlap.groupby(["piece", "part"])["onset"].shift(-1)
    assert not (overlap["onset"] + overlap["duration"] > following).any()


def test_shuffling_gives_every_voice_to_another_piece():
    pieces, notes = world()
    _, mixed = music.shuffle_voices(pieces, notes, seed=1)
    first = notes[notes["onset"] < 8 * 480].groupby(["piece", "part"])["pitch"].agg(tuple)
    after = mixed[mixed["onset"] < 8 * 480].groupby(["piece", "part"])["pitch"].agg(tuple)
    assert not (first == after).any()
    assert set(first[:, 2]) == set(after[:, 2])


def test_excerpts_cut_notes_and_leave_the_incomplete_end_out():
    notes = pd.concat([chords(*[(72, 60)] * 5, piece="long"), chords((60,), piece="short")])
    pieces = pieces_of(notes).assign(quarters=1.0, pickup=[240, 0])
    kept, cut = music.excerpts(pieces, notes, length=960)
    assert kept["piece"].tolist() == ["long/1", "long/2"]
    assert kept["group"].tolist() == ["long"] * 2 and kept["quarters"].tolist() == [2.0] * 2
    second = cut[(cut["piece"] == "long/2") & (cut["part"] == 0)]
    assert second[["onset", "duration"]].to_numpy().tolist() == [[0, 240], [240, 480], [720, 240]]
    assert len(music.excerpts(pieces, notes, 960, most=1)[0]) == 1
    assert len(music.excerpts(pieces, notes, 9600)[0]) == 0


def test_a_note_longer_than_an_excerpt_stands_in_several():
    notes = chords((60,), length=1000)
    kept, cut = music.excerpts(pieces_of(notes), notes, length=300)
    assert len(kept) == 3 and cut["duration"].tolist() == [300, 300, 300]


def test_silent_excerpts_are_left_out():
    notes = chords((60,), (None,), (None,), (62,))
    kept, _ = music.excerpts(pieces_of(notes), notes, length=480)
    assert kept["piece"].tolist() == ["p/1", "p/4"]


def test_matched_excerpts_are_as_long_as_the_made_pieces_of_their_style():
    notes = pd.concat([chords(*[(72,)] * 8, piece=p) for p in "abc"], ignore_index=True)
    pieces = pieces_of(notes).assign(style=["jig", "reel", "air"])
    made = pd.DataFrame({"style": ["jig", "reel"], "quarters": [2.0, 4.0]})
    kept, _ = music.matched_excerpts(pieces, notes, made)
    assert kept.groupby("style")["quarters"].agg(["size", "max"]).to_numpy().tolist() == [
        [4, 2.0], [2, 4.0]
    ]  # fmt: skip


def test_divergence_is_nought_for_itself_and_near_one_for_nothing_shared():
    pieces, notes = world()
    same = distributions.divergences((pieces, notes), (pieces, notes))
    assert (same["value"] == 0).all()
    other = distributions.divergences((pieces, notes), (pieces, notes.assign(duration=60)))
    assert other.set_index("metric").loc["js_note_value", "value"] == 1
    assert other.set_index("metric").loc["js_interval", "value"] == 0


def test_a_transposed_copy_is_found_and_other_music_is_not():
    real, made = world(0), world(1)
    assert originality.copied(real, made)[0] == 0
    moved = real[0], real[1].assign(pitch=real[1]["pitch"] + 3)
    value, low, high, n = originality.copied(real, moved)
    assert (value, low, high) == (100, 100, 100) and n > 0


def test_windows_with_a_still_soprano_or_a_rest_are_not_looked_up():
    still = chords(*[(72, 60, 55, 48), (72, 62, 53, 50)] * 4)
    rest = chords(*[(72, 60, 55, None), (74, 62, 53, None)] * 4)
    for notes in (still, rest):
        assert originality.copied((pieces_of(notes), notes), (pieces_of(notes), notes))[3] == 0


def test_two_samples_of_one_source_are_hard_to_tell_apart():
    real = music.per_piece(*world(0, 40))
    alike = two_sample.nearest_neighbour(real, music.per_piece(*world(1, 40)), n=0)
    assert alike.made == 40 and 0.3 < alike.accuracy < 0.7
    nonsense = music.per_piece(*music.random_notes(*world(1, 40)))
    assert two_sample.nearest_neighbour(real, nonsense, n=0).accuracy > 0.9


def test_variety_is_the_mean_distance_of_pairs():
    points = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]])
    own = pd.Series(["a", "b", "c"])
    value, low, high = distributions.variety(points, own)
    assert value == pytest.approx((5 + 5 + 0) / 3 / np.sqrt(2))
    assert low <= value <= high
    assert distributions.variety(points * 0, own) == (0.0, 0.0, 0.0)
    assert np.isnan(distributions.variety(points[:1], own[:1])).all()


def test_stretches_of_one_piece_are_neither_compared_nor_drawn_apart():
    points = np.array([[0.0], [0.0], [2.0], [2.0]])
    pieces = pd.Series(["a", "a", "b", "b"])
    assert distributions.variety(points, pieces) == (2.0, 2.0, 2.0)
    real, (made, notes) = world(0), world(1)
    twins = pd.concat([made, made.assign(piece=made["piece"] + "x")], ignore_index=True)
    twin_notes = pd.concat([notes, notes.assign(piece=notes["piece"] + "x")], ignore_index=True)
    figures = []
    for made_set in ((made, notes), (twins, twin_notes)):
        figures.append(
            [
                *distributions.divergences(real, made_set)[["value", "low", "high"]].to_numpy(),
                distance.interval(
                    music.per_piece(*real), music.per_piece(*made_set), made_set[0]["group"]
                ),
                originality.copied(real, made_set)[:3],
            ]
        )
    np.testing.assert_allclose(figures[0], figures[1])
