r"""How far two sets of points reach over each other: precision, recall, density, coverage.

Conventions
-----------
* :math:`x_i` are :math:`N` real points, :math:`y_j` are :math:`M` made ones, distances are
  Euclidean.
* :math:`B_k(x_i)` is the ball around :math:`x_i` that reaches to its :math:`k`-th nearest
  neighbour in its own set, points of its own group left out (an excerpt's neighbour would
  be another excerpt of the same piece).
* Recall and coverage grow with the number of points: sets have to be of one size. A single
  far point reaches over much, so read recall beside coverage.

Sources
-------
T. Kynkäänniemi et al., "Improved precision and recall metric for assessing generative
models", NeurIPS 2019 (k = 3); M. F. Naeem et al., "Reliable fidelity and diversity metrics
for generative models", ICML 2020 (density and coverage, k = 5). The code published with the
latter (``prdc``) takes balls without their surface; here, as in the definitions, a point on
it is inside, so that a set reaches all of itself even if all its points are one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ricercar.errors import ParameterError

PRECISION_K, COVERAGE_K = 3, 5


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distances, shape (rows of a, rows of b)."""
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2 * a @ b.T
    distance: np.ndarray = np.sqrt(np.maximum(squares, 0.0))
    return distance


def reach(points: np.ndarray, k: int, groups: ArrayLike | None = None) -> np.ndarray:
    """Distance of each point to its k-th nearest neighbour in the set.

    Parameters
    ----------
    points : numpy.ndarray, shape (n, dimensions)
    k : int
    groups : array_like, shape (n,), optional
        Points of one group are not each other's neighbours.

    Returns
    -------
    numpy.ndarray, shape (n,)

    Raises
    ------
    ParameterError
        If some point has fewer than k possible neighbours.

    Examples
    --------
    >>> reach(np.array([[0.0], [1.0], [3.0]]), 1).tolist()
    [1.0, 1.0, 2.0]
    >>> reach(np.array([[0.0], [1.0], [3.0]]), 1, ["a", "a", "b"]).tolist()
    [3.0, 2.0, 2.0]
    """
    labels = np.arange(len(points)) if groups is None else pd.factorize(pd.Series(groups))[0]
    far = distances(points, points)
    far[labels[:, None] == labels[None, :]] = np.inf
    fewest = int(np.isfinite(far).sum(axis=1).min(initial=len(points)))
    if not 1 <= k <= fewest:
        raise ParameterError(f"k = {k} with {fewest} other pieces to reach: give more or a lower k")
    return np.partition(far, k - 1, axis=1)[:, k - 1]


@dataclass(frozen=True)
class Overlap:
    """What of two sets lies within reach of the other, point by point.

    Attributes
    ----------
    precision, density : numpy.ndarray, shape (made pieces,)
    recall, coverage : numpy.ndarray, shape (real pieces,)
        The set's figure is the mean.
    """

    precision: np.ndarray
    density: np.ndarray
    recall: np.ndarray
    coverage: np.ndarray


def overlap(
    real: np.ndarray,
    made: np.ndarray,
    groups: tuple[ArrayLike, ArrayLike] | None = None,
    k: int = PRECISION_K,
    k_density: int = COVERAGE_K,
) -> Overlap:
    r"""Precision, recall, density and coverage.

    .. math::

        \text{precision} = \frac1M \sum_j [\exists i: y_j \in B_k(x_i)], \quad
        \text{recall} = \frac1N \sum_i [\exists j: x_i \in B_k(y_j)]

        \text{density} = \frac{1}{kM} \sum_j \sum_i [y_j \in B_k(x_i)], \quad
        \text{coverage} = \frac1N \sum_i [\exists j: y_j \in B_k(x_i)]

    Parameters
    ----------
    real, made : numpy.ndarray, shape (pieces, dimensions)
    groups : tuple of two array_like, optional
        Group of each piece of either set.
    k, k_density : int
        Neighbour that the balls reach to: of precision and recall; of density and coverage.

    Returns
    -------
    Overlap

    Examples
    --------
    >>> real = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> found = overlap(real, np.array([[0.5], [0.6], [9.0]]), k=1, k_density=2)
    >>> found.precision.tolist(), found.recall.tolist()
    ([1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 1.0])
    >>> found.density.tolist(), found.coverage.tolist()
    ([1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0])
    """
    owner = (None, None) if groups is None else groups
    between = distances(real, made)
    inside = between <= reach(real, k, owner[0])[:, None]
    around = between <= reach(made, k, owner[1])[None, :]
    wide = between <= reach(real, k_density, owner[0])[:, None]
    return Overlap(
        precision=inside.any(axis=0).astype(float),
        density=wide.sum(axis=0) / k_density,
        recall=around.any(axis=1).astype(float),
        coverage=wide.any(axis=1).astype(float),
    )


def expected_coverage(real: int, made: int, k: int = COVERAGE_K) -> float:
    r"""Coverage to be expected where both sets are drawn from one distribution.

    :math:`1 - \prod_{i=1}^{k} \frac{N - i}{M + N - i}` for N real and M made pieces, the
    lemma of Naeem et al.; precision and recall have no such yardstick, density has 1.

    Examples
    --------
    >>> round(expected_coverage(500, 500), 3)
    0.969
    """
    steps = np.arange(1, k + 1)
    return float(1 - np.prod((real - steps) / (made + real - steps)))
