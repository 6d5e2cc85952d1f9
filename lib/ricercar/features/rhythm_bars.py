"""Features of rhythm by the bar: the meter itself, and how bars resemble each other.

Conventions
-----------
* Bars are those of :mod:`ricercar.meter`; the bars of a melody go from the one in which its
  first note begins, the pickup left out, to the one in which its last note begins.

Sources
-------
C. McKay, *Automatic Music Classification with jMIR*, thesis, McGill 2010 (jSymbolic);
M. S. Cuthbert, C. Ariza and L. Friedland, ISMIR 2011 (MP1); S.-L. Wu and Y.-H. Yang, "The Jazz
Transformer on the front line", ISMIR 2020 (grooving pattern similarity), named groove
consistency in H.-W. Dong et al., "MusPy", ISMIR 2020.
"""

from functools import partial

import numpy as np

from ricercar.features import ragged
from ricercar.features.metrical import compound
from ricercar.features.registry import feature
from ricercar.features.rhythm import note_density
from ricercar.features.score import Score
from ricercar.tables import TICKS_PER_QUARTER

_JMIR = "McKay 2010"
PULSES = 64  # positions in a bar that onsets are compared at

in_meter = partial(feature, family="rhythm", reveals_meter=True)
barwise = partial(in_meter, needs=("notes", "meter"), empty="no note after the pickup")


@in_meter("quarters", 0, np.inf, needs=("meter",))
def bar_length(score: Score) -> np.ndarray:
    """Length of a bar."""
    return score.bar / TICKS_PER_QUARTER


@in_meter("quarters", 0, np.inf, needs=("meter",))
def pickup_length(score: Score) -> np.ndarray:
    """Length of the incomplete bar at the beginning."""
    return np.where(np.isnan(score.bar), np.nan, score.pickup / TICKS_PER_QUARTER)


@in_meter("yes or no", needs=("meter",), source=f"{_JMIR}, R33 Triple Meter")
def triple_meter(score: Score) -> np.ndarray:
    """Whether the first bars have three plain beats (1) or not (0)."""
    beat = score.bars.beat[score.bars.first]
    triple = (np.abs(score.bar - 3 * beat) < 1e-9 * score.bar) & ~compound(beat)
    return np.where(np.isnan(score.bar), np.nan, triple)


@in_meter("yes or no", needs=("meter",), source=f"{_JMIR}, R32 Compound or Simple Meter")
def compound_meter(score: Score) -> np.ndarray:
    """Whether the beats of the first bars divide by three (1) or by two (0)."""
    return np.where(np.isnan(score.bar), np.nan, compound(score.bars.beat[score.bars.first]))


@in_meter("yes or no", needs=("meter",), source=f"{_JMIR}, R35 Changes of Meter")
def changes_of_meter(score: Score) -> np.ndarray:
    """Whether bars or beats of another length come after the first (1) or not (0)."""
    bars = score.bars
    first = bars.first[bars.piece]
    other = (bars.bar != bars.bar[first]) | (bars.beat != bars.beat[first])
    changed = ragged.total(bars.piece, score.n, other) > 0
    return np.where(np.isnan(score.bar), np.nan, changed)


@in_meter("notes per bar", 0, np.inf, needs=("notes", "meter"))
def notes_per_bar(score: Score) -> np.ndarray:
    """Number of notes per bar's length of time."""
    return note_density(score) * score.bar / TICKS_PER_QUARTER


def _bars(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """Notes that begin in complete bars (as rows of ``score.metrical``), bars of each piece."""
    place = score.metrical
    rows = np.flatnonzero(place.number >= 0)
    first, last = ragged.extremes(place.line.piece[rows], score.n, place.number[rows])
    return rows, last - first + 1


@barwise("share", source="after Cuthbert et al. 2011, MP1 First Beat Attack Prevalence")
def downbeat_attack_share(score: Score) -> np.ndarray:
    """Share of the bars on whose first beat a note begins."""
    rows, bars = _bars(score)
    struck = rows[score.metrical.position[rows] == 0]
    return ragged.ratio(ragged.total(score.metrical.line.piece[struck], score.n), bars)


@barwise("ratio", 0, np.inf)
def bar_density_variation(score: Score) -> np.ndarray:
    """Standard deviation of the number of notes that begin in a bar over its mean."""
    rows, bars = _bars(score)
    owner, _, count = ragged.counts(score.metrical.line.piece[rows], score.metrical.number[rows])
    mean = ragged.ratio(ragged.total(owner, score.n, count), bars)
    square = ragged.ratio(ragged.total(owner, score.n, count**2), bars)
    return ragged.ratio(np.sqrt(np.maximum(square - mean**2, 0)), mean)


@in_meter("share", needs=("notes", "meter"))
def bar_repetition(score: Score) -> np.ndarray:
    """Share of bars whose rhythm (onsets and durations) an earlier bar had."""
    place = score.metrical
    event = np.rint(place.position / 20), np.rint(place.line.duration / 20)
    return ragged.recurring_sets(place.line.piece, score.n, place.number, *event)


@in_meter(
    "share",
    needs=("notes", "meter"),
    source="Wu & Yang 2020; Dong et al. 2020",
    empty="fewer than two bars",
)
def groove_consistency(score: Score) -> np.ndarray:
    """How alike neighbouring bars are: 1 less the mean share of the bar's 64 positions at which a
    note begins in one of two successive bars but not in the other.
    """
    rows, bars = _bars(score)
    place = score.metrical
    piece = place.line.piece[rows]
    number = place.number[rows] + 1  # 0 stays free for the bar before the first
    pulse = np.floor(PULSES * place.position[rows] / place.bar[rows]).astype(np.int64)
    span = (int(number.max(initial=0)) + 2) * PULSES
    struck = piece * span + number * PULSES + pulse
    struck = struck[ragged.starts(struck)]
    owner, code = np.divmod(struck, span)
    code = code // PULSES
    first, last = ragged.extremes(owner, score.n, code)
    edge = ragged.total(owner, score.n, code == first[owner])
    edge += ragged.total(owner, score.n, code == last[owner])
    again = np.searchsorted(struck, struck + PULSES)
    again = np.append(struck, -1)[again] == struck + PULSES
    common = ragged.total(owner, score.n, again)
    # what two bars do not share: the sum of both less twice what they share
    different = 2 * ragged.total(owner, score.n) - edge - 2 * common
    pairs = np.where(bars > 1, bars - 1, 0)
    return 1 - ragged.ratio(different / PULSES, pairs)
