import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("run", "'no'", "'no'"),
        ("rate", "-.5", -0.5),
        ("verbose", "Yes", True),
        (
            "styles",
            "[1e-4, no, 12:30, 2020-01-01, 010, '5', null]",
            [1e-4, "no", "12:30", "2020-01-01", 10, "5", None],
        ),
        ("styles", "folk: old, @x, -1", ["folk: old", "@x", -1]),
        ("styles", "- a\n- [b]", ["a", ["b"]]),
        ("styles", "", []),
        (
            "weights",
            "{play: 1e-1, user: Hörer, on: no}",
            {"play": 0.1, "user": "Hörer", "on": "no"},
        ),
        ("weights", '{"play":2,"user":"H\\u00f6rer"}', {"play": 2, "user": "Hörer"}),
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
        ("seed", "1e3"),
        ("rate", ".inf"),
        ("weights", "{play: 1, play: 2}"),
        ("weights", "{listener:user}"),
        ("weights", "!!python/object/apply:os.getcwd []"),
        ("seed", "!!int x"),
    ],
)
def test_wrong_types_are_refused(known, name, value):
    with pytest.raises(ParameterError, match=name):
        parameters.check("n", known, {name: value})


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF, exclude_categories=["C"])),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), inner)
        ),
        max_leaves=8,
    )
)
def test_json_is_read_as_what_it_says(value):
    for text in (json.dumps([value]), json.dumps([value], ensure_ascii=False)):
        assert parameters.coerce("styles", "list", text) == [value]


def test_a_refusal_names_parameter_type_and_an_example(known):
    with pytest.raises(ParameterError) as error:
        parameters.check("n", known, {"weights": "{play: [1"})
    for words in (
        "'weights' must be dict",
        "expected ',' or ']'",
        "{listener: user, piece: track}",
    ):
        assert words in str(error.value)
    with pytest.raises(ParameterError, match="'listener:user' has no value; leave a space"):
        parameters.check("n", known, {"weights": "{listener:user}"})


def test_numbers_in_a_file_are_those_of_the_command_line(tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text("weights: {play: 1e-1}\nlistener: 2020-01-01\nbatch: 010\n")
    found = {"weights": {"play": 0.1}, "listener": "2020-01-01", "batch": 10}
    assert parameters.read_file(file) == found


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
