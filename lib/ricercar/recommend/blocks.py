"""Work on many listeners in blocks, side by side, with the same sums on any number of cores.

Conventions
-----------
A block is a slice of rows; blocks come in order and cover every row once. Linear algebra runs
on one thread within a block, because how a sum is divided among threads changes its last digits.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from joblib import cpu_count

T = TypeVar("T")

#: about how many scores are worked on at a time: few enough to stay near the processor
BLOCK = 2_500_000


def slices(rows: int, step: int) -> Iterator[slice]:
    """Cut ``rows`` rows into slices of ``step`` rows, the last one shorter.

    Examples
    --------
    >>> list(slices(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def blocks(rows: int, width: int) -> Iterator[slice]:
    """Cut ``rows`` rows of ``width`` numbers into blocks of about :data:`BLOCK` numbers.

    Examples
    --------
    >>> list(blocks(3, BLOCK))
    [slice(0, 1, None), slice(1, 2, None), slice(2, 3, None)]
    """
    return slices(rows, max(1, BLOCK // max(1, width)))


def each(work: Callable[[slice], T], parts: Iterable[slice]) -> list[T]:
    """Do the same work for every block, side by side on all cores; results in order.

    Examples
    --------
    >>> each(lambda part: part.stop, blocks(3, BLOCK))
    [1, 2, 3]
    """
    with one_thread(), ThreadPoolExecutor(cpu_count()) as pool:
        return list(pool.map(work, parts))


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra on one thread: sums in a fixed order on any number of cores.

    Only libraries that are loaded already are limited: import first.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
