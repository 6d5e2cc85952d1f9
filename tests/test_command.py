"""The command ``ricercar``, from a folder with a broken and a hostile file to the page."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from ricercar import command
from ricercar.assess import sources
from ricercar.assess.reference import TUNES
from ricercar.errors import ParameterError


def abc(number, seed):
    rng = np.random.default_rng(seed)
    walk = np.clip(np.cumsum(rng.integers(-1, 2, 32)) + 3, 0, 7)
    letters = ["CDEFGABc"[step] for step in walk]
    bars = ["".join(letters[at : at + 8]) for at in range(0, 32, 8)]
    return f"X:{number}\nT:Tune {seed}\nR:reel\nM:4/4\nL:1/8\nK:C\n{'|'.join(bars)}|]\n"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    home = tmp_path_factory.mktemp("command")
    real, made = home / "real", home / "made"
    for folder in (real, made):
        folder.mkdir()
    (real / "tunes.abc").write_text("\n".join(abc(n, n) for n in range(1, 31)))
    for number in range(4):
        (made / f"tune-{number}.abc").write_text(abc(1, 100 + number))
    (made / "copy.abc").write_text(abc(1, 100))
    (made / "broken.mid").write_bytes(b"MThd\0\0\0\6nonsense")
    (made / "<script>alert(1)<|script>.abc").write_text(abc(1, 200).replace("Tune", "<script>"))
    return home


@pytest.fixture(scope="module")
def graded(folders):
    run = [sys.executable, "-m", "ricercar", "assess", "made", "--against", "real"]
    run += ["--out", "card.html", "--shown", "3"]
    check = "import sys; assert 'tensorflow' not in sys.modules"
    done = subprocess.run(
        [
            *run[:1],
            "-c",
            f"import sys; from ricercar.command import main; s = main({run[3:]!r}); "
            f"{check}; sys.exit(s)",
        ],
        cwd=folders,
        env=os.environ | {"RICERCAR_HOME": str(folders)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done, (folders / "card.html").read_text("utf-8")


def test_the_table_is_printed_and_the_path_of_the_page(graded, folders):
    out = graded[0].stdout
    for words in ("scale_consistency", "neighbour_accuracy", "copied_16", "train", "shuffled"):
        assert words in out
    assert f"scorecard: {folders / 'card.html'}" in out
    assert "made 6" in out  # the repeated file counts


def test_progress_goes_to_standard_error(graded):
    assert "tunes, crops, made" in graded[0].stderr
    assert "of " not in graded[0].stdout.splitlines()[0]


def test_what_could_not_be_read_is_named(graded):
    out, page = graded[0].stdout, graded[1]
    assert "not read: broken.mid" in out and "broken.mid" in page


def test_the_page_needs_nothing_from_outside_and_runs_nothing(graded):
    page = graded[1]
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)
    assert "<script" not in page.lower()
    assert "&lt;script&gt; 200" in page
    assert page.count("<audio") == 3 and "<svg" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing"], "is not there"),
        (["empty"], "is empty"),
        (["unreadable"], "could not be read"),
        (["made", "--against", "nowhere"], "no catalogue 'nowhere'"),
        (["made", "--workers", "0"], "--workers"),
        (["made", "--out", "."], "name a file"),
    ],
)
def test_mistakes_are_said_and_end_with_2(arguments, said, folders, monkeypatch, capsys):
    monkeypatch.chdir(folders)
    (folders / "empty").mkdir(exist_ok=True)
    (folders / "unreadable").mkdir(exist_ok=True)
    (folders / "unreadable" / "a.mid").write_bytes(b"nonsense")
    assert command.main(["assess", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_catalogue_of_a_run_parts_by_what_its_generator_held_out(tmp_path):
    (tmp_path / "pieces.parquet").write_bytes(b"nonsense")
    with pytest.raises(Exception, match="not a readable Parquet file"):
        sources.read_against(str(tmp_path), [TUNES])


def test_a_folder_before_a_collection(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ryan").mkdir()
    with pytest.raises(ParameterError, match="no piece is left"):
        sources.read_against("ryan", [TUNES])


def test_several_folders_are_sets_under_names_of_their_own(tmp_path):
    for place in ("one/out", "two/out", "three"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "tune.abc").write_text(abc(1, 1))
    several = [tmp_path / "one/out", tmp_path / "two/out", tmp_path / "three"]
    read = sources.read_several(several, workers=1)
    assert list(read) == ["one/out", "two/out", f"{tmp_path.name}/three"]
    assert [len(one.tables[0]) for one in read.values()] == [1, 1, 1]
    assert list(sources.read_several(several[1:], workers=1)) == ["out", "three"]
    with pytest.raises(ParameterError, match="named twice"):
        sources.read_several([several[0], tmp_path / "two/../one/out"], workers=1)
