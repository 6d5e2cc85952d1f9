"""Files made to do harm: each is refused, in time, with its reason."""

import os
import time
import zipfile
from io import BytesIO

import numpy as np
import pytest

from ricercar.catalogue import export, formats, workers
from ricercar.catalogue.sources import Source
from ricercar.errors import ReadError

SCORE = (
    "<score-partwise><part-list><score-part id='P1'><part-name/></score-part></part-list>"
    "<part id='P1'>{}</part></score-partwise>"
)
NOTE = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>{}</duration></note>"
MEASURE = "<measure><attributes><divisions>1</divisions></attributes>{}</measure>"


def zipped(name: str, content: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def laughs() -> bytes:
    entities = '<!ENTITY a0 "ha">'
    for level in range(1, 30):
        entities += f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">'
    return f"<!DOCTYPE score-partwise [{entities}]><score-partwise>&a29;</score-partwise>".encode()


def repeated(times: int) -> str:
    back = f'<barline><repeat direction="backward" times="{times}"/></barline>'
    return SCORE.format(MEASURE.format(NOTE.format(4) + back))


HARMFUL = {
    "zip bomb": ("mxl", zipped("a.xml", b" " * (70 * 2**20)), "unpacks to more than"),
    "billion laughs": ("musicxml", laughs(), "entities"),
    "external entity": (
        "musicxml",
        b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><score-partwise>&x;'
        b"</score-partwise>",
        "entities",
    ),
    "external entity in MEI": (
        "mei",
        b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><mei>&x;</mei>',
        "entities",
    ),
    "deep nesting": ("musicxml", b"<a>" * 200_000 + b"</a>" * 200_000, "root element"),
    "deep nesting in MEI": (
        "mei",
        b'<mei xmlns="http://www.music-encoding.org/ns/mei"><music><score>'
        + b"<section>" * 50_000 + b"</section>" * 50_000 + b"</score></music></mei>",
        "could not be read|nested too deeply|no notes",
    ),
    "a million repeats": ("musicxml", repeated(10**6).encode(), "lasts .* quarters"),
    "repeats of repeats": ("abc", b"X:1\nL:1\nK:C\n" + b"c::" * 30_000 + b"c:|\n", "lasts"),
    "an endless note": (
        "musicxml",
        SCORE.format(MEASURE.format(NOTE.format(999_999_999))).encode(),
        "lasts",
    ),
    "a number without end": (
        "musicxml",
        SCORE.format(MEASURE.format(NOTE.format("1e999999999"))).encode(),
        "the duration",
    ),
    "a length of slashes": ("abc", b"X:1\nK:C\nc" + b"/" * 10**6 + b"|\n", "the length"),
    "bars of rest": ("abc", b"X:1\nM:4/4\nK:C\nZ999999999|c|\n", "lasts"),
    "null bytes": ("abc", b"X:1\nK:C\nc\x00d|\n", "control characters"),
    "null bytes in kern": ("kern", b"**kern\n4c\x00\n*-\n", "control characters"),
    "null bytes in XML": ("musicxml", b"<score-partwise>\x00</score-partwise>", "well-formed"),
    "an unknown encoding": ("musicxml", b'<?xml version="1.0" encoding="x-1"?><a/>', "XML"),
    "pitches out of range": (
        "musicxml",
        SCORE.format(MEASURE.format(NOTE.format(1).replace(">4<", ">99<"))).encode(),
        "octave 99",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMFUL)
def test_harm_is_refused_at_once(name):
    format, data, reason = HARMFUL[name]
    started = time.process_time()
    with pytest.raises(ReadError, match=reason):
        formats.read(data, format, "played")
    assert time.process_time() - started < 5


def test_text_that_is_not_utf8_is_read_as_latin1():
    found = formats.read("X:1\nT:Där\nK:C\nc|".encode("latin-1"), "abc")
    assert found.title == "Där"


def test_lines_of_faults_in_text_and_xml():
    for format, data, line in (
        ("musicxml", b"<a>\n<b>\n</a>", 3),
        ("mei", b"<mei>\n<", 2),
        ("kern", b"**kern\t**kern\n4c\n*-\t*-\n", 2),
        ("abc", b"X:1\nK:C\nc|\n{g c|", 4),
    ):
        with pytest.raises(ReadError) as caught:
            formats.read(data, format)
        assert caught.value.line == line, format


def source(name: str, data: bytes, format: str = "abc", line: int = 0) -> Source:
    return Source(name, "own", format, data, name, "LicenseRef-own", "own", line=line)


def _harmful(format: str, data: bytes, repeats: str) -> workers.Outcome:
    """Stands for a reader that a file brings down."""
    if data == b"die":
        os.kill(os.getpid(), 11)
    if data == b"grow":
        held = []
        while True:
            held.append(np.zeros(2**28))
    return _read(format, data, repeats)


_read = workers._read


def _nothing() -> None:
    pass


def test_a_crash_and_a_balloon_cost_one_file_each(monkeypatch, tmp_path):
    import pandas as pd

    tune = pd.DataFrame(
        [("a", 0, 0, 480, 60)], columns=["piece", "part", "onset", "duration", "pitch"]
    )
    good = export.to_midi(tune, tmp_path / "a.mid").read_bytes()
    monkeypatch.setattr(workers, "_read", _harmful)
    monkeypatch.setattr(workers, "_ready", _nothing)
    sources = [
        source("1", good, "midi"),
        source("2", b"die", "midi"),
        source("3", good, "midi"),
        source("4", b"grow", "mei"),
        source("5", b"X:1\nK:C\nc|\n[c|", line=10),
        source("6", good, "midi"),
    ]
    outcomes = workers.read_untrusted(sources, 1, 20.0, "reading")
    found = {source.piece: outcome for source, outcome in outcomes}
    for name in "136":
        assert not isinstance(found[name], tuple), found[name]
    assert "ended the reading process" in found["2"][0]
    assert "MemoryError" in found["4"][0]
    assert found["5"] == ("ABC could not be read (a chord without its closing bracket)", 4, True)
