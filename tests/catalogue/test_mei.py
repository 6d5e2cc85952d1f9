"""MEI as people and programs write it."""

import pytest

from ricercar.catalogue import formats
from ricercar.catalogue.archive import unpack_mxl
from ricercar.catalogue.corpus import COLLECTIONS
from ricercar.errors import ReadError


def rows(found):
    """Onset, duration, pitch."""
    return [tuple(row) for row in found.notes[:, 1:].tolist()]


MEI = """<?xml version="1.0"?>
<mei xmlns="http://www.music-encoding.org/ns/mei"><meiHead><fileDesc><titleStmt>
<title>My tune</title><respStmt><persName role="composer">Somebody</persName></respStmt>
</titleStmt><pubStmt/></fileDesc></meiHead><music><body><mdiv><score>
<scoreDef meter.count="3" meter.unit="4" key.sig="1s"><staffGrp>
<staffDef n="1" lines="5" clef.shape="G" clef.line="2" label="Flute"/></staffGrp></scoreDef>
<section><measure n="0" metcon="false"><staff n="1"><layer n="1">
<note pname="d" oct="5" dur="4"/></layer></staff></measure>
<measure n="1" left="rptstart"><staff n="1"><layer n="1">
<note pname="g" oct="4" dur="2"/><tuplet num="3" numbase="2"><note pname="a" oct="4" dur="8"/>
<note pname="b" oct="4" dur="8"/><note pname="c" oct="5" dur="8"/></tuplet></layer>
<layer n="2"><note grace="acc" pname="c" oct="4" dur="8"/>
<note pname="d" oct="4" dur="2" dots="1"/></layer></staff></measure>
<ending n="1"><measure n="2" right="rptend"><staff n="1"><layer n="1">
<note pname="f" accid.ges="s" oct="4" dur="2" dots="1"/></layer></staff></measure></ending>
<ending n="2"><measure n="3" right="end"><staff n="1"><layer n="1">
<note pname="g" oct="4" dur="2" dots="1"/></layer></staff></measure></ending>
</section></score></mdiv></body></music></mei>"""


def test_mei_voices_tuplets_endings_and_who_wrote_it():
    found = formats.read(MEI.encode(), "mei")
    assert rows(found) == [
        (0, 480, 74),
        (480, 960, 67),
        (480, 1440, 62),
        (1440, 160, 69),
        (1600, 160, 71),
        (1760, 160, 72),
        (1920, 1440, 66),
        (3360, 1440, 67),
    ]
    assert (found.title, found.composer, found.part_names) == ("My tune", "Somebody", ("Flute",))
    assert (found.meter, found.key, found.pickup) == ("3/4", "G major", 480)
    assert found.counts["grace"] == 1
    played = formats.read(MEI.encode(), "mei", "played")
    assert played.notes[:, 3].tolist()[6:] == [66, 67, 62, 69, 71, 72, 67]


def score(body: str, definition: str = 'meter.count="4" meter.unit="4"', staff: str = "") -> bytes:
    """A score of one staff."""
    return f"""<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score>
    <scoreDef {definition}><staffGrp><staffDef n="1" {staff}/></staffGrp></scoreDef>
    <section>{body}</section></score></mdiv></body></music></mei>""".encode()


def measure(layer: str, more: str = "") -> str:
    return f'<measure><staff n="1"><layer n="1">{layer}</layer></staff>{more}</measure>'


def note(step: str, length: str = "1", **more: str) -> str:
    told = " ".join(f'{name.replace("_", ".")}="{value}"' for name, value in more.items())
    return f'<note pname="{step}" oct="4" dur="{length}" {told}/>'.replace("xml.id", "xml:id")


