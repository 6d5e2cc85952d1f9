"""What a critic is told of a cell: one entry in each of its tables.

Goal: everything that a listener hears at once when a note comes: the step and the turn of each
voice, its rhythm, the degree of the scale at this place of the bar, how near the end is,
whether what comes is what came some bars ago, and what the voices do to each other.

Conventions
-----------
* ``token`` and ``sound`` (n, voices) are those of :mod:`.material`, of one cell.
* Pitch classes are counted from the lowest pitch of the grid; music is on the white keys, so
  that they are degrees of the scale of a mode.
* *Cells* are those that the meter uses.
"""

from dataclasses import dataclass, fields
from math import prod

import numpy as np

from ricercar.gan import critic_harmony
from ricercar.gan.beats import MOST_BEATS
from ricercar.gan.conditions import FAR, Vocabulary
from ricercar.gan.leading import RECALLED

#: largest step and turn of a voice, and widest range, that are told apart, in semitones
STEP, TURN, RANGE = 12, 7, 26
#: longest note that is told apart, in cells
LONG = 12
#: cells since a pitch class was heard: up to so many, or more
AGES = (0, 4, 16, 64)
#: bars ago that form is heard by: those that the decoder recalls, and further ones
REPEATED = (*RECALLED, 8)
#: bars until the end that are told apart: none left, the last, the one before, more
ENDS = 4
#: notes in a row that were as some bars ago: up to so many, or more
RUNS = (0, 1, 3, 7)
#: places of a bar in a form of eight bars, and a place that is not known
PHASES = FAR + 1
#: nothing known of so many bars ago; else how long it has been as then, and whether it goes on so
_AGAIN = 1 + 2 * (len(RUNS) + 1)


@dataclass(frozen=True)
class Before:
    """What went before a cell.

    Attributes
    ----------
    begun, sounding : numpy.ndarray of int, shape (n, voices)
        Tokens and sounding of the cell before.
    ago : numpy.ndarray of int, shape (n, voices)
        Sounding a beat ago, 0 before the beginning.
    low, high : numpy.ndarray of int, shape (n, voices)
        Lowest and highest pitch so far, 0 for none.
    last, turn : numpy.ndarray of int, shape (n, voices)
        Pitch of the last note, 0 for none; the last change of pitch in semitones, 0 for none.
    since, length : numpy.ndarray of int, shape (n, voices)
        Cells since the last note or rest began, and from that to the one before; 0 for none,
        at most :data:`LONG`.
    age : numpy.ndarray of int, shape (n, 12)
        Cells since each pitch class was heard, 0 where it sounds; large before it was.
    recalled : numpy.ndarray of int, shape (n, bars, voices)
        Tokens so many bars ago as :data:`REPEATED` says, -1 for none.
    run : numpy.ndarray of int, shape (n, bars, voices)
        Notes in a row, up to the last one, that were as so many bars before.
    form : numpy.ndarray of int, shape (n, 4)
        Of the cell's beat, see :meth:`.conditions.Vocabulary.forms`.
    """

    begun: np.ndarray
    sounding: np.ndarray
    ago: np.ndarray
    low: np.ndarray
    high: np.ndarray
    last: np.ndarray
    turn: np.ndarray
    since: np.ndarray
    length: np.ndarray
    age: np.ndarray
    recalled: np.ndarray
    run: np.ndarray
    form: np.ndarray

    def take(self, rows: np.ndarray) -> "Before":
        """Some of the cells, or the same several times."""
        return Before(*(getattr(self, field.name)[rows] for field in fields(self)))


