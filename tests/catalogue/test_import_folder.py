"""A folder of the user's own files: what is taken, what is refused, and why."""

import hashlib
import io
import os
import struct
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from ricercar import catalogue, datasets, workspace
from ricercar.catalogue import archive, export, folder, sources, workers
from ricercar.errors import ParameterError

TUNE = "X:1\nT:The Good Tune\nM:4/4\nL:1/8\nR:reel\nK:G\nG2BG dGBG|c2ec B2dB|\n"


@pytest.fixture(scope="module")
def notes() -> pd.DataFrame:
    rows = [("a", 0, 480 * i, 480, 60 + step) for i, step in enumerate((0, 2, 4, 5, 7))]
    return pd.DataFrame(rows, columns=["piece", "part", "onset", "duration", "pitch"])


def mxl(score: bytes, name: str = "score.xml") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(
            "META-INF/container.xml",
            f'<container><rootfiles><rootfile full-path="{name}"/></rootfiles></container>',
        )
        packed.writestr(name, score)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def collected(tmp_path_factory, notes) -> catalogue.Collected:
    """One folder with good and broken files of every kind, collected once."""
    base = tmp_path_factory.mktemp("import")
    (base / "jig").mkdir()
    export.to_midi(notes, base / "good.mid")
    midi = (base / "good.mid").read_bytes()
    (base / "good copy.mid").write_bytes(midi)
    (base / "cut.mid").write_bytes(midi[:-9])
    (base / "noend.mid").write_bytes(midi[:-4] + b"\x00\x90\x40\x40")
    (base / "events.mid").write_bytes(
        b"MThd"
        + struct.pack(">IHHH", 6, 0, 1, 480)
        + b"MTrk"
        + struct.pack(">I", 6)
        + b"\x00\xff\xff\xff/\x00"[:3]
        + b"\xff\x2f\x00"
    )
    (base / "noise.mid").write_bytes(bytes(range(256)) * 4)
    (base / "film.mid").write_bytes(midi[:12] + b"\xe7\x28" + midi[14:])  # 25 frames a second
    text = export.to_musicxml(notes, title="Mine <b>")
    (base / "jig" / "good.musicxml").write_text(text)
    (base / "broken.musicxml").write_text(text.replace("</measure>", "", 1))
    (base / "page.xml").write_text("<html><body/></html>")
    (base / "good.mxl").write_bytes(mxl(text.replace("Mine", "Packed").encode()))
    (base / "bomb.mxl").write_bytes(mxl(b" " * (archive.LARGEST_SCORE + 1)))
    (base / "nozip.mxl").write_bytes(b"PK not a zip")
    packed = mxl(text.encode())
    locked = packed.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")
    (base / "locked.mxl").write_bytes(
        locked.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
    )
    (base / "torn.mxl").write_bytes(packed[:150] + bytes(40) + packed[190:])
    (base / "secrets.musicxml").write_text(
        '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<score-partwise>&x;'
        "</score-partwise>"
    )
    (base / "noise.mei").write_bytes(b"<mei>\n" + bytes(range(128, 256)))
    (base / "spines.krn").write_text("**kern\t**kern\n4c\t4e\n4d\n*-\t*-\n")
    (base / "two.abc").write_text(TUNE + "\n" + "X:2\nT:No key\nGGG|\n")
    (base / "prose.abc").write_text("This is not a tune.\n")
    (base / "binary.abc").write_bytes(b"\x00\x01\x02" + TUNE.encode())
    (base / "bad.krn").write_text("**text\nla\n*-\n")
    (base / "song.wav").write_bytes(b"RIFF")
    (base / "empty.abc").write_bytes(b"")
    (base / "README.txt").write_text("passed over")
    (base / ".hidden.mid").write_bytes(b"passed over")
    (base / "äöü.abc").write_text(TUNE.replace("Good", "Umlaut").replace("G2BG", "G2GG"))
    outside = tmp_path_factory.mktemp("outside") / "secret.abc"
    outside.write_text(TUNE.replace("Good", "Secret"))
    (base / "link.abc").symlink_to(outside)
    (base / "folder link").symlink_to(outside.parent)
    return catalogue.collect([], base, workers=1, seconds_per_file=20)


def reasons(collected: catalogue.Collected) -> dict[str, str]:
    return dict(zip(collected.quarantine["file"], collected.quarantine["reason"], strict=True))


def test_good_files_enter_with_safe_ids_and_their_licence(collected):
    pieces = collected.pieces.set_index("piece")
    # the MIDI file, its copy and the two scores hold the same notes; two tunes of ABC
    assert sorted(pieces.index) == ["own/aou", "own/jig/good", "own/two.0001"]
    assert pieces.index.str.fullmatch(r"[A-Za-z0-9_./-]+").all()
    assert set(pieces["licence_class"]) == {"own"} and set(pieces["collection"]) == {"own"}
    assert pieces.loc["own/jig/good", "title"] == "Mine <b>"
    assert pieces["style_from"].to_dict() == {
        "own/aou": "rhythm field",
        "own/jig/good": "folder",
        "own/two.0001": "rhythm field",
    }
    assert pieces["style"].to_dict() == {
        "own/aou": "reel",
        "own/jig/good": "jig",
        "own/two.0001": "reel",
    }


