"""Measure, print, keep: ``python -m benchmarks [WHAT ...] [--size small]``.

A measurement of the same code on the same machine is not repeated (``--again`` does), so
that an interrupted call goes on where it was. Full measurements are kept in
``benchmarks/results``, trials only in the cache.
"""

import argparse
import importlib
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from benchmarks import machine
from benchmarks.setting import SIZES, Setting, code_digest, stored

from ricercar import measured, workspace

#: what -> module of this package
MODULES = {
    "reading": "reading",
    "shared": "shared_features",
    "melodies": "per_tune",
    "growth": "growth",
    "folder": "large_folder",
    "style": "style_baseline",
    "catalogue": "whole_catalogue",
    "mutations": "mutations",
    "composition": "composition",
    "gowalla": "gowalla",
    "lastfm": "lastfm",
    "ranking": "ranking_speed",
    "ingest": "ingest",
    "recommenders": "recommend_speed",
    "listening": "listening_growth",
}


def measure(what: str, setting: Setting, code: str) -> measured.Measurement:
    """Run one benchmark."""
    module = importlib.import_module(f"benchmarks.{MODULES[what]}")
    start = time.perf_counter()
    found = module.run(setting)
    return measured.Measurement(
        what=what,
        question=module.QUESTION,
        size=setting.size,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - start, 1),
        code=code,
        machine=machine.describe(),
        versions={**machine.versions("numpy", "pandas", "scikit-learn"), **found.versions},
        tables=found.tables,
        figures=found.figures,
        remarks=tuple(found.remarks),
    )


def show(measurement: measured.Measurement) -> None:
    """Print a measurement."""
    print(f"\n## {measurement.question}")
    with pd.option_context("display.width", 200, "display.max_columns", 30):
        for caption, table in measurement.tables.items():
            print(f"\n{caption}:\n{_text(table)}")
        if len(measurement.figures):
            print(f"\nFigures:\n{_text(measurement.figures)}")
    for remark in measurement.remarks:
        print(f"- {remark}")
    versions = ", ".join(f"{name} {number}" for name, number in measurement.versions.items())
    print(f"- {measurement.size} size, {measurement.seconds:.0f} s; {versions}", flush=True)


def _text(table: pd.DataFrame) -> str:
    return table.to_string(index=False, float_format=_number, na_rep="-")


def _number(value: float) -> str:
    whole = abs(value) >= 100 or value == round(value)
    return f"{value:,.0f}" if whole else f"{value:.3g}"


def main(arguments: list[str]) -> int:
    """Measure what is asked for; 1 if something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="*", help=", ".join(MODULES))
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--peers", type=Path, help="Python with the packages compared with")
    parser.add_argument("--again", action="store_true", help="measure what is measured already")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.what) - set(MODULES))
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; known: {', '.join(MODULES)}")
    setting = Setting(asked.size, asked.workers, asked.peers and asked.peers.absolute())
    code, failed = code_digest(), 0
    results = workspace.project() / "benchmarks" / "results"
    for what in asked.what or MODULES:
        kept = setting.work / "measured"
        done = None if asked.again else stored(kept / f"{what}.json", code)
        try:
            measurement = done or measure(what, setting, code)
        except Exception as error:  # the other benchmarks are measured all the same
            print(f"\n## {what}: not measured: {type(error).__name__}: {error}", file=sys.stderr)
            failed = 1
            continue
        measured.write(measurement, kept)
        if setting.size == "full":
            measured.write(measurement, results)
        show(measurement)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
