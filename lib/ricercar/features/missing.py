"""Why a feature is missing where it is missing.

Goal: a value that is not there is never a riddle and never a zero. Every NaN of a
features table has one reason: the first need that the piece does not meet, or else what
the feature itself says.

Conventions
-----------
* Needs are the keys of :data:`ricercar.features.registry.NEEDS` and are tried in their
  order.
* An unmet need always gives NaN; a met one need not give a value.
"""

import numpy as np
import pandas as pd

from ricercar.errors import TableError
from ricercar.features.registry import NEEDS, REGISTRY
from ricercar.features.score import Score


def met(score: Score) -> dict[str, np.ndarray]:
    """Which pieces meet which need.

    Parameters
    ----------
    score : ricercar.features.score.Score

    Returns
    -------
    dict
        Need -> array of bool, shape (pieces,).

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b"], "meter": ["4/4", None], "pickup": 0})
    >>> notes = pd.DataFrame({"piece": ["b"], "part": 0, "onset": 0, "duration": 480, "pitch": 60})
    >>> found = met(Score(pieces, notes))
    >>> found["notes"].tolist(), found["meter"].tolist(), found["intervals"].tolist()
    ([False, True], [True, False], [False, False])
    """
    tonic, _ = score.key
    return {
        "notes": np.bincount(score.piece, minlength=score.n) > 0,
        "intervals": np.bincount(score.intervals[0], minlength=score.n) > 0,
        "voices": np.bincount(score.slices.piece, minlength=score.n) > 0,
        "meter": ~np.isnan(score.bar),
        "key": tonic >= 0,
    }


def reasons(pieces: pd.DataFrame, notes: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Say of every missing value why it is missing.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        What the table was made from.
    table : pandas.DataFrame
        From :func:`ricercar.features.extract`; it may have fewer features.

    Returns
    -------
    pandas.DataFrame
        A row per missing value: ``piece``, ``feature``, ``reason``; by feature, then in the
        order of the pieces.

    Raises
    ------
    TableError
        If the table's pieces are not those of ``pieces``, in the same order.

    Examples
    --------
    >>> from ricercar import features
    >>> pieces = pd.DataFrame({"piece": ["a"], "meter": [None], "pickup": 0})
    >>> notes = pd.DataFrame({"piece": ["a"], "part": 0, "onset": 0, "duration": 480, "pitch": 60})
    >>> table = features.extract(pieces, notes)[["piece", "melody.step_share"]]
    >>> reasons(pieces, notes, table).values.tolist()
    [['a', 'melody.step_share', 'fewer than two notes in the melody']]
    """
    ids = pieces["piece"].to_numpy(object)
    if not np.array_equal(ids, table["piece"].to_numpy(object)):
        raise TableError(
            "the features table and the pieces table name different pieces: "
            "give the pieces from which the features were extracted"
        )
    fulfilled = met(Score(pieces, notes))
    names = [name for name in table.columns if name in REGISTRY]
    rows, texts = [], []
    for name in names:
        absent = np.flatnonzero(table[name].isna().to_numpy())
        text = np.full(len(absent), REGISTRY[name].empty, dtype=object)
        # the first unmet need is written last
        for need in [need for need in NEEDS if need in REGISTRY[name].needs][::-1]:
            text[~fulfilled[need][absent]] = NEEDS[need]
        rows.append(absent)
        texts.append(text)
    sizes = [len(absent) for absent in rows]
    return pd.DataFrame(
        {
            "piece": ids[np.concatenate([*rows, np.zeros(0, int)]).astype(int)],
            "feature": np.repeat(np.array(names, dtype=object), sizes),
            "reason": np.concatenate([*texts, np.zeros(0, object)]).astype(object),
        }
    )


def summary(missing: pd.DataFrame) -> pd.DataFrame:
    """Count missing values by family and reason.

    Parameters
    ----------
    missing : pandas.DataFrame
        From :func:`reasons`.

    Returns
    -------
    pandas.DataFrame
        ``family``, ``reason``, ``features`` and ``pieces`` (different ones that it concerns) and
        ``values``, the most frequent first.

    Examples
    --------
    >>> rows = [["a", "melody.step_share", "x"], ["b", "melody.step_share", "x"]]
    >>> summary(pd.DataFrame(rows, columns=["piece", "feature", "reason"])).values.tolist()
    [['melody', 'x', 1, 2, 2]]
    """
    family = missing["feature"].astype(object).str.split(".").str[0].rename("family")
    counted = missing.groupby([family, "reason"], as_index=False).agg(
        features=("feature", "nunique"), pieces=("piece", "nunique"), values=("piece", "size")
    )
    return counted.sort_values(
        ["values", "family", "reason"], ascending=[False, True, True], ignore_index=True
    )
