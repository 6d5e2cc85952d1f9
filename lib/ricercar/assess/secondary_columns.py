"""The columns of the scorecard's other tables: the field's other sets of metrics.

Conventions
-----------
Columns are those of :mod:`.set_columns`. Tables: ``MuseGAN``, ``MusPy``, ``mgeval``,
``mgeval distances``, ``voices``.

Sources
-------
See the module of each measure.
"""

import numpy as np
import pandas as pd

from ricercar.assess import (
    mgeval,
    musegan,
    music,
    muspy_measures,
    set_columns,
    set_distances,
)
from ricercar.assess.reference import Tables, groups_of
from ricercar.assess.voices import VOICES

#: names of voices, the highest first
VOICE_NAMES = ("soprano", "alto", "tenor", "bass")


def secondary(one: Tables, n: int, seed: int) -> dict[str, pd.DataFrame]:
    """The tables of the field's other metric sets."""
    groups = groups_of(one[0])
    evaluated = {
        "MuseGAN": musegan.evaluate(*one),
        "MusPy": muspy_measures.evaluate(*one),
        "mgeval": mgeval.evaluate(*one),
        "voices": per_voice(*one),
    }
    return {name: set_columns.means(table, groups, n, seed) for name, table in evaluated.items()}


def per_voice(pieces: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """MuseGAN's measures, compass and mean interval of each voice, a column for each."""
    found: dict[str, np.ndarray] = {"piece": pieces["piece"].to_numpy()}
    of_tracks = {
        "used_pitch_classes": musegan.used_pitch_classes,
        "empty_bars": musegan.empty_bars,
        "qualified_notes": musegan.qualified_notes,
    }
    for name, measure in of_tracks.items():
        values = measure(pieces, notes, VOICES)
        found |= {f"{name}_{voice}": values[:, at] for at, voice in enumerate(VOICE_NAMES)}
    for at, voice in enumerate(VOICE_NAMES):
        mine = notes[notes["part"] == at]
        found[f"pitch_range_{voice}"] = muspy_measures.pitch_range(pieces, mine)
        found[f"mean_interval_{voice}"] = music.per_piece(pieces, mine)["mean_interval"].to_numpy()
    return pd.DataFrame(found)


def set_against_set(train: Tables, one: Tables, seed: int) -> pd.DataFrame:
    """mgeval's overlap areas and divergences, one metric for each feature and measure."""
    names = [f"{f} {m}" for f in mgeval.FEATURES for m in set_distances.MEASURES]

    def measure() -> pd.DataFrame:
        found = set_distances.evaluate(train, one, n=50, seed=seed, limit=100)
        found["metric"] = found["feature"] + " " + found["metric"]
        return found[set_columns.FIGURES]

    return set_columns.tried(measure, names, len(one[0]))
