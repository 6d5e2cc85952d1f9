r"""Does made music sound like the style that was asked for?

Goal: a generator that is told a style must be heard to obey. A classifier that was trained
on real pieces only says of each piece which style it is of; how often that is the style
asked for is held against how often it is right about real pieces that it never saw.

Conventions
-----------
* The classifier is that of :mod:`ricercar.style`: logistic regression, every style weighing the
  same, trained on the training set in the form (crops, whole pieces) that is judged.
* *Recognised*: all features are seen. *Heard*: none that shows the notated meter, which a
  generator is given and need not earn.
* :math:`r = \frac1S \sum_s r_s`, the mean over styles of the share :math:`r_s` of the
  pieces of style :math:`s` that are taken for it. It is over styles that were asked for in
  :data:`ASKED` pieces or more, have :data:`ENOUGH` held-out pieces and :data:`LEARNT`
  learnt ones. *Pooled* is the share over all pieces of these styles.
* The *ratio* is r over the r of the held-out pieces in the same styles, whatever the mix.
* Intervals are 95 %, over groups of the set; of the ratio over those of both sets. The
  classifier is held as it is.
* Pieces without a style, or of the style ``other``, do not count.

Sources
-------
S. Ravuri and O. Vinyals, "Classification accuracy score for conditional generative
models", NeurIPS 2019, for judging conditions by a classifier; theirs learns from made
pieces and is asked about real ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap
from ricercar.assess.measured_set import MeasuredSet
from ricercar.assess.reference import groups_of
from ricercar.style import models

#: groups of held-out, learnt and made pieces that a style must have to be counted
ENOUGH, LEARNT, ASKED = 8, 10, 3
#: the style of pieces whose style is not known
OTHER = "other"

MODEL, SETTING = "logistic regression", "C = 0.03, sharpness 1"

#: what is said of a piece -> the arm of :mod:`ricercar.style.models` that says it
ARMS = {"recognised": "all features", "heard": "without meter"}

#: metric -> (what it says, unit)
MEASURES: dict[str, tuple[str, str]] = {
    "style_recognised": ("pieces taken for the style asked for, mean over styles", "share"),
    "style_recognised_pooled": ("pieces taken for the style asked for", "share"),
    "style_recognised_ratio": ("the mean over styles, beside held-out pieces'", "ratio"),
    "style_heard": ("the mean over styles, with the notated meter hidden", "share"),
    "style_heard_ratio": ("that mean, beside held-out pieces'", "ratio"),
}


@dataclass(frozen=True)
class Recogniser:
    """Classifiers of style, and how often they are right about held-out pieces.

    Attributes
    ----------
    known : mapping of str to pipeline
        By the keys of :data:`ARMS`.
    styles : tuple of str
        Styles that count, in order.
    held : pandas.DataFrame
        From :meth:`told`, of held-out real pieces.
    """

    known: Mapping[str, Any]
    styles: tuple[str, ...]
    held: pd.DataFrame

    def told(self, one: MeasuredSet) -> pd.DataFrame:
        """What each piece of a set is taken for.

        Returns
        -------
        pandas.DataFrame
            Columns group, style and, for each of :data:`ARMS`, the style that is answered;
            only pieces of a style that counts.
        """
        return _told(self.known, self.styles, one)


def _styles(pieces: pd.DataFrame) -> pd.Series:
    """Style of each piece, ``""`` where none is known."""
    if "style" not in pieces:
        return pd.Series("", index=pieces.index)
    return pieces["style"].fillna("").astype(str).replace(OTHER, "")


def styles_of(pieces: pd.DataFrame) -> list[str]:
    """Styles of which a set has enough pieces to learn them from.

    Examples
    --------
    >>> styles_of(pd.DataFrame({"piece": range(22), "style": ["jig", "other"] * 10 + ["air"] * 2}))
    ['jig']
    """
    size = groups_of(pieces).groupby(_styles(pieces)).nunique()
    return [str(name) for name in size.index if name and size[name] >= LEARNT]


def _told(known: Mapping[str, Any], styles: tuple[str, ...], one: MeasuredSet) -> pd.DataFrame:
    style = _styles(one.tables[0])
    counted = style.isin(styles).to_numpy()
    table = pd.DataFrame({"group": one.groups[counted], "style": style[counted]})
    for name, arm in ARMS.items():
        values = one.features.loc[counted, models.ARMS[arm]].to_numpy(float)
        table[name] = known[name].predict(values) if len(values) else ""
    return table.reset_index(drop=True)


def learn(train: MeasuredSet, held: MeasuredSet, seed: int = 0) -> Recogniser | None:
    """Train on real pieces.

    Parameters
    ----------
    train, held : MeasuredSet
        Column style; in the same form, for features depend on length.
    seed : int

    Returns
    -------
    Recogniser or None
        None where there are not two styles to tell apart, or none has enough held-out pieces.
    """
    style, learnt = _styles(train.tables[0]), styles_of(train.tables[0])
    size = held.groups.groupby(_styles(held.tables[0])).nunique()
    styles = tuple(name for name in learnt if size.get(name, 0) >= ENOUGH)
    if len(learnt) < 2 or not styles:
        return None
    rows = style.isin(learnt).to_numpy()
    known = {}
    for name, arm in ARMS.items():
        values = train.features.loc[rows, models.ARMS[arm]].to_numpy(float)
        known[name] = models.train(MODEL, values, style[rows].to_numpy(str), seed, SETTING)
    return Recogniser(known, styles, _told(known, styles, held))


def _asked(judge: Recogniser, told: pd.DataFrame) -> list[str]:
    size = told.groupby("style")["group"].nunique()
    return [name for name in judge.styles if size.get(name, 0) >= ASKED]


@dataclass(frozen=True)
class _Counts:
    """Answers about the pieces of some styles; row 0 of each resample is the set as it is.

    Attributes
    ----------
    shares : dict of str to numpy.ndarray, shape (resamples, styles)
        Share of right answers, by the keys of :data:`ARMS`.
    pooled : dict of str to numpy.ndarray, shape (resamples,)
    size : numpy.ndarray of int, shape (styles,)
    """

    shares: dict[str, np.ndarray]
    pooled: dict[str, np.ndarray]
    size: np.ndarray


def _counted(told: pd.DataFrame, styles: list[str], n: int, seed: int) -> _Counts:
    told = told[told["style"].isin(styles)]
    style = (told["style"].to_numpy()[:, None] == np.array(styles)).astype(float)
    once = np.ones((1, len(told)))
    times = np.concatenate([once, bootstrap.times(told["group"], n, seed)])
    shares, pooled = {}, {}
    for name in ARMS:
        right = (told[name] == told["style"]).to_numpy(float)
        with np.errstate(invalid="ignore"):  # a resample may lack a style
            shares[name] = (times @ (style * right[:, None])) / (times @ style)
        pooled[name] = (times @ right) / times.sum(axis=1)
    return _Counts(shares, pooled, style.sum(axis=0).astype(int))


def _figure(resampled: np.ndarray) -> tuple[float, float, float]:
    """The first figure, and the bounds of the others."""
    value, others = float(resampled[0]), resampled[1:][~np.isnan(resampled[1:])]
    if np.isnan(value) or len(others) < 2:
        return (value, np.nan, np.nan)
    low, high = np.quantile(others, [0.025, 0.975])
    return (value, float(low), float(high))


def evaluate(
    judge: Recogniser | None,
    one: MeasuredSet,
    n: int = 500,
    seed: int = 0,
    itself: bool = False,
) -> pd.DataFrame:
    """How often a set is recognised, as rows of a scorecard.

    Parameters
    ----------
    judge : Recogniser, optional
        From :func:`learn`; all is NaN without.
    one : MeasuredSet
        Column style says what was asked for.
    n, seed : int
        Resamples; seed.
    itself : bool
        Whether the set is the held-out one: it is not laid beside itself.

    Returns
    -------
    pandas.DataFrame
        Columns metric (:data:`MEASURES`), value, low, high, n (pieces that count) and note.
    """
    if judge is None:
        return _none("the reference has no two styles with enough pieces")
    told = judge.told(one)
    styles = _asked(judge, told)
    if not styles:
        return _none("no style that the reference knows was asked for often enough")
    mine = _counted(told, styles, n, seed)
    real = _counted(judge.held, styles, n, seed + 1)
    figures: dict[str, tuple[float, float, float]] = {}
    for name in ARMS:
        rate, truth = (np.nanmean(side.shares[name], axis=1) for side in (mine, real))
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(truth > 0, rate / truth, np.nan)
        figures[f"style_{name}"] = _figure(rate)
        figures[f"style_{name}_pooled"] = _figure(mine.pooled[name])
        figures[f"style_{name}_ratio"] = (np.nan,) * 3 if itself else _figure(ratio)
    rows = [(name, *figures[name]) for name in MEASURES]
    table = pd.DataFrame(rows, columns=["metric", "value", "low", "high"])
    table = table.assign(n=int(mine.size.sum()), note="")
    if itself:
        table.loc[table["value"].isna(), "note"] = "the others are laid beside this set"
    return table


def by_style(
    judge: Recogniser | None, one: MeasuredSet, n: int = 500, seed: int = 0
) -> pd.DataFrame:
    """How often each style is recognised.

    Parameters
    ----------
    judge, one, n, seed
        As in :func:`evaluate`.

    Returns
    -------
    pandas.DataFrame
        Columns metric (``reel recognised``, ``reel heard``, ...), value, low, high and n;
        no rows where nothing counts.
    """
    rows = []
    told = pd.DataFrame() if judge is None else judge.told(one)
    styles = [] if judge is None else _asked(judge, told)
    if styles:
        found = _counted(told, styles, n, seed)
        for place, style in enumerate(styles):
            for name in ARMS:
                figure = _figure(found.shares[name][:, place])
                rows.append((f"{style} {name}", *figure, found.size[place]))
    return pd.DataFrame(rows, columns=["metric", "value", "low", "high", "n"])


def _none(note: str) -> pd.DataFrame:
    table = pd.DataFrame({"metric": list(MEASURES), "value": np.nan, "low": np.nan})
    return table.assign(high=np.nan, n=0, note=note)
