"""Samples and the passages that lie nearest to them: score above score, with sound.

Conventions
-----------
* A row of :func:`ricercar.assess.nearest.nearest` says where a passage lies. It is shown in
  the key and the note values of the made piece, at the place where most notes agree.
* Ids and titles are data: they are escaped.
"""

from collections import Counter
from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd

from ricercar import meter as meters
from ricercar.errors import ParameterError
from ricercar.show import engraving
from ricercar.show.frames import data_uri, frame
from ricercar.show.sound import audio_html

#: note values of the match may be halved or doubled
_SCALES = (1.0, 0.5, 2.0)

#: pieces and notes
Tables = tuple[pd.DataFrame, pd.DataFrame]


def _meter(piece: pd.Series) -> tuple[str, int, str | None]:
    """Meter (4/4 where none is known), upbeat and changes of a piece."""
    name = piece.get("meter")
    known = isinstance(name, str) and not np.isnan(meters.lengths(name)[0])
    changes = piece.get("meter_changes")
    said = changes if known and isinstance(changes, str) else None
    return (str(name) if known else "4/4"), int(piece.get("pickup", 0) or 0), said


def _bars(
    tables: Tables, piece: str, part: int, first: int, last: int
) -> tuple[pd.DataFrame, int, int]:
    """Notes of a part in bars first..last (1 is the first whole one), and their ticks."""
    row = tables[0][tables[0]["piece"] == piece].iloc[0]
    name, pickup, changes = _meter(row)
    start = meters.bar_start(first - 1, name, pickup, changes) if first > 0 else 0
    end = meters.bar_start(last, name, pickup, changes)
    notes = tables[1]
    mine = notes[(notes["piece"] == piece) & (notes["part"] == part)]
    return mine[(mine["onset"] >= start) & (mine["onset"] < end)], max(start, 0), end


def aligned(made: Tables, train: Tables, found: pd.Series) -> pd.DataFrame:
    """A made passage (part 0) and its match (part 1) on one line of time, in one key.

    Parameters
    ----------
    made, train : (pieces, notes)
    found : pandas.Series
        A row of :func:`ricercar.assess.nearest.nearest`.

    Returns
    -------
    pandas.DataFrame
        Notes of one piece, from the start of the made passage's first bar.
    """
    upper, start, end = _bars(
        made, found["piece"], found["part"], found["first_bar"], found["last_bar"]
    )
    lower, _, _ = _bars(
        train,
        found["match"],
        found["match_part"],
        found["match_first_bar"],
        found["match_last_bar"],
    )
    lower = lower.assign(pitch=lower["pitch"] + int(found["transposition"]))
    pairs = upper[["onset", "pitch"]].merge(lower[["onset", "pitch"]], on="pitch")
    votes: Counter[tuple[int, float]] = Counter()
    for scale in _SCALES:
        apart = (pairs["onset_x"] - pairs["onset_y"] * scale).round()
        votes.update((int(by), scale) for by in apart)
    shift, scale = max(votes, key=lambda one: votes[one]) if votes else (start, 1.0)
    moved = lower.assign(
        onset=(lower["onset"] * scale).round().astype("int64") + shift,
        duration=(lower["duration"] * scale).round().clip(lower=1).astype("int64"),
        part=1,
    )
    moved = moved[(moved["onset"] >= start) & (moved["onset"] < end)]
    both = pd.concat([upper.assign(part=0), moved], ignore_index=True)
    both = both.assign(piece=str(found["piece"]), onset=both["onset"] - start)
    both["duration"] = np.minimum(both["duration"], end - start - both["onset"])
    return both.reset_index(drop=True)


def _span(first: int, last: int) -> str:
    return f"bar {first}" if first == last else f"bars {first} to {last}"


def said(found: pd.Series, title: str = "") -> str:
    """Where the nearest passage lies, as a sentence.

    Examples
    --------
    >>> said(pd.Series({"match": "bach/bwv1.6", "match_first_bar": 3, "match_last_bar": 4,
    ...                 "first_bar": 1, "last_bar": 1, "notes": 7, "transposition": -2,
    ...                 "similarity": 0.31}))
    'Nearest: bach/bwv1.6, bars 3 to 4, like bar 1 here; 7 notes agree, moved by -2
    semitones; similarity 0.31.'
    """
    name = f"{title} ({found['match']})" if title else str(found["match"])
    moved = int(found["transposition"])
    return (
        f"Nearest: {name}, {_span(found['match_first_bar'], found['match_last_bar'])}, like "
        f"{_span(found['first_bar'], found['last_bar'])} here; {int(found['notes'])} notes agree, "
        + (f"moved by {moved:+d} semitones" if moved else "in the same key")
        + f"; similarity {found['similarity']:.2f}."
    )


