"""The listening that recommenders are compared on: a run's, a public data set, or one's own.

Goal: one form for all (:class:`~ricercar.listening.listened.Listened`), so that a comparison
does not ask where its data come from; what is not known (times, features, styles) is said to
be missing instead of made up.

Conventions
-----------
* Features are known where every piece is in the catalogue; then the whole catalogue is
  ranked. Else only the pieces of the log exist, and nothing is known of their sound.
* A data set needs nothing of the run, and a log needs no catalogue.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from scipy import sparse

from ricercar import datasets, features, workspace
from ricercar.errors import ParameterError
from ricercar.listening import imports, matrix, public, public_logs, simulate
from ricercar.listening.listened import Listened
from ricercar.listening.timed import no_times

#: what is told of a piece, beside its id
_COLUMNS = ("title", "style", "collection")


def choose(
    tables: Mapping[str, pd.DataFrame],
    *,
    dataset: str = "",
    folder: str | Path = "",
    log: str | Path = "",
    columns: Mapping[str, str] | None = None,
    reading: Mapping[str, Any] | None = None,
    min_listeners: int = 0,
) -> Listened:
    """The listening that is asked for.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables of the run: ``pieces``, ``features``, ``listeners`` and ``events``. With a data set
        none is used; with a log the first two are, if both are there.
    dataset : str
        A public data set, see :func:`ricercar.listening.public.read`.
    folder : path
        Where its files are; empty: as :func:`ricercar.datasets.fetch` finds them.
    log : path
        One's own log, whose pieces need not be in the catalogue; below the project's folder, or
        a whole path.
    columns, reading : mapping, optional
        For :func:`ricercar.listening.imports.read_log`.
    min_listeners : int
        Pieces with fewer listeners are left out, with their events; 0 keeps all.

    Returns
    -------
    Listened

    Raises
    ------
    ParameterError
        If both a data set and a log are named, columns or ways of reading without a log, an
        option that there is not, or no piece has ``min_listeners``.
    ReadError
        If what is named cannot be read.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"], "title": "A", "style": "jig", "collection": "x"})
    >>> table = pd.DataFrame({"piece": ["a"], "melody.pitch_range": [7.0]})
    >>> listeners = pd.DataFrame({"listener": ["u", "v"]})
    >>> events = pd.DataFrame({"listener": ["u"], "piece": ["a"], "kind": "play",
    ...     "time": pd.to_datetime(["2026-01-01"], utc=True), "value": [0.5]})
    >>> run = {"pieces": pieces, "features": table, "listeners": listeners, "events": events}
    >>> choose(run).weights(events).toarray().tolist()
    [[0.5], [0.0]]
    """
    if dataset and log:
        raise ParameterError(f"name a data set or a log, not both: {dataset!r} and {log}")
    if (columns or reading) and not log:
        raise ParameterError("log_columns or log_options are given, but no log: name its file")
    if dataset:
        found = of_dataset(public.read(dataset, folder or None, events=dataset in public_logs.LOGS))
    elif log:
        path = workspace.home() / Path(log).expanduser()
        read = imports.read_log(path, columns, **imports.check_options(reading or {}))
        found = of_log(read, tables.get("pieces"), tables.get("features"))
        file = {"what": "file", "found": f"{path.name}, SHA-256 {workspace.digest(path)[:12]}…"}
        found = replace(found, report=pd.concat([found.report, pd.DataFrame([file])]))
    else:
        names = ("pieces", "features", "listeners", "events")
        found = of_run(*(tables[name] for name in names))
    return _frequent(found, min_listeners) if min_listeners > 0 else found


def of_run(
    pieces: pd.DataFrame,
    features_table: pd.DataFrame,
    listeners: pd.DataFrame,
    events: pd.DataFrame,
) -> Listened:
    """The listening of a run, from its four tables."""
    simulated = simulate.is_simulated(listeners)
    return Listened(
        "simulated listeners" if simulated else "the run's log",
        events,
        pd.Index(listeners["listener"], dtype="str"),
        _described(pieces),
        _sound(pieces["piece"], features_table),
        timed=True,
        simulated=simulated,
        damped=False,
        report=_counted(events, len(listeners), len(pieces)),
    )


def of_log(
    read: imports.ImportedLog,
    pieces: pd.DataFrame | None = None,
    features_table: pd.DataFrame | None = None,
) -> Listened:
    """One's own log, of pieces of the catalogue or of any others.

    Parameters
    ----------
    read : ImportedLog
    pieces, features_table : DataFrame, optional
        The catalogue, where there is one with its features.
    """
    if not len(read.events):
        raise ParameterError(f"the log has no event that can be used. {read.sentence()}")
    names = pd.Index(sorted(read.events["piece"].unique()), dtype="str")
    notes = [read.sentence()]
    if pieces is None or features_table is None:
        notes.append(
            "The run has no catalogue with features (notebooks 01 and 02 make it), so that nothing "
            "is known of how the pieces sound; those of the log are ranked."
        )
    elif elsewhere := int((~names.isin(pieces["piece"])).sum()):
        notes.append(
            f"{elsewhere:,} of its {len(names):,} pieces are not in the catalogue, so that "
            "nothing is known of how they sound; the pieces of the log are ranked."
        )
        pieces = None
    if pieces is None or features_table is None:
        described, sound = _described(pd.DataFrame({"piece": names, "title": names})), None
    else:
        notes.append("All its pieces are in the catalogue, which is ranked as a whole.")
        described, sound = _described(pieces), _sound(pieces["piece"], features_table)
    return Listened(
        "your log",
        read.events,
        pd.Index(sorted(read.events["listener"].unique()), dtype="str"),
        described,
        sound,
        timed=read.timed,
        simulated=False,
        damped=True,
        report=read.report(),
        notes=tuple(notes),
        refused=read.refused[["row", "column", "reason"]],
    )


def of_dataset(data: public.PublicListening) -> Listened:
    """A public data set: its events, or its counts or ratings as events without times.

    Parameters
    ----------
    data : PublicListening
    """
    entry = datasets.dataset(data.name)
    kind = "play" if data.ratings is None else "rating"
    given = data.counts if data.ratings is None else data.mean_ratings()
    events = data.events if data.events is not None else _pairs(given, given.matrix, kind)
    named = data.pieces.rename(columns={"name": "title", "artist": "collection"})
    notes = [f"{entry.title}. {entry.citation}. A piece is what the source counts."]
    if data.events is None:
        notes.append("It has no times: a random part of the pairs takes the place of the future.")
    return Listened(
        data.name,
        events,
        data.counts.listeners,
        _described(named),
        None,
        timed=data.events is not None,
        simulated=False,
        damped=True,
        report=data.report,
        notes=(*notes, "Nothing is known of how its pieces sound."),
        test=None if data.test is None else _pairs(data.counts, data.test, kind),
        published=True,
    )


def _pairs(names: matrix.Interactions, values: sparse.csr_array, kind: str) -> pd.DataFrame:
    """An event without a time for each entry of a matrix."""
    entries = sparse.coo_array(values)
    return pd.DataFrame(
        {
            "listener": names.listeners[entries.row],
            "piece": names.pieces[entries.col],
            "time": no_times(pd.RangeIndex(entries.nnz)),
            "kind": kind,
            "value": entries.data.astype(float),
        }
    )


def _described(pieces: pd.DataFrame) -> pd.DataFrame:
    """The columns of ``Listened.pieces``."""
    known = {name: pieces.get(name) for name in _COLUMNS}
    table = pd.DataFrame({"piece": pieces["piece"], **known}).reset_index(drop=True)
    return table.assign(title=table["title"].fillna(table["piece"]))


def _sound(pieces: pd.Series, features_table: pd.DataFrame) -> pd.DataFrame:
    return features.standardise(features_table.set_index("piece").loc[pieces])


def _counted(events: pd.DataFrame, listeners: int, pieces: int) -> pd.DataFrame:
    """A report of events."""
    kinds = {f"{kind}s": f"{n:,}" for kind, n in events["kind"].value_counts().items()}
    first, last = (f"{moment:%Y-%m-%d}" for moment in (events["time"].min(), events["time"].max()))
    found = {
        "listeners": f"{listeners:,}",
        "pieces": f"{pieces:,}",
        "events": f"{len(events):,}",
        **kinds,
        "first event": first,
        "last event": last,
    }
    return pd.DataFrame({"what": list(found), "found": list(found.values())})


def _frequent(chosen: Listened, least: int) -> Listened:
    """Without the pieces that fewer than so many listeners have met."""
    tables = [chosen.events] if chosen.test is None else [chosen.events, chosen.test]
    pairs = chosen.events[["listener", "piece"]].drop_duplicates()
    listeners = pairs["piece"].value_counts()
    kept = chosen.pieces["piece"].isin(listeners.index[listeners >= least]).to_numpy()
    if not kept.any():
        raise ParameterError(f"no piece has {least} listeners: lower min_listeners")
    names = chosen.pieces.loc[kept, "piece"]
    parts = [table[table["piece"].isin(names)].reset_index(drop=True) for table in tables]
    lost = pd.Index(pd.concat(tables)["listener"]).difference(pd.concat(parts)["listener"])
    told = (
        f"{(~kept).sum():,} of {len(kept):,} pieces have fewer than {least} listeners and are left "
        f"out, with {len(chosen.events) - len(parts[0]):,} of {len(chosen.events):,} events and "
        f"{len(lost):,} listeners who met no other. What is measured holds for the rest."
    )
    return replace(
        chosen,
        events=parts[0],
        listeners=chosen.listeners[~chosen.listeners.isin(lost)],
        pieces=chosen.pieces[kept].reset_index(drop=True),
        features=None if chosen.features is None else chosen.features[kept],
        notes=(*chosen.notes, told),
        test=parts[1] if len(parts) > 1 else None,
    )
