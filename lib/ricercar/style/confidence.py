"""Whether a model knows how sure it may be, and what it gains by leaving questions open.

Conventions
-----------
* *Confidence* is the probability of the style that was named. Predictions are tables as
  in :mod:`ricercar.style.validation`; styles weigh the same.
* Intervals are 95 % bootstrap percentiles; whole groups are drawn.

Sources
-------
Guo et al., "On calibration of modern neural networks", ICML 2017 (reliability, ten bins of
equal width); El-Yaniv and Wiener, "On the foundations of noise-free selective
classification", *JMLR* 11, 2010 (risk and coverage).
"""

import numpy as np
import pandas as pd

from ricercar.style.resampled import BINS, Resampled


def reliability(predictions: pd.DataFrame, n_bootstrap: int = 1000, seed: int = 0) -> pd.DataFrame:
    """How often a model is right, by how sure it says it is.

    Parameters
    ----------
    predictions : pandas.DataFrame
        Of one arm and model.
    n_bootstrap, seed : int

    Returns
    -------
    pandas.DataFrame
        A row per bin of confidence that holds a piece: ``confidence`` (mean), ``value``
        (share right), ``low``, ``high``, ``n`` (pieces). Styles weigh the same.
    """
    drawn = Resampled(predictions, n_bootstrap, seed)
    size, confidence, right = drawn.bins()
    count = np.bincount(drawn.bin, minlength=BINS)
    share = np.divide(right, size, out=np.full(size.shape, np.nan), where=size > 0)
    full = count > 0
    low, high = np.nanpercentile(share[1:, full], [2.5, 97.5], axis=0)
    mean = confidence[0, full] / size[0, full]
    return pd.DataFrame(
        {"confidence": mean, "value": share[0, full], "low": low, "high": high, "n": count[full]}
    )


def abstention(
    predictions: pd.DataFrame, steps: int = 20, n_bootstrap: int = 500, seed: int = 0
) -> pd.DataFrame:
    """Share right among the answers that a model keeps when it may leave the unsure ones out.

    Parameters
    ----------
    predictions : pandas.DataFrame
        Of one arm and model.
    steps : int
        Thresholds of confidence, such that 1, 2, ... ``steps`` parts of the weight remain.
    n_bootstrap, seed : int

    Returns
    -------
    pandas.DataFrame
        ``coverage`` (share answered), ``threshold`` (least confidence answered), ``value``
        (share right of these), ``low``, ``high``, ``n`` (pieces answered). Styles weigh the
        same in both shares, so ``value`` at coverage 1 is the balanced accuracy. The
        threshold is held fixed when groups are drawn.
    """
    drawn = Resampled(predictions, n_bootstrap, seed)
    count = len(drawn.styles)
    size = np.bincount(drawn.style, minlength=count)
    weight = 1 / (count * size[drawn.style])
    order = np.argsort(-drawn.confidence, kind="stable")
    reached = np.cumsum(weight[order])
    last = np.searchsorted(reached, np.arange(1, steps + 1) / steps - 1e-9)
    thresholds = np.unique(drawn.confidence[order][np.minimum(last, len(order) - 1)])[::-1]
    rows = []
    for threshold in thresholds:
        kept = drawn.confidence >= threshold
        answered = np.nan_to_num(drawn.by_style(kept.astype(float))).sum(axis=1)
        right = np.nan_to_num(drawn.by_style(kept * drawn.right)).sum(axis=1)
        share = np.divide(right, answered, out=np.full(len(right), np.nan), where=answered > 0)
        low, high = np.nanpercentile(share[1:], [2.5, 97.5])
        rows.append((answered[0] / count, threshold, share[0], low, high, int(kept.sum())))
    return pd.DataFrame(rows, columns=["coverage", "threshold", "value", "low", "high", "n"])
