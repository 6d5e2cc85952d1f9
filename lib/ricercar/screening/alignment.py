"""Local alignment of melodies: how much of one is in the other, and where.

Goal: score many pairs of melodies at once, and find the passage that each pair shares.

Conventions
-----------
* A pair is aligned under one transposition and one change of note values, which the
  index's votes have found; so an inserted or dropped note costs one gap and no more.
* Scores are in bits, a sum of log-likelihood ratios "copied" against "unrelated". A note
  of equal pitch earns what its interval tells (the smaller of both melodies' surprisals,
  at most :data:`MOST`), and a little more or less as its length agrees or not. 0 is the
  empty passage.
* Pairs are worked on in batches of padded arrays, a row of the matrix at a time:
  a row of ``H`` has shape (notes of the catalogue's melody + 1, pairs).

Sources
-------
Smith and Waterman, *Identification of common molecular subsequences*, Journal of
Molecular Biology 147, 1981. Mongeau and Sankoff, *Comparison of musical sequences*, 1990.
With linear gap costs a gap of 7 is a gap of 4, of 2 and of 1: the dependence along a row
is resolved in steps that double.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ricercar.screening import fingerprints
from ricercar.screening.fingerprints import Melodies

#: bits lost by a note of another pitch, and by an inserted or dropped note
SUBSTITUTION = 4.0
GAP = 2.5
#: bits for equal and for different length: about log2(.9 / .55) and log2(.1 / .45), where
#: copies keep 9 of 10 lengths and unrelated notes agree about every other time
SAME_LENGTH = 0.75
OTHER_LENGTH = -2.0
#: most bits that one note may tell: a rare leap alone proves nothing
MOST = 5.0
#: lengths agree within this many octaves of duration (a quarter: 19 %)
NEAR = 0.25
#: bits are whole multiples of 1 / GRAIN, so that sums in single precision are exact
GRAIN = 64
#: matrix cells worked on at a time
CELLS = 24_000


@dataclass(frozen=True)
class Pairs:
    """Pairs of melodies to align.

    Attributes
    ----------
    query, target : ndarray of int64, shape (pairs,)
        Melodies of the query and of the catalogue.
    transposition : ndarray of int64, shape (pairs,)
        Semitones from the target to the query.
    scale : ndarray of float, shape (pairs,)
        log2 of the query's note values over the target's.
    """

    query: np.ndarray
    target: np.ndarray
    transposition: np.ndarray
    scale: np.ndarray


@dataclass(frozen=True)
class Sequences:
    """Melodies with the bits that each note tells."""

    melodies: Melodies
    bits: np.ndarray

    @classmethod
    def of(cls, melodies: Melodies, surprisal: np.ndarray) -> "Sequences":
        """Melodies measured with a model of intervals (see ``interval_surprisal``)."""
        bits = fingerprints.note_surprisal(melodies, surprisal)
        return cls(melodies, (np.rint(np.minimum(bits, MOST) * GRAIN) / GRAIN).astype(np.float32))

    def padded(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Pitch, log2 length, bits and lengths of some melodies, padded to the longest.

        Returns
        -------
        pitch, length, bits : ndarray of float32, shape (melodies, longest)
            Padding is NaN, which equals nothing.
        count : ndarray of int64, shape (melodies,)
        """
        count = self.melodies.lengths[chosen]
        width = int(count.max(initial=0))
        column = np.arange(width)
        place = np.minimum(
            self.melodies.start[chosen][:, None] + column, len(self.melodies.pitch) - 1
        )
        outside = column >= count[:, None]
        pitch = self.melodies.pitch[place].astype(np.float32)
        pitch[outside] = np.nan
        return pitch, self.melodies.ioi[place], self.bits[place], count


