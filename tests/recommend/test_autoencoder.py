"""Mult-VAE: what it learns, that it does so alike everywhere, and that it is plain afterwards."""

import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp

from ricercar import recommend

SMALL = {"hidden": 8, "latent": 3, "epochs": 20, "batch": 16, "learning_rate": 0.02}
TASTE = (np.random.default_rng(2).random((40, 30)) < 0.2).astype(float)


@pytest.fixture(scope="module")
def model():
    return recommend.create("mult_vae", **SMALL).fit(sp.csr_array(TASTE))


def test_scores_are_the_decoder_at_the_mean(model):
    from ricercar.gan.backend import keras

    keras_layers = []
    for (kernel, bias), activation in zip(model._layers, ("tanh", None) * 2, strict=True):
        layer = keras.layers.Dense(len(bias), activation=activation)
        layer.build((None, len(kernel)))
        layer.set_weights([kernel, bias])
        keras_layers.append(layer)
    warm = np.flatnonzero(TASTE.sum(axis=1))
    x = TASTE[warm] / np.linalg.norm(TASTE[warm], axis=1, keepdims=True)
    told = keras_layers[1](keras_layers[0](x))[:, : SMALL["latent"]]
    expected = np.asarray(keras_layers[3](keras_layers[2](told)))
    np.testing.assert_allclose(model.scores(warm), expected, atol=1e-4)


def test_training_raises_the_likelihood_of_what_was_liked(model):
    def likelihood(scores):
        shifted = scores - scores.max(axis=1, keepdims=True)
        return (TASTE * (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))).sum()

    popularity = np.tile(np.log(TASTE.sum(axis=0) + 1e-9), (40, 1))
    longer = recommend.create("mult_vae", **{**SMALL, "epochs": 150, "dropout": 0.2, "beta": 0.0})
    found = likelihood(longer.fit(sp.csr_array(TASTE)).scores(range(40)))
    assert found > 0.8 * likelihood(popularity)  # both are negative: 20 % fewer nats at least
    assert found > likelihood(model.scores(range(40)))


def test_a_heavy_prior_leaves_nothing_personal():
    heavy = recommend.create("mult_vae", **{**SMALL, "beta": 1000.0, "epochs": 60})
    light = recommend.create("mult_vae", **{**SMALL, "beta": 0.0, "epochs": 60})
    spread = [
        some.fit(sp.csr_array(TASTE)).scores(range(40)).std(axis=0).mean()
        for some in (heavy, light)
    ]
    assert spread[0] < 0.2 * spread[1]


def test_one_core_gives_the_same_scores(model):
    code = f"""
import os
os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
import sys, numpy as np, scipy.sparse as sp
from ricercar import recommend
assert "tensorflow" not in sys.modules
taste = (np.random.default_rng(2).random((40, 30)) < 0.2).astype(float)
model = recommend.create("mult_vae", **{SMALL}).fit(sp.csr_array(taste))
print(model.scores(range(40)).tobytes().hex())
"""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system cannot tie a process to one core")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = np.frombuffer(bytes.fromhex(done.stdout.strip()))
    np.testing.assert_allclose(found.reshape(40, 30), model.scores(range(40)), atol=1e-5)


def test_nothing_of_tensorflow_is_kept(model):
    kept = [*vars(model).values(), *(some for layer in model._layers for some in layer)]
    assert not any(
        type(value).__module__.split(".")[0] in ("tensorflow", "keras") for value in kept
    )
    assert all(isinstance(some, np.ndarray) for layer in model._layers for some in layer)
