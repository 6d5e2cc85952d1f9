"""Parameters of a notebook: which there are, and values checked before anything runs.

Goal: a misspelt name or a value of the wrong type stops the run at once, with the
list of what is known. (papermill itself only logs a warning and runs on.)

Conventions
-----------
* A notebook declares its parameters in one cell tagged ``parameters``, one
  ``name: type = literal  # help`` per line; types are ``str``, ``int``, ``float``,
  ``bool``, ``list`` and ``dict``.
* A parameter file is YAML: ``name: value`` for every notebook, and sections named
  after notebooks for the parameters of one.
* YAML, in files and on the command line, is read by the rules of YAML 1.2: ``1e-4`` is a
  number, ``yes``, ``on`` and ``12:30`` are text. JSON is YAML.

Source: YAML 1.2.2, section 10.3 (core schema).
"""

import ast
import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ricercar import graph
from ricercar.errors import ParameterError

_TYPES: dict[str, type] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list": list,
    "dict": dict,
}
_EXAMPLES = {
    "str": "reel",
    "int": "12",
    "float": "0.5 or 1e-4",
    "bool": "true",
    "list": "[reel, jig]",
    "dict": "{listener: user, piece: track}",
}
_FLOAT = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
#: YAML tag -> what a plain scalar looks like, and the letters with which it begins
_CORE = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    "int": (r"[-+]?[0-9]+", [*"-+0123456789"]),
    "float": (_FLOAT, [*"-+.0123456789"]),
}


@dataclass(frozen=True)
class Parameter:
    """A declared parameter: its name, type, default and help text."""

    name: str
    type: str
    default: Any
    help: str


def declared(source: str) -> dict[str, Parameter]:
    """Read the declarations of a ``parameters`` cell.

    Parameters
    ----------
    source : str
        The cell's source.

    Raises
    ------
    ParameterError
        If a line is not ``name: type = literal  # help`` on its own, or if papermill
        would not see it.

    Examples
    --------
    >>> declared('steps: int = 100  # training steps')["steps"].default
    100
    """
    from papermill.translators import PythonTranslator

    found: dict[str, Parameter] = {}
    lines = {line.split(":")[0].strip(): line for line in source.splitlines()}
    for node in ast.parse(source).body:
        where = f"parameters cell, line {node.lineno}"
        if not (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and isinstance(node.annotation, ast.Name)
            and node.annotation.id in _TYPES
            and node.value is not None
            and node.lineno == node.end_lineno
        ):
            raise ParameterError(
                f"{where}: write `name: type = literal  # help` on one line, "
                f"with a type of {', '.join(_TYPES)}"
            )
        name, kind = node.target.id, node.annotation.id
        try:
            default = coerce(name, kind, ast.literal_eval(node.value))
        except ValueError as error:
            raise ParameterError(f"{where}: the default of {name} is no literal: {error}") from None
        comment = lines[name].partition("  # ")[2].strip()
        found[name] = Parameter(name, kind, default, comment)
    seen = {p.name for p in PythonTranslator.inspect({"source": source})}
    if seen != set(found):
        raise ParameterError(
            f"papermill cannot see {', '.join(sorted(set(found) ^ seen))}: "
            "use no second '=' on a line, comments included"
        )
    return found


def of_notebook(path: Path) -> dict[str, Parameter]:
    """The parameters that a notebook declares.

    Raises
    ------
    ParameterError
        If the file has no cell tagged ``parameters``, or more than one.
    """
    import nbformat

    cells = [
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if "parameters" in cell.metadata.get("tags", [])
    ]
    if len(cells) != 1:
        raise ParameterError(f"{path} has {len(cells)} cells tagged 'parameters', needs one")
    return declared(cells[0].source)


def coerce(name: str, kind: str, value: Any) -> Any:
    """Bring a value to its declared type, or refuse it.

    Text is read as YAML (``"1e-4"`` for a float, ``"[1, a]"``, ``"{play: 2}"``), for a bool
    ``"yes"`` and ``"no"`` too, for a list ``"1, a"`` as well; of a ``str`` it is kept as it is.
    Nothing else is converted, but int to float.

    Raises
    ------
    ParameterError
        Naming the parameter, the value, the type that it should have and an example.

    Examples
    --------
    >>> coerce("rate", "float", "1e-4")
    0.0001
    >>> coerce("styles", "list", "reel,jig"), coerce("sizes", "list", "8,16")
    (['reel', 'jig'], [8, 16])
    >>> coerce("weights", "dict", "{play: 1e-1, skip: -1}")
    {'play': 0.1, 'skip': -1}
    >>> coerce("steps", "int", 2.5)
    Traceback (most recent call last):
    ricercar.errors.ParameterError: parameter 'steps' must be int, not 2.5 (float); an example: 12
    """
    given, why = value, ""
    if isinstance(value, str) and kind != "str":
        value, why = _read_text(kind, value)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    right = isinstance(value, _TYPES[kind]) and (kind == "bool" or not isinstance(value, bool))
    if not right or (kind == "float" and not math.isfinite(value)):
        raise ParameterError(
            f"parameter {name!r} must be {kind}, not {given!r} ({type(given).__name__}{why}); "
            f"an example: {_EXAMPLES[kind]}"
        )
    if kind in ("list", "dict"):
        _check_plain(name, value)
    return value


