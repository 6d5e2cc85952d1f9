"""Features of rhythm in the meter: where in the bar notes begin, and syncopation.

Conventions
-----------
* Positions are counted from the bar line, which the pickup shifts. Beats follow
  :mod:`ricercar.meter`, changes of meter included. Without a notated meter, features that
  need one are NaN.
* Metrical depth is that of :mod:`ricercar.features.metrical`: 0 on the bar line.

Sources
-------
H. C. Longuet-Higgins and C. S. Lee, "The rhythmic interpretation of monophonic music",
*Music Perception* 1, 1984 (metrical weights, syncopation); C. Palmer and C. L. Krumhansl,
"Mental representations for musical meter", *Journal of Experimental Psychology: Human
Perception and Performance* 16, 1990; F. Benadon, "Slicing the beat", *Ethnomusicology* 50,
2006 (ratio of the two notes of a beat).
"""

from functools import partial

import numpy as np

from ricercar.features import ragged
from ricercar.features.registry import feature
from ricercar.features.rhythm import TOLERANCE
from ricercar.features.score import Score

_LHL = "Longuet-Higgins & Lee 1984"

in_meter = partial(feature, family="rhythm", reveals_meter=True, needs=("notes", "meter"))


@in_meter("share")
def on_beat_share(score: Score) -> np.ndarray:
    """Share of notes that begin on a beat."""
    place = score.metrical
    return ragged.mean(place.line.piece, score.n, place.in_beat == 0)


@in_meter("share")
def downbeat_share(score: Score) -> np.ndarray:
    """Share of notes that begin a bar."""
    place = score.metrical
    return ragged.mean(place.line.piece, score.n, place.position == 0)


@in_meter("share")
def offbeat_share(score: Score) -> np.ndarray:
    """Share of notes that begin half-way between two beats."""
    place = score.metrical
    return ragged.mean(place.line.piece, score.n, 2 * place.in_beat == place.beat)


@in_meter("share")
def syncopation(score: Score) -> np.ndarray:
    """Share of notes that begin between two beats and sound on past the next one."""
    place = score.metrical
    beyond = place.in_beat + place.line.duration > place.beat + TOLERANCE
    return ragged.mean(place.line.piece, score.n, (place.in_beat > TOLERANCE) & beyond)


@in_meter("levels", 0, np.inf, source=_LHL)
def lhl_syncopation(score: Score) -> np.ndarray:
    """Mean strength of syncopation: by how many metrical levels the strongest position that a
    note is held or silent over is stronger than the note's own; 0 if it is not.
    """
    depth, passed = score.depths
    return ragged.mean(score.metrical.line.piece, score.n, np.maximum(depth - passed, 0))


@in_meter("share", source=_LHL)
def syncopated_share(score: Score) -> np.ndarray:
    """Share of notes that are held or silent over a position metrically stronger than their own."""
    depth, passed = score.depths
    return ragged.mean(score.metrical.line.piece, score.n, depth > passed)


@in_meter("levels", 0, np.inf, source=f"{_LHL}; Palmer & Krumhansl 1990")
def metrical_depth(score: Score) -> np.ndarray:
    """Mean metrical depth of the onsets."""
    depth, _ = score.depths
    return ragged.mean(score.metrical.line.piece, score.n, depth)


@in_meter("bits", 0, 4, source="Shannon 1948; Palmer & Krumhansl 1990")
def metrical_entropy(score: Score) -> np.ndarray:
    """Entropy of the metrical depths of the onsets."""
    depth, _ = score.depths
    return ragged.entropy(score.metrical.line.piece, score.n, depth)


@in_meter(
    "correlation",
    -1,
    1,
    source="after Palmer & Krumhansl 1990",
    empty="all notes are equally long, or equally deep in the meter",
)
def agogic_accent(score: Score) -> np.ndarray:
    """Correlation of duration with metrical weight: whether long notes stand on strong places."""
    place = score.metrical
    depth, _ = score.depths
    return ragged.correlation(place.line.piece, score.n, place.line.duration, -depth)


@in_meter("bits", 0, 16)
def position_entropy(score: Score) -> np.ndarray:
    """Entropy of the positions in the bar at which notes begin, to 1/12 of a quarter."""
    place = score.metrical
    return ragged.entropy(place.line.piece, score.n, np.rint(place.position / 40).astype(int))


@in_meter("share", empty="no note begins between two beats")
def compound_share(score: Score) -> np.ndarray:
    """Share of the notes between beats that begin at a third or two thirds of the beat."""
    place = score.metrical
    between = place.in_beat > TOLERANCE
    piece, part, beat = place.line.piece[between], place.in_beat[between], place.beat[between]
    on_third = np.abs(part - beat / 3) <= TOLERANCE
    on_third |= np.abs(part - beat * (2 / 3)) <= TOLERANCE
    return ragged.mean(piece, score.n, on_third)


@in_meter("share", needs=("notes", "intervals", "meter"))
def snap_share(score: Score) -> np.ndarray:
    """Share of pairs of successive notes that are Scotch snaps: a short one on the beat, then
    one three times as long.
    """
    place = score.metrical
    first = ragged.runs(place.line.piece, 2)
    a, b = place.line.duration[first], place.line.duration[first + 1]
    snap = (np.abs(b - 3 * a) <= TOLERANCE) & (place.in_beat[first] == 0)
    return ragged.mean(place.line.piece[first], score.n, snap)


def _halved_beats(score: Score) -> tuple[np.ndarray, np.ndarray]:
    """Piece of each beat that two notes fill, and the ratio of the first to the second."""
    place, until = score.metrical, score.metrical.until
    first = ragged.runs(place.line.piece, 2)
    first = first[place.in_beat[first] == 0]
    a, b = until[first], until[first + 1]
    filled = np.abs(a + b - place.beat[first]) <= TOLERANCE
    return place.line.piece[first][filled], a[filled] / b[filled]


@in_meter("ratio", 0, np.inf, source="Benadon 2006", empty="no beat that two notes fill")
def swing_ratio(score: Score) -> np.ndarray:
    """Geometric mean of the beat-upbeat ratio: how much longer the first of the two notes that
    fill a beat is than the second.
    """
    piece, ratio = _halved_beats(score)
    return np.exp(ragged.mean(piece, score.n, np.log(ratio)))


@in_meter("share", source="after Benadon 2006", empty="no beat that two notes fill")
def long_short_share(score: Score) -> np.ndarray:
    """Share of the beats that two notes fill in which the first note is the longer one."""
    piece, ratio = _halved_beats(score)
    return ragged.mean(piece, score.n, ratio > 1.05)
