"""Roman-numeral analyses in the RomanText format as chords with times.

Goal: read the analyses that come with music21 without building its streams, which takes
a hundred times as long; music21 still says which notes a figure means.

Conventions
-----------
* Measure 1 is the first complete one; measure 0 is the pickup, whose beats are counted as
  if it were complete. Beats are numbered from 1 and may be fractions.
* Variants (``m5var1``) are passed over: the first reading counts.

Sources
-------
D. Tymoczko, M. Gotham, M. S. Cuthbert and C. Ariza, "The RomanText format: a flexible and
standard method for representing Roman numeral analyses", ISMIR 2019.
"""

import re
from functools import cache
from typing import Any

import pandas as pd

from ricercar import meter
from ricercar.features.tonality import key_number

_MEASURE = re.compile(r"m(\d+)(?:-(\d+))?(?!\S*var)\s+(.*)")
_KEY = re.compile(r"([A-Ga-g][#b-]*):")


def header(text: str, field: str) -> str:
    """Value of a line such as ``BWV: 269``, "" without one."""
    found = re.search(rf"(?mi)^{field}:[ \t]*(.*?)\s*$", text)
    return found[1] if found else ""


def read(text: str, pickup: int, end: int) -> pd.DataFrame:
    """Chords of an analysis.

    Parameters
    ----------
    text : str
        A RomanText file.
    pickup : int
        Tick at which measure 1 begins.
    end : int
        Tick at which the piece ends.

    Returns
    -------
    pandas.DataFrame
        Columns onset, duration (ticks), root (pitch class), quality, key (number, minor from
        12), figure; chords that music21 cannot resolve have root -1 and quality "other".

    Examples
    --------
    >>> read("Time Signature: 3/4\\nm0 b3 G: I\\nm1 V6 b3 I", 480, 1920)[["onset", "root", "key"]]
       onset  root  key
    0      0     7    7
    1    480     2    7
    2   1440     7    7
    """
    bar, beat = meter.lengths("4/4")
    measures: dict[int, list[tuple[float, str]]] = {}
    lengths: dict[int, tuple[float, float]] = {}
    for line in text.splitlines():
        line = line.strip()
        if signature := re.match(r"(?i)time signature:\s*(\d+/\d+)", line):
            bar, beat = meter.lengths(signature[1])
        elif found := _MEASURE.fullmatch(line):
            first, last = int(found[1]), int(found[2] or found[1])
            if copied := re.fullmatch(r"=\s*m(\d+)(?:-(\d+))?", found[3].strip()):
                for number in range(first, last + 1):
                    measures[number] = measures.get(number - first + int(copied[1]), [])
            else:
                measures[first] = _tokens(found[3])
            for number in range(first, last + 1):
                lengths[number] = (bar, beat)
    return _chords(measures, lengths, pickup, end)


def _tokens(text: str) -> list[tuple[float, str]]:
    """Beat and token (a key with its colon or a figure) of a measure."""
    beat, out = 1.0, []
    for token in text.split():
        if re.fullmatch(r"b\d+(\.\d+)?", token):
            beat = float(token[1:])
        elif _KEY.fullmatch(token) or re.match(r"[b#]*[ivIV]|It|Fr|Ger|Cad", token):
            out.append((beat, token))
    return out


def _chords(
    measures: dict[int, list[tuple[float, str]]],
    lengths: dict[int, tuple[float, float]],
    pickup: int,
    end: int,
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    key, start, before = "C", float(pickup), 1
    bar, beat = lengths.get(1, meter.lengths("4/4"))
    for number in sorted(measures):
        if number == 0:
            at = pickup - lengths[0][0]
        else:
            start += (number - before) * bar
            at, before = start, number
        bar, beat = lengths[number]
        for place, token in measures[number]:
            if found := _KEY.fullmatch(token):
                key = found[1]
                continue
            root, quality = resolve(token, key)
            onset = round(max(at + (place - 1) * beat, 0))
            rows.append(
                {
                    "onset": onset,
                    "root": root,
                    "quality": quality,
                    "key": key_number(key),
                    "figure": token,
                }
            )
    table = pd.DataFrame(rows, columns=["onset", "root", "quality", "key", "figure"])
    table = table[table["onset"] < end].sort_values("onset", kind="stable")
    after = table["onset"].shift(-1, fill_value=end)
    table.insert(1, "duration", after - table["onset"])
    return table[table["duration"] > 0].reset_index(drop=True)


@cache
def resolve(figure: str, key: str) -> tuple[int, str]:
    """Root and quality of a Roman numeral; (-1, "other") where it makes no chord.

    Examples
    --------
    >>> resolve("V6/5/V", "G"), resolve("vii/o7", "C"), resolve("V", "a")
    ((9, '7'), (11, 'hdim7'), (4, 'maj'))
    """
    from music21 import roman
    from music21.exceptions21 import Music21Exception

    from ricercar.features.chord_templates import quality_of

    cautious = roman.Minor67Default.CAUTIONARY
    try:
        chord = roman.RomanNumeral(figure, key, sixthMinor=cautious, seventhMinor=cautious)
        root = chord.root().pitchClass
        classes = {p.pitchClass for p in chord.pitches}
    except (Music21Exception, ValueError, AttributeError):
        return -1, "other"
    return root, quality_of(sorted((p - root) % 12 for p in classes))
