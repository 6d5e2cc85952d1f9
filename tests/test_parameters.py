import pytest

from ricercar import parameters
from ricercar.errors import ParameterError

CELL = """run: str = "quick"  # name of the run
seed: int = 1  # seed
rate: float = 1e-4  # learning rate
styles: list = ["reel", "jig"]  # which
verbose: bool = False  # say more
weights: dict = {"play": 1.0}  # weights
"""


@pytest.fixture
def known():
    return parameters.declared(CELL)


def test_declared_reads_name_type_default_and_help(known):
    assert list(known) == ["run", "seed", "rate", "styles", "verbose", "weights"]
    assert known["rate"] == parameters.Parameter("rate", "float", 1e-4, "learning rate")


@pytest.mark.parametrize(
    "cell",
    [
        "steps = 3",
        "steps: int = 2 + 1",
        "steps: int | None = 3",
        "steps: int = 3  # as in x=y",
        "styles: list = [\n  1]",
    ],
)
def test_declared_refuses_what_papermill_cannot_see(cell):
    with pytest.raises(ParameterError):
        parameters.declared(cell)


def test_unknown_name_is_refused_with_the_known_ones(known):
    with pytest.raises(ParameterError, match=r"no parameter 'sed' \(did you mean 'seed'\?\)") as e:
        parameters.check("03-x", known, {"sed": 3})
    assert all(name in str(e.value) for name in known)


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("rate", "1e-4", 1e-4),
        ("rate", 1, 1.0),
        ("seed", "7", 7),
        ("verbose", "true", True),
        ("styles", "reel, jig", ["reel", "jig"]),
        ("styles", "['air']", ["air"]),
        ("styles", "air", ["air"]),
        ("styles", "5, 10", [5, 10]),
        ("styles", "5", [5]),
        ("weights", "{'play': 2}", {"play": 2}),
        ("run", "1e-4", "1e-4"),
    ],
)
def test_text_is_read_as_the_declared_type(known, name, value, right):
    found = parameters.check("n", known, {name: value})[name]
    assert found == right and type(found) is type(right)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", 1.5),
        ("seed", True),
        ("seed", "x"),
        ("rate", "fast"),
        ("rate", float("nan")),
        ("verbose", "maybe"),
        ("verbose", 1),
        ("run", 3),
        ("weights", [1]),
        ("weights", {1: 2}),
        ("styles", [("a", "b")]),
        ("styles", "[1, 2"),
    ],
)
def test_wrong_types_are_refused(known, name, value):
    with pytest.raises(ParameterError, match=name):
        parameters.check("n", known, {name: value})


def test_parameter_file_with_sections(tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text("seed: 3\n04-gan-training:\n  steps: 10\n11-privacy:\n")
    content = parameters.read_file(file)
    assert parameters.for_notebook(content, "04-gan-training") == {"seed": 3, "steps": 10}
    assert parameters.for_notebook(content, "11-privacy") == {"seed": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [", "not valid YAML"), ("- 1", "name: value"), ("12-x:\n  a: 1", "no notebook '12-x'")],
)
def test_bad_parameter_files_are_refused(tmp_path, text, message):
    file = tmp_path / "p.yaml"
    file.write_text(text)
    with pytest.raises(ParameterError, match=message):
        parameters.read_file(file)


def test_missing_parameter_file_is_named(tmp_path):
    with pytest.raises(ParameterError, match="nothing.yaml"):
        parameters.read_file(tmp_path / "nothing.yaml")
