"""A tiny world to learn from: two styles that anybody tells apart."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ricercar.gan.backend import tf
from ricercar.gan.material import Material, prepare
from ricercar.gan.recipe import Recipe
from ricercar.gan.training import Trained, train


def tiny_catalogue(pieces_per_style: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Chords in two voices ("hymn", 4/4, halves) and running notes ("dance", 2/4, sixteenths)."""
    rows, notes = [], []
    for number in range(pieces_per_style):
        rng = np.random.default_rng(number)
        for style, meter, parts in (("hymn", "4/4", 2), ("dance", "2/4", 1)):
            piece = f"tiny/{style}-{number}"
            rows.append((piece, style, meter, parts))
            length = 960 if style == "hymn" else 120
            onset = np.arange(0, 8 * 480, length)
            for part in range(parts):
                pitch = 72 - 12 * part + 2 * (number % 2) + rng.choice([0, 2, 4, 5, 7], len(onset))
                notes.append(
                    pd.DataFrame(
                        {
                            "piece": piece,
                            "part": part,
                            "onset": onset,
                            "duration": length,
                            "pitch": pitch,
                        }
                    )
                )
    pieces = pd.DataFrame(rows, columns=["piece", "style", "meter", "parts"])
    pieces = pieces.assign(group=pieces["piece"], quarters=8.0, pickup=0)
    return pieces, pd.concat(notes, ignore_index=True)


@pytest.fixture(autouse=True, scope="session")
def step_by_step():
    """Run TensorFlow without tracing: for a few steps of tiny networks tracing takes longest."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="session")
def catalogue() -> tuple[pd.DataFrame, pd.DataFrame]:
    return tiny_catalogue()


@pytest.fixture(scope="session")
def material(catalogue) -> Material:
    return prepare(*catalogue, min_pieces=2, steps=16, voices=2, seed=3)


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    return Recipe(
        compress_steps=2,
        adversarial_steps=4,
        chunk=1,
        batch=4,
        code=3,
        latent=5,
        coder_width=8,
        width=12,
        local=6,
        depth=1,
        snapshots=3,
        seed=7,
    )


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory) -> Path:
    """Where the training of ``trained`` keeps its state."""
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="session")
def trained(material, recipe, checkpoints) -> Trained:
    return train(material, recipe, checkpoints=checkpoints)


@pytest.fixture(scope="session")
def trained_again(material, recipe) -> Trained:
    return train(material, recipe)
