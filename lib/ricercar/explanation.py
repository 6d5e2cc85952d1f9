"""Profiles explained, feature by feature.

Goal: a listener can ask what a profile says about them and gets an answer that can be checked.
:mod:`ricercar.profiles.phrases` says it shorter, :mod:`ricercar.profiles.provenance` tells which
events made it so.

Conventions
-----------
* What a profile says is relative to the other listeners: a percentile, in [0, 1].
* Nothing is said of a listener with few events, nor of a feature that is not surely apart from
  the median listener's.
"""

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.profiles import bounds, feature_columns, style_columns
from ricercar.profiles.phrases import FEW, WORDS, percent


def percentiles(profiles: pd.DataFrame) -> pd.DataFrame:
    """Share of the other listeners (with events) who have less of each feature and style.

    Returns
    -------
    DataFrame
        Index: listener; columns: styles and features; values in [0, 1], NaN without events or
        without others.

    Examples
    --------
    >>> profiles = pd.DataFrame({"listener": ["k", "l", "m"], "events": 9,
    ...     "melody.pitch_range": [0.1, 0.2, 0.3]})
    >>> percentiles(profiles)["melody.pitch_range"].tolist()
    [0.0, 0.5, 1.0]
    """
    columns = [*style_columns(profiles), *feature_columns(profiles)]
    values = profiles.set_index("listener")[columns].astype(float)
    values[profiles["events"].to_numpy() == 0] = np.nan
    others = int(values.notna().any(axis=1).sum()) - 1
    return (values.rank(method="average") - 1) / (others if others > 0 else np.nan)


def apart(profiles: pd.DataFrame, errors: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Whether each feature and style is surely apart from the median listener's.

    Parameters
    ----------
    profiles, errors : DataFrame
        Tables ``profiles`` and ``profile_errors``.
    level : float
        Of the credible interval, in (0, 1).

    Returns
    -------
    DataFrame
        bool; index: listener; columns: styles and features. False without events.
    """
    low, high = bounds(profiles, errors, level)
    some = profiles["events"].to_numpy() > 0
    median = profiles.loc[some, list(low.columns)].astype(float).median()
    return ((low > median) | (high < median)) & some[:, None]


def explain(
    profiles: pd.DataFrame, listener: str, n: int = 3, errors: pd.DataFrame | None = None
) -> str:
    """A profile in words, feature by feature, relative to the other listeners.

    Parameters
    ----------
    profiles : DataFrame
        Table ``profiles`` of the whole population.
    listener : str
    n : int
        How many features to name, at most.
    errors : DataFrame, optional
        Table ``profile_errors``. If given, only features that are surely apart from the median
        listener's are named.

    Returns
    -------
    str

    Raises
    ------
    ParameterError
        If there is no such listener.
    """
    row = profiles[profiles["listener"] == listener]
    if row.empty:
        raise ParameterError(f"there is no profile of {listener!r}")
    count = int(row["events"].iloc[0])
    if count < FEW:
        return f"{listener}: {count} events are too few to say anything."
    styles = style_columns(profiles)
    shares = row[styles].to_numpy(float)[0]
    most = [
        f"{100 * shares[i]:.0f} % {styles[i].partition('.')[2]}"
        for i in np.argsort(-shares, kind="stable")[:2]
    ]
    place = percentiles(profiles).loc[listener, feature_columns(profiles)]
    named = [name for name in WORDS if name in place.index] or list(place.index)
    if errors is not None:
        sure = apart(profiles, errors).loc[listener]
        named = [name for name in named if sure[name]]
    values = place[named].to_numpy(float)
    if np.isnan(values).all():
        return f"{listener}: what they liked is {' and '.join(most)}."
    far = np.argsort(-np.abs(values - 0.5), kind="stable")[:n]
    said = [_compared(named[i], float(values[i])) for i in far]
    return (
        f"{listener} likes music that is {', '.join(said)}; "
        f"what they liked is {' and '.join(most)}."
    )


def _compared(name: str, place: float) -> str:
    """One feature in words.

    Examples
    --------
    >>> _compared("rhythm.note_density", 0.92)
    'fast (more than 92 % of listeners do)'
    """
    words = name.partition(".")[2].replace("_", " ")
    low, high = WORDS.get(name, (f"poor in {words}", f"rich in {words}"))
    than = percent(place if place >= 0.5 else 1 - place)
    than = "anyone else" if than == "100 %" else f"{than} of listeners do"
    return f"{high if place >= 0.5 else low} (more than {than})"