def reached(
    low: np.ndarray, high: np.ndarray, sounding: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest pitch so far after one more cell.

    Examples
    --------
    >>> [array.tolist() for array in reached(np.array([0, 3]), np.array([0, 5]), np.array([4, 9]))]
    [[4, 3], [4, 9]]
    """
    lower = np.where((sounding > 0) & ((low == 0) | (sounding < low)), sounding, low)
    return lower, np.maximum(high, sounding)


def tables(vocabulary: Vocabulary) -> dict[str, tuple[int, ...]]:
    """Shapes of a critic's tables by name.

    Of each voice:

    * ``step``: place in the beat; step, hold or rest.
    * ``pitch``.
    * ``range``: that so far, where this cell widens it.
    * ``turn``: at the beginning of a beat or within; the last change of pitch, and the one now.
    * ``rhythm``: place in the beat; length of the note before the last, and of the last so far;
      whether a note or rest begins now.
    * ``metric``: mode, beat of the bar, place in the beat; degree that begins, hold or rest.
    * ``closing``: mode, bars until the end, beat of the bar, degree that sounds.
    * ``fresh``: mode; degree that begins, and how long ago it was heard.
    * ``form``, for one, two, four and eight bars ago: the bar, counted in eights from the
      beginning or from the end; how many notes in a row were as then, and whether this cell is.
    * ``forms``: the last two for two, four and eight bars ago together.

    Of all voices ``begins``: place in the beat, in which voices notes began before and begin now.
    Of several voices also, for each pair, ``pair`` (interval before, motions of the upper and
    the lower voice, interval now, modulo 12), the same for ``any_pair``, the distance ``apart``
    of neighbours, the pitch classes above the lowest note as a ``chord`` (place) and as a
    ``degree`` (lowest pitch class), and the ``progress`` of the harmony in a beat (at its
    beginning or within; lowest pitch class and kind of chord, a beat ago and now).

    Examples
    --------
    >>> vocabulary = Vocabulary(("air",), ("3/4",), ("major",), 1, 4, 60, 83, {})
    >>> [tables(vocabulary)[name] for name in ("step", "pitch", "range", "begins")]
    [(1, 4, 28), (1, 25), (1, 27), (4, 2, 2)]
    """
    v = vocabulary
    modes, long = len(v.modes), LONG + 1
    shapes: dict[str, tuple[int, ...]] = {
        "step": (v.voices, v.slots, 2 * STEP + 4),
        "pitch": (v.voices, v.pitches + 1),
        "range": (v.voices, RANGE + 1),
        "turn": (v.voices, 2, 2 * TURN + 1, 2 * TURN + 2),
        "rhythm": (v.voices, v.slots, long, long, 3),
        "metric": (v.voices, modes, MOST_BEATS, v.slots, 14),
        "closing": (v.voices, modes, ENDS, MOST_BEATS, 13),
        "fresh": (v.voices, modes, 13, len(AGES) + 1),
        "form": (v.voices, len(REPEATED), PHASES, _AGAIN),
        "forms": (v.voices, _AGAIN, _AGAIN, _AGAIN),
        "begins": (v.slots, 2**v.voices, 2**v.voices),
    }
    return shapes | (critic_harmony.shapes(v.voices, v.slots) if v.voices > 1 else {})


def features(
    before: Before, token: np.ndarray, sound: np.ndarray, slot: np.ndarray, vocabulary: Vocabulary
) -> np.ndarray:
    """Which entries of the tables, laid end to end, speak of each cell.

    Parameters
    ----------
    before : Before
    token, sound : numpy.ndarray of int, shape (n, voices)
        Tokens and sounding of the cells.
    slot : numpy.ndarray of int, shape (n,)
        Place of each cell in its beat.
    vocabulary : Vocabulary

    Returns
    -------
    numpy.ndarray of int64, shape (n, entries)
    """
    found = _voices(before, token, sound, slot)
    if sound.shape[1] > 1:
        found |= critic_harmony.between(before.sounding, before.ago, sound, slot)
    columns, offset = [], 0
    for name, shape in tables(vocabulary).items():
        at = np.zeros((), np.int64)
        for size, index in zip(shape, found[name], strict=True):
            at = at * size + index
        columns.append(at + offset)
        offset += prod(shape)
    return np.concatenate(columns, axis=1)


def _voices(
    before: Before, token: np.ndarray, sound: np.ndarray, slot: np.ndarray
) -> dict[str, tuple[np.ndarray, ...]]:
    """Where in the tables of single voices cells stand."""
    each, was, place = np.arange(sound.shape[1]), before.sounding, slot[:, None]
    step = np.clip(sound - was, -STEP, STEP) + STEP
    step = np.where(was > 0, step, 2 * STEP + 1)
    step = np.where(sound > 0, step, 2 * STEP + 3)
    low, high = reached(before.low, before.high, sound)
    wider = high - low > before.high - before.low
    begins = token > 1
    bits = 1 << each
    follows = begins & (before.last > 0)
    turned = np.where(follows, np.clip(sound - before.last, -TURN, TURN) + TURN, 2 * TURN + 1)
    earlier = np.clip(before.turn, -TURN, TURN) + TURN
    degree = np.where(sound > 0, (sound - 1) % 12, 12)
    begun = np.where(begins, degree, 12)
    fresh = np.searchsorted(AGES, np.take_along_axis(before.age, begun % 12, axis=1))
    beat, since, until, mode = before.form.T[..., None]
    phase = np.where(since < FAR, since, np.where(until <= FAR, -until % FAR, FAR))
    again = 1 + 2 * np.searchsorted(RUNS, before.run) + (before.recalled == token[:, None])
    again = np.where(before.recalled >= 0, again, 0)
    return {
        "step": (each, place, np.where(token == 0, 2 * STEP + 2, step)),
        "pitch": (each, sound),
        "range": (each, np.where(wider, np.minimum(high - low, RANGE - 1), RANGE)),
        "turn": (each, np.sign(place), earlier, turned),
        "rhythm": (each, place, before.length, before.since, np.minimum(token, 2)),
        "metric": (each, mode, beat, place, np.where(token == 0, 12, np.where(begins, degree, 13))),
        "closing": (each, mode, np.minimum(until, ENDS - 1), beat, degree),
        "fresh": (each, mode, begun, np.where(begins, fresh, 0)),
        "form": (
            np.tile(each, len(REPEATED)),
            np.repeat(np.arange(len(REPEATED)), len(each)),
            phase,
            again.reshape(len(sound), -1),
        ),
        "forms": (each, *np.moveaxis(again[:, 1:], 1, 0)),
        "begins": (place, ((before.begun > 1) @ bits)[:, None], (begins @ bits)[:, None]),
    }
