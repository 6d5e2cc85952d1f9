"""What music21 parses (kern) to a :class:`~ricercar.catalogue.scores.Page`.

Goal: let music21 do the parsing, and nothing of it escape: no output, no exception of
its own.

Conventions
-----------
* Transposing instruments are turned to sounding pitch.
* Bars and their signs are those of the part with most bars; meters and keys those of the
  first part that has any.
* A kern file's own list of sections (``*>[A,A,B]``) says what is played, where there is
  one. Where its lines break the rules of spines, the first such line is named.

Sources
-------
D. Huron, *The Humdrum Toolkit: Reference Manual*, 1994. M. S. Cuthbert and
C. Ariza, "music21: A Toolkit for Computer-Aided Musicology and Symbolic Music Data", ISMIR 2010.
"""

import contextlib
import io
import re
import warnings
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from ricercar.catalogue.archive import located
from ricercar.catalogue.reading import Time
from ricercar.catalogue.repeats import Bar
from ricercar.catalogue.scores import CONTINUES, GOES_ON, Page, Part, Row
from ricercar.errors import ReadError

_TIES = {"start": GOES_ON, "stop": CONTINUES, "continue": GOES_ON | CONTINUES}


def page_of_kern(text: str) -> Page:
    """The page that a ``**kern`` file describes.

    Raises
    ------
    ReadError
        With the line in its attribute ``line`` where spines and columns differ.
    """
    _check_spines(text)
    with _music21():
        from music21.humdrum.spineParser import HumdrumDataCollection

        humdrum = HumdrumDataCollection(text)
        humdrum.parse()
        score = humdrum.stream
        page = _page(score)
        page.order = _sections(score, page.bars)
    return page


@contextlib.contextmanager
def _music21() -> Iterator[None]:
    """Keep music21 quiet, and turn whatever it raises into a ReadError."""
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stderr(io.StringIO()),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    except ReadError:
        raise
    except RecursionError as error:
        raise ReadError("kern: it is nested too deeply") from error
    except Exception as error:  # music21 has no common base for what damaged input raises
        text = (str(error).strip().splitlines() or [""])[0][:200]
        reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
        raise ReadError(f"kern could not be read ({reason})") from error


def _check_spines(text: str) -> None:
    """Every line has a column for each spine that runs; the first that does not is named."""
    running = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("!!"):
            continue
        columns = line.rstrip("\n").split("\t")
        if running and len(columns) != running:
            raise located(f"{len(columns)} columns where {running} spines run", number)
        if not running and not line.startswith("**"):
            raise located("a line of data before the first **kern", number)
        running = len(columns)
        if line.startswith("*"):
            joins = re.findall(r"(?:\*v(?:\t|$))+", line)
            running += columns.count("*^") + columns.count("*+") - columns.count("*-")
            running -= sum(join.count("*v") - 1 for join in joins)


def _page(score: Any) -> Page:
    counts = {"grace": 0, "unpitched": 0}
    streams = list(score.parts) or [score]
    parts = []
    for part in streams:
        if part.atSoundingPitch is False:
            part.toSoundingPitch(inPlace=True)
        name = part.partName or ""
        parts.append(Part("" if name.isdigit() else name, _rows(part, counts)))
    fullest = max(streams, key=lambda part: len(part.getElementsByClass("Measure")))
    bars = _bars(fullest, _first_with(streams, "TimeSignature"))
    return Page(parts, bars, _keys(_first_with(streams, "KeySignature")), counts=counts)


def _first_with(streams: list[Any], kind: str) -> list[tuple[Fraction, Any]]:
    """The objects of a class in the first part that has any, with their times."""
    for part in streams:
        found = part.flatten().getElementsByClass(kind)
        if found:
            return [(Fraction(element.offset), element) for element in found]
    return []


def _rows(part: Any, counts: dict[str, int]) -> list[Row]:
    rows: list[Row] = []
    for element in part.flatten().notes:
        if "ChordSymbol" in element.classes or "NoChord" in element.classes:
            continue
        start, length = Fraction(element.offset), Fraction(element.quarterLength)
        if element.duration.isGrace or length <= 0:
            counts["grace"] += 1
            continue
        if "Unpitched" in element.classes or "PercussionChord" in element.classes:
            counts["unpitched"] += 1
            continue
        for note in element.notes if element.isChord else (element,):
            tie = note.tie or element.tie
            rows.append((start, length, round(note.pitch.ps), _TIES.get(tie.type, 0) if tie else 0))
    return rows


def _bars(part: Any, signatures: list[tuple[Fraction, Any]]) -> list[Bar]:
    meters = [(at, f"{s.numerator}/{s.denominator}") for at, s in signatures]
    measures = list(part.getElementsByClass("Measure"))
    starts = [Fraction(measure.offset) for measure in measures]
    end = Fraction(part.highestTime)
    bars: list[Bar] = []
    for measure, start, stop in zip(measures, starts, [*starts[1:], end], strict=True):
        left, right = measure.leftBarline, measure.rightBarline
        opens = left is not None and "Repeat" in left.classes and left.direction == "start"
        if stop <= start:  # only signs: they belong to the bar before
            continue
        meter = next((name for at, name in reversed(meters) if at < stop), "")
        bar = Bar(start, stop - start, meter, opens=opens)
        if right is not None and "Repeat" in right.classes and right.direction == "end":
            bar.closes = max(2, right.times or 2)
        bars.append(bar)
    return bars


def _keys(signatures: list[tuple[Fraction, Any]]) -> list[tuple[Time, str | int]]:
    found: list[tuple[Time, str | int]] = []
    for at, signature in signatures:
        if "Key" in signature.classes:
            tonic = signature.tonic.name
            name = f"{tonic[0].upper()}{tonic[1:].replace('-', 'b')} {signature.mode}"
            found.append((at, name))
        else:
            found.append((at, int(signature.sharps)))
    return found


def _sections(score: Any, bars: list[Bar]) -> list[int] | None:
    """The bars in the order that a kern file's list of sections names."""
    part = next(iter(score.parts), None)
    labels: dict[str, Fraction] = {}
    order: list[str] = []
    for tandem in part.recurse().getElementsByClass("MiscTandem") if part is not None else ():
        text = str(tandem.tandem)
        listed = re.fullmatch(r"\*>\[([^\]]*)\]", text)
        if listed:
            order = [name.strip() for name in listed[1].split(",")]
        elif text.startswith("*>") and "[" not in text:
            labels.setdefault(text[2:], Fraction(tandem.getOffsetInHierarchy(part)))
    if not order or not set(order) <= set(labels):
        return None
    borders = sorted(set(labels.values()))
    places: list[int] = []
    for name in order:
        begin = labels[name]
        end = next((border for border in borders if border > begin), None)
        places += [
            place
            for place, bar in enumerate(bars)
            if bar.start >= begin and (end is None or bar.start < end)
        ]
    return places