def _batches(
    queries: Sequences, targets: Sequences, pairs: Pairs, rows: bool
) -> Iterator[np.ndarray]:
    """Pairs of similar size together, within :data:`CELLS` cells (of the matrix if ``rows``)."""
    m = queries.melodies.lengths[pairs.query]
    n = targets.melodies.lengths[pairs.target]
    order = np.lexsort((np.arange(len(m)), n, m // 16))
    start = 0
    while start < len(order):
        cost = np.maximum.accumulate(n[order[start : start + 4096]] + 1)
        if rows:
            cost = cost * np.maximum.accumulate(m[order[start : start + 4096]] + 1) // 16
        size = np.arange(1, len(cost) + 1) * cost
        stop = start + max(int(np.searchsorted(size, CELLS, side="right")), 1)
        yield order[start:stop]
        start = stop


def _rows(queries: Sequences, targets: Sequences, pairs: Pairs) -> Iterator[np.ndarray]:
    """The rows 1..m of the matrix ``H`` of a batch of pairs, each (n + 1, pairs) float32.

    Pairs lie along the last axis, so that the running maximum too works on whole vectors.
    """
    q_pitch, q_length, q_bits, _ = queries.padded(pairs.query)
    target = [np.ascontiguousarray(array.T) for array in targets.padded(pairs.target)[:3]]
    q_pitch = q_pitch - pairs.transposition[:, None].astype(np.float32)
    q_length = q_length - pairs.scale[:, None].astype(np.float32)
    above = np.zeros((len(target[0]) + 1, len(pairs.query)), dtype=np.float32)
    for i in range(q_pitch.shape[1]):
        score = match_bits(q_pitch[:, i], q_length[:, i], q_bits[:, i], *target)
        row = above - np.float32(GAP)
        np.maximum(row[1:], above[:-1] + score, out=row[1:])
        np.maximum(row, 0, out=row)
        longest = min(float(row.max()) / GAP, len(row) - 1)  # no gap can pay beyond this
        step = 1
        while step <= longest:  # gaps of 1, then up to 3, up to 7, ... notes
            np.maximum(row[step:], row[:-step] - np.float32(GAP * step), out=row[step:])
            step *= 2
        yield row
        above = row


def match_bits(
    pitch: np.ndarray,
    length: np.ndarray,
    bits: np.ndarray,
    other_pitch: np.ndarray,
    other_length: np.ndarray,
    other_bits: np.ndarray,
) -> np.ndarray:
    """Bits for standing opposite each other, of notes of two melodies.

    Examples
    --------
    A note of 3 bits opposite a note of 2 bits, of equal pitch and length:

    >>> one, two = np.float32(60), np.float32(0)
    >>> float(match_bits(one, two, 3.0, one, two, 2.0))
    2.75
    """
    near = np.abs(length - other_length) < NEAR
    bits = np.minimum(bits, other_bits) + near * np.float32(SAME_LENGTH - OTHER_LENGTH)
    bits += np.float32(OTHER_LENGTH + SUBSTITUTION)  # now -SUBSTITUTION is 0, and a product
    return bits * (pitch == other_pitch) - np.float32(SUBSTITUTION)


def _subset(pairs: Pairs, chosen: np.ndarray) -> Pairs:
    return Pairs(
        pairs.query[chosen],
        pairs.target[chosen],
        pairs.transposition[chosen],
        pairs.scale[chosen],
    )


def scores(queries: Sequences, targets: Sequences, pairs: Pairs) -> np.ndarray:
    """The score of the best common passage of each pair.

    Returns
    -------
    ndarray of float64, shape (pairs,)
        Bits, at least 0.
    """
    best = np.zeros(len(pairs.query))
    for chosen in _batches(queries, targets, pairs, rows=False):
        top = np.zeros(len(chosen), dtype=np.float32)
        for row in _rows(queries, targets, _subset(pairs, chosen)):
            np.maximum(top, row.max(axis=0), out=top)
        best[chosen] = top
    return best


def passages(queries: Sequences, targets: Sequences, pairs: Pairs) -> dict[str, np.ndarray]:
    """The best common passage of each pair, traced back.

    Returns
    -------
    dict of ndarray, shape (pairs,)
        ``score`` (bits), ``notes`` (notes of equal pitch), ``query_first``,
        ``query_last``, ``target_first``, ``target_last`` (notes of the melodies, counted
        from 0, the last one included; -1 for an empty passage).
    """
    found = {
        name: np.full(len(pairs.query), -1, dtype=np.int64)
        for name in ("query_first", "query_last", "target_first", "target_last")
    }
    score = np.zeros(len(pairs.query))
    count = np.zeros(len(pairs.query), dtype=np.int64)
    for chosen in _batches(queries, targets, pairs, rows=True):
        part = _subset(pairs, chosen)
        traced = _trace(queries, targets, part)
        score[chosen], count[chosen] = traced.pop("score"), traced.pop("notes")
        for name, values in traced.items():
            found[name][chosen] = values
    return {"score": score, "notes": count, **found}


def _trace(queries: Sequences, targets: Sequences, pairs: Pairs) -> dict[str, np.ndarray]:
    """Keep the whole matrix of a batch and walk every pair back from its best cell at once."""
    rows = list(_rows(queries, targets, pairs))
    each = np.arange(len(pairs.query))
    matrix = np.ascontiguousarray(np.stack([np.zeros_like(rows[0]), *rows]).transpose(2, 0, 1))
    flat = matrix.reshape(len(each), -1).argmax(axis=1)
    i, j = np.divmod(flat, matrix.shape[2])
    one, other = queries.padded(pairs.query)[:3], targets.padded(pairs.target)[:3]
    shift = pairs.transposition.astype(np.float32), pairs.scale.astype(np.float32), np.float32(0)
    score = matrix[each, i, j].astype(np.float64)
    last_i, last_j = i - 1, j - 1
    first_i, first_j, notes = last_i.copy(), last_j.copy(), np.zeros(len(each), dtype=np.int64)
    going = score > 0
    while going.any():
        before_i, before_j = np.maximum(i - 1, 0), np.maximum(j - 1, 0)
        here = matrix[each, i, j]
        mine = [array[each, before_i] - by for array, by in zip(one, shift, strict=True)]
        theirs = [array[each, before_j] for array in other]
        both = going & (here == matrix[each, before_i, before_j] + match_bits(*mine, *theirs))
        drop = going & ~both & (here == matrix[each, before_i, j] - np.float32(GAP))
        add = going & ~both & ~drop
        notes += both & (mine[0] == theirs[0])
        first_i, first_j = np.where(both, i - 1, first_i), np.where(both, j - 1, first_j)
        i, j = i - (both | drop), j - (both | add)
        going &= (matrix[each, i, j] > 0) & (i > 0) & (j > 0)
    empty = score <= 0
    return {
        "score": score,
        "notes": notes,
        "query_first": np.where(empty, -1, first_i),
        "query_last": np.where(empty, -1, last_i),
        "target_first": np.where(empty, -1, first_j),
        "target_last": np.where(empty, -1, last_j),
    }
