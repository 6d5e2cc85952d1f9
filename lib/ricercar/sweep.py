"""Sweeps: one notebook many times, each time with other parameters, and what comes of it.

``python -m ricercar.sweep losses`` (``make sweep``) reads ``config/sweep-losses.yaml``.

Goal: compare what one run cannot: recipes and losses, each with several seeds.

Conventions
-----------
* A sweep's file says the run whose artefacts are read (``from``), the notebook, the values of
  each parameter that is varied (``vary``), further cases (``also``), parameters that all cases
  share (``same``), and the metrics of the notebook that are compared (``compare``).
* Cases are executed one after the other by :mod:`ricercar.execute`, in a home of their own,
  ``data/sweep-<name>/``: its ``data/<case>/`` and ``reports/<case>/`` are those of a run.
* A case that is there already, with the same parameters, is not done again: a sweep that was
  stopped goes on when it is called again.
* Cases that differ in ``seed`` only are one row of the comparison: means over the seeds with
  a 95 % bootstrap interval. With three seeds it reaches from the smallest to the largest.
* A case that failed (a training that collapsed again and again, say) is tried again by the same
  command. It is counted, and a row says how many of its cases it rests on.
* What the project's own checkout has found is kept in ``benchmarks/results``, for notebooks to
  show where the sweep was not called.
"""

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ricercar import execute, graph, parameters, workspace
from ricercar.assess import bootstrap
from ricercar.errors import ParameterError, RicercarError

_KNOWN = {"from", "notebook", "vary", "also", "same", "compare"}


@dataclass(frozen=True)
class Sweep:
    """What a sweep's file says.

    Attributes
    ----------
    name : str
    source : str
        Run whose artefacts are read.
    notebook : ricercar.graph.Notebook
    cases : list of dict
        Parameters of each case, those that it shares with the others too.
    varied : list of str
        Parameters in which cases differ, ``seed`` last.
    compare : list of str
        Metrics of the notebook.
    """

    name: str
    source: str
    notebook: graph.Notebook
    cases: list[dict[str, Any]]
    varied: list[str]
    compare: list[str]

    @property
    def home(self) -> Path:
        """Where the cases are executed."""
        return workspace.home() / "data" / f"sweep-{self.name}"

    def run_of(self, case: dict[str, Any]) -> str:
        """Name of the run of a case."""
        return "-".join(str(case[name]) for name in self.varied if name in case)


def read(name: str) -> Sweep:
    """Read ``config/sweep-<name>.yaml``.

    Raises
    ------
    ParameterError
        If it is missing, or names what there is not.
    """
    import yaml

    path = workspace.project() / "config" / f"sweep-{workspace.check_run(name)}.yaml"
    try:
        told = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ParameterError(f"sweep file {path} cannot be read: {error}") from None
    if not isinstance(told, dict) or not {"from", "notebook", "vary", "compare"} <= set(told):
        raise ParameterError(f"sweep file {path} must say from, notebook, vary and compare")
    if unknown := sorted(set(told) - _KNOWN):
        raise ParameterError(f"sweep file {path} says {unknown}; known: {sorted(_KNOWN)}")
    notebook = execute.resolve(told["notebook"])
    declared = parameters.of_notebook(workspace.project() / "notebooks" / f"{notebook.name}.ipynb")
    vary = {key: list(values) for key, values in told["vary"].items()}
    drawn = [dict(zip(vary, values, strict=True)) for values in itertools.product(*vary.values())]
    for extra in told.get("also") or ():
        lists = {key: value if isinstance(value, list) else [value] for key, value in extra.items()}
        drawn += [dict(zip(lists, one, strict=True)) for one in itertools.product(*lists.values())]
    cases = [{**(told.get("same") or {}), **case} for case in drawn]
    for case in cases:
        parameters.check(notebook.name, declared, case)
    varied = sorted({key for case in drawn for key in case}, key=lambda key: key == "seed")
    order = [key for key in vary if key != "seed"]
    varied.sort(key=lambda key: order.index(key) if key in order else len(order))
    return Sweep(name, told["from"], notebook, cases, varied, list(told["compare"]))


def _done(sweep: Sweep, case: dict[str, Any]) -> bool:
    """Was the case executed to its end with these parameters?"""
    reports = sweep.home / "reports" / sweep.run_of(case)
    metrics = reports / "metrics" / f"{sweep.notebook.name}.json"
    asked = reports / "case.json"
    return metrics.is_file() and asked.is_file() and json.loads(asked.read_text("utf-8")) == case


def _failed(sweep: Sweep, case: dict[str, Any]) -> bool:
    """Was the case tried last with these parameters, and failed?"""
    told = sweep.home / "reports" / sweep.run_of(case) / "failed.json"
    return told.is_file() and json.loads(told.read_text("utf-8")) == case


