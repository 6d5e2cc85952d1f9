"""Notes as signs on a page: voices, measures, lengths with a sign, beams, triplets.

Goal: decide everything about the look of a rhythm before any file format comes in.

Conventions
-----------
Times are ticks, 480 to a quarter. A sign is a chord, note or rest within one measure.
"""

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

from ricercar.tables import TICKS_PER_QUARTER as QUARTER

_TYPES = ("breve", "whole", "half", "quarter", "eighth", "16th", "32nd", "64th")


@cache
def sign_table() -> dict[int, tuple[str, int, bool]]:
    """Ticks -> (type, dots, triplet); plain signs win over dotted, dotted over triplets."""
    signs: dict[int, tuple[str, int, bool]] = {}
    for factor, dots, triplet in (
        (Fraction(1), 0, False),
        (Fraction(3, 2), 1, False),
        (Fraction(7, 4), 2, False),
        (Fraction(2, 3), 0, True),
    ):
        for power, name in enumerate(_TYPES):
            ticks = Fraction(8 * QUARTER, 2**power) * factor
            if ticks.denominator == 1:
                signs.setdefault(int(ticks), (name, dots, triplet))
    return signs


def lengths(ticks: int) -> list[int]:
    """A duration as a sum of lengths that have a sign, longest first.

    A remainder that no sign fits comes last.

    Examples
    --------
    >>> lengths(720), lengths(1200), lengths(160), lengths(7)
    ([720], [960, 240], [160], [7])
    """
    plain = sorted(t for t, (_, dots, triplet) in sign_table().items() if not triplet and dots < 2)
    found = []
    while ticks:
        if ticks in sign_table() or ticks < plain[0]:
            found.append(ticks)
            break
        longest = plain[bisect_right(plain, ticks) - 1]
        found.append(longest)
        ticks -= longest
    return found


@dataclass
class Sign:
    """A chord, note or rest within one measure."""

    onset: int
    ticks: int
    pitches: tuple[int, ...]
    tied_from: bool = False
    tied_to: bool = False


def voices(rows: np.ndarray) -> list[list[tuple[int, int, tuple[int, ...]]]]:
    """Divide a part into voices without overlap.

    Parameters
    ----------
    rows : int array (n, 3)
        Onset, duration, pitch.

    Returns
    -------
    list of voices
        A voice is a list of (onset, duration, pitches), at least one voice.

    Examples
    --------
    >>> import numpy as np
    >>> voices(np.array([[0, 960, 60], [0, 480, 67], [480, 480, 69]]))
    [[(0, 960, (60,))], [(0, 480, (67,)), (480, 480, (69,))]]
    """
    chords: dict[tuple[int, int], list[int]] = {}
    for onset, duration, pitch in rows.tolist():
        chords.setdefault((onset, -duration), []).append(pitch)
    found: list[list[tuple[int, int, tuple[int, ...]]]] = [[]]
    for (onset, minus_duration), pitches in sorted(chords.items()):
        for voice in found:
            if not voice or voice[-1][0] + voice[-1][1] <= onset:
                break
        else:
            voice = []
            found.append(voice)
        voice.append((onset, -minus_duration, tuple(sorted(set(pitches)))))
    return found


@dataclass(frozen=True)
class Span:
    """A measure: from where to where, and the meter in force."""

    start: int
    stop: int
    meter: tuple[int, int]

    @property
    def bar(self) -> int:
        """How long the meter says that it is."""
        return self.meter[0] * 4 * QUARTER // self.meter[1]


def measures(
    end: int,
    meter: tuple[int, int],
    pickup: int = 0,
    changes: list[tuple[int, tuple[int, int]]] | None = None,
) -> list[Span]:
    """Every measure until ``end``; the first may be a pickup.

    Parameters
    ----------
    end : int
        Tick at which the music ends.
    meter : tuple of int
    pickup : int
        Ticks before the first full bar.
    changes : list of (tick, meter)
        A bar that a change cuts is short.

    Examples
    --------
    >>> [(m.start, m.stop) for m in measures(2400, (4, 4), 480)]
    [(0, 480), (480, 2400)]
    >>> [(m.start, m.stop) for m in measures(3000, (4, 4), 0, [(960, (3, 4))])]
    [(0, 960), (960, 2400), (2400, 3840)]
    """
    spans = []
    now = 0
    stretches = [(0, meter), *sorted(changes or [])]
    for (_, signature), (until, _) in zip(stretches, [*stretches[1:], (end, meter)], strict=True):
        bar = Span(0, 0, signature).bar
        last = until >= end
        while now < min(until, end):
            stop = pickup if not now and 0 < pickup < bar else now + bar
            stop = stop if last else min(stop, until)
            spans.append(Span(now, stop, signature))
            now = stop
    return spans or [Span(0, Span(0, 0, meter).bar, meter)]


