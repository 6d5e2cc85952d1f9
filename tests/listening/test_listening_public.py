"""Public listening data: the published figures, and the same forms on small files."""

import hashlib
import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from ricercar import datasets, tables, workspace
from ricercar.errors import MissingArtefactError, ParameterError, ReadError
from ricercar.listening import public, spreadsheet


@pytest.fixture
def files(monkeypatch, tmp_path):
    """Writes files and lets the registry name them."""

    def write(contents):
        digests = {}
        for path, content in contents.items():
            (tmp_path / path).write_bytes(content)
            digests[path] = hashlib.sha256(content).hexdigest()
        monkeypatch.setattr(datasets.Dataset, "files", digests)
        return tmp_path

    return write


def found(data):
    return data.report.set_index("what")["found"]


def test_hetrec_has_the_figures_of_its_readme(shared):
    data = public.read("hetrec-lastfm", shared("hetrec-lastfm"))
    assert data.counts.matrix.shape == (1892, 17632) and data.counts.matrix.nnz == 92834
    assert len(data.tags) == 186479 and len(data.friends) == 25434
    assert found(data)["pairs of friends"] == "12,717"
    assert len(data.tags) / 1892 == pytest.approx(98.562, abs=5e-4)
    assert data.tags["tag"].notna().all() and data.pieces["name"].notna().all()
    listener, artist = data.counts.listeners.get_loc("2"), data.counts.pieces.get_loc("51")
    assert data.counts.matrix[listener, artist] == 13883  # the example of the readme
    assert data.pieces.set_index("piece").loc["707", "name"] == "Metallica"
    first = data.tags.iloc[0]
    assert first[["listener", "piece"]].tolist() == ["2", "52"]
    assert first["time"] == pd.Timestamp("2009-04-01", tz="UTC")
    friends = set(map(tuple, data.friends.to_numpy()))
    assert all((b, a) in friends for a, b in friends)


def test_gowalla_has_the_published_size(shared):
    data = public.read("gowalla", shared("gowalla"))
    assert data.counts.matrix.shape == data.test.shape == (29858, 40981)
    assert (data.counts.matrix.nnz, data.test.nnz) == (810128, 217242)
    assert found(data)["pairs in both"] == "0"
    assert data.counts.listeners[:2].tolist() == ["0", "1"]
    assert data.counts.matrix[0, 68] == 1


def test_incarmusic_has_the_published_size(shared):
    data = public.read("incarmusic", shared("incarmusic"))
    assert data.counts.matrix.shape == (42, 139) and data.counts.matrix.sum() == 4012
    assert data.ratings["value"].between(0, 5).all()
    mine = data.ratings[(data.ratings["listener"] == "1001") & (data.ratings["piece"] == "715")]
    at = data.counts.listeners.get_loc("1001"), data.counts.pieces.get_loc("715")
    assert data.counts.matrix[at] == len(mine)
    assert data.mean_ratings().matrix[at] == pytest.approx(mine["value"].mean())
    pieces = data.pieces.set_index("piece")
    assert pieces.loc["248", ["artist", "style"]].tolist() == ["B.B.King", "Blues music"]
    assert data.ratings["weather"].dropna().isin(["sunny", "cloudy", "rainy", "snowing"]).all()


SMALL = {
    "user_artists.dat": b"userID\tartistID\tweight\n2\t10\t5\n10\t9\t1\n10\t10\t7\n",
    "artists.dat": b'id\tname\turl\tpictureURL\n9\tThe "X"\tu\tp\n10\tNaN\tu\tp\n11\tC\tu\tp\n',
    "tags.dat": b"tagID\ttagValue\n1\tcaf\xe9\n2\tNA\n",
    "user_taggedartists.dat": b"userID\tartistID\ttagID\tday\tmonth\tyear\n2\t9\t1\t1\t4\t2009\n"
    b"2\t9\t2\t1\t9\t1979\n",
    "user_friends.dat": b"userID\tfriendID\n2\t10\n10\t2\n",
}


