"""The command ``ricercar compose``."""

import argparse
import subprocess
import sys

import numpy as np
import pytest

from ricercar import command_compose
from ricercar.catalogue import export
from ricercar.errors import ParameterError
from ricercar.gan import sampling


@pytest.fixture(scope="module")
def stored(untrained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("generator")
    sampling.save(untrained(), folder / "g.npz", folder / "g.json")
    return folder / "g.npz"


@pytest.fixture
def run(stored, tmp_path):
    def command(*words: object) -> int:
        parser = argparse.ArgumentParser()
        command_compose.add_arguments(parser)
        given = ["--generator", stored, "--out", tmp_path / "out", *words]
        return command_compose.run(parser.parse_args([str(word) for word in given]))

    return command


def files(folder) -> list[str]:
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def test_pieces_become_files_and_a_line_each(run, tmp_path, capsys):
    assert run("--style", "reel", "--bars", 4, "-n", 2, "--key", "A minor", "--sound") == 0
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 2
    assert told[0].startswith("reel, 2/2, A minor, 4 bars: ")
    assert told[0].endswith("ricercar-reel-0001.mid (.musicxml, .ogg)")
    names = [f"ricercar-reel-000{i}{end}" for i in (1, 2) for end in (".mid", ".musicxml", ".ogg")]
    assert files(tmp_path / "out") == names
    by_midi = export.read_back(tmp_path / "out" / "ricercar-reel-0002.mid")
    assert by_midi["pitch"].between(40, 100).all() and (by_midi["part"] == 0).all()
    assert (tmp_path / "out" / "ricercar-reel-0001.ogg").read_bytes()[:4] == b"OggS"


def test_the_same_command_gives_the_same_bytes(run, tmp_path):
    words = ("--style", "reel=0.7,jig=0.3", "--bars", 4, "--seed", 5)
    run(*words)
    first = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert set(first) == {"ricercar-reel-jig-0001.mid", "ricercar-reel-jig-0001.musicxml"}
    run(*words, "--force")
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}


def test_a_file_is_continued_and_accompanied(run, tmp_path, capsys):
    run("--style", "hymn", "--meter", "4/4", "--bars", 3, "--seed", 1)
    written = tmp_path / "out" / "ricercar-hymn-0001.musicxml"
    given = export.read_back(written)
    run("--continue", written, "--keep-bars", 2, "--bars", 4, "-n", 2)
    run("--accompany", written, "--style", "hymn")
    assert capsys.readouterr().out.count("hymn, 4/4") == 4
    on = export.read_back(tmp_path / "out" / "ricercar-ricercar-hymn-0001-continued-0002.musicxml")
    columns = ["part", "onset", "duration", "pitch"]
    start = given[given["onset"] < 2 * 1920][columns].to_numpy().tolist()
    assert [row for row in on[columns].to_numpy().tolist() if row[1] < 2 * 1920] == start
    below = tmp_path / "out" / "ricercar-ricercar-hymn-0001-accompanied-0001.musicxml"
    both = (export.read_back(below), given)
    one, other = (table.loc[table["part"] == 0, columns].to_numpy() for table in both)
    np.testing.assert_array_equal(one, other)


def test_an_abc_melody_is_accompanied(run, tmp_path):
    melody = tmp_path / "air.abc"
    melody.write_text("X:1\nT:Air\nM:3/4\nL:1/4\nK:D\nD E F | G A B | A3 |\n")
    run("--accompany", melody)
    made = export.read_back(tmp_path / "out" / "ricercar-air-accompanied-0001.mid")
    assert made.loc[made["part"] == 0, "pitch"].tolist() == [62, 64, 66, 67, 69, 71, 69]


def test_the_list_counts_styles_meters_and_keys(run, capsys):
    run("--list")
    told = capsys.readouterr().out
    assert "  reel (16 pieces)\n    meters: 2/2 16\n    keys: G major 9, A minor 7" in told
    assert "4 voices" in told and "1 voice\n" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name a style"),
        (("--style", "polka"), "polka.*known: hymn, jig, reel"),
        (("--style", "reel=x"), "not understood"),
        (("--style", "reel", "--bars", 65), "2 to 64"),
        (("--style", "reel", "--meter", "7/8"), "7/8"),
        (("--style", "reel", "--key", "H dur"), "H dur"),
        (("--style", "reel", "-n", 0), "-n is 0"),
        (("--style", "reel", "--seed", -1), "seed"),
        (("--style", "reel", "--tempo", 5), "tempo"),
        (("--style", "reel", "--keep-bars", 2), "goes with --continue"),
        (("--continue", "none.mid", "--bars", 8), "there is no file none.mid"),
        (("--continue", "a.mid", "--accompany", "b.mid"), "do not go together"),
        (("--continue", "a.mid"), "--bars 8"),
        (("--accompany", __file__), "no known format"),
        (("--style", "reel", "--generator", "none.npz"), "there is no file none.npz"),
    ],
)
def test_mistakes_are_told_and_leave_nothing(run, tmp_path, words, message):
    with pytest.raises(ParameterError, match=message):
        run(*words)
    assert not (tmp_path / "out").exists()


def test_a_damaged_file_is_told(run, tmp_path, stored):
    for name, data in (("broken.mid", b"MThd"), ("broken.abc", b"no tune")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ParameterError, match=f"{name} cannot be read"):
            run("--accompany", tmp_path / name)
    half = tmp_path / "half.npz"
    half.write_bytes(stored.read_bytes()[:-500])
    half.with_suffix(".json").write_bytes(stored.with_suffix(".json").read_bytes())
    with pytest.raises(ParameterError, match=r"half\.npz"):
        run("--style", "reel", "--generator", half)


def test_files_are_replaced_only_if_asked(run, tmp_path):
    run("--style", "jig", "--bars", 2)
    kept = (tmp_path / "out" / "ricercar-jig-0001.mid").read_bytes()
    with pytest.raises(ParameterError, match=r"0001\.mid is there already and 1 more"):
        run("--style", "jig", "--bars", 2, "-n", 2, "--seed", 1)
    assert (tmp_path / "out" / "ricercar-jig-0001.mid").read_bytes() == kept
    assert len(files(tmp_path / "out")) == 2
    run("--style", "jig", "--bars", 2, "--seed", 1, "--force")
    assert (tmp_path / "out" / "ricercar-jig-0001.mid").read_bytes() != kept


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError])
def test_a_failure_in_the_middle_leaves_nothing(run, tmp_path, monkeypatch, failure):
    def fail(*_):
        raise failure("disk full")

    monkeypatch.setattr(command_compose, "_sound", fail)
    with pytest.raises(ParameterError if failure is OSError else failure):
        run("--style", "jig", "--bars", 2, "--sound")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_a_file_is_refused(run, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ParameterError, match="is not a folder"):
        run("--style", "jig")
    assert (tmp_path / "out").read_text() == "mine"


def test_tensorflow_is_not_imported(stored, tmp_path):
    words = ["--style", "jig", "--bars", "2", "--out", str(tmp_path), "--generator", str(stored)]
    code = f"""if True:
        import argparse, sys
        from ricercar import command_compose
        parser = argparse.ArgumentParser()
        command_compose.add_arguments(parser)
        command_compose.run(parser.parse_args({words!r}))
        assert not {{"tensorflow", "keras", "music21"}} & set(sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(files(tmp_path)) == 2
