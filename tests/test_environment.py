"""pyproject.toml, environment.yml and requirements.lock say the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def ranges():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["dev"], *extras["dask"]]
    return {canonicalize_name(r.name): r.specifier for r in map(Requirement, lines)}


@pytest.fixture(scope="module")
def lock():
    return (ROOT / "requirements.lock").read_text()


def pins(text):
    """name -> versions pinned for some Python or platform."""
    found = {}
    for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(Version(version))
    return found


def test_lock_pins_every_dependency_within_its_range(ranges, lock):
    pinned = pins(lock)
    assert set(ranges) <= set(pinned)
    outside = [
        (name, str(version))
        for name, allowed in ranges.items()
        for version in pinned[name]
        if version not in allowed
    ]
    assert not outside


def test_lock_has_hashes_for_everything_and_no_index_address(lock):
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock.strip())
    assert len(entries) > 100
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in lock and "--index" not in lock and "--find-links" not in lock


def test_conda_environment_lists_the_same_ranges(ranges):
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    (pip,) = (part["pip"] for part in environment["dependencies"] if isinstance(part, dict))
    listed = [Requirement(line) for line in pip if line != "-e ."]
    assert {canonicalize_name(r.name): r.specifier for r in listed} == ranges
    assert "-e ." in pip


def test_python_range_is_the_same_everywhere():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert f"python {wanted}" in environment["dependencies"]
