"""Progress of long loops: a bar for a person, silence in batch."""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def bar(items: Iterable[T], label: str, total: int | None = None) -> Iterator[T]:
    """Iterate, showing a progress bar when a person is watching.

    Under :mod:`ricercar.execute` (which sets ``RICERCAR_BATCH``), and when neither a
    notebook nor a terminal is attached, nothing is printed.

    Parameters
    ----------
    items : iterable
    label : str
        What is being done, shown before the bar.
    total : int, optional
        Number of items, where ``len`` cannot tell.

    Examples
    --------
    >>> list(bar([1, 2], "adding"))
    [1, 2]
    """
    interactive = "ipykernel" in sys.modules or sys.stderr.isatty()
    if os.environ.get("RICERCAR_BATCH") or not interactive:
        yield from items
        return
    from tqdm.auto import tqdm

    yield from tqdm(items, desc=label, total=total, leave=False)
