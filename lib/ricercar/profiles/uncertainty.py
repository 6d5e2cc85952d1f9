r"""Profiles with uncertainty: little evidence stays near the population, much speaks for itself.

Goal: an estimate of a listener's taste that is right on average at every length of history,
and says how far off it may be.

Method
------
Pieces are the unit of evidence, for a piece heard ten times tells no more about minor keys than
its key. With :math:`v_{li} = |w_{li}|` and :math:`y_{li} = \pm z_i`, the sign that of
:math:`w_{li}`, the profile is the mean :math:`\bar y_l` of :math:`y` by :math:`v`, the
effective number of pieces :math:`n_l = (\sum_i v_{li})^2 / \sum_i v_{li}^2` (Kish), and

.. math::
    \bar y_{lf} \mid \theta_{lf} \sim N(\theta_{lf},\, s_{lf}^2 / n_l), \qquad
    \theta_{lf} \sim N(\mu_f, \tau_f^2), \qquad
    \hat\theta_{lf} = B_{lf}\,\mu_f + (1 - B_{lf})\,\bar y_{lf}, \qquad
    B_{lf} = \frac{s_f^2 / n_l}{s_f^2 / n_l + \tau_f^2}

where :math:`s_{lf}^2` is the variance between the pieces of a listener, drawn toward that of all
listeners, :math:`s_f^2`, with :data:`PRIOR_PIECES` degrees of freedom, and :math:`\mu, \tau` are
estimated from all listeners by the method of moments (empirical Bayes). Shares of styles have a
Dirichlet prior in the same spirit: :math:`\hat q_l = (n_l q_l + \kappa \pi) / (n_l + \kappa)`.

Conventions
-----------
* An error is a standard deviation of what is believed after the events, in the units of the
  profile; a listener without events has the population's mean and spread.
* ``evidence`` is :math:`n_l`, in pieces. It does not tell how old they are.

Sources
-------
Morris, "Parametric empirical Bayes inference", JASA 78 (1983). DerSimonian and Laird,
"Meta-analysis in clinical trials", Controlled Clinical Trials 7 (1986). Kish, *Survey
Sampling*, 1965. Smyth, "Linear models and empirical Bayes methods", Statistical Applications
in Genetics and Molecular Biology 3 (2004), for variances drawn to a common one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse, stats

from ricercar.errors import ParameterError
from ricercar.profiles.building import Evidence, feature_columns, style_columns

#: degrees of freedom with which a listener's variance is drawn to that of all
PRIOR_PIECES = 8.0
#: with fewer listeners there is no population to fall back to
LEAST_LISTENERS = 10


@dataclass(frozen=True)
class Estimates:
    """Profiles and how sure they are.

    Attributes
    ----------
    profiles : DataFrame
        Table ``profiles``.
    errors : DataFrame
        Table ``profile_errors``: ``listener``, ``evidence`` and a standard deviation for every
        column of the profiles.
    kept : ndarray, shape (listeners, features)
        :math:`1 - B_{lf}`: what the listener's own events count for, in [0, 1]; the rest is
        the population's mean.
    population : DataFrame
        Index: feature; columns ``mean`` (:math:`\\mu_f`), ``between`` (:math:`\\tau_f`, the
        spread of tastes) and ``within`` (:math:`s_f`, that of one listener's pieces).
    """

    profiles: pd.DataFrame
    errors: pd.DataFrame
    kept: np.ndarray
    population: pd.DataFrame


def estimate(found: Evidence, shrunken: bool = True) -> Estimates:
    """Estimate profiles with uncertainty.

    Parameters
    ----------
    found : Evidence
        From :func:`ricercar.profiles.evidence`.
    shrunken : bool
        Whether profiles are drawn toward the population. If not, they are those of
        :func:`ricercar.profiles.build` and the errors sampling errors; so they are, too, with
        fewer than :data:`LEAST_LISTENERS` listeners.

    Returns
    -------
    Estimates

    Examples
    --------
    >>> from ricercar.profiles import evidence
    >>> pieces = pd.DataFrame({"piece": ["a", "b"], "style": ["reel", "jig"]})
    >>> table = pieces[["piece"]].assign(**{"melody.pitch_range": [7.0, 12.0]})
    >>> names = [f"l{i:02d}" for i in range(20)]
    >>> events = pd.DataFrame({"listener": names, "piece": ["a", "b"] * 10, "kind": "play",
    ...     "value": 1.0})
    >>> found = estimate(evidence(events, table, pieces, listeners=["new", *names]))
    >>> found.profiles["melody.pitch_range"][:2].round(2).tolist()
    [0.0, -0.05]
    """
    size = np.abs(found.matrix)
    taste, shares = (np.nan_to_num(block) for block in found.means())
    n = effective(size)
    within, common = within_listeners(size @ found.z.to_numpy() ** 2, taste, size, n)
    known = n > 0
    noise = _per(common[None, :], n)
    mean, between = _population(taste[known], noise[known])
    alone = not shrunken or known.sum() < LEAST_LISTENERS
    if alone:
        kept = np.repeat(known[:, None], taste.shape[1], axis=1).astype(float)
        mean = taste[known].mean(axis=0) if known.any() else mean
    else:
        kept = _per(between[None, :], noise + between, empty=1.0)
    value = np.where(kept > 0, kept * taste, 0.0) + (1 - kept) * mean
    of_mean = _per(np.ones_like(between), _sum(_per(1.0, noise[known] + between)), empty=0.0)
    variance = kept**2 * _per(within, n, empty=0.0) + (1 - kept) ** 2 * (between + of_mean)
    liked = sparse.csr_array(found.matrix.maximum(0))
    share, share_error = _shares(shares, effective(liked), found.one_hot.mean(axis=0), alone)
    made = found.table(share, value)
    errors = found.table(share_error, np.sqrt(variance)).rename(columns={"events": "evidence"})
    errors["evidence"] = n
    population = {"mean": mean, "between": np.sqrt(between), "within": np.sqrt(common)}
    return Estimates(made, errors, kept, pd.DataFrame(population, index=found.z.columns))


def effective(size: sparse.csr_array) -> np.ndarray:
    """Effective number of pieces behind each row of weights, none below 0 (Kish).

    Examples
    --------
    >>> effective(sparse.csr_array(np.array([[1.0, 1.0], [9.0, 0.0], [0.0, 0.0]]))).tolist()
    [2.0, 1.0, 0.0]
    """
    total = np.asarray(size.sum(axis=1), dtype=float)
    return _per(total**2, np.asarray(size.multiply(size).sum(axis=1), dtype=float), empty=0.0)


def bounds(
    profiles: pd.DataFrame, errors: pd.DataFrame, level: float = 0.95
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Credible intervals of profiles.

    Parameters
    ----------
    profiles, errors : DataFrame
        Tables ``profiles`` and ``profile_errors``, rows in the same order.
    level : float
        In (0, 1).

    Returns
    -------
    low, high : DataFrame
        Index: listener; columns: styles (quantiles of a beta distribution, in [0, 1]) and
        features (of a normal distribution).

    Raises
    ------
    ParameterError
        If the level is out of range or the tables hold other listeners.
    """
    if not 0 < level < 1:
        raise ParameterError(f"level is {level}: it must be between 0 and 1")
    share, inner, yes, no = _believed_shares(profiles, errors)
    styles, names = style_columns(profiles), feature_columns(profiles)
    value, error = profiles[names].to_numpy(float), errors[names].to_numpy(float)
    sides = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        of_share = np.where(inner, stats.beta.ppf(tail, yes, no), share)
        side = np.hstack([of_share, value + stats.norm.ppf(tail) * error])
        index = pd.Index(profiles["listener"], name="listener")
        sides.append(pd.DataFrame(side, index=index, columns=[*styles, *names]))
    return sides[0], sides[1]


def doubt(profiles: pd.DataFrame, errors: pd.DataFrame, point: pd.Series) -> pd.DataFrame:
    """How little it would take for profiles to lie on the other side of a point.

    Parameters
    ----------
    profiles, errors : DataFrame
        Tables ``profiles`` and ``profile_errors``, rows in the same order.
    point : Series
        Index: the styles and features; for example the median listener's values.

    Returns
    -------
    DataFrame
        Index: listener; columns: styles and features; twice the probability of the side of the
        point that is less likely, in [0, 1]. Below .05 the 95 % interval of :func:`bounds` leaves
        the point out. A share of 0 or 1, which knows no error, has 1.

    Raises
    ------
    ParameterError
        If the tables hold other listeners.

    Examples
    --------
    >>> made = pd.DataFrame({"listener": ["l"], "events": 9, "rhythm.npvi": [1.96]})
    >>> float(doubt(made, made.assign(**{"rhythm.npvi": 1.0}), pd.Series({"rhythm.npvi": 0.0}))
    ...     .loc["l", "rhythm.npvi"].round(3))
    0.05
    """
    _, inner, yes, no = _believed_shares(profiles, errors)
    styles, names = style_columns(profiles), feature_columns(profiles)
    away = profiles[names].to_numpy(float) - point[names].to_numpy(float)
    error = np.maximum(errors[names].to_numpy(float), 1e-12)
    below = stats.beta.cdf(point[styles].to_numpy(float), yes, no)
    of_share = np.where(inner, 2 * np.minimum(below, 1 - below), 1.0)
    both = np.hstack([of_share, 2 * stats.norm.sf(np.abs(away) / error)])
    index = pd.Index(profiles["listener"], name="listener")
    return pd.DataFrame(both, index=index, columns=[*styles, *names])


def _believed_shares(
    profiles: pd.DataFrame, errors: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shares of styles, which lie within (0, 1), and the parameters of their beta distributions."""
    if not profiles["listener"].equals(errors["listener"]):
        raise ParameterError("profiles and errors must hold the same listeners in the same order")
    styles = style_columns(profiles)
    share = profiles[styles].to_numpy(float)
    inner = (share > 0) & (share < 1)
    p = np.where(inner, share, 0.5)
    spread = np.where(inner, errors[styles].to_numpy(float), 0.1)
    count = np.maximum(p * (1 - p) / np.maximum(spread, 1e-9) ** 2 - 1, 1e-6)
    return share, inner, p * count, (1 - p) * count


def within_listeners(
    square: np.ndarray, taste: np.ndarray, size: sparse.csr_array, n: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Variances between pieces: of each listener (drawn to the common one), and common."""
    total = np.asarray(size.sum(axis=1), dtype=float)
    raw = np.maximum(_per(square, total, empty=0.0) - taste**2, 0.0)
    several = n > 1.5
    freedom = np.where(several, n - 1, 0.0)
    own = np.where(several[:, None], raw * _per(n, n - 1, empty=0.0)[:, None], 0.0)
    common = freedom @ own / freedom.sum() if freedom.sum() > 0 else np.ones(square.shape[1])
    drawn = (PRIOR_PIECES * common + freedom[:, None] * own) / (PRIOR_PIECES + freedom[:, None])
    return drawn, common


def _population(taste: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of tastes between listeners, by two steps of the method of moments."""
    mean, between = np.zeros(taste.shape[1]), np.zeros(taste.shape[1])
    if not len(taste):
        return mean, between + 1.0
    for step in range(3):
        weight = _per(1.0, noise + between, empty=1.0) if step else np.ones_like(taste)
        total = weight.sum(axis=0)
        mean = (weight * taste).sum(axis=0) / total
        expected = (weight * noise * (1 - weight / total)).sum(axis=0)
        scale = total - (weight**2).sum(axis=0) / total
        square = (weight * (taste - mean) ** 2).sum(axis=0)
        between = np.maximum(_per(square - expected, scale, empty=0.0), 0.0)
    return mean, between


def _shares(
    shares: np.ndarray, n: np.ndarray, catalogue: np.ndarray, alone: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of styles drawn to the population's, and their standard deviations."""
    known = n > 0
    mean = shares[known].mean(axis=0) if known.any() else catalogue
    mean = mean / mean.sum() if mean.sum() > 0 else mean
    several = n > 1.5
    spread = 1 - (mean**2).sum()
    square = ((shares[several] - mean) ** 2).sum(axis=1) / (spread if spread > 0 else 1.0)
    chance = 1 / n[several]
    rho = (square - chance).sum() / (1 - chance).sum() if several.any() else 0.5
    prior = 1 / np.clip(rho, 1e-3, 1 - 1e-3) - 1
    count = n + (np.where(known, 0.0, prior) if alone else prior)
    value = (n[:, None] * shares + (count - n)[:, None] * mean) / count[:, None]
    return value, np.sqrt(value * np.maximum(1 - value, 0.0) / (count + 1)[:, None])


def _per(top: np.ndarray | float, bottom: np.ndarray, empty: float = np.inf) -> np.ndarray:
    """``top / bottom``, rows by a number each where bottom has one axis less; ``empty`` by 0."""
    top = np.asarray(top, dtype=float)
    below = np.asarray(bottom, dtype=float)
    if top.ndim > below.ndim:
        below = below[:, None]
    shape = np.broadcast_shapes(top.shape, below.shape)
    out = np.full(shape, empty)
    return np.divide(top, below, out=out, where=np.broadcast_to(below > 0, shape))


def _sum(rows: np.ndarray) -> np.ndarray:
    """Sum over listeners of what is finite."""
    return np.where(np.isfinite(rows), rows, 0.0).sum(axis=0)
