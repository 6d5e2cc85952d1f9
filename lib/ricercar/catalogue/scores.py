"""A page of notated music, whatever its format, and what it sounds like.

Goal: every reader of notation fills a :class:`Page`; ties, repeats, changes of meter and
key, pickups and short bars are worked out here, once.

Conventions
-----------
* Times are exact: integers or fractions of a quarter.
* A tie joins two notes of a part with the same pitch when the first is marked as its
  beginning, the second as its end, and the second begins where the first ends.
* ``key`` is written ``"G major"``, ``"F# minor"``, ``"Bb major"``, ``"D dorian"``. A bare
  signature is named by its minor key if the piece's last lowest note is that key's
  tonic, else by its major key; a later one by the mode of the first.
* ``pickup`` is the length in ticks of a first bar that is shorter than its meter says.
* Where a later bar is cut short or too long, ``meter_changes`` names its meter again, so
  that bars are counted from where the next one begins. A bar that a sign parts in two
  (a repeat after three of four beats) is one bar.
"""

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from ricercar import meter as meters
from ricercar.catalogue import repeats
from ricercar.catalogue.reading import LONGEST_QUARTERS, Reading, Time, arrange, to_ticks
from ricercar.catalogue.spelling import key_of
from ricercar.errors import ReadError
from ricercar.tables import TICKS_PER_QUARTER

#: bits of a row's tie: the note goes on, and it continues one
GOES_ON, CONTINUES = 1, 2

#: start, length, MIDI pitch, tie
Row = tuple[Time, Time, int, int]


@dataclass
class Part:
    """A part: its name, its notes, and those of its notes that are drums."""

    name: str = ""
    rows: list[Row] = field(default_factory=list)
    drums: list[Row] = field(default_factory=list)


@dataclass
class Page:
    """What is written, from the top part down.

    Attributes
    ----------
    bars : list of Bar
        Of the whole score, in order, without gaps; may be empty.
    keys : list of (start, key)
        The key is a name, or a bare signature as its number of fifths.
    order : list of int, optional
        The bars in the order in which they are played, where the file lists it.
    """

    parts: list[Part]
    bars: list[repeats.Bar] = field(default_factory=list)
    keys: list[tuple[Time, str | int]] = field(default_factory=list)
    title: str = ""
    composer: str = ""
    genre: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    order: list[int] | None = None


def reading_of(page: Page, played: bool) -> Reading:
    """What a page sounds like.

    Parameters
    ----------
    page : Page
    played : bool
        Whether repeats are played out.

    Raises
    ------
    ReadError
        If there is no note in it, or it is too long.

    Examples
    --------
    >>> bar = repeats.Bar(0, 4, "4/4", closes=2)
    >>> page = Page([Part(rows=[(0, 4, 60, 0)])], [bar])
    >>> reading_of(page, played=False).notes.tolist()
    [[0, 0, 1920, 60]]
    >>> reading_of(page, played=True).notes[:, 1].tolist()
    [0, 1920]
    """
    counts = {"grace": 0, "unpitched": 0, "rounded": 0} | page.counts
    counts["repeats"] = repeats.count(page.bars)
    unrolled = page.order
    if unrolled is None and any(bar.opens or bar.closes or bar.jump for bar in page.bars):
        # an unheard-of number of bars is refused below, by its length
        unrolled = repeats.order(page.bars, most=4 * LONGEST_QUARTERS)
        if unrolled is None:
            counts["repeats_unclear"] = 1
    if unrolled is None or not played:
        unrolled = list(range(max(1, len(page.bars))))
    written, sounding, bars = _bars(page.bars, unrolled)
    tables, drums = [], []
    for number, part in enumerate(page.parts):
        rows, inexact = _joined(part.rows, written, sounding, unrolled)
        counts["rounded"] += inexact
        tables.append(rows)
        beats, _ = _joined(part.drums, written, sounding, unrolled)
        drums.append(np.column_stack([np.full(len(beats), number), beats]))
    meter, pickup, changes = bar_lines(bars)
    names = [" ".join(part.name.split()) for part in page.parts]
    key, key_changes = _keys(page, tables, written, sounding, unrolled)
    return arrange(
        tables,
        names,
        title=page.title,
        composer=page.composer,
        genre=page.genre,
        meter=meter,
        meter_changes=changes,
        key=key,
        key_changes=key_changes,
        pickup=pickup,
        drums=np.concatenate(drums) if drums else None,
        counts=counts,
    )


def _ticks(time: Time) -> int:
    return round(Fraction(time) * TICKS_PER_QUARTER)


def _bars(
    bars: list[repeats.Bar], unrolled: list[int]
) -> tuple[np.ndarray, np.ndarray, list[tuple[int, int, str]]]:
    """Starts of the bars on the page, of those that sound, and (start, length, meter)."""
    if not bars:
        return np.zeros(1, np.int64), np.zeros(1, np.int64), []
    quarters = sum(bars[place].length for place in unrolled)
    if max(quarters, bars[-1].start + bars[-1].length) > LONGEST_QUARTERS:
        raise ReadError(
            f"it lasts {float(quarters):,.0f} quarters; a piece may last {LONGEST_QUARTERS:,}"
        )
    edges = [_ticks(bar.start) for bar in bars] + [_ticks(bars[-1].start + bars[-1].length)]
    written = np.array(edges, np.int64)
    lengths = np.diff(written)[unrolled]
    sounding = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    kinds = [bars[place].meter for place in unrolled]
    return (
        written[:-1],
        sounding,
        list(zip(sounding.tolist(), lengths.tolist(), kinds, strict=True)),
    )


