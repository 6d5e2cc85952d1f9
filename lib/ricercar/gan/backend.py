"""TensorFlow and Keras, imported in one place and without their greetings.

TensorFlow writes a few lines about the machine to the process's standard error
while it loads, whatever its log level says; in a report they are noise. They are
kept back here; errors are raised as ever.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep back what native code writes to standard error (file descriptor 2)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as bin_:
        saved = os.dup(2)
        os.dup2(bin_.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)


with _quietly():
    import keras
    import tensorflow as tf

    tf.config.list_physical_devices()  # looks for accelerators, which it also remarks on

__all__ = ["keras", "tf", "use_threads"]


def use_threads(count: int) -> bool:
    """Fix the number of threads of TensorFlow, which sums in an order that depends on it.

    Parameters
    ----------
    count : int
        Threads for one operation; operations run one after the other.

    Returns
    -------
    bool
        False if TensorFlow has already started, and keeps the number that it has.
    """
    try:
        tf.config.threading.set_intra_op_parallelism_threads(count)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        return tf.config.threading.get_intra_op_parallelism_threads() == count
    return True
