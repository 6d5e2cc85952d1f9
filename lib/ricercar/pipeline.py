"""Run all notebooks of a run through Snakemake.

``python -m ricercar.pipeline --run NAME [--cores N] [-- snakemake options]``

Goal: one call that starts, continues or confirms a run, whatever happened to the one
before, and ends by printing where the index is.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from ricercar import workspace
from ricercar.errors import ParameterError, RicercarError


def command(run: str, cores: str, config: Path | None, more: list[str]) -> list[str]:
    """The Snakemake command of a run.

    Parameters
    ----------
    run : str
        Name of the run.
    cores : str
        Number of processor cores, or ``all``.
    config : pathlib.Path or None
        Parameter file; ``config/<run>.yaml`` where None.
    more : list of str
        Further options for Snakemake.

    Raises
    ------
    ParameterError
        If the parameter file is not there.
    """
    project = workspace.project()
    config = config or project / "config" / f"{workspace.check_run(run)}.yaml"
    if not config.is_file():
        known = ", ".join(
            sorted(
                path.stem
                for path in (project / "config").glob("*.yaml")
                if not path.stem.startswith("sweep-")
            )
        )
        raise ParameterError(f"there is no parameter file {config}; known runs: {known}")
    return [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(project / "Snakefile")),
        *("--directory", str(workspace.home()), "--cores", cores),
        # marked as text, or Snakemake makes a number of a run that is called 2025
        *("--config", f"run=!!str {run}", f"parameters={config.resolve()}"),
        # what an interrupted run left half-done is done again; execute.py holds the locks
        *("--rerun-incomplete", "--nolock", "--keep-going"),
        *("--quiet", "all"),
        *more,
    ]


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m ricercar.pipeline", description="Run every notebook that is out of date."
    )
    parser.add_argument("--run", default="quick", help="name of the run (default: quick)")
    parser.add_argument("--cores", default="all", help="processor cores (default: all)")
    parser.add_argument("--config", type=Path, help="parameter file (default: config/<run>.yaml)")
    chosen, more = parser.parse_known_args(arguments)
    try:
        more = more[1:] if more[:1] == ["--"] else more
        words = command(chosen.run, chosen.cores, chosen.config, more)
        index = workspace.reports_folder(chosen.run) / "index.html"
    except RicercarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        status = subprocess.run(words, check=False).returncode
    except KeyboardInterrupt:
        return 130
    if status == 0:
        print(f"\nThe reports are at {index}")
    else:
        # told to be quiet, Snakemake keeps to itself why it could not even begin
        why = subprocess.run(
            [*words, "--dry-run", "--quiet", "progress"],
            check=False,
            capture_output=True,
            text=True,
        )
        if why.returncode:
            print((why.stdout + why.stderr).strip(), file=sys.stderr)
        print(
            f"\nerror: run {chosen.run!r} is not complete; the messages above say what failed. "
            "Calling the same command again goes on from here.",
            file=sys.stderr,
        )
    return status


if __name__ == "__main__":
    sys.exit(main())
