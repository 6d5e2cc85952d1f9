"""What a log gave, and the report on it.

Conventions
-----------
* Every row of the file is an event or refused; a remark changes no row.
* A *gap* is at least :data:`YEARS` years without an event, before fewer than :data:`FEW` of the
  events: a clock that was wrong makes one, and what is measured "now" then holds of nobody.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar.listening.timed import has_times
from ricercar.tables import EVENT_KINDS

#: least years of a gap
YEARS = 2.0
#: share of the events after a gap, below which it is told
FEW = 0.1


@dataclass(frozen=True)
class ImportedLog:
    """What a log gave.

    Attributes
    ----------
    events : DataFrame
        Table ``events``, sorted by time.
    refused : DataFrame
        Columns ``file``, ``row``, ``column`` (of the file; empty where the row as a whole is
        meant), ``reason`` and ``fault`` (the reason without what is special to the row), one
        row for each refused row of the file.
    rows : int
        Rows of the file: events and refused rows together.
    columns : tuple of str
        All columns of the file.
    twice : int
        Events at a time that the clocks showed twice; they are taken to be at the first.
    remarks : tuple of str
        What was found out about the file, and what to try where rows were refused: sentences.
    """

    events: pd.DataFrame
    refused: pd.DataFrame
    rows: int
    columns: tuple[str, ...] = ()
    twice: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def timed(self) -> bool:
        """Whether the events have times."""
        return has_times(self.events)

    def report(self) -> pd.DataFrame:
        """What was read.

        Returns
        -------
        DataFrame
            Columns ``what`` and ``found`` (text): rows, accepted, refused and by which reason,
            listeners, pieces, events of each kind, first and last event; or that there are no
            times, and how many rows were taken that repeat others; what is remarkable.
        """
        accepted, refused = len(self.events), len(self.refused)
        found: dict[str, str] = {
            "rows": f"{self.rows:,}",
            "accepted": f"{accepted:,}",
            "refused": f"{refused:,}",
        }
        for name, count in self._by_reason().items():
            found[f"refused: {name}"] = f"{count:,}"
        found["listeners"] = f"{self.events['listener'].nunique():,}"
        found["pieces"] = f"{self.events['piece'].nunique():,}"
        for kind in EVENT_KINDS:
            if number := int((self.events["kind"] == kind).sum()):
                found[f"events: {kind}"] = f"{number:,}"
        if not self.timed:
            found["times"] = "none: the log says nothing of when"
            if repeats := int(self.events.duplicated().sum()):
                found["repeated rows, each one more hearing"] = f"{repeats:,}"
        elif accepted:
            for name, moment in zip(("first event", "last event"), self._span(), strict=True):
                found[name] = f"{moment:%Y-%m-%d %H:%M} UTC"
        if self.twice:
            found["events in an hour that came twice, taken as the first"] = f"{self.twice:,}"
        told = [*found.items(), *(("remark", remark) for remark in self._remarks())]
        return pd.DataFrame(told, columns=["what", "found"])

    def sentence(self) -> str:
        """The report in a sentence, with a further one for each remark.

        Examples
        --------
        >>> events = pd.DataFrame({"listener": ["u"], "piece": ["a"], "kind": ["play"],
        ...     "time": pd.to_datetime(["2026-01-02"], utc=True)})
        >>> refused = pd.DataFrame({"column": ["when"], "fault": ["is not a time"]})
        >>> ImportedLog(events, refused, 2).sentence()
        'Of 2 rows 1 was taken and 1 refused (when is not a time: 1); the log has 1 listener
        and 1 piece and goes from 2026-01-02 to 2026-01-02.'
        """
        accepted, refused = len(self.events), len(self.refused)
        most = self._by_reason().head(3)
        listed = ", ".join(f"{name}: {count:,}" for name, count in most.items())
        why = f" ({'most often: ' if refused > most.sum() else ''}{listed})" if refused else ""
        start = f"Of {_many(self.rows, 'row')} {accepted:,} {'was' if accepted == 1 else 'were'}"
        remarks = "".join(f" {remark}" for remark in self._remarks())
        if not accepted:
            return f"{start} taken and {refused:,} refused{why}.{remarks}"
        span = "has no times"
        if self.timed:
            first, last = (f"{moment:%Y-%m-%d}" for moment in self._span())
            span = f"goes from {first} to {last}"
        listeners, pieces = self.events["listener"].nunique(), self.events["piece"].nunique()
        return (
            f"{start} taken and {refused:,} refused{why}; the log has "
            f"{_many(listeners, 'listener')} and {_many(pieces, 'piece')} and {span}.{remarks}"
        )

    def _remarks(self) -> list[str]:
        gap = gap_before_the_last(self.events["time"]) if self.timed else ""
        return [*self.remarks, *([gap] if gap else [])]

    def _by_reason(self) -> pd.Series:
        """Refused rows per column and fault, the most frequent first, equal ones by name."""
        names = (self.refused["column"] + " " + self.refused["fault"]).str.strip()
        return names.value_counts().sort_index().sort_values(ascending=False, kind="stable")

    def _span(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        return self.events["time"].min(), self.events["time"].max()


def gap_before_the_last(time: pd.Series) -> str:
    """A sentence on the last few events if years without any lie before them.

    Parameters
    ----------
    time : Series of datetime64

    Returns
    -------
    str
        Empty unless fewer than :data:`FEW` of the events come after :data:`YEARS` without one.

    Examples
    --------
    >>> time = pd.Series(pd.to_datetime(["2020-05-01"] * 30 + ["2024-05-01"], utc=True))
    >>> gap_before_the_last(time)
    'The last event, from 2024-05-01 on, comes 4.0 years after the one before: is its time right?'
    """
    ordered = np.sort(time.to_numpy("datetime64[us]"))
    years = np.diff(ordered) / np.timedelta64(1, "D") / 365.25
    wide = np.flatnonzero(years >= YEARS) + 1
    wide = wide[len(ordered) - wide < FEW * len(ordered)]
    if not len(wide):
        return ""
    first, last = wide[0], len(ordered) - wide[0]
    moment, gap = f"{pd.Timestamp(ordered[first]):%Y-%m-%d}", years[first - 1]
    if last == 1:
        who, right = "event, from {} on, comes", "the one before: is its time right?"
    else:
        who, right = (
            f"{last:,} events, from {{}} on, come",
            "the one before: are their times right?",
        )
    return f"The last {who.format(moment)} {gap:.1f} years after {right}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
