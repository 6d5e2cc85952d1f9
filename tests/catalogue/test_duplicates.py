"""The same notes twice are one entry; works that sound alike are one group."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.catalogue import cache, duplicates, formats, groups
from ricercar.catalogue.assembling import assemble
from ricercar.catalogue.sources import Source
from ricercar.screening import planted

NOTE = st.tuples(st.integers(0, 3), st.integers(0, 5000), st.integers(1, 2000), st.integers(30, 90))


def digest(*pieces: list[tuple]) -> list[str]:
    arrays = [np.array(sorted(notes), np.int64) for notes in pieces]
    return duplicates.digests(np.array([len(a) for a in arrays]), np.concatenate(arrays))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(NOTE, min_size=4, max_size=30), st.integers(-20, 20), st.integers(0, 960), st.data()
)
def test_transposing_and_waiting_change_nothing_else_does(notes, by, later, data):
    moved = [(part, onset + later, length, pitch + by) for part, onset, length, pitch in notes]
    place = data.draw(st.integers(0, len(notes) - 1))
    column = data.draw(st.integers(1, 3))
    changed = [list(note) for note in sorted(moved)]
    changed[place][column] += 1
    one, other, third = digest(notes, moved, [tuple(note) for note in changed])
    assert one == other != ""
    intervals = np.array(sorted(moved)) - np.array(sorted(map(tuple, changed)))
    if len(set(map(tuple, intervals))) > 1:
        assert third != one


def test_few_notes_and_other_drums_say_nothing_or_differ():
    three = np.array([[0, 480 * i, 480, 60] for i in range(3)])
    four = np.array([[0, 480 * i, 480, 60] for i in range(4)])
    assert duplicates.digests(np.array([3, 3]), np.vstack([three, three])) == ["", ""]
    one, other = duplicates.digests(np.array([4, 4]), np.vstack([four, four]), [b"a", b"b"])
    assert one != other


def frame(rows: list[tuple]) -> pd.DataFrame:
    columns = ["piece", "title", "composer", "style", "style_from", "licence_class", "source"]
    return pd.DataFrame(rows, columns=columns)


def test_the_best_known_entry_stays_and_names_the_others():
    pieces = frame(
        [
            ("a", "A", None, "other", "unknown", "open", "book 1"),
            ("b", "B", "Bach", "reel", "title", "open", "book 2"),
            ("c", "C", None, "jig", "rhythm field", "non-commercial", "book 3"),
            ("d", "D", None, "air", "section", "open", "book 4"),
        ]
    )
    kept, merged = duplicates.merge(pieces, ["x", "x", "x", "y"])
    assert kept["piece"].tolist() == ["b", "d"] and kept.index.tolist() == [1, 3]
    # b's notes are open and better known than a's; c, which may not be copied, labels them best
    assert kept.loc[1, ["style", "style_from", "composer"]].tolist() == [
        "jig",
        "rhythm field",
        "Bach",
    ]
    assert kept.loc[1, "licence_class"] == "open"
    assert kept.loc[1, "source"] == "book 2; also book 1; also book 3"
    assert merged[["piece", "also", "style"]].values.tolist() == [
        ["b", "a", "other"],
        ["b", "c", "jig"],
    ]


def test_a_title_and_a_composer_come_from_another_source():
    pieces = frame(
        [
            ("a", "", None, "reel", "rhythm field", "open", "1"),
            ("b", "B", "Gow", "other", "unknown", "open", "2"),
        ]
    )
    kept, _ = duplicates.merge(pieces, ["x", "x"])
    assert kept[["piece", "title", "composer", "style"]].values.tolist() == [
        ["a", "B", "Gow", "reel"]
    ]


def test_odd_pieces_are_told_apart(tmp_path):
    tunes = {
        "one": "X:1\nL:1/4\nK:C\nG|",
        "one-again": "X:1\nL:1/4\nK:C\nG|",
        "two": "X:1\nM:4/4\nL:1/4\nK:C\nGABc|",
        "two-by-two": "X:1\nT:In Two\nM:2/4\nL:1/4\nK:C\nGA|Bc|",
        "two-higher": "X:1\nM:4/4\nL:1/4\nK:C\ngabc'|",
        "two-quicker": "X:1\nM:4/4\nL:1/8\nK:C\nGABc|",
    }
    sources = [
        Source(f"own/{name}", "own", "abc", text.encode(), name, "LicenseRef-own", "own")
        for name, text in tunes.items()
    ]
    shelf = cache.Cache(tmp_path)
    read = {cache.key(s): formats.read(s.data, "abc") for s in sources}
    shelf.store(read.items())
    made = assemble(sources, shelf.load([cache.key(s) for s in sources]))
    # one note is no duplicate of another; a meter, an octave make no other piece; a tempo does
    pieces = made.pieces.set_index("piece")
    assert pieces.index.tolist() == ["own/one", "own/one-again", "own/two", "own/two-quicker"]
    assert made.merged["also"].tolist() == ["own/two-by-two", "own/two-higher"]
    assert pieces.loc["own/two", ["title", "meter"]].tolist() == ["In Two", "4/4"]
    assert pieces["title"].tolist()[:2] == ["one", "one-again"]
    assert pieces["work"].tolist() == ["own/one", "own/one-again", "own/two", "own/two"]
    assert (pieces["group"] == pieces["work"]).all()


@pytest.mark.parametrize("digest", [["", "", ""], ["x", "y", ""]])
def test_nothing_is_merged_without_duplicates(digest):
    pieces = frame([(n, n, None, "air", "title", "open", n) for n in "abc"])
    kept, merged = duplicates.merge(pieces, digest)
    assert kept.equals(pieces) and merged.empty


@pytest.fixture(scope="module")
def world() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forty tunes; the first again, ornamented and in another key, without a common title."""
    pieces, notes = planted.random_tunes(40, seed=3)
    first = notes[notes["piece"] == "tune-0"]
    varied = first.assign(piece="varied", pitch=first["pitch"] + 4)
    varied.loc[varied.index[::9], "pitch"] += 2
    row = pieces.iloc[:1].assign(piece="varied", work="varied")
    return pd.concat([pieces, row], ignore_index=True), pd.concat([notes, varied])