@cache
def _loader() -> type:
    """A safe loader by the core schema of YAML 1.2, which refuses a key that is there twice."""
    import yaml

    class CoreLoader(yaml.SafeLoader):
        yaml_implicit_resolvers: dict[str, Any] = {}

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if twice := next((key for key in keys if keys.count(key) > 1), None):
                problem = f"{twice!r} is there twice"
                raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
            return super().construct_mapping(node, deep)

    for tag, (pattern, first) in _CORE.items():
        whole = re.compile(f"(?:{pattern})$")
        CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", whole, first)
    # in YAML 1.1, 010 is eight
    CoreLoader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
    return CoreLoader


def _load(text: str) -> Any:
    """What YAML says; raises ``yaml.YAMLError``."""
    import yaml

    try:
        return yaml.load(text, Loader=_loader())
    except ValueError as error:  # a tag that does not fit: !!int x
        raise yaml.YAMLError(str(error)) from None


def _read_text(kind: str, text: str) -> tuple[Any, str]:
    """What text from a command line or a file stands for, and why it stands for nothing else."""
    import yaml

    if kind == "bool":
        return {"true": True, "false": False, "yes": True, "no": False}.get(text.lower(), text), ""
    if kind == "list" and not re.match(r"\s*(\[|- )", text):
        return [_scalar(part.strip()) for part in text.split(",") if part.strip()], ""
    try:
        return _load(text), ""
    except yaml.YAMLError as error:
        problem = getattr(error, "problem", None) or str(error)
        return text, f", not valid YAML: {problem}"


def _scalar(text: str) -> Any:
    """A number, true, false, null or text; what is more than that in YAML stays text."""
    import yaml

    try:
        value = _load(text)
    except yaml.YAMLError:
        return text
    return text if isinstance(value, (list, dict)) else value


def _check_plain(name: str, value: Any) -> None:
    """Refuse what would not survive the way into a notebook (tuples, dates, paths)."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ParameterError(f"parameter {name!r}: key {key!r} must be text")
            if item is None and ":" in key:
                raise ParameterError(
                    f"parameter {name!r}: {key!r} has no value; leave a space after the colon"
                )
            _check_plain(name, item)
    elif isinstance(value, list):
        for item in value:
            _check_plain(name, item)
    elif not isinstance(value, (str, int, float, bool, type(None))):
        raise ParameterError(
            f"parameter {name!r} holds {value!r} ({type(value).__name__}): "
            "use text, numbers, true/false, lists and dictionaries"
        )


def check(
    notebook: str, known: Mapping[str, Parameter], given: Mapping[str, Any]
) -> dict[str, Any]:
    """All parameters of a notebook, the given ones checked and the others at their defaults.

    Parameters
    ----------
    notebook : str
        Its name, for the message.
    known : mapping of str to Parameter
    given : mapping of str to value

    Raises
    ------
    ParameterError
        If a name is unknown (the message lists the known ones) or a value has the wrong type.
    """
    unknown = [name for name in given if name not in known]
    if unknown:
        close = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f" (did you mean {close[0]!r}?)" if close else ""
        listing = "\n".join(
            f"  {p.name}: {p.type} = {p.default!r}  {p.help}" for p in known.values()
        )
        raise ParameterError(
            f"{notebook} has no parameter {', '.join(map(repr, unknown))}{hint}. "
            f"It knows:\n{listing}"
        )
    values = {name: parameter.default for name, parameter in known.items()}
    values.update({name: coerce(name, known[name].type, value) for name, value in given.items()})
    return values


def read_file(path: Path) -> dict[str, Any]:
    """Read a parameter file.

    Raises
    ------
    ParameterError
        If it is missing, is not YAML, or has a section for a notebook that there is not.
    """
    import yaml

    try:
        content = _load(path.read_text("utf-8")) or {}
    except OSError as error:
        raise ParameterError(f"parameter file {path} cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise ParameterError(f"parameter file {path} is not valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise ParameterError(f"parameter file {path} must hold `name: value` lines")
    for name, value in content.items():
        if isinstance(value, dict) and str(name)[:2].isdigit() and name not in graph.NOTEBOOKS:
            raise ParameterError(
                f"parameter file {path}: there is no notebook {name!r}; "
                f"known: {', '.join(graph.NOTEBOOKS)}"
            )
    return content


def for_notebook(content: Mapping[str, Any], notebook: str) -> dict[str, Any]:
    """What a parameter file says for one notebook: common values, then its own section.

    Examples
    --------
    >>> for_notebook({"seed": 2, "11-privacy": {"k": 5}, "01-data-collection": {}}, "11-privacy")
    {'seed': 2, 'k': 5}
    """
    common = {name: value for name, value in content.items() if name not in graph.NOTEBOOKS}
    return {**common, **(content.get(notebook) or {})}
