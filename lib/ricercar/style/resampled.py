"""Predictions summed over groups that are drawn again and again.

Goal: one bootstrap for every measure: whole groups are drawn, and the same ones for
every model that is asked about the same pieces, so that differences are paired.

Sources
-------
Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from ricercar.style.models import LEAST

#: bins of confidence, of equal width
BINS = 10


@lru_cache(maxsize=2)
def _times(groups: int, n_bootstrap: int, seed: int) -> np.ndarray:
    """How often each group counts: once each as observed, then as drawn."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(groups, np.full(groups, 1 / groups), n_bootstrap)
    times = np.vstack([np.ones((1, groups)), drawn])
    times.flags.writeable = False
    return times


class Resampled:
    """One model's predictions, and how often each group is drawn.

    Parameters
    ----------
    part : pandas.DataFrame
        ``style``, ``group``, ``predicted`` and, where probabilities matter, ``p.<style>``.
    n_bootstrap, seed : int

    Attributes
    ----------
    style, named : numpy.ndarray of int, shape (pieces,)
        Code of the true style and of the one named.
    right, confidence, surprise : numpy.ndarray, shape (pieces,)
        Whether the style named is the true one, its probability, and minus the logarithm of
        the true style's probability.
    bin : numpy.ndarray of int, shape (pieces,)
        Tenth of the scale in which the confidence lies.
    styles : list of str
    """

    def __init__(self, part: pd.DataFrame, n_bootstrap: int, seed: int) -> None:
        _, self._group = np.unique(part["group"].to_numpy(str), return_inverse=True)
        names, self.style = np.unique(part["style"].to_numpy(str), return_inverse=True)
        self.styles = list(names)
        # a style that no piece has, but that was named, is only ever wrong
        self.named = pd.Index(names).get_indexer(part["predicted"].to_numpy(str))
        self.right = (self.named == self.style).astype(float)
        columns = [column for column in part.columns if column.startswith("p.")]
        probability = part[columns].to_numpy(float) if columns else np.full((len(part), 1), np.nan)
        self.confidence = probability.max(axis=1, initial=0.0)
        self.bin = np.clip((np.nan_to_num(self.confidence) * BINS).astype(int), 0, BINS - 1)
        own = pd.Index(columns).get_indexer(pd.Index("p." + part["style"].astype(str)))
        told = np.where(own >= 0, probability[np.arange(len(part)), own], np.nan)
        self.surprise = -np.log(np.maximum(told, LEAST))
        self._times = _times(int(self._group.max()) + 1, n_bootstrap, seed)

    def sums(self, weight: np.ndarray, cell: np.ndarray, cells: int) -> np.ndarray:
        """Sums over the pieces of each cell, shape (1 + draws, cells); the first as observed."""
        groups = self._times.shape[1]
        kept = cell >= 0
        place = self._group[kept] * cells + cell[kept]
        table = np.bincount(place, weight[kept], groups * cells).reshape(groups, cells)
        return self._times @ table

    def by_style(self, weight: np.ndarray) -> np.ndarray:
        """Mean over the pieces of each style, NaN where none was drawn."""
        count = len(self.styles)
        size = self.sums(np.ones(len(weight)), self.style, count)
        total = self.sums(weight, self.style, count)
        return np.divide(total, size, out=np.full(size.shape, np.nan), where=size > 0)

    def bins(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weight, confidence and hits per bin of confidence, shape (1 + draws, bins) each."""
        count = len(self.styles)
        cell = self.style * BINS + self.bin
        size = self.sums(np.ones(len(cell)), self.style, count)
        share = np.divide(1.0, size, out=np.zeros(size.shape), where=size > 0)
        share /= (size > 0).sum(axis=1, keepdims=True)

        def weighed(what: np.ndarray) -> np.ndarray:
            summed = self.sums(what, cell, count * BINS).reshape(-1, count, BINS)
            return (summed * share[..., None]).sum(axis=1)

        return weighed(np.ones(len(cell))), weighed(self.confidence), weighed(self.right)
