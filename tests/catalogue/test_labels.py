"""A table of labels: what it says, and how its mistakes are named."""

import pytest

from ricercar import catalogue
from ricercar.catalogue import labels
from ricercar.catalogue.sources import Source
from ricercar.errors import ReadError

TUNE = "X:1\nT:{}\nM:4/4\nL:1/8\nR:reel\nK:G\n{}|\n"


def table(tmp_path, text: str) -> labels.Labels:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return labels.read(path)


def source(piece: str = "own/a", **details) -> Source:
    return Source(piece, "own", "midi", b"x", "import folder: a.mid", "L", "own", **details)


def test_a_row_tells_what_the_file_does_not(tmp_path):
    known = table(
        tmp_path,
        "file,style,title,composer,licence,work\n"
        'a.mid,Waltz,"Blue, blue",Strauß,CC-BY-NC-4.0,op. 314\n'
        "b.mid,,Only a title,,,\n",
    )
    said = known.apply(source(title="Track 1"), "a.mid")
    assert (said.style, said.style_from) == ("Waltz", "table")
    assert (said.title, said.composer) == ("Blue, blue", "Strauß")
    assert (said.licence, said.licence_class) == ("CC-BY-NC-4.0", "non-commercial")
    assert said.work == "table:op. 314"
    only = known.apply(source(style="jig", style_from="folder"), "b.mid")
    assert (only.title, only.style, only.style_from) == ("Only a title", "jig", "folder")
    assert known.apply(source(), "c.mid") == source()
    assert known.unused().empty


def test_a_row_for_the_piece_counts_before_one_for_its_file(tmp_path):
    known = table(tmp_path, "file;piece;style;title\na.mid;;reel;A\n;own/a;jig;\n;own/z;jig;Z\n")
    said = known.apply(source(), "a.mid")
    assert (said.style, said.title) == ("jig", "A")
    assert known.unused().values.tolist() == [[4, "piece", "own/z"]]


def test_the_class_may_be_given(tmp_path):
    known = table(tmp_path, "file\tlicence\tlicence_class\n./x\\a.mid\tmine\town\n")
    assert known.apply(source(), "x/a.mid").licence_class == "own"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "row 1, column '': unknown column|row 1: a column 'file' or 'piece'"),
        ("style,title\n", "row 1: a column 'file' or 'piece'"),
        ("file,colour\n", "row 1, column 'colour': unknown column; known: file, piece, style"),
        ("file,style,style\n", "row 1, column 'style': the column stands there twice"),
        ("file,style\na.mid\n", r"row 2: 1 cells; row 1 names 2"),
        ("file,style\n,jig\n", "row 2: a row is about a file or a piece"),
        ("file,piece\na,b\n", "row 2: a row is about a file or a piece"),
        ("file,style\na,x\n\nb,y\na,z\n", "row 5, column 'file': 'a' stands in row 2 already"),
        ("file,licence,licence_class\na,X,free\n", "row 2, column 'licence_class': 'free'; known"),
        ("file,licence,licence_class\na,,open\n", "row 2, column 'licence': a licence class needs"),
    ],
)
def test_mistakes_are_named_by_row_and_column(tmp_path, text, message):
    with pytest.raises(ReadError, match=message) as caught:
        table(tmp_path, text)
    assert "labels.csv" in str(caught.value)


def test_a_missing_table_is_an_error(tmp_path):
    with pytest.raises(ReadError, match="cannot be read"):
        labels.read(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("CC0-1.0", "open"),
        ("cc by-sa 4.0", "open"),
        ("CC-BY-NC-SA-3.0", "non-commercial"),
        ("GPL-3.0-only", "open"),
        ("LicenseRef-public-domain-work", "open"),
        ("LicenseRef-in-copyright", "restricted"),
        ("All rights reserved", "restricted"),
    ],
)
def test_classes_of_licences(licence, expected):
    assert labels.licence_class(licence) == expected


def test_labels_reach_the_catalogue_and_licences_gate_it(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    for name, melody in {"a": "G2BG dGBG", "b": "cdef gabc'", "c": "C2E2 G2c2"}.items():
        (folder / f"{name}.abc").write_text(TUNE.format(name, melody))
    path = tmp_path / "labels.csv"
    path.write_text(
        "file,style,licence,work\n"
        "a.abc,rant,CC-BY-4.0,w\n"
        "b.abc,,LicenseRef-in-copyright,\n"
        "c.abc,,,w\n"
        "d.abc,jig,,\n"
    )
    found = catalogue.collect([], folder, workers=1, labels=path)
    pieces = found.pieces.set_index("piece")
    assert pieces.index.tolist() == ["own/a", "own/c"]
    assert pieces.loc["own/a", ["style", "style_from", "licence_class"]].tolist() == [
        "rant",
        "table",
        "open",
    ]
    assert pieces.loc["own/c", ["style", "style_from", "licence_class"]].tolist() == [
        "reel",
        "rhythm field",
        "own",
    ]
    assert pieces["work"].nunique() == 1
    assert found.left_out[["collection", "pieces", "licence_class"]].values.tolist() == [
        ["own", 1, "restricted"]
    ]
    assert found.unused_labels.values.tolist() == [[5, "file", "d.abc"]]
