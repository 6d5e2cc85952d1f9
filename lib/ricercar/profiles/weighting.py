r"""How much each feature counts when a profile is compared with a piece.

Goal: let features speak by what they tell about listeners, and not by how many of them say
the same.

Conventions
-----------
Weights :math:`a_{lf} \ge 0` of listener :math:`l` and feature :math:`f` have the mean 1 over
features, so that what a style counts beside them stays the same. With the symbols of
:mod:`ricercar.profiles.uncertainty`:

==============  ============================================================================
``equal``       :math:`1`
``separating``  :math:`\tau_f^2 / (\tau_f^2 + s_f^2)`: the part of the variance that lies between
                listeners, and not between the pieces of one
``personal``    :math:`t^2 / (1 + t^2)` with :math:`t = (\bar y_{lf} - \mu_f) \sqrt{n_l} / s_f`:
                how surely the feature separates this listener from the crowd
``unrepeated``  :math:`1 / \sum_g r_{fg}^2`, with the correlations :math:`r` of features over
                pieces: twins share the weight of one
==============  ============================================================================

Sources
-------
The intraclass correlation: Fisher, *Statistical Methods for Research Workers*, 1925.
"""

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.listening.matrix import product
from ricercar.profiles.building import Evidence
from ricercar.profiles.uncertainty import effective, estimate

WEIGHTINGS = ("equal", "separating", "personal", "unrepeated")


def feature_weights(name: str, found: Evidence) -> pd.DataFrame:
    """Weights of features for each listener.

    Parameters
    ----------
    name : str
        One of :data:`WEIGHTINGS`.
    found : Evidence
        From :func:`ricercar.profiles.evidence`.

    Returns
    -------
    DataFrame
        Index: listener, columns: features; at least 0, mean 1 in every row.

    Raises
    ------
    ParameterError
        For an unknown name.

    Examples
    --------
    >>> from ricercar.profiles import evidence
    >>> pieces = pd.DataFrame({"piece": ["a", "b", "c", "d"], "style": "reel"})
    >>> twins = {"melody.pitch_range": [0.0, 0, 1, 1], "melody.mean_pitch": [0.0, 0, 1, 1]}
    >>> table = pieces[["piece"]].assign(**twins, **{"rhythm.npvi": [0.0, 1, 0, 1]})
    >>> events = pd.DataFrame({"listener": "l", "piece": ["a"], "kind": "play", "value": 1.0})
    >>> feature_weights("unrepeated", evidence(events, table, pieces)).round(2).iloc[0].tolist()
    [0.75, 0.75, 1.5]
    """
    if name not in WEIGHTINGS:
        raise ParameterError(f"no feature weighting {name!r}; known: {', '.join(WEIGHTINGS)}")
    shape = (len(found.listeners), found.z.shape[1])
    if name == "equal":
        weight = np.ones(shape)
    elif name == "unrepeated":
        weight = np.broadcast_to(_unrepeated(found.z.to_numpy()), shape)
    else:
        weight = _telling(found, personal=name == "personal")
    mean = weight.mean(axis=1, keepdims=True)
    weight = np.where(mean > 0, weight / np.where(mean > 0, mean, 1.0), 1.0)
    index = pd.Index(found.listeners, name="listener")
    return pd.DataFrame(weight, index=index, columns=found.z.columns)


def _unrepeated(z: np.ndarray) -> np.ndarray:
    """One over the sum of squared correlations with all features; 0 for what does not vary."""
    centred = z - z.mean(axis=0)
    length = np.linalg.norm(centred, axis=0)
    unit = np.divide(centred, length, out=np.zeros_like(centred), where=length > 1e-9)
    repeated = (product(unit.T, unit) ** 2).sum(axis=0)
    return np.divide(1.0, repeated, out=np.zeros_like(repeated), where=repeated > 1e-9)


def _telling(found: Evidence, personal: bool) -> np.ndarray:
    """How much features separate listeners from each other, or each from the crowd."""
    made = estimate(found)
    within, between, mean = (
        made.population[column].to_numpy() for column in ("within", "between", "mean")
    )
    if personal:
        n = effective(np.abs(found.matrix))[:, None]
        signal = n * (np.nan_to_num(found.means()[0]) - mean) ** 2
    else:
        signal = np.repeat(between[None, :] ** 2, len(found.listeners), axis=0)
    total = signal + within**2
    return np.divide(signal, total, out=np.zeros_like(signal), where=total > 1e-12)