def test_hetrec_by_hand(files):
    data = public.read("hetrec-lastfm", files(SMALL))
    # in the order of the numbers, in which 9 is before 10
    assert data.counts.listeners.tolist() == ["2", "10"]
    assert data.counts.pieces.tolist() == ["9", "10"]
    assert data.counts.matrix.toarray().tolist() == [[0, 5], [1, 7]]
    assert data.pieces["name"].tolist() == ['The "X"', "NaN"]
    assert data.tags["tag"].tolist() == ["café", "NA"]
    assert found(data)["tags dated before 2005"] == "1"
    with pytest.raises(ParameterError, match="has no ratings"):
        data.mean_ratings()


def test_gowalla_by_hand(files):
    data = public.read("gowalla", files({"train.txt": b"0 2 0\n1 1\n", "test.txt": b"0 1\n2 \n"}))
    assert data.counts.matrix.toarray().tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert data.test.toarray().tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    with pytest.raises(ReadError, match="something else than whole"):
        public.read("gowalla", files({"train.txt": b"0 x\n", "test.txt": b"0 1\n"}))
    with pytest.raises(ReadError, match="the list of 0 has a number twice"):
        public.read("gowalla", files({"train.txt": b"0 1 1\n", "test.txt": b"0 1\n"}))


def test_lastfm_1k_in_its_published_form(tmp_path, monkeypatch):
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    rows = [
        "user_000639\t2009-04-08T01:57:47Z\tmbid\tThe Dogs D'Amour\tmbid\tFall in Love Again?",
        "user_000639\t2009-04-08T01:53:56Z\tmbid\tThe Dogs D'Amour\tmbid\tWait",
        'user_000001\t2006-08-13T13:59:20Z\t\t"Weird Al" Yankovic\t\t7" single',
        "user_000001\t2006-08-13\tmbid\tOne field too few",
        "user_000001\tnever\tmbid\tA\tmbid\tB",
    ]
    path = tmp_path / "userid-timestamp-artid-artname-traid-traname.tsv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    data = public.read("lastfm-1k", tmp_path, events=True)
    assert data.counts.listeners.tolist() == ["user_000001", "user_000639"]
    assert data.counts.pieces.tolist() == ['"Weird Al" Yankovic', "The Dogs D'Amour"]
    assert data.counts.matrix.toarray().tolist() == [[1, 0], [0, 2]]
    assert found(data)[["rows", "refused"]].tolist() == ["5", "2"]
    sha256 = workspace.digest_of({path.name: workspace.digest(path)})
    assert found(data)["files"] == f"1, SHA-256 {sha256[:12]}… (not compared: none is published)"
    tables.validate("events", data.events)
    assert data.events["time"].dt.strftime("%d %H:%M").tolist() == [
        "13 13:59",
        "08 01:53",
        "08 01:57",
    ]


def test_yambda_in_its_published_form(tmp_path):
    listens = {
        "uid": [100, 9, 100],
        "timestamp": [5, 0, 90_000],
        "item_id": [20, 3, 20],
        "is_organic": [1, 0, 1],
        "played_ratio_pct": [100, 3, 50],
        "track_length_seconds": [200, 100, 200],
    }
    few = {"uid": [9], "timestamp": [10], "item_id": [20], "is_organic": [1]}
    types = {"uid": "uint32", "timestamp": "uint32", "item_id": "uint32"}
    pd.DataFrame(listens).astype(types).to_parquet(tmp_path / "listens.parquet")
    pd.DataFrame(few).astype(types).to_parquet(tmp_path / "likes.parquet")
    data = public.read("yambda", tmp_path, events=True)
    assert data.counts.listeners.tolist() == ["9", "100"]  # in the order of their numbers
    assert data.counts.pieces.tolist() == ["3", "20"]
    assert data.counts.matrix.toarray().tolist() == [[1, 0], [0, 2]]
    assert data.likes[["listener", "piece", "kind"]].to_numpy().tolist() == [["9", "20", "like"]]
    tables.validate("events", data.events)
    assert data.events["listener"].tolist() == ["9", "100", "100"]
    assert data.events["time"].diff().dt.total_seconds().tolist()[1:] == [5, 89_995]


