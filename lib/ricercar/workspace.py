"""Where things are, and how a notebook reads and writes them.

Goal: a notebook names artefacts, never paths; what it writes is complete,
valid and under its final name, or not there at all.

Conventions
-----------
* The *home* is the folder that holds ``data/`` and ``reports/``: the project's
  root, found upward from the working directory by its marker file, or the folder
  named by the environment variable ``RICERCAR_HOME``.
* A *run* (``quick``, ``full``, ...) has the folders ``data/<run>/`` for artefacts
  and ``reports/<run>/`` for reports.
* Under :mod:`ricercar.execute` what a notebook writes goes to a staging folder
  (``RICERCAR_STAGING``) and is moved to its final name when the notebook has
  succeeded as a whole; interactively each artefact appears as soon as it is
  complete.
"""

import hashlib
import json
import math
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ricercar import graph, tables
from ricercar.errors import MissingArtefactError, ParameterError, TableError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKER = "Snakefile"


def project() -> Path:
    """The project's root: the nearest folder, upward, that holds ``Snakefile`` and ``lib``.

    Raises
    ------
    MissingArtefactError
        If neither the working directory nor this file lies in a checkout.
    """
    for start in (Path.cwd(), Path(__file__).resolve().parent):
        for folder in (start, *start.parents):
            if (folder / MARKER).is_file() and (folder / "lib" / "ricercar").is_dir():
                return folder
    raise MissingArtefactError(
        f"no Ricercar checkout at or above {Path.cwd()}: "
        "change to the project's folder, or set RICERCAR_HOME"
    )


def home() -> Path:
    """The folder that holds ``data/`` and ``reports/``."""
    named = os.environ.get("RICERCAR_HOME")
    return Path(named).resolve() if named else project()


def check_run(run: str) -> str:
    """Return ``run`` if it can name a folder.

    Raises
    ------
    ParameterError
        If it has anything but letters, digits, ``_``, ``.`` and ``-``, or starts with ``.``.

    Examples
    --------
    >>> check_run("quick")
    'quick'
    """
    if not isinstance(run, str) or not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}", run):
        raise ParameterError(
            f"run {run!r} cannot name a folder: use letters, digits, '_', '-' and '.'"
        )
    return run


def data_folder(run: str) -> Path:
    """``data/<run>/``, where the artefacts of a run are."""
    return home() / "data" / check_run(run)


def reports_folder(run: str) -> Path:
    """``reports/<run>/``, where the reports of a run are."""
    return home() / "reports" / check_run(run)


def cache_folder(name: str) -> Path:
    """``data/cache/<name>/``, created: results that are named by their inputs' digests."""
    folder = home() / "data" / "cache" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def digest(path: Path) -> str:
    """SHA-256 of a file, or of a folder's file names and contents.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    if path.is_dir():
        children = [p for p in path.rglob("*") if p.is_file()]
        return digest_of({p.relative_to(path).as_posix(): digest(p) for p in children})
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            sha.update(block)
    return sha.hexdigest()


def digest_of(files: Mapping[str, str]) -> str:
    """SHA-256 of a set of files, from the path and the digest of each.

    Examples
    --------
    >>> digest_of({"a": "0", "b": "1"}) == digest_of({"b": "1", "a": "0"})
    True
    """
    ordered = sorted(files.items(), key=lambda item: Path(item[0]))
    return hashlib.sha256("".join(f"{path}\0{sha}\n" for path, sha in ordered).encode()).hexdigest()


def replace(source: Path, target: Path) -> None:
    """Move a file or folder to its final name, over an older one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        old = Path(tempfile.mkdtemp(prefix=".old-", dir=target.parent))
        os.replace(target, old / target.name)
        os.replace(source, target)
        shutil.rmtree(old)
    else:
        os.replace(source, target)


