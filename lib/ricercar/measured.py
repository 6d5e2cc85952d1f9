"""What ``make bench`` has measured: times, memory and comparisons with other packages.

Goal: the tables that the benchmarks keep, for notebooks to show, with the machine and the
day they were measured on; and a plain sentence where nothing has been measured.

Conventions
-----------
* A measurement is a JSON file, ``benchmarks/results/<what>.json``: one of :data:`ORDER`.
* A *figure* is a row that answers a question: ``value`` with its ``unit``, the bounds
  ``low`` and ``high`` of its 95 % bootstrap interval (NaN where it was measured once) and
  the number of cases ``n``; ``target`` says what it has to reach ("at least 30"), and
  ``reached`` whether it does ("yes", "no", "" without a target).
* A value in ``times faster`` is the other side's time divided by ours, on the same cases,
  in one run on one machine.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from ricercar import workspace
from ricercar.errors import ReadError

#: what is measured, in the order in which it is shown
ORDER = (
    "reading",
    "shared",
    "melodies",
    "growth",
    "folder",
    "style",
    "catalogue",
    "mutations",
    "composition",
    "gowalla",
    "lastfm",
    "ranking",
    "ingest",
    "recommenders",
    "listening",
)

FIGURES = ("work", "against", "value", "unit", "low", "high", "n", "target", "reached")
_NUMBERS = ("value", "low", "high", "n")


@dataclass(frozen=True)
class Measurement:
    """One measurement.

    Attributes
    ----------
    what : str
        Of :data:`ORDER`.
    question : str
        What was asked.
    size : str
        ``full``, or ``small`` for a trial with few cases.
    date : str
        When it ended, UTC, ISO 8601.
    seconds : float
        How long it took.
    code : str
        Digest of the code that was measured.
    machine : mapping
        ``processor``, ``cores``, ``memory_gib``, ``system``, ``python``.
    versions : mapping of str to str
        Of the packages on both sides.
    tables : mapping of str to pandas.DataFrame
        By their captions.
    figures : pandas.DataFrame
        Columns :data:`FIGURES`.
    remarks : tuple of str
        What was left out and why, what to know when reading the tables.
    """

    what: str
    question: str
    size: str
    date: str
    seconds: float
    code: str
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    figures: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*FIGURES]))
    remarks: tuple[str, ...] = ()


def write(measurement: Measurement, folder: Path) -> Path:
    """Keep a measurement as ``<what>.json`` in a folder; returns its path."""
    content = {name: getattr(measurement, name) for name in Measurement.__dataclass_fields__}
    content["tables"] = {
        caption: table.to_dict("records") for caption, table in measurement.tables.items()
    }
    content["figures"] = measurement.figures.to_dict("records")
    target = folder / f"{measurement.what}.json"
    workspace.write_json(target, content)
    return target


def read(path: Path) -> Measurement:
    """Read a measurement.

    Raises
    ------
    ReadError
        If the file is not one.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        tables = {caption: pd.DataFrame(rows) for caption, rows in content["tables"].items()}
        figures = pd.DataFrame(content["figures"], columns=[*FIGURES])
        for column in _NUMBERS:
            figures[column] = pd.to_numeric(figures[column])
        return Measurement(
            **{
                **content,
                "tables": tables,
                "figures": figures,
                "remarks": tuple(content["remarks"]),
            }
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReadError(
            f"{path} is not a measurement ({type(error).__name__}: {error}): "
            "remove it and run make bench"
        ) from error


def load(folder: Path | None = None) -> dict[str, Measurement]:
    """All that has been measured.

    Parameters
    ----------
    folder : Path, optional
        ``benchmarks/results`` of the checkout if left out.

    Returns
    -------
    dict of str to Measurement
        In the order of :data:`ORDER`; empty if nothing has been measured.
    """
    folder = workspace.project() / "benchmarks" / "results" if folder is None else folder
    paths = {what: folder / f"{what}.json" for what in ORDER}
    return {what: read(path) for what, path in paths.items() if path.is_file()}


def figures(*what: str, folder: Path | None = None) -> pd.DataFrame:
    """The figures of some measurements, or of all.

    Parameters
    ----------
    *what : str
        Of :data:`ORDER`; all if left out.
    folder : Path, optional
        As in :func:`load`.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`FIGURES`; no rows if nothing has been measured.

    Examples
    --------
    >>> figures(folder=Path("no such folder")).empty
    True
    """
    known = load(folder)
    wanted = [known[name].figures for name in what or ORDER if name in known]
    filled = [table for table in wanted if len(table)]
    if not filled:
        return pd.DataFrame(columns=[*FIGURES])
    return pd.concat(filled, ignore_index=True)


def account(*what: str, folder: Path | None = None) -> str:
    """When and on what machine it was measured, or that it was not.

    Parameters
    ----------
    *what : str
        Of :data:`ORDER`; all if left out.
    folder : Path, optional
        As in :func:`load`.

    Examples
    --------
    >>> account("reading", folder=Path("no such folder"))
    'Nothing has been measured here: make bench WHAT="reading" measures and keeps the tables.'
    """
    known = load(folder)
    asked = what or ORDER
    found = [known[name] for name in asked if name in known]
    if not found:
        named = f' WHAT="{" ".join(what)}"' if what else ""
        return f"Nothing has been measured here: make bench{named} measures and keeps the tables."
    days = sorted({f"{datetime.fromisoformat(one.date):%Y-%m-%d}" for one in found})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    machines = list(dict.fromkeys(_machine(one.machine) for one in found))
    sentences = [f"Measured {when} by make bench on {'; '.join(machines)}."]
    trials = [one.what for one in found if one.size != "full"]
    if trials:
        sentences.append(f"Trials with few cases, not results: {', '.join(trials)}.")
    missing = [name for name in asked if name not in known]
    if missing:
        sentences.append(f"Not measured yet: {', '.join(missing)}.")
    return " ".join(sentences)


def _machine(machine: Mapping[str, Any]) -> str:
    return (
        f"{machine['processor']} ({machine['cores']} cores, {machine['memory_gib']:.0f} GiB, "
        f"{machine['system']}, Python {machine['python']})"
    )