def do(sweep: Sweep, case: dict[str, Any]) -> bool:
    """Execute a case; False if it failed."""
    run = sweep.run_of(case)
    folder = sweep.home / "data" / run
    folder.mkdir(parents=True, exist_ok=True)
    for artefact in sweep.notebook.reads:
        source = workspace.data_folder(sweep.source) / artefact
        if not source.is_file():
            raise ParameterError(
                f"{source} is not there: call make reports RUN={sweep.source} first"
            )
        shutil.copy2(source, folder / artefact)
    words = [sys.executable, "-m", "ricercar.execute", sweep.notebook.name, "--run", run]
    words.append("--no-page")
    for name, value in case.items():
        words += ["-p", name, value if isinstance(value, str) else json.dumps(value)]
    here = {**os.environ, "RICERCAR_HOME": str(sweep.home)}
    done = subprocess.run(words, cwd=workspace.project(), env=here, check=False)
    reports = sweep.home / "reports" / run
    well = done.returncode == 0
    (reports / "failed.json").unlink(missing_ok=True)
    workspace.write_json(reports / ("case.json" if well else "failed.json"), case)
    return well


def gather(sweep: Sweep) -> pd.DataFrame:
    """The comparison of the cases that are done.

    Returns
    -------
    pandas.DataFrame
        The varied parameters but ``seed``, then metric, value, low, high, n (seeds), tried (the
        same, with those that failed); NaN where no seed has a value.
    """
    kept = [name for name in sweep.varied if name != "seed"]
    rows = []
    tried: dict[tuple[str, ...], int] = {}
    for case in sweep.cases:
        own = tuple(str(case.get(name, "")) for name in kept)
        done = _done(sweep, case)
        if done or _failed(sweep, case):
            tried[own] = tried.get(own, 0) + 1
            told = {}
            if done:
                reports = sweep.home / "reports" / sweep.run_of(case)
                told = json.loads((reports / "metrics" / f"{sweep.notebook.name}.json").read_text())
            nothing = {"value": float("nan")}
            rows += [(*own, name, told.get(name, nothing)["value"]) for name in sweep.compare]
    each = pd.DataFrame(rows, columns=[*kept, "metric", "value"]).astype({"value": float})
    found = []
    for key, values in each.groupby([*kept, "metric"], sort=False)["value"]:
        known = values.dropna().to_numpy()
        spread = bootstrap.interval(known, seed=0) if len(known) else (float("nan"),) * 3
        found.append((*key, *spread, len(known), tried[key[:-1]]))  # type: ignore[misc, index]
    return pd.DataFrame(found, columns=[*kept, "metric", "value", "low", "high", "n", "tried"])


def shown(name: str) -> pd.DataFrame | None:
    """What a sweep has found: a row per case, a column per metric, value and interval as text.

    Returns
    -------
    pandas.DataFrame or None
        What is kept in the checkout where the sweep was not called; None where nothing is.
    """
    path = workspace.home() / "data" / f"sweep-{name}" / "comparison.csv"
    path = path if path.is_file() else _kept(name)
    if not path.is_file():
        return None
    table = pd.read_csv(path, keep_default_na=False)
    figures = table[["value", "low", "high"]].apply(pd.to_numeric)
    table["text"] = [
        "–" if v != v else f"{v:.3g}" if a != a else f"{v:.3g} [{a:.3g}, {b:.3g}]"
        for v, a, b in figures.to_numpy()
    ]
    kept = list(table.columns[: table.columns.get_loc("metric")])
    metrics = table["metric"].drop_duplicates().tolist()
    wide = table.pivot(index=kept, columns="metric", values="text")[metrics]
    count = table.groupby(kept)[["n", "tried"]].max()
    seeds = (count["n"].astype(str) + " of " + count["tried"].astype(str)).rename("seeds")
    order = table[kept].drop_duplicates().itertuples(index=False, name=None)
    wide = wide.join(seeds).loc[[key if len(kept) > 1 else key[0] for key in order]]
    return wide.rename(columns=lambda column: column.replace("_", " ")).reset_index()


def _kept(name: str) -> Path:
    """What the checkout keeps of a sweep."""
    return workspace.project() / "benchmarks" / "results" / f"sweep-{name}.csv"


def main(arguments: list[str] | None = None) -> int:
    """Execute the cases that are missing, then write the comparison; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ricercar.sweep", description="Run a sweep.")
    parser.add_argument("name", help="losses, for config/sweep-losses.yaml")
    chosen = parser.parse_args(arguments)
    failed = []
    try:
        sweep = read(chosen.name)
        for number, case in enumerate(sweep.cases, 1):
            if _done(sweep, case):
                continue
            print(f"case {number} of {len(sweep.cases)}: {sweep.run_of(case)}", flush=True)
            if not do(sweep, case):
                failed.append(sweep.run_of(case))
            _write(sweep)
        table = _write(sweep)
        if workspace.home() == workspace.project():
            with workspace.writing(_kept(sweep.name)) as path:
                table.to_csv(path, index=False)
    except RicercarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, ParameterError) else 1
    except KeyboardInterrupt:
        return 130
    print(table.to_string(index=False))
    print(f"comparison: {sweep.home / 'comparison.csv'}")
    if failed:
        print(f"failed: {', '.join(failed)}; the same command tries them again", file=sys.stderr)
    return 1 if failed else 0


def _write(sweep: Sweep) -> pd.DataFrame:
    table = gather(sweep)
    with workspace.writing(sweep.home / "comparison.csv") as path:
        table.to_csv(path, index=False)
    return table


if __name__ == "__main__":
    sys.exit(main())
