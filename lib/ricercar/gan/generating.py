"""The generator at work, in NumPy: noise and places to numbers for each beat.

The same network as :class:`.adversaries.Generator`; weights are arrays by name.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from scipy.special import erf

from ricercar.gan.leading import GENERATOR_DILATIONS


def gelu(x: np.ndarray) -> np.ndarray:
    r"""The Gaussian error linear unit :math:`x\,\Phi(x)`, float32.

    Examples
    --------
    >>> gelu(np.array([0.0, 1.0])).round(3).tolist()
    [0.0, 0.8410000205039978]
    """
    return (0.5 * x * (1 + erf(x * np.float32(0.5**0.5)))).astype(np.float32)


def dense(weights: Mapping[str, np.ndarray], name: str, x: np.ndarray) -> np.ndarray:
    """A dense layer by name."""
    y = x @ weights[f"{name}.kernel"]
    bias = weights.get(f"{name}.bias")
    return y if bias is None else y + bias


def by_name(network: Any, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Weights of a network's layers, and of its lists of layers, as :func:`dense` reads them."""
    found = {}
    for name in names:
        layers = getattr(network, name)
        several = isinstance(layers, list)
        for number, layer in enumerate(layers if several else [layers]):
            key = f"{name}.{number}" if several else name
            found[f"{key}.kernel"] = np.asarray(layer.kernel)
            if layer.use_bias:
                found[f"{key}.bias"] = np.asarray(layer.bias)
    return found


def convolve(
    x: np.ndarray, weights: Mapping[str, np.ndarray], name: str, far: int = 1
) -> np.ndarray:
    """A convolution of width 3 over beats, zeros beyond both ends.

    Parameters
    ----------
    x : numpy.ndarray, shape (n, beats, channels)
    weights : mapping of str to numpy.ndarray
        ``<name>.kernel`` of shape (3, channels, channels out), and ``<name>.bias``.
    name : str
    far : int
        Beats from the middle to the others.

    Examples
    --------
    >>> x, weights = np.arange(4.0).reshape(1, 4, 1), {"a.kernel": np.ones((3, 1, 1))}
    >>> convolve(x, weights | {"a.bias": np.zeros(1)}, "a").ravel().tolist()
    [1.0, 3.0, 6.0, 5.0]
    """
    beats = x.shape[1]
    wide = np.pad(x, ((0, 0), (far, far), (0, 0)))
    kernel = weights[f"{name}.kernel"]
    taps = [wide[:, at * far : at * far + beats] @ kernel[at] for at in range(3)]
    return taps[0] + taps[1] + taps[2] + weights[f"{name}.bias"]


def generate(
    weights: Mapping[str, np.ndarray], z: np.ndarray, noise: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """What the generator makes.

    Parameters
    ----------
    weights : mapping of str to numpy.ndarray
        From :func:`ricercar.gan.recipes.base.generator_weights`.
    z : numpy.ndarray of float32, shape (n, latent)
    noise : numpy.ndarray of float32, shape (n, beats, latent // 4)
    places : numpy.ndarray of float32, shape (n, beats, features)

    Returns
    -------
    numpy.ndarray of float32, shape (n, beats, out)
    """
    plan = gelu(dense(weights, "plan", z))
    x = dense(weights, "whole", plan)[:, None] + dense(weights, "beat", noise)
    x = x + dense(weights, "place", places)
    for block, far in enumerate(GENERATOR_DILATIONS):
        y = convolve(gelu(x), weights, f"wide.{block}", far)
        y = y * dense(weights, f"scale.{block}", plan)[:, None]
        x = x + convolve(gelu(y), weights, f"near.{block}")
    return dense(weights, "out", gelu(x))