@pytest.mark.parametrize("name", ["bach/bwv269", "bach/bwv248.5", "bach/bwv274"])
def test_what_verovio_makes_of_musicxml_reads_like_it(name):
    verovio = pytest.importorskip("verovio")
    bach = COLLECTIONS["bach"]
    data = next(s.data for s in bach.pieces(bach) if s.piece == name)
    xml = unpack_mxl(data)
    toolkit = verovio.toolkit()
    assert toolkit.loadData(xml.decode())
    for repeats in formats.REPEATS:
        wanted = formats.read(xml, "musicxml", repeats)
        found = formats.read(toolkit.getMEI().encode(), "mei", repeats)
        assert found.notes.tolist() == wanted.notes.tolist()
        for told in ("meter", "key", "pickup", "meter_changes", "key_changes", "part_names"):
            assert getattr(found, told) == getattr(wanted, told), told


def test_accidentals_hold_as_on_paper_where_nothing_says_what_sounds():
    bars = measure(note("f", "4") + note("f", "4", accid="n") + note("f", "4") + note("c", "4"))
    bars += measure(note("f", "2") + note("g", "2", accid="s", xml_id="a"))
    bars += measure(note("g", "2", xml_id="b") + note("g", "2"), '<tie startid="#a" endid="#b"/>')
    found = formats.read(score(bars, 'keysig="2s"'), "mei")
    assert [pitch for _, _, pitch in rows(found)] == [66, 65, 65, 61, 66, 68, 67]
    assert rows(found)[5] == (2880, 1920, 68)
    assert found.key == "D major"


def test_what_sounds_counts_before_what_is_written():
    bars = measure(note("f", "2") + note("c", "2", accid_ges="s", oct_ges="5"))
    found = formats.read(score(bars, 'key.sig="1s"', 'trans.semi="-2" trans.diat="-1"'), "mei")
    assert [pitch for _, _, pitch in rows(found)] == [63, 71]
    assert found.key == "F major"


def test_tuplets_tremolos_and_ties_that_stand_apart():
    triplet = "".join(note(s, "4", xml_id=s) for s in "cde")
    tremolo = f"<fTrem>{note('f', '2')}{note('g', '2')}</fTrem>"
    spans = '<tupletSpan startid="#c" endid="#e" num="3" numbase="2"/><tie startid="#z"/>'
    bars = measure(triplet + tremolo, spans) + measure(note("a", xml_id="z")) + measure(note("a"))
    assert rows(formats.read(score(bars), "mei")) == [
        (0, 320, 60),
        (320, 320, 62),
        (640, 320, 64),
        (960, 480, 65),
        (1440, 480, 67),
        (1920, 3840, 69),
    ]


def test_rests_of_bars_repeated_bars_and_variants():
    chord = '<chord dur="2" dots="1"><note pname="c" oct="4"/><note pname="e" oct="4"/></chord>'
    variant = f"<app><rdg>{note('a', '4')}</rdg><lem>{note('b', '4')}</lem></app>"
    bars = measure('<multiRest num="2"/>') + measure(chord + variant) + measure("<mRpt/>")
    bars += measure("<mRest/>") + measure(note("d"))
    found = formats.read(score(bars, 'meter.sym="common"'), "mei")
    once = [(0, 1440, 60), (0, 1440, 64), (1440, 480, 71)]
    assert rows(found) == [
        *[(3840 + on, duration, pitch) for on, duration, pitch in once],
        *[(5760 + on, duration, pitch) for on, duration, pitch in once],
        (9600, 1920, 62),
    ]
    assert (found.meter, found.meter_changes) == ("4/4", "")


def test_what_is_not_understood_is_named_with_its_measure():
    for layer, reason in (
        ("<mRpt2/>", "measure 1: <mRpt2> is not understood"),
        (note("h"), "measure 1: the pitch 'h'"),
        (note("c", "7"), "measure 1: the duration '7'"),
        ("<tuplet num='0'>" + note("c") + "</tuplet>", "measure 1"),
        ("<mRest/>", "no notes"),
    ):
        with pytest.raises(ReadError, match=reason):
            formats.read(score(measure(layer)), "mei")
    with pytest.raises(ReadError, match="no <score>"):
        formats.read(b'<mei xmlns="http://www.music-encoding.org/ns/mei"/>', "mei")
