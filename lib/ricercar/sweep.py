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
    for name, value in case.items():
        words += ["-p", name, value if isinstance(value, str) else json.dumps(value)]
    here = {**os.environ, "RICERCAR_HOME": str(sweep.home)}
    done = subprocess.run(words, cwd=workspace.project(), env=here, check=False)
    if done.returncode == 0:
        workspace.write_json(sweep.home / "reports" / run / "case.json", case)
    return done.returncode == 0


def gather(sweep: Sweep) -> pd.DataFrame:
    """The comparison of the cases that are done.

    Returns
    -------
    pandas.DataFrame
        The varied parameters but ``seed``, then metric, value, low, high, n (seeds).
    """
    kept = [name for name in sweep.varied if name != "seed"]
    rows = []
    for case in sweep.cases:
        if _done(sweep, case):
            reports = sweep.home / "reports" / sweep.run_of(case)
            told = json.loads((reports / "metrics" / f"{sweep.notebook.name}.json").read_text())
            own = [str(case.get(name, "")) for name in kept]
            rows += [(*own, name, told[name]["value"]) for name in sweep.compare if name in told]
    each = pd.DataFrame(rows, columns=[*kept, "metric", "value"]).astype({"value": float})
    found = []
    for key, values in each.groupby([*kept, "metric"], sort=False)["value"]:
        known = values.dropna().to_numpy()
        spread = bootstrap.interval(known, seed=0) if len(known) else (float("nan"),) * 3
        found.append((*key, *spread, len(known)))  # type: ignore[misc]
    return pd.DataFrame(found, columns=[*kept, "metric", "value", "low", "high", "n"])


def shown(name: str) -> pd.DataFrame | None:
    """What a sweep has found: a row per case, a column per metric, value and interval as text.

    Returns
    -------
    pandas.DataFrame or None
        None where the sweep was not called.
    """
    path = workspace.home() / "data" / f"sweep-{name}" / "comparison.csv"
    if not path.is_file():
        return None
    table = pd.read_csv(path, keep_default_na=False)
    figures = table[["value", "low", "high"]].apply(pd.to_numeric)
    table["text"] = [f"{v:.3g} [{a:.3g}, {b:.3g}]" for v, a, b in figures.to_numpy()]
    kept = list(table.columns[: table.columns.get_loc("metric")])
    metrics = table["metric"].drop_duplicates().tolist()
    wide = table.pivot(index=kept, columns="metric", values="text")[metrics]
    seeds = table.groupby(kept)["n"].max().rename("seeds")
    order = table[kept].drop_duplicates().itertuples(index=False, name=None)
    wide = wide.join(seeds).loc[[key if len(kept) > 1 else key[0] for key in order]]
    return wide.rename(columns=lambda column: column.replace("_", " ")).reset_index()


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
