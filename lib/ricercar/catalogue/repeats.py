"""Repeat signs: the order in which the bars of a page are played.

Conventions
-----------
* A repeated section goes back to its opening sign, else to the bar after the last
  closing sign, else to the first bar.
* After a da capo or dal segno no section is repeated again, and of several endings the
  last is taken.
* The signs make no sense, and the page stays as written, where an opening sign is never
  closed, an ending is never reached, a jump has no place to go to, or there are two jumps.

Sources
-------
G. Read, *Music Notation*, 2nd ed. 1979, chapter 13.
"""

import re
from dataclasses import dataclass

from ricercar.catalogue.reading import Time

_JUMP = re.compile(r"(?:(d\.? ?c\.?|da capo)|(d\.? ?s\.?|dal segno))(?!\w)(.*)")


@dataclass
class Bar:
    """One bar on the page with the signs at its borders.

    Attributes
    ----------
    start, length : Fraction or int
        In quarters.
    meter : str
        In force, empty if unknown.
    opens : bool
        A repeated section begins here.
    closes : int
        How many times the section that ends here is played; 0 for no sign.
    ending : tuple of int
        Of which passes this bar is the ending; empty for none.
    jump : str
        ``"capo"`` or ``"segno"``: where the music goes back to after this bar.
    until : str
        After the jump the music goes on until ``"fine"``, ``"coda"`` (from where it goes
        to the coda) or, if empty, the end.
    fine, segno, coda, to_coda : bool
        Signs that this bar bears.
    """

    start: Time
    length: Time
    meter: str = ""
    opens: bool = False
    closes: int = 0
    ending: tuple[int, ...] = ()
    jump: str = ""
    until: str = ""
    fine: bool = False
    segno: bool = False
    coda: bool = False
    to_coda: bool = False


def note_words(bar: Bar, text: str) -> None:
    """Note at a bar what words over the staff say about the order of the music.

    Examples
    --------
    >>> bar = Bar(0, 4)
    >>> note_words(bar, "D.S. al Fine")
    >>> bar.jump, bar.until
    ('segno', 'fine')
    """
    words = " ".join(text.lower().split()).strip("^_<>@ ")
    jump = _JUMP.match(words)
    if jump:
        bar.jump = "capo" if jump[1] else "segno"
        bar.until = "fine" if "fine" in jump[3] else "coda" if "coda" in jump[3] else ""
    elif words.rstrip(".") in ("fine", "segno", "coda"):
        setattr(bar, words.rstrip("."), True)
    elif words in ("to coda", "al coda"):
        bar.to_coda = True


def count(bars: list[Bar]) -> int:
    """Number of repeated sections: closing signs of first endings and others, and jumps."""
    return sum(
        (bar.closes > 0 and (not bar.ending or 1 in bar.ending)) or bool(bar.jump) for bar in bars
    )


def order(bars: list[Bar], most: int) -> list[int] | None:
    """The bars in the order in which they are played.

    Parameters
    ----------
    bars : list of Bar
    most : int
        The walk stops after so many bars.

    Returns
    -------
    list of int or None
        Places in ``bars``; None where the signs make no sense.

    Examples
    --------
    Two endings:

    >>> bars = [Bar(4 * i, 4) for i in range(4)]
    >>> bars[0].opens, bars[1].ending, bars[1].closes, bars[2].ending = True, (1,), 2, (2,)
    >>> order(bars, 100)
    [0, 1, 0, 2, 3]
    """
    jumps = [place for place, bar in enumerate(bars) if bar.jump]
    if len(jumps) > 1 or not _closed(bars):
        return None
    first = _with_repeats(bars, jumps[0] if jumps else len(bars) - 1, most)
    if first is None or not jumps:
        return first
    after = _after_jump(bars, jumps[0])
    return None if after is None else first + after


def _closed(bars: list[Bar]) -> bool:
    """Whether every opening sign is closed before the next one or the end."""
    is_open = False
    for bar in bars:
        if bar.opens:
            if is_open:
                return False
            is_open = True
        if bar.closes:
            is_open = False
    return not is_open


def _with_repeats(bars: list[Bar], last: int, most: int) -> list[int] | None:
    played: list[int] = []
    times = _times(bars)
    reached: set[int] = set()
    place = back = 0
    time = 1
    while place <= last and len(played) < most:
        bar = bars[place]
        if bar.opens and time == 1:
            back = place
        if bar.ending and time not in bar.ending:
            place += 1
            if time >= times[place - 1] and (place > last or not bars[place].ending):
                time, back = 1, place  # only the first ending is marked as one
            continue
        played.append(place)
        reached.add(place)
        if bar.closes and time < times[place]:
            time += 1
            place = back
            continue
        leaves = bar.ending and (place + 1 > last or bars[place + 1].ending != bar.ending)
        if leaves and time >= times[place]:
            # the endings of further passes do not belong to this section any more
            time, back = 1, place + 1
        elif bar.closes:
            time, back = 1, place + 1
        place += 1
    missed = [p for p in range(last + 1) if p not in reached]
    return None if missed and len(played) < most else played


def _times(bars: list[Bar]) -> list[int]:
    """For each bar how often the section is played that it closes or is an ending of."""
    times = [bar.closes for bar in bars]
    first = 0
    for place, bar in enumerate(bars):
        if not bar.ending:
            first = place + 1
        elif place + 1 == len(bars) or not bars[place + 1].ending:
            run = bars[first : place + 1]
            most = max(max(other.closes, *other.ending) for other in run)
            times[first : place + 1] = [most] * (place + 1 - first)
    return times


def _after_jump(bars: list[Bar], jump: int) -> list[int] | None:
    bar = bars[jump]
    segni = [place for place in range(jump + 1) if bars[place].segno]
    if bar.jump == "segno" and not segni:
        return None
    start = segni[0] if bar.jump == "segno" else 0
    end, coda = len(bars), len(bars)
    if bar.until == "fine" or (not bar.until and any(b.fine for b in bars)):
        fines = [place for place in range(start, len(bars)) if bars[place].fine]
        if not fines:
            return None
        end = fines[0] + 1
    elif bar.until == "coda":
        leaving = [place for place in range(start, jump + 1) if bars[place].to_coda]
        codas = [place for place in range(jump + 1, len(bars)) if bars[place].coda]
        if not leaving or not codas:
            return None
        end, coda = leaving[0] + 1, codas[0]
    chosen = [*range(start, end), *range(coda, len(bars))]
    times = _times(bars)
    return [p for p in chosen if not bars[p].ending or max(bars[p].ending) == times[p]]
