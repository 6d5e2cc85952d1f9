"""Reading MIDI files into notes: ours against symusic alone, pretty_midi, muspy and music21.

Conventions
-----------
* A file is read from disk; on our side that ends with the piece's checked, sorted notes.
* The slower packages read a part of the files, and are compared on that part only.
* Of two notes of one part with the same onset and pitch we keep the longer one, and music21
  moves onsets to a grid: both make counts differ where a file has such notes.
"""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks import machine, material, timing
from benchmarks.setting import Findings, Setting

from ricercar.catalogue import formats

QUESTION = "How fast are MIDI files read into notes?"

#: data set -> what it is called
DATA = {"pop909": "POP909", "nottingham": "Nottingham"}

#: package -> how many files it reads (small, full)
OTHERS = {
    "symusic": (20, 4000),
    "symusic, as arrays": (20, 4000),
    "pretty_midi": (5, 300),
    "muspy": (5, 300),
    "music21": (2, 20),
}

#: on POP909: package -> how many times faster we want to be
FASTER = {"pretty_midi": 30.0, "muspy": 30.0, "music21": 1000.0}

#: on POP909: the package that we rest on -> how many times its own time we may take
SLOWER = {"symusic": 3.0}


def _ours(file: Path) -> int:
    return len(formats.read(file.read_bytes(), "midi").notes)


def _symusic(file: Path) -> int:
    from symusic import Score

    return sum(len(track.notes) for track in Score(file).tracks)


def _symusic_arrays(file: Path) -> int:
    from symusic import Score

    return sum(len(track.notes.numpy()["pitch"]) for track in Score(file).tracks)


def _pretty_midi(file: Path) -> int:
    from pretty_midi import PrettyMIDI

    return sum(len(instrument.notes) for instrument in PrettyMIDI(str(file)).instruments)


def _music21(file: Path) -> int:
    from music21 import converter

    read = converter.parse(file, forceSource=True)
    return sum(len(sound.pitches) for sound in read.recurse().notes if hasattr(sound, "pitches"))


WORKS = {
    "symusic": _symusic,
    "symusic, as arrays": _symusic_arrays,
    "pretty_midi": _pretty_midi,
    "music21": _music21,
}


def run(setting: Setting) -> Findings:
    """Measure."""
    found = Findings(versions=machine.versions("symusic", "pretty_midi", "music21"))
    rows: list[dict[str, Any]] = []
    for name, title in DATA.items():
        files = material.midi_files(setting, name)
        if not files:
            found.remarks.append(f"{title} is not on this machine: not measured.")
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pretty_midi on files of type 1 with late tempi
            for work in (_ours, *WORKS.values()):
                work(files[0])  # imports and first-call work are not counted
            rows += _compare(setting, title, files, found)
    found.tables["Milliseconds per MIDI file"] = pd.DataFrame(rows)
    return found


def _compare(setting: Setting, title: str, files: list[Path], found: Findings) -> list[dict]:
    rows = []
    for other, sizes in OTHERS.items():
        some = material.spread_over(files, setting.pick(*sizes))
        works = {"ricercar": _ours}
        if other in WORKS:
            works[other] = WORKS[other]
        seconds, counted = timing.in_turns(some, works, 3 if "symusic" in other else 1)
        if other == "muspy":
            answer = setting.peer("read_muspy", [str(file) for file in some], [])
            if "missing" in answer:
                found.remarks.append(f"muspy not measured on {title}: {answer['missing']}")
                continue
            found.versions |= answer["versions"]
            seconds[other] = [answer["seconds"].get(str(file), np.nan) for file in some]
            counted[other] = [answer["counted"].get(str(file)) for file in some]
        if other == "symusic":
            rows.append({"data": title, "reader": "ricercar", **timing.spread(seconds["ricercar"])})
        rows.append({"data": title, "reader": other, **timing.spread(seconds[other])})
        _judge(title, other, seconds, found)
        _agree(title, other, seconds, counted, found)
    return rows


def _judge(title: str, other: str, seconds: pd.DataFrame, found: Findings) -> None:
    """How many times faster we are, or how many times the time of what we rest on we take."""
    work, counts = f"reading MIDI, {title}", title == "POP909"
    if other.startswith("symusic"):
        most = SLOWER.get(other) if counts else None
        value = timing.faster(seconds[other], seconds["ricercar"])
        found.figure(work, other, unit="times its time", at_most=most, **value)
    else:
        least = FASTER.get(other) if counts else None
        value = timing.faster(seconds["ricercar"], seconds[other])
        found.figure(work, other, unit="times faster", at_least=least, **value)


def _agree(
    title: str, other: str, seconds: pd.DataFrame, counted: pd.DataFrame, found: Findings
) -> None:
    """Say on how many files both sides count the same notes, and what could not be read."""
    both = seconds[["ricercar", other]].notna().all(axis=1)
    same = int((counted.loc[both, "ricercar"] == counted.loc[both, other]).sum())
    text = (
        f"{title}: ricercar and {other} count the same notes in {same} of {int(both.sum())} files"
    )
    lost = seconds.isna().sum()
    for side in ("ricercar", other):
        if lost[side]:
            text += f"; {lost[side]} could not be read by {side}"
    found.remarks.append(f"{text}.")
