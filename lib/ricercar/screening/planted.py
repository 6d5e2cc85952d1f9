"""Planted copies: pieces whose source is known, to measure how many are found.

Goal: make, from real pieces, the copies that a screening must find, each kind with one
known change.

Conventions
-----------
* Every function takes and returns a pieces and a notes table. The copies have ids
  ``planted/<kind>-0000`` in the order of the sources, and a work of their own; a splice
  has the work of its *host*, so that the host itself can be left out of the search.
* The source of copy ``i`` is row ``i`` of the pieces that were given.
"""

from itertools import product

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.meter import bar_ticks, unchanging
from ricercar.screening.evidence import match, share_interval
from ricercar.screening.fingerprints import melodies
from ricercar.screening.index import Index
from ricercar.tables import TICKS_PER_QUARTER


def _renamed(
    pieces: pd.DataFrame, notes: pd.DataFrame, kind: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Copies of the tables under new ids, with a new work (and group) each."""
    ids = [f"planted/{kind}-{i:04d}" for i in range(len(pieces))]
    new = dict(zip(pieces["piece"], ids, strict=True))
    copied = notes[notes["piece"].isin(set(new))]
    return (
        unchanging(pieces).assign(piece=ids, work=ids, group=ids).reset_index(drop=True),
        copied.assign(piece=copied["piece"].map(new)).reset_index(drop=True),
    )


def transposed(
    pieces: pd.DataFrame, notes: pd.DataFrame, semitones: int | None = None, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Copies in another key.

    Parameters
    ----------
    semitones : int, optional
        The same for all; otherwise 1..6 up or 1..5 down, at random for each piece.
    """
    pieces, notes = _renamed(pieces, notes, "transposed")
    rng = np.random.default_rng(seed)
    drawn = rng.choice([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6], size=len(pieces))
    shift = pd.Series(drawn if semitones is None else semitones, index=pieces["piece"])
    pitch = notes["pitch"].to_numpy() + shift.loc[notes["piece"]].to_numpy()
    return pieces, notes.assign(pitch=pitch + 12 * (pitch < 0) - 12 * (pitch > 127))


def rescaled(
    pieces: pd.DataFrame, notes: pd.DataFrame, factor: int = 2
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Copies with all note values multiplied by a whole number."""
    if factor < 1:
        raise ParameterError(f"factor {factor}: note values are multiplied by 1 or more")
    pieces, notes = _renamed(pieces, notes, "rescaled")
    pieces = pieces.assign(quarters=pieces["quarters"] * factor, pickup=pieces["pickup"] * factor)
    return pieces, notes.assign(onset=notes["onset"] * factor, duration=notes["duration"] * factor)


def ornamented(
    pieces: pd.DataFrame, notes: pd.DataFrame, share: float = 0.1, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Copies, in another key too, in which a share of the notes is edited.

    Half of the edits split a note and put a neighbour (1 or 2 semitones away) in its second
    half; half of them drop a note.
    """
    if not 0 <= share <= 1:
        raise ParameterError(f"share {share}: must lie between 0 and 1")
    pieces, notes = transposed(pieces, notes, seed=seed)
    pieces, notes = _renamed(pieces, notes, "ornamented")
    rng = np.random.default_rng(seed + 1)
    edit = rng.random(len(notes)) < share
    insert = edit & (rng.random(len(notes)) < 0.5) & (notes["duration"].to_numpy() > 1)
    step = rng.choice([-2, -1, 1, 2], size=int(insert.sum()))
    kept = notes[~edit | insert].copy()
    half = notes.loc[insert, "duration"] // 2
    kept.loc[half.index, "duration"] = half
    graces = notes[insert].assign(
        onset=notes.loc[insert, "onset"] + half,
        duration=notes.loc[insert, "duration"] - half,
        pitch=np.clip(notes.loc[insert, "pitch"].to_numpy() + step, 0, 127),
    )
    everything = pd.concat([kept, graces], ignore_index=True)
    return pieces, everything.sort_values(
        ["piece", "part", "onset", "pitch"], kind="stable", ignore_index=True
    )


def spliced(
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    hosts: pd.DataFrame,
    host_notes: pd.DataFrame,
    bars: int = 8,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hosts into which an excerpt of another piece, in another key, has been put.

    The excerpt (all parts) begins at a random bar of the source and goes in at a random bar
    of the host, whose own music makes way for it.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        Sources.
    hosts, host_notes : pandas.DataFrame
        As many hosts as sources; host ``i`` takes from source ``i``.
    bars : int
        Bars of the source's meter; all of the source if it is shorter.
    """
    if len(hosts) != len(pieces):
        raise ParameterError(f"{len(pieces)} sources need as many hosts, not {len(hosts)}")
    rng = np.random.default_rng(seed)
    sources, source_notes = transposed(pieces, notes, seed=seed + 1)
    hosts = hosts.reset_index(drop=True)
    work = hosts["work"]
    ids = [f"planted/spliced-{i:04d}" for i in range(len(hosts))]
    new = dict(zip(hosts["piece"], ids, strict=True))
    host_notes = host_notes[host_notes["piece"].isin(set(new))]
    host_notes = host_notes.assign(piece=host_notes["piece"].map(new))

    bar, host_bar = bar_ticks(sources["meter"]), bar_ticks(hosts["meter"])
    long = np.maximum(sources["quarters"].to_numpy() * TICKS_PER_QUARTER // bar, 1).astype(int)
    room = np.maximum(hosts["quarters"].to_numpy() * TICKS_PER_QUARTER // host_bar, 1).astype(int)
    first = rng.integers(0, np.maximum(long - bars, 0) + 1) * bar + sources["pickup"].to_numpy()
    length = bars * bar
    into = rng.integers(0, room + 1) * host_bar + hosts["pickup"].to_numpy()

    row = pd.Index(sources["piece"]).get_indexer(pd.Index(source_notes["piece"]))
    onset = source_notes["onset"].to_numpy()
    inside = (onset >= first[row]) & (onset < first[row] + length[row])
    row = row[inside]
    excerpt = source_notes[inside].assign(
        piece=np.array(ids)[row], onset=onset[inside] - first[row] + into[row]
    )
    host_row = pd.Index(ids).get_indexer(pd.Index(host_notes["piece"]))
    later = host_notes["onset"].to_numpy() >= into[host_row]
    moved = host_notes.assign(onset=host_notes["onset"] + later * length[host_row])
    both = pd.concat([moved, excerpt], ignore_index=True)
    quarters = hosts["quarters"].to_numpy() + length / TICKS_PER_QUARTER
    return (
        unchanging(hosts).assign(piece=ids, work=work, group=ids, quarters=quarters),
        both.sort_values(["piece", "part", "onset", "pitch"], kind="stable", ignore_index=True),
    )


def cropped(
    pieces: pd.DataFrame, notes: pd.DataFrame, quarters: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The beginnings of pieces, under their own ids: real music of a given length."""
    ours = notes[notes["piece"].isin(set(pieces["piece"]))]
    length = np.minimum(pieces["quarters"], quarters)
    return pieces.assign(quarters=length), ours[ours["onset"] < quarters * TICKS_PER_QUARTER]


def sample(pieces: pd.DataFrame, count: int, seed: int = 0) -> pd.DataFrame:
    """Some pieces in random order; all of them if there are fewer than ``count``."""
    order = np.random.default_rng(seed).permutation(len(pieces))
    return pieces.iloc[order[:count]].reset_index(drop=True)


def outcomes(
    index: Index, copies: tuple[pd.DataFrame, pd.DataFrame], sources: pd.DataFrame, k: int = 20
) -> pd.DataFrame:
    """Look planted copies up: how does the source score, and does it come first?

    The copy's own work is left out (for a splice: the host).

    Parameters
    ----------
    index : Index
        Of a catalogue that holds the sources.
    copies : pieces and notes
        From a function of this module.
    sources : pandas.DataFrame
        The pieces that were copied, in the same order. A known version of the source (its
        work) counts as the source.
    k : int
        Candidates for each copy.

    Returns
    -------
    pandas.DataFrame
        ``query``, ``source``, ``score`` (bits; 0 if the source was no candidate), ``rival``
        (the best score of anything else); a row for each copy.
    """
    query = melodies(*copies)
    table = match(index, query, k=k, skip_same_work=True)
    row = table["query"].to_numpy()
    right = index.melodies.work[table["piece"].to_numpy()] == sources["work"].to_numpy()[row]
    score, rival = np.zeros(len(query.piece)), np.zeros(len(query.piece))
    np.maximum.at(score, row[right], table["score"].to_numpy()[right])
    np.maximum.at(rival, row[~right], table["score"].to_numpy()[~right])
    return pd.DataFrame(
        {"query": query.piece, "source": sources["piece"].to_numpy(), "score": score}
    ).assign(rival=rival)


def recall(looked_up: dict[str, pd.DataFrame], thresholds: dict[str, float]) -> pd.DataFrame:
    """Share of the planted copies whose source reaches a threshold.

    Parameters
    ----------
    looked_up : dict
        Kind of copy to the table of :func:`outcomes`.
    thresholds : dict
        Verdict to bits.

    Returns
    -------
    pandas.DataFrame
        ``kind``, ``at least`` (verdict), ``recall``, ``low``, ``high`` (95 % Wilson interval),
        ``n`` (copies), ``source first`` (share in which nothing else scored as high).

    Examples
    --------
    >>> found = pd.DataFrame({"score": [50.0, 20.0], "rival": [10.0, 30.0]})
    >>> recall({"spliced": found}, {"similar": 40.0})[["recall", "n", "source first"]].values
    array([[0.5, 2. , 0.5]])
    """
    rows = []
    for (kind, found), (verdict, bits) in product(looked_up.items(), thresholds.items()):
        share = share_interval(int((found["score"] >= bits).sum()), len(found))
        first = float((found["score"] > found["rival"]).mean())
        rows.append((kind, verdict, *share, len(found), first))
    names = ["kind", "at least", "recall", "low", "high", "n", "source first"]
    return pd.DataFrame(rows, columns=names)


def random_tunes(count: int, length: int = 60, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tunes drawn from a random walk on the major scale: a tiny world for tests.

    Returns
    -------
    pieces, notes : pandas.DataFrame
        Ids ``tune-0``, ``tune-1``...; one part of eighths and quarters in 4/4.
    """
    rng = np.random.default_rng(seed)
    steps = rng.choice([-3, -2, -1, -1, 0, 1, 1, 2, 4], size=(count, length))
    degree = np.clip(7 + np.cumsum(steps, axis=1) % 14, 0, 20)
    pitch = 48 + 12 * (degree // 7) + np.array([0, 2, 4, 5, 7, 9, 11])[degree % 7]
    duration = rng.choice([240, 240, 480], size=(count, length))
    onset = np.cumsum(duration, axis=1) - duration
    ids = np.array([f"tune-{i}" for i in range(count)])
    notes = pd.DataFrame(
        {
            "piece": np.repeat(ids, length),
            "part": 0,
            "onset": onset.ravel(),
            "duration": duration.ravel(),
            "pitch": pitch.ravel(),
        }
    )
    quarters = duration.sum(axis=1) / TICKS_PER_QUARTER
    pieces = pd.DataFrame({"piece": ids, "work": ids, "meter": "4/4", "quarters": quarters})
    return pieces.assign(pickup=0), notes