@contextmanager
def writing(target: Path) -> Iterator[Path]:
    """Give a temporary path that becomes ``target`` when the block ends without error.

    A target without a suffix is a folder, which is created empty.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with writing(folder / "a.txt") as path:
    ...     _ = path.write_text("whole")
    >>> (folder / "a.txt").read_text()
    'whole'
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".part-", dir=target.parent))
    try:
        path = scratch / target.name
        if not target.suffix:
            path.mkdir()
        yield path
        replace(path, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_json(target: Path, content: Any) -> None:
    """Write JSON atomically; NaN becomes null, keys keep their order."""
    with writing(target) as path:
        path.write_text(json.dumps(_plain(content), indent=1, allow_nan=False) + "\n", "utf-8")


def _plain(value: Any) -> Any:
    """Plain JSON types from NumPy scalars, arrays, tuples and NaN."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


@dataclass(frozen=True)
class Step:
    """A notebook at work in a run: what it may read and write, by name.

    Parameters
    ----------
    notebook : ricercar.graph.Notebook
    run : str
    values : mapping, optional
        Those of its parameters on which depends what it reads.
    """

    notebook: graph.Notebook
    run: str
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)

    # reading

    def path(self, artefact: str) -> Path:
        """The path of an artefact that this notebook reads, or has just written.

        Raises
        ------
        MissingArtefactError
            If it is not there; the message names the notebook that writes it.
        """
        if artefact not in (*self.notebook.reads, *self.notebook.writes):
            raise ParameterError(
                f"{self.notebook.name} does not declare {artefact!r} in ricercar.graph; "
                f"it reads {', '.join(self.notebook.reads) or 'nothing'}"
            )
        if found := self._find(artefact):
            return found
        maker = graph.writer(artefact).name
        instead = " or ".join(self.notebook.instead)
        raise MissingArtefactError(
            f"{artefact} is not there in run {self.run!r}: run {maker} first "
            f"(ricercar run {maker} --run {self.run}, or make reports RUN={self.run})"
            + (f", or name a {instead} to use instead of the run's own data" if instead else "")
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables that the notebook reads with its parameters, as far as they are there."""
        there = (n for n in self.notebook.looks_at(self.values) if self._find(n))
        return {name: self.table(name) for name in (n.removesuffix(".parquet") for n in there)}

    def _find(self, artefact: str) -> Path | None:
        folders = dict.fromkeys((self._output_folder, data_folder(self.run)))
        return next((f / artefact for f in folders if (f / artefact).exists()), None)

    def table(self, name: str) -> pd.DataFrame:
        """Read a table and check it against its schema."""
        path = self.path(f"{name}.parquet")
        try:
            frame = pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise TableError(f"{path} is not a readable Parquet file: {error}") from error
        return tables.validate(name, frame)

    def arrays(self, artefact: str) -> dict[str, np.ndarray]:
        """Read an ``.npz`` artefact (no pickled objects)."""
        with np.load(self.path(artefact), allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}

    def json(self, artefact: str) -> Any:
        """Read a JSON artefact."""
        return json.loads(self.path(artefact).read_text("utf-8"))

    # writing

    @property
    def _output_folder(self) -> Path:
        staging = os.environ.get("RICERCAR_STAGING")
        return Path(staging) / "data" if staging else data_folder(self.run)

    @property
    def _report_folder(self) -> Path:
        staging = os.environ.get("RICERCAR_STAGING")
        return Path(staging) / "reports" if staging else reports_folder(self.run)

    @contextmanager
    def writing(self, artefact: str) -> Iterator[Path]:
        """Give a temporary path that becomes the artefact when the block ends without error."""
        if artefact not in self.notebook.writes:
            raise ParameterError(
                f"{self.notebook.name} does not declare that it writes {artefact!r}; "
                f"it writes {', '.join(self.notebook.writes)}"
            )
        with writing(self._output_folder / artefact) as path:
            yield path

    def save_table(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Check a table against its schema, write it, and return it as readers will see it."""
        valid = tables.validate(name, frame)
        with self.writing(f"{name}.parquet") as path:
            valid.to_parquet(path, index=False, compression="zstd")
        return valid

    def save_arrays(self, artefact: str, **arrays: np.ndarray) -> None:
        """Write an ``.npz`` artefact; object arrays are refused."""
        for name, array in arrays.items():
            if np.asarray(array).dtype == object:
                raise TableError(f"array {name!r} of {artefact} holds Python objects")
        with self.writing(artefact) as path:
            np.savez_compressed(path, allow_pickle=False, **arrays)  # type: ignore[arg-type]

    def save_json(self, artefact: str, content: Any) -> None:
        """Write a JSON artefact."""
        with self.writing(artefact) as path:
            path.write_text(json.dumps(_plain(content), indent=1) + "\n", "utf-8")

    # what the report's index shows

    def metric(
        self,
        name: str,
        value: float,
        low: float | None = None,
        high: float | None = None,
        n: int | None = None,
        of: Mapping[str, str] | None = None,
    ) -> None:
        """Record a figure for ``metrics.json`` under ``<notebook>.<name>``.

        Parameters
        ----------
        name : str
            Lower-case words joined by ``_`` or ``.``.
        value : float
        low, high : float, optional
            Bounds of the 95 % interval.
        n : int, optional
            Number of cases (pieces, listeners, ...).
        of : mapping of str to str, optional
            What the figure is of, where its name does not say it: ``{"method": "ease"}``.
        """
        if not re.fullmatch(r"[a-z0-9_@.]+", name):
            raise ParameterError(f"metric name {name!r}: use lower-case letters, digits, _ . @")
        target = self._report_folder / "metrics" / f"{self.notebook.name}.json"
        known = json.loads(target.read_text("utf-8")) if target.is_file() else {}
        known[name] = {"value": value, "low": low, "high": high, "n": n}
        if of:
            known[name]["of"] = dict(of)
        write_json(target, known)

    def fact(self, name: str, value: Any) -> None:
        """Record for ``run.json`` what this execution found or made, beside its parameters.

        Parameters
        ----------
        name : str
            ``split``, ``listening``, ...
        value
            Anything that JSON can hold.
        """
        target = self._report_folder / "facts" / f"{self.notebook.name}.json"
        known = json.loads(target.read_text("utf-8")) if target.is_file() else {}
        write_json(target, {**known, name: value})

    def headline(
        self,
        sentence: str,
        figure: "Figure | None" = None,
        alt: str = "",
        sound: bytes = b"",
        heard: str = "",
    ) -> None:
        """Record the sentence and the picture that stand for this notebook in the index.

        Parameters
        ----------
        sentence : str
            Plain text, with its figures computed.
        figure : matplotlib.figure.Figure, optional
        alt : str
            What the picture shows, for readers who cannot see it.
        sound : bytes, optional
            Something to hear, Ogg.
        heard : str
            What is heard.
        """
        folder = self._report_folder / "headlines"
        words = {"sentence": sentence, "alt": alt, "heard": heard}
        write_json(folder / f"{self.notebook.name}.json", words)
        if sound:
            with writing(folder / f"{self.notebook.name}.ogg") as path:
                path.write_bytes(sound)
        if figure is not None:
            with writing(folder / f"{self.notebook.name}.png") as path:
                figure.savefig(path, dpi=80, bbox_inches="tight", metadata={"Software": None})

    @property
    def checkpoints(self) -> Path:
        """A folder that outlives an interrupted execution, for training to go on from."""
        folder = data_folder(self.run) / "checkpoints" / self.notebook.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def open_step(notebook: str, run: str, values: Mapping[str, Any] | None = None) -> Step:
    """Open a notebook's view of a run.

    Parameters
    ----------
    notebook : str
        Name of the notebook, ``02-feature-extraction``.
    run : str
        Name of the run.
    values : mapping, optional
        Parameters of the notebook that bring input from outside the run, see
        :attr:`ricercar.graph.Notebook.instead`; others have no effect.

    Raises
    ------
    ParameterError
        If there is no such notebook or the run cannot name a folder.
    MissingArtefactError
        If an input is not there; the message names the notebook to run first.
    """
    if notebook not in graph.NOTEBOOKS:
        raise ParameterError(
            f"there is no notebook {notebook!r}; known: {', '.join(graph.NOTEBOOKS)}"
        )
    step = Step(graph.NOTEBOOKS[notebook], check_run(run), values or {})
    for artefact in step.notebook.needs(step.values):
        step.path(artefact)
    return step
