"""Retrieval of variants in MTC-ANN: 360 melodies, 26 tune families.

The data are not part of the project: the folder is named by ``RICERCAR_SHARED_DATA`` or
lies in ``../shared/data`` beside the checkout.
"""

import gzip
import json
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ricercar import workspace
from ricercar.screening import evidence, index


def melodies_file():
    named = os.environ.get("RICERCAR_SHARED_DATA")
    folder = Path(named) if named else workspace.project().parent / "shared" / "data"
    return folder / "mtc_ann" / "MTC-ANN-2.0.1_sequences-1.0.jsonl.gz"


@pytest.mark.skipif(
    not melodies_file().is_file(),
    reason=f"MTC-ANN is not there ({melodies_file()}); RICERCAR_SHARED_DATA names its folder",
)
def test_the_nearest_melody_is_of_the_same_family_as_often_as_the_published_floor():
    notes, families = [], {}
    with gzip.open(melodies_file(), "rt", encoding="utf-8") as lines:
        for tune in map(json.loads, lines):
            features = tune["features"]
            ticks = np.array([int(Fraction(d) * 480) for d in features["duration_frac"]])
            columns = {"onset": np.cumsum(ticks) - ticks, "duration": ticks}
            columns["pitch"] = features["midipitch"]
            notes.append(pd.DataFrame(columns).assign(piece=tune["id"], part=0))
            families[tune["id"]] = tune["tunefamily"]
    pieces = pd.DataFrame({"piece": list(families)})
    built = index.build(pieces, pd.concat(notes, ignore_index=True), n=4)
    table = evidence.match(built, built.melodies, k=20).drop_duplicates("query")
    family = pieces["piece"].map(families).to_numpy()
    right = family[table["query"]] == family[table["piece"]]
    assert right.sum() / len(pieces) >= 0.936  # Levenshtein distance on intervals
