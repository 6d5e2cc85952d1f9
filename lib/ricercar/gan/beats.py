"""Beats: how music in any meter is laid on cells that a network can read.

Conventions
-----------
* A *cell* is the shortest note on the grid, ``step`` ticks; a *beat* is 4 cells, in
  compound meters 6. A bar is a whole number of beats.
* Bars of fewer than 12 sixteenths are laid out twice as fine, so that a reel looks alike
  in 2/4 and in 2/2: four beats of four cells.
* A mode has its tonic on the white keys: major on C, dorian on D, minor on A.
"""

from dataclasses import dataclass

from ricercar import meter as meters
from ricercar.tables import TICKS_PER_QUARTER

_SIXTEENTH = TICKS_PER_QUARTER // 4

#: mode -> pitch class of its tonic on the white keys
TONICS = {
    "major": 0,
    "dorian": 2,
    "phrygian": 4,
    "lydian": 5,
    "mixolydian": 7,
    "minor": 9,
    "locrian": 11,
}
#: most beats in a bar, and cells in a beat
MOST_BEATS, MOST_SLOTS = 6, 6


@dataclass(frozen=True)
class Layout:
    """How a meter is laid on cells.

    Attributes
    ----------
    step : int
        Ticks of a cell.
    slots : int
        Cells of a beat, 4 or 6.
    beats : int
        Beats of a bar.
    """

    step: int
    slots: int
    beats: int

    @property
    def cells(self) -> int:
        """Cells of a bar."""
        return self.slots * self.beats


def layout(meter: object) -> Layout | None:
    """The layout of a meter; None where it is unknown or does not fit.

    Parameters
    ----------
    meter : str
        ``"6/8"``.

    Examples
    --------
    >>> layout("2/4"), layout("9/8")
    (Layout(step=60, slots=4, beats=4), Layout(step=120, slots=6, beats=3))
    >>> layout("5/16") is None
    True
    """
    bar, beat = meters.lengths(meter)
    if bar != bar:
        return None
    step = _SIXTEENTH // 2 if bar < 12 * _SIXTEENTH else _SIXTEENTH
    slots = 6 if beat % 360 == 0 else 4  # a dotted beat
    beats, rest = divmod(bar, step * slots)
    if rest or not 1 <= beats <= MOST_BEATS:
        return None
    return Layout(step, slots, int(beats))


def tonic(key: object) -> tuple[int, str] | None:
    """Pitch class of the tonic and mode of a key; None where it is unknown.

    Parameters
    ----------
    key : str
        As in the table ``pieces``: ``"F# minor"``, ``"B- major"`` or ``"Bb major"``.

    Examples
    --------
    >>> tonic("F# minor"), tonic("E- major"), tonic("Bb dorian"), tonic(None)
    ((6, 'minor'), (3, 'major'), (10, 'dorian'), None)
    """
    words = key.split() if isinstance(key, str) else []
    if len(words) != 2 or words[1] not in TONICS or words[0][0].upper() not in "CDEFGAB":
        return None
    letter, signs = words[0][0].upper(), words[0][1:]
    if signs.strip("#-b"):
        return None
    natural = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))[letter]
    moved = natural + signs.count("#") - signs.count("-") - signs.count("b")
    return moved % 12, words[1]
