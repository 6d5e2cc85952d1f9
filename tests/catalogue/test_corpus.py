"""The collections: what each piece is, and what its licence allows."""

import re

import pytest

from ricercar.catalogue import corpus, formats
from ricercar.catalogue.corpus_scores import _claims_rights


def listed(name: str):
    return list(corpus.COLLECTIONS[name].pieces(corpus.COLLECTIONS[name]))


@pytest.mark.parametrize(
    ("name", "style"),
    [("monteverdi", "madrigal"), ("trecento", "mass movement"), ("quartets", "string quartet")],
)
def test_collections_of_scores(name, style):
    pieces = listed(name)
    assert len(pieces) == len({p.piece for p in pieces}) == corpus.COLLECTIONS[name].count() > 40
    assert all(re.fullmatch(r"[A-Za-z0-9_./-]+", p.piece) for p in pieces)
    assert all(p.title and p.style_from == "collection" for p in pieces)
    assert style in {p.style for p in pieces}
    assert {p.licence_class for p in pieces} <= {"non-commercial", "restricted"}


def test_a_score_that_names_a_holder_of_rights_is_restricted():
    classes = {p.piece: p.licence_class for p in listed("monteverdi")}
    assert classes["monteverdi/madrigal.5.4"] == "restricted"
    assert classes["monteverdi/madrigal.3.1"] == "non-commercial"
    assert corpus.COLLECTIONS["palestrina"].licence_class == "restricted"
    for text, claims in (("© A. B. 2003", True), ("Public Domain", False), (" \r\n", False)):
        score = f"<a><rights type='x'>{text}</rights></a>"
        assert _claims_rights(score.encode(), ".xml") is claims
        assert _claims_rights(score.encode("utf-16"), ".xml") is claims


def test_editions_of_a_madrigal_are_one_work_and_movements_are_not():
    works = {p.piece: p.work for p in listed("monteverdi")}
    assert works["monteverdi/madrigal.3.1"] == works["monteverdi/madrigal.3.1_old"]
    assert works["monteverdi/madrigal.3.1"] != works["monteverdi/madrigal.4.1"]
    assert not any(p.work for p in listed("quartets"))


def test_quartets_are_named_after_their_folders():
    titles = {p.piece: (p.title, p.composer) for p in listed("quartets")}
    assert titles["quartets/haydn.opus1no1.movement2"] == (
        "String quartet, op. 1 no. 1, movement 2",
        "Joseph Haydn",
    )
    assert titles["quartets/beethoven.opus132"][0] == "String quartet, op. 132"
    assert not any("k545" in name for name in titles)


def test_a_minuet_is_played_out():
    piece = next(p for p in listed("quartets") if p.piece == "quartets/haydn.opus1no1.movement2")
    written = formats.read(piece.data, piece.format)
    played = formats.read(piece.data, piece.format, "played")
    assert written.parts == 4
    assert written.counts["repeats"] == 3
    # 10, 24 and 28 bars of three quarters, twice each; one bar is long by a quarter
    assert (written.quarters, played.quarters) == (186, 373)