def test_listenbrainz_in_its_published_form(tmp_path, monkeypatch):
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    folder = tmp_path / "listens" / "2024"
    folder.mkdir(parents=True)
    for name, key, users in (("1", "user_id", [7, 7]), ("2", "user_id", [8])):
        lines = [
            json.dumps(
                {
                    key: user,
                    "timestamp": 1_700_000_000 + turn,
                    "track_metadata": {"artist_name": 'A "B"', "track_name": "x"},
                }
            )
            for turn, user in enumerate(users)
        ]
        broken = ["{", json.dumps({key: 7, "timestamp": 1_700_000_000, "track_metadata": {}})]
        (folder / f"{name}.listens").write_text("\n".join([*lines, *broken]) + "\n", "utf-8")
    data = public.read("listenbrainz", tmp_path, events=True)
    assert data.counts.listeners.tolist() == ["7", "8"]
    assert data.counts.pieces.tolist() == ['A "B"']
    assert data.counts.matrix.toarray().tolist() == [[2], [1]]
    report = found(data)
    assert report["refused: is not JSON"] == report["refused: piece is empty"] == "2"
    tables.validate("events", data.events)
    assert len(data.events) == 3
    (folder / "1.listens").write_text("no\n")
    with pytest.raises(ReadError, match="first line"):
        public.read("listenbrainz", tmp_path)


def test_what_is_not_there(tmp_path):
    with pytest.raises(MissingArtefactError, match="grouplens"):
        public.read("hetrec-lastfm", tmp_path)


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(cells: str, words: str = "", before: str = "") -> bytes:
    """An Excel workbook of one sheet."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{SHEET}" xmlns:r="{RELATIONS}"><sheets>'
            '<sheet name="One" r:id="r1"/></sheets></workbook>',
        )
        link = '<x><Relationship Id="r1" Target="worksheets/a.xml"/></x>'
        archive.writestr("xl/_rels/workbook.xml.rels", link)
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SHEET}">{words}</sst>')
        archive.writestr(
            "xl/worksheets/a.xml",
            f'{before}<worksheet xmlns="{SHEET}"><sheetData>{cells}</sheetData></worksheet>',
        )
    return content.getvalue()


def test_cells_of_a_workbook():
    words = "<si><t> id</t></si><si><r><t>tw</t></r><r><t>o</t></r></si>"
    cells = (
        '<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>'
        '<row><c r="C2"><v>2.5</v></c></row>'
        '<row><c r="A3" t="inlineStr"><is><t>x</t></is></c><c r="B3"/></row>'
    )
    table = spreadsheet.sheets(workbook(cells, words))["One"]
    assert table.columns.tolist() == ["id", "", "two"]
    assert table["two"].tolist()[0] == "2.5" and table["id"].tolist()[1] == "x"
    assert np.array_equal(table.isna(), [[True, True, False], [False, True, True]])


@pytest.mark.parametrize(
    "content",
    [
        b"PK no",
        workbook("<row>"),
        workbook('<row><c r="A1" t="s"><v>7</v></c></row>'),
        workbook("", before='<!DOCTYPE x [<!ENTITY e "e">]>'),
    ],
)
def test_what_is_no_workbook_is_told(content):
    with pytest.raises(ReadError, match="my file"):
        spreadsheet.sheets(content, "my file")


def test_the_readme_of_data_lists_every_data_set_as_the_registry_has_it():
    readme = (workspace.project() / "data" / "README.md").read_text("utf-8")
    rows = {line.split("`")[1]: line for line in readme.splitlines() if line.startswith("| `")}
    assert set(rows) == set(public.COUNTED)
    overview = datasets.overview().set_index("dataset")
    for name, row in rows.items():
        kept = datasets.DATASETS[name]
        assert f"<{kept.page}>" in row and f"| {kept.licence} |" in row
        assert ("by hand" in row) == (overview.loc[name, "download"] == "by hand")
        assert ("not checked" in row) == (overview.loc[name, "checked"] != "by SHA-256")
