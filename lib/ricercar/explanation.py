"""Profiles explained, feature by feature.

Goal: a listener can ask what a profile says about them and gets an answer that can be checked.
:mod:`ricercar.profiles.phrases` says it shorter, :mod:`ricercar.profiles.provenance` tells which
events made it so.

Conventions
-----------
* What a profile says is relative to the other listeners: a percentile, in [0, 1].
* Nothing is said of a listener with few events, nor of a feature that is not surely apart from
  the median listener's.
* *Surely* is after correction for all features and styles of a listener (Holm): with 95 % not one
  of those that are named is due to chance, however much features resemble each other. An interval
  per feature would name one in twenty of somebody who is like everybody.

Sources
-------
Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
Statistics 6 (1979).
"""

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap
from ricercar.errors import ParameterError
from ricercar.profiles import doubt, feature_columns, style_columns
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
        With which not one of a listener's is due to chance, in (0, 1).

    Returns
    -------
    DataFrame
        bool; index: listener; columns: styles and features. False without events.

    Raises
    ------
    ParameterError
        If the level is out of range or the tables hold other listeners.

    Examples
    --------
    >>> profiles = pd.DataFrame({"listener": list("klmno"), "events": 9,
    ...     "melody.pitch_range": [0.0, 0.0, 0.0, 2.1, 2.3], "rhythm.npvi": 0.0})
    >>> errors = profiles.assign(**{"melody.pitch_range": 1.0, "rhythm.npvi": 1.0})
    >>> apart(profiles, errors)["melody.pitch_range"].tolist()  # twice .036 is too much
    [False, False, False, False, True]
    """
    if not 0 < level < 1:
        raise ParameterError(f"level is {level}: it must be between 0 and 1")
    some = profiles["events"].to_numpy() > 0
    columns = [*style_columns(profiles), *feature_columns(profiles)]
    median = profiles.loc[some, columns].astype(float).median()
    doubts = doubt(profiles, errors, median)
    corrected = np.apply_along_axis(bootstrap.holm, 1, doubts.to_numpy())
    sure = (corrected < 1 - level) & some[:, None]
    return pd.DataFrame(sure, index=doubts.index, columns=doubts.columns)


def example(profiles: pd.DataFrame, sure: pd.DataFrame, least: int = 2) -> str:
    """A listener whose profile has something to show, and who is otherwise ordinary.

    Parameters
    ----------
    profiles : DataFrame
        Table ``profiles``.
    sure : DataFrame
        From :func:`apart`.
    least : int
        Features with words (:data:`ricercar.profiles.phrases.WORDS`) that should be surely apart.

    Returns
    -------
    str
        Of the listeners with at least ``least`` such features, or with the most if nobody has so
        many, the one of median activity.

    Raises
    ------
    ParameterError
        If nobody has an event.

    Examples
    --------
    >>> profiles = pd.DataFrame({"listener": ["k", "l", "m"], "events": [9, 5, 90]})
    >>> sure = pd.DataFrame({"melody.majorness": [False, True, False]}, index=["k", "l", "m"])
    >>> example(profiles, sure), example(profiles, sure & False)
    ('l', 'k')
    """
    known = profiles[profiles["events"] > 0]
    if known.empty:
        raise ParameterError("no listener has an event with a piece of the catalogue")
    told = sure.loc[known["listener"], [name for name in WORDS if name in sure]].sum(axis=1)
    shown = known[(told >= min(least, told.max())).to_numpy()]
    ordered = shown.sort_values(["events", "listener"], kind="stable")
    return str(ordered["listener"].iloc[len(ordered) // 2])


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
