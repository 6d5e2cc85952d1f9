"""Damaged files of every format: is each one refused with a reason, or read as music?

Real files, and our own exports of real pieces, are damaged at random and put into an import
folder, which is then collected like any other. Nothing may crash or hang, and every file
must be accounted for: it is the source of a piece, or it stands in the quarantine.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks import material
from benchmarks.setting import Findings, Setting

from ricercar import catalogue, features
from ricercar.catalogue import corpus, export
from ricercar.catalogue.archive import unpack_mxl

QUESTION = "What becomes of damaged files?"

#: seconds that reading one file may take
LIMIT = 10.0


def _flip(data: bytes, rng: np.random.Generator) -> bytes:
    """Change one to eight bytes."""
    values = np.frombuffer(data, np.uint8).copy()
    where = rng.integers(len(values), size=rng.integers(1, 9))
    values[where] = rng.integers(256, size=len(where))
    return values.tobytes()


def _cut(data: bytes, rng: np.random.Generator) -> bytes:
    """End the file early."""
    return data[: rng.integers(1, len(data))]


def _drop(data: bytes, rng: np.random.Generator) -> bytes:
    """Leave out a stretch."""
    first = rng.integers(len(data))
    return data[:first] + data[first + rng.integers(1, 200) :]


def _repeat(data: bytes, rng: np.random.Generator) -> bytes:
    """Put a stretch in a second time, somewhere else."""
    first, place = rng.integers(len(data), size=2)
    return data[:place] + data[first : first + rng.integers(1, 200)] + data[place:]


def _insert(data: bytes, rng: np.random.Generator) -> bytes:
    """Put random bytes in."""
    place = rng.integers(len(data))
    return data[:place] + rng.bytes(int(rng.integers(1, 64))) + data[place:]


def _digits(data: bytes, rng: np.random.Generator) -> bytes:
    """Change up to four digits: the file stays text, its numbers become wrong."""
    values = np.frombuffer(data, np.uint8).copy()
    places = np.flatnonzero((values >= 48) & (values <= 57))
    if not len(places):
        return _flip(data, rng)
    where = rng.choice(places, min(4, len(places)), replace=False)
    values[where] = 48 + rng.integers(10, size=len(where))
    return values.tobytes()


DAMAGES: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
    _flip,
    _cut,
    _drop,
    _repeat,
    _insert,
    _digits,
)


def seeds(setting: Setting, count: int = 20) -> dict[str, list[bytes]]:
    """Undamaged files of each format.

    Returns
    -------
    dict of str to list of bytes
        File name ending -> contents.
    """
    import verovio

    sources = {
        name: material.spread_over(
            list(corpus.COLLECTIONS[name].pieces(corpus.COLLECTIONS[name])), n
        )
        for name, n in (("bach", count), ("ryan", count), ("palestrina", count))
    }
    found = {
        ".mxl": [s.data for s in sources["bach"] if s.format == "mxl"],
        ".abc": [s.data for s in sources["ryan"]],
        ".krn": [s.data for s in sources["palestrina"]],
    }
    found[".musicxml"] = [unpack_mxl(data) for data in found[".mxl"]]
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    found[".mei"] = [
        toolkit.getMEI().encode() for data in found[".musicxml"] if toolkit.loadData(data.decode())
    ]
    collected = material.collected(setting, "ryan", per_style=count)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "piece.mid"
        found[".mid"] = [
            export.to_midi(rows, path).read_bytes()
            for _, rows in list(collected.notes.groupby("piece"))[:count]
        ]
    return found


def write(setting: Setting, target: Path, files: int, seed: int = 1) -> pd.DataFrame:
    """Write damaged files below a folder.

    Returns
    -------
    pandas.DataFrame
        Columns file (below the folder), format, damage.
    """
    rng = np.random.default_rng(seed)
    undamaged = seeds(setting)
    endings = sorted(undamaged)
    rows = []
    for number in range(files):
        ending = endings[number % len(endings)]
        damage = DAMAGES[number // len(endings) % len(DAMAGES)]
        data = undamaged[ending][rng.integers(len(undamaged[ending]))]
        name = f"{ending[1:]}/{number:05d}{ending}"
        (target / ending[1:]).mkdir(exist_ok=True)
        (target / name).write_bytes(damage(data, rng))
        rows.append((name, ending[1:], damage.__name__.strip("_")))
    return pd.DataFrame(rows, columns=["file", "format", "damage"])


def run(setting: Setting) -> Findings:
    """Measure."""
    found = Findings()
    with tempfile.TemporaryDirectory() as place:
        target = Path(place)
        listed = write(setting, target, setting.pick(300, 10_000))
        start = time.perf_counter()
        collected = catalogue.collect(
            [], target, workers=setting.workers, seconds_per_file=LIMIT, cache=None
        )
        seconds = time.perf_counter() - start
    names = set(listed["file"])
    sources = collected.pieces["source"].str.findall(r"(?:mid|mxl|musicxml|abc|krn|mei)/\d{5}\.\w+")
    read = {name for row in sources for name in row} & names
    refused = set(collected.quarantine["file"]) & names
    listed["read"] = listed["file"].isin(read)
    listed["refused"] = listed["file"].isin(refused)
    lost = int((~listed["read"] & ~listed["refused"]).sum())
    reasonless = int((collected.quarantine["reason"].str.len() == 0).sum())
    hung = collected.quarantine["reason"].str.contains("more than .* seconds")
    died = collected.quarantine["reason"].str.contains("ended the reading process")
    values = features.extract(collected.pieces, collected.notes)
    broken = int(np.isinf(values.drop(columns="piece").to_numpy()).any(axis=1).sum())
    n = len(listed)
    found.figure("damaged files without a trace", "none", lost, "files", n=n, at_most=0)
    found.figure("refused without a reason", "none", reasonless, "files", n=n, at_most=0)
    found.figure("pieces with an infinite feature", "none", broken, "pieces", n=n, at_most=0)
    found.figure("reader ended by a file, and contained", "", int(died.sum()), "files", n=n)
    found.figure("stopped at the time limit", "", int(hung.sum()), "files", n=n)
    found.tables["Damaged files by format"] = _shares(listed, "format")
    found.tables["Damaged files by kind of damage"] = _shares(listed, "damage")
    found.remarks.append(
        f"{n} damaged files of {listed['format'].nunique()} formats in {seconds:.0f} s. A damage "
        "may leave a file that is still music (another pitch, a changed title): then it is read. "
        "A file with several tunes can be read in part, and its other tunes be refused."
    )
    return found


def _shares(listed: pd.DataFrame, by: str) -> pd.DataFrame:
    grouped = listed.groupby(by)[["read", "refused"]]
    return grouped.sum().assign(files=grouped.size()).reset_index()
