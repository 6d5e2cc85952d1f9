"""What sets groups of pieces apart: effect sizes, typical pieces, a map.

Conventions
-----------
* ``labels`` gives each row of a features table its group, for example its style.
* Distances are Euclidean between standardised features, divided by the square root of
  their number: 1 is one standard deviation in every feature.

Sources
-------
Cohen, *Statistical Power Analysis for the Behavioral Sciences*, 1988 (eta squared: about
.01 is small, .06 medium, .14 large); L. van der Maaten and G. Hinton, "Visualizing data
using t-SNE", *Journal of Machine Learning Research* 9, 2008.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ricercar import features
from ricercar.errors import TableError
from ricercar.features.registry import REGISTRY


def _names(table: pd.DataFrame) -> list[str]:
    """The feature columns of a table."""
    return [column for column in table.columns if column in REGISTRY]


def eta_squared(
    table: pd.DataFrame,
    labels: Sequence[str],
    n_bootstrap: int = 200,
    seed: int = 0,
    fewest: int = 2,
) -> pd.DataFrame:
    """Share of a feature's variance that lies between groups (one-way analysis of variance).

    Parameters
    ----------
    table : pandas.DataFrame
        Features.
    labels : sequence of str
        Group of each row.
    n_bootstrap, seed : int
        Resamples of pieces for the interval.
    fewest : int
        Pieces in which a group must have a feature to take part in it, 2 or more.

    Returns
    -------
    pandas.DataFrame
        ``feature``, ``value`` (0 to 1), ``low``, ``high``, ``n`` (pieces that have the feature)
        and ``groups`` (that take part), largest first; NaN where fewer than two do.

    Examples
    --------
    >>> table = pd.DataFrame({"melody.gap_fill": [0.0, 0.0, 1.0, 1.0]})
    >>> eta_squared(table, ["reel", "reel", "jig", "jig"])["value"].tolist()
    [1.0]
    """
    names = _names(table)
    values = table[names].to_numpy(float)
    code, styles = pd.factorize(np.asarray(labels, dtype=object), sort=True)
    member = np.eye(len(styles))[code]
    known = ~np.isnan(values)
    taking_part = (member.T @ known) >= max(fewest, 2)
    known &= taking_part[code]
    groups = taking_part.sum(axis=0)
    count = known.sum(axis=0)
    grand = np.where(known, values, 0).sum(axis=0) / np.maximum(count, 1)
    centred = np.where(known, values - grand, 0.0)
    scale = np.sqrt((centred**2).sum(axis=0) / np.maximum(count, 1))
    steady = scale <= 1e-12 * np.maximum(1.0, np.abs(grand))
    centred = centred / np.where(steady, 1.0, scale)
    rng = np.random.default_rng(seed)
    size = len(values)
    times = rng.multinomial(size, np.full(size, 1 / size), n_bootstrap).astype(float)
    weights = np.concatenate([np.ones((1, size)), times])
    total_count, total_sum = weights @ known, weights @ centred
    between = np.zeros_like(total_sum)
    for column in member.T:
        each = (weights * column) @ known
        part = (weights * column) @ centred
        between += np.divide(part**2, each, out=np.zeros_like(part), where=each > 0)
    correction = total_sum**2 / np.maximum(total_count, 1)
    whole = weights @ centred**2 - correction
    eta = np.full_like(whole, np.nan)
    usable = (whole > 1e-9) & (groups >= 2) & ~steady
    np.divide(between - correction, whole, out=eta, where=usable)
    eta = np.clip(eta, 0.0, 1.0)
    bounds = np.full((2, len(names)), np.nan)
    measured = usable[0]
    bounds[:, measured] = np.nanpercentile(eta[1:, measured], [2.5, 97.5], axis=0)
    result = pd.DataFrame(
        {"feature": names, "value": eta[0], "low": bounds[0], "high": bounds[1]}
    ).assign(n=count, groups=groups)
    return result.sort_values("value", ascending=False, kind="stable", ignore_index=True)


def distances(table: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """How far each piece is from the mean of its own group.

    Features that no piece of the group has (harmony of tunes) are left out of its distances.

    Returns
    -------
    pandas.DataFrame
        ``piece``, ``label`` and ``distance``, in the order of ``table``.
    """
    names = _names(table)
    z = features.standardise(table)[names].to_numpy(float)
    known = table[names].notna().to_numpy()
    label = np.asarray(labels, dtype=object)
    distance = np.full(len(table), np.nan)
    for name in np.unique(label):
        rows = label == name
        used = known[rows].any(axis=0)
        offset = z[rows][:, used] - z[rows][:, used].mean(axis=0)
        distance[rows] = np.sqrt((offset**2).mean(axis=1))
    return pd.DataFrame({"piece": table["piece"], "label": label, "distance": distance})


def peculiarities(
    table: pd.DataFrame, labels: Sequence[str], piece: str, n: int = 6
) -> pd.DataFrame:
    """The features in which a piece differs most from its own group.

    Parameters
    ----------
    table : pandas.DataFrame
        Features with a column ``piece``.
    labels : sequence of str
        Group of each row.
    piece : str
    n : int
        Number of features.

    Returns
    -------
    pandas.DataFrame
        ``feature``, ``value``, ``group_mean`` and ``deviations`` (from that mean, in standard
        deviations of the group), largest first. Features that are alike in the whole group
        are left out.

    Raises
    ------
    TableError
        If the piece is not in the table.
    """
    at = np.flatnonzero((table["piece"] == piece).to_numpy())
    if len(at) != 1:
        raise TableError(f"the features table has {len(at)} rows for {piece!r}; one is needed")
    names = _names(table)
    label = np.asarray(labels, dtype=object)
    group = table.loc[label == label[at[0]], names]
    value, centre = group.loc[table.index[at[0]]], group.mean()
    scale = group.std(ddof=0)
    deviations = ((value - centre) / scale.where(scale > 1e-9)).dropna()
    order = deviations.abs().sort_values(ascending=False, kind="stable").index[:n]
    return pd.DataFrame(
        {
            "feature": order,
            "value": value[order].to_numpy(),
            "group_mean": centre[order].to_numpy(),
            "deviations": deviations[order].to_numpy(),
        }
    )


def principal_axes(
    table: pd.DataFrame, n: int = 2
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Map the pieces to the axes along which their standardised features vary most.

    Parameters
    ----------
    table : pandas.DataFrame
        Features.
    n : int
        Number of axes.

    Returns
    -------
    places : pandas.DataFrame
        ``piece``, ``axis 1`` ...
    loadings : pandas.DataFrame
        Weight of each feature (index) in each axis; each axis points where the largest
        weight is positive.
    share : numpy.ndarray, shape (n,)
        Share of the variance that each axis holds.
    """
    names = _names(table)
    z = features.standardise(table)[names].to_numpy(float)
    _, singular, directions = np.linalg.svd(z - z.mean(axis=0), full_matrices=False)
    directions = directions[:n]
    largest = np.abs(directions).argmax(axis=1)
    directions = directions * np.sign(directions[np.arange(len(directions)), largest])[:, None]
    axes = [f"axis {number + 1}" for number in range(len(directions))]
    places = pd.DataFrame(z @ directions.T, columns=axes)
    places.insert(0, "piece", table["piece"].to_numpy())
    share = singular[: len(axes)] ** 2 / (singular**2).sum()
    return places, pd.DataFrame(directions.T, index=names, columns=axes), share


