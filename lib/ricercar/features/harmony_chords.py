"""Features of chords and their changes, from the chord of each beat.

Conventions
-----------
* Chords are those of :mod:`ricercar.features.chords`, one per beat; how well they are found
  is measured in :mod:`ricercar.assess.chord_labels`. Shares of time leave silence out.
* A *change* is a beat whose chord has another root or quality than the sounding beat before.

Sources
-------
C. Harte, M. Sandler and M. Gasser, "Detecting harmonic change in musical audio", 2006
(tonal centroid); D. Tymoczko, *A Geometry of Music*, 2011, and W. Piston, *Harmony*, 1941
(root motion); C. McKay, *Automatic Music Classification with jMIR*, thesis, McGill 2010.
"""

import numpy as np

from ricercar.features import chords, ragged
from ricercar.features.chord_templates import NAMES, QUALITIES, tones
from ricercar.features.harmony import VOICES
from ricercar.features.registry import feature
from ricercar.features.score import Score
from ricercar.tables import TICKS_PER_QUARTER

_NO_CHANGE = "the chord never changes"


def share_of_time(score: Score, where: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
    """Share of the beats' time with a chord (or of those ``among``) where something holds."""
    found = chords.of_beats(score)
    rows = found.root >= 0 if among is None else (found.root >= 0) & among
    return ragged.mean(found.grid.piece[rows], score.n, where[rows], found.grid.duration[rows])


def _quality_share(score: Score, *names: str) -> np.ndarray:
    """Share of the time with a chord of one of the qualities."""
    quality = chords.of_beats(score).quality
    return share_of_time(score, np.isin(quality, [NAMES.index(name) for name in names]))


@feature("share", needs=VOICES, family="harmony")
def major_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a chord over a major triad, sevenths included."""
    return _quality_share(score, "maj", "7", "maj7")


@feature("share", needs=VOICES, family="harmony")
def minor_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a chord over a minor triad, sevenths included."""
    return _quality_share(score, "min", "min7")


@feature("share", needs=VOICES, family="harmony")
def diminished_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a chord over a diminished triad, sevenths included."""
    return _quality_share(score, "dim", "hdim7", "dim7")


@feature("share", needs=VOICES, family="harmony")
def augmented_chord_share(score: Score) -> np.ndarray:
    """Share of the time with an augmented triad."""
    return _quality_share(score, "aug")


@feature("share", needs=VOICES, family="harmony")
def suspended_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a fourth or second in place of the third."""
    return _quality_share(score, "sus4", "sus2")


@feature("share", needs=VOICES, family="harmony")
def dominant_seventh_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a major triad and a minor seventh, on any degree."""
    return _quality_share(score, "7")


@feature("share", needs=VOICES, family="harmony")
def seventh_chord_share(score: Score) -> np.ndarray:
    """Share of the time with a chord of four tones."""
    return _quality_share(score, *(name for name, above in QUALITIES.items() if len(above) == 3))


def _inversion_share(score: Score, number: int) -> np.ndarray:
    found = chords.inversions(chords.of_beats(score))
    return share_of_time(score, found == number, found >= 0)


_NO_TONE = "the bass is never a tone of the chord"


@feature("share", needs=VOICES, family="harmony", empty=_NO_TONE)
def root_position_share(score: Score) -> np.ndarray:
    """Share of the time with the root in the bass, among chords whose bass is one of their
    tones.
    """
    return _inversion_share(score, 0)


@feature("share", needs=VOICES, family="harmony", empty=_NO_TONE)
def first_inversion_share(score: Score) -> np.ndarray:
    """Share of the time with the third in the bass, among chords whose bass is one of their
    tones.
    """
    return _inversion_share(score, 1)


@feature("share", needs=VOICES, family="harmony", empty=_NO_TONE)
def second_inversion_share(score: Score) -> np.ndarray:
    """Share of the time with the fifth in the bass, among chords whose bass is one of their
    tones.
    """
    return _inversion_share(score, 2)


@feature("share", needs=VOICES, family="harmony", source="textbook harmony")
def non_chord_tones(score: Score) -> np.ndarray:
    """Share of the sound (over all notes) on pitch classes outside the chord of the beat."""
    found = chords.of_beats(score)
    rows = found.root >= 0
    weight = found.sound.weight[rows]
    inside = (weight * tones()[found.quality[rows] * 12 + found.root[rows]]).sum(axis=1)
    piece = found.grid.piece[rows]
    sound = ragged.total(piece, score.n, weight.sum(axis=1))
    return 1 - ragged.ratio(ragged.total(piece, score.n, inside), sound)


def changes(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """Beats with another chord than the sounding beat before, and that beat.

    Returns
    -------
    before, after : numpy.ndarray of int
        Rows of :func:`ricercar.features.chords.of_beats`.
    """
    found = chords.of_beats(score)
    rows = np.flatnonzero(found.root >= 0)
    before, after = rows[:-1], rows[1:]
    new = (found.root[before] != found.root[after]) | (
        found.quality[before] != found.quality[after]
    )
    new &= found.grid.piece[before] == found.grid.piece[after]
    return before[new], after[new]


@feature("changes per quarter", 0, 480, needs=VOICES, family="harmony", source="textbook harmony")
def harmonic_rhythm(score: Score) -> np.ndarray:
    """Changes of chord per quarter of the time with a chord."""
    found = chords.of_beats(score)
    _, after = changes(score)
    rows = found.root >= 0
    quarters = ragged.total(found.grid.piece[rows], score.n, found.grid.duration[rows])
    return ragged.ratio(
        ragged.total(found.grid.piece[after], score.n), quarters / TICKS_PER_QUARTER
    )


@feature("ratio", 0, np.inf, needs=VOICES, family="harmony", empty=_NO_CHANGE)
def harmonic_rhythm_variation(score: Score) -> np.ndarray:
    """Standard deviation of the times between changes of chord over their mean."""
    found = chords.of_beats(score)
    _, after = changes(score)
    piece, onset = found.grid.piece[after], found.grid.onset[after]
    same = piece[1:] == piece[:-1]
    piece, length = piece[1:][same], np.diff(onset)[same]
    return ragged.ratio(ragged.spread(piece, score.n, length), ragged.mean(piece, score.n, length))


@feature("share", needs=(*VOICES, "meter"), family="harmony", empty=_NO_CHANGE, reveals_meter=True)
def change_on_downbeat(score: Score) -> np.ndarray:
    """Share of the changes of chord that come with the beginning of a bar."""
    found = chords.of_beats(score)
    _, after = changes(score)
    after = after[~np.isnan(score.bar[found.grid.piece[after]])]
    return ragged.mean(found.grid.piece[after], score.n, found.grid.level[after] == 0)


@feature("chords", 1, 132, needs=VOICES, family="harmony")
def distinct_chords(score: Score) -> np.ndarray:
    """Number of different chords (root and quality)."""
    found = chords.of_beats(score)
    rows = found.root >= 0
    owner, _ = ragged.distinct(found.grid.piece[rows], _state(found)[rows])
    count = ragged.total(owner, score.n)
    return np.where(count > 0, count, np.nan)


def _state(found: chords.Chords) -> np.ndarray:
    """Root and quality as one number."""
    return found.quality * 12 + found.root


@feature("bits", 0, 8, needs=VOICES, family="harmony", source="Shannon 1948")
def chord_label_entropy(score: Score) -> np.ndarray:
    """Entropy of the chords (root and quality), each counted as long as it lasts, in beats."""
    found = chords.of_beats(score)
    rows = found.root >= 0
    return ragged.entropy(found.grid.piece[rows], score.n, _state(found)[rows])


@feature("bits", 0, 8, needs=VOICES, family="harmony", source="Shannon 1948", empty=_NO_CHANGE)
def chord_transition_entropy(score: Score) -> np.ndarray:
    """Entropy of the next chord when the present one is known, over the changes of chord."""
    found = chords.of_beats(score)
    before, after = changes(score)
    state = _state(found)
    return ragged.conditional_entropy(found.grid.piece[after], score.n, state[before], state[after])


def _root_motion(score: Score, *intervals: int) -> np.ndarray:
    """Share of the changes of root that go up by one of the intervals, modulo 12."""
    found = chords.of_beats(score)
    before, after = changes(score)
    up = (found.root[after] - found.root[before]) % 12
    moves = up != 0
    return ragged.mean(found.grid.piece[after][moves], score.n, np.isin(up[moves], intervals))


_NO_ROOT = "the root never changes"


@feature("share", needs=VOICES, family="harmony", source="Piston 1941", empty=_NO_ROOT)
def falling_fifth_share(score: Score) -> np.ndarray:
    """Share of the changes of root that fall by a fifth or rise by a fourth."""
    return _root_motion(score, 5)


@feature("share", needs=VOICES, family="harmony", source="Piston 1941", empty=_NO_ROOT)
def rising_fifth_share(score: Score) -> np.ndarray:
    """Share of the changes of root that rise by a fifth or fall by a fourth."""
    return _root_motion(score, 7)


@feature("share", needs=VOICES, family="harmony", source="Piston 1941", empty=_NO_ROOT)
def root_third_share(score: Score) -> np.ndarray:
    """Share of the changes of root by a third or sixth."""
    return _root_motion(score, 3, 4, 8, 9)


@feature("share", needs=VOICES, family="harmony", source="Piston 1941", empty=_NO_ROOT)
def root_second_share(score: Score) -> np.ndarray:
    """Share of the changes of root by a second or seventh."""
    return _root_motion(score, 1, 2, 10, 11)
