"""Profiles explained: in words, and down to the single event.

Goal: a listener can ask what a profile says about them and which of their actions made it say
so, and gets an answer that can be checked.

Conventions
-----------
* What a profile says is relative to the other listeners: a percentile, in [0, 1].
* Weights of events as in :mod:`ricercar.listening.matrix`.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.listening.matrix import event_weights
from ricercar.profiles import feature_columns, style_columns

#: fewer events than this, and :func:`explain` says nothing
FEW = 8
#: feature -> words for little and for much of it
_WORDS = {
    "rhythm.note_density": ("slow-moving", "fast-moving"),
    "melody.majorness": ("minor", "major"),
    "melody.leap_share": ("smooth", "leaping"),
    "melody.mean_pitch": ("low-pitched", "high-pitched"),
    "melody.pitch_range": ("narrow", "wide-ranging"),
    "melody.chromaticism": ("diatonic", "chromatic"),
    "melody.repetition": ("ever-changing", "repetitive"),
    "melody.pitch_class_entropy": ("few-toned", "many-toned"),
    "rhythm.dotted_share": ("even", "dotted"),
    "rhythm.syncopation": ("on-the-beat", "syncopated"),
    "rhythm.triplet_share": ("triplet-free", "triplet-rich"),
}


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


def explain(profiles: pd.DataFrame, listener: str, n: int = 3) -> str:
    """A profile in words, relative to the other listeners.

    Parameters
    ----------
    profiles : DataFrame
        Table ``profiles`` of the whole population.
    listener : str
    n : int
        How many features to name.

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
    named = [name for name in _WORDS if name in place.index] or list(place.index)
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
    'fast-moving (more than 92 % of listeners do)'
    """
    words = name.partition(".")[2].replace("_", " ")
    low, high = _WORDS.get(name, (f"poor in {words}", f"rich in {words}"))
    share = int(100 * (place if place >= 0.5 else 1 - place))
    than = f"{share} % of listeners do" if share < 100 else "anyone else"
    return f"{high if place >= 0.5 else low} (more than {than})"


def contributions(
    events: pd.DataFrame,
    listener: str,
    weights: Mapping[str, float] | None = None,
    half_life_days: float | None = None,
    now: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """What each event of one listener weighs in the profile.

    Returns
    -------
    DataFrame
        The listener's events with the columns ``weight`` (signed), ``share`` (of the sum of
        absolute weights) and ``age_days``, the heaviest first.

    Raises
    ------
    ParameterError
        If the listener has no events.
    """
    now = events["time"].max() if now is None else now
    own = events[events["listener"] == listener].copy()
    if own.empty:
        raise ParameterError(f"there are no events of {listener!r}: name a listener of the log")
    own["weight"] = event_weights(own, weights, half_life_days, now)
    total = own["weight"].abs().sum()
    own["share"] = own["weight"].abs() / total if total > 0 else 0.0
    own["age_days"] = (now - own["time"]).dt.total_seconds() / 86_400
    return own.sort_values("share", ascending=False, kind="stable", ignore_index=True)
