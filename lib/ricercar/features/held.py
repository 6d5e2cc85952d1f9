"""Voices within a part: chords, and tones held against moving ones.

Goal: tell apart the lines of a part that plays several notes at once (a piano, a staff
with two voices, double stops), from their times and pitches alone.

Conventions
-----------
* Rows are sorted by part, then onset, then the highest pitch first; times are ticks.
* Notes that begin together are voices from the top. Where a note is still held when
  another begins, the notes of that stretch are placed from the highest pitch down, each in
  the first voice that is free while it sounds (first fit).
* A note that sounds on for at most :data:`LEGATO` after another has begun is not held but
  slurred into it, as played music often is.
"""

import numpy as np

LEGATO = 60  # ticks, a 32nd note


def voices(
    part: np.ndarray, onset: np.ndarray, duration: np.ndarray, pitch: np.ndarray, most: int
) -> np.ndarray:
    """Number the voices of each part from the top.

    Parameters
    ----------
    part, onset, duration, pitch : numpy.ndarray of int
        Notes, sorted as said above; ``part`` is a number over all pieces.
    most : int
        Voices to tell apart in a part where notes are held; what fits in none is numbered
        ``most``.

    Returns
    -------
    numpy.ndarray of int
        Voice of each note within its part, from 0.

    Examples
    --------
    A tone held below two others:

    >>> onset, duration, pitch = np.array([[0, 0, 480], [480, 960, 480], [72, 60, 71]])
    >>> voices(np.zeros(3, dtype=int), onset, duration, pitch, 12).tolist()
    [0, 1, 0]
    """
    if not len(onset):
        return np.zeros(0, dtype=int)
    sounds = np.maximum(duration - LEGATO, 1)
    span = int((onset + sounds).max()) + 1
    begin = part * span + onset
    index = np.arange(len(begin))
    moment = np.diff(begin, prepend=-1) != 0
    voice = index - np.maximum.accumulate(np.where(moment, index, 0))
    until = np.maximum.accumulate(begin + sounds)
    stretch = np.flatnonzero(begin >= np.append(-1, until[:-1]))
    owner = np.repeat(np.arange(len(stretch)), np.diff(np.append(stretch, len(begin))))
    held = np.bincount(owner, moment) > 1
    rows = np.flatnonzero(held[owner])
    rows = rows[np.lexsort((-pitch[rows], owner[rows]))]
    moments = begin[moment]
    first = np.searchsorted(moments, begin[rows])
    last = np.searchsorted(moments, begin[rows] + sounds[rows])
    first_of_stretch = np.searchsorted(moments, begin[stretch])[owner[rows]]
    voice[rows] = _first_fit(owner[rows], first - first_of_stretch, last - first_of_stretch, most)
    return voice


def _first_fit(stretch: np.ndarray, first: np.ndarray, last: np.ndarray, most: int) -> list[int]:
    """First voice of its stretch that is free from moment ``first`` up to ``last``, row by row."""
    found, present, taken = [], -1, []
    for here, begin, end in zip(stretch.tolist(), first.tolist(), last.tolist(), strict=True):
        if here != present:
            present, taken = here, [0] * most
        moments = (1 << end) - (1 << begin)  # one bit for each moment at which a note begins
        voice = next((v for v, busy in enumerate(taken) if not busy & moments), most)
        if voice < most:
            taken[voice] |= moments
        found.append(voice)
    return found
