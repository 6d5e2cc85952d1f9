"""Chord labels given by others, beside the notes they belong to.

Goal: sets of pieces with notes as our readers see them and labels with times, so that
:mod:`.chord_labels` can compare.

Conventions
-----------
* Labels are rows as in :mod:`.chord_sources`, with the piece. Time without a label is not
  compared.
* *Tuning pieces* are those whose number in the set ends in 1, of bach the first six. On
  them the numbers in :data:`ricercar.features.chord_templates.WEIGHTS` were chosen; figures come
  from the others. Of monteverdi none was used for choosing.

============ ======================================================================
bach         20 chorales with Roman numerals by A. Jones and D. Tymoczko, proofread,
             in music21 (Riemenschneider 1 to 20)
monteverdi   48 madrigals in the same notation, in music21
nottingham   1,034 tunes with chords; labels from the ABC files, notes from the MIDI
             files, of the tunes in which the melodies of both agree onset by onset
pop909       909 arrangements for voice and piano; labels that their authors took from
             the MIDI files by program; notes are put on the beats that come with them
============ ======================================================================
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar.assess import chord_sources
from ricercar.catalogue.reading import Reading
from ricercar.errors import ParameterError, ReadError
from ricercar.features.tonality import key_names

#: set -> its pieces, from the set's folder; those of INSTALLED need none
SETS: dict[str, Callable[[Path], Iterator[chord_sources.Item]]] = {
    "bach": chord_sources.bach,
    "monteverdi": chord_sources.monteverdi,
    "nottingham": chord_sources.nottingham,
    "pop909": chord_sources.pop909,
}
#: sets that come with music21
INSTALLED = ("bach", "monteverdi")

_LABELS = ["piece", "onset", "duration", "root", "quality", "key"]
_NOTES = ["part", "onset", "duration", "pitch"]


@dataclass(frozen=True)
class Gold:
    """Pieces with labels given by others.

    Attributes
    ----------
    pieces, notes : pandas.DataFrame
        As :func:`ricercar.features.chords.label` takes them.
    labels : pandas.DataFrame
        Columns piece, onset, duration, root, quality, key (``"G major"``, "" if unknown).
    left_out : dict of str to int
        Reason -> number of pieces that were looked at and have no usable labels.
    """

    pieces: pd.DataFrame
    notes: pd.DataFrame
    labels: pd.DataFrame
    left_out: dict[str, int]


def tuning(data: str, number: int) -> bool:
    """Whether a piece was used for choosing the labeller's numbers.

    Examples
    --------
    >>> tuning("bach", 6), tuning("bach", 11), tuning("pop909", 11), tuning("monteverdi", 1)
    (True, False, True, False)
    """
    if data == "bach":
        return number <= 6
    return data != "monteverdi" and number % 10 == 1


def present(data: str, folder: Path | str | None = None) -> bool:
    """Whether a set can be read here.

    Raises
    ------
    ParameterError
        If there is no such set.

    Examples
    --------
    >>> present("bach"), present("pop909")
    (True, False)
    """
    if data not in SETS:
        raise ParameterError(f"there are no chord labels {data!r}; known: {', '.join(SETS)}")
    return data in INSTALLED or bool(folder and (Path(folder) / data).is_dir())


def load(
    data: str,
    folder: Path | str | None = None,
    pieces: int | None = None,
    seed: int = 1,
    for_tuning: bool = False,
) -> Gold:
    """Read a set of labelled pieces.

    Parameters
    ----------
    data : str
        A key of :data:`SETS`.
    folder : path, optional
        Where folders of data lie; needed for sets that music21 does not bring.
    pieces : int, optional
        Look at so many of the pieces at most, drawn with ``seed``; all if left out.
    for_tuning : bool
        The tuning pieces instead of the others.

    Raises
    ------
    ParameterError
        If there is no such set, or its folder is missing.
    """
    if not present(data, folder):
        raise ParameterError(f"the chord labels of {data} are not there: name the folder")
    place = Path(folder or "") / data
    items = [item for item in SETS[data](place) if tuning(data, item[1]) == for_tuning]
    if pieces is not None and pieces < len(items):
        drawn = np.random.default_rng(seed).permutation(len(items))[:pieces]
        items = [items[i] for i in sorted(drawn)]
    found: dict[str, tuple[Reading, pd.DataFrame]] = {}
    left_out: Counter[str] = Counter()
    for name, _, read in items:
        try:
            outcome = read()
        except ReadError as error:
            outcome = f"cannot be read: {error}"
        if isinstance(outcome, str):
            left_out[outcome] += 1
        else:
            found[name] = outcome
    return _tables(found, dict(left_out))


def _tables(found: dict[str, tuple[Reading, pd.DataFrame]], left_out: dict[str, int]) -> Gold:
    rows = [(n, r.meter or None, r.meter_changes or None, r.pickup) for n, (r, _) in found.items()]
    pieces = pd.DataFrame(rows, columns=["piece", "meter", "meter_changes", "pickup"])
    none = pd.DataFrame(columns=["piece", *_NOTES]), pd.DataFrame(columns=_LABELS)
    if not found:
        return Gold(pieces, *none, left_out)
    notes = [pd.DataFrame(r.notes, columns=_NOTES).assign(piece=n) for n, (r, _) in found.items()]
    tables = [table.assign(piece=n)[_LABELS] for n, (_, table) in found.items()]
    labels = pd.concat(tables, ignore_index=True)
    labels["key"] = key_names(labels["key"].to_numpy())
    return Gold(pieces, pd.concat(notes, ignore_index=True), labels, left_out)