def signs_in(voice: list[tuple[int, int, tuple[int, ...]]], spans: list[Span]) -> list[list[Sign]]:
    """A voice's signs per measure, rests filled in."""
    filled: list[tuple[int, int, tuple[int, ...]]] = []
    now = 0
    for onset, duration, pitches in voice:
        if onset > now:
            filled.append((now, onset - now, ()))
        filled.append((onset, duration, pitches))
        now = onset + duration
    if now < spans[-1].stop:
        filled.append((now, spans[-1].stop - now, ()))
    starts = [span.start for span in spans]
    result: list[list[Sign]] = [[] for _ in spans]
    for onset, duration, pitches in filled:
        place, rest = onset, duration
        while rest:
            number = bisect_right(starts, place) - 1
            inside = min(rest, spans[number].stop - place)
            for ticks in lengths(inside):
                result[number].append(
                    Sign(
                        place,
                        ticks,
                        pitches,
                        tied_from=bool(pitches) and place > onset,
                        tied_to=bool(pitches) and place + ticks < onset + duration,
                    )
                )
                place += ticks
            rest -= inside
    return result


def beat_ticks(meter: tuple[int, int]) -> int:
    """Ticks that one beam may span: three units in compound time, else a quarter."""
    unit = 4 * QUARTER // meter[1]
    return 3 * unit if meter[1] >= 8 and meter[0] % 3 == 0 else max(QUARTER, unit)


def beam_states(signs: list[Sign], beat: int, start: int) -> list[list[str]]:
    """For each sign the state of its beams, from the eighth's beam inwards."""
    depth = [_flags(sign) for sign in signs]
    joined = [
        depth[i] > 0
        and depth[i + 1] > 0
        and (signs[i].onset - start) // beat == (signs[i + 1].onset - start) // beat
        for i in range(len(signs) - 1)
    ]
    states: list[list[str]] = []
    for i, own in enumerate(depth):
        before = depth[i - 1] if i and joined[i - 1] else 0
        after = depth[i + 1] if i < len(joined) and joined[i] else 0
        state = []
        if before or after:
            for level in range(1, own + 1):
                left, right = before >= level, after >= level
                alone = "backward hook" if before else "forward hook"
                state.append(
                    {(True, True): "continue", (True, False): "end", (False, True): "begin"}.get(
                        (left, right), alone
                    )
                )
        states.append(state)
    return states


def _flags(sign: Sign) -> int:
    """Number of flags of a sign: 1 for an eighth; 0 for rests and long notes."""
    if not sign.pitches or sign.ticks not in sign_table():
        return 0
    return max(0, _TYPES.index(sign_table()[sign.ticks][0]) - _TYPES.index("quarter"))


def triplet_brackets(signs: list[Sign]) -> list[str]:
    """Where triplet groups begin and end: when their sum is a plain length."""
    marks = [""] * len(signs)
    begun, total = -1, 0
    for i, sign in enumerate(signs):
        if not sign_table().get(sign.ticks, ("", 0, False))[2]:
            begun, total = -1, 0
            continue
        if begun < 0:
            begun = i
        total += sign.ticks
        if i > begun and total in (QUARTER // 2, QUARTER, 2 * QUARTER, 4 * QUARTER):
            marks[begun], marks[i] = "start", "stop"
            begun, total = -1, 0
    return marks


def nearest(ticks: int) -> tuple[str, int, bool]:
    """The plain sign nearest to a length that has none."""
    plain = {t: s for t, s in sign_table().items() if not s[1] and not s[2]}
    return plain[min(plain, key=lambda t: abs(t - ticks))]
