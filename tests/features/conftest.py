"""Ten tunes and three chorales, read from the installed music21 package."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ricercar.catalogue import formats

TUNES = (
    "42dHighlandRegimentStrathspey",
    "7thRegimentReel",
    "AbithaMugginsFavoriteReel",
    "AcrobatsHornpipe",
    "AldridgesHornpipe",
    "AlistairMaclalastairStrathspey",
    "AWillieWeHaveMissdYouStrathspey",
    "AnnieHughesJig",
    "AndrewCareysSlipjig",
    "BarneysGoatJig",
)
CHORALES = ("bwv66.6", "bwv269", "bwv10.7")


@pytest.fixture(scope="session")
def real():
    """``pieces`` and ``notes`` of the thirteen."""
    import music21

    corpus = Path(music21.__file__).parent / "corpus"
    files = [(corpus / "ryansMammoth" / f"{name}.abc", "abc") for name in TUNES]
    files += [(corpus / "bach" / f"{name}.mxl", "mxl") for name in CHORALES]
    rows, notes = [], []
    for path, format in files:
        reading = formats.read(path.read_bytes(), format)
        frame = pd.DataFrame(reading.notes, columns=["part", "onset", "duration", "pitch"])
        notes.append(frame.assign(piece=path.stem))
        signs = (reading.key or None, reading.meter or None, reading.meter_changes, reading.pickup)
        rows.append((path.stem, *signs))
    columns = ["piece", "key", "meter", "meter_changes", "pickup"]
    return pd.DataFrame(rows, columns=columns), pd.concat(notes, ignore_index=True)


@pytest.fixture(scope="session")
def measure():
    """Function that measures one feature of one melody; without pitches, of a rhythm."""
    from ricercar.features.registry import REGISTRY
    from ricercar.features.score import Score

    def measure(name, pitches=None, durations=None, *, onsets=None, **piece):
        count = len(durations if pitches is None else pitches)
        durations = np.full(count, 480) if durations is None else np.array(durations)
        onsets = np.cumsum(durations) - durations if onsets is None else onsets
        pitches = np.full(count, 60) if pitches is None else pitches
        notes = pd.DataFrame(
            {"piece": "a", "part": 0, "onset": onsets, "duration": durations, "pitch": pitches}
        )
        row = {"piece": "a", "meter": "4/4", "pickup": 0, **piece}
        return float(REGISTRY[name].measure(Score(pd.DataFrame([row]), notes))[0])

    return measure
