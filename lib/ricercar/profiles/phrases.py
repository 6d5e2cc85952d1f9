"""Phrases: a listener's taste as short as "fast reels in minor keys".

Goal: a few words that tell a listener apart from the others, with the share of their listening
that is just that, so that they can be checked, also on what is heard later.

Conventions
-----------
* A trait is a feature above or below the catalogue's mean, or a style. A *phrase* is a style, or
  none, with at most two features; a piece fits it if it has all of its traits.
* Shares are of the positive weights (:mod:`ricercar.listening.matrix`), in [0, 1].

Sources
-------
Surprise as a likelihood ratio, which does not overrate what is rare: Dunning, "Accurate methods
for the statistics of surprise and coincidence", Computational Linguistics 19 (1993).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import xlogy

from ricercar.profiles.building import Evidence
from ricercar.profiles.uncertainty import effective

#: with fewer events than this nothing is said of a listener
FEW = 8
#: a phrase must fit this share of what was liked, or it would tell of exceptions
LEAST_SHARE = 0.25
#: feature -> words for little and for much of it; "in ..." stands behind the noun
WORDS = {
    "rhythm.note_density": ("slow", "fast"),
    "melody.majorness": ("in minor keys", "in major keys"),
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
#: phrases that are held against the pieces at once
_BLOCK = 512
#: styles that name no music
NAMELESS = ("other", "unknown")


@dataclass(frozen=True)
class Phrase:
    """A kind of music in words.

    Attributes
    ----------
    words : str
        For example ``fast reels in minor keys``.
    style : str
        Empty if it is about any style.
    signs : mapping of str to int
        Feature -> -1 (below the mean) or 1 (above it).
    """

    words: str
    style: str
    signs: Mapping[str, int]

    def fits(self, found: Evidence) -> np.ndarray:
        """Which pieces it fits: bool, shape (pieces,)."""
        fit = np.ones(len(found.z), dtype=bool)
        if self.style:
            fit &= found.one_hot[:, found.styles.index(self.style)] > 0
        for name, sign in self.signs.items():
            fit &= sign * found.z[name].to_numpy() > 0
        return fit


def describe(found: Evidence) -> pd.Series:
    r"""The phrase that tells each listener apart best.

    Of all phrases that fit at least :data:`LEAST_SHARE` of what a listener liked (share
    :math:`q` of the positive weights, :math:`n` effective pieces), and more of it than with the
    mean listener (:math:`\bar q`), the one that is most surprising:

    .. math:: n \left(q \ln \frac{q}{\bar q} + (1 - q) \ln \frac{1 - q}{1 - \bar q}\right)

    Parameters
    ----------
    found : Evidence
        From :func:`ricercar.profiles.evidence`.

    Returns
    -------
    Series
        Index: listener; values: :class:`Phrase`, or None for those with fewer than :data:`FEW`
        events, or with nothing that is theirs more than others'.
    """
    every = _every(found)
    n = effective(found.matrix.maximum(0))
    blocks = [every[begin : begin + _BLOCK] for begin in range(0, len(every), _BLOCK)]
    share = np.hstack([np.zeros((len(n), 0)), *(_shares(found, block) for block in blocks)])
    mean = share[n > 0].mean(axis=0) if (n > 0).any() else np.zeros(len(every))
    usual = (mean > 0) & (mean < 1)
    expected = np.where(usual, mean, 0.5)
    surprise = xlogy(share, share / expected) + xlogy(1 - share, (1 - share) / (1 - expected))
    told_by = usual & (share > mean) & (share >= LEAST_SHARE)
    score = np.where(told_by, n[:, None] * surprise, -np.inf)
    best = score.argmax(axis=1) if every else np.zeros(len(n), dtype=int)
    told = [
        every[i] if every and row[i] > 0 and count >= FEW else None
        for i, row, count in zip(best, score, found.counts, strict=True)
    ]
    return pd.Series(told, index=pd.Index(found.listeners, name="listener"), dtype=object)


def support(told: pd.Series, found: Evidence) -> pd.DataFrame:
    """How much of what each listener liked fits their phrase, and of what the others liked.

    Parameters
    ----------
    told : Series
        From :func:`describe`.
    found : Evidence
        Of the same events, or of later ones: a phrase should hold for these, too. It must have
        the same styles and features.

    Returns
    -------
    DataFrame
        One row per listener with a phrase who liked something here: ``listener``, ``words``,
        ``share`` (of the positive weights, in [0, 1]), ``usual`` (the mean share of the others)
        and ``above`` (share of the others who have less of it; ties count half).
    """
    told = told.dropna()
    place = found.listeners.get_indexer(told.index)
    share, n = _shares(found, list(told)), effective(found.matrix.maximum(0))
    some = n > 0
    rows = []
    for column, (listener, phrase) in enumerate(told.items()):
        at = place[column]
        if at < 0 or not some[at]:
            continue
        others = share[some & (np.arange(len(n)) != at), column]
        less = np.mean(others < share[at, column]) + np.mean(others == share[at, column]) / 2
        known = len(others) > 0
        usual, above = (others.mean(), less) if known else (np.nan, np.nan)
        rows.append([listener, phrase.words, share[at, column], usual, above])
    return pd.DataFrame(rows, columns=["listener", "words", "share", "usual", "above"])


def sentence(row: pd.Series) -> str:
    """A row of :func:`support` as a sentence.

    Examples
    --------
    >>> row = {"listener": "l", "words": "slow airs", "share": 0.311, "usual": 0.05, "above": 0.925}
    >>> sentence(pd.Series(row)).split(": ")  # doctest: +NORMALIZE_WHITESPACE
    ['l likes slow airs more than 92 % of the other listeners do',
     'they are 31 % of what this listener liked, and on average 5 % of what another liked.']
    """
    others = (
        "anyone else does"
        if row["above"] == 1
        else f"{percent(row['above'])} of the other listeners do"
    )
    verb = "it is" if "music" in row["words"].split() else "they are"
    return (
        f"{row['listener']} likes {row['words']} more than {others}: {verb} "
        f"{100 * row['share']:.0f} % of what this listener liked, and on average "
        f"{100 * row['usual']:.0f} % of what another liked."
    )


def _every(found: Evidence) -> list[Phrase]:
    """All phrases of the styles and of features that have words."""
    named = [name for name in WORDS if name in found.z.columns]
    signs: list[dict[str, int]] = [{}]
    signs += [{name: sign} for name in named for sign in (-1, 1)]
    for first, second in combinations(named, 2):
        signs += [{first: a, second: b} for a in (-1, 1) for b in (-1, 1)]
    styles = ["", *(style for style in found.styles if style not in NAMELESS)]
    return [
        Phrase(_words(style, chosen), style, chosen)
        for style in styles
        for chosen in signs
        if style or chosen
    ]


def _shares(found: Evidence, phrases: Sequence[Phrase]) -> np.ndarray:
    """Share of the positive weights that fits, shape (listeners, phrases)."""
    fits = np.array([phrase.fits(found) for phrase in phrases], dtype=float)
    liked = found.matrix.maximum(0)
    total = np.asarray(liked.sum(axis=1), dtype=float)[:, None]
    fitting = liked @ fits.reshape(len(phrases), len(found.z)).T
    share = np.divide(fitting, total, out=np.zeros_like(fitting), where=total > 0)
    return share.clip(0, 1)  # sums in another order may exceed the total


def _words(style: str, signs: Mapping[str, int]) -> str:
    """A phrase in words.

    Examples
    --------
    >>> _words("march", {"melody.majorness": -1, "rhythm.note_density": 1})
    'fast marches in minor keys'
    >>> _words("", {"melody.leap_share": -1})
    'smooth music'
    """
    noun = f"{style}{'es' if style.endswith(('s', 'x', 'z', 'ch', 'sh')) else 's'}"
    words = [WORDS[name][sign > 0] for name, sign in signs.items()]
    before = [word for word in words if not word.startswith("in ")]
    behind = [word for word in words if word.startswith("in ")]
    return " ".join([*before, noun if style else "music", *behind])


def percent(share: float) -> str:
    """A share as whole per cent, rounded down: never more than is so."""
    return f"{int(100 * share + 1e-9)} %"
