"""Schemas of the four tables and of every table derived from them.

Goal: one declaration per table, checked at every read and write, so that code
behind the border may trust its input.

Conventions
-----------
* Times in music are integer ticks, :data:`TICKS_PER_QUARTER` (480) to a quarter.
* Pitches are MIDI numbers, 60 is middle C. Parts are counted from 0 (highest).
* ``meter`` and ``key`` of a piece are those at its beginning; later ones stand in
  ``meter_changes`` and ``key_changes`` (:mod:`ricercar.meter`).
* Pieces of one ``work`` are versions of it, as far as titles, sources and equal melodies
  tell. A ``group`` joins works that also sound alike: it must never be parted between
  training and test.
* ``style_from`` says where the style is known from: ``rhythm field``, ``section``,
  ``title``, ``folder``, ``table``, ``file``, ``parts``, ``collection``, ``asked for`` (what
  was composed) or ``unknown``.
* Clock times are UTC.
* A measurement is a row with ``value``, the bounds ``low`` and ``high`` of its
  95 % interval (NaN where none is defined) and the number of cases ``n``.
"""

from functools import cache
from typing import Any

import pandas as pd

from ricercar.errors import TableError

TICKS_PER_QUARTER = 480

LICENCE_CLASSES = ("open", "non-commercial", "restricted", "own")
EVENT_KINDS = ("play", "favourite", "rating", "skip")

#: column -> (dtype, nullable); dtype "str", "int", "float", "bool" or "time"
_PIECES = {
    "piece": ("str", False),
    "title": ("str", False),
    "composer": ("str", True),
    "collection": ("str", False),
    "style": ("str", False),
    "style_from": ("str", False),
    "work": ("str", False),
    "group": ("str", False),
    "licence": ("str", False),
    "licence_class": ("str", False),
    "source": ("str", False),
    "sha256": ("str", False),
    "meter": ("str", True),
    "meter_changes": ("str", True),
    "key": ("str", True),
    "key_changes": ("str", True),
    "quarters": ("float", False),
    "pickup": ("int", False),
    "parts": ("int", False),
}
_NOTES = {
    "piece": ("str", False),
    "part": ("int", False),
    "onset": ("int", False),
    "duration": ("int", False),
    "pitch": ("int", False),
}
_EVENTS = {
    "listener": ("str", False),
    "piece": ("str", False),
    "time": ("time", False),
    "kind": ("str", False),
    "value": ("float", False),
}
_MEASURED = {
    "value": ("float", True),
    "low": ("float", True),
    "high": ("float", True),
    "n": ("int", False),
}

#: table -> columns that it must have; a table in OPEN may have further float columns
COLUMNS: dict[str, dict[str, tuple[str, bool]]] = {
    "pieces": _PIECES,
    "notes": _NOTES,
    "drums": _NOTES,
    "listeners": {
        "listener": ("str", False),
        "age_band": ("str", True),
        "region": ("str", True),
    },
    "events": _EVENTS,
    "quarantine": {
        "file": ("str", False),
        "line": ("int", False),
        "reason": ("str", False),
    },
    "true_tastes": {
        "listener": ("str", False),
        "axis": ("str", False),
        "weight": ("float", False),
    },
    "features": {"piece": ("str", False)},
    "style_probabilities": {"piece": ("str", False), "seen": ("bool", False)},
    "style_centroids": {"style": ("str", False), "pieces": ("int", False)},
    "training_history": {
        "stage": ("str", False),
        "step": ("int", False),
        "seconds": ("float", False),
        "measure": ("str", False),
        "value": ("float", False),
    },
    "composed_pieces": _PIECES,
    "composed_notes": _NOTES,
    "scorecard": {
        **dict.fromkeys(("family", "form", "set", "role", "table", "metric"), ("str", False)),
        **_MEASURED,
        **dict.fromkeys(("unit", "target", "reached", "note"), ("str", False)),
    },
    "profiles": {"listener": ("str", False), "events": ("int", False)},
    "profile_errors": {"listener": ("str", False), "evidence": ("float", False)},
    "profile_events": {**_EVENTS, "weight": ("float", False), "share": ("float", False)},
    "recommendations": {
        "listener": ("str", False),
        "model": ("str", False),
        "rank": ("int", False),
        "piece": ("str", False),
        "score": ("float", False),
    },
    "ranking_evaluation": {
        "model": ("str", False),
        "metric": ("str", False),
        **_MEASURED,
    },
    "personal_pieces": {**_PIECES, "listener": ("str", False)},
    "personal_notes": _NOTES,
    "personal_gain": {"arm": ("str", False), "measure": ("str", False), **_MEASURED},
    "feedback": {**_EVENTS, "round": ("int", False)},
    "loop_history": {
        "arm": ("str", False),
        "round": ("int", False),
        "measure": ("str", False),
        **_MEASURED,
    },
    "evidence": {
        "query": ("str", False),
        "match": ("str", False),
        "query_onset": ("int", False),
        "match_onset": ("int", False),
        "notes": ("int", False),
        "transposition": ("int", False),
        "score": ("float", False),
        "verdict": ("str", False),
    },
    "privacy_audit": {"check": ("str", False), **_MEASURED, "verdict": ("str", False)},
}