def test_the_same_notes_are_one_entry_that_names_every_source(collected):
    source = collected.pieces.set_index("piece").loc["own/jig/good", "source"]
    first, *others = source.split("; also ")
    assert first == "import folder: jig/good.musicxml"  # its folder tells the style
    assert sorted(others) == [
        f"import folder: {name}" for name in ("good copy.mid", "good.mid", "good.mxl")
    ]
    assert {also.split(".")[0] for also in collected.merged["also"]} == {
        "own/good",
        "own/good-copy",
    }
    assert len(collected.merged) == 3
    assert set(collected.merged["piece"]) == {"own/jig/good"}


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("cut.mid", "ends inside track 2"),
        ("noend.mid", "no end mark"),
        ("noise.mid", "MThd"),
        ("film.mid", "film frames"),
        ("broken.musicxml", "not well-formed"),
        ("page.xml", "<html>"),
        ("bomb.mxl", "unpacks to more than"),
        ("nozip.mxl", "not a readable .mxl archive"),
        ("locked.mxl", "encrypted"),
        ("torn.mxl", "archive"),
        ("secrets.musicxml", "declares XML entities"),
        ("noise.mei", "XML"),
        ("spines.krn", "1 columns where 2 spines run"),
        ("two.abc", "no K: line"),
        ("prose.abc", "X: line"),
        ("binary.abc", "not a text file"),
        ("bad.krn", "kern"),
        ("song.wav", "unknown kind of file (.wav)"),
        ("empty.abc", "empty"),
        ("link.abc", "link"),
        ("folder link", "link"),
    ],
)
def test_each_broken_file_is_listed_with_its_reason(collected, file, reason):
    assert reason in reasons(collected)[file]


def test_lines_are_given_where_known(collected):
    lines = collected.quarantine.set_index("file")["line"]
    assert lines["two.abc"] == 9  # where the second tune begins
    assert lines["broken.musicxml"] > 1
    assert lines["noise.mid"] == 0
    assert lines["spines.krn"] == 3 and lines["noise.mei"] == 2


def test_damaged_events_do_not_enter_unnoticed(collected):
    assert "events.mid" in reasons(collected)


def test_nothing_outside_the_folder_is_read(collected):
    assert not collected.pieces["title"].str.contains("Secret").any()
    assert not set(reasons(collected)) & {"README.txt", ".hidden.mid"}


def test_ids_do_not_collide_and_cannot_escape(tmp_path):
    for name in ("a b.abc", "a-b.abc", "a_b.abc", "---.abc", "$(rm).abc"):
        (tmp_path / name).write_text(TUNE.replace("Good", f"tune {len(name)}{name}"))
    ids = [s.piece for s in folder.survey(tmp_path)]
    assert len(set(ids)) == 5
    assert all(i.startswith("own/") and ".." not in i for i in ids)


