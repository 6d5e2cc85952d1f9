"""Reading in worker processes: many trusted pieces, or any number from strangers.

Goal: use every core, and survive a file that hangs, exhausts memory or ends its
process.

Conventions
-----------
* Pieces of the installed collections go through joblib in batches (and so onto a
  Dask cluster where joblib is told to use one).
* Files of the user's own go through pebble. They come as a stream, of which only a little
  is held at a time. Small ones share a task (:data:`TOGETHER`); where a task fails
  or takes too long, its files are read again one by one, each under the time limit, so
  that only the one at fault is lost. A worker may take :data:`MOST_MEMORY` bytes.
* music21 is imported with a worker's first kern file, not before, for most imports never
  need it; kern files have :data:`IMPORTING` seconds more.
* The result depends on the sources only, not on the number of workers.
"""

import gc
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, NamedTuple

from ricercar import progress
from ricercar.catalogue import formats
from ricercar.catalogue.reading import Reading
from ricercar.catalogue.sources import Source
from ricercar.errors import ReadError

MOST_MEMORY = 4 * 2**30

#: files of a format that are read in one task; of others one
TOGETHER = {"midi": 32, "abc": 16}
#: tasks for each worker that are waiting or done but not taken yet
AHEAD = 4

#: what importing music21 may take
IMPORTING = 20.0


class Fault(NamedTuple):
    """Why a piece could not be read.

    Attributes
    ----------
    reason : str
    line : int
        Counted from the beginning of the piece; 0 where unknown.
    lasting : bool
        Whether the bytes are at fault, so that reading them again is of no use.
    """

    reason: str
    line: int = 0
    lasting: bool = False


Outcome = Reading | Fault


def _read(format: str, data: bytes, repeats: str) -> Outcome:
    try:
        return formats.read(data, format, repeats)
    except ReadError as error:
        return Fault(str(error), int(getattr(error, "line", 0)), lasting=True)
    except (MemoryError, RecursionError) as error:
        return Fault(f"reading it needs too much memory ({type(error).__name__})")


def _read_batch(
    read: Callable[[str, bytes, str], Outcome], batch: list[tuple[str, bytes]], repeats: str
) -> list[Outcome]:
    # music21 makes so many objects that looking for garbage takes a sixth of the time
    collecting = gc.isenabled()
    gc.disable()
    try:
        return [read(format, data, repeats) for format, data in batch]
    finally:
        if collecting:
            gc.enable()


def read_trusted(
    sources: Sequence[Source], workers: int, label: str, repeats: str = "written"
) -> list[Outcome]:
    """Read pieces of known origin, in batches.

    Parameters
    ----------
    sources : sequence of Source
    workers : int
        Number of processes; 1 reads in this one.
    label : str
        Shown beside the progress bar.
    repeats : str
        As in :func:`ricercar.catalogue.formats.read`.

    Returns
    -------
    list
        For each source a reading, or a fault.
    """
    if not sources:
        return []
    from joblib import Parallel, delayed

    size = max(1, min(24, len(sources) // max(1, 4 * workers)))
    batches = [
        [(s.format, s.data) for s in sources[start : start + size]]
        for start in range(0, len(sources), size)
    ]
    done = Parallel(n_jobs=workers, return_as="generator", batch_size=1)(
        delayed(_read_batch)(_read, batch, repeats) for batch in batches
    )
    return [o for batch in progress.bar(done, label, len(batches)) for o in batch]


def _ready() -> None:
    """Import what reading most formats needs."""
    import defusedxml.ElementTree  # noqa: F401
    import symusic  # noqa: F401


def _prepare(ready: Callable[[], None]) -> None:
    """Make a worker ready before the clock of a file runs, and limit its memory.

    With the limit it fails with MemoryError before the machine runs out of memory.
    """
    ready()
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    except (ImportError, ValueError, OSError):  # not on this platform, or already stricter
        pass


def read_untrusted(
    sources: Iterable[Source],
    workers: int,
    seconds: float,
    label: str,
    repeats: str = "written",
) -> Iterator[tuple[Source, Outcome]]:
    """Read files of unknown origin, each under a time limit.

    Parameters
    ----------
    sources : iterable of Source
        Taken as they are needed; may be endless.
    workers : int
    seconds : float
        Time that one file may take.
    label : str
    repeats : str
        As in :func:`ricercar.catalogue.formats.read`.

    Yields
    ------
    (Source, Reading or Fault)
        In the order of the sources.
    """
    batches = _batches(sources)
    first = next(batches, None)
    if first is None:  # nothing to read: no process is started
        return
    from pebble import ProcessPool

    # a fresh interpreter: a fork of a process with threads (a kernel has some) can hang
    context = multiprocessing.get_context("spawn")
    with ProcessPool(
        max_workers=workers, initializer=_prepare, initargs=(_ready,), context=context
    ) as pool:

        def start(batch: list[Source]) -> Any:
            data = [(s.format, s.data) for s in batch]
            limit = seconds + (IMPORTING if batch[0].format == "kern" else 0)
            return pool.schedule(_read_batch, args=(_read, data, repeats), timeout=limit)

        waiting = deque([(first, start(first))])
        steps = progress.bar(iter(int, 1), label)  # as many as it takes
        while waiting:
            while len(waiting) < AHEAD * workers and (batch := next(batches, None)):
                waiting.append((batch, start(batch)))
            batch, task = waiting.popleft()
            outcomes = _outcomes(task, seconds)
            if len(outcomes) < len(batch):
                alone = [start([source]) for source in batch]
                outcomes = [outcome for task in alone for outcome in _outcomes(task, seconds)]
            next(steps, None)
            yield from zip(batch, outcomes, strict=True)


def _batches(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """Neighbours of a format, as many as may share a task."""
    batch: list[Source] = []
    for source in sources:
        if batch and (
            source.format != batch[0].format or len(batch) >= TOGETHER.get(source.format, 1)
        ):
            yield batch
            batch = []
        batch.append(source)
    if batch:
        yield batch


def _outcomes(task: Any, seconds: float) -> list[Outcome]:
    """What came of each file of a task; of one that failed as a whole only the reason."""
    from pebble import ProcessExpired

    try:
        return task.result()
    except FutureTimeoutError:
        return [Fault(f"reading it took more than {seconds:g} seconds")]
    except ProcessExpired as error:
        return [Fault(f"reading it ended the reading process (code {error.exitcode})")]
    except Exception as error:  # a reader's own fault must not stop the others
        return [Fault(f"reading it failed ({type(error).__name__}: {str(error)[:200]})")]
