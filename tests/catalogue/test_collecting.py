"""The catalogue as a whole: choice, cache, groups, licences."""

import re

import numpy as np
import pandas as pd
import pytest

from ricercar import catalogue, tables
from ricercar.catalogue import cache as store
from ricercar.catalogue import collecting, corpus, styles, works
from ricercar.errors import ParameterError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def small(folder):
    """A tune per style of two collections, read without a cache."""
    return catalogue.collect(["ryan", "aird", "essen"], per_style=1, workers=1, cache=folder)


def same(one: catalogue.Collected, other: catalogue.Collected) -> bool:
    return all(
        getattr(one, name).equals(getattr(other, name))
        for name in ("pieces", "notes", "quarantine", "left_out")
    )


def test_tables_are_valid_and_sorted(small):
    tables.validate("pieces", small.pieces)
    tables.validate("notes", small.notes)
    assert small.pieces["piece"].is_monotonic_increasing
    order = ["piece", "part", "onset", "duration", "pitch"]
    assert small.notes.equals(small.notes.sort_values(order, ignore_index=True))
    assert set(small.notes["piece"]) == set(small.pieces["piece"])
    assert small.pieces["style"].value_counts().max() == 1


def test_the_sample_does_not_depend_on_workers_or_cache(small, folder):
    assert same(small, catalogue.collect(["ryan", "aird", "essen"], per_style=1, workers=2))
    again = catalogue.collect(["ryan", "aird", "essen"], per_style=1, workers=1, cache=folder)
    assert same(small, again)
    assert again.cached == len(again.pieces) and again.dropped == small.dropped


def test_another_seed_is_another_sample(small, folder):
    other = catalogue.collect(["ryan", "aird"], per_style=1, workers=1, cache=folder, seed=2)
    assert set(other.pieces["piece"]) != set(small.pieces["piece"])


def test_a_second_read_parses_nothing(small, folder, monkeypatch):
    def fail(*_):
        raise AssertionError("a piece was read again")

    monkeypatch.setattr("ricercar.catalogue.reading.read", fail)
    catalogue.collect(["ryan", "aird"], per_style=1, workers=1, cache=folder)


def test_a_changed_reader_or_a_damaged_batch_is_read_anew(small, folder, monkeypatch, tmp_path):
    assert store.load(folder)
    monkeypatch.setattr(store, "readers_version", lambda: "another")
    assert store.load(folder) == {}
    monkeypatch.undo()
    readings = store.load(folder)
    store.store(tmp_path, readings.items())
    batch = next((tmp_path / store.readers_version()).iterdir())
    assert store.load(tmp_path).keys() == readings.keys()
    (batch / "notes.parquet").write_bytes(b"damaged")
    assert store.load(tmp_path) == {}


def test_what_is_left_out_is_counted(small):
    left = small.left_out.set_index("collection")
    assert left.loc["essen", "pieces"] == 8514
    assert left.loc["essen", "reason"] == "licence not allowed"
    taken = small.pieces["collection"].value_counts()
    assert left.loc["ryan", "pieces"] + taken["ryan"] == 1059
    assert left.loc["aird", "pieces"] + taken["aird"] == 1180


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"collections": ["nobody"]}, "known: bach"),
        ({"allow_licences": ["free"]}, "known: open"),
        ({"per_style": -1}, "per_style"),
        ({"workers": 0}, "workers"),
        ({"collections": []}, "no piece is left"),
        ({"collections": ["essen"]}, "no piece is left"),
    ],
)
def test_wrong_parameters_are_refused(arguments, message):
    with pytest.raises(ParameterError, match=message):
        catalogue.collect(**arguments)


def test_a_tune_that_cannot_be_read_goes_to_quarantine(monkeypatch):
    def one_fails(given, workers, label):
        return [("it is torn", 0), *real(given[1:], workers, label)]

    real = collecting.read_trusted
    monkeypatch.setattr(collecting, "read_trusted", one_fails)
    found = catalogue.collect(["aird"], per_style=1, workers=1)
    assert found.quarantine["reason"].tolist() == ["it is torn"]
    assert re.fullmatch(r"airdsAirs/book\d\.abc", found.quarantine["file"][0])
    assert found.quarantine["line"][0] > 1


def test_collections_list_every_piece_once_with_safe_ids():
    for name, expected in {"bach": 410, "ryan": 1059, "oneill": 2009, "aird": 1180}.items():
        listed = list(corpus.collection(name).pieces(corpus.COLLECTIONS[name]))
        ids = [s.piece for s in listed]
        assert len(set(ids)) == len(ids) == expected
        assert all(re.fullmatch(r"[A-Za-z0-9_./-]+", i) and ".." not in i for i in ids)
        assert all(s.licence_class == "open" and s.title and s.style for s in listed)
    assert corpus.COLLECTIONS["palestrina"].count() == 1318


def test_chorales_have_four_voices_and_are_taken_whole():
    bach = list(corpus.COLLECTIONS["bach"].pieces(corpus.COLLECTIONS["bach"]))
    style = pd.Series([s.style for s in bach]).value_counts()
    assert style["chorale"] > 350
    chosen = collecting._sample(bach, 1, seed=1)
    assert len(chosen) == style["chorale"] + 1


def test_styles_come_from_words_and_sections():
    assert styles.of_tune("slipjig", "x") == "slip jig"
    assert styles.of_tune("", "Lord Moira's Strathspey") == "strathspey"
    assert styles.of_tune("", "Fairest Maid") == "other"  # "air" is not a word in it
    assert [styles.oneill_section(n) for n in (1, 1116, 1176, 1556, 1782)] == [
        "air",
        "slip jig",
        "reel",
        "hornpipe",
        "long dance",
    ]


def line(piece: str, pitches: list[int], step: int = 240) -> pd.DataFrame:
    onset = np.arange(len(pitches)) * step
    return pd.DataFrame(
        {"piece": piece, "part": 0, "onset": onset, "duration": step, "pitch": pitches}
    )


def test_groups_join_versions_and_nothing_else():
    tune = [60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62, 60, 64, 67]
    notes = pd.concat(
        [
            line("a", tune),
            line("b", [p + 5 for p in tune], 480),  # transposed, at half speed
            line("c", [*tune[:15], 62, 60]),  # the same beginning
            line("d", tune[::-1][:12]),
            line("e", [60, 67, 60]),  # joined to d by title only
            line("f", [60, 61, 60, 62]),
        ],
        ignore_index=True,
    )
    pieces = pd.DataFrame(
        {
            "piece": list("abcdef"),
            "title": ["One", "Two", "Three", "The Foxhunter's Reel", "Foxhunters (2)", "Jig"],
            "parts": 1,
        }
    )
    assert works.groups(pieces, notes, [""] * 6).tolist() == ["a", "a", "a", "d", "d", "f"]
    by_work = works.groups(pieces, notes, ["", "", "", "w", "", "w"])
    assert by_work.tolist() == ["a", "a", "a", "d", "d", "d"]


def test_a_title_that_many_tunes_bear_says_nothing():
    names = [f"p{i:02d}" for i in range(works.MOST_NAMESAKES + 1)]
    notes = pd.concat([line(n, [60, 60 + i, 72]) for i, n in enumerate(names)], ignore_index=True)
    pieces = pd.DataFrame({"piece": names, "title": "Untitled", "parts": 1})
    assert works.groups(pieces, notes, [""] * len(names)).nunique() == len(names)


@pytest.mark.parametrize("title", ["Quick Step 10th. Regt", "March No. 2", "German Waltz", "A"])
def test_titles_that_name_no_tune_have_no_key(title):
    assert works.title_key(title) == ""
