"""The order of bars: repeats, endings, jumps, and signs without sense."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.catalogue.repeats import Bar, count, note_words, order


def page(signs: str) -> list[Bar]:
    """Bars from a line such as ``|: a b |1 c :|2 d ||``, a letter each."""
    bars: list[Bar] = []
    opens, ending = False, ()
    for token in signs.split():
        if token in ("|:", "::"):
            opens, ending = True, ()
        if token in (":|", "::", ":|2", ":|3"):
            bars[-1].closes = 2
            ending = (int(token[-1]),) if token[-1].isdigit() else ()
        elif token in ("|1", "|2", "|1,2"):
            ending = tuple(int(n) for n in token[1:].split(","))
        elif token == "||":
            ending = ()
        elif token.isalpha() and len(token) == 1:
            bars.append(Bar(4 * len(bars), 4, opens=opens, ending=ending))
            opens = False
        elif token in ("$segno", "$coda", "$fine", "$to_coda"):
            setattr(bars[-1], token[1:], True)
        elif token.startswith("D."):
            note_words(bars[-1], token.replace("_", " "))
    return bars


def played(signs: str) -> str | None:
    bars = page(signs)
    letters = [t for t in signs.split() if t.isalpha() and len(t) == 1]
    found = order(bars, 1000)
    return None if found is None else "".join(letters[place] for place in found)


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ("a b c", "abc"),
        ("a b :| c", "ababc"),
        ("a |: b :| c", "abbc"),
        ("a :: b :| c", "aabbc"),
        ("a :| b :| c", "aabbc"),
        ("|: a |1 b :|2 c || d", "abacd"),
        ("|: a |1 b c :|2 d e || f :| g", "abcadeffg"),
        ("|: a |1,2 b :|3 c || d", "ababacd"),
        ("|: a |1 b :| c d", "abacd"),
        ("a b $fine c D.C._al_Fine", "abcab"),
        ("a |: b :| c $fine d D.C._al_Fine", "abbcdabc"),
        ("a b $segno c d D.S.", "abcdbcd"),
        ("a b $segno c $to_coda d D.S._al_Coda e $coda f", "abcdbcef"),
        ("|: a |1 b :|2 c $fine || d D.C.", "abacdac"),
        ("a :| b D.C.", "aabab"),
    ],
)
def test_order(signs, expected):
    assert played(signs) == expected


@pytest.mark.parametrize(
    "signs",
    [
        "|: a b",  # never closed
        "|: a |: b :|",  # opened twice
        "a |2 b :| c",  # no first ending
        "|: a |1 b |2 c",  # endings without a sign to go back
        "a D.S. b",  # no segno
        "a b D.C._al_Fine",  # no fine
        "a b D.C._al_Coda c",  # no coda
        "a D.C. b D.C.",  # two jumps
    ],
)
def test_signs_without_sense(signs):
    assert played(signs) is None


def test_sections_and_jumps_are_counted_once():
    assert count(page("a :| |: b |1 c :|2 d || e D.C.")) == 3
    assert count(page("a b c")) == 0


def test_a_walk_of_a_million_times_stops():
    bars = [Bar(0, 4, closes=10**6), Bar(4, 4, closes=10**6)]
    assert len(order(bars, 1000) or []) == 1000


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(
            Bar,
            start=st.just(0),
            length=st.just(4),
            opens=st.booleans(),
            closes=st.sampled_from([0, 0, 2, 3]),
            ending=st.sampled_from([(), (), (1,), (2,), (1, 2)]),
            jump=st.sampled_from(["", "", "", "capo", "segno"]),
            until=st.sampled_from(["", "fine", "coda"]),
            fine=st.booleans(),
            segno=st.booleans(),
            coda=st.booleans(),
            to_coda=st.booleans(),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_the_signs_the_walk_ends_and_stays_on_the_page(bars):
    found = order(bars, 500)
    assert found is None or set(found) <= set(range(len(bars)))
    if found is not None and not any(bar.jump for bar in bars) and len(found) < 500:
        assert set(found) == set(range(len(bars)))  # nothing that is written is lost
