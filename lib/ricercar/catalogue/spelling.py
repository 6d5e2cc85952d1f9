"""Key names, signatures, and how a pitch is spelled in a key.

Conventions
-----------
A key is named ``"<tonic> <mode>"``: ``"Bb major"``, ``"F# minor"``, ``"D dorian"``
(``-`` for flat, as music21 writes, is understood). Signatures count fifths: 2 is two
sharps, -3 three flats.
"""

import re

from ricercar.errors import ParameterError

#: fifths from the major key with the same signature to the mode's tonic
MODES = {
    "major": 0,
    "ionian": 0,
    "mixolydian": 1,
    "dorian": 2,
    "minor": 3,
    "aeolian": 3,
    "phrygian": 4,
    "locrian": 5,
    "lydian": -1,
}
STEPS_BY_FIFTHS = "FCGDAEB"
_NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_MARKS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}


def key_signature(key: str) -> tuple[int, str]:
    """Fifths and mode of a key.

    Raises
    ------
    ParameterError
        If the name is not understood.

    Examples
    --------
    >>> key_signature("Bb major"), key_signature("F# minor"), key_signature("D dorian")
    ((-2, 'major'), (3, 'minor'), (0, 'dorian'))
    """
    match = re.fullmatch(r"([A-Ga-g])([#b-]*)\s+([a-z]+)", key.strip())
    if not match or match[3] not in MODES:
        raise ParameterError(
            f"key {key!r} is not understood: write a tonic and a mode, such as 'Bb major'"
        )
    sharps = match[2].count("#") - match[2].count("b") - match[2].count("-")
    tonic = STEPS_BY_FIFTHS.index(match[1].upper()) - 1 + 7 * sharps
    # more than seven signs is written as its enharmonic twin
    fifths = tonic - MODES[match[3]]
    while fifths > 7:
        fifths -= 12
    while fifths < -7:
        fifths += 12
    return fifths, match[3]


def key_of(fifths: int, mode: str) -> str:
    """The key with a signature and a mode; empty where there is no such key.

    Examples
    --------
    >>> key_of(1, "mixolydian"), key_of(0, "dorian"), key_of(0, "none")
    ('D mixolydian', 'D dorian', '')
    """
    if mode not in MODES or not -7 <= fifths <= 7:
        return ""
    place = fifths + 1 + MODES[mode]
    signs = place // 7
    return f"{STEPS_BY_FIFTHS[place % 7]}{('#' if signs > 0 else 'b') * abs(signs)} {mode}"


class Spelling:
    """Spell pitches in a key, remembering the accidentals of the bar.

    Parameters
    ----------
    key : str, optional
        Without it pitches are spelled as in C major.

    Examples
    --------
    >>> spelling = Spelling("D major")
    >>> spelling.spell(61), spelling.spell(60), spelling.spell(60)
    (('C', 1, 4, None), ('C', 0, 4, 'natural'), ('C', 0, 4, None))
    """

    def __init__(self, key: str | None = None) -> None:
        fifths = key_signature(key)[0] if key else 0
        self._lowest = fifths - 3
        signed = range(-1 + 7, -1 + 7 + fifths) if fifths > 0 else range(5 + fifths + 1, 6)
        sign = 1 if fifths > 0 else -1
        self._signature = {STEPS_BY_FIFTHS[(f + 1) % 7]: sign for f in signed}
        self._bar: dict[tuple[str, int], int] = {}

    def new_bar(self) -> None:
        """Forget the accidentals of the bar."""
        self._bar = {}

    def spell(self, pitch: int, tied: bool = False) -> tuple[str, int, int, str | None]:
        """Step, alteration, octave and the accidental to print, if any.

        Parameters
        ----------
        pitch : int
            MIDI number.
        tied : bool
            Whether the note continues another: then no accidental is printed.
        """
        place = self._lowest + (7 * pitch - self._lowest) % 12
        step, alter = STEPS_BY_FIFTHS[(place + 1) % 7], (place + 1) // 7
        octave = (pitch - alter - _NATURAL[step]) // 12 - 1
        expected = self._bar.get((step, octave), self._signature.get(step, 0))
        if tied or alter == expected:
            return step, alter, octave, None
        self._bar[step, octave] = alter
        return step, alter, octave, _MARKS[alter]
