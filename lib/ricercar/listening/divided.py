"""Learning, validation and test parts of any listening, and what the division lets through.

Goal: the split that a parameter names, made on data with and without times, with the same
kind of split once more inside the training part, for tuning.

Conventions
-----------
* ``early`` and ``late`` together are ``train``; ``late`` is what tuning looks at.
* Data without times cannot be split in time. A public data set gets
  :func:`~.splits.at_random` in the place of :func:`~.splits.temporal`; a log of one's own is
  refused, because its times may only not have been named. Nothing of a listener is *first* or
  *last* then: what :func:`~.splits.leave_last` and :func:`~.splits.new_listeners` take is drawn
  by lot, and is called so. Whether anything leaks from the future is unknown, and not reported
  as 0.
* A data set with a published test part keeps it, whatever split is named.
"""

import inspect
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ricercar.errors import ParameterError
from ricercar.listening import splits
from ricercar.listening.listened import Listened


@dataclass(frozen=True)
class Divided:
    """The parts of a log.

    Attributes
    ----------
    split : str
        A key of :data:`.splits.SPLITS`, or ``published``.
    train, test, early, late : DataFrame
        Tables ``events``.
    audit : DataFrame
        Columns ``check``, ``test``, ``test share``, ``validation`` and ``validation share``, see
        :func:`.splits.audit`.
    notes : tuple of str
        What the split means for the figures, in sentences.
    title : str
        The split in a few words, for captions.
    told : str
        What is for learning and what for testing, in sentences.
    by_lot : bool
        Whether lots decided what is tested, not times; so too where nobody knows (published).
    """

    split: str
    train: pd.DataFrame
    test: pd.DataFrame
    early: pd.DataFrame
    late: pd.DataFrame
    audit: pd.DataFrame
    notes: tuple[str, ...]
    title: str
    told: str
    by_lot: bool

    @property
    def caution(self) -> str:
        """What the figures may promise too much, in a sentence; empty in a split by time."""
        less = "expect less than this of what the methods would do for these listeners tomorrow."
        if self.by_lot:
            return f"What was tested need not be later than what was learned from: {less}"
        leaking = self.audit.loc[self.audit["check"] == "leaking events", "test share"]
        share = float(leaking.iloc[0])
        if share > 0:
            return f"{share:.0%} of what was learned from came after tests began: {less}"
        return ""


def divide(
    chosen: Listened,
    split: str = "temporal",
    options: Mapping[str, Any] | None = None,
    test_share: float = 0.2,
    validation_share: float = 0.2,
    seed: int = 0,
) -> Divided:
    """Divide listening for a comparison.

    Parameters
    ----------
    chosen : Listened
    split : str
        A key of :data:`.splits.SPLITS`.
    options : mapping, optional
        Further parameters of the split: ``n``, ``history``, or other values of the next ones.
    test_share, validation_share : float
        Shares of all events, and of those in ``train``; for splits that take a share.
    seed : int

    Returns
    -------
    Divided

    Raises
    ------
    ParameterError
        If there is no such split or option, or the split cannot be made: for want of times, too.
    """
    if split == "temporal" and not chosen.timed and not chosen.published:
        raise ParameterError(
            f"{chosen.name} has no times, so it cannot be split by them: use split: random (or "
            "new_listeners, new_pieces). If it has a column of times, name it in log_columns"
        )
    used = "random" if split == "temporal" and not chosen.timed else split
    events = chosen.events if chosen.timed else chosen.events.sample(frac=1, random_state=seed)
    notes: list[str] = []
    if chosen.test is not None:
        used, train, test = "published", chosen.events, chosen.test
        notes.append("The test part is the published one; the validation part is drawn by lot.")
        early, late = _split(train, "random", {}, validation_share, seed)[0]
    else:
        (train, test), warned = _split(events, used, options or {}, test_share, seed)
        if not chosen.timed:
            train = train.sample(frac=1, random_state=seed + 1)
        (early, late), _ = _split(train, used, options or {}, validation_share, seed)
        notes += warned
    if used != split and used == "random":
        notes.append("It is made in the place of a temporal one, because the data have no times.")
    audit = _side_by_side(splits.audit(train, test), splits.audit(early, late))
    if not chosen.timed:
        if used in ("leave_last", "new_listeners"):
            part = "tested" if used == "leave_last" else "known"
            notes.append(f"Which pairs of a listener are {part} is drawn by lot: none is the last.")
        if used != "random":
            notes.append("Whether anything leaks from the future is unknown without times.")
    title, told = _in_words(used, chosen.timed, options or {}, test)
    by_lot = not chosen.timed or used in ("random", "published")
    return Divided(used, train, test, early, late, audit, tuple(notes), title, told, by_lot)


def _in_words(
    split: str, timed: bool, options: Mapping[str, Any], test: pd.DataFrame
) -> tuple[str, str]:
    """A split in a few words, and in a sentence or two."""
    usual = inspect.signature(splits.SPLITS[split]).parameters if split in splits.SPLITS else {}
    count = {
        name: options.get(name, usual[name].default) for name in ("n", "history") if name in usual
    }
    if split == "temporal":
        moment = f"{test['time'].min():%d %B %Y}"
        return f"temporal split at {moment}", (
            f"One moment for everybody, on {moment}: all that happened before is for learning, all "
            "that came after is for testing. So no method knows the future, not that of others "
            "either."
        )
    if split == "leave_last" and timed:
        return f"split that leaves the last {count['n']} out", (
            f"The last {count['n']} events of each listener are for testing, all others for "
            "learning. What others did later is known to the methods."
        )
    if split == "leave_last":
        pairs = "one random pair" if count["n"] == 1 else f"{count['n']} random pairs"
        return f"split that leaves {pairs} per listener out", (
            f"{pairs[0].upper()}{pairs[1:]} of each listener, drawn by lot, for testing; all "
            "others for learning: without times nothing is last."
        )
    if split == "new_listeners":
        first = f"first {count['history']}" if timed else f"{count['history']} random"
        return "split by listeners", (
            f"Some listeners are for testing; only their {first} events are for learning, as if "
            "they had just come."
        )
    if split == "new_pieces":
        return "split by pieces", (
            "Some pieces are for testing with all their events, as if they had just come."
        )
    if split == "published":
        return "published split", "The test part is the published one, so that figures compare."
    return "random split", "Which events are for testing is drawn by lot."


def _split(
    events: pd.DataFrame, split: str, options: Mapping[str, Any], share: float, seed: int
) -> tuple[splits.Parts, list[str]]:
    """The two parts, and the warnings of the split."""
    taken = inspect.signature(splits.SPLITS[split]).parameters if split in splits.SPLITS else {}
    usual = {name: v for name, v in (("test_share", share), ("seed", seed)) if name in taken}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", splits.LeakageWarning)
        parts = splits.by_name(events, split, **{**usual, **options})
    said = [str(w.message) for w in caught if issubclass(w.category, splits.LeakageWarning)]
    return parts, [f"{text[0].upper()}{text[1:]}" for text in said]


def _side_by_side(test: pd.DataFrame, validation: pd.DataFrame) -> pd.DataFrame:
    """Two audits as one table."""
    first, second = (
        audit.rename(columns={"count": part, "share": f"{part} share"})
        for part, audit in (("test", test), ("validation", validation))
    )
    return first.merge(second, on="check", how="left", validate="one_to_one")
