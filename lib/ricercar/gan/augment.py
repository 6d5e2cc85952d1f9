"""Augmentation of what the discriminator sees, music's own kinds of it.

Goal: little music, shown in more ways than it was written, without the generator learning
to write it in those ways.

Conventions
-----------
* *Grid* music has shape (batch, steps, voices, 1 + pitches + more): one-hot over rest and
  pitches, then further channels of the cell that move with it, such as the onset. Made
  music may be soft; sums over rest and pitches are kept.
* *Codes* have shape (batch, frames, code). Only :func:`roll` is sensible for them: what a
  transposition does to a code is not known.
* Each augmentation befalls each example by itself, with probability ``p``, and by an amount
  of its own. All chance comes from ``seed``, shape (2,); at ``p`` 0 nothing is changed.
* The result can be derived by the music, once and twice: it is a gather, a product or a sum,
  and only the amount, which is drawn, depends on anything discrete.
* Real and made music are to be augmented alike, also in the generator's step: same names, same
  ``p``, seeds of their own. Then augmented music agrees only where the music does, as long as
  ``p`` is at most :data:`ricercar.gan.schedules.HIGHEST`: amounts are drawn evenly, no change
  being one of them, so that no other form of a piece is likelier than the one as written.
  Swapping voices between examples, which would make chords that nobody wrote look real, is
  left out on purpose.

Sources
-------
T. Karras et al., "Training generative adversarial networks with limited data" (2020),
section 2.2 and appendix C, for what does not leak. How much: :class:`.schedules.Adaptive`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ricercar.errors import ParameterError
from ricercar.gan.backend import tf

#: largest transposition, in semitones
MOST = 6


def transpose(x: Any, p: Any, seed: Any, *, pitches: int, most: int = MOST) -> Any:
    """Move all voices up or down by the same number of semitones, within the range.

    The interval is drawn evenly from those of at most ``most`` semitones, 0 included, that
    leave every sounding note of the example on the grid.

    Parameters
    ----------
    x : tensor, shape (batch, steps, voices, 1 + pitches + more)
    p : scalar in [0, 1]
    seed : tensor of int, shape (2,)
    pitches : int
        Size of the pitch range.
    most : int

    Examples
    --------
    >>> low = tf.reshape(tf.one_hot([1, 2, 0, 1], 4), (1, 4, 1, 4))  # of three pitches
    >>> moved = transpose(low, 1.0, (0, 4), pitches=3)
    >>> tf.argmax(moved, axis=-1).numpy().ravel().tolist()
    [2, 3, 0, 2]
    """
    sounds = _sounding(x, pitches, axes=(1, 2))
    places = tf.range(pitches)
    lowest = tf.reduce_min(tf.where(sounds, places, pitches), axis=1)
    highest = tf.reduce_max(tf.where(sounds, places, -1), axis=1)
    # without a note there is nothing to move
    down = tf.minimum(most, tf.where(highest < 0, 0, lowest))
    up = tf.minimum(most, tf.where(highest < 0, 0, pitches - 1 - highest))
    interval = _chosen(seed, tf.shape(x)[0], down + up + 1) - down
    interval = tf.where(_befalls(p, seed, tf.shape(x)[0]), interval, 0)
    target = places[None, :] + interval[:, None]
    moved = tf.matmul(
        tf.reshape(x[..., 1 : pitches + 1], (tf.shape(x)[0], -1, pitches)),
        tf.one_hot(target, pitches, dtype=x.dtype),  # a row of zeros for what leaves the range
    )
    moved = tf.reshape(moved, tf.shape(x[..., 1 : pitches + 1]))
    # soft mass beyond the range, of which no note is made, becomes rest
    lost = tf.reduce_sum(x[..., 1 : pitches + 1] - moved, axis=-1, keepdims=True)
    return tf.concat([x[..., :1] + lost, moved, x[..., pitches + 1 :]], axis=-1)


def roll(x: Any, p: Any, seed: Any, *, bar: Any, length: Any = None) -> Any:
    """Begin the excerpt at any of its bars, and put what came before at its end.

    A note held over that bar line then sounds from the beginning without an onset.

    Parameters
    ----------
    x : tensor, shape (batch, steps, ...)
        Grid music, or codes with frames for steps.
    p : scalar in [0, 1]
    seed : tensor of int, shape (2,)
    bar : int, or tensor of int, shape (batch,)
        Steps of a bar.
    length : int, or tensor of int, shape (batch,), optional
        Steps of each excerpt, whole bars; what lies beyond stays where it is. All steps, if
        it is not given.

    Examples
    --------
    >>> x = tf.reshape(tf.range(6.0), (1, 6, 1))
    >>> roll(x, 1.0, (0, 1), bar=2).numpy().ravel().tolist()
    [2.0, 3.0, 4.0, 5.0, 0.0, 1.0]
    >>> roll(x, 1.0, (0, 1), bar=2, length=4).numpy().ravel().tolist()
    [2.0, 3.0, 0.0, 1.0, 4.0, 5.0]
    """
    size, steps = tf.shape(x)[0], tf.shape(x)[1]
    bar = tf.broadcast_to(tf.cast(bar, tf.int32), (size,))
    length = tf.broadcast_to(tf.cast(steps if length is None else length, tf.int32), (size,))
    shift = bar * _chosen(seed, size, tf.maximum(length // bar, 1))
    shift = tf.where(_befalls(p, seed, size), shift, 0)
    step = tf.range(steps)[None, :]
    within = tf.math.floormod(step - shift[:, None], tf.maximum(length, 1)[:, None])
    return tf.gather(x, tf.where(step < length[:, None], within, step), axis=1, batch_dims=1)


def drop_voice(x: Any, p: Any, seed: Any, *, pitches: int) -> Any:
    """Silence one of the voices that sound, and never the last one.

    Parameters
    ----------
    x : tensor, shape (batch, steps, voices, 1 + pitches + more)
    p : scalar in [0, 1]
    seed : tensor of int, shape (2,)
    pitches : int

    Examples
    --------
    >>> both = tf.one_hot([[[1, 2]]], 3)
    >>> tf.argmax(drop_voice(both, 1.0, (0, 1), pitches=2), axis=-1).numpy().ravel().tolist()
    [1, 0]
    """
    sounds = tf.cast(_sounding(x, pitches, axes=(1, 3)), tf.int32)
    voices = tf.reduce_sum(sounds, axis=1)
    which = _chosen(seed, tf.shape(x)[0], tf.maximum(voices, 1))
    silent = (sounds > 0) & (tf.cumsum(sounds, axis=1) == 1 + which[:, None])
    silent &= (_befalls(p, seed, tf.shape(x)[0]) & (voices > 1))[:, None]
    silent = tf.cast(silent, x.dtype)[:, None, :, None]
    rest = tf.one_hot(0, tf.shape(x)[-1], dtype=x.dtype)
    return x * (1 - silent) + rest * silent


#: the augmentations by name
AUGMENTATIONS: dict[str, Callable[..., Any]] = {
    "transpose": transpose,
    "roll": roll,
    "drop_voice": drop_voice,
}


def augment(
    x: Any,
    p: Any,
    seed: Any,
    names: Sequence[str],
    *,
    pitches: int | None = None,
    bar: Any = None,
    length: Any = None,
    most: int = MOST,
) -> Any:
    """One augmentation after the other.

    Parameters
    ----------
    x : tensor
        Grid music, or codes.
    p : scalar in [0, 1]
        Probability of each augmentation for each example.
    seed : tensor of int, shape (2,)
    names : sequence of str
        In :data:`AUGMENTATIONS`; none leaves all as it is.
    pitches : int, optional
        For ``transpose`` and ``drop_voice``.
    bar, length : int, or tensor of int, shape (batch,), optional
        For ``roll``, in steps of ``x``.
    most : int
        For ``transpose``.

    Returns
    -------
    tensor, shape of ``x``

    Raises
    ------
    ParameterError
        If there is no augmentation of a name, it does not fit codes, or something that it
        needs is not given.
    """
    for number, name in enumerate(names):
        if name not in AUGMENTATIONS:
            raise ParameterError(
                f"there is no augmentation {name!r}; there are: {', '.join(AUGMENTATIONS)}"
            )
        if name != "roll" and len(x.shape) != 4:
            raise ParameterError(f"{name} is for music on the grid, not of shape {x.shape}")
        needs: dict[str, Any] = {"bar": bar} if name == "roll" else {"pitches": pitches}
        missing = [need for need, value in needs.items() if value is None]
        if missing:
            raise ParameterError(f"the augmentation {name} needs {missing[0]}")
        if name == "roll":
            needs["length"] = length
        elif name == "transpose":
            needs["most"] = most
        x = AUGMENTATIONS[name](x, p, _fold(seed, number), **needs)
    return x


def _sounding(x: Any, pitches: int, axes: tuple[int, ...]) -> Any:
    """Whether a pitch (or a voice) sounds anywhere: its channel is above a half somewhere."""
    return tf.reduce_max(tf.stop_gradient(x)[..., 1 : pitches + 1], axis=axes) > 0.5


def _fold(seed: Any, number: int) -> Any:
    """Another seed, of its own for each number."""
    return tf.random.experimental.stateless_fold_in(tf.convert_to_tensor(seed), number)


def _befalls(p: Any, seed: Any, size: Any) -> Any:
    """Which examples are augmented, shape (size,)."""
    return tf.random.stateless_uniform((size,), _fold(seed, 1)) < tf.cast(p, tf.float32)


def _chosen(seed: Any, size: Any, count: Any) -> Any:
    """One of so many, evenly, for each example, shape (size,) of int32."""
    even = tf.random.stateless_uniform((size,), _fold(seed, 2))
    return tf.minimum(tf.cast(even * tf.cast(count, tf.float32), tf.int32), count - 1)
