r"""How far predicted ratings are from given ones.

Goal: the two figures by which rating predictors are compared, over ratings and over
listeners, for models of explicit feedback. A good prediction of ratings is no good ranking:
what a list is worth is measured by :mod:`.ranking`.

Conventions
-----------
* Errors are in the unit of the ratings (stars); 0 is best. Nothing is clipped to the scale.
* ``rmse`` and ``mae`` weigh every rating the same, so busy listeners count most;
  ``rmse_listener`` and ``mae_listener`` are means of the listeners' own figures.
* A NaN prediction means "the model says nothing": it is left out, and counted as
  ``unpredicted``. Compare models on the ratings that both predict.
* Intervals resample listeners with all their ratings. Without a rating every figure is NaN
  and the counts are 0; with one listener the bounds are NaN.

=================  ===============================================================
``rmse``           :math:`\sqrt{\frac{1}{N} \sum (\hat r - r)^2}`
``mae``            :math:`\frac{1}{N} \sum |\hat r - r|`
``rmse_listener``  mean over listeners of the root mean square of their errors
``mae_listener``   mean over listeners of the mean size of their errors
=================  ===============================================================

Source: J. Herlocker et al., "Evaluating collaborative filtering recommender systems", TOIS
22 (2004).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ricercar.assess import bootstrap
from ricercar.errors import ParameterError


def by_listener(given: ArrayLike, predicted: ArrayLike, listeners: ArrayLike) -> pd.DataFrame:
    """Errors of each listener's ratings.

    Parameters
    ----------
    given, predicted : array_like, shape (ratings,)
        True ratings, finite; predictions, NaN where there is none.
    listeners : array_like, shape (ratings,)
        Who gave each rating.

    Returns
    -------
    pandas.DataFrame
        One row per listener with a prediction, in sorted order. Columns listener, ratings,
        rmse, mae.

    Raises
    ------
    ParameterError
        If the lengths differ, a rating is not finite, or a prediction is infinite.

    Examples
    --------
    >>> by_listener([5, 1, 3], [4, 3, 3], ["a", "a", "b"]).round(3).to_numpy().tolist()
    [['a', 2, 1.581, 1.5], ['b', 1, 0.0, 0.0]]
    """
    true, guess = np.asarray(given, dtype=float), np.asarray(predicted, dtype=float)
    owner = np.asarray(listeners)
    if not (true.shape == guess.shape == owner.shape and true.ndim == 1):
        raise ParameterError(
            f"ratings, predictions and listeners are three lists of one length, got shapes "
            f"{true.shape}, {guess.shape} and {owner.shape}"
        )
    if not np.isfinite(true).all():
        raise ParameterError("a given rating is NaN or infinite: drop it")
    if np.isinf(guess).any():
        raise ParameterError("a predicted rating is infinite: the model did not converge")
    error = pd.DataFrame({"listener": owner, "size": np.abs(guess - true)}).dropna(subset=["size"])
    error["square"] = error["size"] ** 2
    groups = error.groupby("listener", sort=True)
    table = groups.agg(ratings=("size", "size"), rmse=("square", "mean"), mae=("size", "mean"))
    table["rmse"] = np.sqrt(table["rmse"])
    return table.reset_index()


def summary(
    given: ArrayLike, predicted: ArrayLike, listeners: ArrayLike, n: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """All figures with their intervals, and how many ratings they stand on.

    Parameters
    ----------
    given, predicted, listeners : array_like, shape (ratings,)
        As in :func:`by_listener`.
    n, seed : int
        Resamples, and their seed.

    Returns
    -------
    pandas.DataFrame
        Columns metric, value, low, high, n (listeners). The last rows are counts, without an
        interval: ``ratings_evaluated``, ``ratings_unpredicted``.

    Examples
    --------
    >>> table = summary([5, 1, 3], [4, 3, None], ["a", "a", "b"]).set_index("metric")
    >>> table["value"].round(3).to_dict()
    {'rmse': 1.581, 'mae': 1.5, 'rmse_listener': 1.581, 'mae_listener': 1.5,
     'ratings_evaluated': 2.0, 'ratings_unpredicted': 1.0}
    """
    own = by_listener(given, predicted, listeners)
    count = own["ratings"].to_numpy(dtype=float)
    squares = own["rmse"].to_numpy() ** 2 * count
    sizes = own["mae"].to_numpy() * count
    pooled = np.stack(
        bootstrap.ratio(np.column_stack([squares, sizes]), np.column_stack([count, count]), n, seed)
    )
    figures = {
        "rmse": np.sqrt(pooled[:, 0]),
        "mae": pooled[:, 1],
        "rmse_listener": bootstrap.interval(own["rmse"], n=n, seed=seed),
        "mae_listener": bootstrap.interval(own["mae"], n=n, seed=seed),
    }
    rows = [(name, *map(float, figure), len(own)) for name, figure in figures.items()]
    evaluated = int(count.sum())
    unpredicted = len(np.asarray(given)) - evaluated
    rows += [
        ("ratings_evaluated", float(evaluated), np.nan, np.nan, len(own)),
        ("ratings_unpredicted", float(unpredicted), np.nan, np.nan, len(own)),
    ]
    return pd.DataFrame(rows, columns=["metric", "value", "low", "high", "n"])
