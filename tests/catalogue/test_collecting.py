"""The catalogue as a whole: choice, cache, groups, licences."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ricercar import catalogue, tables
from ricercar.catalogue import cache as store
from ricercar.catalogue import collecting, corpus, formats, gathering, listings, styles, works
from ricercar.catalogue.cache import Cache
from ricercar.catalogue.reading import Reading
from ricercar.catalogue.sources import Source
from ricercar.catalogue.workers import Fault
from ricercar.errors import ParameterError, ReadError


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
        for name in ("pieces", "notes", "drums", "quarantine", "left_out", "merged", "related")
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
    assert again.cached == len(again.pieces) + len(again.merged)
    assert again.counts == small.counts


def test_another_seed_is_another_sample(small, folder):
    other = catalogue.collect(["ryan", "aird"], per_style=1, workers=1, cache=folder, seed=2)
    assert set(other.pieces["piece"]) != set(small.pieces["piece"])


def test_a_second_read_parses_nothing(small, folder, monkeypatch):
    def fail(*_):
        raise AssertionError("a piece was read again")

    monkeypatch.setattr("ricercar.catalogue.formats.read", fail)
    monkeypatch.setattr(listings, "with_data", lambda sources, _: list(sources))
    catalogue.collect(["ryan", "aird"], per_style=1, workers=1, cache=folder)


def test_repeats_as_written_and_played_are_kept_apart(small, folder):
    played = catalogue.collect(["ryan"], per_style=1, workers=1, cache=folder, repeats="played")
    assert played.cached == 0 and played.counts["repeats"] > 0
    both = played.pieces.merge(small.pieces, on="piece", suffixes=(" played", ""))
    assert len(both) and (both["quarters played"] >= both["quarters"]).all()
    assert (both["quarters played"] > both["quarters"]).any()


def read(pitches: list[int], **details) -> Reading:
    rows = [(0, 480 * place, 480, pitch) for place, pitch in enumerate(pitches)]
    return Reading(np.array(rows, np.int64), part_names=("Voice",), **details)


def test_the_cache_gives_back_what_it_was_given(tmp_path):
    drums = np.array([[0, 0, 60, 36], [0, 480, 60, 38]])
    given = {
        "abc:written:1": read([60, 62], title="Öne", meter="3/4", key_changes="480 D major"),
        "midi:written:2": read([64], counts={"grace": 3}, drums=drums, pickup=240),
        "abc:written:3": read([1, 2, 3]),
    }
    shelf = Cache(tmp_path)
    shelf.store(list(given.items())[:2])
    shelf.store(list(given.items())[2:])
    asked = ["abc:written:3", "midi:written:2", "abc:written:1", "midi:written:2"]
    for kept in (shelf, Cache(tmp_path)):
        assert set(kept.keys()) == set(given)
        found = kept.load(asked)
        assert found.heads["content"].tolist() == asked
        assert found.notes.tolist() == [row for k in asked for row in given[k].notes.tolist()]
        assert found.drums.tolist() == drums.tolist() * 2
        assert found.heads["title"].tolist() == ["", "", "Öne", ""]
        assert found.heads["pickup"].tolist() == [0, 240, 0, 240]
        assert found.heads["counts"].tolist() == ["{}", '{"grace": 3}', "{}", '{"grace": 3}']
        assert found.heads["key_changes"][2] == "480 D major"


def test_only_the_batches_asked_for_are_opened(tmp_path):
    shelf = Cache(tmp_path)
    shelf.store([("a", read([60]))])
    shelf.store([("b", read([61]))])
    shelf = Cache(tmp_path)
    for batch in shelf.folder.iterdir():
        if pd.read_parquet(batch / "readings.parquet")["content"][0] == "b":
            (batch / "notes.parquet").unlink()
    assert shelf.load(["a"]).notes[0, 3] == 60


def test_a_changed_reader_or_a_damaged_batch_is_read_anew(tmp_path, monkeypatch):
    Cache(tmp_path).store([("a", read([60]))])
    monkeypatch.setattr(store, "readers_version", lambda: "another")
    assert not Cache(tmp_path).keys()
    monkeypatch.undo()
    shelf = Cache(tmp_path)
    assert "a" in shelf
    batch = next(shelf.folder.iterdir())
    (batch / "notes.parquet").write_bytes(b"damaged")
    assert "a" not in Cache(tmp_path)
    with pytest.raises(ReadError, match="run this again"):  # found out only when it is opened
        shelf.load(["a"])
    assert not batch.exists()


def test_an_interrupted_import_goes_on(tmp_path, monkeypatch):
    sources = [
        Source(f"own/{n}", "own", "abc", f"{n}".encode(), "", "", "own") for n in range(1300)
    ]

    def outcomes(new, stop):
        for place, source in enumerate(new):
            if place == stop:
                raise KeyboardInterrupt
            yield source, read([60, 60 + int(source.data) % 7])

    found = gathering.Gathered(Cache(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        found.take(outcomes(found.missing(sources), 700))
    assert len(Cache(tmp_path).keys()) == 700  # a batch of 512, and what was in memory
    found = gathering.Gathered(Cache(tmp_path))
    left = list(found.missing(sources))
    assert len(left) == 600 and len(found.sources) == 1300
    assert not any(s.data for s in found.sources)


def test_why_files_cannot_be_read_is_kept_but_not_that_they_took_too_long(tmp_path):
    sources = [Source(name, "own", "abc", name.encode(), name, "", "own", line=7) for name in "abc"]
    told = [Fault("it is torn", 3, lasting=True), Fault("it took too long"), read([60])]
    found = gathering.Gathered(Cache(tmp_path))
    found.take(zip(found.missing(sources), told, strict=True))
    again = gathering.Gathered(Cache(tmp_path))
    assert [source.piece for source in again.missing(sources)] == ["b"]
    assert again.quarantine().to_numpy().tolist() == [["a", 9, "it is torn"]]
    next(tmp_path.glob("*/faults/*")).write_text("damaged")
    assert len(list(gathering.Gathered(Cache(tmp_path)).missing(sources))) == 2


def test_a_change_of_any_module_that_matters_is_noticed():
    def imported(module: str) -> set[str]:
        text = (Path(catalogue.__file__).parent / f"{module}.py").read_text()
        found = re.findall(r"^ *from ricercar\.catalogue\.(\w+) import", text, re.MULTILINE)
        for names in re.findall(
            r"^ *from ricercar\.catalogue import ([\w, ]+)", text, re.MULTILINE
        ):
            found += [name.split(" as ")[0] for name in names.split(", ")]
        return set(found)

    for modules in (formats.READERS, listings._MODULES):
        lacking = {name for module in modules for name in imported(module)} - set(modules)
        assert not lacking


def test_a_collection_is_listed_once(tmp_path, monkeypatch):
    ryan = corpus.COLLECTIONS["ryan"]
    first = listings.listed(ryan, tmp_path)
    again = listings.listed(ryan, tmp_path)
    assert [s.without_data() for s in first] == again
    assert listings.with_data(again[:3], corpus.COLLECTIONS) == first[:3]
    next(tmp_path.glob("ryan-*")).write_bytes(b"damaged")
    assert listings.listed(ryan, tmp_path) == first


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
        ({"repeats": "twice"}, "known: written, played"),
        ({"folder": "dataset:nobody"}, "known: jsb-chorales"),
        ({"folder": "dataset:gowalla"}, "no file that is read as music"),
        ({"collections": []}, "no piece is left"),
        ({"seconds_per_file": 0}, "seconds_per_file is 0"),
        ({"collections": ["essen"]}, "no piece is left"),
    ],
)
def test_wrong_parameters_are_refused(arguments, message):
    with pytest.raises(ParameterError, match=message):
        catalogue.collect(**arguments)


def test_a_tune_that_cannot_be_read_goes_to_quarantine(monkeypatch):
    def one_fails(given, workers, label, repeats):
        return [Fault("it is torn"), *real(given[1:], workers, label, repeats)]

    real = gathering.read_trusted
    monkeypatch.setattr(gathering, "read_trusted", one_fails)
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
    assert styles.told("slipjig", "x") == ("slip jig", "rhythm field")
    assert styles.told("", "Lord Moira's Strathspey") == ("strathspey", "title")
    assert styles.told("", "Fairest Maid") == ("other", "unknown")  # "air" is not a word in it
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


def test_works_join_versions_and_nothing_else():
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
    assert works.versions(pieces, notes, [""] * 6).tolist() == ["a", "a", "a", "d", "d", "f"]
    by_work = works.versions(pieces, notes, ["", "", "", "w", "", "w"])
    assert by_work.tolist() == ["a", "a", "a", "d", "d", "d"]


def test_a_repeated_note_or_an_accompaniment_is_no_beginning():
    drone = [line(n, [60] * 16 + [60 + i, 64, 62]) for i, n in enumerate("ab")]
    chords = [
        pd.concat([line(n, [60, 65, 67, 60, 62, 64, 60] * 3), line(n, [48] * 21)]) for n in "cd"
    ]
    chords[1].loc[chords[1].index[-1], "pitch"] = 47
    notes = pd.concat([*drone, *chords], ignore_index=True)
    order = ["piece", "part", "onset", "pitch"]
    notes = notes.sort_values(order, ignore_index=True)
    pieces = pd.DataFrame({"piece": list("abcd"), "title": "", "parts": 1})
    assert works.versions(pieces, notes, [""] * 4).tolist() == list("abcd")


def test_a_title_that_many_tunes_bear_says_nothing():
    names = [f"p{i:02d}" for i in range(works.MOST_NAMESAKES + 1)]
    notes = pd.concat([line(n, [60, 60 + i, 72]) for i, n in enumerate(names)], ignore_index=True)
    pieces = pd.DataFrame({"piece": names, "title": "Untitled", "parts": 1})
    assert works.versions(pieces, notes, [""] * len(names)).nunique() == len(names)


@pytest.mark.parametrize("title", ["Quick Step 10th. Regt", "March No. 2", "German Waltz", "A"])
def test_titles_that_name_no_tune_have_no_key(title):
    assert works.title_key(title) == ""
