"""Call one function in this process: ``python -m benchmarks.isolated MODULE:FUNCTION ARGS OUT``."""

import importlib
import json
import sys
from pathlib import Path


def main(function: str, arguments: str, target: str) -> None:
    """Call the function with JSON arguments and write what it returns as JSON."""
    module, name = function.split(":")
    result = getattr(importlib.import_module(module), name)(**json.loads(arguments))
    Path(target).write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
