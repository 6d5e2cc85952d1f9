"""Reading in worker processes: many trusted pieces, or a few from strangers.

Goal: use every core, and survive a file that hangs, exhausts memory or ends its
process.

Conventions
-----------
* Pieces of the installed collections go through joblib in batches (and so onto a
  Dask cluster where joblib is told to use one).
* Files of the user's own go through pebble, one at a time, each with a time limit; a
  worker may take :data:`MOST_MEMORY` bytes.
* The result depends on the sources only, not on the number of workers.
"""

import gc
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError

from ricercar import progress
from ricercar.catalogue import reading
from ricercar.catalogue.reading import Reading
from ricercar.catalogue.sources import Source
from ricercar.errors import ReadError

MOST_MEMORY = 4 * 2**30

#: a reading, or why there is none with the line it was found on (0: unknown)
Outcome = Reading | tuple[str, int]


def _read(format: str, data: bytes) -> Outcome:
    try:
        return reading.read(data, format)
    except ReadError as error:
        return str(error), int(getattr(error, "line", 0))
    except (MemoryError, RecursionError) as error:
        return f"reading it needs too much memory ({type(error).__name__})", 0


def _read_batch(batch: list[tuple[str, bytes]]) -> list[Outcome]:
    # music21 makes so many objects that looking for garbage takes a sixth of the time
    collecting = gc.isenabled()
    gc.disable()
    try:
        return [_read(format, data) for format, data in batch]
    finally:
        if collecting:
            gc.enable()


def read_trusted(sources: Sequence[Source], workers: int, label: str) -> list[Outcome]:
    """Read pieces of known origin, in batches.

    Parameters
    ----------
    sources : sequence of Source
    workers : int
        Number of processes; 1 reads in this one.
    label : str
        Shown beside the progress bar.

    Returns
    -------
    list
        For each source a reading, or a reason and a line.
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
        delayed(_read_batch)(batch) for batch in batches
    )
    return [outcome for batch in progress.bar(done, label, len(batches)) for outcome in batch]


def _limit_memory() -> None:
    """Let a worker fail with MemoryError before the machine runs out of memory."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    except (ImportError, ValueError, OSError):  # not on this platform, or already stricter
        pass


def read_untrusted(
    sources: Sequence[Source], workers: int, seconds: float, label: str
) -> Iterator[Outcome]:
    """Read files of unknown origin, one by one, each under a time limit.

    Parameters
    ----------
    sources : sequence of Source
    workers : int
    seconds : float
        Time that one file may take.
    label : str

    Yields
    ------
    Reading or (reason, line)
        In the order of the sources.
    """
    if not sources:
        return
    from pebble import ProcessExpired, ProcessPool

    workers = min(workers, len(sources))
    # a fresh interpreter: a fork of a process with threads (a kernel has some) can hang
    context = multiprocessing.get_context("spawn")
    with ProcessPool(max_workers=workers, initializer=_limit_memory, context=context) as pool:
        # the first task of a worker also starts its interpreter and imports the readers
        for future in [pool.schedule(_ready) for _ in range(workers)]:
            future.result()
        tasks = [pool.schedule(_read, args=(s.format, s.data), timeout=seconds) for s in sources]
        for task in progress.bar(tasks, label, len(tasks)):
            try:
                yield task.result()
            except FutureTimeoutError:
                yield f"reading it took more than {seconds:g} seconds", 0
            except ProcessExpired as error:
                yield f"reading it ended the reading process (code {error.exitcode})", 0
            except Exception as error:  # a reader's own fault must not stop the others
                yield f"reading it failed ({type(error).__name__}: {str(error)[:200]})", 0


def _ready() -> None:
    """Import what reading needs, before the clock of the first file runs."""
    import music21.converter  # noqa: F401
    import symusic  # noqa: F401
