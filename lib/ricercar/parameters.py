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
"""

import ast
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
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

    Text is read as the type would be written (``"1e-4"`` for a float, ``"true"`` for a
    bool, ``"[1, 2]"``, ``"1,2"`` or ``"a,b"`` for a list); nothing else is converted, but
    int to float.

    Raises
    ------
    ParameterError
        Naming the parameter, the value and the type that it should have.

    Examples
    --------
    >>> coerce("rate", "float", "1e-4")
    0.0001
    >>> coerce("styles", "list", "reel,jig"), coerce("sizes", "list", "8,16")
    (['reel', 'jig'], [8, 16])
    >>> coerce("steps", "int", 2.5)
    Traceback (most recent call last):
    ricercar.errors.ParameterError: parameter 'steps' must be int, not 2.5 (float)
    """
    given = value
    if isinstance(value, str) and kind != "str":
        value = _read_text(kind, value)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    right = isinstance(value, _TYPES[kind]) and (kind == "bool" or not isinstance(value, bool))
    if not right or (kind == "float" and not math.isfinite(value)):
        raise ParameterError(
            f"parameter {name!r} must be {kind}, not {given!r} ({type(given).__name__})"
        )
    if kind in ("list", "dict"):
        _check_plain(name, value)
    return value


def _read_text(kind: str, text: str) -> Any:
    """The value that some text from a command line or YAML stands for, or the text itself."""
    if kind == "bool":
        return {"true": True, "false": False, "yes": True, "no": False}.get(text.lower(), text)
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        value = text
    if kind != "list" or isinstance(value, list) or text.lstrip().startswith("["):
        return value
    if isinstance(value, tuple):
        return list(value)
    return [part.strip() for part in text.split(",") if part.strip()] if value == text else [value]


def _check_plain(name: str, value: Any) -> None:
    """Refuse what would not survive the way into a notebook (tuples, dates, paths)."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ParameterError(f"parameter {name!r}: key {key!r} must be text")
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
        content = yaml.safe_load(path.read_text("utf-8")) or {}
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
