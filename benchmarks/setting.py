"""What a benchmark is given, and what it gives back."""

import hashlib
import json
import os
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from benchmarks import machine

from ricercar import measured, workspace
from ricercar.errors import ReadError

T = TypeVar("T")

SIZES = ("small", "full")


@dataclass(frozen=True)
class Setting:
    """How large a benchmark is, and with what.

    Attributes
    ----------
    size : str
        Of :data:`SIZES`: ``small`` tries everything out in about a minute each.
    workers : int
        Processes that read and compute, where a benchmark uses several.
    peers : Path or None
        Python of the environment with the packages that we are measured against.
    """

    size: str = "full"
    workers: int = 2
    peers: Path | None = None

    def pick(self, small: T, full: T) -> T:
        """The value for this size."""
        return small if self.size == "small" else full

    @property
    def work(self) -> Path:
        """A folder for what may be kept between runs."""
        folder = workspace.cache_folder("benchmarks") / self.size
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def data(self, name: str) -> Path | None:
        """The folder of a public data set, None where it is not on this machine."""
        named = os.environ.get("RICERCAR_DATASETS")
        parent = Path(named) if named else workspace.project().parent / "shared" / "data"
        return parent / name if (parent / name).is_dir() else None

    def peer(self, task: str, files: list[str], processors: list[int]) -> dict[str, Any]:
        """Run a task of :mod:`benchmarks.peers` in the other packages' environment.

        Returns
        -------
        dict
            What the task gives; ``{"missing": reason}`` where it cannot run.
        """
        if self.peers is None or not self.peers.is_file():
            return {"missing": "its environment is not installed (make bench installs it)"}
        with tempfile.TemporaryDirectory() as folder:
            order, answer = Path(folder) / "in.json", Path(folder) / "out.json"
            order.write_text(json.dumps({"files": files, "processors": processors}), "utf-8")
            script = workspace.project() / "benchmarks" / "peers.py"
            ended = subprocess.run(
                [str(self.peers), "-P", str(script), task, str(order), str(answer)],
                capture_output=True,
                text=True,
                cwd=folder,
            )
            if ended.returncode or not answer.is_file():
                last = (ended.stderr.strip().splitlines() or ["no message"])[-1]
                return {"missing": f"it failed: {last[:200]}"}
            return json.loads(answer.read_text("utf-8"))


@dataclass
class Findings:
    """What a benchmark has found so far; grows while it runs."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def figure(
        self,
        work: str,
        against: str,
        value: float,
        unit: str,
        low: float = float("nan"),
        high: float = float("nan"),
        n: int = 1,
        at_least: float | None = None,
        at_most: float | None = None,
        surely_above: float | None = None,
    ) -> None:
        """Add a figure, and whether it reaches what it has to (surely: with its interval)."""
        target, reached = "", ""
        if at_least is not None:
            target, reached = f"at least {round(at_least, 3):,g}", _yes(value >= at_least)
        if at_most is not None:
            target, reached = f"at most {round(at_most, 6):,g}", _yes(value <= at_most)
        if surely_above is not None:
            target, reached = f"surely above {surely_above:,g}", _yes(low > surely_above)
        row = (work, against, value, unit, low, high, n, target, reached)
        self.rows.append(dict(zip(measured.FIGURES, row, strict=True)))

    @property
    def figures(self) -> pd.DataFrame:
        """The figures as a table."""
        return pd.DataFrame(self.rows, columns=[*measured.FIGURES])


def _yes(reached: bool) -> str:
    return "yes" if reached else "no"


def code_digest() -> str:
    """Digest of the code that is measured and of the code that measures."""
    root, sha = workspace.project(), hashlib.sha256()
    files = [*(root / "lib" / "ricercar").rglob("*.py"), *(root / "benchmarks").glob("*.py")]
    for file in sorted(files):
        sha.update(f"{file.relative_to(root)}\0{workspace.digest(file)}\n".encode())
    return sha.hexdigest()


def stored(path: Path, code: str) -> measured.Measurement | None:
    """A measurement of this very code and machine that an earlier call has kept."""
    try:
        found = measured.read(path)
    except ReadError:
        return None
    same = found.code == code and dict(found.machine) == machine.describe()
    return found if same else None
