"""Which features say the same: rank correlations and the clusters that they form.

Conventions
-----------
* Correlations are Spearman's, over the pieces that have both features; equal values share
  their mean rank.
* Two features are near when their correlation is strong, whatever its sign: their
  distance is one minus its absolute value.

Sources
-------
C. Spearman, "The proof and measurement of association between two things", *American
Journal of Psychology* 15, 1904; R. R. Sokal and C. D. Michener, "A statistical method for
evaluating systematic relationships", 1958 (average linkage).
"""

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.features.registry import REGISTRY

#: pieces that must have both features for their correlation to count
FEWEST = 10


def spearman(table: pd.DataFrame) -> pd.DataFrame:
    """Rank correlation of each pair of features.

    Parameters
    ----------
    table : pandas.DataFrame
        Features; other columns are passed over.

    Returns
    -------
    pandas.DataFrame
        Features by features, -1 to 1; NaN where fewer than :data:`FEWEST` pieces have both
        or one of them does not vary.

    Examples
    --------
    >>> table = pd.DataFrame({"rhythm.npvi": range(20), "melody.gap_fill": range(20, 0, -1)})
    >>> round(float(spearman(table).loc["rhythm.npvi", "melody.gap_fill"]), 6)
    -1.0
    """
    names = [name for name in table.columns if name in REGISTRY]
    values = table[names].reset_index(drop=True)
    # features that the same pieces have are ranked together
    masks, group = np.unique(values.notna().to_numpy().T, axis=0, return_inverse=True)
    group = group.ravel()
    rho = np.full((len(names), len(names)), np.nan)
    for a in range(len(masks)):
        for b in range(a, len(masks)):
            both = masks[a] & masks[b]
            if both.sum() < FEWEST:
                continue
            left, right = np.flatnonzero(group == a), np.flatnonzero(group == b)
            block = _standard_ranks(values.loc[both].iloc[:, left]).T @ _standard_ranks(
                values.loc[both].iloc[:, right]
            )
            rho[np.ix_(left, right)] = block
            rho[np.ix_(right, left)] = block.T
    return pd.DataFrame(np.clip(rho, -1.0, 1.0), index=names, columns=names)


def _standard_ranks(values: pd.DataFrame) -> np.ndarray:
    """Ranks in columns of mean 0 and length 1; NaN for a column that does not vary."""
    ranks = values.rank().to_numpy(float)
    ranks = ranks - ranks.mean(axis=0)
    length = np.sqrt((ranks**2).sum(axis=0))
    return ranks / np.where(length > 0, length, np.nan)


def clusters(table: pd.DataFrame, least: float = 0.6) -> pd.DataFrame:
    """Features that rise and fall together, joined by average linkage.

    Parameters
    ----------
    table : pandas.DataFrame
        Features; other columns are passed over.
    least : float
        Mean absolute correlation down to which clusters are joined, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        ``feature``, ``cluster`` (0, 1, ... in the order of the tree) and ``nearest``, the mean
        absolute correlation with the others of the cluster (NaN for a feature alone); sorted
        as the leaves of the tree.

    Raises
    ------
    ParameterError
        If ``least`` is not between 0 and 1.

    Examples
    --------
    >>> x = np.arange(20.0)
    >>> table = pd.DataFrame({"rhythm.npvi": x, "melody.gap_fill": -x, "melody.step_share": x % 2})
    >>> clusters(table)["cluster"].value_counts().tolist()
    [2, 1]
    """
    from scipy.cluster import hierarchy
    from scipy.spatial.distance import squareform

    if not 0 < least < 1:
        raise ParameterError(f"least is {least}: give a correlation between 0 and 1")
    strength = spearman(table).abs().fillna(0.0)
    near = strength.to_numpy(copy=True)
    np.fill_diagonal(near, 1.0)
    if len(near) < 2:
        return pd.DataFrame({"feature": strength.index, "cluster": 0, "nearest": np.nan})
    tree = hierarchy.linkage(squareform(1 - near, checks=False), "average")
    code = hierarchy.fcluster(tree, 1 - least, "distance")
    order = hierarchy.leaves_list(tree)
    cluster = pd.factorize(code[order])[0]
    ordered = near[np.ix_(order, order)]
    same = (cluster[:, None] == cluster) & ~np.eye(len(order), dtype=bool)
    others = same.sum(axis=1)
    nearest = np.full(len(order), np.nan)
    np.divide((ordered * same).sum(axis=1), others, out=nearest, where=others > 0)
    return pd.DataFrame({"feature": strength.index[order], "cluster": cluster, "nearest": nearest})