def sample_html(
    made: Tables,
    piece: str,
    train: Tables,
    nearest: pd.DataFrame,
    bars: int = 8,
    tempo: float = 100,
) -> str:
    """One piece: its score, its sound, and the nearest passage under it.

    Parameters
    ----------
    made, train : (pieces, notes)
    piece : str
    nearest : pandas.DataFrame
        Of :func:`ricercar.assess.nearest.nearest`; the first row of the piece is shown.
    bars : int
        Bars that are engraved and played, from the beginning.
    tempo : float
        Quarters per minute.
    """
    row = made[0][made[0]["piece"] == piece].iloc[0]
    notes = made[1][made[1]["piece"] == piece]
    name, pickup, changes = _meter(row)
    heard = engraving.first_bars(notes, name, pickup, bars, changes)
    title = str(row.get("title") or piece)
    if not len(heard):
        return frame("<p>–</p>", f"{title}: no note in its first {bars} bars.", kind="score")
    caption = f"{piece}: its first {bars} bars."
    parts = [_engraved(heard, caption, title, name, row.get("key"), pickup)]
    parts.append(audio_html(heard, f"The sound of {piece}.", tempo))
    found = nearest[nearest["piece"] == piece]
    if not len(found):
        parts.append("<p>No passage of the training set is like it.</p>")
        return "\n".join(parts)
    best = found.iloc[0]
    titles = train[0].set_index("piece").get("title", pd.Series(dtype=str))
    words = said(best, str(titles.get(best["match"]) or ""))
    both = aligned(made, train, best)
    shown = _engraved(both, "Above the made passage, below the real one.", "", name, None, 0)
    parts.append(
        f"<details><summary>{escape(words)}</summary>{shown}</details>"
        if both["part"].nunique() == 2
        else f"<p>{escape(words)}</p>"
    )
    return "\n".join(parts)


def _engraved(
    notes: pd.DataFrame, caption: str, title: str, meter: str, key: object, pickup: int
) -> str:
    known = key if isinstance(key, str) else None
    try:
        svg = engraving.engrave(notes, title, meter, known, pickup)
    except ParameterError as error:
        return frame(f"<p>{escape(str(error))}</p>", caption, title=title, kind="score")
    return frame(svg, caption, title=title, alt=engraving.describe(notes, title), kind="score")


def sounds_html(sounds: Mapping[str, bytes], caption: str) -> str:
    """Players of Ogg sounds, side by side, each under its label.

    Parameters
    ----------
    sounds : mapping of str to bytes
        Label -> the whole file.
    caption : str

    Examples
    --------
    >>> sounds_html({"Reel": b"OggS"}, "Two reels.").count("<audio")
    1
    """
    players = "".join(
        f'<li>{escape(label)}<br><audio controls preload="none" style="width: 100%" '
        f'aria-label="{escape(label)}" src="{data_uri(data, "audio/ogg")}"></audio></li>'
        for label, data in sounds.items()
    )
    columns = "grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .6rem"
    listed = f'<ol class="samples" style="{columns}">{players}</ol>'
    return frame(listed, caption, kind="sound") if sounds else ""


def grid_html(
    made: Tables,
    train: Tables,
    nearest: pd.DataFrame,
    shown: int = 8,
    bars: int = 8,
    tempo: float = 100,
) -> str:
    """The first pieces of a set, whatever they turned out to be, each as :func:`sample_html`.

    Where pieces are asked for in several styles, the first of each style comes first.
    """
    pieces = made[0]
    if "style" in pieces.columns:
        rank = pieces.groupby("style", sort=False).cumcount().to_numpy()
        pieces = pieces.iloc[np.argsort(rank, kind="stable")]
    items = [
        f'<li class="sample">{sample_html(made, piece, train, nearest, bars, tempo)}</li>'
        for piece in pieces["piece"].head(shown)
    ]
    return f'<ol class="samples">{"".join(items)}</ol>' if items else ""
