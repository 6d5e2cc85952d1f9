"""The page that joins the reports of a run: one card per notebook, a piece to hear, the figures.

Conventions
-----------
It is made from the files of ``reports/<run>/`` that the notebooks left there
(``headlines/``, ``metrics/``, ``run.json``); what is missing is said to be missing.
"""

import json
from pathlib import Path
from typing import Any

from ricercar import graph, wording, workspace
from ricercar.errors import ReadError
from ricercar.show import layout
from ricercar.show.frames import data_uri


def index(run: str) -> Path:
    """Write ``reports/<run>/index.html``.

    Parameters
    ----------
    run : str
        Name of the run.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ReadError
        If one of the files of the run is not readable.
    """
    return write_index(workspace.reports_folder(run), run)


def write_index(folder: Path, run: str = "") -> Path:
    """Write ``index.html`` into a folder of reports.

    Parameters
    ----------
    folder : pathlib.Path
        ``reports/<run>/``.
    run : str
        Name of the run; the folder's name if left out.
    """
    records = _read(folder / "run.json") or {}
    html = layout.page(
        "index.html",
        name="index",
        run=run or folder.name,
        cards=[_card(folder, name) for name in graph.NOTEBOOKS],
        facts=_facts(records),
        packages=_packages(records),
    )
    with workspace.writing(folder / "index.html") as path:
        path.write_text(html, "utf-8")
    return folder / "index.html"


def _read(path: Path) -> Any:
    """A JSON file, or None where there is none."""
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ReadError(f"{path} is not readable JSON: {error}; run its notebook again") from error


def _card(folder: Path, name: str) -> dict[str, Any]:
    """What the index shows of a notebook."""
    headline = _read(folder / "headlines" / f"{name}.json") or {}
    picture = folder / "headlines" / f"{name}.png"
    sound = folder / "headlines" / f"{name}.ogg"
    metrics = _read(folder / "metrics" / f"{name}.json") or {}
    report = (folder / f"{name}.html").is_file()
    failed = f"failed/{name}.ipynb" if (folder / "failed" / f"{name}.ipynb").is_file() else ""
    return {
        "name": name,
        "number": name[:2],
        "title": layout.title(name),
        "question": graph.NOTEBOOKS[name].question,
        "sentence": headline.get("sentence", ""),
        "picture": data_uri(picture.read_bytes(), "image/png") if picture.is_file() else "",
        "alt": headline.get("alt") or headline.get("sentence", ""),
        "sound": data_uri(sound.read_bytes(), "audio/ogg") if sound.is_file() else "",
        "heard": headline.get("heard", ""),
        "report": f"{name}.html" if report else "",
        "failed": failed,
        "waiting": not (report or headline or metrics),
        "metrics": [_metric(key, figure) for key, figure in metrics.items()],
    }


def _metric(name: str, figure: dict[str, Any]) -> dict[str, str]:
    value, low, high = (figure.get(key) for key in ("value", "low", "high"))
    known = low is not None and high is not None
    decimals = 3 if value is None or abs(value) < 10 else 2 if abs(value) < 100 else 1
    return {
        "name": name.replace("_", " ").replace(".", " · "),
        "value": wording.number(value, decimals),
        "interval": f"[{wording.number(low, decimals)}, {wording.number(high, decimals)}]"
        if known
        else "",
        "n": wording.number(figure.get("n")) if figure.get("n") is not None else "",
        "of": "; ".join(f"{what}: {which}" for what, which in figure.get("of", {}).items()),
    }


def _facts(records: dict[str, Any]) -> list[tuple[str, str]]:
    """What holds for the run as a whole."""
    if not records:
        return []
    facts = [("notebooks run", f"{len(records)} of {len(graph.NOTEBOOKS)}")]
    started = [record["started"] for record in records.values() if record.get("started")]
    if started:
        facts.append(("first started", min(started)[:16].replace("T", " ") + " UTC"))
    seconds = [record["duration_s"] for record in records.values() if record.get("duration_s")]
    if seconds:
        facts.append(("time in notebooks", f"{sum(seconds):.0f} s"))
    facts.append(("seeds", _distinct(record.get("seed") for record in records.values())))
    facts.append(("commit", _distinct(map(_commit, records.values()))))
    facts.append(("machine", _distinct(record.get("platform") for record in records.values())))
    return [(name, value) for name, value in facts if value]


def _commit(record: dict[str, Any]) -> str | None:
    if not record.get("commit"):
        return None
    return record["commit"][:12] + (" with changes" if record.get("dirty") else "")


def _distinct(values: Any) -> str:
    return ", ".join(dict.fromkeys(str(value) for value in values if value is not None))


def _packages(records: dict[str, Any]) -> list[tuple[str, str]]:
    found: dict[str, list[str]] = {}
    for record in records.values():
        for package, version in record.get("packages", {}).items():
            found.setdefault(package, []).append(version)
    return [(package, _distinct(found[package])) for package in sorted(found)]
