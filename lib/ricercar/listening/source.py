"""Where the listening comes from: a log of one's own, or simulated listeners.

Goal: the same three tables either way, so that no later notebook asks which it was.

Conventions
-----------
True tastes are known of simulated listeners only. For a real log they are *assumed*: what
a listener has liked more than the catalogue offers (:func:`ricercar.listening.tastes.assumed`).
Somebody has to answer in the notebooks that simulate responses; what these measure then is
agreement with the log, not with a hidden truth.

Whether listeners are simulated is told by their ids. Should a real log use the very same kind
of ids, they get the prefix ``own-``, so that no person is labelled as simulated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ricercar.errors import ParameterError, ReadError
from ricercar.listening import imports, simulate, tastes

_BY_REASON = ["reason", "rows", "lines", "example"]


@dataclass(frozen=True)
class Listening:
    """Tables ``listeners``, ``events`` and ``true_tastes``, and what was refused.

    Attributes
    ----------
    refused : DataFrame
        Table ``quarantine``: the rows of the log that were not taken, with the reason.
    simulated : bool
        Whether the listeners were made up.
    by_reason : DataFrame
        Why rows of the log were not taken, the most frequent reason first: ``reason``, ``rows``,
        ``lines`` (the first three, as text) and ``example`` (empty where it says no more than the
        reason). These rows and the events are
        together the rows of the file.
    report : DataFrame
        Columns ``what`` and ``found``, see :meth:`ricercar.listening.imports.ImportedLog.report`;
        empty for simulated listeners.
    sentence : str
        The report in a sentence; empty for simulated listeners.
    """

    listeners: pd.DataFrame
    events: pd.DataFrame
    true_tastes: pd.DataFrame
    refused: pd.DataFrame
    simulated: bool
    by_reason: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_BY_REASON))
    report: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["what", "found"]))
    sentence: str = ""


def gather(
    log: Path | None,
    columns: Mapping[str, str],
    pieces: pd.DataFrame,
    features_table: pd.DataFrame,
    n_listeners: int = 400,
    n_events: int = 40_000,
    seed: int = 0,
    *,
    reading: Mapping[str, Any] | None = None,
) -> Listening:
    """The listening of a run.

    Parameters
    ----------
    log : Path or None
        A log to read; None simulates listeners.
    columns : mapping of str to str
        Column of the log for each field, see :func:`ricercar.listening.imports.read_log`.
    pieces, features_table : DataFrame
        The catalogue. Events of other pieces are refused and counted.
    n_listeners, n_events, seed : int
        For the simulation, see :func:`ricercar.listening.simulate.listeners`.
    reading : mapping, optional
        Further arguments of :func:`ricercar.listening.imports.read_log` by name: ``kinds``,
        ``scale``, ``time_format``, ``timezone``, ``encoding``, ...

    Returns
    -------
    Listening

    Raises
    ------
    ParameterError
        If ``reading`` has a name that is none of these, if columns or ways of reading are given
        and no log, or if the log has no times.
    ReadError
        If the log cannot be read or has no event of a piece in the catalogue.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a", "b"], "style": ["reel", "jig"], "quarters": 64.0})
    >>> table = pd.DataFrame({"piece": ["a", "b"], "melody.pitch_range": [7.0, 12.0]})
    >>> gather(None, {}, pieces, table, n_listeners=5, n_events=50).simulated
    True
    """
    if log is None:
        if columns or reading:
            raise ParameterError(
                "the columns of a log or how to read it are given, but no log: name its file, or "
                "leave these empty to simulate listeners"
            )
        made = simulate.listeners(pieces, features_table, n_listeners, n_events, seed)
        nothing = pd.DataFrame(columns=["file", "line", "reason"])
        return Listening(made.listeners, made.events, made.true_tastes, nothing, True)
    read = imports.read_log(log, columns, **imports.check_options(reading or {}))
    if not read.timed:
        raise ParameterError(
            f"{log}: has no times, and what stands on the run's listening asks when something was "
            f"heard (profiles, feedback, privacy). It has the columns {_listed(read.columns)}: if "
            "one of them is the time, name it in log_columns as time. If none is, leave log empty "
            "here and name the log in notebook 07, with split: random"
        )
    known = read.events["piece"].isin(pieces["piece"])
    if not known.any():
        if not len(known):
            raise ReadError(f"{log}: has no event that can be used. {read.sentence()}")
        example = pieces["piece"].iloc[0] if len(pieces) else "bach/bwv269"
        raise ReadError(
            f"{log}: none of its {len(known)} readable events is of a piece in the catalogue; "
            f"the column for piece must hold ids such as {example!r}. Notebook 07 compares "
            "recommenders on a log of any pieces: name it there as log, and leave log empty here"
        )
    events = read.events[known].reset_index(drop=True)
    if simulate.is_simulated(events):
        events["listener"] = "own-" + events["listener"]
    unknown = read.events.loc[~known, "piece"].value_counts().sort_index()
    refused = pd.DataFrame(
        {
            "file": log.name,
            "line": [*read.refused["row"], *[0] * len(unknown)],
            "reason": [
                *(read.refused["column"] + " " + read.refused["reason"]).str.strip(),
                *(f"{n} events of {p!r}, not in the catalogue" for p, n in unknown.items()),
            ],
        }
    )
    report, elsewhere = read.report(), int((~known).sum())
    report.loc[len(report)] = ["accepted events of pieces not in the catalogue", f"{elsewhere:,}"]
    said = read.sentence()
    if elsewhere:
        of = "is of a piece that is" if elsewhere == 1 else "are of pieces that are"
        said += f" {elsewhere:,} of the events taken {of} not in the catalogue."
    listeners = pd.DataFrame({"listener": sorted(events["listener"].unique())})
    listeners = listeners.assign(age_band=None, region=None)
    true_tastes = tastes.assumed(events, pieces, features_table)
    by_reason = _by_reason(read.refused, unknown)
    return Listening(listeners, events, true_tastes, refused, False, by_reason, report, said)


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(repr(name[:60]) for name in columns[:20])


def _by_reason(refused: pd.DataFrame, unknown: pd.Series) -> pd.DataFrame:
    """Refused rows and events of unknown pieces (their number by piece), per reason."""
    reason = (refused["column"] + " " + refused["fault"]).str.strip()
    more = refused["reason"].where(refused["reason"] != refused["fault"], "")
    told = [
        [name, len(part), ", ".join(map(str, part["row"].head(3))), more[part.index[0]]]
        for name, part in refused.groupby(reason)
    ]
    if len(unknown):
        example = f"{unknown.index[0]!r}"
        example += f", one of {len(unknown):,} such pieces" if len(unknown) > 1 else ""
        told.append(["piece is not in the catalogue", int(unknown.sum()), "", example])
    table = pd.DataFrame(told, columns=_BY_REASON)
    return table.sort_values("rows", ascending=False, kind="stable", ignore_index=True)
