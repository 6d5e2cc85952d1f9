"""What tests of listening share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ricercar import datasets, workspace


@pytest.fixture
def shared() -> Callable[[str], Path]:
    """The folder of a public data set; skips the test where it is not there."""

    def find(name: str) -> Path:
        named = os.environ.get("RICERCAR_SHARED_DATA")
        parent = Path(named) if named else workspace.project().parent / "shared" / "data"
        for folder in (parent / name, parent / datasets.DATASETS[name].published_as):
            if folder != parent and folder.is_dir():
                return folder
        pytest.skip(f"{name} is not in {parent}: set RICERCAR_SHARED_DATA to the public data")

    return find
