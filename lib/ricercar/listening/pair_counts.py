"""Counting pairs of names in a stream: names to codes, pairs of codes to sorted counts.

Conventions
-----------
* A code is the place at which a name was first met, so it depends on the order of the stream;
  what is made of the counts must not.
* A pair is one 64-bit number: the first code times :math:`2^{32}` plus the second.
* Counts and weights are whole numbers, whose sums do not depend on the order.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ricercar.errors import ParameterError
from ricercar.listening.log_fields import LONGEST_ID

#: negative codes: why there is no name
FAULTS = {
    -1: "is empty",
    -2: f"is longer than {LONGEST_ID} characters",
    -3: "has a control character",
}
BYTES_PER_PAIR = 40
IN_RANGE = 65_536  # pairs that a cache holds; new memory costs more than sorting


class Names:
    """The names met so far, by code; threads may share it.

    Examples
    --------
    >>> names = Names()
    >>> names.codes(pa.chunked_array([["b", None, " a ", "b"]])).tolist()
    [0, -1, 1, 0]
    >>> names.known.to_pylist()
    ['b', 'a']
    """

    def __init__(self) -> None:
        self.known = pa.nulls(0)
        self._lock = threading.Lock()

    def codes(self, column: pa.ChunkedArray) -> np.ndarray:
        """Code of each value, negative (:data:`FAULTS`) where it is no name."""
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        found = np.empty(len(column), dtype=np.int32)
        if not len(column):
            return found
        of_entry = self._of_entries(pa.chunked_array([part.dictionary for part in column.chunks]))
        start = first = 0
        for part in column.chunks:
            end, last = start + len(part), first + len(part.dictionary)
            own, places = np.append(of_entry[first:last], np.int32(-1)), part.indices
            if places.null_count:
                places = pc.fill_null(places.cast(pa.int32()), len(own) - 1)
            own.take(places.to_numpy(), out=found[start:end], mode="clip")
            start, first = end, last
        return found

    def _of_entries(self, entries: pa.ChunkedArray) -> np.ndarray:
        """Code of each entry of some dictionaries."""
        whole = pa.types.is_integer(entries.type)
        entries = entries.cast(pa.int64() if whole else pa.string())
        with self._lock:
            if pa.types.is_null(self.known.type):
                self.known = self.known.cast(entries.type)
            known = self.known
        entries = entries.cast(known.type)
        codes = _places(entries, known)
        unknown = codes < 0
        if unknown.any():
            rest = entries.filter(pa.array(unknown))
            names = rest.unique()
            codes[unknown] = self._of_new(names, len(known))[_places(rest, names)]
        return codes

    def _of_new(self, names: pa.Array, seen: int) -> np.ndarray:
        """Code of each of some different names that are not among the first so many known."""
        codes = np.full(len(names), -1, dtype=np.int32)
        good = ~_true(names.is_null())
        if pa.types.is_string(names.type):
            written, names = names, pc.utf8_trim_whitespace(names)
            if not pc.all(pc.equal(written, names)).as_py():
                seen = 0
            control = pc.match_substring_regex(names, r"[\x00-\x1f\x7f]")
            codes[_true(control)] = -3
            codes[_true(pc.greater(pc.utf8_length(names), LONGEST_ID))] = -2
            good &= (codes == -1) & ~_true(pc.equal(pc.utf8_length(names), 0))
        names = names.filter(pa.array(good))
        with self._lock:
            new = names.filter(pa.array(_places(names, self.known[seen:]) < 0)).unique()
            self.known = pa.concat_arrays([self.known, new])
            codes[good] = seen + _places(names, self.known[seen:])
        return codes

    def order(self) -> np.ndarray:
        """Codes in the order of their names."""
        return pc.sort_indices(self.known).to_numpy().astype(np.int64)


def _places(values: pa.Array | pa.ChunkedArray, among: pa.Array) -> np.ndarray:
    """Place of each value among others, -1 for one that is not there."""
    return pc.fill_null(pc.index_in(values, value_set=among), -1).to_numpy().astype(np.int32)


def _true(mask: pa.Array) -> np.ndarray:
    return pc.fill_null(mask, False).to_numpy(zero_copy_only=False)


class PairCounts:
    """Sums of weights per pair, within a limit of memory.

    Parameters
    ----------
    limit : int
        Bytes; :data:`BYTES_PER_PAIR` are needed for each different pair.
    threads : int
    """

    def __init__(self, limit: int, threads: int = 1) -> None:
        self._limit = limit
        self._threads = threads
        self._waiting: list[tuple[np.ndarray, np.ndarray | None]] = []
        self._held = 0
        self._pairs = np.zeros(0, dtype=np.int64)
        self._sums = np.zeros(0, dtype=np.int64)

    def add(self, pairs: np.ndarray, weights: np.ndarray | None = None) -> None:
        """Add pairs, sorted, or with a weight each; they need not be different."""
        self._waiting.append((pairs, weights))
        self._held += pairs.nbytes * (1 if weights is None else 4)
        if self._held > self._limit // 4:
            self._reduce()

    def result(self) -> tuple[np.ndarray, np.ndarray]:
        """Different pairs, sorted, and their sums."""
        self._reduce()
        return self._pairs, self._sums

    def _reduce(self) -> None:
        if not self._waiting:
            return
        parts, weights = zip(*self._waiting, strict=True)
        self._waiting, self._held = [], 0
        if weights[0] is not None:
            pairs, sums = _summed(np.concatenate(parts), np.concatenate(weights))
        else:
            pairs, sums = _counted(parts, self._threads)
        if len(self._pairs):
            pairs, sums = _summed(
                np.concatenate([self._pairs, pairs]), np.concatenate([self._sums, sums])
            )
        self._pairs, self._sums = pairs, sums
        if len(pairs) * BYTES_PER_PAIR > self._limit:
            raise ParameterError(
                f"{len(pairs):,} different pairs of a listener and a piece do not fit into "
                f"{self._limit:,} bytes: raise memory_limit"
            )


def _first(ordered: np.ndarray) -> np.ndarray:
    """Where a new value begins."""
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)])


def _counted(parts: Sequence[np.ndarray], threads: int) -> tuple[np.ndarray, np.ndarray]:
    """Different pairs of some sorted parts and how often each occurs.

    Ranges of values are merged one by one, each out of all parts.
    """
    longest = max(parts, key=len)
    ranges = 1 + sum(map(len, parts)) // IN_RANGE if len(longest) else 1
    borders = longest[len(longest) * np.arange(1, ranges) // ranges]
    cuts = [[0, *np.searchsorted(part, borders), len(part)] for part in parts]

    def count(at: int) -> tuple[np.ndarray, np.ndarray]:
        pieces = [part[cut[at] : cut[at + 1]] for part, cut in zip(parts, cuts, strict=True)]
        pairs = np.concatenate(pieces)
        pairs.sort()
        first = _first(pairs)
        return pairs[first], np.diff(first, append=len(pairs))

    with ThreadPoolExecutor(threads) as pool:
        counted = list(pool.map(count, range(ranges)))
    return np.concatenate([p for p, _ in counted]), np.concatenate([n for _, n in counted])


def _summed(pairs: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different pairs and the sums of their weights."""
    if not len(pairs):
        return pairs, weights
    order = np.argsort(pairs, kind="stable")
    pairs, weights = pairs[order], weights[order]
    first = _first(pairs)
    return pairs[first], np.add.reduceat(weights, first)
