"""A generator of random weights, made without TensorFlow."""

from collections.abc import Callable

import numpy as np
import pytest

from ricercar.gan.composer import Composer
from ricercar.gan.conditions import Vocabulary
from ricercar.gan.leading import COMPARED, DILATIONS, GENERATOR_DILATIONS, REACH, RECALLED
from ricercar.gan.sampling import Generator

_WIDTH, _LATENT, _CODE = 8, 8, 3


def _dense(rng: np.random.Generator, name: str, rows: int, columns: int, bias: bool = True):
    kernel = rng.standard_normal((rows, columns)) / np.sqrt(rows)
    found = {f"{name}.kernel": kernel.astype(np.float32)}
    return found | ({f"{name}.bias": np.zeros(columns, np.float32)} if bias else {})


def random_composer(vocabulary: Vocabulary, recipe: str = "latent", seed: int = 0) -> Composer:
    """A composer that has learnt nothing."""
    rng = np.random.default_rng(seed)
    v, w, p = vocabulary.voices, _WIDTH, vocabulary.pitches
    code = _CODE if recipe == "latent" else 0
    out = _CODE if recipe == "latent" else vocabulary.slots * v * (p + 2)
    arrays: dict[str, np.ndarray] = {}
    if recipe != "reference":
        made = _dense(rng, "plan", _LATENT, w) | _dense(rng, "whole", w, w)
        made |= _dense(rng, "beat", _LATENT // 4, w) | _dense(rng, "out", w, out)
        made |= _dense(rng, "place", vocabulary.features, w)
        for block in range(len(GENERATOR_DILATIONS)):
            made |= _dense(rng, f"scale.{block}", w, w)
            for name in ("wide", "near"):
                made[f"{name}.{block}.kernel"] = 0.3 * rng.standard_normal((3, w, w))
                made[f"{name}.{block}.bias"] = np.zeros(w)
        arrays |= {f"generator.{name}": array for name, array in made.items()}
    if recipe == "latent":
        arrays |= {"code.mean": np.zeros(_CODE), "code.sd": np.full(_CODE, 3.0)}
    if recipe != "grid":
        wrote = {"begun": rng.standard_normal((v * (p + 2), 16))}
        wrote |= {"before": rng.standard_normal((v * (p + 1), 16))}
        wrote |= {"now": rng.standard_normal((v * (p + 1), 24))} if v > 1 else {}
        wrote |= {"pairs": np.zeros((v, v, 13, 3, 13)), "steps": np.zeros((v, 2 * REACH + 1))}
        wrote |= _dense(rng, "enter", v * 32, w)
        wrote |= _dense(rng, "place", vocabulary.features + code, w * vocabulary.slots)
        for layer in range(len(DILATIONS)):
            wrote |= _dense(rng, f"past.{layer}", w, w, bias=False)
            wrote |= _dense(rng, f"here.{layer}", w, w) | _dense(rng, f"leave.{layer}", w, w)
        for at in range(v):
            rows = w + v * 16 + 12 + len(COMPARED) * len(RECALLED) * v + (12 + 24 * at if at else 0)
            wrote |= _dense(rng, f"first.{at}", rows, w) | _dense(rng, f"second.{at}", w, w)
            wrote |= _dense(rng, f"out.{at}", w, p + 2)
            wrote |= _dense(rng, f"classes.{at}", w, 12, bias=False)
            wrote |= _dense(rng, f"recall.{at}", w, len(RECALLED))
        arrays |= {f"decoder.{name}": array for name, array in wrote.items()}
    arrays = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
    return Composer(recipe, vocabulary, arrays)


@pytest.fixture(scope="session")
def untrained() -> Callable[..., Generator]:
    """Makes a generator of two families, by recipe: hymns in 4 voices, reels and jigs in 1."""

    def make(recipe: str = "latent") -> Generator:
        hymns = {"hymn": [("4/4", "major", 16, True, 0, 6), ("3/4", "minor", 12, False, 2, 3)]}
        tunes = {
            "jig": [("6/8", "major", 8, False, -2, 4)],
            "reel": [("2/2", "major", 16, False, 5, 9), ("2/2", "minor", 16, True, 0, 7)],
        }
        modes = ("major", "minor")
        one = Vocabulary(("hymn",), ("3/4", "4/4"), modes, 4, 4, 40, 84, hymns)
        other = Vocabulary(("jig", "reel"), ("2/2", "6/8"), modes, 1, 6, 55, 90, tunes)
        return Generator([random_composer(one, recipe), random_composer(other, recipe, 1)])

    return make