def test_a_variant_is_joined_and_nothing_else(world):
    pieces, notes = world
    pairs = groups.related(pieces, notes)
    assert pairs[["piece", "other"]].values.tolist() == [["tune-0", "varied"]]
    assert pairs["share"].between(0.4, 1.0).all() and (pairs["score"] > groups.LEAST_BITS).all()
    group = groups.join(pieces, pairs)
    assert group.nunique() == 40 and group[pieces["piece"] == "varied"].item() == "tune-0"


def test_known_versions_are_not_looked_for(world):
    pieces, notes = world
    known = pieces.assign(work=pieces["work"].replace("varied", "tune-0"))
    assert groups.related(known, notes).empty


def test_looking_up_in_portions_changes_nothing(world, monkeypatch):
    whole = groups.related(*world)
    monkeypatch.setattr(groups, "_AT_A_TIME", 7)
    assert groups.related(*world).equals(whole)


def test_what_was_found_is_kept(world, monkeypatch, tmp_path):
    first = groups.related(*world, tmp_path)
    monkeypatch.setattr(groups, "_related", lambda *_: pytest.fail("looked up again"))
    assert groups.related(*world, tmp_path).equals(first)
    with pytest.raises(pytest.fail.Exception):  # other works, another question
        groups.related(world[0].assign(work="one"), world[1], tmp_path)


def test_groups_follow_chains_of_works():
    pieces = pd.DataFrame({"piece": list("abcde"), "work": ["a", "a", "c", "d", "e"]})
    pairs = pd.DataFrame({"piece": ["b", "c"], "other": ["c", "d"]})
    assert groups.join(pieces, pairs).tolist() == ["a", "a", "a", "a", "e"]
    assert groups.join(pieces, pairs[:0]).tolist() == ["a", "a", "c", "d", "e"]
