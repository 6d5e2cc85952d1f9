"""Predictors of ratings side by side.

Conventions
-----------
* All predictors have their defaults: none is tuned, so none is favoured.
* They are judged on ratings of the test part, of unknown listeners and pieces too, against
  ``biased_mean``, which knows no likeness of any kind. The unit is the listener, the test
  that of :func:`ricercar.assess.bootstrap.sign_flip_test`, corrected by Holm's method.
"""

import pandas as pd
import scipy.sparse as sp

from ricercar.assess import bootstrap, ratings
from ricercar.assess.verdicts import joined
from ricercar.errors import ParameterError
from ricercar.recommend.ratings import MODELS

BASELINE = "biased_mean"

#: what is measured, in Markdown
FORMULAE = (
    r"With the predicted rating $\hat r_{ui}$ of each of the $N$ given ones, "
    r"$\mathrm{rmse} = \sqrt{\frac{1}{N} \sum (\hat r_{ui} - r_{ui})^2}$ and "
    r"$\mathrm{mae} = \frac{1}{N} \sum \lvert \hat r_{ui} - r_{ui} \rvert$, in stars. All methods "
    "start from the mean and what listener and piece deviate from it (`biased_mean`)."
)


def compared(train: sp.csr_array, test: sp.csr_array, n: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Errors of every predictor, and what it gains over the baseline.

    Parameters
    ----------
    train, test : scipy.sparse.csr_array, shape (listeners, pieces)
        Ratings as stored entries.
    n, seed : int
        Resamples of listeners, and their seed.

    Returns
    -------
    pandas.DataFrame
        Columns model, rmse, rmse_low, rmse_high, mae, mae_low, mae_high, gain (mean over
        listeners of the baseline's rmse less the model's, above 0 is better), low, high, p,
        p_holm, real; the baseline's own last columns are missing.

    Raises
    ------
    ParameterError
        If a part has no rating.
    """
    entries = sp.coo_array(test)
    if not train.nnz or not entries.nnz:
        raise ParameterError(
            f"there are {train.nnz} ratings to learn from and {entries.nnz} to predict"
        )
    rows, own = [], {}
    for name, kind in MODELS.items():
        predicted = kind().fit(train).predict(entries.row, entries.col)
        figures = ratings.summary(entries.data, predicted, entries.row, n, seed)
        own[name] = ratings.by_listener(entries.data, predicted, entries.row)["rmse"]
        known = figures[["value", "low", "high"]].to_numpy()[:2].ravel()  # of rmse and mae
        rows.append((name, *known.tolist()))
    bounds = [f"{kind}{end}" for kind in ("rmse", "mae") for end in ("", "_low", "_high")]
    table = pd.DataFrame(rows, columns=["model", *bounds])
    others = [name for name in own if name != BASELINE]
    gains = pd.DataFrame(
        [
            (
                name,
                *bootstrap.paired_difference(own[BASELINE], own[name], n=n, seed=seed),
                bootstrap.sign_flip_test(own[BASELINE], own[name], n=10 * n - 1, seed=seed),
            )
            for name in others
        ],
        columns=["model", "gain", "low", "high", "p"],
    )
    gains["p_holm"] = bootstrap.holm(gains["p"])
    gains["real"] = gains["p_holm"] < 0.05
    return table.merge(gains, on="model", how="left")


def verdict(table: pd.DataFrame) -> str:
    """What a comparison says.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`compared`.

    Examples
    --------
    >>> table = pd.DataFrame({"model": ["biased_mean", "factors"], "rmse": [1.0, 0.9],
    ...     "gain": [None, 0.1], "real": [None, True]})
    >>> verdict(table)
    'factors has the smallest error, 0.900. Really better than biased_mean: factors.'
    """
    models, gain = table["model"], table["gain"]
    real = table["real"].eq(True)
    better, worse = (models[real & (sign * gain > 0)].tolist() for sign in (1, -1))
    first = int(table["rmse"].to_numpy().argmin())
    said = [
        f"{models.iloc[first]} has the smallest error, {table['rmse'].iloc[first]:.3f}.",
        f"Really better than {BASELINE}: {joined(better) or 'none'}.",
    ]
    if worse:
        said.append(f"Really worse: {joined(worse)}.")
    return " ".join(said)