def _joined(
    rows: list[Row], written: np.ndarray, sounding: np.ndarray, unrolled: list[int]
) -> tuple[np.ndarray, int]:
    """Onset, duration, pitch of a part as it sounds, and how many notes were rounded."""
    if not rows:
        return np.zeros((0, 3), np.int64), 0
    starts, lengths, pitches, ties = zip(*rows, strict=True)
    onset, early = to_ticks(starts)
    end, late = to_ticks([start + length for start, length in zip(starts, lengths, strict=True)])
    table = np.column_stack(
        [onset, end, np.array(pitches, np.int64), np.array(ties, np.int64), early, late]
    )
    if len(unrolled) != len(written) or unrolled != list(range(len(written))):
        table = _unrolled(table, written, sounding, unrolled)
    joined = _ties(table[np.argsort(table[:, 0], kind="stable")])
    inexact = int((joined[:, 4] | joined[:, 5]).sum())
    duration = np.maximum(joined[:, 1] - joined[:, 0], 1)
    return np.column_stack([joined[:, 0], duration, joined[:, 2]]), inexact


def _unrolled(
    table: np.ndarray, written: np.ndarray, sounding: np.ndarray, unrolled: list[int]
) -> np.ndarray:
    """The rows of each bar once for each time that it sounds, moved there."""
    table = table[np.argsort(table[:, 0], kind="stable")]
    borders = np.searchsorted(table[:, 0], np.append(written, np.iinfo(np.int64).max))
    borders[0] = 0
    order = np.array(unrolled, np.int64)
    sizes = np.diff(borders)[order]
    first = np.repeat(borders[:-1][order], sizes)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    found = table[first + within]
    found[:, :2] += np.repeat(sounding - written[order], sizes)[:, None]
    return found


def _ties(table: np.ndarray) -> np.ndarray:
    """Rows of onset, end, pitch, tie, … sorted by onset, tied ones joined."""
    tied = np.flatnonzero(table[:, 3])
    if not len(tied):
        return table
    keep = np.ones(len(table), bool)
    waiting: dict[tuple[int, int], int] = {}  # (pitch, end) of a note that goes on -> its row
    for place in tied.tolist():
        onset, end, pitch, tie, _, late = table[place].tolist()
        head = waiting.pop((pitch, onset), None) if tie & CONTINUES else None
        if head is None:
            head = place
        else:
            keep[place] = False
            table[head, 1], table[head, 5] = end, late
        if tie & GOES_ON:
            waiting[pitch, end] = head
    return table[keep]


def bar_lines(bars: list[tuple[int, int, str]]) -> tuple[str, int, str]:
    """Meter, pickup and changes of meter from bars as (start, length, meter) in ticks.

    Examples
    --------
    A pickup, two bars of which the second is cut short, and one more:

    >>> bar_lines([(0, 480, "3/4"), (480, 1440, "3/4"), (1920, 960, "3/4"), (2880, 1440, "3/4")])
    ('3/4', 480, '2880 3/4')
    """
    known = [name for _, _, name in bars if np.isfinite(meters.lengths(name)[0])]
    if not known:
        return "", 0, ""
    now = meter = known[0]
    lengths = {name: meters.lengths(name)[0] for name in known}
    pickup = bars[0][1] if len(bars) > 1 and 0 < bars[0][1] < lengths[meter] else 0
    anchor, changes = pickup, []
    for place, (start, _, name) in enumerate(bars):
        if start < pickup:
            continue
        if name in lengths and name != now:
            now, anchor = name, start
            changes.append((start, now))
        elif (start - anchor) % lengths[now]:
            after = bars[place + 1] if place + 1 < len(bars) else None
            if after and after[2] == name and not (after[0] - anchor) % lengths[now]:
                continue  # one bar in two
            anchor = start
            changes.append((start, now))
    return meter, pickup, meters.write_changes(changes) or ""


def _keys(
    page: Page,
    tables: list[np.ndarray],
    written: np.ndarray,
    sounding: np.ndarray,
    unrolled: list[int],
) -> tuple[str, str]:
    """The first key and the changes of it."""
    if not page.keys:
        return "", ""
    at: dict[int, str | int] = {}
    for start, key in page.keys:
        # a key that is named says more than a bare signature beside it
        if isinstance(key, str) or not isinstance(at.get(_ticks(start)), str):
            at[_ticks(start)] = key
    moments = sorted(at)
    minor = False
    if isinstance(at[moments[0]], int):
        notes = np.concatenate(tables) if tables else np.zeros((0, 3), np.int64)
        if len(notes):
            ends = notes[:, 0] + notes[:, 1]
            tonic = (9 + 7 * int(at[moments[0]])) % 12
            minor = notes[ends == ends.max(), 2].min() % 12 == tonic
    mode = "minor" if minor else "major"
    named = [at[moment] for moment in moments]
    names = [k if isinstance(k, str) else key_of(k, mode) for k in named]
    ends = np.append(written[1:], np.iinfo(np.int64).max)
    first = np.maximum(np.searchsorted(moments, written, side="right") - 1, 0)
    stop = np.searchsorted(moments, ends, side="left")
    stretches = []
    for bar, onset in zip(unrolled, sounding.tolist(), strict=True):
        stretches.append((onset, names[first[bar]]))
        for place in range(first[bar] + 1, stop[bar]):
            stretches.append((onset + moments[place] - int(written[bar]), names[place]))
    changes = [
        (tick, name)
        for (_, before), (tick, name) in zip(stretches, stretches[1:], strict=False)
        if name != before
    ]
    return names[0], meters.write_changes(changes) or ""
