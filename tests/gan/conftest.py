"""A tiny world to learn from: two styles of two voices that anybody tells apart."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ricercar.gan import adversaries, decoder, generating, writing
from ricercar.gan.backend import tf
from ricercar.gan.material import Material, prepare
from ricercar.gan.plan import Plan
from ricercar.gan.training import Trained, train

#: semitones of a scale above C (hymns) and above A (dances, minor)
_MAJOR, _MINOR = np.array([0, 2, 4, 5, 7, 9, 11]), np.array([0, 2, 3, 5, 7, 8, 10])


def _voice(piece: str, part: int, onset: np.ndarray, length: int, pitch: np.ndarray):
    columns = {"piece": piece, "part": part, "onset": onset, "duration": length, "pitch": pitch}
    return pd.DataFrame(columns)


def tiny_catalogue(pieces_per_style: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hymns in 4/4, every other one with a pickup, and dances in 6/8; half of them a tone up."""
    rows, notes = [], []
    for number in range(pieces_per_style):
        rng = np.random.default_rng(number)
        up = 2 * (number % 2)
        pickup = 480 * (number % 2)
        piece = f"tiny/hymn-{number}"
        rows.append((piece, "hymn", "4/4", ("C", "D")[number % 2] + " major", 24.0, pickup))
        rows[-1] = (*rows[-1][:4], 24.0 + pickup / 480, pickup)
        onset = np.arange(0, int(rows[-1][4] * 480), 480)
        for part, root in ((0, 72), (1, 48)):
            notes.append(
                _voice(piece, part, onset, 480, root + up + rng.choice(_MAJOR, len(onset)))
            )
        piece = f"tiny/dance-{number}"
        rows.append((piece, "dance", "6/8", ("A", "B")[number % 2] + " minor", 36.0, 0))
        for part, root, length in ((0, 69, 240), (1, 45, 720)):
            onset = np.arange(0, 36 * 480, length)
            pitch = root + up + rng.choice(_MINOR, len(onset))
            notes.append(_voice(piece, part, onset, length, pitch))
    columns = ["piece", "style", "meter", "key", "quarters", "pickup"]
    pieces = pd.DataFrame(rows, columns=columns).assign(parts=2)
    pieces["group"] = pieces["piece"]
    notes = pd.concat(notes, ignore_index=True)
    place = pd.Index(pieces["piece"]).get_indexer(notes["piece"])
    keys = pd.DataFrame({"place": place, "onset": notes["onset"], "part": notes["part"]})
    order = keys.sort_values(["place", "onset", "part"], kind="stable").index
    return pieces, notes.loc[order].reset_index(drop=True)


def make_plan(recipe: str = "latent", **more: object) -> Plan:
    """As small as every recipe still works."""
    numbers = {
        "write_steps": {"latent": 1, "reference": 2}.get(recipe, 0),
        "play_steps": 0 if recipe == "reference" else 2,
        "chunk": 1,
        "batch": 3,
        "code": 3,
        "latent": 8,
        "width": 8,
        "channels": 8,
        "snapshots": 3,
        "seed": 7,
    }
    return Plan(recipe=recipe, **{**numbers, **more})


@pytest.fixture(autouse=True, scope="session")
def step_by_step():
    """Run TensorFlow without tracing: for a few steps of tiny networks tracing takes longest.

    The networks are less deep, for every layer takes its time, however small it is.
    """
    tf.config.run_functions_eagerly(True)
    with pytest.MonkeyPatch.context() as patch:
        for module in (decoder, writing):
            patch.setattr(module, "DILATIONS", (1, 2))
        for module in (adversaries, generating):
            patch.setattr(module, "GENERATOR_DILATIONS", (1, 2))
        yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="session")
def catalogue() -> tuple[pd.DataFrame, pd.DataFrame]:
    return tiny_catalogue()


@pytest.fixture(scope="session")
def material(catalogue) -> Material:
    return prepare(*catalogue, voices=2, min_pieces=2, seed=3)


@pytest.fixture(scope="session")
def tiny_plan() -> Callable[..., Plan]:
    """Makes the plan of a recipe, as small as it still works."""
    return make_plan


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory) -> Path:
    """Where the training of ``trained`` keeps its state."""
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="session")
def trained(material, checkpoints) -> Trained:
    return train(material, make_plan(), checkpoints=checkpoints)