#: tables that may carry further columns, all of them floating point
OPEN = frozenset(
    {"features", "style_probabilities", "style_centroids", "profiles", "profile_errors"}
)

#: table -> columns that it may have
OPTIONAL: dict[str, dict[str, tuple[str, bool]]] = {"recommendations": {"reason": ("str", False)}}

#: columns that together name a row once
_UNIQUE = {
    "pieces": ["piece"],
    "composed_pieces": ["piece"],
    "personal_pieces": ["piece"],
    "listeners": ["listener"],
    "features": ["piece"],
    "style_probabilities": ["piece"],
    "profiles": ["listener"],
    "profile_errors": ["listener"],
    "style_centroids": ["style"],
    "recommendations": ["listener", "model", "rank"],
    "ranking_evaluation": ["model", "metric"],
    "scorecard": ["family", "form", "set", "table", "metric"],
    "true_tastes": ["listener", "axis"],
}


def _checks(column: str) -> list[Any]:
    """Value checks that hold for a column wherever it stands."""
    import pandera.pandas as pa

    return {
        "pitch": [pa.Check.in_range(0, 127)],
        "onset": [pa.Check.ge(0)],
        "duration": [pa.Check.gt(0)],
        "part": [pa.Check.in_range(0, 255)],
        "parts": [pa.Check.ge(1)],
        "pickup": [pa.Check.ge(0)],
        "quarters": [pa.Check.gt(0)],
        "sha256": [pa.Check.str_matches(r"^[0-9a-f]{64}$")],
        "licence_class": [pa.Check.isin(LICENCE_CLASSES)],
        "kind": [pa.Check.isin(EVENT_KINDS)],
        "rank": [pa.Check.ge(1)],
        "n": [pa.Check.ge(0)],
        "events": [pa.Check.ge(0)],
    }.get(column, [])


@cache
def schema(name: str) -> Any:
    """The pandera schema of a table.

    Parameters
    ----------
    name : str
        A key of :data:`COLUMNS`.

    Returns
    -------
    pandera.DataFrameSchema
    """
    import pandera.pandas as pa

    dtypes = {"str": "str", "int": "int64", "float": "float64", "bool": "bool"}
    columns = {
        column: pa.Column(
            pd.DatetimeTZDtype("us", "UTC") if kind == "time" else dtypes[kind],
            checks=_checks(column),
            nullable=nullable,
            coerce=True,
            required=column in COLUMNS[name],
        )
        for column, (kind, nullable) in {**COLUMNS[name], **OPTIONAL.get(name, {})}.items()
    }
    return pa.DataFrameSchema(columns, unique=_UNIQUE.get(name), strict=name not in OPEN, name=name)


def validate(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Check a table against its schema.

    Parameters
    ----------
    name : str
        A key of :data:`COLUMNS`.
    frame : pandas.DataFrame

    Returns
    -------
    pandas.DataFrame
        The same rows, columns in the schema's order and types, index 0..n-1.

    Raises
    ------
    TableError
        Naming the table, the column, the check and up to five offending rows.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"piece": "a", "part": 0, "onset": 0, "duration": 480, "pitch": 128}
    >>> validate("notes", pd.DataFrame([row]))
    Traceback (most recent call last):
    ricercar.errors.TableError: table 'notes' is not valid:
      pitch: in_range(0, 127) fails for 1 row(s), for example row 0: 128
    """
    import pandera.errors

    if name not in COLUMNS:
        raise TableError(f"there is no table {name!r}; known: {', '.join(sorted(COLUMNS))}")
    order = [*COLUMNS[name], *(c for c in frame.columns if c not in COLUMNS[name])]
    present = [column for column in order if column in frame.columns]
    frame = frame[present].reset_index(drop=True)
    try:
        valid = schema(name).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        lines = []
        cases = error.failure_cases
        for (column, check), rows in cases.groupby(["column", "check"], dropna=False):
            first = rows.iloc[0]
            lines.append(
                f"  {column}: {check} fails for {len(rows)} row(s), "
                f"for example row {first['index']}: {first['failure_case']}"
            )
        raise TableError(f"table {name!r} is not valid:\n" + "\n".join(lines[:5])) from None
    if name in OPEN:
        for column in valid.columns.difference(list(COLUMNS[name])):
            if not pd.api.types.is_float_dtype(valid[column]):
                raise TableError(
                    f"table {name!r} is not valid: column {column!r} is "
                    f"{valid[column].dtype}, must be floating point"
                )
    return valid
