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
        self.known: pa.Array | None = None
        self._lock = threading.Lock()

    def codes(self, column: pa.ChunkedArray) -> np.ndarray:
        """Code of each value, negative (:data:`FAULTS`) where it is no name."""
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        column = column.unify_dictionaries()
        if not column.num_chunks:
            return np.zeros(0, dtype=np.int32)
        of_entry = np.append(self._of_names(column.chunk(0).dictionary), np.int32(-1))
        found, start = np.empty(len(column), dtype=np.int32), 0
        for part in column.chunks:
            places = part.indices
            if places.null_count:
                places = pc.fill_null(places, len(of_entry) - 1)
            end = start + len(part)
            of_entry.take(places.to_numpy(), out=found[start:end], mode="clip")
            start = end
        return found

    def _of_names(self, names: pa.Array) -> np.ndarray:
        """Code of each of some different names, new ones among them."""
        whole = pa.types.is_integer(names.type)
        names = names.cast(pa.int64() if whole else pa.string())
        with self._lock:
            if self.known is None:
                self.known = pa.array([], names.type)
            names = names.cast(self.known.type)
            found = pc.index_in(names, value_set=self.known)
            new = np.flatnonzero(found.is_null().to_numpy(zero_copy_only=False))
            codes = pc.fill_null(found, -1).to_numpy().astype(np.int32)
            if len(new):
                codes[new] = self._add(names.take(pa.array(new)))
        return codes

    def _add(self, names: pa.Array) -> np.ndarray:
        """Codes of names that are not known as they are written."""
        codes = np.full(len(names), -1, dtype=np.int32)
        if pa.types.is_string(names.type):
            names = pc.utf8_trim_whitespace(names)
            control = pc.match_substring_regex(names, r"[\x00-\x1f\x7f]")
            codes[_true(control)] = -3
            codes[_true(pc.greater(pc.utf8_length(names), LONGEST_ID))] = -2
            empty = _true(pc.equal(pc.utf8_length(names), 0))
        else:
            empty = np.zeros(len(names), dtype=bool)
        good = (codes == -1) & ~empty & ~_true(names.is_null())
        clean = names.filter(pa.array(good))
        known = pc.index_in(clean, value_set=self.known)
        new = pc.unique(clean.filter(known.is_null()))
        self.known = pa.concat_arrays([self.known, new])
        codes[good] = pc.index_in(clean, value_set=self.known).to_numpy()
        return codes

    def order(self) -> np.ndarray:
        """Codes in the order of their names."""
        if self.known is None:
            return np.zeros(0, dtype=np.int64)
        return pc.sort_indices(self.known).to_numpy().astype(np.int64)


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

    Every thread merges one range of values, out of all parts.
    """
    longest = max(parts, key=len)
    borders = longest[len(longest) * np.arange(1, threads if len(longest) else 1) // threads]
    cuts = [[0, *np.searchsorted(part, borders), len(part)] for part in parts]

    def count(at: int) -> tuple[np.ndarray, np.ndarray]:
        pieces = [part[cut[at] : cut[at + 1]] for part, cut in zip(parts, cuts, strict=True)]
        pairs = np.concatenate(pieces)
        pairs.sort()
        first = _first(pairs)
        return pairs[first], np.diff(np.append(first, len(pairs)))

    with ThreadPoolExecutor(threads) as pool:
        counted = list(pool.map(count, range(len(borders) + 1)))
    return np.concatenate([p for p, _ in counted]), np.concatenate([n for _, n in counted])


def _summed(pairs: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different pairs and the sums of their weights."""
    if not len(pairs):
        return pairs, weights
    order = np.argsort(pairs, kind="stable")
    pairs, weights = pairs[order], weights[order]
    first = _first(pairs)
    return pairs[first], np.add.reduceat(weights, first)