def neighbour_map(table: pd.DataFrame, perplexity: float = 30.0, seed: int = 0) -> pd.DataFrame:
    """Map the pieces so that near neighbours stay near (t-SNE).

    Standardised features are cut off at five standard deviations, lest one odd value moves
    a piece to the moon. Distances between far points, and sizes of clouds, mean nothing.

    Parameters
    ----------
    table : pandas.DataFrame
        Features.
    perplexity : float
        About how many neighbours count; at most a third of the pieces are taken.
    seed : int

    Returns
    -------
    pandas.DataFrame
        ``piece``, ``axis 1``, ``axis 2``; the same on every machine with the same packages.

    Raises
    ------
    TableError
        If there are fewer than four pieces.

    Examples
    --------
    >>> pieces = {"piece": list("abcdef"), "rhythm.npvi": [0, 0.1, 0.2, 9, 9.1, 9.2]}
    >>> neighbour_map(pd.DataFrame(pieces)).shape
    (6, 3)
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    if len(table) < 4:
        raise TableError(f"a map of {len(table)} pieces has no neighbours: four are needed")
    z = features.standardise(table)[_names(table)].to_numpy(float).clip(-5, 5)
    near = min(perplexity, (len(z) - 1) / 3)
    start = np.linalg.svd(z - z.mean(axis=0), full_matrices=False)
    first = np.zeros((len(z), 2))
    kept = min(2, len(start[1]))
    first[:, :kept] = start[0][:, :kept] * start[1][:kept]
    first *= 1e-4 / max(first[:, 0].std(), 1e-12)
    # a sum over threads would depend on their number
    with threadpool_limits(1):
        places = TSNE(perplexity=near, init=first, random_state=seed).fit_transform(z)
    return pd.DataFrame(
        {"piece": table["piece"].to_numpy(), "axis 1": places[:, 0], "axis 2": places[:, 1]}
    )


def next_to_own(places: pd.DataFrame, labels: Sequence[str]) -> np.ndarray:
    """Whether the nearest other point of a map belongs to the same group.

    Parameters
    ----------
    places : pandas.DataFrame
        ``axis 1``, ``axis 2``; two rows or more.
    labels : sequence of str
        Group of each row.

    Returns
    -------
    numpy.ndarray of bool

    Examples
    --------
    >>> places = pd.DataFrame({"axis 1": [0, 1, 9, 11], "axis 2": 0})
    >>> next_to_own(places, ["reel", "reel", "reel", "jig"]).tolist()
    [True, True, False, False]
    """
    from scipy.spatial import KDTree

    xy = places[["axis 1", "axis 2"]].to_numpy(float)
    _, near = KDTree(xy).query(xy, k=2)
    # of points at the same place either may come first
    other = np.where(near[:, 0] == np.arange(len(xy)), near[:, 1], near[:, 0])
    label = np.asarray(labels, dtype=object)
    return np.asarray(label[other] == label, dtype=bool)
