r"""The listening that recommenders are compared on: a run's, a public data set, or one's own.

Goal: one form for all, so that a comparison does not ask where its data come from; what
is not known (times, features, styles) is said to be missing instead of made up.

Conventions
-----------
* Data without times (play counts, ratings) become ``events`` with a row per listener and
  piece, all at one moment, :data:`NO_TIME`; ``timed`` is then False. ``value`` of a play is the
  number of plays, of a rating the mean of the pair's ratings.
* The weight of a pair is the sum over its events, see :mod:`ricercar.listening.matrix`. Of data
  from outside the run it is damped, :math:`r_{ui} = \mathrm{sgn}(s_{ui}) \log_2(1 + |s_{ui}|)`,
  because their counts span five orders of magnitude; one play stays 1. A pair that has events
  and the sum 0, such as a rating of 3, is heard and neither liked nor disliked: it gets
  :data:`HEARD`.
* Features are known where every piece is in the catalogue; then the whole catalogue is
  ranked. Else only the pieces of the log exist, and nothing is known of their sound.

Source of the damping: Hu, Koren and Volinsky, *Collaborative filtering for implicit feedback
datasets*, ICDM 2008.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ricercar import datasets, features
from ricercar.errors import ParameterError
from ricercar.listening import imports, matrix, public, simulate

#: the time of everything in data without times
NO_TIME = pd.Timestamp("2000-01-01", tz="UTC")
#: weight of a pair whose events say neither yes nor no
HEARD = -0.001
_COLUMNS = ("title", "style", "collection")


@dataclass(frozen=True)
class Chosen:
    """Listening and what is known of the pieces.

    Attributes
    ----------
    name : str
        In words, for captions.
    events : DataFrame
        Table ``events``.
    listeners : pandas.Index
        All of them, also those who have done nothing.
    pieces : DataFrame
        Columns ``piece``, ``title``, ``style`` and ``collection`` (an artist, where the source
        has artists); None where unknown.
    features : DataFrame or None
        Standardised, a row per piece in the order of ``pieces``.
    timed : bool
        Whether the times of ``events`` mean anything.
    simulated : bool
        Whether the listeners were made up.
    damped : bool
        Whether sums of weights are damped.
    test : DataFrame or None
        Events of the published test part, which are not in ``events``.
    report : DataFrame
        Columns ``what`` and ``found``: what was read.
    notes : tuple of str
        What a reader has to know, in sentences.
    """

    name: str
    events: pd.DataFrame
    listeners: pd.Index
    pieces: pd.DataFrame
    features: pd.DataFrame | None
    timed: bool
    simulated: bool
    damped: bool
    report: pd.DataFrame
    notes: tuple[str, ...] = ()
    test: pd.DataFrame | None = field(default=None)

    @property
    def styles(self) -> np.ndarray | None:
        """The style of each piece, shape (pieces,); None where fewer than two are known."""
        known = self.pieces["style"]
        return known.to_numpy(object) if known.nunique() > 1 else None

    @property
    def vectors(self) -> np.ndarray | None:
        """The features as an array, shape (pieces, features)."""
        return None if self.features is None else self.features.to_numpy()

    def weights(self, events: pd.DataFrame) -> sparse.csr_array:
        """Weights of listeners and pieces, from some events.

        Parameters
        ----------
        events : DataFrame
            Table ``events``; those of others than ``listeners`` and ``pieces`` are left out.

        Returns
        -------
        scipy.sparse.csr_array, shape (listeners, pieces)
            An entry for each pair that has an event, none of them 0.
        """
        rows, columns = self.listeners, self.pieces["piece"]
        summed = matrix.interactions(events, listeners=rows, pieces=columns).matrix
        if self.damped:
            summed.data = np.sign(summed.data) * np.log2(1 + np.abs(summed.data))
        met = matrix.met(events, rows, columns)
        met.data[:] = 1.0
        silent = sparse.csr_array(met - met.multiply(summed != 0))
        silent.eliminate_zeros()
        found = sparse.csr_array(summed + HEARD * silent)
        found.sort_indices()
        return found

    def ratings(self, events: pd.DataFrame) -> sparse.csr_array:
        """Mean rating of each pair that has one, as stored entries.

        Returns
        -------
        scipy.sparse.csr_array, shape (listeners, pieces)
            For :mod:`ricercar.recommend.ratings`; a rating of 0 is stored, too.
        """
        rated = events[events["kind"] == "rating"]
        means = rated.groupby(["listener", "piece"])["value"].mean().reset_index()
        row = self.listeners.get_indexer(pd.Index(means["listener"]))
        column = pd.Index(self.pieces["piece"]).get_indexer(pd.Index(means["piece"]))
        known = (row >= 0) & (column >= 0)
        value = means["value"].to_numpy(float)[known]
        shape = len(self.listeners), len(self.pieces)
        return sparse.coo_array((value, (row[known], column[known])), shape=shape).tocsr()


def choose(
    pieces: pd.DataFrame,
    features_table: pd.DataFrame,
    listeners: pd.DataFrame,
    events: pd.DataFrame,
    *,
    dataset: str = "",
    folder: str | Path = "",
    log: Path | None = None,
    columns: Mapping[str, str] | None = None,
    reading: Mapping[str, Any] | None = None,
    min_listeners: int = 0,
) -> Chosen:
    """The listening that is asked for.

    Parameters
    ----------
    pieces, features_table, listeners, events : DataFrame
        Tables of the run, which are used where neither a data set nor a log is named.
    dataset : str
        A public data set, see :func:`ricercar.listening.public.read`.
    folder : path
        Where its files are; empty: as :func:`ricercar.datasets.fetch` finds them.
    log : Path, optional
        One's own log, whose pieces need not be in the catalogue.
    columns, reading : mapping, optional
        For :func:`ricercar.listening.imports.read_log`.
    min_listeners : int
        Pieces with fewer listeners are left out, with their events; 0 keeps all.

    Returns
    -------
    Chosen

    Raises
    ------
    ParameterError
        If both a data set and a log are named, or no piece has ``min_listeners``.
    ReadError
        If what is named cannot be read.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"], "title": "A", "style": "jig", "collection": "x"})
    >>> table = pd.DataFrame({"piece": ["a"], "melody.pitch_range": [7.0]})
    >>> listeners = pd.DataFrame({"listener": ["u", "v"]})
    >>> events = pd.DataFrame({"listener": ["u"], "piece": ["a"], "time": NO_TIME,
    ...     "kind": "play", "value": [0.5]})
    >>> choose(pieces, table, listeners, events).weights(events).toarray().tolist()
    [[0.5], [0.0]]
    """
    if dataset and log:
        raise ParameterError(f"name a data set or a log, not both: {dataset!r} and {log}")
    if dataset:
        found = of_dataset(public.read(dataset, folder or None, events=dataset in _TIMED))
    elif log:
        found = of_log(imports.read_log(log, columns, **(reading or {})), pieces, features_table)
    else:
        found = of_run(pieces, features_table, listeners, events)
    return _frequent(found, min_listeners) if min_listeners > 0 else found


_TIMED = ("lastfm-1k", "yambda", "listenbrainz")


def of_run(
    pieces: pd.DataFrame,
    features_table: pd.DataFrame,
    listeners: pd.DataFrame,
    events: pd.DataFrame,
) -> Chosen:
    """The listening of a run, from its four tables."""
    simulated = simulate.is_simulated(listeners)
    return Chosen(
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


def of_log(read: imports.ImportedLog, pieces: pd.DataFrame, features_table: pd.DataFrame) -> Chosen:
    """One's own log, of pieces of the catalogue or of any others.

    Parameters
    ----------
    read : ImportedLog
    pieces, features_table : DataFrame
        The catalogue.
    """
    if not len(read.events):
        raise ParameterError(f"the log has no event that can be used. {read.sentence()}")
    names = pd.Index(sorted(read.events["piece"].unique()), dtype="str")
    elsewhere = ~names.isin(pieces["piece"])
    notes = [read.sentence()]
    if elsewhere.any():
        notes.append(
            f"{elsewhere.sum():,} of its {len(names):,} pieces are not in the catalogue, so that "
            "nothing is known of how they sound; the pieces of the log are ranked."
        )
        described, sound = _described(pd.DataFrame({"piece": names, "title": names})), None
    else:
        notes.append("All its pieces are in the catalogue, which is ranked as a whole.")
        described, sound = _described(pieces), _sound(pieces["piece"], features_table)
    return Chosen(
        "your log",
        read.events,
        pd.Index(sorted(read.events["listener"].unique()), dtype="str"),
        described,
        sound,
        timed=True,
        simulated=False,
        damped=True,
        report=read.report(),
        notes=tuple(notes),
    )


def of_dataset(data: public.PublicListening) -> Chosen:
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
    return Chosen(
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
    )


def _pairs(names: matrix.Interactions, values: sparse.csr_array, kind: str) -> pd.DataFrame:
    """An event without a time for each entry of a matrix."""
    entries = sparse.coo_array(values)
    return pd.DataFrame(
        {
            "listener": names.listeners[entries.row],
            "piece": names.pieces[entries.col],
            "time": NO_TIME,
            "kind": kind,
            "value": entries.data.astype(float),
        }
    )


def _described(pieces: pd.DataFrame) -> pd.DataFrame:
    """The columns of ``Chosen.pieces``."""
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


def _frequent(chosen: Chosen, least: int) -> Chosen:
    """Without the pieces that fewer than so many listeners have met."""
    tables = [chosen.events] if chosen.test is None else [chosen.events, chosen.test]
    pairs = chosen.events[["listener", "piece"]].drop_duplicates()
    listeners = pairs["piece"].value_counts()
    kept = chosen.pieces["piece"].isin(listeners.index[listeners >= least]).to_numpy()
    if not kept.any():
        raise ParameterError(f"no piece has {least} listeners: lower min_listeners")
    names = chosen.pieces.loc[kept, "piece"]
    parts = [table[table["piece"].isin(names)].reset_index(drop=True) for table in tables]
    told = (
        f"{(~kept).sum():,} of {len(kept):,} pieces have fewer than {least} listeners and are left "
        f"out, with {len(chosen.events) - len(parts[0]):,} of {len(chosen.events):,} events. What "
        "is measured holds for the others."
    )
    return replace(
        chosen,
        events=parts[0],
        pieces=chosen.pieces[kept].reset_index(drop=True),
        features=None if chosen.features is None else chosen.features[kept],
        notes=(*chosen.notes, told),
        test=parts[1] if len(parts) > 1 else None,
    )