def test_names_of_files_and_tracks_join_nothing(tmp_path, notes):
    (tmp_path / "Slip Jigs").mkdir()
    for number in (1, 2):
        one = notes.assign(pitch=notes["pitch"] + number * notes["onset"] // 480)
        export.to_midi(one, tmp_path / "Slip Jigs" / f"track {number}.mid")
        other = notes.assign(pitch=notes["pitch"] - number * notes["onset"] // 480)
        plain = export.to_midi(other, tmp_path / f"track {number}.mid").read_bytes()
        head, _, track = plain.rpartition(b"MTrk")
        events = b"\x00\xff\x03\x05Piano" + track[4:]
        named = head + b"MTrk" + struct.pack(">I", len(events)) + events
        (tmp_path / f"track {number}.mid").write_bytes(named)
    pieces = catalogue.collect([], tmp_path, workers=1).pieces.set_index("piece")
    assert pieces.loc["own/Slip-Jigs/track-1", ["title", "style"]].tolist() == [
        "track-1",
        "slip jig",
    ]
    assert set(pieces["title"]) == {"Piano", "track-1", "track-2"}
    assert pieces["work"].nunique() == 4


def measuring(*parts: str) -> Path:
    """A folder of the data for measuring, which need not be there."""
    named = os.environ.get("RICERCAR_SHARED_DATA")
    parent = Path(named) if named else workspace.project().parent / "shared" / "data"
    folder = parent.joinpath(*parts)
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: set RICERCAR_SHARED_DATA to the public data")
    return folder


def test_a_folder_of_nottingham_midi(tmp_path):
    files = sorted(measuring("nottingham", "MIDI").rglob("*.mid"))[::300]
    for file in files:
        target = tmp_path / file.parent.name / file.name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(file.read_bytes())
    found = catalogue.collect([], tmp_path, workers=1)
    assert len(found.pieces) + len(found.merged) == len(files) and found.quarantine.empty
    assert set(found.pieces["style_from"]) <= {"file", "unknown"}  # "MIDI" names no style
    assert {"jig", "reel"} <= set(found.pieces["style"])
    assert found.pieces["meter"].notna().all()


def test_a_folder_of_lieder(tmp_path):
    base = measuring("openscore_lieder", "scores")
    files = [sorted(base.glob(f"{name}/*/*/*.mxl"))[0] for name in ("Schubert*", "Hensel*")]
    for file in files:
        target = tmp_path / "scores" / file.relative_to(base)
        target.parent.mkdir(parents=True)
        target.write_bytes(file.read_bytes())
    found = catalogue.collect([], tmp_path, workers=1, own_licence="CC0-1.0")
    pieces = found.pieces.sort_values("piece", ignore_index=True)
    assert pieces["style"].tolist() == ["hensel fanny", "schubert franz"]
    assert set(pieces["style_from"]) == {"folder"} and set(pieces["licence_class"]) == {"open"}
    assert pieces["composer"].notna().all() and (pieces["parts"] >= 2).all()


def test_a_data_set_of_the_registry_is_an_import(tmp_path, monkeypatch):
    files = {"a/jigs.abc": TUNE, "b/song.abc": TUNE.replace("G2BG", "G2GG"), "notes.txt": "x"}
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    for name, text in files.items():
        path = tmp_path / "openscore-lieder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "openscore-lieder" / "more.abc").write_text(TUNE.replace("G2BG", "GABG"))
    monkeypatch.setattr(datasets.Dataset, "files", digests)
    monkeypatch.setenv("RICERCAR_DATASETS", str(tmp_path))
    pieces = catalogue.collect([], "dataset:openscore-lieder", workers=1).pieces
    assert pieces["piece"].tolist() == ["openscore-lieder/a/jigs", "openscore-lieder/b/song"]
    assert set(pieces["collection"]) == {"openscore-lieder"}
    assert set(pieces["licence"]) == {"CC0-1.0"} and set(pieces["style_from"]) == {"collection"}
    assert set(pieces["style"]) == {"lied"}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.abc", TUNE, ("reel", "rhythm field")),
        ("b.abc", TUNE.replace("R:reel", "R:Barn Dance"), ("barn dance", "rhythm field")),
        ("c.krn", "!!!AGN: Minuet\n**kern\n4c\n4d\n*-\n", ("minuet", "file")),
        (
            "d.mei",
            '<mei><classification><termList><term type="g">Madrigal</term></termList>'
            "</classification></mei>",
            ("madrigal", "file"),
        ),
        (
            "e.musicxml",
            '<x><miscellaneous-field name="genre">Tango</miscellaneous-field></x>',
            ("tango", "file"),
        ),
        ("f.musicxml", "<x/>", ("", "")),
    ],
)
def test_the_style_that_a_file_tells(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    (source,) = folder.survey(tmp_path)
    assert (source.style, source.style_from) == told


def test_prose_between_tunes_is_no_music():
    text = TUNE + "\nA good egg, be fed.\n\nG2G2 G2G2|\n\n" + TUNE.replace("X:1", "X:2")
    (line, first), (later, second) = sources.tunes_of(text)
    assert "egg" not in first and first.endswith("G2G2 G2G2|") and "X:2" in second
    assert (line, later) == (1, text[: text.index("X:2")].count("\n") + 1)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(ParameterError, match="no folder"):
        catalogue.collect([], tmp_path / "none")


def test_licence_own_can_be_left_out(tmp_path):
    (tmp_path / "a.abc").write_text(TUNE)
    with pytest.raises(ParameterError, match="no piece is left"):
        catalogue.collect([], tmp_path, allow_licences=["open"], workers=1)


def _hang(format: str, data: bytes, repeats: str) -> None:
    if data == b"die":
        import os

        os._exit(3)
    if data == b"hang":
        import time

        time.sleep(60)
    raise ValueError("a reader's own fault")


def test_a_hanging_or_dying_reader_stops_nothing(monkeypatch, tmp_path):
    from ricercar.catalogue.sources import Source

    monkeypatch.setattr(workers, "_read", _hang)
    given = [
        Source(f"own/{name}", "own", "midi", name.encode(), "", "", "own")
        for name in ("hang", "die", "odd")
    ]
    monkeypatch.setattr(workers, "_ready", _nothing)
    found = list(workers.read_untrusted(given, 1, 0.5, "reading"))
    assert [source for source, _ in found] == given
    assert [reason.split(" (")[0] for _, (reason, *_) in found] == [
        "reading it took more than 0.5 seconds",
        "reading it ended the reading process",
        "reading it failed",
    ]


def _nothing() -> None:
    pass


def test_texts_from_files_become_one_printable_line():
    assert folder.clean("a\x00b\x1b[31m\r\nc\u202e") == "a b [31m c"
    assert len(folder.clean("x" * 1000)) == 200


def test_mxl_with_many_members_or_none(tmp_path: Path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for number in range(archive.MOST_MEMBERS + 1):
            packed.writestr(f"{number}.xml", "")
    with pytest.raises(archive.ReadError, match="members"):
        archive.unpack_mxl(buffer.getvalue())
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    with pytest.raises(archive.ReadError, match="no score"):
        archive.unpack_mxl(empty.getvalue())
